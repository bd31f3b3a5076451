import type { Host } from '../../src/capacity/resources.ts';

export const SITE = 'garching';
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
/** 2027-01-15T08:00:00Z, when every test begins. */
export const BEGIN = 1_800_000_000;

/** Hosts of 4 CPUs and 8 GiB, named n1, n2, ... */
export function hosts(count: number, cpus = 4, memoryBytes = 8 * GIB): Host[] {
	return Array.from({ length: count }, (_, index) => ({
		name: `n${index + 1}`,
		capacity: { cpuMillicores: cpus * 1000, memoryBytes, diskBytes: 1000 * GIB, networkBitsPerSecond: 10 ** 10 },
		labels: {},
	}));
}
