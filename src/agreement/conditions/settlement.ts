/**
 * What is told of several violations at once: whether all of it does together, and where it does not, what would. The
 * constraints that have nodes in common are taken for one, with what items say of these nodes; others are taken in only
 * when what was found breaks them.
 */
import { withShare } from '../template/nearest-share.ts';
import type { Evaluation } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { print } from './expression-values.ts';
import { holdsWith, keyOf, keysIn, type PlaceKey, type Put, type Puts, putOf } from './puts.ts';
import { findTogether } from './together.ts';

/** What is told of one violation. */
export interface Telling {
	/** What does not hold; absent: an item says so. */
	readonly part?: Condition;
	/** Absent: nothing was told that can be put in a place. */
	readonly puts?: readonly Put[];
	/** What is told of others of its nodes is not listed: it cannot do as it is. */
	readonly isCut?: boolean;
}

/** `told`: it does with all the others; `apart`: it does not, and nothing was found that would; `unknown`: there was not the time; else what would do. */
export type Settled = 'told' | 'apart' | 'unknown' | { readonly puts: readonly Put[]; readonly isProven: boolean };

/** Violations, and what of it does not hold, that are about the same nodes. */
interface Group {
	readonly parts: Set<Condition>;
	readonly tellings: Set<number>;
	readonly keys: Set<PlaceKey>;
	settled?: { readonly kind: 'told' | 'apart' } | { readonly kind: 'found'; readonly isProven: boolean };
	puts: Puts;
}

/** What does together: each telling as it settled. `parts`: all that has to hold. */
export function settle(
	tellings: readonly Telling[],
	parts: readonly Condition[],
	evaluation: Evaluation,
): readonly Settled[] {
	let groups: Group[] = [];
	for (const [index, { part, puts }] of tellings.entries()) {
		const known = part && groups.find((group) => group.parts.has(part));
		if (known !== undefined) known.tellings.add(index);
		else groups.push(groupOf(part, index, evaluation, puts));
	}
	groups = joined(groups);
	for (let round = 0; round < ROUNDS_MAX; round += 1) {
		for (const group of groups) {
			if (group.settled === undefined) settleGroup(group, tellings, round === 0, allPuts(groups), evaluation);
		}
		const all = allPuts(groups);
		const open = parts.filter(
			(part) => !groups.some((group) => group.parts.has(part)) && keysIn(part, evaluation).some((key) => all.has(key)),
		);
		const broken = open.filter((part) => !holdsWith(part, all, evaluation));
		if (evaluation.budget.remaining < 0) return tellings.map(() => 'unknown');
		if (broken.length === 0) break;
		groups = joined([...broken.map((part) => groupOf(part, undefined, evaluation)), ...groups]);
		if (round + 1 === ROUNDS_MAX)
			for (const group of groups) if (group.settled === undefined) group.settled = { kind: 'apart' };
	}
	return outcomes(groups, tellings, evaluation);
}

/** Each time at least one more constraint is taken in; more than these seldom hang together. */
const ROUNDS_MAX = 8;

function groupOf(
	part: Condition | undefined,
	index: number | undefined,
	evaluation: Evaluation,
	puts: readonly Put[] = [],
): Group {
	const keys = part === undefined ? puts.map(keyOf) : keysIn(part, evaluation);
	return {
		parts: new Set(part === undefined ? [] : [part]),
		tellings: new Set(index === undefined ? [] : [index]),
		keys: new Set(keys),
		puts: new Map(),
	};
}

/** Those that have nodes in common as one, which is not settled where one of several was. */
function joined(groups: readonly Group[]): Group[] {
	const all: Group[] = [];
	for (const group of groups) {
		const alike = all.filter(({ keys }) => [...group.keys].some((key) => keys.has(key)));
		if (alike.length === 0) {
			all.push(group);
			continue;
		}
		const [first, ...others] = [...alike, group];
		const one: Group = {
			parts: new Set([first!, ...others].flatMap((each) => [...each.parts])),
			tellings: new Set([first!, ...others].flatMap((each) => [...each.tellings])),
			keys: new Set([first!, ...others].flatMap((each) => [...each.keys])),
			puts: new Map(),
		};
		all.splice(0, all.length, ...all.filter((each) => !alike.includes(each)), one);
	}
	return all;
}

