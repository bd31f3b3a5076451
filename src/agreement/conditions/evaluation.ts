/** What a condition of the constraint language says of a document. */
import { textOf, type XmlElement } from '../../xml/element.ts';
import { OUTERMOST_SCOPE } from '../../xml/scope.ts';
import { isOpenRange, isRangeValue, readRangeValue } from '../jsdl/range-value.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { ElementIndex } from '../template/element-index.ts';
import type { Location, StepBudget } from '../template/location.ts';
import { type Selection, selectLocation } from '../template/location-selection.ts';
import type { ArithmeticOperator, Condition, Operand } from './expression.ts';
import { compare, type Fault, negate, print, type Truth, type Value } from './expression-values.ts';
import type { CountsOf, NodeDemands } from './node-demand.ts';
import { DIGITS_MAX, infinity, parseRational, weightOf } from './rational.ts';
import { calculate, largest, point, type Span, type Spans, smallest, spanning, spansOf, unite } from './spans.ts';
import { aggregateName, locationName } from './unknowns.ts';

/** A document that is being looked at, and what has been found in it. */
export interface Evaluation {
	readonly root: XmlElement;
	readonly index: ElementIndex;
	readonly budget: StepBudget;
	/** What the Locations selected, each evaluated once. */
	readonly selected: Map<string, Selected>;
	/** What is to be supposed of Locations and functions, by their names. */
	readonly instead: Supposition;
	/** What is told of nodes keeps to it. */
	readonly demands?: NodeDemands | undefined;
	/** What they leave where no item says anything: what the vocabularies say. */
	readonly given?: NodeDemands | undefined;
	/** And how many nodes there may be. */
	readonly counts?: CountsOf | undefined;
	/** Whether what items demand is there without these, with all that is in them, as far as it is now. */
	readonly mayLack?: ((gone: readonly Selection[]) => boolean) | undefined;
}

export type Supposition = ReadonlyMap<string, Value | Fault>;

/** What a Location selects. */
export interface Selected {
	readonly selections: readonly Selection[];
	readonly deepest?: XmlElement;
	/** What functions make of it, each calculated once. */
	readonly aggregates: Map<AggregateName, Value | Fault>;
	/** From when it is asked for: to count nodes nobody reads them. */
	said?: Said;
}

/** What each of the nodes says, and all of them together. */
export interface Said {
	readonly values: readonly (Value | Fault)[];
	readonly value: Value | Fault;
}

export type AggregateName = Extract<Operand, { readonly kind: 'function' }>['name'];

export type Outcome = Truth | Fault;

/** Whether it holds, looked at in the order of the words: what decides an `and` or an `or` ends it. */
export function evaluate(condition: Condition, evaluation: Evaluation): Outcome {
	evaluation.budget.remaining -= 1;
	switch (condition.kind) {
		case 'exists':
			return compare('=', functionValue('count', condition.location, evaluation) as Value, NONE) === 'true'
				? 'false'
				: 'true';
		case 'not':
			return negate(evaluate(condition.condition, evaluation));
		case 'and':
		case 'or': {
			const [decisive, neutral] =
				condition.kind === 'and' ? (['false', 'true'] as const) : (['true', 'false'] as const);
			let outcome: Outcome = neutral;
			for (const part of condition.conditions) {
				const truth = evaluate(part, evaluation);
				if (truth === decisive || typeof truth === 'object') return truth;
				if (truth === 'open') outcome = 'open';
			}
			return outcome;
		}
		case 'comparison': {
			const left = operandValue(condition.left, evaluation);
			if ('why' in left) return left;
			const right = operandValue(condition.right, evaluation);
			if ('why' in right) return right;
			evaluation.budget.remaining -= sizeOf(left) + sizeOf(right);
			return evaluation.budget.remaining < 0 ? 'open' : compare(condition.operator, left, right);
		}
	}
}

