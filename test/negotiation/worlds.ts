/** Random busy sites and random offers to them, of which about as many can be had as not. */
import fc from 'fast-check';
import { between, exactly, type RangeValue, unite } from '../../src/agreement/jsdl/range.ts';
import {
	type EndAction,
	type GrantedService,
	type PlacementTerm,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	type Window,
	withServices,
} from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { type Host, NOTHING } from '../../src/capacity/resources.ts';
import { gangOf, placementsOf } from '../../src/capacity/search/gang.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import { alignedWith, inOrderOf } from '../../src/negotiation/change.ts';
import type { PreviousGrant, Question } from '../../src/negotiation/decide.ts';
import type { SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { priceOf } from '../../src/negotiation/policy/price.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import type { VoLimits } from '../../src/negotiation/policy/quota.ts';
import { VoUsage } from '../../src/negotiation/policy/usage.ts';
import { DIGEST, GIB, host, MIB, NOW, OTHER_DIGEST, POLICY, requestOf, WORKSPACE } from './requests.ts';

/** How many random offers are judged; a longer proof sets the variable. */
export const QUESTIONS = Number(process.env.PROOF_QUESTIONS ?? 1000);

/** All times are multiples of this after NOW. */
export const UNIT = 600;
const UNITS_MAX = 24;

/** Everything small, so that the limits are met often. */
export const TIGHT: SitePolicy = {
	...POLICY,
	setupSeconds: UNIT,
	teardownSeconds: UNIT / 2,
	horizonSeconds: 2 * UNITS_MAX * UNIT,
	durationSecondsMin: UNIT / 2,
	durationSecondsMax: 8 * UNIT,
	retentionSecondsMax: 4 * UNIT,
	machinesMax: 6,
	cpuCountMax: 6,
	alternativesMax: 5,
	abilities: {
		...POLICY.abilities,
		memoryBytesMin: 256 * MIB,
		memoryStepBytes: 512 * MIB,
		memoryOverhead: { baseBytes: 100 * MIB, perCpuBytes: 8 * MIB, perMemoryMillionths: 20_000 },
	},
};

const smallHost = fc
	.record({ cpus: fc.integer({ min: 1, max: 8 }), memory: fc.integer({ min: 1, max: 8 }), speed: fc.boolean() })
	.map(({ cpus, memory, speed }) => ({
		capacity: {
			cpuMillicores: cpus * 1000,
			memoryBytes: memory * GIB,
			diskBytes: 20 * GIB,
			networkBitsPerSecond: 160_000,
		},
		labels: speed ? { cpuArchitecture: 'x86_64' } : {},
	}));

const hosts: fc.Arbitrary<readonly Host[]> = fc
	.array(smallHost, { minLength: 1, maxLength: 4 })
	.map((found) => found.map(({ capacity, labels }, index) => host(`h${index}`, capacity, labels)));

const window: fc.Arbitrary<Window> = fc
	.record({
		startAt: oneIn(2, fc.integer({ min: -1, max: UNITS_MAX })),
		slack: oneIn(2, fc.integer({ min: -1, max: 10 })),
		duration: fc.integer({ min: 1, max: 9 }),
	})
	.map(({ startAt, slack, duration }) => ({
		...(startAt === undefined ? {} : { startAt: NOW + startAt * UNIT }),
		...(slack === undefined ? {} : { endAt: NOW + ((startAt ?? 0) + slack + duration) * UNIT }),
		durationSeconds: duration * UNIT,
	}));

function amount(most: number, unit: number): fc.Arbitrary<RangeValue> {
	const number = fc.integer({ min: 1, max: most });
	return fc.oneof(
		number.map((value) => exactly(value * unit)),
		fc.tuple(number, number).map(([a, b]) => between(Math.min(a, b) * unit, Math.max(a, b) * unit)),
		number.map((value) => between(value * unit, Number.POSITIVE_INFINITY)),
		fc
			.array(number, { minLength: 2, maxLength: 3 })
			.map((values) => unite(values.flatMap((value) => exactly(value * unit).intervals))),
	);
}

/** Given in one offer of so many, and left out of the others. */
function oneIn<T>(offers: number, value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
	return fc.oneof(
		{ weight: offers - 1, arbitrary: fc.constant(undefined) },
		{ weight: 1, arbitrary: value.map((given): T | undefined => given) },
	);
}

const ending = fc
	.tuple(fc.constantFrom<EndAction>('shutdown', 'destroy', 'pause', 'save'), fc.integer({ min: 1, max: 4 }))
	.map(([endAction, kept]) => {
		const keeps = endAction === 'pause' || endAction === 'save';
		return { endAction, retentionSeconds: keeps ? kept * UNIT : 0 };
	});

const placementTerm: fc.Arbitrary<PlacementTerm> = fc
	.record({
		strategy: fc.constantFrom('pack' as const, 'spread' as const),
		most: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 3 }),
		isLabelled: fc.boolean(),
	})
	.map(({ strategy, most, isLabelled }) => ({
		strategy,
		...(most === undefined ? {} : { machinesPerHostMax: most }),
		labels: isLabelled ? { cpuArchitecture: 'x86_64' } : {},
	}));

