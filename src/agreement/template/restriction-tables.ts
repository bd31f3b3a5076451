/**
 * The automata of restrictions, and the tables that are made of them: each once, as templates stay and every offer is held
 * against them.
 */
import type { RangeValue } from '../jsdl/range.ts';
import { makeTable, type Table, type TableMaking } from './automaton-table.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import type { Machine } from './machine.ts';
import { payerOf } from './nearest-share.ts';
import { machinesOf, plainForm, plainMachines, writtenMachines } from './value-machines.ts';

/** What one table may cost of a budget, which is made once for each restriction: some 5 ms. */
export const TABLE_STEPS_MAX = 300_000;
/** ... of what is left: two patterns between two times take more than half of it. */
const TABLE_PART = 3 / 5;

/** All texts that are allowed; those that mean at first sight what they say; those written so, wherever they lie. */
export type TextKind = 'all' | 'plain' | 'place';

/** A restriction, and the numbers that it allows. */
interface Restricted {
	readonly restriction: ValueRestriction;
	readonly allowed: RangeValue;
}

/** The automata of a restriction, made once. */
export function machinesFor(restricted: Restricted, kind: TextKind): readonly Machine[] {
	const known = MACHINES[kind].get(restricted.restriction) ?? makeMachines(restricted, kind);
	MACHINES[kind].set(restricted.restriction, known);
	return known;
}

const MACHINES: Readonly<Record<TextKind, WeakMap<ValueRestriction, readonly Machine[]>>> = {
	all: new WeakMap(),
	plain: new WeakMap(),
	place: new WeakMap(),
};

function makeMachines({ restriction, allowed }: Restricted, kind: TextKind): readonly Machine[] {
	const { type, steps } = restriction;
	switch (kind) {
		case 'all':
			return machinesOf(restriction, allowed);
		case 'plain':
			return [...machinesOf(restriction, allowed), ...plainMachines(restriction)];
		case 'place': {
			// A pattern may demand leading zeros and plus signs of numbers.
			const isNumber = type.space === 'number' || type.space === 'untyped';
			return [...writtenMachines(restriction), ...(isNumber ? [] : plainForm(type, steps))];
		}
	}
}

interface Made {
	readonly making: TableMaking;
	readonly cost: number;
	/** What it might cost, if it came to nothing. */
	readonly limit: number;
	/** The budgets that have paid for it: what is found must not hang on what was looked for before. */
	readonly paid: WeakSet<StepBudget>;
}

/** The table of all texts that are written as the restriction demands, wherever their values lie. */
export function tableOfPlaces(restriction: ValueRestriction, budget: StepBudget): Table | undefined {
	const made = tableOf({ restriction, allowed: { intervals: [] } }, 'place', budget);
	return made?.kind === 'table' ? made.table : undefined;
}

/** The table of a restriction, made once: templates stay, and every offer is held against them. */
export function tableOf(restricted: Restricted, kind: TextKind, budget: StepBudget): TableMaking | undefined {
	if (budget.remaining <= 0) return undefined;
	const { restriction } = restricted;
	const payer = payerOf(budget);
	let made = TABLES[kind].get(restriction);
	const hasPaid = made?.making.kind !== 'unknown' && made?.paid.has(payer) === true;
	if (made !== undefined && hasPaid) return made.making;
	const limit = Math.floor(Math.min(TABLE_STEPS_MAX, budget.remaining * TABLE_PART));
	if (made === undefined || (made.making.kind === 'unknown' && made.limit < limit)) {
		const steps = { remaining: limit };
		const making = makeTable(machinesFor(restricted, kind), steps);
		made = { making, cost: limit - steps.remaining, limit, paid: new WeakSet() };
		TABLES[kind].set(restriction, made);
	}
	const isDear = made.making.kind === 'unknown' || made.cost > limit;
	budget.remaining -= Math.min(made.cost, limit);
	if (!isDear) made.paid.add(payer);
	return isDear ? { kind: 'unknown' } : made.making;
}

const TABLES: Readonly<Record<TextKind, WeakMap<ValueRestriction, Made>>> = {
	all: new WeakMap(),
	plain: new WeakMap(),
	place: new WeakMap(),
};
