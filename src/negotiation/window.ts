/**
 * From the window of an offer to the starts that satisfy it.
 *
 * **A new agreement, or one whose window has not begun.** With EndTime the start floats: any start from StartTime (or
 * now) up to EndTime - Duration. Without EndTime it is StartTime exactly, or now where that is absent too. A latest
 * start up to `startGraceSeconds` in the past is still taken, as written: the window keeps its end, and the time that
 * has gone is lost to whoever answered late. Where notice must be given, a start lies at least `leadTimeSeconds` ahead,
 * without grace: a start that the site itself offers lies so much further ahead that it can be answered as late. What
 * a remedy says of times does as long as that, too: who reads it needs time to ask again.
 *
 * **An agreement whose window has begun** (a renegotiation). The service keeps its start: StartTime is absent or equal
 * to it. The end is EndTime where there is one, else the old start + Duration; so Duration counts from the beginning,
 * not from now. With EndTime, Duration only has to fit before it: who asks "until Friday" need not count the seconds.
 *
 * O(1).
 */
import type { ServiceRequest } from '../agreement/terms/service.ts';
import { printDateTime, YEAR_10000_AT } from '../agreement/time.ts';
import type { Reason, Remedy } from './decision.ts';
import type { SitePolicy } from './policy/policy.ts';
import { durationText } from './reasons/words.ts';

/** The starts that are wanted, both included, and how long the service runs from whichever is taken. */
export interface Starts {
	readonly earliestAt: number;
	readonly latestAt: number;
	readonly durationSeconds: number;
}

export interface WindowReading {
	/** The starts as they were asked, whether they can be had or not. */
	readonly asked: Starts;
	/** Absent where no start satisfies the window. */
	readonly starts?: Starts;
	/** What lies next to the window asked for and within the policy; where the search for alternatives begins. */
	readonly nearest: Starts;
	/** What is against this window, and another window might be without. */
	readonly reasons: readonly Reason[];
	/** What is against it and no other window changes. */
	readonly finalReasons: readonly Reason[];
}

/** The first start that the site offers by itself: the notice is still given when the answer comes within the grace. */
export function firstOfferedAt({ leadTimeSeconds, startGraceSeconds }: SitePolicy, now: number): number {
	return leadTimeSeconds === 0 ? now : now + leadTimeSeconds + startGraceSeconds;
}

/** Of starts that float, those that the site offers by itself, or else the last; undefined where these are all. */
export function unhurriedStarts(starts: Starts, policy: SitePolicy, now: number): Starts | undefined {
	const earliestAt = Math.min(firstOfferedAt(policy, now), starts.latestAt);
	return starts.earliestAt < earliestAt ? { ...starts, earliestAt } : undefined;
}

/** Reads the window of a new agreement, or of one that has not begun. */
export function readWindow({ window, windowPath }: ServiceRequest, policy: SitePolicy, now: number): WindowReading {
	const { startAt, endAt, durationSeconds } = window;
	const blame = { path: windowPath, resource: 'time' as const };
	const reasons: Reason[] = [];
	const finalReasons: Reason[] = [];
	if (durationSeconds < policy.durationSecondsMin) {
		const limit = policy.durationSecondsMin;
		const message = `A window lasts at least ${limit} seconds here; ${durationSeconds} were asked.`;
		reasons.push({ code: 'BELOW_MINIMUM', message, ...blame, asked: durationSeconds, limit });
	}
	if (durationSeconds > policy.durationSecondsMax) reasons.push(tooLong(durationSeconds, policy, windowPath));
	const latestAt = endAt === undefined ? (startAt ?? now) : endAt - durationSeconds;
	const askedAt = startAt ?? Math.min(now, latestAt);
	const asked = { earliestAt: askedAt, latestAt: Math.max(askedAt, latestAt), durationSeconds };
	const noticeAt = now + policy.leadTimeSeconds;
	const isShort = policy.leadTimeSeconds > 0 && latestAt < noticeAt;
	const offeredAt = firstOfferedAt(policy, now);
	const soonestAt = isShort ? offeredAt : Math.max(noticeAt, Math.min(offeredAt, latestAt));
	const nearest = nearestStarts(Math.max(startAt ?? now, soonestAt), latestAt, durationSeconds, policy, now);
	const missed = explainMissed({ window, windowPath }, latestAt, policy, now);
	if (missed !== undefined) return { asked, nearest, reasons: [...reasons, missed], finalReasons };
	if (durationSeconds > SPAN_SECONDS_MAX) return { asked, nearest, reasons, finalReasons };
	if (isShort) {
		const remedy = beginningAt(Math.max(startAt ?? now, offeredAt), window);
		reasons.push({ ...tooSoon(latestAt, noticeAt, windowPath), remedy });
	}
	// Of what is too soon the first start with notice is looked at, with all of its setup: what is told fits that start.
	const firstAt = isShort ? noticeAt : Math.min(noticeAt, latestAt);
	const earliestAt = Math.max(startAt ?? Number.NEGATIVE_INFINITY, firstAt);
	const horizonAt = now + policy.horizonSeconds;
	// What is too short is looked at as the shortest that there is.
	const runSeconds = Math.max(durationSeconds, policy.durationSecondsMin);
	if (earliestAt + durationSeconds > horizonAt) {
		reasons.push(tooFar(earliestAt + durationSeconds, horizonAt, windowPath));
		const starts = { earliestAt, latestAt: earliestAt, durationSeconds: runSeconds };
		return { starts, asked, nearest, reasons, finalReasons };
	}
	const lastAt = Math.max(earliestAt, Math.min(latestAt, horizonAt - runSeconds));
	const starts = { earliestAt, latestAt: lastAt, durationSeconds: runSeconds };
	return { starts, asked, nearest, reasons, finalReasons };
}

