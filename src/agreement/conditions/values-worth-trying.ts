/** The doubles that are worth a try in the place of a number. */
import type { StepBudget } from '../template/location.ts';
import { numbers } from './evaluation.ts';
import type { Condition, Operand } from './expression.ts';
import { placesOn } from './expression-values.ts';
import { namedValues } from './node-demand.ts';
import { fromDouble, isFiniteRational, isWhole, toDouble } from './rational.ts';
import { isAllowedChange } from './slot-changes.ts';
import { DECIMALS_MAX, type Slot } from './slots.ts';
import { bothEnds, point } from './spans.ts';
import { comparisonsIn } from './unknowns.ts';

/** What one number may be. */
export interface Choices {
	/** So many: the ends of what is named, and the nearest, first of what is named. */
	readonly nearest: (most: number, budget: StepBudget) => readonly number[];
	/** What is allowed next to a place. */
	readonly beside: (place: number, budget: StepBudget) => readonly number[];
	/** How far it is, in parts of what was said. */
	readonly costOf: (value: number) => number;
}

/** Values of which it is looked whether items allow them. */
const TRIED_MAX = 256;
const STEPS_PER_VALUE = 20;
const STEPS_PER_NUMBER = 8;

/**
 * What items name, what is beside what was said, and what the condition names; whole and no less than nothing, unless
 * that was said, or `isAny`.
 */
export function choicesOf(slot: Slot, inCondition: readonly number[], isAny: boolean, spent: StepBudget): Choices {
	const said = saidBy(slot);
	const own = Number.isNaN(said) ? 0 : said;
	const isFine = isAny || !Number.isInteger(own);
	// Of several nodes only the first may say it.
	const isOther = slot.isWrong === true || slot.kind === 'nodes';
	const isPlain = (value: number): boolean =>
		Number.isFinite(value) && (value !== said || isOther) && (value >= 0 || own < 0 || isAny);
	const known = new Map<number, boolean>();
	const isWorth = (value: number, budget: StepBudget): boolean => {
		const before = isPlain(value) ? known.get(value) : false;
		if (before !== undefined || known.size > TRIED_MAX) return before === true;
		budget.remaining -= STEPS_PER_VALUE;
		const isAllowed = isAllowedChange({ slot, to: numbers(point(fromDouble(value))) });
		known.set(value, isAllowed);
		return isAllowed;
	};
	const named = namedNumbers(slot);
	const near = wholeBeside(own, 0, BESIDE_FEW);
	const first = [...new Set([...named, ...near, ...inCondition])].sort(byDistance(own));
	const all = [...new Set([...first, ...wholeBeside(own, BESIDE_FEW, BESIDE_MAX)])];
	spent.remaining -= STEPS_PER_NUMBER * all.length;
	const ascending = named.toSorted((one, other) => one - other);
	// What others leave least room for.
	const ends = [ascending[0] ?? 0, ...ascending.slice(-1)];
	return {
		nearest: (most, budget) => {
			const found = ends.filter((each) => isWorth(each, budget));
			for (const each of all) {
				if (found.length >= most) break;
				if (!found.includes(each) && isWorth(each, budget)) found.push(each);
			}
			return found;
		},
		beside: (place, budget) => {
			const at = ascending.findIndex((each) => each >= place);
			const next = at < 0 ? ascending.slice(-2) : ascending.slice(Math.max(0, at - 2), at + 3);
			const [below, above] = [Math.floor(place), Math.ceil(place)];
			const whole = below === above ? [below - 1, below, below + 1] : [below, above];
			const fine = isFine ? [round(place), round(place) - UNIT, round(place) + UNIT] : [];
			return [...next, ...whole, ...fine].filter((each) => isWorth(each, budget));
		},
		costOf: (value) => (Number.isNaN(said) ? 0 : (slot.nodes * Math.abs(value - own)) / Math.max(1, Math.abs(own))),
	};
}

function namedNumbers({ demand }: Slot): readonly number[] {
	const named = demand === undefined ? [] : namedValues(demand).flatMap((each) => placesOn('number', each) ?? []);
	return named.flatMap(bothEnds).filter(isFiniteRational).map(toDouble);
}

function wholeBeside(own: number, from: number, to: number): readonly number[] {
	return Array.from({ length: to - from }, (_, at) => [Math.floor(own) - from - at, Math.ceil(own) + from + at]).flat();
}

function byDistance(own: number): (one: number, other: number) => number {
	return (one, other) => Math.abs(one - own) - Math.abs(other - own);
}

/** Whole numbers on either side of what was said: these before what is named, and these behind it. */
const BESIDE_FEW = 4;
const BESIDE_MAX = 12;
const UNIT = 10 ** -DECIMALS_MAX;

function round(value: number): number {
	return Math.abs(value) < 1e6 ? Number(value.toFixed(DECIMALS_MAX)) : value;
}

/** NaN: nothing is there, or no number. */
export function saidBy({ spans }: Slot): number {
	const at = spans?.[0]?.lower;
	return at === undefined || !isFiniteRational(at) ? Number.NaN : toDouble(at);
}

/** The numbers that it names, and where some are multiplied, what divides them. */
export function numbersNamed(part: Condition): readonly number[] {
	const found = new Set<number>();
	let isLinear = true;
	const walk = (operand: Operand): void => {
		if (operand.kind === 'number') found.add(toDouble(operand.value));
		if (operand.kind === 'negative') walk(operand.operand);
		if (operand.kind !== 'arithmetic') return;
		const isScaled = operand.left.kind === 'number' || operand.right.kind === 'number';
		isLinear &&= isScaled || operand.operator === '+' || operand.operator === '-';
		for (const side of [operand.left, operand.right]) walk(side);
	};
	for (const each of comparisonsIn(part))
		if (each.kind === 'comparison') for (const side of [each.left, each.right]) walk(side);
	const named = [...found].slice(0, LITERALS_MAX);
	return isLinear ? named : [...new Set(named.flatMap(divisorsOf))].slice(0, NAMED_MAX);
}

const LITERALS_MAX = 8;
const NAMED_MAX = 256;

/** The whole ones and what they leave; of large numbers by few. */
function divisorsOf(value: number): readonly number[] {
	const size = Math.abs(value);
	if (!isWhole(size) || size > Number.MAX_SAFE_INTEGER) return [size];
	const small = Array.from({ length: Math.min(DIVISORS_MAX, Math.floor(Math.sqrt(size))) }, (_, at) => at + 1);
	return [size, ...small.filter((each) => size % each === 0).flatMap((each) => [each, size / each])];
}

const DIVISORS_MAX = 64;

/** Where what comes of a number is 0: of lines and of squares, by three of its values. */
export function rootsOf(difference: (value: number) => number): readonly number[] {
	const [at0, at1, at2] = [difference(0), difference(1), difference(2)];
	const bend = (at2 - 2 * at1 + at0) / 2;
	const slope = at1 - at0 - bend;
	if (Math.abs(bend) <= 1e-9 * Math.max(1, Math.abs(slope))) return slope === 0 ? [] : [snapped(-at0 / slope)];
	const inner = slope * slope - 4 * bend * at0;
	if (!(inner >= 0)) return [];
	return [-1, 1].map((sign) => snapped((-slope + sign * Math.sqrt(inner)) / (2 * bend)));
}

/** What is calculated may be a little more or less than it is. */
function snapped(value: number): number {
	const whole = Math.round(value);
	return Math.abs(value - whole) <= 1e-9 * Math.max(1, Math.abs(value)) ? whole : value;
}
