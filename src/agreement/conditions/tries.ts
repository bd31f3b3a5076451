/** Changes of a few numbers, of each all values that are worth a try, until what has to hold does. */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { numbers } from './evaluation.ts';
import { fromDouble } from './rational.ts';
import type { Rule } from './rules-in-doubles.ts';
import { eachNode, type SlotChange } from './slot-changes.ts';
import type { Slot } from './slots.ts';
import { point } from './spans.ts';
import { type Choices, rootsOf } from './values-worth-trying.ts';

/** What holds by doubles is seldom not so. */
const REFUSED_MAX = 32;
/** Steps of a budget: to go on with a number that is changed; to find what is worth a try, each; to look whether something holds. */
const STEPS_PER_SET = 30;
const STEPS_PER_ROOT = 16;
const STEPS_PER_RULE = 2;
const RULE_NUMBERS_PER_STEP = 3;
const STEPS_PER_VALUE = 10;

/** A number that may change, at one place, or the same at several. */
export interface Variable {
	readonly slot: Slot;
	readonly places: readonly number[];
}

/** What is tried. */
export interface Trial {
	readonly variables: readonly Variable[];
	/** What all places say. */
	readonly said: readonly number[];
	/** About the variables. */
	readonly rules: readonly Rule[];
	/** By the variables. */
	readonly choices: readonly Choices[];
	readonly holds: (changes: readonly SlotChange[], budget: StepBudget) => boolean;
}

export class Tries {
	best: readonly SlotChange[] | undefined;
	#leastCost = Number.POSITIVE_INFINITY;
	#refused = 0;
	readonly #trial: Trial;
	/** By the variables. */
	readonly #rulesAbout: readonly (readonly Rule[])[];
	/** What has to change in any case. */
	readonly #wrong: readonly number[];
	readonly #said: number[];
	/** Changed, or left as it is, by the variables. */
	readonly #isClosed: boolean[];
	readonly #changed: (readonly [at: number, value: number])[] = [];
	#most = 0;
	#budget: StepBudget = { remaining: 0 };

	constructor(trial: Trial) {
		const { variables, rules, said } = trial;
		this.#trial = trial;
		this.#said = [...said];
		this.#rulesAbout = variables.map((_, at) => rules.filter(({ about }) => about.includes(at)));
		this.#wrong = [...variables.keys()].filter((at) => variables[at]!.slot.isWrong === true);
		this.#isClosed = variables.map(() => false);
	}

	/** Those that cost less than the best so far, of each the nearest values, so many. */
	*look(size: number, most: number, budget: StepBudget): Gradual<void> {
		[this.#most, this.#budget] = [most, budget];
		const broken = this.#brokenOf(this.#trial.rules);
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
		const wrong = this.#wrong.filter((at) => !this.#isClosed[at]);
		const open = wrong.length > 0 ? wrong.slice(0, 1) : this.#openOf(broken);
		const isLast = left === 1;
		for (const at of open) {
			yield;
			this.#isClosed[at] = true;
			const others = broken.filter(({ about }) => !about.includes(at));
			if (isLast && others.length > 0) continue;
			for (const [value, more] of this.#valuesOf(at, broken, left)) {
				if (this.#budget.remaining < 0 || cost + more >= this.#leastCost) break;
				this.#put(at, value);
				this.#changed.push([at, value]);
				const still = [...others, ...this.#brokenOf(this.#rulesAbout[at]!, isLast ? 1 : undefined)];
				if (still.length === 0 && wrong.length < 2) this.#take(cost + more);
				else if (this.#leastChanges(still) < left) yield* this.#extend(still, left - 1, cost + more);
				this.#changed.pop();
			}
			this.#restore(at);
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
		const choices = this.#trial.choices[at]!;
		const rules = this.#rulesAbout[at]!;
		const last = rules.filter(({ about }) => about.every((each) => this.#isClosed[each]));
		const equation = last.find(({ isEquation }) => isEquation);
		const isFew = left === 1 || equation !== undefined;
		const tried = new Set(isFew ? [] : choices.nearest(this.#most, this.#budget));
		const solved = equation === undefined ? (isFew ? rules : broken) : [equation];
		for (const root of this.#rootsOf(solved, at)) {
			for (const value of choices.beside(root, this.#budget)) tried.add(value);
		}
		this.#budget.remaining -= STEPS_PER_VALUE * tried.size;
		const kept = [...tried].filter((value) => {
			this.#put(at, value);
			return this.#brokenOf(last, 1).length === 0;
		});
		this.#restore(at);
		return kept.map((value) => [value, choices.costOf(value)] as const).sort((one, other) => one[1] - other[1]);
	}

	/** Where what is compared changes, as everything else is. */
	#rootsOf(rules: readonly Rule[], at: number): ReadonlySet<number> {
		const roots = new Set<number>();
		for (const { differences } of rules) {
			for (const { about, of, steps } of differences) {
				if (!about.includes(at)) continue;
				this.#budget.remaining -= STEPS_PER_ROOT + steps;
				const found = rootsOf((value) => {
					this.#put(at, value);
					return of(this.#said);
				});
				for (const root of found) roots.add(root);
			}
		}
		this.#restore(at);
		return roots;
	}

	#put(at: number, value: number): void {
		for (const place of this.#trial.variables[at]!.places) this.#said[place] = value;
	}

	#restore(at: number): void {
		for (const place of this.#trial.variables[at]!.places) this.#said[place] = this.#trial.said[place]!;
	}

	#take(cost: number): void {
		const { variables, holds } = this.#trial;
		const changes = this.#changed.flatMap(([at, value]): readonly SlotChange[] => {
			return eachNode(variables[at]!.slot, numbers(point(fromDouble(value))));
		});
		if (this.#refused > REFUSED_MAX || !holds(changes, this.#budget)) {
			this.#refused += 1;
			return;
		}
		this.best = changes;
		this.#leastCost = cost;
	}
}
