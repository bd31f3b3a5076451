/**
 * The headers of WS-Addressing 1.0 that a message has for this endpoint: where its answer goes and what that carries,
 * what it is to do, and what of it cannot be honoured. Pure: it runs in the workers.
 */
import { type Place, placeNamed, placesWithin } from '../../agreement/document.ts';
import { collapseWhiteSpace } from '../../agreement/lexical.ts';
import { WSA } from '../../agreement/names.ts';
import { type DocumentIssue, textOf, type XmlElement } from '../../xml/element.ts';
import type { Asked } from './answers.ts';
import { addressingFault, problemAddress, problemHeader, type SoapFault } from './faults.ts';
import { named } from './names.ts';
import { readReference } from './values.ts';

/** What the headers say, as far as it can be taken. */
export interface Addressing {
	readonly asked: Omit<Asked, 'version'>;
	/** What is asked for; empty or absent where no header says it. */
	readonly action: string | undefined;
	/** The first thing that cannot be honoured. */
	/** What cannot be honoured, as WS-Addressing has it; or what this broker does not take. */
	readonly fault?: SoapFault | DocumentIssue;
}

/** Where the endpoint is; whatever stands before it in an address is the business of who forwards to it. */
export const ENDPOINT_PATH = '/soap';

const ANONYMOUS = `${WSA}/anonymous`;
/** Whatever is to go there is not sent. */
const NONE = `${WSA}/none`;
/** Message ids are sent back, and remembered: enough for any URI that names nothing but a message. */
const MESSAGE_ID_LENGTH_MAX = 500;

/** Reads headers of which none is for another role. */
export function readAddressing(all: readonly Place[]): Addressing {
	const headers = all.filter(({ element }) => element.namespace === WSA);
	const messageId = textOfHeader(headers, 'MessageID') ?? '';
	const replyTo = readEndpoint(headers, 'ReplyTo');
	// A fault goes where FaultTo says, and without one where replies go (WS-Addressing 1.0 Core, 3.4).
	const faultTo = readEndpoint(headers, 'FaultTo') ?? replyTo;
	const withheld = [
		...(replyTo?.address === NONE ? (['reply'] as const) : []),
		...(faultTo?.address === NONE ? (['fault'] as const) : []),
	];
	const asked: Addressing['asked'] = {
		addressed: headers.length > 0,
		...(messageId === '' || messageId.length > MESSAGE_ID_LENGTH_MAX ? {} : { messageId }),
		...(withheld.length === 0 ? {} : { withheld }),
		...carried(replyTo, faultTo),
	};
	const fault = faultOf(headers, [replyTo, faultTo]);
	return { asked, action: textOfHeader(headers, 'Action'), ...(fault === undefined ? {} : { fault }) };
}

/** An endpoint reference in a header, or why there is none to be had of it. */
interface Endpoint {
	readonly header: 'ReplyTo' | 'FaultTo';
	readonly address: string;
	readonly parameters: readonly XmlElement[];
	readonly why?: string;
}

/** Undefined where there is no such header. */
function readEndpoint(headers: readonly Place[], header: Endpoint['header']): Endpoint | undefined {
	const [place, second] = headers.filter(({ element }) => element.localName === header);
	if (place === undefined) return undefined;
	const address = placeNamed(placesWithin(place), WSA, 'Address');
	const found = { header, address: address === undefined ? '' : collapseWhiteSpace(textOf(address.element)) };
	const issues: DocumentIssue[] = [];
	const reference = readReference(place, issues);
	const [issue] = issues;
	if (issue !== undefined) return { ...found, parameters: [], why: issue.message };
	// Where there are two, which one is meant is not known; to another address nothing is sent.
	const isTaken = second === undefined && found.address === ANONYMOUS;
	return { ...found, parameters: isTaken ? (reference?.referenceParameters ?? []) : [] };
}

