/**
 * The nearest value that all items allow that are about a node, in the place of one that only the violated item allows:
 * looked for by the facets of all of them as by those of one, and held against each of them before it is told.
 */
import { print, type Value } from '../conditions/expression-values.ts';
import type { NodeDemand, NodeDemands } from '../conditions/node-demand.ts';
import { toDouble } from '../conditions/rational.ts';
import { isPoint } from '../conditions/spans.ts';
import { endsOf, intersect, isEmpty, onlyValue, printRange, type RangeValue } from '../jsdl/range.ts';
import { printDouble } from '../lexical.ts';
import { XS } from '../names.ts';
import { atomicValue } from './atomic-value.ts';
import { type Check, type DemandsOf, prefixesAt } from './check.ts';
import {
	allowedRange,
	type Bound,
	type BoundKind,
	checkingCost,
	type FacetSet,
	findNearest,
	findRangeFault,
	isValueAllowed,
	type ValueFault,
	type ValueRestriction,
} from './facets.ts';
import type { Location } from './location.ts';
import { locationKey } from './location-key.ts';
import type { Selection } from './location-selection.ts';
import { COMPOSITE } from './nearest-composite.ts';
import { payerOf } from './nearest-share.ts';
import { findRestrictions, type RestrictionsOfNodes, restrictionsOf } from './restrictions-of-nodes.ts';
import { type SimpleType, simpleTypeNamed } from './simple-type.ts';

type Node = Pick<Selection, 'owner' | 'attribute'>;

/** The same fault, with the nearest value that all items allow, or none. */
export function forAllItems(
	fault: ValueFault,
	violated: ValueRestriction,
	value: string,
	node: Node,
	check: Check,
): ValueFault {
	const told = fault.nearest ?? fault.near;
	const all = told === undefined ? [] : restrictionsAt(node, violated, check);
	if (all.length < 2 || isAllowedByAll(all, told === NO_ELEMENT ? '' : told!, node, check)) return fault;
	return instead(fault, all, value, node, check);
}

/** What is told of an empty value in the place of elements. */
const NO_ELEMENT = 'no element';

/** The same of a range: what all items leave of it, or a value that they allow. */
export function rangeForAllItems(
	fault: ValueFault,
	violated: ValueRestriction,
	range: RangeValue,
	node: Node,
	check: Check,
): ValueFault {
	const value = printDouble(endsOf(range)?.lower ?? 0);
	if (onlyValue(range) !== undefined || fault.nearest === undefined) {
		return forAllItems(fault, violated, value, node, check);
	}
	const all = restrictionsAt(node, violated, check);
	if (all.length < 2) return fault;
	const common = all.reduce((left, each) => intersect(left, allowedRange(each)), range);
	const isKept = all.every((each) => findRangeFault(each, common, { remaining: 0 }) === undefined);
	return isKept ? { why: fault.why, nearest: printRange(common) } : instead(fault, all, value, node, check);
}

/** What all items say of single nodes, for whoever changes them one by one; of what is missing those with its Location. */
export function demandsOfItems(check: Check): NodeDemands {
	return (location, node) => {
		const all = node === undefined ? restrictionsAlike(location, check) : restrictionsAt(node, undefined, check);
		return all.length === 0 ? undefined : knownDemand(all, node ?? { owner: check.root }, check);
	};
}

/** Nodes of which the same is said have one, unless it hangs on their prefixes. */
function knownDemand(all: readonly ValueRestriction[], place: Node, check: Check): NodeDemand {
	if (all.some(({ type }) => type.space === 'QName' || COMPOSITE.has(type.space))) return demandOf(all, place, check);
	const alike = all.reduce<DemandsOf | undefined>((known, each) => known?.behind.get(each), check.demands);
	if (alike?.demand !== undefined) return alike.demand;
	let at = check.demands;
	for (const each of all) {
		const next = at.behind.get(each) ?? { behind: new Map() };
		at.behind.set(each, next);
		at = next;
	}
	at.demand = demandOf(all, place, check);
	return at.demand;
}

