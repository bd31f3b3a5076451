/** Every file of `decision/` is a story: a site, what is reserved, an offer, and what the site shall answer. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withoutAbsent } from '../../src/agreement/document.ts';
import { contains, intersect, printRange } from '../../src/agreement/jsdl/range.ts';
import {
	type ChangeTerm,
	type Demand,
	type ServiceRequest,
	type WorkspaceTerm,
	withServices,
} from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { addResources, defineUsage, type Placement } from '../../src/capacity/resources.ts';
import { gangOf, placementsOf } from '../../src/capacity/search/gang.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import { alignedWith, inOrderOf } from '../../src/negotiation/change.ts';
import { decide, type PreviousGrant, type Question } from '../../src/negotiation/decide.ts';
import type { Decision } from '../../src/negotiation/decision.ts';
import { HeldTogether, judgeTogether } from '../../src/negotiation/policy/held.ts';
import { HOLD_LIMITS_DEFAULT, type HoldLimits } from '../../src/negotiation/policy/holds.ts';
import { POLICY_DEFAULTS, type SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { accountOf, readQuotas } from '../../src/negotiation/policy/quota.ts';
import { VoUsage } from '../../src/negotiation/policy/usage.ts';
import { becauseOf } from '../../src/negotiation/reasons/because.ts';
import type { Verdict } from '../../src/negotiation/verdict.ts';
import { zoneOffsets } from '../../src/time-zone.ts';
import { sentBack } from '../negotiation/requests.ts';
import { parseAmount, parseMoney, parseRange, parseResources, parseTime, tell, tellAmounts } from './language.ts';

interface Scenario {
	readonly story: string;
	readonly now: string;
	readonly site: {
		/** Name -> resources, or resources and labels. */
		readonly hosts: Readonly<
			Record<string, string | { readonly has: string; readonly labels: Record<string, string> }>
		>;
		/** Name -> size of its disk. */
		readonly images: Readonly<Record<string, string>>;
		readonly policy?: Readonly<Record<string, string | number | boolean>>;
		/** As the configuration has them. */
		readonly prices?: object;
		readonly quotas?: object;
		/** What the site's own policy says to the offer. */
		readonly ownPolicy?: Verdict;
	};
	/** Who asks: a VO. */
	readonly vo?: string;
	readonly reserved?: readonly {
		on: string;
		takes: string;
		from: string;
		to: string;
		vo?: string;
		note?: string /** For offers, not for an agreement. */;
		held?: boolean;
	}[];
	/** The agreement that the offer renegotiates; it runs where its window has begun. */
	readonly running?: OfferWords & {
		/** Of a mixed cluster each of its services says it. */
		readonly on?: string;
		readonly from: string;
		readonly to: string;
		/** What the request says beside the offer. */
		readonly mayRestart?: boolean;
		readonly mayMove?: boolean;
		/** What was agreed to be paid for it. */
		readonly price?: string;
	};
	readonly offer: OfferWords;
	/** Creation constraints of the template: what alternatives must keep to, and of machines and CPUs what the offer must. */
	readonly template?: { readonly memoryMultipleOf?: string; readonly machines?: string; readonly cpus?: string };
	/** Optional constraints of a negotiation offer. */
	readonly wouldLike?: readonly { what: keyof typeof LIKED; range: string | number; importance: number }[];
	readonly expect: object;
}

/** What an offer can say that it would like, and the value of a grant that this is about. */
const LIKED = { machines: 'machineCount', cpus: 'cpuCount', memory: 'memoryBytes' } as const;

interface OfferWords {
	readonly machines?: string | number;
	readonly cpus?: string | number;
	readonly memory?: string;
	readonly disk?: string;
	readonly bandwidth?: string;
	readonly totalCpus?: string | number;
	readonly totalMemory?: string;
	readonly start?: string;
	readonly end?: string;
	readonly duration?: string;
	readonly image?: string;
	readonly cpuSharePercent?: number;
	readonly atEnd?: WorkspaceTerm['endAction'];
	readonly keptFor?: string;
	readonly hosts?: readonly string[];
	readonly architecture?: string;
	readonly largestPreferred?: boolean;
	/** The most that is paid: `2.50 EUR`. */
	readonly paysAtMost?: string;
	/** The name of what nobody here enforces. */
	readonly unenforceable?: string;
	readonly guarantee?: string;
	/** What the offer says that its change may do. */
	readonly change?: ChangeTerm;
	/** Of a mixed cluster: the services by their names, in the place of the sizes; of one that runs, where each is. */
	readonly services?: Readonly<Record<string, ServiceWords>>;
}

