/**
 * The contents of service description terms with granted values in place of what was asked: JobDefinition, window,
 * Workspace. Only what has another value is touched.
 */
import {
	attribute,
	childElements,
	element,
	firstChild,
	hasName,
	type XmlElement,
	type XmlNode,
} from '../../xml/element.ts';
import type { Place } from '../document.ts';
import { RANGE_ELEMENTS, type RangeField } from '../jsdl/merged-resources.ts';
import { withExactValue } from '../jsdl/range-value.ts';
import { RESOURCES_ORDER } from '../jsdl/resources.ts';
import { JSDL, WS } from '../names.ts';
import { isSameChange, printChange } from '../terms/change-term.ts';
import { isSamePlacement, printPlacement } from '../terms/placement-term.ts';
import type { GrantedService, ServiceGrant, WorkspaceTerm } from '../terms/service.ts';
import { type DurationUnit, SECONDS_PER } from '../terms/window.ts';
import { CPU_SHARE_PERCENT_DEFAULT, END_ACTION_DEFAULT, readWorkspaceTerm } from '../terms/workspace-term.ts';
import { printDateTime, printDuration } from '../time.ts';

/** What was granted for each demand; 0 is none (no disk beyond the image's, no bandwidth), and absent what is no demand of a service. */
export type GrantedValues = { readonly [F in RangeField]?: number };

/** What each demand comes to, totals included. */
export function grantedValues(grant: GrantedService): GrantedValues {
	const { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond } = grant;
	return {
		machineCount,
		cpuCount,
		memoryBytes,
		totalCpuCount: cpuCount * machineCount,
		totalMemoryBytes: memoryBytes * machineCount,
		diskBytes,
		totalDiskBytes: diskBytes * machineCount,
		networkBitsPerSecond,
	};
}

/** The demands that a JobDefinition states itself. */
export function statedFields(jobDefinition: XmlElement): RangeField[] {
	const fields: RangeField[] = [];
	for (const resources of resourcesOf(jobDefinition)) {
		for (const child of childElements(resources, JSDL)) {
			const field = FIELDS.get(child.localName);
			if (field !== undefined) fields.push(field);
			else if (isFileSystemWithSpace(child)) fields.push('diskBytes');
		}
	}
	return fields;
}

/** The JobDefinition with exact values wherever it states a demand, with other hosts if there are, and with additions. */
export function withResources(
	jobDefinition: XmlElement,
	values: GrantedValues,
	candidateHosts: readonly string[] | undefined,
	additions: readonly RangeField[],
): XmlElement {
	return mapChild(jobDefinition, 'JobDescription', (description) => {
		const present = firstChild(description, JSDL, 'Resources');
		if (present !== undefined) {
			return mapChild(description, 'Resources', (resources) =>
				withAddedRanges(withGrantedValues(resources, values, candidateHosts), values, additions),
			);
		}
		if (additions.length === 0) return description;
		const resources = withAddedRanges(element(jsdlName(description, 'Resources')), values, additions);
		const position = description.children.findLastIndex(isBeforeResources) + 1;
		return { ...description, children: description.children.toSpliced(position, 0, resources) };
	});
}

function isBeforeResources(child: XmlNode): boolean {
	if (child.kind !== 'element') return false;
	return hasName(child, JSDL, 'JobIdentification') || hasName(child, JSDL, 'Application');
}

/** A Window or TimeConstraint that begins and ends when the grant does. */
export function withWindow(window: XmlElement, grant: ServiceGrant, unit: DurationUnit | undefined): XmlElement {
	const { prefix, namespace } = window;
	const seconds = grant.endAt - grant.startAt;
	const child = (localName: string, text: string): XmlElement => element({ prefix, namespace, localName }, [], [text]);
	const children = [child('StartTime', printDateTime(grant.startAt)), child('EndTime', printDateTime(grant.endAt))];
	if (namespace === WS) children.push(child('Duration', printDuration(seconds)));
	else if (firstChild(window, namespace, 'Duration') !== undefined && unit !== undefined) {
		// Without a Duration a TimeConstraint lasts from start to end: what is no whole number of units need not be said.
		if (seconds % SECONDS_PER[unit] === 0) children.push(child('Duration', String(seconds / SECONDS_PER[unit])));
	}
	return { ...window, children };
}

