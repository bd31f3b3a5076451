/** What a change does to machines that run, in the words and units in which it is told. */
import { describe, expect, it } from 'vitest';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { changesOf } from '../../src/negotiation/effects.ts';
import { GIB, MIB, NOW, POLICY, WORKSPACE } from './requests.ts';

const STANDING: ServiceGrant = {
	machineCount: 2,
	cpuCount: 2,
	memoryBytes: 4 * GIB,
	diskBytes: 20 * GIB,
	networkBitsPerSecond: 0,
	startAt: NOW,
	endAt: NOW + 3600,
	workspace: WORKSPACE,
};
const ABLE = { ...POLICY.abilities, memoryHotAdd: true, memoryStepBytes: 128 * MIB };

describe('the effect of', () => {
	it.each<[what: string, from: Partial<ServiceGrant>, to: Partial<ServiceGrant>, canAdd: boolean, told: string]>([
		['a larger disk', {}, { diskBytes: 40.5 * GIB }, true, 'live: Disks grow from 20 GiB to 40.5 GiB.'],
		[
			'a disk where there was none',
			{ diskBytes: 0 },
			{ diskBytes: 1536 * MIB },
			true,
			'restart: Machines that were booted without a disk get one of 1.5 GiB when they restart.',
		],
		['more memory', {}, { memoryBytes: 4 * GIB + 128 * MIB }, true, 'live: Memory grows from 4 GiB to 4224 MiB.'],
		[
			'more memory that is no whole step',
			{},
			{ memoryBytes: 4 * GIB + 64 * MIB },
			true,
			'restart: Memory is added live in multiples of 128 MiB: 4 GiB become 4160 MiB at a restart.',
		],
		[
			'more memory where none can be added',
			{},
			{ memoryBytes: 6 * GIB },
			false,
			'restart: This site cannot add memory to machines that run: 4 GiB become 6 GiB when they restart.',
		],
		[
			'less memory',
			{},
			{ memoryBytes: 512 * MIB },
			true,
			'restart: Machines that run cannot give memory back: 4 GiB become 512 MiB when they restart.',
		],
	])('%s is told in GiB and MiB', (_, from, to, memoryHotAdd, told) => {
		const policy = { ...POLICY, images: new Map(), abilities: { ...ABLE, memoryHotAdd } };
		const changes = changesOf({ ...STANDING, ...from }, { ...STANDING, ...from, ...to }, policy);
		expect(changes.map(({ effect: { kind, message } }) => `${kind}: ${message}`)).toEqual([told]);
	});
});
