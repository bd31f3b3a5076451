/**
 * A site's own policy is asked about every offer, outside the site's lock: with what the decision would be now. Its
 * verdict is an input of the decision that is then made, whatever has changed meanwhile.
 */
import { withoutAbsent } from '../agreement/document.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import type { Party } from '../identity/party.ts';
import type { Verdict } from '../negotiation/verdict.ts';
import type { Desk } from './desk.ts';
import type { Offers, Prepared } from './offers.ts';
import type { ChangePermission, EvaluationOutcome } from './outcome.ts';

/** What the policy is asked. */
export interface ReviewQuestion {
	readonly party: Party;
	readonly offer: Offer;
	/** Of a change: the agreement. */
	readonly agreementId?: string;
	/** What the answer would be without it. */
	readonly provisional: Extract<EvaluationOutcome, { kind: 'accepted' | 'countered' }>;
}

/** Asks the policy; never throws. */
export type Review = (question: ReviewQuestion) => Promise<Verdict>;

/** Who sends an offer, and what it would change. */
interface Sending extends ChangePermission {
	readonly party: Party;
	readonly agreementId?: string;
}

/**
 * The offer with the verdict on it. Not asked is what would be refused anyway, what cannot be read, and what the party
 * may not do.
 */
export async function reviewed<P extends ReturnType<Offers['prepare']>>(
	{ desk, offers, review }: { readonly desk: Desk; readonly offers: Offers; readonly review: Review | undefined },
	prepared: P,
	{ party, agreementId, allowRestart, allowMove }: Sending,
): Promise<P | Prepared> {
	if (review === undefined || prepared.kind !== 'prepared') return prepared;
	const { offer } = prepared;
	const about = agreementId === undefined ? {} : { agreementId };
	const allowed = withoutAbsent({ allowRestart, allowMove });
	const provisional = await desk.evaluate((turn) =>
		offers.evaluate(turn, { party, offer, ...about, ...allowed }, prepared),
	);
	if (provisional.kind !== 'accepted' && provisional.kind !== 'countered') return prepared;
	return { ...prepared, verdict: await review({ party, offer, ...about, provisional }) };
}
