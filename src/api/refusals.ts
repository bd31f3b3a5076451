/** Outcomes of the broker that are no success, as the problems that they are. */
import type { EndNegotiationOutcome, InitiateOutcome, NegotiateOutcome } from '../broker/negotiation-outcome.ts';
import type { ChangeOutcome, OfferOutcome } from '../broker/outcome.ts';
import { invalidDocument, type ProblemCode, type Refusal } from './problems.ts';
import * as views from './views.ts';

type Unsuccessful = Exclude<
	OfferOutcome | ChangeOutcome | InitiateOutcome | NegotiateOutcome | EndNegotiationOutcome,
	{ kind: 'accepted' | 'changed' | 'countered' | 'initiated' | 'answered' }
>;

/** The problem that the outcome is; what was refused with reasons has the code that is given. */
export function refusalOf(outcome: Unsuccessful, refused: ProblemCode): Refusal {
	switch (outcome.kind) {
		case 'invalid':
			return invalidDocument(outcome.issues);
		case 'unknown-template': {
			const { name = '(no TemplateName)', id = '(no TemplateId)' } = outcome.template;
			return { code: 'TEMPLATE_UNKNOWN', detail: `Named is ${name}/${id}.` };
		}
		case 'refused':
			return { code: refused, more: { reasons: outcome.reasons.map(views.reasonView) } };
		case 'not-found':
			return { code: 'NOT_FOUND' };
		case 'forbidden':
			return { code: 'FORBIDDEN' };
		case 'stale':
			return { code: 'VERSION_STALE', detail: `Its ETag is now ${views.etag(outcome.version)}.` };
		case 'key-reused':
			return { code: 'KEY_REUSED' };
	}
}
