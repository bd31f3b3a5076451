/** Several Locations that select nothing may mean one node: what is told to be put in is one thing, whoever names it. */
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

export function wordingOfMissing(
	conditions: readonly Condition[],
	locations: readonly Location[],
	evaluation: Evaluation,
): OneWording {
	const all = [...locations, ...conditions.flatMap(locationsIn)];
	const named = new Map(all.map((location) => [locationName(location), location]));
	const groups: Location[][] = [];
	for (const location of named.values()) {
		if (selectionsOf(location, evaluation).selections.length > 0) continue;
		evaluation.budget.remaining -= groups.length;
		const group = groups.find((each) => each.every((other) => mayBeOne(other, location)));
		if (group === undefined) groups.push([location]);
		else group.push(location);
	}
	const chosen = new Map<string, Location>();
	for (const group of groups.filter(({ length }) => length > 1)) {
		const [longest] = group.toSorted((one, other) => other.steps.length - one.steps.length);
		for (const each of group) chosen.set(locationName(each), longest!);
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

/** By what stands at their ends, as far as they are children of each other. */
function mayBeOne(one: Location, other: Location): boolean {
	const [target, otherTarget] = [one.target, other.target];
	const [isAttribute, isOtherAttribute] = [target.kind === 'attribute', otherTarget.kind === 'attribute'];
	if (isAttribute !== isOtherAttribute) return false;
	if (target.kind === 'attribute' && otherTarget.kind === 'attribute' && !isAlike(target.name, otherTarget.name))
		return false;
	for (let back = 1; back <= Math.min(one.steps.length, other.steps.length); back += 1) {
		const [step, otherStep] = [one.steps.at(-back)!, other.steps.at(-back)!];
		if (!isAlike(step.name, otherStep.name) || !mayBothHold(step, otherStep)) return false;
		if (step.descends || otherStep.descends) return true;
	}
	return true;
}

function isAlike(one: NameTest, other: NameTest): boolean {
	return one.localName === other.localName && one.namespace === other.namespace;
}

/** What is put in may be the first of its kind. */
function mayBothHold({ predicates }: LocationStep, { predicates: others }: LocationStep): boolean {
	const [said, saidOther] = [predicates, others].map((all) => JSON.stringify(all.filter((each) => !isFirst(each))));
	return said === saidOther || said === '[]' || saidOther === '[]';
}

function isFirst(predicate: LocationStep['predicates'][number]): boolean {
	return predicate.kind === 'position' && predicate.position === 1;
}
