/**
 * Machines of several shapes that start together, all or nothing: a head and its workers, say. Machines of one group are
 * equal. What a gang is, where it lies, and what must be so wherever it fits.
 */
import {
	defineUsage,
	failAssertion,
	type Placement,
	RESOURCE_NAMES,
	type ResourceVector,
	type Usage,
	type UsagePhase,
} from '../resources.ts';
import type { MachinesQuestion, Strategy } from './questions.ts';

/**
 * Equal machines, and what they say about hosts. `spread` holds beside the other groups: as few of them on any one host
 * as places were found for, and of groups that spread the earlier before the later. What packs may lie anywhere.
 */
export interface GangGroup extends MachinesQuestion {
	readonly count: number;
	readonly usage: Usage;
	readonly strategy?: Strategy;
}

/** Where a gang is: its first group where a group alone would be, and the further ones, which start with it. */
export interface GangPlacement extends Placement {
	/** Absent: there is one group. */
	readonly others?: readonly Placement[];
}

/** The placements of all groups, in their order. */
export function placementsOf(gang: GangPlacement): readonly Placement[] {
	if (gang.others === undefined) return [gang];
	const { others, ...first } = gang;
	return [first, ...others];
}

/** The placements of groups as those of a gang: at least one, in their order. */
export function gangOf(placements: readonly Placement[]): GangPlacement {
	return placements.length === 1 ? placements[0]! : { ...placements[0]!, others: placements.slice(1) };
}

export type GangAnswer =
	/** One placement for each group, in their order. */
	| { readonly kind: 'fits'; readonly placements: readonly Placement[] }
	/** There are none. */
	| { readonly kind: 'none-proved' }
	/** None were found, and it is not proved that there are none. */
	| { readonly kind: 'none-found' };

/** A gang of more shapes is several gangs; every subset of the groups is looked at. */
export const GANG_GROUPS_MAX = 4;

/** The most machines of a placement that lie on one host. */
export function mostOnAHost({ machines }: Placement): number {
	const counts = new Map<string, number>();
	for (const { host, count } of machines) counts.set(host, (counts.get(host) ?? 0) + count);
	return Math.max(0, ...counts.values());
}

/**
 * What must be so wherever the groups fit: groups of equal machines that would have to fit alone. For every subset of
 * the groups as many machines as they have together, each of which needs at every instant the least that any of theirs
 * does. Those of one group first.
 */
export function necessities(groups: readonly GangGroup[]): readonly GangGroup[] {
	const found: GangGroup[] = [];
	for (let subset = 1; subset < 2 ** groups.length; subset++) {
		const members = groups.filter((_, nth) => subset & (2 ** nth));
		const usage = members.map((group) => group.usage as Usage | null).reduce(leastOf);
		if (!usage) continue;
		const count = members.reduce((sum, group) => sum + group.count, 0);
		const most = members.reduce((sum, { machinesPerHostMax = Infinity }) => sum + machinesPerHostMax, 0);
		const hosts = hostsOfAny(members);
		found.push({
			count,
			usage,
			...(hosts && { candidateHosts: hosts }),
			...(most < Infinity && { machinesPerHostMax: most }),
		});
	}
	return found.sort((a, b) => a.count - b.count);
}

/** The hosts on which any of them may lie; the very list, where it is that of all: the calendar knows it again. */
export function hostsOfAny(members: readonly GangGroup[]): readonly string[] | undefined {
	const [first] = members;
	const hosts = first!.candidateHosts;
	if (!hosts || members.some(({ candidateHosts }) => !candidateHosts)) return undefined;
	const isSame = ({ candidateHosts: own }: GangGroup): boolean =>
		own === hosts || (own!.length === hosts.length && own!.every((host, nth) => host === hosts[nth]));
	return members.every(isSame) ? hosts : [...new Set(members.flatMap(({ candidateHosts }) => candidateHosts!))];
}

/** What is used at every instant by whichever machine uses less of a resource; null where that is nothing at all. */
function leastOf(one: Usage | null, other: Usage | null): Usage | null {
	if (!one || !other) return null;
	const phases: UsagePhase[] = [];
	for (const left of one) {
		for (const right of other) {
			const offsetSeconds = Math.max(left.offsetSeconds, right.offsetSeconds);
			const durationSeconds =
				Math.min(left.offsetSeconds + left.durationSeconds, right.offsetSeconds + right.durationSeconds) -
				offsetSeconds;
			if (durationSeconds <= 0) continue;
			const least = (name: keyof ResourceVector): number => Math.min(left.demand[name], right.demand[name]);
			const demand = {
				cpuMillicores: least('cpuMillicores'),
				memoryBytes: least('memoryBytes'),
				diskBytes: least('diskBytes'),
				networkBitsPerSecond: least('networkBitsPerSecond'),
			};
			if (RESOURCE_NAMES.some((name) => demand[name] > 0)) phases.push({ offsetSeconds, durationSeconds, demand });
		}
	}
	return phases.length === 0 ? null : defineUsage(phases);
}

/** Asserts that there are groups, and not too many. */
export function assertGroups(groups: readonly GangGroup[]): void {
	if (groups.length >= 1 && groups.length <= GANG_GROUPS_MAX) return;
	failAssertion(`a gang of ${groups.length} groups, allowed are 1 to ${GANG_GROUPS_MAX}`);
}
