/**
 * Capacity that is held for offers until they expire (H3). The offers of one group exclude each other: what is booked
 * for it is, on every host, the most that any of them needs; of a renegotiation, what that is beyond the agreement.
 */
import type { SiteCalendar } from '../../capacity/calendar.ts';
import { envelopeOf } from '../../capacity/envelope.ts';
import { beginOf, cutPlacement, type Host, type Placement, type UsagePhase } from '../../capacity/resources.ts';
import { type GangPlacement, gangOf, placementsOf } from '../../capacity/search/gang.ts';
import { capacityOf, siteSecondsOf, siteShareOf } from '../../capacity/site-seconds.ts';
import type { Reason } from '../../negotiation/decision.ts';
import { judgeTogether, type OtherTimes } from '../../negotiation/policy/held.ts';
import type { Holding } from '../../negotiation/policy/hold-hurdle.ts';
import {
	AGREE_AT_ONCE,
	type HoldLimits,
	type HoldVerdict,
	judgeHold,
	siteSecondsLeft,
} from '../../negotiation/policy/holds.ts';
import type { SitePolicy } from '../../negotiation/policy/policy.ts';
import { mayHold } from '../../negotiation/policy/quota.ts';
import { part } from '../../parts.ts';
import type {
	HoldRecord,
	NegotiationOfferRecord,
	NegotiationRecord,
	Proposal,
} from '../../store/negotiation-records.ts';
import type { AgreementRecord } from '../../store/records.ts';
import { excessOf } from '../transition.ts';
import type { Turn } from '../turn.ts';

/** What a group takes. */
export interface Need {
	readonly placements: readonly Placement[];
	readonly siteSeconds: number;
	/** Which part of the site, at its largest. */
	readonly siteShare: number;
}

/** What of a placement is still to come: what was over when it was judged may be somebody else's past by now. */
export function fromNowOn(placement: GangPlacement, now: number): GangPlacement | undefined {
	const left = placementsOf(placement).flatMap((each) => cutPlacement(each, now, Number.POSITIVE_INFINITY) ?? []);
	return left.length === 0 ? undefined : gangOf(left);
}

/** What one of the offers of a group takes: its machines, and what those that it leaves out keep. */
export type HeldChoice = Pick<Proposal, 'placement' | 'kept'>;

/** What must be booked so that any one of these can be had. */
export function needOf(turn: Turn, { renegotiates }: NegotiationRecord, choices: readonly HeldChoice[]): Need {
	const { ledger, now } = turn;
	const left = choices.map(({ placement, kept = [] }) => {
		const all = [...placementsOf(placement), ...kept];
		return all.flatMap((each) => cutPlacement(each, now, Number.POSITIVE_INFINITY) ?? []);
	});
	const most = envelopeOf(left);
	const own = renegotiates && ledger.reservationsOf(renegotiates.agreementId, now).map(({ placement }) => placement);
	const placements = own === undefined ? most : excessOf(most, own);
	const { hosts } = ledger.calendar;
	return { placements, siteSeconds: siteSecondsOf(placements, hosts), siteShare: siteShareOf(placements, hosts) };
}

/** What a party wishes to hold. */
export interface Wish {
	readonly need: Need;
	readonly untilAt: number;
	/** When its window begins, where that could be another time. */
	readonly startAt?: number;
}

/** What a party may hold. */
export interface Allowed {
	/** Why it may hold nothing at all; none where it may hold something. */
	readonly obstacles: readonly Reason[];
	/** Whether it may hold what it wishes, and until when. */
	readonly verdictOn: (wish: Wish) => HoldVerdict;
	/** The same for a search of what it may. */
	readonly holding: Holding;
}

