/**
 * Alternatives against an oracle that tries everything: on small sites every start, duration and size of a grid. What is
 * offered is outdone by nothing that could be had, and hardly ever does something keep more of the wish.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { isAsLarge } from '../../src/negotiation/alternatives/front.ts';
import { nearestOn } from '../../src/negotiation/alternatives/grid.ts';
import { coarseLevels } from '../../src/negotiation/alternatives/levels.ts';
import { findPriced } from '../../src/negotiation/alternatives/priced.ts';
import { isAlike, outdoes, type Rated, rate, type Wish } from '../../src/negotiation/alternatives/ranking.ts';
import { searchesEver, searchOf } from '../../src/negotiation/alternatives/searches.ts';
import { grantOf } from '../../src/negotiation/booking.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { type Judgement, judge } from '../../src/negotiation/judge.ts';
import { priceOf } from '../../src/negotiation/policy/price.ts';
import { firstOfferedAt } from '../../src/negotiation/window.ts';
import { ENDLESS, isTooEarlyAndTooLate, onGrid, shapeOf, startsTried, wishOf } from './grids.ts';
import { hostsFor, isPossible, limitsOf } from './oracle.ts';
import { accepted, ask, GIB, HOUR, host, MIB, NOW, occupy, requestOf } from './requests.ts';
import { QUESTIONS, question, UNIT } from './worlds.ts';

/** A refusal with its alternatives, and all that could be had instead on the hosts that the offer names. */
interface Refusal {
	readonly offered: readonly Rated[];
	readonly possible: readonly Rated[];
	readonly wish: Wish;
	readonly isHad: (grant: ServiceGrant) => boolean;
}

const PROOF = { timeout: 30_000 + 40 * QUESTIONS };
describe('the alternatives of a refusal', () => {
	it(
		'are outdone by nothing that could be had, and nine times out of ten nothing keeps more of the wish',
		PROOF,
		() => {
			const seen = { refusals: 0, best: 0, offers: 0, shifts: 0 };
			const property = fc.property(question, (asked) => {
				const refusal = refusalOf(asked);
				if (refusal === undefined || refusal.possible.length === 0) return;
				const { offered, possible, wish } = refusal;
				for (const one of offered.filter(isComparable)) {
					seen.offers += 1;
					const isBetter = (other: Rated): boolean => outdoes(other, one, wish) && !outdoes(one, other, wish);
					// Prices fall from second to second, and what is alike is told of once.
					const isTold = (other: Rated): boolean => other.price !== undefined && isAlike(other, one);
					const better = possible.filter((other) => isBetter(other) && !isTold(other));
					expect(better.map(valuesOf), JSON.stringify(valuesOf(one))).toEqual([]);
				}
				const whole = possible.filter(({ kind }) => kind === 'later');
				const next = whole.reduce<Rated | undefined>(earlierOf, undefined);
				if (next !== undefined && !asked.request.prefersLargest) {
					seen.shifts += 1;
					const isSooner = ({ kind, grant }: Rated): boolean => kind === 'later' && grant.startAt <= next.grant.startAt;
					const isTold = (one: Rated, other: Rated): boolean => outdoes(one, other, wish) || isAlike(one, other);
					// A price comes down to the ceiling at any second before a start that is tried, and there it may be told.
					const found =
						offered.find((one) => isSooner(one) || isTold(one, next)) ??
						offered.find((one) => soonerThan(next, refusal).some((other) => isTold(one, other)));
					expect(found, JSON.stringify(valuesOf(next))).toBeDefined();
				}
				seen.refusals += 1;
				const most = (those: readonly Rated[]): number => Math.max(0, ...those.map(({ kept }) => kept));
				if (most(offered) >= 0.99 * most(possible)) seen.best += 1;
			});
			// Everything is tried for each.
			fc.assert(property, { numRuns: Math.ceil(QUESTIONS / 12) });
			// Among these, a start is passed by at which no more is paid for more.
			fc.assert(property, { numRuns: 20, seed: 5 });
			expect(seen.best / seen.refusals).toBeGreaterThan(0.9);
			expect(Math.min(seen.offers, 10 * seen.shifts)).toBeGreaterThan(QUESTIONS / 40);
		},
	);
});

