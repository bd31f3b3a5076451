/** What a site's policy comes to for whoever asks: the limits of the VO, its allowance, and on which terms it buys. */
import type { ServiceRequest } from '../../agreement/terms/service.ts';
import { type PreviousGrant, wholeGrant } from '../change.ts';
import type { Reason } from '../decision.ts';
import type { Question } from '../judge.ts';
import { percentUnder, policyUnder } from '../verdict.ts';
import { type Pricing, usedUntil } from './cost.ts';
import type { Allowance } from './hurdles.ts';
import type { SitePolicy } from './policy.ts';
import { ceilingOf, pricedBefore } from './price.ts';
import { accountOf } from './quota.ts';

/** The policy with the VO's own limits on windows. Notice is given once: a change of what was agreed needs none. */
export function policyFor(question: Question, allowance: Allowance | undefined): SitePolicy {
	const { party, previous } = question;
	const policy = policyUnder(question.policy, question.verdict);
	const { leadTimeSeconds = policy.leadTimeSeconds, durationSecondsMax = policy.durationSecondsMax } =
		allowance?.limits ?? {};
	const notice = party === undefined || previous !== undefined ? 0 : leadTimeSeconds;
	if (notice === policy.leadTimeSeconds && durationSecondsMax >= policy.durationSecondsMax) return policy;
	const longest = Math.max(policy.durationSecondsMin, Math.min(durationSecondsMax, policy.durationSecondsMax));
	return { ...policy, leadTimeSeconds: notice, durationSecondsMax: longest };
}

/** What the asker's VO may have and has; absent where nothing is limited. */
export function allowanceOf({ policy: { quotas }, party, usage }: Question): Allowance | undefined {
	if (quotas === undefined || party === undefined || usage === undefined) return undefined;
	const vo = accountOf(quotas, party.vo);
	const limits = quotas.vos.get(vo);
	return limits && { vo, limits, borrowSeconds: quotas.borrowSeconds, usage };
}

/** On which terms the asker buys; what an earlier revision has used up stays paid as it was. */
export function pricingOf(
	{ request, policy, party, now, verdict }: Question,
	begun: PreviousGrant | undefined,
): Pricing | undefined {
	const { prices: model } = policy;
	if (model === undefined || party === undefined) return undefined;
	const { vo } = party;
	const ceiling = request.priceCeiling && ceilingOf(request.priceCeiling, model);
	const terms = { model, vo, percent: percentUnder(verdict), ...(ceiling === undefined ? {} : { ceiling }) };
	if (begun === undefined) return terms;
	const amount = begun.price === undefined ? 0n : usedBefore(begun, now, policy, pricedBefore(begun.price, model, vo));
	return { ...terms, used: { amount, untilAt: Math.max(now, begun.grant.startAt) } };
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
