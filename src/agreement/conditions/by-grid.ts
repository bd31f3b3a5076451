/**
 * What a few numbers would have to be, where comparisons are not linear, by trying: of each those that are worth a try,
 * all combinations of them, by doubles, which are quick; what holds so is held against the condition itself. What is
 * found is the nearest of what was tried.
 */
import type { Gradual } from '../../parts.ts';
import type { Location } from '../template/location.ts';
import type { Evaluation } from './evaluation.ts';
import { numbers } from './evaluation.ts';
import type { ComparisonOperator, Condition, Operand } from './expression.ts';
import { placesOn } from './expression-values.ts';
import { namedValues } from './node-demand.ts';
import { isFiniteRational, isWhole, toDouble } from './rational.ts';
import { isAllowedChange, isHeld, type SlotChange } from './slot-changes.ts';
import type { Slot } from './slots.ts';
import { isPoint, point } from './spans.ts';
import { comparisonsIn, locationName } from './unknowns.ts';

/** More numbers have too many combinations. */
const SLOTS_MAX = 6;
/** Values of each are tried so many that all combinations of a set are no more than these. */
const COMBINATIONS_MAX = 1200;
/** Of one number more are no help. */
const CHOICES_MAX = 32;
/** What holds by doubles is seldom not so. */
const VERIFIED_MAX = 8;
/** To make a number of two, or to compare them; to go on to the next combination; to look for what is worth a try. */
const STEPS_PER_NUMBER = 1;
const STEPS_PER_COMBINATION = 6;
const STEPS_PER_CHOICE = 20;

/**
 * As few changes as will do, from `fewest`, and of these the nearest; undefined where there are none, or where a Location
 * has several slots, or it is about other things than numbers.
 */
export function* findOnGrid(
	part: Condition,
	slots: readonly Slot[],
	evaluation: Evaluation,
	fewest: 1 | 2,
): Gradual<readonly SlotChange[] | undefined> {
	const { budget } = evaluation;
	const places = new Map(slots.map((slot, at) => [locationName(slot.location), at]));
	const isOfNumbers = slots.every(({ kind, line, spans = [] }) => {
		return kind === 'node' && line === 'number' && spans.length < 2 && spans.every(isPoint);
	});
	if (slots.length > SLOTS_MAX || places.size < slots.length || !isOfNumbers) return undefined;
	const test = testOf(part, (location) => places.get(locationName(location)));
	if (test === undefined) return undefined;
	const literals = literalsIn(part);
	const steps = STEPS_PER_COMBINATION + STEPS_PER_NUMBER * test.steps;
	for (let size: number = fewest; size <= slots.length; size += 1) {
		const most = Math.min(CHOICES_MAX, Math.max(2, Math.floor(COMBINATIONS_MAX ** (1 / size))));
		budget.remaining -= STEPS_PER_CHOICE * slots.length * (literals.length + most);
		const choices = new Map(slots.map((slot) => [slot, choicesOf(slot, literals, most)]));
		const found: Found[] = [];
		for (const members of setsOf(slots, size)) {
			if (slots.some((slot) => slot.isWrong && !members.includes(slot))) continue;
			yield;
			const said = slots.map(saidBy);
			const tried = (nth: number, cost: number): void => {
				const slot = members[nth];
				if (slot === undefined) {
					budget.remaining -= steps;
					if (test.holds(said))
						found.push({ members, values: members.map((each) => said[slots.indexOf(each)]!), cost });
					return;
				}
				const [at, own] = [slots.indexOf(slot), saidBy(slot)];
				for (const value of choices.get(slot)!) {
					if (budget.remaining < 0) return;
					said[at] = value;
					tried(nth + 1, cost + Math.abs(value - own) / Math.max(1, Math.abs(own)));
				}
				said[at] = own;
			};
			tried(0, 0);
		}
		if (budget.remaining < 0) return undefined;
		for (const { members, values } of found.toSorted((one, other) => one.cost - other.cost).slice(0, VERIFIED_MAX)) {
			const changes = members.map((slot, nth) => ({ slot, to: numbers(point(values[nth]!)) }));
			if (isHeld(part, changes, evaluation)) return changes;
		}
	}
	return undefined;
}

interface Found {
	readonly members: readonly Slot[];
	readonly values: readonly number[];
	readonly cost: number;
}

/** What is worth a try: what items name, what is beside what was said, and what the condition names, with its divisors. */
function choicesOf(slot: Slot, literals: readonly number[], most: number): readonly number[] {
	const said = saidBy(slot);
	const named =
		slot.demand === undefined ? [] : namedValues(slot.demand).flatMap((each) => placesOn('number', each) ?? []);
	const beside = [1, 2, 3].flatMap((far) => [Math.floor(said) - far, Math.ceil(said) + far]);
	const tried = new Set([
		...named.map(({ lower }) => toDouble(lower)),
		...beside,
		...literals.flatMap(divisorsOf),
		Math.floor(said),
		Math.ceil(said),
	]);
	const isWorth = (each: number): boolean => (each !== said || slot.isWrong === true) && (each >= 0 || said < 0);
	const near = [...tried].filter(isWorth).sort((one, other) => Math.abs(one - said) - Math.abs(other - said));
	const allowed: number[] = [];
	for (const each of near) {
		if (allowed.length === most) break;
		if (isAllowedChange({ slot, to: numbers(point(each)) })) allowed.push(each);
	}
	return allowed;
}

