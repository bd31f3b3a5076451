/**
 * The pool: documents from outside are read in worker threads, so that neither their size nor their malice costs the
 * main thread more than handing them over. A worker that overruns its deadline or fails in any way that is not the
 * document's is thrown away, its job answered with an operating error, and another one started in its place.
 */
import { availableParallelism } from 'node:os';
import { OperatingError } from '../errors.ts';
import type { DocumentForm, Reading, ReadingMode } from './document.ts';
import { DOCUMENT_BYTES_MAX, sizeIssue } from './gate.ts';
import type { Letter } from './mailbox.ts';
import { type PackedText, textOfBytes } from './packed-text.ts';
import {
	type Answer,
	answerOfLetter,
	EXPECTED_MS_MAX,
	letterOfRequest,
	type WorkerReply,
	type WorkerRequests,
} from './pool-messages.ts';
import { AHEAD_BYTES_MAX, type Job, openSeat, type Seat, seatAlone, seatFor } from './seat.ts';
import { Vigil } from './vigil.ts';

export interface XmlPoolOptions<T> {
	/** A module that is a {@link DocumentReader}: pure, its results structured-clonable and bounded. */
	readonly readerUrl: URL;
	/** Undoes the module's `pack`, where it has one. */
	readonly unpack?: (packed: PackedText) => T;
	/** Worker threads. Each holds about 40 MB. */
	readonly workers: number;
	/** The most bytes of one document; default {@link DOCUMENT_BYTES_MAX}. */
	readonly maxBytes?: number;
	/** The most milliseconds that one document may take, counted from when a worker has it. */
	readonly deadlineMs: number;
}

/** Waiting documents beyond which a new one is refused: seconds of work for one worker, and a bound on memory. */
const QUEUE_JOBS_MAX = 2_000;
const QUEUE_BYTES_MAX = 64 << 20;

/** A worker that has not compiled its schemas by then (it takes a fifth of a second) never will. */
const START_MS_MAX = 30_000;

/** Until then a document of 2 KB has been read; a longer one takes so long that to be woken is little beside it. */
const AWAKE_MS_MAX = 0.5;
/** Where there is one CPU somebody else needs it. */
const CAN_STAY_AWAKE = availableParallelism() > 1;

const NOTHING_YET: WorkerRequests = [];

/** Reads documents as `T` and, where its reader has one for them, messages as `M`. */
export class XmlPool<T = unknown, M = never> {
	readonly #options: XmlPoolOptions<T>;
	readonly #maxBytes: number;
	readonly #seats = new Set<Seat>();
	readonly #queue: Job[] = [];
	#queueBytes = 0;
	#isTelling = false;
	#isAwake = false;
	/** Of this thread, for what a worker reads. */
	readonly #vigil = new Vigil();
	/** Of workers, for documents that are said to come; and when that was last said of one that has not come. */
	readonly #expectation = new Vigil();
	#expectedAtMs: number | undefined;
	#closed = false;

	constructor(options: XmlPoolOptions<T>) {
		this.#options = options;
		this.#maxBytes = options.maxBytes ?? DOCUMENT_BYTES_MAX;
		this.#fill();
	}

