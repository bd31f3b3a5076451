/**
 * neg:NegotiationOffer and neg:NegotiationCounterOffer (GFD.193): an agreement offer with its place in the tree of
 * offers, a state, and constraints on the answer. Nothing in it binds anybody.
 */
import {
	attribute,
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
	readTime,
	requiredChild,
	withoutAbsent,
} from '../document.ts';
import { collapseWhiteSpace, printable } from '../lexical.ts';
import { NEG, WSAG } from '../names.ts';
import { type Offer, readAgreementBody } from '../offer/offer.ts';
import { standaloneTree } from '../standalone-tree.ts';
import { printDateTime } from '../time.ts';
import { type NegotiationConstraint, readNegotiationConstraints } from './negotiation-constraints.ts';
import { foreignPlaces, freePrefix, type NegotiationRole, neg, readNegotiationRole } from './negotiation-context.ts';

/**
 * Advisory: to be worked on. Solicited: answer Acceptable or Rejected. Acceptable: the sender would agree to this as it
 * stands. Rejected: nothing may follow from it.
 */
export type NegotiationOfferState = 'Advisory' | 'Solicited' | 'Acceptable' | 'Rejected';

/** neg:NegotiationOfferContext: the place of an offer in the tree of offers. */
export interface NegotiationOfferContext {
	/** The id of the offer that this one answers, or of the template at the root of the tree. */
	readonly counterOfferTo: string;
	/** Epoch seconds, rounded down. */
	readonly expirationAt?: number;
	readonly creator: NegotiationRole;
	readonly state: NegotiationOfferState;
	/** What the state holds: nothing, a sub-state, or why the offer is Rejected (base-fault.ts). */
	readonly stateContent: readonly Place[];
	/** Foreign elements behind the state. */
	readonly extensions: readonly Place[];
}

export interface NegotiationOffer extends NegotiationOfferContext, Omit<Offer, 'path' | 'origins'> {
	/** Where it stands in the document that it was sent in; its `tree` is a document of its own. */
	readonly path: string;
	/** As its sender calls it, with all its white space (`isOfferId`). */
	readonly offerId?: string;
	readonly constraints: readonly NegotiationConstraint[];
}

/** Characters of an OfferId: a URI has room, and it stands in paths, queries and messages. */
export const OFFER_ID_LENGTH_MAX = 256;
/** What an OfferId may be, for whoever is told that another one is not taken. */
export const OFFER_ID_ALLOWED = `1 to ${OFFER_ID_LENGTH_MAX} printable characters, no white space but single spaces between others`;

/** Whether an offer of a negotiation can be called so: then it is read in CounterOfferTo as it was written. */
export function isOfferId(text: string): boolean {
	if (text === '' || text.length > OFFER_ID_LENGTH_MAX || /[\p{Cc}\p{Cf}\p{Cs}\uFFFE\uFFFF]/u.test(text)) return false;
	return !/^ | {2}| $|[^\P{Z} ]/u.test(text);
}

/** The path of the OfferId, of an offer that stands at a path; of the offer where it has none. */
export function placeOfOfferId({ tree, path }: Pick<NegotiationOffer, 'tree' | 'path'>): string {
	const owned = tree.attributes.find((candidate) => hasName(candidate, NEG, 'OfferId'));
	return owned === undefined ? path : `${path}/@${qualifiedName(owned)}`;
}

/**
 * The path of what its NegotiationOfferContext says, of an offer that stands at a path; of the context, or the offer,
 * where that is not there.
 */
export function placeInOfferContext(
	{ tree, path }: Pick<NegotiationOffer, 'tree' | 'path'>,
	localName: 'CounterOfferTo' | 'ExpirationTime' | 'State',
): string {
	const root = { ...placeOfRoot(tree), path };
	const context = placeNamed(placesWithin(root), NEG, 'NegotiationOfferContext');
	const said = context && placeNamed(placesWithin(context), NEG, localName);
	return (said ?? context ?? root).path;
}

const STATES: readonly NegotiationOfferState[] = ['Advisory', 'Solicited', 'Acceptable', 'Rejected'];

/** Reads an offer or a counter-offer, or says all that is wrong with it. */
export function readNegotiationOffer(root: XmlElement): Reading<NegotiationOffer> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	if (!isNegotiationOffer(place)) {
		const details = { found: qualifiedName(root), allowed: `NegotiationOffer or NegotiationCounterOffer of ${NEG}` };
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This is no offer of a negotiation.', details);
		return { ok: false, issues };
	}
	return reading(readNegotiationOfferAt(place, issues), issues);
}

export function isNegotiationOffer({ element: { namespace, localName } }: Place): boolean {
	return namespace === NEG && (localName === 'NegotiationOffer' || localName === 'NegotiationCounterOffer');
}

/** Reads an offer or a counter-offer at its place in a message. */
export function readNegotiationOfferAt(place: Place, issues: DocumentIssue[]): NegotiationOffer | undefined {
	const places = placesWithin(place);
	const body = readAgreementBody(place, places, issues);
	const contextPlace = requiredChild(place, places, NEG, 'NegotiationOfferContext', issues);
	const context = contextPlace && readOfferContext(contextPlace, issues);
	const section = requiredChild(place, places, NEG, 'NegotiationConstraints', issues);
	const constraints = section && readNegotiationConstraints(section, issues);
	if (body === undefined || context === undefined || constraints === undefined) return undefined;
	const offerId = attributeValue(place.element, NEG, 'OfferId');
	const tree = standaloneTree(place);
	return { tree, path: place.path, ...withoutAbsent({ offerId }), ...body, ...context, constraints };
}

