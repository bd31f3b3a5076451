/**
 * An envelope, read: its version, the addressing headers, the resource that it is addressed to, the one element of its
 * body. Pure: it runs in the workers. What cannot be honoured is a fault, and a value.
 */
import { type Place, placeNamed, placeOfRoot, placesWithin } from '../../agreement/document.ts';
import { collapseWhiteSpace } from '../../agreement/lexical.ts';
import { WSA } from '../../agreement/names.ts';
import {
	attribute,
	attributeValue,
	childElements,
	type DocumentIssue,
	element,
	firstChild,
	qualifiedName,
	textOf,
	type XmlElement,
	type XmlName,
} from '../../xml/element.ts';
import { invalidReference, readAddressing } from './addressing.ts';
import type { Asked } from './answers.ts';
import { unknownEncoding, wrongEncoding } from './encoding-style.ts';
import {
	addressingFault,
	notUnderstoodFault,
	problemAction,
	problemHeader,
	type SoapFault,
	soapFault,
} from './faults.ts';
import { CS, ENVELOPES, named, SOAP_11, SOAP_12, type SoapVersion } from './names.ts';
import { OPERATIONS, type Operation, type ResourceKind } from './operations.ts';
import { isForUs } from './roles.ts';

/** What HTTP says about a message, which its envelope must not contradict. */
export interface MessageContext {
	/** By the media type. */
	readonly version: SoapVersion;
	/** SOAPAction of SOAP 1.1 or the parameter `action` of SOAP 1.2's media type; empty says nothing. */
	readonly action: string;
}

/** A resource of the broker's, named by the reference parameter of an endpoint reference that the broker made. */
export interface ResourceName {
	readonly kind: ResourceKind;
	readonly id: string;
}

/** An envelope whose headers can be honoured, and the operation that its body asks for. */
export interface Opened {
	readonly kind: 'opened';
	readonly asked: Asked;
	readonly operation: Operation;
	/** Absent: the factory. */
	readonly resource?: ResourceName;
	/** A document of its own: its path begins here. */
	readonly body: Place;
}

export type Opening = Opened | Unopened;

/** A message that cannot be acted on, and what can be said of it. */
export type Unopened =
	| { readonly kind: 'fault'; readonly asked: Asked; readonly fault: SoapFault }
	/** Neither SOAP nor WS-Addressing has a fault for what is wrong: the schemas or the bounds of this broker are not kept to. */
	| {
			readonly kind: 'unreadable';
			readonly asked: Asked;
			/** Where there is telling what it asks for. */
			readonly operation?: Operation;
			readonly issues: readonly DocumentIssue[];
	  };

/** Agreements, negotiations and subscriptions have UUIDs. */
const ID_LENGTH_MAX = 64;
/** Headers of a message: ours need eight. */
const HEADERS_MAX = 64;

/** Opens an envelope that passed the gate. */
export function openEnvelope(root: XmlElement, context: MessageContext): Opening {
	const asked = askedOf(root, context);
	const fault = (found: SoapFault): Opening => ({ kind: 'fault', asked, fault: found });
	const unreadable = (issue: DocumentIssue, operation?: Operation): Opening => ({
		kind: 'unreadable',
		asked,
		...(operation && { operation }),
		issues: [issue],
	});
	const first = firstFault(root, context);
	if (first !== undefined) return fault(first);
	const { version } = context;
	const places = placesWithin(placeOfRoot(root));
	const all = headersIn(places, version);
	if (all.length > HEADERS_MAX) {
		const { path } = placeNamed(places, root.namespace, 'Header')!;
		const [found, allowed] = [`${all.length}`, `at most ${HEADERS_MAX}`];
		return unreadable({
			code: 'ELEMENTS_TOO_MANY',
			path,
			message: `A message has ${allowed} headers.`,
			found,
			allowed,
		});
	}
	const headers = all.filter((each) => isForUs(each.element, version));
	const addressing = readAddressing(headers);
	const resource = resourceOf(headers);
	if (resource.kind === 'fault') return fault(resource.fault);
	if (addressing.fault !== undefined) {
		return 'path' in addressing.fault ? unreadable(addressing.fault) : fault(addressing.fault);
	}
	const encoded = wrongEncoding(root);
	if (encoded !== undefined) return fault(encoded);
	const unknown = unknownEncoding(root);
	if (unknown !== undefined) return unreadable(unknown, operationIn(root));
	const content = placeNamed(places, root.namespace, 'Body')!;
	const [body, second] = placesWithin(content);
	if (body === undefined || second !== undefined) {
		const code = body === undefined ? 'ELEMENT_MISSING' : 'ELEMENT_UNKNOWN';
		const message = `The Body holds one element: this one has ${body === undefined ? 'none' : 'more'}.`;
		const found = second === undefined ? {} : { found: qualifiedName(second.element) };
		return unreadable({ code, path: content.path, message, ...found });
	}
	const chosen = operationOf(body.element, resource.name, {
		addressing: addressing.action,
		http: context.action,
	});
	if (chosen.kind === 'fault') return fault(chosen.fault);
	const { operation } = chosen;
	const document = { ...body, path: `/${qualifiedName(body.element)}` };
	return { kind: 'opened', asked, operation, ...(resource.name && { resource: resource.name }), body: document };
}

