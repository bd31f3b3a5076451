/**
 * The values of the constraint language: numbers, of which a RangeValue admits many, and texts. What is said of them is
 * true where it holds for all that is admitted, false where it holds for none, and neither where it depends on what is
 * granted: a constraint must be true.
 */

import { parseDateTime, parseDuration } from '../time.ts';
import type { ComparisonOperator } from './expression.ts';
import { add, isFiniteRational, order, parseRational, printRational, type Rational } from './rational.ts';
import { intersect, isPoint, point, type Span, type Spans, unite } from './spans.ts';

export type Truth = 'true' | 'false' | 'open';

export type Value =
	/** `text`: as a single number is to be written, where that is not as it is printed (`20.10`, `007`). */
	| { readonly kind: 'numbers'; readonly spans: Spans; readonly text?: string }
	| { readonly kind: 'texts'; readonly texts: readonly string[] };

export type Fault = { readonly why: string };

/** Whether the comparison holds; a fault where the two cannot be compared. Neither is empty. */
export function compare(operator: ComparisonOperator, left: Value, right: Value): Truth | Fault {
	if (operator === '!=') return negate(compare('=', left, right));
	if (operator === '>') return compare('<', right, left);
	if (operator === '>=') return compare('<=', right, left);
	const numbers =
		left.kind === 'numbers' && right.kind === 'numbers'
			? ([left.spans, right.spans] as const)
			: bothAsNumbers(left, right);
	if (numbers !== undefined) return compareNumbers(operator, numbers[0], numbers[1]);
	if (operator !== '=') return { why: `${print(left)} and ${print(right)} have no order` };
	// A number is never a text that is none.
	return left.kind === 'texts' && right.kind === 'texts' ? compareTexts(left.texts, right.texts) : 'false';
}

export function negate(truth: Truth | Fault): Truth | Fault {
	if (truth === 'true') return 'false';
	return truth === 'false' ? 'true' : truth;
}

/** As a message shows it. */
export function print(value: Value): string {
	if (value.kind === 'texts') return value.texts.join(', ') || 'nothing';
	return value.text ?? value.spans.map(printSpan).join(' or ');
}

/** The number that the text says, to be written as the text is. */
export function asWritten(value: Value, text: string): Value {
	return value.kind === 'texts' || print(value) === text ? value : { ...value, text };
}

function printSpan(span: Span): string {
	const { lower, lowerOpen, upper, upperOpen } = span;
	if (isPoint(span)) return printRational(lower);
	if (isFiniteRational(lower) && isFiniteRational(upper)) return `${printRational(lower)}..${printRational(upper)}`;
	if (isFiniteRational(lower)) return `${lowerOpen ? 'more than' : 'at least'} ${printRational(lower)}`;
	return isFiniteRational(upper) ? `${upperOpen ? 'less than' : 'at most'} ${printRational(upper)}` : 'anything';
}

function compareNumbers(operator: '=' | '<' | '<=', left: Spans, right: Spans): Truth {
	if (operator === '=') {
		if (intersect(left, right).length === 0) return 'false';
		return left.length === 1 && right.length === 1 && isPoint(left[0]!) && isPoint(right[0]!) ? 'true' : 'open';
	}
	if (isBelow(left.at(-1)!, right[0]!, operator === '<')) return 'true';
	// None is below: every one of the right is at most, or below, every one of the left.
	return isBelow(right.at(-1)!, left[0]!, operator === '<=') ? 'false' : 'open';
}

/** Whether all of the one are at most, or strictly below, all of the other. */
function isBelow(one: Span, other: Span, strictly: boolean): boolean {
	const gap = order(other.lower, one.upper);
	return gap > 0 || (gap === 0 && (!strictly || one.upperOpen || other.lowerOpen));
}

function compareTexts(left: readonly string[], right: readonly string[]): Truth {
	const known = new Set(right);
	const shared = left.filter((text) => known.has(text)).length;
	if (shared === 0) return 'false';
	return new Set(left).size === 1 && known.size === 1 ? 'true' : 'open';
}

/** Texts that are all numbers, all times or all durations are compared as such. */
function bothAsNumbers(left: Value, right: Value): readonly [Spans, Spans] | undefined {
	for (const line of LINES) {
		const [one, other] = [placesOn(line, left), placesOn(line, right)];
		if (one !== undefined && other !== undefined) return [one, other];
	}
	return undefined;
}

/** What has an order: numbers, points in time and lengths of time, each by themselves. */
export type Line = 'number' | 'dateTime' | 'duration';
export const LINES: readonly Line[] = ['number', 'dateTime', 'duration'];

/** Where all of the value lies on the line; undefined where some of it does not. Times and durations in seconds. */
export function placesOn(line: Line, value: Value): Spans | undefined {
	if (value.kind === 'numbers') return line === 'number' ? value.spans : undefined;
	const places = value.texts.map((text) => placeOn(line, text));
	return places.every((place) => place !== undefined) ? unite(places.flatMap(point)) : undefined;
}

/** Of the fraction of a second: attoseconds are enough for everybody, and quick to compare. */
const SECOND_DECIMALS_MAX = 18;

/** Where the text, its white space collapsed, lies on the line; INF and NaN are no amounts. */
export function placeOn(line: Line, text: string): Rational | undefined {
	if (line === 'number') {
		const number = parseRational(text);
		return number === 'too long' ? undefined : number;
	}
	// The whole seconds of a time are rounded down, those of a duration up; the fraction is taken as it is.
	const [digits = ''] = /\.\d+/.exec(text) ?? [];
	const fraction = parseRational(`0${digits.slice(0, 1 + SECOND_DECIMALS_MAX)}`);
	if (fraction === 'too long' || fraction === undefined) return undefined;
	if (line === 'dateTime') {
		const time = parseDateTime(text);
		return time && add(time.seconds, fraction);
	}
	const duration = parseDuration(text);
	return duration.ok ? add(duration.seconds - (fraction === 0 ? 0 : 1), fraction) : undefined;
}
