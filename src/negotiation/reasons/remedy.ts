/** What would make a refused offer fit, for each reason against it: as data, and as a text for people. */
import {
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	type Window,
} from '../../agreement/terms/service.ts';
import { printDateTime } from '../../agreement/time.ts';
import type { Alternative, Difference, Reason, Remedy } from '../decision.ts';
import type { Question } from '../judge.ts';
import { fewestMachines } from '../near-sizes.ts';
import { MILLICORES_PER_PERCENT, type SizeField } from '../sizes.ts';
import { amountText, intervalText } from './words.ts';

/** Of whatever has expired before it was asked. */
export const EXPIRES_AHEAD: Remedy = { text: 'name an ExpirationTime that lies ahead, or none' };

/**
 * The reasons with their remedies. Where an alternative changes nothing but the start, it is a remedy of whatever is
 * in the way at one time and not at another. O(reasons + alternatives).
 */
export function withRemedies(
	reasons: readonly Reason[],
	alternatives: readonly Alternative[],
	{ request: { window, ...request } }: Question,
): readonly Reason[] {
	const shifted = alternatives.find(
		({ kind, differences }) => SHIFTS.has(kind) && differences.every(({ field }) => TIME_ONLY.has(field)),
	);
	const [best] = alternatives;
	const told = reasons.map((reason) => {
		if (reason.code === 'POLICY_DENIED' && best !== undefined)
			return { ...reason, remedy: remedyBy(reason, best, window) };
		const smaller = OF_A_SIZE.has(reason.code) ? smallerBy(reason, alternatives, request) : undefined;
		if (isOfAll(reason)) return withFewer(reason, remedyOf(reason, shifted?.grant, window), alternatives);
		const remedy = smaller ?? remedyOf(reason, OF_A_TIME.has(reason.code) ? shifted?.grant : undefined, window);
		return remedy === undefined ? reason : { ...reason, remedy };
	});
	return told.map((reason) => withinLimits(reason, told, request)).map(withService);
}

/** What the offer would have to say to be this alternative. */
function remedyBy(reason: Reason, { grant, differences }: Alternative, window: Window): Remedy {
	const { remedy: _, ...plain } = reason;
	if (differences.every(({ field }) => TIME_ONLY.has(field))) return remedyOf(plain, grant, window)!;
	const changes = differences.map(({ field, serviceName, offered }) => {
		const of = serviceName === undefined ? '' : ` of ${serviceName}`;
		if (field === 'startAt' || field === 'endAt')
			return `${field.replace('At', ' at')} ${printDateTime(Number(offered))}`;
		if (typeof offered === 'string') return `${field === 'price' ? 'pay' : 'take'} ${offered}${of}`;
		return `ask for ${moreText(offered, RESOURCE_OF[field])}${of}`;
	});
	return { text: changes.join(', ') };
}

const RESOURCE_OF: { readonly [field in Difference['field']]?: Reason['resource'] } = {
	durationSeconds: 'time',
	machineCount: 'machines',
	cpuCount: 'cpus',
	memoryBytes: 'memoryBytes',
	diskBytes: 'diskBytes',
	networkBitsPerSecond: 'networkBitsPerSecond',
	totalCpuCount: 'cpus',
	totalMemoryBytes: 'memoryBytes',
	totalDiskBytes: 'diskBytes',
};

/** What is nearest to a range that holds nothing, no larger than what else is told is the most. */
function withinLimits(reason: Reason, all: readonly Reason[], request: Omit<ServiceRequest, 'window'>): Reason {
	const { code, resource, serviceName, path, remedy } = reason;
	const field = resource && SIZE_OF[resource];
	if (code !== 'RANGE_EMPTY' || field === undefined || typeof remedy?.allowed !== 'number') return reason;
	const services = servicesOf<RequestedService>(request as ServiceRequest);
	const service = services.find((each) => each.serviceName === serviceName) ?? services[0]!;
	const totals = [service.totalCpuCount, service.totalMemoryBytes, service.totalDiskBytes];
	const machines = totals.some((total) => total?.path === path) ? fewestMachines(service.machineCount) : 1;
	const mosts = all.flatMap((other) => {
		const allowed = other.remedy?.allowed;
		if (!OF_A_SIZE.has(other.code) || other.serviceName !== serviceName || typeof allowed !== 'number') return [];
		if (other.resource === undefined || SIZE_OF[other.resource] !== field) return [];
		const millicores = service.workspace.cpuSharePercent * MILLICORES_PER_PERCENT;
		return [machines * (other.resource === 'cpuMillicores' ? allowed / millicores : allowed)];
	});
	const most = Math.min(...mosts);
	if (remedy.allowed <= most) return reason;
	return {
		...reason,
		available: most,
		remedy: { ...remedy, text: `ask for ${amountText(most, resource)}`, allowed: most },
	};
}

