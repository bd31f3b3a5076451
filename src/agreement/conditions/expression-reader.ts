/**
 * The language of free constraints (docs/constraints.md): comparisons of Locations, numbers and texts, joined by
 * `and`, `or` and `not`.
 *
 *     constraint = conjunct ("or" conjunct)*
 *     conjunct   = negation ("and" negation)*
 *     negation   = "not" negation | comparison
 *     comparison = sum (("=" | "!=" | "<" | "<=" | ">" | ">=") sum)?
 *     sum        = product (("+" | "-") product)*
 *     product    = factor (("*" | "div") factor)*
 *     factor     = "-" factor | number unit? | text | location | function "(" location ")" | "(" constraint ")"
 *     function   = "count" | "exists" | "sum" | "min" | "max"
 *     unit       = "KiB" | "MiB" | "GiB" | "TiB" | "kHz" | "MHz" | "GHz"
 *
 * What has a truth and what has a value is known from the words alone, so that a constraint that could never be
 * evaluated is refused with the position of the mistake.
 */
import type { XmlScope } from '../../xml/scope.ts';
import { type Location, parseLocation } from '../template/location.ts';
import type { ArithmeticOperator, ComparisonOperator, Condition, Operand } from './expression.ts';
import { DIGITS_MAX, multiply, parseRational } from './rational.ts';

/** `position` counts characters from 1. */
export type ConditionReading =
	| { readonly ok: true; readonly condition: Condition }
	| { readonly ok: false; readonly position: number; readonly why: string };

/** Four Locations of the greatest length; a constraint that is longer had better be two. */
const CHARACTERS_MAX = 4096;
/** Operators, operands and parentheses within one another: deeper than anybody can read. */
const DEPTH_MAX = 32;

/** Reads a constraint; prefixes mean what they mean where it stands. */
export function parseCondition(text: string, scope: XmlScope): ConditionReading {
	if (text.length > CHARACTERS_MAX) {
		return { ok: false, position: CHARACTERS_MAX + 1, why: `it is longer than ${CHARACTERS_MAX} characters` };
	}
	const parser: Parser = { text, scope, position: 0, depth: 0, fault: undefined };
	const parsed = parseOr(parser);
	skipSpace(parser);
	if (parser.position < text.length) fail(parser, 'nothing more is expected here');
	const condition = asCondition(parsed, parser, 0);
	if (parser.fault !== undefined) return { ok: false, ...parser.fault };
	return { ok: true, condition };
}

interface Parser {
	readonly text: string;
	readonly scope: XmlScope;
	position: number;
	depth: number;
	/** The first thing that is wrong. */
	fault: { readonly position: number; readonly why: string } | undefined;
}

/** Something that was read: what is true or not, or what has a value. */
type Parsed =
	| { readonly is: 'condition'; readonly condition: Condition }
	| { readonly is: 'operand'; readonly operand: Operand };

