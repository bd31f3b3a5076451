/**
 * Checkpoints aside: the write-ahead log is folded back into the database by a thread of its own, with a connection of its
 * own, while the main thread goes on deciding. What it has folded back the main thread's next checkpoint need not.
 */
import { Worker } from 'node:worker_threads';

/** What the thread is told at its start. */
export interface CheckpointSettings {
	/** The database. */
	readonly path: string;
	/** One Int32: {@link QUIET}, {@link WRITTEN} or {@link ENDED}. */
	readonly state: SharedArrayBuffer;
}

/** Nothing was committed since the last checkpoint; something was; the thread shall end. */
export const QUIET = 0;
export const WRITTEN = 1;
export const ENDED = 2;

/** It holds a statement and a few numbers; what SQLite needs lies outside. */
const HEAP_MB_MAX = 16;
const YOUNG_MB_MAX = 1;

/** Is told why checkpoints fail, once until one succeeds; or of what the thread has ended before it was told to. */
export type ReportCheckpoint = (failure: string) => void;

/** The thread, from its start to its end. Where it fails nothing is lost: the main connection's own checkpoints are left. */
export class Checkpoints {
	readonly #state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	readonly #worker: Worker;
	readonly #ended: Promise<void>;

	constructor(path: string, report: ReportCheckpoint) {
		const settings: CheckpointSettings = { path, state: this.#state.buffer };
		this.#worker = new Worker(WORKER_URL, {
			workerData: settings,
			resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: YOUNG_MB_MAX },
		});
		this.#ended = new Promise((resolve) => {
			this.#worker.once('exit', () => resolve());
			this.#worker.once('error', (error: Error) => {
				report(error.message);
				resolve();
			});
		});
		this.#worker.on('message', report);
		// A checkpoint that nobody waits for is no reason to live.
		this.#worker.unref();
	}

	/** Something was committed. */
	note(): void {
		if (Atomics.compareExchange(this.#state, 0, QUIET, WRITTEN) === QUIET) Atomics.notify(this.#state, 0);
	}

	/** Ends the thread, after the checkpoint that it is at. */
	async close(): Promise<void> {
		Atomics.store(this.#state, 0, ENDED);
		Atomics.notify(this.#state, 0);
		this.#worker.ref();
		await this.#ended;
	}
}

/** Beside this file, under the ending that this file has itself: .ts as it is, .js where it was built. */
const WORKER_URL = new URL(`./checkpoint-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