/** The operation that the Body of an envelope asks for by its first element, whatever else is wrong with it. */
export function operationIn(root: XmlElement): Operation | undefined {
	const body = firstChild(root, root.namespace, 'Body');
	const [request] = body === undefined ? [] : childElements(body);
	return request && operationNamed(request);
}

function operationNamed({ namespace, localName }: XmlElement): Operation | undefined {
	return OPERATIONS.find(({ request }) => request.namespace === namespace && request.localName === localName);
}

/** What the headers of an envelope say of its answer, whatever else it is: there may be no telling. */
export function askedOf(root: XmlElement, context: MessageContext): Asked {
	const version = versionOf(root);
	if (version === undefined) return { version: context.version, addressed: false };
	return { version, ...readAddressing(headersForUs(root, version)).asked };
}

/** What of the addressing of an envelope does not keep to the schemas, if anything. */
export function invalidAddressing(root: XmlElement, issues: readonly DocumentIssue[]): SoapFault | undefined {
	const version = versionOf(root);
	return version && invalidReference(headersForUs(root, version), issues);
}

function headersForUs(root: XmlElement, version: SoapVersion): readonly Place[] {
	const headers = headersIn(placesWithin(placeOfRoot(root)), version);
	return headers.filter((each) => isForUs(each.element, version));
}

/**
 * What comes before anything else that is wrong with a message, as nobody may look further into one that they do not
 * understand (SOAP 1.1, 4.2.3; SOAP 1.2 Part 1, 2.6 and 2.8): also of an envelope that does not keep to the schemas.
 */
export function firstFault(root: XmlElement, context: MessageContext): SoapFault | undefined {
	const version = versionOf(root);
	if (version === undefined) return wrongVersion(context.version);
	if (version !== context.version) {
		const reason = `The media type says SOAP ${context.version}, the envelope is one of SOAP ${version}.`;
		return wrongVersion(version, reason);
	}
	const headers = headersIn(placesWithin(placeOfRoot(root)), version);
	if (headers.length > HEADERS_MAX) return undefined;
	const unknown = headers
		.filter((each) => isForUs(each.element, version))
		.filter((each) => mustBeUnderstood(each.element, version) && !isUnderstood(each.element));
	return unknown.length > 0 ? notUnderstood(unknown, version) : undefined;
}

function headersIn(places: readonly Place[], version: SoapVersion): readonly Place[] {
	const header = placeNamed(places, ENVELOPES[version], 'Header');
	return header === undefined ? [] : placesWithin(header);
}

function versionOf({ namespace, localName }: XmlElement): SoapVersion | undefined {
	if (localName !== 'Envelope') return undefined;
	if (namespace === SOAP_12) return '1.2';
	return namespace === SOAP_11 ? '1.1' : undefined;
}

/** An envelope of another version, or none at all; whoever speaks SOAP 1.2 wants to be told which are known. */
export function wrongVersion(version: SoapVersion, reason = 'The root is no Envelope of SOAP 1.1 or 1.2.'): SoapFault {
	if (version === '1.1') return soapFault('VersionMismatch', reason);
	const supported = [named(SOAP_12, 'Envelope'), named(SOAP_11, 'Envelope')].map(
		({ prefix, namespace, localName }) => ({
			...element(named(SOAP_12, 'SupportedEnvelope'), [attribute('qname', `${prefix}:${localName}`)]),
			declarations: [{ prefix, namespace }],
		}),
	);
	return soapFault('VersionMismatch', reason, { headers: [element(named(SOAP_12, 'Upgrade'), [], supported)] });
}

