/**
 * The ways in which a call fails: libvirt answered with an error, no answer could be had, or the arguments cannot be
 * sent.
 */

/** What libvirt answers when it refuses; the fields are those of its virError. */
export class LibvirtError extends Error {
	override readonly name = 'LibvirtError';
	/** virErrorNumber, see ErrorCode. Codes differ between releases: match few, print all. */
	readonly code: number;
	/** virErrorDomain: the part of libvirt that raised it (10 is the QEMU driver); no virtual machine is meant. */
	readonly domain: number;
	/** virErrorLevel: 1 a warning, 2 an error. */
	readonly level: number;
	/** The procedure that was called. */
	readonly procedure: string;

	constructor(fault: { code: number; domain: number; level: number; message: string | null }, procedure: string) {
		super(fault.message ?? `libvirt error ${fault.code} without a message`);
		this.code = fault.code;
		this.domain = fault.domain;
		this.level = fault.level;
		this.procedure = procedure;
	}
}

const CONNECTION_FAULTS = {
	/** There is no connection at the moment; the client is trying to make one. */
	UNREACHABLE: { retryable: true },
	/** The stream ended or broke. */
	LOST: { retryable: true },
	/** The server answered neither calls nor keepalive messages. */
	SILENT: { retryable: true },
	/** The call's deadline passed. */
	DEADLINE: { retryable: true },
	/** Too many calls wait for their turn on this connection. */
	BUSY: { retryable: true },
	/** What arrived is not libvirt's protocol. */
	PROTOCOL: { retryable: true },
	/** The server demands an authentication that this client does not speak. */
	AUTHENTICATION: { retryable: false },
	/** The connection was closed on this side. */
	CLOSED: { retryable: false },
} as const;

export type ConnectionFault = keyof typeof CONNECTION_FAULTS;

/** No answer could be had. A call never hangs: it ends with an answer, a LibvirtError or this. */
export class LibvirtConnectionError extends Error {
	override readonly name = 'LibvirtConnectionError';
	readonly code: ConnectionFault;
	/** Whether the same call may succeed later, on this client. */
	readonly retryable: boolean;
	/** Whether the call had left: then it may have taken effect, or still do so. */
	readonly sent: boolean;
	/** The procedure that was called; absent where the failure is the connection's own. */
	readonly procedure: string | undefined;

	constructor(
		code: ConnectionFault,
		detail: string,
		context: { procedure?: string; sent?: boolean; cause?: unknown } = {},
	) {
		super(context.procedure === undefined ? detail : `${context.procedure}: ${detail}`, { cause: context.cause });
		this.code = code;
		this.retryable = CONNECTION_FAULTS[code].retryable;
		this.sent = context.sent ?? false;
		this.procedure = context.procedure;
	}
}

/** A value that the type cannot carry, or bytes that are not of the type. `path` names the member, e.g. `params[2].value`. */
export class XdrError extends Error {
	override readonly name = 'XdrError';
	readonly path: string;
	/** What is wrong with the value or the bytes, without the path. */
	readonly fault: string;

	constructor(fault: string, path = '') {
		super(path === '' ? fault : `${path}: ${fault}`);
		this.fault = fault;
		this.path = path;
	}
}
