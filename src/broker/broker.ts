import type { Offer } from '../agreement/offer/offer.ts';
import { numbersOf } from '../agreement/terms/service.ts';
import type { HostFree } from '../capacity/calendar.ts';
import { beginOf, type Host, NOTHING, type ResourceVector } from '../capacity/resources.ts';
import { OperatingError } from '../errors.ts';
import { may, type Party } from '../identity/party.ts';
import { checkPolicy } from '../negotiation/policy/policy.ts';
import { part } from '../parts.ts';
import type { AgreementRecord, HistoryEntry, MachineRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { listVisible, PAGE_MAX } from './access.ts';
import { Catalogue, type ConfiguredPolicy } from './catalogue.ts';
import { CatalogueDesk } from './catalogue-desk.ts';
import { CorrespondenceDesk, decidePending, type PendingOutcome, type PendingRequest } from './correspondence.ts';
import { Desk } from './desk.ts';
import { ErrandDesk } from './errand-desk.ts';
import { setbackOf } from './errands.ts';
import { Ledger, type Offered } from './ledger.ts';
import { planOnce, requestAction, terminate } from './lifecycle.ts';
import {
	addMaintenance,
	listMaintenance,
	type MaintenanceOutcome,
	type MaintenanceRequest,
	type PlannedMaintenance,
	removeMaintenance,
} from './maintenance.ts';
import { Offers } from './offers.ts';
import type {
	ActionRequest,
	ChangeOutcome,
	CreateRequest,
	EvaluateRequest,
	EvaluationOutcome,
	ListRequest,
	Nudge,
	OfferOutcome,
	Page,
	RenegotiateRequest,
	SentEvaluation,
	SentRequest,
	Setback,
	TerminateRequest,
	WaitRequest,
} from './outcome.ts';
import { passTime } from './passage.ts';
import { type Asking, NOT_ASKED, type Review, reviewed } from './review.ts';
import { type Compare, type Compared, comparedElsewhere, differing } from './rounds/comparison.ts';
import { isTold } from './rounds/holds.ts';
import { NegotiationDesk } from './rounds/negotiation-desk.ts';
import { Negotiations } from './rounds/negotiations.ts';
import { candidatesFor, negotiatedOffer } from './rounds/offer-tree.ts';
import type { Turn } from './turn.ts';
import { Waiters } from './waiters.ts';

/** A clock that is set back by less is a clock that is being set. */
const CLOCK_BEHIND_SECONDS = 60;

export interface BrokerParts {
	readonly store: Store;
	/** The name of the site. */
	readonly site: string;
	/** What the hosts offer to agreements, until they are offered anew. */
	readonly hosts: readonly Host[];
	/** Those of them, by name, that do not answer; absent: none. */
	readonly silent?: readonly string[];
	/** What all hosts together never give out; absent: nothing. */
	readonly reserve?: ResourceVector;
	readonly policy: ConfiguredPolicy;
	/** Whole epoch seconds. */
	readonly clock: () => number;
	/** New ids in ascending order: see `uuidSource`. */
	readonly newId: () => string;
	/** The site's own policy; absent: it has none. */
	readonly review?: Review;
	/** Compares large documents; absent: they are compared where they are decided on. */
	readonly compare?: Compare | undefined;
	/** Told what went wrong where no caller waits for an answer. */
	readonly onFault: (fault: unknown) => void;
	/** After so many milliseconds a decision lets others be served; absent: `GO_MS`. */
	readonly goMs?: number | undefined;
}

/** What the hosts of a site offer, and what follows from them for the policy. */
export interface Offering extends Offered {
	readonly policy: Pick<ConfiguredPolicy, 'abilities' | 'quotas'>;
}

/**
 * The desk of one site: offers are judged and committed one after the other, everything else about an agreement is
 * decided at the same desk. Answers are values (outcome.ts); thrown are STORE_UNAVAILABLE, STORE_DAMAGED,
 * TEMPLATE_REFUSED, BROKER_BUSY and BROKER_CLOSED. What a caller is told has been committed (H2); who may not see a
 * thing is told that it is not there (H9).
 */
export class Broker {
	/** Templates and images. */
	readonly catalogue: CatalogueDesk;
	/** Negotiation in rounds. */
	readonly negotiations: NegotiationDesk;
	/** What others are told: subscribers, initiators of pending agreements. */
	readonly correspondence: CorrespondenceDesk;
	/** What is due about machines. */
	readonly errands: ErrandDesk;
	readonly #store: Store;
	readonly #site: string;
	readonly #newId: () => string;
	readonly #ledger: Ledger;
	readonly #catalogue: Catalogue;
	readonly #offers: Offers;
	readonly #negotiations: Negotiations;
	readonly #desk: Desk;
	readonly #asking: Asking | undefined;
	readonly #compare: Compare | undefined;
	readonly #waiters = new Waiters();

	/** Opens the site. Throws CONFIG_INVALID where the policy cannot be used. */
	constructor(parts: BrokerParts) {
		const { store, site, hosts, reserve = NOTHING, silent = [], policy, clock, review, compare, onFault, goMs } = parts;
		// What is written of a decision names the same however often the decision is gone on with.
		const newId = () => part(parts.newId);
		this.#store = store;
		this.#site = site;
		this.#newId = newId;
		this.#compare = compare;
		const closed = (names: readonly string[]) => {
			const detail = `Less capacity than agreements have reserved, so nothing new is placed there: ${names.join(', ')}.`;
			onFault(new Error(detail));
		};
		this.#ledger = new Ledger(store, site, { hosts, reserve, silent }, closed, policy.quotas);
		this.#catalogue = new Catalogue(store, policy);
		const issues = checkPolicy(this.#catalogue.policy());
		if (issues.length > 0) throw new OperatingError('CONFIG_INVALID', issues.map(({ message }) => message).join(' '));
		this.#offers = new Offers({ catalogue: this.#catalogue, newId });
		this.#negotiations = new Negotiations({ catalogue: this.#catalogue, offers: this.#offers, newId });
		const { lastAt } = store.openSite(site);
		const behind = lastAt - clock();
		if (behind > CLOCK_BEHIND_SECONDS) {
			const detail = `The clock is ${behind} seconds behind what was committed; time stands still until it catches up.`;
			onFault(new Error(detail));
		}
		store.transact(() => store.work.unleaseAll(site));
		this.#desk = new Desk(
			{
				store,
				site,
				ledger: this.#ledger,
				clock,
				passTime: (now, perform) => passTime(store, site, now, perform, this.#catalogue.policy(), onFault),
				isQuiet: (now) => store.work.isQuiet(site, now),
				committed: (changed, nudges) => this.#committed(changed, nudges),
				abandoned: () => this.#catalogue.forget(),
				goMs,
			},
			lastAt,
		);
		this.#asking = review && {
			review,
			now: () => this.#desk.now(),
			committed: () => store.committed,
		};
		const ofRounds = { offers: this.#offers, negotiations: this.#negotiations, asking: this.#asking };
		this.catalogue = new CatalogueDesk({ store, desk: this.#desk, catalogue: this.#catalogue });
		this.negotiations = new NegotiationDesk({ store, site, desk: this.#desk, ...ofRounds });
		this.#ledger.ensureLoaded(this.#desk.now());
		this.correspondence = new CorrespondenceDesk(store, site, this.#desk);
		this.errands = new ErrandDesk({ store, site, desk: this.#desk, policy: () => this.#catalogue.policy() });
	}

	/** The time of the site, epoch seconds: never before what was committed. */
	now(): number {
		return this.#desk.now();
	}

	/**
	 * Decides on an offer for something new; with `negotiated`, agrees to what a negotiation holds. `answer` makes of the
	 * outcome what is told after COMMIT; it runs with the decision, and where it throws there was none. What has been read
	 * from the offer is gone by then: of many offers that wait for one COMMIT, or for their turn, only a text is kept.
	 */
	async createAgreement<A = OfferOutcome>(
		request: SentRequest,
		answer: (outcome: OfferOutcome, offer: Offer) => A = (outcome) => outcome as A,
	): Promise<A> {
		const compared = await this.#compared(request);
		if (this.#asking !== undefined) {
			const read = { ...request, offer: offerOf(request), ...compared };
			const prepared = await this.#prepare(read);
			return this.#desk.write((turn) => answer(this.#create(turn, read, prepared), read.offer));
		}
		return this.#readAndDecide('write', request, (turn, read, prepared) => {
			return answer(this.#create(turn, { ...read, ...compared }, prepared), read.offer);
		});
	}

	/**
	 * Decides on an offer for something new, whose initiator is told by a message of the decision as well: one that is
	 * declined leaves a rejection to be read.
	 */
	async createPendingAgreement(request: PendingRequest): Promise<PendingOutcome> {
		const read = { ...request, ...(await this.#compared(request)) };
		const prepared = await this.#prepare(read);
		const decide = (turn: Turn) => decidePending(turn, request, this.#create(turn, read, prepared));
		return this.#desk.write(decide);
	}

	/** Decides on an offer that changes an agreement: a new revision replaces it, or nothing changes at all. */
	async renegotiate(request: RenegotiateRequest): Promise<OfferOutcome> {
		const prepared = await this.#prepare(request);
		return this.#desk.write((turn) => this.#offers.renegotiate(turn, request, prepared));
	}

	/** What the decision on an offer would be now; leaves no trace. `answer` as in {@link createAgreement}. */
	async evaluate<A = EvaluationOutcome>(
		request: SentEvaluation,
		answer: (outcome: EvaluationOutcome) => A = (outcome) => outcome as A,
	): Promise<A> {
		if (this.#asking !== undefined) {
			const read = { ...request, offer: offerOf(request) };
			const prepared = await this.#prepare(read);
			return this.#desk.evaluate((turn) => answer(this.#offers.evaluate(turn, read, prepared)));
		}
		return this.#readAndDecide('evaluate', request, (turn, read, prepared) => {
			return answer(this.#offers.evaluate(turn, read, prepared));
		});
	}

	/** Ends an agreement before its time, or gives back what is retained after it. */
	async terminate(request: TerminateRequest): Promise<ChangeOutcome> {
		return this.#desk.write((turn) => terminate(turn, request, this.#catalogue.policy()));
	}

	/** Asks for another state of one machine. */
	async requestAction(request: ActionRequest): Promise<ChangeOutcome> {
		return this.#desk.write((turn) => requestAction(turn, request));
	}

	/** Closes a host for a while; what is agreed already stays and is named. */
	async addMaintenance(request: MaintenanceRequest): Promise<MaintenanceOutcome> {
		return this.#desk.write((turn) => addMaintenance(turn, request, this.#newId));
	}

	async removeMaintenance(party: Party, id: string): Promise<MaintenanceOutcome> {
		return this.#desk.write((turn) => removeMaintenance(turn, party, id));
	}

	/** What is not over. */
	listMaintenance(party: Party): readonly PlannedMaintenance[] {
		return listMaintenance(this.#store, this.#site, this.#desk.now(), party);
	}

	getAgreement(party: Party, agreementId: string): AgreementRecord | undefined {
		const agreement = this.#store.agreements.find(agreementId);
		return agreement !== undefined && may(party, 'agreement.see', agreement) ? agreement : undefined;
	}

	/** The agreements that the party may see, newest first. */
	listAgreements(request: ListRequest): Page<AgreementRecord> {
		return listVisible(this.#store, request);
	}

	/** What happened to an agreement, in order, from after a sequence number; undefined where there is none to see. */
	history(party: Party, agreementId: string, after = 0, limit = PAGE_MAX): readonly HistoryEntry[] | undefined {
		if (this.getAgreement(party, agreementId) === undefined) return undefined;
		return this.#store.history.list({ site: this.#site, agreementId, after, limit: Math.min(limit, PAGE_MAX) });
	}

	/**
	 * The machines of the agreement's services. With `freshMs` they are looked at anew first, and what has been seen by
	 * then is the answer. Undefined where there is no such agreement to see.
	 */
	async machines(party: Party, agreementId: string, freshMs?: number): Promise<readonly MachineRecord[] | undefined> {
		const agreement = this.getAgreement(party, agreementId);
		if (agreement === undefined) return undefined;
		const numbers = numbersOf(agreement);
		const machines = () =>
			this.#store.machines.of(agreement.workspaceId).filter(({ service }) => numbers.includes(service));
		const { state, placement } = agreement;
		if (freshMs === undefined || state !== 'Observed' || beginOf(placement) > this.#desk.now()) return machines();
		const askedAt = await this.#desk.write((turn) => {
			planOnce(turn, agreement, turn.now);
			return turn.now;
		});
		// The errand is gone once it is done, and due later where it failed: either way the machines were looked at since.
		const fresh = () => (this.#store.work.findErrand(agreementId, 'converge')?.dueAt ?? Infinity) > askedAt;
		await this.#waiters.wait(agreementId, freshMs, fresh);
		return machines();
	}

	/** What the last attempt to bring the agreement's machines to what they shall be failed of, until one succeeds. */
	setbackOf(party: Party, agreementId: string): Setback | undefined {
		const agreement = this.getAgreement(party, agreementId);
		return agreement === undefined ? undefined : setbackOf(this.#store, agreement);
	}

	/** What is free on every host, step by step; nothing on one that is silent. */
	capacityBetween(fromAt: number, untilAt: number): readonly (HostFree & { readonly silent: boolean })[] {
		this.#ledger.ensureLoaded(this.#desk.now());
		const { silentHosts } = this.#ledger;
		const free = this.#ledger.freeBetween(fromAt, untilAt);
		return free.map((each) => ({ ...each, silent: silentHosts.includes(each.host.name) }));
	}

	/**
	 * The hosts of the site are from now on these: what is agreed stays where it is, new things are placed by what they
	 * offer now, and never on one that is silent.
	 */
	offerHosts({ policy, ...offered }: Offering): void {
		this.#catalogue.configure(policy);
		this.#ledger.offer(offered);
	}

	/** Counts the committed changes of the calendar. */
	get calendarVersion(): number {
		return this.#ledger.version;
	}

	/** The hash of the last entry of the site's history (H10). */
	get historyHead(): string {
		return this.#store.history.headHash(this.#site);
	}

	/** The agreement as soon as its version is another, or as it is at the deadline; undefined where there is none. */
	async waitForChange({ party, agreementId, version, deadlineMs }: WaitRequest): Promise<AgreementRecord | undefined> {
		const read = () => this.getAgreement(party, agreementId);
		if (read() === undefined) return undefined;
		await this.#waiters.wait(agreementId, deadlineMs, () => read()?.version !== version);
		return read();
	}

	/** Takes no more requests and answers who waits; the store stays open. */
	close(): void {
		this.#desk.close();
		this.#waiters.close();
	}

	/** Reads the offer in the turn in which it is decided. */
	async #readAndDecide<R extends { readonly offer: Offer | (() => Offer) }, A>(
		how: 'write' | 'evaluate',
		request: R,
		decide: (turn: Turn, read: R & { readonly offer: Offer }, prepared: ReturnType<Offers['prepare']>) => A,
	): Promise<A> {
		return this.#desk[how]((turn) => {
			const read = { ...request, offer: part(() => offerOf(request)) };
			return decide(turn, read, this.#offers.prepare(read.offer));
		});
	}

	/** Reads the offer against its template and has the site's own policy asked; not about what is held: that is honoured. */
	async #prepare(request: EvaluateRequest & Partial<ComparedRequest>): Promise<ReturnType<Offers['prepare']>> {
		const prepared = await this.#desk.deliberate(() => this.#offers.prepare(request.offer));
		const asking = this.#asking;
		if (asking === undefined) return prepared;
		const { negotiated } = request;
		if (negotiated === undefined) {
			return reviewed(asking, prepared, request, (asked, read) => {
				return this.#desk.evaluate((turn) => this.#offers.evaluate(turn, asked, read));
			});
		}
		if (prepared.kind !== 'prepared') return prepared;
		const store = this.#store;
		const { offer, compared } = request;
		const told = await this.#desk.deliberate(() => {
			return negotiatedOffer({ store }, negotiated, differing({ store }, offer.tree, compared));
		});
		if (told === undefined || !isTold(told)) return { ...prepared, verdict: NOT_ASKED };
		const about = this.#store.negotiations.find(negotiated.negotiationId)?.renegotiates;
		return reviewed(asking, prepared, { party: request.party, ...about }, (asked, read) => {
			return this.#desk.evaluate((turn) => this.#negotiations.evaluateTold(turn, told, asked, read));
		});
	}

	/** What is to be agreed to beside what a negotiation holds or has told of, where to read both takes long. */
	async #compared(request: SentRequest): Promise<Pick<ComparedRequest, 'compared'>> {
		const { negotiated } = request;
		if (negotiated === undefined) return {};
		const store = this.#store;
		const candidates = candidatesFor({ store }, negotiated);
		return { compared: await comparedElsewhere({ store }, this.#compare, candidates, () => request.offerXml) };
	}

	#create(turn: Turn, request: ComparedRequest, prepared: ReturnType<Offers['prepare']>): OfferOutcome {
		const { negotiated } = request;
		if (negotiated === undefined) return this.#offers.create(turn, request, prepared);
		return this.#negotiations.accept(turn, { ...request, negotiated }, prepared);
	}

	#committed(changed: ReadonlySet<string>, nudges: readonly Nudge[]): void {
		for (const agreementId of changed) this.#waiters.wake(agreementId);
		this.correspondence.announce(changed);
		this.errands.announce(nudges);
	}
}

interface ComparedRequest extends CreateRequest {
	readonly compared?: Compared;
}

function offerOf({ offer }: { readonly offer: Offer | (() => Offer) }): Offer {
	return typeof offer === 'function' ? offer() : offer;
}
