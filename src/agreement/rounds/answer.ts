/**
 * How what the site would agree to answers what was asked: its rank among its siblings, in what it differs, and why what
 * was asked cannot be had as it stands. Our ws:Answer, in the state of a counter-offer and beside an alternative.
 */
import { attribute, element, type XmlElement } from '../../xml/element.ts';
import { WS } from '../names.ts';
import { type FaultReason, printReason } from './base-fault.ts';

/** One value that is another than was asked; instants as RFC 3339 has them. */
export interface AnswerDifference {
	readonly field: string;
	/** Where the offer has several services. */
	readonly serviceName?: string;
	readonly asked: number | string;
	readonly offered: number | string;
}

export interface Answer {
	/** 1 is the best. */
	readonly rank: number;
	readonly kind: string;
	readonly differences: readonly AnswerDifference[];
	readonly reasons: readonly FaultReason[];
}

/** Nobody reads on behind so many. */
const REASONS_MAX = 32;

export function printAnswer({ rank, kind, differences, reasons }: Answer): XmlElement {
	const children = differences.map(({ field, serviceName, asked, offered }) => {
		const service = serviceName === undefined ? [] : [attribute('service', serviceName)];
		const values = [attribute('asked', String(asked)), attribute('offered', String(offered))];
		return ws('Difference', [attribute('field', field), ...service, ...values]);
	});
	const attributes = [attribute('rank', String(rank)), attribute('kind', kind)];
	return ws('Answer', attributes, [...children, ...reasons.slice(0, REASONS_MAX).map(printReason)]);
}

function ws(localName: string, attributes: Parameters<typeof element>[1], children: readonly XmlElement[] = []) {
	return element({ prefix: 'ws', namespace: WS, localName }, attributes, children);
}
