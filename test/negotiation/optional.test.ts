/** Optional constraints: what keeps to those of most Importance is looked for, and offered first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { above, below, between, contains, exactly, type RangeValue, unite } from '../../src/agreement/jsdl/range.ts';
import type { AdmittedField, AdmittedRange } from '../../src/agreement/offer/admitted.ts';
import type { ConstraintViolation } from '../../src/agreement/template/violation.ts';
import type { Price } from '../../src/agreement/terms/quote.ts';
import { type ServiceGrant, withServices } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { grantOf } from '../../src/negotiation/booking.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import type { OptionalDemand } from '../../src/negotiation/judge.ts';
import { judge } from '../../src/negotiation/judge.ts';
import { priceOf } from '../../src/negotiation/policy/price.ts';
import { becauseOf } from '../../src/negotiation/reasons/because.ts';
import { firstOfferedAt } from '../../src/negotiation/window.ts';
import { hostsFor, isPossible, limitsOf } from './oracle.ts';
import { accepted, ask, GIB, HOUR, host, MIB, NOW, occupy, POLICY, requestOf, sentBack, twoHosts } from './requests.ts';
import { QUESTIONS, question, UNIT } from './worlds.ts';

const NUMBERS: Readonly<Partial<Record<AdmittedField, (grant: ServiceGrant, price?: Price) => number | undefined>>> = {
	machineCount: ({ machineCount }) => machineCount,
	cpuCount: ({ cpuCount }) => cpuCount,
	memoryBytes: ({ memoryBytes }) => memoryBytes,
	totalCpuCount: ({ machineCount, cpuCount }) => machineCount * cpuCount,
	startAt: ({ startAt }) => startAt,
	endAt: ({ endAt }) => endAt,
	durationSeconds: ({ startAt, endAt }) => endAt - startAt,
	price: (_, price) => (price === undefined ? undefined : Number(price.amount)),
};

function keeps(ranges: readonly AdmittedRange[], grant: ServiceGrant, price?: Price): boolean {
	return ranges.every(({ field, range }) => {
		const value = NUMBERS[field]!(grant, price);
		return value !== undefined && contains(range, value);
	});
}

function demand(importance: number, field: AdmittedField, range: RangeValue): OptionalDemand {
	return { importance, admits: [{ field, nth: 0, range }] };
}

/** What a client that would like these asks. */
function liking(items: readonly OptionalDemand[], always: readonly AdmittedRange[] = []): Partial<Question> {
	return {
		importanceOf: (grant, price) => {
			return items.reduce((sum, { importance, admits }) => sum + (keeps(admits, grant, price) ? importance : 0), 0);
		},
		optionalDemands: () => ({ items, always }),
		satisfies: (grant, price) => keeps(always, grant, price),
	};
}

