/** The thread of checkpoints.ts: sleeps until something was committed, waits for more of it, and folds it back. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { type CheckpointSettings, ENDED, QUIET, WRITTEN } from './checkpoints.ts';

/**
 * What is committed meanwhile is folded back together: pages that all of it has written once. The main thread's own
 * checkpoint, every ten thousand pages, has to fold back what was written since.
 */
const GATHER_MS = 60;

const { path, state } = workerData as CheckpointSettings;
const signal = new Int32Array(state);
const database = new DatabaseSync(path, { timeout: 0 });
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
// Passive: waits for nobody, and nobody waits for it.
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');

/** What the last one failed of: it is told once, until one succeeds. */
let failure: string | undefined;

for (;;) {
	Atomics.wait(signal, 0, QUIET);
	Atomics.wait(signal, 0, WRITTEN, GATHER_MS);
	if (Atomics.compareExchange(signal, 0, WRITTEN, QUIET) === ENDED) break;
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
