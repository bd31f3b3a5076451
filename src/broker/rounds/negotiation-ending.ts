/** How negotiations end, and what they hold with them: by their time, by their party, by what they are about. */
import type { Reason } from '../../negotiation/decision.ts';
import type { NegotiationRecord } from '../../store/negotiation-records.ts';
import type { JsonValue, Lapse } from '../../store/records.ts';
import type { Turn } from '../turn.ts';
import { endHold, isHeld, withdraw } from './holds.ts';

const SITE = { party: 'site' };

/** Ends a negotiation; nothing is held for it any more. */
export function endNegotiation(
	turn: Turn,
	negotiation: NegotiationRecord,
	state: 'Agreed' | 'Terminated' | 'Expired',
	stateReason: string,
	by: JsonValue,
): NegotiationRecord {
	const { store } = turn;
	// What ends by no deed of its party is no lapse of its party.
	const outcome = state === 'Expired' || by !== SITE ? 'lapsed' : 'void';
	const reason: Reason = { code: 'STATE_FORBIDS', message: stateReason, available: state };
	for (const { id } of store.holds.of(negotiation.id)) endHold(turn, id, outcome, reason);
	store.work.cancelLapse(negotiation.id);
	const event = { kind: 'negotiation-ended', body: { by, state, reason: stateReason } };
	return turn.updateNegotiation(negotiation, { state, stateReason }, event);
}

/** The agreement has ended or was superseded: what would have changed it cannot be had any more. */
export function endNegotiationsAbout(turn: Turn, agreementId: string, why: string, agreedIn?: string): void {
	for (const negotiation of turn.store.negotiations.openAbout(agreementId)) {
		endNegotiation(turn, negotiation, negotiation.id === agreedIn ? 'Agreed' : 'Terminated', why, SITE);
	}
}

/** Machines of the agreement have moved: what is held for a change of it no longer fits where they stand. */
export function voidHoldsAbout(turn: Turn, agreementId: string, why: string): void {
	const { holds, negotiations } = turn.store;
	for (const negotiation of negotiations.openAbout(agreementId)) {
		const held = holds.of(negotiation.id);
		if (held.length === 0) continue;
		const reason: Reason = { code: 'STATE_FORBIDS', message: why };
		const offers = held.flatMap(({ id }) => endHold(turn, id, 'void', reason)).map(({ id }) => id);
		turn.updateNegotiation(negotiation, {}, { kind: 'offers-withdrawn', body: { by: SITE, offers, reason: why } });
	}
}

/** What time alone decides: offers that were held expire, and at last the negotiation. */
export function lapse(turn: Turn, errand: Lapse): void {
	const { now, store } = turn;
	const negotiation = store.negotiations.find(errand.negotiationId)!;
	store.work.finish(errand);
	if (negotiation.state !== 'Open') return;
	if (negotiation.expirationAt <= now) {
		endNegotiation(turn, negotiation, 'Expired', 'The ExpirationTime of the negotiation has passed.', SITE);
		return;
	}
	const expired = heldOffers(turn, negotiation).filter(({ expirationAt }) => expirationAt! <= now);
	if (expired.length > 0) {
		const message = 'It is no longer held: its ExpirationTime has passed. Ask for it again.';
		withdraw(turn, negotiation, expired, 'Advisory', { code: 'OFFER_EXPIRED', message, limit: now, resource: 'time' });
		const offers = expired.map(({ id }) => id);
		turn.updateNegotiation(negotiation, {}, { kind: 'offers-lapsed', body: { by: SITE, offers } });
	}
	planLapse(turn, negotiation);
}

/** Plans when time next decides something about an open negotiation. */
export function planLapse(turn: Turn, negotiation: NegotiationRecord): void {
	const times = heldOffers(turn, negotiation).map(({ expirationAt }) => expirationAt!);
	const dueAt = Math.min(negotiation.expirationAt, ...times);
	turn.store.work.planLapse(turn.site, negotiation.id, dueAt);
}

function heldOffers({ store }: Turn, { id }: NegotiationRecord) {
	return store.holds.of(id).flatMap((hold) => store.negotiations.offersHeld(hold.id).filter(isHeld));
}
