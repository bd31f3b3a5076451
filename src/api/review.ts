/** What a site's own policy is asked, in the words of the API: README, "A policy of the site's own". */
import { jsonPieces } from '../agreement/to-json.ts';
import type { ReviewQuestion } from '../broker/review.ts';
import { printEvaluation } from './decision-views.ts';

/** The body of the question, piece by piece: who sends what, and what would be answered. */
export function* printReview(
	site: string,
	{ party, offer, agreementId, provisional }: ReviewQuestion,
): Generator<string> {
	const { name, vo, role } = party;
	yield JSON.stringify({ site, party: { name, vo, role }, agreementId }).slice(0, -1);
	yield ',"offer":';
	yield* jsonPieces(offer.tree);
	yield ',"provisional":';
	yield* printEvaluation(provisional, 'json');
	yield '}';
}
