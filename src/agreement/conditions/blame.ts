/**
 * Who is to blame that a part of a constraint does not hold, and what would do: each node whose change would help; where
 * it is about what a function makes of several nodes that one of them which has to change, else what the function would
 * have to come to; and how many there would have to be of what is missing, or is there and must not be.
 */
import type { XmlElement } from '../../xml/element.ts';
import type { Location, Selection, StepBudget } from '../template/location.ts';
import { admittedNumbers, findNearest, type Suppose } from '../template/nearest.ts';
import {
	type AggregateName,
	aggregate,
	calculateWith,
	type Evaluation,
	evaluate,
	numbers,
	type Outcome,
	operandValue,
	type Said,
	type Supposition,
	saidBy,
	saidBySelected,
	selectionsOf,
	uniteValues,
} from './evaluation.ts';
import type { Condition } from './expression.ts';
import { type Fault, print, type Value } from './expression-values.ts';
import { add, ceilTo, floorTo, infinity, isFiniteRational, isWhole, order, type Rational } from './rational.ts';
import { intersect, point, type Span, type Spans, spanning, unite } from './spans.ts';
import { aggregateName, locationsIn, nameOf, type Unknown, unknownsIn } from './unknowns.ts';

/** Why a part of a constraint does not hold for a document. */
export interface ConditionFault {
	/** The part, as it is written. */
	readonly text: string;
	/** What is to blame: a node whose change would help, else one that is named. Absent: nothing is there. */
	readonly selection?: Selection;
	/** The element in which something is missing. */
	readonly deepest?: XmlElement;
	readonly location: string;
	readonly found: string;
	/** Of what a function makes of the nodes all that it may come to; absent: what the part says. */
	readonly allowed?: string;
	readonly why: string;
	/** What the selected node might say instead, or what might be found, and the part would hold. */
	readonly nearest?: string;
}

/** Nodes told of one part: one more than anybody lists, so that it is known that there are more. */
const NODES_MAX = 65;
/** What a Location says is shown of so many nodes; where more are to blame, they are told one by one. */
const SAID_MAX = 8;

type Denial = Exclude<Outcome, 'true'>;

/** A part that does not hold. */
interface Case {
	readonly part: Condition;
	readonly truth: Denial;
	readonly evaluation: Evaluation;
	readonly search: StepBudget;
}

/** The nodes of the first Location a change of which would help, or the first function; else what is named first. */
export function explain(
	part: Condition,
	truth: Denial,
	evaluation: Evaluation,
	search: StepBudget,
): readonly ConditionFault[] {
	const locations = locationsIn(part);
	const unknowns = unknownsIn(part);
	const blamed: Case = { part, truth, evaluation, search };
	let first: readonly ConditionFault[] | undefined;
	for (const look of [
		...unknowns.filter(({ kind }) => kind === 'location').map((each) => () => blameNodes(each, blamed)),
		...unknowns.filter(({ kind }) => kind === 'function').map((each) => () => blameFunction(each, blamed)),
		...locations.map((location) => () => blameCount(location, blamed)),
	]) {
		const faults = look();
		if (faults.some(({ nearest }) => nearest !== undefined)) return faults;
		first ??= faults.length > 0 ? faults : undefined;
	}
	const [named] = locations;
	if (named === undefined) return [{ text: part.text, location: '', found: '', why: whyOf(truth) }];
	return first ?? [faultOf(named, undefined, blamed)];
}

/** Each node of the Location that violates the part by itself; where there is none at all, that there is not. */
function blameNodes(unknown: Unknown, blamed: Case): readonly ConditionFault[] {
	const { part, truth, evaluation, search } = blamed;
	const { location } = unknown;
	const { selections } = selectionsOf(location, evaluation);
	if (selections.length === 0) return blameMissing(unknown, blamed);
	const { values } = saidBySelected(location, evaluation);
	const faults: ConditionFault[] = [];
	for (const [index, selection] of selections.entries()) {
		const value = values[index]!;
		const suppose: Suppose = (candidate) => supposingOne(location, [index, candidate], blamed);
		const instead = supposingOne(location, [index, value], blamed);
		const alone: Evaluation = { ...evaluation, budget: search, instead };
		const outcome = selections.length === 1 ? truth : evaluate(part, alone);
		if (search.remaining < 0 || faults.length === NODES_MAX) break;
		if (outcome === 'true') continue;
		const said = 'why' in value ? undefined : value;
		const nearest = findNearest(part, unknown, said, alone, suppose)?.value;
		const fault = { ...faultOf(location, [selection], blamed), why: whyOf(outcome) };
		faults.push(nearest === undefined ? fault : { ...fault, nearest: print(nearest) });
	}
	return faults;
}

