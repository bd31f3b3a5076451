/**
 * What is told of several violations at once: whether all of it does together, and where it does not, what would. The
 * constraints that have nodes in common are taken for one, with what items say of these nodes; others are taken in only
 * when what was found breaks them.
 */
import type { Gradual } from '../../parts.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import { type Evaluation, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { type CountsOf, isCountAllowed, type NodeDemand, type NodeDemands } from './node-demand.ts';
import { inOneWording } from './one-wording.ts';
import { holdsWith, keyOf, type PlaceKey, type Put, type Puts, putOf } from './puts.ts';
import { type Group, groupOf, joined, placesOfParts, type Telling, toldOf } from './settlement-groups.ts';
import { findTogether } from './together.ts';
import { locationName } from './unknowns.ts';

/**
 * `told`: it does with all the others; `apart`: it does not, and nothing was found that would; `unknown`: there was not
 * the time; else what would do.
 */
export type Settled = 'told' | 'apart' | 'unknown' | { readonly puts: readonly Put[]; readonly isProven: boolean };

/** What does together: each telling as it settled. `parts`: all that has to hold. */
export function* settle(
	tellings: readonly Telling[],
	parts: readonly Condition[],
	document: Evaluation,
): Gradual<readonly Settled[]> {
	const counts = withKept(tellings, document);
	const evaluation: Evaluation = { ...document, demands: withTold(tellings, document.demands), counts };
	const { budget } = evaluation;
	const placesOf = placesOfParts(evaluation);
	const byPart = Map.groupBy(tellings.keys(), (index) => tellings[index]!.part ?? index);
	let groups = joined(
		[...byPart].map(([part, members]) => {
			if (typeof part !== 'number') return groupOf(part, members, placesOf(part));
			return groupOf(undefined, members, tellings[part]!.puts?.map(keyOf) ?? []);
		}),
	);
	for (let round = 0; round < ROUNDS_MAX; round += 1) {
		for (const group of groups) {
			if (budget.remaining < 0) return tellings.map(() => 'unknown');
			yield;
			if (group.settled === undefined) yield* settleGroup(group, tellings, round === 0, evaluation);
		}
		const all: Puts = new Map(groups.flatMap(({ puts }) => [...puts]));
		const taken = new Set(groups.flatMap((group) => [...group.parts]));
		const broken: Condition[] = [];
		for (const part of parts) {
			if (budget.remaining < 0) return tellings.map(() => 'unknown');
			yield;
			if (taken.has(part) || !placesOf(part).some((key) => all.has(key))) continue;
			if (!holdsWith(part, all, evaluation)) broken.push(part);
		}
		if (broken.length === 0) break;
		groups = joined([...groups, ...broken.map((part) => groupOf(part, [], placesOf(part)))]);
	}
	const left = groups.filter(({ puts }) => [...puts.values()].some(isLeftOut));
	const gone = left.flatMap(({ puts }) => [...puts.values()].filter(isLeftOut));
	if (!mayLeaveOut(gone, evaluation)) for (const group of left) group.settled = { kind: 'apart' };
	return outcomes(groups, tellings, placesOf);
}

/** Each time at least one more constraint is taken in; more than these seldom hang together. */
const ROUNDS_MAX = 8;

function* settleGroup(
	group: Group,
	tellings: readonly Telling[],
	isFirst: boolean,
	evaluation: Evaluation,
): Gradual<void> {
	const telling = toldOf(group, tellings);
	const told = telling === 'contradicts itself' ? undefined : telling;
	// What others put elsewhere says nothing of these parts.
	const holds = (puts: Puts): boolean => [...group.parts].every((part) => holdsWith(part, puts, evaluation));
	const isAlone = isFirst && group.tellings.size < 2 && telling === undefined;
	const isCut = [...group.tellings].some((index) => tellings[index]!.isCut);
	const isEnough = (): boolean => told !== undefined && areAllowed(told, evaluation) && holds(told);
	if (group.parts.size === 0 || isAlone || isCut || isEnough()) {
		group.settled = { kind: 'told' };
		group.puts = told ?? new Map();
		return;
	}
	const whole = inOneWording([...group.parts], evaluation);
	const found = yield* withShareGradually(evaluation.budget, 2, (budget) =>
		findTogether(whole, { ...evaluation, budget }, 1),
	);
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
	if (found !== undefined && isSure && areAllowed(puts, evaluation) && holds(puts)) {
		group.settled = { kind: 'found', isProven: found.isProven };
		group.puts = puts;
		return;
	}
	const one = [...group.tellings]
		.map((index) => putsByOne(index, group, tellings))
		.find((each) => areAllowed(each, evaluation) && each.size > 0 && holds(each));
	group.settled = one === undefined ? { kind: 'apart' } : { kind: 'found', isProven: false };
	group.puts = one ?? group.puts;
}

