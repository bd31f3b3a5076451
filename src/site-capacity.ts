/**
 * What the setting `capacity` says about a site's hosts (README, "Hosts"): which there are, what they are labelled
 * with, how much more than they have is given out, and what is kept back. Part of the composition root.
 */
import { NO_OVERCOMMIT, OVERCOMMIT_ONE, offeredCapacity, siteReserve } from './capacity/offered.ts';
import { type Host, NOTHING, RESOURCE_NAMES, type ResourceVector } from './capacity/resources.ts';
import { OperatingError } from './errors.ts';
import type { SiteAbilities, SiteHost } from './workspace/site.ts';

/** What is set for one host, or for all. */
interface Giving {
	/** Thousandths: 1500 gives one and a half times what there is. */
	readonly overcommit: ResourceVector;
	readonly reservePercent: ResourceVector;
}

interface HostSetting extends Giving {
	/** Where `count` is more than one, the first part of their names. */
	readonly name: string;
	readonly count: number;
	/** What it has, of a simulated host. */
	readonly amounts: Partial<ResourceVector>;
	readonly labels: Readonly<Record<string, string>>;
}

export interface SiteCapacity {
	readonly hosts: readonly HostSetting[];
	/** For hosts of which nothing else is set. */
	readonly all: Giving;
	readonly siteReservePercent: ResourceVector;
}

/** Sixteen times what there is: beyond it, a mistake. */
const OVERCOMMIT_MAX = 16 * OVERCOMMIT_ONE;
/** A share of a hundred percent would leave nothing to agree on. */
const RESERVE_PERCENT_MAX = 99;
/** The calendar's own bench goes that far. */
const HOSTS_MAX = 10_000;
/** Sums over all hosts stay exact: 10,000 hosts of a pebibyte would not, and are told so when they are opened. */
const AMOUNT_MAX = 2 ** 50;
const LABEL = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;
const LABEL_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/;

/** What a simulated host has of which nothing is said: a node of a small cluster. */
const SIMULATED: ResourceVector = {
	cpuMillicores: 32_000,
	memoryBytes: 128 * 2 ** 30,
	diskBytes: 2_000_000_000_000,
	networkBitsPerSecond: 10_000_000_000,
};
const SIMULATED_LABELS = { cpuArchitecture: 'x86_64', operatingSystem: 'LINUX', cpuSpeedHz: '2400000000' };

/** Reads the setting as it is written; absent: every host gives what it has. Throws CONFIG_INVALID with every issue. */
export function readSiteCapacity(raw: object | undefined): SiteCapacity {
	const issues: string[] = [];
	const site = membersOf(
		raw ?? {},
		'capacity',
		['hosts', 'overcommit', 'hostReservePercent', 'siteReservePercent'],
		issues,
	);
	const all: Giving = {
		overcommit: ratiosOf(site.overcommit, 'capacity.overcommit', NO_OVERCOMMIT, issues),
		reservePercent: percentsOf(site.hostReservePercent, 'capacity.hostReservePercent', NOTHING, issues),
	};
	const listed = site.hosts ?? [];
	if (!Array.isArray(listed)) issues.push(`capacity.hosts is ${shown(listed)}; allowed: a list of hosts.`);
	const hosts = (Array.isArray(listed) ? listed : []).map((host, i) =>
		hostOf(host, `capacity.hosts[${i}]`, all, issues),
	);
	const siteReservePercent = percentsOf(site.siteReservePercent, 'capacity.siteReservePercent', NOTHING, issues);
	const names = hosts.flatMap(namesOf);
	const twice = names.find((name, i) => names.indexOf(name) !== i);
	if (twice !== undefined && names.length <= HOSTS_MAX) issues.push(`capacity.hosts names ${twice} twice.`);
	if (names.length > HOSTS_MAX) issues.push(`capacity.hosts are ${names.length} hosts; allowed: at most ${HOSTS_MAX}.`);
	if (issues.length > 0) throw new OperatingError('CONFIG_INVALID', issues.join(' '));
	return { hosts, all, siteReservePercent };
}

/** The hosts of a simulated site: those that are set, else so many equal ones. */
export function simulatedHosts({ hosts }: SiteCapacity, count: number): readonly SiteHost[] {
	if (hosts.length === 0) {
		const names = numbered('host', count);
		return names.map((name) => ({ name, ...SIMULATED, labels: SIMULATED_LABELS }));
	}
	return hosts.flatMap((host) =>
		namesOf(host).map((name) => ({
			name,
			...SIMULATED,
			...host.amounts,
			labels: { ...SIMULATED_LABELS, ...host.labels },
		})),
	);
}

