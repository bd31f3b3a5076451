/** A peer that speaks libvirtd's side of the protocol over an in-memory stream, as far as a test scripts it. */
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
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
} from '../../src/libvirt/frames.ts';
import type { DomainEventName, DomainEventOf, Procedure, ProcedureName } from '../../src/libvirt/procedures.ts';
import { DOMAIN_EVENTS, PROCEDURES } from '../../src/libvirt/procedures.ts';
import { errorBody } from '../../src/libvirt/structures.ts';
import type { Codec } from '../../src/libvirt/xdr.ts';
import { int32, struct } from '../../src/libvirt/xdr.ts';
import { XdrReader, XdrWriter } from '../../src/libvirt/xdr-buffer.ts';

export interface ReceivedCall {
	readonly name: ProcedureName;
	readonly serial: number;
	readonly args: unknown;
}

type Answer = (call: ReceivedCall, server: ScriptedServer) => void;
export type Script = Partial<Record<ProcedureName, Answer>>;

/** What a healthy libvirtd does during a handshake and a farewell. */
const HEALTHY: Script = {
	authList: (call, server) => server.reply(call, [0]),
	connectSupportsFeature: (call, server) => server.reply(call, 1),
	connectOpen: (call, server) => server.reply(call, {}),
	connectDomainEventRegister: (call, server) => server.reply(call, 7),
	connectClose: (call, server) => server.reply(call, {}),
};

const NAMES = new Map(Object.entries(PROCEDURES).map(([name, { number }]) => [number, name as ProcedureName]));

export class ScriptedServer {
	/** The stream for the client. */
	readonly clientEnd: Duplex;
	readonly calls: ReceivedCall[] = [];
	pings = 0;
	pongs = 0;
	answersPings = true;
	readonly #end: Duplex;
	readonly #script: Script;
	readonly #watchers = new Set<() => void>();

	/** Procedures that neither the script nor a healthy handshake answers are left waiting. */
	constructor(script: Script = {}) {
		const [clientEnd, serverEnd] = duplexPair();
		this.clientEnd = clientEnd;
		this.#end = serverEnd;
		this.#script = { ...HEALTHY, ...script };
		const frames = new FrameReader();
		serverEnd.on('data', (chunk: Buffer) => {
			for (const frame of frames.push(chunk)) this.#receive(frame);
			for (const watcher of this.#watchers) watcher();
		});
		serverEnd.on('error', () => {});
	}

	get callNames(): ProcedureName[] {
		return this.calls.map(({ name }) => name);
	}

	/** Resolves once what the client has sent satisfies the condition. */
	async until(condition: () => boolean): Promise<void> {
		if (condition()) return;
		const { promise, resolve } = Promise.withResolvers<void>();
		const watcher = () => {
			if (condition()) resolve();
		};
		this.#watchers.add(watcher);
		await promise;
		this.#watchers.delete(watcher);
	}

	/** Resolves once this many calls of the procedure have arrived, to the last of them. */
	async received(name: ProcedureName, count = 1): Promise<ReceivedCall> {
		const ofName = () => this.calls.filter((call) => call.name === name);
		await this.until(() => ofName().length >= count);
		return ofName()[count - 1] as ReceivedCall;
	}

	reply(call: ReceivedCall, result: unknown): void {
		const codec = (PROCEDURES[call.name] as Procedure<unknown, unknown>).result;
		this.send(replyFrame(call, FrameStatus.OK, codec, result));
	}

	refuse(call: ReceivedCall, code: number, message: string): void {
		const nulls = { subject: null, string1: null, string2: null, string3: null, network: null };
		const fault = { code, domain: 10, message, level: 2, integer1: -1, integer2: -1, ...nulls };
		this.send(replyFrame(call, FrameStatus.ERROR, errorBody, fault));
	}

	tell<N extends DomainEventName>(name: N, event: DomainEventOf<N>): void {
		this.send(eventFrame(name, event));
	}

	ping(): void {
		this.send(keepaliveFrame(KeepaliveProcedure.PING));
	}

	send(bytes: Uint8Array): void {
		this.#end.write(bytes);
	}

	/** Closes the stream, as a daemon that is stopped does. */
	stop(): void {
		this.#end.end();
	}

	#receive(frame: Buffer): void {
		const header = readHeader(frame);
		if (header.program === KEEPALIVE_PROGRAM) {
			if (header.procedure === KeepaliveProcedure.PONG) this.pongs++;
			else this.pings++;
			const asked = header.procedure === KeepaliveProcedure.PING;
			if (asked && this.answersPings) this.send(keepaliveFrame(KeepaliveProcedure.PONG));
			return;
		}
		const name = NAMES.get(header.procedure) as ProcedureName;
		const args = PROCEDURES[name].args.decode(new XdrReader(frame, FRAME_HEADER_BYTES));
		const call = { name, serial: header.serial, args };
		this.calls.push(call);
		this.#script[name]?.(call, this);
	}
}

interface Head {
	readonly procedure: number;
	readonly type?: number;
	readonly serial?: number;
	readonly status?: number;
	readonly program?: number;
	readonly version?: number;
}

/** Any frame, right or wrong. */
export function frameOf<T>(head: Head, codec: Codec<T>, body: T): Buffer {
	const writer = new XdrWriter(FRAME_HEADER_BYTES);
	codec.encode(writer, body);
	return sealFrame(writer.finish(), {
		program: REMOTE_PROGRAM,
		version: PROGRAM_VERSION,
		type: FrameType.REPLY,
		serial: 0,
		status: FrameStatus.OK,
		...head,
	});
}

export function eventFrame<N extends DomainEventName>(name: N, event: DomainEventOf<N>): Buffer {
	const { message, body } = DOMAIN_EVENTS[name];
	const codec = struct({ callbackId: int32, event: body as Codec<unknown> });
	return frameOf({ procedure: message, type: FrameType.MESSAGE }, codec, { callbackId: 7, event });
}

function replyFrame<T>(call: ReceivedCall, status: number, codec: Codec<T>, body: T): Buffer {
	return frameOf({ procedure: PROCEDURES[call.name].number, serial: call.serial, status }, codec, body);
}