/** All that is told of the group, and where two things are told of one place, what this one does. */
function putsByOne(index: number, group: Group, tellings: readonly Telling[]): Puts {
	const others = [...group.tellings].flatMap((each) => tellings[each]!.puts ?? []);
	return new Map([...others, ...(tellings[index]!.puts ?? [])].map((put) => [keyOf(put), put]));
}

/** With the numbers that items tell in another way than they are printed: nobody else knows how they are to be written. */
function withTold(tellings: readonly Telling[], demands: NodeDemands | undefined): NodeDemands | undefined {
	const told = new Map<PlaceKey, string>();
	for (const { part, puts = [] } of tellings) {
		if (part !== undefined) continue;
		for (const put of puts)
			if (put.to.kind === 'numbers' && put.to.text !== undefined) told.set(keyOf(put), put.to.text);
	}
	if (demands === undefined || told.size === 0) return demands;
	const known = new Map<PlaceKey, NodeDemand>();
	return (location, selection) => {
		const demand = demands(location, selection);
		const key = keyOf({ location, ...(selection === undefined ? {} : { selection }) });
		const text = told.get(key);
		if (demand === undefined || text === undefined) return demand;
		const more = known.get(key) ?? { ...demand, named: [text, ...demand.named] };
		known.set(key, more);
		return more;
	};
}

/** Of what is told to be left out as much as items let be left out together; there has to be one of the others. */
function withKept(tellings: readonly Telling[], evaluation: Evaluation): CountsOf | undefined {
	const gone: Put[] = [];
	const kept = new Set<string>();
	for (const put of tellings.flatMap(({ puts = [] }) => puts.filter(isLeftOut))) {
		if (mayLeaveOut([...gone, put], evaluation)) gone.push(put);
		else kept.add(locationName(put.location));
	}
	const { counts } = evaluation;
	if (kept.size === 0 || counts === undefined) return counts;
	return (location, selections) => {
		const known = counts(location, selections);
		return kept.has(locationName(location)) ? { ...known, least: Math.max(1, known.least) } : known;
	};
}

function mayLeaveOut(gone: readonly Put[], evaluation: Evaluation): boolean {
	if (gone.length < 2 || evaluation.mayLack === undefined) return true;
	return evaluation.mayLack(gone.flatMap(({ location }) => selectionsOf(location, evaluation).selections));
}

function isLeftOut({ isCount, to }: Put): boolean {
	return isCount === true && to.kind === 'numbers' && to.spans[0]?.lower === 0;
}

/** By the items about the nodes. */
function areAllowed(puts: Puts, evaluation: Evaluation): boolean {
	const { demands, counts } = evaluation;
	return [...puts.values()].every(({ location, selection, isCount, to }) =>
		isCount
			? isCountAllowed(counts?.(location, selectionsOf(location, evaluation).selections), to)
			: demands?.(location, selection)?.isAllowed(to) !== false,
	);
}

function outcomes(
	groups: readonly Group[],
	tellings: readonly Telling[],
	placesOf: (part: Condition) => readonly PlaceKey[],
): readonly Settled[] {
	const settled: Settled[] = tellings.map(() => 'told');
	for (const { tellings: members, puts, settled: how } of groups) {
		if (how === undefined || how.kind === 'apart') {
			for (const index of members) settled[index] = 'apart';
			continue;
		}
		if (how.kind !== 'found') continue;
		const untold = new Set(puts.keys());
		const own = [...members].map((index) => {
			const { part, puts: before = [] } = tellings[index]!;
			const keys = part === undefined ? before.map(keyOf) : placesOf(part);
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
