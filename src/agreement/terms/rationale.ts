/**
 * Why an agreement got what it got: at which value of its ranges, when, where, for how much. Our ws:Rationale in the
 * extension place of its wsag:Context; in an offer it says nothing.
 */
import { attribute, element, type XmlElement } from '../../xml/element.ts';
import { printable } from '../lexical.ts';
import { WS } from '../names.ts';
import { withContext, withExtension } from './context-extension.ts';

/** Why one value is what it is. */
export interface Rationale {
	readonly field: string;
	/** Where the agreement has several services. */
	readonly serviceName?: string;
	readonly value: number | string;
	readonly message: string;
}

/** A start, a price, and of at most four services the hosts and five sizes each come to 26. */
const REASONS_MAX = 32;
/** The names of a hundred hosts say no more than those of the first. */
const VALUE_LENGTH_MAX = 1_000;

/** The document without anything of this in its Context. */
export function withoutRationale(root: XmlElement): XmlElement {
	return withContext(root, (context) => withRationaleIn(context, []));
}

/** The wsag:Context with this as its only ws:Rationale. The very same element where that changes nothing. */
export function withRationaleIn(context: XmlElement, rationale: readonly Rationale[]): XmlElement {
	return withExtension(context, 'Rationale', rationale.length === 0 ? undefined : printRationale(rationale));
}

function printRationale(rationale: readonly Rationale[]): XmlElement {
	const children = rationale.slice(0, REASONS_MAX).map(printBecause);
	return element({ prefix: 'ws', namespace: WS, localName: 'Rationale' }, [], children);
}

function printBecause({ field, serviceName, value, message }: Rationale): XmlElement {
	const service = serviceName === undefined ? [] : [attribute('service', serviceName)];
	const attributes = [attribute('field', field), ...service, attribute('value', shortened(String(value)))];
	return element({ prefix: 'ws', namespace: WS, localName: 'Because' }, attributes, [printable(message)]);
}

function shortened(value: string): string {
	return value.length <= VALUE_LENGTH_MAX ? value : `${value.slice(0, VALUE_LENGTH_MAX - 1)}…`;
}