/** What the host has, overcommitted: what it takes before it is full. */
export function overcommitted(host: SiteHost, capacity: SiteCapacity): SiteHost {
	return { ...host, ...offeredCapacity(amountsOf(host), settingOf(host, capacity).overcommit, NOTHING) };
}

/**
 * The hosts as the calendar sees them, labelled with what runs their machines too, with what all of them together keep back. Throws CONFIG_INVALID where a setting
 * names a host that there is not, sets what a real host has, or makes amounts that are no longer exact.
 */
export function offeredHosts(
	found: readonly SiteHost[],
	capacity: SiteCapacity,
	{ simulated, acceleration }: Pick<SiteAbilities, 'simulated' | 'acceleration'>,
): { readonly hosts: readonly Host[]; readonly reserve: ResourceVector } {
	for (const host of capacity.hosts) {
		const unknown = namesOf(host).find((name) => !found.some((each) => each.name === name));
		if (unknown !== undefined) {
			const known = found.map(({ name }) => name).join(', ');
			throw new OperatingError('CONFIG_INVALID', `capacity.hosts: there is no host ${unknown}; there is ${known}.`);
		}
		if (!simulated && Object.keys(host.amounts).length > 0) {
			const detail = `capacity.hosts: what ${host.name} has is asked of its hypervisor; set labels, overcommit and reserve.`;
			throw new OperatingError('CONFIG_INVALID', detail);
		}
	}
	const hosts = found.map((host) => {
		const { overcommit, reservePercent, labels } = settingOf(host, capacity);
		const offered = offeredCapacity(amountsOf(host), overcommit, reservePercent);
		return { name: host.name, labels: { hypervisor: acceleration, ...host.labels, ...labels }, capacity: offered };
	});
	for (const name of RESOURCE_NAMES) {
		const total = hosts.reduce((sum, host) => sum + host.capacity[name], 0);
		if (Number.isSafeInteger(total)) continue;
		const most = Number.MAX_SAFE_INTEGER;
		const detail = `capacity: all hosts together give more ${name} than can be counted exactly; allowed: up to ${most}.`;
		throw new OperatingError('CONFIG_INVALID', detail);
	}
	return { hosts, reserve: siteReserve(hosts, capacity.siteReservePercent) };
}

/** In a line, for people. */
export function capacityText({ hosts, all, siteReservePercent }: SiteCapacity): string {
	const count = hosts.reduce((sum, host) => sum + host.count, 0);
	const words = [count === 0 ? 'no host is described' : `${count} ${count === 1 ? 'host is' : 'hosts are'} described`];
	for (const name of RESOURCE_NAMES) {
		const ratio = all.overcommit[name] / OVERCOMMIT_ONE;
		if (ratio !== 1) words.push(`${name} given ${ratio} times`);
		if (all.reservePercent[name] > 0) words.push(`${all.reservePercent[name]} % of ${name} kept by each host`);
		if (siteReservePercent[name] > 0) words.push(`${siteReservePercent[name]} % of ${name} kept by the site`);
	}
	return words.join(', ');
}

function settingOf({ name }: SiteHost, { hosts, all }: SiteCapacity): Giving & Pick<HostSetting, 'labels'> {
	return hosts.find((host) => namesOf(host).includes(name)) ?? { ...all, labels: {} };
}

function amountsOf({ cpuMillicores, memoryBytes, diskBytes, networkBitsPerSecond }: SiteHost): ResourceVector {
	return { cpuMillicores, memoryBytes, diskBytes, networkBitsPerSecond };
}

function namesOf({ name, count }: HostSetting): readonly string[] {
	return count === 1 ? [name] : numbered(name, count);
}

/** name-01 to name-16: of equal length, so that they stand in order wherever they are sorted. */
function numbered(name: string, count: number): readonly string[] {
	const width = String(count).length;
	return Array.from({ length: count }, (_, i) => `${name}-${String(i + 1).padStart(width, '0')}`);
}

const HOST_MEMBERS = ['name', 'count', 'labels', 'overcommit', 'reservePercent', ...RESOURCE_NAMES];

