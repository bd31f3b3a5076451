/** Resource properties, read (WS-ResourceProperties 1.2): of the factory, of agreements. */

import { setImmediate as nextRound } from 'node:timers/promises';
import { printable } from '../../agreement/lexical.ts';
import { WS, WSAG } from '../../agreement/names.ts';
import type { Offer } from '../../agreement/offer/offer.ts';
import type { Location } from '../../agreement/template/location.ts';
import { type Selection, selectLocation } from '../../agreement/template/location-selection.ts';
import { flattenTerms } from '../../agreement/terms/terms.ts';
import { printDateTime } from '../../agreement/time.ts';
import type { Broker } from '../../broker/broker.ts';
import {
	attribute,
	childElements,
	element,
	qualifiedName,
	textOf,
	type XmlElement,
	type XmlName,
	type XmlNode,
} from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { type AgreementRecord, agreementDocument, offerOf } from '../agreement-views.ts';
import { largeOffer } from '../kept-documents.ts';
import { type DocumentInParts, partOf, textsOf } from '../negotiation-documents.ts';
import { type Answer, answer, type Conversation, faultAnswer, findAgreement, wsag } from './conversation.ts';
import { resourceFault, type SoapFault } from './faults.ts';
import { named, WSRF_RL, WSRF_RP } from './names.ts';
import { evaluateQuery, QUERY_HELP, type QueryExpression, XPATH_DIALECT } from './query.ts';
import type { SoapRequest } from './requests.ts';
import { TOPIC_PROPERTIES } from './subscriptions.ts';
import type { NameInText } from './values.ts';

type Rejection = NonNullable<ReturnType<Broker['correspondence']['rejection']>>;

/** A resource as its properties. */
export interface ResourceProperties {
	/** The document that the standard defines. */
	readonly document: XmlElement;
	/** Of one that is longer: its last properties, each made when it is asked for. */
	readonly parts?: DocumentInParts['parts'];
	/** Properties that the document has no room for, and the names of those that it may have. */
	readonly more: readonly XmlElement[];
	readonly names: readonly XmlName[];
}

/** The elements and attributes that a query may look at: every one of the largest document, several times. */
const QUERY_STEPS_MAX = 50_000;
/** Of what a query selects this much is sent: as much as a document has. Nested elements would be sent many times over. */
const QUERY_NODES_MAX = 10_000;

type PropertyRequest = Extract<SoapRequest, { kind: 'property-document' | 'properties' | 'query' }>;

/** GetResourcePropertyDocument, GetResourceProperty, GetMultipleResourceProperties, QueryResourceProperties. */
export async function readProperties(
	properties: ResourceProperties,
	request: PropertyRequest,
	many: boolean,
	{ broker, enterAnswering }: Conversation,
): Promise<Answer> {
	const at = broker.now();
	const { document, parts = [] } = properties;
	await enterAnswering(bytesToEnter(parts, request.kind === 'query'));
	switch (request.kind) {
		case 'property-document': {
			const body = respond('GetResourcePropertyDocumentResponse', undefined, [document]);
			return { kind: 'answer', body, more: { depth: 1, texts: textsOf(parts) } };
		}
		case 'properties': {
			const unknown = request.names.find((name) => !isKnown(properties, name));
			if (unknown !== undefined) return faultAnswer(unknownProperty(properties, unknown, at));
			const asked = new Map(request.names.map((name) => [`${name.namespace} ${name.localName}`, name]));
			const found = [...asked.values()].flatMap((name) => propertiesNamed(properties, name));
			const response = many ? 'GetMultipleResourcePropertiesResponse' : 'GetResourcePropertyResponse';
			const body = respond(response, document, found);
			const named = parts.filter(({ localName }) => asked.has(`${document.namespace} ${localName}`));
			return { kind: 'answer', body, more: { depth: 0, texts: textsOf(named) } };
		}
		case 'query':
			return readQueried(await wholeDocument(document, parts), request.query, at);
	}
}

/** A query looks at all parts together; otherwise there is one of them in memory at a time. */
function bytesToEnter(parts: DocumentInParts['parts'], isQuery: boolean): number {
	const lengths = parts.map(({ bytes }) => bytes);
	return isQuery ? lengths.reduce((sum, bytes) => sum + bytes, 0) : Math.max(0, ...lengths);
}

