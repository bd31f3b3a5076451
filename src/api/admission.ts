/**
 * Bodies are let in as far as there is room for them: what a document and its answer take in memory is many times its
 * length, so the lengths of what is under way at once are bounded. Who finds no room waits, in order; who would wait for
 * long, or behind too many, is refused with BROKER_BUSY and may come again.
 */
import type { Request, RequestHandler, Response } from 'express';
import express from 'express';
import { OperatingError } from '../errors.ts';
import { ownRound } from './printing-rounds.ts';

/** Larger ones have room of their own, so that they never wait for each other: an offer has 3 to 10 KB. */
export const SMALL_BYTES_MAX = 32 << 10;
/** Large bodies that arrive, or have arrived and wait for their turn: nobody who sends slowly keeps others from theirs. */
const ARRIVING_BYTES_MAX = 12 << 20;
/** Large bodies that are read, decided on and answered: one by the worker, and one by the main thread. */
const LARGE_BYTES_MAX = 2 << 20;
/** Small bodies that are: 1,000 offers, as many as may wait for the site's desk. */
const SMALL_BYTES_AT_ONCE_MAX = 8 << 20;

/** Large documents that are read again, printed, and kept until they are fetched: a tree may take twice its text. */
const ANSWERED_BYTES_MAX = 8 << 20;

/** As long as a client that means it waits for an answer; then it is told to come again. */
const WAIT_MS_MAX = 20_000;
/** Large ones that wait to be let in: of each some 64 KB have been read ahead. */
const LARGE_WAITING_MAX = 256;
/** Small ones have arrived when they wait. */
const SMALL_WAITING_MAX = 1_000;
/** Answers that wait for room hold nothing yet, so that they may be many, and wait for longer. */
const ANSWERS_WAITING_MAX = 1_000;
const ANSWER_WAIT_MS_MAX = 60_000;
/** An answer of which nothing is fetched for so long is given up: it is kept until it has been sent. */
export const SENT_MS_MAX = 30_000;

/**
 * Reads the body of a request as soon as there is room for it: so many bytes at most, neither compressed nor encoded.
 * `expected` is told of each that will be there soon.
 */
export function receiveBody(bytesMax: number, waitMsMax = WAIT_MS_MAX, expected?: () => void): RequestHandler {
	const read = express.raw({ type: () => true, limit: bytesMax, inflate: false });
	// A document of the largest size is let in, also where that is more than there would be room for.
	const arriving = new Room(Math.max(ARRIVING_BYTES_MAX, bytesMax), LARGE_WAITING_MAX, waitMsMax);
	const large = new Room(Math.max(LARGE_BYTES_MAX, bytesMax), LARGE_WAITING_MAX, waitMsMax);
	const small = new Room(SMALL_BYTES_AT_ONCE_MAX, SMALL_WAITING_MAX, waitMsMax);
	return (request, response, next) => {
		const bytes = lengthOf(request, bytesMax);
		if (bytes === 0) return read(request, response, next);
		const isLarge = bytes > SMALL_BYTES_MAX;
		const proceed = (error?: unknown) => {
			if (error !== undefined) next(error);
			else (isLarge ? large : small).enter(bytes, response, next);
		};
		if (isLarge) arriving.enter(bytes, response, (busy) => (busy ? next(busy) : read(request, response, proceed)));
		else {
			expected?.();
			read(request, response, proceed);
		}
	};
}

/**
 * Waits until there is room for an answer that repeats documents of so many bytes, and for a round of the loop of its own;
 * the room is kept until the answer is sent. Throws BROKER_BUSY.
 */
export async function enterAnswering(response: Response, bytes: number): Promise<void> {
	if (bytes <= SMALL_BYTES_MAX) return;
	await new Promise<void>((resolve, reject) => {
		answering.enter(bytes, response, (busy) => (busy === undefined ? resolve() : reject(busy)));
	});
	await ownRound();
}

/** Has an answer that is under way given up where nobody fetches it. */
export function boundSending(response: Response): void {
	if (response.writableLength > 0) response.setTimeout(SENT_MS_MAX);
}

/** The length that is announced, where it is one that is read at all; of what comes in chunks, all that it may be. */
function lengthOf({ headers }: Request, bytesMax: number): number {
	const length = headers['content-length'];
	if (length !== undefined) return Math.min(Number(length), bytesMax);
	return headers['transfer-encoding'] === undefined ? 0 : bytesMax;
}

interface Waiting {
	readonly bytes: number;
	readonly enter: () => void;
	readonly refuse: () => void;
	readonly timer: NodeJS.Timeout;
}

/** Room for so many bytes; who has entered keeps it until the response is sent, or will never be. */
class Room {
	readonly #bytesMax: number;
	readonly #waitingMax: number;
	readonly #waitMsMax: number;
	#bytes = 0;
	readonly #queue = new Set<Waiting>();

	constructor(bytesMax: number, waitingMax: number, waitMsMax: number) {
		this.#bytesMax = bytesMax;
		this.#waitingMax = waitingMax;
		this.#waitMsMax = waitMsMax;
	}

	/** Calls back once there is room, in the order in which it was asked for; or with BROKER_BUSY. */
	enter(bytes: number, response: Response, done: (busy?: OperatingError) => void): void {
		const admit = () => {
			this.#bytes += bytes;
			response.once('close', () => this.#leave(bytes));
			done();
		};
		// Who has gone meanwhile needs nothing.
		if (response.closed || response.destroyed) return;
		if (this.#queue.size === 0 && this.#hasRoomFor(bytes)) {
			admit();
			return;
		}
		if (this.#queue.size >= this.#waitingMax) {
			done(busy());
			return;
		}
		const forget = () => {
			clearTimeout(waiting.timer);
			this.#queue.delete(waiting);
			response.removeListener('close', leave);
		};
		const leave = () => {
			forget();
			this.#serve();
		};
		const waiting: Waiting = {
			bytes,
			enter: () => {
				forget();
				admit();
			},
			refuse: () => {
				leave();
				done(busy());
			},
			timer: setTimeout(() => waiting.refuse(), this.#waitMsMax),
		};
		response.once('close', leave);
		this.#queue.add(waiting);
	}

	#hasRoomFor(bytes: number): boolean {
		return this.#bytes === 0 || this.#bytes + bytes <= this.#bytesMax;
	}

	#leave(bytes: number): void {
		this.#bytes -= bytes;
		this.#serve();
	}

	#serve(): void {
		for (const waiting of this.#queue) {
			if (!this.#hasRoomFor(waiting.bytes)) return;
			waiting.enter();
		}
	}
}

/** Of the process, as its memory is. */
const answering = new Room(ANSWERED_BYTES_MAX, ANSWERS_WAITING_MAX, ANSWER_WAIT_MS_MAX);

function busy(): OperatingError {
	return new OperatingError('BROKER_BUSY', 'Too many bytes of documents are under way.');
}
