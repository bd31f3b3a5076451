/**
 * jsdl:Resources as demands, and their merging where a service spreads them over several JobDefinitions (the terms
 * stand under All, so all of them hold).
 */
import { hasName, qualifiedName, textOf } from '../../xml/element.ts';
import {
	addIssue,
	excerpt,
	optionalChild,
	type Place,
	placesNamed,
	placesWithin,
	requiredChild,
	stringValue,
	withoutAbsent,
} from '../document.ts';
import { hintOf } from '../lenient/extension-points.ts';
import { collapseWhiteSpace, isBlank, parseBoolean } from '../lexical.ts';
import { JSDL } from '../names.ts';
import type { Demand, RequestPaths, UnsupportedDemand } from '../terms/service.ts';
import { intersect, intersects, isEmpty, isWithin, NOT_NEGATIVE, printRange, type RangeValue } from './range.ts';
import { type Notes, readRangeValue } from './range-value.ts';
import { remarkOnUnit } from './units.ts';

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

/** The element children of jsdl:Resources in the order that the schema demands. */
export const RESOURCES_ORDER: readonly string[] = [
	'CandidateHosts',
	'FileSystem',
	'ExclusiveExecution',
	'OperatingSystem',
	'CPUArchitecture',
	'IndividualCPUSpeed',
	'IndividualCPUTime',
	'IndividualCPUCount',
	'IndividualNetworkBandwidth',
	'IndividualPhysicalMemory',
	'IndividualVirtualMemory',
	'IndividualDiskSpace',
	'TotalCPUTime',
	'TotalCPUCount',
	'TotalPhysicalMemory',
	'TotalVirtualMemory',
	'TotalDiskSpace',
	'TotalResourceCount',
];

/** What the JobDefinitions of one service ask for together. */
export interface JobResources {
	readonly demands: { readonly [F in RangeField]?: Demand };
	readonly candidateHosts: readonly string[];
	readonly operatingSystem?: string;
	readonly cpuArchitecture?: string;
	readonly exclusiveExecution: boolean;
	readonly paths: Omit<RequestPaths, 'labels'>;
}

export interface JobNotes extends Notes {
	readonly unsupported: UnsupportedDemand[];
}

/** Adds what cannot be enforced here; beyond a hundred only that there is more. */
export function addUnsupported(unsupported: UnsupportedDemand[], demand: UnsupportedDemand): void {
	if (unsupported.length > UNSUPPORTED_MAX) return;
	const isLast = unsupported.length === UNSUPPORTED_MAX;
	unsupported.push(isLast ? { ...demand, why: 'there is more of this kind; the first hundred are listed' } : demand);
}

/** As many as anybody reads; a hostile document could ask for a hundred thousand. */
const UNSUPPORTED_MAX = 100;

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
	/** The path of the first that demands it; absent: none does. */
	exclusiveExecution?: string;
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
	const { hosts, operatingSystem, cpuArchitecture, exclusiveExecution } = merged;
	return withoutAbsent({
		candidateHosts: hosts?.parts[0]?.path,
		operatingSystem: operatingSystem?.path,
		cpuArchitecture: cpuArchitecture?.path,
		exclusiveExecution,
	});
}

const ELEMENT_OF = new Map(RANGE_ELEMENTS.map(([localName, field]) => [field, localName]));
const FIELD_OF = new Map(RANGE_ELEMENTS);

/** Ranges that are understood and that no hypervisor setting enforces. */
const UNENFORCEABLE_RANGES: ReadonlyMap<string, string> = new Map([
	['IndividualCPUTime', 'CPU seconds are not limited; the window limits how long a machine runs'],
	['TotalCPUTime', 'CPU seconds are not limited; the window limits how long the machines run'],
	[
		'IndividualVirtualMemory',
		'the virtual memory inside a machine is its own operating system’s; ask for IndividualPhysicalMemory',
	],
	[
		'TotalVirtualMemory',
		'the virtual memory inside a machine is its own operating system’s; ask for TotalPhysicalMemory',
	],
]);

/** Adds one jsdl:Resources to those read before; contradictions are issues. */
export function readResources(resources: Place, merged: MergedResources, notes: JobNotes): void {
	for (const part of placesWithin(resources)) {
		const { element, path } = part;
		if (element.namespace !== JSDL) {
			const why = `nobody here knows this resource, so nobody would enforce it${hintOf(element, resources.element)}`;
			addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: qualifiedName(element), why });
			continue;
		}
		const field = FIELD_OF.get(element.localName);
		if (field !== undefined) readDemand(part, field, merged, notes);
		else readOtherResource(part, merged, notes);
	}
}

function readOtherResource(part: Place, merged: MergedResources, notes: JobNotes): void {
	const { localName } = part.element;
	switch (localName) {
		case 'CandidateHosts':
			mergeHosts(part, merged, notes);
			return;
		case 'FileSystem':
			readFileSystem(part, merged, notes);
			return;
		case 'ExclusiveExecution':
			if (readBoolean(part, notes)) merged.exclusiveExecution ??= part.path;
			return;
		case 'OperatingSystem':
			readOperatingSystem(part, merged, notes);
			return;
		case 'CPUArchitecture':
			mergeName('cpuArchitecture', part, 'CPUArchitectureName', merged, notes);
			return;
		default:
			refuseRange(part, merged, notes);
	}
}

