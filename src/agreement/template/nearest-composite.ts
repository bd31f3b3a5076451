/** The nearest value of types whose values have parts: lists and unions. */
import { atomicValue, ordinalOf } from './atomic-value.ts';
import { judgeValue } from './facet-check.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { meaningOf } from './meaning.ts';
import { leastDifferent } from './nearest-listed.ts';
import { nearestAmongTexts, type SearchNotes, type Trials, type Wanted } from './nearest-written.ts';
import type { ValueSpace } from './simple-type.ts';
import { comparable, differenceOf } from './text-distance.ts';
import { lengthsOf } from './value-machines.ts';

/** The types that are looked at here. */
export const COMPOSITE: ReadonlySet<ValueSpace> = new Set(['list', 'union']);

/** The text itself where the member or item allows it, or the nearest that does. */
export type NearestOf = (member: ValueRestriction, text: string) => string | undefined;

/**
 * The nearest value, or undefined where none falls out. Of a union the nearest of a member: that of one whose value is
 * said, or else meant, by its distance; of others the one with the fewest different characters. Of lists that are
 * enumerated the one with the fewest other items, of equals that whose items are nearest; of others each item as it is or
 * the nearest, and as many of them as may be. Where a pattern says how the list is written, the nearest text to that.
 * Each is tried before it is told.
 */
export function findNearestComposite(
	restriction: ValueRestriction,
	value: string,
	nearestOf: NearestOf,
	trials: Trials,
	budget: StepBudget,
	notes: SearchNotes,
): string | undefined {
	if (budget.remaining <= 0) return undefined;
	const wanted: Wanted = { restriction, allowed: { intervals: [] }, ...trials, budget, notes };
	if (restriction.type.space === 'union') return nearestOfMembers(wanted, value, nearestOf);
	const isEnumerated = restriction.steps.some(({ enumeration }) => enumeration.length > 0);
	const list = isEnumerated ? nearestListed(wanted, value) : nearestList(wanted, value, nearestOf);
	if (list !== undefined && trials.isAllowed(list)) return list;
	const written = nearestAmongTexts(wanted, list ?? value);
	if (written !== undefined || isEnumerated) return written;
	// A pattern may demand another number of items.
	const counts = Array.from({ length: COUNTS_TRIED }, (_, count) => nearestList(wanted, value, nearestOf, count));
	return counts.find((text) => text !== undefined && trials.isAllowed(text));
}

const COUNTS_TRIED = 9;

/** A candidate of a member: 0: what is said is a value of it, 1: it means one, 2: it is compared as a text. */
interface Candidate {
	readonly text: string;
	readonly rank: 0 | 1 | 2;
	readonly line: string;
	readonly distance: number;
}

function nearestOfMembers(wanted: Wanted, value: string, nearestOf: NearestOf): string | undefined {
	const best = new Map<string, Candidate>();
	const reserve = wanted.budget.remaining / 2;
	const members = membersWithin(wanted.restriction);
	// The words of several are as many words.
	const words = members.filter(isOfWords).flatMap(({ steps }) => steps.flatMap(({ enumeration }) => enumeration));
	const word = leastDifferent([...new Set(words.map(({ text }) => text))], value, wanted);
	if (word !== undefined) best.set('words', { text: word, rank: 2, line: 'words', distance: 0 });
	for (const [index, member] of members.entries()) {
		if (isOfWords(member)) continue;
		if (wanted.budget.remaining < reserve && best.size > 0) {
			wanted.notes.isNear = true;
			break;
		}
		const text = nearestOf(member, value);
		if (text === undefined || !wanted.isAllowed(text)) continue;
		const candidate = candidateOf(member, value, text, index);
		const known = best.get(candidate.line);
		if (known === undefined || isBefore(candidate, known)) best.set(candidate.line, candidate);
	}
	const least = Math.min(...[...best.values()].map(({ rank }) => rank));
	const alike = [...best.values()].filter(({ rank }) => rank === least);
	// The same value, written otherwise, before any other: `false` for 0, where that is a truth.
	const same = alike.filter(({ distance }) => least < 2 && distance === 0);
	return leastDifferent(
		(same.length > 0 ? same : alike).map(({ text }) => text),
		value,
		wanted,
	);
}

/** Texts that are enumerated, and nothing else. */
function isOfWords({ type, steps }: ValueRestriction): boolean {
	return type.space === 'text' && steps.some(({ enumeration }) => enumeration.length > 0);
}

function isBefore(one: Candidate, other: Candidate): boolean {
	return one.rank === other.rank ? one.distance < other.distance : one.rank < other.rank;
}

/** Numbers of all types lie on one line. */
function candidateOf({ type }: ValueRestriction, value: string, text: string, index: number): Candidate {
	const meant = meaningOf(type, value);
	const [said, at] = [meant === undefined ? undefined : ordinalOf(type, meant), ordinalOf(type, text)];
	if (type.space === 'untyped' || meant === undefined || said === undefined || at === undefined) {
		return { text, rank: 2, line: `text ${index}`, distance: 0 };
	}
	return { text, rank: meant === value ? 0 : 1, line: type.space, distance: said === at ? 0 : Math.abs(said - at) };
}