/** An offer that nothing but sizes, time and hosts is against. */
export const offer: fc.Arbitrary<ServiceRequest> = fc
	.record({
		window,
		ending,
		machines: oneIn(2, amount(7, 1)),
		cpus: oneIn(2, amount(7, 1)),
		memory: oneIn(2, amount(12, 512 * MIB)),
		disk: oneIn(8, amount(12, GIB)),
		network: oneIn(8, amount(22, 8000)),
		totalCpus: oneIn(6, amount(16, 1)),
		totalMemory: oneIn(6, amount(24, 512 * MIB)),
		share: fc.constantFrom(100, 50, 10),
		image: fc.constantFrom(
			{ imageName: 'debian', imageDigest: DIGEST },
			{ imageName: 'guest', imageDigest: OTHER_DIGEST },
		),
		candidateHosts: fc.oneof(
			{ weight: 5, arbitrary: fc.constant([]) },
			{ weight: 1, arbitrary: fc.subarray(['h0', 'h1', 'h2', 'elsewhere'], { minLength: 1 }) },
		),
		architecture: oneIn(6, fc.constant('x86_64')),
		prefersLargest: fc.boolean(),
		placement: oneIn(3, placementTerm),
	})
	.map(({ ending: end, share, image, placement, candidateHosts, prefersLargest, architecture, ...rest }) => {
		const { window: when, ...wanted } = rest;
		const demands = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
		return requestOf({
			...demands,
			window: when,
			candidateHosts,
			prefersLargest,
			...(architecture === undefined ? {} : { cpuArchitecture: architecture }),
			workspace: { ...WORKSPACE, ...image, ...end, cpuSharePercent: share, ...(placement && { placement }) },
		});
	});

interface Booking {
	readonly startAt: number;
	readonly duration: number;
	readonly count: number;
	readonly cpus: number;
	readonly memory: number;
	/** It is no booking: a host is closed for so long. */
	readonly isMaintenance: boolean;
}

const booking: fc.Arbitrary<Booking> = fc.record({
	startAt: fc.integer({ min: -4, max: UNITS_MAX }),
	duration: fc.integer({ min: 1, max: 8 }),
	count: fc.integer({ min: 1, max: 3 }),
	cpus: fc.integer({ min: 1, max: 4 }),
	memory: fc.integer({ min: 1, max: 6 }),
	isMaintenance: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
});

function grantOf({ startAt, duration, count, cpus, memory }: Booking): ServiceGrant {
	return {
		machineCount: count,
		cpuCount: cpus,
		memoryBytes: memory * 512 * MIB,
		diskBytes: 0,
		networkBitsPerSecond: 0,
		startAt: NOW + startAt * UNIT,
		endAt: NOW + (startAt + duration) * UNIT,
		workspace: WORKSPACE,
	};
}