/** What an offer that can be read demands of its answer; one that is no offer of a negotiation demands nothing. */
export function demandsOf(root: XmlElement): readonly NegotiationConstraint[] {
	const place = placeOfRoot(root);
	if (!isNegotiationOffer(place)) return [];
	const section = optionalChild(place, placesWithin(place), NEG, 'NegotiationConstraints', []);
	return section === undefined ? [] : readNegotiationConstraints(section, []);
}

/** Reads a neg:NegotiationOfferContext, of an offer or of an extension. */
export function readOfferContext(place: Place, issues: DocumentIssue[]): NegotiationOfferContext | undefined {
	const places = placesWithin(place);
	const parent = requiredChild(place, places, NEG, 'CounterOfferTo', issues);
	const expiration = optionalChild(place, places, NEG, 'ExpirationTime', issues);
	const creatorPlace = requiredChild(place, places, NEG, 'Creator', issues);
	const creator = creatorPlace && readNegotiationRole(creatorPlace, issues);
	const statePlace = requiredChild(place, places, NEG, 'State', issues);
	const [word, second] = statePlace === undefined ? [] : placesWithin(statePlace);
	const state = STATES.find((candidate) => word !== undefined && hasName(word.element, NEG, candidate));
	if (statePlace !== undefined && (state === undefined || second !== undefined)) {
		const allowed = `one of the elements ${STATES.join(', ')}`;
		const found = word === undefined ? collapseWhiteSpace(textOf(statePlace.element)) : qualifiedName(word.element);
		addIssue(issues, 'VALUE_MALFORMED', statePlace.path, `State holds ${allowed}.`, { found, allowed });
	}
	const expirationAt = expiration && readTime(expiration, issues);
	if (parent === undefined || creator === undefined || state === undefined) return undefined;
	return {
		counterOfferTo: collapseWhiteSpace(textOf(parent.element)),
		...withoutAbsent({ expirationAt }),
		creator,
		state,
		stateContent: placesWithin(word!),
		extensions: foreignPlaces(places),
	};
}

/**
 * The agreement offer in an offer of a negotiation: a wsag:AgreementOffer of the same context and terms. Its elements
 * are those of the offer, so what is read from its terms and replaced in its tree keeps their paths.
 */
export function agreementOfferOf(offer: NegotiationOffer): Offer {
	const { tree, path, name, context, terms } = offer;
	return { tree: agreementTreeOf(tree), path, ...withoutAbsent({ name }), context, terms };
}

/** The same of the document alone. */
export function agreementTreeOf(tree: XmlElement): XmlElement {
	const children = tree.children.filter((child) => child.kind !== 'element' || child.namespace !== NEG);
	const attributes = tree.attributes.filter((owned) => !hasName(owned, NEG, 'OfferId'));
	const root = { ...tree, localName: 'AgreementOffer', namespace: WSAG, prefix: freePrefix('wsag', WSAG, tree) };
	return declareNamespaces({ ...root, attributes, children });
}

/** What a printed offer says beyond the agreement offer in it. */
export interface OfferInNegotiation extends Pick<NegotiationOfferContext, 'counterOfferTo' | 'creator' | 'state'> {
	/** A wsag:AgreementOffer: context and terms. */
	readonly offer: XmlElement;
	/** Default NegotiationCounterOffer. */
	readonly root?: 'NegotiationOffer' | 'NegotiationCounterOffer';
	readonly offerId?: string;
	/** Epoch seconds. */
	readonly expirationAt?: number;
	/** A foreign element: of a Rejected offer its reasons, as `printBaseFault` writes them. */
	readonly stateContent?: XmlElement;
	/** Foreign elements of the offer's context. */
	readonly extensions?: readonly XmlElement[];
	/** neg:Item and wsag:Constraint elements, in this order. */
	readonly constraints?: readonly XmlElement[];
}

/** The offer as neg:NegotiationCounterOffer (or NegotiationOffer), valid wherever what it is made of is. */
export function printNegotiationOffer(parts: OfferInNegotiation): XmlElement {
	const { offer, root = 'NegotiationCounterOffer', offerId, constraints = [] } = parts;
	const prefix = freePrefix('neg', NEG, offer);
	const id = offerId === undefined ? [] : [attribute({ prefix, namespace: NEG, localName: 'OfferId' }, offerId)];
	return declareNamespaces({
		...offer,
		prefix,
		namespace: NEG,
		localName: root,
		attributes: [...offer.attributes.filter(({ namespace }) => namespace !== NEG), ...id],
		children: [...offer.children, printOfferContext(parts), neg('NegotiationConstraints', constraints)],
	});
}

/** A new neg:NegotiationOfferContext. */
export function printOfferContext(parts: Omit<OfferInNegotiation, 'offer'>): XmlElement {
	const { counterOfferTo, expirationAt, creator, state, stateContent, extensions = [] } = parts;
	return neg('NegotiationOfferContext', [
		neg('CounterOfferTo', [printable(counterOfferTo)]),
		...(expirationAt === undefined ? [] : [neg('ExpirationTime', [printDateTime(expirationAt)])]),
		neg('Creator', [creator]),
		neg('State', [neg(state, stateContent === undefined ? [] : [stateContent])]),
		...extensions,
	]);
}
