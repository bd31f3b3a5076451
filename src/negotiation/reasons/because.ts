/** Why an accepted offer got what it got: at which value of its ranges, when, where, for how much. */
import { printRange } from '../../agreement/jsdl/range.ts';
import type { Price } from '../../agreement/terms/quote.ts';
import {
	type Demand,
	type GrantedService,
	type RequestedService,
	type ServiceRequest,
	servicesOf,
} from '../../agreement/terms/service.ts';
import { printDateTime } from '../../agreement/time.ts';
import { mostOnAHost, placementsOf } from '../../capacity/search/gang.ts';
import { hasBegun, standingIn } from '../change.ts';
import type { Because, Decision, Instead } from '../decision.ts';
import type { Question } from '../judge.ts';
import { allowanceOf, policyFor } from '../policy/asker.ts';
import { SIZE_FIELDS, type SizeField } from '../sizes.ts';
import { percentUnder, saidBy } from '../verdict.ts';
import { firstOfferedAt } from '../window.ts';
import { amountText } from './words.ts';

/**
 * One entry for the start, for the hosts of each service, for each size that the offer left open, and for the price
 * where the offer has a ceiling or the site's own policy has changed it. Told from the question and its answer, so it costs an acceptance nothing that is not asked for it.
 * Where the offer that is accepted stands in the place of what its client has `sent`, the reasons are about what was sent.
 * O(sizes).
 */
export function becauseOf(
	question: Question,
	decision: Extract<Decision, { kind: 'accept' }>,
	sent = question.request,
): readonly Because[] {
	const { request, now, previous } = question;
	const { grant, placement, price, instead } = decision;
	const otherwise = instead && insteadText(instead);
	const stays = previous !== undefined && hasBegun(previous, now);
	const standing = previous && standingIn(previous);
	const start = becauseOfStart(question, grant.startAt, stays, sent);
	const plainAt = instead?.plain.grant.startAt ?? grant.startAt;
	const because: Because[] = [
		plainAt === grant.startAt ? start : { ...start, message: otherwise!(printDateTime(plainAt)) },
	];
	const granted = servicesOf<GrantedService>(grant);
	const plainly = instead && servicesOf<GrantedService>(instead.plain.grant);
	const placements = placementsOf(placement);
	for (const [nth, asked] of servicesOf<RequestedService>(request).entries()) {
		const { serviceName, ...values } = granted[nth]!;
		const named = serviceName === undefined ? {} : { serviceName };
		for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
			const plain = plainly === undefined ? values[field] : plainly[nth]![field];
			const message =
				plain === values[field]
					? sizeMessage(asked, values[field], field, standing?.[nth], stays)
					: `${amountText(values[field], RESOURCES[field])}. ${otherwise!(amountText(plain, RESOURCES[field]))}`;
			if (message !== undefined) because.push({ field, ...named, value: values[field], message });
		}
		const hosts = [...new Set(placements[nth]!.machines.map(({ host }) => host))].join(' ');
		const among = amongHosts(asked, servicesOf<RequestedService>(sent)[nth]!);
		const beside = placements.length > 1 ? ', beside the other services' : '';
		const fewest = placements.length > 1 ? 'for which places were found' : 'that there is room for';
		const spread = `At most ${mostOnAHost(placements[nth]!)} on one host ${among}, the fewest ${fewest}`;
		const first = `The first hosts ${among} that suit and have room all that time`;
		const message =
			stays && standing?.[nth] !== undefined
				? 'What runs stays where it is as far as there is room.'
				: `${asked.workspace.placement?.strategy === 'spread' ? spread : first}${beside}.`;
		because.push({ field: 'host', ...named, value: hosts, message });
	}
	const told = price === undefined ? [] : becauseOfPrice(question, sent, price);
	if (told.length > 0) because.push({ field: 'price', value: price!.amount, message: told.join(' ') });
	return because;
}

/** Of which hosts they are the first. */
function amongHosts({ candidateHosts }: RequestedService, sent: RequestedService): string {
	if (candidateHosts.length === 0) return 'of the site';
	return candidateHosts.join() === sent.candidateHosts.join()
		? 'of the CandidateHosts'
		: 'of those in this counter-offer';
}

