/**
 * A client of libvirtd that stays: it connects, connects again when the connection is lost, and never lets a call hang.
 *
 * A connection works on few calls at once. Who makes slow calls (create, save, destroy) beside quick ones (statistics,
 * limits) makes two clients, one for each.
 */
import { EventEmitter } from 'node:events';
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { LibvirtConnection } from './connection.ts';
import { LibvirtConnectionError } from './errors.ts';
import type {
	ArgumentsOf,
	DomainEvent,
	DomainEventName,
	DomainEventOf,
	ProcedureName,
	ResultOf,
} from './procedures.ts';

/** Where libvirtd listens unless configured otherwise. */
const LIBVIRT_SOCKET_PATH = '/var/run/libvirt/libvirt-sock';

const DEFAULTS = {
	events: [],
	/** One below libvirtd's default `max_client_requests`; the fifth is the message that the server is reading. */
	callsInFlightMax: 4,
	/** As libvirtd's own: a silent server is given up after half a minute. */
	keepaliveIntervalMs: 5_000,
	keepaliveCount: 5,
	/**
	 * libvirt waits 30 s for another operation on the same domain and then says so (ErrorCode.OPERATION_TIMEOUT); this
	 * stands behind it. A create takes half a second; saves write the guest's memory, so give them more where it is large.
	 */
	callDeadlineMs: 40_000,
	openDeadlineMs: 10_000,
	/** Waits between attempts double from the first to the second; libvirtd restarts in about a second. */
	backoffMinMs: 100,
	backoffMaxMs: 5_000,
} as const;

/** Opens the stream to the server. It may still be connecting when it is returned. The seam for TCP and TLS. */
export type Transport = () => Duplex;

/** The transport to a daemon on this machine. */
export function unixSocket(path: string = LIBVIRT_SOCKET_PATH): Transport {
	return () => connectSocket({ path });
}

export interface LibvirtClientOptions {
	/** The hypervisor to open, e.g. `qemu:///system`. */
	readonly uri: string;
	readonly transport?: Transport;
	/** The domain events to be told; they are registered with every new connection before it is called connected. */
	readonly events?: readonly DomainEventName[];
	/** See ConnectionOptions.callsInFlightMax; raise it where the daemon's `max_client_requests` is raised. */
	readonly callsInFlightMax?: number;
	readonly keepaliveIntervalMs?: number;
	readonly keepaliveCount?: number;
	/** For calls that give none of their own. */
	readonly callDeadlineMs?: number;
	readonly openDeadlineMs?: number;
	readonly backoffMinMs?: number;
	readonly backoffMaxMs?: number;
}

/**
 * `connected`: calls can be made and events flow. What happened before is not told again: look at the world now.
 * `disconnected`: why; comes after every `connected`, once, also when the client is closed.
 */
type ClientEvents = { connected: []; disconnected: [LibvirtConnectionError] } & {
	[N in DomainEventName]: [DomainEventOf<N>];
};

export class LibvirtClient extends EventEmitter<ClientEvents> {
	readonly #options: Required<LibvirtClientOptions>;
	readonly #closing = new AbortController();
	#running: Promise<void> | undefined;
	#connection: LibvirtConnection | undefined;
	/** Why there is no connection. */
	#failure: Error | undefined;
	/** Those who wait for a connection; told of every attempt's outcome (undefined: connected). */
	readonly #watchers = new Set<(failure: Error | undefined) => void>();

	constructor(options: LibvirtClientOptions) {
		super();
		this.#options = { ...DEFAULTS, transport: unixSocket(), ...options };
	}

	/** Begins to connect, and goes on trying until `close`. Register listeners before. */
	start(): void {
		this.#running ??= this.#stayConnected();
	}

	get connected(): boolean {
		return this.#connection !== undefined;
	}

