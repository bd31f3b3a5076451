/**
 * Comparisons as linear inequalities. Suppose that an offer holds, and that of every node one of the values that it
 * admits has been chosen: then what is true of all of them is true of these. Of a Location four things are told:
 * `count`, `min` and `max` of the values that are chosen, and their `sum`.
 */
import { operandValue } from '../conditions/evaluation.ts';
import type { Operand } from '../conditions/expression.ts';
import { LINES, type Line, placeOn } from '../conditions/expression-values.ts';
import { add, divide, multiply, order, type Rational } from '../conditions/rational.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { Location } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import { nowhere } from './lint-conditions.ts';

/** Which of the nodes of a Location a comparison is held against: all of them, the one of the least value, of the greatest. */
export type Which = 'all' | 'min' | 'max';

/** The sum of what it says, `isEach` of any of the nodes of a Location. */
export interface LinearForm {
	readonly terms: readonly { readonly name: string; readonly factor: Rational; readonly each?: string }[];
	readonly constant: Rational;
}

/** A product, or quotient, of what is not known: a variable of its own. */
export interface Product {
	readonly name: string;
	readonly one: LinearForm;
	readonly other: LinearForm;
}

/** What the forms of one question share: products by name, and texts that are numbered as they are met. */
export interface Known {
	readonly products: Map<string, Product>;
	readonly texts: Map<string, number>;
}

export type Of = 'count' | 'sum' | 'min' | 'max';

export function variableOf(name: Of, key: string): string {
	return `${name} ${key}`;
}

/** What the operand comes to; products are noted. Undefined where it comes to nothing. */
function linearFormOf(operand: Operand, known: Known): LinearForm | undefined {
	switch (operand.kind) {
		case 'number':
			return { terms: [], constant: operand.value };
		case 'text':
			return { terms: [], constant: imageOf(operand.text, known) };
		case 'location': {
			const key = locationKey(operand.location);
			return { terms: [{ name: key, factor: 1, each: key }], constant: 0 };
		}
		case 'function':
			return { terms: [{ name: variableOf(operand.name, locationKey(operand.location)), factor: 1 }], constant: 0 };
		case 'negative': {
			const form = linearFormOf(operand.operand, known);
			return form && scaledBy(form, -1);
		}
		case 'arithmetic': {
			const [left, right] = [linearFormOf(operand.left, known), linearFormOf(operand.right, known)];
			if (left === undefined || right === undefined) return undefined;
			return calculated(operand.operator, left, right, known);
		}
	}
}

function calculated(
	operator: '+' | '-' | '*' | 'div',
	left: LinearForm,
	right: LinearForm,
	known: Known,
): LinearForm | undefined {
	if (operator === '+') return sumOf(left, right);
	if (operator === '-') return sumOf(left, scaledBy(right, -1));
	if (right.terms.length === 0) {
		if (operator === '*') return scaledBy(left, right.constant);
		return right.constant === 0 ? undefined : scaledBy(left, divide(1, right.constant));
	}
	if (operator === '*' && left.terms.length === 0) return scaledBy(right, left.constant);
	const [one, other] = operator === '*' ? [textOf(left), textOf(right)].sort() : [textOf(left), textOf(right)];
	const name = `(${one}) ${operator} (${other})`;
	if (operator === '*') known.products.set(name, { name, one: left, other: right });
	return { terms: [{ name, factor: 1 }], constant: 0 };
}

function textOf({ terms, constant }: LinearForm): string {
	return JSON.stringify([terms, constant], (_name, part) => (typeof part === 'bigint' ? String(part) : part));
}

function sumOf(one: LinearForm, other: LinearForm): LinearForm {
	return { terms: [...one.terms, ...other.terms], constant: add(one.constant, other.constant) };
}

function scaledBy({ terms, constant }: LinearForm, factor: Rational): LinearForm {
	if (factor === 0) return { terms: [], constant: 0 };
	return {
		terms: terms.map((term) => ({ ...term, factor: multiply(term.factor, factor) })),
		constant: multiply(constant, factor),
	};
}

/** With variables: where all nodes are meant, those for which it is the largest. */
export function largestOf({ terms }: LinearForm, which: Which): ReadonlyMap<string, Rational> {
	const sums = new Map<string, Rational>();
	for (const { name, factor, each } of terms) {
		const chosen = which === 'all' ? (order(factor, 0) > 0 ? 'max' : 'min') : which;
		const variable = each === undefined ? name : variableOf(chosen, each);
		sums.set(variable, add(sums.get(variable) ?? 0, factor));
	}
	return sums;
}

/** The left less the right. */
export function differenceOf(left: Operand, right: Operand, known: Known): LinearForm | undefined {
	const [one, other] = [linearFormOf(left, known), linearFormOf(right, known)];
	return one && other && sumOf(one, scaledBy(other, -1));
}

/** What it is on: `text` what has no order. */
export type LineOrText = Line | 'text';

/** Where the text lies: numbers as they are, times and durations in seconds, every other text at a place of its own. */
export function imageOf(text: string, { texts }: Known): Rational {
	const collapsed = collapseWhiteSpace(text);
	for (const line of LINES) {
		const place = placeOn(line, collapsed);
		if (place !== undefined) return place;
	}
	const image = texts.get(collapsed) ?? FIRST_TEXT + texts.size;
	texts.set(collapsed, image);
	return image;
}

/** Far from what anybody means; that some number lies there, too, makes less impossible, never more. */
const FIRST_TEXT = Number.MIN_SAFE_INTEGER;

export function lineOf(text: string): LineOrText {
	return LINES.find((line) => placeOn(line, collapseWhiteSpace(text)) !== undefined) ?? 'text';
}

/** The line of a side of a comparison, or the Location that is on it. */
export function sideOf(operand: Operand): LineOrText | Location {
	if (operand.kind === 'location') return operand.location;
	if (operand.kind !== 'text') return 'number';
	const known = operandValue(operand, nowhere());
	return 'why' in known ? 'text' : lineOf(operand.text);
}

/** The Locations of which it takes the values, or a function of them: they have to be there. */
export function demandedBy(operand: Operand): readonly Location[] {
	if (operand.kind === 'negative') return demandedBy(operand.operand);
	if (operand.kind === 'arithmetic') return [...demandedBy(operand.left), ...demandedBy(operand.right)];
	if (operand.kind === 'function') return operand.name === 'min' || operand.name === 'max' ? [operand.location] : [];
	return operand.kind === 'location' ? [operand.location] : [];
}

/** Those of which every value has to be a number. */
export function calculatedIn(operand: Operand, isWithin = false): readonly Location[] {
	if (operand.kind === 'negative') return calculatedIn(operand.operand, true);
	if (operand.kind === 'arithmetic') return [...calculatedIn(operand.left, true), ...calculatedIn(operand.right, true)];
	if (operand.kind === 'location') return isWithin ? [operand.location] : [];
	return operand.kind === 'function' && operand.name !== 'count' ? [operand.location] : [];
}