describe('the first alternative', () => {
	const sizes = ({ machineCount, cpuCount, memoryBytes, startAt, endAt }: ServiceGrant) =>
		`${machineCount} x ${cpuCount} CPUs, ${memoryBytes / GIB} GiB, ${(startAt - NOW) / HOUR} to ${(endAt - NOW) / HOUR} h`;
	const first = (asked: Parameters<typeof ask>[0], parts: Partial<Question>): string => {
		const decision = ask(asked, parts);
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		return sizes(decision.alternatives[0]!.grant);
	};
	const hour = { startAt: NOW, durationSeconds: HOUR };
	const large = () => new SiteCalendar([host('a', { cpuMillicores: 32_000 }), host('b', { cpuMillicores: 32_000 })]);
	const policy = { ...POLICY, cpuCountMax: 64 };
	const busyUntil = (hours: number) => {
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, NOW, NOW + hours * HOUR, { cpuMillicores: 8000 });
		return calendar;
	};

	it.each<[string, string, Parameters<typeof ask>[0], Partial<Question>]>([
		[
			'has at most the CPUs that the client would like',
			'1 x 7 CPUs, 1 GiB, 0 to 1 h',
			requestOf({ cpus: 4000, memory: GIB, window: hour }),
			{ calendar: large(), policy, ...liking([demand(5, 'cpuCount', below(7))]) },
		],
		[
			'has one of several numbers of machines',
			'11 x 5 CPUs, 1 GiB, 0 to 1 h',
			requestOf({ machines: 40, cpus: 8, memory: GIB, window: hour }),
			{
				calendar: large(),
				policy,
				...liking([demand(5, 'machineCount', unite([1, 3, 11].flatMap((n) => exactly(n).intervals)))]),
			},
		],
		[
			'begins when the client would like it',
			'1 x 8 CPUs, 1 GiB, 30 to 31 h',
			requestOf({ cpus: 8, memory: GIB, window: hour }),
			{ calendar: busyUntil(4), ...liking([demand(1, 'startAt', above(NOW + 30 * HOUR))]) },
		],
		[
			'ends in time, and is as long as it can be until then',
			'1 x 8 CPUs, 1 GiB, 4 to 6.5 h',
			requestOf({ cpus: 8, memory: GIB, window: { startAt: NOW, durationSeconds: 5 * HOUR } }),
			{
				calendar: busyUntil(4),
				...liking([demand(1, 'endAt', below(NOW + 6.5 * HOUR)), demand(1, 'cpuCount', exactly(8))]),
			},
		],
		[
			'keeps to a total',
			'4 x 2 CPUs, 1 GiB, 0 to 1 h',
			requestOf({ machines: 4, cpus: 400, memory: GIB, window: hour }),
			{
				calendar: large(),
				policy,
				...liking([demand(1, 'totalCpuCount', below(11)), demand(1, 'machineCount', exactly(4))]),
			},
		],
		[
			'is kept to where more is granted than was asked, as of a disk smaller than the image',
			'1 x 1 CPUs, 0.5 GiB, 1 to 2 h',
			requestOf({ disk: GIB, window: hour }),
			{
				policy: { ...POLICY, defaults: { cpuCount: 1, memoryBytes: GIB / 2 } },
				...liking([demand(1, 'startAt', above(NOW + HOUR))]),
			},
		],
		[
			'gives up what weighs less where not all can be had',
			'1 x 8 CPUs, 1 GiB, 4 to 5 h',
			requestOf({ cpus: 8, memory: GIB, window: hour }),
			{
				calendar: busyUntil(4),
				...liking([
					demand(3, 'startAt', below(NOW)),
					demand(2, 'cpuCount', exactly(8)),
					demand(2, 'machineCount', exactly(1)),
				]),
			},
		],
	])('%s', (_, expected, asked, parts) => {
		expect(first(asked, parts)).toBe(expected);
	});

	it('is one of a choice: less at once, or as much as the client would like later', () => {
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, NOW, NOW + 6 * HOUR, { cpuMillicores: 4000 });
		const likesSix = liking([demand(5, 'cpuCount', below(6))]);
		const decision = ask(requestOf({ cpus: 12, memory: GIB, window: hour }), { calendar, ...likesSix });
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		expect(decision.alternatives.slice(0, 2).map(({ grant }) => sizes(grant))).toEqual([
			'1 x 4 CPUs, 1 GiB, 0 to 1 h',
			'1 x 6 CPUs, 1 GiB, 6 to 7 h',
		]);
	});

	it('is not sought among what nobody would like', () => {
		const asked = requestOf({ cpus: 4000, memory: GIB, window: hour });
		const plain = ask(asked, { calendar: large(), policy });
		const unliked = liking([demand(-5, 'cpuCount', above(40)), demand(0, 'cpuCount', below(2))]);
		expect(ask(asked, { calendar: large(), policy, ...unliked })).toEqual(plain);
	});

	it('keeps to the Importance of all that can be kept to together, whatever else is busy', () => {
		const seen = { liked: 0, split: 0 };
		fc.assert(
			fc.property(question, likes, (random, { items, always }) => {
				const asked: Question = { ...random, ...liking(items, always) };
				const decision = decide(asked);
				const hosts = hostsFor(asked);
				if (decision.kind === 'accept' || hosts.length === 0) return;
				const judgement = judge(asked);
				if (judgement.asked === undefined || judgement.finalReasons.length > 0) return;
				const most = mostImportance(asked, always);
				if (most === 0) return;
				seen.liked += 1;
				if (most < items.reduce((sum, { importance }) => sum + importance, 0)) seen.split += 1;
				const found = decision.kind === 'counter' ? decision.alternatives[0] : undefined;
				const kept = found === undefined ? 0 : asked.importanceOf!(found.grant, found.price);
				expect(kept, `of ${JSON.stringify(items)}`).toBeGreaterThanOrEqual(most);
				const again = decide({ ...asked, request: sentBack(asked.request, found!.grant, found!.price) });
				expect(again.kind).toBe('accept');
			}),
			// Everything is tried for each.
			{ numRuns: Math.ceil(QUESTIONS / 8) },
		);
		expect(Math.min(seen.liked, 2 * seen.split)).toBeGreaterThan(QUESTIONS / 40);
	});
});

