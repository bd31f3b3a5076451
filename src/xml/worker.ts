/**
 * A worker of the pool: reads one document after the other with the reader module that it was given.
 * Whatever goes wrong here that is not an issue of the document makes this thread unfit: it says so and is ended.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import {
	type DocumentReader,
	type Reading,
	readDocumentWith,
	readJsonDocumentWith,
	readLenientDocumentWith,
} from './document.ts';
import { prepareGate } from './gate.ts';
import { bytesOfText } from './packed-text.ts';
import type { WorkerReply, WorkerRequest, WorkerRequests, WorkerSettings } from './pool.ts';

/** What is left of such a document is given back before the next one is read; to collect it takes 10 ms. */
const LARGE_BYTES_MIN = 256 << 10;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread only.');

const { readerUrl, maxBytes } = workerData as WorkerSettings;
const reader = (await import(readerUrl)) as DocumentReader<unknown>;
prepareGate('document', ...(reader.readMessage === undefined ? [] : (['message'] as const)));

port.on('message', (requests: WorkerRequests) => {
	try {
		for (const request of requests) {
			send(answer(request));
			if (request.bytes.length >= LARGE_BYTES_MIN) collect();
		}
	} catch (error) {
		const lost: WorkerReply = { kind: 'lost', detail: error instanceof Error ? error.message : String(error) };
		port.postMessage(lost);
	}
});

function answer(request: WorkerRequest): WorkerReply {
	const reading = readRequested(request);
	const packed = reading.ok && request.form !== 'message' ? reader.pack?.(reading.value) : undefined;
	if (packed === undefined) return { kind: 'read', reading };
	const issues = reading.issues === undefined ? {} : { issues: reading.issues };
	return { kind: 'packed', packed: bytesOfText(packed), ...issues };
}

function send(reply: WorkerReply): void {
	port!.postMessage(reply, reply.kind === 'packed' ? [reply.packed.bytes.buffer as ArrayBuffer] : []);
}

function readRequested({ bytes, form, mode, context }: WorkerRequest): Reading<unknown> {
	if (form === 'json') return readJsonDocumentWith(bytes, reader, context, { maxBytes, mode });
	if (form === 'xml' && mode === 'lenient') return readLenientDocumentWith(bytes, reader, context, { maxBytes });
	if (form === 'xml') return readDocumentWith(bytes, reader.read, context, { maxBytes });
	if (reader.readMessage === undefined) throw new Error('This reader reads no messages.');
	return readDocumentWith(bytes, reader.readMessage, context, { maxBytes, as: 'message' });
}

const ready: WorkerReply = { kind: 'ready' };
port.postMessage(ready);
