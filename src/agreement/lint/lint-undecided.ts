/** What of the relations between Locations nobody looked at to the end, and why: told once for each bound that was met. */
import type { Condition } from '../conditions/expression.ts';
import { comparisonsIn, unknownsOf } from '../conditions/unknowns.ts';
import { excerpt } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { withoutNot } from './lint-conditions.ts';
import { covers } from './lint-covering.ts';
import { hasChoice, type Source } from './relation-search.ts';

/** The relations, by the bound that was met in words: `there are more than 300 ways to choose`. */
export type Undecided = Map<string, ReadonlySet<Source>>;

/** Notes what of the group says more than claims about single Locations, which are looked at apart, and is not noted yet. */
export function noteUndecided(undecided: Undecided, why: string, group: readonly Source[]): void {
	const known = [...undecided.values()];
	const relations = group.filter((source) => isRelation(source, group) && !known.some((noted) => noted.has(source)));
	if (relations.length > 0) undecided.set(why, new Set([...(undecided.get(why) ?? []), ...relations]));
}

/** One finding for each bound, at the first that is named. */
export function describeUndecided(
	undecided: Undecided,
): readonly { readonly path: string; readonly message: string }[] {
	return [...undecided].map(([why, relations]) => {
		const [first] = relations;
		const message = `Whether ${namesOf(relations)} can be fulfilled with all that is said of their Locations was not looked at to the end, because ${why}.`;
		return { path: first!.path, message };
	});
}

function isRelation(source: Source, all: readonly Source[]): boolean {
	if ('item' in source) return false;
	if ('group' in source) return source.children.length > 1 || isCounted(source, all);
	return saysRelation(source.condition);
}

/** Whether another item says how many of the children there are; that there is one says something only beside others. */
export function isCounted(
	{ path, children }: Extract<Source, { readonly group: unknown }>,
	all: readonly Source[],
): boolean {
	return all.some((other) => {
		if (!('item' in other) || other.path === path) return false;
		const { location, multiplicity } = other.item;
		const least = children.length > 1 ? 1 : 2;
		const saysNumber = Number.isFinite(multiplicity.max) || multiplicity.min >= least;
		return saysNumber && children.some((child) => covers(location, child));
	});
}

/** Whether it says more than one thing of one Location. */
export function saysRelation(condition: Condition): boolean {
	if (hasChoice(withoutNot(condition))) return true;
	return comparisonsIn(condition).some((each) => {
		const unknowns = each.kind === 'comparison' ? unknownsOf(each) : [];
		return unknowns.length > 1 || unknowns.some((one) => one.kind === 'function' && one.name === 'sum');
	});
}

/** So many are named: who reads it wants to know where to look. */
const NAMED_MAX = 8;

function namesOf(relations: ReadonlySet<Source>): string {
	const all = [...new Set([...relations].map(({ text }) => excerpt(collapseWhiteSpace(text))))];
	const more = all.length - NAMED_MAX;
	const names = more > 0 ? [...all.slice(0, NAMED_MAX), `${more} more`] : all;
	return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
