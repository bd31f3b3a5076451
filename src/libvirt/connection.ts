/**
 * One connection to libvirtd over one stream: calls and their replies, keepalive, events, and a single end.
 */
import type { Duplex } from 'node:stream';
import { LibvirtConnectionError, LibvirtError, XdrError } from './errors.ts';
import type { FrameHeader } from './frames.ts';
import {
	FRAME_HEADER_BYTES,
	FrameReader,
	FrameStatus,
	FrameType,
	KEEPALIVE_PROGRAM,
	KeepaliveProcedure,
	keepaliveFrame,
	PROGRAM_VERSION,
	REMOTE_PROGRAM,
	readHeader,
	sealFrame,
} from './frames.ts';
import type { ArgumentsOf, DomainEvent, DomainEventName, Procedure, ProcedureName, ResultOf } from './procedures.ts';
import { DOMAIN_EVENTS, PROCEDURES, readDomainEvent } from './procedures.ts';
import { errorBody } from './structures.ts';
import { XdrReader, XdrWriter } from './xdr-buffer.ts';

/** Calls that wait beyond this are refused (BUSY): their answers would come too late to be of use. */
const CALLS_WAITING_MAX = 10_000;

/** Node fires a timer that is set beyond this at once (24 days). */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** How long a farewell may take before the stream is simply destroyed. */
const FAREWELL_DEADLINE_MS = 1_000;

/** The one authentication that needs nothing. What a server reports also depends on who asks: for root, polkit is none. */
const AUTHENTICATION_NONE = 0;
const AUTHENTICATION_NAMES: Readonly<Record<number, string>> = { 1: 'SASL', 2: 'polkit' };

/** Features that are asked for by number (VIR_DRV_FEATURE_*); asking for the first also switches it on. */
const FEATURE_KEEPALIVE = 10;
const FEATURE_EVENT_CALLBACK = 14;

export interface ConnectionOptions {
	/** The hypervisor to open, e.g. `qemu:///system`. */
	readonly uri: string;
	/** Which domain events the server shall send. */
	readonly events: readonly DomainEventName[];
	/**
	 * How many calls the server works on at once; the others wait here, in order. It must stay below the server's
	 * `max_client_requests` (5 by default), of which reading the next message takes one: a server that is at its
	 * limit reads no keepalive messages either.
	 */
	readonly callsInFlightMax: number;
	/** After this long without a message a keepalive message is sent. */
	readonly keepaliveIntervalMs: number;
	/** So many unanswered in a row end the connection. */
	readonly keepaliveCount: number;
	/** For the handshake as a whole, the stream's own connecting included. */
	readonly openDeadlineMs: number;
	readonly onEvent: (event: DomainEvent) => void;
}

/** A call that waits for its turn or for its reply. */
interface Call {
	readonly name: ProcedureName;
	readonly frame: Buffer;
	readonly serial: number;
	readonly resolve: (result: unknown) => void;
	readonly reject: (error: Error) => void;
	readonly timer: NodeJS.Timeout;
}

export class LibvirtConnection {
	/** Settles, always with a value, when the connection is over; every call has been failed by then. */
	readonly ended: Promise<LibvirtConnectionError>;
	readonly #stream: Duplex;
	readonly #options: ConnectionOptions;
	readonly #frames = new FrameReader();
	readonly #waiting = new Set<Call>();
	/** By serial. A call whose deadline has passed stays until its reply: the server is still at work on it. */
	readonly #inFlight = new Map<number, Call>();
	readonly #keepalive: NodeJS.Timeout;
	readonly #settleEnded: (error: LibvirtConnectionError) => void;
	#serial = 0;
	#heard = false;
	#pingsUnanswered = 0;
	#end: LibvirtConnectionError | undefined;

	/**
	 * Authenticates, opens the hypervisor, registers the events. The stream may still be connecting; from here on it
	 * belongs to the connection and is destroyed with it. Throws LibvirtConnectionError or LibvirtError.
	 */
	static async open(stream: Duplex, options: ConnectionOptions): Promise<LibvirtConnection> {
		const connection = new LibvirtConnection(stream, options);
		const deadline = setTimeout(
			() => connection.#finish('DEADLINE', `no connection within ${options.openDeadlineMs} ms`),
			options.openDeadlineMs,
		);
		try {
			await connection.#shakeHands();
			return connection;
		} catch (error) {
			connection.#finish('CLOSED', 'the connection could not be opened');
			const end = await connection.ended;
			// What ended the connection explains more than how it showed in the call of the handshake.
			throw end.code === 'CLOSED' ? error : end;
		} finally {
			clearTimeout(deadline);
		}
	}

