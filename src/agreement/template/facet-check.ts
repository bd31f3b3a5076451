/** Values held against a restriction (XML Schema 1.0, Part 2, 4.3): of lists each item, of unions each member in turn. */
import { excerpt } from '../document.ts';
import { type AtomicValue, atomicValue, compareValues, type PrefixLookup } from './atomic-value.ts';
import { BOUND_PHRASES, describeEnumeration } from './facet-words.ts';
import type { BoundKind, CountKind, EnumeratedValue, FacetSet, ValueRestriction } from './facets.ts';
import { matchesPattern } from './pattern.ts';
import { normalizeWhiteSpace, type SimpleType } from './simple-type.ts';

/** The value and its text, white space normalised; or why it is not allowed. */
export type Judgement =
	| { readonly ok: true; readonly value: AtomicValue; readonly text: string }
	| { readonly ok: false; readonly why: string };

/** Judges a value as it stands in a document. Without prefixes qualified names are compared as they are written. */
export function judgeValue(
	{ type, whiteSpace, steps }: ValueRestriction,
	lexical: string,
	prefixes?: PrefixLookup,
): Judgement {
	const judgement = judgeType(type, normalizeWhiteSpace(lexical, whiteSpace), prefixes);
	if (!judgement.ok) return judgement;
	for (const step of steps) {
		const why = findFaultInStep(step, judgement.value, judgement.text);
		if (why !== undefined) return { ok: false, why };
	}
	return judgement;
}

function judgeType(type: SimpleType, text: string, prefixes: PrefixLookup | undefined): Judgement {
	if (type.space === 'list') return judgeList(type, text, prefixes);
	if (type.space === 'union') return judgeUnion(type, text, prefixes);
	const value = atomicValue(type, text, prefixes);
	return value === undefined ? { ok: false, why: `it is no ${type.name}` } : { ok: true, value, text };
}

function judgeList(type: SimpleType, text: string, prefixes: PrefixLookup | undefined): Judgement {
	const [item] = type.members ?? [];
	const items = text === '' ? [] : text.split(' ');
	if (items.length === 0 && type.isNeverEmpty) return { ok: false, why: `it is no ${type.name}, which has an item` };
	const keys: (string | undefined)[] = [];
	for (const each of item === undefined ? [] : items) {
		const judgement = judgeValue(item!, each, prefixes);
		if (!judgement.ok) return { ok: false, why: `its item ${excerpt(each)}: ${judgement.why}` };
		keys.push(judgement.value.key);
	}
	const key = keys.includes(undefined) ? {} : { key: `list ${JSON.stringify(keys)}` };
	return { ok: true, value: { ...key, length: items.length }, text };
}

function judgeUnion(type: SimpleType, text: string, prefixes: PrefixLookup | undefined): Judgement {
	const faults: string[] = [];
	for (const member of type.members ?? []) {
		const judgement = judgeValue(member, text, prefixes);
		if (judgement.ok) return judgement;
		faults.push(judgement.why);
	}
	return { ok: false, why: excerpt([...new Set(faults)].join(', and ')) };
}

function findFaultInStep(step: FacetSet, value: AtomicValue, text: string): string | undefined {
	for (const bound of step.bounds) {
		const { kind, lexical } = bound;
		if (value.ordinal === undefined) return 'it cannot be compared with the bounds';
		const order = compareValues(value, bound.value);
		if (order === undefined || !keepsTo(kind, order)) return `it is not ${BOUND_PHRASES[kind]} ${lexical}`;
	}
	for (const { kind, count } of step.counts) {
		const fault = findCountFault(kind, count, value, text);
		if (fault !== undefined) return fault;
	}
	const isEnumerated = (each: EnumeratedValue): boolean => {
		if (each.key !== undefined && value.key !== undefined) return each.key === value.key;
		return each.text === text || (each.ordinal !== undefined && each.ordinal === value.ordinal);
	};
	if (step.enumeration.length > 0 && !step.enumeration.some(isEnumerated)) {
		return `it is not ${describeEnumeration(step.enumeration)}`;
	}
	if (step.patterns.length > 0 && !step.patterns.some((pattern) => matchesPattern(pattern, text))) {
		return `it does not match the pattern ${excerpt(step.patterns.map(({ source }) => source).join(' or '))}`;
	}
	return undefined;
}

/** Whether a value keeps to a bound; `order` is that of the value and the bound. */
export function keepsTo(kind: BoundKind, order: number): boolean {
	switch (kind) {
		case 'minInclusive':
			return order >= 0;
		case 'minExclusive':
			return order > 0;
		case 'maxInclusive':
			return order <= 0;
		case 'maxExclusive':
			return order < 0;
	}
}

/**
 * Lengths are of characters (not UTF-16 units), octets or items; what has none keeps to any, as qualified names do (Part
 * 2, 4.3.1.3). Digits: without sign, leading zeros and trailing zeros of a fraction.
 */
function findCountFault(kind: CountKind, count: number, value: AtomicValue, text: string): string | undefined {
	if (kind === 'totalDigits' || kind === 'fractionDigits') {
		const match = /^[+-]?0*([0-9]*?)(?:\.([0-9]*?)0*)?$/.exec(text);
		if (match === null) return 'it is not a decimal number, so its digits cannot be counted';
		const fraction = match[2] ?? '';
		const digits = kind === 'fractionDigits' ? fraction.length : match[1]!.length + fraction.length;
		return digits > count ? `it has ${digits} digits` : undefined;
	}
	const { length } = value;
	if (length === undefined) return undefined;
	const isAllowed = kind === 'length' ? length === count : kind === 'minLength' ? length >= count : length <= count;
	if (isAllowed) return undefined;
	const wanted = kind === 'length' ? '' : kind === 'minLength' ? 'at least ' : 'at most ';
	return `its length is ${length} and must be ${wanted}${count}`;
}
