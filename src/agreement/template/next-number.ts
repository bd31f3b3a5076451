/** The next number above or below one that a table of automata lets be written, digit by digit. */
import type { Table } from './automaton-table.ts';
import type { StepBudget } from './location.ts';
import { begins, behind, mantissaOf, STEPS_PER_STATE, tailsOf, type Written } from './number-wordings.ts';
import { isZero, type Numeral, numeralOf, shifted, ZERO } from './numeral.ts';

/** Digits that are tried before the point where a number has fewer, as many as one of 64 bits has. */
const WHOLE_DIGITS_MAX = 20;
/** Behind the decimals that count. */
const ZEROS_MAX = 12;

/**
 * The next number above or below that may be written, with at most so many decimals, as it may be: one without an
 * exponent, and one with each that is tried.
 */
export function nextNumber(
	table: Table,
	numeral: Numeral,
	isUp: boolean,
	decimals: number,
	budget: StepBudget,
): readonly string[] {
	return tailsOf(table, numeral, budget).flatMap((tail) => {
		const from = shifted(numeral, -tail.exponent);
		const most = Math.max(0, decimals + tail.exponent);
		const look = (isNegative: boolean, isAway: boolean, size: Numeral): Written | undefined => {
			for (const sign of isNegative ? ['-'] : ['', '+']) {
				const found = new Walk(table, tail.ends, size, isAway, most, budget).behind(sign);
				if (found !== undefined) return found;
			}
			return undefined;
		};
		const isAway = isUp !== numeral.isNegative;
		const found = look(numeral.isNegative, isAway, from);
		const isLast = isAway || (found !== undefined && !isZero(numeralOf(found.text)));
		// Towards 0 there is 0 itself, however it is written, and beyond it what has the other sign.
		const zero = isLast || isZero(from) ? undefined : (mantissaOf(table, ZERO, tail.ends, budget) ?? found);
		const next = isLast ? found : (zero ?? look(!numeral.isNegative, true, ZERO));
		return next === undefined ? [] : [next.text + tail.textBehind(next.state)];
	});
}

/** The search for the next size that is greater (`isAway`: away from 0) or less than one, digit by digit. */
class Walk {
	readonly #table: Table;
	readonly #ends: Uint8Array;
	readonly #whole: string;
	readonly #fraction: string;
	readonly #isAway: boolean;
	readonly #decimals: number;
	readonly #budget: StepBudget;
	/** From where nothing comes to an end whatever digits follow. */
	readonly #failed = new Set<string>();

