/**
 * Random sites that are busy and fragmented, booked into a calendar and into the oracle beside it.
 */
import fc from 'fast-check';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import type { Closure } from '../../src/capacity/closures.ts';
import {
	defineUsage,
	type Host,
	type Placement,
	type ResourceVector,
	type Usage,
} from '../../src/capacity/resources.ts';
import { Oracle } from './oracle.ts';

/** How many random questions of each kind are asked; a longer proof sets the variable. */
export const QUESTIONS = Number(process.env.PROOF_QUESTIONS ?? 1000);

/** All is booked from 0 to here, in units of time: starts up to 36, usages up to 38 long. */
export const UNITS = 76;

/** Memory in pieces of 3 GiB and disk in pieces of 10^12 bytes: sums that leave 32 bits behind. */
const PIECE: ResourceVector = {
	cpuMillicores: 250,
	memoryBytes: 3 * 2 ** 30,
	diskBytes: 10 ** 12,
	networkBitsPerSecond: 10 ** 8,
};

export interface World {
	readonly calendar: SiteCalendar;
	readonly oracle: Oracle;
	readonly hosts: readonly Host[];
	/** From seconds, within one hour and one look-ahead, to so much that there are many of both. */
	readonly unitSeconds: number;
	readonly placements: readonly Placement[];
	/** Those that still hold. */
	readonly closures: readonly Closure[];
}

const pieces = (max: number): fc.Arbitrary<number> => fc.oneof(fc.constant(0), fc.integer({ min: 0, max }));

const vector = (max: number): fc.Arbitrary<ResourceVector> =>
	fc
		.tuple(fc.integer({ min: 1, max }), pieces(max), pieces(max), pieces(max), fc.integer({ min: 0, max: 3 }))
		.map(([first, second, third, fourth, turn]) => {
			const amounts = [first, second, third, fourth];
			const at = (i: number): number => amounts[(i + turn) % 4]!;
			return pieceVector(at(0), at(1), at(2), at(3));
		});

export function pieceVector(cpu: number, memory: number, disk: number, network: number): ResourceVector {
	return {
		cpuMillicores: cpu * PIECE.cpuMillicores,
		memoryBytes: memory * PIECE.memoryBytes,
		diskBytes: disk * PIECE.diskBytes,
		networkBitsPerSecond: network * PIECE.networkBitsPerSecond,
	};
}

interface UsageShape {
	readonly setup: number;
	readonly phases: readonly { gap: number; duration: number; demand: ResourceVector }[];
}

/** One to four phases with gaps of none to three units, beginning up to four units before the start. */
const shapeUpTo = (durationMax: number, piecesMax: number): fc.Arbitrary<UsageShape> =>
	fc.record({
		setup: fc.integer({ min: -4, max: 2 }),
		phases: fc.array(
			fc.record({
				gap: fc.constantFrom(0, 0, 0, 1, 3),
				duration: fc.integer({ min: 1, max: durationMax }),
				demand: vector(piecesMax),
			}),
			{ minLength: 1, maxLength: 4 },
		),
	});

/** What is asked for: about as often to be had somewhere in time as not. */
export const usageShape = fc.oneof(shapeUpTo(3, 4), shapeUpTo(6, 5));

export function usageOf({ setup, phases }: UsageShape, unitSeconds: number): Usage {
	let end = setup;
	return defineUsage(
		phases.map(({ gap, duration, demand }) => {
			const offset = end + gap;
			end = offset + duration;
			return { offsetSeconds: offset * unitSeconds, durationSeconds: duration * unitSeconds, demand };
		}),
	);
}

const capacity = fc
	.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 5, max: 16 })))
	.map(([cpu, memory, disk, network]) => pieceVector(cpu!, memory!, disk!, network!));

const closure = fc.record({
	host: fc.nat(),
	start: fc.nat(UNITS - 10),
	length: fc.integer({ min: 1, max: 10 }),
	isReopened: fc.boolean(),
});

/** Of the site as a whole; a resource of which all hosts together have less is not kept back. */
const reserve = fc.option(vector(12), { freq: 2, nil: pieceVector(0, 0, 0, 0) });

/**
 * One to four hosts, up to 60 bookings, each of as many machines as were wished and fit on its host; hosts that are
 * closed for a while, some before anything is booked there; a reserve that bookings may have used up.
 */
