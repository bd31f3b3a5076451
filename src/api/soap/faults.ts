/** SOAP faults as data, each by what it says; how it looks in which version of SOAP is in answers.ts. */

import { WSA, WSAG, WSRF_BF } from '../../agreement/names.ts';
import { printAnswer } from '../../agreement/rounds/answer.ts';
import { type BaseFault, type FaultReason, printBaseFault } from '../../agreement/rounds/base-fault.ts';
import type { Countered } from '../../broker/outcome.ts';
import {
	attribute,
	type DocumentIssue,
	element,
	qualifiedName,
	type XmlElement,
	type XmlName,
} from '../../xml/element.ts';
import { answerOf } from '../decision-views.ts';
import { problemOfIssues } from '../problems.ts';
import { CS, named, WSRF_R } from './names.ts';

export interface SoapFault {
	readonly code: 'VersionMismatch' | 'MustUnderstand' | 'DataEncodingUnknown' | 'Sender' | 'Receiver';
	/** Within the code, the general first. */
	readonly subcodes: readonly XmlName[];
	/** For people. */
	readonly reason: string;
	readonly detail?: XmlElement;
	/** What is wrong with a header: a detail in SOAP 1.2; in 1.1, whose details are about the body, a header. */
	readonly headerDetail?: XmlElement;
	/** Header blocks of the standard's own that go with it. */
	readonly headers?: readonly XmlElement[];
	/** wsa:Action of the fault. */
	readonly action: string;
	/** Instead of the HTTP status that SOAP's binding has for the code. */
	readonly status?: number;
}

/** wsa:Action of all that extends wsrf-bf:BaseFault (WS-BaseFaults 1.2). */
export const RESOURCE_FAULT_ACTION = 'http://docs.oasis-open.org/wsrf/fault';

const ACTIONS = {
	soap: `${WSA}/soap/fault`,
	addressing: `${WSA}/fault`,
} as const;

/** A fault of SOAP itself: words alone, where whoever is to blame for anything else is told with a BaseFault. */
export function soapFault(
	code: Exclude<SoapFault['code'], 'Sender' | 'Receiver'>,
	reason: string,
	more: Pick<SoapFault, 'headers'> = {},
): SoapFault {
	return { code, subcodes: [], reason, action: ACTIONS.soap, ...more };
}

/** A header that was not understood, and had to be. */
export function notUnderstoodFault(names: readonly XmlName[], headers: readonly XmlElement[]): SoapFault {
	const listed = names.map(({ namespace, localName }) => `{${namespace}}${localName}`).join(', ');
	return soapFault('MustUnderstand', `Header blocks that must be understood are not known here: ${listed}.`, {
		headers,
	});
}

/** The faults of WS-Addressing 1.0 (SOAP binding, section 6) that this endpoint has. */
export type AddressingFaultName =
	| 'MessageAddressingHeaderRequired'
	| 'ActionMismatch'
	| 'ActionNotSupported'
	| 'DestinationUnreachable'
	| 'InvalidCardinality'
	| 'InvalidEPR'
	| 'MissingAddressInEPR'
	| 'OnlyAnonymousAddressSupported'
	| 'DuplicateMessageID';

/** Those that say more about an InvalidAddressingHeader. */
const ABOUT_HEADERS: ReadonlySet<AddressingFaultName> = new Set([
	'ActionMismatch',
	'InvalidCardinality',
	'InvalidEPR',
	'MissingAddressInEPR',
	'OnlyAnonymousAddressSupported',
	'DuplicateMessageID',
]);

/** The detail is what section 6.3 has for the fault; absent where the message says nothing that it could name. */
export function addressingFault(name: AddressingFaultName, reason: string, headerDetail?: XmlElement): SoapFault {
	const own = named(WSA, name);
	const subcodes = ABOUT_HEADERS.has(name) ? [named(WSA, 'InvalidAddressingHeader'), own] : [own];
	const fault: SoapFault = { code: 'Sender', subcodes, reason, action: ACTIONS.addressing };
	return headerDetail === undefined ? fault : { ...fault, headerDetail };
}

/** The header that is missing or cannot be taken. */
export function problemHeader(header: XmlName): XmlElement {
	return element(named(WSA, 'ProblemHeaderQName'), [], [qualifiedName(header)]);
}

