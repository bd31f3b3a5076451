/** What a site's policy comes to for whoever asks: the limits of the VO, its allowance, and on which terms it buys. */
import { feesWithin, isAsDear, type Price } from '../../agreement/terms/quote.ts';
import type { ServiceRequest } from '../../agreement/terms/service.ts';
import { hasBegun, type PreviousGrant, permittedBy, wholeGrant } from '../change.ts';
import type { Accepted, Reason } from '../decision.ts';
import type { Question } from '../judge.ts';
import { percentUnder, policyUnder } from '../verdict.ts';
import { nextEdge, type Pricing, tariffOf, type UsedBefore, usedUntil } from './cost.ts';
import type { Allowance } from './hurdles.ts';
import type { SitePolicy } from './policy.ts';
import { cancellationOf, ceilingOf, pricedBefore, priceOf, printAmount } from './price.ts';
import type { PriceModel } from './price-model.ts';
import { accountOf } from './quota.ts';

/**
 * The policy with the VO's own limits on windows. Notice is given once: a change may begin when it was agreed to begin,
 * and sooner only with notice of its own, or else whoever agreed to something distant could have it at once. What was
 * agreed stands still, so that nobody who answers late needs a grace for it.
 */
export function policyFor(question: Question, allowance: Allowance | undefined): SitePolicy {
	const { party, previous, now } = question;
	const policy = policyUnder(question.policy, question.verdict);
	const { leadTimeSeconds = policy.leadTimeSeconds, durationSecondsMax = policy.durationSecondsMax } =
		allowance?.limits ?? {};
	const agreedIn = previous === undefined ? Infinity : hasBegun(previous, now) ? 0 : previous.grant.startAt - now;
	const isAgreed = agreedIn <= leadTimeSeconds;
	const notice = party === undefined ? 0 : isAgreed ? agreedIn : leadTimeSeconds;
	const startGraceSeconds = isAgreed && notice > 0 ? 0 : policy.startGraceSeconds;
	const isPolicy = notice === policy.leadTimeSeconds && startGraceSeconds === policy.startGraceSeconds;
	if (isPolicy && durationSecondsMax >= policy.durationSecondsMax) return policy;
	const longest = Math.max(policy.durationSecondsMin, Math.min(durationSecondsMax, policy.durationSecondsMax));
	return { ...policy, leadTimeSeconds: notice, durationSecondsMax: longest, startGraceSeconds };
}

/** What the asker's VO may have and has; absent where nothing is limited. */
export function allowanceOf({ policy: { quotas }, party, usage }: Question): Allowance | undefined {
	if (quotas === undefined || party === undefined || usage === undefined) return undefined;
	const vo = accountOf(quotas, party.vo);
	const limits = quotas.vos.get(vo);
	return limits && { vo, limits, borrowSeconds: quotas.borrowSeconds, usage };
}

/** On which terms the asker buys; what an earlier revision has used up stays paid as it was. */
export function pricingOf(question: Question, begun: PreviousGrant | undefined): Pricing | undefined {
	const { request, policy, party, now, verdict, isTold = false } = question;
	const { prices: model } = policy;
	if (model === undefined || party === undefined) return undefined;
	const { vo } = party;
	const ceiling = request.priceCeiling && ceilingOf(request.priceCeiling, model);
	const feeMin = feeMinOf(question, model);
	const terms = {
		model,
		vo,
		percent: percentUnder(verdict),
		...(ceiling === undefined ? {} : { ceiling }),
		...(feeMin === 0n ? {} : { feeMin }),
	};
	if (begun === undefined) return terms;
	const { price } = begun;
	if (price === undefined) return { ...terms, used: usedFrom(begun, now, 0n) };
	const before = pricedBefore(price, model, vo);
	// Another currency's money cannot be added: it stays with the revision that it was agreed in.
	const isSame = before.model.currency === model.currency;
	const usedAt = (at: number): UsedBefore => usedFrom(begun, at, isSame ? usedBefore(begun, at, policy, before) : 0n);
	if (!isTold) return { ...terms, used: usedAt(now) };
	return { ...terms, used: usedAt(now), usedLater: turnsUntilAgreed(begun, question, [before, terms]).map(usedAt) };
}

