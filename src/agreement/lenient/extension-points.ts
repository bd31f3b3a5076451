/**
 * Where the standards let elements of other vocabularies in, whatever they are. There a demand can be lost that only
 * its name is wrong of: the schemas take it for an extension, so that the document is valid and nothing is repaired.
 * Its author should be told.
 */
import {
	ARP,
	JSDL,
	JSDL_HPCPA,
	JSDL_HPCPA_VARIANTS,
	JSDL_POSIX,
	JSDL_SPMD,
	NEG,
	SWEEP,
	SWEEP_DRAFT,
	TC,
	WS,
	WSAG,
	WSAG4J_ENGINE,
} from '../names.ts';
import { contentModel, elementNames, isKnownVocabulary } from './content-models.ts';
import { isOneLetterOff, isWrittenLike } from './mend-names.ts';
import { withoutAlias } from './namespace-aliases.ts';

export interface ExtensionName {
	readonly namespace: string;
	readonly localName: string;
}

/** What is understood in the wsag:Context of a document that a client sends. */
export const CONTEXT_EXTENSIONS: readonly ExtensionName[] = [
	{ namespace: WS, localName: 'Choice' },
	{ namespace: WS, localName: 'Continues' },
	{ namespace: WS, localName: 'DurationUnit' },
	{ namespace: WS, localName: 'Effects' },
	{ namespace: WS, localName: 'Parties' },
	{ namespace: WS, localName: 'Quote' },
	{ namespace: WS, localName: 'Rationale' },
	{ namespace: WS, localName: 'Reading' },
	{ namespace: NEG, localName: 'NegotiationExtension' },
	{ namespace: NEG, localName: 'RenegotiationExtension' },
];

/** What is wrong with an element at an extension point: it is none that is known, or not here; and what may be meant. */
export interface Strangeness {
	readonly kind: 'unknown' | 'elsewhere';
	readonly meant?: ExtensionName;
}

/**
 * What is strange about an element that stands where its parent lets elements of other vocabularies in; undefined where
 * it stands in no such place, is understood there, or is of a vocabulary that has nothing to do with what is known here.
 */
export function strangenessOf(own: ExtensionName, parent: ExtensionName): Strangeness | undefined {
	// Before anything is looked up: nearly all elements are of the vocabulary around them.
	if (own.namespace === parent.namespace) return undefined;
	const model = contentModel(parent.namespace, parent.localName);
	if (model?.isExtensible !== true) return undefined;
	// Some vocabularies have children of their neighbours.
	if (model.children.some((rule) => isNamed(own, rule))) return undefined;
	const understood = UNDERSTOOD.get(`{${parent.namespace}}${parent.localName}`);
	if (understood?.some((each) => isNamed(own, each)) === true) return undefined;
	const meant = only(own.localName, [...model.children, ...(understood ?? [])]) ?? meantInVocabulary(own);
	if (meant !== undefined) return { kind: 'unknown', meant };
	// The content of terms and scopes is judged by those who read it.
	if (!isKnownVocabulary(own.namespace) || (understood === undefined && parent.namespace !== JSDL)) return undefined;
	return { kind: contentModel(own.namespace, own.localName) === undefined ? 'unknown' : 'elsewhere' };
}

/** What may be meant by an extension, for the end of a sentence about it; '' where it is anybody's. */
export function hintOf(own: ExtensionName, parent: ExtensionName): string {
	const meant = strangenessOf(own, parent)?.meant;
	return meant === undefined ? '' : ` (did you mean ${nameText(meant)}?)`;
}

/** As people are told of it. */
export function nameText({ namespace, localName }: ExtensionName): string {
	return `${localName} of ${namespace}`;
}

/** What is understood where others are let in, besides the parent's own children. */
const UNDERSTOOD: ReadonlyMap<string, readonly ExtensionName[]> = new Map([
	[`{${WSAG}}Context`, CONTEXT_EXTENSIONS],
	[
		`{${WSAG}}Item`,
		[
			{ namespace: WS, localName: 'Occurs' },
			{ namespace: WSAG4J_ENGINE, localName: 'ConstraintAnnotation' },
		],
	],
	[
		`{${JSDL}}JobDefinition`,
		[
			{ namespace: SWEEP, localName: 'Sweep' },
			// The draft's is refused with its reason.
			{ namespace: SWEEP_DRAFT, localName: 'Sweep' },
			{ namespace: SWEEP_DRAFT, localName: 'Assignment' },
		],
	],
	[
		`{${JSDL}}Application`,
		[
			{ namespace: JSDL_POSIX, localName: 'POSIXApplication' },
			{ namespace: JSDL_SPMD, localName: 'SPMDApplication' },
			...[JSDL_HPCPA, ...JSDL_HPCPA_VARIANTS].map((namespace) => ({ namespace, localName: 'HPCProfileApplication' })),
		],
	],
]);

/** The namesake, or the one that is written nearly alike. */
function only(name: string, candidates: readonly ExtensionName[]): ExtensionName | undefined {
	const namesake = candidates.find(({ localName }) => localName === name);
	if (namesake !== undefined) return namesake;
	const alike = candidates.filter(({ localName }) => isWrittenLike(name, localName));
	const [first] = alike;
	return alike.every(({ localName }) => localName === first?.localName) ? first : undefined;
}

/** The element of the vocabulary that the namespace is, or nearly is. */
export function meantInVocabulary({ namespace, localName }: ExtensionName): ExtensionName | undefined {
	const vocabulary = nearVocabulary(namespace);
	if (vocabulary === undefined) return undefined;
	if (contentModel(vocabulary, localName) !== undefined)
		return vocabulary === namespace ? undefined : { namespace: vocabulary, localName };
	return only(
		localName,
		elementNames(vocabulary).map((name) => ({ namespace: vocabulary, localName: name })),
	);
}

/** The vocabulary of a namespace that is written in other letters, on another host of the OGF, or one letter off. */
function nearVocabulary(namespace: string): string | undefined {
	const alias = withoutAlias(namespace);
	if (isKnownVocabulary(alias)) return alias;
	if (alias.length > NAMESPACE_LENGTH_MAX) return undefined;
	const plain = plainNamespace(alias);
	return (
		VOCABULARIES.find((known) => plainNamespace(known) === plain) ??
		VOCABULARIES.find((known) => isOneLetterOff(plainNamespace(known), plain))
	);
}

const VOCABULARIES = [JSDL, JSDL_POSIX, JSDL_HPCPA, JSDL_SPMD, WSAG, WS, TC, ARP];

/** The longest that is known has 68 letters. */
const NAMESPACE_LENGTH_MAX = 100;

function plainNamespace(namespace: string): string {
	const plain = namespace.toLowerCase().replace(/^https:/, 'http:');
	return plain.replace('//schemas.ogf.org/', '//schemas.ggf.org/');
}

function isNamed(own: ExtensionName, { namespace, localName }: ExtensionName): boolean {
	return own.localName === localName && own.namespace === namespace;
}
