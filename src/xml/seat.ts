/** A worker of the pool and what it has to do. */
import { Worker } from 'node:worker_threads';
import type { OperatingError } from '../errors.ts';
import { Mailbox } from './mailbox.ts';
import type { Answer, WorkerRequest, WorkerSettings, WorkerTally } from './pool-messages.ts';

/**
 * What a worker is handed ahead, beside a first document of any size: it goes on reading while the main thread is busy,
 * and what it has read meanwhile comes in together. On the other hand what was handed ahead must wait for what is
 * before it: at this size the worst of documents takes 0.7 s.
 */
export const AHEAD_BYTES_MAX = 128 << 10;

/** Trees of the largest documents take some 60 MB; a worker that wants more than this is lost, not the process. */
const WORKER_HEAP_MB_MAX = 96;
/** Less than Node would take: new objects live no longer for more room, and the process stays small. */
const WORKER_YOUNG_MB_MAX = 8;

export interface Job extends WorkerRequest {
	/** The length of its bytes, which may have moved to the worker. */
	readonly length: number;
	readonly resolve: (reply: Answer) => void;
	readonly reject: (error: OperatingError) => void;
}

/** One worker, which answers its jobs in the order in which it was handed them. */
export interface Seat {
	readonly worker: Worker;
	/** It has said that it can read. */
	isReady: boolean;
	readonly jobs: Job[];
	readonly tally: WorkerTally;
	/** For what it is told while it is awake, and for its answers while this thread is. */
	readonly requests: Mailbox;
	readonly answers: Mailbox;
	/** Of all its jobs. */
	bytes: number;
	/** Jobs that it was not told of yet: the last ones. */
	readonly untold: WorkerRequest[];
	/** Of its start; then of whatever job it is at, or none any more, when it runs out. */
	timer: NodeJS.Timeout | undefined;
	/** When it began with the first of its jobs. */
	begunAtMs: number;
}

/** Starts a worker, which says when it can read. */
export function openSeat(readerUrl: URL, maxBytes: number): Seat {
	const tally: WorkerTally = { waiting: sharedNumber(), unheard: sharedNumber() };
	const [requests, answers] = [Mailbox.memory(), Mailbox.memory()];
	const settings: WorkerSettings = { readerUrl: readerUrl.href, maxBytes, tally, requests, answers };
	const worker = new Worker(WORKER_URL, {
		workerData: settings,
		resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB_MAX, maxYoungGenerationSizeMb: WORKER_YOUNG_MB_MAX },
	});
	return {
		worker,
		isReady: false,
		jobs: [],
		tally,
		requests: new Mailbox(requests),
		answers: new Mailbox(answers),
		bytes: 0,
		untold: [],
		timer: undefined,
		begunAtMs: 0,
	};
}

/** The one that has least to do, where one can take this job. */
export function seatFor(seats: ReadonlySet<Seat>, { length }: Pick<Job, 'length'>): Seat | undefined {
	let best: Seat | undefined;
	for (const seat of seats) {
		const isFree = seat.jobs.length === 0 || seat.bytes + length <= AHEAD_BYTES_MAX;
		if (seat.isReady && isFree && (best === undefined || seat.bytes < best.bytes)) best = seat;
	}
	return best;
}

/** The one that has something to do, where it is a single job of a single one. */
export function seatAlone(seats: ReadonlySet<Seat>): Seat | undefined {
	let alone: Seat | undefined;
	for (const seat of seats) {
		if (seat.jobs.length > 1 || (seat.jobs.length === 1 && alone !== undefined)) return undefined;
		if (seat.jobs.length === 1) alone = seat;
	}
	return alone;
}

function sharedNumber(): Int32Array<SharedArrayBuffer> {
	return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Beside this file, under the ending that this file has itself: .ts as it is, .js where it was built. */
const WORKER_URL = new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
