/** What items say of the nodes that conditions name: whoever tells what might stand there keeps to it. */
import type { Location } from '../template/location.ts';
import type { Selection } from '../template/location-selection.ts';
import { printDateTime, printDuration } from '../time.ts';
import { asWritten, type Line, placeOn, placesOn, type Value } from './expression-values.ts';
import { add, isFiniteRational, negate, order, parseRational, type Rational } from './rational.ts';
import { point } from './spans.ts';

/** What items say of a node. */
export interface NodeDemand {
	readonly isAllowed: (value: Value) => boolean;
	/** Values that they name. */
	readonly named: readonly string[];
	/** Whether nothing is allowed between what is named, or next to it, on that line. */
	readonly isListed: (line: Line) => boolean;
	/** What is at that place of the line, as they let it be written. */
	readonly at: (line: Line, place: Rational) => Value | undefined;
	/** What they allow next above that place or below it; of numbers with at most so many decimals. */
	readonly next: (line: Line, place: Rational, isUp: boolean, decimals: number) => Value | undefined;
	/** Between which doubles, or next to them, all numbers lie that they allow, and whether these are whole. */
	readonly limits: () => NumberLimits;
	/** With how many decimals a number may be written there at the most; undefined: as many as there are. */
	readonly decimals: () => number | undefined;
	/** Whether they want a text of it, whatever it is compared with. */
	readonly isOfTexts: boolean;
	/** The text that they allow and that is none of those, near to this one. */
	readonly otherText: (said: string, others: ReadonlySet<string>) => string | undefined;
}

export interface NumberLimits {
	readonly lower: number;
	readonly upper: number;
	readonly isWhole: boolean;
}

/** What items say of a node that a Location selects, or of what is missing there; undefined: nothing. */
export type NodeDemands = (location: Location, selection: Selection | undefined) => NodeDemand | undefined;

/** How many there may be of it. */
export interface Counts {
	readonly least: number;
	readonly most: number;
}

/** Of what a Location selects how many items let there be. */
export type CountsOf = (location: Location, selections: readonly Selection[]) => Counts;

/** Whether there may be so many. */
export function isCountAllowed(counts: Counts | undefined, to: Value): boolean {
	const [span] = to.kind === 'numbers' && counts !== undefined ? to.spans : [];
	return span === undefined || (order(span.lower, counts!.least) >= 0 && order(span.upper, counts!.most) <= 0);
}

/** What is said of any of several nodes that are to say the same. */
export function demandOfAll(demands: readonly (NodeDemand | undefined)[]): NodeDemand | undefined {
	const some = [...new Set(demands)].filter((each) => each !== undefined);
	if (some.length < 2) return some[0];
	const isAllowed: NodeDemand['isAllowed'] = (value) => some.every((each) => each.isAllowed(value));
	const first = (tried: (each: NodeDemand) => Value | undefined): Value | undefined =>
		some.map(tried).find((value) => value !== undefined && isAllowed(value));
	return {
		isAllowed,
		named: [...new Set(some.flatMap(({ named }) => named))],
		isListed: (line) => some.every((each) => each.isListed(line)),
		at: (line, place) => first((each) => each.at(line, place)),
		next: (line, place, isUp, decimals) => first((each) => each.next(line, place, isUp, decimals)),
		isOfTexts: some.every((each) => each.isOfTexts),
		limits: () => {
			const all = some.map((each) => each.limits());
			return {
				lower: Math.max(...all.map(({ lower }) => lower)),
				upper: Math.min(...all.map(({ upper }) => upper)),
				isWhole: all.some(({ isWhole }) => isWhole),
			};
		},
		decimals: () => some.map((each) => each.decimals()).find((digits) => digits !== undefined),
		otherText: (said, others) =>
			some
				.map((each) => each.otherText(said, others))
				.find((text) => text !== undefined && isAllowed({ kind: 'texts', texts: [text] })),
	};
}

/** The values that are named, as they are written. */
export function namedValues({ named }: NodeDemand): readonly Value[] {
	return named.map((text) => {
		const [number] = placesNamed([text], 'number');
		return number === undefined ? { kind: 'texts', texts: [text] } : asWritten(valueOn('number', number), text);
	});
}

/** What is at that place of the line. */
export function valueOn(line: Line, at: Rational): Value {
	if (line === 'number' || typeof at !== 'number') return { kind: 'numbers', spans: point(at) };
	return { kind: 'texts', texts: [line === 'duration' ? printDuration(at) : printDateTime(at)] };
}

/** What is at that place of the line, written as items let it be; undefined where they do not. */
export function allowedOn(demand: NodeDemand, line: Line, at: Rational): Value | undefined {
	const plain = valueOn(line, at);
	if (demand.isAllowed(plain)) return plain;
	const written = demand.at(line, at);
	if (written !== undefined || line !== 'number') return written;
	return writtenIn(demand).find(
		(value) => value.kind === 'numbers' && order(value.spans[0]!.lower, at) === 0 && demand.isAllowed(value),
	);
}

/** The numbers that are named in another way than they are printed. */
function writtenIn(demand: NodeDemand): readonly Value[] {
	const written =
		WRITTEN.get(demand) ?? namedValues(demand).filter((value) => value.kind === 'numbers' && value.text !== undefined);
	WRITTEN.set(demand, written);
	return written;
}

/** Asked for of every place that is tried. */
const WRITTEN = new WeakMap<NodeDemand, readonly Value[]>();

/**
 * The next places below and above that are allowed, on a grid of so many decimals, of those that are named and what is
 * beside them; undefined where what is there is allowed itself.
 */
export function allowedBeside(
	demand: NodeDemand,
	line: Line,
	at: Rational,
	decimals: number,
): readonly [below: Rational | undefined, above: Rational | undefined] | undefined {
	const isOf = (place: Rational): boolean => allowedOn(demand, line, place) !== undefined;
	if (isOf(at)) return undefined;
	const unit = parseRational(`1e-${decimals}`) as Rational;
	const named = placesNamed(demand.named, line).flatMap((place) => [place, add(place, unit), add(place, negate(unit))]);
	const [below, above] = [false, true].map((isUp) => {
		const value = demand.next(line, at, isUp, decimals);
		const next = value && placesOn(line, value)?.[0]?.lower;
		const side = isUp ? 1 : -1;
		const nearer = named.filter((place) => {
			return order(place, at) * side > 0 && (next === undefined || order(place, next) * side < 0);
		});
		return nearer.sort((one, other) => order(one, other) * side).find(isOf) ?? next;
	});
	return [below, above];
}

function placesNamed(named: readonly string[], line: Line): readonly Rational[] {
	return named
		.map((text) => placeOn(line, text))
		.filter((place) => place !== undefined && isFiniteRational(place)) as Rational[];
}
