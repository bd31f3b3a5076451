import type { SitePolicy } from '../negotiation/policy/policy.ts';
import type { Store } from '../store/store.ts';
import type { Lease } from '../store/work.ts';
import type { Desk } from './desk.ts';
import {
	type Failure,
	type FailureOutcome,
	failErrand,
	finishErrand,
	type LeasedErrand,
	leaseErrands,
	type MachineOrder,
	machinesWanted,
	type Observation,
} from './errands.ts';
import { recordObservation } from './lifecycle.ts';
import type { Nudge } from './outcome.ts';

interface ErrandDeskParts {
	readonly store: Store;
	readonly site: string;
	readonly desk: Desk;
	readonly policy: () => SitePolicy;
}

/** Where those who run the machines are told what is due, and tell what they did and saw. */
export class ErrandDesk {
	readonly #parts: ErrandDeskParts;
	readonly #nudged = new Set<(nudge: Nudge) => void>();

	constructor(parts: ErrandDeskParts) {
		this.#parts = parts;
	}

	/** Told after a COMMIT what is due and when; must not throw, is not awaited. Returns how to stop it. */
	onNudge(listener: (nudge: Nudge) => void): () => void {
		this.#nudged.add(listener);
		return () => this.#nudged.delete(listener);
	}

	/** Tells whoever listens what has come to be due. */
	announce(nudges: readonly Nudge[]): void {
		for (const nudge of nudges) for (const listener of this.#nudged) queueMicrotask(() => listener(nudge));
	}

	/** When something is due, for whoever sleeps until then. */
	nextDueAt(): number | undefined {
		const { store, site } = this.#parts;
		return store.work.nextDueAt(site);
	}

	/** First does what time alone decides, then leases errands for machines that are due. */
	async lease(limit: number): Promise<readonly LeasedErrand[]> {
		const dueAt = this.nextDueAt();
		const { desk } = this.#parts;
		if (dueAt === undefined || dueAt > desk.now()) return [];
		return desk.write((turn) => leaseErrands(turn, limit));
	}

	/** The errand is done; false where the lease was lost. What was seen is recorded either way. */
	async finish(lease: Lease, observations: readonly Observation[]): Promise<boolean> {
		return this.#parts.desk.write((turn) => finishErrand(turn, lease, observations));
	}

	/** The errand failed: it is tried again later, or its agreement moves to another host or ends. */
	async fail(lease: Lease, observations: readonly Observation[], failure: Failure): Promise<FailureOutcome> {
		const { desk, policy } = this.#parts;
		return desk.write((turn) => failErrand(turn, lease, observations, failure, policy()));
	}

	/** Every machine that shall be there now: whatever else carries this installation's id should not (H4). */
	machinesWanted(): readonly MachineOrder[] {
		const { store, site, desk } = this.#parts;
		return machinesWanted(store, site, desk.now());
	}

	/** Records what was seen, outside an errand. Machines that are not known are passed over. */
	async record(observations: readonly Observation[]): Promise<void> {
		await this.#parts.desk.write((turn) => {
			for (const { workspaceId, index, observed } of observations) {
				recordObservation(turn, workspaceId, index, observed);
			}
		});
	}
}
