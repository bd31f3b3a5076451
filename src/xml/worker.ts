/**
 * A worker of the pool: reads one document after the other with the reader module that it was given.
 * Whatever goes wrong here that is not an issue of the document makes this thread unfit: it says so and is ended.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import {
	type DocumentReader,
	type Reading,
	readDocumentWith,
	readJsonDocumentWith,
	readKeptWith,
	readLenientDocumentWith,
	readMessageWith,
} from './document.ts';
import { prepareGate } from './gate.ts';
import { Mailbox } from './mailbox.ts';
import { bytesOfText } from './packed-text.ts';
import {
	type Answer,
	EXPECTED_MS_MAX,
	letterOfAnswer,
	requestOfLetter,
	type WorkerReply,
	type WorkerRequest,
	type WorkerRequests,
	type WorkerSettings,
} from './pool-messages.ts';

/** What is left of such a document is given back before the next one is read; to collect it takes 10 ms. */
const LARGE_BYTES_MIN = 256 << 10;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * While so many documents more wait for this worker, an answer waits for the next ones: to be woken takes the main thread
 * as much CPU as two or three answers do. After so long no other document is begun before it is sent, and at any time
 * none that is larger than so much: a broken one of 100 KB takes a fifth of a second. So an answer waits that long and
 * for one more document of that size, which takes 30 ms at worst. Whoever waits alone, or with few others, is told at once.
 */
const WAITING_MIN = 4;
const HELD_MS_MAX = 2;
const HELD_BEHIND_BYTES_MAX = 16 << 10;

const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread only.');

const { readerUrl, maxBytes, tally, ...shared } = workerData as WorkerSettings;
const requestBox = new Mailbox(shared.requests);
const answerBox = new Mailbox(shared.answers);
const reader = (await import(readerUrl)) as DocumentReader<unknown>;
prepareGate('document', ...(reader.readMessage === undefined ? [] : (['message'] as const)));

let held: Answer[] = [];
/** When the first of those was begun with. */
let heldSinceMs = 0;

port.on('message', (told: WorkerRequests) => {
	const requests = told.length > 0 ? told : stayAwake();
	try {
		for (const request of requests) {
			if (held.length > 0 && request.bytes.length > HELD_BEHIND_BYTES_MAX) sendHeld();
			if (held.length === 0) heldSinceMs = performance.now();
			held.push(answer(request));
			Atomics.add(tally.unheard, 0, 1);
			const waiting = Atomics.sub(tally.waiting, 0, 1) - 1;
			if (waiting < WAITING_MIN || performance.now() - heldSinceMs >= HELD_MS_MAX) sendHeld();
			if (request.bytes.length >= LARGE_BYTES_MIN) collect();
		}
	} catch (error) {
		lose(error);
	}
});

/** What this worker is told of next, where that comes soon: it goes round instead of sleeping. */
function stayAwake(): WorkerRequests {
	requestBox.open();
	for (const untilMs = performance.now() + EXPECTED_MS_MAX; performance.now() < untilMs; ) {
		const letter = requestBox.take();
		if (letter !== undefined) return [requestOfLetter(letter)];
		// To ask for a message again and again would keep the main thread from sending it.
		if (Atomics.load(tally.waiting, 0) <= 0) continue;
		const before = requestBox.shut();
		if (before !== undefined) return [requestOfLetter(before)];
		const received = receiveMessageOnPort(port!) as { readonly message: WorkerRequests } | undefined;
		if (received !== undefined && received.message.length > 0) return received.message;
	}
	const last = requestBox.shut();
	return last === undefined ? [] : [requestOfLetter(last)];
}

function answer(request: WorkerRequest): Answer {
	const reading = readRequested(request);
	const packed = reading.ok && request.form !== 'message' ? reader.pack?.(reading.value) : undefined;
	if (packed === undefined) return { kind: 'read', reading };
	const issues = reading.issues === undefined ? {} : { issues: reading.issues };
	return { kind: 'packed', packed: bytesOfText(packed), ...issues };
}

/** Throws where one cannot cross; that is the first then of those that are left. */
function sendHeld(): void {
	try {
		send(held);
		held = [];
	} catch {
		for (; held.length > 0; held.shift()) send(held.slice(0, 1));
	}
}

function send(answers: readonly Answer[]): void {
	const letter = answers.length === 1 ? letterOfAnswer(answers[0]!) : undefined;
	if (letter !== undefined && answerBox.leave(letter)) return;
	const reply: WorkerReply = { kind: 'answers', answers };
	const moved = answers.flatMap((each) => (each.kind === 'packed' ? [each.packed.bytes.buffer as ArrayBuffer] : []));
	port!.postMessage(reply, moved);
}

function lose(cause: unknown): void {
	let error = cause;
	try {
		sendHeld();
	} catch (another) {
		error = another;
		Atomics.sub(tally.unheard, 0, held.length);
	}
	const lost: WorkerReply = { kind: 'lost', detail: error instanceof Error ? error.message : String(error) };
	port!.postMessage(lost);
}

function readRequested({ bytes, form, mode, context }: WorkerRequest): Reading<unknown> {
	if (form === 'json') return readJsonDocumentWith(bytes, reader, context, { maxBytes, mode });
	if (form === 'xml' && mode === 'lenient') return readLenientDocumentWith(bytes, reader, context, { maxBytes });
	if (form === 'kept') return readKeptWith(bytes, reader.read, context);
	if (form === 'xml') return readDocumentWith(bytes, reader.read, context, { maxBytes });
	return readMessageWith(bytes, reader, context, { maxBytes });
}

const ready: WorkerReply = { kind: 'ready' };
port.postMessage(ready);
