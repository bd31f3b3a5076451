/** What stands in the children of an element, and in their attributes, held against what a model group declares. */
import { qualifiedName, textOf, type XmlAttribute, type XmlElement } from '../../xml/element.ts';
import { findRangeValueFault } from '../jsdl/range-value.ts';
import { collapseWhiteSpace, parseBoolean } from '../lexical.ts';
import { XSI } from '../names.ts';
import type { PrefixLookup } from './atomic-value.ts';
import { describeRestriction } from './facet-words.ts';
import { checkingCost, findValueFault, holdsElements, type ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import type { ChildrenFault, Particle, Wildcard } from './particles.ts';

/** What an element is by its declaration where that is more, or less, than a value of a simple type. Plain data. */
export interface ElementContent {
	/** `any`: it is not looked at; `empty`: there is none. */
	readonly holds: 'any' | 'empty' | 'text' | 'elements' | { readonly value: ValueRestriction };
	/** Where it holds elements. */
	readonly children?: Particle;
	readonly isMixed?: true;
	/** Absent: they are not looked at. */
	readonly attributes?: AttributeUses;
	readonly isNillable?: true;
	/** It has a default or a fixed value, so that it may be left empty. */
	readonly isFilled?: true;
	readonly isFixed?: true;
}

export interface AttributeUses {
	readonly declared: readonly AttributeUse[];
	/** Whose other attributes it may have; absent: nobody's. */
	readonly others?: Wildcard;
}

export interface AttributeUse {
	/** Absent: that of its element. */
	readonly namespace?: string;
	readonly localName: string;
	readonly isRequired: boolean;
	readonly value?: ValueRestriction;
}

/** What looking at contents needs. `within` finds what is wrong with the children of an element. */
export interface ContentCheck {
	readonly budget: StepBudget;
	readonly search: StepBudget;
	readonly prefixesAt: ((child: XmlElement) => PrefixLookup) | undefined;
	readonly within: (group: Particle, parent: XmlElement, isMixed: boolean) => readonly ChildrenFault[];
}

/** More faults of one element than these are not listed: what is wrong with a hundred is wrong with all. */
const FAULTY_VALUES_MAX = 100;

const NO_ATTRIBUTES: AttributeUses = { declared: [] };

type ElementParticle = Particle & { readonly kind: 'element' };

/** What is wrong with the values, attributes and contents of the children, each by its declaration in the group. */
export function findFaultyContents(group: Particle, parent: XmlElement, check: ContentCheck): readonly ChildrenFault[] {
	const declared = declarationsIn(group, parent.namespace);
	const faults: ChildrenFault[] = [];
	if (declared.size === 0) return faults;
	for (const child of parent.children) {
		const particle = child.kind === 'element' ? declared.get(`{${child.namespace}}${child.localName}`) : undefined;
		if (particle === undefined || child.kind !== 'element') continue;
		faults.push(...findFaults(particle, child, check));
		if (check.budget.remaining < 0 || faults.length >= FAULTY_VALUES_MAX) break;
	}
	return faults.slice(0, FAULTY_VALUES_MAX);
}

/** Elements of one name in one group have one type (XML Schema 3.8.6), which is that of whatever child has the name. */
export function declarationsIn(group: Particle, namespace: string): ReadonlyMap<string, ElementParticle> {
	const declarations = new Map<string, ElementParticle>();
	const collect = (particle: Particle): void => {
		if (particle.kind === 'any') return;
		if (particle.kind !== 'element') for (const inner of particle.particles) collect(inner);
		else if (particle.value !== undefined || particle.isRange || particle.content !== undefined) {
			declarations.set(`{${particle.namespace ?? namespace}}${particle.localName}`, particle);
		}
	};
	collect(group);
	return declarations;
}

function findFaults(
	{ namespace, value, isRange, content }: ElementParticle,
	child: XmlElement,
	check: ContentCheck,
): readonly ChildrenFault[] {
	if (content !== undefined) return findContentFaults(content, child, check);
	// By name it is declared in the group, and a simple type has no attributes; by ref it may have those of its schema.
	if (value !== undefined && namespace === undefined) {
		return findContentFaults({ holds: { value }, attributes: NO_ATTRIBUTES }, child, check);
	}
	if (value !== undefined) return findTextFaults(value, child, check);
	const why = isRange ? findRangeValueFault(child) : undefined;
	const found = hasElements(child) ? 'elements' : textOf(child);
	// Without any part it demands nothing, and is a RangeValue.
	const nearest = hasElements(child) ? 'no element' : 'no text';
	return why === undefined ? [] : [{ child, found, allowed: 'a RangeValue', why, nearest }];
}

function findContentFaults(content: ElementContent, child: XmlElement, check: ContentCheck): readonly ChildrenFault[] {
	const { attributes, holds, children, isMixed, isFilled } = content;
	const ofAttributes = attributes === undefined ? [] : findAttributeFaults(attributes, child, check);
	const nil = child.attributes.find((attribute) => attribute.namespace === XSI && attribute.localName === 'nil');
	if (nil !== undefined) {
		const fault = findNilFault(content, child, nil);
		if (fault !== undefined) return [...ofAttributes, fault];
		if (isTrue(nil)) return ofAttributes;
	}
	if (typeof holds === 'object') {
		const isLeftOut = isFilled && isBare(child);
		return [...ofAttributes, ...(isLeftOut ? [] : findTextFaults(holds.value, child, check))];
	}
	if (holds === 'any') return ofAttributes;
	if (holds === 'elements') {
		const faults = check.within(children!, child, isMixed === true);
		return [...ofAttributes, ...faults.map((fault) => ({ ...fault, child: fault.child ?? child }))];
	}
	const isHeld = holds === 'text' ? hasElements(child) : !isBare(child);
	if (!isHeld) return ofAttributes;
	const found = hasElements(child) ? 'elements' : textOf(child);
	const allowed = holds === 'text' ? 'text only' : 'nothing';
	const nearest = hasElements(child) ? 'no element' : 'no text';
	return [...ofAttributes, { child, found, allowed, why: `it holds ${allowed}`, nearest }];
}

function findNilFault(
	{ isNillable, isFixed }: ElementContent,
	child: XmlElement,
	nil: XmlAttribute,
): ChildrenFault | undefined {
	const said = { child, found: `xsi:nil="${nil.value}"` };
	const faultOf = (allowed: string, why: string, nearest = allowed): ChildrenFault => ({
		...said,
		allowed,
		why,
		nearest,
	});
	if (!isNillable) return faultOf('no xsi:nil', 'this element may not be nil');
	if (parseBoolean(nil.value) === undefined) return faultOf('true or false', 'it is no boolean', NOT_NIL);
	if (!isTrue(nil)) return undefined;
	if (isFixed) return faultOf(NOT_NIL, 'its value is fixed');
	return isBare(child) ? undefined : faultOf('no content', 'what is nil is empty', NOT_NIL);
}

const NOT_NIL = 'xsi:nil="false"';

function isTrue({ value }: XmlAttribute): boolean {
	return parseBoolean(value) === true;
}

/** A value, or elements where there should be one. */
function findTextFaults(
	restriction: ValueRestriction,
	child: XmlElement,
	{ budget, search, prefixesAt }: ContentCheck,
): readonly ChildrenFault[] {
	const value = textOf(child);
	budget.remaining -= checkingCost(restriction, value.length);
	if (budget.remaining < 0) return [];
	const allowed = describeRestriction(restriction);
	if (hasElements(child)) {
		return [{ child, found: 'elements', allowed, ...holdsElements(restriction, value, search, prefixesAt?.(child)) }];
	}
	const fault = findValueFault(restriction, value, search, prefixesAt?.(child));
	return fault === undefined ? [] : [{ child, found: value, allowed, restriction, ...fault }];
}

function findAttributeFaults(
	{ declared, others }: AttributeUses,
	child: XmlElement,
	{ budget, search, prefixesAt }: ContentCheck,
): readonly ChildrenFault[] {
	const faults: ChildrenFault[] = [];
	const given = child.attributes.filter(({ namespace }) => namespace !== XSI);
	budget.remaining -= given.length * (1 + declared.length);
	const useOf = ({ namespace, localName }: XmlAttribute) =>
		declared.find((use) => use.localName === localName && (use.namespace ?? child.namespace) === namespace);
	for (const attribute of given) {
		const use = useOf(attribute);
		const found = `the attribute ${qualifiedName(attribute)}`;
		if (use === undefined) {
			if (others !== undefined && admitsNamespace(others, attribute.namespace, child.namespace)) continue;
			const allowed = 'no attribute of that name';
			faults.push({ child, found, allowed, why: 'this attribute may not stand here', nearest: allowed });
		} else if (use.value !== undefined) {
			budget.remaining -= checkingCost(use.value, attribute.value.length);
			if (budget.remaining < 0) return faults;
			const fault = findValueFault(use.value, attribute.value, search, prefixesAt?.(child));
			const said = { child, attribute, found: `${qualifiedName(attribute)}="${attribute.value}"` };
			const { value: restriction } = use;
			if (fault !== undefined)
				faults.push({ ...said, allowed: describeRestriction(restriction), restriction, ...fault });
		}
	}
	for (const use of declared) {
		if (!use.isRequired || given.some((attribute) => useOf(attribute) === use)) continue;
		const allowed = `the attribute ${use.localName}`;
		faults.push({ child, found: 'nothing', allowed, why: `${allowed} is missing`, nearest: allowed });
	}
	return faults;
}

/** Whether a wildcard takes what is of that namespace, `target` being that of the element with the declaration. */
export function admitsNamespace(wildcard: Wildcard, namespace: string, target: string): boolean {
	if (wildcard === '##any') return true;
	if (wildcard === '##other') return namespace !== target && namespace !== '';
	return wildcard.some((each) => {
		if (each === '##local') return namespace === '';
		return namespace === (each === '##targetNamespace' ? target : each);
	});
}

function hasElements({ children }: XmlElement): boolean {
	return children.some(({ kind }) => kind === 'element');
}

/** Without elements and without any text. */
function isBare(element: XmlElement): boolean {
	return !hasElements(element) && textOf(element) === '';
}

/** For a message. */
export function describeContent({ holds, isNillable }: ElementContent): string {
	const nil = isNillable ? ', or nil' : '';
	return (typeof holds === 'object' ? describeRestriction(holds.value) : collapseWhiteSpace(holds)) + nil;
}
