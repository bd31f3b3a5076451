/**
 * The one reader of environment and configuration file. The result is frozen and complete; nobody else looks at
 * process.env. Precedence: command line, environment, file, default.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { OperatingError } from './errors.ts';

export type SiteKind = 'libvirt' | 'simulated';

export interface Config {
	/** Database, images, disks, tokens. */
	readonly dataFolder: string;
	readonly host: string;
	/** 0: any free port. */
	readonly port: number;
	readonly siteName: string;
	readonly siteKind: SiteKind;
	readonly libvirtSocket: string;
	/** Several hosts, each with a libvirt of its own, as they are written; absent: one. Read by `readLibvirtHosts`. */
	readonly libvirtHosts?: object;
	/** Domains of libvirt are named with this first. */
	readonly machinePrefix: string;
	/** Hosts of the simulated site. */
	readonly simulatedHosts: number;
	/** Of the simulated site: seconds from start to running. */
	readonly simulatedBootSeconds: number;
	/** Workers that read documents; two, or one where there are no more than two CPUs. */
	readonly readers: number;
	readonly documentBytesMax: number;
	/** What clients call this broker, e.g. https://site.example; empty: as each of them does. */
	readonly publicUrl: string;
	/** What may be called out to, as `readTargets` of the notify room reads it; empty: nothing. */
	readonly notifyTargets: string;
	/** Reserve of the site's hosts, not offered to agreements. */
	readonly reserve: { readonly cpuMillicores: number; readonly memoryBytes: number; readonly diskBytes: number };
	readonly policy: {
		readonly horizonSeconds: number;
		readonly durationSecondsMax: number;
		readonly machinesMax: number;
		readonly setupSeconds: number;
		readonly teardownSeconds: number;
		readonly negotiationSecondsMax: number;
		readonly leadTimeSeconds: number;
	};
	/** What one party may hold at once, and for how long; what all of them, and those of one VO, may hold together. */
	readonly holds: {
		readonly secondsMax: number;
		readonly countMax: number;
		readonly siteSecondsMax: number;
		readonly voSiteSecondsMax?: number;
		readonly sitePercentMax: number;
		readonly voPercentMax: number;
	};
	/** Hosts, labels, overcommit and reserves, as they are written. Read by `readSiteCapacity`. */
	readonly capacity?: object;
	/** What the site asks for its resources, as it is written; absent: nothing. Read by `readPriceModel`. */
	readonly prices?: object;
	/** The site's own policy, asked about every offer; absent: it has none. */
	readonly policyWebhook?: { readonly url: string; readonly deadlineMs: number; readonly fails: 'closed' | 'open' };
	/** What each VO may have, as it is written; absent: whatever there is. Read by `readQuotas`. */
	readonly quotas?: object;
	/** Where a client finds the broker and its token. */
	readonly url: string;
	readonly token?: string;
	readonly tokenFile: string;
}

const MIB = 1024 * 1024;
const DAY = 86_400;

/**
 * Of two CPUs the main thread needs one: beside two readers it accepts 7 % fewer offers than beside one. More than two are
 * never busy, and each holds 40 MB.
 */
const READERS = availableParallelism() > 2 ? 2 : 1;