	private constructor(stream: Duplex, options: ConnectionOptions) {
		this.#stream = stream;
		this.#options = options;
		const { promise, resolve } = Promise.withResolvers<LibvirtConnectionError>();
		this.ended = promise;
		this.#settleEnded = resolve;
		stream.on('data', (chunk: Buffer) => this.#receive(chunk));
		stream.on('error', (error) => this.#finish('LOST', `the connection broke: ${error.message}`, error));
		stream.on('end', () => this.#finish('LOST', 'the server closed the connection'));
		stream.on('close', () => this.#finish('LOST', 'the connection was closed'));
		this.#keepalive = setInterval(() => this.#checkSilence(), options.keepaliveIntervalMs);
	}

	/**
	 * Calls a procedure. Throws LibvirtError when libvirt refuses, LibvirtConnectionError when there is no answer
	 * (within `deadlineMs`, waiting for its turn included), XdrError when the arguments cannot be sent.
	 */
	async call<N extends ProcedureName>(name: N, args: ArgumentsOf<N>, deadlineMs: number): Promise<ResultOf<N>> {
		if (this.#end !== undefined) throw this.#failure(name, false, this.#end);
		if (this.#waiting.size >= CALLS_WAITING_MAX) {
			throw new LibvirtConnectionError('BUSY', `${CALLS_WAITING_MAX} calls are waiting`, { procedure: name });
		}
		const serial = this.#nextSerial();
		const frame = encodeCall(name, args, serial);
		const { promise, resolve, reject } = Promise.withResolvers<unknown>();
		const timer = setTimeout(() => this.#expire(call, deadlineMs), Math.min(deadlineMs, TIMER_MS_MAX));
		const call: Call = { name, frame, serial, resolve, reject, timer };
		this.#waiting.add(call);
		this.#sendWaiting();
		return (await promise) as ResultOf<N>;
	}

	/** Says goodbye where that takes no waiting, and ends the connection. Calls under way fail with CLOSED. */
	async close(): Promise<void> {
		if (this.#end === undefined && this.#inFlight.size === 0) {
			// A courtesy: the server cleans up after a closed stream all the same.
			await this.call('connectClose', {}, FAREWELL_DEADLINE_MS).catch(() => {});
		}
		this.#finish('CLOSED', 'the connection was closed on this side');
	}

	async #shakeHands(): Promise<void> {
		const { uri, events, openDeadlineMs } = this.#options;
		const types = await this.call('authList', {}, openDeadlineMs);
		if (!types.includes(AUTHENTICATION_NONE)) {
			const demanded = types.map((type) => AUTHENTICATION_NAMES[type] ?? `type ${type}`).join(', ');
			throw new LibvirtConnectionError(
				'AUTHENTICATION',
				`the server demands authentication (${demanded}); this client speaks none`,
			);
		}
		await this.call('connectSupportsFeature', { feature: FEATURE_KEEPALIVE }, openDeadlineMs);
		await this.call('connectOpen', { uri }, openDeadlineMs);
		if (events.length === 0) return;
		if ((await this.call('connectSupportsFeature', { feature: FEATURE_EVENT_CALLBACK }, openDeadlineMs)) === 0) {
			throw new LibvirtConnectionError('PROTOCOL', 'the server is too old to register events by callback');
		}
		for (const name of events) {
			const eventId = DOMAIN_EVENTS[name].id;
			await this.call('connectDomainEventRegister', { eventId, domain: null }, openDeadlineMs);
		}
	}

	#nextSerial(): number {
		this.#serial = this.#serial === 0xffffffff ? 1 : this.#serial + 1;
		return this.#serial;
	}

	#sendWaiting(): void {
		for (const call of this.#waiting) {
			if (this.#inFlight.size >= this.#options.callsInFlightMax) return;
			this.#waiting.delete(call);
			this.#inFlight.set(call.serial, call);
			this.#stream.write(call.frame);
		}
	}

	#expire(call: Call, deadlineMs: number): void {
		const sent = !this.#waiting.delete(call);
		call.reject(
			new LibvirtConnectionError('DEADLINE', `no answer within ${deadlineMs} ms`, { procedure: call.name, sent }),
		);
	}

	#receive(chunk: Buffer): void {
		this.#heard = true;
		try {
			for (const frame of this.#frames.push(chunk)) {
				if (this.#end !== undefined) return;
				this.#dispatch(readHeader(frame), new XdrReader(frame, FRAME_HEADER_BYTES));
			}
		} catch (error) {
			if (!(error instanceof XdrError)) throw error;
			this.#finish('PROTOCOL', `the server sent what is not libvirt's protocol: ${error.message}`, error);
		}
	}

	#dispatch(header: FrameHeader, body: XdrReader): void {
		if (header.version !== PROGRAM_VERSION) throw new XdrError(`program version ${header.version}, 1 allowed`);
		if (header.program === KEEPALIVE_PROGRAM) {
			if (header.procedure === KeepaliveProcedure.PING) this.#stream.write(keepaliveFrame(KeepaliveProcedure.PONG));
			return;
		}
		if (header.program !== REMOTE_PROGRAM) throw new XdrError(`program 0x${header.program.toString(16)} is unknown`);
		if (header.type === FrameType.REPLY) {
			this.#settle(header, body);
		} else if (header.type === FrameType.MESSAGE) {
			const event = readDomainEvent(header.procedure, body);
			if (event === undefined) return;
			expectEnd(body);
			this.#options.onEvent(event);
		} else {
			throw new XdrError(`frame type ${header.type}, a reply or a message expected`);
		}
	}

	#settle(header: FrameHeader, body: XdrReader): void {
		const call = this.#inFlight.get(header.serial);
		if (call === undefined) throw new XdrError(`a reply to ${header.serial}, which was not called`);
		const { number, result } = PROCEDURES[call.name] as Procedure<unknown, unknown>;
		if (header.procedure !== number) {
			throw new XdrError(`a reply of procedure ${header.procedure} to a call of ${number}`);
		}
		if (header.status === FrameStatus.OK) {
			const value = result.decode(body);
			expectEnd(body);
			call.resolve(value);
		} else if (header.status === FrameStatus.ERROR) {
			const fault = errorBody.decode(body);
			expectEnd(body);
			call.reject(new LibvirtError(fault, call.name));
		} else {
			throw new XdrError(`reply status ${header.status}, 0 or 1 allowed`);
		}
		clearTimeout(call.timer);
		this.#inFlight.delete(header.serial);
		this.#sendWaiting();
	}

	#checkSilence(): void {
		const { keepaliveCount, keepaliveIntervalMs } = this.#options;
		if (this.#heard) {
			this.#heard = false;
			this.#pingsUnanswered = 0;
		} else if (this.#pingsUnanswered < keepaliveCount) {
			this.#pingsUnanswered++;
			this.#stream.write(keepaliveFrame(KeepaliveProcedure.PING));
		} else {
			this.#finish('SILENT', `${keepaliveCount} keepalive messages, ${keepaliveIntervalMs} ms apart, went unanswered`);
		}
	}

