/**
 * Answers of any length, of which no more than one piece is in memory at a time: each is made when the ones before it
 * have been taken over by who asked, and others are served in between.
 */
import { once } from 'node:events';
import type { Response } from 'express';
import { SENT_MS_MAX } from './admission.ts';
import { isRoundSpent, notePrinted, ownRound, ROUND_CHARACTERS_MAX } from './printing-rounds.ts';

/** The pieces of a text; some of them are still being made elsewhere when their turn comes. */
export type Pieces = Iterable<string | Promise<Iterable<string>>>;

/** Sends the pieces as one body; what the response has of headers and status goes before it. */
export async function sendStreamed(response: Response, pieces: Pieces): Promise<void> {
	const left = madePieces(pieces);
	let text = '';
	// What is printed was read, or decided, just now: each of the two may take half of what others wait for.
	await ownRound();
	for (;;) {
		if (isRoundSpent()) await ownRound();
		// Whoever asked has gone, or fetched nothing for too long.
		if (response.closed || response.destroyed) return;
		const next = await left.next();
		if (next.done === true) break;
		text += next.value;
		notePrinted(next.value.length);
		if (text.length < ROUND_CHARACTERS_MAX) continue;
		// What waits to be fetched waits outside the heap: there it would be collected among what is old.
		const isTaken = response.write(Buffer.from(text));
		text = '';
		if (!isTaken) await taken(response);
	}
	response.end(text);
}

async function* madePieces(pieces: Pieces): AsyncGenerator<string> {
	for (const piece of pieces) {
		if (typeof piece === 'string') yield piece;
		else yield* await piece;
	}
}

async function taken(response: Response): Promise<void> {
	if (response.destroyed) return;
	response.setTimeout(SENT_MS_MAX);
	const over = new AbortController();
	const { signal } = over;
	const settled = [once(response, 'drain', { signal }), once(response, 'close', { signal })];
	try {
		await Promise.race(settled);
	} finally {
		over.abort();
		await Promise.allSettled(settled);
		response.setTimeout(0);
	}
}

/** The object as JSON, with one more member, a list, behind all others. */
export function withList<P>(answer: object, name: string, items: Iterable<Iterable<P>>): Generator<P | string> {
	return withMember(answer, name, listOf(items));
}

/** The items as a list of JSON. */
export function* listOf<P>(items: Iterable<Iterable<P>>): Generator<P | string> {
	yield '[';
	let separator = '';
	for (const item of items) {
		yield separator;
		yield* item;
		separator = ',';
	}
	yield ']';
}

/** The object as JSON, with one more member behind all others, whose value is JSON already. */
export function* withMember<P>(answer: object, name: string, value: Iterable<P>): Generator<P | string> {
	const own = JSON.stringify(answer).slice(0, -1);
	yield `${own}${own === '{' ? '' : ','}${JSON.stringify(name)}:`;
	yield* value;
	yield '}';
}

/** Items of a page that are read together: each may be as long as a document, and reading it takes as long as printing it. */
const READ_TOGETHER_MAX = 3;

/** A page of `size` items as JSON. They are read a few at a time, when those before them have been printed. */
export function* printPage<T>(
	size: number,
	after: string | undefined,
	read: (
		after: string | undefined,
		limit: number,
	) => { readonly items: readonly T[]; readonly next?: string | undefined },
	view: (item: T) => object,
): Generator<string> {
	yield '{"items":[';
	let left = size;
	let from = after;
	do {
		const { items, next } = read(from, Math.min(left, READ_TOGETHER_MAX));
		for (const item of items) {
			yield `${left === size ? '' : ','}${JSON.stringify(view(item))}`;
			left -= 1;
		}
		from = next;
	} while (left > 0 && from !== undefined);
	yield from === undefined ? ']}' : `],"next":${JSON.stringify(from)}}`;
}

/** A text of XML with pieces at the end of an element, within which so many elements end as close last, itself included. */
export function* withinLast<P>(xml: string, closing: number, pieces: Iterable<P>): Generator<P | string> {
	let at = xml.length;
	for (let count = 0; count < closing; count += 1) at = xml.lastIndexOf('</', at - 1);
	yield xml.slice(0, at);
	yield* pieces;
	yield xml.slice(at);
}