/** The properties of an agreement, or of the factory; undefined where it is not there or not to be seen. */
export async function propertiesOf(
	conversation: Conversation,
	id: string | undefined,
): Promise<ResourceProperties | undefined> {
	if (id === undefined) return factoryProperties(conversation);
	const { broker, party, enterAnswering } = conversation;
	const agreement = findAgreement(conversation, id);
	if (agreement !== undefined) {
		await enterAnswering(agreement.offerBytes);
		return agreementProperties(conversation, agreement, await largeOffer(conversation.reader, agreement));
	}
	const rejection = broker.correspondence.rejection(party, id);
	if (rejection === undefined) return undefined;
	await enterAnswering(rejection.offerBytes);
	const { offer } = await largeOffer(conversation.reader, rejection);
	return { document: rejectionDocument(rejection, offer), more: [], names: AGREEMENT_NAMES };
}

/** What was offered and not accepted, as the agreement that it did not become. */
function rejectionDocument({ id, offerXml, reason }: Rejection, offer = offerOf({ id, offerXml })): XmlElement {
	const { tree, terms } = offer;
	const part = (localName: string): XmlElement[] => childElements(tree, WSAG, localName);
	const states = (kind: 'GuaranteeTerm' | 'ServiceDescriptionTerm', name: string, state: string): XmlElement[] =>
		flattenTerms(terms.terms)
			.filter((term) => term.kind === kind)
			.map((term) => ({
				...wsag(name, [wsag('State', [state])]),
				attributes: [attribute(named(WSAG, 'termName'), term.name)],
			}));
	const why = element({ prefix: 'ws', namespace: WS, localName: 'Reason' }, [], [printable(reason)]);
	const document = wsag('AgreementProperties', [
		...part('Name'),
		wsag('AgreementId', [id]),
		...part('Context'),
		...part('Terms'),
		wsag('AgreementState', [why, wsag('State', ['Rejected'])]),
		...states('GuaranteeTerm', 'GuaranteeTermState', 'NotDetermined'),
		...states('ServiceDescriptionTerm', 'ServiceTermState', 'NotReady'),
	]);
	const declarations = tree.declarations.filter(({ prefix }) => prefix !== document.prefix);
	return declareNamespaces({ ...document, declarations });
}

function factoryProperties({ broker }: Conversation): ResourceProperties {
	const parts = broker.catalogue.listTemplates().map((record) => {
		return partOf('Template', record.bytes, () => broker.catalogue.readTemplate(record)!.tree);
	});
	const document = declareNamespaces(wsag('AgreementFactoryProperties'));
	return { document, parts, more: [], names: [named(WSAG, 'Template')] };
}

const AGREEMENT_PROPERTIES = [
	'Name',
	'AgreementId',
	'Context',
	'Terms',
	'AgreementState',
	'GuaranteeTermState',
	'ServiceTermState',
] as const;
const AGREEMENT_NAMES: readonly XmlName[] = AGREEMENT_PROPERTIES.map((name) => named(WSAG, name));

function agreementProperties(
	{ broker }: Conversation,
	agreement: AgreementRecord,
	{ offer }: { readonly offer?: Offer },
): ResourceProperties {
	const document = agreementDocument(agreement, broker.catalogue.readTemplate(agreement.template), offer);
	const time = (name: string, at: number): XmlElement => element(named(WSRF_RL, name), [], [printDateTime(at)]);
	const times = [time('CurrentTime', broker.now()), time('TerminationTime', agreement.grant.endAt)];
	const more = [...times, ...TOPIC_PROPERTIES];
	return { document, more, names: [...AGREEMENT_NAMES, ...more] };
}

/** What every resource has that answers queries. */
const COMMON: readonly XmlElement[] = [element(named(WSRF_RP, 'QueryExpressionDialect'), [], [XPATH_DIALECT])];

function isKnown({ names }: ResourceProperties, { namespace, localName }: NameInText): boolean {
	return [...names, ...COMMON].some((name) => name.namespace === namespace && name.localName === localName);
}

function propertiesNamed({ document, more }: ResourceProperties, { namespace, localName }: NameInText): XmlElement[] {
	const inMore = [...more, ...COMMON].filter((each) => each.namespace === namespace && each.localName === localName);
	return [...childElements(document, namespace, localName), ...inMore];
}

/**
 * The answer around parts of a document. It has the document's declarations, which names in the parts' texts may need,
 * and has them once: a document may have as many of them as elements.
 */
function respond(localName: string, document: XmlElement | undefined, parts: readonly XmlNode[]): XmlElement {
	const name = named(WSRF_RP, localName);
	const declarations = (document?.declarations ?? []).filter(({ prefix }) => prefix !== name.prefix);
	return { ...element(name, [], parts), declarations };
}

function unknownProperty({ names }: ResourceProperties, { namespace, localName }: NameInText, at: number): SoapFault {
	const known = new Set([...names, ...COMMON].map(qualifiedName));
	const description = `This resource has no property {${namespace}}${localName}`.slice(0, 300);
	return resourceFault(named(WSRF_RP, 'InvalidResourcePropertyQNameFault'), {
		at,
		description: `${description}; it has ${[...known].join(', ')}.`,
		code: 'PARAMETER_INVALID',
	});
}

