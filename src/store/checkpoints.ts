/**
 * Checkpoints aside: the write-ahead log is folded back into the database by a thread of its own, with a connection of its
 * own, while the main thread goes on deciding. What it has folded back the main thread's next checkpoint need not.
 */
import { Worker } from 'node:worker_threads';

/** What the Int32 says that both threads share: nothing was committed since the last checkpoint; something was; end. */
const QUIET = 0;
const WRITTEN = 1;
const ENDED = 2;

/**
 * What is committed meanwhile is folded back together: pages that all of it has written once. The main thread's own
 * checkpoint, every ten thousand pages, has to fold back what was written since.
 */
const GATHER_MS = 60;

/** It holds a statement and a few numbers; what SQLite needs lies outside. */
const HEAP_MB_MAX = 16;
const YOUNG_MB_MAX = 1;

/** What the thread is told at its start. */
interface CheckpointSettings {
	/** The database. */
	readonly path: string;
	readonly state: SharedArrayBuffer;
	readonly states: { readonly QUIET: number; readonly WRITTEN: number; readonly ENDED: number };
	readonly gatherMs: number;
}

/** Is told why checkpoints fail, once until one succeeds; or of what the thread has ended before it was told to. */
export type ReportCheckpoint = (failure: string) => void;

/** The thread, from its start to its end. Where it fails nothing is lost: the main connection's own checkpoints are left. */
export class Checkpoints {
	readonly #state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
	readonly #worker: Worker;
	readonly #ended: Promise<void>;

	constructor(path: string, report: ReportCheckpoint) {
		const states = { QUIET, WRITTEN, ENDED };
		const settings: CheckpointSettings = { path, state: this.#state.buffer, states, gatherMs: GATHER_MS };
		this.#worker = new Worker(`(${foldBack})()`, {
			eval: true,
			workerData: settings,
			// None of the main thread's preloaded modules.
			execArgv: [],
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

/**
 * The thread: sleeps until something was committed, waits for more of it, and folds it back. Its text is run as it stands
 * here, so it names nothing outside itself: a thread that read its module from a file would load what strips types,
 * 12 MB, for this alone.
 */
function foldBack(): void {
	const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
	const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
	const { path, state, states, gatherMs } = workerData as CheckpointSettings;
	const signal = new Int32Array(state);
	const database = new DatabaseSync(path, { timeout: 0 });
	database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
	// Passive: waits for nobody, and nobody waits for it.
	const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
	// What the last one failed of: it is told once, until one succeeds.
	let failure: string | undefined;
	for (;;) {
		Atomics.wait(signal, 0, states.QUIET);
		Atomics.wait(signal, 0, states.WRITTEN, gatherMs);
		if (Atomics.compareExchange(signal, 0, states.WRITTEN, states.QUIET) === states.ENDED) break;
		try {
			checkpoint.get();
			failure = undefined;
		} catch (error) {
			// The disk is full or fails. Nothing is lost: the log holds what was committed, and grows.
			const { message } = error as Error;
			if (message !== failure) parentPort!.postMessage(message);
			failure = message;
		}
	}
	database.close();
}
