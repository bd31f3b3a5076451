/** What all items, and the vocabularies, say of single nodes, for whoever changes them to keep to free constraints. */
import { asWritten, type Line, placeOn, print, type Value } from '../conditions/expression-values.ts';
import type { CountsOf, NodeDemand, NodeDemands, NumberLimits } from '../conditions/node-demand.ts';
import { printRational, type Rational, toDouble } from '../conditions/rational.ts';
import { isPoint, point } from '../conditions/spans.ts';
import { endsOf, holdsWholeNumber, intersect } from '../jsdl/range.ts';
import { type AllowedPlaces, allowedPlaces } from './allowed-places.ts';
import { ordinalOf } from './atomic-value.ts';
import { type Check, type DemandsOf, prefixesAt } from './check.ts';
import { countsOn } from './counts-of-items.ts';
import { allowedRange, checkingCost, findNearest, findRangeFault, type ValueRestriction } from './facets.ts';
import { joinedRestriction } from './joined-restriction.ts';
import type { Location } from './location.ts';
import { locationKey } from './location-key.ts';
import type { Selection } from './location-selection.ts';
import { amountAt, givenAt } from './location-words.ts';
import { restrictionsOfMissing } from './missing-value.ts';
import { COMPOSITE } from './nearest-composite.ts';
import { isAllowedByAll, type Node, restrictionsAt } from './nearest-for-all.ts';

/** What all items and the vocabularies say of single nodes, for whoever changes them one by one; and the latter alone. */
export function demandsOn(check: Check): {
	readonly demands: NodeDemands;
	readonly given: NodeDemands;
	readonly counts: CountsOf;
	readonly mayLack: (gone: readonly Selection[]) => boolean;
} {
	const missing = new Map<string, readonly ValueRestriction[]>();
	const ofMissing = (location: Location): readonly ValueRestriction[] => {
		const key = locationKey(location);
		const said = missing.get(key) ?? restrictionsOfMissing(location, check);
		if (check.search.remaining >= 0) missing.set(key, said);
		return said;
	};
	const saying =
		(areItemsHeard: boolean): NodeDemands =>
		(location, node) => {
			const onNode = (): readonly ValueRestriction[] =>
				node === undefined ? ofMissing(location) : restrictionsAt(node, undefined, check);
			const said = areItemsHeard ? onNode() : [];
			const given = givenAt(location, node) ?? amountAt(location, node);
			const all = given === undefined || said.includes(given) ? said : [...said, given];
			return all.length === 0 ? undefined : knownDemand(all, node ?? { owner: check.root }, check);
		};
	return { demands: saying(true), given: saying(false), ...countsOn(check) };
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
	const otherTexts = new Map<string, { readonly text: string | undefined; readonly budget: number }>();
	let made: AllowedPlaces | undefined;
	let limits: NumberLimits | undefined;
	const places = (): AllowedPlaces => {
		const isAllowed = (text: string): boolean => isAllowedByAll(all, text, place, check);
		made ??= allowedPlaces(joinedRestriction(all), allowedRange, isAllowed, () => check.search);
		return made;
	};
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
		isListed: (line) => named.length <= NAMED_MAX && places().isEvery(line),
		...valuesAt(places, check),
		decimals: () => places().decimals(),
		limits: () => {
			limits ??= limitsOf(all);
			return limits;
		},
		isOfTexts: all.every(({ type }) => type.space === 'text'),
		otherText: (said, others) => {
			const joined = joinedRestriction(all);
			// Numbers are tried where comparisons change, and beside that.
			if (joined.type.space === 'number' || !hasOtherWord(joined, others)) return undefined;
			const key = JSON.stringify([said, ...others]);
			const before = otherTexts.get(key);
			// What was not found with more is not looked for again with less.
			const { remaining } = check.search;
			if (before !== undefined && (before.text !== undefined || before.budget >= remaining)) return before.text;
			const meant = (text: string): string | number =>
				joined.type.space === 'boolean' ? (ordinalOf(joined.type, text) ?? text) : text;
			const taken = new Set([...others].map(meant));
			const isOther = (text: string): boolean => !taken.has(meant(text));
			const found = findNearest(joined, said, check.search, prefixesAt(check, place.owner), all, isOther);
			const text = found.nearest ?? found.near;
			if (otherTexts.size < KNOWN_MAX) otherTexts.set(key, { text, budget: remaining });
			return text;
		},
	};
}

/** By the items whose values are numbers. */
function limitsOf(all: readonly ValueRestriction[]): NumberLimits {
	const ofNumbers = all.filter(({ type }) => type.space === 'number' || type.space === 'untyped');
	const ends = ofNumbers.map((each) => endsOf(allowedRange(each)) ?? NO_NUMBER);
	return {
		lower: Math.max(Number.NEGATIVE_INFINITY, ...ends.map(({ lower }) => lower)),
		upper: Math.min(Number.POSITIVE_INFINITY, ...ends.map(({ upper }) => upper)),
		isWhole: ofNumbers.some(({ type }) => type.lexical === 'integer'),
	};
}

const NO_NUMBER = { lower: Number.POSITIVE_INFINITY, upper: Number.NEGATIVE_INFINITY };

/** Whether something is left that is no number, where items without a type say what there is. */
function hasOtherWord({ type, steps }: ValueRestriction, others: ReadonlySet<string>): boolean {
	if (type.space !== 'untyped') return true;
	return steps.every(
		({ enumeration }) =>
			enumeration.length === 0 || enumeration.some(({ text, ordinal }) => ordinal === undefined && !others.has(text)),
	);
}

/** What stands at places of lines, each looked for once. */
function valuesAt(places: () => AllowedPlaces, check: Check): Pick<NodeDemand, 'at' | 'next'> {
	const known = new Map<string, Value | undefined>();
	const once = (line: Line, key: string, look: () => string | undefined): Value | undefined => {
		check.search.remaining -= 1;
		if (known.has(key)) return known.get(key);
		const text = check.search.remaining < 0 ? undefined : look();
		const place = text === undefined ? undefined : placeOn(line, text);
		const value: Value | undefined =
			place === undefined
				? undefined
				: line === 'number'
					? asWritten({ kind: 'numbers', spans: point(place) }, text!)
					: { kind: 'texts', texts: [text!] };
		if (check.search.remaining >= 0 && known.size < KNOWN_MAX) known.set(key, value);
		return value;
	};
	const keyOf = (line: Line, at: Rational): string => `${line} ${printRational(at)}`;
	return {
		at: (line, at) => once(line, keyOf(line, at), () => places().at(line, at)),
		next: (line, at, isUp, decimals) =>
			once(line, `${keyOf(line, at)} ${isUp} ${decimals}`, () => places().next(line, at, isUp, decimals)),
	};
}

/** The same few are tried again and again. */
const KNOWN_MAX = 2000;

/** Of a range all that it admits must be allowed, and of what the vocabulary leaves something. */
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
	return all.every((each) =>
		each.isGiven
			? holdsWholeNumber(intersect({ intervals }, allowedRange(each)))
			: findRangeFault(each, { intervals }, { remaining: 0 }) === undefined,
	);
}

/** Beside where a condition changes; more are not tried. */
const NAMED_MAX = 32;
