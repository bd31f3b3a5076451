/** Envelopes that the door sends: answers and faults in the version of SOAP in which it was asked, and calls of its own. */
import { collapseWhiteSpace, printable } from '../../agreement/lexical.ts';
import { WSA } from '../../agreement/names.ts';
import { part } from '../../parts.ts';
import { attribute, element, qualifiedName, type XmlElement, type XmlName } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { canonicalDocumentPieces } from '../../xml/writer.ts';
import type { SoapFault } from './faults.ts';
import { CS, ENVELOPES, named, type SoapVersion } from './names.ts';

/** What an answer's addressing headers follow from. */
export interface Asked {
	readonly version: SoapVersion;
	/** Whether the asker spoke WS-Addressing: then the answer does. */
	readonly addressed: boolean;
	readonly messageId?: string;
	/** What goes to the address `none` of WS-Addressing: it is not sent. */
	readonly withheld?: readonly ('reply' | 'fault')[];
	/** Reference parameters of the endpoints that the answer goes to: it has them as headers. */
	readonly carried?: Readonly<Record<'reply' | 'fault', readonly XmlElement[]>>;
}

/** `text/xml` goes with SOAP 1.1, `application/soap+xml` with 1.2. */
export const MEDIA_TYPES: Readonly<Record<SoapVersion, string>> = {
	'1.1': 'text/xml; charset=utf-8',
	'1.2': 'application/soap+xml; charset=utf-8',
};

/** The envelope around an answer, piece by piece. */
export function printAnswer(asked: Asked, action: string, body: XmlElement, newId: () => string): Iterable<string> {
	return printEnvelope(asked.version, answerHeaders(asked, action, 'reply', newId), [body]);
}

/** The envelope around a fault, piece by piece. */
export function printFault(asked: Asked, fault: SoapFault, newId: () => string): Iterable<string> {
	const { headerDetail } = fault;
	const detail = headerDetail !== undefined && asked.version === '1.1' ? [wsa('FaultDetail', headerDetail)] : [];
	const headers = [...(fault.headers ?? []), ...answerHeaders(asked, fault.action, 'fault', newId), ...detail];
	return printEnvelope(asked.version, headers, [asked.version === '1.1' ? fault11(fault) : fault12(fault)]);
}

/** The HTTP status of a fault: SOAP 1.1 has one for all, SOAP 1.2 tells whose fault it is. */
export function statusOf(version: SoapVersion, { code, status }: SoapFault): number {
	if (status !== undefined) return status;
	return version === '1.2' && code === 'Sender' ? 400 : 500;
}

/** A call to somebody else's endpoint: addressing headers, and its reference parameters as headers. */
export function writeCall(
	version: SoapVersion,
	target: { readonly address: string; readonly referenceParameters: readonly XmlElement[] },
	action: string,
	messageId: string,
	body: XmlElement,
): Uint8Array {
	const parameters = target.referenceParameters.map(headerOf);
	const headers = [wsa('Action', action), wsa('MessageID', messageId), wsa('To', target.address), ...parameters];
	return bytesOf(printEnvelope(version, headers, [body]));
}

/** A reference parameter as a header, marked as what it is (WS-Addressing 1.0 SOAP Binding, 3.3). */
function headerOf(parameter: XmlElement): XmlElement {
	const attributes = parameter.attributes.filter(
		({ namespace, localName }) => namespace !== WSA || localName !== IS_PARAMETER,
	);
	// It may have a prefix like ours for something else.
	const isFree = (prefix: string): boolean =>
		parameter.declarations.every((declared) => declared.prefix !== prefix || declared.namespace === WSA);
	let prefix = named(WSA, IS_PARAMETER).prefix;
	while (!isFree(prefix)) prefix = `${prefix}_`;
	const mark = attribute({ prefix, namespace: WSA, localName: IS_PARAMETER }, 'true');
	return { ...parameter, attributes: [...attributes, mark] };
}

const IS_PARAMETER = 'IsReferenceParameter';