interface ServiceWords extends OfferWords {
	readonly on?: string;
}

const FOLDER = join(import.meta.dirname, 'decision');

describe('the stories of decisions', () => {
	it.each(readdirSync(FOLDER).sort())('%s', (file) => {
		const scenario: Scenario = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
		const question = questionOf(scenario);
		const decision = decide(question);
		const because = decision.kind === 'accept' ? becauseOf(question, decision) : [];
		const told = { ...tell(decision, because, scenario.expect), ...tellHold(scenario, question, decision) };
		expect(told, scenario.story).toEqual(scenario.expect);
		if (decision.kind !== 'counter') return;
		for (const { grant, price } of decision.alternatives) {
			const again = decide({ ...question, violations: [], request: sentBack(question.request, grant, price) });
			expect(again, 'an alternative is accepted as it stands').toMatchObject({ kind: 'accept' });
		}
	});
});

/** Whether what is accepted may be held beside what is held already, where the scenario expects to be told. */
function tellHold(
	{ vo = '', reserved = [], expect: expected }: Scenario,
	question: Question,
	decision: Decision,
): object {
	if (!('held' in expected) || decision.kind !== 'accept') return {};
	const { calendar, policy, now } = question;
	const together = new HeldTogether(calendar.hosts.map(({ capacity }) => capacity).reduce(addResources));
	for (const each of reserved) if (each.held) together.take(each.vo ?? '', reservationOf(each));
	const placements = placementsOf(decision.placement);
	const hasRoom = (later: number) =>
		placements.every(({ startAt, usage, machines }) => {
			const count = machines.reduce((sum, share) => sum + share.count, 0);
			return calendar.fit({ startAt: startAt + later, usage, count }) !== null;
		});
	const times = { placements, startAt: decision.grant.startAt, now, untilAt: now + policy.horizonSeconds, hasRoom };
	const reasons = judgeTogether(together.scopesOf(policy.holds, vo), placements, times);
	const wouldFit = reasons.map(({ remedy }) => remedy?.text);
	return reasons.length === 0 ? { held: 'yes' } : { held: { because: reasons.map(tellAmounts), wouldFit } };
}

function reservationOf({ on, takes, from, to }: NonNullable<Scenario['reserved']>[number]): Placement {
	const startAt = parseTime(from);
	const phase = { offsetSeconds: 0, durationSeconds: parseTime(to) - startAt, demand: parseResources(takes) };
	const machines = on.split(', ').map((host) => ({ host, count: 1 }));
	return { startAt, usage: defineUsage([phase]), machines };
}

function questionOf({ now, site, vo, reserved = [], running, offer, template, wouldLike }: Scenario): Question {
	const hosts = Object.entries(site.hosts).map(([name, host]) => {
		const { has, labels } = typeof host === 'string' ? { has: host, labels: {} } : host;
		return { name, capacity: parseResources(has), labels };
	});
	const calendar = new SiteCalendar(hosts);
	const siteMillicores = hosts.reduce((sum, { capacity }) => sum + capacity.cpuMillicores, 0);
	const policy = policyOf(site, siteMillicores);
	const usage = policy.quotas && new VoUsage(policy.quotas.period);
	for (const each of reserved) {
		const { vo: owner } = each;
		const placement = reservationOf(each);
		calendar.book(placement);
		if (usage !== undefined && owner !== undefined) usage.take(accountOf(policy.quotas!, owner), placement);
	}
	const names = Object.keys(running?.services ?? {});
	const asked = requestOf(offer, site);
	const request = (names.length > 0 && inOrderOf(names, asked)) || asked;
	const before = running && previousOf(running, site, policy, parseTime(now));
	const previous = before && names.length > 0 ? alignedWith(names, before, request) : before;
	return {
		request,
		...againstTemplate(request, template),
		calendar,
		policy,
		now: parseTime(now),
		...(vo && { party: { name: 'somebody', vo } }),
		...(usage && { usage }),
		...(site.ownPolicy && { verdict: site.ownPolicy }),
		...(previous && { previous }),
		...(wouldLike && liking(wouldLike)),
	};
}

