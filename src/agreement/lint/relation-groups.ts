/**
 * How many children of each name stand in elements of which model groups are known, as linear inequalities: each part of
 * a group occurs as often as what it stands in lets it. Their order is lost, and nothing else.
 */
import { admitsNamespace } from '../template/child-content.ts';
import type { Location, NameTest } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import type { Particle } from '../template/particles.ts';
import { childOf, namesIn, ownerOf } from './items-of-children.ts';
import { variableOf } from './linear-forms.ts';
import { covers } from './lint-covering.ts';
import { parentOf } from './lint-locations.ts';
import { addRow, type Rows, type Terms } from './relation-rows.ts';
import type { Because } from './relation-system.ts';

/** The group to which the children of every node keep that the Location selects. */
export interface GroupFact {
	readonly location: Location;
	readonly group: Particle;
	readonly because: Because;
}

/** Parts of the groups of one question; each takes three rows of the table. */
const PARTS_MAX = 40;

/**
 * Adds what the groups of the scene say. `bound`: the keys of the Locations of children whose number is bound to them;
 * `why`: why some of the groups were left out.
 */
export function addGroups(rows: Rows): { readonly bound: ReadonlySet<string>; readonly why: string | undefined } {
	const { groups, locations } = rows.scene;
	const bound = new Set<string>();
	const places = new Map(groups.map(({ location }) => [locationKey(location), location]));
	let parts = 0;
	for (const [key, location] of places) {
		const parent = parentOf(location);
		const facts = groups.filter((fact) => covers(fact.location, location));
		parts += facts.reduce((sum, { group }) => sum + countParts(group), 0);
		if (parent === undefined || parts > PARTS_MAX) continue;
		const spoken = [...locations.values()].filter((each) => {
			const owner = ownerOf(each);
			return owner !== undefined && locationKey(owner) === key;
		});
		const names = new Map(
			[
				...facts.flatMap(({ group }) => namesIn(group, parent.namespace)),
				...spoken.flatMap((at) => parentOf(at) ?? []),
			].map((name) => [locationKey(childOf(location, name)), name]),
		);
		for (const [index, fact] of facts.entries()) addGroup(rows, `${key} ${index}`, key, names, fact, parent.namespace);
		for (const [child] of names) if (locations.has(child)) bound.add(child);
		for (const [wide, each] of locations) {
			const within = [...names].filter(([, name]) => covers(each, childOf(location, name))).map(([child]) => child);
			const sum: Terms = Object.fromEntries(within.map((child) => [childVariable(child), 1]));
			if (within.length > 0) addRow(rows, { ...sum, [variableOf('count', wide)]: -1 }, 0, []);
			if (names.has(wide)) addRow(rows, { [variableOf('count', wide)]: 1, [childVariable(wide)]: -1 }, 0, []);
		}
	}
	return { bound, why: parts > PARTS_MAX ? `the model groups have more than ${PARTS_MAX} parts together` : undefined };
}

function childVariable(key: string): string {
	return `children ${key}`;
}

function countParts(particle: Particle): number {
	return 'particles' in particle ? particle.particles.reduce((sum, each) => sum + countParts(each), 1) : 1;
}

/** Children of names that nobody speaks of. */
const OTHERS = 'others';

/** `names` by the keys of the Locations of such children. */
function addGroup(
	rows: Rows,
	label: string,
	key: string,
	names: ReadonlyMap<string, NameTest>,
	{ group, because }: GroupFact,
	namespace: string,
): void {
	const sums = new Map<string, Record<string, number>>([...names.keys(), `${key} ${OTHERS}`].map((name) => [name, {}]));
	let next = 0;
	const variable = (): string => {
		next += 1;
		const name = `part ${next} of ${label}`;
		addRow(rows, { [name]: -1 }, 0, []);
		return name;
	};
	const note = (name: string, part: string): void => {
		sums.get(name)![part] = 1;
	};
	const visit = (particle: Particle, outer: string): void => {
		const own = variable();
		addRow(rows, { [outer]: particle.min, [own]: -1 }, 0, because);
		if (Number.isFinite(particle.max)) addRow(rows, { [own]: 1, [outer]: -particle.max }, 0, because);
		switch (particle.kind) {
			case 'element': {
				const meant = { namespace: particle.namespace ?? namespace, localName: particle.localName };
				const [child] = [...names].find(([, name]) => isSame(name, meant))!;
				note(child, own);
				return;
			}
			case 'any': {
				const admitted = [...names].filter(([, name]) =>
					admitsNamespace(particle.namespaces, name.namespace, namespace),
				);
				const parts = [...admitted.map(([child]) => child), `${key} ${OTHERS}`].map(
					(name) => [name, variable()] as const,
				);
				for (const [name, part] of parts) note(name, part);
				addEqual(rows, Object.fromEntries(parts.map(([, part]) => [part, 1])), own, because);
				return;
			}
			case 'choice': {
				const taken = particle.particles.map((inner) => [inner, variable()] as const);
				addEqual(rows, Object.fromEntries(taken.map(([, part]) => [part, 1])), own, because);
				for (const [inner, part] of taken) visit(inner, part);
				return;
			}
			default:
				for (const inner of particle.particles) visit(inner, own);
		}
	};
	visit(group, variableOf('count', key));
	for (const [name, sum] of sums) addEqual(rows, sum, childVariable(name), because);
}

function addEqual(rows: Rows, sum: Terms, total: string, because: Because): void {
	addRow(rows, { ...sum, [total]: -1 }, 0, because);
	addRow(rows, { ...Object.fromEntries(Object.keys(sum).map((name) => [name, -1])), [total]: 1 }, 0, because);
}

function isSame(one: NameTest, other: NameTest): boolean {
	return one.namespace === other.namespace && one.localName === other.localName;
}
