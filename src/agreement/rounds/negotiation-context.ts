/** neg:NegotiationContext (GFD.193): who negotiates with whom, about a new agreement or about one that is in force. */
import { type DocumentIssue, element, hasName, qualifiedName, textOf, type XmlElement } from '../../xml/element.ts';
import {
	addIssue,
	optionalChild,
	type Place,
	placeOfRoot,
	placesWithin,
	type Reading,
	reading,
	readTime,
	requiredChild,
	stringValue,
	withoutAbsent,
} from '../document.ts';
import { collapseWhiteSpace, printable } from '../lexical.ts';
import { NEG } from '../names.ts';
import { type EndpointReference, printEndpointReference, readEndpointReference } from '../offer/endpoint-reference.ts';
import { standaloneTree } from '../standalone-tree.ts';
import { printDateTime } from '../time.ts';

export type NegotiationRole = 'NegotiationInitiator' | 'NegotiationResponder';

/** A Renegotiation names the agreement that is to be superseded, as its responder and as its initiator call it. */
export type NegotiationType =
	| { readonly kind: 'Negotiation' }
	| {
			readonly kind: 'Renegotiation';
			readonly responderAgreement: EndpointReference;
			readonly initiatorAgreement?: EndpointReference;
	  };

/** What a context says beside its extensions. */
export interface NegotiationTerms {
	readonly type: NegotiationType;
	/** When the negotiation ends, in epoch seconds, rounded down. */
	readonly expirationAt?: number;
	/** What the parties call themselves: all text of the element, which may be anything. */
	readonly initiator?: string;
	readonly responder?: string;
	/** Who of the two will be the responder of the agreement. */
	readonly agreementResponder: NegotiationRole;
	/** Where the agreement is to be created. */
	readonly agreementFactory?: EndpointReference;
}

export interface NegotiationContext extends NegotiationTerms {
	/** The context as it was sent, a document of its own. */
	readonly tree: XmlElement;
	readonly path: string;
	/** Foreign elements of the context and of its NegotiationType. */
	readonly extensions: readonly Place[];
}

/** Reads a neg:NegotiationContext, or says all that is wrong with it. */
export function readNegotiationContext(root: XmlElement): Reading<NegotiationContext> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	if (!hasName(root, NEG, 'NegotiationContext')) {
		const details = { found: qualifiedName(root), allowed: `NegotiationContext of ${NEG}` };
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This is no context of a negotiation.', details);
		return { ok: false, issues };
	}
	return reading(readContextAt(place, issues), issues);
}

/** Reads the context at its place in a message. */
export function readContextAt(place: Place, issues: DocumentIssue[]): NegotiationContext | undefined {
	const places = placesWithin(place);
	const child = (localName: string): Place | undefined => optionalChild(place, places, NEG, localName, issues);
	const party = (localName: string): string | undefined => {
		const found = child(localName);
		return found && collapseWhiteSpace(stringValue(found.element));
	};
	const typePlace = requiredChild(place, places, NEG, 'NegotiationType', issues);
	const choice = typePlace && placesWithin(typePlace)[0];
	const type = choice && readType(choice, issues);
	if (typePlace !== undefined && choice === undefined) {
		addIssue(issues, 'ELEMENT_MISSING', typePlace.path, 'NegotiationType needs a Negotiation or a Renegotiation.');
	}
	const responderPlace = requiredChild(place, places, NEG, 'AgreementResponder', issues);
	const agreementResponder = responderPlace && readNegotiationRole(responderPlace, issues);
	const expiration = child('ExpirationTime');
	const factory = child('AgreementFactoryEPR');
	const values = {
		expirationAt: expiration && readTime(expiration, issues),
		initiator: party('NegotiationInitiator'),
		responder: party('NegotiationResponder'),
		agreementFactory: factory && readEndpointReference(factory, issues),
	};
	if (type === undefined || agreementResponder === undefined) return undefined;
	const extensions = foreignPlaces([...placesWithin(choice!), ...places]);
	const context = { tree: standaloneTree(place), path: place.path, type, agreementResponder, extensions };
	return { ...context, ...withoutAbsent(values) };
}