describe('what is granted within an offer', () => {
	const window = { startAt: NOW, endAt: NOW + 8 * HOUR, durationSeconds: HOUR };
	const grantedFor = (asked: Parameters<typeof ask>[0], parts: Partial<Question>): string => {
		const { grant } = accepted(ask(asked, parts));
		const { machineCount, cpuCount, memoryBytes, startAt } = grant;
		return `${machineCount} x ${cpuCount} CPUs, ${memoryBytes / GIB} GiB, at ${(startAt - NOW) / HOUR} h`;
	};
	const open = { cpus: [2, 8] as const, memory: [GIB, 8 * GIB] as const, window };

	it.each<[string, string, Parameters<typeof ask>[0], Partial<Question>]>([
		['is the least without constraints', '1 x 2 CPUs, 1 GiB, at 0 h', requestOf(open), liking([])],
		[
			'is the least that the client would like',
			'1 x 4 CPUs, 1 GiB, at 0 h',
			requestOf(open),
			liking([demand(5, 'cpuCount', above(4))]),
		],
		[
			'is what weighs most where not all can be had',
			'1 x 2 CPUs, 6 GiB, at 3 h',
			requestOf(open),
			liking([
				demand(4, 'memoryBytes', above(6 * GIB)),
				demand(2, 'cpuCount', above(9)),
				demand(1, 'startAt', above(NOW + 3 * HOUR)),
			]),
		],
		[
			'is as large as can be up to what the client would like',
			'1 x 5 CPUs, 8 GiB, at 0 h',
			requestOf({ ...open, prefersLargest: true }),
			liking([demand(1, 'cpuCount', below(5))]),
		],
		[
			'is the earliest of what weighs as much',
			'1 x 4 CPUs, 1 GiB, at 0 h',
			requestOf(open),
			liking([
				demand(1, 'startAt', above(NOW + 3 * HOUR)),
				demand(1, 'cpuCount', exactly(4)),
				demand(1, 'startAt', below(NOW)),
			]),
		],
		[
			'keeps to what the client would like of what the offer does not say',
			'3 x 2 CPUs, 1 GiB, at 0 h',
			requestOf(open),
			liking([demand(1, 'machineCount', above(3))]),
		],
		[
			'keeps to a total',
			'2 x 3 CPUs, 1 GiB, at 0 h',
			requestOf({ ...open, machines: [1, 2], cpus: [2, 3] }),
			liking([demand(1, 'totalCpuCount', above(5))]),
		],
		[
			'is of a total that only machines smaller than the default have room for',
			'4 x 2 CPUs, 1 GiB, at 0 h',
			requestOf({ window }),
			{
				calendar: new SiteCalendar([host('a', { memoryBytes: 4 * GIB })]),
				policy: { ...POLICY, cpuCountMax: 2, defaults: { cpuCount: 1, memoryBytes: 2 * GIB } },
				...liking([
					demand(2, 'totalCpuCount', above(7)),
					demand(1, 'memoryBytes', exactly(GIB)),
					demand(1, 'cpuCount', exactly(1)),
					demand(1, 'machineCount', below(4)),
				]),
			},
		],
		[
			'is the default where what the client would like lies beyond its offer',
			'1 x 2 CPUs, 1 GiB, at 0 h',
			requestOf(open),
			liking([demand(9, 'cpuCount', above(12)), demand(9, 'startAt', above(NOW + 20 * HOUR))]),
		],
		[
			'is the least that it requires of an answer',
			'1 x 3 CPUs, 1 GiB, at 0 h',
			requestOf(open),
			{
				...liking([], [{ field: 'cpuCount', nth: 0, range: above(3) }]),
				unmetBy: requiring(({ cpuCount }) => cpuCount >= 3),
			},
		],
		[
			'is found where only trying tells what is required',
			'1 x 3 CPUs, 6 GiB, at 0 h',
			requestOf({ ...open, cpus: [3, 8] }),
			{ ...liking([]), unmetBy: requiring(({ cpuCount, memoryBytes }) => memoryBytes === 2 * GIB * cpuCount) },
		],
	])('%s', (_, expected, asked, parts) => {
		expect(grantedFor(asked, { unmetBy: () => [], ...parts })).toBe(expected);
	});

	it('is found among several services where only trying tells what they have to be together', () => {
		const head = { ...requestOf({ ...open, cpus: [1, 8] }), serviceName: 'head' };
		const workers = { ...requestOf({ ...open, machines: [1, 4] }), serviceName: 'workers' };
		const unmetBy: Question['unmetBy'] = ({ cpuCount, others = [] }) => {
			const { machineCount } = others[0]!;
			const isKept = cpuCount === 2 * machineCount && machineCount > 2;
			return isKept ? [] : [{ ...VIOLATION, message: `${cpuCount} CPUs, ${machineCount} machines.` }];
		};
		const { grant } = accepted(ask(withServices(head, [head, workers]), { ...liking([]), unmetBy }));
		expect([grant.startAt, grant.cpuCount, grant.others?.[0]?.machineCount]).toEqual([NOW, 6, 3]);
		const never = requiring(({ cpuCount, others = [] }) => cpuCount === 2 * (others[0]?.machineCount ?? 0) + 9);
		expect(ask(withServices(head, [head, workers]), { ...liking([]), unmetBy: never }).kind).not.toBe('accept');
	});

	it('that cannot be had says of what it demands what the best has that could be had, and that is had where it is allowed', () => {
		// Two of 12 CPUs are on no host; the best is not the one that comes nearest to what is demanded.
		const asked = requestOf({ machines: 2, cpus: 12, window: { startAt: NOW, durationSeconds: HOUR } });
		const allowing = (machines: number): NonNullable<Question['unmetBy']> => {
			return ({ machineCount }) =>
				machineCount > machines
					? [{ ...VIOLATION, path: '/machines', found: String(machineCount), allowed: `at most ${machines}` }]
					: [];
		};
		const free = ask(asked);
		if (free.kind !== 'counter') throw new Error(free.kind);
		const counts = free.alternatives.map(({ grant }) => grant.machineCount);
		const decision = ask(asked, { unmetBy: allowing(0) });
		if (decision.kind !== 'reject') throw new Error(decision.kind);
		const reason = decision.reasons.find(({ code }) => code === 'CREATION_CONSTRAINT')!;
		expect(reason).toMatchObject({
			message: expect.stringContaining(`: the best of it has ${counts[0]} here, and demanded is at most 0.`),
			remedy: { allowed: String(counts[0]) },
		});
		expect(ask(asked, { unmetBy: allowing(Number(reason.remedy!.allowed)) }).kind).toBe('counter');
	});

	it('is said to be so, beside what would be granted else', () => {
		const parts = { unmetBy: () => [], ...liking([demand(5, 'cpuCount', below(4)), demand(2, 'cpuCount', above(9))]) };
		const asked = requestOf({ ...open, prefersLargest: true });
		const decision = accepted(ask(asked, parts));
		const { instead } = decision;
		expect(instead).toMatchObject({ importance: 5, importanceMax: 7, isKept: true, isChoice: true });
		expect(instead!.plain.grant.cpuCount).toBe(8);
		const question: Question = {
			request: asked,
			violations: [],
			calendar: twoHosts(),
			policy: POLICY,
			now: NOW,
			satisfies: () => true,
			...parts,
		};
		const [because] = becauseOf(question, decision).filter(({ field }) => field === 'cpuCount');
		expect(because).toEqual({
			field: 'cpuCount',
			value: 4,
			message:
				'4 CPUs. Within the offer, what keeps to its Optional constraints of most Importance, 5 of 7; else 8 CPUs.',
		});
	});

	it('is no choice where the default is no better in anything', () => {
		const parts = { unmetBy: () => [], ...liking([demand(5, 'cpuCount', above(4))]) };
		expect(accepted(ask(requestOf(open), parts)).instead).toMatchObject({ isChoice: false });
	});

	it('keeps to the Importance of all that can be kept to together, and to all that is required', () => {
		const seen = { accepted: 0, changed: 0 };
		fc.assert(
			fc.property(question, likes, (random, { items, always }) => {
				const liked = liking(items, always);
				const unmetBy = (grant: ServiceGrant, price?: Price) => (keeps(always, grant, price) ? [] : [VIOLATION]);
				const asked: Question = { ...random, ...liked, satisfies: () => true, unmetBy };
				const decision = decide({ ...asked, policy: { ...asked.policy, alternativesMax: 0 } });
				if (judge(asked).attempt === undefined) return;
				const most = mostWithin(asked, always);
				if (decision.kind !== 'accept') {
					expect(most).toBeUndefined();
					return;
				}
				seen.accepted += 1;
				if (decision.instead !== undefined) seen.changed += 1;
				const { grant, price } = decision;
				expect(keeps(always, grant, price)).toBe(true);
				expect(asked.importanceOf!(grant, price), `of ${JSON.stringify(items)}`).toBeGreaterThanOrEqual(most ?? 0);
				const again = decide({ ...random, satisfies: () => true, request: sentBack(asked.request, grant, price) });
				expect(again.kind).toBe('accept');
			}),
			{ numRuns: Math.ceil(QUESTIONS / 4) },
		);
		expect(seen.accepted).toBeGreaterThan(QUESTIONS / 40);
		expect(seen.changed).toBeGreaterThan(QUESTIONS / 100);
	});
});

