/**
 * What several numbers would have to be, by trying: of what does not hold one number after the other is changed, to what
 * items name, what is beside it, and where comparisons change; fewer changes first, and of as many the least. It is tried
 * by doubles, which are quick, and what holds so is held against the condition itself.
 */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import { type Evaluation, numbers, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { holdsWith, keyOf, putOf } from './puts.ts';
import { fromDouble } from './rational.ts';
import { type Nodes, type Rule, rulesOf } from './rules-in-doubles.ts';
import { isAllowedChange, type SlotChange } from './slot-changes.ts';
import { type Slot, slotsOf } from './slots.ts';
import { isPoint, point } from './spans.ts';
import { comparisonsIn, isOfEach, locationName, locationsIn } from './unknowns.ts';
import { type Choices, choicesOf, numbersNamed, rootsOf, saidBy } from './values-worth-trying.ts';

/** Of more numbers there are too many combinations. */
const SLOTS_MAX = 16;
const CHANGES_MAX = 8;
const RULES_MAX = 256;
/** Made and compared to look at all of it once. */
const NUMBERS_MAX = 2000;
/** Values of each number; more are seldom a help. */
const VALUES_FEW = 6;
const VALUES_MAX = 40;
/** What holds by doubles is seldom not so. */
const REFUSED_MAX = 32;
/** Steps of a budget: to make what holds a number; to go on with a number that is changed; to find what is worth a try, each; to look whether something holds. */
const STEPS_PER_MADE = 20;
const STEPS_PER_SET = 30;
const STEPS_PER_ROOT = 16;
const STEPS_PER_RULE = 2;
const RULE_NUMBERS_PER_STEP = 3;
const STEPS_PER_VALUE = 10;

/**
 * As few changes as were found to do, from `fewest`, and of these the nearest; undefined where there are none, or where it
 * is about other things than numbers.
 */
export function* findByValues(
	part: Condition,
	evaluation: Evaluation,
	fewest: number,
): Gradual<readonly SlotChange[] | undefined> {
	const search = yield* searchIn(part, evaluation);
	if (search === undefined) return undefined;
	const { budget } = evaluation;
	// Others than whole numbers, and less than nothing, only where nothing else does.
	for (const isAny of [false, true]) {
		const choices: Choices[] = [];
		for (const slot of search.slots) {
			yield;
			choices.push(choicesOf(slot, search.named, isAny, budget));
		}
		for (let size = fewest; size <= Math.min(CHANGES_MAX, search.slots.length); size += 1) {
			const tries = new Tries(search, choices);
			// First by a few values of each, so that there is something soon.
			for (const most of [VALUES_FEW, VALUES_MAX])
				yield* withShareGradually(budget, SHARES, (share) => tries.look(size, most, share));
			if (tries.best !== undefined) return tries.best;
			if (budget.remaining < STEPS_MIN) return undefined;
		}
	}
	return undefined;
}

/** So that something is left for more changes. */
const SHARES = 3;
const STEPS_MIN = 2000;

interface Search {
	readonly slots: readonly Slot[];
	readonly rules: readonly Rule[];
	/** By the places of the slots. */
	readonly rulesAbout: readonly (readonly Rule[])[];
	/** What the condition names, with what divides it. */
	readonly named: readonly number[];
	readonly holds: (changes: readonly SlotChange[], budget: StepBudget) => boolean;
}

function* searchIn(part: Condition, evaluation: Evaluation): Gradual<Search | undefined> {
	const atoms = comparisonsIn(part).map((each) => {
		if (each.kind === 'comparison') return each;
		const count = { kind: 'function', name: 'count', location: each.location } as const;
		return { operator: '>=', left: count, right: { kind: 'number', value: 1 } } as const;
	});
	const nodes = locationsIn(part).reduce((sum, each) => sum + selectionsOf(each, evaluation).selections.length, 0);
	const byLocation = nodes > SLOTS_MAX ? undefined : slotsOf(atoms, evaluation, false);
	if (byLocation === undefined) return undefined;
	const slots = [...byLocation.values()].flat().filter(({ kind }) => kind !== 'count');
	const isOfNumbers = slots.every(({ line, spans = [] }) => {
		return line === 'number' && spans.length < 2 && spans.every(isPoint);
	});
	if (!isOfNumbers || slots.length > SLOTS_MAX) return undefined;
	const conjuncts = part.kind === 'and' ? part.conditions : [part];
	const rules: Rule[] = [];
	for (const conjunct of conjuncts) {
		yield;
		for (const nodesOf of nodesFor(conjunct, slots, evaluation)) {
			const found = rulesOf(conjunct, nodesOf);
			if (found === undefined) return undefined;
			rules.push(...found);
			evaluation.budget.remaining -= STEPS_PER_MADE * found.reduce((sum, { steps }) => sum + steps, 0);
			const size = rules.reduce((sum, { steps }) => sum + steps, 0);
			if (rules.length > RULES_MAX || size > NUMBERS_MAX) return undefined;
		}
		if (evaluation.budget.remaining < 0) return undefined;
	}
	const rulesAbout = slots.map((_, at) => rules.filter(({ about }) => about.includes(at)));
	const holds = (changes: readonly SlotChange[], budget: StepBudget): boolean => {
		budget.remaining -= STEPS_PER_TRIAL;
		if (!changes.every(isAllowedChange)) return false;
		const puts = changes.map((change) => putOf(change, evaluation));
		const byPlace = new Map(puts.map((put) => [keyOf(put), put]));
		return conjuncts.every((each) => holdsWith(each, byPlace, { ...evaluation, budget }));
	};
	return { slots, rules, rulesAbout, named: numbersNamed(part), holds };
}

const STEPS_PER_TRIAL = 800;

/** Where the nodes have their places; where each of them may hold by another alternative each by itself. */
function nodesFor(
	conjunct: Condition,
	slots: readonly Slot[],
	evaluation: Evaluation,
): readonly ((location: Slot['location']) => Nodes | undefined)[] {
	const placesOf = (location: Slot['location']): Nodes => {
		const at = [...slots.keys()].filter((each) => locationName(slots[each]!.location) === locationName(location));
		return { at, count: selectionsOf(location, evaluation).selections.length };
	};
	const [location, ...others] = locationsIn(conjunct);
	if (location === undefined || others.length > 0 || !isOfEach(conjunct)) return [placesOf];
	const { at, count } = placesOf(location);
	return at.length < 2 ? [placesOf] : at.map((each) => () => ({ at: [each], count }));
}

/** Changes of so many numbers, each of the values that are worth a try. */
class Tries {
	best: readonly SlotChange[] | undefined;
	#leastCost = Number.POSITIVE_INFINITY;
	#refused = 0;
	readonly #search: Search;
	readonly #choices: readonly Choices[];
	/** What has to change in any case. */
	readonly #wrong: readonly number[];
	readonly #said: number[];
	/** Changed, or left as it is, by the place. */
	readonly #isClosed: boolean[];
	readonly #changed: number[] = [];
	#most = 0;
	#budget: StepBudget = { remaining: 0 };

	constructor(search: Search, choices: readonly Choices[]) {
		this.#search = search;
		this.#choices = choices;
		this.#said = search.slots.map(saidBy);
		this.#wrong = [...search.slots.keys()].filter((at) => search.slots[at]!.isWrong === true);
		this.#isClosed = search.slots.map(() => false);
	}

	/** Those that cost less than the best so far, of each the nearest values, so many. */
	*look(size: number, most: number, budget: StepBudget): Gradual<void> {
		[this.#most, this.#budget] = [most, budget];
		const broken = this.#brokenOf(this.#search.rules);
		const least = this.#leastChanges(broken);
		if (least > 0 && least <= size) yield* this.#extend(broken, size, 0);
	}

	/** Those that do not hold; of the last change it is enough to know of one. */
	#brokenOf(rules: readonly Rule[], most = Number.POSITIVE_INFINITY): readonly Rule[] {
		const broken: Rule[] = [];
		for (const rule of rules) {
			if (broken.length >= most || this.#budget.remaining < 0) break;
			this.#budget.remaining -= STEPS_PER_RULE + rule.steps / RULE_NUMBERS_PER_STEP;
			if (!rule.holds(this.#said)) broken.push(rule);
		}
		return broken;
	}

	/** One of the numbers of what does not hold has to change: each of those that may, and then no longer. */
	*#extend(broken: readonly Rule[], left: number, cost: number): Gradual<void> {
		this.#budget.remaining -= STEPS_PER_SET;
		const { rulesAbout } = this.#search;
		const wrong = this.#wrong.filter((at) => !this.#isClosed[at]);
		const open = wrong.length > 0 ? wrong.slice(0, 1) : this.#openOf(broken);
		const isLast = left === 1;
		for (const at of open) {
			yield;
			this.#isClosed[at] = true;
			const others = broken.filter(({ about }) => !about.includes(at));
			if (isLast && others.length > 0) continue;
			this.#changed.push(at);
			const own = this.#said[at]!;
			for (const [value, more] of this.#valuesOf(at, broken, left)) {
				if (this.#budget.remaining < 0 || cost + more >= this.#leastCost) break;
				this.#said[at] = value;
				const still = [...others, ...this.#brokenOf(rulesAbout[at]!, isLast ? 1 : undefined)];
				if (still.length === 0 && wrong.length < 2) this.#take(cost + more);
				else if (this.#leastChanges(still) < left) yield* this.#extend(still, left - 1, cost + more);
			}
			this.#said[at] = own;
			this.#changed.pop();
		}
		for (const at of open) this.#isClosed[at] = false;
	}

	/** How many have to change at least: of what does not hold, and has no number in common, one each. */
	#leastChanges(broken: readonly Rule[]): number {
		const taken = this.#wrong.filter((at) => !this.#isClosed[at]);
		let least = taken.length;
		for (const { about } of broken) {
			const open = about.filter((at) => !this.#isClosed[at]);
			if (open.length === 0) return Number.POSITIVE_INFINITY;
			if (open.some((at) => taken.includes(at))) continue;
			least += 1;
			taken.push(...open);
		}
		return least;
	}

	/** Of what leaves the fewest numbers to be changed those. */
	#openOf(broken: readonly Rule[]): readonly number[] {
		const open = broken.map(({ about }) => about.filter((at) => !this.#isClosed[at]));
		return open.reduce((one, other) => (other.length < one.length ? other : one));
	}

	/** The nearest first, with what they cost; without those with which something cannot hold any more. */
	#valuesOf(at: number, broken: readonly Rule[], left: number): readonly (readonly [value: number, cost: number])[] {
		const choices = this.#choices[at]!;
		const rules = this.#search.rulesAbout[at]!;
		const last = rules.filter(({ about }) => about.every((each) => this.#isClosed[each]));
		const equation = last.find(({ isEquation }) => isEquation);
		const isFew = left === 1 || equation !== undefined;
		const tried = new Set(isFew ? [] : choices.nearest(this.#most, this.#budget));
		const solved = equation === undefined ? (isFew ? rules : broken) : [equation];
		for (const root of this.#rootsOf(solved, at)) {
			for (const value of choices.beside(root, this.#budget)) tried.add(value);
		}
		this.#budget.remaining -= STEPS_PER_VALUE * tried.size;
		const own = this.#said[at]!;
		const kept = [...tried].filter((value) => {
			this.#said[at] = value;
			return this.#brokenOf(last, 1).length === 0;
		});
		this.#said[at] = own;
		return kept.map((value) => [value, choices.costOf(value)] as const).sort((one, other) => one[1] - other[1]);
	}

	/** Where what is compared changes, as everything else is. */
	#rootsOf(rules: readonly Rule[], at: number): ReadonlySet<number> {
		const roots = new Set<number>();
		const own = this.#said[at]!;
		for (const { differences } of rules) {
			for (const { about, of, steps } of differences) {
				if (!about.includes(at)) continue;
				this.#budget.remaining -= STEPS_PER_ROOT + steps;
				const found = rootsOf((value) => {
					this.#said[at] = value;
					return of(this.#said);
				});
				for (const root of found) roots.add(root);
			}
		}
		this.#said[at] = own;
		return roots;
	}

	#take(cost: number): void {
		const { slots, holds } = this.#search;
		const changes = this.#changed.map((at): SlotChange => {
			return { slot: slots[at]!, to: numbers(point(fromDouble(this.#said[at]!))) };
		});
		if (this.#refused > REFUSED_MAX || !holds(changes, this.#budget)) {
			this.#refused += 1;
			return;
		}
		this.best = changes;
		this.#leastCost = cost;
	}
}
