/** What a node that an item demands, and that an offer does not have, might say. */
import type { XmlElement } from '../../xml/element.ts';
import { OUTERMOST_SCOPE } from '../../xml/scope.ts';
import type { Condition } from '../conditions/expression.ts';
import { partsOf } from '../conditions/free-constraints.ts';
import { locationsIn, unknownsIn, withLocations } from '../conditions/unknowns.ts';
import { isRangeValue, readRangeValue } from '../jsdl/range-value.ts';
import { JSDL } from '../names.ts';
import { type Check, prefixesAt } from './check.ts';
import type { CreationConstraint } from './constraints.ts';
import { findNearest, type ValueRestriction } from './facets.ts';
import { joinedRestriction } from './joined-restriction.ts';
import type { Location, StepBudget } from './location.ts';
import { locationKey } from './location-key.ts';
import { type Selection, selectLocation } from './location-selection.ts';
import { amountAt, givenAt, restrictionWithin } from './location-words.ts';
import { mayBePutIn, restrictionsInGroups } from './missing-in-groups.ts';
import { restrictionsAt } from './nearest-for-all.ts';

/**
 * The first value that all items allow that may be about the same node, as nobody knows where it will stand. Nothing
 * where model groups do not let it be put in; for what a condition makes of it with others; where it would be a text that
 * nobody enumerated; and of what is measured no 0.
 */
export function valueOfMissing({ location }: CreationConstraint, check: Check): string | undefined {
	const { isSearching, root, search } = check;
	if (!isSearching) return undefined;
	const values = restrictionsOfMissing(location, check);
	if (values.length === 0 || partsOnMissing(location, check) === undefined) return undefined;
	const all = [...new Set([...values, givenAt(location) ?? []].flat())];
	const joined = joinedRestriction(all);
	const isNamed = all.some(({ steps }) => steps.some(({ enumeration }) => enumeration.length > 0));
	if (!isNamed && (joined.type.space === 'text' || joined.type.space === 'untyped')) return undefined;
	const { nearest } = findNearest(
		joined,
		joined.type.space === 'number' ? '0' : '',
		search,
		prefixesAt(check, root),
		all,
	);
	if (nearest === undefined || nearest === '') return undefined;
	const isNone = Number(nearest) === 0 && amountAt(location) !== undefined;
	return isNone || !mayBePutIn(location, nearest, check) ? undefined : nearest;
}

/** What all items that may be about it say of what a Location does not find; of a part of a range what that range says. */
export function restrictionsOfMissing(location: Location, check: Check): readonly ValueRestriction[] {
	const ofItems = check.binding.flatMap((each) =>
		'condition' in each || !mayMeet(each.location, location) ? [] : (each.value ?? []),
	);
	return [...new Set([...ofItems, ...restrictionsInGroups(location, check), ...besideRange(location, check)])];
}

/**
 * The conditions that may be about what a Location does not find by another one, as conditions about that Location, as
 * far as the budget lasts. None where one of them sums or counts what there is of it already.
 */
export function conditionsOnMissing(location: Location, check: Check, budget: StepBudget): readonly Condition[] {
	const found: Condition[] = [];
	for (const { part, keys } of partsOnMissing(location, check) ?? []) {
		if (budget.remaining < 0) break;
		budget.remaining -= STEPS_PER_CONDITION;
		found.push(withLocations(part, (other) => (keys.has(locationKey(other)) ? location : other)));
	}
	return found;
}

/** To say a condition of other words. */
const STEPS_PER_CONDITION = 200;

interface PartOnMissing {
	readonly part: Condition;
	/** Of the Locations in it that may find the same. */
	readonly keys: ReadonlySet<string>;
}

/** Undefined where one of them sums or counts what there is of it already. */
function partsOnMissing(location: Location, check: Check): readonly PartOnMissing[] | undefined {
	const key = locationKey(location);
	const found: PartOnMissing[] = [];
	for (const each of check.binding) {
		for (const part of 'condition' in each ? partsOf(each.condition) : []) {
			const others = locationsIn(part).filter((other) => locationKey(other) !== key && mayMeet(other, location));
			if (others.length === 0) continue;
			const keys = new Set(others.map(locationKey));
			const summed = unknownsIn(part).filter(
				(unknown) => unknown.kind === 'function' && SUMS.has(unknown.name) && keys.has(locationKey(unknown.location)),
			);
			if (summed.some((unknown) => selectedBy(unknown.location, check).length > 0)) return undefined;
			found.push({ part, keys });
		}
	}
	return found;
}

const SUMS: ReadonlySet<string> = new Set(['sum', 'count']);

/** Of an exact value that a range of JSDL does not have: what items say of the range, and its first part. */
function besideRange(location: Location, check: Check): readonly ValueRestriction[] {
	const { steps, target } = location;
	const last = steps.at(-1)!;
	const isExact = last.name.namespace === JSDL && last.name.localName === 'Exact' && !last.descends;
	if (!isExact || target.kind === 'attribute' || last.predicates.length > 0) return [];
	const [range] = selectedBy({ ...location, steps: steps.slice(0, -1), target: { kind: 'element' } }, check);
	if (range === undefined || !isRangeValue(range.owner)) return [];
	const place = { element: range.owner, path: '', scope: OUTERMOST_SCOPE };
	const [first] = readRangeValue(place, { issues: [], remarks: [] })?.intervals ?? [];
	const within = first && (WITHIN.get(range.owner) ?? restrictionWithin(first));
	if (within !== undefined) WITHIN.set(range.owner, within);
	return [...restrictionsAt(range, undefined, check), ...(within === undefined ? [] : [within])];
}

/** One for each range, so that what was found out of it stays with it. */
const WITHIN = new WeakMap<XmlElement, ValueRestriction>();

function selectedBy(location: Location, { root, index, search }: Check): readonly Selection[] {
	// What the search has looked up must not make the check cheaper.
	return selectLocation(root, location, search, { ...index })?.selections ?? [];
}

/** Whether two Locations may select one node, by how it is called: a range of JSDL, or the exact value that it is. */
function mayMeet(one: Location, other: Location): boolean {
	const [name, otherName] = [calledBy(one), calledBy(other)];
	return name === undefined || otherName === undefined || name === otherName;
}

/** Undefined: anything. */
function calledBy({ steps, target }: Location): string | undefined {
	if (target.kind === 'attribute') return target.name.localName === '*' ? undefined : `@${target.name.localName}`;
	const last = steps.at(-1)!;
	const { localName } = last.name.localName === 'Exact' && !last.descends ? steps.at(-2)!.name : last.name;
	return localName === '*' || localName === 'Exact' ? undefined : localName;
}
