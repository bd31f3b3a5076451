/**
 * What VOs have booked, kept up to date booking by booking, so that a quota is judged without counting agreements: the
 * CPUs of every moment as a calendar of its own, and the CPU time of every period as a sum. Counted is what is booked:
 * with setup and teardown, without what is only kept after the window. Exact: a test counts again.
 */
import { printDateTime } from '../../agreement/time.ts';
import { SiteCalendar } from '../../capacity/calendar.ts';
import type { Placement, Usage } from '../../capacity/resources.ts';

/** Periods of a quota of CPU time, in UTC; weeks begin on Mondays. */
export type QuotaPeriod = 'day' | 'week' | 'month';

export const QUOTA_PERIODS: readonly QuotaPeriod[] = ['day', 'week', 'month'];

const DAY_SECONDS = 86_400;

/** No period of its kind is longer. */
export const LONGEST_PERIOD_SECONDS: Readonly<Record<QuotaPeriod, number>> = {
	day: DAY_SECONDS,
	week: 7 * DAY_SECONDS,
	month: 31 * DAY_SECONDS,
};

/** More CPU than any VO ever has: the capacity of its calendar, from which a quota is told off. */
export const CPU_MILLICORES_MAX = 2 ** 40;

/** The period that an instant lies in, [startAt, endAt). */
export function periodAt(period: QuotaPeriod, at: number): { readonly startAt: number; readonly endAt: number } {
	if (period === 'month') {
		const startAt = monthStart(at);
		return { startAt, endAt: monthStart(startAt + LONGEST_PERIOD_SECONDS.month) };
	}
	const seconds = period === 'week' ? 7 * DAY_SECONDS : DAY_SECONDS;
	const startAt = Math.floor((at - MONDAY_AT) / seconds) * seconds + MONDAY_AT;
	return { startAt, endAt: startAt + seconds };
}

/** A class for its lifecycle: made empty, then changed with every booking, as the site's calendar is. */
export class VoUsage {
	readonly period: QuotaPeriod;
	private readonly vos = new Map<string, { readonly calendar: SiteCalendar; readonly sums: Map<number, number> }>();

	constructor(period: QuotaPeriod) {
		this.period = period;
	}

	/** Counts a placement that was booked for the VO. O(log n + periods that it touches). */
	take(vo: string, placement: Placement): void {
		this.change(vo, placement, 1);
	}

	/** Counts it no more. */
	giveBack(vo: string, placement: Placement): void {
		this.change(vo, placement, -1);
	}

	/** CPU time booked in the period that begins then, in millicore-seconds. */
	bookedIn(vo: string, startAt: number): number {
		return this.vos.get(vo)?.sums.get(startAt) ?? 0;
	}

	/** The CPUs that the VO has booked over time, out of {@link CPU_MILLICORES_MAX}; undefined: none, ever. */
	calendarOf(vo: string): SiteCalendar | undefined {
		return this.vos.get(vo)?.calendar;
	}

	/** Drops what was over by then, but for the period in which that lies. */
	forgetBefore(at: number): void {
		const { startAt } = periodAt(this.period, at);
		for (const { calendar, sums } of this.vos.values()) {
			calendar.forgetBefore(at);
			for (const key of [...sums.keys()].filter((begin) => begin < startAt)) sums.delete(key);
		}
	}

	private change(vo: string, placement: Placement, sign: 1 | -1): void {
		let book = this.vos.get(vo);
		if (book === undefined) {
			const capacity = { ...NONE, cpuMillicores: CPU_MILLICORES_MAX };
			book = { calendar: new SiteCalendar([{ name: vo, capacity, labels: {} }]), sums: new Map() };
			this.vos.set(vo, book);
		}
		const usage = cpuUsage(placement.usage, countOf(placement));
		if (usage.length === 0) return;
		const whole = { startAt: placement.startAt, usage, machines: [{ host: vo, count: 1 }] };
		if (sign > 0) book.calendar.book(whole);
		else book.calendar.release(whole);
		for (const { offsetSeconds, durationSeconds, demand } of usage) {
			const from = placement.startAt + offsetSeconds;
			for (const { startAt, seconds } of sharesOf(this.period, from, from + durationSeconds)) {
				book.sums.set(startAt, (book.sums.get(startAt) ?? 0) + sign * seconds * demand.cpuMillicores);
			}
		}
	}
}

/** The CPUs of so many machines as if they were one, and nothing else of them. */
export function cpuUsage(usage: Usage, count: number): Usage {
	return usage
		.filter(({ demand }) => demand.cpuMillicores > 0)
		.map((phase) => ({ ...phase, demand: { ...NONE, cpuMillicores: count * phase.demand.cpuMillicores } }));
}

/** How much of [fromAt, untilAt) lies in which period. */
export function* sharesOf(
	period: QuotaPeriod,
	fromAt: number,
	untilAt: number,
): Generator<{ readonly startAt: number; readonly endAt: number; readonly seconds: number }> {
	for (let at = fromAt; at < untilAt; ) {
		const { startAt, endAt } = periodAt(period, at);
		yield { startAt, endAt, seconds: Math.min(endAt, untilAt) - at };
		at = endAt;
	}
}

/** 1970-01-05, the first Monday. */
const MONDAY_AT = 4 * DAY_SECONDS;
const NONE = { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };

function monthStart(at: number): number {
	const day = Number(printDateTime(at).slice(8, 10));
	return Math.floor(at / DAY_SECONDS) * DAY_SECONDS - (day - 1) * DAY_SECONDS;
}

function countOf({ machines }: Placement): number {
	return machines.reduce((sum, { count }) => sum + count, 0);
}
