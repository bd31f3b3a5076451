/**
 * Alternatives of clusters against an oracle that tries everything: on small sites every start, duration and size of each
 * service, and every way to lay their machines on the hosts. What holds of one service holds of several.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	type RequestedService,
	type ServiceGrant,
	servicesOf,
	withServices,
} from '../../src/agreement/terms/service.ts';
import { Searched } from '../../src/capacity/search/searched.ts';
import { nearestOn } from '../../src/negotiation/alternatives/grid.ts';
import { coarseLevels, type Levels } from '../../src/negotiation/alternatives/levels.ts';
import { isAlike, outdoes, type Rated, rate } from '../../src/negotiation/alternatives/ranking.ts';
import { searchOf } from '../../src/negotiation/alternatives/searches.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { type Judgement, judge } from '../../src/negotiation/judge.ts';
import { ENDLESS, isTooEarlyAndTooLate, onGrid, shapeOf, wishOf } from './grids.ts';
import { hostsForEach, isPossibleTogether } from './oracle.ts';
import { GIB, MIB, NOW, type RequestParts, requestOf } from './requests.ts';
import { QUESTIONS, question, UNIT } from './worlds.ts';

/** Small, so that all of it can be tried. */
const service: fc.Arbitrary<RequestParts> = fc.record({
	machines: fc.integer({ min: 1, max: 3 }),
	cpus: fc.integer({ min: 1, max: 4 }),
	memory: fc.constantFrom(256 * MIB, 512 * MIB, GIB, 3 * GIB),
});

/** Of a head and workers, in the random world of an offer. */
const smallCluster: fc.Arbitrary<Question> = fc
	.tuple(question, fc.array(service, { minLength: 2, maxLength: 2 }))
	.map(([asked, parts]) => {
		const { window, workspace, candidateHosts, priceCeiling } = asked.request;
		const { placement, ...plain } = workspace;
		const services = parts.map((each, nth) => {
			const placed = nth === 1 && placement !== undefined ? { ...plain, placement } : plain;
			return { ...requestOf({ ...each, window, workspace: placed, candidateHosts }), serviceName: `s${nth}` };
		});
		const request = { ...withServices(services[0]!, services), ...(priceCeiling && { priceCeiling }) };
		return { ...asked, request, satisfies: () => true };
	});

/** Undefined where nothing is refused, or nothing else could be had, or there is too much to try. */
function refusalOf(asked: Question): Refused | undefined {
	const judgement = judge(asked);
	const { asked: sizes, finalReasons } = judgement;
	const hosts = hostsForEach(asked);
	if (judgement.attempt !== undefined || sizes === undefined || finalReasons.length > 0) return undefined;
	if (hosts.some(({ length }) => length === 0)) return undefined;
	const search = searchOf({ ...asked, searched: new Searched(asked.calendar) }, judgement, sizes);
	const levels = coarseLevels(search, sizes);
	if (levels.reduce((all, values) => all * values.length, 1) > SHAPES_MAX) return undefined;
	return { judgement, hosts, search, levels };
}

interface Refused {
	readonly judgement: Judgement;
	readonly hosts: readonly (readonly string[])[];
	readonly search: ReturnType<typeof searchOf>;
	readonly levels: Levels;
}

const SHAPES_MAX = 300;
const PROOF = { timeout: 60_000 + 60 * QUESTIONS };

describe('the front on the grid of a cluster', () => {
	it('holds, for all that could be had of the grid at any start, something that outdoes it', PROOF, () => {
		const seen = { refusals: 0, points: 0, both: 0 };
		fc.assert(
			fc.property(smallCluster, (asked) => {
				const refused = refusalOf(asked);
				if (refused === undefined) return;
				const { judgement, hosts, search, levels } = refused;
				const { priceOf: _, reference: __, ...wish } = wishOf(asked, judgement);
				const front = Array.from(nearestOn(search, levels, wish, ENDLESS), (grant) => rate(grant, wish));
				for (const one of front) {
					seen.points += 1;
					expect(isPossibleTogether(asked, hosts, one.grant), said(one)).toBe(true);
					if (servicesOf(one.grant).every((_, nth) => isSmaller(one.grant, levels, nth))) seen.both += 1;
				}
				for (const grant of onGrid(asked, judgement, levels)) {
					const one = rate(grant, wish);
					if (isTooEarlyAndTooLate(grant, wish) || front.some((other) => outdoes(other, one, wish))) continue;
					expect(isPossibleTogether(asked, hosts, grant), said(one)).toBe(false);
				}
				seen.refusals += 1;
			}),
			{ numRuns: Math.ceil(QUESTIONS / 8), endOnFailure: true },
		);
		expect(seen.refusals).toBeGreaterThan(QUESTIONS / 50);
		expect(seen.points).toBeGreaterThan(2 * seen.refusals);
		expect(4 * seen.both).toBeGreaterThan(seen.refusals);
	});
});

describe('the alternatives of a cluster', () => {
	it('are outdone by nothing that could be had', PROOF, () => {
		const seen = { refusals: 0, offers: 0, best: 0 };
		fc.assert(
			fc.property(smallCluster, (random) => {
				const asked = { ...random, policy: { ...random.policy, alternativesMax: 1000 } };
				const refused = refusalOf(asked);
				const decision = refused && decide(asked);
				if (refused === undefined || decision?.kind !== 'counter') return;
				const { judgement, hosts, levels } = refused;
				const wish = wishOf(asked, judgement);
				const offered = decision.alternatives.map(({ grant }) => rate(grant, wish));
				const isElsewhere = ({ grant }: Rated): boolean =>
					servicesOf<{ candidateHosts?: readonly string[] }>(grant).some(({ candidateHosts }) => candidateHosts);
				const comparable = offered.filter((one) => !isElsewhere(one) && one.kind !== 'dearer');
				let most = 0;
				for (const grant of onGrid(asked, judgement, levels)) {
					const one = rate(grant, wish);
					const isAbove = comparable.some((other) => {
						const isTold = one.price !== undefined && isAlike(one, other);
						return outdoes(one, other, wish) && !outdoes(other, one, wish) && !isTold;
					});
					if (isAbove) expect(isPossibleTogether(asked, hosts, grant), said(one)).toBe(false);
					if (one.kept > most && isPossibleTogether(asked, hosts, grant)) most = one.kept;
				}
				seen.refusals += 1;
				seen.offers += comparable.length;
				if (Math.max(0, ...offered.map(({ kept }) => kept)) >= 0.99 * most) seen.best += 1;
			}),
			{ numRuns: Math.ceil(QUESTIONS / 8), endOnFailure: true },
		);
		expect(seen.best / seen.refusals).toBeGreaterThan(0.9);
		expect(seen.offers).toBeGreaterThan(seen.refusals);
		expect(seen.refusals).toBeGreaterThan(QUESTIONS / 50);
	});
});

/** Whether that service is smaller there than it was asked. */
function isSmaller(grant: ServiceGrant, levels: Levels, nth: number): boolean {
	const own = shapeOf(grant).slice(0, -1);
	const size = own.length / servicesOf<RequestedService>(grant as never).length;
	return own.some((value, at) => Math.floor(at / size) === nth && value < levels[at]![0]!);
}

/** What a failed property says. */
function said({ kind, grant, kept, price }: Rated): string {
	return JSON.stringify([kind, shapeOf(grant), (grant.startAt - NOW) / UNIT, kept, price?.amount]);
}
