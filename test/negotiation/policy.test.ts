import { describe, expect, it } from 'vitest';
import { checkPolicy, type SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { DIGEST, MIB, POLICY } from './requests.ts';

describe('the policy of a site', () => {
	it('is usable by default', () => {
		expect(checkPolicy(POLICY)).toEqual([]);
	});

	const { abilities, defaults } = POLICY;
	const table: readonly [string, Partial<SitePolicy>, string][] = [
		['a horizon that is no number', { horizonSeconds: Number.NaN }, 'horizonSeconds'],
		['a fraction of a second', { setupSeconds: 0.5 }, 'setupSeconds'],
		['a longest duration below the shortest', { durationSecondsMax: 59 }, 'durationSecondsMax'],
		['no machines at all', { machinesMax: 0 }, 'machinesMax'],
		['more alternatives than anybody waits for', { alternativesMax: 100 }, 'alternativesMax'],
		[
			'memory steps that are not whole MiB',
			{ abilities: { ...abilities, memoryStepBytes: 100 * MIB + 1 } },
			'abilities.memoryStepBytes',
		],
		[
			'a default memory below the minimum',
			{ defaults: { ...defaults, memoryBytes: 32 * MIB } },
			'defaults.memoryBytes',
		],
		[
			'an image of negative size',
			{ images: new Map([[DIGEST, { name: 'x', diskBytes: -1 }]]) },
			`images[${DIGEST}].diskBytes`,
		],
	];
	it.each(table)('is refused with %s', (_, parts, path) => {
		const [issue, ...others] = checkPolicy({ ...POLICY, ...parts });
		expect(others).toEqual([]);
		expect(issue).toMatchObject({ path, found: expect.any(String), allowed: expect.stringMatching(/ from /) });
	});
});
