/**
 * What the JobDefinitions of one service ask for together: their terms stand under All, so all of them hold, and what no
 * value fulfils together is an issue that names both places.
 */
import { addIssue, excerpt, withoutAbsent } from '../document.ts';
import type { Demand, RequestPaths } from '../terms/service.ts';
import { intersect, intersects, isEmpty, printRange, type RangeValue } from './range.ts';
import type { Notes } from './range-value.ts';

/** The demands of a service that are ranges; the names are those of ServiceRequest. */
export type RangeField =
	| 'machineCount'
	| 'cpuCount'
	| 'memoryBytes'
	| 'diskBytes'
	| 'networkBitsPerSecond'
	| 'cpuSpeedHz'
	| 'totalCpuCount'
	| 'totalMemoryBytes'
	| 'totalDiskBytes';

/** The element of jsdl:Resources that states each demand, in the order of the schema. */
export const RANGE_ELEMENTS: readonly (readonly [localName: string, field: RangeField])[] = [
	['IndividualCPUSpeed', 'cpuSpeedHz'],
	['IndividualCPUCount', 'cpuCount'],
	['IndividualNetworkBandwidth', 'networkBitsPerSecond'],
	['IndividualPhysicalMemory', 'memoryBytes'],
	['IndividualDiskSpace', 'diskBytes'],
	['TotalCPUCount', 'totalCpuCount'],
	['TotalPhysicalMemory', 'totalMemoryBytes'],
	['TotalDiskSpace', 'totalDiskBytes'],
	['TotalResourceCount', 'machineCount'],
];

/** What the JobDefinitions of one service ask for together. */
export interface JobResources {
	readonly demands: { readonly [F in RangeField]?: Demand };
	readonly candidateHosts: readonly string[];
	readonly operatingSystem?: string;
	readonly cpuArchitecture?: string;
	readonly paths: Omit<RequestPaths, 'labels'>;
}

/** The demands of the Resources read so far. */
export interface MergedResources {
	/** By the local name of the element that states it: also those that nothing enforces. */
	readonly ranges: Map<string, Demand>;
	/** What they were merged from, each as it was said. */
	readonly parts: Map<string, Demand[]>;
	/** `names`: those that all CandidateHosts have. */
	hosts?: { readonly names: readonly string[]; readonly parts: readonly HostNames[] };
	operatingSystem?: NamedValue;
	cpuArchitecture?: NamedValue;
}

/** The hosts of one CandidateHosts. */
interface HostNames {
	readonly names: readonly string[];
	readonly path: string;
}

interface NamedValue {
	readonly value: string;
	readonly path: string;
}

/** What was merged, as the demands of a service; what nothing enforces is none of them. */
export function demandsOf({ ranges }: MergedResources): JobResources['demands'] {
	const demands: { [F in RangeField]?: Demand } = {};
	for (const [localName, field] of RANGE_ELEMENTS) {
		const demand = ranges.get(localName);
		if (demand !== undefined) demands[field] = demand;
	}
	return demands;
}

/** Where the rest of what was merged stands first. */
export function pathsOf(merged: MergedResources): JobResources['paths'] {
	const { hosts, operatingSystem, cpuArchitecture } = merged;
	return withoutAbsent({
		candidateHosts: hosts?.parts[0]?.path,
		operatingSystem: operatingSystem?.path,
		cpuArchitecture: cpuArchitecture?.path,
	});
}

/** Terms stand under All, so all hold; where no value fulfils this one and those before, they contradict each other. */
export function mergeDemand(demand: Demand, localName: string, merged: MergedResources, notes: Notes): void {
	const merging = merged.ranges.get(localName);
	const before = merged.parts.get(localName);
	if (merging === undefined || before === undefined) {
		merged.ranges.set(localName, demand);
		merged.parts.set(localName, [demand]);
		return;
	}
	const range: RangeValue = intersect(merging.range, demand.range);
	if (isEmpty(range) && !isEmpty(merging.range) && !isEmpty(demand.range)) {
		const opposed = before.find((part) => !intersects(part.range, demand.range));
		const paths = opposed === undefined ? before.map(({ path }) => path) : [opposed.path];
		addConflict(notes, demand.path, paths, printRange(demand.range), printRange((opposed ?? merging).range));
		// What is said later is compared with what was in force.
		return;
	}
	before.push(demand);
	merged.ranges.set(localName, { range, path: merging.path });
}

/** One operating system, one architecture: all of a service name the same. */
export function mergeName(
	own: NamedValue,
	field: 'operatingSystem' | 'cpuArchitecture',
	merged: MergedResources,
	notes: Notes,
): void {
	const other = merged[field];
	if (other === undefined) merged[field] = own;
	else if (other.value !== own.value) addConflict(notes, own.path, [other.path], own.value, other.value);
}

/** All CandidateHosts hold: what all of them name is left. */
export function mergeHosts(own: HostNames, merged: MergedResources, notes: Notes): void {
	const other = merged.hosts;
	if (other === undefined) {
		merged.hosts = { names: own.names, parts: [own] };
		return;
	}
	const common = commonHosts(other, own);
	if (common.length > 0) {
		merged.hosts = { names: common, parts: [...other.parts, own] };
		return;
	}
	const opposed = other.parts.find((before) => commonHosts(before, own).length === 0);
	const paths = opposed === undefined ? other.parts.map(({ path }) => path) : [opposed.path];
	addConflict(notes, own.path, paths, own.names.join(', '), (opposed ?? other).names.join(', '));
}

function commonHosts(one: Pick<HostNames, 'names'>, other: Pick<HostNames, 'names'>): readonly string[] {
	const names = new Set(other.names);
	return one.names.filter((name) => names.has(name));
}

/** `others`: what it cannot go with; of several each could be had with it, but not all. */
function addConflict(notes: Notes, path: string, others: readonly string[], found: string, allowed: string): void {
	const message = `This contradicts ${others.join(' together with ')}: the terms of one service must all hold.`;
	addIssue(notes.issues, 'TERMS_CONFLICT', path, message, { found: excerpt(found), allowed: excerpt(allowed) });
}