/** Every setting: its name in the file, in the environment, its default and its bounds. */
const SETTINGS = {
	host: text('COMPUTON_HOST', '127.0.0.1'),
	port: whole('COMPUTON_PORT', 7420, 0, 65_535),
	siteName: text('COMPUTON_SITE_NAME', 'site'),
	site: text('COMPUTON_SITE', 'libvirt', ['libvirt', 'simulated']),
	libvirtSocket: text('COMPUTON_LIBVIRT_SOCKET', '/var/run/libvirt/libvirt-sock'),
	libvirtHosts: json('COMPUTON_LIBVIRT_HOSTS'),
	machinePrefix: text('COMPUTON_MACHINE_PREFIX', 'computon'),
	simulatedHosts: whole('COMPUTON_SIMULATED_HOSTS', 4, 1, 10_000),
	simulatedBootSeconds: whole('COMPUTON_SIMULATED_BOOT_SECONDS', 1, 0, 3600),
	readers: whole('COMPUTON_READERS', READERS, 1, 64),
	documentBytesMax: whole('COMPUTON_DOCUMENT_BYTES_MAX', MIB, 1024, 64 * MIB),
	publicUrl: text('COMPUTON_PUBLIC_URL', '', 'may be empty'),
	notifyTargets: text('COMPUTON_NOTIFY_TARGETS', '', 'may be empty'),
	reserveCpuMillicores: whole('COMPUTON_RESERVE_CPU_MILLICORES', 0, 0, Number.MAX_SAFE_INTEGER),
	reserveMemoryBytes: whole('COMPUTON_RESERVE_MEMORY_BYTES', 1024 * MIB, 0, Number.MAX_SAFE_INTEGER),
	reserveDiskBytes: whole('COMPUTON_RESERVE_DISK_BYTES', 4096 * MIB, 0, Number.MAX_SAFE_INTEGER),
	horizonSeconds: whole('COMPUTON_HORIZON_SECONDS', 366 * DAY, 60, 3660 * DAY),
	durationSecondsMax: whole('COMPUTON_DURATION_SECONDS_MAX', 90 * DAY, 60, 3660 * DAY),
	machinesMax: whole('COMPUTON_MACHINES_MAX', 256, 1, 4096),
	setupSeconds: whole('COMPUTON_SETUP_SECONDS', 30, 0, 3600),
	// Never shorter than the 20 seconds that a guest is given to shut down, and what libvirt takes to end it then.
	teardownSeconds: whole('COMPUTON_TEARDOWN_SECONDS', 30, 25, 3600),
	capacity: json('COMPUTON_CAPACITY'),
	prices: json('COMPUTON_PRICES'),
	quotas: json('COMPUTON_QUOTAS'),
	policyWebhook: text('COMPUTON_POLICY_WEBHOOK', '', 'may be empty'),
	policyWebhookMs: whole('COMPUTON_POLICY_WEBHOOK_MS', 2_000, 10, 60_000),
	policyWebhookFails: text('COMPUTON_POLICY_WEBHOOK_FAILS', 'closed', ['closed', 'open']),
	leadTimeSeconds: whole('COMPUTON_LEAD_TIME_SECONDS', 0, 0, 366 * DAY),
	holdSeconds: whole('COMPUTON_HOLD_SECONDS', 600, 1, 30 * DAY),
	holdsPerParty: whole('COMPUTON_HOLDS_PER_PARTY', 8, 0, 1000),
	holdSiteSeconds: whole('COMPUTON_HOLD_SITE_SECONDS', 7 * DAY, 0, 3660 * DAY),
	holdSiteSecondsPerVo: whole('COMPUTON_HOLD_SITE_SECONDS_PER_VO', 0, 0, 3660 * DAY),
	holdPercent: whole('COMPUTON_HOLD_PERCENT', 50, 0, 100),
	holdPercentPerVo: whole('COMPUTON_HOLD_PERCENT_PER_VO', 100, 0, 100),
	negotiationSeconds: whole('COMPUTON_NEGOTIATION_SECONDS', 7 * DAY, 60, 366 * DAY),
} as const;

export type Overrides = Partial<Record<keyof typeof SETTINGS | 'dataFolder' | 'configFile', string | number | object>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws CONFIG_INVALID naming the setting, the value and what is allowed. A `configFile` of '' means: none. */
export function readConfig(environment: Environment, overrides: Overrides = {}): Config {
	const dataFolder = String(overrides.dataFolder ?? environment.COMPUTON_HOME ?? defaultDataFolder());
	const configFile = overrides.configFile ?? environment.COMPUTON_CONFIG;
	const file =
		configFile === ''
			? {}
			: readFile(String(configFile ?? join(dataFolder, 'computon.json')), configFile !== undefined);
	const value = <K extends keyof typeof SETTINGS>(name: K) => {
		const setting = SETTINGS[name];
		const raw = overrides[name] ?? environment[setting.variable] ?? file[name] ?? setting.fallback;
		return setting.read(name, raw) as (typeof SETTINGS)[K]['fallback'];
	};
	const port = value('port');
	const capacity = value('capacity');
	const prices = value('prices');
	const libvirtHosts = value('libvirtHosts');
	const quotas = value('quotas');
	const webhook = value('policyWebhook');
	const fails: 'open' | 'closed' = value('policyWebhookFails') === 'open' ? 'open' : 'closed';
	const token = environment.COMPUTON_TOKEN;
	return Object.freeze({
		dataFolder,
		host: value('host'),
		port,
		siteName: value('siteName'),
		siteKind: value('site') as SiteKind,
		libvirtSocket: value('libvirtSocket'),
		...(libvirtHosts === undefined ? {} : { libvirtHosts }),
		machinePrefix: value('machinePrefix'),
		simulatedHosts: value('simulatedHosts'),
		simulatedBootSeconds: value('simulatedBootSeconds'),
		readers: value('readers'),
		documentBytesMax: value('documentBytesMax'),
		publicUrl: value('publicUrl'),
		notifyTargets: value('notifyTargets'),
		reserve: Object.freeze({
			cpuMillicores: value('reserveCpuMillicores'),
			memoryBytes: value('reserveMemoryBytes'),
			diskBytes: value('reserveDiskBytes'),
		}),
		policy: Object.freeze({
			horizonSeconds: value('horizonSeconds'),
			durationSecondsMax: value('durationSecondsMax'),
			machinesMax: value('machinesMax'),
			setupSeconds: value('setupSeconds'),
			teardownSeconds: value('teardownSeconds'),
			negotiationSecondsMax: value('negotiationSeconds'),
			leadTimeSeconds: value('leadTimeSeconds'),
		}),
		holds: Object.freeze({
			secondsMax: value('holdSeconds'),
			countMax: value('holdsPerParty'),
			siteSecondsMax: value('holdSiteSeconds'),
			sitePercentMax: value('holdPercent'),
			voPercentMax: value('holdPercentPerVo'),
			...(value('holdSiteSecondsPerVo') === 0 ? {} : { voSiteSecondsMax: value('holdSiteSecondsPerVo') }),
		}),
		...(capacity === undefined ? {} : { capacity }),
		...(prices === undefined ? {} : { prices }),
		...(quotas === undefined ? {} : { quotas }),
		...(webhook === '' ? {} : { policyWebhook: { url: webhook, deadlineMs: value('policyWebhookMs'), fails } }),
		url: environment.COMPUTON_URL ?? `http://127.0.0.1:${port}`,
		...(token === undefined ? {} : { token }),
		tokenFile: environment.COMPUTON_TOKEN_FILE ?? join(dataFolder, 'admin-token'),
	});
}

