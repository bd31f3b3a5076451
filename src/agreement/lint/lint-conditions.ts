/** What free constraints say, as far as it can be told without a document; what is not certain is not said. */
import { element } from '../../xml/element.ts';
import { type evaluate, operandValue } from '../conditions/evaluation.ts';
import type { Comparison, ComparisonOperator, Condition, Operand } from '../conditions/expression.ts';
import { compare, LINES, type Line, placesOn } from '../conditions/expression-values.ts';
import { DENIED, MIRRORED } from '../conditions/operators.ts';
import {
	add,
	ceilTo,
	floorTo,
	fromDouble,
	isFiniteRational,
	order,
	type Rational,
	toDouble,
} from '../conditions/rational.ts';
import { calculate, intersect, point, type Spans, spanning, unite } from '../conditions/spans.ts';
import { type RangeValue, unite as uniteIntervals } from '../jsdl/range.ts';
import { collapseWhiteSpace, parseDouble } from '../lexical.ts';
import type { ValueRestriction } from '../template/facets.ts';
import type { Location } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import { typeOfBound, UNTYPED } from '../template/simple-type.ts';

/** Numbers, or points or lengths of time in seconds. */
export interface Place {
	readonly line: Line;
	readonly spans: Spans;
}

/** What one constraint, or a part of one, says of one Location. */
export interface Claim {
	readonly location: Location;
	readonly path: string;
	readonly text: string;
	/** How many nodes there must and may be. */
	readonly min: number;
	readonly max: number;
	readonly value?: ValueRestriction;
	/** Every node is a number of these, as doubles. */
	readonly range?: RangeValue;
	/** Every node lies there, exactly. */
	readonly place?: Place;
	/** Some node lies there. */
	readonly some?: Place;
	/** What every node is, in words. */
	readonly demand?: string;
}

type Said = Partial<Claim> & Pick<Claim, 'location'>;

/** The condition with its `not`s taken inside, as far as they stand outermost: `not (a < b)` is `a >= b`. */
export function withoutNot(condition: Condition): Condition {
	if (condition.kind !== 'not') return condition;
	const { text, condition: denied } = condition;
	switch (denied.kind) {
		case 'exists':
			return condition;
		case 'not':
			return withoutNot(denied.condition);
		case 'comparison':
			return { ...denied, operator: DENIED[denied.operator], text };
		default: {
			const kind = denied.kind === 'and' ? 'or' : 'and';
			const conditions = denied.conditions.map((each) => withoutNot({ kind: 'not', condition: each, text: each.text }));
			return { kind, conditions, text };
		}
	}
}

/** Whether the part holds for no document, whatever its Locations select. */
export function neverHolds(part: Condition): boolean {
	if (part.kind !== 'comparison') return false;
	const { operator, left, right } = part;
	const ranks = [rankOf(left), rankOf(right)] as const;
	if (ranks[0] !== undefined && ranks[1] !== undefined && ranks[0].of === ranks[1].of) {
		const apart = ranks[0].rank - ranks[1].rank;
		if ((operator === '<' && apart >= 0) || (operator === '>' && apart <= 0)) return true;
	}
	if (keyOf(left) === keyOf(right) && (operator === '<' || operator === '>' || operator === '!=')) return true;
	const [ones, others] = [spansOf(left), spansOf(right)];
	if (ones === 'nothing' || others === 'nothing') return true;
	if (isOpen(left) || isOpen(right)) return false;
	return compare(operator, { kind: 'numbers', spans: ones }, { kind: 'numbers', spans: others }) === 'false';
}

/** Whether what the parts say of one calculation, or of one function of a Location, cannot go together. */
export function exclude(parts: readonly Condition[]): boolean {
	const known = new Map<string, Spans>();
	return parts.some((part) => {
		if (part.kind !== 'comparison') return false;
		return bothWays(part).some(([side, operator, other]) => {
			const bound = isOpen(side) ? undefined : placeOf(other);
			const spans = spansOf(side);
			if (operator === '!=' || bound?.line !== 'number' || spans === 'nothing') return false;
			const key = keyOf(side);
			const common = intersect(known.get(key) ?? spans, beyond(operator, bound.spans[0]!.lower));
			known.set(key, common);
			return common.length === 0;
		});
	});
}