describe('the front on the grid', () => {
	it('holds, for all that could be had of the grid at any start, something that outdoes it', PROOF, () => {
		const seen = { refusals: 0, points: 0, combined: 0, cheaper: 0 };
		fc.assert(
			fc.property(question, (random) => {
				const asked = { ...random, satisfies: () => true };
				const judgement = judge(asked);
				const { asked: sizes, finalReasons, window } = judgement;
				const hosts = hostsFor(asked);
				if (judgement.attempt !== undefined || sizes === undefined || finalReasons.length > 0) return;
				if (hosts.length === 0 || sizes.machineCount * sizes.cpuCount > 12) return;
				const wish: Wish = { sizes, starts: window.asked, request: asked.request };
				const search = searchOf(asked, judgement, sizes);
				const levels = coarseLevels(search, sizes);
				const costOf = costsIn(asked, judgement);
				const front = Array.from(nearestOn(search, levels, wish, ENDLESS), (grant) => rate(grant, wish));
				for (const one of front) {
					seen.points += 1;
					expect(isPossible(asked, hosts, one.grant), JSON.stringify(valuesOf(one))).toBe(true);
					const changed = shapeOf(one.grant).filter((value, nth) => value < levels[nth]![0]!);
					if (changed.length > 1) seen.combined += 1;
				}
				for (const grant of onGrid(asked, judgement, levels)) {
					const one = rate(grant, wish);
					if (isTooEarlyAndTooLate(grant, wish)) continue;
					if (front.some((other) => outdoes(other, one, wish) && !isHalfOf(grant, other.grant, costOf))) continue;
					expect(isPossible(asked, hosts, grant), JSON.stringify(valuesOf(one))).toBe(false);
				}
				seen.refusals += 1;
				const isCheaperOnly = (one: Rated): boolean =>
					front.some((other) => other !== one && outdoes(other, one, wish));
				seen.cheaper += front.filter(isCheaperOnly).length;
			}),
			{ numRuns: Math.ceil(QUESTIONS / 6) },
		);
		expect(seen.refusals).toBeGreaterThan(QUESTIONS / 40);
		expect(seen.points).toBeGreaterThan(2 * seen.refusals);
		expect(2 * seen.combined).toBeGreaterThan(seen.refusals);
		expect(4 * seen.cheaper).toBeGreaterThan(seen.refusals);
	});

	it('is not looked for before the wanted start where it was found at it', () => {
		const calendar = new SiteCalendar(['a', 'b', 'c', 'd'].map((name) => host(name)));
		const startAt = NOW + 10 * HOUR;
		for (const name of ['a', 'b']) occupy(calendar, name, NOW + 6 * HOUR, NOW + 20 * HOUR, { cpuMillicores: 4000 });
		const fit = vi.spyOn(calendar, 'fit');
		const decision = ask(requestOf({ machines: 4, cpus: 8, window: { startAt, durationSeconds: 4 * HOUR } }), {
			calendar,
		});
		expect(decision.kind === 'counter' && decision.alternatives.map(({ kind }) => kind)).toContain('earlier');
		const asked = fit.mock.calls.map(([{ startAt: at, count, usage }], nth) => {
			return { at, what: JSON.stringify([count, usage]), isFitting: fit.mock.results[nth]!.value !== null };
		});
		const fitting = asked.filter(({ at, isFitting }) => at === startAt && isFitting).map(({ what }) => what);
		const before = asked.filter(({ at }) => at === startAt - 1).map(({ what }) => what);
		expect(fitting.length).toBeGreaterThan(10);
		expect(before.length).toBeGreaterThan(0);
		expect(before.filter((what) => fitting.includes(what))).toEqual([]);
	});
});

describe('what was asked, at every price', () => {
	it('is found at the nearest start and wherever it is cheaper by a tenth than at nearer ones', PROOF, () => {
		const seen = { refusals: 0, cheaper: 0, dearer: 0 };
		fc.assert(
			fc.property(question, (random) => {
				const asked = { ...random, satisfies: () => true, policy: { ...random.policy, alternativesMax: 1000 } };
				const judgement = judge(asked);
				const { asked: sizes, finalReasons, scene } = judgement;
				const hosts = hostsFor(asked);
				if (judgement.attempt !== undefined || sizes === undefined || finalReasons.length > 0) return;
				if (hosts.length === 0 || scene.room.pricing === undefined) return;
				const search = searchOf(asked, judgement, sizes);
				const { earliestAt, durationSeconds } = search.starts;
				const costOf = costsIn(asked, judgement);
				// After the first rung of a ladder come rounder ones, or the plain one.
				const found = findPriced(search).map((ladder) => ladder.at(-1)!);
				const { priceCeiling, ...others } = asked.request;
				const anyPrice = { ...asked, request: others };
				const distance = ({ startAt }: ServiceGrant): number => Math.abs(startAt - earliestAt);
				for (const startAt of startsTried(asked, durationSeconds)) {
					const grant = grantOf(scene.room, search.sizes, startAt, durationSeconds);
					const isTold = found
						.filter((one) => one.startAt < earliestAt === startAt < earliestAt)
						.some((one) => {
							const farther = distance(one) - distance(grant);
							if (farther <= 0 && 0.9 * costOf(one) <= costOf(grant) + 1e-6) return true;
							return farther <= durationSeconds && costOf(one) <= costOf(grant);
						});
					if (!isTold) expect(isPossible(anyPrice, hosts, grant), JSON.stringify([startAt - NOW])).toBe(false);
				}
				for (const grant of found) expect(isPossible(anyPrice, hosts, grant)).toBe(true);
				const ceiling = priceCeiling === undefined ? Number.POSITIVE_INFINITY : 100 * Number(priceCeiling.amount);
				seen.refusals += 1;
				if (new Set(found.map(costOf)).size > 1) seen.cheaper += 1;
				if (found.some((grant) => costOf(grant) > ceiling && grant.startAt !== earliestAt)) seen.dearer += 1;
			}),
			{ numRuns: QUESTIONS },
		);
		expect(seen.refusals).toBeGreaterThan(QUESTIONS / 40);
		expect(40 * Math.min(seen.cheaper, seen.dearer)).toBeGreaterThan(seen.refusals);
	});
});

