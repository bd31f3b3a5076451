/** Answers that are ready to be sent: agreements in either form, and JSON. */
import type { Response } from 'express';
import type { Offer } from '../agreement/offer/offer.ts';
import type { Template } from '../agreement/template/template.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { writeCanonicalDocument } from '../xml/writer.ts';
import {
	type AgreementRecord,
	agreementDocument,
	agreementInJson,
	agreementView,
	withRepairs,
} from './agreement-views.ts';
import type { Refusal } from './problems.ts';
import type { Form } from './requests.ts';
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
	readonly body: Buffer;
}

/** The agreement as it is answered, with status 200. */
export function printAgreement(
	agreement: AgreementRecord,
	form: Form,
	{ template, offer, effects, brief = false, repairs = [] }: Answer,
): PrintedAnswer {
	if (form === 'xml' && brief) return { status: 200, headers: stampsOf(agreement), body: NOTHING };
	if (form === 'xml') {
		const document = withRepairs(agreementDocument(agreement, template, offer), repairs);
		return printed('application/xml', writeCanonicalDocument(document), stampsOf(agreement));
	}
	const view = { ...withRemarks(agreementView(agreement), repairs), effects };
	if (brief) return printJson(view, stampsOf(agreement));
	const { documentText, ...rest } = agreementInJson(agreement, template, offer);
	const text = JSON.stringify({ ...view, ...rest });
	return printed('application/json', `${text.slice(0, -1)},"document":${documentText}}`, stampsOf(agreement));
}

const NOTHING = Buffer.alloc(0);

export function printJson(value: object, headers: Readonly<Record<string, string>> = {}): PrintedAnswer {
	return printed('application/json', JSON.stringify(value), headers);
}

function printed(type: string, body: string, headers: Readonly<Record<string, string>>): PrintedAnswer {
	return {
		status: 200,
		headers: { ...headers, 'Content-Type': `${type}; charset=utf-8` },
		body: Buffer.from(body),
	};
}

/** Sends what is ready; a refusal is the caller's to send. */
export function send(response: Response, answer: PrintedAnswer | Refusal): Refusal | undefined {
	if (!('body' in answer)) return answer;
	const { status, headers, body } = answer;
	response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
	return undefined;
}