function defaultDataFolder(): string {
	return process.getuid?.() === 0 ? '/var/lib/computon' : join(homedir(), '.local', 'share', 'computon');
}

/** No file, or no folder that it could be in. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

function readFile(path: string, required: boolean): Record<string, unknown> {
	let content: string;
	try {
		content = readFileSync(path, 'utf8');
	} catch (cause) {
		if (!required && ABSENT.has((cause as NodeJS.ErrnoException).code ?? '')) return {};
		throw new OperatingError('CONFIG_INVALID', `The configuration file ${path} cannot be read.`, { cause });
	}
	let parsed: unknown;
	try {
		parsed = JSON.parse(content);
	} catch (cause) {
		throw new OperatingError('CONFIG_INVALID', `${path} is not JSON: ${(cause as Error).message}`, { cause });
	}
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
		throw new OperatingError('CONFIG_INVALID', `${path} must hold one JSON object.`);
	for (const name of Object.keys(parsed))
		if (!Object.hasOwn(SETTINGS, name))
			throw new OperatingError(
				'CONFIG_INVALID',
				`${path}: there is no setting "${name}"; there are ${Object.keys(SETTINGS).join(', ')}.`,
			);
	return parsed as Record<string, unknown>;
}

function text(
	variable: string,
	fallback: string,
	allowed: readonly string[] | 'may be empty' | 'not empty' = 'not empty',
) {
	const isAllowed = (raw: string): boolean =>
		typeof allowed === 'string' ? raw !== '' || allowed === 'may be empty' : allowed.includes(raw);
	const read = (name: string, raw: unknown): string => {
		if (typeof raw === 'string' && isAllowed(raw)) return raw;
		const rule = typeof allowed === 'string' ? `a text, ${allowed}` : allowed.join(', ');
		throw new OperatingError('CONFIG_INVALID', `${name} (${variable}) is ${JSON.stringify(raw)}; allowed: ${rule}.`);
	};
	return { variable, fallback, read };
}

/** An object: as itself in the file, as JSON text in the environment. Absent unless it is given. */
function json(variable: string) {
	const read = (name: string, raw: unknown): object | undefined => {
		const parsed = typeof raw === 'string' ? parsedJson(raw) : raw;
		if (parsed === undefined || (typeof parsed === 'object' && parsed !== null)) return parsed;
		const found = JSON.stringify(raw).slice(0, 80);
		throw new OperatingError('CONFIG_INVALID', `${name} (${variable}) is ${found}; allowed: a JSON object or list.`);
	};
	return { variable, fallback: undefined as object | undefined, read };
}

function parsedJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function whole(variable: string, fallback: number, min: number, max: number) {
	const read = (name: string, raw: unknown): number => {
		const number = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
		if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max) return number;
		throw new OperatingError(
			'CONFIG_INVALID',
			`${name} (${variable}) is ${JSON.stringify(raw)}; allowed: a whole number from ${min} to ${max}.`,
		);
	};
	return { variable, fallback, read };
}
