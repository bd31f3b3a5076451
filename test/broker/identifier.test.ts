import { expect, test } from 'vitest';
import { uuidSource } from '../../src/broker/identifier.ts';

test('ids are UUIDv7 of their time, each greater than the one before, whatever the clock does', () => {
	let now = 1_800_000_000_000;
	const next = uuidSource(() => now);
	const ids = [next()];
	expect(ids[0]!.replace('-', '').slice(0, 12)).toBe(now.toString(16).padStart(12, '0'));
	for (let index = 0; index < 10_000; index += 1) {
		if (index % 1000 === 500) now -= 3;
		if (index % 1000 === 900) now += 1;
		ids.push(next());
	}
	now += 10_000;
	ids.push(next());
	expect(ids.at(-1)!.replace('-', '').slice(0, 12)).toBe(now.toString(16).padStart(12, '0'));
	for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	expect(new Set(ids).size).toBe(ids.length);
	expect(ids.toSorted()).toEqual(ids);
});