/** An item, and what it shares with equal ones. */
interface Item {
	readonly key: string;
	readonly ordinal: number | undefined;
}

/** Steps of a budget: to judge an item. */
const STEPS_PER_ITEM = 32;

/** The enumerated list that is nearest by its items; of equals the one with the fewest different characters. */
function nearestListed({ restriction, isKept, budget, notes }: Wanted, value: string): string | undefined {
	const item = restriction.type.members![0]!;
	// So that what is found can be tried, too.
	const reserve = budget.remaining / 2;
	const itemsOf = (text: string): readonly Item[] => {
		const texts = text === '' ? [] : text.split(' ', ITEMS_MAX);
		budget.remaining -= STEPS_PER_ITEM * texts.length;
		return budget.remaining < 0 ? [] : texts.map((each) => itemOf(item, each));
	};
	const said = itemsOf(value);
	const saidKeys = said.map(({ key }) => key);
	let nearest: string | undefined;
	let least: readonly number[] = [];
	for (const { text } of restriction.steps.flatMap(({ enumeration }) => enumeration)) {
		const items = itemsOf(text);
		const most = (least[0] ?? Number.POSITIVE_INFINITY) + 1;
		const keys = items.map(({ key }) => key);
		const changed = differenceOf(keys, saidKeys, most, budget);
		const different = changed >= most ? 0 : differenceOf(comparable(text), comparable(value), ITEMS_MAX, budget);
		if (budget.remaining < reserve) {
			notes.isNear = true;
			break;
		}
		const distance = distanceBetween(items, said);
		const price = [changed, distance === undefined ? 1 : 0, distance ?? 0, different];
		const order = price.map((each, at) => Math.sign(each - (least[at] ?? Number.POSITIVE_INFINITY)));
		if ((order.find((each) => each !== 0) ?? 0) >= 0 || !isKept(text)) continue;
		nearest = text;
		least = price;
	}
	return nearest;
}

function itemOf(item: ValueRestriction, text: string): Item {
	const judgement = judgeValue({ ...item, steps: [] }, text);
	const value = judgement.ok ? judgement.value : atomicValue(item.type, meaningOf(item.type, text) ?? text);
	return { key: value?.key ?? `other ${text}`, ordinal: value?.ordinal };
}

/** Of as many items, each on the line of the other: how far they are from each other together. */
function distanceBetween(items: readonly Item[], others: readonly Item[]): number | undefined {
	if (items.length !== others.length) return undefined;
	let distance = 0;
	for (const [at, { key, ordinal }] of items.entries()) {
		const other = others[at]!;
		if (key === other.key) continue;
		if (ordinal === undefined || other.ordinal === undefined) return undefined;
		distance += Math.abs(ordinal - other.ordinal);
	}
	return distance;
}

/** Each item as it is or the nearest that is allowed; of too many the first, of too few the last once more. */
function nearestList(
	{ restriction: { type, steps }, budget, notes }: Wanted,
	value: string,
	nearestOf: NearestOf,
	count?: number,
): string | undefined {
	const [least, most] = lengthsOf(steps);
	const items = value === '' ? [] : value.split(' ');
	const near: string[] = [];
	const wanted = count ?? Math.max(least, type.isNeverEmpty ? 1 : 0, Math.min(items.length, most));
	if (wanted > ITEMS_MAX) notes.isNear = true;
	for (let index = 0; index < Math.min(wanted, ITEMS_MAX); index += 1) {
		const item = items[index] ?? near.at(-1) ?? '';
		const nearest = budget.remaining < 0 ? undefined : nearestOf(type.members![0]!, item);
		if (nearest === undefined) return undefined;
		near.push(nearest);
	}
	return near.join(' ');
}

/** A longer list is no help to anybody. */
const ITEMS_MAX = 1000;

/** The members of a union, with what the union itself demands of how they are written and which values they are. */
function membersWithin(restriction: ValueRestriction): readonly ValueRestriction[] {
	const { type, steps } = restriction;
	if (steps.length === 0) return type.members ?? [];
	const known = WITHIN.get(restriction);
	if (known !== undefined) return known;
	const members = (type.members ?? []).flatMap((member) => {
		const own = steps.map((step) => ({
			...step,
			enumeration: step.enumeration.filter(({ text }) => judgeValue(member, text).ok),
		}));
		const isIn = own.every(({ enumeration }, at) => enumeration.length > 0 || steps[at]!.enumeration.length === 0);
		return isIn ? [{ ...member, steps: [...member.steps, ...own] }] : [];
	});
	WITHIN.set(restriction, members);
	return members;
}

/** Of each member the same restriction every time: what is found out about it stays. */
const WITHIN = new WeakMap<ValueRestriction, readonly ValueRestriction[]>();
