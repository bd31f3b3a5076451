/**
 * A site's own policy is asked about every offer, outside the site's lock: with what the decision would be now. So it is
 * asked about what would be refused as well: that may be had a moment later, and nothing may be had without a verdict.
 * Then it is asked about each thing that the site would answer, as the offer that it is; where it denies what would be
 * granted, about other starts and sizes. What it said is an input of the decision that is then made, whatever has changed
 * meanwhile: nothing is granted or held that it was not shown.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { withoutAbsent } from '../agreement/document.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import type { Party } from '../identity/party.ts';
import { keepsToLimits, type Obtainable, type Said, sayingOf, withBranch } from '../negotiation/said.ts';
import type { Verdict } from '../negotiation/verdict.ts';
import type { Offers, Prepared } from './offers.ts';
import type { ChangePermission, DocumentTree, EvaluateRequest, EvaluationOutcome } from './outcome.ts';

/** What the policy is asked. */
export interface ReviewQuestion {
	readonly party: Party;
	/** What was sent, or what the site would answer. */
	readonly offer: Pick<Offer, 'tree'>;
	/** Of a change: the agreement. */
	readonly agreementId?: string;
	/** What the answer to it would be without the policy. */
	readonly provisional: Judged;
}

/** Asks the policy; never throws. */
export type Review = (question: ReviewQuestion) => Promise<Verdict>;

/** Who sends an offer, and what it would change. */
export interface Sending extends ChangePermission {
	readonly party: Party;
	readonly agreementId?: string;
}

type Judged = Extract<EvaluationOutcome, { kind: 'accepted' | 'countered' | 'refused' }>;
type Accepted = Extract<Judged, { kind: 'accepted' }>;

/** What the site would answer: as the offer that it is, and what would be decided on that. */
export interface Answer {
	readonly what: Obtainable;
	readonly tree: () => DocumentTree | Promise<DocumentTree>;
	readonly accepted: Pick<Accepted, 'grant' | 'placement' | 'effects' | 'price' | 'priceBefore'>;
}

/** How the policy is asked, what time it is (epoch seconds), and how often something has been committed. */
export interface Asking {
	readonly review: Review;
	readonly now: () => number;
	readonly committed: () => number;
}

/** Before a decision. */
export interface Moment {
	readonly at: number;
	readonly committed: number;
}

export function momentOf({ now, committed }: Asking): Moment {
	return { at: now(), committed: committed() };
}

/** Whether what was decided then would be decided again: no second has passed, and nothing was committed since (H7). */
export function isUnmoved(asking: Asking, { at, committed }: Moment): boolean {
	return asking.now() === at && asking.committed() === committed;
}

/** What there was nothing to ask about: the party may not send it, or what it is about is not there, or is held. */
export const NOT_ASKED: Verdict = { kind: 'unreachable', message: 'it was not asked. Send the offer again.' };

/** What can be had may change each time while the policy is asked about it: so often it is asked about one offer at most. */
export const ASKED_TIMES_MAX = 3;

/** The offer with what the policy says on it; as it is where it cannot be read. `evaluate` says what would be answered now. */
export async function reviewed<P extends ReturnType<Offers['prepare']>>(
	asking: Asking,
	prepared: P,
	sending: Sending,
	evaluate: (request: EvaluateRequest, prepared: Prepared) => Promise<EvaluationOutcome>,
): Promise<P | Prepared> {
	if (prepared.kind !== 'prepared') return prepared;
	const { party, agreementId, allowRestart, allowMove } = sending;
	const { offer } = prepared;
	const request = { party, offer, ...withoutAbsent({ agreementId, allowRestart, allowMove }) };
	const moment = momentOf(asking);
	const found = await evaluate(request, prepared);
	const under = await askedAbout(asking, prepared, sending, found, moment.at);
	return saidToAnswers(asking, under, sending, { moment, found }, (rehearsed) => evaluate(request, rehearsed));
}

/** The offer with the verdict on it; `provisional` is what would have been answered at that time. */
export async function askedAbout(
	{ review }: Asking,
	prepared: Prepared,
	{ party, agreementId }: Sending,
	provisional: EvaluationOutcome,
	at: number,
): Promise<Prepared> {
	if (!isJudged(provisional)) return { ...prepared, verdict: NOT_ASKED };
	const verdict = await review({ party, offer: prepared.offer, ...withoutAbsent({ agreementId }), provisional });
	const before = prepared.said ?? [];
	if (provisional.kind !== 'accepted') return { ...prepared, verdict, said: before };
	const said = [...before, { what: grantedOf(provisional), at, verdict }];
	if (verdict.kind !== 'deny' || verdict.all === true) return { ...prepared, verdict, said };
	// That is about what would be granted: something else of the offer may be allowed, under what was said before.
	return { ...prepared, verdict: prepared.verdict ?? ALLOWED, said, isDenied: true };
}

