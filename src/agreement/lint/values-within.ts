/** What an item restricts: the value of what it selects, and of the children and attributes that its model group declares. */
import type { ElementContent } from '../template/child-content.ts';
import type { CreationConstraint } from '../template/constraints.ts';
import type { ValueRestriction } from '../template/facets.ts';
import type { Location } from '../template/location.ts';
import type { Particle } from '../template/particles.ts';
import { childOf } from './items-of-children.ts';

export interface RestrictedValue {
	readonly location: Location;
	readonly value: ValueRestriction;
}

/** In the order in which they stand. */
export function valuesWithin({ location, value, children }: CreationConstraint): readonly RestrictedValue[] {
	const own = value === undefined ? [] : [{ location, value }];
	return children === undefined ? own : [...own, ...valuesOfGroup(children, location)];
}

function valuesOfGroup(particle: Particle, parent: Location): readonly RestrictedValue[] {
	if (particle.kind === 'any') return [];
	if (particle.kind !== 'element') return particle.particles.flatMap((each) => valuesOfGroup(each, parent));
	const { value, content, localName } = particle;
	const namespace = particle.namespace ?? parent.steps.at(-1)?.name.namespace ?? '*';
	const at = childOf(parent, { namespace, localName });
	const own = value === undefined ? [] : [{ location: at, value }];
	return content === undefined ? own : [...own, ...valuesOfContent(content, at)];
}

function valuesOfContent({ holds, children, attributes }: ElementContent, at: Location): readonly RestrictedValue[] {
	const { namespace } = at.steps.at(-1)!.name;
	const ofAttributes = (attributes?.declared ?? []).flatMap((use): readonly RestrictedValue[] => {
		const name = { namespace: use.namespace ?? namespace, localName: use.localName };
		const location: Location = { ...at, text: `${at.text}/@${use.localName}`, target: { kind: 'attribute', name } };
		return use.value === undefined ? [] : [{ location, value: use.value }];
	});
	return [
		...ofAttributes,
		...(typeof holds === 'object' ? [{ location: at, value: holds.value }] : []),
		...(children === undefined ? [] : valuesOfGroup(children, at)),
	];
}
