/**
 * Particles: the model groups of XML Schema by which a creation constraint says which children an element may have,
 * in what order and how often.
 */
import { qualifiedName, type XmlAttribute, type XmlElement } from '../../xml/element.ts';
import { collapseWhiteSpace, isBlank } from '../lexical.ts';
import type { PrefixLookup } from './atomic-value.ts';
import { admitsNamespace, type ContentCheck, type ElementContent, findFaultyContents } from './child-content.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { searchBudget } from './nearest-value.ts';

/** How often; `max` may be infinite. */
export interface Occurrence {
	readonly min: number;
	readonly max: number;
}

/** Plain data. An absent namespace of an element is that of its parent. */
export type Particle =
	| (Occurrence & { readonly kind: 'sequence' | 'choice' | 'all'; readonly particles: readonly Particle[] })
	| (Occurrence & {
			readonly kind: 'element';
			readonly namespace?: string;
			readonly localName: string;
			readonly value?: ValueRestriction;
			/** It is a RangeValue of JSDL. */
			readonly isRange?: true;
			/** Where it is neither: attributes, elements of its own, nil, a value that may be left out. */
			readonly content?: ElementContent;
	  })
	| (Occurrence & { readonly kind: 'any'; readonly namespaces: Wildcard });

/** Whose elements a wildcard takes: all, all but the parent's and the unqualified, or those listed ('##' as in XSD). */
export type Wildcard = '##any' | '##other' | readonly string[];

/** What is wrong with the children of an element. `child` is the first that does not fit; absent: something is missing. */
export interface ChildrenFault {
	readonly child?: XmlElement;
	readonly found: string;
	readonly allowed: string;
	readonly why: string;
	/** Where a value is at fault: that of the child, or of an attribute of it. */
	readonly restriction?: ValueRestriction;
	readonly attribute?: XmlAttribute;
	/** The nearest value, where a value is at fault and it can be said. */
	readonly nearest?: string;
	/** In its place one that is near (see ValueFault). */
	readonly near?: string;
	/** Where the names, their order or their number are at fault: those of this element, by this group. */
	readonly order?: { readonly group: Particle; readonly parent: XmlElement };
}

/**
 * Whether the children of the element are as the group demands: their names, order and number, no text beside them,
 * and the values of those for which a simple type was named. Where `budget.remaining` falls below 0 the answer means
 * nothing. `prefixesAt` says what prefixes in a child's value mean.
 */
export function findChildrenFaults(
	group: Particle,
	parent: XmlElement,
	budget: StepBudget,
	search: StepBudget = searchBudget(),
	prefixesAt?: (child: XmlElement) => PrefixLookup,
	isMixed = false,
): readonly ChildrenFault[] {
	const children = parent.children.filter((child) => child.kind === 'element');
	const text = parent.children.find((child) => child.kind === 'text' && !isBlank(child.text));
	const faults: ChildrenFault[] = [];
	if (text?.kind === 'text' && !isMixed) {
		const why = 'there is text between the elements';
		faults.push({ found: collapseWhiteSpace(text.text), allowed: 'elements only', why, nearest: 'no text' });
	}
	const matcher: Matcher = { parent, children, budget, furthest: 0, expected: new Set() };
	const ends = matchParticle(group, new Set([0]), matcher);
	if (!ends.has(children.length)) faults.push({ ...describeMismatch(ends, matcher), order: { group, parent } });
	const within: ContentCheck['within'] = (inner, owner, mixed) =>
		findChildrenFaults(inner, owner, budget, search, prefixesAt, mixed);
	return [...faults, ...findFaultyContents(group, parent, { budget, search, prefixesAt, within })];
}

/** The children as a model group would read: for a message that says what a template wants. */
export function describeParticle(particle: Particle): string {
	const often = describeOccurrence(particle);
	switch (particle.kind) {
		case 'element':
			return `${particle.localName}${often}`;
		case 'any':
			return `${describeWildcard(particle.namespaces)}${often}`;
		default: {
			const separator = particle.kind === 'choice' ? ' | ' : particle.kind === 'all' ? ' & ' : ', ';
			return `(${particle.particles.map(describeParticle).join(separator)})${often}`;
		}
	}
}

/** The elements that a wildcard takes, in words; the parent being of that namespace, where it is known. */
export function describeWildcard(namespaces: Wildcard, parent?: string): string {
	if (namespaces === '##any') return 'any element';
	const own = parent === undefined ? 'that of its parent' : parent === '' ? 'none' : parent;
	if (namespaces === '##other') return `any element of another namespace than ${own}`;
	const words = namespaces.map((namespace) => {
		if (namespace === '##local' || (namespace === '##targetNamespace' && parent === '')) return 'without a namespace';
		return `of ${namespace === '##targetNamespace' ? own : namespace}`;
	});
	return `any element ${words.join(' or ')}`;
}

/**
 * The types of children by their expanded names, the parent being of that namespace. Elements of one name in one group
 * have one type (XML Schema 3.8.6, "Element Declarations Consistent"), which is that of whatever child has the name.
 */
export function restrictionsIn(group: Particle, namespace: string): ReadonlyMap<string, ValueRestriction> {
	const restrictions = new Map<string, ValueRestriction>();
	const collect = (particle: Particle): void => {
		if (particle.kind === 'any') return;
		if (particle.kind !== 'element') for (const inner of particle.particles) collect(inner);
		else {
			const value = valueOfElement(particle);
			if (value !== undefined) restrictions.set(`{${particle.namespace ?? namespace}}${particle.localName}`, value);
		}
	};
	collect(group);
	return restrictions;
}