/** Within which ceiling, and that it is not what the site's list says. */
function becauseOfPrice({ verdict }: Question, { priceCeiling }: ServiceRequest, { amount }: Price): string[] {
	const percent = percentUnder(verdict);
	const isPaid = priceCeiling !== undefined && Number(amount) <= Number(priceCeiling.amount);
	return [
		...(isPaid ? [`The offer pays up to ${priceCeiling.amount} ${priceCeiling.currency}.`] : []),
		...(percent === 100 ? [] : [saidBy(`${percent} percent of the list price`, verdict)]),
	];
}

/** Why something else than the default is granted; of what that has it is told in whose place it stands. */
function insteadText({ importance, importanceMax, isKept, denied }: Instead): (plain: string) => string {
	if (denied !== undefined) {
		const what = "Within the offer, the first that the site's own policy allows of what it was asked about";
		return (plain) => `${what}; else ${plain}, which it denies: ${denied}${/[.!?]$/.test(denied) ? '' : '.'}`;
	}
	const what = isKept
		? `what keeps to its Optional constraints of most Importance, ${importance} of ${importanceMax}`
		: 'what keeps to all that it requires of its answer';
	return (plain) => `Within the offer, ${what}; else ${plain}.`;
}

function becauseOfStart(question: Question, startAt: number, stays: boolean, sent: ServiceRequest): Because {
	const { now, isAdvisory = false } = question;
	const { startAt: askedAt, endAt, durationSeconds } = sent.window;
	const value = printDateTime(startAt);
	if (stays) return { field: 'startAt', value, message: 'What has begun keeps its start.' };
	const isFixed = endAt === undefined || (askedAt !== undefined && endAt - durationSeconds <= askedAt);
	if (sent !== question.request && startAt !== (askedAt ?? now)) {
		return { field: 'startAt', value, message: 'The start of this counter-offer.' };
	}
	if (isFixed) {
		const message = askedAt === undefined ? 'At once, as the offer names no time.' : 'The start that the offer names.';
		return { field: 'startAt', value, message };
	}
	const policy = policyFor(question, allowanceOf(question));
	const offeredAt = firstOfferedAt(policy, now);
	const firstAt = Math.max(
		askedAt ?? now,
		isAdvisory && startAt >= offeredAt ? offeredAt : now + policy.leadTimeSeconds,
	);
	const hurdles = policy.prices !== undefined || policy.quotas !== undefined ? ', price and quotas included' : '';
	const message =
		startAt <= firstAt
			? `The first start between ${printDateTime(firstAt)} and ${printDateTime(endAt - durationSeconds)}.`
			: `The first start from ${printDateTime(firstAt)} on at which all of it can be had${hurdles}.`;
	return { field: 'startAt', value, message };
}

function totalOf(request: RequestedService, field: SizeField | 'machineCount'): Demand | undefined {
	if (field === 'cpuCount') return request.totalCpuCount;
	if (field === 'memoryBytes') return request.totalMemoryBytes;
	return field === 'diskBytes' ? request.totalDiskBytes : undefined;
}

/** Why this value; undefined where the offer left nothing open. */
function sizeMessage(
	request: RequestedService,
	value: number,
	field: SizeField | 'machineCount',
	standing: GrantedService | undefined,
	isBegun: boolean,
): string | undefined {
	const individual = request[field];
	const demand = individual ?? totalOf(request, field);
	const text = amountText(value, RESOURCES[field]);
	if (demand === undefined) {
		if (value === 0) return undefined;
		if (standing !== undefined) return `${text}, as before: the offer does not say.`;
		return field !== 'machineCount' ? `${text}, what this site gives where the offer does not say.` : undefined;
	}
	const [only, second] = demand.range.intervals;
	if (individual !== undefined && second === undefined && only?.lower === only?.upper) return undefined;
	const end =
		field === 'machineCount' || field === 'cpuCount' ? String : (each: number) => amountText(each, RESOURCES[field]);
	const range = `${printRange(demand.range, end)}${individual === undefined ? ' over all machines' : ''}`;
	if (request.prefersLargest) return `${text}: of ${range} the most that there is room for, as the offer prefers.`;
	if (isBegun && value === standing?.[field]) return `${text}, as before: ${range} admits it.`;
	return `${text}: of ${range} the least that can be granted.`;
}

const RESOURCES = {
	machineCount: 'machines',
	cpuCount: 'cpus',
	memoryBytes: 'memoryBytes',
	diskBytes: 'diskBytes',
	networkBitsPerSecond: 'networkBitsPerSecond',
} as const;