/** What one site in four keeps back. */
const KEPT = { ...NOTHING, cpuMillicores: 1000, memoryBytes: 512 * MIB };

/** What of the bookings fits, booked: every other one for the VO that asks. */
function busySite(
	siteHosts: readonly Host[],
	bookings: readonly Booking[],
): { readonly calendar: SiteCalendar; readonly usage: VoUsage } {
	const calendar = new SiteCalendar(siteHosts, bookings.length % 4 === 0 ? KEPT : NOTHING);
	const usageOfVos = new VoUsage('week');
	for (const [index, each] of bookings.entries()) {
		const grant = grantOf(each);
		if (each.isMaintenance) {
			const { name } = siteHosts[each.count % siteHosts.length]!;
			calendar.close({ host: name, startAt: grant.startAt, endAt: grant.endAt });
			continue;
		}
		const usage = usageOf(grant, TIGHT, grant.startAt - TIGHT.setupSeconds);
		const placement = calendar.fit({ startAt: grant.startAt, count: grant.machineCount, usage });
		if (placement === null) continue;
		calendar.book(placement);
		usageOfVos.take(index % 2 === 0 ? PARTY.vo : 'other', placement);
	}
	// What a failed property prints of it: how to make it again, not its arrays.
	const recipe = `busySite(${JSON.stringify(siteHosts)}, ${JSON.stringify(bookings)})`;
	Object.defineProperty(calendar, fc.toStringMethod, { value: () => recipe });
	return { calendar, usage: usageOfVos };
}

const PARTY = { name: 'ann', vo: 'physics' };

/** Half price in every other stretch of the day, and a discount for one VO. */
const PRICES = readPriceModel(
	{
		currency: 'EUR',
		rates: [
			{ from: '00:00', to: '01:30', cpuHour: '0.10', memoryGibHour: '0.01', diskGibHour: '0.001' },
			{ from: '02:20', to: '03:00', cpuHour: '0.05', memoryGibHour: '0.01', diskGibHour: '0.001' },
			{ vo: 'physics', from: '05:00', cpuHour: '0.02', memoryGibHour: '0.002' },
			{ cpuHour: '0.20', memoryGibHour: '0.02', diskGibHour: '0.001' },
		],
		cancellation: [{ noticeHours: 1, percent: 10 }],
	},
	() => [{ fromAt: 0, offsetSeconds: 0 }],
);

/** What is against an offer beside the hosts: prices, and what its VO may have. */
interface Terms {
	readonly policy: SitePolicy;
	readonly ceiling?: number;
}

const terms: fc.Arbitrary<Terms> = fc
	.record({
		priced: fc.boolean(),
		ceiling: oneIn(3, fc.integer({ min: 0, max: 300 })),
		cpusMax: oneIn(3, fc.integer({ min: 0, max: 10 })),
		cpuHours: oneIn(4, fc.integer({ min: 0, max: 60 })),
		share: oneIn(4, fc.integer({ min: 0, max: 8 })),
		borrowed: fc.integer({ min: 0, max: 12 }),
		notice: oneIn(6, fc.integer({ min: 0, max: 4 })),
	})
	.map(({ priced, ceiling, cpusMax, cpuHours, share, borrowed, notice }) => {
		const limits: VoLimits = {
			...(cpusMax === undefined ? {} : { cpuMillicoresMax: cpusMax * 1000 }),
			...(cpuHours === undefined ? {} : { cpuMillicoreSecondsMax: cpuHours * 3_600_000 }),
			...(share === undefined ? {} : { shareMillicores: share * 1000 }),
			...(notice === undefined ? {} : { leadTimeSeconds: notice * UNIT }),
		};
		const quotas = { period: 'week', borrowSeconds: borrowed * UNIT, vos: new Map([[PARTY.vo, limits]]) } as const;
		const prices = PRICES.ok && priced ? { prices: PRICES.model } : {};
		return { policy: { ...TIGHT, quotas, ...prices }, ...(ceiling === undefined ? {} : { ceiling }) };
	});

