/** Inequalities as they are gathered, and those that hold of the nodes of any Location. */

import { add, divide, isFiniteRational, multiply, negate, order, type Rational } from '../conditions/rational.ts';
import { calculate, type Spans, spanning } from '../conditions/spans.ts';
import type { Location } from '../template/location.ts';
import { isCount } from '../template/location-words.ts';
import { type LinearForm, largestOf, type Of, type Product, variableOf } from './linear-forms.ts';
import type { Inequality } from './linear-system.ts';
import { numberOf } from './lint-locations.ts';
import { type KnownEnds, noteEnd } from './relation-ends.ts';
import { type Lines, lineKey } from './relation-lines.ts';
import type { Because, Difference, Gap, ItemFact, Scene } from './relation-system.ts';

/** What is being gathered. `present` are the Locations that select something for certain, and why. */
export interface Rows {
	readonly scene: Scene;
	readonly present: ReadonlyMap<string, Because>;
	readonly lines: Lines;
	readonly inequalities: Inequality[];
	/** Between what variables lie, by what is said of them alone. */
	readonly ends: KnownEnds['ends'];
	readonly whole: Map<string, Because>;
	readonly gaps: Gap[];
	readonly differences: Difference[];
}

export type Terms = Readonly<Record<string, Rational>>;

/** The sum of the terms is at most the bound, or below it. */
export function addRow(rows: Rows, terms: Terms, bound: Rational, because: Because, isStrict = false): void {
	if (bound === Number.POSITIVE_INFINITY) return;
	const entries = Object.entries(terms).filter(([, factor]) => factor !== 0);
	rows.inequalities.push({ terms: new Map(entries), bound, isStrict, because });
	const [first, second] = entries;
	if (first === undefined || second !== undefined) return;
	noteEnd(rows, first[0], order(first[1], 0) > 0 ? 'upper' : 'lower', divide(bound, first[1]), () => because);
}

/** What holds of the nodes of a Location by itself, and beside the Locations that it covers. */
export function addLocation(rows: Rows, key: string, location: Location): void {
	const { scene, present, whole } = rows;
	const [count, sum, min, max] = variablesOf(key);
	const { least, most } = numberOf(location);
	whole.set(count, []);
	addRow(rows, { [count]: -1 }, -least, []);
	addRow(rows, { [count]: 1 }, most, []);
	for (const narrow of scene.covered.get(key)!) addCovered(rows, key, narrow);
	const there = present.get(key);
	if (there === undefined) return;
	addRow(rows, { [count]: -1 }, -1, there);
	addRow(rows, { [min]: 1, [max]: -1 }, 0, there);
	const about = scene.items.filter((item) => item.key === key || scene.covered.get(item.key)?.includes(key));
	const integer = isCount(location) ? [] : about.find(({ domain }) => domain?.isWhole)?.because;
	if (integer !== undefined) for (const name of [sum, min, max]) whole.set(name, [...integer, ...there]);
	for (const item of about) addDomain(rows, key, item, there);
}

function variablesOf(key: string): readonly [count: string, sum: string, min: string, max: string] {
	const of = (what: Of): string => variableOf(what, key);
	return [of('count'), of('sum'), of('min'), of('max')];
}

/** There are no more of the narrow than of the wide, and their values lie between those. */
function addCovered(rows: Rows, wide: string, narrow: string): void {
	const [wideCount, , wideMin, wideMax] = variablesOf(wide);
	const [count, , min, max] = variablesOf(narrow);
	addRow(rows, { [count]: 1, [wideCount]: -1 }, 0, []);
	const there = rows.present.get(narrow);
	if (there === undefined) return;
	addRow(rows, { [wideMin]: 1, [min]: -1 }, 0, there);
	addRow(rows, { [max]: 1, [wideMax]: -1 }, 0, there);
}

function addDomain(rows: Rows, key: string, { domain, because: said }: ItemFact, there: Because): void {
	if (domain === undefined) return;
	const { spans, isCertain } = domain;
	for (const which of ['min', 'max'] as const) {
		const known = rows.lines.get(key) ?? rows.lines.get(lineKey(key, which));
		if (!isCertain && known?.line !== domain.line) continue;
		const name = variableOf(which, key);
		const because = [...new Set([...said, ...there, ...(isCertain ? [] : known!.because)])];
		addRow(rows, { [name]: -1 }, negate(spans[0]!.lower), because, spans[0]!.lowerOpen);
		addRow(rows, { [name]: 1 }, spans.at(-1)!.upper, because, spans.at(-1)!.upperOpen);
		if (spans.length > 1) rows.gaps.push({ name, spans, because });
	}
}

