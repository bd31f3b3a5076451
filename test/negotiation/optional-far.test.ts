/**
 * Five and more Optional constraints on sites so large, and so full, that not all of their days may be looked through:
 * against a list of every start, size and duration, day by day. Where the bound of what is looked through was not met the
 * answer is exact; where it was, hardly ever anything of more Importance is missed, and what is offered can be had.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { between } from '../../src/agreement/jsdl/range.ts';
import type { AdmittedField } from '../../src/agreement/offer/admitted.ts';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage } from '../../src/capacity/resources.ts';
import { Searched } from '../../src/capacity/search/searched.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { DAY, GIB, host, NOW, POLICY, requestOf, sentBack, WORKSPACE } from './requests.ts';
import { QUESTIONS } from './worlds.ts';

const DAYS = 400;
const HOSTS = 24;
const CPUS = 8;
/** 100 hosts for 80 days: no more is searched in vain for the sets of five constraints, and for none more than half of what is left. */
const LOOKED_MAX = 8000 * DAY;

/** What of a grant a constraint is about; times in days. */
interface Had {
	readonly machines: number;
	readonly cpus: number;
	readonly gib: number;
	readonly start: number;
	readonly days: number;
}

interface Liked {
	readonly importance: number;
	readonly field: AdmittedField;
	readonly least: number;
	readonly most: number;
}

const VALUES: Readonly<Partial<Record<AdmittedField, (had: Had) => number>>> = {
	machineCount: ({ machines }) => machines,
	cpuCount: ({ cpus }) => cpus,
	memoryBytes: ({ gib }) => gib * GIB,
	totalCpuCount: ({ machines, cpus }) => machines * cpus,
	startAt: ({ start }) => NOW + start * DAY,
	endAt: ({ start, days }) => NOW + (start + days) * DAY,
	durationSeconds: ({ days }) => days * DAY,
};

function likedOf(field: AdmittedField, most: number, unit: number, zero = 0): fc.Arbitrary<Liked> {
	const value = fc.integer({ min: 1, max: most });
	return fc.record({ one: value, other: value, importance: fc.integer({ min: 1, max: 9 }) }).map((each) => ({
		importance: each.importance,
		field,
		least: zero + Math.min(each.one, each.other) * unit,
		most: zero + Math.max(each.one, each.other) * unit,
	}));
}

const likes = fc.array(
	fc.oneof(
		likedOf('machineCount', 4, 1),
		likedOf('cpuCount', CPUS, 1),
		likedOf('memoryBytes', 4, GIB),
		likedOf('totalCpuCount', 20, 1),
		likedOf('startAt', DAYS - 10, DAY, NOW),
		likedOf('endAt', DAYS - 10, DAY, NOW),
		likedOf('durationSeconds', 6, DAY),
	),
	{ minLength: 5, maxLength: 8 },
);

/** CPUs that are free, by host and day: full stretches with holes between them. */
const occupancy = fc
	.record({ seed: fc.integer({ min: 1, max: 2 ** 30 }), fullness: fc.constantFrom(0.9, 0.97, 1) })
	.map(({ seed, fullness }) => {
		let state = seed;
		const random = (): number => {
			state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
			return state / 2 ** 31;
		};
		return Array.from({ length: HOSTS }, () => {
			const days: number[] = [];
			while (days.length < DAYS) {
				const free = random() < fullness ? Math.floor(random() * 3) : Math.floor(random() * (CPUS + 1));
				const length = 1 + Math.floor(random() * 12);
				for (let nth = 0; nth < length; nth += 1) days.push(free);
			}
			return days.slice(0, DAYS);
		});
	});

type Free = readonly (readonly number[])[];