/** Says what the party may hold. `group` is the hold that it would replace, whose capacity is set aside. */
export function allowedTo(
	turn: Turn,
	negotiation: NegotiationRecord,
	group: HoldRecord | undefined,
	{ holds: limits, horizonSeconds, setupSeconds, quotas }: SitePolicy,
): Allowed {
	const { ledger, now, store } = turn;
	const rememberedFrom = now - limits.memorySeconds;
	const known = part(() => store.holds.standingOf(negotiation, rememberedFrom, limits.forgivenTimes));
	const { heldCount, heldSiteSeconds, voSiteSeconds } = known;
	// It goes on with what it holds already: as long as a hold lasts at all, and not anew.
	const standing =
		group === undefined
			? known
			: {
					heldCount: heldCount - 1,
					heldSiteSeconds: heldSiteSeconds - group.siteSeconds,
					voSiteSeconds: voSiteSeconds - group.siteSeconds,
					lapses: [],
				};
	const latestAt = group === undefined ? Number.POSITIVE_INFINITY : group.heldAt + limits.secondsMax;
	const scopes = ledger.held.scopesOf(limits, negotiation.vo);
	const otherTimes = (need: readonly Placement[], startAt: number): OtherTimes => {
		const placements = withSetup(need, startAt - setupSeconds);
		const hasRoom = (laterSeconds: number) => haveRoom(ledger.calendar, placements, laterSeconds);
		return { placements, startAt, now, untilAt: now + horizonSeconds, hasRoom };
	};
	const verdictOn = ({ need: { placements, siteSeconds }, untilAt, startAt }: Wish): HoldVerdict => {
		const alone = judgeHold(limits, standing, { siteSeconds, untilAt: Math.min(untilAt, latestAt) }, now);
		const together = judgeTogether(
			scopes,
			placements,
			startAt === undefined ? undefined : otherTimes(placements, startAt),
		);
		if (together.length === 0) return alone;
		return { kind: 'refuse', reasons: [...(alone.kind === 'refuse' ? alone.reasons : []), ...together] };
	};
	const least = judgeHold(limits, standing, { siteSeconds: 0, untilAt: latestAt }, now);
	const obstacles = mayHold(quotas, negotiation.vo)
		? least.kind === 'refuse'
			? least.reasons
			: []
		: [heldForNobody(negotiation)];
	const siteSecondsMax = siteSecondsLeft(limits, standing);
	return { obstacles, verdictOn, holding: { scopes, siteSecondsMax, site: siteOf(ledger.calendar.hosts) } };
}

function heldForNobody({ vo }: NegotiationRecord): Reason {
	const message = `Nothing is held for parties of ${vo}.`;
	return { code: 'HOLD_REFUSED', message, available: 'Advisory', remedy: { text: AGREE_AT_ONCE } };
}

/** All hosts as one. */
function siteOf(hosts: readonly Host[]): Host {
	return { name: 'all', capacity: capacityOf(hosts), labels: {} };
}

/** What begins at once takes its places from then on; at any other time it would from so long before. */
function withSetup(placements: readonly Placement[], beginAt: number): readonly Placement[] {
	const firstAt = Math.min(...placements.map(beginOf));
	return placements.map((placement) => {
		if (beginAt >= firstAt || beginOf(placement) > firstAt) return placement;
		const [{ durationSeconds, demand }, ...rest] = placement.usage as [UsagePhase, ...UsagePhase[]];
		const offsetSeconds = beginAt - placement.startAt;
		return {
			...placement,
			usage: [{ offsetSeconds, durationSeconds: durationSeconds + firstAt - beginAt, demand }, ...rest],
		};
	});
}

/** Whether all placements fit where they are, so many seconds later. */
function haveRoom(calendar: SiteCalendar, placements: readonly Placement[], laterSeconds: number): boolean {
	const booked: Placement[] = [];
	const fits = placements.every(({ startAt, usage, machines }) =>
		machines.every(({ host, count }) => {
			const found = calendar.fit({ startAt: startAt + laterSeconds, usage, count, candidateHosts: [host] });
			if (found === null) return false;
			calendar.book(found);
			booked.push(found);
			return true;
		}),
	);
	for (const each of booked) calendar.release(each);
	return fits;
}

/** The offers of a group of which one may still be had. */
export function choicesOf(turn: Turn, holdId: string): HeldChoice[] {
	return turn.store.negotiations.offersHeld(holdId).map(({ proposal }) => proposal!);
}

/** Books a group, in the place of what it had booked before. */
export function bookGroup(turn: Turn, group: HoldRecord, { placements, siteSeconds, siteShare }: Need): void {
	const { ledger, store } = turn;
	store.holds.put({ ...group, siteSeconds, siteShare });
	giveBack(turn, group.id);
	ledger.bookHold(group.id, placements);
}

