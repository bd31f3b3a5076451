/**
 * What the calendar costs, at constant load per time: ten times the reservations lie over ten times the time.
 * `node test/bench/capacity.bench.ts` prints JSON lines; every figure is measured in that run.
 */
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage, type Host, type ResourceVector, type Usage } from '../../src/capacity/resources.ts';
import type { FitQuestion } from '../../src/capacity/search/questions.ts';
import { type Figure, median, medianRatio, numbers } from './figure.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const GIB = 2 ** 30;
/** 5,000 reservations lie over 60 days on 100 hosts: three tenths of the capacity. */
const HOST_SECONDS_PER_RESERVATION = (60 * DAY * 100) / 5000;
const HOST_CPUS = 32;
const HOST: ResourceVector = {
	cpuMillicores: HOST_CPUS * 1000,
	memoryBytes: 128 * GIB,
	diskBytes: 2 * 10 ** 12,
	networkBitsPerSecond: 10 ** 10,
};
const SIZES = [100, 1000, 5000, 50_000];

interface Load {
	readonly calendar: SiteCalendar;
	readonly horizonSeconds: number;
	readonly next: (below: number) => number;
	readonly bytesPerReservation: number;
}

/** Where in time an offer begins. */
interface Span {
	readonly fromAt: number;
	readonly seconds: number;
}

/** All figures on 100 hosts. */
export function measureCapacity(): Figure[] {
	const loads = new Map(SIZES.map((size) => [size, loaded(size)]));
	return [...measureAccepts(loads), ...[...loads].flatMap(([size, load]) => measureSearches(size, load))];
}

/** 10,000 hosts that carry 1,000,000 reservations; takes half a minute. */
export function measureLargeSite(): Figure[] {
	const load = loaded(1_000_000, 10_000);
	const name = (what: string): string => `${what}-1000000-on-10000-hosts`;
	const whole = lasting(DAY, machine(HOST_CPUS));
	return [
		{ name: name('core-accept'), value: medianOf(20, () => accept(load)), unit: 'us' },
		{ name: name('core-accept-near'), value: medianOf(20, () => accept(load, nearOf(load))), unit: 'us' },
		{ name: name('earliest-16-machines'), value: earliest(load, 5, 16, lasting(DAY, machine(4))), unit: 'us' },
		{ name: name('earliest-80-hosts'), value: earliest(load, 5, 80, whole, 0), unit: 'us' },
		{ name: name('bytes-per-reservation'), value: load.bytesPerReservation, unit: 'bytes' },
	];
}

/**
 * What an acceptance and its commit cost: at random over all the time that is booked, where at 50,000 reservations the
 * 8 MB that are touched are in no near cache; and within two days of it, as offers come that are mostly for this week.
 * `growth` is the median over rounds of what the largest load costs, divided by the smallest's in that round.
 */
function measureAccepts(loads: ReadonlyMap<number, Load>): Figure[] {
	const kinds = [
		{ prefix: 'core-accept', spanOf: () => undefined },
		{ prefix: 'core-accept-near', spanOf: nearOf },
	];
	const rounds: Map<string, number>[] = [];
	for (let round = -WARM_UP_ROUNDS; round < ACCEPT_ROUNDS; round++) {
		const means = new Map<string, number>();
		for (const { prefix, spanOf } of kinds) {
			for (const [size, load] of loads) means.set(`${prefix}-${size}`, accept(load, spanOf(load)));
		}
		if (round >= 0) rounds.push(means);
	}
	const series = (name: string): number[] => rounds.map((means) => means.get(name)!);
	const [least, most] = [Math.min(...SIZES), Math.max(...SIZES)];
	return kinds.flatMap(({ prefix }) => [
		...SIZES.map((size): Figure => {
			const value = Number(median(series(`${prefix}-${size}`)).toFixed(3));
			return { name: `${prefix}-${size}`, value, unit: 'us' };
		}),
		{
			name: `${prefix}-growth`,
			value: Number(medianRatio(series(`${prefix}-${most}`), series(`${prefix}-${least}`)).toFixed(2)),
			unit: 'ratio',
			details: { from: least, to: most },
		},
	]);
}

function measureSearches(size: number, load: Load): Figure[] {
	const day = (demand: ResourceVector): Usage => lasting(DAY, demand);
	return [
		{ name: `earliest-16-machines-${size}`, value: earliest(load, 30, 16, day(machine(4))), unit: 'us' },
		{ name: `earliest-80-hosts-${size}`, value: earliest(load, 30, 80, day(machine(HOST_CPUS)), 0), unit: 'us' },
		{ name: `bytes-per-reservation-${size}`, value: load.bytesPerReservation, unit: 'bytes' },
	];
}

