/** The nearest text by the automata of all that a restriction says. What they find is tried before it is told. */
import type { RangeValue } from '../jsdl/range.ts';
import { ordinalOf } from './atomic-value.ts';
import { makeTable, type Table } from './automaton-table.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { type Machine, otherThanMachine } from './machine.ts';
import { alignedText } from './nearest-aligned.ts';
import { commonText } from './nearest-common.ts';
import { nextInForm } from './nearest-digits.ts';
import { nearestThrough } from './nearest-program.ts';
import { nearestText } from './nearest-text.ts';
import { machinesFor, TABLE_STEPS_MAX, type TextKind, tableOf, tableOfPlaces } from './restriction-tables.ts';
import { hasWays, plainForm } from './value-machines.ts';
import { type WrittenForm, writtenForms } from './written-forms.ts';

/** What one search may cost of the budget, so that others have their share: one for the nearest of all, one for a near one. */
const TEXT_STEPS_MAX = 120_000;
const THROUGH_STEPS_MAX = 300_000;
const ALIGNED_STEPS_MAX = 400_000;
const HASTY_STEPS_MAX = 250_000;
const PLACE_STEPS_MAX = 150_000;
/** Programs with more instructions than this are seldom put in a table, nor gone through for so many characters each. */
const INSTRUCTIONS_MAX = 200;
const CELLS_MAX = 10_000;
/** ... and so many beside the largest, as seldom. */
const BESIDE_MAX = 40;
/** The nearest so many candidates are tried. */
export const TRIED_MAX = 256;
/** Of a longer text what stands behind these is left out; what is found then is near. */
const EDITED_CHARACTERS_MAX = 256;

/** One look for the nearest value. `allowed` are the numbers that the restriction allows. */
export interface Wanted extends Trials {
	readonly restriction: ValueRestriction;
	readonly allowed: RangeValue;
	readonly budget: StepBudget;
	/** Set where what is told is near, and was not found to be the nearest. */
	readonly notes: SearchNotes;
}

/** Both take what they cost from the budget. */
export interface Trials {
	/** Tries a text. */
	readonly isAllowed: (text: string) => boolean;
	/** Tries one that the automata of the patterns accept, without them. */
	readonly isKept: (text: string) => boolean;
}

export interface SearchNotes {
	isNear: boolean;
}

/** The text with the fewest changes that patterns, lengths and the form of the type allow. */
export function nearestAmongTexts(wanted: Wanted, value: string): string | undefined {
	const { restriction } = wanted;
	if (isListed(restriction)) return undefined;
	const said = [...value.slice(0, 2 * EDITED_CHARACTERS_MAX)].slice(0, EDITED_CHARACTERS_MAX).join('');
	// What other forms a type has may be what a pattern demands: an exponent, another zone.
	const hasPlain = restriction.type.space !== 'untyped' && plainForm(restriction.type, restriction.steps).length > 0;
	for (const kind of hasPlain ? (['plain', 'all'] as const) : (['all'] as const)) {
		const made = isLarge(restriction, machinesFor(wanted, kind), said)
			? undefined
			: tableOf(wanted, kind, wanted.budget);
		if (made?.kind === 'none') continue;
		const nearest =
			made?.kind === 'table'
				? findText(wanted, made.table, kind, said)
				: findThrough(wanted, machinesFor(wanted, kind), said);
		if (nearest === undefined) continue;
		if (said !== value) wanted.notes.isNear = true;
		return nearest;
	}
	return undefined;
}

function isLarge(restriction: ValueRestriction, machines: readonly Machine[], said: string): boolean {
	const most = Math.min(INSTRUCTIONS_MAX, CELLS_MAX / Math.max(1, said.length));
	return areSeveral(restriction) || machines.some(({ program }) => (program?.instructions.length ?? 0) > most);
}

/** Whether there are large patterns beside the largest: a table of them is seldom made, and places are often too many. */
function areSeveral({ type: { space }, steps }: ValueRestriction): boolean {
	if (space !== 'text' && space !== 'untyped') return false;
	const sizes = steps.map(({ patterns }) => patterns.reduce((sum, { programSize }) => sum + programSize, 0));
	return sizes.reduce((sum, size) => sum + size, 0) - Math.max(0, ...sizes) > BESIDE_MAX;
}

/** Whether there is nothing beside what is enumerated, or members are looked for; others may be written in several ways. */
function isListed({ type: { space }, steps }: ValueRestriction): boolean {
	if (space === 'union') return true;
	const isOneWay = space === 'text' || space === 'boolean' || space === 'QName';
	if (space === 'list' && steps.some(({ enumeration }) => !hasWays(enumeration))) return true;
	return isOneWay && steps.some(({ enumeration }) => enumeration.length > 0);
}

/** What the automata accept and the constraint does not is left out, and looked on, so often. */
const REFUSED_MAX = 4;

/** The nearest text, or where that takes too long one that is near. */
function findText(wanted: Wanted, table: Table, kind: TextKind, said: string): string | undefined {
	const refused: string[] = [];
	for (let among: Table | undefined = table; among !== undefined; ) {
		const machines = refused.length === 0 ? [] : [otherThanMachine(refused)];
		const nearest = within(wanted, TEXT_STEPS_MAX, (steps) => nearestText(among!, said, steps));
		if (nearest === undefined) return findThrough(wanted, [...machinesFor(wanted, kind), ...machines], said);
		if (wanted.isKept(nearest)) return nearest;
		refused.push(nearest);
		if (refused.length > REFUSED_MAX) return undefined;
		const all = [...machinesFor(wanted, kind), otherThanMachine(refused)];
		const made = within(wanted, TABLE_STEPS_MAX, (steps) => makeTable(all, steps));
		among = made?.kind === 'table' ? made.table : undefined;
	}
	return undefined;
}