const ALLOWED: Verdict = { kind: 'allow' };

/**
 * The same with what the policy says to what it would be answered by, until there is nothing new to ask about. What was
 * `provisional` is decided again only where something has changed since, or the policy has amended it.
 */
async function saidToAnswers(
	asking: Asking,
	first: Prepared,
	sending: Sending,
	provisional: { readonly moment: Moment; readonly found: EvaluationOutcome },
	evaluate: (rehearsed: Prepared) => Promise<EvaluationOutcome>,
): Promise<Prepared> {
	let under = first;
	let { moment, found } = provisional;
	for (let times = 1; times < ASKED_TIMES_MAX && isOpen(under); times += 1) {
		const isSame = under.verdict === first.verdict && under.verdict?.kind === 'allow' && under.isDenied !== true;
		if (!isSame || !isUnmoved(asking, moment)) {
			moment = momentOf(asking);
			found = await evaluate({ ...under, isRehearsal: true });
		}
		const { at } = moment;
		if (found.kind === 'accepted') {
			if (isSaid(under, grantedOf(found), at)) break;
			under = await askedAbout(asking, under, sending, found, at);
		} else if (found.kind === 'countered') {
			const answers = found.alternatives.map((each): Answer => {
				const { grant, effects, price, branch } = each;
				const { kind: _, instead: __, ...accepted } = each.accepted;
				const what = { grant, effects, ...withoutAbsent({ price, branch }) };
				return { what, tree: () => each.offer, accepted };
			});
			const said = await saidToEach(asking, under, sending, answers, at, found.calendarVersion);
			if (said.length === 0) break;
			under = withSaid(under, said);
		} else break;
	}
	return under;
}

/**
 * With what was said of what would be granted or held; a denial of all is about the offer, whatever it was said of. Where
 * what would have been granted was denied, and nothing else is allowed as it stands, the price of what is amended is that
 * of the offer.
 */
export function withSaid(prepared: Prepared, said: readonly Said[]): Prepared {
	const under = { ...prepared, said: [...(prepared.said ?? []), ...said] };
	const ofAll = said.find(({ verdict }) => verdict.kind === 'deny' && verdict.all === true);
	if (ofAll !== undefined) return { ...under, verdict: ofAll.verdict };
	const isSettled = prepared.isDenied !== true || prepared.verdict?.kind !== 'allow';
	if (isSettled || said.some(({ verdict }) => verdict.kind === 'allow')) return under;
	const amended = said.find(({ what, verdict }) => verdict.kind === 'amend' && keepsToLimits(what, verdict));
	return amended === undefined ? under : { ...under, verdict: amended.verdict };
}

/** What the policy says to each of these that it was not asked about. */
export async function saidToEach(
	{ review }: Asking,
	prepared: Prepared,
	{ party, agreementId }: Sending,
	answers: readonly Answer[],
	at: number,
	calendarVersion: number,
): Promise<readonly Said[]> {
	if (!isOpen(prepared)) return [];
	const about = withoutAbsent({ agreementId });
	const sayTo = sayingOf(prepared, at)!;
	const saying: Promise<Said>[] = [];
	for (const { what, tree, accepted } of answers) {
		if (sayTo(what).kind !== 'unasked') continue;
		const offer = { tree: await tree() };
		const provisional = { ...accepted, kind: 'accepted' as const, chosen: [], calendarVersion };
		saying.push(review({ party, offer, ...about, provisional }).then((verdict) => ({ what, at, verdict })));
		// To write a large offer takes milliseconds, and some thirty may be written: others are served in between.
		await nextRound();
	}
	return Promise.all(saying);
}

/** Whether anything can come of it. */
function isOpen({ verdict, said }: Prepared): boolean {
	return said !== undefined && (verdict?.kind === 'allow' || verdict?.kind === 'amend');
}

function isSaid(prepared: Prepared, what: Obtainable, now: number): boolean {
	return sayingOf(prepared, now)?.(what).kind !== 'unasked';
}

function isJudged(outcome: EvaluationOutcome): outcome is Judged {
	return outcome.kind === 'accepted' || outcome.kind === 'countered' || outcome.kind === 'refused';
}

function grantedOf({ grant, effects, price, chosen }: Accepted): Obtainable {
	const terms = [...new Set(chosen.flatMap((choice) => choice.terms))];
	return withBranch({ grant, effects, ...withoutAbsent({ price }) }, terms);
}
