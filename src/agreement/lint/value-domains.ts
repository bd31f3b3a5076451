/** The numbers, times, durations and texts that facets leave of the value of a node, as places of relations. */
import { type LINES, placeOn } from '../conditions/expression-values.ts';
import { parseRational, type Rational } from '../conditions/rational.ts';
import { intersect, point, type Span, type Spans, spanning, unite } from '../conditions/spans.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { Bound, ValueRestriction } from '../template/facets.ts';
import { imageOf, type Known, type LineOrText, lineOf } from './linear-forms.ts';

export interface Domain {
	/** Not empty. */
	readonly spans: Spans;
	readonly line?: LineOrText;
	/** Every value lies there; else those that are known to be on that line. */
	readonly isCertain: boolean;
	readonly isWhole: boolean;
}

const EVERYTHING = spanning(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

/** Undefined where nothing is said that could be told as places. Patterns and lengths leave no more than this. */
export function domainOf(restriction: ValueRestriction, known: Known): Domain | undefined {
	const { space, isSingle } = restriction.type;
	const domain =
		space === 'untyped' || space === 'text'
			? domainOfWords(restriction, known)
			: space === 'number' && !isSingle
				? domainOfNumbers(restriction)
				: space === 'time' || space === 'duration'
					? domainOnLine(restriction, space === 'time' ? 'dateTime' : 'duration')
					: undefined;
	return domain === undefined || domain.spans.length === 0 ? undefined : domain;
}

/** Whoever reads such a value in a condition takes it for a number, a time or a duration where it is one. */
function domainOfWords({ steps }: ValueRestriction, known: Known): Domain | undefined {
	const enumerations = steps.map(({ enumeration }) => enumeration).filter((words) => words.length > 0);
	if (enumerations.length === 0) return undefined;
	const spans = enumerations
		.map((words) => unite(words.flatMap(({ text }) => point(imageOf(text, known)))))
		.reduce(intersect);
	const [line, ...others] = new Set(enumerations[0]!.map(({ text }) => lineOf(text)));
	return { spans, ...(others.length > 0 ? {} : { line: line! }), isCertain: true, isWhole: false };
}

/** Of doubles only what lies between two bounds is certainly a number: no condition takes INF and NaN for such. */
function domainOfNumbers(restriction: ValueRestriction): Domain | undefined {
	const { lexical, min, max } = restriction.type;
	const ends = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY].map(numberOf);
	const all = domainOnLine(restriction, 'number');
	if (all === undefined || ends[0] === undefined || ends[1] === undefined) return undefined;
	const spans = intersect(all.spans, spanning(ends[0], ends[1]));
	const [first, last] = [spans[0], spans.at(-1)];
	const isBounded =
		first?.lower !== Number.NEGATIVE_INFINITY && last?.upper !== Number.POSITIVE_INFINITY && spans.length > 0;
	return { ...all, spans, isCertain: lexical !== undefined || isBounded, isWhole: lexical === 'integer' };
}

function numberOf(end: string | number): Rational | undefined {
	const value = typeof end === 'number' ? end : parseRational(end);
	return value === 'too long' ? undefined : value;
}

function domainOnLine({ steps }: ValueRestriction, line: (typeof LINES)[number]): Domain | undefined {
	let spans = EVERYTHING;
	for (const { bounds, enumeration } of steps) {
		for (const bound of bounds) {
			const at = placeOn(line, collapseWhiteSpace(bound.lexical));
			if (at !== undefined) spans = intersect(spans, unite([beyond(bound, at)]));
		}
		const places = enumeration.map(({ text }) => placeOn(line, text));
		const isTold = places.length > 0 && places.every((place) => place !== undefined);
		if (isTold) spans = intersect(spans, unite(places.flatMap((place) => point(place!))));
	}
	return { spans, line, isCertain: false, isWhole: false };
}

function beyond({ kind }: Bound, at: Rational): Span {
	const isLower = kind === 'minInclusive' || kind === 'minExclusive';
	const isOpen = kind === 'minExclusive' || kind === 'maxExclusive';
	return {
		lower: isLower ? at : Number.NEGATIVE_INFINITY,
		lowerOpen: isLower && isOpen,
		upper: isLower ? Number.POSITIVE_INFINITY : at,
		upperOpen: !isLower && isOpen,
	};
}