/** A Workspace with the granted image, share and end. */
export function withWorkspace(place: Place, granted: WorkspaceTerm): XmlElement {
	const workspace = place.element;
	const asked = readWorkspaceTerm(place, []);
	if (asked !== undefined && isSameWorkspace(asked, granted)) return workspace;
	const child = (localName: string, text: string, attributes: Record<string, string> = {}): XmlElement => {
		const own = Object.entries(attributes).map(([name, value]) => attribute(name, value));
		return element({ prefix: workspace.prefix, namespace: WS, localName }, own, [text]);
	};
	const children = [child('Image', granted.imageName, { digest: granted.imageDigest })];
	if (granted.sshPublicKey !== undefined) children.push(child('SSHPublicKey', granted.sshPublicKey));
	if (granted.cpuSharePercent !== CPU_SHARE_PERCENT_DEFAULT)
		children.push(child('CPUShare', String(granted.cpuSharePercent)));
	const retention = granted.retentionSeconds > 0 ? { retention: printDuration(granted.retentionSeconds) } : {};
	if (granted.endAction !== END_ACTION_DEFAULT) children.push(child('EndAction', granted.endAction, retention));
	if (granted.placement !== undefined) children.push(printPlacement(workspace.prefix, granted.placement));
	if (granted.change !== undefined) children.push(printChange(workspace.prefix, granted.change));
	return { ...workspace, children };
}

const FIELDS = new Map(RANGE_ELEMENTS);
const ELEMENTS = new Map(RANGE_ELEMENTS.map(([localName, field]) => [field, localName]));

function resourcesOf(jobDefinition: XmlElement): XmlElement[] {
	return childElements(jobDefinition, JSDL, 'JobDescription').flatMap((description) =>
		childElements(description, JSDL, 'Resources'),
	);
}

function isFileSystemWithSpace(candidate: XmlElement): boolean {
	return hasName(candidate, JSDL, 'FileSystem') && firstChild(candidate, JSDL, 'DiskSpace') !== undefined;
}

function withGrantedValues(
	resources: XmlElement,
	values: GrantedValues,
	candidateHosts: readonly string[] | undefined,
): XmlElement {
	const children: XmlNode[] = [];
	for (const child of resources.children) {
		children.push(child.kind === 'element' ? withGrantedValue(child, values, candidateHosts) : child);
	}
	return { ...resources, children };
}

function withGrantedValue(
	resource: XmlElement,
	values: GrantedValues,
	candidateHosts: readonly string[] | undefined,
): XmlElement {
	if (resource.namespace !== JSDL) return resource;
	if (resource.localName === 'CandidateHosts' && candidateHosts !== undefined) {
		const names = candidateHosts.map((host) => element(jsdlName(resource, 'HostName'), [], [host]));
		return { ...resource, children: names };
	}
	const { diskBytes } = values;
	if (resource.localName === 'FileSystem' && diskBytes !== undefined) {
		return mapChild(resource, 'DiskSpace', (space) => withExactValue(space, diskBytes));
	}
	const field = FIELDS.get(resource.localName);
	const value = field === undefined ? undefined : values[field];
	return value === undefined ? resource : withExactValue(resource, value);
}

function withAddedRanges(resources: XmlElement, values: GrantedValues, fields: readonly RangeField[]): XmlElement {
	let extended = resources;
	for (const field of fields) extended = withAddedRange(extended, field, values[field]!);
	return extended;
}

/** The range in the place that the schema has for it: before the first sibling that comes later, or is foreign. */
function withAddedRange(resources: XmlElement, field: RangeField, value: number): XmlElement {
	const localName = ELEMENTS.get(field)!;
	const rank = RESOURCES_ORDER.indexOf(localName);
	const comesLater = (child: XmlNode): boolean =>
		child.kind === 'element' && (child.namespace !== JSDL || RESOURCES_ORDER.indexOf(child.localName) > rank);
	const found = resources.children.findIndex(comesLater);
	const position = found < 0 ? resources.children.length : found;
	const range = withExactValue(element(jsdlName(resources, localName)), value);
	return { ...resources, children: resources.children.toSpliced(position, 0, range) };
}

/** A JSDL name with the prefix of its neighbour. */
function jsdlName(neighbour: XmlElement, localName: string): Pick<XmlElement, 'prefix' | 'namespace' | 'localName'> {
	return { prefix: neighbour.prefix, namespace: JSDL, localName };
}

function mapChild(parent: XmlElement, localName: string, change: (child: XmlElement) => XmlElement): XmlElement {
	const children: XmlNode[] = [];
	for (const child of parent.children) {
		children.push(child.kind === 'element' && hasName(child, JSDL, localName) ? change(child) : child);
	}
	return { ...parent, children };
}

/** Whether they say the same, permissions for a change included. */
export function isSameWorkspace(one: WorkspaceTerm, other: WorkspaceTerm): boolean {
	return (
		one.imageName === other.imageName &&
		one.imageDigest === other.imageDigest &&
		one.sshPublicKey === other.sshPublicKey &&
		one.cpuSharePercent === other.cpuSharePercent &&
		one.endAction === other.endAction &&
		one.retentionSeconds === other.retentionSeconds &&
		isSamePlacement(one.placement, other.placement) &&
		isSameChange(one.change, other.change)
	);
}
