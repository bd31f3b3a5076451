/**
 * libvirt's numbers under libvirt's own names, as far as the procedures and events of this client use them.
 */

/** virDomainState. */
export const DomainState = {
	NOSTATE: 0,
	RUNNING: 1,
	/** Waiting for a resource; only some hypervisors tell it from RUNNING. */
	BLOCKED: 2,
	/** By its user or by the hypervisor, see the reason. It keeps its memory. */
	PAUSED: 3,
	/** On its way down. */
	SHUTDOWN: 4,
	SHUTOFF: 5,
	CRASHED: 6,
	/** Suspended by the guest's own power management. */
	PMSUSPENDED: 7,
} as const;

/** Why a domain is in its state: virDomainRunningReason, virDomainPausedReason and so on, by state. */
export const DomainReason = {
	RUNNING: {
		UNKNOWN: 0,
		BOOTED: 1,
		MIGRATED: 2,
		RESTORED: 3,
		FROM_SNAPSHOT: 4,
		UNPAUSED: 5,
		MIGRATION_CANCELED: 6,
		SAVE_CANCELED: 7,
		WAKEUP: 8,
		CRASHED: 9,
		POSTCOPY: 10,
		POSTCOPY_FAILED: 11,
	},
	PAUSED: {
		UNKNOWN: 0,
		USER: 1,
		MIGRATION: 2,
		SAVE: 3,
		DUMP: 4,
		/** The disk of the host is full, as a rule. */
		IOERROR: 5,
		WATCHDOG: 6,
		FROM_SNAPSHOT: 7,
		SHUTTING_DOWN: 8,
		SNAPSHOT: 9,
		CRASHED: 10,
		STARTING_UP: 11,
		POSTCOPY: 12,
		POSTCOPY_FAILED: 13,
	},
	SHUTDOWN: { UNKNOWN: 0, USER: 1 },
	SHUTOFF: {
		UNKNOWN: 0,
		SHUTDOWN: 1,
		DESTROYED: 2,
		CRASHED: 3,
		MIGRATED: 4,
		SAVED: 5,
		/** The hypervisor's process ended by itself or was killed, e.g. by the kernel over a memory limit. */
		FAILED: 6,
		FROM_SNAPSHOT: 7,
		/** The daemon does not know more, e.g. after it was restarted. */
		DAEMON: 8,
	},
	CRASHED: { UNKNOWN: 0, PANICKED: 1 },
} as const;

/** virDomainEventType: what the `event` of a lifecycle event says. */
export const LifecycleEvent = {
	DEFINED: 0,
	UNDEFINED: 1,
	STARTED: 2,
	SUSPENDED: 3,
	RESUMED: 4,
	STOPPED: 5,
	/** The guest has shut down; STOPPED follows. */
	SHUTDOWN: 6,
	PMSUSPENDED: 7,
	CRASHED: 8,
} as const;

/** virDomainEvent…DetailType: what the `detail` of a lifecycle event says, by event. */
export const LifecycleDetail = {
	DEFINED: { ADDED: 0, UPDATED: 1, RENAMED: 2, FROM_SNAPSHOT: 3 },
	UNDEFINED: { REMOVED: 0, RENAMED: 1 },
	STARTED: { BOOTED: 0, MIGRATED: 1, RESTORED: 2, FROM_SNAPSHOT: 3, WAKEUP: 4 },
	SUSPENDED: {
		PAUSED: 0,
		MIGRATED: 1,
		IOERROR: 2,
		WATCHDOG: 3,
		RESTORED: 4,
		FROM_SNAPSHOT: 5,
		API_ERROR: 6,
		POSTCOPY: 7,
		POSTCOPY_FAILED: 8,
	},
	RESUMED: { UNPAUSED: 0, MIGRATED: 1, FROM_SNAPSHOT: 2, POSTCOPY: 3, POSTCOPY_FAILED: 4 },
	STOPPED: { SHUTDOWN: 0, DESTROYED: 1, CRASHED: 2, MIGRATED: 3, SAVED: 4, FAILED: 5, FROM_SNAPSHOT: 6 },
	SHUTDOWN: { FINISHED: 0, GUEST: 1, HOST: 2 },
	PMSUSPENDED: { MEMORY: 0, DISK: 1 },
	CRASHED: { PANICKED: 0, CRASHLOADED: 1 },
} as const;

/** What a change is to touch; without either, the running domain when it runs, else its definition. */
const AFFECT = { LIVE: 1, CONFIG: 2 } as const;

