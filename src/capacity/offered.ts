/** What of a host's capacity is given to agreements: more than it has of what is overcommitted, less what is kept back. */
import { addResources, type Host, NOTHING, type ResourceVector, wholeTimes } from './resources.ts';

/** One number for each resource. */
type Shares = ResourceVector;

/** Overcommit is counted in thousandths: 1500 gives one and a half times what there is. */
export const OVERCOMMIT_ONE = 1000;
const PERCENT_ALL = 100;

/** Nothing is overcommitted. */
export const NO_OVERCOMMIT: Shares = {
	cpuMillicores: OVERCOMMIT_ONE,
	memoryBytes: OVERCOMMIT_ONE,
	diskBytes: OVERCOMMIT_ONE,
	networkBitsPerSecond: OVERCOMMIT_ONE,
};

/**
 * The capacity times the overcommit, rounded down, less that many percent of it, rounded up. Exact in integers; asserts
 * that every product can be.
 */
export function offeredCapacity(
	capacity: ResourceVector,
	overcommitThousandths: Shares,
	reservePercent: Shares,
): ResourceVector {
	const offered = (name: keyof ResourceVector): number => {
		const grown = portionOf(capacity[name], overcommitThousandths[name], OVERCOMMIT_ONE);
		return portionOf(grown, PERCENT_ALL - reservePercent[name], PERCENT_ALL);
	};
	return addResources(NOTHING, {
		cpuMillicores: offered('cpuMillicores'),
		memoryBytes: offered('memoryBytes'),
		diskBytes: offered('diskBytes'),
		networkBitsPerSecond: offered('networkBitsPerSecond'),
	});
}

/** So many percent of what the hosts have together, rounded down; of resources of which none is kept the sum is not formed. */
export function siteReserve(hosts: readonly Host[], percent: Shares): ResourceVector {
	const kept = (name: keyof ResourceVector): number => {
		if (percent[name] === 0) return 0;
		return portionOf(
			hosts.reduce((sum, { capacity }) => sum + capacity[name], 0),
			percent[name],
			PERCENT_ALL,
		);
	};
	return addResources(NOTHING, {
		cpuMillicores: kept('cpuMillicores'),
		memoryBytes: kept('memoryBytes'),
		diskBytes: kept('diskBytes'),
		networkBitsPerSecond: kept('networkBitsPerSecond'),
	});
}

/** amount * numerator / denominator, rounded down; no intermediate product is larger than the result by much. */
export function portionOf(amount: number, numerator: number, denominator: number): number {
	const whole = wholeTimes(amount, denominator);
	const rest = amount - whole * denominator;
	return whole * numerator + wholeTimes(rest * numerator, denominator);
}
