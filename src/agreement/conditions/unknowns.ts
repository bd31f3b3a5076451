/** What of a condition might be otherwise: what a Location says, or what a function makes of all that it selects. */
import type { Location } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import type { Comparison, Condition, Operand } from './expression.ts';

/** A part of an operand that a document decides. */
export type Unknown = Extract<Operand, { readonly location: Location }>;

/** What unknowns are told apart by. */
export function nameOf(unknown: Unknown): string {
	return unknown.kind === 'location' ? locationName(unknown.location) : aggregateName(unknown.name, unknown.location);
}

/** What people are told of it by: `//x`, `count(//x)`. */
export function labelOf(unknown: Unknown): string {
	const { text } = unknown.location;
	return unknown.kind === 'location' ? text : `${unknown.name}(${text})`;
}

/** Prefixes of another constraint may mean something else. */
export function locationName(location: Location): string {
	return namesOf(location).location;
}

export function aggregateName(name: 'count' | 'sum' | 'min' | 'max', location: Location): string {
	return namesOf(location)[name];
}

type Names = Readonly<Record<'location' | 'count' | 'sum' | 'min' | 'max', string>>;

function namesOf(location: Location): Names {
	const known = NAMES.get(location);
	if (known !== undefined) return known;
	const name = `${location.text} ${locationKey(location)}`;
	const names: Names = {
		location: name,
		count: `count(${name})`,
		sum: `sum(${name})`,
		min: `min(${name})`,
		max: `max(${name})`,
	};
	NAMES.set(location, names);
	return names;
}

/** They are asked for whenever a condition is looked at. */
const NAMES = new WeakMap<Location, Names>();

/** The Locations of a condition, each once, in the order of the words. */
export function locationsIn(condition: Condition): readonly Location[] {
	const known = LOCATIONS.get(condition);
	if (known !== undefined) return known;
	const found = new Map<string, Location>();
	for (const comparison of comparisonsIn(condition)) {
		const named = comparison.kind === 'exists' ? [comparison] : unknownsOf(comparison);
		for (const { location } of named) found.set(locationName(location), location);
	}
	const locations = [...found.values()];
	LOCATIONS.set(condition, locations);
	return locations;
}

/** They are asked for again and again. */
const LOCATIONS = new WeakMap<Condition, readonly Location[]>();

/** What the comparisons of a condition are about, each once, in the order of the words. */
export function unknownsIn(condition: Condition): readonly Unknown[] {
	const all = comparisonsIn(condition).flatMap((each) => (each.kind === 'comparison' ? unknownsOf(each) : []));
	return [...new Map(all.map((unknown) => [nameOf(unknown), unknown])).values()];
}

/** Whether each comparison is of one node with what names none, so that what it says of several it says of each. */
export function isOfEach(condition: Condition): boolean {
	return comparisonsIn(condition).every((comparison) => {
		if (comparison.kind === 'exists') return true;
		const named = unknownsOf(comparison);
		return named.length < 2 && named.every(({ kind }) => kind === 'location');
	});
}

/** The conditions that are no others joined. */
export function comparisonsIn(condition: Condition): readonly (Comparison | Extract<Condition, { kind: 'exists' }>)[] {
	switch (condition.kind) {
		case 'comparison':
		case 'exists':
			return [condition];
		case 'not':
			return comparisonsIn(condition.condition);
		default:
			return condition.conditions.flatMap(comparisonsIn);
	}
}

/** What the comparison is about, each as often as it stands there. */
export function unknownsOf({ left, right }: Comparison): readonly Unknown[] {
	return [...unknownsWithin(left), ...unknownsWithin(right)];
}

function unknownsWithin(operand: Operand): readonly Unknown[] {
	if ('location' in operand) return [operand];
	if (operand.kind === 'negative') return unknownsWithin(operand.operand);
	return operand.kind === 'arithmetic' ? [...unknownsWithin(operand.left), ...unknownsWithin(operand.right)] : [];
}

/** The condition, plain data, with other Locations in the place of its own. */
export function withLocations<T>(condition: T, change: (location: Location) => Location): T {
	if (typeof condition !== 'object' || condition === null) return condition;
	if (Array.isArray(condition)) return condition.map((part) => withLocations(part, change)) as T;
	if ('steps' in condition) return change(condition as unknown as Location) as T;
	const members = Object.entries(condition).map(([name, part]) => [name, withLocations(part, change)]);
	return Object.fromEntries(members) as T;
}
