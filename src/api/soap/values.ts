/** Values within the bodies of messages, read in the workers: names in texts, times, queries, references. */
import { addIssue, excerpt, type Place, readTime } from '../../agreement/document.ts';
import { collapseWhiteSpace } from '../../agreement/lexical.ts';
import { WSA } from '../../agreement/names.ts';
import { type EndpointReference, readEndpointReference } from '../../agreement/offer/endpoint-reference.ts';
import { durationValue } from '../../agreement/template/calendar-value.ts';
import { isBeyondYears, monthsAfter } from '../../agreement/time.ts';
import { attributeValue, type DocumentIssue, textOf, type XmlElement } from '../../xml/element.ts';
import { namespaceOf, type XmlScope } from '../../xml/scope.ts';
import { writeCanonical } from '../../xml/writer.ts';
import { SOAP_11, SOAP_12, XSI } from './names.ts';
import { parseQuery, type QueryExpression, XPATH_DIALECT } from './query.ts';

/** A name that stands in a text, e.g. that of a property: what its prefix stands for, where that is declared. */
export interface NameInText {
	readonly namespace: string;
	readonly localName: string;
}

/**
 * A time that was asked for: an instant, a span from now on, or none at all (nil). What lies beyond all that is counted
 * here is infinitely far.
 */
export type RequestedTime =
	| { readonly kind: 'at'; readonly at: number }
	| { readonly kind: 'after'; readonly months: number; readonly seconds: number }
	| { readonly kind: 'never' };

/** A query in the one dialect that is known, or why it is none. */
export type Query =
	| { readonly kind: 'expression'; readonly expression: QueryExpression }
	| { readonly kind: 'unknown-dialect'; readonly dialect: string }
	| { readonly kind: 'not-understood'; readonly why: string };

export interface Topic {
	readonly dialect: string;
	/** The way to it, name by name; absent: the expression is none of names. */
	readonly steps?: readonly NameInText[];
}

/** Reference parameters go back with each message to their consumer. */
const REFERENCE_BYTES_MAX = 8_192;

/** Of names that are told in a fault; a message may have thousands, each as long as itself. */
const NAMES_TOLD_MAX = 32;
const NAME_LENGTH_MAX = 500;

/** A qualified name in a text; the schemas have seen to it that its prefix is bound, where the text is nothing else. */
export function nameInText(text: string, scope: XmlScope): NameInText {
	const [first = '', second] = collapseWhiteSpace(text).split(':', 2);
	if (second === undefined) return { namespace: namespaceOf(scope, '') ?? '', localName: first };
	return { namespace: namespaceOf(scope, first) ?? '', localName: second };
}

/** A QueryExpression. */
export function readQuery({ element, scope }: Place): Query {
	const dialect = collapseWhiteSpace(attributeValue(element, '', 'Dialect') ?? '');
	if (dialect !== XPATH_DIALECT) return { kind: 'unknown-dialect', dialect };
	const reading = parseQuery(textOf(element), scope);
	if (!reading.ok) return { kind: 'not-understood', why: reading.why };
	return { kind: 'expression', expression: reading.expression };
}

/** An xs:dateTime, an xs:duration, or nil. */
export function readRequestedTime(place: Place, issues: DocumentIssue[]): RequestedTime | undefined {
	const { element } = place;
	if (/^(true|1)$/.test(collapseWhiteSpace(attributeValue(element, XSI, 'nil') ?? ''))) return { kind: 'never' };
	const text = collapseWhiteSpace(textOf(element));
	const beyond = text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
	if (/^-?P/.test(text)) {
		const duration = durationValue(text);
		if (duration === undefined) return { kind: 'at', at: beyond };
		// A length lasts as long as was asked at least: a part of a second is one.
		return { kind: 'after', months: duration.months, seconds: Math.ceil(duration.seconds) };
	}
	if (isBeyondYears(text)) return { kind: 'at', at: beyond };
	const at = readTime(place, issues);
	return at === undefined ? undefined : { kind: 'at', at };
}

/** The instant, where one was asked for. */
export function instantOf(requested: Exclude<RequestedTime, { kind: 'never' }>, now: number): number {
	return requested.kind === 'at' ? requested.at : monthsAfter(now, requested.months) + requested.seconds;
}

/** The topics here have one step; of others so many are looked at. */
const STEPS_MAX = 8;

/** A topic in whatever dialect. */
export function readTopic({ element, scope }: Place): Topic {
	const dialect = collapseWhiteSpace(attributeValue(element, '', 'Dialect') ?? '');
	const text = collapseWhiteSpace(textOf(element));
	const steps = text.split('/').slice(0, STEPS_MAX);
	const isPath = steps.every((step) => /^([\w.-]+:)?[\w.-]+$/.test(step));
	return isPath ? { dialect, steps: steps.map((step) => nameInText(step, scope)) } : { dialect };
}

/** The names of elements that nobody here knows, as far as they are told. */
export function namesOf(places: readonly Place[]): NameInText[] {
	return places
		.slice(0, NAMES_TOLD_MAX)
		.map(({ element: { namespace, localName } }) => ({ namespace, localName: localName.slice(0, NAME_LENGTH_MAX) }));
}

/** A reference that messages will be sent to, its parameters as headers: kept, and so bounded. */
export function readReference(place: Place, issues: DocumentIssue[]): EndpointReference | undefined {
	const reference = readEndpointReference(place, issues);
	const unfit = reference?.referenceParameters.find(isNoHeader);
	if (unfit !== undefined) {
		const details = { found: unfit.localName, allowed: 'an element that can be a header' };
		const message = `The reference parameter ${excerpt(unfit.localName)} cannot be a header of its own in a message.`;
		addIssue(issues, 'VALUE_MALFORMED', place.path, message, details);
		return undefined;
	}
	const bytes = (reference?.referenceParameters ?? []).reduce((sum, each) => sum + writeCanonical(each).length, 0);
	if (bytes <= REFERENCE_BYTES_MAX) return reference;
	const details = { found: `${bytes} bytes`, allowed: `at most ${REFERENCE_BYTES_MAX} bytes` };
	addIssue(issues, 'VALUE_MALFORMED', place.path, 'The reference parameters are too long.', details);
	return undefined;
}

/** What SOAP has no room for in a header section, and what messages have headers of their own for. */
function isNoHeader({ namespace, localName }: XmlElement): boolean {
	return (
		namespace === '' || namespace === SOAP_11 || namespace === SOAP_12 || ADDRESSING.has(`${namespace} ${localName}`)
	);
}

const ADDRESSING: ReadonlySet<string> = new Set(
	['To', 'From', 'ReplyTo', 'FaultTo', 'Action', 'MessageID', 'RelatesTo'].map((name) => `${WSA} ${name}`),
);