/** Reads the window of an agreement that runs since `begunAt`. */
export function readRunningWindow(
	{ window, windowPath }: ServiceRequest,
	policy: SitePolicy,
	now: number,
	begunAt: number,
): WindowReading {
	const blame = { path: windowPath, resource: 'time' as const };
	const endAt = window.endAt ?? (window.startAt ?? begunAt) + window.durationSeconds;
	const durationSeconds = endAt - begunAt;
	const reasons: Reason[] = [];
	const finalReasons: Reason[] = [];
	const horizonAt = now + policy.horizonSeconds;
	const soonestAt = now + Math.max(1, policy.startGraceSeconds);
	if (window.startAt !== undefined && window.startAt !== begunAt) {
		const message =
			`The service runs since ${printDateTime(begunAt)}, and what has begun cannot begin again: ` +
			'leave StartTime out, or repeat it.';
		const remedy = { text: `leave StartTime out, or begin at ${printDateTime(begunAt)}`, allowed: begunAt };
		finalReasons.push({ code: 'STATE_FORBIDS', message, ...blame, asked: window.startAt, limit: begunAt, remedy });
	}
	if (durationSeconds < window.durationSeconds) {
		const available = Math.max(0, durationSeconds);
		const reason = tooShort(window.durationSeconds, available, windowPath, 'since the service began');
		// Of an end that is past no duration is short enough.
		const remedy = endingAt(Math.max(begunAt + window.durationSeconds, soonestAt));
		reasons.push(endAt <= now ? { ...reason, remedy } : reason);
	}
	// To end at once is to terminate, so there is nothing to offer instead.
	if (endAt <= now) {
		const remedy = { ...endingAt(soonestAt), allowed: soonestAt };
		finalReasons.push({ ...past('end', endAt, now, windowPath), remedy });
	}
	if (durationSeconds > policy.durationSecondsMax) {
		const reason = tooLong(durationSeconds, policy, windowPath);
		// An EndTime goes before a shorter duration.
		const allowed = policy.durationSecondsMax;
		const lastAt = begunAt + allowed;
		const remedy = { text: `at most ${durationText(allowed)}, to ${printTime(lastAt)}`, allowed, endAt: lastAt };
		reasons.push(window.endAt === undefined || lastAt <= now ? reason : { ...reason, remedy });
	}
	if (endAt > horizonAt) reasons.push(tooFar(endAt, horizonAt, windowPath));
	const longest = Math.min(policy.durationSecondsMax, horizonAt - begunAt);
	const nearest = { earliestAt: begunAt, latestAt: begunAt, durationSeconds: Math.min(durationSeconds, longest) };
	const starts = { earliestAt: begunAt, latestAt: begunAt, durationSeconds };
	const asked = { ...starts, durationSeconds: Math.max(durationSeconds, window.durationSeconds) };
	if (endAt <= now || durationSeconds > SPAN_SECONDS_MAX) return { asked, nearest, reasons, finalReasons };
	return { starts, asked, nearest, reasons, finalReasons };
}