/** A new context, to be sent or shown. */
export function printNegotiationContext(terms: NegotiationTerms): XmlElement {
	const { type, expirationAt, initiator, responder, agreementResponder, agreementFactory } = terms;
	const optional = (localName: string, text: string | undefined): XmlElement[] =>
		text === undefined ? [] : [neg(localName, [printable(text)])];
	return neg('NegotiationContext', [
		neg('NegotiationType', [printType(type)]),
		...optional('ExpirationTime', expirationAt === undefined ? undefined : printDateTime(expirationAt)),
		...optional('NegotiationInitiator', initiator),
		...optional('NegotiationResponder', responder),
		neg('AgreementResponder', [agreementResponder]),
		...optionalReference('AgreementFactoryEPR', agreementFactory),
	]);
}

/** Creator and AgreementResponder: one of the two roles. */
export function readNegotiationRole(place: Place, issues: DocumentIssue[]): NegotiationRole | undefined {
	const role = collapseWhiteSpace(textOf(place.element));
	if (role === 'NegotiationInitiator' || role === 'NegotiationResponder') return role;
	const allowed = 'NegotiationInitiator or NegotiationResponder';
	const message = `${place.element.localName} names one of the two roles.`;
	addIssue(issues, 'VALUE_MALFORMED', place.path, message, { found: role, allowed });
	return undefined;
}

/** Those of the places that are not of the negotiation's own vocabulary. */
export function foreignPlaces(places: readonly Place[]): Place[] {
	return places.filter(({ element: { namespace } }) => namespace !== NEG);
}

/** A new element of the negotiation's vocabulary, under its usual prefix. */
export function neg(localName: string, children: readonly (XmlElement | string)[] = []): XmlElement {
	return element({ prefix: 'neg', namespace: NEG, localName }, [], children);
}

/** A prefix for the namespace that the element does not declare for another one. */
export function freePrefix(wanted: string, namespace: string, { declarations }: XmlElement): string {
	const known = declarations.find((declared) => declared.namespace === namespace && declared.prefix !== '');
	if (known !== undefined) return known.prefix;
	let prefix = wanted;
	while (declarations.some((declared) => declared.prefix === prefix)) prefix += '_';
	return prefix;
}

/** The reference under that name of the negotiation's vocabulary, where there is one. */
export function optionalReference(localName: string, reference: EndpointReference | undefined): XmlElement[] {
	if (reference === undefined) return [];
	return [printEndpointReference({ prefix: 'neg', namespace: NEG, localName }, reference)];
}

function readType(choice: Place, issues: DocumentIssue[]): NegotiationType | undefined {
	if (hasName(choice.element, NEG, 'Negotiation')) return { kind: 'Negotiation' };
	if (!hasName(choice.element, NEG, 'Renegotiation')) {
		const details = { found: qualifiedName(choice.element), allowed: 'neg:Negotiation or neg:Renegotiation' };
		addIssue(issues, 'ELEMENT_UNKNOWN', choice.path, 'This type of negotiation is not known.', details);
		return undefined;
	}
	const places = placesWithin(choice);
	const responder = requiredChild(choice, places, NEG, 'ResponderAgreementEPR', issues);
	const initiator = optionalChild(choice, places, NEG, 'InitiatorAgreementEPR', issues);
	const responderAgreement = responder && readEndpointReference(responder, issues);
	const initiatorAgreement = initiator && readEndpointReference(initiator, issues);
	if (responderAgreement === undefined) return undefined;
	return { kind: 'Renegotiation', responderAgreement, ...withoutAbsent({ initiatorAgreement }) };
}

function printType(type: NegotiationType): XmlElement {
	if (type.kind === 'Negotiation') return neg('Negotiation');
	return neg('Renegotiation', [
		...optionalReference('ResponderAgreementEPR', type.responderAgreement),
		...optionalReference('InitiatorAgreementEPR', type.initiatorAgreement),
	]);
}
