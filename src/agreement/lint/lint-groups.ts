/**
 * Whether some children fit several model groups at once, and the schema of the element that they stand in. Groups are
 * read as automata of which all have to come to their end together; where one grows too large, nothing is said.
 */
import { contentModel } from '../lenient/content-models.ts';
import type { ContentModel } from '../lenient/model-lines.ts';
import type { NameTest } from '../template/location.ts';
import type { Particle } from '../template/particles.ts';
import { isSatisfiableValue } from './lint-restrictions.ts';

/** A group of more is nobody's template; two of these have forty thousand pairs. */
const STATES_MAX = 200;
const PAIRS_MAX = 40_000;
/** So many children in any order have 120 orders; more are not looked at. */
const ALL_MAX = 5;

/**
 * Whether an element may have children that fit all groups. Where it is known by name, they have to be in an order that
 * its schema admits. Only where it is certain that there are none the answer is no.
 */
export function mayFitAll(groups: readonly Particle[], parent?: NameTest): boolean {
	const model = parent && contentModel(parent.namespace, parent.localName);
	const automata = groups.map((group) => automatonOf(group, parent));
	const schema = parent && model && automatonOfModel(model, parent);
	const all = [...automata, ...(schema === undefined ? [] : [schema])].filter((each) => each !== undefined);
	return all.length < 2 || haveCommonWord(all);
}

/**
 * A child of that name (without a namespace: that of a parent that is not known), or of any vocabulary but that one.
 * Undefined for any child.
 */
type Label = { readonly namespace: string | undefined; readonly localName: string } | { readonly not: string };

interface State {
	readonly free: number[];
	readonly edges: { readonly on: Label | undefined; readonly to: number }[];
}

interface Automaton {
	readonly states: readonly State[];
	readonly start: number;
	readonly end: number;
}

class AutomatonWriter {
	readonly states: State[] = [];

	add(): number {
		// Beyond the limit nothing is kept: the automaton is thrown away.
		if (this.states.length <= STATES_MAX) this.states.push({ free: [], edges: [] });
		return this.states.length - 1;
	}

	free(from: number, to: number): void {
		this.states[from]!.free.push(to);
	}

	/** A state that is reached from this one by such a child. */
	child(from: number, on: Label | undefined): number {
		const to = this.add();
		this.states[from]!.edges.push({ on, to });
		return to;
	}

	finished(start: number, end: number): Automaton | undefined {
		return this.states.length > STATES_MAX ? undefined : { states: this.states, start, end };
	}
}

function automatonOf(group: Particle, parent: NameTest | undefined): Automaton | undefined {
	const writer = new AutomatonWriter();
	const start = writer.add();
	let isTooWide = false;

	/** Writes the particle as often as it may stand, from the state on; the state behind it. */
	function write(particle: Particle, from: number): number {
		const { min, max } = particle;
		const copies = Math.min(max === Number.POSITIVE_INFINITY ? min + 1 : max, STATES_MAX);
		const end = writer.add();
		let at = from;
		for (let count = 0; count < copies && writer.states.length <= STATES_MAX; count += 1) {
			if (count >= min) writer.free(at, end);
			const next = writeOnce(particle, at);
			if (count >= min && max === Number.POSITIVE_INFINITY) writer.free(next, at);
			at = next;
		}
		if (copies >= min) writer.free(at, end);
		return end;
	}

	function writeOnce(particle: Particle, from: number): number {
		switch (particle.kind) {
			case 'any':
				return writer.child(from, undefined);
			case 'element': {
				const { localName, value } = particle;
				const label = { namespace: particle.namespace ?? parent?.namespace, localName };
				return value === undefined || isSatisfiableValue(value) ? writer.child(from, label) : writer.add();
			}
			case 'sequence':
				return particle.particles.reduce((at, inner) => write(inner, at), from);
			case 'choice': {
				const end = writer.add();
				for (const inner of particle.particles) writer.free(write(inner, from), end);
				return end;
			}
			case 'all': {
				const end = writer.add();
				isTooWide ||= particle.particles.length > ALL_MAX;
				for (const order of isTooWide ? [] : ordersOf(particle.particles)) {
					writer.free(
						order.reduce((at, inner) => write(inner, at), from),
						end,
					);
				}
				return end;
			}
		}
	}

	const end = write(group, start);
	return isTooWide ? undefined : writer.finished(start, end);
}

function ordersOf(particles: readonly Particle[]): readonly (readonly Particle[])[] {
	if (particles.length === 0) return [[]];
	return particles.flatMap((first, index) =>
		ordersOf(particles.filter((_, other) => other !== index)).map((rest) => [first, ...rest]),
	);
}

/** What the table of the vocabulary says of children; undefined where it says nothing of their order. */
function automatonOfModel(model: ContentModel, parent: NameTest): Automaton | undefined {
	if (model.kind !== 'elements') return undefined;
	const writer = new AutomatonWriter();
	const start = writer.add();
	let at = start;
	for (const rank of new Set(model.children.map((child) => child.rank))) {
		const members = model.children.filter((child) => child.rank === rank);
		const next = writer.add();
		for (const member of members) {
			const to = writer.child(at, { namespace: member.namespace, localName: member.localName });
			// Two that may change places may both be there.
			if (member.isRepeatable || members.length > 1) writer.free(to, at);
			writer.free(to, next);
		}
		if (!members.some(({ isRequired }) => isRequired)) writer.free(at, next);
		at = next;
	}
	if (model.isExtensible) writer.states[at]!.edges.push({ on: { not: parent.namespace }, to: at });
	return writer.finished(start, at);
}

/** Whether some children bring all of them to their ends. */
function haveCommonWord(automata: readonly Automaton[]): boolean {
	const first = automata.map(({ start }) => start);
	const seen = new Set([first.join()]);
	const waiting = [first];
	const visit = (next: number[]): void => {
		const key = next.join();
		if (seen.has(key)) return;
		seen.add(key);
		waiting.push(next);
	};
	for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
		if (seen.size > PAIRS_MAX || place.every((state, index) => state === automata[index]!.end)) return true;
		const states = place.map((state, index) => automata[index]!.states[state]!);
		for (const [index, { free }] of states.entries()) for (const to of free) visit(place.with(index, to));
		let steps: readonly { readonly on: Label | undefined; readonly to: number[] }[] = [{ on: undefined, to: [] }];
		for (const { edges } of states) {
			steps = steps.flatMap(({ on, to }) =>
				edges
					.filter((edge) => mayBeOne(on, edge.on))
					.map((edge) => ({ on: narrower(on, edge.on), to: [...to, edge.to] })),
			);
		}
		for (const { to } of steps) visit(to);
	}
	return false;
}

function mayBeOne(one: Label | undefined, other: Label | undefined): boolean {
	if (one === undefined || other === undefined) return true;
	if ('not' in one) return 'not' in other || other.namespace !== one.not;
	if ('not' in other) return one.namespace !== other.not;
	if (one.localName !== other.localName) return false;
	return one.namespace === undefined || other.namespace === undefined || one.namespace === other.namespace;
}

function narrower(one: Label | undefined, other: Label | undefined): Label | undefined {
	return one === undefined || ('not' in one && other !== undefined) ? other : one;
}