/** Ends a hold: its capacity is free, and its offers that nobody has agreed to are Advisory from now on. */
export function endHold(
	turn: Turn,
	holdId: string,
	state: Exclude<HoldRecord['state'], 'held'>,
	reason: Reason,
	boughtId?: string,
): readonly NegotiationOfferRecord[] {
	const { holds, negotiations } = turn.store;
	const left = negotiations.offersHeld(holdId).filter(({ id }) => id !== boughtId);
	const offers = left.map((offer) => stepBack(turn, offer, 'Advisory', reason));
	giveBack(turn, holdId);
	holds.end(holdId, state, turn.now);
	return offers;
}

/**
 * Takes offers out of what is held: they are in that state from now on, the rest of their group stays held. Offers that
 * are not held only change their state.
 */
export function withdraw(
	turn: Turn,
	negotiation: NegotiationRecord,
	offers: readonly NegotiationOfferRecord[],
	state: 'Advisory' | 'Rejected',
	reason: Reason,
): void {
	const groups = new Set(offers.filter(isHeld).map(({ holdId }) => holdId!));
	for (const offer of offers) stepBack(turn, offer, state, reason);
	for (const holdId of groups) {
		const choices = choicesOf(turn, holdId);
		if (choices.length === 0) endHold(turn, holdId, 'lapsed', reason);
		else bookGroup(turn, turn.store.holds.find(holdId)!, needOf(turn, negotiation, choices));
	}
}

/**
 * Looks again at what was bought from a hold, where less than that is kept: of what was bought to be let go of, or
 * changed to next to nothing, nobody could say that it was not held in vain.
 */
export function reconsiderPurchase(
	{ ledger, now, store }: Turn,
	agreement: AgreementRecord,
	kept: readonly Placement[],
	{ forgivenTimes }: HoldLimits,
): void {
	const keptSeconds = siteSecondsOf(kept, ledger.calendar.hosts);
	let revision: AgreementRecord | undefined = agreement;
	while (revision !== undefined) {
		const hold = store.holds.purchaseOf(revision.id);
		if (hold !== undefined && keptSeconds < hold.siteSeconds) {
			const isVain = isInVain(hold, keptSeconds, forgivenTimes);
			store.holds.revisePurchase({ ...hold, siteSeconds: keptSeconds }, isVain ? 'lapsed' : 'bought', now);
		}
		revision = revision.supersedes === undefined ? undefined : store.agreements.find(revision.supersedes);
	}
}

/** Whether a hold was so much larger than what was bought of it that it counts as one that has lapsed. */
export function isInVain(hold: HoldRecord, boughtSeconds: number, forgivenTimes: number): boolean {
	return boughtSeconds * forgivenTimes < Math.max(hold.siteSeconds, hold.mostSeconds ?? 0);
}

/** Whether capacity is held for it, as far as its record says. */
export function isHeld({ state, holdId, agreementId }: NegotiationOfferRecord): boolean {
	return state === 'Acceptable' && holdId !== undefined && agreementId === undefined;
}

/**
 * Until when it may be answered, as its sender says; undefined where nobody does, and of what was held and is not any
 * more, let go of or bought: nothing of it ends then.
 */
export function expirationOf(offer: NegotiationOfferRecord): number | undefined {
	return offer.holdId === undefined || isHeld(offer) ? offer.expirationAt : undefined;
}

/** Whether it is an offer of the site that was only told of: it can be agreed to as far as it can still be had. */
export function isTold({ state, creator, holdId, agreementId }: NegotiationOfferRecord): boolean {
	return (
		creator === 'NegotiationResponder' && state === 'Advisory' && holdId === undefined && agreementId === undefined
	);
}

function stepBack(
	turn: Turn,
	offer: NegotiationOfferRecord,
	state: 'Advisory' | 'Rejected',
	reason: Reason,
): NegotiationOfferRecord {
	return turn.updateOffer(offer, { state, reasons: [reason] });
}

function giveBack({ ledger }: Turn, holdId: string): void {
	const reservations = ledger.reservationsOfHold(holdId);
	ledger.setAside(reservations);
	ledger.giveUp(reservations);
}