/** Why no start satisfies the window any more, or ever did. */
function explainMissed(
	{ window, windowPath }: Pick<ServiceRequest, 'window' | 'windowPath'>,
	latestAt: number,
	policy: SitePolicy,
	now: number,
): Reason | undefined {
	const { startAt, endAt, durationSeconds } = window;
	const { leadTimeSeconds: notice, durationSecondsMin } = policy;
	const oldestAt = now - policy.startGraceSeconds;
	if (endAt === undefined) {
		const lastAt = Math.max(oldestAt, now + 1 - durationSeconds);
		if (latestAt >= lastAt) return undefined;
		const remedy = beginningAt(firstOfferedAt(policy, now), window);
		return { ...past('start', latestAt, notice > 0 ? now + notice : lastAt, windowPath), remedy };
	}
	const firstAt = Math.max(startAt ?? now, firstOfferedAt(policy, now));
	const remedy = endingAt(firstAt + Math.max(durationSeconds, durationSecondsMin));
	if (endAt <= now) return { ...past('end', endAt, now, windowPath), remedy };
	const isBetween = startAt !== undefined && latestAt < startAt;
	if (!isBetween && latestAt >= oldestAt) return undefined;
	const fromAt = Math.max(startAt ?? now, now + notice);
	const available = Math.max(0, endAt - (isBetween ? startAt : fromAt));
	const where = isBetween
		? 'between StartTime and EndTime'
		: `from ${notice > 0 ? 'the first start' : 'now'} to EndTime`;
	const reason = tooShort(durationSeconds, available, windowPath, where);
	if (endAt - firstAt < durationSecondsMin) return { ...reason, remedy };
	const allowed = Math.min(endAt - firstAt, policy.durationSecondsMax);
	return { ...reason, remedy: { text: `at most ${durationText(allowed)}`, allowed } };
}

/** With an EndTime that leaves room for it. */
function beginningAt(at: number, { endAt, durationSeconds }: ServiceRequest['window']): Remedy {
	const begin = { text: `begin at ${printTime(at)} or after`, allowed: at };
	const neededAt = at + durationSeconds;
	if (endAt === undefined || neededAt <= endAt) return begin;
	return { ...begin, text: `${begin.text}, and end at ${printTime(neededAt)} or after`, endAt: neededAt };
}

function endingAt(at: number): Remedy {
	return { text: `end at ${printTime(at)} or after`, endAt: at };
}

function nearestStarts(earliestAt: number, latestAt: number, asked: number, policy: SitePolicy, now: number): Starts {
	const longest = Math.min(policy.durationSecondsMax, policy.horizonSeconds);
	const durationSeconds = Math.max(policy.durationSecondsMin, Math.min(asked, longest));
	const lastAt = now + policy.horizonSeconds - durationSeconds;
	const from = Math.min(earliestAt, lastAt);
	return { earliestAt: from, latestAt: Math.max(from, Math.min(latestAt, lastAt)), durationSeconds };
}

function past(edge: 'start' | 'end', asked: number, limit: number, path: string): Reason {
	const message = `The ${edge} at ${printTime(asked)} lies in the past.`;
	return { code: 'WINDOW_PAST', message, path, resource: 'time', asked, limit };
}

function tooSoon(asked: number, limit: number, path: string): Reason {
	const message = `Notice must be given: a window begins now from ${printTime(limit)} on; asked is ${printTime(asked)}.`;
	return { code: 'LEAD_TIME', message, path, resource: 'time', asked, limit };
}

function tooShort(asked: number, available: number, path: string, where: string): Reason {
	const message = `A duration of ${asked} seconds does not fit into the ${available} seconds ${where}.`;
	return { code: 'WINDOW_TOO_SHORT', message, path, resource: 'time', asked, available };
}

function tooLong(asked: number, { durationSecondsMax: limit }: SitePolicy, path: string): Reason {
	const message = `A window lasts at most ${limit} seconds here; ${asked} were asked.`;
	return { code: 'WINDOW_TOO_LONG', message, path, resource: 'time', asked, limit };
}

function tooFar(asked: number, limit: number, path: string): Reason {
	const message = `This site agrees to nothing that ends after ${printTime(limit)}; asked is ${printTime(asked)}.`;
	return { code: 'WINDOW_TOO_FAR', message, path, resource: 'time', asked, limit };
}

/** A century. Whether a site has room for longer is not asked: the numbers would no longer be exact. */
const SPAN_SECONDS_MAX = 36_525 * 86_400;

/** Years beyond 9999 have no xs:dateTime here. */
function printTime(at: number): string {
	return Math.abs(at) < YEAR_10000_AT ? printDateTime(at) : `${at} seconds after 1970`;
}
