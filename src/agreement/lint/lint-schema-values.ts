/** Values that nodes never have, by the schemas of the vocabularies that are known here. */
import type { Condition } from '../conditions/expression.ts';
import { excerpt } from '../document.ts';
import { isEmpty } from '../jsdl/range.ts';
import { describeRestriction } from '../template/facet-words.ts';
import { allowedRange, type ValueRestriction } from '../template/facets.ts';
import type { Location } from '../template/location.ts';
import { claimsOf } from './lint-conditions.ts';
import { elementsIn, hintOfWord, restrictionOf } from './lint-content.ts';
import { areSatisfiable, isSatisfiableValue, isUndecidedValue, lintBudget, mayBeBlank } from './lint-restrictions.ts';
import type { RestrictedValue } from './values-within.ts';

/** Why the node that the Location selects, by its schema, never has such a value. */
export function findValueFault(location: Location, value: ValueRestriction): string | undefined {
	const owner = location.steps.at(-1)!.name;
	const { target } = location;
	const elements = target.kind === 'element' ? elementsIn(owner) : undefined;
	if (elements === 'range') {
		const isUnfit = value.steps.some(({ counts, patterns }) => counts.length + patterns.length > 0);
		if (isUnfit) return `a range, as ${owner.localName} is, keeps to bounds and enumerated numbers alone`;
		if (isEmpty(allowedRange(value))) return `${owner.localName} is a range of numbers, and none is allowed`;
		return undefined;
	}
	if (elements === 'demanded' || (elements === 'some' && !mayBeBlank(value))) {
		return `${owner.localName} holds elements and has no value of its own`;
	}
	const own = findSchemaExcluding(location, value);
	const name = (target.kind === 'attribute' ? target.name : owner).localName;
	return (
		own &&
		`it allows nothing that ${name} may be by its schema (${excerpt(describeRestriction(own))})${hintOfWords(location, value)}`
	);
}

/** What the schema says of the node that the Location selects, if that leaves nothing of the value. */
function findSchemaExcluding(location: Location, value: ValueRestriction): ValueRestriction | undefined {
	const { own, isSatisfiable } = schemaBeside(location, value);
	return isSatisfiable ? undefined : own;
}

/** Whether nobody has looked to the end for a value that keeps to it, by itself or beside what the schema says of such a node. */
export function isUndecided({ location, value }: RestrictedValue): boolean {
	if (isUndecidedValue(value)) return true;
	if (!isSatisfiableValue(value)) return false;
	const { isSatisfiable, isGivenUp } = schemaBeside(location, value);
	return isSatisfiable && isGivenUp;
}

interface BesideSchema {
	/** Absent: the schema says nothing. */
	readonly own?: ValueRestriction;
	readonly isSatisfiable: boolean;
	readonly isGivenUp: boolean;
}

function schemaBeside({ steps, target }: Location, value: ValueRestriction): BesideSchema {
	const owner = steps.at(-1)!.name;
	const attribute = target.kind === 'attribute' ? target.name : undefined;
	const key = [owner, attribute].map((name) => name && `{${name.namespace}}${name.localName}`).join('@');
	const known = BESIDE.get(value)?.get(key);
	if (known !== undefined) return known;
	const own = restrictionOf(owner, attribute, value.whiteSpace);
	const budget = lintBudget();
	const isSatisfiable = own === undefined || areSatisfiable([value, own], [], false, budget);
	const found = { ...(own === undefined ? {} : { own }), isSatisfiable, isGivenUp: budget.isGivenUp === true };
	BESIDE.set(value, (BESIDE.get(value) ?? new Map<string, BesideSchema>()).set(key, found));
	return found;
}

/** It is asked several times of each restriction of a template, by the nodes that it is about. */
const BESIDE = new WeakMap<ValueRestriction, Map<string, BesideSchema>>();

/** The first text or number that the part demands of a node which is never that, by the schema: in words. */
export function findWordFault(part: Condition): string | undefined {
	for (const { location, value, range, demand } of claimsOf(part, '')) {
		const { steps, target } = location;
		const owner = steps.at(-1)!.name;
		const attribute = target.kind === 'attribute' ? target.name : undefined;
		const never = `${(attribute ?? owner).localName} is never`;
		if (value !== undefined && findSchemaExcluding(location, value) !== undefined) {
			return `${never} ${describeRestriction(value)}${hintOfWords(location, value)}`;
		}
		const own = range && restrictionOf(owner, attribute, 'collapse');
		if (own?.type.space === 'number' && !areSatisfiable([own], [range!])) return `${never} ${demand}`;
	}
	return undefined;
}

/** Which word of the schema the first of those enumerated may mean that is none of it. */
export function hintOfWords({ steps, target }: Location, value: ValueRestriction): string {
	const attribute = target.kind === 'attribute' ? target.name : undefined;
	const words = value.steps.flatMap(({ enumeration }) => enumeration.map(({ text }) => text));
	return words.map((word) => hintOfWord(steps.at(-1)!.name, attribute, word)).find((hint) => hint !== '') ?? '';
}
