/**
 * How many children of each name model groups demand and leave room for, whatever their order: groups of which one
 * demands more than another has room for exclude each other, however many orders there are.
 */
import type { NameTest } from '../template/location.ts';
import type { Particle } from '../template/particles.ts';
import { common, type Label, PARENT, wildcardLabels } from './children-automaton.ts';

/** Whether the numbers of children exclude each other; what is looked at is taken from the budget. */
export function doCountsExclude(
	particles: readonly Particle[],
	parent: NameTest | undefined,
	budget: { remaining: number },
): boolean {
	const namespace = parent?.namespace ?? PARENT;
	const labels = new Map<string, Label>();
	let size = 0;
	for (const particle of particles) size += collect(particle, namespace, labels);
	const cost = (labels.size + 1) * size;
	if (cost > budget.remaining) return false;
	budget.remaining -= cost;
	return [undefined, ...labels.values()].some((label) => {
		const counts = particles.map((particle) => countOf(particle, label, namespace));
		return Math.max(...counts.map(({ min }) => min)) > Math.min(...counts.map(({ max }) => max));
	});
}

/** Notes the names; the number of particles. */
function collect(particle: Particle, namespace: string, labels: Map<string, Label>): number {
	if (particle.kind === 'any') return 1;
	if (particle.kind === 'element') {
		const label = labelOf(particle, namespace);
		labels.set(`{${label.namespace}}${label.localName}`, label);
		return 1;
	}
	return particle.particles.reduce((sum, inner) => sum + collect(inner, namespace, labels), 1);
}

function labelOf(particle: Extract<Particle, { kind: 'element' }>, namespace: string) {
	return { namespace: particle.namespace ?? namespace, localName: particle.localName };
}

export interface Count {
	readonly min: number;
	readonly max: number;
}

/** How many children of that name there are where the particle is kept to; without a name, how many at all. */
export function countOf(particle: Particle, label: Label | undefined, namespace: string): Count {
	const once = countOnce(particle, label, namespace);
	return { min: times(once.min, particle.min), max: times(once.max, particle.max) };
}

/** Nothing is nothing, however often. */
export function times(count: number, often: number): number {
	return count === 0 || often === 0 ? 0 : count * often;
}

function countOnce(particle: Particle, label: Label | undefined, namespace: string): Count {
	switch (particle.kind) {
		case 'any': {
			const mayBe =
				label === undefined || wildcardLabels(particle.namespaces, namespace).some((on) => common(on, label));
			return { min: label === undefined ? 1 : 0, max: mayBe ? 1 : 0 };
		}
		case 'element': {
			const own = labelOf(particle, namespace);
			const isIt = label === undefined || (own.namespace === label.namespace && own.localName === label.localName);
			return { min: isIt ? 1 : 0, max: isIt || common(own, label) !== undefined ? 1 : 0 };
		}
		default: {
			const counts = particle.particles.map((inner) => countOf(inner, label, namespace));
			const [mins, maxes] = [counts.map(({ min }) => min), counts.map(({ max }) => max)];
			if (particle.kind !== 'choice') return { min: sum(mins), max: sum(maxes) };
			return {
				min: mins.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY),
				max: maxes.reduce((one, other) => Math.max(one, other), 0),
			};
		}
	}
}

function sum(counts: readonly number[]): number {
	return counts.reduce((one, other) => one + other, 0);
}
