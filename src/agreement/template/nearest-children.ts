/** The row of children nearest to those of an element that a model group admits: fewest left out and put in. */
import { qualifiedName, type XmlElement } from '../../xml/element.ts';
import type { StepBudget } from './location.ts';
import { admits, describeWildcard, expandedName, type Particle } from './particles.ts';

/**
 * The names of that row, in order, such as `jsdl:Exact, jsdl:Exact`: those of children that stay as they are written,
 * and of elements that have to be put in. Undefined where the names fit already, where no row can be said shortly, and
 * once the search budget is spent.
 */
export function nearestChildren(group: Particle, parent: XmlElement, search: StepBudget): string | undefined {
	const children = parent.children.filter((child) => child.kind === 'element');
	const walk: Walk = { parent, children, search, names: new Map() };
	const rows = withoutMore(passParticle(group, [[0, { changes: 0, length: 0 }]], walk), walk);
	const row = rows.find(([position]) => position === children.length)?.[1];
	if (row === undefined || row.changes === 0 || row.length > NAMES_MAX || search.remaining < 0) return undefined;
	const names: string[] = [];
	for (let last = row.last; last !== undefined; last = last.before) names.unshift(last.name);
	return names.length === 0 ? 'no element' : names.join(', ');
}

/** What a step takes from the search budget, which is counted in characters compared. */
const STEP = 64;

/** A longer row is no help to anybody. */
const NAMES_MAX = 16;

interface Walk {
	readonly parent: XmlElement;
	readonly children: readonly XmlElement[];
	readonly search: StepBudget;
	/** What elements that have to be put in are called. */
	readonly names: Map<ChildParticle, string>;
}

type ChildParticle = Particle & { kind: 'element' | 'any' };

/** How a particle was passed: children left out and elements put in, and the names that stand then. */
interface Row {
	readonly changes: number;
	readonly length: number;
	readonly last?: Name;
}

interface Name {
	readonly name: string;
	readonly before: Name | undefined;
}

/** The best row up to each position among the children, in order of the positions. */
type Rows = readonly (readonly [position: number, row: Row])[];

function withName({ changes, length, last }: Row, name: string, more: number): Row {
	return { changes: changes + more, length: length + 1, last: { name, before: last } };
}

/** The better row for each position. */
function best(...all: readonly Rows[]): Rows {
	const rows = new Map<number, Row>();
	for (const [position, row] of all.flat()) {
		const known = rows.get(position);
		if (known === undefined || row.changes < known.changes) rows.set(position, row);
	}
	return [...rows].sort(([one], [other]) => one - other);
}

/** The same, with any number of the next children left out. */
function withoutMore(starts: Rows, { children, search }: Walk): Rows {
	const skipped: [number, Row][] = [];
	let row: Row | undefined;
	const given = new Map(starts);
	for (let position = starts[0]?.[0] ?? 0; position <= children.length && search.remaining >= 0; position += 1) {
		search.remaining -= STEP;
		const here = given.get(position);
		const left = row && { ...row, changes: row.changes + 1 };
		row = here !== undefined && (left === undefined || here.changes <= left.changes) ? here : left;
		if (row !== undefined) skipped.push([position, row]);
	}
	return skipped;
}

function passParticle(particle: Particle, starts: Rows, walk: Walk): Rows {
	let ends: Rows = particle.min === 0 ? starts : [];
	let current = starts;
	for (let count = 1; count <= particle.max && walk.search.remaining >= 0; count += 1) {
		walk.search.remaining -= STEP;
		const next = passOnce(particle, current, walk);
		if (count < particle.min) {
			current = next;
			continue;
		}
		const known = new Map(ends);
		current = next.filter(([position, { changes }]) => changes < (known.get(position)?.changes ?? Infinity));
		if (current.length === 0) break;
		ends = best(ends, current);
	}
	return ends;
}

function passOnce(particle: Particle, starts: Rows, walk: Walk): Rows {
	switch (particle.kind) {
		case 'element':
		case 'any':
			return passChild(particle, starts, walk);
		case 'sequence':
			return particle.particles.reduce((rows, inner) => passParticle(inner, rows, walk), starts);
		case 'choice':
			return best(...particle.particles.map((inner) => passParticle(inner, starts, walk)));
		case 'all':
			return best(...starts.map((start) => passAll(particle.particles, start, walk)));
	}
}

function passChild(particle: ChildParticle, starts: Rows, walk: Walk): Rows {
	const { children, parent, search } = walk;
	if (search.remaining < 0) return [];
	const taken: [number, Row][] = [];
	for (const [position, row] of withoutMore(starts, walk)) {
		const child = children[position];
		if (child !== undefined && admits(particle, child, parent)) {
			taken.push([position + 1, withName(row, qualifiedName(child), 0)]);
		}
	}
	const name = nameOf(particle, walk);
	return best(
		taken,
		starts.map(([position, row]) => [position, withName(row, name, 1)] as const),
	);
}

/** An xs:all is all that an element has: each of its particles once at the most, whatever else stands there left out. */
function passAll(particles: readonly Particle[], [start, row]: Rows[number], walk: Walk): Rows {
	const { children, parent, search } = walk;
	const unused = new Set(particles.filter((particle) => particle.kind === 'element'));
	let passed = row;
	for (const child of children.slice(start)) {
		search.remaining -= STEP * unused.size;
		const particle = [...unused].find((candidate) => candidate.max > 0 && admits(candidate, child, parent));
		if (particle === undefined) passed = { ...passed, changes: passed.changes + 1 };
		else {
			unused.delete(particle);
			passed = withName(passed, qualifiedName(child), 0);
		}
	}
	for (const missing of unused) if (missing.min > 0) passed = withName(passed, nameOf(missing, walk), 1);
	return [[children.length, passed]];
}

/** With the prefix that its parent has, or an element beside it, where it is of their vocabulary, else with its namespace. */
function nameOf(particle: ChildParticle, { parent, children, names }: Walk): string {
	const name = names.get(particle) ?? nameBeside(particle, parent, children);
	names.set(particle, name);
	return name;
}

function nameBeside(particle: ChildParticle, parent: XmlElement, children: readonly XmlElement[]): string {
	if (particle.kind === 'any') return describeWildcard(particle.namespaces, parent.namespace);
	const { localName, namespace = parent.namespace } = particle;
	const near = [parent, ...children].find((each) => each.namespace === namespace);
	if (near === undefined) return expandedName(namespace, localName);
	return qualifiedName({ prefix: near.prefix, namespace, localName });
}