/** What of the offer the template does not admit, and what of a grant it does. */
function againstTemplate(
	request: ServiceRequest,
	template: Scenario['template'] = {},
): Pick<Question, 'violations' | 'satisfies' | 'admitted'> {
	const limits = (['machines', 'cpus'] as const).flatMap((word) => {
		const allowed = template[word];
		return allowed === undefined ? [] : [{ field: LIKED[word], nth: 0, range: parseRange(allowed), allowed }];
	});
	const violations = limits.flatMap(({ field, range, allowed }) => {
		const { path, range: asked } = request[field] ?? {};
		if (path === undefined || asked === undefined || printRange(intersect(asked, range)) === printRange(asked))
			return [];
		const found = printRange(asked);
		const message = `The template does not allow ${found}.`;
		return [{ path, location: path, found, allowed, message, isOfGrant: true }];
	});
	return {
		violations,
		satisfies: (grant) =>
			grant.memoryBytes % parseAmount(template.memoryMultipleOf ?? 1) === 0 &&
			limits.every(({ field, range }) => contains(range, grant[field])),
		admitted: () => limits,
	};
}

function liking(wishes: NonNullable<Scenario['wouldLike']>): Pick<Question, 'importanceOf' | 'optionalDemands'> {
	const items = wishes.map(({ what, range, importance }) => {
		return { importance, admits: [{ field: LIKED[what], nth: 0, range: parseRange(range) }] as const };
	});
	return {
		importanceOf: (grant) =>
			items.reduce((sum, { importance, admits: [{ field, range }] }) => {
				return sum + (contains(range, grant[field]) ? importance : 0);
			}, 0),
		optionalDemands: () => ({ items, always: [] }),
	};
}

function policyOf(
	{ images, policy: words = {}, prices, quotas }: Scenario['site'],
	siteMillicores: number,
): SitePolicy {
	const { holdPercent, holdPercentPerVo, ...others } = words;
	const { bandwidthCanBeShaped = true, memoryCanGrow = true, cpusCanGrow = true, overhead = 0, ...limits } = others;
	const abilities = {
		networkShaping: Boolean(bandwidthCanBeShaped),
		memoryHotAdd: Boolean(memoryCanGrow),
		cpuHotAdd: Boolean(cpusCanGrow),
		memoryOverhead: { baseBytes: parseAmount(String(overhead)), perCpuBytes: 0, perMemoryMillionths: 0 },
		memoryBytesMin: parseAmount('64 MiB'),
		memoryStepBytes: parseAmount('128 MiB'),
	};
	const known = new Map(
		Object.entries(images).map(([name, size]) => [digestOf(name), { name, diskBytes: parseAmount(size) }]),
	);
	const numbers = Object.entries(limits).map(([name, value]) => [name, parseAmount(String(value))]);
	return {
		...POLICY_DEFAULTS,
		setupSeconds: 0,
		teardownSeconds: 0,
		...Object.fromEntries(numbers),
		holds: {
			...HOLD_LIMITS_DEFAULT,
			...withoutAbsent({ sitePercentMax: holdPercent, voPercentMax: holdPercentPerVo }),
		} as HoldLimits,
		abilities,
		images: known,
		...(prices && { prices: pricesOf(prices) }),
		...(quotas && { quotas: quotasOf(quotas, siteMillicores) }),
	};
}

function pricesOf(prices: object) {
	const reading = readPriceModel(prices, zoneOffsets);
	if (!reading.ok) throw new Error(reading.issues.join(' '));
	return reading.model;
}

function quotasOf(quotas: object, siteMillicores: number) {
	const reading = readQuotas(quotas, siteMillicores);
	if (!reading.ok) throw new Error(reading.issues.join(' '));
	return reading.quotas;
}

