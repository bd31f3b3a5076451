/** Model groups that no element can fulfil, and branches of them that lead nowhere. */

import type { ElementContent } from '../template/child-content.ts';
import type { NameTest } from '../template/location.ts';
import { type Particle, valueOfElement } from '../template/particles.ts';
import { elementsIn } from './lint-content.ts';
import { mayStandIn } from './lint-locations.ts';
import { isSatisfiableValue, mayBeBlank } from './lint-restrictions.ts';

/**
 * Whether some children of the parent fit: every particle may occur as often as it must. Where the parent is not known
 * by name, any element may stand in it.
 */
export function isSatisfiableGroup(particle: Particle, parent?: NameTest): boolean {
	if (particle.min > particle.max) return false;
	if (particle.min === 0 || particle.kind === 'any') return true;
	return isSatisfiableOnce(particle, parent);
}

/** The first element that must be there and cannot, by its name, its value or what it holds. */
export function findImpossibleChild(particle: Particle, parent?: NameTest): string | undefined {
	if (particle.min === 0 || particle.kind === 'any') return undefined;
	if (particle.kind === 'element') return isSatisfiableOnce(particle, parent) ? undefined : particle.localName;
	for (const each of particle.particles) {
		const child = findImpossibleChild(each, parent);
		if (child !== undefined) return child;
	}
	return undefined;
}

/** The branches of choices that cannot be taken, whatever else is said, although others can. */
export function findDeadParticles(particle: Particle, parent?: NameTest): readonly Particle[] {
	if (particle.kind === 'element' || particle.kind === 'any') return [];
	const inner = particle.particles.flatMap((each) => findDeadParticles(each, parent));
	if (particle.kind !== 'choice') return inner;
	const dead = particle.particles.filter((branch) => branch.min > branch.max || !isSatisfiableOnce(branch, parent));
	return dead.length === particle.particles.length ? inner : [...dead, ...inner];
}

/** Whether children that fit may have one of that name; particles without a namespace are of that of the parent. */
export function mayHoldChild(particle: Particle, namespace: string, child: NameTest): boolean {
	if (particle.max === 0) return false;
	if (particle.kind === 'any') return true;
	if (particle.kind !== 'element') return particle.particles.some((each) => mayHoldChild(each, namespace, child));
	return particle.localName === child.localName && (particle.namespace ?? namespace) === child.namespace;
}

/** Whether it can occur at all. */
function isSatisfiableOnce(particle: Particle, parent: NameTest | undefined): boolean {
	switch (particle.kind) {
		case 'any':
			return true;
		case 'element': {
			const { localName, content } = particle;
			const value = valueOfElement(particle);
			const name = parent && { namespace: particle.namespace ?? parent.namespace, localName };
			if (parent !== undefined && name !== undefined && !mayStandIn(parent, name)) return false;
			if (content !== undefined && !isSatisfiableContent(content, name)) return false;
			if (value === undefined) return true;
			// What holds elements has no value of its own.
			const isOfElements = name !== undefined && elementsIn(name) !== undefined && !mayBeBlank(value);
			return !isOfElements && isSatisfiableValue(value);
		}
		case 'choice':
			return particle.particles.some((each) => isSatisfiableGroup(each, parent));
		default:
			return particle.particles.every((each) => isSatisfiableGroup(each, parent));
	}
}

/** Whether the attributes that it must have, and the elements that it must hold, may be. */
function isSatisfiableContent(
	{ attributes, children, isNillable }: ElementContent,
	name: NameTest | undefined,
): boolean {
	const demanded = attributes?.declared.filter(({ isRequired }) => isRequired) ?? [];
	if (demanded.some(({ value }) => value !== undefined && !isSatisfiableValue(value))) return false;
	return children === undefined || isNillable === true || isSatisfiableGroup(children, name);
}