	/** The single way to the end; the first reason counts. */
	#finish(code: LibvirtConnectionError['code'], detail: string, cause?: unknown): void {
		if (this.#end !== undefined) return;
		this.#end = new LibvirtConnectionError(code, detail, { cause });
		clearInterval(this.#keepalive);
		this.#stream.destroy();
		for (const call of this.#inFlight.values()) this.#abandon(call, true, this.#end);
		for (const call of this.#waiting) this.#abandon(call, false, this.#end);
		this.#inFlight.clear();
		this.#waiting.clear();
		this.#settleEnded(this.#end);
	}

	#abandon(call: Call, sent: boolean, end: LibvirtConnectionError): void {
		clearTimeout(call.timer);
		call.reject(this.#failure(call.name, sent, end));
	}

	#failure(procedure: ProcedureName, sent: boolean, end: LibvirtConnectionError): LibvirtConnectionError {
		return new LibvirtConnectionError(end.code, end.message, { procedure, sent, cause: end });
	}
}

function encodeCall<N extends ProcedureName>(name: N, args: ArgumentsOf<N>, serial: number): Buffer {
	const { number, args: codec } = PROCEDURES[name] as unknown as Procedure<ArgumentsOf<N>, unknown>;
	const writer = new XdrWriter(FRAME_HEADER_BYTES);
	codec.encode(writer, args);
	return sealFrame(writer.finish(), {
		program: REMOTE_PROGRAM,
		version: PROGRAM_VERSION,
		procedure: number,
		type: FrameType.CALL,
		serial,
		status: FrameStatus.OK,
	});
}

/** Bytes after the last member mean that the two sides do not agree on the structure. */
function expectEnd(body: XdrReader): void {
	if (body.remainingBytes > 0) throw new XdrError(`${body.remainingBytes} bytes after the end of the structure`);
}
