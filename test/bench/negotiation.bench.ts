/**
 * What a decision costs on 100 hosts with so many reservations, the calendar included, at constant load per time: ten
 * times the reservations lie over ten times the time. `node test/bench/negotiation.bench.ts` prints JSON lines; every
 * figure is measured in that run.
 *
 * `decide-N` is a decision that accepts: 1 to 4 machines at a time that is asked for. `alternatives-N` is a refusal
 * with all its alternatives, where every search is worth something: a cluster of half the site, for a day.
 * `alternatives-optional-5000` is the same with Optional constraints none of which can be had, and each is looked for at
 * many times; `alternatives-unlike-N` with five that take all the work that they may: none can be had at any time, and
 * none asks for less than another; `alternatives-priced-5000` on a site with a price for every hour of the week. The
 * same of a head of half a host and 16 workers: `decide-cluster-N`, with
 * workers of a quarter of a host for some hours; `alternatives-cluster-N`, with workers of a whole host for a day, on
 * the 32 busiest hosts: up to 5,000 it fits behind the load, and of 50,000, which reach beyond the horizon, at no time.
 */
import { pathToFileURL } from 'node:url';
import { below, between, exactly, unite } from '../../src/agreement/jsdl/range.ts';
import {
	type Demand,
	type RequestedService,
	type ServiceRequest,
	servicesOf,
	type Window,
	withServices,
} from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import type { Decision } from '../../src/negotiation/decision.ts';
import { POLICY_DEFAULTS, type SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { type Figure, median, numbers, rounded } from './figure.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const GIB = 2 ** 30;
/** 2026-12-01T00:00:00Z */
const NOW = 1_796_083_200;
const HOST_COUNT = 100;
const HOST_CPUS = 32;
/** 5,000 reservations lie over 60 days on 100 hosts: three tenths of the capacity. */
const SECONDS_PER_RESERVATION = (60 * DAY) / 5000;
const SIZES = [100, 1000, 5000, 50_000];
const DIGEST = `sha256:${'0'.repeat(64)}`;

const POLICY: SitePolicy = {
	...POLICY_DEFAULTS,
	abilities: {
		networkShaping: true,
		memoryHotAdd: true,
		cpuHotAdd: true,
		memoryOverhead: { baseBytes: 200 * 2 ** 20, perCpuBytes: 8 * 2 ** 20, perMemoryMillionths: 10_000 },
		memoryBytesMin: 64 * 2 ** 20,
		memoryStepBytes: 128 * 2 ** 20,
	},
	images: new Map([[DIGEST, { name: 'guest', diskBytes: 2 * GIB }]]),
};

/** All figures on 100 hosts. */
export function measureNegotiation(): Figure[] {
	measureSize(1000); // The compiler's share; not counted.
	return SIZES.flatMap(measureSize);
}

interface Load {
	readonly calendar: SiteCalendar;
	readonly spanSeconds: number;
	readonly next: (below: number) => number;
}

function measureSize(size: number): Figure[] {
	const load = book(size);
	return [
		{ name: `decide-${size}`, value: medianOfBatches(2000, 50, () => timeAcceptance(load)), unit: 'us' },
		{ name: `alternatives-${size}`, value: medianOfBatches(40, 1, () => timeRefusal(load)), unit: 'us' },
		...(size === LIKED_SIZE
			? [
					{
						name: `alternatives-optional-${size}`,
						value: medianOfBatches(20, 1, () => timeRefusal(load, likesOf(load))),
						unit: 'us' as const,
					},
				]
			: []),
		...(size >= LIKED_SIZE
			? [
					{
						name: `alternatives-unlike-${size}`,
						value: medianOfBatches(20, 1, () => timeRefusal(load, unlikeOf(load))),
						unit: 'us' as const,
					},
				]
			: []),
		{ name: `decide-cluster-${size}`, value: medianOfBatches(200, 10, () => timeCluster(load)), unit: 'us' },
		{ name: `alternatives-cluster-${size}`, value: medianOfBatches(20, 1, () => timeClusterRefusal(load)), unit: 'us' },
		...(size === LIKED_SIZE
			? [
					{
						name: `alternatives-priced-${size}`,
						value: medianOfBatches(40, 1, () => timeRefusal(load, PRICED)),
						unit: 'us' as const,
					},
				]
			: []),
	];
}

/** Decides and books until so many reservations lie in the calendar, at random over a time in proportion. */
function book(size: number): Load {
	const hosts = Array.from({ length: HOST_COUNT }, (_, index) => ({
		name: `host-${index}`,
		capacity: {
			cpuMillicores: HOST_CPUS * 1000,
			memoryBytes: 160 * GIB,
			diskBytes: 2 * 10 ** 12,
			networkBitsPerSecond: 10 ** 10,
		},
		labels: {},
	}));
	const load = { calendar: new SiteCalendar(hosts), spanSeconds: SECONDS_PER_RESERVATION * size, next: numbers() };
	for (let booked = 0; booked < size; ) {
		const decision = decide(questionOf(load, smallRequest(load)));
		if (decision.kind !== 'accept') continue;
		load.calendar.book(decision.placement);
		booked += 1;
	}
	return load;
}

function timeAcceptance(load: Load): number | undefined {
	const { microseconds, decision } = timed(questionOf(load, smallRequest(load)));
	return decision.kind === 'accept' ? microseconds : undefined;
}

/** Of refusals that offer something; a cluster that happens to fit is asked for again at another time. */
function timeRefusal(load: Load, likes: Partial<Question> = {}): number | undefined {
	const startAt = NOW + HOUR + load.next(load.spanSeconds);
	const request = requestOf(HOST_COUNT, HOST_CPUS, 4 * GIB, { startAt, durationSeconds: DAY });
	const { microseconds, decision } = timed({ ...questionOf(load, request), ...likes });
	if (decision.kind === 'accept') return undefined;
	if (decision.kind !== 'counter') throw new Error('a refusal without alternatives');
	return microseconds;
}

/** As many whole hosts as are never free together, within the booked time, at any of several starts. */
function likesOf({ spanSeconds }: Load): Partial<Question> {
	const starts = unite(
		Array.from({ length: 8 }, (_, nth) => {
			const fromAt = NOW + Math.floor((nth * spanSeconds) / 10);
			return between(fromAt, fromAt + spanSeconds / 20).intervals[0]!;
		}),
	);
	const items = Array.from({ length: LIKES }, (_, nth) => ({
		importance: 1,
		admits: [
			{ field: 'machineCount' as const, nth: 0, range: between(HOST_COUNT - nth, HOST_COUNT) },
			{ field: 'cpuCount' as const, nth: 0, range: exactly(HOST_CPUS) },
			{ field: 'startAt' as const, nth: 0, range: starts },
			{ field: 'endAt' as const, nth: 0, range: below(NOW + spanSeconds) },
		],
	}));
	return { importanceOf: () => 0, optionalDemands: () => ({ items, always: [] }) };
}

/** The fewer whole hosts, the longer: wherever one has no room, another might. */
function unlikeOf({ spanSeconds }: Load): Partial<Question> {
	const items = Array.from({ length: UNLIKE }, (_, nth) => ({
		importance: 1,
		admits: [
			{ field: 'machineCount' as const, nth: 0, range: between(HOST_COUNT - 2 * nth, HOST_COUNT) },
			{ field: 'cpuCount' as const, nth: 0, range: exactly(HOST_CPUS) },
			{ field: 'durationSeconds' as const, nth: 0, range: between(600 * (nth + 1), 2 * DAY) },
			{ field: 'endAt' as const, nth: 0, range: below(NOW + spanSeconds) },
		],
	}));
	return { importanceOf: () => 0, optionalDemands: () => ({ items, always: [] }) };
}

/** As many prices as a week can have: another one each hour. */
function hourlyPrices(): Partial<Question> {
	const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
	const two = (hour: number): string => String(hour).padStart(2, '0');
	const rates = days.flatMap((day, nth) =>
		Array.from({ length: 24 }, (_, hour) => ({
			days: day,
			from: `${two(hour)}:00`,
			to: `${two(hour + 1)}:00`,
			cpuHour: ((20 + 3 * nth + ((hour * 7) % 24)) / 1000).toFixed(3),
			memoryGibHour: '0.002',
		})),
	);
	const reading = readPriceModel({ currency: 'EUR', rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
	if (!reading.ok) throw new Error(reading.issues.join(' '));
	return { policy: { ...POLICY, prices: reading.model }, party: { name: 'ann', vo: 'physics' } };
}

const PRICED = hourlyPrices();

const LIKED_SIZE = 5000;
/** All sets of so many are judged. */
const UNLIKE = 5;
/** As many as a person would write. */
const LIKES = 12;

/** A head of half a host, and 16 workers of a quarter, for 1 to 8 hours. */
function timeCluster(load: Load): number | undefined {
	const window = { startAt: startIn(load), durationSeconds: (60 + load.next(420)) * 60 };
	const { microseconds, decision } = timed(questionOf(load, clusterOf(16, HOST_CPUS / 4, window)));
	return decision.kind === 'accept' ? microseconds : undefined;
}

/** A head of half a host, and 16 workers of a whole one for a day, on the hosts that are filled first. */
function timeClusterRefusal(load: Load): number | undefined {
	const window = { startAt: startIn(load), durationSeconds: DAY };
	const request = clusterOf(16, HOST_CPUS, window);
	const candidateHosts = load.calendar.hosts.slice(0, 32).map(({ name }) => name);
	const services = servicesOf<RequestedService>(request).map((each) => ({ ...each, candidateHosts }));
	const { microseconds, decision } = timed(questionOf(load, withServices(request, services)));
	if (decision.kind === 'accept') return undefined;
	if (decision.kind !== 'counter') throw new Error('a refusal without alternatives');
	return microseconds;
}

/** Within the horizon: what lies beyond it is another question. */
function startIn({ spanSeconds, next }: Load): number {
	return NOW + HOUR + next(Math.min(spanSeconds, POLICY.horizonSeconds - 2 * DAY));
}

function clusterOf(machines: number, cpus: number, window: Window): ServiceRequest {
	const head = { ...requestOf(1, HOST_CPUS / 2, 64 * GIB, window), serviceName: 'head' };
	const workers = { ...requestOf(machines, cpus, cpus * 4 * GIB, window), serviceName: 'workers' };
	return withServices(head, [head, workers]);
}

function timed(question: Question): { microseconds: number; decision: Decision } {
	const begin = process.hrtime.bigint();
	const decision = decide(question);
	return { microseconds: Number(process.hrtime.bigint() - begin) / 1000, decision };
}

function questionOf({ calendar }: Load, request: ServiceRequest): Question {
	return { request, violations: [], calendar, policy: POLICY, now: NOW, satisfies: () => true };
}

/** 1 to 4 machines of half a host to a whole one, for 1 to 8 hours on the minute. */
function smallRequest({ spanSeconds, next }: Load): ServiceRequest {
	const startAt = NOW + 60 + next(spanSeconds / 60) * 60;
	const cpus = HOST_CPUS / 2 + next(HOST_CPUS / 2 + 1);
	return requestOf(1 + next(4), cpus, cpus * 4 * GIB, { startAt, durationSeconds: (60 + next(420)) * 60 });
}

function requestOf(machines: number, cpus: number, memoryBytes: number, window: Window): ServiceRequest {
	const demand = (value: number): Demand => ({ range: exactly(value), path: '' });
	return {
		serviceName: 'workspace',
		machineCount: demand(machines),
		cpuCount: demand(cpus),
		memoryBytes: demand(memoryBytes),
		candidateHosts: [],
		window,
		windowPath: '',
		workspace: {
			imageName: 'guest',
			imageDigest: DIGEST,
			cpuSharePercent: 100,
			endAction: 'shutdown',
			retentionSeconds: 0,
		},
		workspacePath: '',
		prefersLargest: false,
		unsupported: [],
		remarks: [],
	};
}

/** Batches, for their means are about the work, and the median of them, for a busy neighbour is not. */
function medianOfBatches(batches: number, size: number, measure: () => number | undefined): number {
	const means: number[] = [];
	for (let batch = 0; batch < batches; batch += 1) {
		let sum = 0;
		for (let counted = 0; counted < size; ) {
			const microseconds = measure();
			if (microseconds === undefined) continue;
			sum += microseconds;
			counted += 1;
		}
		means.push(sum / size);
	}
	return rounded(median(means));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	for (const figure of measureNegotiation()) process.stdout.write(`${JSON.stringify(figure)}\n`);
}