describe('what a VO may ever have of what was asked', () => {
	it('is told at the cheapest hours of a week, where it costs a tenth less there', PROOF, () => {
		const seen = { cheaper: 0, told: 0 };
		fc.assert(
			fc.property(question, (random) => {
				const { priceCeiling: _, ...request } = random.request;
				const asked = {
					...random,
					request,
					satisfies: () => true,
					policy: { ...random.policy, alternativesMax: 1000 },
				};
				const judgement = judge(asked);
				const { asked: sizes, scene } = judgement;
				if (scene.room.pricing === undefined || scene.room.allowance === undefined || sizes === undefined) return;
				if (request.prefersLargest) return;
				const decision = decide(asked);
				const hosts = hostsFor(asked);
				if (decision.kind !== 'counter' || hosts.length === 0) return;
				const costOf = costsIn(asked, judgement);
				const wish = wishOf(asked, judgement);
				for (const each of searchesEver(searchOf(asked, judgement, sizes), sizes)) {
					const { earliestAt, durationSeconds } = each.starts;
					const grantAt = (startAt: number) => grantOf(scene.room, each.sizes, startAt, durationSeconds);
					const most = 0.9 * costOf(grantAt(earliestAt));
					const weekEndAt = firstOfferedAt(scene.room.policy, NOW) + 7 * 24 * HOUR;
					const cheap = [...startsTried(asked, durationSeconds)]
						.filter((startAt) => startAt <= weekEndAt)
						.map(grantAt)
						.filter((grant) => costOf(grant) <= most && isPossible(asked, hosts, grant))
						.map((grant) => rate(grant, wish));
					if (cheap.length === 0) continue;
					seen.cheaper += 1;
					const least = Math.min(...cheap.map(({ grant }) => costOf(grant)));
					const offered = decision.alternatives.map(({ grant }) => rate(grant, wish));
					const isTold = cheap
						.filter(({ grant }) => costOf(grant) <= least)
						.some((one) =>
							offered.some((other) => outdoes(other, one, wish) || isAlike(other, one) || isMore(other, one)),
						);
					if (isTold) seen.told += 1;
				}
			}),
			{ numRuns: QUESTIONS },
		);
		expect(seen.told).toBe(seen.cheaper);
		expect(seen.told).toBeGreaterThan(QUESTIONS / 40);
	});
});

describe('a grant is as large as another', () => {
	const one = accepted(ask(requestOf({ machines: 2, cpus: 2, memory: GIB }))).grant;
	const worker = { ...one, serviceName: 'workers' };

	it('at any time and on any host, where all sizes of all services are the same', () => {
		expect(isAsLarge({ ...one, startAt: NOW + HOUR, endAt: NOW + 9 * HOUR, candidateHosts: ['b'] }, one)).toBe(true);
		expect(isAsLarge({ ...one, others: [worker] }, { ...one, others: [{ ...worker }] })).toBe(true);
	});

	it.each(['machineCount', 'cpuCount', 'memoryBytes', 'diskBytes', 'networkBitsPerSecond'] as const)(
		'only with the same %s',
		(field) => {
			const more = { ...one, [field]: one[field] + 1 };
			expect([isAsLarge(more, one), isAsLarge(one, more)]).toEqual([false, false]);
			const others = [{ ...worker, [field]: worker[field] + 1 }];
			expect(isAsLarge({ ...one, others }, { ...one, others: [worker] })).toBe(false);
		},
	);
});

type CostOf = (grant: ServiceGrant) => number;

