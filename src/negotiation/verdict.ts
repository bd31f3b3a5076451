/** What a site's own policy says to an offer: an input of the judgement, as any other. */
import type { Reason } from './decision.ts';
import type { SitePolicy } from './policy/policy.ts';

export type Verdict =
	| { readonly kind: 'allow' }
	| { readonly kind: 'deny'; readonly message: string }
	/** Narrower limits than the site's, another price than its list's, or both. */
	| {
			readonly kind: 'amend';
			readonly limits: VerdictLimits;
			readonly pricePercent?: number;
			readonly message?: string;
	  }
	/** Nobody answered in time, or not in a way that can be understood; and who asks wants a no then. */
	| { readonly kind: 'unreachable'; readonly message: string };

export interface VerdictLimits {
	readonly machinesMax?: number;
	readonly cpuCountMax?: number;
	readonly memoryBytesMax?: number;
	readonly durationSecondsMax?: number;
}

/** Why the verdict is against the offer, whatever else were changed. */
export function verdictReasons(verdict: Verdict | undefined): readonly Reason[] {
	switch (verdict?.kind) {
		case 'deny':
			return [{ code: 'POLICY_DENIED', message: `The site's own policy refuses this offer: ${verdict.message}` }];
		case 'unreachable':
			return [{ code: 'POLICY_UNREACHABLE', message: `The site's own policy did not decide: ${verdict.message}` }];
		default:
			return [];
	}
}

/** The policy with the verdict's limits where they are narrower; the same object where there are none. */
export function policyUnder(policy: SitePolicy, verdict: Verdict | undefined): SitePolicy {
	if (verdict?.kind !== 'amend') return policy;
	const { limits } = verdict;
	const { memoryBytesMax = limits.memoryBytesMax } = policy;
	const least = (own: number, other: number | undefined, most = 1): number =>
		Math.max(most, Math.min(own, other ?? own));
	return {
		...policy,
		machinesMax: least(policy.machinesMax, limits.machinesMax),
		cpuCountMax: least(policy.cpuCountMax, limits.cpuCountMax),
		...(memoryBytesMax === undefined
			? {}
			: { memoryBytesMax: least(memoryBytesMax, limits.memoryBytesMax, policy.abilities.memoryBytesMin) }),
		durationSecondsMax: least(policy.durationSecondsMax, limits.durationSecondsMax, policy.durationSecondsMin),
	};
}

/** Percent of the list price that is asked. */
export function percentUnder(verdict: Verdict | undefined): number {
	return (verdict?.kind === 'amend' ? verdict.pricePercent : undefined) ?? 100;
}