/** What a part says of a Location by itself: a comparison with what is known, or that it is there or is not. */
export function claimsOf(part: Condition, path: string): readonly Claim[] {
	const { text } = part;
	const anyNumber = { min: 0, max: Number.POSITIVE_INFINITY };
	if (part.kind === 'exists') return [{ ...anyNumber, min: 1, location: part.location, path, text }];
	if (part.kind === 'not' && part.condition.kind === 'exists') {
		return [{ ...anyNumber, max: 0, location: part.condition.location, path, text }];
	}
	if (part.kind !== 'comparison') return [];
	const said = bothWays(part).flatMap(([side, operator, other]) => [
		...boundOf(side, operator, other),
		...(operator === '=' ? textOf(side, other) : []),
	]);
	return said.map((each) => ({ ...anyNumber, min: 1, path, text, ...each }));
}

/** A document that says nothing: for what is asked of none. */
export function nowhere(steps = STEPS_MAX): Parameters<typeof evaluate>[1] {
	const root = element({ prefix: '', namespace: '', localName: 'nothing' });
	return { root, index: {}, budget: { remaining: steps }, selected: new Map(), instead: new Map() };
}

/** A constraint has fewer operands than characters. */
const STEPS_MAX = 10_000;

/** The text that the Location must be: one that is no number, time or duration, which can be written in several ways. */
function textOf(side: Operand, other: Operand): readonly Said[] {
	if (side.kind !== 'location' || namesLocation(other)) return [];
	const known = operandValue(other, nowhere());
	if ('why' in known || known.kind === 'numbers' || known.texts.length !== 1) return [];
	const text = collapseWhiteSpace(known.texts[0]!);
	if (typeOfBound(text) !== undefined || parseDouble(text) !== undefined) return [];
	const step = { bounds: [], counts: [], patterns: [], enumeration: [{ text }] };
	return [{ location: side.location, value: { type: UNTYPED, whiteSpace: 'collapse', steps: [step] }, demand: text }];
}

const WORDS: Readonly<Record<Exclude<ComparisonOperator, '!='>, string>> = {
	'=': '',
	'<': 'less than ',
	'<=': 'at most ',
	'>': 'more than ',
	'>=': 'at least ',
};
/** Of the least and the greatest of several: what each bound says of all of them. */
const OF_ALL = { min: ['>', '>=', '='], max: ['<', '<=', '='] } as const;

function bothWays({ operator, left, right }: Comparison): readonly (readonly [Operand, ComparisonOperator, Operand])[] {
	return [
		[left, operator, right],
		[right, MIRRORED[operator], left],
	];
}

function boundOf(side: Operand, operator: ComparisonOperator, other: Operand): readonly Said[] {
	const bound = operator === '!=' ? undefined : placeOf(other);
	if (bound === undefined || operator === '!=' || !('location' in side)) return [];
	const { location } = side;
	const place = { line: bound.line, spans: beyond(operator, bound.spans[0]!.lower) };
	const demand = WORDS[operator] + wordOf(other, bound);
	if (side.kind === 'location') return [{ location, place, demand, ...rangeOf(place) }];
	if (bound.line !== 'number' || side.name === 'sum') return [];
	if (side.name === 'count') {
		const [{ lower, lowerOpen, upper, upperOpen }] = place.spans as readonly [Spans[number]];
		const least = isFiniteRational(lower)
			? add(lowerOpen ? floorTo(lower, 0) : ceilTo(lower, 0), lowerOpen ? 1 : 0)
			: 0;
		const most = isFiniteRational(upper)
			? add(upperOpen ? ceilTo(upper, 0) : floorTo(upper, 0), upperOpen ? -1 : 0)
			: upper;
		return [{ location, min: Math.max(0, toDouble(least)), max: toDouble(most) }];
	}
	const ofAll: readonly ComparisonOperator[] = OF_ALL[side.name];
	if (!ofAll.includes(operator)) return [{ location, some: place }];
	const allOf = operator !== '=' ? operator : side.name === 'min' ? '>=' : '<=';
	const all = { line: bound.line, spans: beyond(allOf, bound.spans[0]!.lower) };
	const words = WORDS[allOf] + wordOf(other, bound);
	return [{ location, place: all, some: place, demand: words, ...rangeOf(all) }];
}

/** Where the operand lies, if it names no Location: one number, time or duration. */
function placeOf(operand: Operand): Place | undefined {
	if (namesLocation(operand)) return undefined;
	const known = operandValue(operand, nowhere());
	if ('why' in known) return undefined;
	const line = LINES.find((each) => placesOn(each, known) !== undefined);
	return line && { line, spans: placesOn(line, known)! };
}

