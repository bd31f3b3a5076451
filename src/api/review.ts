/** What a site's own policy is asked, in the words of the API: README, "A policy of the site's own". */
import { toJson } from '../agreement/to-json.ts';
import type { ReviewQuestion } from '../broker/review.ts';
import { evaluationView } from './decision-views.ts';

/** The body of the question: who sends what, and what would be answered. */
export function reviewView(site: string, { party, offer, agreementId, provisional }: ReviewQuestion): object {
	const { name, vo, role } = party;
	return {
		site,
		party: { name, vo, role },
		...(agreementId === undefined ? {} : { agreementId }),
		offer: toJson(offer.tree),
		provisional: evaluationView(provisional, 'json'),
	};
}
