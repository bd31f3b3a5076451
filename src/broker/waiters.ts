import { OperatingError } from '../errors.ts';

/** Who waits at most: each holds a connection open and looks again with every change of its agreement. */
export const WAITERS_MAX = 1024;

/** Who waits for news about which agreement. */
export class Waiters {
	readonly #waiting = new Map<string, Set<() => void>>();
	#count = 0;
	#closed = false;

	/** Until the condition holds or the time is over; looks at the condition now and whenever it is woken. */
	async wait(agreementId: string, deadlineMs: number, condition: () => boolean): Promise<void> {
		if (condition()) return;
		if (this.#count >= WAITERS_MAX) throw new OperatingError('BROKER_BUSY', 'Too many are waiting for changes.');
		const waiting = this.#waiting.get(agreementId) ?? new Set();
		this.#waiting.set(agreementId, waiting);
		this.#count += 1;
		await new Promise<void>((resolve) => {
			const end = (): void => {
				clearTimeout(timer);
				this.#count -= 1;
				waiting.delete(look);
				if (waiting.size === 0) this.#waiting.delete(agreementId);
				resolve();
			};
			const look = (): void => {
				if (this.#closed || condition()) end();
			};
			const timer = setTimeout(end, deadlineMs);
			waiting.add(look);
		});
	}

	/** Something about the agreement has changed. */
	wake(agreementId: string): void {
		for (const look of [...(this.#waiting.get(agreementId) ?? [])]) look();
	}

	/** Nobody waits any longer. */
	close(): void {
		this.#closed = true;
		for (const agreementId of [...this.#waiting.keys()]) this.wake(agreementId);
	}
}