function requestOf(words: OfferWords, site: Scenario['site']): ServiceRequest {
	const { services } = words;
	if (services === undefined) return serviceRequestOf(words, site);
	const { services: _, ...common } = words;
	const requests = Object.entries(services).map(([serviceName, own]) => {
		return { ...serviceRequestOf({ ...common, ...own }, site), serviceName };
	});
	return withServices(serviceRequestOf(common, site), requests);
}

function serviceRequestOf(words: OfferWords, site: Scenario['site']): ServiceRequest {
	const demands: { [name: string]: Demand } = {};
	const demand = (name: keyof ServiceRequest, text: string | number | undefined): void => {
		if (text !== undefined) demands[name] = { range: parseRange(text), path: `/${name}` };
	};
	demand('machineCount', words.machines);
	demand('cpuCount', words.cpus);
	demand('memoryBytes', words.memory);
	demand('diskBytes', words.disk);
	demand('networkBitsPerSecond', words.bandwidth);
	demand('totalCpuCount', words.totalCpus);
	demand('totalMemoryBytes', words.totalMemory);
	const { guarantee, unenforceable } = words;
	return {
		...demands,
		serviceName: 'workspace',
		candidateHosts: words.hosts ?? [],
		...(words.architecture && { cpuArchitecture: words.architecture }),
		window: {
			...(words.start && { startAt: parseTime(words.start) }),
			...(words.end && { endAt: parseTime(words.end) }),
			durationSeconds: parseAmount(words.duration ?? '1 h'),
		},
		windowPath: '/window',
		workspace: workspaceOf(words, site),
		workspacePath: '/workspace',
		prefersLargest: words.largestPreferred ?? false,
		...(words.paysAtMost && { priceCeiling: { ...parseMoney(words.paysAtMost), path: '/quote' } }),
		unsupported: [
			...(guarantee
				? [{ kind: 'measure' as const, path: '/guarantee', subject: guarantee, why: 'nobody measures it' }]
				: []),
			...(unenforceable
				? [{ kind: 'enforce' as const, path: '/alone', subject: unenforceable, why: 'nobody enforces it' }]
				: []),
		],
		remarks: [],
	};
}

function workspaceOf(
	{ image, cpuSharePercent, atEnd, keptFor, change }: OfferWords,
	site: Scenario['site'],
): WorkspaceTerm {
	const imageName = image ?? Object.keys(site.images)[0]!;
	return {
		imageName,
		imageDigest: digestOf(imageName),
		cpuSharePercent: cpuSharePercent ?? 100,
		endAction: atEnd ?? 'shutdown',
		retentionSeconds: parseAmount(keptFor ?? 0),
		...(change && { change }),
	};
}

/** What runs is not booked: whoever renegotiates sets it aside. */
function previousOf(
	words: NonNullable<Scenario['running']>,
	site: Scenario['site'],
	policy: SitePolicy,
	now: number,
): PreviousGrant {
	const startAt = parseTime(words.from);
	const times = { startAt, endAt: parseTime(words.to) };
	const { services = { '': words } } = words;
	const standing = Object.entries(services).map(([serviceName, own]) => {
		const machines = own.on!.split(', ').map((share) => {
			const [host, count] = share.split(' ');
			return { host: host!, count: Number(count) };
		});
		const granted = {
			...(serviceName === '' ? {} : { serviceName }),
			machineCount: machines.reduce((sum, { count }) => sum + count, 0),
			cpuCount: Number(own.cpus),
			memoryBytes: parseAmount(own.memory!),
			diskBytes: 0,
			networkBitsPerSecond: 0,
			workspace: workspaceOf({ ...words, ...own }, site),
		};
		return { granted, placement: { startAt, usage: usageOf({ ...granted, ...times }, policy, startAt), machines } };
	});
	const [first, ...others] = standing.map(({ granted }) => granted);
	const grant = { ...first!, ...times, ...(others.length === 0 ? {} : { others }) };
	const placement = gangOf(standing.map((each) => each.placement));
	const { mayRestart, mayMove, price } = words;
	const said = withoutAbsent({ allowRestart: mayRestart, allowMove: mayMove });
	const agreed = price === undefined ? {} : { price: { ...parseMoney(price), cancellation: [] } };
	return { grant, placement, running: startAt <= now, ...said, ...agreed };
}

/** The digest of an image of that name: each its own. */
function digestOf(name: string): string {
	return `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`;
}
