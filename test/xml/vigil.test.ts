import { expect, test } from 'vitest';
import { LEFT_ALONE, Vigil } from '../../src/xml/vigil.ts';

test('whoever watched in vain sleeps the next few times, and then tries again', () => {
	const vigil = new Vigil();
	expect([vigil.pays(), vigil.pays()]).toEqual([true, true]);
	for (let round = 0; round < 2; round += 1) {
		vigil.wasInVain();
		expect(Array.from({ length: LEFT_ALONE }, () => vigil.pays())).toEqual(Array(LEFT_ALONE).fill(false));
		expect(vigil.pays()).toBe(true);
	}
});
