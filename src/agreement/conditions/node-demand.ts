/** What items say of the nodes that conditions name: whoever tells what might stand there keeps to it. */
import type { Location } from '../template/location.ts';
import type { Selection } from '../template/location-selection.ts';
import { printDateTime, printDuration } from '../time.ts';
import { asWritten, type Line, placeOn, type Value } from './expression-values.ts';
import { add, isFiniteRational, negate, order, type Rational } from './rational.ts';
import { point } from './spans.ts';

/** What items say of a node. */
export interface NodeDemand {
	readonly isAllowed: (value: Value) => boolean;
	/** Values that they name. */
	readonly named: readonly string[];
	/** Whether what is not allowed lies between what is named: a pattern may leave out others. */
	readonly isListed: boolean;
}

/** What items say of a node that a Location selects, or of what is missing there; undefined: nothing. */
export type NodeDemands = (location: Location, selection: Selection | undefined) => NodeDemand | undefined;

/** What is said of any of several nodes that are to say the same. */
export function demandOfAll(demands: readonly (NodeDemand | undefined)[]): NodeDemand | undefined {
	const some = [...new Set(demands)].filter((each) => each !== undefined);
	if (some.length < 2) return some[0];
	return {
		isAllowed: (value) => some.every((each) => each.isAllowed(value)),
		named: [...new Set(some.flatMap(({ named }) => named))],
		isListed: some.every(({ isListed }) => isListed),
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
	if (line !== 'number') return undefined;
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
 * The next places below and above that are allowed, of those that are named and a unit beside them; undefined where what
 * is there is allowed itself.
 */
export function allowedBeside(
	demand: NodeDemand,
	line: Line,
	at: Rational,
	unit: Rational,
): readonly [below: Rational | undefined, above: Rational | undefined] | undefined {
	const isOf = (place: Rational): boolean => allowedOn(demand, line, place) !== undefined;
	if (isOf(at)) return undefined;
	const beside = placesNamed(demand.named, line).flatMap((place) => [
		place,
		add(place, unit),
		add(place, negate(unit)),
	]);
	beside.sort(order);
	const below = beside.findLast((place) => order(place, at) < 0 && isOf(place));
	return [below, beside.find((place) => order(place, at) > 0 && isOf(place))];
}

function placesNamed(named: readonly string[], line: Line): readonly Rational[] {
	return named
		.map((text) => placeOn(line, text))
		.filter((place) => place !== undefined && isFiniteRational(place)) as Rational[];
}
