/** Documents into typed ones: what the xml room's workers run, before the gate for JSON and behind it for all. */
import { type DocumentIssue, qualifiedName, type XmlElement } from '../xml/element.ts';
import { addIssue, type Reading } from './document.ts';
import { fromJson } from './json.ts';
import { readJson } from './json-text.ts';
import { WSAG } from './names.ts';
import { type Offer, readOffer } from './offer.ts';
import { readTemplate, type Template } from './template.ts';

/** A document that a client may send. Plain data: it crosses from a worker to the main thread. */
export type ReadDocument =
	| { readonly kind: 'offer'; readonly offer: Offer }
	| { readonly kind: 'template'; readonly template: Template };

/**
 * The most elements, attributes, declarations, texts and comments of a document that a client may send. One of 8 KB has
 * 600. What is done with a document after it was read, under the site's lock and for the answer, costs its nodes many
 * times over, on a main thread that serves everybody: 16 ms for the worst of so many that was found, 70 for 72,000.
 */
const NODES_MAX = 10_000;

/** Reads whatever the root element says that it is: an offer or a template. */
export function read(root: XmlElement): Reading<ReadDocument> {
	const nodes = countNodes(root);
	if (nodes > NODES_MAX) {
		const issues: DocumentIssue[] = [];
		const message = 'The document has too many elements, attributes, declarations, texts and comments.';
		const details = { found: String(nodes), allowed: `at most ${NODES_MAX}` };
		addIssue(issues, 'NODES_TOO_MANY', `/${qualifiedName(root)}`, message, details);
		return { ok: false, issues };
	}
	const kind = root.namespace === WSAG ? root.localName : '';
	if (kind === 'AgreementOffer') {
		const offer = readOffer(root);
		return offer.ok ? { ok: true, value: { kind: 'offer', offer: offer.value } } : offer;
	}
	if (kind === 'Template') {
		const template = readTemplate(root);
		return template.ok ? { ok: true, value: { kind: 'template', template: template.value } } : template;
	}
	const issues: DocumentIssue[] = [];
	const details = { found: qualifiedName(root), allowed: 'wsag:AgreementOffer or wsag:Template' };
	addIssue(issues, 'ROOT_UNKNOWN', `/${qualifiedName(root)}`, 'A client sends offers and templates.', details);
	return { ok: false, issues };
}

function countNodes(node: XmlElement): number {
	let count = 1 + node.attributes.length + node.declarations.length;
	for (const child of node.children) count += child.kind === 'element' ? countNodes(child) : 1;
	return count;
}

/** The tree of a document that was sent in its JSON form; it has not passed the gate. */
export function readJsonForm(bytes: Uint8Array): Reading<XmlElement> {
	const json = readJson(bytes);
	return json.ok ? fromJson(json.value) : json;
}

/** An offer is its tree, and is read from it again in a tenth of the time that its parts would take to be cloned. */
export function pack(document: ReadDocument): string | undefined {
	return document.kind === 'offer' ? JSON.stringify(document.offer.tree) : undefined;
}

/** The document that was packed. */
export function unpack(packed: string): ReadDocument {
	const reading = read(JSON.parse(packed));
	if (!reading.ok) throw new Error('A document that was read cannot be read again.');
	return reading.value;
}