function demandOf(all: readonly ValueRestriction[], place: Node, check: Check): NodeDemand {
	const steps = all.flatMap((each) => each.steps);
	const ofTypes = all.flatMap(({ type }) => [type.min ?? [], type.max ?? []].flat());
	const ofSteps = steps.flatMap(({ bounds, enumeration }) => [
		...bounds.map(({ lexical }) => lexical),
		...enumeration.map(({ text }) => text),
	]);
	const named = [...new Set([...ofTypes, ...ofSteps])];
	const known = new Map<string, boolean>();
	return {
		isAllowed: (value) => {
			const text = print(value);
			check.search.remaining -= 1;
			const key = `${value.kind} ${text}`;
			const isAllowed = known.get(key) ?? isAllowedValue(all, value, text, place, check);
			if (check.search.remaining >= 0 && known.size < KNOWN_MAX) known.set(key, isAllowed);
			return isAllowed;
		},
		named: named.slice(0, NAMED_MAX),
		isListed: named.length <= NAMED_MAX && steps.every(({ patterns }) => patterns.length === 0),
	};
}

/** The same few are tried again and again. */
const KNOWN_MAX = 2000;

function restrictionsAlike(location: Location, { binding }: Check): readonly ValueRestriction[] {
	return binding.flatMap((each) =>
		'condition' in each || locationKey(each.location) !== locationKey(location) ? [] : (each.value ?? []),
	);
}

/** Of a range all that it admits must be allowed. */
function isAllowedValue(
	all: readonly ValueRestriction[],
	value: Value,
	text: string,
	node: Node,
	check: Check,
): boolean {
	if (value.kind === 'texts' || (value.spans.length === 1 && isPoint(value.spans[0]!))) {
		return isAllowedByAll(all, text, node, check);
	}
	const intervals = value.spans.map((span) => ({ ...span, lower: toDouble(span.lower), upper: toDouble(span.upper) }));
	check.search.remaining -= all.reduce((cost, each) => cost + checkingCost(each, 0), 0);
	return all.every((each) => findRangeFault(each, { intervals }, { remaining: 0 }) === undefined);
}

/** Beside where a condition changes; more are not tried. */
const NAMED_MAX = 32;

/** Where there is not the time to look at what the others say it is this one alone. */
function restrictionsAt(node: Node, violated: ValueRestriction | undefined, check: Check): readonly ValueRestriction[] {
	check.ofNodes ??= lookUp(check);
	const all = restrictionsOf(check.ofNodes, node);
	return violated === undefined || all.includes(violated) ? all : [...all, violated];
}

/** Once for a check, at the cost of all who search in it: what one of them has would not be enough. */
function lookUp({ root, binding, search, index }: Check): RestrictionsOfNodes {
	const payer = payerOf(search);
	const steps = { remaining: Math.min(LOOKING_UP_STEPS_MAX, payer.remaining / 4) };
	const before = steps.remaining;
	// What the search has looked up must not make the check cheaper.
	const found = findRestrictions(root, binding, steps, { ...index });
	payer.remaining -= Math.min(before, before - steps.remaining);
	return found ?? NOTHING;
}

/** Some two milliseconds. */
const LOOKING_UP_STEPS_MAX = 120_000;
const NOTHING: RestrictionsOfNodes = { ofElements: new Map(), ofAttributes: new Map() };

function isAllowedByAll(all: readonly ValueRestriction[], text: string, { owner }: Node, check: Check): boolean {
	const { search } = check;
	return all.every((each) => {
		search.remaining -= checkingCost(each, text.length);
		return search.remaining >= 0 && isValueAllowed(each, text, prefixesAt(check, owner));
	});
}

