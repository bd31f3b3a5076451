/** Of what no host has enough: the most that may be asked instead, as a document says it. */
import { RESOURCE_NAMES, type ResourceName } from '../../capacity/resources.ts';
import { halve } from '../alternatives/within-site.ts';
import { demandOf, type Room } from '../booking.ts';
import type { Reason } from '../decision.ts';
import { DISK_STEP_BYTES, MEMORY_STEP_BYTES, NETWORK_STEP_BITS_PER_SECOND } from '../policy/policy.ts';
import type { ServiceSizes, SizeField } from '../sizes.ts';
import { amountText } from './words.ts';

/**
 * The reason with the largest size of which a machine needs no more than its limit, the hypervisor's own included, where
 * it is about what one host has and the size behind it is beyond that; without a remedy where not even the least is.
 */
export function withLargest(reason: Reason, sizes: ServiceSizes, { workspace, policy }: Room): Reason {
	const { code, resource, limit, host, remedy } = reason;
	const isOfAHost = code === 'LIMIT_EXCEEDED' || (code === 'CAPACITY_TOO_SMALL' && host !== undefined);
	if (!isOfAHost || remedy !== undefined || typeof limit !== 'number' || !isResource(resource)) return reason;
	const { field, step } = SIZE_OF[resource];
	const least = field === 'memoryBytes' ? policy.abilities.memoryBytesMin : 1;
	const needed = (units: number): number => {
		return demandOf({ ...sizes, [field]: units * step }, workspace, policy)[resource];
	};
	const units = halve(Math.ceil(least / step), Math.floor(sizes[field] / step), (each) => needed(each) <= limit);
	if (units === undefined) return reason;
	const size = units * step;
	const each = sizes.machineCount === 1 ? '' : ' in each machine';
	const text = `at most ${amountText(size, field === 'cpuCount' ? 'cpus' : resource, Math.floor)}${each}`;
	// Amounts of CPU are millicores, also where a share of each is asked.
	return { ...reason, remedy: { text, allowed: resource === 'cpuMillicores' ? needed(units) : size } };
}

function isResource(resource: Reason['resource']): resource is ResourceName {
	return (RESOURCE_NAMES as readonly unknown[]).includes(resource);
}

const SIZE_OF: Readonly<Record<ResourceName, { readonly field: SizeField; readonly step: number }>> = {
	cpuMillicores: { field: 'cpuCount', step: 1 },
	memoryBytes: { field: 'memoryBytes', step: MEMORY_STEP_BYTES },
	diskBytes: { field: 'diskBytes', step: DISK_STEP_BYTES },
	networkBitsPerSecond: { field: 'networkBitsPerSecond', step: NETWORK_STEP_BITS_PER_SECOND },
};
