/** What a restriction demands, in a few words. */
import type { BoundKind, CountKind, EnumeratedValue, ValueRestriction } from './facets.ts';
import type { ValueSpace } from './simple-type.ts';

/** The restriction in a few words: `at least 1, at most 8`, `one of a, b`. */
export function describeRestriction({ type, steps }: ValueRestriction): string {
	const phrases: string[] = [];
	const members = type.members?.map(describeRestriction) ?? [];
	if (type.space === 'list') phrases.push(`a list of ${members.join()}`);
	if (type.space === 'union') phrases.push(members.join(' or '));
	// Bounds and values show by themselves whether they are texts, numbers or times.
	if (type.lexical !== undefined || NAMED.has(type.space)) phrases.push(type.name);
	for (const { bounds, counts, enumeration, patterns } of steps) {
		for (const { kind, lexical } of bounds) phrases.push(`${BOUND_PHRASES[kind]} ${lexical}`);
		for (const { kind, count } of counts) phrases.push(`${COUNT_PHRASES[kind]} ${count}`);
		if (enumeration.length > 0) phrases.push(describeEnumeration(enumeration));
		if (patterns.length > 0) phrases.push(`matching ${patterns.map(({ source }) => source).join(' or ')}`);
	}
	return phrases.length === 0 ? `any ${type.name}` : phrases.join(', ');
}

/** Of these a value that is shown does not say of which type it is. */
const NAMED: ReadonlySet<ValueSpace> = new Set(['boolean', 'hexBinary', 'base64Binary', 'QName']);

/** How a bound is said. */
export const BOUND_PHRASES: Readonly<Record<BoundKind, string>> = {
	minInclusive: 'at least',
	minExclusive: 'more than',
	maxInclusive: 'at most',
	maxExclusive: 'less than',
};
const COUNT_PHRASES: Readonly<Record<CountKind, string>> = {
	length: 'length',
	minLength: 'length at least',
	maxLength: 'length at most',
	totalDigits: 'digits at most',
	fractionDigits: 'digits after the point at most',
};
/** A list of a thousand values would drown the message that it stands in. */
const ENUMERATION_SHOWN_MAX = 10;

/** The values, or the first of them. */
export function describeEnumeration(values: readonly EnumeratedValue[]): string {
	const shown = values
		.slice(0, ENUMERATION_SHOWN_MAX)
		.map(({ text }) => text)
		.join(', ');
	const hidden = values.length - ENUMERATION_SHOWN_MAX;
	if (values.length === 1) return shown;
	return hidden > 0 ? `one of ${shown} and ${hidden} more` : `one of ${shown}`;
}
