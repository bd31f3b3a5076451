/** One jsdl:Resources, read into what the service asks for. */
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
	tokenAttribute,
} from '../document.ts';
import { hintOf } from '../lenient/extension-points.ts';
import { collapseWhiteSpace, isBlank, parseBoolean } from '../lexical.ts';
import { JSDL } from '../names.ts';
import {
	type MergedResources,
	mergeDemand,
	mergeHosts,
	mergeName,
	RANGE_ELEMENTS,
	type RangeField,
} from './merged-resources.ts';
import { isWithin, NOT_NEGATIVE } from './range.ts';
import { readRangeValue } from './range-value.ts';
import { remarkOnUnit } from './units.ts';
import { addUnsupported, type JobNotes } from './unsupported.ts';

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
			readHosts(part, merged, notes);
			return;
		case 'FileSystem':
			readFileSystem(part, merged, notes);
			return;
		case 'ExclusiveExecution':
			if (readBoolean(part, notes)) refuseExclusive(part, notes);
			return;
		case 'OperatingSystem':
			readOperatingSystem(part, merged, notes);
			return;
		case 'CPUArchitecture':
			readName('cpuArchitecture', part, 'CPUArchitectureName', merged, notes);
			return;
		default:
			refuseRange(part, merged, notes);
	}
}

function refuseExclusive({ path }: Place, notes: JobNotes): void {
	const why = 'hosts are shared here; ask for whole hosts by their CPUs and memory';
	addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: 'ExclusiveExecution', why });
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

/** One machine has one disk, so a FileSystem can be had only as the root of it, and its space is the disk's. */
function readFileSystem(part: Place, merged: MergedResources, notes: JobNotes): void {
	const places = placesWithin(part);
	const child = (localName: string): Place | undefined => optionalChild(part, places, JSDL, localName, notes.issues);
	const name = tokenAttribute(part.element, '', 'name') ?? '';
	const mountPoint = child('MountPoint');
	const space = child('DiskSpace');
	const refuse = (why: string): void => {
		addUnsupported(notes.unsupported, { kind: 'enforce', path: part.path, subject: 'FileSystem', why });
		const range = space && readRangeValue(space, notes);
		if (range !== undefined) mergeDemand({ range, path: space!.path }, `FileSystem ${name}`, merged, notes);
	};
	const type = child('FileSystemType');
	const typeName = type === undefined ? 'normal' : collapseWhiteSpace(textOf(type.element));
	const mount = mountPoint === undefined ? '/' : collapseWhiteSpace(textOf(mountPoint.element));
	if (typeName !== 'normal') refuse(`a workspace has one disk, no file system for ${typeName}`);
	else if (mount !== '/') refuse(`a workspace has one disk, mounted at /, and nothing mounted at ${mount}`);
	else if (child('MountSource') !== undefined) refuse('a workspace mounts nothing from elsewhere');
	else if (places.some(({ element }) => element.namespace !== JSDL))
		refuse('it carries an extension that nobody here knows');
	else if (space !== undefined) {
		if (mountPoint === undefined && name.toUpperCase() !== ROOT_NAME) remarkOnRoot(part, name, notes);
		readDemand(space, 'diskBytes', merged, notes);
	}
}

/** Of the names that JSDL gives to file systems (HOME, ROOT, SCRATCH, TMP) the one of what is mounted at `/`. */
const ROOT_NAME = 'ROOT';

/** Where it is mounted nobody said, and a workspace has room at one place alone. */
function remarkOnRoot({ path }: Place, name: string, { remarks }: JobNotes): void {
	const message =
		`The FileSystem ${excerpt(name)} names no MountPoint. A workspace has one disk, mounted at /: ` +
		'it is taken for that, and its DiskSpace for the size of the disk.';
	addIssue(remarks, 'FILE_SYSTEM_TAKEN_FOR_ROOT', path, message, { found: name, allowed: 'MountPoint /' });
}

function readOperatingSystem(part: Place, merged: MergedResources, notes: JobNotes): void {
	const places = placesWithin(part);
	const type = optionalChild(part, places, JSDL, 'OperatingSystemType', notes.issues);
	if (type !== undefined) readName('operatingSystem', type, 'OperatingSystemName', merged, notes);
	for (const { element, path } of places) {
		const isVersion = hasName(element, JSDL, 'OperatingSystemVersion') && !isBlank(textOf(element));
		if (!isVersion && element.namespace === JSDL) continue;
		const why = 'the image decides which operating system runs; nobody here looks into it';
		addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: qualifiedName(element), why });
	}
}

function readName(
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
	mergeName({ value: collapseWhiteSpace(textOf(name.element)), path: name.path }, field, merged, notes);
}

function readHosts(part: Place, merged: MergedResources, notes: JobNotes): void {
	const names = placesNamed(placesWithin(part), JSDL, 'HostName').map(({ element }) =>
		collapseWhiteSpace(stringValue(element)),
	);
	if (names.length === 0) addIssue(notes.issues, 'ELEMENT_MISSING', part.path, 'CandidateHosts needs a HostName.');
	if (names.length > CANDIDATE_HOSTS_MAX) {
		const allowed = `at most ${CANDIDATE_HOSTS_MAX} hosts`;
		addIssue(notes.issues, 'ELEMENTS_TOO_MANY', part.path, `CandidateHosts may name ${allowed}.`, { allowed });
		return;
	}
	mergeHosts({ names: [...new Set(names)], path: part.path }, merged, notes);
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
