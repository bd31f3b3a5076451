/** When a grant can be paid: the starts within a ceiling, and the ceilings at which there are others. */
import { type GrantedService, type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import type { Starts } from '../window.ts';
import { amountOf, costUntil, leastCostOf, nextEdge, type Pricing, tariffOf, zoneIndex } from './cost.ts';
import type { SitePolicy } from './policy.ts';
import { WEEK_SECONDS } from './price-model.ts';

/**
 * The starts among these for which the grant costs no more than the ceiling, earliest first. Between two edges of
 * bands the price is a straight line over the start, so each stretch is decided by its ends: exact. Where all of a week is
 * too dear, so is every other until the zone's offset changes, since the rates of a tariff come round with the week.
 */
export function* affordableStarts(
	starts: Starts,
	grantAt: (startAt: number) => ServiceGrant,
	policy: SitePolicy,
	pricing: Pricing,
): Generator<Starts> {
	const { ceiling, model, vo, used } = pricing;
	const { earliestAt, latestAt, durationSeconds } = starts;
	if (ceiling === undefined) {
		yield starts;
		return;
	}
	const tooMuch = leastCostOf(ceiling + 1n, 10n ** BigInt(model.decimals));
	const isAffordable = (startAt: number): boolean =>
		costUntil(grantAt(startAt), Number.POSITIVE_INFINITY, policy, pricing) < tooMuch;
	const first = grantAt(earliestAt);
	const kept = servicesOf<GrantedService>(first).map(({ workspace }) => workspace.retentionSeconds);
	const ends = [0, ...kept.filter((seconds) => seconds > 0)].map((seconds) => durationSeconds + seconds);
	const offsets = [0, ...ends];
	const tariff = tariffOf(model, vo);
	let open: number | undefined;
	/** From here on everything was too dear. */
	let dearFrom = earliestAt;
	for (let fromAt = earliestAt; fromAt <= latestAt; ) {
		const edges = offsets.map((offset) => nextEdge(model, tariff, fromAt + offset) - offset);
		const untilAt = Math.min(latestAt, Math.min(...edges) - 1);
		const begins = isAffordable(fromAt);
		const ends = untilAt === fromAt ? begins : isAffordable(untilAt);
		if (begins && open === undefined) open = fromAt;
		if (begins && !ends) {
			yield { earliestAt: open!, latestAt: bisect(fromAt, untilAt, isAffordable), durationSeconds };
			open = undefined;
		}
		if (!begins && open !== undefined) {
			yield { earliestAt: open, latestAt: fromAt - 1, durationSeconds };
			open = undefined;
		}
		if (!begins && ends) open = bisect(untilAt, fromAt, isAffordable);
		fromAt = untilAt + 1;
		if (begins || ends) dearFrom = fromAt;
		if (fromAt - dearFrom < WEEK_SECONDS || used !== undefined) continue;
		const sameUntil = model.zone[zoneIndex(model, dearFrom) + 1]?.fromAt ?? Number.POSITIVE_INFINITY;
		fromAt = Math.max(fromAt, sameUntil - Math.max(...offsets) + 1);
		dearFrom = fromAt;
	}
	if (open !== undefined) yield { earliestAt: open, latestAt, durationSeconds };
}

/** The prices at which a start of the week may begin or cease to be paid, ascending, each once. */
export function pricesWithin(
	{ earliestAt, latestAt, durationSeconds }: Starts,
	grantAt: (startAt: number) => ServiceGrant,
	policy: SitePolicy,
	pricing: Pricing,
): readonly bigint[] {
	const { model, vo } = pricing;
	const tariff = tariffOf(model, vo);
	const amounts = new Set<bigint>();
	for (let at = earliestAt; at <= latestAt; ) {
		amounts.add(amountOf(grantAt(at), policy, pricing));
		at = Math.min(nextEdge(model, tariff, at), nextEdge(model, tariff, at + durationSeconds) - durationSeconds);
	}
	return [...amounts].sort((a, b) => (a < b ? -1 : 1));
}

/** The value nearest to `bad` that is still affordable, where `good` is and `bad` is not. */
function bisect(good: number, bad: number, isAffordable: (at: number) => boolean): number {
	let near = good;
	let far = bad;
	while (Math.abs(far - near) > 1) {
		const middle = Math.trunc((near + far) / 2);
		if (isAffordable(middle)) near = middle;
		else far = middle;
	}
	return near;
}
