/** Automata over decimal numbers: how many digits they have, and within which bounds they are. */
import type { RangeValue } from '../jsdl/range.ts';
import type { CharacterSet } from './character-set.ts';
import type { Machine } from './machine.ts';
import { numeralOfDouble } from './numeral.ts';

const SIGNIFICANT: readonly CharacterSet[] = Array.from('0123456789.+-', (character): CharacterSet => {
	const code = character.codePointAt(0)!;
	return [[code, code]];
});

/** What of a number is counted: other digits are alike. */
const COUNTED: readonly CharacterSet[] = [
	[[0x31, 0x39]],
	...Array.from('0.+-', (character): CharacterSet => [[character.codePointAt(0)!, character.codePointAt(0)!]]),
];

/** Of a budget: what a look at one digit takes, for one bound. */
const STEPS_PER_DIGIT = 40;

/** Accepts decimal numbers with at most so many digits, without leading zeros and those that end a fraction. */
export function digitsMachine(kind: 'totalDigits' | 'fractionDigits', most: number): Machine {
	// `zeros` may turn out to end the fraction.
	const keep = (isFraction: boolean, digits: number, zeros: number): string | undefined =>
		digits > most ? undefined : `${isFraction ? '.' : ''}${digits},${Math.min(zeros, most + 1)}`;
	return {
		sets: COUNTED,
		start: '0,0',
		next: (state, code) => {
			const text = state as string;
			const isFraction = text.startsWith('.');
			const [digits, zeros] = text.replace('.', '').split(',').map(Number) as [number, number];
			const character = String.fromCodePoint(code);
			if (character === '.') return isFraction ? undefined : keep(true, digits, 0);
			if (/[+-]/.test(character)) return text === '0,0' ? text : undefined;
			if (!/[0-9]/.test(character)) return undefined;
			if (isFraction) return character === '0' ? keep(true, digits, zeros + 1) : keep(true, digits + zeros + 1, 0);
			const isCounted = kind === 'totalDigits' && (digits > 0 || character !== '0');
			return keep(false, digits + Number(isCounted), 0);
		},
		accepts: () => true,
		cost: () => STEPS_PER_DIGIT,
	};
}

/** Of decimal numbers accepts those within the range, as they are written in decimal; and every text that is none. */
export function withinMachine({ intervals }: RangeValue): Machine {
	const ends = intervals.flatMap(({ lower, upper }) => [comparison(lower), comparison(upper)]);
	/** Whether some interval holds it; where it is not known yet how it compares with an end, it may. */
	const mayBeWithin = (orders: readonly (number | undefined)[]): boolean =>
		intervals.some(({ lowerOpen, upperOpen }, index) => {
			const [toLower = 1, toUpper = -1] = [orders[2 * index], orders[2 * index + 1]];
			return (lowerOpen ? toLower > 0 : toLower >= 0) && (upperOpen ? toUpper < 0 : toUpper <= 0);
		});
	return {
		sets: SIGNIFICANT,
		start: ends.map(({ start }) => start).join(),
		next: (state, code) => {
			if (state === NO_NUMBER) return state;
			const character = String.fromCodePoint(code);
			if (!/[0-9.+-]/.test(character)) return NO_NUMBER;
			if (state === OUTSIDE) return state;
			const before = (state as string).split(',').map(Number);
			const states = ends.map((end, index) => end.next(before[index]!, character));
			return mayBeWithin(ends.map((end, index) => end.decided(states[index]!))) ? states.join() : OUTSIDE;
		},
		accepts: (state) => {
			if (state === NO_NUMBER || state === OUTSIDE) return state === NO_NUMBER;
			const states = (state as string).split(',').map(Number);
			return mayBeWithin(ends.map((end, index) => end.order(states[index]!)));
		},
		cost: () => STEPS_PER_DIGIT * (1 + ends.length),
	};
}

const NO_NUMBER = 'none';
/** Whatever other digits follow, the number is not within. */
const OUTSIDE = 'outside';

/** How what was read so far compares with a number: below it (negative), equal or above (positive). */
interface Comparison {
	readonly start: number;
	readonly next: (state: number, character: string) => number;
	readonly order: (state: number) => number;
	/** The order that no other digits change; undefined: they may. */
	readonly decided: (state: number) => number | undefined;
}

function comparison(bound: number): Comparison {
	if (!Number.isFinite(bound)) {
		const order = (): number => -Math.sign(bound);
		return { start: 0, next: (state) => state, order, decided: order };
	}
	const { whole, fraction } = numeralOfDouble(bound);
	/** Of the whole part: the order of as many digits as were read; of the fraction: that of all. */
	const magnitude = ({ digits, order, isFraction }: Digits): number => {
		if (isFraction) return order === 0 && digits < fraction.length ? -1 : order;
		if (digits !== whole.length) return digits - whole.length;
		return order === 0 && fraction !== '' ? -1 : order;
	};
	const orderOf = (state: number): number => {
		const read = decode(state);
		const ofMagnitude = magnitude(read);
		if (bound < 0) return read.isNegative ? -ofMagnitude : 1;
		if (!read.isNegative) return ofMagnitude;
		return bound === 0 && ofMagnitude === 0 ? 0 : -1;
	};
	return {
		start: encode({ digits: 0, order: 0, isFraction: false, isNegative: false }),
		next: (state, character) => {
			const read = decode(state);
			const { digits, order, isFraction } = read;
			if (character === '-') return encode({ ...read, isNegative: true });
			if (character === '+') return state;
			if (character === '.') {
				const ofWhole = digits === whole.length ? order : Math.sign(digits - whole.length);
				return encode({ ...read, digits: 0, order: ofWhole, isFraction: true });
			}
			if (!isFraction && digits === 0 && character === '0') return state;
			const facing = (isFraction ? fraction : whole)[digits] ?? (isFraction ? '0' : character);
			const most = isFraction ? fraction.length : whole.length + 1;
			const next = order === 0 ? Math.sign(Number(character) - Number(facing)) : order;
			return encode({ ...read, digits: Math.min(digits + 1, most), order: next });
		},
		order: orderOf,
		decided: (state) => {
			const { digits, order, isFraction } = decode(state);
			const isDecided = isFraction ? order !== 0 : digits > whole.length;
			return isDecided ? orderOf(state) : undefined;
		},
	};
}

interface Digits {
	readonly digits: number;
	readonly order: number;
	readonly isFraction: boolean;
	readonly isNegative: boolean;
}

function encode({ digits, order, isFraction, isNegative }: Digits): number {
	return ((digits * 3 + order + 1) * 2 + Number(isFraction)) * 2 + Number(isNegative);
}

function decode(state: number): Digits {
	const rest = state >> 2;
	return {
		digits: Math.floor(rest / 3),
		order: (rest % 3) - 1,
		isFraction: (state & 2) > 0,
		isNegative: (state & 1) > 0,
	};
}