/** What the text of such an element has to keep to, attributes or not; undefined where it may be another, or nothing. */
export function valueOfElement({ value, content }: Particle & { kind: 'element' }): ValueRestriction | undefined {
	if (content === undefined) return value;
	const { holds, isNillable, isFilled } = content;
	return typeof holds === 'object' && !isNillable && !isFilled ? holds.value : undefined;
}

/** What one child is held against. */
type ChildParticle = Particle & { kind: 'element' | 'any' };

/** Whether the particle is about a child of this name. */
export function admits(particle: ChildParticle, child: XmlElement, parent: XmlElement): boolean {
	if (particle.kind === 'element') {
		return child.localName === particle.localName && child.namespace === (particle.namespace ?? parent.namespace);
	}
	return admitsNamespace(particle.namespaces, child.namespace, parent.namespace);
}

interface Matcher {
	readonly parent: XmlElement;
	readonly children: readonly XmlElement[];
	readonly budget: StepBudget;
	/** The last child that was reached, and what could have stood there. */
	furthest: number;
	expected: Set<ChildParticle>;
}

/** The positions behind the particle when it begins at any of these. */
function matchParticle(particle: Particle, starts: ReadonlySet<number>, matcher: Matcher): Set<number> {
	const ends = new Set<number>(particle.min === 0 ? starts : []);
	let current: ReadonlySet<number> = starts;
	for (let count = 1; count <= particle.max && current.size > 0; count += 1) {
		const next = matchOnce(particle, current, matcher);
		const isStuck = isSubset(next, current) && isSubset(current, next);
		const isNew = count < particle.min || !isSubset(next, ends);
		// A group that matches nothing can do so as often as is demanded.
		if (count >= particle.min || isStuck) for (const end of next) ends.add(end);
		if (isStuck || !isNew) break;
		current = next;
	}
	return ends;
}

function matchOnce(particle: Particle, starts: ReadonlySet<number>, matcher: Matcher): Set<number> {
	switch (particle.kind) {
		case 'element':
		case 'any': {
			const ends = new Set<number>();
			for (const start of starts) if (matchChild(particle, start, matcher)) ends.add(start + 1);
			return ends;
		}
		case 'sequence': {
			let ends = new Set(starts);
			for (const inner of particle.particles) ends = matchParticle(inner, ends, matcher);
			return ends;
		}
		case 'choice': {
			const ends = new Set<number>();
			for (const inner of particle.particles) for (const end of matchParticle(inner, starts, matcher)) ends.add(end);
			return ends;
		}
		case 'all': {
			const ends = new Set<number>();
			for (const start of starts) {
				const end = matchAll(particle.particles, start, matcher);
				if (end !== undefined) ends.add(end);
			}
			return ends;
		}
	}
}

/** Each particle of an xs:all at most once, in any order; those that must be there are. */
function matchAll(particles: readonly Particle[], start: number, matcher: Matcher): number | undefined {
	const unused = new Set(particles);
	let position = start;
	for (let found = true; found; ) {
		found = false;
		for (const particle of unused) {
			if (particle.kind !== 'element' || !matchChild(particle, position, matcher)) continue;
			unused.delete(particle);
			position += 1;
			found = true;
			break;
		}
	}
	return [...unused].some(({ min }) => min > 0) ? undefined : position;
}

function matchChild(particle: ChildParticle, position: number, matcher: Matcher): boolean {
	const child = matcher.children[position];
	matcher.budget.remaining -= STEPS_PER_CHILD;
	if (child !== undefined && matcher.budget.remaining >= 0 && admits(particle, child, matcher.parent)) return true;
	if (position > matcher.furthest) {
		matcher.furthest = position;
		matcher.expected = new Set();
	}
	if (position === matcher.furthest) matcher.expected.add(particle);
	return false;
}

/** A child is not looked at faster than fifteen others are walked past: its position goes from one set to the next. */
const STEPS_PER_CHILD = 15;

/** Of another vocabulary than the parent, and beside an element that differs by its namespace alone, with that. */
function nameOfMissing(particle: ChildParticle, { namespace }: XmlElement, beside: XmlElement | undefined): string {
	if (particle.kind === 'any') return describeWildcard(particle.namespaces, namespace);
	const { localName } = particle;
	const own = particle.namespace ?? namespace;
	return own !== namespace || localName === beside?.localName ? expandedName(own, localName) : localName;
}

/** As it is said where no prefix is known for it. */
export function expandedName(namespace: string, localName: string): string {
	return namespace === '' ? `${localName} without a namespace` : `{${namespace}}${localName}`;
}

function describeMismatch(ends: ReadonlySet<number>, matcher: Matcher): ChildrenFault {
	const position = Math.max(matcher.furthest, ...ends);
	const child = matcher.children[position];
	const particles = position === matcher.furthest ? [...matcher.expected] : [];
	const expected = [...new Set(particles.map((particle) => nameOfMissing(particle, matcher.parent, child)))];
	const mayEnd = expected.length === 0 || ends.has(position);
	const allowed = [...expected, ...(mayEnd ? ['no further element'] : [])].join(' or ');
	if (child === undefined) return { found: 'nothing', allowed, why: `${allowed} is missing` };
	const { namespace, localName } = child;
	const isNamesake = particles.some((particle) => particle.kind === 'element' && particle.localName === localName);
	const found = isNamesake ? expandedName(namespace, localName) : qualifiedName(child);
	return { child, found, allowed, why: 'this element may not stand here' };
}

function isSubset(inner: ReadonlySet<number>, outer: ReadonlySet<number>): boolean {
	for (const position of inner) if (!outer.has(position)) return false;
	return true;
}

function describeOccurrence({ min, max }: Occurrence): string {
	if (min === 1 && max === 1) return '';
	if (min === 0 && max === 1) return '?';
	if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
	return `{${min},${max}}`;
}
