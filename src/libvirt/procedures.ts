/**
 * The procedures of libvirt's remote protocol that this client speaks: numbers, arguments, results.
 * libvirt only ever adds to the protocol (docs/support.rst, "RPC protocol"). The names are those of the public API
 * without their `vir` prefix; what a procedure does, and which flags it takes, stands in libvirt's reference there.
 */
import type { Codec, ValueOf } from './xdr.ts';
import {
	array,
	boolean,
	double,
	fixedBytes,
	followedBy,
	int32,
	int64,
	mapped,
	nothing,
	nullable,
	string,
	struct,
	uint32,
	uint64,
	withDefault,
	XdrError,
} from './xdr.ts';

// The bounds of the protocol itself: what a server may send, and refuses to receive beyond.
const STRING_BYTES_MAX = 4 * 1024 * 1024;
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

export const text = string(STRING_BYTES_MAX);
/** None when left out. JavaScript's `|` makes a negative number of the highest flag; it is the same 32 bits. */
const flags = withDefault(
	mapped(
		uint32,
		(bits: number) => (bits < 0 ? bits + 2 ** 32 : bits),
		(bits) => bits,
	),
	0,
);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Sixteen bytes, as lower-case text with hyphens. */
const uuid: Codec<string> = mapped(fixedBytes(16), uuidToBytes, bytesToUuid);

/** How a domain is named in calls; libvirt finds it by UUID. `id` is -1 while it does not run. */
export const domain = struct({ name: text, uuid, id: int32 });
export type Domain = ValueOf<typeof domain>;

/** The value of a typed parameter. The types must be those that libvirt expects for the name, e.g. `vcpu_quota` is an llong. */
export type TypedParameter =
	| { readonly type: 'int' | 'uint' | 'double'; readonly value: number }
	| { readonly type: 'llong' | 'ullong'; readonly value: bigint }
	| { readonly type: 'boolean'; readonly value: boolean }
	| { readonly type: 'string'; readonly value: string };

/** Typed parameters by name; an object without a prototype when received. */
export type TypedParameters = Readonly<Record<string, TypedParameter>>;

const PARAMETER_TYPES: readonly { readonly type: TypedParameter['type']; readonly codec: Codec<unknown> }[] = [
	{ type: 'int', codec: int32 },
	{ type: 'uint', codec: uint32 },
	{ type: 'llong', codec: int64 },
	{ type: 'ullong', codec: uint64 },
	{ type: 'double', codec: double },
	{ type: 'boolean', codec: boolean },
	{ type: 'string', codec: text },
];

/** A union on the wire: the number of the type (from 1), then a value of it. */
const typedParameter: Codec<TypedParameter> = {
	encode(writer, parameter) {
		const index = PARAMETER_TYPES.findIndex(({ type }) => type === parameter.type);
		const known = PARAMETER_TYPES[index];
		if (known === undefined) throw new XdrError(`type ${String(parameter.type)}, which no typed parameter has`, 'type');
		int32.encode(writer, index + 1);
		known.codec.encode(writer, parameter.value);
	},
	decode(reader) {
		const number = int32.decode(reader);
		const known = PARAMETER_TYPES[number - 1];
		if (known === undefined) throw new XdrError(`type ${number}, from 1 to ${PARAMETER_TYPES.length} allowed`, 'type');
		return { type: known.type, value: known.codec.decode(reader) } as TypedParameter;
	},
};

/** At most `max` typed parameters. Where a server names one twice, the last counts. */
export function typedParameters(max: number): Codec<TypedParameters> {
	return mapped(
		array(struct({ name: text, parameter: typedParameter }), max),
		(parameters: TypedParameters) => Object.entries(parameters).map(([name, parameter]) => ({ name, parameter })),
		(list) => {
			const parameters: Record<string, TypedParameter> = Object.create(null);
			for (const { name, parameter } of list) parameters[name] = parameter;
			return parameters;
		},
	);
}

export const tunables = typedParameters(TUNABLES_MAX);

/** Name and value of the host's own statistics, by name. */
const nodeStatistics: Codec<Readonly<Record<string, bigint>>> = mapped(
	array(struct({ name: text, value: uint64 }), NODE_STATISTICS_MAX),
	(statistics: Readonly<Record<string, bigint>>) =>
		Object.entries(statistics).map(([name, value]) => ({ name, value })),
	(list) => {
		const statistics: Record<string, bigint> = Object.create(null);
		for (const { name, value } of list) statistics[name] = value;
		return statistics;
	},
);

/** A C array of `length` chars, which XDR spreads over four bytes each, up to its NUL. */
function charArray(length: number): Codec<string> {
	return {
		encode(writer, value) {
			const bytes = Buffer.from(value, 'utf8');
			if (bytes.length >= length) throw new XdrError(`${bytes.length} bytes of text, at most ${length - 1} allowed`);
			for (let index = 0; index < length; index++) writer.writeInt32(bytes[index] ?? 0);
		},
		decode(reader) {
			const bytes = Buffer.alloc(length);
			for (let index = 0; index < length; index++) bytes[index] = reader.readInt32();
			const end = bytes.indexOf(0);
			return bytes.toString('utf8', 0, end === -1 ? length : end);
		},
	};
}

/** The count that some results repeat after the values themselves. */
function counted<T>(values: Codec<T>): Codec<T> {
	return followedBy(values, int32, (list) => Object.keys(list as object).length);
}

/** What an error reply carries (virError). */
export const errorBody = struct({
	code: int32,
	domain: int32,
	message: nullable(text),
	level: int32,
	subject: nullable(domain),
	string1: nullable(text),
	string2: nullable(text),
	string3: nullable(text),
	integer1: int32,
	integer2: int32,
	network: nullable(struct({ name: text, uuid })),
});

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
		counted(nodeStatistics),
	),
	/** In nanoseconds: kernel, user, idle, iowait of the whole host, or of one CPU. */
	nodeGetCpuStats: procedure(
		227,
		struct({ cpu: withDefault(int32, -1), count: withDefault(int32, NODE_STATISTICS_OF_LINUX), flags }),
		counted(nodeStatistics),
	),

	// Finding and describing domains
	connectListAllDomains: procedure(
		273,
		struct({ needResults: withDefault(int32, 1), flags }),
		followedBy(array(domain, DOMAINS_MAX), uint32, (domains) => domains.length),
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

function uuidToBytes(value: string): Uint8Array {
	if (!UUID.test(value)) throw new XdrError(`'${value}' found, a UUID with hyphens allowed`);
	return Buffer.from(value.replaceAll('-', ''), 'hex');
}

function bytesToUuid(bytes: Uint8Array): string {
	const hex = Buffer.from(bytes).toString('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
