/** Of what no host, or all of them together, ever have enough: the most that may be asked instead, as a document says it. */
import { RESOURCE_NAMES, type ResourceName } from '../../capacity/resources.ts';
import { halve } from '../alternatives/within-site.ts';
import { demandOf, type Room } from '../booking.ts';
import type { Reason } from '../decision.ts';
import { DISK_STEP_BYTES, MEMORY_STEP_BYTES, NETWORK_STEP_BITS_PER_SECOND } from '../policy/policy.ts';
import type { ServiceSizes, SizeField } from '../sizes.ts';
import { amountText } from './words.ts';

/**
 * The reason with the largest size that the empty hosts could carry, the hypervisor's own included, and the size behind
 * it could not: of which a machine needs no more than one host has, or of several machines as many as the hosts have room
 * for. Where not even the least is: of one machine without a remedy, of several with how many there could be.
 */
export function withLargest(reason: Reason, sizes: ServiceSizes, room: Room): Reason {
	const { code, resource, limit, host, remedy } = reason;
	const { workspace, policy } = room;
	const isOfAHost = code === 'LIMIT_EXCEEDED' || (code === 'CAPACITY_TOO_SMALL' && host !== undefined);
	const isOfAll = code === 'CAPACITY_TOO_SMALL' && host === undefined && sizes.machineCount > 1;
	if (remedy !== undefined || typeof limit !== 'number' || !isResource(resource)) return reason;
	if (!isOfAHost && !isOfAll) return reason;
	const { field, step } = SIZE_OF[resource];
	const least = field === 'memoryBytes' ? policy.abilities.memoryBytesMin : 1;
	const needed = (units: number): number => {
		return demandOf({ ...sizes, [field]: units * step }, workspace, policy)[resource];
	};
	const fits = (units: number): boolean => {
		return isOfAll ? machinesOnEmpty(room, resource, needed(units)) >= sizes.machineCount : needed(units) <= limit;
	};
	const units = halve(Math.ceil(least / step), Math.floor(sizes[field] / step), fits);
	if (units === undefined) {
		if (!isOfAll) return reason;
		const most = machinesOnEmpty(room, resource, demandOf(sizes, workspace, policy)[resource]);
		return { ...reason, remedy: { text: `at most ${amountText(most, 'machines')}` } };
	}
	const size = units * step;
	const each = sizes.machineCount === 1 ? '' : ' in each machine';
	const text = `at most ${amountText(size, field === 'cpuCount' ? 'cpus' : resource, Math.floor)}${each}`;
	// Amounts of CPU are millicores, also where a share of each is asked.
	return { ...reason, remedy: { text, allowed: resource === 'cpuMillicores' ? needed(units) : size } };
}

/** How many machines that need so much of a resource the empty hosts have enough of it for. O(hosts). */
function machinesOnEmpty({ calendar, hosts }: Room, resource: ResourceName, needed: number): number {
	const named = hosts && new Set(hosts);
	let count = 0;
	for (const { name, capacity } of calendar.hosts) {
		if (named?.has(name) !== false) count += Math.floor(capacity[resource] / needed);
	}
	return count;
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
