/** What time alone decides: windows end, agreements expire, what was retained is released, old keys are forgotten. */
import type { SitePolicy } from '../negotiation/policy/policy.ts';
import type { Errand, Lapse } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Decide } from './desk.ts';
import { endWindow, expire, release } from './lifecycle.ts';
import { lapse } from './rounds/negotiation-ending.ts';
import type { Turn } from './turn.ts';

/** Time's own decisions in one batch: what is left comes with the next, so that nobody waits for a long backlog. */
const PASSED_MAX = 64;

/** How long a key is remembered: longer than anybody retries, and than most offers live. */
export const KEYS_KEPT_SECONDS = 7 * 86_400;

/** What time could not decide because of a bug is tried again after so long, instead of with every batch. */
const RETRY_SECONDS = 60;

/**
 * Makes the decisions that are due, each for itself; `perform` returns what one threw. Within the batch's transaction,
 * before all other decisions.
 */
export function passTime(
	store: Store,
	site: string,
	now: number,
	perform: (decide: Decide<unknown>) => unknown,
	policy: SitePolicy,
	onFault: (fault: unknown) => void,
): void {
	for (const errand of store.work.dueByTime(site, now, PASSED_MAX)) {
		const fault = perform((turn) => pass(turn, errand, policy));
		if (fault === undefined) continue;
		perform(() => store.work.retry(errand, now + RETRY_SECONDS, String(fault)));
		onFault(fault);
	}
	store.keys.forgetBefore(now - KEYS_KEPT_SECONDS);
}

function pass(turn: Turn, errand: Errand | Lapse, policy: SitePolicy): void {
	if (errand.kind === 'lapse') {
		lapse(turn, errand);
		return;
	}
	const agreement = turn.store.agreements.find(errand.agreementId)!;
	turn.store.work.finish(errand);
	const site = { party: 'site' };
	switch (errand.kind) {
		case 'end':
			endWindow(turn, agreement, policy);
			return;
		case 'expire':
			expire(turn, agreement, policy, site);
			return;
		case 'release':
			release(turn, agreement, policy, site);
			return;
		case 'converge':
			throw new Error('Machines are a worker’s errand.');
	}
}
