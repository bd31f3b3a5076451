/** How many negotiations a party may have, and how much it may send to one at a time and in all. */
import { printDateTime } from '../../agreement/time.ts';
import type { Reason } from '../../negotiation/decision.ts';
import { EXPIRES_AHEAD } from '../../negotiation/reasons/remedy.ts';
import type { NegotiationRecord } from '../../store/negotiation-records.ts';
import type { Turn } from '../turn.ts';
import type { InitiateRequest } from './negotiation-outcome.ts';

/** Negotiations of a party that have not ended: each costs little, and a client that forgets them has a bound. */
export const NEGOTIATIONS_OPEN_MAX = 64;
/** Offers in one message: of those that are answered each is a decision of up to 10 ms, before the next one of anybody. */
export const OFFERS_SENT_MAX = 16;
/** Characters of the offers of one message that is answered, as they are kept: they are written again with each counter-offer. */
export const SENT_CHARACTERS_MAX = 512 * 2 ** 10;
/** Offers of one tree, and bytes of their documents: what a look at a negotiation may cost. */
export const TREE_OFFERS_MAX = 500;
export const TREE_BYTES_MAX = 16 * 2 ** 20;

/** Why the party may not begin this one. */
export function initiationLimit({ store, now }: Turn, { party, expirationAt }: InitiateRequest): Reason | undefined {
	if (expirationAt !== undefined && expirationAt <= now) {
		const message = 'The ExpirationTime of the negotiation has passed.';
		return { code: 'OFFER_EXPIRED', message, resource: 'time', asked: expirationAt, limit: now, remedy: EXPIRES_AHEAD };
	}
	const owner = { vo: party.vo, party: party.name };
	const open = store.negotiations.openCount(owner);
	if (open < NEGOTIATIONS_OPEN_MAX) return undefined;
	const message = `A party has at most ${NEGOTIATIONS_OPEN_MAX} negotiations that have not ended.`;
	const { idle, next } = store.negotiations.soonOver(owner)!;
	const holds = idle.isHolding ? '' : ', which holds nothing';
	const text = `end one, such as ${idle.id}${holds}, or wait until ${printDateTime(next.expirationAt)}, when ${next.id} expires`;
	const remedy = { text, allowed: NEGOTIATIONS_OPEN_MAX };
	return { code: 'LIMIT_EXCEEDED', message, asked: open + 1, limit: NEGOTIATIONS_OPEN_MAX, remedy };
}

/** What one message asks for at once beyond what may be; `texts` as they are kept. */
export function sizeLimits(texts: readonly string[], mode: 'answered' | 'advertised'): Reason[] {
	if (texts.length > OFFERS_SENT_MAX) {
		const message = `At most ${OFFERS_SENT_MAX} offers are ${mode} at a time.`;
		const remedy = { text: `send at most ${OFFERS_SENT_MAX} at a time`, allowed: OFFERS_SENT_MAX };
		return [{ code: 'LIMIT_EXCEEDED', message, asked: texts.length, limit: OFFERS_SENT_MAX, remedy }];
	}
	const characters = texts.reduce((sum, { length }) => sum + length, 0);
	if (mode === 'advertised' || characters <= SENT_CHARACTERS_MAX) return [];
	const message = `The offers of one message, as they are kept, have at most ${SENT_CHARACTERS_MAX} characters.`;
	const remedy = { text: fewerOf(texts), allowed: SENT_CHARACTERS_MAX };
	return [{ code: 'LIMIT_EXCEEDED', message, asked: characters, limit: SENT_CHARACTERS_MAX, remedy }];
}

/** How many of the first can be sent together. */
function fewerOf(texts: readonly string[]): string {
	let characters = 0;
	const fitting = texts.findIndex(({ length }) => {
		characters += length;
		return characters > SENT_CHARACTERS_MAX;
	});
	if (fitting === 0) return 'say less in the first offer';
	return fitting === 1 ? 'send the first offer alone' : `send the first ${fitting} offers, and the others after them`;
}

/** What the tree would have beyond what it may, with so many more offers and all that may answer them. */
export function treeLimits(
	{ store }: Turn,
	{ id }: NegotiationRecord,
	sent: number,
	alternativesMax: number,
): Reason[] {
	const { offers, bytes } = store.negotiations.weightOf(id);
	const reasons: Reason[] = [];
	const limit = (asked: number, most: number, what: string, left = 0): void => {
		if (asked <= most) return;
		const message = `A negotiation has at most ${most} ${what}.`;
		const fewer = left > 0 ? `send at most ${left} at a time, or ` : '';
		reasons.push({
			code: 'LIMIT_EXCEEDED',
			message,
			asked,
			limit: most,
			remedy: { text: `${fewer}begin another negotiation` },
		});
	};
	// Each with a rejection, and with what is told of one that cannot be held and what can.
	const each = 2 + Math.max(2, alternativesMax);
	const left = bytes > TREE_BYTES_MAX ? 0 : Math.floor((TREE_OFFERS_MAX - offers) / each);
	limit(offers + sent * each, TREE_OFFERS_MAX, 'offers with their answers', left);
	limit(bytes, TREE_BYTES_MAX, 'bytes of documents');
	return reasons;
}