/**
 * The document with its parts; undefined where it has more than a query may look at. Others are served in between: a part
 * may be a document of half a megabyte.
 */
async function wholeDocument(document: XmlElement, parts: DocumentInParts['parts']): Promise<XmlElement | undefined> {
	if (parts.length === 0) return document;
	const children: XmlNode[] = [...document.children];
	let nodes = 0;
	for (const { tree } of parts) {
		const part = await tree();
		nodes += countUpTo(part, QUERY_STEPS_MAX);
		if (nodes > QUERY_STEPS_MAX) return undefined;
		children.push(part);
		await nextRound();
	}
	return { ...document, children };
}

function readQueried(
	document: XmlElement | undefined,
	query: Extract<SoapRequest, { kind: 'query' }>['query'],
	at: number,
): Answer {
	const fault = (name: string, description: string, code = 'PARAMETER_INVALID'): Answer =>
		faultAnswer(resourceFault(named(WSRF_RP, name), { at, description, code }));
	if (query.kind === 'unknown-dialect') {
		return fault('UnknownQueryExpressionDialectFault', `The only dialect is ${XPATH_DIALECT}, in part. ${QUERY_HELP}`);
	}
	if (query.kind === 'not-understood') {
		return fault('InvalidQueryExpressionFault', `The query is not understood: ${query.why}. ${QUERY_HELP}`);
	}
	const { expression } = query;
	const found =
		document &&
		(expression.kind === 'path' ? select(document, expression.location) : textOfValue(document, expression));
	if (document === undefined || found === undefined) {
		const description = 'The query looks at more, or selects more, than is looked at here.';
		return fault('QueryEvaluationErrorFault', description, 'LIMIT_EXCEEDED');
	}
	return answer(respond('QueryResourcePropertiesResponse', document, found));
}

/** A value that is no node, as text. */
function textOfValue(
	document: XmlElement,
	expression: Exclude<QueryExpression, { kind: 'path' }>,
): readonly XmlNode[] | undefined {
	const text = evaluateQuery(document, expression, { remaining: QUERY_STEPS_MAX });
	return text === undefined ? undefined : [{ kind: 'text', text }];
}

/** What the query selects, elements whole; undefined where it is too much. */
function select(document: XmlElement, location: Location): readonly XmlNode[] | undefined {
	const selected = selectLocation(document, location, { remaining: QUERY_STEPS_MAX });
	if (selected === undefined) return undefined;
	const parents = parentsIn(document);
	let nodes = 0;
	const found: XmlNode[] = [];
	for (const selection of selected.selections) {
		const node = nodeOf(selection);
		const part = node.kind === 'element' ? withOuterDeclarations(node, document, parents) : node;
		nodes += part.kind === 'element' ? countUpTo(part, QUERY_NODES_MAX) : 1;
		if (nodes > QUERY_NODES_MAX) return undefined;
		found.push(part);
	}
	return found;
}

function nodeOf({ owner, attribute, isText }: Selection): XmlNode {
	if (attribute !== undefined) return { kind: 'text', text: attribute.value };
	return isText ? { kind: 'text', text: textOf(owner) } : owner;
}

/** With what is declared between the document's root, whose declarations the answer has, and the part. */
function withOuterDeclarations(
	part: XmlElement,
	root: XmlElement,
	parents: ReadonlyMap<XmlElement, XmlElement>,
): XmlElement {
	const declarations = new Map(part.declarations.map((declaration) => [declaration.prefix, declaration]));
	for (let outer = parents.get(part); outer !== undefined && outer !== root; outer = parents.get(outer)) {
		for (const declaration of outer.declarations) {
			if (!declarations.has(declaration.prefix)) declarations.set(declaration.prefix, declaration);
		}
	}
	return declarations.size === part.declarations.length ? part : { ...part, declarations: [...declarations.values()] };
}

function parentsIn(document: XmlElement): ReadonlyMap<XmlElement, XmlElement> {
	const parents = new Map<XmlElement, XmlElement>();
	const walk = (parent: XmlElement): void => {
		for (const child of parent.children) {
			if (child.kind !== 'element') continue;
			parents.set(child, parent);
			walk(child);
		}
	};
	walk(document);
	return parents;
}

/** How many nodes there are; no more than one over `most` are counted. */
function countUpTo(node: XmlElement, most: number): number {
	let count = 1 + node.attributes.length + node.declarations.length;
	for (const child of node.children) {
		if (count > most) return count;
		count += child.kind === 'element' ? countUpTo(child, most) : 1;
	}
	return count;
}
