/**
 * A made agreement as the standard has it on the wire: wsag:AgreementProperties (GFD.192, section 7), since there is
 * no global element Agreement. Its terms are those of the offer, narrowed to what was granted.
 */
import {
	attribute,
	element,
	firstChild,
	hasName,
	textOf,
	type XmlElement,
	type XmlName,
	type XmlNode,
} from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { collapseWhiteSpace, printable } from '../lexical.ts';
import { WS, WSAG } from '../names.ts';
import type { MadeChoice } from '../offer/choices.ts';
import { type NarrowingTemplate, narrowTree } from '../offer/narrow.ts';
import type { Offer } from '../offer/offer.ts';
import { withExtension } from '../terms/context-extension.ts';
import { type ChangeEffect, withEffectsIn } from '../terms/effects.ts';
import { type Due, type Price, withQuoteIn } from '../terms/quote.ts';
import { type Rationale, withRationaleIn } from '../terms/rationale.ts';
import type { ServiceGrant } from '../terms/service.ts';
import { flattenTerms, type LeafTerm } from '../terms/terms.ts';
import { printDateTime } from '../time.ts';
import type { AgreementState, GuaranteeTermState, ServiceActivity, ServiceTermState } from './states.ts';

/** All that a made agreement says. */
export interface MadeAgreement extends AgreementStates {
	/** Without open choices. */
	readonly offer: Offer;
	/** How its choices were made, for the context. */
	readonly chosen?: readonly MadeChoice[];
	readonly grant: ServiceGrant;
	readonly agreementId: string;
	readonly initiator: string;
	readonly responder: string;
	readonly templateName: string;
	readonly templateId: string;
	/** The unit and the constraints by which the terms are narrowed, as in {@link narrowOffer}. */
	readonly template?: NarrowingTemplate;
	/** Epoch seconds. */
	readonly expirationAt?: number;
	/** What it costs; absent where the site has no prices. */
	readonly price?: Price;
	/** What is owed since it ended before its time. */
	readonly due?: Due;
	/** What it does to the machines of the agreement that it replaces. */
	readonly effects?: readonly ChangeEffect[];
	/** Why it got what it got. */
	readonly because?: readonly Rationale[];
}

/** The states of a made agreement and of its terms. */
export interface AgreementStates {
	readonly agreementState: AgreementState;
	/** Why it is so, for people. */
	readonly stateReason?: string;
	/** The state of the service, which every service description term has: they describe one service together. */
	readonly serviceState: ServiceTermState;
	/** What the service does while it is Ready; a word on it, for people. */
	readonly serviceActivity?: ServiceActivity;
	readonly serviceDetail?: string;
	/** By the name of the guarantee term; NotDetermined where there is none. */
	readonly guaranteeStates?: ReadonlyMap<string, GuaranteeTermState>;
}

/** The names of the terms that have a state, in document order. Plain data. */
export interface StatedTerms {
	readonly guarantees: readonly string[];
	readonly services: readonly string[];
}

/** Those of an offer without open choices. */
export function statedTerms({ terms }: Offer): StatedTerms {
	const leaves = flattenTerms(terms.terms);
	const named = (wanted: LeafTerm['kind']) => leaves.filter(({ kind }) => kind === wanted).map(({ name }) => name);
	return { guarantees: named('GuaranteeTerm'), services: named('ServiceDescriptionTerm') };
}

/**
 * The agreement as wsag:AgreementProperties, valid against the standard's schema. Sub-states are where it wants them:
 * a reason before the State of the agreement, Processing or Idle (each with exactly one foreign element) behind the
 * State Ready of a service.
 */
export function printAgreement(agreement: MadeAgreement): XmlElement {
	const { offer, agreementId } = agreement;
	const narrowed = narrowTree(offer, agreement.grant, agreement.template);
	const name = firstChild(narrowed, WSAG, 'Name');
	const context = firstChild(narrowed, WSAG, 'Context');
	const terms = firstChild(narrowed, WSAG, 'Terms');
	const write = new Writer(narrowed.prefix);
	const root = write.element('AgreementProperties', [
		...(name === undefined ? [] : [name]),
		write.text('AgreementId', agreementId),
		...(context === undefined ? [] : [printContext(context, agreement, write)]),
		...(terms === undefined ? [] : [terms]),
		...printStates(agreement, statedTerms(offer), write),
	]);
	const whole = { ...root, declarations: narrowed.declarations };
	return declareNamespaces(whole, asOffered(whole, offer.tree));
}

/** What the agreement was made of, where it stands in the agreement: what stayed as it was misses no declaration. */
function asOffered({ children }: XmlElement, offered: XmlElement): XmlElement {
	const nothing: XmlNode = { kind: 'comment', text: '' };
	const before: XmlNode[] = [];
	for (const child of children) {
		before.push((child.kind === 'element' && firstChild(offered, child.namespace, child.localName)) || nothing);
	}
	return { ...offered, children: before };
}