/** Whether it is no less of anything at the same time, for no more. */
function isMore({ grant: more, price }: Rated, { grant, price: less }: Rated): boolean {
	if (more.startAt !== grant.startAt || Number(price!.amount) > Number(less!.amount)) return false;
	return shapeOf(more).every((value, nth) => value >= shapeOf(grant)[nth]!);
}

/** In cents. */
function costsIn({ policy }: Question, { scene }: Judgement): CostOf {
	const { pricing } = scene.room;
	return pricing === undefined ? () => 0 : (grant) => 100 * Number(priceOf(grant, policy, pricing).amount);
}

/** Whether the one costs less than half of the other for what it is, by more than the rounding of both. */
function isHalfOf(one: ServiceGrant, other: ServiceGrant, costOf: CostOf): boolean {
	const others = shapeOf(other);
	const share = shapeOf(one).reduce((all, value, nth) => {
		const whole = others[nth]!;
		return whole === 0 ? all : (all * value) / whole;
	}, 1);
	return costOf(one) + 2 < (costOf(other) * share) / 2;
}

/** Whether it is of what the oracle tries: on the hosts that are named, for no more than is paid. */
function isComparable({ grant, kind }: Rated): boolean {
	return grant.candidateHosts === undefined && kind !== 'dearer';
}

/** The same at every second between a start that is tried and the one before, where it could be had. */
function soonerThan({ grant }: Rated, { wish, isHad }: Refusal): readonly Rated[] {
	const starts = Array.from({ length: UNIT / 2 }, (_, nth) => grant.startAt - nth);
	const seconds = grant.endAt - grant.startAt;
	const sooner = starts.map((startAt): ServiceGrant => ({ ...grant, startAt, endAt: startAt + seconds }));
	return sooner.filter(isHad).map((each) => rate(each, wish));
}

function earlierOf(first: Rated | undefined, other: Rated): Rated {
	return first === undefined || other.grant.startAt < first.grant.startAt ? other : first;
}

/** Undefined where nothing is refused, or so much is asked that trying everything takes too long. */
function refusalOf(random: Question): Refusal | undefined {
	const asked = { ...random, satisfies: () => true, policy: { ...random.policy, alternativesMax: 1000 } };
	const decision = decide(asked);
	if (decision.kind !== 'counter') return undefined;
	const judgement = judge(asked);
	const hosts = hostsFor(asked);
	if (hosts.length === 0 || judgement.asked!.machineCount * judgement.asked!.cpuCount > 12) return undefined;
	const wish = wishOf(asked, judgement);
	const isHad = (grant: ServiceGrant): boolean => isPossible(asked, hosts, grant);
	const possible: Rated[] = [];
	for (const grant of everything(asked, judgement)) {
		if (isHad(grant)) possible.push(rate(grant, wish));
	}
	const offered = decision.alternatives.map(({ grant }) => rate(grant, wish));
	return { offered, possible, wish, isHad };
}

/**
 * The grid, up to what was asked. Of the starts nearer than the setup only the first: such a start is booked from now on,
 * so whatever fits a later one of them fits it too, and only the first is looked for.
 */
function* everything(question: Question, { asked, window, scene }: Judgement) {
	const { policy, now } = question;
	const firstAt = firstOfferedAt({ ...policy, leadTimeSeconds: limitsOf(question).leadTimeSeconds ?? 0 }, now);
	const longest = Math.min(window.asked.durationSeconds, policy.durationSecondsMax);
	const memories = [asked!.memoryBytes, 2 * GIB, GIB, 512 * MIB, 256 * MIB].filter(
		(bytes) => bytes <= asked!.memoryBytes,
	);
	for (let seconds = longest; seconds >= UNIT; seconds -= UNIT) {
		for (let startAt = firstAt; startAt + seconds <= now + policy.horizonSeconds; startAt += UNIT / 2) {
			if (startAt > firstAt && startAt < now + policy.setupSeconds) continue;
			for (let machineCount = Math.min(asked!.machineCount, policy.machinesMax); machineCount > 0; machineCount -= 1) {
				for (let cpuCount = Math.min(asked!.cpuCount, policy.cpuCountMax); cpuCount > 0; cpuCount -= 1) {
					for (const memoryBytes of new Set(memories)) {
						yield grantOf(scene.room, { ...asked!, machineCount, cpuCount, memoryBytes }, startAt, seconds);
					}
				}
			}
		}
	}
}

/** What a failed property says. */
function valuesOf({ kind, grant, price, kept }: Rated): object {
	const { machineCount, cpuCount, memoryBytes, startAt, endAt } = grant;
	const window = [(startAt - NOW) / UNIT, (endAt - startAt) / UNIT];
	return { kind, machineCount, cpuCount, mebibytes: memoryBytes / MIB, window, price: price?.amount, kept };
}