function wordOf(operand: Operand, { spans }: Place): string {
	return operand.kind === 'text' ? operand.text : String(toDouble(spans[0]!.lower));
}

/** All that compares so with the bound. */
function beyond(operator: Exclude<ComparisonOperator, '!='>, bound: Rational): Spans {
	const [isUpper, isLower] = [operator.startsWith('<'), operator.startsWith('>')];
	return unite([
		{
			lower: isUpper ? Number.NEGATIVE_INFINITY : bound,
			lowerOpen: operator === '>',
			upper: isLower ? Number.POSITIVE_INFINITY : bound,
			upperOpen: operator === '<',
		},
	]);
}

/** The same as doubles, for facets; where an end is not the shortest decimal of one, all the way to a double beyond it. */
function rangeOf({ line, spans }: Place): Pick<Claim, 'range'> {
	if (line !== 'number') return {};
	const isDouble = (end: Rational): boolean => order(fromDouble(toDouble(end)), end) === 0;
	const beside = (end: Rational, sign: number): number => {
		const double = toDouble(end);
		return isDouble(end) ? double : double + sign * Math.max(Math.abs(double) * 2 ** -51, Number.MIN_VALUE);
	};
	const intervals = spans.map(({ lower, lowerOpen, upper, upperOpen }) => ({
		lower: beside(lower, -1),
		lowerOpen: lowerOpen && isDouble(lower),
		upper: beside(upper, 1),
		upperOpen: upperOpen && isDouble(upper),
	}));
	return { range: uniteIntervals(intervals) };
}

/** Which of the nodes of a Location: the least, each, the greatest. */
function rankOf(operand: Operand): { readonly of: string; readonly rank: number } | undefined {
	if (operand.kind === 'location') return { of: locationKey(operand.location), rank: 1 };
	if (operand.kind !== 'function' || (operand.name !== 'min' && operand.name !== 'max')) return undefined;
	return { of: locationKey(operand.location), rank: operand.name === 'min' ? 0 : 2 };
}

/** What two operands that say the same have in common; a Location is known by what it means. */
function keyOf(operand: Operand): string {
	switch (operand.kind) {
		case 'location':
			return locationKey(operand.location);
		case 'function':
			return `${operand.name}(${locationKey(operand.location)})`;
		case 'negative':
			return `-(${keyOf(operand.operand)})`;
		case 'arithmetic':
			return `(${keyOf(operand.left)})${operand.operator}(${keyOf(operand.right)})`;
		case 'text':
			return JSON.stringify(operand.text);
		case 'number':
			return JSON.stringify(operand.value, (_name, part) => (typeof part === 'bigint' ? String(part) : part));
	}
}

/** Whether the operand may be a text, which is not compared as a number. */
function isOpen({ kind }: Operand): boolean {
	return kind === 'location' || kind === 'text';
}

const ANYTHING = spanning(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

/** The numbers that the operand may come to in any document; 'nothing' where it comes to none in every one. */
function spansOf(operand: Operand): Spans | 'nothing' {
	switch (operand.kind) {
		case 'number':
			return point(operand.value);
		case 'function':
			return operand.name === 'count' ? spanning(0, Number.POSITIVE_INFINITY) : ANYTHING;
		case 'negative':
			return calculated('-', point(0), spansOf(operand.operand));
		case 'arithmetic':
			return calculated(operand.operator, spansOf(operand.left), spansOf(operand.right));
		default:
			return ANYTHING;
	}
}

function calculated(
	operator: Parameters<typeof calculate>[0],
	one: Spans | 'nothing',
	other: Spans | 'nothing',
): Spans | 'nothing' {
	if (one === 'nothing' || other === 'nothing') return 'nothing';
	const isByZero = operator === 'div' && other.length === 1 && other[0]!.lower === 0 && other[0]!.upper === 0;
	if (isByZero) return 'nothing';
	const spans = calculate(operator, one, other);
	return 'why' in spans ? ANYTHING : spans;
}

function namesLocation(operand: Operand): boolean {
	if ('location' in operand) return true;
	if (operand.kind === 'negative') return namesLocation(operand.operand);
	return operand.kind === 'arithmetic' && (namesLocation(operand.left) || namesLocation(operand.right));
}
