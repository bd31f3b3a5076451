/** How machines lie on the hosts: the Placement of our Workspace term. */
import { attribute, type DocumentIssue, element, textOf, type XmlElement } from '../../xml/element.ts';
import { addIssue, type Place, placesNamed, placesWithin, requiredAttribute, tokenAttribute } from '../document.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { WS } from '../names.ts';
import type { PlacementTerm } from './service.ts';

const STRATEGIES: readonly PlacementTerm['strategy'][] = ['pack', 'spread'];
/** As many machines as any site grants in one agreement. */
const PER_HOST_MAX = 1_000_000;
/** A host has a handful of labels; who asks for more has made them by a program gone wrong. */
const LABELS_MAX = 32;
/** As in the configuration of a site, which gives its hosts their labels. */
const LABEL_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;
const LABEL_CHARACTERS_MAX = 128;

/** Reads a ws:Placement; undefined where anything in it is wrong, with the issues. */
export function readPlacementTerm(place: Place, issues: DocumentIssue[]): PlacementTerm | undefined {
	const before = issues.length;
	const strategy = tokenAttribute(place.element, '', 'strategy') ?? 'pack';
	const most = tokenAttribute(place.element, '', 'machinesPerHostMax');
	if (!STRATEGIES.includes(strategy as PlacementTerm['strategy'])) {
		malformed(`${place.path}/@strategy`, 'strategy', strategy, STRATEGIES.join(' or '), issues);
	}
	const count = most === undefined || !isInteger(most) ? 0 : Number(most);
	if (most !== undefined && (count < 1 || count > PER_HOST_MAX)) {
		malformed(`${place.path}/@machinesPerHostMax`, 'machinesPerHostMax', most, `1 to ${PER_HOST_MAX}`, issues);
	}
	const labels = readLabels(placesWithin(place), issues);
	if (issues.length > before) return undefined;
	return {
		strategy: strategy as PlacementTerm['strategy'],
		...(most === undefined ? {} : { machinesPerHostMax: count }),
		labels,
	};
}

/** Where each Label of a ws:Placement stands, by its name. */
export function labelPathsOf(place: Place): Readonly<Record<string, string>> {
	const named = labelsWithin(placesWithin(place)).map((label): [string, string] => {
		return [tokenAttribute(label.element, '', 'name') ?? '', label.path];
	});
	return Object.fromEntries(named);
}

/** The element that says this, with the prefix of its parent. */
export function printPlacement(prefix: string, { strategy, machinesPerHostMax, labels }: PlacementTerm): XmlElement {
	const named = (localName: string) => ({ prefix, namespace: WS, localName });
	const attributes = [
		attribute('strategy', strategy),
		...(machinesPerHostMax === undefined ? [] : [attribute('machinesPerHostMax', String(machinesPerHostMax))]),
	];
	const children = Object.entries(labels).map(([name, value]) => {
		return element(named('Label'), [attribute('name', name)], [value]);
	});
	return element(named('Placement'), attributes, children);
}

export function isSamePlacement(one: PlacementTerm | undefined, other: PlacementTerm | undefined): boolean {
	if (one === undefined || other === undefined) return one === other;
	const names = Object.keys(one.labels);
	return (
		one.strategy === other.strategy &&
		one.machinesPerHostMax === other.machinesPerHostMax &&
		names.length === Object.keys(other.labels).length &&
		names.every((name) => one.labels[name] === other.labels[name])
	);
}

function readLabels(places: readonly Place[], issues: DocumentIssue[]): Readonly<Record<string, string>> {
	const labels = new Map<string, string>();
	for (const place of labelsWithin(places)) {
		const name = collapseWhiteSpace(requiredAttribute(place, '', 'name', issues));
		const value = collapseWhiteSpace(textOf(place.element));
		if (name === '') continue;
		const path = `${place.path}/@name`;
		if (!LABEL_NAME.test(name))
			malformed(path, 'name', name, 'a letter, then letters, digits, "_.-", up to 63', issues);
		if (value === '' || value.length > LABEL_CHARACTERS_MAX) {
			malformed(place.path, 'Label', value, `a text of 1 to ${LABEL_CHARACTERS_MAX} characters`, issues);
		}
		const known = labels.get(name);
		if (known !== undefined) {
			const message = `A host has one value of each label, and ${name} is asked to be ${known} already.`;
			addIssue(issues, 'ELEMENT_REPEATED', place.path, message, { found: value, allowed: `one Label ${name}` });
		} else if (labels.size === LABELS_MAX) {
			const allowed = `at most ${LABELS_MAX} labels`;
			addIssue(issues, 'ELEMENTS_TOO_MANY', place.path, `A Placement has ${allowed}.`, { allowed });
			break;
		}
		labels.set(name, value);
	}
	return Object.fromEntries(labels);
}

function labelsWithin(places: readonly Place[]): readonly Place[] {
	return placesNamed(places, WS, 'Label');
}

function malformed(path: string, subject: string, found: string, allowed: string, issues: DocumentIssue[]): void {
	addIssue(issues, 'VALUE_MALFORMED', path, `${subject} must be ${allowed}.`, { found, allowed });
}