/** The sum of nodes of which the number, or the least and the greatest value, are known to lie within bounds. */
export function addSum(rows: Rows, key: string, there: Because): void {
	const [count, sum, min, max] = variablesOf(key);
	const say = (terms: Terms, bound: Rational, ...because: readonly Because[]): void =>
		addRow(rows, terms, bound, [...new Set([...there, ...because.flat()])]);
	const { lower: least, upper: most } = rows.ends.get(count) ?? {};
	if (least !== undefined && most !== undefined && order(least.at, most.at) === 0) {
		const others = add(most.at, -1);
		say({ [min]: others, [max]: 1, [sum]: -1 }, 0, least.because, most.because);
		say({ [sum]: 1, [max]: negate(others), [min]: -1 }, 0, least.because, most.because);
	}
	// All of them have at least the least value; the greatest of them one node has.
	const [lower, upper] = [rows.ends.get(min)?.lower, rows.ends.get(max)?.upper];
	if (lower !== undefined) say({ [count]: lower.at, [max]: 1, [sum]: -1 }, lower.at, lower.because);
	if (upper !== undefined) say({ [sum]: 1, [count]: negate(upper.at), [min]: -1 }, negate(upper.at), upper.because);
}

/** Products of what lies within bounds lie within bounds, and those of McCormick: (x - a)(y - b) >= 0 where a, b are below. */
export function addProducts(rows: Rows): void {
	for (const { name, one, other } of rows.scene.known.products.values()) {
		const [left, right] = [spansOf(one, rows), spansOf(other, rows)];
		const because = [...new Set([...left.because, ...right.because])];
		const spans = calculate('*', left.spans, right.spans);
		if (!('why' in spans)) {
			addRow(rows, { [name]: -1 }, negate(spans[0]!.lower), because);
			addRow(rows, { [name]: 1 }, spans.at(-1)!.upper, because);
		}
		const ends = [endsOf(left.spans), endsOf(right.spans)] as const;
		for (const [a, isBelow] of ends[0]) {
			for (const [b, isOtherBelow] of ends[1])
				addCorner(rows, { name, one, other }, [a, b], isBelow === isOtherBelow, because);
		}
	}
}

/** With the same sign on both sides: xy >= ay + bx - ab; else <=. */
function addCorner(
	rows: Rows,
	{ name, one, other }: Product,
	[a, b]: readonly [Rational, Rational],
	isLeast: boolean,
	because: Because,
): void {
	const terms = new Map<string, Rational>([[name, isLeast ? -1 : 1]]);
	const sign = isLeast ? 1 : -1;
	let bound: Rational = multiply(sign, multiply(a, b));
	for (const [form, factor] of [
		[other, a],
		[one, b],
	] as const) {
		bound = add(bound, multiply(-sign, multiply(factor, form.constant)));
		for (const [variable, weight] of largestOf(form, 'min')) {
			const part = multiply(sign, multiply(factor, weight));
			terms.set(variable, add(terms.get(variable) ?? 0, part));
		}
	}
	addRow(rows, Object.fromEntries(terms), bound, because);
}

/** The ends that are numbers, and whether all lies above. */
function endsOf(spans: Spans): readonly (readonly [Rational, boolean])[] {
	const all = [[spans[0]!.lower, true] as const, [spans.at(-1)!.upper, false] as const];
	return all.filter(([end]) => isFiniteRational(end));
}

function spansOf(form: LinearForm, rows: Rows): { readonly spans: Spans; readonly because: Because } {
	let spans: Spans = spanning(form.constant, form.constant);
	const reasons: number[] = [];
	for (const [name, factor] of largestOf(form, 'min')) {
		const { lower, upper } = rows.ends.get(name) ?? {};
		reasons.push(...(lower?.because ?? []), ...(upper?.because ?? []));
		const own = spanning(lower?.at ?? Number.NEGATIVE_INFINITY, upper?.at ?? Number.POSITIVE_INFINITY);
		const part = calculate('*', own, spanning(factor, factor));
		const sum = 'why' in part ? part : calculate('+', spans, part);
		if ('why' in sum) return { spans: EVERYTHING, because: [] };
		spans = sum;
	}
	return { spans, because: reasons };
}

const EVERYTHING = spanning(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
