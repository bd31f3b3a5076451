/** What is told to stand at places of a document, of any constraint, and whether a part of one holds with all of it. */
import type { XmlAttribute, XmlElement } from '../../xml/element.ts';
import type { Location } from '../template/location.ts';
import type { Selection } from '../template/location-selection.ts';
import { placeOf } from '../template/restrictions-of-nodes.ts';
import { decide } from './decision.ts';
import { type Evaluation, numbers, saidBySelected, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { asWritten, type Fault, type Value } from './expression-values.ts';
import { isFiniteRational, parseRational } from './rational.ts';
import type { SlotChange } from './slot-changes.ts';
import { point, spanning } from './spans.ts';
import { supposing, supposingCount, supposingFound } from './suppositions.ts';
import { aggregateName, locationName, locationsIn, unknownsIn } from './unknowns.ts';

/** What is to stand at a node; without one, where the Location selects nothing. `isCount`: how many there are to be. */
export interface Put {
	readonly location: Location;
	readonly selection?: Selection;
	readonly isCount?: true;
	readonly to: Value;
}

/** A node, whatever Location selects it: a range that is one Exact and that Exact are one; of what is missing its Location. */
export type PlaceKey = XmlElement | XmlAttribute | string;

export type Puts = ReadonlyMap<PlaceKey, Put>;

export function keyOf({ location, selection, isCount }: Pick<Put, 'location' | 'selection' | 'isCount'>): PlaceKey {
	if (isCount) return aggregateName('count', location);
	return selection === undefined ? locationName(location) : (selection.attribute ?? placeOf(selection.owner));
}

/** What is told to change, by its place. */
export function putOf({ slot: { kind, location, index }, to }: SlotChange, evaluation: Evaluation): Put {
	if (kind === 'count') return { location, isCount: true, to };
	return kind === 'missing'
		? { location, to }
		: { location, selection: selectionsOf(location, evaluation).selections[index]!, to };
}

/** All places that the part is about; of what it only counts, how many there are. */
export function keysIn(part: Condition, evaluation: Evaluation): readonly PlaceKey[] {
	const valued = unknownsIn(part).filter((each) => each.kind === 'location' || each.name !== 'count');
	const names = new Set(valued.map(({ location }) => locationName(location)));
	return locationsIn(part).flatMap((location) => {
		const { selections } = selectionsOf(location, evaluation);
		const nodes = (names.has(locationName(location)) ? selections : []).map((selection) =>
			keyOf({ location, selection }),
		);
		return [...nodes, ...(selections.length === 0 ? [locationName(location)] : []), aggregateName('count', location)];
	});
}

/** Whether the part holds where all of it is put. */
export function holdsWith(part: Condition, puts: Puts, evaluation: Evaluation): boolean {
	const instead = new Map<string, Value | Fault>();
	const values = new Map<string, readonly (Value | Fault)[]>();
	for (const location of locationsIn(part)) {
		const { selections } = selectionsOf(location, evaluation);
		const count = puts.get(aggregateName('count', location));
		const found = puts.get(locationName(location));
		if (found !== undefined) {
			for (const [name, value] of supposingFound(location, found.to, evaluation.budget)) instead.set(name, value);
		} else if (count !== undefined) {
			for (const [name, value] of supposingCount(location, count.to) ?? []) instead.set(name, value);
		} else {
			const changes = selections.flatMap((selection, index) => {
				const put = puts.get(keyOf({ location, selection }));
				return put === undefined ? [] : [[index, put.to] as const];
			});
			if (changes.length === 0) continue;
			const said = [...saidBySelected(location, evaluation).values];
			for (const [index, to] of changes) said[index] = to;
			values.set(locationName(location), said);
			for (const [name, value] of supposing(part, location, changes, evaluation, evaluation.budget))
				instead.set(name, value);
		}
	}
	const saidIn = (location: Location): readonly (Value | Fault)[] =>
		values.get(locationName(location)) ?? saidBySelected(location, evaluation).values;
	return decide(part, { ...evaluation, instead }, saidIn) === 'true' && evaluation.budget.remaining >= 0;
}

/** What a text says, as it is told: a number, a range (`2..8`), or a text. */
export function valueOfText(text: string): Value {
	const [lower = '', upper = lower, ...more] = text.split('..');
	const ends = [lower, upper].map(parseRational);
	const numbersIn = ends.flatMap((end) =>
		end === undefined || end === 'too long' || !isFiniteRational(end) ? [] : [end],
	);
	if (more.length > 0 || numbersIn.length < 2) return { kind: 'texts', texts: [text] };
	if (lower === upper) return asWritten(numbers(point(numbersIn[0]!)), text);
	return numbers(spanning(numbersIn[0]!, numbersIn[1]!));
}
