/** The judgement of a site: what it answers to an offer. Pure: the same question, the same answer (H7). */
import type { ServiceGrant } from '../agreement/terms/service.ts';
import type { SiteCalendar } from '../capacity/calendar.ts';
import type { Placement } from '../capacity/resources.ts';
import { part, stage } from '../parts.ts';
import { findAllowed, findUnasked } from './alternatives/allowed.ts';
import { findAlternatives } from './alternatives/alternatives.ts';
import { findGranted, type Granted } from './alternatives/granted.ts';
import type { Decision, Reason } from './decision.ts';
import { type Judgement, judge, type Question } from './judge.ts';
import { keptByLeaving } from './kept.ts';
import { priceOf } from './policy/price.ts';
import { violationReason } from './reasons/obstacles.ts';
import { withRemedies } from './reasons/remedy.ts';
import type { Replies } from './said.ts';
import { withVerdict } from './verdict.ts';

export type { PreviousGrant } from './change.ts';
export type { Question } from './judge.ts';

/**
 * Accepts the offer, with the smallest sizes its ranges admit (the largest that fit, where the client prefers these),
 * or with those that keep to what the client would like of the answer, as far as its ranges let it;
 * or counters it with every reason and up to `policy.alternativesMax` alternatives, each of which is accepted as it
 * stands; or rejects it with every reason, where something is in the way that no alternative removes, or nothing near
 * it can be had (H6). Changes nothing, the calendar included: it is the caller who books the placement.
 *
 * Of a renegotiation the previous placement must be released from the calendar before (and booked again after a
 * refusal); `effects` then say what becomes of the machines that run. What services that it leaves out keep is booked
 * around all that is looked at; whoever books the placement books that as well (`keptBy`).
 */
export function decide(question: Question): Decision {
	const { previous, calendar, policy, now, agreedUntil } = question;
	const kept = previous === undefined ? [] : keptByLeaving(previous, policy, now, agreedUntil);
	if (kept.length === 0) return decideBeside(question);
	// What other branches have found out they have found beside what those keep.
	const { searched: _, ...alone } = question;
	const booked = bookOpen(calendar, kept);
	try {
		return decideBeside(alone);
	} finally {
		for (const placement of booked) calendar.release(placement);
	}
}

/** Books it share by share; not on hosts that have lost their capacity, which take nothing new anyway. */
function bookOpen(calendar: SiteCalendar, placements: readonly Placement[]): readonly Placement[] {
	const shares = placements.flatMap((placement) =>
		placement.machines.map((share): Placement => ({ ...placement, machines: [share] })),
	);
	return shares.filter((share) => {
		const hasRoom = calendar.hasRoom(share);
		if (hasRoom) calendar.book(share);
		return hasRoom;
	});
}

function decideBeside(question: Question): Decision {
	const judgement = stage(() => judge(question));
	if (judgement.attempt !== undefined) {
		const { attempt } = judgement;
		const granted = stage(() => findGranted(question, judgement, attempt));
		if (granted !== undefined) return decideOn(question, judgement, granted);
		const { pricing } = judgement.scene.room;
		const price = pricing && priceOf(attempt.grant, question.policy, pricing);
		const unmet = question.unmetBy?.(attempt.grant, price, 'all') ?? [];
		return refuse(question, judgement, unmet.map(violationReason));
	}
	return refuse(question, judgement, [...judgement.finalReasons, ...judgement.reasons]);
}

/** Grants what the site's own policy allows of the offer, where it does not allow what would be granted. */
function decideOn(question: Question, judgement: Judgement, granted: Granted): Decision {
	const { replies } = question;
	const say = replies?.sayTo(granted);
	if (replies === undefined || say === undefined || say.kind === 'allowed') return { kind: 'accept', ...granted };
	const allowed = stage(() => findAllowed(question, judgement, granted, replies));
	if (allowed !== undefined) return { kind: 'accept', ...allowed };
	if (replies.isRehearsal) return toBeShown(question, judgement, granted, replies);
	if (say.kind !== 'denied') return { kind: 'accept', ...granted };
	return refuse(
		keepingTo(question, (grant) => replies.sayToGrant(grant) === 'allowed'),
		judgement,
		say.reasons,
	);
}

/** All that the policy is to be asked about next, more than is ever told. */
function toBeShown(question: Question, judgement: Judgement, granted: Granted, replies: Replies): Decision {
	if (question.policy.alternativesMax === 0) return { kind: 'reject', reasons: [] };
	const alternatives = stage(() => findUnasked(question, judgement, granted, replies));
	return alternatives.length === 0 ? { kind: 'reject', reasons: [] } : { kind: 'counter', reasons: [], alternatives };
}

/** The question for what is so alone. */
function keepingTo(question: Question, isSo: (grant: ServiceGrant) => boolean): Question {
	return { ...question, satisfies: (grant, price) => isSo(grant) && question.satisfies(grant, price) };
}

function refuse(question: Question, judgement: Judgement, against: readonly Reason[]): Decision {
	const alternatives = findAlternatives(question, judgement);
	const told = withVerdict(against, question.policy, question.verdict);
	if (alternatives.length > 0) {
		return { kind: 'counter', reasons: part(() => withRemedies(told, alternatives, question)), alternatives };
	}
	const all = [...told, ...demandsInTheWay(question, judgement)];
	return { kind: 'reject', reasons: part(() => withRemedies(all, [], question)) };
}

/** Why nothing that could be had is offered: it does not keep to what the client demands of an answer. */
function demandsInTheWay(question: Question, judgement: Judgement): readonly Reason[] {
	const { unmetBy, ...undemanding } = question;
	if (unmetBy === undefined || judgement.attempt !== undefined) return [];
	const [best] = findAlternatives(undemanding, judgement);
	if (best === undefined) return [];
	const unmet = unmetBy(best.grant, best.price, 'all');
	return unmet.map(({ path, found, allowed }): Reason => {
		const message = 'Nothing that could be had keeps to what the offer demands of an answer';
		if (found === undefined) return { code: 'CREATION_CONSTRAINT', message: `${message}.`, path, limit: allowed };
		return {
			code: 'CREATION_CONSTRAINT',
			message: `${message}: the best of it has ${found} here, and demanded is ${allowed}.`,
			path,
			available: found,
			limit: allowed,
			remedy: { text: `allow ${found} there`, allowed: found },
		};
	});
}