/** In the order of the schema; what the initiator's context says of the parties, and beyond the standard, stays. */
function printContext(offered: XmlElement, agreement: MadeAgreement, write: Writer): XmlElement {
	const priced = withEffectsIn(withQuoteIn(offered, agreement.price, agreement.due), agreement.effects ?? []);
	const explained = withRationaleIn(priced, agreement.because ?? []);
	const { initiator, responder } = agreement;
	const claims = [
		claimIn(offered, 'AgreementInitiator', initiator),
		claimIn(offered, 'AgreementResponder', responder),
	] as const;
	const context = withExtension(explained, 'Parties', claims.some(isClaim) ? printParties(agreement) : undefined);
	const provider = firstChild(context, WSAG, 'ServiceProvider');
	return {
		...context,
		children: [
			claims[0] ?? write.text('AgreementInitiator', initiator),
			claims[1] ?? write.text('AgreementResponder', responder),
			...(provider === undefined ? [] : [provider]),
			...(agreement.expirationAt === undefined
				? []
				: [write.text('ExpirationTime', printDateTime(agreement.expirationAt))]),
			write.text('TemplateId', agreement.templateId),
			write.text('TemplateName', agreement.templateName),
			...context.children.filter(isBeyondStandard),
			...(agreement.chosen ?? []).map(printChoice),
		],
	};
}

/** An offer that was made from an agreement may still tell how that one was chosen. */
function isBeyondStandard(child: XmlNode): boolean {
	if (child.kind !== 'element') return child.kind === 'comment';
	return child.namespace !== WSAG && !hasName(child, WS, 'Choice');
}

/**
 * What the offer says of a party in words of its own (a distinguished name, an endpoint reference, whatever): that stays.
 * Undefined where it says nothing, or what the site says.
 */
function claimIn(offered: XmlElement, localName: string, party: string): XmlElement | undefined {
	const said = firstChild(offered, WSAG, localName);
	if (said === undefined) return undefined;
	const saysMore = said.attributes.length > 0 || said.children.some(({ kind }) => kind === 'element');
	const text = collapseWhiteSpace(textOf(said));
	return saysMore || (text !== '' && text !== party) ? said : undefined;
}

function isClaim(claim: XmlElement | undefined): boolean {
	return claim !== undefined;
}

/** Who is bound, as the site knows them. */
function printParties({ initiator, responder }: MadeAgreement): XmlElement {
	const attributes = [attribute('initiator', printable(initiator)), attribute('responder', printable(responder))];
	return element({ prefix: 'ws', namespace: WS, localName: 'Parties' }, attributes);
}

/** The record of a choice: which compositor of the offer, and the names of the terms that are in force by it. */
function printChoice({ kind, path, terms }: MadeChoice): XmlElement {
	const attributes = [attribute('kind', kind), attribute('path', path)];
	return element(
		{ prefix: 'ws', namespace: WS, localName: 'Choice' },
		attributes,
		terms.map((name) => wsText('Term', name)),
	);
}

/** As they stand in the agreement, for those who are told of nothing else. */
export function printStates(states: AgreementStates, terms: StatedTerms, write = new Writer('wsag')): XmlElement[] {
	return [
		printAgreementState(states, write),
		...terms.guarantees.map((name) => {
			const state = states.guaranteeStates?.get(name) ?? 'NotDetermined';
			return write.element('GuaranteeTermState', [write.text('State', state)], name);
		}),
		...printServiceStates(states, terms.services, write),
	];
}

function printAgreementState({ agreementState, stateReason }: AgreementStates, write: Writer): XmlElement {
	const reason = stateReason === undefined ? [] : [wsText('Reason', stateReason)];
	return write.element('AgreementState', [...reason, write.text('State', agreementState)]);
}

function printServiceStates(
	{ serviceState, serviceActivity, serviceDetail = '' }: AgreementStates,
	names: readonly string[],
	write: Writer,
): XmlElement[] {
	const activity =
		serviceState !== 'Ready' || serviceActivity === undefined
			? []
			: [write.element(serviceActivity, [wsText('Detail', serviceDetail)])];
	return names.map((name) => write.element('ServiceTermState', [write.text('State', serviceState), ...activity], name));
}

/** Writes elements of the standard with the prefix that the offer has for it; `termName` names the term meant. */
class Writer {
	readonly #prefix: string;

	constructor(prefix: string) {
		this.#prefix = prefix;
	}

	element(localName: string, children: readonly XmlNode[], termName?: string): XmlElement {
		if (termName === undefined) return element(this.#name(localName), [], children);
		// Attributes of the standard are qualified, and the default namespace is not for attributes.
		const attributeName = { prefix: this.#prefix || 'wsag', namespace: WSAG, localName: 'termName' };
		return element(this.#name(localName), [attribute(attributeName, termName)], children);
	}

	text(localName: string, text: string): XmlElement {
		return element(this.#name(localName), [], text === '' ? [] : [printable(text)]);
	}

	#name(localName: string): XmlName {
		return { prefix: this.#prefix, namespace: WSAG, localName };
	}
}

function wsText(localName: string, text: string): XmlElement {
	return element({ prefix: 'ws', namespace: WS, localName }, [], text === '' ? [] : [printable(text)]);
}