function withCeiling(request: ServiceRequest, { ceiling }: Terms): ServiceRequest {
	if (ceiling === undefined) return request;
	return { ...request, priceCeiling: { currency: 'EUR', amount: (ceiling / 100).toFixed(2), path: '/quote' } };
}

/** A template, as it matters here: which machine counts, memories and durations it admits. */
const satisfies = fc.constantFrom<Question['satisfies']>(
	() => true,
	() => true,
	({ machineCount }) => machineCount % 2 === 0,
	({ memoryBytes }) => memoryBytes % GIB === 0,
	({ startAt, endAt }) => endAt - startAt <= 5 * UNIT,
);

/** A question about something new. */
export const question: fc.Arbitrary<Question> = fc
	.record({ hosts, bookings: fc.array(booking, { maxLength: 14 }), request: offer, satisfies, terms })
	.map(({ hosts: siteHosts, bookings, request, satisfies: admits, terms: agreed }) => ({
		request: withCeiling(request, agreed),
		satisfies: admits,
		violations: [],
		...busySite(siteHosts, bookings),
		policy: agreed.policy,
		party: PARTY,
		now: NOW,
	}));

/** A question about a new cluster of several services, which end alike. */
export const clusterQuestion: fc.Arbitrary<Question> = fc
	.tuple(question, fc.array(offer, { minLength: 1, maxLength: 2 }))
	.map(([asked, more]) => ({ ...asked, request: withOthers(asked.request, more) }));

function withOthers(request: ServiceRequest, more: readonly ServiceRequest[]): ServiceRequest {
	const { endAction, retentionSeconds } = request.workspace;
	const services = more.map((each, nth) => {
		const workspace = { ...each.workspace, endAction, retentionSeconds };
		return { ...each, serviceName: `workers-${nth}`, workspace };
	});
	return withServices(request, [{ ...request, serviceName: 'head' }, ...services]);
}

/** What a change asks of one service beside what stands: so many machines, CPUs and steps of memory more or fewer, other terms. */
interface Step {
	readonly machines: number;
	readonly cpus: number;
	readonly memory: number;
	readonly share?: number | undefined;
	readonly ending?: Pick<GrantedService['workspace'], 'endAction' | 'retentionSeconds'> | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
	machines: fc.constantFrom(0, 0, 0, -1, 1, 2),
	cpus: fc.constantFrom(0, -1, -1, -2, 1, 0.5),
	memory: fc.constantFrom(0, 0, -1, -2, 1, 0.5),
	share: oneIn(4, fc.constantFrom(50, 10)),
	ending: oneIn(4, ending),
});

function stepFrom<R extends RequestedService>(request: R, standing: GrantedService, by: Step): R {
	const { totalCpuCount: _, totalMemoryBytes: __, diskBytes: ___, networkBitsPerSecond: ____, ...rest } = request;
	const { placement } = request.workspace;
	const { share: cpuSharePercent = standing.workspace.cpuSharePercent, ending: end = {} } = by;
	const exact = (value: number, unit: number) => ({ range: exactly(Math.max(value, unit)), path: '/step' });
	return {
		...(rest as unknown as R),
		machineCount: exact(standing.machineCount + by.machines, 1),
		cpuCount: exact(standing.cpuCount + by.cpus, 1),
		memoryBytes: exact(standing.memoryBytes + by.memory * 512 * MIB, 512 * MIB),
		workspace: { ...standing.workspace, ...end, cpuSharePercent, ...(placement && { placement }) },
	};
}