function instead(
	{ why }: ValueFault,
	all: readonly ValueRestriction[],
	value: string,
	node: Node,
	check: Check,
): ValueFault {
	const prefixes = prefixesAt(check, node.owner);
	const joined = all.slice(0, JOINED_MAX).reduce(join);
	if (joined.type.space === 'number' && isEmpty(allowedRange(joined))) return { why, isDisputed: true };
	const found = findNearest(joined, value, check.search, prefixes, all);
	if (found.nearest !== undefined || found.near !== undefined) return { why, ...found };
	const near = byTurns(all, value, node, check);
	if (near !== undefined) return { why, near };
	return check.search.isShort ? { why } : { why, isDisputed: true };
}

/** What more items than these say of one node is only tried. */
const JOINED_MAX = 16;

/** From what one item allows to what the next does, until they all do. */
function byTurns(all: readonly ValueRestriction[], value: string, node: Node, check: Check): string | undefined {
	const prefixes = prefixesAt(check, node.owner);
	let text = value;
	for (let turn = 0; turn < TURNS_MAX; turn += 1) {
		for (const each of all) {
			check.search.remaining -= checkingCost(each, text.length);
			if (check.search.remaining < 0) return undefined;
			if (isValueAllowed(each, text, prefixes)) continue;
			const { nearest, near } = findNearest(each, text, check.search, prefixes);
			const next = nearest ?? near;
			if (next === undefined) return undefined;
			text = next;
		}
		if (isAllowedByAll(all, text, node, check)) return text;
	}
	return undefined;
}

const TURNS_MAX = 4;

/** By the narrower type all that both say; where the types have no values in common by that of the one, for a try. */
function join(one: ValueRestriction, other: ValueRestriction): ValueRestriction {
	const known = JOINED.get(one)?.get(other);
	if (known !== undefined) return known;
	const type = narrower(one.type, other.type);
	const wider = type === one.type ? other.type : one.type;
	const joined: ValueRestriction = {
		type,
		whiteSpace: [one, other].some(({ whiteSpace }) => whiteSpace === 'collapse') ? 'collapse' : one.whiteSpace,
		steps: [...one.steps, ...other.steps, limitsOf(wider)].map((step) => ({
			...step,
			bounds: step.bounds.map(withDigits),
		})),
	};
	const ofOne = JOINED.get(one) ?? new WeakMap<ValueRestriction, ValueRestriction>();
	JOINED.set(one, ofOne.set(other, joined));
	return joined;
}

/** Templates stay, and what is found out about a restriction stays with it. */
const JOINED = new WeakMap<ValueRestriction, WeakMap<ValueRestriction, ValueRestriction>>();

function narrower(one: SimpleType, other: SimpleType): SimpleType {
	return rankOf(one) <= rankOf(other) ? one : other;
}

/** Texts are what everything is written as; lists and unions are looked at by their parts. */
function rankOf({ space, lexical, isSingle, form, words }: SimpleType): number {
	if (space === 'number') return ['integer', 'decimal'].indexOf(lexical ?? '') + (lexical ? 0 : isSingle ? 3 : 4);
	if (space === 'untyped') return 9;
	if (space === 'text') return form === undefined && words === undefined ? 8 : 7;
	return COMPOSITE.has(space) ? 6 : 5;
}

/** Those of the type itself, as facets. */
function limitsOf({ space, min, max }: SimpleType): FacetSet {
	const bound = (kind: BoundKind, lexical: string | undefined): readonly Bound[] => {
		const value = space === 'number' && lexical !== undefined ? atomicValue(DECIMAL, lexical) : undefined;
		return value === undefined ? [] : [{ kind, lexical: lexical!, ordinal: value.ordinal!, value }];
	};
	const bounds = [...bound('minInclusive', min), ...bound('maxInclusive', max)];
	return { bounds, counts: [], enumeration: [], patterns: [] };
}

/** A bound of a double may be compared with all the digits of a decimal. */
function withDigits(bound: Bound): Bound {
	return { ...bound, value: atomicValue(DECIMAL, bound.lexical) ?? bound.value };
}

const DECIMAL = simpleTypeNamed(XS, 'decimal')!;
