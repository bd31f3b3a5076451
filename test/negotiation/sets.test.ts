/** How the sets of Optional constraints are gone through: which is found, and what that may cost everybody else. */
import { describe, expect, test } from 'vitest';
import { between } from '../../src/agreement/jsdl/range.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { Searched } from '../../src/capacity/search/searched.ts';
import { budgetFor, heaviestSet } from '../../src/negotiation/alternatives/sets.ts';
import type { OptionalDemand } from '../../src/negotiation/judge.ts';

const CAPACITY = { cpuMillicores: 1000, memoryBytes: 1, diskBytes: 1, networkBitsPerSecond: 1 };

function searchedOn(): Searched {
	return new Searched(new SiteCalendar([{ name: 'h0', capacity: CAPACITY, labels: {} }]));
}

/** Constraints that ask for 1, 2, 3 ... CPUs, with these weights. */
function items(...weights: number[]): OptionalDemand[] {
	return weights.map((importance, nth) => ({
		importance,
		admits: [{ field: 'cpuCount', nth: 0, range: between(nth + 1, 100) }],
	}));
}

/** Goes through the sets, of which those can be had that `has` says; what was asked for, by the places of the constraints. */
function gone(all: readonly OptionalDemand[], has: (set: readonly number[]) => boolean, cost = 0) {
	const asked: number[][] = [];
	const searched = searchedOn();
	const best = heaviestSet({ items: all, always: [] }, 0, budgetFor(searched), (chosen, importance) => {
		const set = chosen.map((each) => all.indexOf(each)).sort((a, b) => a - b);
		asked.push(set);
		if (has(set)) return { importance, set };
		searched.hostSeconds += cost;
		return undefined;
	});
	return { best, asked };
}

describe('the sets of Optional constraints', () => {
	test('are all of them first, then each by itself, what asks for least first', () => {
		const { best, asked } = gone(items(3, 2, 1), (set) => set.length === 1);
		expect(asked.slice(0, 4)).toEqual([[0, 1, 2], [0], [1], [2]]);
		expect(best?.set).toEqual([0]);
		expect(gone(items(1, 2, 3).reverse(), (set) => set.length === 1).asked[1], 'the least by size').toEqual([2]);
	});

	test('are formed of none that cannot be had, whichever constraint was added last', () => {
		const { best, asked } = gone(items(8, 4, 2, 1), (set) => !set.includes(1) && !(set.includes(2) && set.includes(3)));
		expect(best?.set).toEqual([0, 2]);
		expect(asked.filter((set) => set.includes(1))).toEqual([[0, 1, 2, 3], [1]]);
	});

	test('are all looked at where there are five constraints, each once', () => {
		// Any two, but not three: 1 + 5 + 10 + 10 sets; of four there is none that holds no three.
		const { best, asked } = gone(items(16, 8, 4, 2, 1), (set) => set.length <= 2 && !set.includes(0));
		expect(best?.set).toEqual([1, 2]);
		expect(new Set(asked.map(String)).size).toBe(asked.length);
	});

	test('cost no more than 100 hosts for 80 days, and those with a sixth constraint a quarter of that', () => {
		const days = (count: number): number => count * 100 * 86_400;
		expect(gone(items(6, 5, 4, 3, 2, 1), () => false, days(10)).asked).toHaveLength(1 + 5);
		const many = gone(items(7, 6, 5, 4, 3, 2, 1), (set) => set.length === 1, days(10)).asked;
		expect(many.filter((set) => set.length > 1)).toHaveLength(8);
		const beyond = many.slice(10);
		expect(beyond.every((set) => set.every((place) => place < 5))).toBe(true);
	});
});
