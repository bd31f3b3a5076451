/** What has to change for a function of several nodes to come to what is wanted. */
import type { StepBudget } from '../template/location.ts';
import { type AggregateName, aggregate, calculateWith, numbers, type Said } from './evaluation.ts';
import type { Value } from './expression-values.ts';
import { add, ceilTo, floorTo, infinity, isFiniteRational, order, type Rational } from './rational.ts';
import { intersect, point, type Span, type Spans, spanning, unite } from './spans.ts';

/** Which nodes have to change, and to what, for the function to come to what is wanted. */
export function changesFor(
	name: AggregateName,
	{ values }: Said,
	wanted: Value,
	search: StepBudget,
): readonly (readonly [index: number, to: Value])[] {
	if (wanted.kind === 'texts' || name === 'count' || values.length === 0) return [];
	search.remaining -= values.length;
	const spans = values.map((value) => ('why' in value || value.kind === 'texts' ? undefined : value.spans));
	const bad = spans.flatMap((each, index) => (each === undefined ? [index] : []));
	if (bad.length > 1) return [];
	const [only = values.length === 1 ? 0 : undefined] = bad;
	if (name === 'sum') {
		if (only === undefined) return [];
		const others = aggregate('sum', values.toSpliced(only, 1), search);
		const rest = calculateWith('-', wanted, others, search);
		return 'why' in rest ? [] : [[only, rest]];
	}
	if (only !== undefined) return [[only, wanted]];
	const [least, most] = [wanted.spans[0]!.lower, wanted.spans.at(-1)!.upper];
	const [down, up] = [spanning(infinity(-1), most), spanning(least, infinity(1))];
	const all = spans.map((each) => each!);
	const isMax = name === 'max';
	const [within, beyond, edge] = isMax ? [down, up, most] : [up, down, least];
	const changes = all.flatMap((each, index): [number, Value][] => {
		const isOut = isMax ? order(each.at(-1)!.upper, most) > 0 : order(each[0]!.lower, least) < 0;
		return isOut ? [[index, numbers(partOf(each, within, edge))]] : [];
	});
	if (changes.length > 0) return changes;
	// One node has to reach so far; the nearest to it does.
	const reach = all.map((each) => (isMax ? each[0]!.lower : each.at(-1)!.upper));
	const index = reach.reduce<number>((best, at, here) => {
		const apart = order(at, reach[best]!);
		return (isMax ? apart > 0 : apart < 0) ? here : best;
	}, 0);
	return [[index, numbers(partOf(all[index]!, beyond, isMax ? least : most))]];
}

function partOf(spans: Spans, side: Spans, edge: Rational): Spans {
	const part = intersect(spans, side);
	return part.length > 0 ? part : point(edge);
}

/** The whole numbers that are not negative, from the least to the greatest of each stretch. */
export function wholeIn(spans: Spans): Spans {
	return unite(
		spans.flatMap(({ lower, lowerOpen, upper, upperOpen }): Span[] => {
			const least = !isFiniteRational(lower) || order(lower, 0) < 0 ? 0 : ceilTo(lower, 0);
			const most = isFiniteRational(upper) ? floorTo(upper, 0) : upper;
			const from = lowerOpen && order(least, lower) === 0 ? add(least, 1) : least;
			const to = upperOpen && isFiniteRational(upper) && order(most, upper) === 0 ? add(most, -1) : most;
			return order(from, to) > 0 ? [] : [...spanning(from, to)];
		}),
	);
}