function saidBy({ spans }: Slot): number {
	const at = spans?.[0]?.lower;
	return at === undefined || !isFiniteRational(at) ? 0 : toDouble(at);
}

function literalsIn(part: Condition): readonly number[] {
	const found = new Set<number>();
	const walk = (operand: Operand): void => {
		if (operand.kind === 'number') found.add(toDouble(operand.value));
		if (operand.kind === 'negative') walk(operand.operand);
		if (operand.kind === 'arithmetic') for (const side of [operand.left, operand.right]) walk(side);
	};
	for (const each of comparisonsIn(part))
		if (each.kind === 'comparison') for (const side of [each.left, each.right]) walk(side);
	return [...found].slice(0, LITERALS_MAX);
}

const LITERALS_MAX = 8;

/** The whole ones and what they leave; of large numbers by few. */
function divisorsOf(value: number): readonly number[] {
	const size = Math.abs(value);
	if (!isWhole(size) || size > Number.MAX_SAFE_INTEGER) return [size];
	const small = Array.from({ length: Math.min(DIVISORS_MAX, Math.floor(Math.sqrt(size))) }, (_, at) => at + 1);
	return [size, ...small.filter((each) => size % each === 0).flatMap((each) => [each, size / each])];
}

const DIVISORS_MAX = 64;

function* setsOf(slots: readonly Slot[], size: number, from = 0): Generator<readonly Slot[]> {
	if (size === 0) yield [];
	for (let at = from; size > 0 && at <= slots.length - size; at += 1) {
		for (const rest of setsOf(slots, size - 1, at + 1)) yield [slots[at]!, ...rest];
	}
}

/** Whether it holds of what the Locations say, each by its place among the slots. */
interface Test {
	readonly holds: (said: readonly number[]) => boolean;
	/** How many numbers are made and compared on the way. */
	readonly steps: number;
}

/** Undefined where it is about other things than numbers, of which each Location has one. */
function testOf(condition: Condition, placeOf: (location: Location) => number | undefined): Test | undefined {
	switch (condition.kind) {
		case 'not': {
			const test = testOf(condition.condition, placeOf);
			return test && { ...test, holds: (said) => !test.holds(said) };
		}
		case 'and':
		case 'or': {
			const tests = condition.conditions.map((each) => testOf(each, placeOf));
			const known = tests.filter((each) => each !== undefined);
			if (known.length < tests.length) return undefined;
			const steps = known.reduce((sum, each) => sum + each.steps, 0);
			const isEvery = condition.kind === 'and';
			return {
				steps,
				holds: (said) => (isEvery ? known.every(({ holds }) => holds(said)) : known.some(({ holds }) => holds(said))),
			};
		}
		case 'exists': {
			const isThere = placeOf(condition.location) !== undefined;
			return { steps: 0, holds: () => isThere };
		}
		case 'comparison': {
			const [left, right] = [numberOf(condition.left, placeOf), numberOf(condition.right, placeOf)];
			const compare = COMPARE[condition.operator];
			return (
				left &&
				right && { steps: left.steps + right.steps + 1, holds: (said) => compare(left.of(said), right.of(said)) }
			);
		}
	}
}

/** What an operand comes to. */
interface Calculation {
	readonly of: (said: readonly number[]) => number;
	readonly steps: number;
}

function numberOf(operand: Operand, placeOf: (location: Location) => number | undefined): Calculation | undefined {
	switch (operand.kind) {
		case 'number': {
			const value = toDouble(operand.value);
			return { steps: 0, of: () => value };
		}
		case 'location':
		case 'function': {
			const at = placeOf(operand.location);
			if (at === undefined || (operand.kind === 'function' && operand.name === 'count')) return undefined;
			return { steps: 1, of: (said) => said[at]! };
		}
		case 'negative': {
			const inner = numberOf(operand.operand, placeOf);
			return inner && { steps: inner.steps + 1, of: (said) => -inner.of(said) };
		}
		case 'arithmetic': {
			const [left, right] = [numberOf(operand.left, placeOf), numberOf(operand.right, placeOf)];
			if (left === undefined || right === undefined) return undefined;
			const calculate = CALCULATE[operand.operator];
			return { steps: left.steps + right.steps + 1, of: (said) => calculate(left.of(said), right.of(said)) };
		}
		case 'text':
			return undefined;
	}
}

const COMPARE: Readonly<Record<ComparisonOperator, (one: number, other: number) => boolean>> = {
	'=': (one, other) => Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one)),
	'!=': (one, other) => one !== other,
	'<': (one, other) => one < other,
	'<=': (one, other) => one <= other,
	'>': (one, other) => one > other,
	'>=': (one, other) => one >= other,
};

const CALCULATE = {
	'+': (one: number, other: number) => one + other,
	'-': (one: number, other: number) => one - other,
	'*': (one: number, other: number) => one * other,
	div: (one: number, other: number) => one / other,
} as const;
