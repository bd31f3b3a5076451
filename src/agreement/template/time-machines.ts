/** Automata over times: which of them are within a bound. */

import { printDateTime } from '../time.ts';
import type { CharacterSet } from './character-set.ts';
import { keepsTo } from './facet-check.ts';
import type { Bound, BoundKind } from './facets.ts';
import type { Machine } from './machine.ts';
import type { SimpleType } from './simple-type.ts';

/**
 * Accepts what keeps to the bounds: times in UTC with the zone Z or none, of the years 1 to 9999.
 */
export function boundMachines({ space }: SimpleType, bounds: readonly Bound[]): readonly Machine[] {
	return bounds.flatMap(({ kind, ordinal }) => {
		const form = FORMS[space];
		const [first, last] = space === 'clock' ? [0, SECONDS_PER_DAY] : [FIRST_SECOND, LAST_SECOND];
		if (form === undefined || ordinal < first || ordinal >= last) return [];
		const second = printDateTime(Math.floor(ordinal)).slice(0, -1);
		const fraction = String(Math.abs(ordinal % 1)).slice(1);
		const { before, begin, end } = form;
		const rest = second.slice(end);
		// A day, month or year begins where the rest is the first of all.
		if (rest !== '')
			return [timeMachine(kind, before + second.slice(begin, end), !FIRST.endsWith(rest) || fraction !== '')];
		return [timeMachine(kind, second.slice(begin) + fraction, false)];
	});
}

/** Of a budget. */
const STEPS_PER_CHARACTER = 40;
const SECONDS_PER_DAY = 86_400;
const FIRST = '0001-01-01T00:00:00';
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_800;
/** What of `2026-12-01T00:00:00` a type writes, and what stands before it. */
const FORMS: Readonly<Partial<Record<SimpleType['space'], { before: string; begin: number; end: number }>>> = {
	time: { before: '', begin: 0, end: 19 },
	clock: { before: '', begin: 11, end: 19 },
	date: { before: '', begin: 0, end: 10 },
	gYearMonth: { before: '', begin: 0, end: 7 },
	gYear: { before: '', begin: 0, end: 4 },
	gMonthDay: { before: '--', begin: 5, end: 10 },
	gMonth: { before: '--', begin: 5, end: 7 },
	gDay: { before: '---', begin: 8, end: 10 },
};

const SIGNIFICANT: readonly CharacterSet[] = Array.from('0123456789-:.TZ', (character): CharacterSet => {
	const code = character.codePointAt(0)!;
	return [[code, code]];
});

/** Times of one form are in the order of their digits. `isBefore`: an equal one is before the bound. */
function timeMachine(kind: BoundKind, bound: string, isBefore: boolean): Machine {
	return {
		sets: SIGNIFICANT,
		start: '0,0',
		next: (state, code) => {
			const [at, order] = (state as string).split(',').map(Number) as [number, number];
			const character = String.fromCodePoint(code);
			if (!/[0-9]/.test(character)) return `${character === 'Z' ? at : Math.min(at + 1, bound.length)},${order}`;
			const next = order === 0 ? Math.sign(Number(character) - Number(bound[at] ?? '0')) : order;
			return `${Math.min(at + 1, bound.length)},${next}`;
		},
		accepts: (state) => {
			const [at, order] = (state as string).split(',').map(Number) as [number, number];
			return keepsTo(kind, order === 0 && (isBefore || at < bound.length) ? -1 : order);
		},
		cost: () => STEPS_PER_CHARACTER,
	};
}
