/**
 * Which sizes of an offer are tried, and in which order: of each service the smallest that its ranges admit; of several
 * services that share totals every combination, up to a bound.
 */
import { contains, exactly } from '../agreement/jsdl/range.ts';
import type { Demand, GrantedService } from '../agreement/terms/service.ts';
import { type Attempt, attempt, grow, type Scene } from './attempt.ts';
import { inBrief } from './booking.ts';
import { liveSizing, type PreviousGrant, standingIn } from './change.ts';
import type { JudgedService } from './judge.ts';
import type { SitePolicy } from './policy/policy.ts';
import {
	keepsToMachines,
	keepsToSizes,
	type Sizes,
	type Sizing,
	sizesBeyondLimit,
	sizesOfAll,
	smallestChoices,
} from './sizes.ts';
import type { Starts } from './window.ts';

/** Smallest sizes worth trying, with the sizings that they come from. */
interface Choice {
	readonly sizes: Sizes;
	readonly sizings: readonly Sizing[];
}

/** The choices of all services together in the order in which they are tried; none where one service has none. */
export function choicesOf(
	services: readonly JudgedService[],
	policy: SitePolicy,
	begun: PreviousGrant | undefined,
): readonly Choice[] {
	const staysLive = begun?.running === true && !begun.allowRestart;
	const before = staysLive ? standingIn(begun) : undefined;
	if (services.length === 1) return serviceChoices(services[0]!.sizing, policy, before?.[0]);
	const ofEach = services.map(({ sizing }, nth) => serviceChoices(sizing, policy, before?.[nth]));
	return combined(ofEach, policy);
}

/**
 * The choices with as many machines as run, and the bandwidth that they have, of services whose ranges admit these: none
 * ends for a range alone. Undefined where that changes nothing, and of what prefers the largest.
 */
export function stayingChoices(
	services: readonly JudgedService[],
	policy: SitePolicy,
	begun: PreviousGrant | undefined,
): readonly Choice[] {
	if (begun?.running !== true) return [];
	const before = standingIn(begun);
	const staying = services.map((each, nth) => {
		const standing = before[nth];
		if (standing === undefined || each.request.prefersLargest) return each;
		const sizing = stayingSizing(each.sizing, standing);
		return smallestChoices(sizing).length === 0 ? each : { ...each, sizing };
	});
	return staying.every((each, nth) => each === services[nth]) ? [] : choicesOf(staying, policy, begun).slice(0, 1);
}

function stayingSizing(sizing: Sizing, { machineCount, networkBitsPerSecond }: GrantedService): Sizing {
	const { count, grids } = sizing;
	const { networkBitsPerSecond: network } = grids;
	const stays = <D extends Demand>(demand: D | undefined, value: number): D | undefined =>
		demand !== undefined && contains(demand.range, value) ? { ...demand, range: exactly(value) } : demand;
	const individual = stays(network.individual, networkBitsPerSecond);
	return {
		...sizing,
		...(count === undefined ? {} : { count: stays(count, machineCount)! }),
		grids: {
			...grids,
			networkBitsPerSecond: individual === undefined ? network : { ...network, individual },
		},
	};
}

/** The first choice that can be had, grown where a service prefers the largest; all but the first are tried briefly. */
export function attemptChoices(
	scene: Scene,
	choices: readonly Choice[],
	starts: Starts,
	services: readonly JudgedService[],
): Attempt | undefined {
	let tried = scene;
	for (const { sizes, sizings } of choices) {
		const found = attempt(tried, sizes, starts);
		tried = { ...scene, room: inBrief(scene.room) };
		if (found === undefined) continue;
		if (!services.some(({ request }) => request.prefersLargest)) return found;
		return grow(scene, sizings, (nth) => services[nth]!.request.prefersLargest, found);
	}
	return undefined;
}

/** Of several services that share totals each in many ways not every combination is tried; all but the first briefly. */
const CHOICES_MAX = 16;

/**
 * Every combination of the choices of each; the first varies slowest. With more machines than an agreement may have only
 * where there are no others.
 */
function combined(choices: readonly (readonly Choice[])[], policy: SitePolicy): readonly Choice[] {
	let ways: readonly (readonly Choice[])[] = [[]];
	for (const each of choices) {
		const longer = ways.flatMap((chosen) => each.map((choice) => [...chosen, choice]));
		const allowed = longer.filter((chosen) => keepsToMachines(policy, sizesIn(chosen)));
		ways = (allowed.length > 0 ? allowed : longer).slice(0, CHOICES_MAX);
	}
	return ways.map((chosen) => ({ sizes: sizesIn(chosen), sizings: chosen.flatMap(({ sizings }) => sizings) }));
}

function sizesIn(chosen: readonly Choice[]): Sizes {
	return sizesOfAll(chosen.map(({ sizes }) => sizes));
}

/**
 * The choices of one service in the order in which they are tried. Where its machines are to keep running, what they can
 * become as they run comes first. Sizes beyond the policy's limits stand there only where the ranges admit no others.
 */
function serviceChoices(sizing: Sizing, policy: SitePolicy, running: GrantedService | undefined): readonly Choice[] {
	const smallest = (from: Sizing): Choice[] => smallestChoices(from).map((sizes) => ({ sizes, sizings: [from] }));
	const ordinary = smallest(sizing);
	const all = running === undefined ? ordinary : [...smallest(liveSizing(sizing, running, policy)), ...ordinary];
	const allowed = all.filter(({ sizes }) => keepsToSizes(policy, sizes));
	if (allowed.length > 0) return allowed;
	if (all.length > 0) return all;
	const beyond = sizesBeyondLimit(sizing);
	return beyond === undefined ? [] : [{ sizes: beyond, sizings: [sizing] }];
}
