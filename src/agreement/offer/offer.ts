/** wsag:AgreementOffer: who offers what to whom, by which template (GFD.192, 4.1). */
import { type DocumentIssue, hasName, qualifiedName, textOf, type XmlElement } from '../../xml/element.ts';
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
import { collapseWhiteSpace } from '../lexical.ts';
import { WS, WSAG } from '../names.ts';
import { type PriceCeiling, readQuote } from '../terms/quote.ts';
import { readTermTree, type TermTree } from '../terms/terms.ts';

export type AgreementRole = 'AgreementInitiator' | 'AgreementResponder';

export interface AgreementContext {
	readonly path: string;
	/** What the parties call themselves: all text of the element, which may be anything. */
	readonly initiator?: string;
	readonly responder?: string;
	readonly serviceProvider: AgreementRole;
	readonly serviceProviderPath: string;
	/** ExpirationTime in epoch seconds, rounded down; read as UTC where it names no zone. */
	readonly expirationAt?: number;
	readonly expirationPath?: string;
	readonly templateId?: string;
	readonly templateName?: string;
	/** Of an offer, the most that the client pays: the Price of a ws:Quote. */
	readonly priceCeiling?: PriceCeiling;
	/** What it says beyond the standard. */
	readonly extensions: readonly Place[];
}

export interface Offer {
	readonly tree: XmlElement;
	/** Of the tree's root in what was sent; absent: that is the offer itself. The paths of its parts begin there. */
	readonly path?: string;
	/** Where choices were made: which element of the document as it was sent each rebuilt element stands for. */
	readonly origins?: ReadonlyMap<XmlElement, XmlElement>;
	readonly name?: string;
	readonly context: AgreementContext;
	readonly terms: TermTree;
}

/** Reads a wsag:AgreementOffer, or says all that is wrong with it. */
export function readOffer(root: XmlElement): Reading<Offer> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	if (!hasName(root, WSAG, 'AgreementOffer')) {
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This is not an offer.', {
			found: qualifiedName(root),
			allowed: `AgreementOffer of ${WSAG}`,
		});
		return { ok: false, issues };
	}
	const body = readAgreementBody(place, placesWithin(place), issues);
	return reading(body && { tree: root, ...body }, issues);
}

/** What offers, templates and agreements have in common: Name?, Context, Terms. */
export function readAgreementBody(
	root: Place,
	places: readonly Place[],
	issues: DocumentIssue[],
): Omit<Offer, 'tree' | 'path' | 'origins'> | undefined {
	const name = optionalChild(root, places, WSAG, 'Name', issues);
	const contextPlace = requiredChild(root, places, WSAG, 'Context', issues);
	const termsPlace = requiredChild(root, places, WSAG, 'Terms', issues);
	const context = contextPlace && readContext(contextPlace, issues);
	const terms = termsPlace && readTermTree(termsPlace, issues);
	if (context === undefined || terms === undefined) return undefined;
	return { ...(name === undefined ? {} : { name: collapseWhiteSpace(textOf(name.element)) }), context, terms };
}

function readContext(place: Place, issues: DocumentIssue[]): AgreementContext | undefined {
	const places = placesWithin(place);
	const child = (localName: string): Place | undefined => optionalChild(place, places, WSAG, localName, issues);
	const textOfChild = (localName: string): string | undefined => {
		const found = child(localName);
		return found && collapseWhiteSpace(stringValue(found.element));
	};
	const providerPlace = requiredChild(place, places, WSAG, 'ServiceProvider', issues);
	const provider = providerPlace && collapseWhiteSpace(textOf(providerPlace.element));
	const serviceProvider = provider === 'AgreementInitiator' || provider === 'AgreementResponder' ? provider : undefined;
	if (providerPlace !== undefined && serviceProvider === undefined) {
		addIssue(issues, 'VALUE_MALFORMED', providerPlace.path, 'ServiceProvider names one of the two roles.', {
			found: provider ?? '',
			allowed: 'AgreementInitiator or AgreementResponder',
		});
	}
	const expiration = child('ExpirationTime');
	const quote = optionalChild(place, places, WS, 'Quote', issues);
	const values = {
		initiator: textOfChild('AgreementInitiator'),
		responder: textOfChild('AgreementResponder'),
		expirationAt: expiration && readTime(expiration, issues),
		expirationPath: expiration?.path,
		templateId: textOfChild('TemplateId'),
		templateName: textOfChild('TemplateName'),
		priceCeiling: quote && readQuote(quote, issues),
	};
	if (providerPlace === undefined || serviceProvider === undefined) return undefined;
	const serviceProviderPath = providerPlace.path;
	const extensions = places.filter(({ element }) => element.namespace !== WSAG);
	return { path: place.path, serviceProvider, serviceProviderPath, extensions, ...withoutAbsent(values) };
}
