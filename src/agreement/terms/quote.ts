/**
 * What a service costs, as our ws:Quote in the extension place of a wsag:Context. In a template it says nothing; in an
 * offer its Price is the most that the client pays; in an agreement, a counter-offer and an alternative it is what the
 * service costs, with what a cancellation costs and what the site pays where it fails.
 */
import { attribute, type DocumentIssue, element, textOf, type XmlElement } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { addIssue, type Place, placesWithin, requiredAttribute, requiredChild } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WS } from '../names.ts';
import { printDuration } from '../time.ts';
import { withContext, withExtension } from './context-extension.ts';

/** An exact amount: `{ currency: 'EUR', amount: '12.40' }`. Never a double. */
export interface Money {
	/** Three capital letters (ISO 4217), or what the site calls its credits. */
	readonly currency: string;
	/** Decimal digits with as many decimals as the currency has. */
	readonly amount: string;
}

/** What a termination by the client costs if it comes at least so long before the window begins; 0: any time after. */
export interface CancellationTerm {
	readonly noticeSeconds: number;
	/** Percent of the price. */
	readonly percent: number;
	/** That share of it, in its currency; after a change as much as `cancellationMin` at least, as far as the price goes. */
	readonly fee: string;
}

/** What an agreement costs, all of it together, and what becomes due when either side does not keep to it. */
export interface Price extends Money {
	/** The longest notice first. */
	readonly cancellation: readonly CancellationTerm[];
	/**
	 * Of what was changed: the most that its termination would have cost at any of its changes. None costs less than
	 * that any more, or who moves to a distant day what is too late to cancel could cancel it there.
	 */
	readonly cancellationMin?: string;
	/** What the site owes where it does not keep the agreement. */
	readonly penalty?: string;
	/** Percent of the site's list price, where the site's own policy asks for another one than that. */
	readonly percent?: number;
	/** Which of the site's price lists it is by, where the site has kept them. */
	readonly list?: number;
	/** Of a renegotiated service: the part of the amount that was used up before, under earlier revisions. */
	readonly used?: { readonly amount: string; readonly untilAt: number };
}

/** What one side owes since an agreement ended before its time, by the terms that were agreed. */
export interface Due extends Money {
	/** The client cancelled, or the site failed. */
	readonly kind: 'cancellation' | 'penalty';
}

/**
 * What is owed where an agreement at this price, of a window that begins at `startAt`, is ended at `endedAt`: by its
 * client the fee for the notice that it gave, by a site that failed the penalty. Undefined where none was agreed.
 */
export function dueAfter(price: Price, kind: Due['kind'], startAt: number, endedAt: number): Due | undefined {
	const { currency, penalty } = price;
	const [fee] = feesWithin(price, startAt, endedAt, endedAt);
	const amount = kind === 'penalty' ? penalty : fee;
	return amount === undefined ? undefined : { kind, currency, amount };
}

/** What a termination by the client costs from one time to another, of a window that begins at `startAt`: each fee once. */
export function feesWithin({ cancellation }: Price, startAt: number, fromAt: number, untilAt: number): string[] {
	return cancellation
		.filter(({ noticeSeconds }, nth) => {
			const { noticeSeconds: longer = Number.POSITIVE_INFINITY } = cancellation[nth - 1] ?? {};
			const isSoonEnough = noticeSeconds === 0 || startAt - fromAt >= noticeSeconds;
			return isSoonEnough && startAt - untilAt < longer;
		})
		.map(({ fee }) => fee);
}

/** Whether both cost the same, and their terminations too. */
export function isAsDear(one: Price, other: Price): boolean {
	return one.amount === other.amount && one.cancellation.every(({ fee }, nth) => fee === other.cancellation[nth]?.fee);
}

/** The most that a client pays, and where its offer says so. */
export interface PriceCeiling extends Money {
	readonly path: string;
}

/** A currency as documents and configuration name it. */
export const CURRENCY = /^[A-Z][A-Z0-9]{2,11}$/;
/** An amount as documents name it; 15 digits before the point is more than any site turns over. */
const AMOUNT = /^[0-9]{1,15}(?:\.[0-9]{1,9})?$/;

/** Reads the ceiling of a ws:Quote: its Price. Undefined where it is malformed, with the issues. */
export function readQuote(place: Place, issues: DocumentIssue[]): PriceCeiling | undefined {
	const price = requiredChild(place, placesWithin(place), WS, 'Price', issues);
	if (price === undefined) return undefined;
	const currency = requiredAttribute(price, '', 'currency', issues);
	if (currency === '') return undefined;
	if (!CURRENCY.test(currency)) {
		const allowed = 'a code of 3 to 12 capital letters and digits such as EUR';
		const details = { found: currency, allowed };
		addIssue(issues, 'VALUE_MALFORMED', `${price.path}/@currency`, `currency must be ${allowed}.`, details);
		return undefined;
	}
	const amount = collapseWhiteSpace(textOf(price.element));
	if (AMOUNT.test(amount)) return { currency, amount, path: price.path };
	const allowed = 'an amount such as 12.40: up to 15 digits and 9 decimals, no sign';
	addIssue(issues, 'VALUE_MALFORMED', price.path, `Price must be ${allowed}.`, { found: amount, allowed });
	return undefined;
}

/** The document with this price in its Context instead of whatever stood there; without any where there is no price. */
export function withQuote(root: XmlElement, price: Price | undefined): XmlElement {
	return declareNamespaces(
		withContext(root, (context) => withQuoteIn(context, price)),
		root,
	);
}

/** The wsag:Context with this price as its only ws:Quote. The very same element where that changes nothing. */
export function withQuoteIn(context: XmlElement, price: Price | undefined, due?: Due): XmlElement {
	return withExtension(context, 'Quote', price === undefined ? undefined : printQuote(price, due));
}

function printQuote({ currency, amount, cancellation, penalty, used }: Price, due?: Due): XmlElement {
	const money = (localName: string, text: string, more: Readonly<Record<string, string>> = {}): XmlElement => {
		const attributes = Object.entries({ currency, ...more }).map(([name, value]) => attribute(name, value));
		return element({ prefix: 'ws', namespace: WS, localName }, attributes, [text]);
	};
	const children = [
		money('Price', amount),
		...(used === undefined ? [] : [money('Used', used.amount)]),
		...(penalty === undefined ? [] : [money('Penalty', penalty)]),
		...cancellation.map(({ noticeSeconds, fee }) =>
			money('Cancellation', fee, { notice: printDuration(noticeSeconds) }),
		),
		...(due === undefined ? [] : [money('Due', due.amount, { kind: due.kind })]),
	];
	return element({ prefix: 'ws', namespace: WS, localName: 'Quote' }, [], children);
}
