/** How a round of a negotiation is shown: a table on any terminal of usual width, blocks on a narrower one. */
import { describe, expect, test } from 'vitest';
import { type Round, roundText } from '../../src/cli/round.ts';
import type { Grant } from '../../src/client/answers.ts';
import type { NegotiationOfferResource } from '../../src/client/resources.ts';

const IMAGE = { name: 'guest', digest: 'sha256:00' };
const GIB = 2 ** 30;
const grant: Grant = {
	machineCount: 2,
	cpuCount: 16,
	cpuSharePercent: 100,
	memoryBytes: 64 * GIB,
	diskBytes: 0,
	networkBitsPerSecond: 0,
	image: IMAGE,
	startAt: '2026-12-01T22:15:00Z',
	endAt: '2026-12-03T10:15:00Z',
	endAction: 'destroy',
	retentionSeconds: 0,
};
const node = {
	id: 'x',
	creator: 'NegotiationResponder',
	state: 'Acceptable',
	createdAt: '2026-11-23T06:00:00Z',
} as const;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString().replace(/\.\d+/, '');
const price = { currency: 'EUR', amount: '1234.40', cancellation: [] };
const differences = [
	{ field: 'startAt', asked: '2026-12-01T10:00:00Z', offered: '2026-12-01T22:15:00Z' },
	{ field: 'machineCount', asked: 3, offered: 2 },
	{ field: 'memoryBytes', asked: 128 * GIB, offered: 64 * GIB },
	{ field: 'durationSeconds', asked: 172_800, offered: 129_600 },
] as const;
const held: NegotiationOfferResource = {
	...node,
	rank: 1,
	kind: 'later',
	grant,
	price,
	differences,
	expiresAt: inMinutes(10),
};
const reason = {
	code: 'HOLD_REFUSED',
	message: 'At most half of the site is held.',
	remedy: { text: 'at most 8 CPUs' },
};
const told: NegotiationOfferResource = {
	...node,
	state: 'Advisory',
	rank: 2,
	kind: 'smaller',
	grant,
	reasons: [reason],
};
const document = { mediaType: 'application/xml', body: '' } as const;
const asked = { ...node, creator: 'NegotiationInitiator', state: 'Solicited' } as const;
const round = (...counterOffers: readonly NegotiationOfferResource[]): Round => ({
	negotiationId: 'n',
	document,
	asked,
	counterOffers,
});
const widest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length));
const tableOf = (text: string): string => text.slice(text.indexOf('\n\n') + 2);

const services = [
	{ ...grant, serviceName: 'head', machineCount: 1 },
	{ ...grant, serviceName: 'workers', machineCount: 12, cpuSharePercent: 50, diskBytes: 20 * GIB },
];

describe('on a terminal of 80 columns', () => {
	test.each([
		['what is held', held],
		['what is held for days', { ...held, expiresAt: inMinutes(60 * 24 * 20) }],
		['what is told', { ...held, ...told, reasons: [] }],
		['a head and its workers', { ...held, grant: { ...grant, services } }],
	])('%s stands in a table', (_, offer) => {
		const text = tableOf(roundText(round(offer), 80));
		expect(text).toMatch(/^# +START +FOR +MACHINES +CPUS +MEMORY +PRICE +HELD UNTIL\n/);
		expect(text).toMatch(/\n[12] {2}2026-12-01 22:15Z {2}1d 12h {2}/);
		expect(widest(text)).toBeLessThanOrEqual(80);
	});

	test('the difference to what was asked stands below, in words and units, and is broken between words', () => {
		const lines = tableOf(roundText(round(held), 80)).split('\n');
		expect(lines[2]).toBe('   later: startAt: 2026-12-01 10:00:00Z -> 2026-12-01 22:15:00Z; machineCount: 3');
		expect(lines[3]).toBe('   -> 2; memoryBytes: 128 GiB -> 64 GiB; durationSeconds: 2d -> 1d 12h');
	});

	test('services have a line each, and what has no column stands below', () => {
		const [, , second, ...below] = tableOf(roundText(round({ ...held, grant: { ...grant, services } }), 80)).split(
			'\n',
		);
		expect(second!.trim()).toMatch(/^12 +16 +64 GiB$/);
		expect(below[0]).toBe('   services: head, workers');
		expect(below.join('\n')).toContain('   workers: CPUs at 50 %, disk 20 GiB');
	});

	test('what is not held says why, once for all that it is about', () => {
		const rejected: NegotiationOfferResource = { ...node, state: 'Rejected', reasons: [reason] };
		const text = roundText(round(rejected, { ...told, rank: 1, kind: 'as-asked' }, told), 80);
		expect(text).toMatch(/^It can be had as asked:/);
		expect(text).toContain(
			'Not held (#1, #2):\n  HOLD_REFUSED: At most half of the site is held.\n    would fit: at most 8 CPUs',
		);
		expect(text.match(/HOLD_REFUSED/g)).toHaveLength(1);
	});

	test('only what nothing can be had of has nothing to offer', () => {
		const text = roundText(round({ ...node, state: 'Rejected', reasons: [{ ...reason, code: 'IMAGE_UNKNOWN' }] }), 80);
		expect(text).toMatch(/^It cannot be had, and there is nothing to offer instead:\n {2}IMAGE_UNKNOWN/);
	});
});

test('on a narrower one each offer is a block, no line of which is longer', () => {
	const text = tableOf(roundText(round(held, told), 40));
	expect(text).toMatch(/^#1\n {3}start: 2026-12-01 22:15Z\n {3}for: 1d 12h\n {3}machines: 2\n {3}cpus: 16\n/);
	expect(text).not.toContain('HELD UNTIL');
	expect(widest(text.slice(0, text.indexOf('Not held')))).toBeLessThanOrEqual(40);
});