/** What the Location would have to say, were there one of it. */
function blameMissing(unknown: Unknown, blamed: Case): readonly ConditionFault[] {
	const { location } = unknown;
	const suppose: Suppose = (candidate) => {
		const made = AGGREGATES.map((name) => [aggregateName(name, location), aggregate(name, [candidate], blamed.search)]);
		return new Map<string, Value | Fault>([[location.text, candidate], ...(made as [string, Value | Fault][])]);
	};
	const alone: Evaluation = { ...blamed.evaluation, budget: blamed.search };
	const nearest = findNearest(blamed.part, unknown, undefined, alone, suppose)?.value;
	const fault = faultOf(location, undefined, blamed);
	return [nearest === undefined ? fault : { ...fault, nearest: `1 of it: ${print(nearest)}` }];
}

const AGGREGATES: readonly AggregateName[] = ['count', 'sum', 'min', 'max'];

/** What the function would have to come to; of the least and the greatest, and of a single node, which nodes to change. */
function blameFunction(unknown: Unknown, blamed: Case): readonly ConditionFault[] {
	const { part, evaluation, search } = blamed;
	if (unknown.kind !== 'function') return [];
	const { name, location } = unknown;
	const value = operandValue(unknown, evaluation);
	const { selections } = selectionsOf(location, evaluation);
	if (selections.length === 0 && name !== 'count' && name !== 'sum') return blameMissing(unknown, blamed);
	const alone: Evaluation = { ...evaluation, budget: search };
	const suppose: Suppose = (candidate) => {
		return name === 'count' ? supposingCount(location, candidate) : new Map([[nameOf(unknown), candidate]]);
	};
	const found = findNearest(part, unknown, 'why' in value ? undefined : value, alone, suppose);
	if (found === undefined) return [];
	const changes = changesFor(name, saidBySelected(location, evaluation), found.value, search);
	const instead = changes.length === 0 ? undefined : supposing(location, changes, blamed);
	if (instead !== undefined && evaluate(part, { ...alone, instead }) === 'true') {
		return changes.slice(0, NODES_MAX).map(([index, each]) => ({
			...faultOf(location, [selections[index]!], blamed),
			nearest: print(each),
		}));
	}
	const label = nameOf(unknown);
	const admitted = admittedNumbers(part, found.ends, alone, (each) => new Map([[nameOf(unknown), each]]));
	const numbersAllowed = admitted && (name === 'count' ? wholeIn(admitted) : admitted);
	return [
		{
			...faultOf(location, undefined, blamed),
			...placeOfMany(name, selections, found.value),
			found: 'why' in value ? value.why : foundWith(label, print(value), blamed),
			...(numbersAllowed === undefined ? {} : { allowed: `${label}: ${print(numbers(numbersAllowed))}` }),
			nearest: `${label}: ${print(found.value)}`,
		},
	];
}

/** Of too many the first that is too much. */
function placeOfMany(
	name: AggregateName,
	selections: readonly Selection[],
	wanted: Value,
): Pick<ConditionFault, 'selection'> {
	const count = name === 'count' && wanted.kind === 'numbers' ? Number(wanted.spans[0]!.lower) : 0;
	const selection = selections[count] ?? selections[0];
	return selection === undefined ? {} : { selection };
}

/** What a node would have to say. */
type Change = readonly [index: number, to: Value | Fault];

