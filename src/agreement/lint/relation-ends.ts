/** Between what variables lie: what inequalities say of single ones, and what follows of that for others. */
import {
	add,
	ceilTo,
	divide,
	floorTo,
	isTooLong,
	multiply,
	negate,
	order,
	type Rational,
} from '../conditions/rational.ts';
import type { Inequality } from './linear-system.ts';
import type { Because } from './relation-system.ts';

/** Of one variable. */
interface Ends {
	readonly lower?: End;
	readonly upper?: End;
}

interface End {
	readonly at: Rational;
	readonly because: Because;
}

type Side = 'lower' | 'upper';

/** What is known of the ends of variables, by name; of whole ones they are whole. */
export interface KnownEnds {
	readonly ends: Map<string, Ends>;
	readonly whole: ReadonlyMap<string, Because>;
}

/** Whether it is narrower than what was known. */
export function noteEnd(
	{ ends, whole }: KnownEnds,
	name: string,
	side: Side,
	at: Rational,
	because: () => Because,
): boolean {
	const known = ends.get(name) ?? {};
	const reasons = whole.get(name);
	const rounded = reasons === undefined ? at : side === 'upper' ? floorTo(at, 0) : ceilTo(at, 0);
	const gain = known[side] === undefined ? 1 : order(rounded, known[side].at) * (side === 'upper' ? -1 : 1);
	if (gain <= 0) return false;
	ends.set(name, { ...known, [side]: { at: rounded, because: [...new Set([...because(), ...(reasons ?? [])])] } });
	return true;
}

/** An end that is narrowed more often mostly draws nearer to a place that it never reaches: `//a <= //b div 2`. */
const NARROWINGS_MAX = 16;

/**
 * Narrows the ends by what the inequalities say of those of several variables, as far as that goes; each term that is
 * looked at is a step of the budget. Answers why it did not go to the end.
 */
export function narrowEnds(
	known: KnownEnds,
	inequalities: readonly Inequality[],
	budget: { remaining: number },
): string | undefined {
	const several = inequalities.filter(({ terms }) => terms.size > 1);
	const about = new Map<string, Inequality[]>();
	for (const each of several) for (const name of each.terms.keys()) about.set(name, [...(about.get(name) ?? []), each]);
	const narrowed = new Map<string, number>();
	const open = new Set(several);
	let why: string | undefined;
	// What is added to a set while it is walked through comes last.
	for (const inequality of open) {
		open.delete(inequality);
		budget.remaining -= inequality.terms.size;
		if (budget.remaining < 0) return why;
		for (const { name, side, at, because } of endsBy(inequality, known)) {
			const key = `${side} ${name}`;
			const count = narrowed.get(key) ?? 0;
			if (count >= NARROWINGS_MAX)
				why = `what each leaves to the others takes more than ${NARROWINGS_MAX} steps to tell`;
			else if (isTooLong(at)) why = 'its numbers grow too long';
			else if (noteEnd(known, name, side, at, because)) {
				// What excludes each other the search for numbers tells.
				if (isCrossed(known.ends.get(name)!)) return undefined;
				narrowed.set(key, count + 1);
				for (const next of about.get(name)!) if (next !== inequality) open.add(next);
			}
		}
	}
	return why;
}

function isCrossed({ lower, upper }: Ends): boolean {
	return lower !== undefined && upper !== undefined && order(lower.at, upper.at) > 0;
}

/** The least that the others come to leaves the most to each: where one of them has no end, to that one alone. */
function* endsBy(
	{ terms, bound, because }: Inequality,
	{ ends }: KnownEnds,
): Generator<{ readonly name: string; readonly side: Side; readonly at: Rational; readonly because: () => Because }> {
	const all = [...terms].map(([name, factor]) => {
		const isUpper = order(factor, 0) > 0;
		return {
			name,
			factor,
			side: isUpper ? 'upper' : 'lower',
			least: ends.get(name)?.[isUpper ? 'lower' : 'upper'],
		} as const;
	});
	const endless = all.filter(({ least }) => least === undefined);
	if (endless.length > 1) return;
	const sum = all.reduce<Rational>((left, { factor, least }) => {
		return least === undefined ? left : add(left, negate(multiply(factor, least.at)));
	}, bound);
	for (const { name, factor, side, least } of endless.length === 1 ? endless : all) {
		const rest = least === undefined ? sum : add(sum, multiply(factor, least.at));
		const others = all.filter((other) => other.name !== name);
		const why = (): Because => [...because, ...others.flatMap((other) => other.least!.because)];
		yield { name, side, at: divide(rest, factor), because: why };
	}
}
