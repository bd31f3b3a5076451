/**
 * A site's own policy is asked about every offer, outside the site's lock: with what the decision would be now. Its
 * verdict is an input of the decision that is then made, whatever has changed meanwhile. So it is asked about what would
 * be refused as well: that may be had a moment later, and nothing may be had without a verdict.
 */
import { withoutAbsent } from '../agreement/document.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import type { Party } from '../identity/party.ts';
import type { Verdict } from '../negotiation/verdict.ts';
import type { Offers, Prepared } from './offers.ts';
import type { ChangePermission, EvaluateRequest, EvaluationOutcome } from './outcome.ts';

/** What the policy is asked. */
export interface ReviewQuestion {
	readonly party: Party;
	readonly offer: Offer;
	/** Of a change: the agreement. */
	readonly agreementId?: string;
	/** What the answer would be without it. */
	readonly provisional: Extract<EvaluationOutcome, { kind: 'accepted' | 'countered' | 'refused' }>;
}

/** Asks the policy; never throws. */
export type Review = (question: ReviewQuestion) => Promise<Verdict>;

/** Who sends an offer, and what it would change. */
interface Sending extends ChangePermission {
	readonly party: Party;
	readonly agreementId?: string;
}

/** What there was nothing to ask about: the party may not send it, or what it is about is not there, or is held. */
export const NOT_ASKED: Verdict = { kind: 'unreachable', message: 'it was not asked. Send the offer again.' };

/** The offer with the verdict on it; as it is where it cannot be read. `evaluate` says what would be answered now. */
export async function reviewed<P extends ReturnType<Offers['prepare']>>(
	review: Review,
	prepared: P,
	{ party, agreementId, allowRestart, allowMove }: Sending,
	evaluate: (request: EvaluateRequest, prepared: Prepared) => Promise<EvaluationOutcome>,
): Promise<P | Prepared> {
	if (prepared.kind !== 'prepared') return prepared;
	const { offer } = prepared;
	const about = agreementId === undefined ? {} : { agreementId };
	const allowed = withoutAbsent({ allowRestart, allowMove });
	const provisional = await evaluate({ party, offer, ...about, ...allowed }, prepared);
	const { kind } = provisional;
	const isJudged = kind === 'accepted' || kind === 'countered' || kind === 'refused';
	return { ...prepared, verdict: isJudged ? await review({ party, offer, ...about, provisional }) : NOT_ASKED };
}
