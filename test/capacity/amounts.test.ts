import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AMOUNTS, AmountTable } from '../../src/capacity/profile/amounts.ts';
import { emptyProfiles } from '../../src/capacity/profile/profile.ts';
import { pieceVector } from './worlds.ts';

const NOTHING = new Float64Array(AMOUNTS);
const HOUR = 3600;

describe('the table of amounts', () => {
	test('gives equal amounts one number and others another, keeps them while a step has them, and gives numbers out again', () => {
		const amount = fc.constantFrom(0, 1, -1, 2 ** 30, 2 ** 31, 2 ** 32, 3 * 2 ** 40, 2 ** 53 - 1, 1 - 2 ** 53);
		const deed = fc.tuple(fc.array(amount, { minLength: AMOUNTS, maxLength: AMOUNTS }), fc.constantFrom('use', 'drop'));
		fc.assert(
			fc.property(fc.array(deed, { maxLength: 200 }), (deeds) => {
				const table = new AmountTable();
				const live = new Map<string, { number: number; uses: number }>();
				let most = 0;
				for (const [amounts, kind] of deeds) {
					const known = live.get(amounts.join());
					if (kind === 'use') {
						const number = table.numberOf(Float64Array.from(amounts), 0, NOTHING);
						expect(number).toBe(known?.number ?? number);
						live.set(amounts.join(), { number, uses: (known?.uses ?? 0) + 1 });
					} else if (known) {
						table.drop(known.number);
						live.set(amounts.join(), { ...known, uses: known.uses - 1 });
						if (known.uses === 1) live.delete(amounts.join());
					}
					most = Math.max(most, live.size);
					for (const [written, { number }] of live) {
						expect(table.values.subarray(number * AMOUNTS, (number + 1) * AMOUNTS).join()).toBe(written);
						expect(number).toBeLessThan(most);
					}
				}
			}),
			{ numRuns: 100 },
		);
	});

	test('asks for a digest when amounts come, and again only after the last step that had them is gone', () => {
		let asked = 0;
		const table = new AmountTable(() => ++asked);
		const profile = emptyProfiles([pieceVector(8, 8, 8, 8)], table)[0]!;
		const demand = Float64Array.of(250, 0, 0, 0);
		const book = (hour: number, count: number): boolean =>
			profile.take(hour * HOUR, (hour + 1) * HOUR, demand, 0, count);
		expect(asked).toBe(1);
		book(1, 1);
		book(5, 1);
		// The step before it is alike: two steps become one.
		book(6, 1);
		expect(asked).toBe(2);
		for (const hour of [1, 5, 6]) book(hour, -1);
		book(3, 1);
		expect(asked).toBe(3);
		profile.forgetBefore(10 * HOUR);
		book(12, 1);
		expect(asked).toBe(4);
	});
});