/**
 * Where there are too many states for a table: by the instructions, in a time that is known before; where there is not
 * that much, or there are too many places, by a search. Where that takes too long, one that is near.
 */
function findThrough(wanted: Wanted, machines: readonly Machine[], said: string): string | undefined {
	const part = areSeveral(wanted.restriction) ? 5 / 8 : 7 / 8;
	const aligned = within(wanted, ALIGNED_STEPS_MAX, (steps) => alignedText(machines, said, steps, false), part);
	if (aligned !== undefined) return kept(wanted, aligned);
	// So that there is one in any case: what the others spend may be all.
	const common = commonText(machines, wanted.budget);
	const last = common === undefined ? undefined : kept(wanted, common);
	const nearest = within(wanted, THROUGH_STEPS_MAX, (steps) => nearestThrough(machines, said, steps));
	if (nearest !== undefined) return kept(wanted, nearest);
	const found =
		within(wanted, HASTY_STEPS_MAX, (steps) => alignedText(machines, said, steps, true)) ??
		within(wanted, HASTY_STEPS_MAX, (steps) => nearestThrough(machines, said, steps, true));
	const near = (found === undefined ? undefined : kept(wanted, found)) ?? last;
	if (near === undefined) return undefined;
	wanted.notes.isNear = true;
	return near;
}

function kept({ isKept }: Wanted, text: string): string | undefined {
	return isKept(text) ? text : undefined;
}

/**
 * The nearest time or duration that is written as patterns demand: the next ones above and below, of each form in which
 * the values of the type are written.
 */
export function nearestWritten(wanted: Wanted, said: number): string | undefined {
	const { type } = wanted.restriction;
	const intervals = nearestIntervals(wanted.allowed, said);
	const table = tableOfPlaces(wanted.restriction, wanted.budget);
	if (table === undefined) return undefined;
	const hasNegative = intervals.some(({ lower }) => lower < 0);
	const hasPositive = intervals.some(({ upper }) => upper >= 0);
	for (const forms of writtenForms(type)) {
		const fit = forms.filter(({ isNegative }) => (isNegative ? hasNegative : hasPositive));
		const nearest = within(wanted, PLACE_STEPS_MAX, (steps) => {
			const look = new NextValues(wanted, table, fit, said, steps);
			for (const { lower, lowerOpen, upper, upperOpen } of intervals) {
				look.take(Math.min(said, upper), 'down', said >= upper && upperOpen);
				look.take(Math.max(said, lower), 'up', said <= lower && lowerOpen);
			}
			return look.nearest;
		});
		if (nearest !== undefined) return nearest;
	}
	return undefined;
}

/** The nearest to what is said of the values next to some places. */
class NextValues {
	nearest: string | undefined;
	#distance = Number.POSITIVE_INFINITY;
	readonly #wanted: Wanted;
	readonly #table: Table;
	readonly #forms: readonly WrittenForm[];
	readonly #said: number;
	readonly #steps: StepBudget;

	constructor(wanted: Wanted, table: Table, forms: readonly WrittenForm[], said: number, steps: StepBudget) {
		this.#wanted = wanted;
		this.#table = table;
		this.#forms = forms;
		this.#said = said;
		this.#steps = steps;
	}

	/** Takes the next value above or below the place, or, where it must not be that itself, beside it. */
	take(place: number, direction: 'up' | 'down', isOpen: boolean): void {
		if (Math.abs(place - this.#said) > this.#distance) return;
		for (const form of this.#forms) {
			let [from, isStrict] = [place, isOpen];
			for (let count = 0; count <= REFUSED_MAX; count += 1) {
				const text = nextInForm(this.#table, form, from, direction, isStrict, this.#steps);
				const at = text === undefined ? undefined : ordinalOf(this.#wanted.restriction.type, text);
				if (text === undefined || at === undefined || Math.abs(at - this.#said) >= this.#distance) break;
				if (this.#wanted.isAllowed(text)) {
					this.nearest = text;
					this.#distance = Math.abs(at - this.#said);
					break;
				}
				[from, isStrict] = [at, true];
			}
		}
	}
}

/** Does what costs at most so much, and that part of the budget, and takes from that what it has cost. */
function within<Found>(
	{ budget }: Wanted,
	stepsMax: number,
	find: (steps: StepBudget) => Found,
	part = 1 / 2,
): Found | undefined {
	const most = Math.min(budget.remaining * part, stepsMax);
	if (most <= 0) return undefined;
	const steps = { remaining: most };
	const found = find(steps);
	budget.remaining -= most - steps.remaining;
	if (steps.remaining < 0) budget.isShort = true;
	return found;
}

/** Of a long list of numbers those that may be nearest. */
export function nearestIntervals({ intervals }: RangeValue, said: number): RangeValue['intervals'] {
	if (intervals.length <= TRIED_MAX) return intervals;
	const next = intervals.findIndex(({ lower }) => lower >= said);
	const middle = next < 0 ? intervals.length : next;
	return intervals.slice(Math.max(0, middle - TRIED_MAX / 2), middle + TRIED_MAX / 2);
}
