/** What model groups say of single children, as items of their own: what is said of several Locations is held against them. */
import type { CreationConstraint } from '../template/constraints.ts';
import type { Location, NameTest } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import { type Particle, restrictionsIn } from '../template/particles.ts';
import { countOf, times } from './children-counts.ts';
import { covers } from './lint-covering.ts';
import { parentOf } from './lint-locations.ts';

/**
 * Items about those children of what the item selects of which `spoken` says something: how many there are, and of
 * which values. Whoever keeps to the group keeps to them.
 */
export function itemsOfChildren(item: CreationConstraint, spoken: readonly Location[]): readonly CreationConstraint[] {
	const { children: group, location, multiplicity } = item;
	const parent = parentOf(location);
	if (group === undefined || parent === undefined) return [];
	const types = restrictionsIn(group, parent.namespace);
	const made = new Map<string, CreationConstraint>();
	const make = (at: Location, name: NameTest, isEach: boolean): void => {
		const count = countOf(group, name, parent.namespace);
		const value = types.get(`{${name.namespace}}${name.localName}`);
		const { children: _group, ...rest } = item;
		made.set(locationKey(at), {
			...rest,
			location: spoken.find((each) => locationKey(each) === locationKey(at)) ?? at,
			multiplicity: {
				min: isEach ? times(count.min, multiplicity.min) : 0,
				max: times(count.max, multiplicity.max),
			},
			...(value === undefined ? {} : { value }),
		});
	};
	for (const each of spoken) {
		const name = parentOf(each);
		const owner = ownerOf(each);
		if (name !== undefined && owner !== undefined && covers(location, owner)) make(each, name, false);
	}
	for (const name of namesIn(group, parent.namespace)) {
		const at = childOf(location, name);
		if (spoken.some((each) => covers(each, at))) make(at, name, true);
	}
	return [...made.values()];
}

/** Where children of that name stand in what the Location selects. */
export function childOf({ steps, text }: Location, name: NameTest): Location {
	const child = { text: `${text}/${name.localName}`, steps: [...steps, { descends: false, name, predicates: [] }] };
	return { ...child, target: { kind: 'element' } };
}

/** The elements in which the children stand that the Location selects; undefined where those may be any above them. */
export function ownerOf({ text, steps }: Location): Location | undefined {
	if (steps.length < 2 || steps.at(-1)!.descends) return undefined;
	return { text, steps: steps.slice(0, -1), target: { kind: 'element' } };
}

/** The names that the particle gives, the parent being of that namespace. */
export function namesIn(particle: Particle, namespace: string): readonly NameTest[] {
	if (particle.kind === 'any') return [];
	if (particle.kind !== 'element') return particle.particles.flatMap((each) => namesIn(each, namespace));
	return [{ namespace: particle.namespace ?? namespace, localName: particle.localName }];
}
