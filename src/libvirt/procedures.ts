/**
 * The procedures of libvirt's remote protocol that this client speaks, and the events that it hears.
 * libvirt only ever adds to the protocol (docs/support.rst, "RPC protocol"). The names are those of the public API
 * without their `vir` prefix; what a procedure does, and which flags it takes, stands in libvirt's reference there.
 */
import { charArray, counted, domain, flags, named, text, typedParameters, uuid } from './structures.ts';
import type { Codec, ValueOf } from './xdr.ts';
import { array, boolean, int32, nothing, nullable, struct, uint32, uint64, withDefault } from './xdr.ts';
import type { XdrReader } from './xdr-buffer.ts';

// The bounds of the protocol itself: what a server may send, and refuses to receive beyond.
const DOMAINS_MAX = 16_384;
const STATISTICS_MAX = 262_144;
const PARAMETERS_MAX = 64;
const SCHEDULER_PARAMETERS_MAX = 16;
const MEMORY_PARAMETERS_MAX = 16;
const BLOCK_IO_TUNE_PARAMETERS_MAX = 32;
const INTERFACE_PARAMETERS_MAX = 16;
const MEMORY_STATISTICS_MAX = 1024;
const NODE_STATISTICS_MAX = 16;
/** How many a Linux host has; libvirt insists on being asked for exactly as many as there are. */
const NODE_STATISTICS_OF_LINUX = 4;
const AUTHENTICATION_TYPES_MAX = 20;
const INTERFACES_MAX = 2048;
const TUNABLES_MAX = 2048;

const domainAlone = struct({ domain });
const domainAndFlags = struct({ domain, flags });
const deviceChange = struct({ domain, xml: text, flags });
const xmlAndFlags = struct({ xml: text, flags });

export interface Procedure<A, R> {
	readonly number: number;
	readonly args: Codec<A>;
	readonly result: Codec<R>;
}

function procedure<A, R>(number: number, args: Codec<A>, result: Codec<R>): Procedure<A, R> {
	return { number, args, result };
}