const NOTHING: Operand = { kind: 'number', value: 0 };
const COMPARISONS: readonly ComparisonOperator[] = ['<=', '>=', '!=', '<', '>', '='];
const NUMBER = /^(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/;
const UNITS = new Map([
	['KiB', 2 ** 10],
	['MiB', 2 ** 20],
	['GiB', 2 ** 30],
	['TiB', 2 ** 40],
	['kHz', 1e3],
	['MHz', 1e6],
	['GHz', 1e9],
]);
const WORD = /^[A-Za-z]+/;
/** A Location to its end: steps, and predicates with whatever their texts hold. */
const LOCATION = /^(?:\/\/?@?(?:text\(\)|[\w.:-]*\*|[\w.:-]+)(?:\[(?:[^\]'"]|'[^']*'|"[^"]*")*\])*)+/;

function parseOr(parser: Parser): Parsed {
	return parseJoined(parser, 'or', () => parseJoined(parser, 'and', () => parseNegation(parser)));
}

function parseJoined(parser: Parser, word: 'and' | 'or', next: () => Parsed): Parsed {
	skipSpace(parser);
	const start = parser.position;
	const first = next();
	if (!takeWord(parser, word)) return first;
	const conditions = [asCondition(first, parser, start)];
	do {
		skipSpace(parser);
		const begin = parser.position;
		conditions.push(asCondition(next(), parser, begin));
	} while (parser.fault === undefined && takeWord(parser, word));
	return { is: 'condition', condition: { kind: word, conditions, text: textFrom(parser, start) } };
}

function parseNegation(parser: Parser): Parsed {
	skipSpace(parser);
	const start = parser.position;
	if (!takeWord(parser, 'not')) return parseComparison(parser);
	skipSpace(parser);
	const begin = parser.position;
	const inner = nested(parser, () => parseNegation(parser));
	const condition = asCondition(inner, parser, begin);
	return { is: 'condition', condition: { kind: 'not', condition, text: textFrom(parser, start) } };
}

function parseComparison(parser: Parser): Parsed {
	skipSpace(parser);
	const start = parser.position;
	const first = parseSum(parser);
	skipSpace(parser);
	const operator = COMPARISONS.find((each) => parser.text.startsWith(each, parser.position));
	if (operator === undefined) return first;
	const left = asOperand(first, parser, start);
	parser.position += operator.length;
	skipSpace(parser);
	const begin = parser.position;
	const right = asOperand(parseSum(parser), parser, begin);
	return { is: 'condition', condition: { kind: 'comparison', operator, left, right, text: textFrom(parser, start) } };
}

function parseSum(parser: Parser): Parsed {
	return parseArithmetic(parser, takeSumOperator, () =>
		parseArithmetic(parser, takeProductOperator, () => parseFactor(parser)),
	);
}

function parseArithmetic(
	parser: Parser,
	take: (parser: Parser) => ArithmeticOperator | undefined,
	next: () => Parsed,
): Parsed {
	skipSpace(parser);
	const start = parser.position;
	let parsed = next();
	let links = 0;
	for (let operator = take(parser); operator !== undefined && parser.fault === undefined; operator = take(parser)) {
		links += 1;
		// A chain is a tree as deep as it is long.
		if (links > DEPTH_MAX) fail(parser, `more than ${DEPTH_MAX} operators in a row are not supported`);
		const left = asNumeric(asOperand(parsed, parser, start), parser, start);
		skipSpace(parser);
		const begin = parser.position;
		const right = asNumeric(asOperand(next(), parser, begin), parser, begin);
		parsed = { is: 'operand', operand: { kind: 'arithmetic', operator, left, right } };
	}
	return parsed;
}

function takeSumOperator(parser: Parser): ArithmeticOperator | undefined {
	return takeSign(parser, '+') ?? takeSign(parser, '-');
}

function takeProductOperator(parser: Parser): ArithmeticOperator | undefined {
	return takeSign(parser, '*') ?? (takeWord(parser, 'div') ? 'div' : undefined);
}

function parseFactor(parser: Parser): Parsed {
	skipSpace(parser);
	const start = parser.position;
	const rest = parser.text.slice(start);
	const [sign = ''] = rest;
	if (sign === '-') {
		parser.position += 1;
		const begin = parser.position;
		const operand = asNumeric(
			asOperand(
				nested(parser, () => parseFactor(parser)),
				parser,
				begin,
			),
			parser,
			begin,
		);
		return { is: 'operand', operand: { kind: 'negative', operand } };
	}
	if (sign === '(') return parseParenthesis(parser);
	if (sign === "'" || sign === '"') return parseText(parser, sign);
	if (sign === '/') return { is: 'operand', operand: { kind: 'location', location: parsePath(parser) } };
	const number = NUMBER.exec(rest);
	if (number !== null) return parseNumber(parser, number[0]);
	const word = WORD.exec(rest)?.[0] ?? '';
	if (word === 'exists') {
		const location = parseArgument(parser, word);
		return { is: 'condition', condition: { kind: 'exists', location, text: textFrom(parser, start) } };
	}
	if (word === 'count' || word === 'sum' || word === 'min' || word === 'max') {
		return { is: 'operand', operand: { kind: 'function', name: word, location: parseArgument(parser, word) } };
	}
	fail(parser, 'a Location, a number, a text in quotes, a function or a parenthesis is expected here');
	return { is: 'operand', operand: NOTHING };
}

function parseParenthesis(parser: Parser): Parsed {
	parser.position += 1;
	const inner = nested(parser, () => parseOr(parser));
	expect(parser, ')');
	return inner;
}

function parseText(parser: Parser, quote: string): Parsed {
	const end = parser.text.indexOf(quote, parser.position + 1);
	if (end < 0) fail(parser, 'this text has no end');
	const text = parser.text.slice(parser.position + 1, end < 0 ? undefined : end);
	parser.position = end < 0 ? parser.text.length : end + 1;
	return { is: 'operand', operand: { kind: 'text', text } };
}

function parseNumber(parser: Parser, lexical: string): Parsed {
	const read = parseRational(lexical);
	if (read === 'too long') fail(parser, `this number is too large or too long: more than ${DIGITS_MAX} digits`);
	const value = read === 'too long' ? 0 : (read ?? 0);
	parser.position += lexical.length;
	const before = parser.position;
	skipSpace(parser);
	const word = WORD.exec(parser.text.slice(parser.position))?.[0] ?? '';
	const unit = UNITS.get(word);
	if (unit === undefined) parser.position = before;
	else parser.position += word.length;
	return { is: 'operand', operand: { kind: 'number', value: multiply(value, unit ?? 1) } };
}

function parseArgument(parser: Parser, name: string): Location {
	parser.position += name.length;
	expect(parser, '(');
	skipSpace(parser);
	const location = parsePath(parser);
	expect(parser, ')');
	return location;
}

function parsePath(parser: Parser): Location {
	const text = LOCATION.exec(parser.text.slice(parser.position))?.[0] ?? '';
	const reading = parseLocation(text, parser.scope);
	if (!reading.ok)
		fail(parser, text === '' ? 'a Location is expected here' : `this Location is refused: ${reading.why}`);
	parser.position += text.length;
	return reading.ok ? reading.location : { text, steps: [], target: { kind: 'element' } };
}

/** Goes one level deeper. */
function nested(parser: Parser, next: () => Parsed): Parsed {
	parser.depth += 1;
	if (parser.depth > DEPTH_MAX) fail(parser, `it is nested deeper than ${DEPTH_MAX} levels`);
	const parsed = parser.fault === undefined ? next() : ({ is: 'operand', operand: NOTHING } as const);
	parser.depth -= 1;
	return parsed;
}

function asCondition(parsed: Parsed, parser: Parser, start: number): Condition {
	if (parsed.is === 'condition') return parsed.condition;
	fail(parser, 'this is a value, and a condition is expected here: compare it', start);
	return { kind: 'and', conditions: [], text: '' };
}

function asOperand(parsed: Parsed, parser: Parser, start: number): Operand {
	if (parsed.is === 'operand') return parsed.operand;
	fail(parser, 'this is a condition, and a value is expected here', start);
	return NOTHING;
}

function asNumeric(operand: Operand, parser: Parser, start: number): Operand {
	if (operand.kind === 'text') fail(parser, 'nobody can calculate with a text', start);
	return operand;
}

function skipSpace(parser: Parser): void {
	while (/[ \t\n\r]/.test(parser.text[parser.position] ?? '')) parser.position += 1;
}

function takeSign<S extends string>(parser: Parser, sign: S): S | undefined {
	skipSpace(parser);
	if (parser.text[parser.position] !== sign) return undefined;
	parser.position += 1;
	return sign;
}

function takeWord(parser: Parser, word: string): boolean {
	skipSpace(parser);
	if (WORD.exec(parser.text.slice(parser.position))?.[0] !== word) return false;
	parser.position += word.length;
	return true;
}

function expect(parser: Parser, sign: string): void {
	if (takeSign(parser, sign) === undefined) fail(parser, `${sign} is expected here`);
}

function fail(parser: Parser, why: string, at = parser.position): void {
	parser.fault ??= { position: at + 1, why };
}

function textFrom(parser: Parser, start: number): string {
	return parser.text.slice(start, parser.position).trim();
}
