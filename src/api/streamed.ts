/**
 * Answers of any length, of which no more than one piece is in memory at a time: each is made when the ones before it
 * have been taken over by who asked, and others are served in between.
 */
import { once } from 'node:events';
import type { Response } from 'express';
import { SENT_MS_MAX } from './admission.ts';

/** After so much others are served: to print 64 KB takes half a millisecond. What is shorter is sent as a whole. */
const ROUND_CHARACTERS_MAX = 64 << 10;

/** Sends the pieces as one body; what the response has of headers and status goes before it. */
export async function sendStreamed(response: Response, pieces: Iterable<string>): Promise<void> {
	const left = pieces[Symbol.iterator]();
	let text = '';
	for (;;) {
		if (printed >= ROUND_CHARACTERS_MAX) await ownRound();
		// Whoever asked has gone, or fetched nothing for too long.
		if (response.closed || response.destroyed) return;
		const next = left.next();
		if (next.done === true) break;
		text += next.value;
		printed += next.value.length;
		scheduleRound();
		if (text.length < ROUND_CHARACTERS_MAX) continue;
		const isTaken = response.write(text);
		text = '';
		if (!isTaken) await taken(response);
	}
	response.end(text);
}

/** In this round of the loop, for all answers together: many who ask at once must not each have a piece of one round. */
let printed = 0;
let isScheduled = false;
const waiting: (() => void)[] = [];

/** A round in which nobody else has printed. */
function ownRound(): Promise<void> {
	return new Promise((resolve) => {
		waiting.push(resolve);
		scheduleRound();
	});
}

function scheduleRound(): void {
	if (isScheduled) return;
	isScheduled = true;
	setImmediate(() => {
		isScheduled = false;
		printed = 0;
		const next = waiting.shift();
		if (next === undefined) return;
		scheduleRound();
		next();
	});
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
export function* withList(answer: object, name: string, items: Iterable<Iterable<string>>): Generator<string> {
	const own = JSON.stringify(answer).slice(0, -1);
	yield `${own}${own === '{' ? '' : ','}${JSON.stringify(name)}:[`;
	let separator = '';
	for (const item of items) {
		yield separator;
		yield* item;
		separator = ',';
	}
	yield ']}';
}

/** A text of XML with pieces at the end of an element, within which so many elements end as close last, itself included. */
export function* withinLast(xml: string, closing: number, pieces: Iterable<string>): Generator<string> {
	let at = xml.length;
	for (let count = 0; count < closing; count += 1) at = xml.lastIndexOf('</', at - 1);
	yield xml.slice(0, at);
	yield* pieces;
	yield xml.slice(at);
}
