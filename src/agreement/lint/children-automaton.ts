/**
 * Model groups as automata that are written only as far as somebody walks them: what a group lets stand next is found by
 * what is left of it, so an xs:all of forty elements or one of a thousand in a row costs what is looked at, no more.
 */

import type { ValueRestriction } from '../template/facets.ts';
import type { NameTest } from '../template/location.ts';
import { type Particle, valueOfElement } from '../template/particles.ts';

/**
 * Which children: of that name, of any; of that namespace, of none but those listed, of any. Where the parent is not
 * known, its namespace is PARENT.
 */
export interface Label {
	readonly localName?: string;
	readonly namespace?: string;
	readonly not?: readonly string[];
}

/** Stands for the namespace of a parent that is not known by name. */
export const PARENT = '##targetNamespace';

export interface Edge {
	readonly on: Label;
	readonly value?: ValueRestriction;
	readonly to: number;
}

/** What may stand next, and whether nothing need. */
export interface Steps {
	readonly edges: readonly Edge[];
	readonly isEnd: boolean;
}

/** What is left of a group: a place in it, and what follows the place. */
type Rest =
	| { readonly id: number; readonly kind: 'end' }
	| {
			readonly id: number;
			readonly kind: 'repeated';
			readonly particle: Particle;
			readonly count: number;
			readonly next: Rest;
	  }
	| {
			readonly id: number;
			readonly kind: 'row';
			readonly row: readonly Particle[];
			readonly index: number;
			readonly next: Rest;
	  }
	| {
			readonly id: number;
			readonly kind: 'all';
			readonly all: readonly Particle[];
			readonly taken: bigint;
			readonly next: Rest;
	  };

/** One group and the states in which it has been seen so far; `budget` pays for each place that is looked at. */
export class ChildrenAutomaton {
	readonly start: number;
	readonly #namespace: string;
	readonly #budget: { remaining: number };
	readonly #rests: Rest[] = [];
	readonly #known = new Map<string, Rest>();
	readonly #steps = new Map<number, Steps>();
	readonly #numbers = new Map<object, number>();

	constructor(group: Particle, parent: NameTest | undefined, budget: { remaining: number }) {
		this.#namespace = parent?.namespace ?? PARENT;
		this.#budget = budget;
		const end = this.#add({ id: 0, kind: 'end' });
		this.start = this.#repeated(group, 0, end).id;
	}