/** A call is kept until it has arrived, and may repeat a large offer five times: outside the heap. */
function bytesOf(pieces: Iterable<string>): Uint8Array {
	const left = part(() => pieces[Symbol.iterator]());
	const written: Buffer[] = [];
	for (;;) {
		const piece = part(() => {
			const next = left.next();
			return next.done === true ? undefined : Buffer.from(next.value);
		});
		if (piece === undefined) return Buffer.concat(written);
		written.push(piece);
	}
}

function answerHeaders(
	{ addressed, messageId = UNSPECIFIED, carried }: Asked,
	action: string,
	kind: 'reply' | 'fault',
	newId: () => string,
): XmlElement[] {
	if (!addressed) return [];
	const own = [wsa('Action', action), wsa('MessageID', `urn:uuid:${newId()}`), wsa('RelatesTo', messageId)];
	return [...own, ...(carried?.[kind] ?? []).map(headerOf)];
}

/** Stands for a message that did not say its id (WS-Addressing 1.0 Core, 3.1). */
const UNSPECIFIED = `${WSA}/unspecified`;

function wsa(localName: string, content: string | XmlElement): XmlElement {
	return element(named(WSA, localName), [], [content]);
}

/** The prefixes of all names that stand in texts and attribute values, where {@link declareNamespaces} sees no names. */
function printEnvelope(
	version: SoapVersion,
	headers: readonly XmlElement[],
	body: readonly XmlElement[],
): Iterable<string> {
	const soap = (localName: string, children: readonly XmlElement[]): XmlElement =>
		element(named(ENVELOPES[version], localName), [], children);
	const envelope = soap('Envelope', [...(headers.length === 0 ? [] : [soap('Header', headers)]), soap('Body', body)]);
	const declarations = [named(ENVELOPES[version], ''), named(WSA, ''), named(CS, '')].map(({ prefix, namespace }) => ({
		prefix,
		namespace,
	}));
	return canonicalDocumentPieces(declareNamespaces({ ...envelope, declarations }));
}

/** SOAP 1.1 knows other words for whose fault it is, and one code: the most particular. */
const CODES_11: Readonly<Record<SoapFault['code'], string>> = {
	VersionMismatch: 'VersionMismatch',
	MustUnderstand: 'MustUnderstand',
	DataEncodingUnknown: 'Client',
	Sender: 'Client',
	Receiver: 'Server',
};

/** A reason quotes what was sent, which may be as long as a message. */
const REASON_LENGTH_MAX = 500;

function fault11({ code, subcodes, reason, detail }: SoapFault): XmlElement {
	const most = subcodes.at(-1) ?? named(ENVELOPES['1.1'], CODES_11[code]);
	const bare = (localName: string, content: string | XmlElement): XmlElement =>
		element({ prefix: '', namespace: '', localName }, [], [content]);
	return element(
		named(ENVELOPES['1.1'], 'Fault'),
		[],
		[
			bare('faultcode', qualifiedName(most)),
			bare('faultstring', excerptOf(reason)),
			...(detail === undefined ? [] : [bare('detail', detail)]),
		],
	);
}

function fault12({ code, subcodes, reason, headerDetail, detail = headerDetail }: SoapFault): XmlElement {
	const env = (localName: string, children: readonly (XmlElement | string)[]): XmlElement =>
		element(named(ENVELOPES['1.2'], localName), [], children);
	const value = (name: XmlName): XmlElement => env('Value', [qualifiedName(name)]);
	const nest = ([first, ...within]: readonly XmlName[]): XmlElement[] =>
		first === undefined ? [] : [env('Subcode', [value(first), ...nest(within)])];
	const text = element(named(ENVELOPES['1.2'], 'Text'), [XML_LANG], [excerptOf(reason)]);
	return env('Fault', [
		env('Code', [value(named(ENVELOPES['1.2'], code)), ...nest(subcodes)]),
		env('Reason', [text]),
		...(detail === undefined ? [] : [env('Detail', [detail])]),
	]);
}

const XML_LANG = attribute(
	{ prefix: 'xml', namespace: 'http://www.w3.org/XML/1998/namespace', localName: 'lang' },
	'en',
);

function excerptOf(reason: string): string {
	const text = collapseWhiteSpace(reason);
	return text.length <= REASON_LENGTH_MAX ? text : `${printable(text.slice(0, REASON_LENGTH_MAX))}…`;
}
