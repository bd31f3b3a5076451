/**
 * Where on a line the values of a node may lie, by all that items say of it: how what is at a place may be written, and
 * what is next to it. What is found is tried before it is told.
 */
import { type Line, placeOn } from '../conditions/expression-values.ts';
import {
	add,
	ceilTo,
	floorTo,
	negate,
	order,
	parseRational,
	printRational,
	type Rational,
	toDouble,
} from '../conditions/rational.ts';
import type { RangeValue } from '../jsdl/range.ts';
import { printDateTime, printDuration } from '../time.ts';
import type { Table } from './automaton-table.ts';
import type { FacetSet, ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { nextInForm } from './nearest-digits.ts';
import { withShare } from './nearest-share.ts';
import { nextNumber } from './next-number.ts';
import { wordingOf } from './number-wordings.ts';
import { numeralOf } from './numeral.ts';
import { tableOfPlaces } from './restriction-tables.ts';
import { leastCount } from './value-machines.ts';
import { formsOnLine } from './written-forms.ts';

/** What may stand on a line. */
export interface AllowedPlaces {
	/** What is at that place, as it may be written. */
	readonly at: (line: Line, place: Rational) => string | undefined;
	/** What is next above that place or below it; of numbers with at most so many decimals. */
	readonly next: (line: Line, place: Rational, isUp: boolean, decimals: number) => string | undefined;
	/** The decimals that a number may have there at the most, by digits and patterns; undefined: as many as there are. */
	readonly decimals: () => number | undefined;
	/** Whether there are no others between these. */
	readonly isEvery: (line: Line) => boolean;
}

/** By a restriction that says all that is said of the node, and the numbers that one allows; `isAllowed` tries a text. */
export function allowedPlaces(
	restriction: ValueRestriction,
	rangeOf: (restriction: ValueRestriction) => RangeValue,
	isAllowed: (text: string) => boolean,
	budgetNow: () => StepBudget,
): AllowedPlaces {
	const { type } = restriction;
	if (type.space === 'union')
		return placesOfAny((type.members ?? []).map((each) => allowedPlaces(each, rangeOf, isAllowed, budgetNow)));
	const isFormed = hasForm(restriction);
	const finest = type.lexical === 'integer' ? 0 : (leastCount(restriction.steps, 'fractionDigits') ?? DECIMALS_MAX);
	let tried = { table: undefined as Table | undefined, remaining: 0 };
	// What came to nothing is dear, and does not come to more with as little.
	const tableNow = (): Table | undefined => {
		const { remaining } = budgetNow();
		if (!isFormed || tried.table !== undefined || remaining < 2 * tried.remaining) return tried.table;
		const table = withShare(budgetNow(), TABLE_SHARES, (share) => tableOfPlaces(restriction, share));
		tried = { table, remaining };
		return table;
	};
	const at: AllowedPlaces['at'] = (line, place) => {
		const plain = printOn(line, place);
		if (plain !== undefined && isAllowed(plain)) return plain;
		const table = tableNow();
		if (table === undefined) return undefined;
		if (line !== 'number') return timesBeside(table, line, place, true, false, budgetNow()).find(isAllowed);
		const written = wordingOf(table, numeralOf(printRational(place)), budgetNow());
		return written !== undefined && isAllowed(written) ? written : undefined;
	};
	const beside = (line: Line, place: Rational, isUp: boolean, decimals: number): readonly string[] => {
		const table = tableNow();
		if (line !== 'number') return table === undefined ? [] : timesBeside(table, line, place, isUp, true, budgetNow());
		// Between a place that has no end and the last of so many decimals there is none.
		const ended = (isUp ? floorTo : ceilTo)(place, DECIMALS_MAX);
		if (table !== undefined) return nextNumber(table, numeralOf(printRational(ended)), isUp, decimals, budgetNow());
		const places = Math.min(decimals, finest);
		const unit = parseRational(`1e-${places}`) as Rational;
		const next = isUp ? add(floorTo(place, places), unit) : add(ceilTo(place, places), negate(unit));
		return isFormed ? [] : [printRational(next)];
	};
	const next: AllowedPlaces['next'] = (line, place, isUp, decimals) => {
		let from = place;
		for (let count = 0; count <= REFUSED_MAX; count += 1) {
			const found = nearestOf(beside(line, from, isUp, decimals), line, isUp);
			if (found === undefined) return undefined;
			if (isAllowed(found.text)) return found.text;
			const end = line === 'number' ? boundBehind(restriction, rangeOf(restriction), found.place, isUp) : found.place;
			if (end === undefined) return undefined;
			const text = end === found.place ? undefined : at(line, end);
			if (text !== undefined) return text;
			from = end;
		}
		return undefined;
	};
	const isPatterned = restriction.steps.some(({ patterns }) => patterns.length > 0);
	return {
		at,
		next,
		decimals: () => decimalsOf(restriction, tableNow()),
		isEvery: (line) => !isPatterned || (line === 'number' && tableNow() !== undefined),
	};
}

/** Of what is left to the search for the table: a third. */
const TABLE_SHARES = 3;
/** What the automata accept and the items do not is left out, and looked on, so often. */
const REFUSED_MAX = 4;
/** Nobody writes a number with more. */
const DECIMALS_MAX = 20;

/** Whether the texts of its values are more than what numbers and times are printed as, or fewer. */
function hasForm({ type: { space }, steps }: ValueRestriction): boolean {
	const isPlain = ({ patterns, counts }: FacetSet): boolean =>
		patterns.length === 0 && counts.every(({ kind }) => kind === 'fractionDigits');
	if (!steps.every(isPlain)) return space !== 'list';
	return space === 'hexBinary';
}

function placesOfAny(all: readonly AllowedPlaces[]): AllowedPlaces {
	return {
		at: (line, place) => all.map((each) => each.at(line, place)).find((text) => text !== undefined),
		next: (line, place, isUp, decimals) => {
			const texts = all.map((each) => each.next(line, place, isUp, decimals)).filter((text) => text !== undefined);
			return nearestOf(texts, line, isUp)?.text;
		},
		decimals: () => {
			const digits = all.map((each) => each.decimals());
			return digits.includes(undefined) ? undefined : Math.max(...(digits as number[]));
		},
		isEvery: (line) => all.every((each) => each.isEvery(line)),
	};
}

function printOn(line: Line, place: Rational): string | undefined {
	if (line === 'number') return printRational(place);
	if (typeof place !== 'number' || (line === 'duration' && place < 0)) return undefined;
	return line === 'duration' ? printDuration(place) : printDateTime(place);
}

interface Placed {
	readonly text: string;
	readonly place: Rational;
}

/** That which comes first, going up or down; of equals the first. */
function nearestOf(texts: readonly string[], line: Line, isUp: boolean): Placed | undefined {
	let nearest: Placed | undefined;
	for (const text of texts) {
		const place = placeOn(line, text);
		if (place === undefined) continue;
		const apart = nearest === undefined ? -1 : order(place, nearest.place) * (isUp ? 1 : -1);
		if (apart < 0) nearest = { text, place };
	}
	return nearest;
}

/** The next of each form of times or durations, of the plainest row of forms that has any; or those of that place. */
function timesBeside(
	table: Table,
	line: 'dateTime' | 'duration',
	place: Rational,
	isUp: boolean,
	isStrict: boolean,
	budget: StepBudget,
): readonly string[] {
	const seconds = toDouble(place);
	if (line === 'duration' && !isUp && seconds <= 0) return [];
	for (const forms of formsOnLine(line)) {
		const found = forms.flatMap((form) => {
			if (budget.remaining < 0) return [];
			const text = nextInForm(table, form, seconds, isUp ? 'up' : 'down', isStrict, budget);
			const at = text === undefined ? undefined : placeOn(line, text);
			return at === undefined || (!isStrict && order(at, place) !== 0) ? [] : [text!];
		});
		if (found.length > 0) return found;
	}
	return [];
}

/** That place where bounds and enumerated numbers may allow it, else where they next do. */
function boundBehind(
	{ type: { space } }: ValueRestriction,
	{ intervals }: RangeValue,
	place: Rational,
	isUp: boolean,
): Rational | undefined {
	if (space !== 'number' && space !== 'untyped') return place;
	const at = toDouble(place);
	const next = isUp ? intervals.find(({ upper }) => upper >= at) : intervals.findLast(({ lower }) => lower <= at);
	if (next === undefined) return undefined;
	const end = isUp ? next.lower : next.upper;
	const isBehind = isUp ? end > at : end < at;
	return isBehind ? (parseRational(String(end)) as Rational) : place;
}

function decimalsOf({ type, steps }: ValueRestriction, table: Table | undefined): number | undefined {
	if (type.lexical === 'integer') return 0;
	const counted = leastCount(steps, 'fractionDigits') ?? leastCount(steps, 'totalDigits');
	const written = table === undefined ? undefined : charactersBehindPoint(table);
	if (written === undefined) return counted;
	return counted === undefined ? written : Math.min(counted, written);
}

function charactersBehindPoint(table: Table): number | undefined {
	const known = BEHIND_POINT.get(table) ?? lookBehindPoint(table);
	BEHIND_POINT.set(table, known);
	return Number.isFinite(known) ? known : undefined;
}

const BEHIND_POINT = new WeakMap<Table, number>();

function lookBehindPoint({ alphabet, behind, kinds, most }: Table): number {
	const kind = alphabet.kindOf(POINT)!;
	const behindPoint = Array.from(most.keys(), (state) => behind[state * kinds + kind]!).filter((next) => next >= 0);
	return behindPoint.reduce((longest, state) => Math.max(longest, most[state]!), 0);
}

const POINT = '.'.codePointAt(0)!;