/** Memory is in KiB and CPU time in nanoseconds, as everywhere in libvirt. */
export const PROCEDURES = {
	// The connection
	authList: procedure(66, nothing, array(int32, AUTHENTICATION_TYPES_MAX)),
	connectOpen: procedure(1, struct({ uri: nullable(text), flags }), nothing),
	connectClose: procedure(2, nothing, nothing),
	connectSupportsFeature: procedure(60, struct({ feature: int32 }), int32),
	connectGetType: procedure(3, nothing, text),
	connectGetUri: procedure(110, nothing, text),
	/** Of the hypervisor: 1,000,000 major + 1,000 minor + release. */
	connectGetVersion: procedure(4, nothing, uint64),
	/** Of libvirt itself, composed likewise. */
	connectGetLibVersion: procedure(157, nothing, uint64),
	connectDomainEventRegister: procedure(316, struct({ eventId: int32, domain: nullable(domain) }), int32),
	connectDomainEventDeregister: procedure(317, struct({ callbackId: int32 }), nothing),

	// The host
	connectGetHostname: procedure(59, nothing, text),
	connectGetCapabilities: procedure(7, nothing, text),
	connectGetDomainCapabilities: procedure(
		342,
		struct({
			emulator: nullable(text),
			arch: nullable(text),
			machine: nullable(text),
			virtType: nullable(text),
			flags,
		}),
		text,
	),
	nodeGetInfo: procedure(
		6,
		nothing,
		struct({
			model: charArray(32),
			memoryKib: uint64,
			cpus: int32,
			mhz: int32,
			nodes: int32,
			sockets: int32,
			cores: int32,
			threads: int32,
		}),
	),
	/** In bytes, for once. */
	nodeGetFreeMemory: procedure(102, nothing, uint64),
	/** In KiB: total, free, buffers, cached of the whole host, or with `count` 2 total and free of a NUMA cell. */
	nodeGetMemoryStats: procedure(
		228,
		struct({ count: withDefault(int32, NODE_STATISTICS_OF_LINUX), cell: withDefault(int32, -1), flags }),
		counted(named(uint64, NODE_STATISTICS_MAX)),
	),
	/** In nanoseconds: kernel, user, idle, iowait of the whole host, or of one CPU. */
	nodeGetCpuStats: procedure(
		227,
		struct({ cpu: withDefault(int32, -1), count: withDefault(int32, NODE_STATISTICS_OF_LINUX), flags }),
		counted(named(uint64, NODE_STATISTICS_MAX)),
	),

	// Finding and describing domains
	connectListAllDomains: procedure(
		273,
		struct({ needResults: withDefault(int32, 1), flags }),
		counted(array(domain, DOMAINS_MAX)),
	),
	domainLookupByName: procedure(23, struct({ name: text }), domain),
	domainLookupByUuid: procedure(24, struct({ uuid }), domain),
	domainDefineXml: procedure(350, xmlAndFlags, domain),
	domainUndefine: procedure(231, domainAndFlags, nothing),
	domainGetXml: procedure(14, domainAndFlags, text),
	/** `type` is a MetadataType; the element's namespace is `uri`, its prefix `key`. Null removes. */
	domainSetMetadata: procedure(
		264,
		struct({ domain, type: int32, metadata: nullable(text), key: nullable(text), uri: nullable(text), flags }),
		nothing,
	),
	domainGetMetadata: procedure(265, struct({ domain, type: int32, uri: nullable(text), flags }), text),

	// Life
	domainCreateXml: procedure(10, xmlAndFlags, domain),
	domainCreate: procedure(196, domainAndFlags, domain),
	domainSuspend: procedure(34, domainAlone, nothing),
	domainResume: procedure(28, domainAlone, nothing),
	domainShutdown: procedure(258, domainAndFlags, nothing),
	domainReboot: procedure(27, domainAndFlags, nothing),
	domainReset: procedure(245, domainAndFlags, nothing),
	domainDestroy: procedure(234, domainAndFlags, nothing),
	domainManagedSave: procedure(182, domainAndFlags, nothing),
	domainHasManagedSave: procedure(183, domainAndFlags, boolean),
	domainManagedSaveRemove: procedure(184, domainAndFlags, nothing),
	domainSave: procedure(232, struct({ domain, to: text, xml: nullable(text), flags }), nothing),
	domainRestore: procedure(233, struct({ from: text, xml: nullable(text), flags }), nothing),
	domainAbortJob: procedure(164, domainAlone, nothing),
	domainGetJobStats: procedure(
		298,
		domainAndFlags,
		struct({ type: int32, parameters: typedParameters(PARAMETERS_MAX) }),
	),

	// What it has and uses
	/** See DomainState and DomainReason. */
	domainGetState: procedure(212, domainAndFlags, struct({ state: int32, reason: int32 })),
	domainGetInfo: procedure(
		16,
		domainAlone,
		struct({ state: uint32, memoryMaxKib: uint64, memoryKib: uint64, vcpus: uint32, cpuTimeNanoseconds: uint64 }),
	),
	/** See MemoryStatistic. Only what the hypervisor and the guest's balloon driver report. */
	domainMemoryStats: procedure(
		159,
		struct({ domain, limit: withDefault(uint32, MEMORY_STATISTICS_MAX), flags }),
		array(struct({ tag: int32, value: uint64 }), MEMORY_STATISTICS_MAX),
	),
	domainSetMemoryStatsPeriod: procedure(308, struct({ domain, periodSeconds: int32, flags }), nothing),
	/** `stats` 0 asks for all groups; no domains asks for all domains. */
	connectGetAllDomainStats: procedure(
		344,
		struct({ domains: array(domain, DOMAINS_MAX), stats: withDefault(uint32, 0), flags }),
		array(struct({ domain, parameters: typedParameters(STATISTICS_MAX) }), DOMAINS_MAX),
	),
	domainGetBlockInfo: procedure(
		194,
		struct({ domain, path: text, flags }),
		struct({ allocationBytes: uint64, capacityBytes: uint64, physicalBytes: uint64 }),
	),
	/** `source` is an InterfaceAddressSource; address type 0 is IPv4, 1 is IPv6. */
	domainInterfaceAddresses: procedure(
		353,
		struct({ domain, source: uint32, flags }),
		array(
			struct({
				name: text,
				hardwareAddress: nullable(text),
				addresses: array(struct({ type: int32, address: text, prefix: uint32 }), INTERFACES_MAX),
			}),
			INTERFACES_MAX,
		),
	),

	// Its limits
	domainSetMemory: procedure(204, struct({ domain, memoryKib: uint64, flags }), nothing),
	domainSetVcpus: procedure(199, struct({ domain, vcpus: uint32, flags }), nothing),
	domainGetVcpus: procedure(200, domainAndFlags, int32),
	domainSetSchedulerParameters: procedure(
		219,
		struct({ domain, parameters: typedParameters(SCHEDULER_PARAMETERS_MAX), flags }),
		nothing,
	),
	domainGetSchedulerParameters: procedure(
		223,
		struct({ domain, limit: withDefault(int32, SCHEDULER_PARAMETERS_MAX), flags }),
		typedParameters(SCHEDULER_PARAMETERS_MAX),
	),
	domainSetMemoryParameters: procedure(
		197,
		struct({ domain, parameters: typedParameters(MEMORY_PARAMETERS_MAX), flags }),
		nothing,
	),
	domainGetMemoryParameters: procedure(
		198,
		struct({ domain, limit: withDefault(int32, MEMORY_PARAMETERS_MAX), flags }),
		counted(typedParameters(MEMORY_PARAMETERS_MAX)),
	),
	domainSetBlockIoTune: procedure(
		252,
		struct({ domain, disk: text, parameters: typedParameters(BLOCK_IO_TUNE_PARAMETERS_MAX), flags }),
		nothing,
	),
	domainGetBlockIoTune: procedure(
		253,
		struct({ domain, disk: nullable(text), limit: withDefault(int32, BLOCK_IO_TUNE_PARAMETERS_MAX), flags }),
		counted(typedParameters(BLOCK_IO_TUNE_PARAMETERS_MAX)),
	),
	domainSetInterfaceParameters: procedure(
		256,
		struct({ domain, device: text, parameters: typedParameters(INTERFACE_PARAMETERS_MAX), flags }),
		nothing,
	),
	domainGetInterfaceParameters: procedure(
		257,
		struct({ domain, device: text, limit: withDefault(int32, INTERFACE_PARAMETERS_MAX), flags }),
		counted(typedParameters(INTERFACE_PARAMETERS_MAX)),
	),
	/** In KiB unless the flag BYTES of DomainFlag.blockResize is given. */
	domainBlockResize: procedure(251, struct({ domain, disk: text, size: uint64, flags }), nothing),

	// Its devices
	domainAttachDevice: procedure(160, deviceChange, nothing),
	domainDetachDevice: procedure(161, deviceChange, nothing),
	domainUpdateDevice: procedure(174, deviceChange, nothing),
} as const;

