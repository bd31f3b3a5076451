/**
 * What the calendar costs, at constant load per time: ten times the reservations lie over ten times the time.
 * `node test/bench/capacity.bench.ts` prints JSON lines; every figure is measured in that run.
 */
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import type { FitQuestion } from '../../src/capacity/questions.ts';
import { defineUsage, type Host, type ResourceVector, type Usage } from '../../src/capacity/resources.ts';
import { type Figure, median } from './figure.ts';

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
}

/** All figures on 100 hosts. */
export function measureCapacity(): Figure[] {
	measureSize(1000); // The compiler's share; not counted.
	return SIZES.flatMap(measureSize);
}

/** 10,000 hosts that carry 1,000,000 reservations; takes half a minute. */
export function measureLargeSite(): Figure[] {
	const load = book(10_000, 1_000_000);
	return [{ name: 'core-accept-1000000-on-10000-hosts', value: accept(load, 20), unit: 'us' }];
}

function measureSize(size: number): Figure[] {
	const before = bytesUsed();
	const load = book(100, size);
	const bytes = (bytesUsed() - before) / size;
	const small = machine(4);
	const whole = machine(HOST_CPUS);
	const day = (demand: ResourceVector): Usage => lasting(DAY, demand);
	return [
		{ name: `core-accept-${size}`, value: accept(load, 60), unit: 'us' },
		{ name: `earliest-16-machines-${size}`, value: earliest(load, 30, 16, day(small)), unit: 'us' },
		{ name: `earliest-80-hosts-${size}`, value: earliest(load, 30, 80, day(whole), 0), unit: 'us' },
		{ name: `bytes-per-reservation-${size}`, value: Math.round(bytes), unit: 'bytes' },
	];
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
	const load = { calendar, horizonSeconds, next: numbers() };
	for (let booked = 0; booked < size; ) {
		const placement = calendar.fit(question(load));
		if (!placement) continue;
		calendar.book(placement);
		booked++;
	}
	return load;
}

/** 1 to 4 machines of half a host to a whole one, for 1 to 8 hours on the minute. */
function question({ horizonSeconds, next }: Load): FitQuestion {
	const startAt = next(horizonSeconds / 60) * 60;
	const usage = lasting((60 + next(420)) * 60, machine(HOST_CPUS / 2 + next(HOST_CPUS / 2 + 1)));
	return { startAt, count: 1 + next(4), usage };
}

/** Microseconds to find the hosts and to book them; each booking is released again, so that the load stays. */
function accept(load: Load, batches: number): number {
	return medianOfBatches(batches, 500, () => {
		const asked = question(load);
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
	return medianOfBatches(batches, from === undefined ? 100 : 1, () => {
		const fromAt = from ?? next(horizonSeconds);
		const begin = process.hrtime.bigint();
		const placement = calendar.earliestStart({ fromAt, untilAt: 2 * horizonSeconds + 365 * DAY, count, usage });
		const end = process.hrtime.bigint();
		if (!placement) throw new Error(`${count} machines fit nowhere, not even behind all reservations`);
		return end - begin;
	});
}

/** Batches, for their means are about the work, and the median of them, for a busy neighbour is not. */
function medianOfBatches(batches: number, size: number, measure: () => bigint | null): number {
	const means: number[] = [];
	for (let batch = 0; batch < batches; batch++) {
		let sum = 0;
		let counted = 0;
		while (counted < size) {
			const nanoseconds = measure();
			if (nanoseconds === null) continue;
			sum += Number(nanoseconds);
			counted++;
		}
		means.push(sum / size / 1000);
	}
	return Number(median(means).toFixed(3));
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

/** The same numbers in every run. */
function numbers(): (below: number) => number {
	let state = 12_345;
	return (below) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return Math.floor(((state >>> 0) / 2 ** 32) * below);
	};
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
