/**
 * A worker of the pool: reads one document after the other with the reader module that it was given.
 * Whatever goes wrong here that is not an issue of the document makes this thread unfit: it says so and is ended.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type DocumentReader, readDocumentWith, readJsonDocumentWith } from './document.ts';
import { prepareGate } from './gate.ts';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './pool.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread only.');

const { readerUrl, maxBytes } = workerData as WorkerSettings;
const reader = (await import(readerUrl)) as DocumentReader<unknown>;
prepareGate();

port.on('message', ({ bytes, form, context }: WorkerRequest) => {
	let reply: WorkerReply;
	try {
		const reading =
			form === 'json'
				? readJsonDocumentWith(bytes, reader, context, { maxBytes })
				: readDocumentWith(bytes, reader.read, context, { maxBytes });
		const packed = reading.ok ? reader.pack?.(reading.value) : undefined;
		if (packed === undefined) reply = { kind: 'read', reading };
		else reply = { kind: 'packed', packed, ...(reading.issues === undefined ? {} : { issues: reading.issues }) };
		port.postMessage(reply);
	} catch (error) {
		reply = { kind: 'lost', detail: error instanceof Error ? error.message : String(error) };
		port.postMessage(reply);
	}
});

const ready: WorkerReply = { kind: 'ready' };
port.postMessage(ready);