	/** What may stand next in the state. Means nothing once the budget is spent. */
	steps(state: number): Steps {
		const known = this.#steps.get(state);
		if (known !== undefined) return known;
		const edges: Edge[] = [];
		let isEnd = false;
		const seen = new Set<number>();
		const waiting: Rest[] = [this.#rests[state]!];
		for (let rest = waiting.pop(); rest !== undefined && this.#budget.remaining >= 0; rest = waiting.pop()) {
			if (seen.has(rest.id)) continue;
			seen.add(rest.id);
			this.#budget.remaining -= 1;
			isEnd ||= rest.kind === 'end';
			this.#enter(rest, edges, waiting);
		}
		const steps = { edges, isEnd };
		this.#steps.set(state, steps);
		return steps;
	}

	#enter(rest: Rest, edges: Edge[], waiting: Rest[]): void {
		switch (rest.kind) {
			case 'end':
				return;
			case 'row': {
				const { row, index, next } = rest;
				if (index === row.length) waiting.push(next);
				else waiting.push(this.#repeated(row[index]!, 0, this.#row(row, index + 1, next)));
				return;
			}
			case 'repeated': {
				const { particle, count, next } = rest;
				const { min, max } = particle;
				// What may be nothing may be so as often as is demanded.
				const least = mayBeEmpty(particle) ? 0 : min;
				if (count >= least) waiting.push(next);
				const counted = max === Number.POSITIVE_INFINITY ? Math.min(count + 1, least) : count + 1;
				if (count < max) this.#enterOnce(particle, () => this.#repeated(particle, counted, next), edges, waiting);
				return;
			}
			case 'all': {
				const { all, taken, next } = rest;
				const left = all.map((particle, index) => ({ particle, bit: 1n << BigInt(index) }));
				const open = left.filter(({ bit }) => (taken & bit) === 0n);
				if (open.every(({ particle }) => particle.min === 0)) waiting.push(next);
				this.#budget.remaining -= all.length;
				for (const { particle, bit } of open) {
					if (particle.max > 0) this.#enterOnce(particle, () => this.#all(all, taken | bit, next), edges, waiting);
				}
			}
		}
	}

	/** One occurrence of the particle, and what is left behind it. */
	#enterOnce(particle: Particle, behind: () => Rest, edges: Edge[], waiting: Rest[]): void {
		switch (particle.kind) {
			case 'element': {
				const { localName } = particle;
				const value = valueOfElement(particle);
				const on = { localName, namespace: particle.namespace ?? this.#namespace };
				edges.push({ on, ...(value === undefined ? {} : { value }), to: behind().id });
				return;
			}
			case 'any': {
				const to = behind().id;
				for (const on of wildcardLabels(particle.namespaces, this.#namespace)) edges.push({ on, to });
				return;
			}
			case 'sequence':
				waiting.push(this.#row(particle.particles, 0, behind()));
				return;
			case 'choice':
				for (const inner of particle.particles) waiting.push(this.#repeated(inner, 0, behind()));
				return;
			case 'all':
				waiting.push(this.#all(particle.particles, 0n, behind()));
		}
	}

	#repeated(particle: Particle, count: number, next: Rest): Rest {
		return this.#rest(particle, count, next, (id) => ({ id, kind: 'repeated', particle, count, next }));
	}

	#row(row: readonly Particle[], index: number, next: Rest): Rest {
		return this.#rest(row, index, next, (id) => ({ id, kind: 'row', row, index, next }));
	}

	#all(all: readonly Particle[], taken: bigint, next: Rest): Rest {
		return this.#rest(all, `all ${taken.toString(36)}`, next, (id) => ({ id, kind: 'all', all, taken, next }));
	}

	/** Each of them once: what is left of a group the same way is the same state. */
	#rest(of: object, place: number | string, next: Rest, make: (id: number) => Rest): Rest {
		let number = this.#numbers.get(of);
		if (number === undefined) {
			number = this.#numbers.size;
			this.#numbers.set(of, number);
		}
		const key = `${number} ${place} ${next.id}`;
		let rest = this.#known.get(key);
		if (rest === undefined) {
			rest = this.#add(make(this.#rests.length));
			this.#known.set(key, rest);
		}
		return rest;
	}

	#add(rest: Rest): Rest {
		this.#rests.push(rest);
		return rest;
	}
}

/** Whether no child at all does for one occurrence of it, and so for any number of them. */
function mayBeEmpty(particle: Particle): boolean {
	const known = empty.get(particle);
	if (known !== undefined) return known;
	const isEmpty = isEmptyOnce(particle);
	empty.set(particle, isEmpty);
	return isEmpty;
}

const empty = new WeakMap<Particle, boolean>();

function isEmptyOnce(particle: Particle): boolean {
	if (particle.kind === 'element' || particle.kind === 'any') return false;
	const mayBeLeftOut = (inner: Particle): boolean => inner.min === 0 || (inner.max >= inner.min && mayBeEmpty(inner));
	return particle.kind === 'choice' ? particle.particles.some(mayBeLeftOut) : particle.particles.every(mayBeLeftOut);
}

/** The children that a wildcard takes, in an element of that namespace. */
export function wildcardLabels(
	namespaces: Extract<Particle, { kind: 'any' }>['namespaces'],
	parent: string,
): readonly Label[] {
	if (namespaces === '##any') return [{}];
	if (namespaces === '##other') return [{ not: [parent, ''] }];
	const meaning: Readonly<Record<string, string>> = { '##local': '', '##targetNamespace': parent };
	return namespaces.map((namespace) => ({ namespace: meaning[namespace] ?? namespace }));
}

/** The children that both labels mean; undefined where there are none. */
export function common(one: Label, other: Label): Label | undefined {
	const localName = one.localName ?? other.localName;
	if (one.localName !== undefined && other.localName !== undefined && one.localName !== other.localName)
		return undefined;
	const named = localName === undefined ? {} : { localName };
	const [namespaces, not] = [
		[one.namespace, other.namespace].filter((namespace) => namespace !== undefined),
		[...(one.not ?? []), ...(other.not ?? [])],
	];
	const [first, second = first] = namespaces;
	if (first === undefined) return not.length === 0 ? named : { ...named, not };
	// That of a parent that nobody knows may be any other.
	if (first !== second && first !== PARENT && second !== PARENT) return undefined;
	const namespace = first === PARENT ? second! : first;
	return namespaces.some((each) => not.includes(each)) ? undefined : { ...named, namespace };
}