	/**
	 * Reads a document: gate, tree, the reader module's `read(root, context)`; leniently, where that is the mode, with the
	 * module's `mend` before it. Issues of XML have their lines filled in.
	 * Throws OperatingError: PARSER_TIMEOUT past the deadline, PARSER_EXHAUSTED where it takes more memory than a worker
	 * has, PARSER_LOST where it failed in another way, BROKER_BUSY where too many documents wait, BROKER_CLOSED after
	 * close.
	 */
	async read(
		bytes: Uint8Array,
		form: Exclude<DocumentForm, 'message'>,
		context?: unknown,
		mode: ReadingMode = 'strict',
	): Promise<Reading<T>> {
		const reply = await this.#read(bytes, form, context, mode);
		if (reply.kind === 'read') return reply.reading as Reading<T>;
		const { packed, issues } = reply;
		return { ok: true, value: this.#options.unpack!(textOfBytes(packed)), ...(issues === undefined ? {} : { issues }) };
	}

	/** Reads a message as {@link read} does a document: its envelope, and the documents in it. */
	async readMessage(bytes: Uint8Array, context?: unknown): Promise<Reading<M>> {
		const reply = await this.#read(bytes, 'message', context, 'strict');
		if (reply.kind !== 'read') throw new Error('Messages are not packed.');
		return reply.reading as Reading<M>;
	}

	async #read(bytes: Uint8Array, form: DocumentForm, context: unknown, mode: ReadingMode): Promise<Answer> {
		if (this.#closed) throw new OperatingError('BROKER_CLOSED');
		const oversize = form === 'kept' ? undefined : sizeIssue(bytes, this.#maxBytes);
		if (oversize !== undefined) return { kind: 'read', reading: { ok: false, issues: [oversize] } };
		if (this.#queue.length >= QUEUE_JOBS_MAX || this.#queueBytes + bytes.length > QUEUE_BYTES_MAX) {
			throw new OperatingError('BROKER_BUSY', 'Too many documents are waiting to be read.');
		}
		return new Promise<Answer>((resolve, reject) => {
			// A copy of its own: the caller may reuse its buffer, and this one moves to the worker.
			const { length } = bytes;
			this.#queue.push({ bytes: new Uint8Array(bytes), length, form, mode, context, resolve, reject });
			this.#queueBytes += bytes.length;
			this.#fill();
			this.#dispatch();
		});
	}

	/**
	 * Somebody is about to hand over a document, once the rest of it has arrived. Where nothing else is being read the worker
	 * that will have it is woken meanwhile, and stays awake for a while.
	 */
	expect(): void {
		if (!CAN_STAY_AWAKE || this.#expectedAtMs !== undefined) return;
		let next: Seat | undefined;
		for (const seat of this.#seats) {
			if (seat.jobs.length > 0) return;
			if (seat.isReady) next ??= seat;
		}
		if (next === undefined || !this.#expectation.pays()) return;
		this.#expectedAtMs = performance.now();
		next.worker.postMessage(NOTHING_YET);
	}

	/** Ends all workers; documents that are waiting or being read are refused with BROKER_CLOSED. */
	async close(): Promise<void> {
		this.#closed = true;
		const seats = [...this.#seats];
		for (const seat of seats) this.#lose(seat, new OperatingError('BROKER_CLOSED'));
		this.#rejectQueue(new OperatingError('BROKER_CLOSED'));
		await Promise.all(seats.map(({ worker }) => worker.terminate()));
	}

	#fill(): void {
		while (!this.#closed && this.#seats.size < this.#options.workers) this.#seats.add(this.#start());
	}

	#start(): Seat {
		const seat = openSeat(this.#options.readerUrl, this.#maxBytes);
		const { worker } = seat;
		const fail = (detail: string) => this.#lose(seat, new OperatingError('PARSER_LOST', detail));
		seat.timer = setTimeout(() => fail('It did not start.'), START_MS_MAX);
		worker.on('message', (reply: WorkerReply) => this.#hear(seat, reply));
		worker.on('error', (error: NodeJS.ErrnoException) => {
			if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') this.#lose(seat, new OperatingError('PARSER_EXHAUSTED'));
			else fail(error instanceof Error ? error.message : String(error));
		});
		worker.on('exit', (code) => fail(`It ended with code ${code}.`));
		return seat;
	}

	#hear(seat: Seat, reply: WorkerReply): void {
		if (!this.#seats.has(seat)) return;
		if (reply.kind === 'lost') {
			this.#lose(seat, new OperatingError('PARSER_LOST', reply.detail));
			return;
		}
		if (reply.kind === 'ready') {
			seat.isReady = true;
			clearTimeout(seat.timer);
			seat.timer = undefined;
		} else {
			// It was left before this was sent.
			this.#open(seat, seat.answers.take());
			this.#answer(seat, reply.answers);
		}
		this.#watch(seat);
		this.#dispatch();
	}

	/** Answers the first of its jobs. */
	#answer(seat: Seat, answers: readonly Answer[]): void {
		Atomics.sub(seat.tally.unheard, 0, answers.length);
		for (const answer of answers) {
			const job = seat.jobs.shift()!;
			seat.bytes -= job.length;
			job.resolve(answer);
		}
	}

	/**
	 * Gives the job that the worker is at its deadline, counted from the last answers: such as are held take no more than
	 * some milliseconds of it. The timer runs on from one job to the next: to set it anew for each
	 * takes as long as to unpack a small document.
	 */
	#watch(seat: Seat): void {
		seat.begunAtMs = performance.now();
		if (seat.jobs.length > 0) seat.timer ??= setTimeout(() => this.#look(seat), this.#options.deadlineMs);
	}

	#look(seat: Seat): void {
		seat.timer = undefined;
		if (seat.jobs.length === 0) return;
		const { begunAtMs } = seat;
		const left = begunAtMs + this.#options.deadlineMs - performance.now();
		// Timers may run out a little before their time.
		if (left > 0) seat.timer = setTimeout(() => this.#look(seat), Math.ceil(left));
		// Where this thread was busy meanwhile there may be answers that it has not heard: they are heard first.
		else {
			setImmediate(() => {
				if (seat.begunAtMs === begunAtMs) this.#lose(seat, new OperatingError('PARSER_TIMEOUT'));
			});
		}
	}

	#dispatch(): void {
		for (let job = this.#queue[0]; job !== undefined; job = this.#queue[0]) {
			const seat = seatFor(this.#seats, job);
			if (seat === undefined) return;
			this.#queue.shift();
			this.#queueBytes -= job.length;
			seat.bytes += job.length;
			seat.jobs.push(job);
			const { bytes, form, mode, context } = job;
			seat.untold.push({ bytes, form, mode, context });
			this.#tellSoon();
		}
	}

	/** Tells the workers once what is ready now has arrived. */
	#tellSoon(): void {
		if (this.#isTelling) return;
		this.#isTelling = true;
		setImmediate(() => {
			this.#isTelling = false;
			for (const seat of this.#seats) {
				const { worker, untold, tally } = seat;
				if (untold.length === 0) continue;
				const told: WorkerRequests = untold.splice(0);
				if (told.length === seat.jobs.length) this.#watch(seat);
				// One that is handed ahead is needed again where the worker is lost before its turn comes: it is copied.
				const moved = told.flatMap(({ bytes }) =>
					bytes.length > AHEAD_BYTES_MAX ? [bytes.buffer as ArrayBuffer] : [],
				);
				const letter = seat.jobs.length === 1 ? letterOfRequest(told[0]!) : undefined;
				if (letter === undefined || !seat.requests.leave(letter)) worker.postMessage(told, moved);
				// A worker that is awake looks for this number, and finds the message there.
				Atomics.add(tally.waiting, 0, told.length);
			}
			if (performance.now() - (this.#expectedAtMs ?? Infinity) > EXPECTED_MS_MAX) this.#expectation.wasInVain();
			this.#expectedAtMs = undefined;
			this.#stayAwake();
		});
	}

	/**
	 * While one document alone is read the loop goes round instead of sleeping, for a while: to be woken costs as much as
	 * to read a document of 1 KB. Whatever else comes is served as ever.
	 */
	#stayAwake(): void {
		const seat = seatAlone(this.#seats);
		if (this.#isAwake || seat === undefined || !CAN_STAY_AWAKE || !this.#vigil.pays()) return;
		this.#isAwake = true;
		seat.answers.open();
		const untilMs = performance.now() + AWAKE_MS_MAX;
		const goRound = () => {
			this.#open(seat, seat.answers.take());
			const isAlone = seatAlone(this.#seats) === seat;
			if (isAlone && performance.now() < untilMs) {
				setImmediate(goRound);
				return;
			}
			this.#isAwake = false;
			const last = seat.answers.shut();
			this.#open(seat, last);
			if (isAlone && last === undefined) this.#vigil.wasInVain();
		};
		goRound();
	}

	#open(seat: Seat, letter: Letter | undefined): void {
		if (letter === undefined) return;
		this.#answer(seat, [answerOfLetter(letter)]);
		this.#watch(seat);
		this.#dispatch();
	}

	/**
	 * Throws the worker away, with the job that it was at; the others are handed to its successor. Where all were read it is
	 * the last, whose answer ended the worker: it would end the next one too. A worker that had been of use is replaced at
	 * once; one that never started is not, until asked.
	 */
	#lose(seat: Seat, error: OperatingError): void {
		if (!this.#seats.delete(seat)) return;
		const letter = seat.answers.shut();
		if (letter !== undefined) this.#answer(seat, [answerOfLetter(letter)]);
		clearTimeout(seat.timer);
		void seat.worker.terminate();
		const at = Math.min(Atomics.load(seat.tally.unheard, 0), seat.jobs.length - 1);
		const waiting: Job[] = [];
		for (const [index, job] of seat.jobs.entries()) {
			// Those before it were read, and their answers are lost with it; what has moved nobody can read again.
			if (index === at || job.bytes.length < job.length) job.reject(error);
			else waiting.push(job);
		}
		this.#queue.unshift(...waiting);
		for (const { length } of waiting) this.#queueBytes += length;
		if (seat.isReady) this.#fill();
		else if (this.#seats.size === 0) this.#rejectQueue(error);
		this.#dispatch();
	}

	#rejectQueue(error: OperatingError): void {
		for (const job of this.#queue.splice(0)) job.reject(error);
		this.#queueBytes = 0;
	}
}