	/**
	 * Resolves when there is a connection. Throws what the last attempt failed with when it is hopeless (libvirt does
	 * not know the URI, demands an authentication), UNREACHABLE with that as its cause when `deadlineMs` pass, CLOSED.
	 */
	async whenConnected(deadlineMs: number): Promise<void> {
		if (this.connected) return;
		if (this.#closing.signal.aborted) throw this.#unreachable();
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const watcher = (failure: Error | undefined) => {
			if (failure === undefined) resolve();
			else if (!isRetryable(failure)) reject(failure);
		};
		const timer = setTimeout(() => reject(this.#unreachable()), deadlineMs);
		this.#watchers.add(watcher);
		try {
			await promise;
		} finally {
			clearTimeout(timer);
			this.#watchers.delete(watcher);
		}
	}

	/**
	 * Calls a procedure. Throws LibvirtError when libvirt refuses; LibvirtConnectionError when there is no connection,
	 * it is lost, or the deadline passes (its `sent` says whether the call may have taken effect); XdrError when the
	 * arguments cannot be sent.
	 */
	async call<N extends ProcedureName>(
		name: N,
		args: ArgumentsOf<N>,
		{ deadlineMs = this.#options.callDeadlineMs }: { readonly deadlineMs?: number } = {},
	): Promise<ResultOf<N>> {
		if (this.#connection === undefined) throw this.#unreachable(name);
		return await this.#connection.call(name, args, deadlineMs);
	}

	/** Ends the connection and all attempts, for good. Calls under way fail with CLOSED. */
	async close(): Promise<void> {
		this.#closing.abort();
		this.#tellWatchers(this.#unreachable());
		await this.#connection?.close();
		await this.#running;
	}

	async #stayConnected(): Promise<void> {
		const { backoffMinMs, backoffMaxMs } = this.#options;
		const { signal } = this.#closing;
		let backoffMs = backoffMinMs;
		while (!signal.aborted) {
			const connection = await this.#tryToConnect();
			if (signal.aborted) {
				await connection?.close();
				return;
			}
			if (connection !== undefined) {
				const connectedAt = performance.now();
				this.#announce(connection);
				this.#withdraw(await connection.ended);
				// A connection that did not last is no reason to hurry.
				if (performance.now() - connectedAt > backoffMaxMs) backoffMs = backoffMinMs;
			}
			// A quarter of it at random, so that the clients of a daemon that comes back do not come all at once.
			await delay(backoffMs * (0.75 + Math.random() / 4), undefined, { signal }).catch(() => {});
			backoffMs = Math.min(backoffMs * 2, backoffMaxMs);
		}
	}

	async #tryToConnect(): Promise<LibvirtConnection | undefined> {
		const { signal } = this.#closing;
		try {
			const stream = this.#options.transport();
			const abort = () => stream.destroy();
			signal.addEventListener('abort', abort);
			try {
				const onEvent = ({ name, event }: DomainEvent) => {
					this.emit(name, ...([event] as ClientEvents[typeof name]));
				};
				return await LibvirtConnection.open(stream, { ...this.#options, onEvent });
			} finally {
				signal.removeEventListener('abort', abort);
			}
		} catch (error) {
			this.#failure = error as Error;
			this.#tellWatchers(this.#failure);
			return undefined;
		}
	}

	#announce(connection: LibvirtConnection): void {
		this.#connection = connection;
		this.#failure = undefined;
		this.emit('connected');
		this.#tellWatchers(undefined);
	}

	#withdraw(end: LibvirtConnectionError): void {
		this.#connection = undefined;
		this.#failure = end;
		this.emit('disconnected', end);
	}

	#tellWatchers(failure: Error | undefined): void {
		for (const watcher of this.#watchers) watcher(failure);
	}

	#unreachable(procedure?: ProcedureName): LibvirtConnectionError {
		const context = procedure === undefined ? {} : { procedure };
		if (this.#closing.signal.aborted) return new LibvirtConnectionError('CLOSED', 'the client was closed', context);
		const reason = this.#failure?.message ?? 'the first attempt is under way';
		return new LibvirtConnectionError('UNREACHABLE', `libvirt cannot be reached: ${reason}`, {
			...context,
			cause: this.#failure,
		});
	}
}

/** Whether another attempt may succeed without anybody's help. */
function isRetryable(failure: Error): boolean {
	return failure instanceof LibvirtConnectionError && failure.retryable;
}
