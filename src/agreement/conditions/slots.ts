/**
 * What a document says of the Locations of some comparisons, as unknowns that may change one by one: each node, what is
 * missing, and how many there are of what only is counted.
 */
import type { Location } from '../template/location.ts';
import { wordsAt } from '../template/location-words.ts';
import type { Atom } from './alternatives.ts';
import { type Evaluation, type Selected, saidBy, saidBySelected, selectionsOf } from './evaluation.ts';
import type { Operand } from './expression.ts';
import { asWritten, LINES, type Line, placeOn, placesOn, print, type Value } from './expression-values.ts';
import { meantOn } from './meant.ts';
import { type Counts, demandOfAll, type NodeDemand } from './node-demand.ts';
import { decimalsOf, isFiniteRational, type Rational } from './rational.ts';
import { bothEnds, isPoint, point, type Spans, unite } from './spans.ts';
import { locationName } from './unknowns.ts';

/** `text`: it has no order, and is equal to others or not. */
export type LineOrText = Line | 'text';

/** One unknown. */
export interface Slot {
	/** `missing`: there would have to be one of it; `nodes`: all of them, which would say the same. */
	readonly kind: 'node' | 'nodes' | 'missing' | 'count';
	readonly location: Location;
	/** Of the nodes of its Location; of all of them the first. */
	readonly index: number;
	/** How many nodes it is. */
	readonly nodes: number;
	readonly line: LineOrText;
	/** Where it lies on its line, or would by what it means; absent: nowhere. */
	readonly spans?: Spans;
	/** What it says, where it has no order. */
	readonly text?: string;
	/** With how many decimals it is written. */
	readonly decimals: number;
	/** Those of which it is one, by the vocabulary of its name. */
	readonly words?: readonly string[];
	/** What items say of it. */
	readonly demand?: NodeDemand;
	/** How many they let there be. */
	readonly counts?: Counts;
	/** They do not allow what it says, or it only means something. */
	readonly isWrong?: boolean;
}

/** By the names of the Locations. */
export type Slots = ReadonlyMap<string, readonly Slot[]>;

/**
 * The slots of each Location in some comparisons: of what is only counted that of how many there are. Undefined where a
 * Location would have to lie on two lines. `isGrouped`: all nodes of a Location as one.
 */
export function slotsOf(atoms: readonly Atom[], evaluation: Evaluation, isGrouped: boolean): Slots | undefined {
	const uses = atoms.flatMap((atom) => [...usesIn(atom.left, atom), ...usesIn(atom.right, atom)]);
	const lines = linesOf(uses, atoms, evaluation);
	if (lines === undefined) return undefined;
	const slots = new Map<string, readonly Slot[]>();
	for (const { location, isCounted } of uses) {
		const line = lines.get(locationName(location));
		if (slots.has(locationName(location)) || (isCounted && line !== undefined)) continue;
		const each =
			line === undefined ? [countOf(location, evaluation)] : knownNodesOf(location, evaluation, line, isGrouped);
		slots.set(locationName(location), each);
	}
	return slots;
}

/** Made once: of many ways to look for what would do each asks for them. */
function knownNodesOf(
	location: Location,
	evaluation: Evaluation,
	line: LineOrText,
	isGrouped: boolean,
): readonly Slot[] {
	const selected = selectionsOf(location, evaluation);
	const known = NODES.get(selected) ?? new Map<string, readonly Slot[]>();
	NODES.set(selected, known);
	const { demands, given } = evaluation;
	const key = `${line} ${isGrouped} ${demands === undefined} ${demands === given}`;
	const before = known.get(key);
	if (before !== undefined) return before;
	evaluation.budget.remaining -= STEPS_PER_SLOT * selected.selections.length;
	const each = isGrouped ? knownNodesOf(location, evaluation, line, false) : nodesOf(location, evaluation, line);
	const made = isGrouped && each.length > 1 ? [asOne(each)] : each;
	known.set(key, made);
	return made;
}

/** By what the Locations select. */
const NODES = new WeakMap<Selected, Map<string, readonly Slot[]>>();
const STEPS_PER_SLOT = 40;

/** A Location as it stands in a comparison: directly on a side of it beside that other side, or calculated with. */
interface Use {
	readonly location: Location;
	readonly isCounted: boolean;
	readonly beside?: Operand;
}

function usesIn(operand: Operand, { left, right }: Atom): readonly Use[] {
	switch (operand.kind) {
		case 'location': {
			const isSide = operand === left || operand === right;
			return [
				{
					location: operand.location,
					isCounted: false,
					...(isSide ? { beside: operand === left ? right : left } : {}),
				},
			];
		}
		case 'function':
			return [{ location: operand.location, isCounted: operand.name === 'count' }];
		case 'negative':
			return usesIn(operand.operand, { operator: '=', left: operand, right: operand });
		case 'arithmetic': {
			const within: Atom = { operator: '=', left: operand, right: operand };
			return [...usesIn(operand.left, within), ...usesIn(operand.right, within)];
		}
		default:
			return [];
	}
}

