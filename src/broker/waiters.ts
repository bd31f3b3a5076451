import { OperatingError } from '../errors.ts';

/** Who waits at most: each holds a connection open and looks again with every change of its agreement. */
export const WAITERS_MAX = 1024;

/** Who waits for news about which agreement. */
export class Waiters {
	readonly #waiting = new Map<string, Set<() => void>>();
	#count = 0;
	#closed = false;

	/**
	 * Until the condition holds or the time is over; looks at it now and whenever somebody says that there is news.
	 * Throws BROKER_BUSY where too many wait, and what the condition throws.
	 */
	async wait(agreementId: string, deadlineMs: number, condition: () => boolean): Promise<void> {
		if (condition()) return;
		if (this.#count >= WAITERS_MAX) throw new OperatingError('BROKER_BUSY', 'Too many are waiting for changes.');
		this.#count += 1;
		let over = false;
		let wake: () => void = () => {};
		const look = (): void => wake();
		const timer = setTimeout(() => {
			over = true;
			wake();
		}, deadlineMs);
		const waiting = this.#waiting.get(agreementId) ?? new Set();
		this.#waiting.set(agreementId, waiting.add(look));
		try {
			while (!over && !this.#closed) {
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
				if (condition()) return;
			}
		} finally {
			clearTimeout(timer);
			this.#count -= 1;
			waiting.delete(look);
			if (waiting.size === 0) this.#waiting.delete(agreementId);
		}
	}

	/** There is news about the agreement. */
	wake(agreementId: string): void {
		for (const look of this.#waiting.get(agreementId) ?? []) look();
	}

	/** Nobody waits any longer. */
	close(): void {
		this.#closed = true;
		for (const agreementId of this.#waiting.keys()) this.wake(agreementId);
	}
}