function carried(replyTo: Endpoint | undefined, faultTo: Endpoint | undefined): Pick<Asked, 'carried'> {
	const reply = replyTo?.parameters ?? [];
	const fault = faultTo?.parameters ?? [];
	return reply.length === 0 && fault.length === 0 ? {} : { carried: { reply, fault } };
}

/** Headers of which a message has one at most (WS-Addressing 1.0 Core, 3.2). */
const AT_MOST_ONCE = ['Action', 'MessageID', 'To', 'From', 'ReplyTo', 'FaultTo'] as const;

function faultOf(headers: readonly Place[], endpoints: readonly (Endpoint | undefined)[]): Addressing['fault'] {
	if (headers.length === 0) return undefined;
	const repeated = AT_MOST_ONCE.find(
		(name) => headers.filter(({ element: { localName } }) => localName === name).length > 1,
	);
	if (repeated !== undefined) {
		return addressingFault('InvalidCardinality', `There is more than one wsa:${repeated}.`, aboutHeader(repeated));
	}
	if ((textOfHeader(headers, 'Action') ?? '') === '') {
		const reason = 'A message with addressing headers needs a wsa:Action.';
		return addressingFault('MessageAddressingHeaderRequired', reason, aboutHeader('Action'));
	}
	if ((textOfHeader(headers, 'MessageID') ?? '').length > MESSAGE_ID_LENGTH_MAX) {
		const { path } = placeNamed(headers, WSA, 'MessageID')!;
		const allowed = `at most ${MESSAGE_ID_LENGTH_MAX} characters`;
		return { code: 'VALUE_MALFORMED', path, message: `A wsa:MessageID has ${allowed}.`, allowed };
	}
	for (const endpoint of endpoints) {
		const fault = endpoint && faultOfEndpoint(endpoint);
		if (fault !== undefined) return fault;
	}
	const to = textOfHeader(headers, 'To');
	if (to === undefined || to === ANONYMOUS || leadsHere(to)) return undefined;
	const reason = `There is no endpoint but ${ENDPOINT_PATH} here.`;
	return addressingFault('DestinationUnreachable', reason, problemAddress(to));
}

/** As HTTP has it: a slash more is the same path, and who forwards to this one may have others before it. */
function leadsHere(to: string): boolean {
	return URL.parse(to)?.pathname.replace(/\/$/, '').endsWith(ENDPOINT_PATH) === true;
}

function faultOfEndpoint({ header, address, why }: Endpoint): SoapFault | undefined {
	if (address !== ANONYMOUS && address !== NONE) {
		const reason = `Answers go back with the same connection: wsa:${header} can only be ${ANONYMOUS} or ${NONE}.`;
		return addressingFault('OnlyAnonymousAddressSupported', reason, aboutHeader(header));
	}
	if (why === undefined) return undefined;
	return addressingFault('InvalidEPR', `wsa:${header} cannot be taken: ${why}`, aboutHeader(header));
}

/** Of a message that does not keep to the schemas: the fault of the endpoint reference in which one of its issues is. */
export function invalidReference(headers: readonly Place[], issues: readonly DocumentIssue[]): SoapFault | undefined {
	for (const header of headers) {
		const { localName, namespace } = header.element;
		if (namespace !== WSA || !REFERENCES.has(localName)) continue;
		const issue = issues.find(({ path }) => path === header.path || path.startsWith(`${header.path}/`));
		if (issue === undefined) continue;
		const hasAddress = placeNamed(placesWithin(header), WSA, 'Address') !== undefined;
		const name = hasAddress ? 'InvalidEPR' : 'MissingAddressInEPR';
		return addressingFault(name, `wsa:${localName} cannot be taken: ${issue.message}`, aboutHeader(localName));
	}
	return undefined;
}

const REFERENCES: ReadonlySet<string> = new Set(['From', 'ReplyTo', 'FaultTo']);

function aboutHeader(localName: string): XmlElement {
	return problemHeader(named(WSA, localName));
}

function textOfHeader(headers: readonly Place[], localName: string): string | undefined {
	const found = placeNamed(headers, WSA, localName);
	return found && collapseWhiteSpace(textOf(found.element));
}
