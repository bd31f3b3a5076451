/** What is told of what could be had: which of it is held, and why the rest is not. */
import { withoutAbsent } from '../../agreement/document.ts';
import type { Reason } from '../../negotiation/decision.ts';
import { sayingOf, withoutDenied } from '../../negotiation/said.ts';
import type { HoldRecord, NegotiationRecord, Proposal } from '../../store/negotiation-records.ts';
import type { Prepared } from '../offers.ts';
import type { Turn } from '../turn.ts';
import { type Allowed, type HeldChoice, type Need, needOf } from './holds.ts';

/** What the site would agree to. */
export interface Counter extends Proposal {
	/** Its document, as it is kept. */
	readonly text: string;
	/** What is said where it is not held: of a change whose price grows until it is agreed to, the most that it comes to. */
	readonly unheldAs?: Pick<Proposal, 'price' | 'because'> & { readonly text: string };
}

/** What could be had: held until then, or only told, with the reasons why it is not held. */
export type Told = { readonly counter: Counter } & (
	| { readonly expirationAt: number }
	| { readonly unheld: readonly Reason[] }
);

/** What could be had of an offer, and what of it may be held. */
export interface Judged {
	/** Why the offer cannot be had as it stands; none where it can. */
	readonly reasons: readonly Reason[];
	/** The best first. */
	readonly told: readonly Told[];
	/** What is held takes this; absent: nothing is held. */
	readonly need?: Need;
	/** The group that it joins; absent: a new one. */
	readonly joined?: HoldRecord;
}

/** What could be had, and why not as it was asked. */
export interface Found extends Pick<Judged, 'reasons'> {
	readonly counters: readonly Counter[];
}

/** What is to be held together, or beside what is held already. */
export interface Grouping {
	/** The group that it joins, and what that has; absent: a new one. */
	readonly joined?: HoldRecord;
	readonly members: readonly HeldChoice[];
	readonly allowed: Allowed;
	readonly untilAt: number;
	/** Why it may not be held, whatever else is; none where nothing is against it. */
	readonly unallowed: (counter: Counter) => readonly Reason[];
}

/**
 * Of the counter-offers, the best first, each that may be held together with those before it; the others are only told,
 * with the reasons why. What the group has booked already is out of the calendar meanwhile.
 */
export function holdWhatMayBe(
	turn: Turn,
	negotiation: NegotiationRecord,
	{ joined, members, allowed: { verdictOn }, untilAt, unallowed }: Grouping,
	counters: readonly Counter[],
): Pick<Judged, 'told' | 'need' | 'joined'> {
	const isFixed = members.length > 0 || negotiation.renegotiates !== undefined;
	const chosen: Counter[] = [];
	let held: { readonly need: Need; readonly untilAt: number } | undefined;
	const unheld = new Map<Counter, readonly Reason[]>();
	for (const counter of counters) {
		const against = unallowed(counter);
		if (against.length > 0) {
			unheld.set(counter, against);
			continue;
		}
		const need = needOf(turn, negotiation, [...members, ...chosen, counter]);
		// At which other start it could be held is looked for of the best alone.
		const start = counter === counters[0] && !isFixed ? { startAt: counter.grant.startAt } : {};
		const verdict = verdictOn({ need, untilAt, ...start });
		if (verdict.kind === 'hold') {
			chosen.push(counter);
			held = { need, untilAt: verdict.untilAt };
		} else unheld.set(counter, verdict.reasons);
	}
	const told = counters.map((counter): Told => {
		const reasons = unheld.get(counter);
		if (reasons !== undefined) return { counter, unheld: reasons };
		return { counter, expirationAt: Math.min(held!.untilAt, counter.grant.endAt) };
	});
	return held === undefined ? { told } : { told, need: held.need, ...withoutAbsent({ joined }) };
}

/** What could be had and the site's own policy does not deny. */
export function undenied(found: Found, prepared: Prepared, now: number): Found {
	const sayTo = sayingOf(prepared, now);
	if (sayTo === undefined) return found;
	const { left: counters, reasons } = withoutDenied(found.counters, sayTo);
	return { reasons: [...found.reasons, ...reasons], counters };
}

/** Why the site's own policy keeps something from being held; in a rehearsal not that it has not seen it. */
export function unallowedUnder(prepared: Prepared, now: number): Grouping['unallowed'] {
	const sayTo = sayingOf(prepared, now);
	return (counter) => {
		const say = sayTo?.(counter);
		if (say === undefined || say.kind === 'allowed' || (say.kind === 'unasked' && prepared.isRehearsal)) return [];
		return say.reasons;
	};
}

/** What could be had, and nothing of it held. */
export function onlyTold({ reasons, counters }: Found, unheld: readonly Reason[]): Judged {
	return { reasons, told: counters.map((counter) => ({ counter, unheld })) };
}

/** Why the best of it is not held. */
export function unheldOf({ told: [best] }: Pick<Judged, 'told'>): readonly Reason[] {
	return best !== undefined && 'unheld' in best ? best.unheld : [];
}