function allPuts(groups: readonly Group[]): Puts {
	return new Map(groups.flatMap(({ puts }) => [...puts]));
}

/** What is told of all of it; undefined where it contradicts itself, or something is not told. */
function candidates({ tellings }: Group, all: readonly Telling[]): Puts | undefined {
	const puts = new Map<PlaceKey, Put>();
	for (const index of tellings) {
		const told = all[index]!.puts;
		if (told === undefined) return undefined;
		for (const put of told) {
			const known = puts.get(keyOf(put));
			if (known !== undefined && print(known.to) !== print(put.to)) return undefined;
			puts.set(keyOf(put), put);
		}
	}
	return puts;
}

function settleGroup(
	group: Group,
	tellings: readonly Telling[],
	isFirst: boolean,
	others: Puts,
	evaluation: Evaluation,
): void {
	const told = candidates(group, tellings);
	const holds = (puts: Puts): boolean => {
		const all = new Map([...others, ...puts]);
		return [...group.parts].every((part) => holdsWith(part, all, evaluation));
	};
	if (group.parts.size === 0) {
		group.settled = { kind: 'told' };
		group.puts = told ?? new Map();
		return;
	}
	const isAlone = isFirst && group.tellings.size < 2 && told === undefined;
	const isCut = [...group.tellings].some((index) => tellings[index]!.isCut);
	if (
		isAlone ||
		isCut ||
		(told !== undefined && [...told.values()].every((put) => isAllowed(put, evaluation)) && holds(told))
	) {
		group.settled = { kind: 'told' };
		group.puts = told ?? new Map();
		return;
	}
	const conditions = [...group.parts];
	const whole: Condition = conditions.length === 1 ? conditions[0]! : { kind: 'and', text: '', conditions };
	const found = withShare(evaluation.budget, 2, (budget) => findTogether(whole, { ...evaluation, budget }, 1));
	const puts = new Map(
		found?.changes.map((change) => {
			const put = putOf(change, evaluation);
			return [keyOf(put), put] as const;
		}),
	);
	const isSure = puts.size === found?.changes.length;
	for (const index of group.tellings) {
		const { part, puts: before = [] } = tellings[index]!;
		if (part === undefined) for (const put of before) if (!puts.has(keyOf(put))) puts.set(keyOf(put), put);
	}
	if (found === undefined || !isSure || !holds(puts)) {
		group.settled = { kind: 'apart' };
		return;
	}
	group.settled = { kind: 'found', isProven: found.isProven };
	group.puts = puts;
}

/** By the items about it. */
function isAllowed({ location, selection, isCount, to }: Put, { demands }: Evaluation): boolean {
	return isCount || demands?.(location, selection)?.isAllowed(to) !== false;
}

function outcomes(groups: readonly Group[], tellings: readonly Telling[], evaluation: Evaluation): readonly Settled[] {
	const settled: Settled[] = tellings.map(() => 'told');
	for (const { tellings: members, puts, settled: how } of groups) {
		if (how?.kind === 'apart') {
			for (const index of members) settled[index] = 'apart';
			continue;
		}
		if (how?.kind !== 'found') continue;
		const untold = new Set(puts.keys());
		const own = [...members].map((index) => {
			const { part, puts: before = [] } = tellings[index]!;
			const keys = part === undefined ? before.map(keyOf) : keysIn(part, evaluation);
			for (const key of keys) untold.delete(key);
			return [index, new Set(keys.filter((key) => puts.has(key)))] as const;
		});
		// What changes for the sake of others is told with the first.
		for (const [nth, [index, keys]] of own.entries()) {
			const all = [...keys, ...(nth === 0 ? untold : [])];
			settled[index] = { puts: all.map((key) => puts.get(key)!), isProven: how.isProven };
		}
	}
	return settled;
}