/** What a reason says of one service, its remedy says of that one; where it only names another time, of all. */
function withService(reason: Reason): Reason {
	const { serviceName, remedy } = reason;
	if (serviceName === undefined || remedy === undefined) return reason;
	const { text: _, startAt: __, endAt: ___, ...of } = remedy;
	return Object.keys(of).length === 0 ? reason : { ...reason, remedy: { ...remedy, serviceName } };
}

/** Whether it is about services that do not fit together. */
function isOfAll({ code, resource, serviceName, available }: Reason): boolean {
	const isCapacity = code.startsWith('CAPACITY_');
	return isCapacity && resource === 'machines' && serviceName === undefined && available === undefined;
}

/** With fewer machines of one service as well, where an alternative changes nothing else. */
function withFewer(reason: Reason, remedy: Remedy | undefined, alternatives: readonly Alternative[]): Reason {
	const found = alternatives.find(
		({ differences }) =>
			differences.some(({ field }) => field === 'machineCount') &&
			differences.every(({ field }) => field === 'machineCount' || field === 'price') &&
			differences.filter(({ field }) => field === 'machineCount').length === 1,
	);
	const fewer = found?.differences.find(({ field }) => field === 'machineCount');
	if (found === undefined || fewer?.serviceName === undefined)
		return remedy === undefined ? reason : { ...reason, remedy };
	const allowed = servicesOf<GrantedService>(found.grant).reduce((sum, { machineCount }) => sum + machineCount, 0);
	const { serviceName } = fewer;
	const text = `at most ${amountText(Number(fewer.offered), 'machines')} of ${serviceName}`;
	return {
		...reason,
		remedy: {
			...remedy,
			...(remedy?.serviceName === undefined || remedy.serviceName === serviceName
				? {}
				: { moreFor: remedy.serviceName }),
			serviceName,
			allowed,
			text: remedy === undefined ? text : `${remedy.text}, or ${text}`,
		},
	};
}

const SHIFTS: ReadonlySet<Alternative['kind']> = new Set(['earlier', 'later']);
const TIME_ONLY: ReadonlySet<string> = new Set(['startAt', 'endAt', 'price']);

/** What is in the way at one time and may not be at another. */
const OF_A_TIME: ReadonlySet<Reason['code']> = new Set([
	'CAPACITY_RESERVED',
	'PRICE_EXCEEDED',
	'QUOTA_EXCEEDED',
	'FAIR_SHARE',
	'WINDOW_PAST',
	'WINDOW_TOO_SHORT',
	'WINDOW_TOO_FAR',
	'LEAD_TIME',
]);

/** What no time makes fit, but a smaller size. */
const OF_A_SIZE: ReadonlySet<Reason['code']> = new Set(['CAPACITY_TOO_SMALL', 'LIMIT_EXCEEDED']);

const SIZE_OF: { readonly [resource in NonNullable<Reason['resource']>]?: SizeField | 'machineCount' } = {
	machines: 'machineCount',
	cpus: 'cpuCount',
	cpuMillicores: 'cpuCount',
	memoryBytes: 'memoryBytes',
	diskBytes: 'diskBytes',
	networkBitsPerSecond: 'networkBitsPerSecond',
};

/** Where an alternative changes nothing but the size that is short: that size, as it may be asked for. */
function smallerBy(
	{ resource, serviceName: service }: Reason,
	alternatives: readonly Alternative[],
	request: Omit<ServiceRequest, 'window'>,
): Remedy | undefined {
	const field = resource && SIZE_OF[resource];
	if (field === undefined) return undefined;
	const found = alternatives.find(
		({ differences }) =>
			differences.some((each) => each.field === field) &&
			differences.every((each) => (each.field === field && each.serviceName === service) || each.field === 'price'),
	);
	const grant = found && servicesOf<GrantedService>(found.grant).find(({ serviceName }) => serviceName === service);
	// What it costs less beyond the ceiling is another reason.
	if (grant === undefined) return undefined;
	const size = grant[field];
	const each = field === 'machineCount' || grant.machineCount === 1 ? '' : ' in each machine';
	const unit = resource === 'cpuMillicores' ? 'cpus' : resource;
	const text = `at most ${amountText(size, unit, Math.floor)}${each}`;
	if (resource !== 'cpuMillicores') return { text, allowed: size };
	const asked = servicesOf<RequestedService>(request as ServiceRequest);
	const { workspace } = asked.find(({ serviceName }) => serviceName === service) ?? asked[0]!;
	return { text, allowed: size * workspace.cpuSharePercent * MILLICORES_PER_PERCENT };
}

