/** Violations that are about the same nodes, and what of it does not hold: what is told of them hangs together. */
import type { Evaluation } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { print } from './expression-values.ts';
import { keyOf, keysIn, type PlaceKey, type Put, type Puts } from './puts.ts';

/** What is told of one violation. */
export interface Telling {
	/** What does not hold; absent: an item says so. */
	readonly part?: Condition;
	/** Absent: nothing was told that can be put in a place. */
	readonly puts?: readonly Put[];
	/** What is told of others of its nodes is not listed: it cannot do as it is. */
	readonly isCut?: boolean;
}

/** Its tellings by their places; `settled`: what was found of it, with what it puts where. */
export interface Group {
	readonly parts: ReadonlySet<Condition>;
	readonly tellings: ReadonlySet<number>;
	readonly keys: readonly PlaceKey[];
	settled?: { readonly kind: 'told' | 'apart' } | { readonly kind: 'found'; readonly isProven: boolean };
	puts: Puts;
}

/** The places that each part is about, looked up once. */
export function placesOfParts(evaluation: Evaluation): (part: Condition) => readonly PlaceKey[] {
	const known = new Map<Condition, readonly PlaceKey[]>();
	return (part) => {
		const before = known.get(part);
		if (before !== undefined) return before;
		const keys = keysIn(part, evaluation);
		evaluation.budget.remaining -= STEPS_PER_PLACE * keys.length;
		known.set(part, keys);
		return keys;
	};
}

/** To look one up, and to join what has it in common. */
const STEPS_PER_PLACE = 8;

/** A group of one part, or of what an item says of one node. */
export function groupOf(part: Condition | undefined, tellings: readonly number[], keys: readonly PlaceKey[]): Group {
	const parts = new Set(part === undefined ? [] : [part]);
	return { parts, tellings: new Set(tellings), keys, puts: new Map() };
}

/** Those that have places in common as one, which is not settled yet. */
export function joined(groups: readonly Group[]): Group[] {
	const firstWith = new Map<PlaceKey, number>();
	const joinedTo = groups.map((_, index) => index);
	const rootOf = (index: number): number => {
		let root = index;
		while (joinedTo[root] !== root) root = joinedTo[root]!;
		joinedTo[index] = root;
		return root;
	};
	for (const [index, { keys }] of groups.entries()) {
		for (const key of keys) {
			const first = firstWith.get(key);
			if (first === undefined) firstWith.set(key, index);
			else joinedTo[rootOf(index)] = rootOf(first);
		}
	}
	const members = Map.groupBy(groups.keys(), rootOf);
	return [...members.values()].map((indices): Group => {
		const [first, ...others] = indices.map((index) => groups[index]!);
		if (others.length === 0) return first!;
		const all = [first!, ...others];
		return {
			parts: new Set(all.flatMap(({ parts }) => [...parts])),
			tellings: new Set(all.flatMap(({ tellings }) => [...tellings])),
			keys: all.flatMap(({ keys }) => keys),
			puts: new Map(),
		};
	});
}

/** What is told of all of it; undefined where something is not told. */
export function toldOf({ tellings }: Group, all: readonly Telling[]): Puts | 'contradicts itself' | undefined {
	const puts = new Map<PlaceKey, Put>();
	const tolds = [...tellings].map((index) => all[index]!.puts);
	if (tolds.includes(undefined)) return undefined;
	for (const told of tolds) {
		for (const put of told!) {
			const known = puts.get(keyOf(put));
			if (known !== undefined && print(known.to) !== print(put.to)) return 'contradicts itself';
			puts.set(keyOf(put), put);
		}
	}
	return puts;
}