/** Rounds in which every load is measured in turn; the first ones are the compiler's. */
const ACCEPT_ROUNDS = 40;
const WARM_UP_ROUNDS = 5;

function loaded(size: number, hostCount = 100): Load {
	const before = bytesUsed();
	const load = book(hostCount, size);
	return { ...load, bytesPerReservation: Math.round((bytesUsed() - before) / size) };
}

/** Two days in the middle of what is booked. */
function nearOf({ horizonSeconds }: Load): Span {
	return { fromAt: Math.floor(horizonSeconds / 2), seconds: Math.min(horizonSeconds, 2 * DAY) };
}

/** Books what fits until so many reservations lie in the calendar, at random over a time in proportion. */
function book(hostCount: number, size: number): Load {
	const hosts: Host[] = Array.from({ length: hostCount }, (_, i) => ({
		name: `host-${i}`,
		capacity: HOST,
		labels: {},
	}));
	const calendar = new SiteCalendar(hosts);
	const horizonSeconds = (HOST_SECONDS_PER_RESERVATION * size) / hostCount;
	const load = { calendar, horizonSeconds, next: numbers(), bytesPerReservation: 0 };
	for (let booked = 0; booked < size; ) {
		const placement = calendar.fit(question(load));
		if (!placement) continue;
		calendar.book(placement);
		booked++;
	}
	return load;
}

/** 1 to 4 machines of half a host to a whole one, for 1 to 8 hours on the minute. */
function question({ horizonSeconds, next }: Load, span: Span = { fromAt: 0, seconds: horizonSeconds }): FitQuestion {
	const startAt = span.fromAt + next(span.seconds / 60) * 60;
	const usage = lasting((60 + next(420)) * 60, machine(HOST_CPUS / 2 + next(HOST_CPUS / 2 + 1)));
	return { startAt, count: 1 + next(4), usage };
}

/**
 * Microseconds, the mean of 500, to find the hosts and to book them; each booking is released again, so that the load
 * stays.
 */
function accept(load: Load, span?: Span): number {
	return meanOf(500, () => {
		const asked = question(load, span);
		const begin = process.hrtime.bigint();
		const placement = load.calendar.fit(asked);
		if (placement) load.calendar.book(placement);
		const end = process.hrtime.bigint();
		if (!placement) return null;
		load.calendar.release(placement);
		return end - begin;
	});
}

/** Microseconds of an earliest start from the instant given, else from random ones. */
function earliest(load: Load, batches: number, count: number, usage: Usage, from?: number): number {
	const { calendar, horizonSeconds, next } = load;
	const mean = (): number =>
		meanOf(from === undefined ? 100 : 1, () => {
			const fromAt = from ?? next(horizonSeconds);
			const begin = process.hrtime.bigint();
			const placement = calendar.earliestStart({ fromAt, untilAt: 2 * horizonSeconds + 365 * DAY, count, usage });
			const end = process.hrtime.bigint();
			if (!placement) throw new Error(`${count} machines fit nowhere, not even behind all reservations`);
			return end - begin;
		});
	return medianOf(batches, mean);
}

/** Of batches, for their means are about the work, and the median of them, for a busy neighbour is not. */
function medianOf(batches: number, mean: () => number): number {
	return Number(median(Array.from({ length: batches }, mean)).toFixed(3));
}

/** In microseconds; what gives null is done again. */
function meanOf(size: number, measure: () => bigint | null): number {
	let sum = 0;
	for (let counted = 0; counted < size; ) {
		const nanoseconds = measure();
		if (nanoseconds === null) continue;
		sum += Number(nanoseconds);
		counted++;
	}
	return sum / size / 1000;
}

function machine(cpus: number): ResourceVector {
	const share = (amount: number): number => Math.floor((amount * cpus) / HOST_CPUS);
	return {
		cpuMillicores: cpus * 1000,
		memoryBytes: share(HOST.memoryBytes),
		diskBytes: share(HOST.diskBytes),
		networkBitsPerSecond: share(HOST.networkBitsPerSecond),
	};
}

function lasting(durationSeconds: number, demand: ResourceVector): Usage {
	return defineUsage([{ offsetSeconds: 0, durationSeconds, demand }]);
}

/** What lives after a collection, typed arrays included. */
function bytesUsed(): number {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc');
	for (let i = 0; i < 3; i++) collect();
	const { heapUsed, arrayBuffers } = process.memoryUsage();
	return heapUsed + arrayBuffers;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	const figures = process.argv.includes('--large') ? measureLargeSite() : measureCapacity();
	for (const figure of figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
}