export const world: fc.Arbitrary<World> = fc
	.record({
		capacities: fc.array(capacity, { minLength: 1, maxLength: 4 }),
		unitSeconds: fc.constantFrom(1, 1800, 3600, 20_011),
		closures: fc.array(closure, { maxLength: 4 }),
		kept: reserve,
		bookings: fc.array(
			fc.record({
				host: fc.nat(),
				start: fc.integer({ min: 4, max: 20 }),
				later: fc.constantFrom(0, 8, 16),
				usage: shapeUpTo(6, 5),
				count: fc.integer({ min: 1, max: 3 }),
			}),
			{ minLength: 10, maxLength: 60, size: 'max' },
		),
	})
	.map(({ capacities, unitSeconds, bookings, closures: wished, kept }) => {
		const hosts = capacities.map((amounts, i) => ({ name: `host-${i}`, capacity: amounts, labels: {} }));
		const reserved = withinTotal(kept, capacities);
		const calendar = new SiteCalendar(hosts, reserved);
		const oracle = new Oracle(hosts, unitSeconds, UNITS, reserved);
		const placements: Placement[] = [];
		const all = wished.map(({ host, start, length, isReopened }) => {
			const { name } = hosts[host % hosts.length]!;
			return { isReopened, host: name, startAt: start * unitSeconds, endAt: (start + length) * unitSeconds };
		});
		const closures = all.filter(({ isReopened }) => !isReopened);
		for (const [nth, booking] of bookings.entries()) {
			// One after every eighth booking; what is reopened leaves no trace.
			const closed = nth % 8 === 0 ? all[nth / 8] : undefined;
			if (closed) {
				calendar.close(closed);
				oracle.close(closed.host, closed.startAt, closed.endAt);
			}
			const index = booking.host % hosts.length;
			const usage = usageOf(booking.usage, unitSeconds);
			const startAt = (booking.start + booking.later) * unitSeconds;
			const count = Math.min(booking.count, oracle.countOn(index, usage, startAt));
			if (count < 1) continue;
			const placement = { startAt, usage, machines: [{ host: hosts[index]!.name, count }] };
			calendar.book(placement);
			oracle.book(placement);
			placements.push(placement);
		}
		const begun = all.slice(0, Math.ceil(bookings.length / 8));
		for (const { isReopened, host, startAt, endAt } of begun) {
			if (!isReopened) continue;
			calendar.reopen({ host, startAt, endAt });
			oracle.close(host, startAt, endAt, -1);
		}
		const open = closures.filter((each) => begun.includes(each));
		const shown = (): string => JSON.stringify({ unitSeconds, capacities, reserved, placements, closures: open });
		return { calendar, oracle, hosts, unitSeconds, placements, closures: open, [fc.toStringMethod]: shown };
	});

/** The reserve, without the resources of which there is less. */
function withinTotal(kept: ResourceVector, capacities: readonly ResourceVector[]): ResourceVector {
	const of = (name: keyof ResourceVector): number => {
		return capacities.reduce((sum, capacity) => sum + capacity[name], 0) < kept[name] ? 0 : kept[name];
	};
	return {
		cpuMillicores: of('cpuMillicores'),
		memoryBytes: of('memoryBytes'),
		diskBytes: of('diskBytes'),
		networkBitsPerSecond: of('networkBitsPerSecond'),
	};
}

/** Absent, or some of the hosts by number; and how many machines a host carries at most. */
export const candidates = fc.record({
	numbers: fc.option(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }), { nil: undefined, freq: 2 }),
	perHost: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 }),
});

export const machineCount = fc.oneof(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 8 }));

/** Somewhere before, within or behind what is booked. */
export const startUnit = fc.integer({ min: -6, max: UNITS });

/** Two instants in order, most often far apart. */
export const boundUnits = fc.oneof(
	fc.tuple(fc.integer({ min: 2, max: 24 }), fc.integer({ min: 24, max: 60 })),
	fc.tuple(startUnit, startUnit).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
);

/** As a part of a question: nothing where any host will do. */
export function candidateHosts(
	{ hosts }: World,
	{ numbers, perHost }: { numbers: readonly number[] | undefined; perHost: number | undefined },
): { candidateHosts?: readonly string[]; machinesPerHostMax?: number } {
	return {
		...(numbers && { candidateHosts: numbers.map((i) => hosts[i % hosts.length]!.name) }),
		...(perHost && { machinesPerHostMax: perHost }),
	};
}
