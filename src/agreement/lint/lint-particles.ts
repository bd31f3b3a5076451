/** Model groups that no element can fulfil, and branches of them that lead nowhere. */

import { describeParticle, type Particle } from '../template/particles.ts';
import { isSatisfiableValue } from './lint-restrictions.ts';

/** Whether some children fit: every particle may occur as often as it must. */
export function isSatisfiableGroup(particle: Particle): boolean {
	if (particle.min > particle.max) return false;
	if (particle.min === 0 || particle.kind === 'any') return true;
	return isSatisfiableOnce(particle);
}

/** The branches of choices, in words, that cannot be taken although others can. */
export function findDeadParticles(particle: Particle): readonly string[] {
	if (particle.kind === 'element' || particle.kind === 'any') return [];
	const inner = particle.particles.flatMap(findDeadParticles);
	if (particle.kind !== 'choice') return inner;
	const dead = particle.particles.filter((branch) => branch.min > branch.max || !isSatisfiableOnce(branch));
	return dead.length === particle.particles.length ? inner : [...dead.map(describeParticle), ...inner];
}

/** Whether it can occur at all. */
function isSatisfiableOnce(particle: Particle): boolean {
	switch (particle.kind) {
		case 'any':
			return true;
		case 'element':
			return particle.value === undefined || isSatisfiableValue(particle.value);
		case 'choice':
			return particle.particles.some(isSatisfiableGroup);
		default:
			return particle.particles.every(isSatisfiableGroup);
	}
}
