/**
 * Who may hold, how much and for how long. A held counter-offer takes capacity from everybody else and costs its party
 * nothing, so without limits anybody could empty a site by asking: a party holds at most so many groups of offers and
 * so much of the site at once, each for a bounded time; and who lets holds lapse again and again without buying waits
 * longer and longer before the site holds for it again. Pure: the caller knows what is held and what has lapsed.
 */
import { printDateTime } from '../../agreement/time.ts';
import type { Reason } from '../decision.ts';

/** What a site grants to every party. */
export interface HoldLimits {
	/** How long an offer is held, where its party asks for no less. */
	readonly secondsMax: number;
	/** Groups of offers that one party holds at once. */
	readonly countMax: number;
	/** How much of the site they take together, in seconds of the whole site. */
	readonly siteSecondsMax: number;
	/** The same of all parties of one VO together; absent: each party for itself. */
	readonly voSiteSecondsMax?: number;
	/** So many percent of what the site gives out, of each resource, at every instant: of all parties together (held.ts). */
	readonly sitePercentMax: number;
	/** The same of all parties of one VO. */
	readonly voPercentMax: number;
	/** Holds of less than a quarter of the site that may lapse without any consequence; larger ones count more than once. */
	readonly lapsesFree: number;
	/** The pause after the first lapse beyond these; each further one doubles it, up to `pauseSecondsMax` for each of its weight. */
	readonly pauseSeconds: number;
	readonly pauseSecondsMax: number;
	/** Lapses are forgotten after this. */
	readonly memorySeconds: number;
	/** And with a purchase, where they were at most so many times as large as what was bought. */
	readonly forgivenTimes: number;
}

/** What a site that configures nothing grants. */
export const HOLD_LIMITS_DEFAULT: HoldLimits = {
	// People choose within minutes, brokers within seconds; who needs longer asks again.
	secondsMax: 600,
	countMax: 8,
	// The whole site for a week, or a tenth of it for ten.
	siteSecondsMax: 604_800,
	// However many ask: half of a site can always be had by whoever agrees at once.
	sitePercentMax: 50,
	// One VO may hold what all may.
	voPercentMax: 100,
	// Somebody who compares a few sites and buys at one of them.
	lapsesFree: 5,
	pauseSeconds: 60,
	pauseSecondsMax: 3_600,
	memorySeconds: 86_400,
	// Who looks at ten machines and buys one is a customer; who holds the site and buys a minute of a CPU is not.
	forgivenTimes: 10,
};

/** What always remains where something is not held. */
export const AGREE_AT_ONCE = 'agree to what is told Advisory: to agree at once has no such limit';

/** What is remembered of one party. */
export interface HoldRecordOfParty {
	/** Groups that are held now, and how much of the site they take together. */
	readonly heldCount: number;
	readonly heldSiteSeconds: number;
	/** What all parties of its VO hold together. */
	readonly voSiteSeconds: number;
	/** Holds that ended without a purchase: those that no later purchase made forgotten, in any order. */
	readonly lapses: readonly Lapse[];
}

/** When a hold ended without a purchase, how long it lasted, and which part of the site it took at its largest. */
export interface Lapse {
	readonly at: number;
	readonly heldSeconds: number;
	readonly siteShare: number;
}

export type HoldVerdict =
	/** The site holds until then; later wishes are cut. */
	| { readonly kind: 'hold'; readonly untilAt: number }
	/** The same offer is only told, not held; with every reason. */
	| { readonly kind: 'refuse'; readonly reasons: readonly Reason[] };

/**
 * Whether the site holds a group of offers that takes so much of it, at best until `untilAt`. O(lapses remembered).
 */
