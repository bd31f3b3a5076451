/** Messages into requests: what the xml room's workers run behind the gate. */
import type { Reading } from '../../agreement/document.ts';
import type { DocumentIssue, XmlElement } from '../../xml/element.ts';
import type { Asked } from './answers.ts';
import { unknownEncoding, wrongEncoding } from './encoding-style.ts';
import {
	askedOf,
	firstFault,
	invalidAddressing,
	type MessageContext,
	openEnvelope,
	operationIn,
	type ResourceName,
	type Unopened,
} from './envelope.ts';
import type { Operation } from './operations.ts';
import { readRequest, type SoapRequest } from './requests.ts';

/** A message that came through the gate. Plain data: it crosses from a worker to the main thread. */
export type ReceivedMessage =
	| Unopened
	| {
			readonly kind: 'invalid';
			readonly asked: Asked;
			readonly operation: Operation;
			readonly issues: readonly DocumentIssue[];
	  }
	| {
			readonly kind: 'request';
			readonly asked: Asked;
			readonly operation: Operation;
			readonly resource?: ResourceName;
			readonly request: SoapRequest;
	  };

export { withoutEncodings as plainMessage } from './encoding-style.ts';

/** Of an envelope that does not keep to the schemas: its fault, and who that goes to. */
export function readInvalidMessage(
	root: XmlElement,
	issues: readonly DocumentIssue[],
	context: unknown,
): Reading<ReceivedMessage> {
	const asked = askedOf(root, context as MessageContext);
	const fault = firstFault(root, context as MessageContext) ?? invalidAddressing(root, issues) ?? wrongEncoding(root);
	if (fault !== undefined) return { ok: true, value: { kind: 'fault', asked, fault } };
	const operation = operationIn(root);
	const unknown = unknownEncoding(root);
	const told = unknown === undefined ? issues : [unknown];
	return { ok: true, value: { kind: 'unreadable', asked, issues: told, ...(operation && { operation }) } };
}

/** Reads an envelope and what its body asks for. What cannot be honoured is a value, too: its fault is sent back. */
export function readMessage(root: XmlElement, context: unknown): Reading<ReceivedMessage> {
	const opening = openEnvelope(root, context as MessageContext);
	if (opening.kind !== 'opened') return { ok: true, value: opening };
	const { asked, operation, resource, body } = opening;
	const reading = readRequest(operation, body);
	if (!reading.ok) return { ok: true, value: { kind: 'invalid', asked, operation, issues: reading.issues } };
	const { request } = reading;
	return { ok: true, value: { kind: 'request', asked, operation, request, ...(resource && { resource }) } };
}
