/** What several items say of one node, as one restriction. */
import { XS } from '../names.ts';
import { atomicValue } from './atomic-value.ts';
import type { Bound, BoundKind, FacetSet, ValueRestriction } from './facets.ts';
import { COMPOSITE } from './nearest-composite.ts';
import { type Pattern, type PatternReading, parsePattern } from './pattern.ts';
import { type SimpleType, simpleTypeNamed } from './simple-type.ts';
import { lexicalOf } from './value-machines.ts';

/** All that they say, but for what of too many is only tried. */
export function joinedRestriction(all: readonly ValueRestriction[]): ValueRestriction {
	return all.slice(0, JOINED_MAX).reduce(join);
}

/** What more items than these say of one node is only tried. */
const JOINED_MAX = 16;

/** By the narrower type all that both say; where the types have no values in common by that of the one, for a try. */
function join(one: ValueRestriction, other: ValueRestriction): ValueRestriction {
	const known = JOINED.get(one)?.get(other);
	if (known !== undefined) return known;
	const type = narrower(one.type, other.type);
	const wider = type === one.type ? other.type : one.type;
	const joined: ValueRestriction = {
		type,
		whiteSpace: [one, other].some(({ whiteSpace }) => whiteSpace === 'collapse') ? 'collapse' : one.whiteSpace,
		steps: [...one.steps, ...other.steps, { ...limitsOf(wider), patterns: formOf(wider, type) }].map((step) => ({
			...step,
			bounds: step.bounds.map(withDigits),
		})),
	};
	const ofOne = JOINED.get(one) ?? new WeakMap<ValueRestriction, ValueRestriction>();
	JOINED.set(one, ofOne.set(other, joined));
	return joined;
}

/** Templates stay, and what is found out about a restriction stays with it. */
const JOINED = new WeakMap<ValueRestriction, WeakMap<ValueRestriction, ValueRestriction>>();

/** Where it has another kind of values how these are written: of numbers the truths `0` and `1`. */
function formOf(wider: SimpleType, { space }: SimpleType): readonly Pattern[] {
	const source = wider.space === space || wider.space === 'number' ? undefined : lexicalOf(wider);
	const known = FORMS.get(wider) ?? (source === undefined ? undefined : parsePattern(source));
	if (known === undefined) return [];
	FORMS.set(wider, known);
	return known.ok ? [known.pattern] : [];
}

const FORMS = new WeakMap<SimpleType, PatternReading>();

/** How narrow a type is beside others: the smaller the narrower. */
export function widthOf({ type }: ValueRestriction): number {
	return rankOf(type);
}

function narrower(one: SimpleType, other: SimpleType): SimpleType {
	return rankOf(one) <= rankOf(other) ? one : other;
}

/** Texts are what everything is written as; lists and unions are looked at by their parts. */
function rankOf({ space, lexical, isSingle, form, words }: SimpleType): number {
	if (space === 'number') return ['integer', 'decimal'].indexOf(lexical ?? '') + (lexical ? 0 : isSingle ? 3 : 4);
	if (space === 'untyped') return 9;
	if (space === 'text') return form === undefined && words === undefined ? 8 : 7;
	return COMPOSITE.has(space) ? 6 : 5;
}

/** Those of the type itself, as facets. */
function limitsOf({ space, min, max }: SimpleType): FacetSet {
	const bound = (kind: BoundKind, lexical: string | undefined): readonly Bound[] => {
		const value = space === 'number' && lexical !== undefined ? atomicValue(DECIMAL, lexical) : undefined;
		return value === undefined ? [] : [{ kind, lexical: lexical!, ordinal: value.ordinal!, value }];
	};
	const bounds = [...bound('minInclusive', min), ...bound('maxInclusive', max)];
	return { bounds, counts: [], enumeration: [], patterns: [] };
}

/** A bound of a double may be compared with all the digits of a decimal. */
function withDigits(bound: Bound): Bound {
	return { ...bound, value: atomicValue(DECIMAL, bound.lexical) ?? bound.value };
}

const DECIMAL = simpleTypeNamed(XS, 'decimal')!;