/** Which nodes have to change, and to what, for the function to come to what is wanted. */
function changesFor(
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

/** How many there would have to be of what a Location names. */
function blameCount(location: Location, blamed: Case): readonly ConditionFault[] {
	const { part, evaluation, search } = blamed;
	const { selections } = selectionsOf(location, evaluation);
	const alone: Evaluation = { ...evaluation, budget: search };
	const count = selections.length === 0 ? 1 : 0;
	const instead = supposingCount(location, numbers(point(count)));
	if (instead === undefined || search.remaining < 0 || evaluate(part, { ...alone, instead }) !== 'true') return [];
	return [{ ...faultOf(location, selections, blamed), nearest: `${count} of it` }];
}

/** That so many are there: what one says that is not there yet is not known. */
function supposingCount(location: Location, count: Value): Supposition | undefined {
	const [span] = count.kind === 'numbers' ? count.spans : [];
	if (span === undefined || order(span.lower, span.upper) !== 0) return undefined;
	if (!isWhole(span.lower) || order(span.lower, 0) < 0) return undefined;
	const supposed = new Map<string, Value | Fault>([[aggregateName('count', location), count]]);
	if (span.lower !== 0) return supposed;
	const none = { why: `${location.text} selects nothing` };
	supposed.set(location.text, none).set(aggregateName('sum', location), count);
	return supposed.set(aggregateName('min', location), none).set(aggregateName('max', location), none);
}

/** That these nodes of the Location say that, and the others what they say. */
function supposing(location: Location, changes: readonly Change[], blamed: Case): Map<string, Value | Fault> {
	const { part, evaluation, search } = blamed;
	const values = [...saidBySelected(location, evaluation).values];
	search.remaining -= values.length;
	for (const [index, to] of changes) values[index] = to;
	const supposed = new Map<string, Value | Fault>();
	for (const each of unknownsIn(part)) {
		if (each.location.text !== location.text) continue;
		supposed.set(nameOf(each), each.kind === 'location' ? uniteValues(values) : aggregate(each.name, values, search));
	}
	return supposed;
}

/** The same, the Location itself being that one node alone. */
function supposingOne(location: Location, [index, to]: Change, blamed: Case): Supposition {
	const isAggregated = unknownsIn(blamed.part).some(
		({ kind, location: { text } }) => kind === 'function' && text === location.text,
	);
	const supposed = isAggregated ? supposing(location, [[index, to]], blamed) : new Map<string, Value | Fault>();
	return supposed.set(location.text, to);
}

/** The whole numbers that are not negative, from the least to the greatest of each stretch. */
function wholeIn(spans: Spans): Spans {
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

function whyOf(truth: Denial): string {
	if (typeof truth === 'object') return truth.why;
	return truth === 'open' ? 'not every value that is admitted fulfils it' : 'it does not hold';
}

/** That the part does not hold, of these nodes of the Location; absent: of all that it selects. */
function faultOf(location: Location, some: readonly Selection[] | undefined, blamed: Case): ConditionFault {
	const { part, truth, evaluation } = blamed;
	const { selections, deepest } = selectionsOf(location, evaluation);
	const told = some ?? selections;
	return {
		text: part.text,
		...(told[0] === undefined ? {} : { selection: told[0] }),
		...(deepest === undefined ? {} : { deepest }),
		location: location.text,
		found: foundIn(location, told, blamed),
		why: whyOf(truth),
	};
}

/** What these nodes of the Location say, and where there are other Locations, they too. */
function foundIn(one: Location, some: readonly Selection[], { part, evaluation }: Case): string {
	const shown = locationsIn(part).map((location) => {
		const selections = location.text === one.text ? some : selectionsOf(location, evaluation).selections;
		const said = new Set(selections.slice(0, SAID_MAX).map((selection) => saidBy(selection, evaluation.budget)));
		const more = selections.length > SAID_MAX ? [`${selections.length - SAID_MAX} more`] : [];
		return { location, said: [...said, ...more].join(' or ') || 'nothing' };
	});
	if (shown.length === 1) return shown[0]!.said;
	return shown.map(({ location, said }) => `${location.text}: ${said}`).join('; ');
}

/** What the unknowns come to, that of the label first. */
function foundWith(label: string, value: string, { part, evaluation }: Case): string {
	const others = unknownsIn(part).filter((each) => nameOf(each) !== label);
	const said = others.map((each) => {
		const other = operandValue(each, evaluation);
		return `${nameOf(each)}: ${'why' in other ? 'nothing' : print(other)}`;
	});
	return [`${label}: ${value}`, ...said].join('; ');
}