/** The address that leads nowhere. */
export function problemAddress(address: string): XmlElement {
	return element(named(WSA, 'ProblemIRI'), [], [address]);
}

/** The action that nobody knows: of the header, or of HTTP. Absent where neither says anything. */
export function problemAction(action = '', soapAction = ''): XmlElement | undefined {
	const said = (localName: string, text: string): XmlElement[] =>
		text === '' ? [] : [element(named(WSA, localName), [], [text])];
	const children = [...said('Action', action), ...said('SoapAction', soapAction)];
	return children.length === 0 ? undefined : element(named(WSA, 'ProblemAction'), [], children);
}

/** What a fault of WSRF says beside its name. */
export interface ResourceFault {
	/** Epoch seconds. */
	readonly at: number;
	readonly description: string;
	/** One word of docs/problems.md. */
	readonly code: string;
	readonly reasons?: readonly FaultReason[];
	readonly alternatives?: XmlElement;
	/** What the named fault has behind its BaseFault. */
	readonly more?: readonly XmlElement[];
}

/** A fault whose detail extends wsrf-bf:BaseFault: all that is said about resources, wsag:ContinuingFault included. */
export function resourceFault(name: XmlName, fault: ResourceFault, code: SoapFault['code'] = 'Sender'): SoapFault {
	const { description, more = [] } = fault;
	const detail = printResourceFault(name, fault);
	const extended = { ...detail, children: [...detail.children, ...more] };
	return { code, subcodes: [], reason: description, detail: extended, action: RESOURCE_FAULT_ACTION };
}

/** The element of the fault; its alternatives stand beside its reasons. */
export function printResourceFault(name: XmlName, fault: ResourceFault): XmlElement {
	const base: BaseFault = {
		timestampAt: fault.at,
		descriptions: [fault.description],
		reasons: fault.reasons ?? [],
	};
	const printed = printBaseFault(base, name);
	const timestamp = printed.children.findIndex((child) => child.kind === 'element' && child.localName === 'Timestamp');
	const before = [...printed.children.slice(0, timestamp), ...(fault.alternatives ? [fault.alternatives] : [])];
	const behind = printed.children.slice(timestamp + 1);
	return { ...printed, children: [...before, printed.children[timestamp]!, errorCode(fault.code), ...behind] };
}

/** Whose codes those of ErrorCode are: docs/problems.md. */
const DIALECT = 'urn:computon:problem';

function errorCode(code: string): XmlElement {
	return element(named(WSRF_BF, 'ErrorCode'), [attribute('dialect', DIALECT)], [code]);
}

/** There is no such resource, or it is not for this party to see (H9). */
export function unknownResource(at: number): SoapFault {
	const description = 'There is no such resource, or this party may not see it.';
	return resourceFault(named(WSRF_R, 'ResourceUnknownFault'), { at, description, code: 'NOT_FOUND' });
}

/** A message whose bytes, envelope or documents cannot be taken; names as in the REST problems. */
export function invalidMessage(at: number, issues: readonly DocumentIssue[], name = BASE_FAULT): SoapFault {
	const code = problemOfIssues(issues);
	const fault = resourceFault(name, {
		at,
		description: 'The message cannot be taken as it is.',
		code,
		reasons: issues.map(reasonOfIssue),
	});
	return code === 'TOO_LARGE' ? { ...fault, status: 413 } : fault;
}

export const BASE_FAULT: XmlName = named(WSRF_BF, 'BaseFault');
export const CONTINUING_FAULT: XmlName = named(WSAG, 'ContinuingFault');

function reasonOfIssue({ code, path, line, message, found, allowed }: DocumentIssue): FaultReason {
	return {
		code,
		path,
		message: line === undefined ? message : `${message} (line ${line})`,
		...(found === undefined ? {} : { found }),
		...(allowed === undefined ? {} : { allowed }),
	};
}

/** The alternatives of a counter-offer, each as the offer that would be accepted as it stands. */
export function printAlternatives({ alternatives, calendarVersion }: Countered): XmlElement {
	const printed = alternatives.map((alternative) => {
		const { rank, kind, offer } = alternative;
		const attributes = [attribute('rank', String(rank)), attribute('kind', kind)];
		return element(named(CS, 'Alternative'), attributes, [offer, printAnswer(answerOf(alternative, []))]);
	});
	return element(named(CS, 'Alternatives'), [attribute('calendarVersion', String(calendarVersion))], printed);
}
