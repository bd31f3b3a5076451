import { expect, test } from 'vitest';
import { determinedBy } from '../../src/agreement/conditions/equations.ts';
import { divide } from '../../src/agreement/conditions/rational.ts';
import { cpuMs } from '../cpu-time.ts';

const THIRD = divide(1, 3);
const row = (factors: readonly (readonly [number, Parameters<typeof divide>[0]])[], bound: number) => ({
	terms: new Map(factors),
	bound,
	isStrict: false,
});

test('what is said in both directions is an equation, in whatever order its terms are', () => {
	const said = [
		row(
			[
				[0, THIRD],
				[1, 1],
			],
			2,
		),
		row(
			[
				[1, -1],
				[0, divide(-1, 3)],
			],
			-2,
		),
		row([[1, 1]], 0),
		row([[1, -1]], 0),
	];
	const determined = determinedBy(said, { remaining: 10_000 });
	if (determined === 'none') throw new Error('it can be');
	expect([...determined.values].sort()).toEqual([
		[0, 6],
		[1, 0],
	]);
});

test('of five hundred rows that are alike the equations are found in time, which is counted', () => {
	const rows = Array.from({ length: 512 }, (_, nth) =>
		row(
			[
				[0, 1],
				[1, 1],
				[2, nth + 1],
			],
			0,
		),
	);
	const begin = cpuMs();
	for (let time = 0; time < 20; time += 1) {
		const budget = { remaining: 1_000_000 };
		expect(determinedBy(rows, budget)).toMatchObject({ rows });
		expect(1_000_000 - budget.remaining).toBeGreaterThan(512);
	}
	expect(cpuMs() - begin).toBeLessThan(400);
});
