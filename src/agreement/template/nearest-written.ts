/** The nearest text by the automata of all that a restriction says. What they find is tried before it is told. */
import type { RangeValue } from '../jsdl/range.ts';
import { ordinalOf } from './atomic-value.ts';
import { makeTable, type Table, type TableMaking } from './automaton-table.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { type Machine, otherThanMachine } from './machine.ts';
import { nextInForm } from './nearest-digits.ts';
import { nearestText } from './nearest-text.ts';
import { machinesOf, plainMachines } from './value-machines.ts';
import { writtenForms } from './written-forms.ts';

/** What one search may cost of the budget, so that others have their share: one for the nearest of all, one for a near one. */
const TEXT_STEPS_MAX = 150_000;
const NARROW_STEPS_MAX = 150_000;
const PLACE_STEPS_MAX = 150_000;
/** ... and one table, which is made once for each restriction: 3 ms. */
const TABLE_STEPS_MAX = 200_000;
/** The nearest so many candidates are tried. */
export const TRIED_MAX = 256;
/** Of a longer text what stands behind these is left out. */
export const EDITED_CHARACTERS_MAX = 1000;

/** One look for the nearest value. `allowed` are the numbers that the restriction allows. */
export interface Wanted {
	readonly restriction: ValueRestriction;
	readonly allowed: RangeValue;
	/** Tries a text, and takes what that costs from the budget. */
	readonly isAllowed: (text: string) => boolean;
	readonly budget: StepBudget;
}

/** The text with the fewest changes that patterns, lengths and the form of the type allow. */
export function nearestAmongTexts(wanted: Wanted, value: string): string | undefined {
	const { restriction } = wanted;
	if (isListed(restriction)) return undefined;
	const said = [...value.slice(0, 2 * EDITED_CHARACTERS_MAX)].slice(0, EDITED_CHARACTERS_MAX).join('');
	// What other forms a type has may be what a pattern demands: an exponent, another zone.
	for (const isPlain of restriction.type.space === 'untyped' ? [false] : [true, false]) {
		const made = tableOf(wanted, isPlain);
		const nearest = made?.kind === 'table' ? findText(wanted, made.table, isPlain, said) : undefined;
		if (nearest !== undefined) return nearest;
	}
	return undefined;
}

/** Whether there is nothing beside what is enumerated, or parts are looked for; others may be written in several ways. */
function isListed({ type: { space }, steps }: ValueRestriction): boolean {
	if (space === 'list' || space === 'union') return true;
	const isOneWay = space === 'text' || space === 'boolean' || space === 'QName';
	return isOneWay && steps.some(({ enumeration }) => enumeration.length > 0);
}

/** What the automata accept and the constraint does not is left out, and looked on, so often. */
const REFUSED_MAX = 4;

/** The nearest text, or where that takes too long one that is near. */
function findText(wanted: Wanted, table: Table, isPlain: boolean, said: string): string | undefined {
	const refused: string[] = [];
	for (let among: Table | undefined = table; among !== undefined; ) {
		const text =
			within(wanted, TEXT_STEPS_MAX, (steps) => nearestText(among!, said, steps)) ??
			within(wanted, NARROW_STEPS_MAX, (steps) => nearestText(among!, said, steps, true));
		if (text === undefined || wanted.isAllowed(text)) return text;
		refused.push(text);
		if (refused.length > REFUSED_MAX) return undefined;
		const machines = [...machinesFor(wanted, isPlain), otherThanMachine(refused)];
		const made = within(wanted, TABLE_STEPS_MAX, (steps) => makeTable(machines, steps));
		among = made?.kind === 'table' ? made.table : undefined;
	}
	return undefined;
}

/**
 * The nearest number, time or duration that is written as patterns demand: the next ones above and below, of each form
 * in which the values of the type are written.
 */
