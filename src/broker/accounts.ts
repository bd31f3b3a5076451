import {
	cutPlacement,
	type Host,
	largerResources,
	type Placement,
	type ResourceVector,
	subtractResources,
} from '../capacity/resources.ts';
import { capacityOf } from '../capacity/site-seconds.ts';
import { HeldTogether } from '../negotiation/policy/held.ts';
import { accountOf, type Quotas } from '../negotiation/policy/quota.ts';
import { periodAt, VoUsage } from '../negotiation/policy/usage.ts';
import type { ReservationOwner, ReservationRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

interface AccountsParts {
	readonly store: Store;
	readonly site: string;
	readonly hosts: readonly Host[];
	/** What all of them together never give out. */
	readonly reserve: ResourceVector;
	/** Undefined: nobody counts what VOs have booked. */
	readonly quotas: Quotas | undefined;
}

/** What is booked and what is held, counted for those whom limits are about: VOs, and all parties together. */
export class Accounts {
	/** What VOs have booked; undefined where nobody has a quota. */
	readonly usage: VoUsage | undefined;
	/** What is held, for all parties together. */
	readonly held: HeldTogether;
	readonly #parts: AccountsParts;

	/** Reads the books: everything that is live, and what VOs have booked from the beginning of this period on. */
	constructor(parts: AccountsParts, live: readonly ReservationRecord[], now: number) {
		const { hosts, reserve } = parts;
		const capacity = capacityOf(hosts);
		this.#parts = parts;
		this.held = new HeldTogether(subtractResources(largerResources(capacity, reserve), reserve));
		this.usage = parts.quotas && this.#readUsage(parts.quotas, now);
		for (const { owner, placement } of live) if ('holdId' in owner) this.held.take(this.#voOf(owner), placement);
		// As the calendar: to release what is over changes nothing.
		this.held.forgetBefore(now);
	}

	/**
	 * Counts what is booked (1) or given back (-1) and answers how to undo it. For the VO it counts from now on: the past
	 * has been used. Of a hold all of it, since nobody has used what is only held.
	 */
	enter(owner: ReservationOwner, placement: Placement, sign: 1 | -1, now: number): readonly (() => void)[] {
		const isHeld = 'holdId' in owner;
		const undo: (() => void)[] = [];
		const count = (take: () => void, giveBack: () => void): void => {
			if (sign > 0) take();
			else giveBack();
			undo.push(sign > 0 ? giveBack : take);
		};
		const { held, usage } = this;
		const counted = isHeld ? placement : cutPlacement(placement, now, Number.POSITIVE_INFINITY);
		if (usage !== undefined && counted !== undefined) {
			const account = accountOf(this.#parts.quotas!, this.#voOf(owner));
			count(
				() => usage.take(account, counted),
				() => usage.giveBack(account, counted),
			);
		}
		if (isHeld) {
			const vo = this.#voOf(owner);
			count(
				() => held.take(vo, placement),
				() => held.giveBack(vo, placement),
			);
		}
		return undo;
	}

	/** Drops what is over. */
	forgetBefore(at: number): void {
		this.usage?.forgetBefore(at);
		this.held.forgetBefore(at);
	}

	#readUsage(quotas: Quotas, now: number): VoUsage {
		const { store, site } = this.#parts;
		const usage = new VoUsage(quotas.period);
		const { startAt } = periodAt(quotas.period, now);
		for (const { vo, placement } of store.reservations.bookedByVos(site, startAt)) {
			usage.take(accountOf(quotas, vo), placement);
		}
		return usage;
	}

	#voOf(owner: ReservationOwner): string {
		return this.#parts.store.reservations.voOf(owner);
	}
}
