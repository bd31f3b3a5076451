/**
 * The time of the simulated site: the machine's own, or one that stands still until it is told to go on.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface SimulatedTime {
	/** Epoch seconds, with fractions. */
	now(): number;
	/** Calls `action` once, when that time has come; the answer calls it off. */
	at(time: number, action: () => void): () => void;
}

/** The longest that a timer of Node waits; it would fire at once beyond. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The time of the machine. Its timers do not keep the process alive. */
export const REAL_TIME: SimulatedTime = {
	now: () => Date.now() / 1000,
	at(time, action) {
		const waitMs = (time - Date.now() / 1000) * 1000;
		if (waitMs > TIMER_MS_MAX) throw new RangeError(`a time ${waitMs} ms ahead, at most ${TIMER_MS_MAX} allowed`);
		const timer = setTimeout(action, Math.max(0, waitMs)).unref();
		return () => clearTimeout(timer);
	},
};

/** A time that goes on only by {@link ManualTime.advance}: the same calls give the same history. */
export class ManualTime implements SimulatedTime {
	#now: number;
	/** In the order of their times, equal ones in the order in which they were set. */
	readonly #alarms: { readonly time: number; readonly action: () => void }[] = [];

	constructor(startAt: number) {
		this.#now = startAt;
	}

	now(): number {
		return this.#now;
	}

	at(time: number, action: () => void): () => void {
		const alarm = { time, action };
		const later = this.#alarms.findIndex((other) => other.time > time);
		this.#alarms.splice(later < 0 ? this.#alarms.length : later, 0, alarm);
		return () => {
			const index = this.#alarms.indexOf(alarm);
			if (index >= 0) this.#alarms.splice(index, 1);
		};
	}

	/** Goes on by so many seconds; what each alarm sets in motion comes to rest before the next one rings. */
	async advance(seconds: number): Promise<void> {
		const until = this.#now + seconds;
		await nextTurn();
		for (let alarm = this.#alarms[0]; alarm !== undefined && alarm.time <= until; alarm = this.#alarms[0]) {
			this.#alarms.shift();
			this.#now = Math.max(this.#now, alarm.time);
			alarm.action();
			await nextTurn();
		}
		this.#now = until;
	}
}
