/** Which of the branches of an offer that leaves a choice open: a decision among services, of which one is wanted. */
import { type Searched, searchedAnew } from '../../capacity/search/searched.ts';
import { part } from '../../parts.ts';
import { decide, type Question } from '../decide.ts';
import type { Accepted, Alternative, Decision, Reason } from '../decision.ts';

/** One way to make the choices of an offer, and what the judgement is then asked. */
export interface Branch {
	/** Names of the terms that are in force by choice. */
	readonly terms: readonly string[];
	/** What the client's Preferences say that it is worth. */
	readonly utility: number;
	readonly question: Question;
}

/** The decision, and the branch that was accepted, or the best of those that were not. */
export interface DecisionAmong<B extends Branch> {
	readonly decision: Decision;
	readonly branch: B;
	/** What the client's Preferences like better, and its Optional constraints outweigh; it can be had as well. */
	readonly other?: AcceptedBranch<B>;
}

/** A branch that can be had as it stands. */
export interface AcceptedBranch<B extends Branch> {
	readonly decision: Accepted;
	readonly branch: B;
}

/** Branches of which alternatives are sought: each costs as much as a refused offer of its own. */
const EXPLORED_MAX = 4;
/** Reasons of all branches together; of one offer alone there are a dozen. */
const REASONS_MAX = 200;

/**
 * Of the branches that are accepted as they stand decides on the one that keeps to Optional constraints of most
 * Importance, where the client has any; of those that keep to as much on the one that its Preferences like best; of
 * those that they like alike on the cheapest, where the site has prices; of those on the first one handed in. Where its
 * Preferences like another of them better, that one is named beside it. If none is accepted, the alternatives of the
 * best branches are merged: first the best of each, in the order of the branches, then the second best; a reason that
 * does not hold for every branch names the terms of the one that it is about. What one branch finds out by searching
 * the others know. One branch alone is decided as if it were the whole offer.
 */
export function decideAmong<B extends Branch>(branches: readonly [B, ...B[]]): DecisionAmong<B> {
	const [only] = branches;
	if (branches.length === 1) return { decision: decide(only.question), branch: only };
	const searched = searchedAnew(only.question.calendar);
	const ranked = [...branches].sort((one, other) => other.utility - one.utility);
	const refusals: Refusal<B>[] = [];
	let best: AcceptedBranch<B> | undefined;
	let liked: AcceptedBranch<B> | undefined;
	for (const branch of ranked) {
		const isLiked = branch.question.importanceOf !== undefined;
		const isAlike = best?.branch.utility === branch.utility;
		if (best !== undefined && !isLiked && (best.decision.price === undefined || !isAlike)) break;
		const decision = decide({ ...withoutAlternatives(branch.question), searched });
		if (decision.kind !== 'accept') {
			refusals.push({ branch, reasons: decision.reasons });
			continue;
		}
		const accepted = { decision, branch };
		if (best === undefined || isBetter(accepted, best)) best = accepted;
		if (liked === undefined || (branch.utility === liked.branch.utility && isBetter(accepted, liked))) liked = accepted;
	}
	if (best !== undefined && liked !== undefined) {
		return liked.branch.utility > best.branch.utility ? { ...best, other: liked } : best;
	}
	const keyed = refusals.map((each) => ({ ...each, keys: part(() => each.reasons.map(keyOf)) }));
	const reasons = part(() => mergeReasons(keyed));
	const { replies, policy } = only.question;
	const atMost = replies?.isRehearsal === true ? Number.POSITIVE_INFINITY : policy.alternativesMax;
	const alternatives = mergeAlternatives(ranked.slice(0, EXPLORED_MAX), atMost, searched);
	const decision: Decision =
		alternatives.length > 0 ? { kind: 'counter', reasons, alternatives } : { kind: 'reject', reasons };
	return { decision, branch: ranked[0]! };
}

/** Whether it keeps to more of the client's Optional constraints; or as much, is liked as well by its Preferences, and is cheaper. */
function isBetter<B extends Branch>(one: AcceptedBranch<B>, best: AcceptedBranch<B>): boolean {
	const [kept, keptByBest] = [one, best].map(({ decision: { grant, price }, branch }) => {
		return part(() => branch.question.importanceOf?.(grant, price) ?? 0);
	});
	if (kept !== keptByBest) return kept! > keptByBest!;
	return one.branch.utility === best.branch.utility && isCheaper(one.decision, best.decision);
}

/** Amounts of one site have one currency and as many decimals, so that they compare as whole numbers. */
function isCheaper({ price: one }: Accepted, { price: other }: Accepted): boolean {
	if (one === undefined || other === undefined) return false;
	return BigInt(one.amount.replace('.', '')) < BigInt(other.amount.replace('.', ''));
}

interface Refusal<B extends Branch> {
	readonly branch: B;
	readonly reasons: readonly Reason[];
}

/** With what tells one reason from another. */
interface KeyedRefusal extends Refusal<Branch> {
	readonly keys: readonly string[];
}

/** Whether it is accepted costs little; alternatives are sought only when no branch is. */
function withoutAlternatives(question: Question): Question {
	return { ...question, policy: { ...question.policy, alternativesMax: 0 } };
}

function mergeAlternatives(
	branches: readonly Branch[],
	alternativesMax: number,
	searched: Searched,
): readonly Alternative[] {
	const found = branches.flatMap(({ question, terms }) => {
		const decision = decide({ ...question, searched });
		return decision.kind === 'counter' ? decision.alternatives.map((each) => ({ ...each, branch: terms })) : [];
	});
	return found
		.sort((one, other) => one.rank - other.rank)
		.slice(0, alternativesMax)
		.map((alternative, index) => ({ ...alternative, rank: index + 1 }));
}

/** What stands in every branch is said once, of the whole offer. */
function mergeReasons(refusals: readonly KeyedRefusal[]): readonly Reason[] {
	const counts = new Map<string, number>();
	for (const { keys } of refusals) {
		for (const key of new Set(keys)) counts.set(key, (counts.get(key) ?? 0) + 1);
	}
	const merged = new Map<string, Reason>();
	for (const { branch, reasons, keys } of refusals) {
		const terms = JSON.stringify(branch.terms);
		for (const [nth, reason] of reasons.entries()) {
			const key = keys[nth]!;
			if (merged.size === REASONS_MAX) return [...merged.values()];
			if (counts.get(key) === refusals.length) merged.set(key, reason);
			else merged.set(`${key} ${terms}`, { ...reason, branch: branch.terms });
		}
	}
	return [...merged.values()];
}

function keyOf(reason: Reason): string {
	return JSON.stringify(reason);
}
