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

/** Reads whatever the root element says that it is: an offer or a template. */
export function read(root: XmlElement): Reading<ReadDocument> {
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

/** The tree of a document that was sent in its JSON form; it has not passed the gate. */
export function readJsonForm(bytes: Uint8Array): Reading<XmlElement> {
	const json = readJson(bytes);
	return json.ok ? fromJson(json.value) : json;
}
