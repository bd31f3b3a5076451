/** Outcomes of the broker that are no success, as the problems that they are. */

import type { ChangeOutcome, Countered, Invalid, OfferOutcome } from '../broker/outcome.ts';
import type { EndNegotiationOutcome, InitiateOutcome, NegotiateOutcome } from '../broker/rounds/negotiation-outcome.ts';
import { reasonView } from './decision-views.ts';
import { invalidDocument, type ProblemCode, type Refusal } from './problems.ts';
import { etag } from './views.ts';

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
			return { code: refused, more: { reasons: outcome.reasons.map(reasonView) } };
		case 'not-found':
			return { code: 'NOT_FOUND' };
		case 'forbidden':
			return { code: 'FORBIDDEN' };
		case 'stale':
			return { code: 'VERSION_STALE', detail: `Its ETag is now ${etag(outcome.version)}.` };
		case 'key-reused':
			return { code: 'KEY_REUSED' };
	}
}

/**
 * An outcome about an offer that stood in a message: its paths begin where that begins, as those of all else that is
 * wrong with it do. `above` is the path of the element that held the offer.
 */
export function withinMessage<O extends object>(outcome: O, above: string): O {
	const { reasons, remarks, issues } = outcome as Partial<Omit<Countered, 'kind'> & Omit<Invalid, 'kind'>>;
	return {
		...outcome,
		...(reasons && { reasons: reasons.map((reason) => at(above, reason)) }),
		...(remarks && { remarks: remarks.map((remark) => at(above, remark)) }),
		...(issues && { issues: issues.map((issue) => at(above, issue)) }),
	};
}

/** What is said of a part that was read as a document of its own, at its place in the whole. */
export function at<S extends Placed>(above: string, said: S): S {
	const { path, relatedPaths } = said;
	return {
		...said,
		...(path === undefined ? {} : { path: `${above}${path}` }),
		...(relatedPaths === undefined ? {} : { relatedPaths: relatedPaths.map((each) => `${above}${each}`) }),
	};
}

interface Placed {
	readonly path?: string;
	readonly relatedPaths?: readonly string[];
}
