/**
 * What the broker has to tell others, durably: whoever subscribed to an agreement's changes, and whoever awaits the
 * decision on a pending agreement. Messages are written in the transaction of what they tell of, and kept until they
 * have arrived: at least once, each with an end.
 */
import { AGREEMENT_TRANSITIONS } from '../agreement/properties/states.ts';
import { may, type Party } from '../identity/party.ts';
import { part } from '../parts.ts';
import type { MessageRecord, OutgoingMessage, RejectionRecord, SubscriptionRecord } from '../store/correspondence.ts';
import type { AgreementRecord, JsonValue } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Desk } from './desk.ts';
import type { CreateRequest, NotFound, OfferedAlternative, OfferOutcome } from './outcome.ts';
import type { Turn } from './turn.ts';

/** Of one party: each is a row, and a message with each change of its agreement. */
export const SUBSCRIPTIONS_MAX = 1_000;
/** A subscription that nobody renews ends by then. */
export const SUBSCRIPTION_SECONDS_MAX = 90 * 86_400;
/** How long a message is tried: a weekend. */
const MESSAGE_SECONDS_MAX = 3 * 86_400;
/** Between tries: doubled each time, from the first to the last of these. */
const RETRY_SECONDS = { first: 2, most: 900 } as const;
/** Messages that wait for their targets at most; beyond, subscribers wait to be told. */
const MESSAGES_MAX = 50_000;
/** Subscribers told in one transaction of a sweep. */
const TOLD_MAX = 64;
/** How often all subscriptions are looked at: what was announced is told at once, and this finds what was not. */
const SWEEP_SECONDS = 60;
/** Agreements remembered as changed; beyond, all subscriptions are looked at. */
const CHANGED_MAX = 1_000;
/** How long a rejection can be read. */
const REJECTION_SECONDS_MAX = 7 * 86_400;
/** Of an error, this much is kept. */
const ERROR_LENGTH_MAX = 500;

export interface SubscribeRequest {
	readonly party: Party;
	readonly agreementId: string;
	readonly id: string;
	readonly consumer: JsonValue;
	/** Epoch seconds. */
	readonly terminateAt: number;
}

export type SubscribeOutcome =
	| { readonly kind: 'subscribed'; readonly subscription: SubscriptionRecord; readonly at: number }
	| { readonly kind: 'too-many'; readonly limit: number }
	| NotFound;

export type SubscriptionOutcome =
	| { readonly kind: 'changed'; readonly subscription: SubscriptionRecord; readonly at: number }
	| NotFound;

export interface PendingRequest extends CreateRequest {
	/** Of the rejection, where it comes to one. */
	readonly id: string;
	/** What the initiator is told; runs in the transaction of the decision. */
	readonly messagesOf: (decision: PendingDecision) => readonly OutgoingMessage[];
}

/** The decision on a pending agreement. */
export type PendingDecision =
	| { readonly kind: 'accepted'; readonly agreement: AgreementRecord }
	| {
			readonly kind: 'rejected';
			readonly rejection: RejectionRecord;
			readonly outcome: Extract<OfferOutcome, { kind: 'countered' | 'refused' }>;
	  };

export type PendingOutcome = PendingDecision | Exclude<OfferOutcome, { kind: 'accepted' | 'countered' | 'refused' }>;

/** What is told to subscribers. */
export interface SubscriberNews {
	/** Reads what stays the same of an agreement, whatever its state; outside of transactions. */
	readonly teller: (agreement: AgreementRecord) => Promise<Teller>;
	/** Whether a subscriber to what was superseded wants to be told of its successor instead. */
	readonly follows: (successor: AgreementRecord, superseded: AgreementRecord) => boolean;
}

/** Writes the message that tells of an agreement as it is now. Runs in a transaction. */
export type Teller = (subscription: SubscriptionRecord, agreement: AgreementRecord) => OutgoingMessage;

export class CorrespondenceDesk {
	readonly #store: Store;
	readonly #site: string;
	readonly #desk: Desk;
	readonly #listeners = new Set<() => void>();
	/** Agreements of which subscribers may have to be told. */
	readonly #changed = new Set<string>();
	/** When all subscriptions are looked at again, whatever was announced: at first at once. */
	#sweepAt = 0;

	constructor(store: Store, site: string, desk: Desk) {
		this.#store = store;
		this.#site = site;
		this.#desk = desk;
	}