function hostOf(raw: unknown, path: string, all: Giving, issues: string[]): HostSetting {
	const host = membersOf(raw, path, HOST_MEMBERS, issues);
	const { name, count = 1, labels = {} } = host;
	if (typeof name !== 'string' || !HOST_NAME.test(name)) {
		issues.push(`${path}.name is ${shown(name)}; allowed: letters, digits, dots and hyphens.`);
	}
	const isCount = Number.isSafeInteger(count) && (count as number) >= 1 && (count as number) <= HOSTS_MAX;
	if (!isCount) issues.push(`${path}.count is ${shown(count)}; allowed: a whole number from 1 to ${HOSTS_MAX}.`);
	const amounts: Partial<Record<keyof ResourceVector, number>> = {};
	for (const resource of RESOURCE_NAMES) {
		const amount = host[resource];
		if (amount === undefined) continue;
		if (Number.isSafeInteger(amount) && (amount as number) >= 0 && (amount as number) <= AMOUNT_MAX) {
			amounts[resource] = amount as number;
		} else issues.push(`${path}.${resource} is ${shown(amount)}; allowed: a whole number from 0 to ${AMOUNT_MAX}.`);
	}
	return {
		name: String(name),
		count: isCount ? (count as number) : 1,
		amounts,
		labels: labelsOf(labels, `${path}.labels`, issues),
		overcommit: ratiosOf(host.overcommit, `${path}.overcommit`, all.overcommit, issues),
		reservePercent: percentsOf(host.reservePercent, `${path}.reservePercent`, all.reservePercent, issues),
	};
}

function labelsOf(raw: unknown, path: string, issues: string[]): Record<string, string> {
	if (!isObject(raw)) {
		issues.push(`${path} is ${shown(raw)}; allowed: an object of texts.`);
		return {};
	}
	for (const [label, value] of Object.entries(raw)) {
		if (!LABEL.test(label)) issues.push(`${path} has ${shown(label)}; allowed: a letter, then letters, digits, "_.-".`);
		if (typeof value === 'string' && LABEL_VALUE.test(value)) continue;
		issues.push(`${path}.${label} is ${shown(value)}; allowed: a text of 1 to 128 printable characters.`);
	}
	return raw as Record<string, string>;
}

/** Ratios with up to three decimals, as thousandths. */
function ratiosOf(raw: unknown, path: string, otherwise: ResourceVector, issues: string[]): ResourceVector {
	return vectorOf(raw, path, otherwise, issues, 'a number from 0.001 to 16 with up to three decimals', (value) => {
		const match = /^(\d{1,2})(?:\.(\d{1,3}))?$/.exec(String(value));
		if (match === null) return undefined;
		const thousandths = Number(match[1]) * OVERCOMMIT_ONE + Number((match[2] ?? '').padEnd(3, '0'));
		return thousandths >= 1 && thousandths <= OVERCOMMIT_MAX ? thousandths : undefined;
	});
}

function percentsOf(raw: unknown, path: string, otherwise: ResourceVector, issues: string[]): ResourceVector {
	return vectorOf(raw, path, otherwise, issues, `a whole number from 0 to ${RESERVE_PERCENT_MAX}`, (value) => {
		return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= RESERVE_PERCENT_MAX
			? (value as number)
			: undefined;
	});
}

function vectorOf(
	raw: unknown,
	path: string,
	otherwise: ResourceVector,
	issues: string[],
	allowed: string,
	read: (value: unknown) => number | undefined,
): ResourceVector {
	const vector: Record<keyof ResourceVector, number> = { ...otherwise };
	for (const [name, value] of Object.entries(membersOf(raw ?? {}, path, RESOURCE_NAMES, issues))) {
		const number = read(value);
		if (number === undefined) issues.push(`${path}.${name} is ${shown(value)}; allowed: ${allowed}.`);
		else vector[name as keyof ResourceVector] = number;
	}
	return vector;
}

/** The members of an object; those that there are not are issues and left out. */
function membersOf(raw: unknown, path: string, known: readonly string[], issues: string[]): Record<string, unknown> {
	if (!isObject(raw)) {
		issues.push(`${path} is ${shown(raw)}; allowed: an object with ${known.join(', ')}.`);
		return {};
	}
	const unknown = Object.keys(raw).filter((name) => !known.includes(name));
	for (const name of unknown) issues.push(`${path}: there is no ${shown(name)}; there are ${known.join(', ')}.`);
	return Object.fromEntries(Object.entries(raw).filter(([name]) => known.includes(name)));
}

function isObject(raw: unknown): raw is Record<string, unknown> {
	return typeof raw === 'object' && raw !== null && !Array.isArray(raw);
}

function shown(value: unknown): string {
	return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}