	constructor(
		table: Table,
		ends: Uint8Array,
		{ whole, fraction }: Numeral,
		isAway: boolean,
		decimals: number,
		budget: StepBudget,
	) {
		this.#table = table;
		this.#ends = ends;
		[this.#whole, this.#fraction] = [whole, fraction];
		[this.#isAway, this.#decimals] = [isAway, decimals];
		this.#budget = budget;
	}

	behind(sign: string): Written | undefined {
		const length = this.#whole.length;
		const most = Math.min(this.#table.most[0]!, Math.max(length + 1, WHOLE_DIGITS_MAX));
		const first = this.#isAway ? length : Math.min(length, most);
		for (let digits = first; this.#isAway ? digits <= most : digits >= 0; digits += this.#isAway ? 1 : -1) {
			let best: Written | undefined;
			for (const begin of begins(this.#table, sign, digits === 0, this.#budget)) {
				const found = this.#wholeBehind(begin, digits, digits, digits === length);
				if (found === undefined) continue;
				if (best === undefined || this.#isNearer(found.text, best.text)) best = found;
				if (this.#isNext(found.text)) return found;
			}
			if (best !== undefined) return best;
		}
		return undefined;
	}

	/** Whether there is no number between, of those with so many decimals. */
	#isNext(text: string): boolean {
		const scaled = ({ whole, fraction }: Pick<Numeral, 'whole' | 'fraction'>): bigint =>
			BigInt(whole + fraction.slice(0, this.#decimals).padEnd(this.#decimals, '0'));
		const own = scaled({ whole: this.#whole, fraction: this.#fraction });
		const isCut = this.#fraction.length > this.#decimals;
		return scaled(numeralOf(text)) === own + (this.#isAway ? 1n : isCut ? 0n : -1n);
	}

	/** Both have as many digits before the point, but for zeros. */
	#isNearer(one: string, other: string): boolean {
		const [left, right] = [numeralOf(one), numeralOf(other)].map(({ whole, fraction }) => `${whole}.${fraction}`);
		return this.#isAway ? left! < right! : left! > right!;
	}

	/** `left` digits of `digits` before the point are to come; tight: those so far are those of the number itself. */
	#wholeBehind(from: Written, digits: number, left: number, isTight: boolean): Written | undefined {
		if (left === 0) return this.#pointBehind(from, isTight);
		const same = Number(this.#whole[digits - left]);
		return this.#digitBehind(from, `w${left}`, isTight ? same : undefined, left === digits ? 1 : 0, 9, (next, isSame) =>
			this.#wholeBehind(next, digits, left - 1, isSame),
		);
	}

	#pointBehind(from: Written, isTight: boolean): Written | undefined {
		const hasDigit = /\d$/.test(from.text);
		const ended = hasDigit && this.#ends[from.state] === 1 ? from : undefined;
		if (!isTight && this.#isAway && ended !== undefined) return ended;
		const next = this.#step(from, '.');
		const found = next && this.#fractionBehind(next, 0, isTight, hasDigit);
		const mayEnd = !isTight || (!this.#isAway && this.#fraction !== '');
		return found ?? (mayEnd ? ended : undefined);
	}

	#fractionBehind(from: Written, count: number, isTight: boolean, hasDigit: boolean): Written | undefined {
		const ended = (hasDigit || count > 0) && this.#ends[from.state] === 1 ? from : undefined;
		if (!isTight && this.#isAway && ended !== undefined) return ended;
		// Nothing is less than what goes on with zeros alone, nor more with no other digit to come.
		const isOver = isTight && count >= (this.#isAway ? this.#decimals : this.#fraction.length);
		const most = count < this.#decimals ? 9 : 0;
		const found =
			isOver || count >= this.#decimals + ZEROS_MAX
				? undefined
				: this.#digitBehind(
						from,
						`f${count}`,
						isTight ? Number(this.#fraction[count] ?? 0) : undefined,
						0,
						most,
						(next, isSame) => this.#fractionBehind(next, count + 1, isSame, true),
					);
		const mayEnd = !isTight || (!this.#isAway && count < this.#fraction.length);
		return found ?? (mayEnd ? ended : undefined);
	}

	/** The digit that is nearest and comes to an end: `same` or on from there, where it is tight. */
	#digitBehind(
		from: Written,
		phase: string,
		same: number | undefined,
		least: number,
		most: number,
		goOn: (next: Written, isTight: boolean) => Written | undefined,
	): Written | undefined {
		const key = `${phase} ${least} ${from.state}`;
		if (this.#budget.remaining < 0 || (same === undefined && this.#failed.has(key))) return undefined;
		const [lower, upper] = [
			Math.max(least, this.#isAway ? (same ?? 0) : 0),
			Math.min(most, this.#isAway ? 9 : (same ?? 9)),
		];
		for (let step = 0; step <= upper - lower; step += 1) {
			const digit = this.#isAway ? lower + step : upper - step;
			const next = this.#step(from, String(digit));
			const found = next && goOn(next, digit === same);
			if (found !== undefined) return found;
		}
		if (same === undefined) this.#failed.add(key);
		return undefined;
	}

	#step({ text, state }: Written, character: string): Written | undefined {
		this.#budget.remaining -= STEPS_PER_STATE;
		const next = behind(this.#table, state, character);
		return next < 0 ? undefined : { text: text + character, state: next };
	}
}