/** Flags by procedure; combine with `|`. Which hypervisor takes which is in libvirt's reference. */
export const Flag = {
	/** The domain[GS]et…Parameters, domainSetMetadata, domainSetMemoryStatsPeriod procedures. */
	affect: AFFECT,
	/** The domainGet…Parameters procedures and domainGetBlockIoTune: parameters that are text are wanted too. */
	typedParameters: { STRING_OKAY: 4 },
	define: { VALIDATE: 1 },
	undefine: {
		/** Without it a domain with a managed save image is not undefined. */
		MANAGED_SAVE: 1,
		SNAPSHOTS_METADATA: 2,
		NVRAM: 4,
		KEEP_NVRAM: 8,
		CHECKPOINTS_METADATA: 16,
		TPM: 32,
		KEEP_TPM: 64,
	},
	/** domainCreate and domainCreateXml. */
	create: {
		PAUSED: 1,
		/** The domain is destroyed when the connection that started it ends. */
		AUTODESTROY: 2,
		BYPASS_CACHE: 4,
		/** Boot, and forget a managed save image. */
		FORCE_BOOT: 8,
		VALIDATE: 16,
		RESET_NVRAM: 32,
	},
	xml: { SECURE: 1, INACTIVE: 2, UPDATE_CPU: 4, MIGRATABLE: 8 },
	/** domainShutdown and domainReboot; 0 lets the hypervisor choose. */
	shutdown: { ACPI_POWER_BUTTON: 1, GUEST_AGENT: 2, INITCTL: 4, SIGNAL: 8, PARAVIRT: 16 },
	destroy: { GRACEFUL: 1, REMOVE_LOGS: 2 },
	/** domainSave, domainRestore, domainManagedSave: RUNNING or PAUSED decides how it is restored. */
	save: { BYPASS_CACHE: 1, RUNNING: 2, PAUSED: 4, RESET_NVRAM: 8 },
	memory: { ...AFFECT, MAXIMUM: 4 },
	vcpus: { ...AFFECT, MAXIMUM: 4, GUEST: 8, HOTPLUGGABLE: 16 },
	device: { ...AFFECT, FORCE: 4 },
	blockResize: { BYTES: 1 },
	/** connectListAllDomains; the first eight also for connectGetAllDomainStats. Of a pair, neither means both. */
	list: {
		ACTIVE: 1,
		INACTIVE: 2,
		PERSISTENT: 4,
		TRANSIENT: 8,
		RUNNING: 16,
		PAUSED: 32,
		SHUTOFF: 64,
		OTHER: 128,
		MANAGED_SAVE: 256,
		NO_MANAGED_SAVE: 512,
		AUTOSTART: 1024,
		NO_AUTOSTART: 2048,
	},
	/** connectGetAllDomainStats, besides those of `list`. */
	statistics: {
		/** Leave out what would have to wait for another operation on the domain. */
		NOWAIT: 2 ** 29,
		BACKING: 2 ** 30,
		/** Fail when one of the groups is not supported. */
		ENFORCE: 2 ** 31,
	},
} as const;

/** virDomainStatsTypes: the groups that connectGetAllDomainStats can be asked for. */
export const StatisticsGroup = {
	STATE: 1,
	CPU_TOTAL: 2,
	BALLOON: 4,
	VCPU: 8,
	INTERFACE: 16,
	BLOCK: 32,
	PERF: 64,
	IOTHREAD: 128,
	MEMORY: 256,
	DIRTYRATE: 512,
	VM: 1024,
} as const;

/** virDomainMemoryStatTags: the tags of domainMemoryStats. KiB, except faults (counts) and LAST_UPDATE (epoch seconds). */
export const MemoryStatistic = {
	SWAP_IN: 0,
	SWAP_OUT: 1,
	MAJOR_FAULT: 2,
	MINOR_FAULT: 3,
	/** Free memory as the guest sees it. */
	UNUSED: 4,
	/** All memory as the guest sees it. */
	AVAILABLE: 5,
	ACTUAL_BALLOON: 6,
	/** Of the hypervisor's process, as the host sees it. */
	RSS: 7,
	/** What the guest could use without swapping. */
	USABLE: 8,
	LAST_UPDATE: 9,
	DISK_CACHES: 10,
	HUGETLB_PGALLOC: 11,
	HUGETLB_PGFAIL: 12,
} as const;

/** virDomainMetadataType. */
export const MetadataType = { DESCRIPTION: 0, TITLE: 1, ELEMENT: 2 } as const;

/** virDomainInterfaceAddressesSource. */
export const InterfaceAddressSource = { LEASE: 0, AGENT: 1, ARP: 2 } as const;

/** How libvirt says "no limit" in a memory parameter, in KiB. */
export const MEMORY_UNLIMITED_KIB = 9_007_199_254_740_991n;

/** virErrorNumber: the codes that a caller may want to tell apart. */
export const ErrorCode = {
	INTERNAL_ERROR: 1,
	NO_MEMORY: 2,
	NO_SUPPORT: 3,
	NO_CONNECT: 5,
	INVALID_ARG: 8,
	OPERATION_FAILED: 9,
	XML_ERROR: 27,
	OPERATION_DENIED: 29,
	/** The XML is not well-formed; the message points at the place. */
	XML_DETAIL: 35,
	SYSTEM_ERROR: 38,
	RPC: 39,
	NO_DOMAIN: 42,
	AUTH_FAILED: 45,
	/** Not in this state: e.g. to suspend a domain that is shut off. */
	OPERATION_INVALID: 55,
	CONFIG_UNSUPPORTED: 67,
	/** Also: another operation on the domain did not end in time. */
	OPERATION_TIMEOUT: 68,
	ARGUMENT_UNSUPPORTED: 74,
	OPERATION_ABORTED: 78,
	NO_DOMAIN_METADATA: 80,
	OPERATION_UNSUPPORTED: 84,
	RESOURCE_BUSY: 87,
	ACCESS_DENIED: 88,
	XML_INVALID_SCHEMA: 92,
	DEVICE_MISSING: 99,
} as const;