function remedyOf(
	reason: Reason,
	shifted: Pick<ServiceGrant, 'startAt' | 'endAt'> | undefined,
	window: Window,
): Remedy | undefined {
	const change = changeOf(reason);
	if (shifted === undefined) return change;
	const { startAt, endAt } = shifted;
	// The EndTime that was asked refuses a start so late.
	const isBeyond = window.endAt !== undefined && endAt > window.endAt;
	const end = isBeyond ? ` and end at ${printDateTime(endAt)}` : '';
	const start = `start at ${printDateTime(startAt)}${end}`;
	const times = isBeyond ? { startAt, endAt } : { startAt };
	if (change === undefined || REPLACED.has(reason.code)) return { ...change, text: start, ...times };
	return { ...change, text: `${change.text}, or ${start}`, ...times };
}

/** What is in the way of a time alone: there is one that is known to do, so the bound need not be told in words. */
const REPLACED: ReadonlySet<Reason['code']> = new Set(['WINDOW_PAST', 'LEAD_TIME']);

/** What would have to be otherwise, whatever the time; what the reason says of it already stands. */
function changeOf(reason: Reason): Remedy | undefined {
	const { code, available, limit, remedy } = reason;
	if (remedy !== undefined) return remedy;
	switch (code) {
		case 'CAPACITY_RESERVED':
			return moreOf(reason, reason.host === undefined ? 'over all hosts' : 'on one host');
		case 'CAPACITY_TOO_SMALL':
			// Of several machines together it says nothing of how large each may be.
			if (reason.resource !== 'machines') return undefined;
			return (limit ?? available) === 0 ? { text: 'smaller machines' } : nearest(reason, limit ?? available, 'at most');
		case 'LIMIT_EXCEEDED':
			// Of what hosts have too little of, even the least is too much.
			return reason.host === undefined ? nearest(reason, limit, 'at most') : undefined;
		case 'RANGE_EMPTY':
			return nearest(reason, available, 'ask for');
		case 'WINDOW_TOO_LONG':
			return nearest(reason, limit, 'at most');
		case 'BELOW_MINIMUM':
			return nearest(reason, limit, 'at least');
		case 'WINDOW_TOO_SHORT':
			return nearest(reason, available, 'at most');
		case 'WINDOW_TOO_FAR':
			return instant(limit, 'end at', 'or before');
		case 'PRICE_EXCEEDED':
			return { text: `pay ${available}`, allowed: String(available) };
		case 'CURRENCY_UNKNOWN':
			return { text: `pay in ${available}`, allowed: String(available) };
		case 'CREATION_CONSTRAINT':
		case 'IMAGE_UNKNOWN':
			return available === undefined ? undefined : { text: `say ${available}`, allowed: available };
		case 'NEEDS_RESTART':
			return { text: 'allow a restart', permit: 'restart' };
		case 'NEEDS_MOVE':
			return { text: 'allow a move to another host', permit: 'move' };
		default:
			return undefined;
	}
}

function moreOf(reason: Reason, where: string): Remedy | undefined {
	const { asked, available } = reason;
	return typeof asked === 'number' && typeof available === 'number' ? moreRemedy(reason, where, {}) : undefined;
}

/**
 * So much more of the reason's resource, when and where it is short: by default what is asked beyond what is available,
 * in the interval in which it binds.
 */
export function moreRemedy(reason: Reason, where: string, exact: Omit<Remedy, 'text'>): Remedy {
	const { resource } = reason;
	const { more = Number(reason.asked) - Number(reason.available), interval = reason.interval } = exact;
	const when = interval === undefined ? '' : ` ${intervalText(interval)}`;
	const bound = exact.atLeast === true ? 'at least ' : '';
	const what =
		resource === 'machines'
			? `room for ${amountText(more, resource)} more`
			: `${bound}${moreText(more, resource)} more`;
	return { text: `${what}${when} ${resource === 'machines' ? '' : where}`.trimEnd(), ...exact, more };
}

function moreText(more: number, resource: Reason['resource']): string {
	const noun = resource === 'diskBytes' ? ' of disk' : resource === 'memoryBytes' ? ' of memory' : '';
	return `${amountText(more, resource)}${noun}`;
}

function nearest({ resource }: Reason, allowed: Reason['limit'], words: string): Remedy | undefined {
	if (allowed === undefined) return undefined;
	const rounded = words === 'at most' ? Math.floor : Math.ceil;
	const text = typeof allowed === 'number' ? amountText(allowed, resource, rounded) : allowed;
	return { text: `${words} ${text}`, allowed };
}

function instant(allowed: Reason['limit'], before: string, after: string): Remedy | undefined {
	if (typeof allowed !== 'number') return undefined;
	return { text: `${before} ${printDateTime(allowed)} ${after}`, allowed };
}
