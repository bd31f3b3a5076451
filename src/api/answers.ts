/** Answers that are ready to be sent: agreements in either form, and JSON. */
import type { Response } from 'express';
import type { Offer } from '../agreement/offer/offer.ts';
import type { Template } from '../agreement/template/template.ts';
import { jsonPieces, toJsonText } from '../agreement/to-json.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { canonicalDocumentPieces, writeCanonicalDocument } from '../xml/writer.ts';
import { SMALL_BYTES_MAX } from './admission.ts';
import {
	type AgreementRecord,
	agreementDocument,
	agreementInJson,
	agreementView,
	withRepairs,
} from './agreement-views.ts';
import type { Refusal } from './problems.ts';
import type { Form } from './requests.ts';
import { sendStreamed, withMember } from './streamed.ts';
import { etag } from './views.ts';

/** An answer with what was repaired in the offer before whatever else is remarked on it. */
export function withRemarks(
	answer: Readonly<Record<string, unknown>>,
	repairs: readonly DocumentIssue[],
): Readonly<Record<string, unknown>> {
	if (repairs.length === 0) return answer;
	return { ...answer, remarks: [...repairs, ...((answer.remarks as readonly DocumentIssue[] | undefined) ?? [])] };
}

/** The version and the history that an answer about an agreement is of. */
export function stampsOf(agreement: AgreementRecord): Record<string, string> {
	return { ETag: etag(agreement.version), 'Computon-History-Head': agreement.headHash };
}

interface Answer {
	/** What the agreement was made by. */
	readonly template: Template | undefined;
	/** What the agreement was made from, where it is at hand; else it is read again. */
	readonly offer?: Offer;
	readonly effects?: AgreementRecord['effects'];
	/** Without the document; in XML nothing is left then. */
	readonly brief?: boolean;
	/** Of the offer that this answers. */
	readonly repairs?: readonly DocumentIssue[];
}

/** An answer that is ready to be sent. */
export interface PrintedAnswer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	/** Of one that repeats a large document: in pieces, which are made when they are sent. */
	readonly body: Buffer | Iterable<string>;
}

/** The agreement as it is answered, with status 200. */
export function printAgreement(
	agreement: AgreementRecord,
	form: Form,
	{ template, offer, effects, brief = false, repairs = [] }: Answer,
): PrintedAnswer {
	const stamps = stampsOf(agreement);
	if (form === 'xml' && brief) return { status: 200, headers: stamps, body: NOTHING };
	const isLarge = agreement.offerBytes > SMALL_BYTES_MAX;
	if (form === 'xml') {
		const document = withRepairs(agreementDocument(agreement, template, offer), repairs);
		const body = isLarge ? canonicalDocumentPieces(document) : Buffer.from(writeCanonicalDocument(document));
		return answered('application/xml', body, stamps);
	}
	const view = { ...withRemarks(agreementView(agreement), repairs), effects };
	if (brief) return printJson(view, stamps);
	const { document, ...rest } = agreementInJson(agreement, template, offer);
	const shown = { ...view, ...rest };
	if (isLarge) return answered('application/json', withMember(shown, 'document', jsonPieces(document)), stamps);
	const text = `${JSON.stringify(shown).slice(0, -1)},"document":${toJsonText(document)}}`;
	return answered('application/json', Buffer.from(text), stamps);
}

const NOTHING = Buffer.alloc(0);

export function printJson(value: object, headers: Readonly<Record<string, string>> = {}): PrintedAnswer {
	return answered('application/json', Buffer.from(JSON.stringify(value)), headers);
}

function answered(type: string, body: PrintedAnswer['body'], headers: Readonly<Record<string, string>>): PrintedAnswer {
	return { status: 200, headers: { ...headers, 'Content-Type': `${type}; charset=utf-8` }, body };
}

/** Sends what is ready; a refusal is the caller's to send. */
export async function send(response: Response, answer: PrintedAnswer | Refusal): Promise<Refusal | undefined> {
	if (!('body' in answer)) return answer;
	const { status, headers, body } = answer;
	if (Buffer.isBuffer(body)) response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
	else await sendStreamed(response.status(status).set(headers), body);
	return undefined;
}
