/**
 * Numbers as a table of automata lets them be written: the wording of a given number, with the leading zeros, the sign, the
 * zeros behind the fraction and the exponent that it takes.
 */
import type { Table } from './automaton-table.ts';
import type { StepBudget } from './location.ts';
import { isZero, type Numeral, shifted } from './numeral.ts';

/** Steps of a budget: what one state behind a character takes. */
export const STEPS_PER_STATE = 6;
/** Of an exponent; a double has no more. */
const EXPONENT_DIGITS_MAX = 3;
/** Of more exponents only those are tried with which a number has one digit before the point, and those beside. */
const EXPONENTS_MAX = 24;

/** How the number may be written, in the plainest way that there is; undefined: not at all. */
export function wordingOf(table: Table, numeral: Numeral, budget: StepBudget): string | undefined {
	for (const tail of tailsOf(table, numeral, budget)) {
		const found = mantissaOf(table, shifted(numeral, -tail.exponent), tail.ends, budget);
		if (found !== undefined) return found.text + tail.textBehind(found.state);
	}
	return undefined;
}

/** What may follow the digits: nothing, or an exponent; `ends`: the states in front of it. */
interface Tail {
	readonly exponent: number;
	readonly ends: Uint8Array;
	readonly textBehind: (state: number) => string;
}

/** Without an exponent first; the exponents, made once for a table, by how few zeros a number has with them. */
export function tailsOf(table: Table, { whole, fraction }: Numeral, budget: StepBudget): readonly Tail[] {
	const plain: Tail = { exponent: 0, ends: table.isEnd, textBehind: () => '' };
	const known = EXPONENTS.get(table) ?? exponentsOf(table);
	EXPONENTS.set(table, known);
	budget.remaining -= known.cost;
	const size = whole === '' ? -fraction.search(/[1-9]|$/) : whole.length - 1;
	const sorted = known.tails.toSorted((one, other) => Math.abs(one.exponent - size) - Math.abs(other.exponent - size));
	return [plain, ...sorted.slice(0, EXPONENTS_MAX)];
}

interface Exponents {
	readonly tails: readonly Tail[];
	readonly cost: number;
}

const EXPONENTS = new WeakMap<Table, Exponents>();

function exponentsOf(table: Table): Exponents {
	const byExponent = new Map<number, Map<number, string>>();
	let cost = 1;
	const grow = (from: number, state: number, text: string, sign: 1 | -1, digits: string): void => {
		cost += 1;
		if (digits !== '' && table.isEnd[state] === 1) {
			const exponent = sign * Number(digits) + 0;
			const ends = byExponent.get(exponent) ?? new Map<number, string>();
			byExponent.set(exponent, ends);
			if ((ends.get(from)?.length ?? Number.POSITIVE_INFINITY) > text.length) ends.set(from, text);
		}
		if (digits.length === EXPONENT_DIGITS_MAX || cost > EXPONENT_STATES_MAX) return;
		for (const digit of DIGITS) {
			const next = behind(table, state, digit);
			if (next >= 0) grow(from, next, text + digit, sign, digits + digit);
		}
	};
	for (const letter of ['e', 'E']) {
		const kind = table.alphabet.kindOf(letter.codePointAt(0)!);
		if (kind === undefined || table.isUsed[kind] === 0) continue;
		for (const from of table.isEnd.keys()) {
			const next = behind(table, from, letter);
			if (next < 0) continue;
			for (const sign of ['', '-', '+']) {
				const state = sign === '' ? next : behind(table, next, sign);
				if (state >= 0) grow(from, state, letter + sign, sign === '-' ? -1 : 1, '');
			}
		}
	}
	const tails = [...byExponent].map(([exponent, texts]): Tail => {
		const ends = Uint8Array.from(table.isEnd, (_, state) => Number(texts.has(state)));
		return { exponent, ends, textBehind: (state) => texts.get(state)! };
	});
	return { tails, cost };
}

/** A pattern that takes every exponent is seldom more than what it takes without one. */
const EXPONENT_STATES_MAX = 5000;
const DIGITS = [...'0123456789'];

export function behind({ alphabet, behind: next, kinds }: Table, state: number, character: string): number {
	const kind = alphabet.kindOf(character.codePointAt(0)!);
	return kind === undefined ? -1 : next[state * kinds + kind]!;
}

export interface Written {
	readonly text: string;
	readonly state: number;
}

/** All that zeros lead to from there, each with the fewest of them. */
function* behindZeros(table: Table, from: Written, budget: StepBudget): Generator<Written> {
	const seen = new Set<number>();
	for (let { text, state } = from; state >= 0 && !seen.has(state); state = behind(table, state, '0'), text += '0') {
		budget.remaining -= STEPS_PER_STATE;
		seen.add(state);
		yield { text, state };
	}
}

/** The states behind a sign and zeros: one of them before a fraction alone first, as it is mostly written. */
export function* begins(table: Table, sign: string, isNone: boolean, budget: StepBudget): Generator<Written> {
	const state = sign === '' ? 0 : behind(table, 0, sign);
	if (state < 0) return;
	const zeros = behindZeros(table, { text: sign, state }, budget);
	if (isNone) {
		const [none, one] = [zeros.next(), zeros.next()];
		for (const each of [one, none]) if (!each.done) yield each.value;
	}
	yield* zeros;
}

function follow(table: Table, { text, state }: Written, digits: string, budget: StepBudget): Written | undefined {
	let at = state;
	for (const digit of digits) {
		budget.remaining -= STEPS_PER_STATE;
		at = behind(table, at, digit);
		if (at < 0) return undefined;
	}
	return { text: text + digits, state: at };
}

/** The digits of that number, with what sign and zeros they need to come to an end. */
export function mantissaOf(table: Table, numeral: Numeral, ends: Uint8Array, budget: StepBudget): Written | undefined {
	const { isNegative, whole, fraction } = numeral;
	for (const sign of isZero(numeral) ? ['', '+', '-'] : isNegative ? ['-'] : ['', '+']) {
		for (const begin of begins(table, sign, whole === '', budget)) {
			if (budget.remaining < 0) return undefined;
			const written = follow(table, begin, whole, budget);
			if (written === undefined) continue;
			const hasWhole = written.text !== sign;
			if (fraction === '' && hasWhole && ends[written.state] === 1) return written;
			const behindPoint = follow(table, written, `.${fraction}`, budget);
			for (const found of behindPoint === undefined ? [] : behindZeros(table, behindPoint, budget)) {
				if (ends[found.state] === 1 && (hasWhole || found.text.length > sign.length + 1)) return found;
			}
		}
	}
	return undefined;
}