const VIOLATION: ConstraintViolation = { path: '/', location: '/', allowed: 'something else', message: 'No.' };

function requiring(isKept: (grant: ServiceGrant) => boolean): NonNullable<Question['unmetBy']> {
	return (grant) => (isKept(grant) ? [] : [VIOLATION]);
}

const times = fc.integer({ min: 0, max: 30 }).map((units) => NOW + units * UNIT);

function someRange(value: fc.Arbitrary<number>): fc.Arbitrary<RangeValue> {
	return fc.oneof(
		value.map((most) => below(most)),
		value.map((least) => above(least)),
		fc.tuple(value, value).map(([one, other]) => between(Math.min(one, other), Math.max(one, other))),
		fc
			.array(value, { minLength: 1, maxLength: 3 })
			.map((values) => unite(values.flatMap((each) => exactly(each).intervals))),
	);
}

const ranges: fc.Arbitrary<AdmittedRange> = fc.oneof(
	...(
		[
			['machineCount', fc.integer({ min: 1, max: 6 })],
			['cpuCount', fc.integer({ min: 1, max: 6 })],
			['totalCpuCount', fc.integer({ min: 1, max: 16 })],
			['memoryBytes', fc.integer({ min: 1, max: 8 }).map((units) => units * 256 * MIB)],
			['startAt', times],
			['endAt', times],
			['durationSeconds', fc.integer({ min: 1, max: 8 }).map((units) => units * UNIT)],
		] as const
	).map(([field, value]) => someRange(value).map((range): AdmittedRange => ({ field, nth: 0, range }))),
	// Nobody asks for something dear.
	fc
		.integer({ min: 0, max: 100 })
		.map((cents): AdmittedRange => ({ field: 'price', nth: 0, range: below(cents / 100) })),
);

