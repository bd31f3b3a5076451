/** wsag:Template: what a site offers to agree to, and what offers for it must keep to (GFD.192, 4.4). */
import {
	attributeValue,
	type DocumentIssue,
	hasName,
	qualifiedName,
	textOf,
	type XmlElement,
} from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import {
	addIssue,
	optionalChild,
	type Place,
	placeNamed,
	placeOfRoot,
	placesWithin,
	type Reading,
	reading,
	requiredChild,
} from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { NEG, WS, WSAG } from '../names.ts';
import { type AgreementContext, readAgreementBody } from '../offer/offer.ts';
import { freePrefix } from '../rounds/negotiation-context.ts';
import type { TermTree } from '../terms/terms.ts';
import { type DurationUnit, SECONDS_PER } from '../terms/window.ts';
import { readCreationConstraints } from './constraint-reader.ts';
import type { TemplateConstraint } from './constraints.ts';

export interface Template {
	readonly tree: XmlElement;
	/** TemplateName of its context; offers name it by this and the id. */
	readonly name: string;
	/** TemplateId. */
	readonly id: string;
	/** Its wsag:Name, for people. */
	readonly title?: string;
	readonly context: AgreementContext;
	readonly terms: TermTree;
	readonly constraints: readonly TemplateConstraint[];
	/** The unit of the integer Duration of a TimeConstraint; absent: the template does not say. */
	readonly durationUnit?: DurationUnit;
	/** How offers for it are read, unless their senders say otherwise; absent: strictly. */
	readonly offerReading?: OfferReading;
}

export type OfferReading = 'strict' | 'lenient';

/** Names and ids stand in URLs, file names and tables. */
const NAME_CHARACTERS_MAX = 128;
const NAME = /^[\p{L}\p{N}_~:+()-][\p{L}\p{N}._~:+() -]*$/u;

/**
 * Reads a wsag:Template, or a neg:NegotiableTemplate, which is the same under another name. It is refused when it has no name and id, when its parts name it differently, and when it
 * carries a constraint that could not be checked.
 */
export function readTemplate(root: XmlElement): Reading<Template> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	if (!hasName(root, WSAG, 'Template') && !hasName(root, NEG, 'NegotiableTemplate')) {
		const details = { found: qualifiedName(root), allowed: `Template of ${WSAG}` };
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This is not a template.', details);
		return { ok: false, issues };
	}
	const places = placesWithin(place);
	const body = readAgreementBody(place, places, issues);
	const section = requiredChild(place, places, WSAG, 'CreationConstraints', issues);
	const constraints = section === undefined ? [] : readCreationConstraints(section, issues);
	const context = placeNamed(places, WSAG, 'Context');
	const durationUnit = context && readWord(context, 'DurationUnit', DURATION_UNITS, issues);
	const offerReading = context && readWord(context, 'Reading', OFFER_READINGS, issues);
	if (body === undefined) return reading<Template>(undefined, issues);
	const id = readId(place, body.context, issues);
	const name = body.context.templateName ?? body.name ?? '';
	checkName(name, 'TemplateName', place.path, issues);
	const template: Template = {
		tree: hasName(root, WSAG, 'Template') ? root : asTemplate(root),
		name,
		id,
		...(body.name === undefined ? {} : { title: body.name }),
		context: body.context,
		terms: body.terms,
		constraints,
		...(durationUnit === undefined ? {} : { durationUnit }),
		...(offerReading === undefined ? {} : { offerReading }),
	};
	return reading(template, issues);
}

/** A neg:NegotiableTemplate under the name by which it is kept. */
function asTemplate(root: XmlElement): XmlElement {
	const prefix = freePrefix('wsag', WSAG, root);
	return declareNamespaces({ ...root, prefix, namespace: WSAG, localName: 'Template' });
}

/** The id stands in the root's attribute, in the context, or in both alike. */
function readId(root: Place, context: AgreementContext, issues: DocumentIssue[]): string {
	const ofRoot = attributeValue(root.element, WSAG, 'TemplateId');
	const id = ofRoot ?? context.templateId ?? '';
	if (context.templateId !== undefined && context.templateId !== id) {
		const message = 'The context names another TemplateId than the template itself.';
		const details = { found: context.templateId, allowed: id };
		const inContext = placeNamed(placesWithin(root), WSAG, 'Context');
		const said = inContext && placeNamed(placesWithin(inContext), WSAG, 'TemplateId');
		addIssue(issues, 'TEMPLATE_NAME_CONFLICT', (said ?? root).path, message, details);
	}
	checkName(id, 'TemplateId', root.path, issues);
	return id;
}

function checkName(name: string, what: string, path: string, issues: DocumentIssue[]): void {
	if (name.length <= NAME_CHARACTERS_MAX && NAME.test(name)) return;
	const allowed = `1 to ${NAME_CHARACTERS_MAX} letters, digits and . _ ~ : + ( ) - or spaces`;
	const code = name.trim() === '' ? 'TEMPLATE_UNNAMED' : 'NAME_NOT_SUPPORTED';
	addIssue(issues, code, path, `A template needs a ${what}: ${allowed}.`, { found: name, allowed });
}

const DURATION_UNITS = Object.keys(SECONDS_PER) as DurationUnit[];
const OFFER_READINGS: readonly OfferReading[] = ['strict', 'lenient'];

/** What the template states in one word of ours in its context. */
function readWord<Word extends string>(
	context: Place,
	localName: string,
	words: readonly Word[],
	issues: DocumentIssue[],
): Word | undefined {
	const place = optionalChild(context, placesWithin(context), WS, localName, issues);
	if (place === undefined) return undefined;
	const found = collapseWhiteSpace(textOf(place.element));
	const word = words.find((candidate) => candidate === found);
	if (word === undefined) {
		const allowed = words.join(', ');
		addIssue(issues, 'VALUE_MALFORMED', place.path, `${localName} must be one of ${allowed}.`, { found, allowed });
	}
	return word;
}