/** What the operand may come to. */
export function operandValue(operand: Operand, evaluation: Evaluation): Value | Fault {
	evaluation.budget.remaining -= 1;
	switch (operand.kind) {
		case 'number':
			return numbers(point(operand.value));
		case 'text':
			return { kind: 'texts', texts: [collapseWhiteSpace(operand.text)] };
		case 'location':
			return (
				evaluation.instead.get(locationName(operand.location)) ?? saidBySelected(operand.location, evaluation).value
			);
		case 'function':
			return functionValue(operand.name, operand.location, evaluation);
		case 'negative':
			return calculateWith('-', numbers(point(0)), operandValue(operand.operand, evaluation), evaluation.budget);
		case 'arithmetic': {
			const { operator, left, right } = operand;
			const one = operandValue(left, evaluation);
			if ('why' in one) return one;
			return calculateWith(operator, one, operandValue(right, evaluation), evaluation.budget);
		}
	}
}

/** What the calculation may come to; long numbers cost the budget what they cost. */
export function calculateWith(
	operator: ArithmeticOperator,
	left: Value | Fault,
	right: Value | Fault,
	budget: StepBudget,
): Value | Fault {
	const [ones, others] = [spansIn(left), spansIn(right)];
	if ('why' in ones) return ones;
	if ('why' in others) return others;
	const weight = heaviest(ones) + heaviest(others);
	budget.remaining -= ones.length * others.length * costOf(weight);
	if (budget.remaining < 0) return { why: 'it takes too long to calculate' };
	const spans = calculate(operator, ones, others);
	return 'why' in spans ? spans : numbers(spans);
}

/** What a calculation costs: a greatest common divisor takes as many divisions as there are digits, each as long. */
function costOf(weight: number): number {
	return weight * 4 + (weight * weight) / DIGITS_PER_STEP;
}

/** So many digits of so many a step of the budget, some 25 nanoseconds, divides: 700 digits take half a millisecond. */
const DIGITS_PER_STEP = 50;

/** What a comparison of it costs: spans are looked at one by one, texts read as what they may be. */
function sizeOf(value: Value): number {
	if (value.kind === 'numbers') return value.spans.length;
	return value.texts.reduce((size, text) => size + STEPS_PER_TEXT + text.length, 0);
}

/** To read a text as a number, a time and a duration takes some 200 nanoseconds. */
const STEPS_PER_TEXT = 8;

function heaviest(spans: Spans): number {
	return spans.reduce((weight, { lower, upper }) => Math.max(weight, weightOf(lower), weightOf(upper)), 0);
}

/** The numbers that the value may be. */
function spansIn(value: Value | Fault): Spans | Fault {
	if ('why' in value) return value;
	return value.kind === 'numbers' ? value.spans : { why: `${print(value)} is no number` };
}

function functionValue(name: AggregateName, location: Location, evaluation: Evaluation): Value | Fault {
	const supposed = evaluation.instead.get(aggregateName(name, location));
	if (supposed !== undefined) return supposed;
	const { selections, aggregates } = selectionsOf(location, evaluation);
	const known = aggregates.get(name);
	if (known !== undefined) return known;
	const made =
		name === 'count' ? countOf(selections) : functionOf(name, saidBySelected(location, evaluation), evaluation);
	if (evaluation.budget.remaining >= 0) aggregates.set(name, made);
	return made;
}

function functionOf(name: AggregateName, { values, value }: Said, { budget }: Evaluation): Value | Fault {
	const isOfNothing = values.length === 0 && name !== 'sum';
	return isOfNothing ? value : aggregate(name, values, budget);
}

function countOf({ length }: readonly unknown[]): Value {
	return numbers(point(length));
}

/** What the function makes of what each of several nodes says; of the least and greatest of them there is one. */
export function aggregate(name: AggregateName, values: readonly (Value | Fault)[], budget: StepBudget): Value | Fault {
	if (name === 'count') return countOf(values);
	budget.remaining -= values.length;
	const each: Spans[] = [];
	for (const value of values) {
		const spans = spansIn(value);
		if ('why' in spans) return spans;
		each.push(spans);
	}
	if (name === 'sum') {
		return each.reduce<Value | Fault>((total, spans) => calculateWith('+', total, numbers(spans), budget), NONE);
	}
	const pick = name === 'min' ? smallest : largest;
	return numbers(spanning(pick(each.map((spans) => spans[0]!.lower)), pick(each.map((spans) => spans.at(-1)!.upper))));
}

