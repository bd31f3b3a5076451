import { OperatingError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { BROKEN_OFF, Deliberation, deliberate, GO_MS } from './deliberation.ts';
import type { Ledger } from './ledger.ts';
import type { Nudge } from './outcome.ts';
import { Turn } from './turn.ts';

/** Requests that wait at most: at two thousand a second, half a second; who comes later had better come again. */
export const QUEUE_MAX = 1024;

/** Decisions in one transaction: an fsync divided by 64 is no longer what a decision costs, and more gain nothing. */
export const BATCH_MAX = 64;

/**
 * After so long no further decision is begun in a transaction: 64 accepted offers of 8 KB take 10 to 15 ms, as many that
 * are refused with all their reasons 40. Documents may be made that take all that a decision may hold the thread for,
 * {@link GO_MS} and a part, each; and whatever else is to be done waits for the whole batch.
 */
const BATCH_MS_MAX = 15;

/**
 * Something to be decided; runs under the site's lock, at the turn's time, all of it or nothing. It may be undone with
 * its batch and run anew, so it changes nothing but what is its turn's to change.
 */
export type Decide<T> = (turn: Turn) => T;

interface Deciding {
	readonly decide: Decide<unknown>;
	readonly writes: boolean;
	/** It is not broken off. */
	readonly isWhole?: true;
	/** While it is being decided, and once it was broken off. */
	begun?: Begun | undefined;
}

interface Begun {
	readonly deliberation: Deliberation;
	/** The time of its turn: it stays what it was. */
	readonly now: number;
	/** What the site was when it began; of another one nothing that was found out is true. */
	readonly version: number;
	readonly passed: number;
}

interface Waiting extends Deciding {
	isAlone: boolean;
	readonly resolve: (value: never) => void;
	readonly reject: (error: unknown) => void;
}

type Verdict = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** Undefined: it was broken off, and nothing has come of it yet. */
type Perform = (deciding: Deciding, turn: Turn) => Verdict | undefined;

interface DecidedBatch {
	/** Of the first of the batch, as many as there was time for. */
	readonly verdicts: readonly Verdict[];
	readonly changed: ReadonlySet<string>;
	readonly nudges: readonly Nudge[];
}

/** What a desk is made of. */
export interface DeskParts {
	readonly store: Store;
	readonly site: string;
	readonly ledger: Ledger;
	/** Epoch seconds; may go back, the desk's time does not. */
	readonly clock: () => number;
	/**
	 * What comes before all decisions of a batch: what time alone has decided since the last one. `perform` makes one
	 * such decision and returns what it threw, or undefined.
	 */
	readonly passTime: (now: number, perform: (decide: Decide<unknown>) => unknown) => void;
	/** Whether `passTime` would have nothing to do. */
	readonly isQuiet: (now: number) => boolean;
	/** Told after each COMMIT, before any caller hears of it. */
	readonly committed: (changed: ReadonlySet<string>, nudges: readonly Nudge[]) => void;
	/** Told when a batch was undone: what was remembered of the database may not be in it. */
	readonly abandoned: () => void;
	/** After so many milliseconds a decision is broken off behind its part; absent: {@link GO_MS}. */
	readonly goMs?: number | undefined;
}

/**
 * The desk of a site: one queue, one decision after the other, up to {@link BATCH_MAX} in one transaction, or as many as
 * {@link BATCH_MS_MAX} has time for. A decision that takes long is thought over in several goes, between which others
 * are served, but nothing else is decided. One that throws is undone alone, in the database and in the calendar, and
 * only its caller hears of it; where the COMMIT fails nobody hears "accepted" and the calendar is read again (H1, H2).
 *
 * Evaluations that come alone are rehearsed, each by itself, and nothing is committed. Beside decisions that write only
 * they have a savepoint each, at first: it copies every page that is written, and hardly any decision throws.
 * Where one does, the whole batch is undone and decided anew with a savepoint for each.
 */
export class Desk {
	readonly #parts: DeskParts;
	readonly #queue: Waiting[] = [];
	#lastAt: number;
	/** Decisions of time alone. */
	#passed = 0;
	#scheduled = false;
	#closed = false;

	constructor(parts: DeskParts, lastAt: number) {
		this.#parts = parts;
		this.#lastAt = lastAt;
	}

	/** The time of the site: the clock's, but never before what was committed. */
	now(): number {
		return Math.max(this.#parts.clock(), this.#lastAt);
	}

	/**
	 * Decides and commits; `alone` where it is known to take long, so that nobody waits for others beside it. Throws
	 * BROKER_BUSY, BROKER_CLOSED, STORE_UNAVAILABLE, or what the decision threw.
	 */
	write<T>(decide: Decide<T>, alone: 'alone' | 'together' = 'together'): Promise<T> {
		return this.#enqueue(decide, true, alone === 'alone');
	}

	/** Decides at the same desk without a trace: whatever the decision wrote is undone. */
	evaluate<T>(decide: Decide<T>): Promise<T> {
		return this.#enqueue(decide, false, false);
	}

	/** Work that changes nothing and needs no lock, in goes. Throws what the work throws. */
	deliberate<T>(work: () => T): Promise<T> {
		return deliberate(work, this.#parts.goMs);
	}

	/** Takes nothing more; what waits is answered with BROKER_CLOSED. */
	close(): void {
		this.#closed = true;
		for (const { reject } of this.#queue.splice(0)) reject(new OperatingError('BROKER_CLOSED'));
	}

	#enqueue<T>(decide: Decide<T>, writes: boolean, isAlone: boolean): Promise<T> {
		return new Promise<T>((resolve, reject) => {
			if (this.#closed) throw new OperatingError('BROKER_CLOSED');
			if (this.#queue.length >= QUEUE_MAX) throw new OperatingError('BROKER_BUSY');
			this.#queue.push({ decide, writes, isAlone, resolve, reject });
			this.#schedule();
		});
	}

	/** After what is ready now has arrived, so that requests that come together are committed together. */
	#schedule(): void {
		if (this.#scheduled) return;
		this.#scheduled = true;
		setImmediate(() => {
			this.#scheduled = false;
			// Once it was closed there is nothing left.
			if (this.#queue.length > 0) this.#serve(this.#queue.splice(0, this.#sizeOfBatch()));
			if (this.#queue.length > 0) this.#schedule();
		});
	}

	/** Up to the first that is decided alone, or this one by itself. */
	#sizeOfBatch(): number {
		const index = this.#queue.findIndex(({ isAlone }) => isAlone);
		return index < 0 ? BATCH_MAX : Math.max(1, Math.min(index, BATCH_MAX));
	}

	#serve(batch: readonly Waiting[]): void {
		const { ledger } = this.#parts;
		const [first] = batch;
		const now = first!.begun?.now ?? this.now();
		let decided: DecidedBatch;
		try {
			ledger.ensureLoaded(now);
			decided =
				this.#rehearse(batch, now) ??
				(first!.isAlone ? undefined : this.#decideTogether(batch, now)) ??
				this.#decide(batch, now, (...each) => this.#apart(...each));
		} catch (error) {
			ledger.forget();
			this.#parts.abandoned();
			for (const { reject } of batch) reject(error);
			return;
		}
		this.#lastAt = now;
		this.#queue.unshift(...batch.slice(decided.verdicts.length));
		this.#parts.committed(decided.changed, decided.nudges);
		for (const [index, verdict] of decided.verdicts.entries()) {
			if (verdict.ok) batch[index]!.resolve(verdict.value as never);
			else batch[index]!.reject(verdict.error);
		}
	}

	/** A batch of evaluations alone, for which nothing is committed; undefined where there is something to be written. */
	#rehearse(batch: readonly Waiting[], now: number): DecidedBatch | undefined {
		const { store, site, ledger, isQuiet } = this.#parts;
		if (batch.some(({ writes }) => writes) || !isQuiet(now)) return undefined;
		const verdicts = this.#decideEach(batch, (waiting) => {
			const mark = ledger.mark();
			try {
				const value = store.rehearse(() => this.#go(waiting, new Turn(store, site, ledger, now)));
				return { ok: true, value };
			} catch (error) {
				return error === BROKEN_OFF ? undefined : { ok: false, error };
			} finally {
				ledger.undoTo(mark);
			}
		});
		return { verdicts, changed: new Set(), nudges: [] };
	}

	/** As many as there is time for, up to one that is broken off: that one is gone on with alone. */
	#decideEach(batch: readonly Waiting[], perform: (waiting: Waiting) => Verdict | undefined): Verdict[] {
		const untilMs = performance.now() + BATCH_MS_MAX;
		const verdicts: Verdict[] = [];
		for (const waiting of batch) {
			if (verdicts.length > 0 && performance.now() > untilMs) break;
			const verdict = perform(waiting);
			if (verdict === undefined) {
				waiting.isAlone = true;
				break;
			}
			waiting.begun = undefined;
			verdicts.push(verdict);
		}
		return verdicts;
	}

	/** The batch without savepoints; undefined where a decision threw, and everything is as it was before. */
	#decideTogether(batch: readonly Waiting[], now: number): DecidedBatch | undefined {
		const { store, ledger } = this.#parts;
		const mark = ledger.mark();
		let threw = false;
		try {
			return this.#decide(batch, now, (deciding, turn) => {
				if (!deciding.writes) return this.#apart(deciding, turn);
				const before = ledger.mark();
				const { written } = store;
				try {
					return { ok: true, value: this.#go(deciding, turn, () => store.written === written) };
				} catch (error) {
					if (error === BROKEN_OFF) {
						ledger.undoTo(before);
						return undefined;
					}
					threw = store.inTransaction;
					throw error;
				}
			});
		} catch (error) {
			if (!threw) throw error;
			ledger.undoTo(mark);
			this.#parts.abandoned();
			return undefined;
		}
	}

	/** One transaction: what time alone has decided, and the batch. */
	#decide(batch: readonly Waiting[], now: number, performOne: Perform): DecidedBatch {
		const { store, ledger, site } = this.#parts;
		const changed = new Set<string>();
		const nudges: Nudge[] = [];
		const perform = (deciding: Deciding): Verdict | undefined => {
			const turn = new Turn(store, site, ledger, now);
			const verdict = performOne(deciding, turn);
			if (verdict?.ok && deciding.writes) {
				for (const id of turn.changed) changed.add(id);
				nudges.push(...turn.nudges);
			}
			return verdict;
		};
		const verdicts = store.transact(() => {
			this.#parts.passTime(now, (decide) => {
				this.#passed += 1;
				const verdict = perform({ decide, writes: true, isWhole: true })!;
				return verdict.ok ? undefined : verdict.error;
			});
			const all = this.#decideEach(batch, perform);
			const wrote = batch.slice(0, all.length).some(({ writes }) => writes);
			store.advance(site, wrote ? now : 0, ledger.version);
			return all;
		});
		return { verdicts, changed, nudges };
	}

	/** One decision with a savepoint of its own. */
	#apart(deciding: Deciding, turn: Turn): Verdict | undefined {
		const { store, ledger } = this.#parts;
		const mark = ledger.mark();
		let value: unknown;
		try {
			store.savepoint(() => {
				value = this.#go(deciding, turn);
				if (!deciding.writes) throw UNDO;
			});
			return { ok: true, value };
		} catch (error) {
			// The disk failed and SQLite has ended the whole transaction: no decision of this batch stands.
			if (!store.inTransaction) throw error;
			ledger.undoTo(mark);
			if (error === BROKEN_OFF) return undefined;
			return error === UNDO ? { ok: true, value } : { ok: false, error };
		}
	}

	/** One go at a decision. Throws BROKEN_OFF where that was not the last one, or what the decision throws. */
	#go(deciding: Deciding, turn: Turn, mayBreakOff?: () => boolean): unknown {
		if (deciding.isWhole) return deciding.decide(turn);
		const { version } = this.#parts.ledger;
		const { begun } = deciding;
		const isAsItWas = begun?.version === version && begun.passed === this.#passed;
		const deliberation = isAsItWas ? begun.deliberation : new Deliberation();
		deciding.begun = { deliberation, now: turn.now, version, passed: this.#passed };
		return deliberation.go(() => deciding.decide(turn), this.#parts.goMs ?? GO_MS, mayBreakOff);
	}
}

/** Thrown within a savepoint to undo what an evaluation wrote. */
const UNDO = new Error('An evaluation leaves no trace.');
