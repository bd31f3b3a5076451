/**
 * How the content of an element is written as a line: `A? B* C!` are children in this order, at most one, any number,
 * exactly one; `A?|B?` may stand in either order; `any` at the end lets elements of other vocabularies follow.
 */
import { JSDL_POSIX, WSAG } from '../names.ts';

/** The type of a value: `name` is a text around which white space means nothing, `filesystem` an NCName of JSDL's, `Digest` and `CPUShare` our own. */
export type ValueType =
	| 'text'
	| 'name'
	| 'filesystem'
	| 'NCName'
	| 'boolean'
	| 'double'
	| 'integer'
	| 'nonNegativeInteger'
	| 'positiveInteger'
	| 'Digest'
	| 'CPUShare'
	| 'dateTime'
	| 'duration'
	| { readonly words: readonly string[] };

export interface ChildRule {
	readonly namespace: string;
	readonly localName: string;
	/** Its place among the others; two that may change places have the same. */
	readonly rank: number;
	readonly isRequired: boolean;
	readonly isRepeatable: boolean;
}

export interface AttributeRule {
	/** '' where the vocabulary leaves its attributes unqualified. */
	readonly namespace: string;
	readonly localName: string;
	readonly type: ValueType;
}

export interface ContentModel {
	/** `elements` in the order of their ranks, or `unordered`; one simple `value`; `open`: whatever it is, it is kept. */
	readonly kind: 'elements' | 'unordered' | 'range' | 'value' | 'open';
	readonly children: readonly ChildRule[];
	/** Elements of other vocabularies may follow the children. */
	readonly isExtensible: boolean;
	readonly attributes: readonly AttributeRule[];
	/** Attributes of other vocabularies are let pass. */
	readonly takesForeignAttributes: boolean;
	/** Of a `value`. */
	readonly type: ValueType;
	/** The schema declares it within others only: where anything may stand it is any element, and holds what it likes. */
	readonly isLocal: boolean;
}

interface Attributes {
	readonly [localName: string]: ValueType;
}

/** Writes the models of one vocabulary: several elements of one content at a time, their names in a line. */
export interface VocabularyWriter {
	readonly models: ReadonlyMap<string, ContentModel>;
	elements(names: string, line: string, attributes?: Attributes, more?: Partial<ContentModel>): VocabularyWriter;
	values(names: string, type: ValueType, attributes?: Attributes, more?: Partial<ContentModel>): VocabularyWriter;
	open(names: string): VocabularyWriter;
	/** Of what was written so far these are local, or all but these. */
	local(names: string): VocabularyWriter;
	localBut(names: string): VocabularyWriter;
}

/** Begins a vocabulary: its namespace, and what holds of the attributes of all its elements. */
export function vocabulary(
	namespace: string,
	attributeForm: 'qualified' | 'unqualified',
	foreign: 'foreign attributes' | 'no others',
): VocabularyWriter {
	const models = new Map<string, ContentModel>();
	const add = (names: string, attributes: Attributes, model: Partial<ContentModel>): VocabularyWriter => {
		const rules = Object.entries(attributes).map(([name, type]) => {
			const [localName, prefix] = name.split(':').reverse() as [string, string?];
			const own = attributeForm === 'qualified' ? namespace : '';
			return { namespace: prefix === undefined ? own : NEIGHBOURS[prefix]!, localName, type };
		});
		for (const name of names.split(' ')) {
			models.set(name, {
				kind: 'elements',
				children: [],
				isExtensible: false,
				attributes: rules,
				takesForeignAttributes: foreign === 'foreign attributes',
				type: 'text',
				isLocal: false,
				...model,
			});
		}
		return writer;
	};
	const mark = (isMeant: (name: string) => boolean): VocabularyWriter => {
		for (const [name, model] of models) if (isMeant(name)) models.set(name, { ...model, isLocal: true });
		return writer;
	};
	const writer: VocabularyWriter = {
		models,
		elements: (names, line, attributes = {}, more = {}) => {
			const tokens = line.split(' ').filter((token) => token !== '');
			const children = tokens.flatMap((token, rank) => (token === 'any' ? [] : childRules(token, rank, namespace)));
			return add(names, attributes, { children, isExtensible: tokens.at(-1) === 'any', ...more });
		},
		values: (names, type, attributes = {}, more = {}) => add(names, attributes, { kind: 'value', type, ...more }),
		open: (names) => add(names, {}, { kind: 'open', takesForeignAttributes: true }),
		local: (names) => mark((name) => names.split(' ').includes(name)),
		localBut: (names) => mark((name) => !names.split(' ').includes(name)),
	};
	return writer;
}

/** `A?`, `B*`, `C!`, and `A?|B?` for two that may change places. */
function childRules(token: string, rank: number, namespace: string): ChildRule[] {
	return token.split('|').map((part) => {
		const [, prefix, localName, count] = /^(?:(\w+):)?(\w+)([?*!])$/.exec(part)!;
		return {
			namespace: prefix === undefined ? namespace : NEIGHBOURS[prefix]!,
			localName: localName!,
			rank,
			isRequired: count === '!',
			isRepeatable: count === '*',
		};
	});
}

/** Vocabularies of which others use elements and attributes. */
const NEIGHBOURS: Readonly<Record<string, string>> = { posix: JSDL_POSIX, wsag: WSAG };

/** A choice of these words, a blank between them. */
export const words = (list: string): ValueType => ({ words: list.split(' ') });

/** Of elements that let no foreign attributes pass where the others of their vocabulary do. */
export const NO_FOREIGN = { takesForeignAttributes: false } as const;