/** The line of each Location that is not only counted: that of what it is compared with, else that of what it says. */
function linesOf(
	uses: readonly Use[],
	atoms: readonly Atom[],
	evaluation: Evaluation,
): ReadonlyMap<string, LineOrText> | undefined {
	const lines = new Map<string, LineOrText>();
	const valued = uses.filter(({ isCounted }) => !isCounted);
	let isConsistent = true;
	const say = (location: Location, line: LineOrText): boolean => {
		const known = lines.get(locationName(location));
		isConsistent &&= known === undefined || known === line;
		lines.set(locationName(location), line);
		return known === undefined;
	};
	for (const { location, beside } of valued) {
		if (beside?.kind === 'text') say(location, lineOfText(beside.text));
		else if (beside?.kind !== 'location') say(location, 'number');
	}
	const pairs = valued.flatMap(({ location, beside }) =>
		beside?.kind === 'location' ? [[location, beside.location] as const] : [],
	);
	const spread = (): void => {
		while (
			pairs.some(([one, other]) => {
				const line = lines.get(locationName(other));
				return line !== undefined && lines.get(locationName(one)) !== line && isConsistent && say(one, line);
			})
		);
	};
	spread();
	for (const { location } of valued) {
		if (lines.has(locationName(location))) continue;
		const { value } = saidBySelected(location, evaluation);
		const isOrdered = atoms.some(({ operator, left, right }) => {
			const isEquality = operator === '=' || operator === '!=';
			return (
				!isEquality &&
				[left, right].some((side) => side.kind === 'location' && locationName(side.location) === locationName(location))
			);
		});
		const line = 'why' in value ? undefined : LINES.find((each) => placesOn(each, value) !== undefined);
		// What says nothing may be told by its neighbour.
		if (line === undefined && (isOrdered || 'why' in value)) continue;
		say(location, line ?? 'text');
		spread();
	}
	for (const { location } of valued) if (!lines.has(locationName(location))) say(location, 'number');
	return isConsistent ? lines : undefined;
}

export function lineOfText(text: string): LineOrText {
	return LINES.find((line) => placeOn(line, text) !== undefined) ?? 'text';
}

function countOf(location: Location, evaluation: Evaluation): Slot {
	const { selections } = selectionsOf(location, evaluation);
	const counts = evaluation.counts?.(location, selections);
	const common = { kind: 'count', location, index: 0, nodes: 1, line: 'number', decimals: 0 } as const;
	return { ...common, spans: point(selections.length), ...(counts === undefined ? {} : { counts }) };
}

/** What selects nothing, and would have to. */
export function missingOf(location: Location, line: LineOrText, { demands }: Evaluation): Slot {
	const words = line === 'text' ? wordsAt(location) : undefined;
	const demand = demands?.(location, undefined);
	return {
		kind: 'missing',
		location,
		index: 0,
		nodes: 1,
		line,
		decimals: 0,
		...(words === undefined ? {} : { words }),
		...(demand === undefined ? {} : { demand }),
	};
}

function nodesOf(location: Location, evaluation: Evaluation, line: LineOrText): readonly Slot[] {
	const { values } = saidBySelected(location, evaluation);
	if (values.length === 0) return [missingOf(location, line, evaluation)];
	const { selections } = selectionsOf(location, evaluation);
	const words = line === 'text' ? wordsAt(location) : undefined;
	const written = (value: Value, index: number): Value =>
		asWritten(value, saidBy(selections[index]!, evaluation.budget));
	return values.map((value, index): Slot => {
		const demand = evaluation.demands?.(location, selections[index]!);
		const isText = 'why' in value || line === 'text' || demand?.isOfTexts === true;
		const meant = isText ? undefined : meantOn(line, value);
		const isAllowed = 'why' in value || demand === undefined || demand.isAllowed(written(value, index));
		const common = {
			kind: 'node',
			location,
			index,
			nodes: 1,
			line,
			...(words === undefined ? {} : { words }),
			...(demand === undefined ? {} : { demand }),
			...(isAllowed && meant === undefined ? {} : { isWrong: true }),
		} as const;
		if ('why' in value) return { ...common, decimals: 0 };
		if (line === 'text') return { ...common, ...textIn(value), decimals: 0 };
		const spans = meant ?? placesOn(line, value);
		const own = decimalsIn(line, spans);
		// Whoever says a whole number means whole ones; of others there may be as many decimals as items let be.
		const decimals = own === 0 ? own : Math.max(own, Math.min(DECIMALS_MAX, demand?.decimals() ?? 0));
		return { ...common, ...(spans === undefined ? {} : { spans }), decimals };
	});
}

function asOne(each: readonly Slot[]): Slot {
	const { spans: _, text, demand: __, isWrong: ___, ...first } = each[0]!;
	const demand = demandOfAll(each.map((slot) => slot.demand));
	const spans = unite(each.flatMap((slot) => slot.spans ?? []));
	return {
		...first,
		kind: 'nodes',
		nodes: each.length,
		decimals: Math.max(...each.map(({ decimals }) => decimals)),
		...(each.some(({ isWrong }) => isWrong) ? { isWrong: true } : {}),
		...(demand === undefined ? {} : { demand }),
		...(spans.length === 0 || each.some((slot) => slot.spans === undefined) ? {} : { spans }),
		...(text !== undefined && each.every((slot) => slot.text === text) ? { text } : {}),
	};
}

/** A number beside texts, too: it is none of them. */
function textIn(value: Value): { readonly text?: string } {
	const isOne = value.kind === 'texts' ? value.texts.length === 1 : value.spans.every(isPoint);
	return isOne ? { text: print(value) } : {};
}

function decimalsIn(line: LineOrText, spans: Spans | undefined): number {
	const ends: readonly Rational[] = line !== 'number' ? [] : (spans ?? []).flatMap(bothEnds);
	return Math.min(DECIMALS_MAX, Math.max(0, ...ends.filter(isFiniteRational).map((end) => decimalsOf(end) ?? 0)));
}

/** Nobody writes more. */
export const DECIMALS_MAX = 8;