export function nearestWritten(wanted: Wanted, said: number, isWholeWanted: boolean): string | undefined {
	const { type } = wanted.restriction;
	const intervals = nearestIntervals(wanted.allowed, said);
	const isPlain = type.space === 'duration' || (type.space !== 'number' && type.space !== 'untyped');
	const made = tableOf(wanted, isPlain);
	if (made?.kind !== 'table') return undefined;
	return within(wanted, PLACE_STEPS_MAX, (steps) => {
		for (const forms of writtenForms(type, said, isWholeWanted)) {
			let nearest: string | undefined;
			let distance = Number.POSITIVE_INFINITY;
			const look = (place: number, direction: 'up' | 'down', isOpen: boolean): void => {
				for (const form of forms) {
					let [from, isStrict] = [place, isOpen];
					for (let count = 0; count <= REFUSED_MAX; count += 1) {
						const text = nextInForm(made.table, form, from, direction, isStrict, steps);
						if (text === undefined) break;
						const at = ordinalOf(type, text) ?? Number.NaN;
						if (!(Math.abs(at - said) < distance)) break;
						if (wanted.isAllowed(text)) {
							nearest = text;
							distance = Math.abs(at - said);
							break;
						}
						[from, isStrict] = [at, true];
					}
				}
			};
			for (const { lower, lowerOpen, upper, upperOpen } of intervals) {
				if (upper > lower || !(lowerOpen || upperOpen)) {
					look(Math.min(said, upper), 'down', said >= upper && upperOpen);
					look(Math.max(said, lower), 'up', said <= lower && lowerOpen);
				}
			}
			if (nearest !== undefined || steps.remaining < 0) return nearest;
		}
		return undefined;
	});
}

/** Does what costs at most so much, and takes from the budget what it has cost. */
function within<Found>({ budget }: Wanted, stepsMax: number, find: (steps: StepBudget) => Found): Found | undefined {
	const most = Math.min(budget.remaining, stepsMax);
	if (most <= 0) return undefined;
	const steps = { remaining: most };
	const found = find(steps);
	budget.remaining -= most - steps.remaining;
	return found;
}

/** The automata of a restriction; plain: of texts that mean at first sight what they say. */
function machinesFor({ restriction, allowed }: Wanted, isPlain: boolean): readonly Machine[] {
	return [...machinesOf(restriction, allowed), ...(isPlain ? plainMachines(restriction) : [])];
}

interface Made {
	readonly making: TableMaking;
	readonly cost: number;
	/** The budgets that have paid for it: what is found must not hang on what was looked for before. */
	readonly paid: WeakSet<StepBudget>;
}

/** The table of a restriction, made once: templates stay, and every offer is held against them. */
function tableOf(wanted: Wanted, isPlain: boolean): TableMaking | undefined {
	const { restriction, budget } = wanted;
	if (isPlain && plainMachines(restriction).length === 0) return undefined;
	if (budget.remaining <= 0) return undefined;
	const tables = isPlain ? PLAIN_TABLES : TABLES;
	let made = tables.get(restriction);
	if (made === undefined) {
		const steps = { remaining: TABLE_STEPS_MAX };
		const making = makeTable(machinesFor(wanted, isPlain), steps);
		made = { making, cost: TABLE_STEPS_MAX - steps.remaining, paid: new WeakSet() };
		tables.set(restriction, made);
	}
	if (!made.paid.has(budget)) budget.remaining -= made.cost;
	made.paid.add(budget);
	return made.making;
}

const TABLES = new WeakMap<ValueRestriction, Made>();
const PLAIN_TABLES = new WeakMap<ValueRestriction, Made>();

/** Of a long list of numbers those that may be nearest. */
export function nearestIntervals({ intervals }: RangeValue, said: number): RangeValue['intervals'] {
	if (intervals.length <= TRIED_MAX) return intervals;
	const next = intervals.findIndex(({ lower }) => lower >= said);
	const middle = next < 0 ? intervals.length : next;
	return intervals.slice(Math.max(0, middle - TRIED_MAX / 2), middle + TRIED_MAX / 2);
}