const likes = fc.record({
	items: fc.array(fc.record({ importance: fc.integer({ min: 1, max: 5 }), admits: ranges.map((range) => [range]) }), {
		minLength: 1,
		maxLength: 4,
	}),
	always: fc.array(ranges, { maxLength: 1 }),
});

/** The highest sum that anything on a grid keeps to. */
function mostImportance(asked: Question, always: readonly AdmittedRange[]): number {
	const { policy, now } = asked;
	const { scene, asked: sizes } = judge(asked);
	const { pricing } = scene.room;
	const hosts = hostsFor(asked);
	const firstAt = firstOfferedAt({ ...policy, leadTimeSeconds: limitsOf(asked).leadTimeSeconds ?? 0 }, now);
	let most = 0;
	for (let seconds = UNIT / 2; seconds <= policy.durationSecondsMax; seconds += UNIT) {
		for (let startAt = firstAt; startAt + seconds <= now + policy.horizonSeconds; startAt += UNIT) {
			for (let machineCount = 1; machineCount <= 4; machineCount += 1) {
				for (let cpuCount = 1; cpuCount <= policy.cpuCountMax; cpuCount += 1) {
					for (const memoryBytes of [256 * MIB, 512 * MIB, GIB, 1280 * MIB, 2 * GIB]) {
						const grant = grantOf(scene.room, { ...sizes!, machineCount, cpuCount, memoryBytes }, startAt, seconds);
						const price = pricing && priceOf(grant, policy, pricing);
						if (!keeps(always, grant, price)) continue;
						const kept = asked.importanceOf!(grant, price);
						if (kept <= most) continue;
						if (isPossible(asked, hosts, grant)) most = kept;
					}
				}
			}
		}
	}
	return most;
}

