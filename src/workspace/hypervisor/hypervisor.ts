/**
 * libvirt as this room uses it: two connections, so that quick calls do not wait behind slow ones, and failures in
 * this project's words.
 */

import { OperatingError } from '../../errors.ts';
import { LibvirtClient, type Transport } from '../../libvirt/client.ts';
import { DomainState, ErrorCode, Flag, MetadataType } from '../../libvirt/constants.ts';
import { LibvirtConnectionError, LibvirtError, XdrError } from '../../libvirt/errors.ts';
import type { ArgumentsOf, DomainEventName, DomainEventOf, ProcedureName, ResultOf } from '../../libvirt/procedures.ts';
import type { Domain } from '../../libvirt/structures.ts';
import { readMetadata } from './domain-reading.ts';
import { MACHINE_NAMESPACE, type MachineMetadata } from './domain-xml.ts';

/** For the first connection: libvirtd starts in 1 to 3 s. Afterwards each client goes on trying by itself. */
const CONNECT_DEADLINE_MS = 5_000;

/** Saving and restoring write and read all of the memory: 256 GiB at 500 MB/s. Creating and destroying take a second. */
const SLOW_CALL_DEADLINE_MS = 600_000;

const URI = 'qemu:///system';

/** Procedures that wait for QEMU to start, to end, or to write its memory. */
const SLOW: ReadonlySet<ProcedureName> = new Set<ProcedureName>([
	'domainCreate',
	'domainCreateXml',
	'domainDestroy',
	'domainManagedSave',
	'domainAttachDevice',
	'domainUpdateDevice',
	'domainSetVcpus',
]);

export class Hypervisor {
	readonly #quick: LibvirtClient;
	readonly #slow: LibvirtClient;

	/** Connects. Throws HYPERVISOR_UNREACHABLE. */
	static async connect(transport?: Transport): Promise<Hypervisor> {
		const hypervisor = new Hypervisor(transport);
		try {
			await hypervisor.#quick.whenConnected(CONNECT_DEADLINE_MS);
			await hypervisor.#slow.whenConnected(CONNECT_DEADLINE_MS);
			return hypervisor;
		} catch (error) {
			await hypervisor.close();
			throw inOurWords(error);
		}
	}

	private constructor(transport?: Transport) {
		const options = { uri: URI, ...(transport === undefined ? {} : { transport }) };
		this.#quick = new LibvirtClient({ ...options, events: ['lifecycle', 'memoryDeviceSizeChange'] });
		this.#slow = new LibvirtClient({ ...options, callDeadlineMs: SLOW_CALL_DEADLINE_MS });
		// Everybody who waits for a machine listens; 256 machines of a cluster may stop at once.
		this.#quick.setMaxListeners(0);
		this.#quick.start();
		this.#slow.start();
	}

	/** Calls a procedure, on the connection that its slowness asks for. Throws what {@link inOurWords} makes of it. */
	async call<N extends ProcedureName>(name: N, args: ArgumentsOf<N>): Promise<ResultOf<N>> {
		try {
			return await (SLOW.has(name) ? this.#slow : this.#quick).call(name, args);
		} catch (error) {
			throw inOurWords(error);
		}
	}

	/** The domain of this UUID; undefined when there is none. */
	async find(uuid: string): Promise<Domain | undefined> {
		return unlessGone(this.call('domainLookupByUuid', { uuid }));
	}

	/** What the domain says about the machine that it is; undefined for anybody else's. Throws when it is gone. */
	async metadata(domain: Domain): Promise<MachineMetadata | undefined> {
		const args = { domain, type: MetadataType.ELEMENT, uri: MACHINE_NAMESPACE };
		const xml = await unless(ErrorCode.NO_DOMAIN_METADATA, this.call('domainGetMetadata', args));
		return xml === undefined ? undefined : readMetadata(xml);
	}

	/** Every domain of this host, running or not, ours or not. */
	async domains(): Promise<readonly Domain[]> {
		return this.call('connectListAllDomains', {});
	}

	on<N extends DomainEventName>(name: N, listener: (event: DomainEventOf<N>) => void): void {
		this.#quick.on(name, listener as never);
	}

	off<N extends DomainEventName>(name: N, listener: (event: DomainEventOf<N>) => void): void {
		this.#quick.off(name, listener as never);
	}

	get connected(): boolean {
		return this.#quick.connected && this.#slow.connected;
	}

	/** Calls when events flow again after a loss: whatever happened meanwhile was not told. */
	onReconnect(listener: () => void): void {
		this.#quick.on('connected', listener);
	}

	async close(): Promise<void> {
		await Promise.all([this.#quick.close(), this.#slow.close()]);
	}
}

/** Whether the domain has a process: its limits can be read and changed live. */
export function isUp(state: number): boolean {
	return state !== DomainState.SHUTOFF && state !== DomainState.CRASHED && state !== DomainState.NOSTATE;
}

/** Live and in the definition, for what is to survive a boot. */
export const LIVE_AND_CONFIG = Flag.affect.LIVE | Flag.affect.CONFIG;

/** Undefined instead of the refusal of this code. */
export async function unless<T>(code: number, call: Promise<T>): Promise<T | undefined> {
	try {
		return await call;
	} catch (error) {
		if (refusalCode(error) === code) return undefined;
		throw error;
	}
}

/** Undefined where the domain is gone. */
export function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
	return unless(ErrorCode.NO_DOMAIN, call);
}

/** Undefined where the domain is not up (any more). */
export function unlessDown<T>(call: Promise<T>): Promise<T | undefined> {
	return unless(ErrorCode.OPERATION_INVALID, call);
}

/** Ends the domain's process at once; no failure where it has none. */
export async function endDomain(hypervisor: Hypervisor, domain: Domain): Promise<void> {
	await unlessDown(hypervisor.call('domainDestroy', { domain }));
}

/** libvirt's own number of a refusal. */
export function refusalCode(error: unknown): number | undefined {
	const cause = error instanceof OperatingError ? error.cause : error;
	return cause instanceof LibvirtError ? cause.code : undefined;
}

function inOurWords(error: unknown): unknown {
	if (error instanceof LibvirtError) {
		const detail = `${error.procedure}: ${error.message} (libvirt error ${error.code})`;
		return new OperatingError('HYPERVISOR_REFUSED', detail, { cause: error });
	}
	if (error instanceof LibvirtConnectionError) {
		return new OperatingError('HYPERVISOR_UNREACHABLE', error.message, { cause: error });
	}
	if (error instanceof XdrError) return new OperatingError('HYPERVISOR_PROTOCOL', error.message, { cause: error });
	return error;
}
