/** Documents into typed ones: what the xml room's workers run, before the gate for JSON and behind it for all. */
import type { Reading } from '../xml/document.ts';
import { type DocumentIssue, qualifiedName, type XmlElement } from '../xml/element.ts';
import { packTree, unpackTree } from '../xml/packed.ts';
import type { PackedText } from '../xml/packed-text.ts';
import { writeCanonical } from '../xml/writer.ts';
import { addIssue } from './document.ts';
import { fromJson } from './from-json.ts';
import { readJson } from './json-text.ts';
import { keptTree, type Remade, remadeTree } from './kept-document.ts';
import { lintTemplate } from './lint/lint.ts';
import { NEG, WSAG } from './names.ts';
import { chooseBranches, type MadeChoice } from './offer/choices.ts';
import { type AgreementCreation, readAgreementCreation } from './offer/creation.ts';
import { type Offer, readOffer } from './offer/offer.ts';
import { type StatedTerms, statedTerms } from './properties/print.ts';
import { type NegotiationContext, readNegotiationContext } from './rounds/negotiation-context.ts';
import { type NegotiationMessage, readNegotiationMessage } from './rounds/negotiation-messages.ts';
import { type NegotiationOffer, readNegotiationOffer } from './rounds/negotiation-offer.ts';
import { type DocumentDifference, documentDifferences } from './same-document.ts';
import { readTemplate, type Template } from './template/template.ts';
import { toJsonText } from './to-json.ts';

/** A document that a client may send. */
export type SentDocument =
	/** `text` is the canonical text of its tree: written where it is read, since to be kept it is needed again. */
	| { readonly kind: 'offer'; readonly offer: Offer; readonly text: string }
	| { readonly kind: 'agreement-creation'; readonly creation: AgreementCreation }
	| { readonly kind: 'template'; readonly template: Template }
	| { readonly kind: 'negotiable-template'; readonly template: Template }
	| { readonly kind: 'negotiation-context'; readonly context: NegotiationContext }
	| { readonly kind: 'negotiation-offer'; readonly offer: NegotiationOffer }
	| { readonly kind: 'negotiation-message'; readonly message: NegotiationMessage };

/** What comes of a document. Plain data: it crosses from a worker to the main thread. */
export type ReadDocument =
	| SentDocument
	/** What {@link KeptAsked} asks for. */
	| { readonly kind: 'printed'; readonly text: string }
	| { readonly kind: 'tree'; readonly tree: XmlElement }
	/** What {@link StatedAsked} asks for. */
	| { readonly kind: 'stated'; readonly terms: StatedTerms }
	/** What {@link ComparisonAsked} asks for, in the order of the others. */
	| { readonly kind: 'compared'; readonly differences: readonly (readonly DocumentDifference[])[] };

/**
 * The most elements, attributes, declarations, texts and comments of a document that a client may send. One of 8 KB has
 * 600. What is done with a document after it was read, under the site's lock and for the answer, costs its nodes many
 * times over, on a main thread that serves everybody: of twice as many nodes the worst that was found held it for 69 ms.
 */
const NODES_MAX = 5_000;

/**
 * The context of a reading that is only to tell where in the source these places are: it gives an issue for each, in
 * their order. For what is found once a document has been read, and its text is no more at hand.
 */
export interface PlacesAsked {
	readonly placesOf: readonly string[];
}

/** The context of a reading of a document that was kept, and is wanted as it is kept, or remade, in this form. */
export interface KeptAsked {
	readonly keptAs: 'xml' | 'json' | 'tree';
	readonly remade: Remade;
}

/** The context of a reading of an offer that was kept: which terms have a state where its choices are made so. */
export interface StatedAsked {
	readonly statedWith: readonly MadeChoice[];
}

/** The context of a reading of a document that was kept, and is compared with others that were. */
export interface ComparisonAsked {
	readonly comparedWith: readonly string[];
	/** Of each so many places are told. */
	readonly countMax: number;
}

/**
 * Reads whatever the root element says that it is; `text` is its canonical text, where that is at hand. The issues of a
 * template are what lint says of it, which may take a second.
 */
export function read(root: XmlElement, context?: unknown, text?: string): Reading<ReadDocument> {
	const { placesOf, keptAs, remade, statedWith, comparedWith, countMax } = (context ?? NOTHING_ASKED) as Asked;
	if (placesOf !== undefined) {
		return { ok: false, issues: placesOf.map((path) => ({ code: 'PLACE', path, message: '' })) };
	}
	if (keptAs !== undefined) return { ok: true, value: printKept(remadeTree(root, remade!), keptAs) };
	if (statedWith !== undefined) {
		return typed(readOffer(root), (offer) => {
			return { kind: 'stated', terms: statedTerms(chooseBranches(offer, statedWith).offer) };
		});
	}
	if (comparedWith === undefined) return readSent(root, text);
	const differences = comparedWith.map((other) => documentDifferences(root, keptTree(other), countMax!));
	return { ok: true, value: { kind: 'compared', differences } };
}

type Asked = Partial<PlacesAsked & KeptAsked & StatedAsked & ComparisonAsked>;

const NOTHING_ASKED: Asked = {};

function printKept(tree: XmlElement, form: KeptAsked['keptAs']): ReadDocument {
	if (form === 'tree') return { kind: 'tree', tree };
	return { kind: 'printed', text: form === 'xml' ? writeCanonical(tree) : toJsonText(tree) };
}