/** A question about a change of something that runs, or soon will. */
export const changeQuestion: fc.Arbitrary<Question> = fc
	.record({
		hosts,
		bookings: fc.array(booking, { maxLength: 14 }),
		request: offer,
		satisfies,
		before: booking,
		allowRestart: fc.boolean(),
		allowMove: fc.boolean(),
		deployed: fc.boolean(),
		keepsStart: fc.boolean(),
		extendsBy: fc.integer({ min: -2, max: 6 }),
		step: oneIn(2, step),
		terms,
	})
	.map(({ hosts: siteHosts, bookings, before, extendsBy, request: wanted, step: by, ...others }) => {
		const { terms: agreed, ...rest } = others;
		// Whatever is changed by a step runs, and goes on.
		const deployed = rest.deployed || by !== undefined;
		const keepsStart = rest.keepsStart || by !== undefined;
		const startAt = deployed ? Math.min(0, before.startAt) : before.startAt;
		const grant = grantOf({ ...before, startAt, duration: before.duration - Math.min(0, startAt) });
		const empty = new SiteCalendar(siteHosts);
		const usage = usageOf(grant, TIGHT, grant.startAt - TIGHT.setupSeconds);
		const placement = empty.fit({ startAt: grant.startAt, count: grant.machineCount, usage });
		const request = withCeiling(by === undefined ? wanted : stepFrom(wanted, grant, by), agreed);
		const { satisfies: admits, allowRestart, allowMove } = rest;
		const { prices: model } = agreed.policy;
		const price = model && priceOf(grant, agreed.policy, { model, vo: PARTY.vo, percent: 100 });
		const previous: PreviousGrant | undefined =
			placement === null
				? undefined
				: { grant, placement, running: deployed, ...(price && { price }), allowRestart, allowMove };
		const extended = { endAt: grant.endAt + extendsBy * UNIT, durationSeconds: UNIT };
		return {
			request: keepsStart ? { ...request, window: extended } : request,
			satisfies: admits,
			violations: [],
			...busySite(siteHosts, bookings),
			policy: agreed.policy,
			party: PARTY,
			now: NOW,
			...(previous === undefined ? {} : { previous }),
		};
	});

/** Which services a change of a head and its workers asks for: the same, one more, one less, another one. */
const SERVICES_CHANGED = [['workers-0'], ['workers-0'], ['workers-0', 'nodes'], [], ['nodes']] as const;

/**
 * A question about a change of a cluster of two services that runs, or soon will: sizes and counts of both, and which
 * services there are.
 */
export const clusterChangeQuestion: fc.Arbitrary<Question> = fc
	.tuple(changeQuestion, offer, booking, fc.constantFrom(...SERVICES_CHANGED), ending, oneIn(2, step))
	.map(([asked, more, before, wanted, end, by]): Question => {
		const { previous, calendar } = asked;
		if (previous === undefined) return asked;
		const { startAt: _, endAt: __, ...size } = grantOf(before);
		const { startAt, endAt } = previous.grant;
		const workspace = { ...size.workspace, ...end };
		const ofWorkers = { machineCount: Math.min(2, size.machineCount), serviceName: 'workers-0', workspace };
		const workers = { ...size, ...ofWorkers };
		const usageFor = (service: GrantedService) =>
			usageOf({ ...service, startAt, endAt }, TIGHT, startAt - TIGHT.setupSeconds);
		const standing = new SiteCalendar(calendar.hosts);
		const head = { ...previous.grant, workspace: { ...previous.grant.workspace, ...end }, serviceName: 'head' };
		const headPlacement = { ...placementsOf(previous.placement)[0]!, usage: usageFor(head) };
		standing.book(headPlacement);
		const usage = usageFor(workers);
		const placement = standing.fit({ startAt, count: workers.machineCount, usage });
		if (placement === null) return asked;
		const grant = { ...head, others: [workers] };
		const names = ['head', 'workers-0'];
		const workersMore = by === undefined ? more : stepFrom(more, workers, by);
		const [headAsked, workersAsked] = servicesOf<RequestedService>(withOthers(asked.request, [workersMore]));
		const others = wanted.map((serviceName) => ({ ...workersAsked!, serviceName }));
		const request = inOrderOf(names, withServices(asked.request, [headAsked, ...others]))!;
		const whole = { ...previous, grant, placement: gangOf([headPlacement, placement]) };
		return { ...asked, request, previous: alignedWith(names, whole, request) };
	});
