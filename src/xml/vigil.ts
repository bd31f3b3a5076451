/**
 * Whether to stay awake for what comes soon, instead of sleeping until one is woken. Where it was in vain it is left alone
 * for the next few times: it is in vain again and again where others want the CPU, too, or where all documents are large.
 */
export class Vigil {
	#left = 0;

	/** To be asked once before each time. */
	pays(): boolean {
		if (this.#left === 0) return true;
		this.#left -= 1;
		return false;
	}

	wasInVain(): void {
		this.#left = LEFT_ALONE;
	}
}

/** So it costs less than a tenth of what it would. */
export const LEFT_ALONE = 16;