function mustBeUnderstood(header: XmlElement, version: SoapVersion): boolean {
	return /^(1|true)$/.test(collapseWhiteSpace(attributeValue(header, ENVELOPES[version], 'mustUnderstand') ?? ''));
}

const UNDERSTOOD: ReadonlySet<string> = new Set([
	'Action',
	'MessageID',
	'To',
	'From',
	'ReplyTo',
	'FaultTo',
	'RelatesTo',
]);
const KINDS: readonly ResourceKind[] = ['Agreement', 'Negotiation', 'Subscription'];

function isUnderstood({ namespace, localName }: XmlElement): boolean {
	if (namespace === CS) return KINDS.some((kind) => kind === localName);
	return namespace === WSA && UNDERSTOOD.has(localName);
}

/** SOAP 1.2 names them in headers of the fault, each with a prefix that is declared there. */
function notUnderstood(unknown: readonly Place[], version: SoapVersion): SoapFault {
	const names: readonly XmlName[] = unknown.map((each) => each.element);
	if (version === '1.1') return notUnderstoodFault(names, []);
	const headers = names.map(({ namespace, localName }) => ({
		...element(named(SOAP_12, 'NotUnderstood'), [attribute('qname', namespace === '' ? localName : `n:${localName}`)]),
		declarations: namespace === '' ? [] : [{ prefix: 'n', namespace }],
	}));
	return notUnderstoodFault(names, headers);
}

function resourceOf(
	headers: readonly Place[],
): { readonly kind: 'found'; readonly name?: ResourceName } | { readonly kind: 'fault'; readonly fault: SoapFault } {
	const ours = headers.filter((each) => each.element.namespace === CS && isUnderstood(each.element));
	const [only, second] = ours;
	if (second !== undefined) {
		const reason = 'A message is addressed to one resource: there is more than one reference parameter of this broker.';
		return { kind: 'fault', fault: addressingFault('InvalidCardinality', reason, problemHeader(nameOf(second))) };
	}
	if (only === undefined) return { kind: 'found' };
	const id = collapseWhiteSpace(textOf(only.element));
	if (id === '' || id.length > ID_LENGTH_MAX || placesWithin(only).length > 0) {
		const reason = 'The reference parameter is none that this broker has made.';
		return { kind: 'fault', fault: addressingFault('DestinationUnreachable', reason) };
	}
	return { kind: 'found', name: { kind: only.element.localName as ResourceKind, id } };
}

/** A reference parameter of ours, with the prefix that answers declare. */
function nameOf({ element: { localName } }: Place): XmlName {
	return named(CS, localName);
}

function operationOf(
	body: XmlElement,
	resource: ResourceName | undefined,
	actions: { readonly addressing: string | undefined; readonly http: string },
): { readonly kind: 'chosen'; readonly operation: Operation } | { readonly kind: 'fault'; readonly fault: SoapFault } {
	const operation = operationNamed(body);
	const given = [actions.addressing, actions.http].filter(
		(action): action is string => action !== undefined && action !== '',
	);
	const foreign = given.find((action) => !OPERATIONS.some((known) => known.action === action));
	if (foreign !== undefined || operation === undefined) {
		const what = foreign === undefined ? `{${body.namespace}}${body.localName}` : `the action ${foreign}`;
		const reason = `There is no operation for ${what} here.`;
		const said = problemAction(actions.addressing, actions.http);
		return { kind: 'fault', fault: addressingFault('ActionNotSupported', reason, said) };
	}
	if (given.some((action) => action !== operation.action)) {
		const reason = `The action of this body is ${operation.action}.`;
		return { kind: 'fault', fault: addressingFault('ActionMismatch', reason, problemHeader(named(WSA, 'Action'))) };
	}
	const target = resource?.kind ?? 'Factory';
	if (operation.of.includes(target)) return { kind: 'chosen', operation };
	const targets = operation.of.map((kind) => (kind === 'Factory' ? 'the factory' : `a resource cs:${kind}`));
	const reason = `${operation.name} is an operation of ${targets.join(' or ')}.`;
	return { kind: 'fault', fault: addressingFault('DestinationUnreachable', reason) };
}