/** Reads a document that a client may send. */
export function readSent(root: XmlElement, text?: string): Reading<SentDocument> {
	const nodes = countNodes(root);
	if (nodes > NODES_MAX) {
		const issues: DocumentIssue[] = [];
		const message = 'The document has too many elements, attributes, declarations, texts and comments.';
		const details = { found: String(nodes), allowed: `at most ${NODES_MAX}` };
		addIssue(issues, 'NODES_TOO_MANY', `/${qualifiedName(root)}`, message, details);
		return { ok: false, issues };
	}
	const reader = READERS.get(`{${root.namespace}}${root.localName}`);
	if (reader !== undefined) return reader(root, text);
	const issues: DocumentIssue[] = [];
	const allowed = 'an offer, a template, or a document of a negotiation';
	addIssue(issues, 'ROOT_UNKNOWN', `/${qualifiedName(root)}`, `A client sends ${allowed}.`, {
		found: qualifiedName(root),
		allowed: 'wsag:AgreementOffer, wsag:Template, neg:NegotiationOffer, ...',
	});
	return { ok: false, issues };
}

function countNodes(node: XmlElement): number {
	let count = 1 + node.attributes.length + node.declarations.length;
	for (const child of node.children) count += child.kind === 'element' ? countNodes(child) : 1;
	return count;
}

type Reader = (root: XmlElement, text?: string) => Reading<SentDocument>;

const readOfferDocument: Reader = (root, text) =>
	typed(readOffer(root), (offer) => ({ kind: 'offer', offer, text: text ?? writeCanonical(root) }));
const readTemplateDocument: Reader = (root) => linted(readTemplate(root), 'template');
const readCreation: Reader = (root) =>
	typed(readAgreementCreation(root), (creation) => ({ kind: 'agreement-creation', creation }));
const readNegotiable: Reader = (root) => linted(readTemplate(root), 'negotiable-template');
const readContext: Reader = (root) =>
	typed(readNegotiationContext(root), (context) => ({ kind: 'negotiation-context', context }));
const readNegotiated: Reader = (root) =>
	typed(readNegotiationOffer(root), (offer) => ({ kind: 'negotiation-offer', offer }));
const readMessage: Reader = (root) =>
	typed(readNegotiationMessage(root), (message) => ({ kind: 'negotiation-message', message }));

/** By the expanded name of the root. */
const READERS: ReadonlyMap<string, Reader> = new Map([
	[`{${WSAG}}AgreementOffer`, readOfferDocument],
	[`{${WSAG}}CreateAgreementInput`, readCreation],
	[`{${WSAG}}Template`, readTemplateDocument],
	[`{${NEG}}NegotiableTemplate`, readNegotiable],
	[`{${NEG}}NegotiationContext`, readContext],
	[`{${NEG}}NegotiationOffer`, readNegotiated],
	[`{${NEG}}NegotiationCounterOffer`, readNegotiated],
	[`{${NEG}}InitiateNegotiationInput`, readMessage],
	[`{${NEG}}NegotiateInput`, readMessage],
	[`{${NEG}}AdvertiseInput`, readMessage],
	[`{${NEG}}TerminateInput`, readMessage],
]);

function typed<T, D extends ReadDocument>(reading: Reading<T>, documentOf: (value: T) => D): Reading<D> {
	return reading.ok ? { ok: true, value: documentOf(reading.value) } : reading;
}

function linted(reading: Reading<Template>, kind: 'template' | 'negotiable-template'): Reading<SentDocument> {
	if (!reading.ok) return reading;
	const template = reading.value;
	return { ok: true, value: { kind, template }, issues: lintTemplate(template) };
}

/** The tree of a document that was sent in its JSON form; it has not passed the gate. */
export function readJsonForm(bytes: Uint8Array): Reading<XmlElement> {
	const json = readJson(bytes);
	return json.ok ? fromJson(json.value) : json;
}

/**
 * An offer is its text and its tree, and is read from that again in a tenth of the time that its parts would take to be
 * cloned. The length of the text comes first. What was printed and trees have a letter there.
 */
export function pack(document: ReadDocument): string | undefined {
	if (document.kind === 'printed') return PRINTED + document.text;
	if (document.kind === 'tree') {
		const packed = packTree(document.tree);
		return packed && TREE + packed;
	}
	if (document.kind !== 'offer') return undefined;
	const { offer, text } = document;
	const packed = packTree(offer.tree);
	return packed && `${text.length} ${text}${packed}`;
}

/**
 * The document that was packed. Its text is made and its offer is read each time that they are asked for: while documents
 * wait for their turn each of them is some bytes, and not the thousand objects that the garbage collector would copy.
 */
export function unpack(packed: PackedText): ReadDocument {
	const letter = packed.slice(0, 1);
	if (letter === PRINTED) return { kind: 'printed', text: packed.slice(1) };
	if (letter === TREE) return { kind: 'tree', tree: unpackTree(packed.slice(1)) };
	const length = Number.parseInt(packed.slice(0, LENGTH_CHARACTERS_MAX), 10);
	const textAt = String(length).length + 1;
	const treeAt = textAt + length;
	return {
		kind: 'offer',
		get offer() {
			const reading = readOffer(unpackTree(packed.slice(treeAt)));
			if (!reading.ok) throw new Error('A document that was read cannot be read again.');
			return reading.value;
		},
		get text() {
			return packed.slice(textAt, treeAt);
		},
	};
}

const PRINTED = 'p';
const TREE = 't';

/** Of a number that no text is longer than. */
const LENGTH_CHARACTERS_MAX = 10;
