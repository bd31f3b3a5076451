/**
 * Answers that repeat a large document several times, printed piece by piece: to write five alternatives to an offer of
 * a megabyte takes 25 ms, in which nobody else would be served.
 */
import type { Response } from 'express';
import { sendStreamed, withList } from './streamed.ts';

/** An object of an answer that is made when it is printed: as JSON, piece by piece. */
export type Piece = () => Iterable<string>;

/** What is sent in pieces. */
export interface PiecewiseAnswer {
	readonly status: number;
	readonly type: string;
	readonly answer: object;
	/** Its member of this name, behind all others. */
	readonly alternatives: readonly Piece[];
}

/** Prints the answer piece by piece and sends it so. */
export async function sendPiecewise(response: Response, { status, type, answer, alternatives }: PiecewiseAnswer) {
	response.statusCode = status;
	response.setHeader('Content-Type', type);
	await sendStreamed(response, withList(answer, 'alternatives', printed(alternatives)));
}

function* printed(pieces: readonly Piece[]): Generator<Iterable<string>> {
	for (const piece of pieces) yield piece();
}
