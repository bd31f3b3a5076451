/** What a site's own policy says to an offer: an input of the judgement, as any other. */
import type { Reason } from './decision.ts';
import type { SitePolicy } from './policy/policy.ts';

export type Verdict =
	| { readonly kind: 'allow' }
	/** `all`: whatever could come of the offer is denied; absent: only what was asked about. */
	| { readonly kind: 'deny'; readonly message: string; readonly all?: true }
	/** Narrower limits than the site's, another price than its list's, or both. */
	| {
			readonly kind: 'amend';
			readonly limits: VerdictLimits;
			readonly pricePercent?: number;
			readonly message?: string;
	  }
	/** Nobody answered in time, or not in a way that can be understood; and who asks wants a no then. */
	| { readonly kind: 'unreachable'; readonly message: string };

/** None is less than what this site ever grants: whoever asks for a verdict takes no such answer. */
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
			return [
				{
					code: 'POLICY_DENIED',
					message: `The site's own policy refuses this offer: ${verdict.message}`,
					remedy: { text: 'ask for something else, or whoever runs the site' },
				},
			];
		case 'unreachable':
			return [
				{
					code: 'POLICY_UNREACHABLE',
					message: `The site's own policy did not decide: ${verdict.message}`,
					remedy: { text: 'send the offer again' },
				},
			];
		default:
			return [];
	}
}

/** The policy with the verdict's limits where they are narrower; the same object where there are none. */
export function policyUnder(policy: SitePolicy, verdict: Verdict | undefined): SitePolicy {
	if (verdict?.kind !== 'amend') return policy;
	const { limits } = verdict;
	const { memoryBytesMax = limits.memoryBytesMax } = policy;
	const least = (own: number, other = own): number => Math.min(own, other);
	return {
		...policy,
		machinesMax: least(policy.machinesMax, limits.machinesMax),
		cpuCountMax: least(policy.cpuCountMax, limits.cpuCountMax),
		...(memoryBytesMax === undefined ? {} : { memoryBytesMax: least(memoryBytesMax, limits.memoryBytesMax) }),
		durationSecondsMax: least(policy.durationSecondsMax, limits.durationSecondsMax),
	};
}

/** The reasons; where it is a limit or the price of the verdict that binds, with whose it is and what was said of it. */
export function withVerdict(
	reasons: readonly Reason[],
	policy: SitePolicy,
	verdict: Verdict | undefined,
): readonly Reason[] {
	if (verdict?.kind !== 'amend') return reasons;
	return reasons.map((reason) => {
		if (!isOfVerdict(reason, policy, verdict)) return reason;
		return { ...reason, message: `${reason.message} ${saidBy('That is for this offer', verdict)}` };
	});
}

/** `What it is, as the site's own policy says: no courses in July.` */
export function saidBy(what: string, verdict: Verdict | undefined): string {
	const message = verdict?.kind === 'amend' ? verdict.message : undefined;
	if (message === undefined) return `${what}, by the site's own policy.`;
	return `${what}, by the site's own policy: ${message}${/[.!?]$/.test(message) ? '' : '.'}`;
}

function isOfVerdict(
	{ code, resource, limit, host }: Reason,
	policy: SitePolicy,
	{ limits, pricePercent = 100 }: Extract<Verdict, { kind: 'amend' }>,
): boolean {
	if (code === 'PRICE_EXCEEDED') return pricePercent !== 100;
	if (code !== 'WINDOW_TOO_LONG' && (code !== 'LIMIT_EXCEEDED' || host !== undefined)) return false;
	const name = code === 'WINDOW_TOO_LONG' ? 'durationSecondsMax' : LIMIT_OF[resource ?? ''];
	return name !== undefined && limit === limits[name] && limits[name]! < (policy[name] ?? Infinity);
}

const LIMIT_OF: Readonly<Record<string, keyof VerdictLimits>> = {
	machines: 'machinesMax',
	cpus: 'cpuCountMax',
	memoryBytes: 'memoryBytesMax',
};

/** Percent of the list price that is asked. */
export function percentUnder(verdict: Verdict | undefined): number {
	return (verdict?.kind === 'amend' ? verdict.pricePercent : undefined) ?? 100;
}
