/**
 * What of an offer a site's own policy allows, where it denies what would be granted: the first of what it was shown. And
 * what else it is shown: everything at once, since it can be asked three times only (docs/adr/0044).
 */
import { searchedAnew } from '../../capacity/search/searched.ts';
import { metered, part } from '../../parts.ts';
import type { Accepted, Alternative } from '../decision.ts';
import type { Judgement, Question } from '../judge.ts';
import { becauseOf } from '../reasons/because.ts';
import type { Replies } from '../said.ts';
import { differencesOf } from './differences.ts';
import { requestFor } from './front.ts';
import { comesFirst, type Granted, type Kept, tryNarrowed } from './granted.ts';
import { requestForGrant, requestsBeside, requestsBeyond, requestsHourly } from './other-requests.ts';
import { rate, type Wish } from './ranking.ts';
import { budgetFor } from './sets.ts';

/** As many questions of one kind at once as leave room for the same of another offer. */
const SHOWN_MAX = 28;

/**
 * Of what was shown and is allowed, and can still be had within the offer, what keeps to Optional constraints of most
 * Importance; of what keeps to as much the earliest, and of that the default.
 */
export function findAllowed(
	question: Question,
	judgement: Judgement,
	plain: Granted,
	replies: Replies,
): Granted | undefined {
	const { searched = searchedAnew(question.calendar), request } = question;
	const budget = metered(() => budgetFor(searched), 'left');
	const allowed = replies.shown
		.filter((grant) => replies.sayToGrant(grant) === 'allowed')
		.sort((one, other) => (comesFirst(question, one, other) ? -1 : 1));
	let best: Kept | undefined;
	for (const grant of allowed) {
		const exact = requestForGrant(judgement, request, grant);
		const found = exact && tryNarrowed(question, judgement, budget, exact);
		if (found === undefined || replies.sayTo(found.granted).kind !== 'allowed') continue;
		if (best === undefined || found.importance > best.importance) best = found;
		if (question.importanceOf === undefined) break;
	}
	if (best === undefined) return undefined;
	const { importance, granted } = best;
	const said = replies.sayTo(plain);
	const denied = said.kind === 'denied' ? said.message : undefined;
	const instead = { importance, importanceMax: importance, plain, isKept: true, isChoice: false };
	return denied === undefined ? granted : { ...granted, instead: { ...instead, denied } };
}

/** What the policy was not asked about yet, of the offer and of the days behind it, each with what would be decided on it. */
export function findUnasked(
	question: Question,
	judgement: Judgement,
	plain: Granted,
	replies: Replies,
): readonly Alternative[] {
	const { searched = searchedAnew(question.calendar), request } = question;
	const budget = metered(() => budgetFor(searched), 'left');
	const known = new Set<string>();
	const found: Granted[] = [];
	const note = (granted: Granted): void => {
		const key = JSON.stringify(granted.grant);
		if (!known.has(key) && replies.sayTo(granted).kind === 'unasked') found.push(granted);
		known.add(key);
	};
	note(plain);
	const requests = [
		...part(() => requestsBeside(judgement, request, plain.grant)),
		...part(() => requestsBeyond(judgement, request, plain.grant)),
		...part(() => requestsHourly(judgement, request, plain.grant)),
	];
	for (const narrowed of requests) {
		if (found.length >= SHOWN_MAX) break;
		const kept = tryNarrowed(question, judgement, budget, narrowed);
		if (kept !== undefined) note(kept.granted);
	}
	const wish: Wish = { sizes: judgement.asked!, starts: judgement.window.asked, request };
	return found.map((granted, index) => part(() => alternativeOf(question, granted, wish, index + 1)));
}

/** As it is told where it is an alternative. */
function alternativeOf(question: Question, granted: Granted, wish: Wish, rank: number): Alternative {
	const { instead: _, ...attempt } = granted;
	const { grant, effects, price } = attempt;
	const request = requestFor(grant, price, question.request);
	const accepted: Accepted = { kind: 'accept', ...attempt };
	const because = becauseOf({ ...question, request }, accepted, question.request);
	return {
		rank,
		kind: rate(grant, wish).kind,
		grant,
		...(price === undefined ? {} : { price }),
		differences: differencesOf(grant, price, wish),
		effects,
		accepted: { ...accepted, because },
	};
}