type Sized = 'machineCount' | 'cpuCount' | 'memoryBytes';

const TOTALS_OF = {
	machineCount: ['totalCpuCount', 'totalMemoryBytes'],
	cpuCount: ['totalCpuCount'],
	memoryBytes: ['totalMemoryBytes'],
} as const;

/** The highest sum that anything within the offer keeps to; undefined where nothing keeps to what is required. */
function mostWithin(asked: Question, always: readonly AdmittedRange[]): number | undefined {
	const { policy, request } = asked;
	const { scene, window, services, asked: sizes } = judge(asked);
	const { pricing } = scene.room;
	const hosts = hostsFor(asked);
	const { earliestAt, latestAt, durationSeconds } = window.starts!;
	const { sizing } = services[0]!;
	const said = [...asked.optionalDemands!()!.items.flatMap(({ admits }) => admits), ...always];
	// What the offer leaves to the site is the site's default, where nothing that is kept to demands another value.
	const within = (field: Sized, value: number, grant?: ServiceGrant): boolean => {
		const { [field]: demand } = request;
		if (demand !== undefined) return contains(demand.range, value);
		if (value === (field === 'machineCount' ? sizing.countFallback : sizing.grids[field].fallback)) return true;
		const totals = TOTALS_OF[field];
		if (totals.some((total) => request[total] !== undefined)) return true;
		return said.some((each) => {
			if (each.field === field) return contains(each.range, value);
			return totals.some((total) => each.field === total) && (grant === undefined || keeps([each], grant));
		});
	};
	const isWithinTotals = ({ machineCount, cpuCount, memoryBytes }: ServiceGrant): boolean =>
		(request.totalCpuCount === undefined || contains(request.totalCpuCount.range, machineCount * cpuCount)) &&
		(request.totalMemoryBytes === undefined || contains(request.totalMemoryBytes.range, machineCount * memoryBytes));
	let most: number | undefined;
	for (let startAt = earliestAt; startAt <= latestAt; startAt += UNIT) {
		for (let machineCount = 1; machineCount <= policy.machinesMax; machineCount += 1) {
			if (!within('machineCount', machineCount)) continue;
			for (let cpuCount = 1; cpuCount <= policy.cpuCountMax; cpuCount += 1) {
				if (!within('cpuCount', cpuCount)) continue;
				for (let memoryBytes = 256 * MIB; memoryBytes <= 3 * GIB; memoryBytes += 256 * MIB) {
					if (memoryBytes < sizing.grids.memoryBytes.least || !within('memoryBytes', memoryBytes)) continue;
					const grant = grantOf(
						scene.room,
						{ ...sizes!, machineCount, cpuCount, memoryBytes },
						startAt,
						durationSeconds,
					);
					const price = pricing && priceOf(grant, policy, pricing);
					if (!within('machineCount', machineCount, grant) || !within('cpuCount', cpuCount, grant)) continue;
					if (!isWithinTotals(grant) || !keeps(always, grant, price)) continue;
					const kept = asked.importanceOf!(grant, price);
					if (kept > (most ?? -1) && isPossible(asked, hosts, grant)) most = kept;
				}
			}
		}
	}
	return most;
}
