/**
 * The words of scenario files: amounts such as `8 GiB`, lengths such as `4 h`, times of one week such as `Tue 10:00`,
 * ranges such as `2..8` or `at least 4 GiB`; and decisions told in the same words, so that a failed scenario shows
 * what was decided beside what was expected.
 */

import { between, exactly, type RangeValue } from '../../src/agreement/jsdl/range.ts';
import type { Money, Price } from '../../src/agreement/terms/quote.ts';
import { type GrantedService, type ServiceGrant, servicesOf } from '../../src/agreement/terms/service.ts';
import type { ResourceVector } from '../../src/capacity/resources.ts';
import { placementsOf } from '../../src/capacity/search/gang.ts';
import type { Alternative, Because, Decision, Difference, Reason } from '../../src/negotiation/decision.ts';

/** 2026-11-30T00:00:00Z, a Monday. */
const MONDAY = 1_795_996_800;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const DAY = 86_400;
const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: DAY };
const BYTES: Readonly<Record<string, number>> = { MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
const BITS: Readonly<Record<string, number>> = { 'kbit/s': 1e3, 'Mbit/s': 1e6, 'Gbit/s': 1e9 };
const UNITS = { ...SECONDS, ...BYTES, ...BITS };

/** `Tue 10:00` of the week, `Tue 10:00:30`, or `Tue+1 10:00` a week later. */
export function parseTime(text: string): number {
	const match = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:\+(\d+))? (\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
	if (match === null) throw new Error(`not a time of the week: ${text}`);
	const [, day, weeks = '0', hours, minutes, seconds = '0'] = match;
	const days = DAYS.indexOf(day!) + 7 * Number(weeks);
	return MONDAY + days * DAY + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** A number, or a number with its unit: `8 GiB`, `1.5 h`. */
export function parseAmount(text: string | number): number {
	if (typeof text === 'number') return text;
	const match = /^([\d.]+) ?(\S*)$/.exec(text);
	const unit = match?.[2] === '' ? 1 : UNITS[match?.[2] as keyof typeof UNITS];
	if (match === null || unit === undefined) throw new Error(`not an amount: ${text}`);
	return Number(match[1]) * unit;
}

/** `4`, `2..8`, `1 GiB..4 GiB`, `at least 2 GiB`, `at most 8`. */
export function parseRange(text: string | number): RangeValue {
	const words = String(text);
	const [from, to] = words.split('..');
	if (to !== undefined) return between(parseAmount(from!), parseAmount(to));
	if (words.startsWith('at least ')) return between(parseAmount(words.slice(9)), Number.POSITIVE_INFINITY);
	if (words.startsWith('at most ')) return between(0, parseAmount(words.slice(8)));
	return exactly(parseAmount(words));
}

/** `8 CPUs, 32 GiB, 500 GiB disk, 1 Gbit/s`: what is not named is nothing. */
export function parseResources(text: string): ResourceVector {
	const vector = { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
	for (const part of text.split(', ')) {
		const cpus = /^([\d.]+) CPUs?$/.exec(part);
		if (cpus !== null) vector.cpuMillicores = Number(cpus[1]) * 1000;
		else if (part.endsWith(' disk')) vector.diskBytes = parseAmount(part.slice(0, -5));
		else if (part.endsWith('bit/s')) vector.networkBitsPerSecond = parseAmount(part);
		else vector.memoryBytes = parseAmount(part);
	}
	return vector;
}

/** `2.50 EUR`. */
export function parseMoney(text: string): Money {
	const [amount, currency] = text.split(' ');
	return { amount: amount!, currency: currency! };
}

/**
 * Everything of a decision that a reader of scenarios wants to know; why it is as it is, and what would make it fit,
 * where the scenario expects to be told.
 */
export function tell(decision: Decision, because: readonly Because[], expected: object): object {
	if (decision.kind === 'accept') {
		const services = servicesOf<GrantedService>(decision.grant);
		const places = placementsOf(decision.placement).map(({ machines }, nth) => {
			return named(services[nth]!, machines.map(({ host, count }) => `${host} ${count}`).join(', '));
		});
		return {
			answer: 'accepted',
			grant: tellGrant(decision.grant),
			on: places.join('; '),
			...(decision.price && { price: tellPrice(decision.price) }),
			...('why' in expected && { why: because.map(({ field, message }) => `${field}: ${message}`) }),
			...(decision.effects.length > 0 && {
				effects: decision.effects.map(({ kind, message }) => `${kind}: ${message}`),
			}),
		};
	}
	const told = {
		because: decision.reasons.map(tellReason),
		...('wouldFit' in expected && { wouldFit: decision.reasons.map(({ remedy }) => remedy?.text ?? 'nothing') }),
	};
	if (decision.kind === 'reject') return { answer: 'refused', ...told };
	return { answer: 'countered', ...told, alternatives: decision.alternatives.map(tellAlternative) };
}

function tellGrant(grant: ServiceGrant): string {
	const services = servicesOf<GrantedService>(grant).map((service) => named(service, tellService(service)));
	return `${services.join('; ')}, ${tellTime(grant.startAt)} to ${tellTime(grant.endAt)}`;
}

function tellService({ machineCount, cpuCount, memoryBytes, diskBytes }: GrantedService): string {
	const machines = `${machineCount} ${machineCount === 1 ? 'machine' : 'machines'} of ${cpuCount} CPUs`;
	const disk = diskBytes > 0 ? `, ${tellBytes(diskBytes)} disk` : '';
	return `${machines}, ${tellBytes(memoryBytes)}${disk}`;
}

/** What is said of one of several services. */
function named({ serviceName }: { readonly serviceName?: string }, text: string): string {
	return serviceName === undefined ? text : `${serviceName}: ${text}`;
}

/** A reason; whether a no is proved is a matter of its words alone. */
function tellReason(reason: Reason): string {
	const unproved = reason.message.includes('not proved') ? ', not proved' : '';
	const proved = reason.message.includes('it is proved') ? ', proved' : '';
	return `${named(reason, tellAmounts(reason))}${unproved}${proved}`;
}

/** A reason without whose service it is about. */
export function tellAmounts({ code, resource, asked, available, limit, host, interval }: Reason): string {
	const amount = (word: string, value: number | string | undefined): string =>
		value === undefined ? '' : `, ${word} ${tellAmount(value, resource)}`;
	const when = interval === undefined ? '' : `, ${tellTime(interval.startAt)} to ${tellTime(interval.endAt)}`;
	const where = host === undefined ? '' : `, on ${host}`;
	const what = resource === undefined ? '' : ` ${RESOURCE_WORDS[resource]}`;
	const amounts = `${amount('asked', asked)}${amount('available', available)}${amount('limit', limit)}`;
	return `${code}${what}${amounts}${where}${when}`;
}

function tellPrice({ amount, currency, used, penalty, cancellation }: Price): string {
	const parts = [`${amount} ${currency}`];
	if (used !== undefined) parts.push(`${used.amount} of it used`);
	if (penalty !== undefined) parts.push(`penalty ${penalty}`);
	for (const { noticeSeconds, fee } of cancellation) {
		parts.push(noticeSeconds > 0 ? `cancelled ${tellSeconds(noticeSeconds)} before: ${fee}` : `later: ${fee}`);
	}
	return parts.join(', ');
}

function tellAlternative({ rank, kind, differences, price }: Alternative): string {
	const cost = price === undefined ? '' : ` for ${price.amount} ${price.currency}`;
	return `${rank} ${kind}: ${differences.map(tellDifference).join(', ')}${cost}`;
}

function tellDifference({ field, serviceName, asked, offered }: Difference): string {
	const told = (value: number | string): string => {
		if (typeof value === 'string') return value;
		if (field === 'startAt' || field === 'endAt') return tellTime(value);
		if (field === 'durationSeconds') return tellSeconds(value);
		if (field === 'memoryBytes' || field === 'diskBytes') return tellBytes(value);
		return String(value);
	};
	const whose = serviceName === undefined ? '' : `${serviceName} `;
	return `${whose}${FIELD_WORDS[field]} ${told(asked)} -> ${told(offered)}`;
}

const FIELD_WORDS: Readonly<Record<Difference['field'], string>> = {
	startAt: 'start',
	endAt: 'end',
	durationSeconds: 'duration',
	machineCount: 'machines',
	cpuCount: 'CPUs',
	memoryBytes: 'memory',
	diskBytes: 'disk',
	networkBitsPerSecond: 'bandwidth',
	totalCpuCount: 'CPUs in all',
	totalMemoryBytes: 'memory in all',
	totalDiskBytes: 'disk in all',
	host: 'host',
	price: 'price',
};

const RESOURCE_WORDS: Readonly<Record<NonNullable<Reason['resource']>, string>> = {
	cpuMillicores: 'CPU',
	memoryBytes: 'memory',
	diskBytes: 'disk',
	networkBitsPerSecond: 'bandwidth',
	machines: 'machines',
	cpus: 'CPUs',
	time: 'time',
	price: 'price',
	cpuSeconds: 'CPU time',
};

function tellAmount(value: number | string, resource: Reason['resource']): string {
	if (typeof value === 'string') return value;
	if (resource === 'cpuSeconds') return `${value / 3600} h`;
	if (resource === 'cpuMillicores') return `${value / 1000}`;
	if (resource === 'memoryBytes' || resource === 'diskBytes') return tellBytes(value);
	if (resource === 'time') return value > MONDAY - DAY * 365 ? tellTime(value) : tellSeconds(value);
	return String(value);
}

function tellBytes(bytes: number): string {
	if (bytes % BYTES.GiB! === 0) return `${bytes / BYTES.GiB!} GiB`;
	return bytes % BYTES.MiB! === 0 ? `${bytes / BYTES.MiB!} MiB` : `${bytes} B`;
}

function tellSeconds(seconds: number): string {
	const parts: string[] = [];
	let rest = seconds;
	for (const [unit, size] of Object.entries(SECONDS).reverse()) {
		if (rest >= size) parts.push(`${Math.floor(rest / size)} ${unit}`);
		rest %= size;
	}
	return parts.join(' ');
}

function tellTime(at: number): string {
	const days = Math.floor((at - MONDAY) / DAY);
	const weeks = Math.floor(days / 7);
	const parts = [Math.floor((at - MONDAY - days * DAY) / 3600), Math.floor(at / 60) % 60, at % 60];
	const [hours, minutes, seconds] = parts.map((part) => String(part).padStart(2, '0'));
	const day = `${DAYS[days - 7 * weeks]}${weeks === 0 ? '' : `+${weeks}`}`;
	return `${day} ${hours}:${minutes}${seconds === '00' ? '' : `:${seconds}`}`;
}