/**
 * What a termination after this change costs at least: as much as one instead of it would cost, and one instead of any
 * change before. Where it is only told of, the most that this comes to until it may be agreed to at the latest.
 */
function feeMinOf({ previous, now, policy, isTold = false }: Question, model: PriceModel): bigint {
	if (previous?.price === undefined) return 0n;
	const { price, grant, owesNothing = false } = previous;
	const { currency, cancellationMin = '0' } = price;
	const untilAt = isTold ? now + policy.startGraceSeconds : now;
	const fees = owesNothing && !isTold ? [] : feesWithin(price, grant.startAt, now, untilAt);
	return [cancellationMin, ...fees].reduce((most, amount) => {
		const fee = ceilingOf({ currency, amount }, model) ?? 0n;
		return fee > most ? fee : most;
	}, 0n);
}

function usedFrom({ grant }: PreviousGrant, at: number, amount: bigint): UsedBefore {
	return { amount, untilAt: Math.max(at, grant.startAt) };
}

/**
 * When a change that is told of may be agreed to at the latest, and before that the times at which its price may cease
 * to grow: between them it is a straight line over the time. What runs is paid as it was agreed until it is changed.
 */
function turnsUntilAgreed(
	begun: PreviousGrant,
	{ now, policy }: Question,
	pricings: readonly Pricing[],
): readonly number[] {
	const lastAt = Math.min(now + policy.startGraceSeconds, begun.grant.endAt);
	const kept = (begun.leaving ?? []).map(({ service }) => service.workspace.retentionSeconds);
	const turns = new Set<number>();
	for (const { model, vo } of pricings) {
		const tariff = tariffOf(model, vo);
		for (const offset of new Set([0, ...kept])) {
			for (let at = nextEdge(model, tariff, now + offset); at < lastAt + offset; at = nextEdge(model, tariff, at)) {
				turns.add(at - offset);
			}
		}
	}
	return lastAt > now ? [...turns, lastAt] : [];
}

/**
 * What a change that would be accepted now is told to cost, and its termination: the most that it comes to where it is
 * agreed to within the grace for starts, and no more than the offer pays. Undefined where that is its price.
 */
export function priceToldOf(question: Question, { grant, price }: Accepted): Price | undefined {
	const { previous, request, now, policy } = question;
	if (price === undefined || previous === undefined) return undefined;
	const begun = hasBegun(previous, now) ? permittedBy(previous, request.workspace) : undefined;
	const pricing = pricingOf({ ...question, isTold: true }, begun)!;
	const { ceiling, model } = pricing;
	const most = priceOf(grant, policy, pricing);
	if (isAsDear(most, price)) return undefined;
	if (ceiling === undefined || ceilingOf(most, model)! <= ceiling) return most;
	return { ...price, amount: printAmount(ceiling, model), cancellation: cancellationOf(ceiling, pricing) };
}

/** What a change leaves to be paid as it was agreed: what was used, and what services that it leaves out keep from now on. */
function usedBefore(begun: PreviousGrant, now: number, policy: SitePolicy, before: Pricing): bigint {
	const used = usedUntil(wholeGrant(begun), now, policy, before);
	const [first, ...others] = (begun.leaving ?? []).map(({ service }) => service);
	if (first === undefined) return used;
	const { used: _, ...terms } = before;
	const kept = { ...first, others, startAt: now, endAt: now };
	return used + usedUntil(kept, Number.POSITIVE_INFINITY, policy, terms);
}

/** Whether the offer pays in another currency than the site's. */
export function currencyReasons({ priceCeiling }: ServiceRequest, { prices }: SitePolicy): Reason[] {
	if (priceCeiling === undefined || prices === undefined || priceCeiling.currency === prices.currency) return [];
	const { currency: asked, path } = priceCeiling;
	const available = prices.currency;
	const message = `The prices of this site are in ${available}; the offer pays in ${asked}.`;
	return [{ code: 'CURRENCY_UNKNOWN', message, path, resource: 'price', asked, available }];
}
