/**
 * Turns: work on one machine, or on one image, follows one after another, in the order in which it was asked for.
 */
export class Turns {
	readonly #last = new Map<string, Promise<unknown>>();

	/** Does the work when everything asked for before under this key has ended, well or badly. */
	async take<T>(key: string, work: () => Promise<T>): Promise<T> {
		const turn = (this.#last.get(key) ?? Promise.resolve()).then(work, work);
		this.#last.set(key, turn);
		try {
			return await turn;
		} finally {
			if (this.#last.get(key) === turn) this.#last.delete(key);
		}
	}

	/** Whether work under this key is under way or waiting. */
	has(key: string): boolean {
		return this.#last.has(key);
	}
}
