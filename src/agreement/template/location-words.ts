/** What the vocabularies say of the values of the nodes that a Location selects. */
import type { Interval } from '../jsdl/range.ts';
import { COUNTS } from '../jsdl/range-value.ts';
import { contentModel, wordsOf } from '../lenient/content-models.ts';
import type { ValueType } from '../lenient/model-lines.ts';
import { printDouble } from '../lexical.ts';
import { JSDL, XS } from '../names.ts';
import { atomicValue } from './atomic-value.ts';
import type { BoundKind, FacetSet, ValueRestriction } from './facets.ts';
import type { Location } from './location.ts';
import type { Selection } from './location-selection.ts';
import { type SimpleType, simpleTypeNamed, typeOfModel } from './simple-type.ts';

/** The words of which the selected value is one, by the vocabulary that names the node; undefined: it may be any text. */
export function wordsAt({ steps, target }: Location): readonly string[] | undefined {
	const name = steps.at(-1)?.name;
	return name && wordsOf(name.namespace, name.localName, target.kind === 'attribute' ? target.name : undefined);
}

/** Whether the Location selects counts of JSDL, or exact values of such: whole numbers, whatever their type in XML. */
export function isCount(location: Location): boolean {
	const name = rangeAt(location);
	return name !== undefined && isCounted(name);
}

/** What of JSDL the Location selects, or exact values of which. */
function rangeAt({ steps, target }: Location): Name | undefined {
	const last = steps.at(-1)?.name;
	if (target.kind === 'attribute' || last?.namespace !== JSDL) return undefined;
	return last.localName === 'Exact' && !steps.at(-1)!.descends ? steps.at(-2)?.name : last;
}

/** Where the Location selects ranges of what is measured, or exact values of such, what single values of them can be. */
export function amountAt(location: Location, node?: Pick<Selection, 'owner'>): ValueRestriction | undefined {
	const named = rangeAt(location);
	const name = named?.localName === '*' ? node?.owner : named;
	if (name === undefined || contentModel(name.namespace, name.localName)?.kind !== 'range') return undefined;
	return name.localName.endsWith('Memory') ? SOME : AMOUNT;
}

interface Name {
	readonly namespace: string;
	readonly localName: string;
}

function isCounted({ namespace, localName }: Name): boolean {
	return namespace === JSDL && COUNTS.has(localName);
}

/**
 * What the vocabularies leave of single values of a node that the Location selects, or would select; words, texts and times
 * are not among it.
 */
export function givenAt(
	location: Location,
	node?: Pick<Selection, 'owner' | 'attribute'>,
): ValueRestriction | undefined {
	if (isCount(location)) return COUNT;
	const { steps, target } = location;
	if (node !== undefined) return givenOf(node.owner, node.attribute);
	return givenOf(steps.at(-1)!.name, target.kind === 'attribute' ? target.name : undefined);
}

/** The same of an element, within that parent, or of an attribute of it. */
export function givenOf(owner: Name, attribute?: Name, parent?: Name): ValueRestriction | undefined {
	const exact = owner.namespace === JSDL && owner.localName === 'Exact' ? parent : undefined;
	if (attribute === undefined && isCounted(exact ?? owner)) return COUNT;
	const model = contentModel(owner.namespace, owner.localName);
	const rule = model?.attributes.find(
		({ namespace, localName }) => namespace === attribute?.namespace && localName === attribute.localName,
	);
	const type = attribute === undefined && model?.kind === 'value' ? model.type : rule?.type;
	return type && givenBy(type);
}

function givenBy(type: ValueType): ValueRestriction | undefined {
	const known = typeOfModel(type);
	const isTold = known?.space === 'boolean' || known?.lexical === 'integer';
	return isTold ? given(known) : undefined;
}

/** One for each type, so that what was found out of it stays with it. */
function given(type: SimpleType): ValueRestriction {
	const known = GIVEN.get(type) ?? { type, whiteSpace: 'collapse', steps: [], isGiven: true };
	GIVEN.set(type, known);
	return known;
}

const GIVEN = new Map<SimpleType, ValueRestriction>();

/** What is counted comes in whole numbers, although a range is of doubles: `8.0` is as good as 8. */
const COUNT: ValueRestriction = {
	...given({ ...simpleTypeNamed(XS, 'decimal')!, min: '1' }),
	steps: [{ bounds: [], counts: [{ kind: 'fractionDigits', count: 0 }], enumeration: [], patterns: [] }],
};

const DOUBLE = simpleTypeNamed(XS, 'double')!;

/** What is measured is never less than nothing: bytes, hertz, seconds, bits per second. */
const AMOUNT = atLeast('0');
/** A machine without memory is none. */
const SOME = atLeast('1');

function atLeast(lexical: string): ValueRestriction {
	return { ...given(DOUBLE), steps: [boundedBy(['minInclusive', lexical])] };
}

/** Of the numbers of an interval. */
export function restrictionWithin({ lower, lowerOpen, upper, upperOpen }: Interval): ValueRestriction {
	const ends = [
		[lowerOpen ? 'minExclusive' : 'minInclusive', lower],
		[upperOpen ? 'maxExclusive' : 'maxInclusive', upper],
	] as const;
	const finite = ends.flatMap(([kind, end]) => (Number.isFinite(end) ? [[kind, printDouble(end)] as const] : []));
	return { type: DOUBLE, whiteSpace: 'collapse', steps: [boundedBy(...finite)] };
}

function boundedBy(...bounds: readonly (readonly [kind: BoundKind, lexical: string])[]): FacetSet {
	const all = bounds.map(([kind, lexical]) => {
		const value = atomicValue(DOUBLE, lexical)!;
		return { kind, lexical, ordinal: value.ordinal!, value };
	});
	return { bounds: all, counts: [], enumeration: [], patterns: [] };
}