	/** Whoever may see the agreement may be told of its changes. */
	async subscribe(request: SubscribeRequest): Promise<SubscribeOutcome> {
		const { party, agreementId, id, consumer, terminateAt } = request;
		return this.#desk.write((turn) => {
			const agreement = turn.store.agreements.find(agreementId);
			if (agreement === undefined || !may(party, 'agreement.see', agreement)) return { kind: 'not-found' };
			const owner = { party: party.name, vo: party.vo };
			const { correspondence } = turn.store;
			if (correspondence.subscriptionCount(owner, turn.now) >= SUBSCRIPTIONS_MAX) {
				return { kind: 'too-many', limit: SUBSCRIPTIONS_MAX };
			}
			const toldVersion = agreement.version;
			const createdAt = turn.now;
			const subscription = { id, ...owner, agreementId, consumer, terminateAt, toldVersion, createdAt };
			correspondence.insertSubscription(turn.site, subscription);
			return { kind: 'subscribed', subscription, at: turn.now };
		});
	}

	/** Sets the end of a subscription anew; `terminateAt` now or earlier ends it. */
	async renew(party: Party, id: string, terminateAt: number): Promise<SubscriptionOutcome> {
		return this.#change(party, id, (turn, subscription) => {
			if (terminateAt <= turn.now) turn.store.correspondence.endSubscription(id);
			else turn.store.correspondence.setSubscriptionEnd(id, terminateAt);
			return { ...subscription, terminateAt };
		});
	}

	async unsubscribe(party: Party, id: string): Promise<SubscriptionOutcome> {
		return this.#change(party, id, (turn, subscription) => {
			turn.store.correspondence.endSubscription(id);
			return subscription;
		});
	}

	/** A subscription that this party may change. */
	subscription(party: Party, id: string): SubscriptionRecord | undefined {
		return lasting(this.#store, party, id, this.#desk.now());
	}

	/** A rejection that can still be read by this party. */
	rejection(party: Party, id: string): RejectionRecord | undefined {
		const found = this.#store.correspondence.findRejection(id);
		return found !== undefined && may(party, 'agreement.see', found) ? found : undefined;
	}

	/** Told, not awaited, that there may be something to send. */
	onNews(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** For the broker: agreements have changed, or messages were written, and it has been committed. */
	announce(changed: ReadonlySet<string>): void {
		for (const agreementId of changed) this.#changed.add(agreementId);
		if (this.#changed.size > CHANGED_MAX) {
			this.#changed.clear();
			this.#sweepAt = 0;
		}
		for (const listener of this.#listeners) queueMicrotask(listener);
	}

	/**
	 * Writes the messages to subscribers whose agreements have changed since they were told, and ends what is over.
	 * Several changes that come together are told together. True where there is more to tell.
	 */
	async tellSubscribers(news: SubscriberNews): Promise<boolean> {
		const { correspondence } = this.#store;
		const now = this.#desk.now();
		const sweeps = now >= this.#sweepAt;
		const changed = sweeps ? [] : [...this.#changed];
		const behind = sweeps
			? correspondence.subscriptionsBehind(this.#site, TOLD_MAX)
			: changed.flatMap((id) => correspondence.subscriptionsBehindOf(id));
		const isOver = sweeps && (correspondence.nextSubscriptionEnd(this.#site) ?? Number.POSITIVE_INFINITY) <= now;
		const isFull = behind.length > 0 && correspondence.messageCount(this.#site) >= MESSAGES_MAX;
		let more = false;
		if (isOver || (behind.length > 0 && !isFull)) {
			const tellers = isFull ? NO_TELLERS : await tellersOf(this.#store, behind, news);
			const asked = { changed: sweeps ? undefined : changed, tellers, follows: news.follows };
			more = await this.#desk.write((turn) => tellSome(turn, asked, isFull), 'alone');
		}
		if (!more) for (const id of changed) this.#changed.delete(id);
		if (sweeps) this.#sweepAt = more ? 0 : now + SWEEP_SECONDS;
		return more;
	}

	dueMessages(limit: number): readonly MessageRecord[] {
		return this.#store.correspondence.dueMessages(this.#site, this.#desk.now(), limit);
	}

	/** The message has arrived, or is given up. */
	async forget(message: MessageRecord): Promise<void> {
		await this.#desk.write((turn) => turn.store.correspondence.forgetMessage(message.id));
	}

	/** Nobody answered: it is tried again later; false where its time is over, and it is given up. */
	async retry(message: MessageRecord, error: string): Promise<boolean> {
		return this.#desk.write((turn) => {
			const seconds = Math.min(RETRY_SECONDS.most, RETRY_SECONDS.first * 2 ** Math.min(message.attempts, 20));
			const dueAt = turn.now + seconds;
			const { correspondence } = turn.store;
			if (dueAt < message.expiresAt) correspondence.retryMessage(message.id, dueAt, error.slice(0, ERROR_LENGTH_MAX));
			else correspondence.forgetMessage(message.id);
			return dueAt < message.expiresAt;
		});
	}

	async #change(
		party: Party,
		id: string,
		change: (turn: Turn, subscription: SubscriptionRecord) => SubscriptionRecord,
	): Promise<SubscriptionOutcome> {
		return this.#desk.write((turn) => {
			const subscription = lasting(turn.store, party, id, turn.now);
			if (subscription === undefined) return { kind: 'not-found' };
			return { kind: 'changed', subscription: change(turn, subscription), at: turn.now };
		});
	}
}

/** One that this party may change. What is over is gone before it is swept away: nobody is told by it any more. */
function lasting(store: Store, party: Party, id: string, now: number): SubscriptionRecord | undefined {
	const found = store.correspondence.findSubscription(id);
	const isThere = found !== undefined && found.terminateAt > now && may(party, 'agreement.change', found);
	return isThere ? found : undefined;
}

/** What follows from the decision on an offer for a pending agreement: it can be read, and its initiator is told. */
export function decidePending(turn: Turn, request: PendingRequest, outcome: OfferOutcome): PendingOutcome {
	const { party, id, offerXml, messagesOf } = request;
	if (outcome.kind === 'accepted') {
		const decision = { kind: 'accepted' as const, agreement: outcome.agreement };
		if (!outcome.replayed) sendAll(turn, messagesOf(decision));
		return decision;
	}
	if (outcome.kind !== 'countered' && outcome.kind !== 'refused') return outcome;
	const reason = outcome.reasons.map(({ message }) => message).join(' ');
	const offerBytes = Buffer.byteLength(offerXml);
	const rejection: RejectionRecord = {
		id,
		party: party.name,
		vo: party.vo,
		offerXml,
		offerBytes,
		reason,
		at: turn.now,
	};
	const decision = { kind: 'rejected' as const, rejection, outcome: toBeTold(outcome, offerXml) };
	const messages = messagesOf(decision);
	turn.store.correspondence.forgetRejectionsBefore(turn.site, turn.now - REJECTION_SECONDS_MAX);
	turn.store.correspondence.insertRejection(turn.site, rejection);
	sendAll(turn, messages);
	return decision;
}

/** Each alternative repeats the offer; a message is written whole, in the transaction of its decision. */
const ALTERNATIVES_TOLD_CHARACTERS_MAX = 2 * 2 ** 20;

/** With as many alternatives as a message may have of such an offer, the best first, and one at least. */
function toBeTold<O extends { readonly kind: string; readonly alternatives?: readonly OfferedAlternative[] }>(
	outcome: O,
	offerXml: string,
): O {
	if (outcome.alternatives === undefined) return outcome;
	const most = Math.max(1, Math.floor(ALTERNATIVES_TOLD_CHARACTERS_MAX / offerXml.length));
	const alternatives = outcome.alternatives.slice(0, most);
	for (const alternative of alternatives) part(() => alternative.offer);
	return { ...outcome, alternatives };
}

/** To tell one of an agreement may take some milliseconds: who is left is told in turns of their own. */
const TELLING_MS_MAX = 10;

/** By the name of the agreement. */
type Tellers = ReadonlyMap<string, Teller>;

const NO_TELLERS: Tellers = new Map();

/** Of the first of the agreements that these are to be told of, as many as can be read in the time of a turn. */
async function tellersOf(
	store: Store,
	behind: readonly SubscriptionRecord[],
	{ teller, follows }: SubscriberNews,
): Promise<Tellers> {
	const tellers = new Map<string, Teller>();
	const looked = new Set<string>();
	const untilMs = performance.now() + TELLING_MS_MAX;
	for (const { agreementId } of behind) {
		if (looked.has(agreementId)) continue;
		if (looked.size > 0 && performance.now() > untilMs) break;
		looked.add(agreementId);
		const agreement = currentOf(store, store.agreements.find(agreementId)!, follows);
		if (!tellers.has(agreement.id)) tellers.set(agreement.id, await teller(agreement));
	}
	return tellers;
}

interface Telling {
	/** The agreements to look at; undefined: all. */
	readonly changed: readonly string[] | undefined;
	/** Who is to be told of any other agreement waits. */
	readonly tellers: Tellers;
	readonly follows: SubscriberNews['follows'];
}

/** True where not all were told. */
function tellSome(turn: Turn, { changed, tellers, follows }: Telling, isFull: boolean): boolean {
	const { correspondence, agreements } = turn.store;
	correspondence.endSubscriptionsBefore(turn.site, turn.now);
	if (isFull) return false;
	const behind =
		changed === undefined
			? correspondence.subscriptionsBehind(turn.site, TOLD_MAX)
			: changed.flatMap((id) => correspondence.subscriptionsBehindOf(id));
	const untilMs = performance.now() + TELLING_MS_MAX;
	for (const [nth, subscription] of behind.entries()) {
		if (nth > 0 && performance.now() > untilMs) return true;
		const agreement = currentOf(turn.store, agreements.find(subscription.agreementId)!, follows);
		const tell = tellers.get(agreement.id);
		if (tell === undefined) return true;
		sendAll(turn, [tell(subscription, agreement)]);
		correspondence.markTold(subscription.id, agreement);
		if (AGREEMENT_TRANSITIONS[agreement.state].length === 0) correspondence.endSubscription(subscription.id);
	}
	return changed === undefined && behind.length === TOLD_MAX;
}

function currentOf(store: Store, agreement: AgreementRecord, follows: SubscriberNews['follows']): AgreementRecord {
	let current = agreement;
	for (;;) {
		const successor = current.supersededBy === undefined ? undefined : store.agreements.find(current.supersededBy);
		if (successor === undefined || !follows(successor, current)) return current;
		current = successor;
	}
}

function sendAll(turn: Turn, messages: readonly OutgoingMessage[]): void {
	const expiresAt = turn.now + MESSAGE_SECONDS_MAX;
	for (const message of messages) turn.store.correspondence.send(turn.site, message, turn.now, expiresAt);
}