export type ProcedureName = keyof typeof PROCEDURES;
export type ArgumentsOf<N extends ProcedureName> = ValueOf<(typeof PROCEDURES)[N]['args']>;
export type ResultOf<N extends ProcedureName> = ValueOf<(typeof PROCEDURES)[N]['result']>;

/**
 * `id` is the virDomainEventID to register for, `message` the procedure number of the messages that follow.
 * `alias` is the name that libvirt gave a device, e.g. `dimm0` (libvirt 9.0 tells of its memory object, `memdimm0`).
 */
export const DOMAIN_EVENTS = {
	/** `event` is a LifecycleEvent, `detail` a LifecycleDetail of it. */
	lifecycle: { id: 0, message: 318, body: struct({ domain, event: int32, detail: int32 }) },
	reboot: { id: 1, message: 319, body: struct({ domain }) },
	/** The guest's balloon driver has followed, which a successful domainSetMemory does not say. */
	balloonChange: { id: 13, message: 331, body: struct({ domain, actualKib: uint64 }) },
	deviceRemoved: { id: 15, message: 333, body: struct({ domain, alias: text }) },
	/** Scheduler parameters or disk limits were changed, by whomever: `cputune.vcpu_quota` and the like. */
	tunable: { id: 17, message: 346, body: struct({ domain, parameters: typedParameters(TUNABLES_MAX) }) },
	deviceAdded: { id: 19, message: 354, body: struct({ domain, alias: text }) },
	/** The guest refused to give the device up. */
	deviceRemovalFailed: { id: 22, message: 367, body: struct({ domain, alias: text }) },
	/** `type` is a MetadataType, `uri` the namespace of the element. */
	metadataChange: { id: 23, message: 379, body: struct({ domain, type: int32, uri: nullable(text) }) },
	/** A virtio-mem device has grown or shrunk. */
	memoryDeviceSizeChange: { id: 26, message: 438, body: struct({ domain, alias: text, sizeKib: uint64 }) },
} as const;

export type DomainEventName = keyof typeof DOMAIN_EVENTS;
export type DomainEventOf<N extends DomainEventName> = ValueOf<(typeof DOMAIN_EVENTS)[N]['body']>;

/** Any event with its name, as a union. */
export type DomainEvent = {
	[N in DomainEventName]: { readonly name: N; readonly event: DomainEventOf<N> };
}[DomainEventName];

const NAMES: ReadonlyMap<number, DomainEventName> = new Map(
	Object.entries(DOMAIN_EVENTS).map(([name, { message }]) => [message, name as DomainEventName]),
);

/** Reads the event that message `message` carries; undefined when it is none of the above. Throws XdrError. */
export function readDomainEvent(message: number, reader: XdrReader): DomainEvent | undefined {
	const name = NAMES.get(message);
	if (name === undefined) return undefined;
	// The number of the registration: there is one for each kind, so it says no more than the message's own number.
	int32.decode(reader);
	return { name, event: DOMAIN_EVENTS[name].body.decode(reader) } as DomainEvent;
}