export function judgeHold(
	limits: HoldLimits,
	{ heldCount, heldSiteSeconds, voSiteSeconds, lapses }: HoldRecordOfParty,
	wish: { readonly siteSeconds: number; readonly untilAt: number },
	now: number,
): HoldVerdict {
	const { countMax, siteSecondsMax, voSiteSecondsMax, secondsMax } = limits;
	const reasons: Reason[] = [];
	if (heldCount >= countMax) {
		const message = `The site holds at most ${countMax} groups of offers for a party at once.`;
		const remedy = { text: `accept one of them or let one go, or ${AGREE_AT_ONCE}` };
		reasons.push({ code: 'HOLD_REFUSED', message, asked: heldCount + 1, available: 0, limit: countMax, remedy });
	}
	reasons.push(...volumeReasons('a party', heldSiteSeconds, wish.siteSeconds, siteSecondsMax));
	reasons.push(...volumeReasons('a VO', voSiteSeconds, wish.siteSeconds, voSiteSecondsMax));
	const pausedUntil = pauseEndsAt(limits, lapses, now);
	if (pausedUntil > now) {
		const message = `Too many held offers lapsed without being accepted; nothing is held for you until ${printDateTime(pausedUntil)}.`;
		const remedy = { text: `ask again from ${printDateTime(pausedUntil)} on, or ${AGREE_AT_ONCE}` };
		reasons.push({ code: 'HOLD_REFUSED', message, available: printDateTime(pausedUntil), remedy });
	}
	if (reasons.length > 0) return { kind: 'refuse', reasons };
	return { kind: 'hold', untilAt: Math.min(wish.untilAt, now + secondsMax) };
}

/** Why so much more may not be held by somebody who holds so much already; nothing where there is no limit. */
function volumeReasons(who: string, held: number, more: number, limit: number | undefined): Reason[] {
	const siteSeconds = Math.ceil(held + more);
	if (limit === undefined || siteSeconds <= limit) return [];
	const available = Math.max(0, Math.floor(limit - held));
	const message =
		`Held offers of ${who} take at most ${limit} seconds of the whole site; with this one they would take ` +
		`${siteSeconds}.`;
	const remedy = {
		text: `hold so much less, or let go of what is held, or ${AGREE_AT_ONCE}`,
		more: siteSeconds - limit,
	};
	return [{ code: 'HOLD_REFUSED', message, resource: 'time', asked: Math.ceil(more), available, limit, remedy }];
}

/** How many seconds of the whole site may still be held. */
export function siteSecondsLeft(
	{ siteSecondsMax, voSiteSecondsMax = Number.POSITIVE_INFINITY }: HoldLimits,
	{ heldSiteSeconds, voSiteSeconds }: Pick<HoldRecordOfParty, 'heldSiteSeconds' | 'voSiteSeconds'>,
): number {
	return Math.max(0, Math.floor(Math.min(siteSecondsMax - heldSiteSeconds, voSiteSecondsMax - voSiteSeconds)));
}

/** Until when nothing is held for whoever let these holds lapse. */
function pauseEndsAt(limits: HoldLimits, lapses: readonly Lapse[], now: number): number {
	const recent = lapses.filter(({ at }) => at > now - limits.memorySeconds);
	const excess = recent.reduce((sum, lapse) => sum + weightOf(lapse, limits), 0) - limits.lapsesFree;
	if (excess <= 0) return Number.NEGATIVE_INFINITY;
	// Whoever held all of a site in vain again and again holds five times a day; buying it is another matter.
	const longest = limits.pauseSecondsMax * Math.max(...recent.map((lapse) => weightOf(lapse, limits)));
	const seconds = Math.min(limits.pauseSeconds * 2 ** (excess - 1), longest);
	return Math.max(...recent.map(({ at }) => at)) + seconds;
}

/** A lapse counts once, and once more for every quarter of the site that it kept from others for as long as a hold lasts. */
function weightOf({ siteShare, heldSeconds }: Lapse, { secondsMax }: HoldLimits): number {
	return 1 + Math.floor(4 * siteShare * Math.min(1, heldSeconds / secondsMax) + 1e-9);
}