function calendarOf(free: Free): SiteCalendar {
	const calendar = new SiteCalendar(free.map((_, nth) => host(`h${nth}`, { cpuMillicores: CPUS * 1000 })));
	for (const [nth, days] of free.entries()) {
		for (let from = 0; from < DAYS; ) {
			let until = from + 1;
			while (until < DAYS && days[until] === days[from]) until += 1;
			const cpuMillicores = (CPUS - days[from]!) * 1000;
			const demand = { cpuMillicores, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
			if (cpuMillicores > 0) {
				const usage = defineUsage([{ offsetSeconds: 0, durationSeconds: (until - from) * DAY, demand }]);
				calendar.book({ startAt: NOW + from * DAY, usage, machines: [{ host: `h${nth}`, count: 1 }] });
			}
			from = until;
		}
	}
	return calendar;
}

function fits(free: Free, { machines, cpus, gib, start, days }: Had): boolean {
	let count = 0;
	for (const cpusFree of free) {
		let least = CPUS;
		for (let day = start; day < start + days; day += 1) least = Math.min(least, cpusFree[day]!);
		count += Math.min(Math.floor(least / cpus), Math.floor(16 / gib));
		if (count >= machines) return true;
	}
	return false;
}

function importanceOf(items: readonly Liked[], had: Had): number {
	return items.reduce((sum, { importance, field, least, most }) => {
		const value = VALUES[field]!(had);
		return value >= least && value <= most ? sum + importance : sum;
	}, 0);
}

/** The most Importance of all that could be had at any time. */
function mostOf(free: Free, items: readonly Liked[]): number {
	let best = 0;
	for (let machines = 1; machines <= 4; machines += 1) {
		for (let cpus = 1; cpus <= CPUS; cpus += 1) {
			for (let gib = 1; gib <= 4; gib += 1) {
				for (let days = 1; days <= 6; days += 1) {
					for (let start = 0; start + days <= DAYS; start += 1) {
						const had = { machines, cpus, gib, start, days };
						if (importanceOf(items, had) > best && fits(free, had)) best = importanceOf(items, had);
					}
				}
			}
		}
	}
	return best;
}

function hadIn({ machineCount, cpuCount, memoryBytes, startAt, endAt }: ServiceGrant): Had {
	const start = (startAt - NOW) / DAY;
	return { machines: machineCount, cpus: cpuCount, gib: memoryBytes / GIB, start, days: (endAt - startAt) / DAY };
}

function questionOf(free: Free, items: readonly Liked[], asked: Had): Question {
	const { machines, cpus, gib, days } = asked;
	const window = { startAt: NOW, endAt: NOW + days * DAY, durationSeconds: days * DAY };
	return {
		request: requestOf({ machines, cpus, memory: gib * GIB, window, workspace: WORKSPACE }),
		violations: [],
		calendar: calendarOf(free),
		policy: {
			...POLICY,
			horizonSeconds: DAYS * DAY,
			durationSecondsMin: DAY,
			durationSecondsMax: 30 * DAY,
			cpuCountMax: CPUS,
		},
		now: NOW,
		satisfies: () => true,
		importanceOf: (grant) => importanceOf(items, hadIn(grant)),
		optionalDemands: () => ({
			items: items.map(({ importance, field, least, most }) => {
				return { importance, admits: [{ field, nth: 0, range: between(least, most) }] };
			}),
			always: [],
		}),
	};
}

const wanted: fc.Arbitrary<Had> = fc.record({
	machines: fc.integer({ min: 1, max: 4 }),
	cpus: fc.integer({ min: 3, max: CPUS }),
	gib: fc.integer({ min: 1, max: 4 }),
	start: fc.constant(0),
	days: fc.integer({ min: 1, max: 6 }),
});

describe('Optional constraints of an offer to a large site that is full', () => {
	it('are kept to as well as they can be, as far as may be looked', { timeout: 60_000 + 100 * QUESTIONS }, () => {
		const seen = { refused: 0, bounded: 0, best: 0 };
		const missed: string[] = [];
		const property = fc.property(occupancy, likes, wanted, (free, items, asked) => {
			const question = questionOf(free, items, asked);
			const searched = new Searched(question.calendar);
			const decision = decide({ ...question, searched });
			if (decision.kind === 'accept') return;
			seen.refused += 1;
			const alternatives = decision.kind === 'counter' ? decision.alternatives : [];
			for (const { grant } of alternatives) {
				const { days, start } = hadIn(grant);
				const had = { ...hadIn(grant), start: Math.floor(start), days: Math.ceil(start + days) - Math.floor(start) };
				expect(fits(free, had), JSON.stringify(had)).toBe(true);
				const again = decide({ ...question, request: sentBack(question.request, grant) });
				expect(again.kind).toBe('accept');
			}
			expect(decide(question)).toEqual(decision);
			const kept = alternatives.map(({ grant }) => importanceOf(items, hadIn(grant)));
			expect([...kept].sort((a, b) => b - a)).toEqual(kept);
			const most = mostOf(free, items);
			const isBounded = searched.hostSeconds > LOOKED_MAX / (items.length > 5 ? 4 : 2);
			if (isBounded) seen.bounded += 1;
			if ((kept[0] ?? 0) >= most) seen.best += 1;
			else if (isBounded) missed.push(`${kept[0]} of ${most}, ${items.length} constraints`);
			else expect(kept[0] ?? 0, `${searched.hostSeconds / DAY} days, ${items.length}`).toBeGreaterThanOrEqual(most);
		});
		fc.assert(property, { numRuns: Math.ceil(QUESTIONS / 20), endOnFailure: true });
		expect(Math.min(seen.refused, 3 * seen.bounded), JSON.stringify(seen)).toBeGreaterThan(QUESTIONS / 40);
		// About one in seven; of the few that a short run asks it is luck how many more.
		expect(missed.length / seen.refused, missed.join('; ')).toBeLessThan(0.2 + 0.5 / Math.sqrt(seen.refused));
	});
});