/** CPU time and virtual memory, unless the range admits everything that is not negative; and whatever is unknown. */
function refuseRange(part: Place, merged: MergedResources, notes: JobNotes): void {
	const { localName } = part.element;
	const why = UNENFORCEABLE_RANGES.get(localName);
	if (why === undefined) {
		const message = `JSDL 1.0 has no ${localName} in Resources.`;
		addIssue(notes.issues, 'ELEMENT_UNKNOWN', part.path, message, { allowed: RESOURCES_ORDER.join(', ') });
		return;
	}
	const range = readRangeValue(part, notes);
	if (range === undefined || isWithin(NOT_NEGATIVE, range)) return;
	remarkOnUnit(part, range, notes.remarks);
	mergeDemand({ range, path: part.path }, localName, merged, notes);
	addUnsupported(notes.unsupported, { kind: 'enforce', path: part.path, subject: localName, why });
}

function readDemand(part: Place, field: RangeField, merged: MergedResources, notes: JobNotes): void {
	const range = readRangeValue(part, notes);
	if (range === undefined) return;
	remarkOnUnit(part, range, notes.remarks);
	mergeDemand({ range, path: part.path }, ELEMENT_OF.get(field)!, merged, notes);
}

/** Terms stand under All, so all hold; where no value fulfils this one and those before, they contradict each other. */
function mergeDemand(demand: Demand, localName: string, merged: MergedResources, notes: JobNotes): void {
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

/** One machine has one disk, so a FileSystem can be had only as the root of it, and its space is the disk's. */
function readFileSystem(part: Place, merged: MergedResources, notes: JobNotes): void {
	const places = placesWithin(part);
	const child = (localName: string): Place | undefined => optionalChild(part, places, JSDL, localName, notes.issues);
	const refuse = (why: string): void =>
		addUnsupported(notes.unsupported, { kind: 'enforce', path: part.path, subject: 'FileSystem', why });
	const type = child('FileSystemType');
	const mountPoint = child('MountPoint');
	const space = child('DiskSpace');
	const typeName = type === undefined ? 'normal' : collapseWhiteSpace(textOf(type.element));
	const mount = mountPoint === undefined ? '/' : collapseWhiteSpace(textOf(mountPoint.element));
	if (typeName !== 'normal') refuse(`a workspace has one disk, no file system for ${typeName}`);
	else if (mount !== '/') refuse(`a workspace has one disk, mounted at /, and nothing mounted at ${mount}`);
	else if (child('MountSource') !== undefined) refuse('a workspace mounts nothing from elsewhere');
	else if (places.some(({ element }) => element.namespace !== JSDL))
		refuse('it carries an extension that nobody here knows');
	else if (space !== undefined) readDemand(space, 'diskBytes', merged, notes);
}

function readOperatingSystem(part: Place, merged: MergedResources, notes: JobNotes): void {
	const places = placesWithin(part);
	const type = optionalChild(part, places, JSDL, 'OperatingSystemType', notes.issues);
	if (type !== undefined) mergeName('operatingSystem', type, 'OperatingSystemName', merged, notes);
	for (const { element, path } of places) {
		const isVersion = hasName(element, JSDL, 'OperatingSystemVersion') && !isBlank(textOf(element));
		if (!isVersion && element.namespace === JSDL) continue;
		const why = 'the image decides which operating system runs; nobody here looks into it';
		addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: qualifiedName(element), why });
	}
}

function mergeName(
	field: 'operatingSystem' | 'cpuArchitecture',
	part: Place,
	nameElement: string,
	merged: MergedResources,
	notes: JobNotes,
): void {
	const places = placesWithin(part);
	const name = requiredChild(part, places, JSDL, nameElement, notes.issues);
	for (const { element, path } of places) {
		if (element.namespace === JSDL) continue;
		const why = `nobody here knows this extension of ${nameElement}`;
		addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: qualifiedName(element), why });
	}
	if (name === undefined) return;
	const value = collapseWhiteSpace(textOf(name.element));
	const other = merged[field];
	if (other === undefined) merged[field] = { value, path: name.path };
	else if (other.value !== value) addConflict(notes, name.path, [other.path], value, other.value);
}

function mergeHosts(part: Place, merged: MergedResources, notes: JobNotes): void {
	const names = placesNamed(placesWithin(part), JSDL, 'HostName').map(({ element }) =>
		collapseWhiteSpace(stringValue(element)),
	);
	if (names.length === 0) addIssue(notes.issues, 'ELEMENT_MISSING', part.path, 'CandidateHosts needs a HostName.');
	if (names.length > CANDIDATE_HOSTS_MAX) {
		const allowed = `at most ${CANDIDATE_HOSTS_MAX} hosts`;
		addIssue(notes.issues, 'VALUE_MALFORMED', part.path, `CandidateHosts may name ${allowed}.`, { allowed });
		return;
	}
	const own = { names: [...new Set(names)], path: part.path };
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
	addConflict(notes, part.path, paths, own.names.join(', '), (opposed ?? other).names.join(', '));
}

function commonHosts(one: Pick<HostNames, 'names'>, other: Pick<HostNames, 'names'>): readonly string[] {
	const names = new Set(other.names);
	return one.names.filter((name) => names.has(name));
}

/** More hosts than any site has; the judgement walks the list once per decision. */
const CANDIDATE_HOSTS_MAX = 10_000;

function readBoolean(part: Place, notes: JobNotes): boolean {
	const text = textOf(part.element);
	const value = parseBoolean(text);
	if (value === undefined) {
		const allowed = 'true, false, 1 or 0';
		const details = { found: text, allowed };
		addIssue(notes.issues, 'VALUE_MALFORMED', part.path, `${part.element.localName} must be ${allowed}.`, details);
	}
	return value ?? false;
}

/** `others`: what it cannot go with; of several each could be had with it, but not all. */
function addConflict(notes: JobNotes, path: string, others: readonly string[], found: string, allowed: string): void {
	const message = `This contradicts ${others.join(' together with ')}: the terms of one service must all hold.`;
	addIssue(notes.issues, 'TERMS_CONFLICT', path, message, { found: excerpt(found), allowed: excerpt(allowed) });
}
