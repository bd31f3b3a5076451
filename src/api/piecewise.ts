/**
 * Answers that repeat a large document several times, printed piece by piece: to write five alternatives to an offer of
 * a megabyte takes 25 ms, in which nobody else would be served.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Response } from 'express';

/** An object of an answer that is made when it is printed. */
export type Piece = () => object;

/** A piece that is longer has the others wait for another round of the loop: 64 KB take half a millisecond. */
const LARGE_BYTES_MIN = 64 << 10;

/** What is sent in pieces. */
export interface PiecewiseAnswer {
	readonly status: number;
	readonly type: string;
	readonly answer: object;
	/** Its member of this name, behind all others. */
	readonly alternatives: readonly Piece[];
}

/** Prints the answer piece by piece, from another round of the loop on than that in which it was decided, then sends it. */
export async function sendPiecewise(response: Response, { status, type, answer, alternatives }: PiecewiseAnswer) {
	await nextRound();
	const own = JSON.stringify(answer).slice(0, -1);
	const printed = [Buffer.from(`${own}${own === '{' ? '' : ','}"alternatives":[`)];
	for (const [index, piece] of alternatives.entries()) {
		const bytes = Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(piece())}`);
		printed.push(bytes);
		if (bytes.length >= LARGE_BYTES_MIN) await nextRound();
	}
	printed.push(Buffer.from(']}'));
	const length = printed.reduce((sum, bytes) => sum + bytes.length, 0);
	response.writeHead(status, { 'Content-Type': type, 'Content-Length': length });
	for (const bytes of printed) response.write(bytes);
	response.end();
}
