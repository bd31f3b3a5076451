/** Of which kind the values of Locations are: numbers, times, durations or other texts, each with an order of its own. */
import type { Operand } from '../conditions/expression.ts';
import { locationKey } from '../template/location-key.ts';
import { calculatedIn, type LineOrText, sideOf, variableOf, type Which } from './linear-forms.ts';
import type { Because, Fact, Scene } from './relation-system.ts';

export interface Lined {
	readonly line: LineOrText;
	readonly because: Because;
}

export type Lines = ReadonlyMap<string, Lined>;

/** Of which kind the values of each Location are, by `lineKey`: what is compared is alike. */
export function linesIn(
	facts: readonly Fact[],
	{ items, covered }: Scene,
	present: ReadonlyMap<string, Because>,
): Lines | { readonly because: Because } {
	const of = new Map<string, Lined>();
	let clash: Because | undefined;
	const note = (key: string, which: Which, line: LineOrText, because: Because): boolean => {
		const known = of.get(lineKey(key, which));
		for (const other of [known, of.get(key)]) {
			if (other !== undefined && other.line !== line) clash ??= [...other.because, ...because];
		}
		if (known === undefined) of.set(lineKey(key, which), { line, because });
		return known === undefined;
	};
	const comparisons = facts.flatMap(({ condition, which, because }) =>
		condition.kind === 'comparison' ? [{ ...condition, which, because }] : [],
	);
	// INF, and what else of a type nobody can place, has no order either.
	const ordered = new Map<string, readonly (readonly [Which, Because])[]>();
	for (const { operator, left, right, which, because } of comparisons) {
		if (operator === '=' || operator === '!=') continue;
		for (const side of [sideOf(left), sideOf(right)]) {
			if (typeof side === 'string') continue;
			const key = locationKey(side);
			ordered.set(key, [...(ordered.get(key) ?? []), [which, because]]);
		}
	}
	for (const { key, domain, because } of items) {
		if (domain?.line === undefined) continue;
		for (const each of [key, ...covered.get(key)!]) {
			const there = present.get(each);
			if (there === undefined) continue;
			if (domain.isCertain) note(each, 'all', domain.line, [...because, ...there]);
			for (const [which, why] of domain.isCertain ? [] : (ordered.get(each) ?? [])) {
				note(each, which, domain.line, [...because, ...there, ...why]);
			}
		}
	}
	for (const { left, right, which, because } of comparisons) {
		for (const location of [left, right].flatMap((side) => calculatedIn(side))) {
			if (present.has(locationKey(location))) note(locationKey(location), which, 'number', because);
		}
	}
	for (let isNew = true; isNew && clash === undefined; ) {
		isNew = false;
		for (const { operator, left, right, which, because } of comparisons) {
			if (operator === '!=') continue;
			for (const [one, other] of [
				[left, right],
				[right, left],
			] as const) {
				const known = lineOfSide(one, which, of);
				if (known === undefined) continue;
				const why = [...new Set([...because, ...known.because])];
				// A text that is no number, time or duration has no order.
				if (known.line === 'text' && operator !== '=') clash ??= why;
				const side = sideOf(other);
				if (typeof side !== 'string') isNew = note(locationKey(side), which, known.line, why) || isNew;
				else if (side !== known.line) clash ??= why;
			}
		}
	}
	return clash === undefined ? of : { because: [...new Set(clash)] };
}

/** Of one node only that one is told. */
export function lineKey(key: string, which: Which): string {
	return which === 'all' ? key : variableOf(which, key);
}

export function lineOfSide(operand: Operand, which: Which, lines: Lines): Lined | undefined {
	const side = sideOf(operand);
	if (typeof side === 'string') return { line: side, because: [] };
	return lines.get(locationKey(side)) ?? lines.get(lineKey(locationKey(side), which));
}