export function numbers(spans: Spans): Value {
	return { kind: 'numbers', spans };
}

const NONE = numbers(point(0));

export function selectionsOf(location: Location, evaluation: Evaluation): Selected {
	const known = evaluation.selected.get(locationName(location));
	if (known !== undefined) return known;
	const { root, index, budget } = evaluation;
	const { selections, deepest } = selectLocation(root, location, budget, index) ?? { selections: [] };
	const selected: Selected = { selections, ...(deepest === undefined ? {} : { deepest }), aggregates: new Map() };
	// What comes of a spent budget is not what is there, and others that look have one of their own.
	if (budget.remaining >= 0) evaluation.selected.set(locationName(location), selected);
	return selected;
}

/** What the nodes say that the Location selects. */
export function saidBySelected(location: Location, evaluation: Evaluation): Said {
	const selected = selectionsOf(location, evaluation);
	if (selected.said !== undefined) return selected.said;
	const values = selected.selections.map((selection) => selectionValue(selection, evaluation.budget));
	const value = values.length === 0 ? { why: `${location.text} selects nothing` } : uniteValues(values);
	const said: Said = { values, value };
	if (evaluation.budget.remaining >= 0) selected.said = said;
	return said;
}

/** What the node says, as it is written; of a range what it admits. */
export function saidBy(selection: Selection, budget: StepBudget): string {
	const { owner, attribute, isText } = selection;
	const isWhole = attribute === undefined && !isText;
	if (isWhole && (isOpenRange(owner) || owner.children.some(({ kind }) => kind === 'element'))) {
		const value = selectionValue(selection, budget);
		return 'why' in value ? 'elements' : print(value);
	}
	return collapseWhiteSpace(attribute?.value ?? textOf(owner)) || 'nothing';
}

/** All that the nodes say: numbers where all are some, else texts. */
export function uniteValues(values: readonly (Value | Fault)[]): Value | Fault {
	const texts: string[] = [];
	const spans: Span[] = [];
	let areNumbers = true;
	for (const value of values) {
		if ('why' in value) return value;
		areNumbers &&= value.kind === 'numbers';
		if (value.kind === 'numbers') spans.push(...value.spans);
		texts.push(...(value.kind === 'texts' ? value.texts : [print(numbers(value.spans))]));
	}
	return areNumbers ? numbers(unite(spans)) : { kind: 'texts', texts };
}

/** A value is not read faster than so many elements are walked past. */
const STEPS_PER_VALUE = 16;

function selectionValue({ owner, attribute, isText }: Selection, budget: StepBudget): Value | Fault {
	budget.remaining -= STEPS_PER_VALUE + owner.children.length;
	if (budget.remaining < 0) return { why: 'it takes too long to calculate' };
	if (attribute === undefined && !isText) {
		if (isRangeValue(owner)) {
			// What cannot be read as a range is an issue of the offer already.
			const range = readRangeValue({ element: owner, path: '', scope: OUTERMOST_SCOPE }, { issues: [], remarks: [] });
			return range === undefined || range.intervals.length === 0
				? { why: `${owner.localName} admits no value` }
				: numbers(spansOf(range));
		}
		if (isOpenRange(owner)) return numbers(spanning(infinity(-1), infinity(1)));
		if (owner.children.some(({ kind }) => kind === 'element')) {
			return { why: `${owner.localName} holds elements and has no value of its own` };
		}
	}
	const text = collapseWhiteSpace(attribute?.value ?? textOf(owner));
	const value = parseRational(text);
	if (value === undefined) return { kind: 'texts', texts: [text] };
	if (value === 'too long') return { why: `a number has at most ${DIGITS_MAX} digits here` };
	budget.remaining -= costOf(weightOf(value));
	return numbers(point(value));
}
