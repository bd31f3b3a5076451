/**
 * wsrf-bf:BaseFault (WS-BaseFaults 1.2): when, in words, and each reason as data in a ws:Reason of ours, where the
 * standard leaves room for foreign elements. What a Rejected negotiation offer holds, and the frame of every fault.
 */
import {
	attribute,
	attributeValue,
	type DocumentIssue,
	element,
	hasName,
	textOf,
	type XmlElement,
	type XmlName,
} from '../../xml/element.ts';
import { type Place, placesNamed, placesWithin, readTime, requiredChild } from '../document.ts';
import { collapseWhiteSpace, printable } from '../lexical.ts';
import { WS, WSRF_BF } from '../names.ts';
import { printDateTime } from '../time.ts';

/** One reason of a no: a code of docs/problems.md, where in the document, what stands there, what might. */
export interface FaultReason {
	readonly code: string;
	readonly message: string;
	readonly path?: string;
	readonly found?: string;
	readonly allowed?: string;
	/** The nearest value that is allowed. */
	readonly nearest?: string;
	/** In its place one that is allowed, where there was not the time to find out whether another is nearer. */
	readonly near?: string;
	/** What it is about: a service of several, one of its resources. */
	readonly service?: string;
	readonly resource?: string;
	/** How much there is, where it binds: on which host or how many such hosts, from when until when (RFC 3339). */
	readonly available?: string;
	readonly host?: string;
	readonly hosts?: string;
	readonly from?: string;
	readonly until?: string;
	/** What would make it fit, in words. */
	readonly remedy?: string;
}

export interface BaseFault {
	/** Epoch seconds. */
	readonly timestampAt: number;
	/** For people. */
	readonly descriptions: readonly string[];
	readonly reasons: readonly FaultReason[];
}

/** A refusal can have a thousand reasons, each of them a path long; nobody reads on behind the first hundred. */
const REASONS_MAX = 100;

/** Reads a wsrf-bf:BaseFault or an element of a type that extends it. Undefined, and an issue, without a Timestamp. */
export function readBaseFault(place: Place, issues: DocumentIssue[]): BaseFault | undefined {
	const places = placesWithin(place);
	const timestamp = requiredChild(place, places, WSRF_BF, 'Timestamp', issues);
	const timestampAt = timestamp && readTime(timestamp, issues);
	if (timestampAt === undefined) return undefined;
	const descriptions = placesNamed(places, WSRF_BF, 'Description').map(({ element: { children } }) =>
		collapseWhiteSpace(children.map((child) => (child.kind === 'text' ? child.text : '')).join('')),
	);
	const reasons = placesNamed(places, WS, 'Reason').slice(0, REASONS_MAX);
	return { timestampAt, descriptions, reasons: reasons.map(({ element }) => readReason(element)) };
}

/** The fault as an element of that name; the first hundred reasons. */
export function printBaseFault(fault: BaseFault, name: XmlName = BASE_FAULT): XmlElement {
	return element(
		name,
		[],
		[
			...fault.reasons.slice(0, REASONS_MAX).map(printReason),
			bf('Timestamp', printDateTime(fault.timestampAt)),
			...fault.descriptions.map((description) => bf('Description', description)),
		],
	);
}

/** Whether the element is a fault that {@link readBaseFault} reads. */
export function isBaseFault({ element }: Place): boolean {
	return hasName(element, WSRF_BF, 'BaseFault');
}

const BASE_FAULT: XmlName = { prefix: 'wsrf-bf', namespace: WSRF_BF, localName: 'BaseFault' };
const REASON_ATTRIBUTES = [
	'path',
	'found',
	'allowed',
	'nearest',
	'near',
	'service',
	'resource',
	'available',
	'host',
	'hosts',
	'from',
	'until',
	'remedy',
] as const;

function readReason(reason: XmlElement): FaultReason {
	const told = REASON_ATTRIBUTES.flatMap((name) => {
		const value = attributeValue(reason, '', name);
		return value === undefined ? [] : [[name, value] as const];
	});
	return {
		code: attributeValue(reason, '', 'code') ?? '',
		message: collapseWhiteSpace(textOf(reason)),
		...Object.fromEntries(told),
	};
}

/** One reason, as a ws:Reason. */
export function printReason(reason: FaultReason): XmlElement {
	const attributes = [attribute('code', reason.code)];
	for (const name of REASON_ATTRIBUTES) {
		const value = reason[name];
		if (value !== undefined) attributes.push(attribute(name, printable(value)));
	}
	return element({ prefix: 'ws', namespace: WS, localName: 'Reason' }, attributes, [printable(reason.message)]);
}

function bf(localName: string, text: string): XmlElement {
	return element({ prefix: 'wsrf-bf', namespace: WSRF_BF, localName }, [], [printable(text)]);
}
