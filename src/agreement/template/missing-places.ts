/** Several Locations that select nothing may mean one node: what is told to be put in is one thing, whoever names it. */
import type { Gradual } from '../../parts.ts';
import { type Evaluation, selectionsOf } from '../conditions/evaluation.ts';
import type { Condition } from '../conditions/expression.ts';
import { locationName, locationsIn, withLocations } from '../conditions/unknowns.ts';
import type { Location, LocationStep, NameTest } from './location.ts';

/** The same with one Location, the longest, in the place of those that may mean one missing node. */
export interface OneWording {
	readonly location: (location: Location) => Location;
	/** Of the same condition the same one. */
	readonly condition: (condition: Condition) => Condition;
}

/** To hold two Locations against each other. */
const STEPS_PER_PAIR = 4;

export function* wordingOfMissing(
	conditions: readonly Condition[],
	locations: readonly Location[],
	evaluation: Evaluation,
): Gradual<OneWording> {
	const { budget } = evaluation;
	const all = [...locations, ...conditions.flatMap(locationsIn)];
	const named = new Map(all.map((location) => [locationName(location), location]));
	const groups: Missing[][] = [];
	const byEnd = new Map<string, Missing[][]>();
	for (const location of named.values()) {
		// What is told then has no time to be found out to do together, and says so.
		if (budget.remaining < 0) break;
		yield;
		if (selectionsOf(location, evaluation).selections.length > 0) continue;
		const missing = { location, predicates: location.steps.map(predicatesOf) };
		const alike = byEnd.get(endOf(location)) ?? [];
		const group = alike.find((each) => {
			budget.remaining -= STEPS_PER_PAIR * each.length;
			return each.every((other) => mayBeOne(other, missing));
		});
		if (group !== undefined) {
			group.push(missing);
			continue;
		}
		const own = [missing];
		groups.push(own);
		byEnd.set(endOf(location), [...alike, own]);
	}
	const chosen = new Map<string, Location>();
	for (const group of groups.filter(({ length }) => length > 1)) {
		const [longest] = group.toSorted((one, other) => lengthOf(other) - lengthOf(one) || saidOf(other) - saidOf(one));
		for (const { location } of group) chosen.set(locationName(location), longest!.location);
	}
	const reworded = new Map<Condition, Condition>();
	const location = (each: Location): Location => chosen.get(locationName(each)) ?? each;
	return {
		location,
		condition: (condition) => {
			const before = reworded.get(condition);
			if (before !== undefined) return before;
			const isNamed = locationsIn(condition).some((each) => chosen.has(locationName(each)));
			const after = isNamed ? withLocations(condition, location) : condition;
			reworded.set(condition, after);
			return after;
		},
	};
}

interface Missing {
	readonly location: Location;
	/** Of each step what it says of the element, as a text. */
	readonly predicates: readonly string[];
}

function lengthOf({ location }: Missing): number {
	return location.steps.length;
}

function saidOf({ predicates }: Missing): number {
	return predicates.filter((said) => said !== NOTHING_SAID).length;
}

/** Of two that may be one node the same. */
function endOf({ target, steps }: Location): string {
	const names = [target.kind === 'attribute' ? target.name : undefined, steps.at(-1)?.name];
	return names.map((name) => `{${name?.namespace}}${name?.localName}`).join(' ');
}

/** By what stands at their ends, as far as they are children of each other; the ends themselves have one name. */
function mayBeOne({ location: one, predicates }: Missing, { location: other, predicates: others }: Missing): boolean {
	for (let back = 1; back <= Math.min(one.steps.length, other.steps.length); back += 1) {
		const [step, otherStep] = [one.steps.at(-back)!, other.steps.at(-back)!];
		if (!isAlike(step.name, otherStep.name) || !mayBothHold(predicates.at(-back)!, others.at(-back)!)) return false;
		if (step.descends || otherStep.descends) return true;
	}
	return true;
}

function isAlike(one: NameTest, other: NameTest): boolean {
	return one.localName === other.localName && one.namespace === other.namespace;
}

function mayBothHold(said: string, saidOther: string): boolean {
	return said === saidOther || said === NOTHING_SAID || saidOther === NOTHING_SAID;
}

const NOTHING_SAID = '[]';

/** What is put in may be the first of its kind. */
function predicatesOf({ predicates }: LocationStep): string {
	return JSON.stringify(predicates.filter((each) => !isFirst(each)));
}

function isFirst(predicate: LocationStep['predicates'][number]): boolean {
	return predicate.kind === 'position' && predicate.position === 1;
}
