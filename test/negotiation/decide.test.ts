import { describe, expect, it } from 'vitest';
import { exactly, unite } from '../../src/agreement/jsdl/range.ts';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import type { Alternative, Decision } from '../../src/negotiation/decision.ts';
import { HOST_LABELS, type SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import {
	accepted,
	ask,
	codes,
	DAY,
	DIGEST,
	GIB,
	HOUR,
	host,
	MIB,
	NOW,
	OTHER_DIGEST,
	occupy,
	POLICY,
	type RequestParts,
	requestOf,
	twoHosts,
	WORKSPACE,
} from './requests.ts';

/** Two hosts of which `a` is full for the next four hours. */
function halfFull(): SiteCalendar {
	const calendar = twoHosts();
	occupy(calendar, 'a', NOW, NOW + 4 * HOUR, { cpuMillicores: 8000 });
	return calendar;
}

/** Both hosts are full for four hours, but for 2 CPUs and 4 GiB on `b`. */
function nearlyFull(): SiteCalendar {
	const calendar = halfFull();
	occupy(calendar, 'b', NOW, NOW + 4 * HOUR, { cpuMillicores: 6000, memoryBytes: 12 * GIB });
	return calendar;
}

function alternatives(decision: Decision): readonly Alternative[] {
	if (decision.kind !== 'counter') throw new Error(`not countered but ${JSON.stringify(decision)}`);
	return decision.alternatives;
}

const UNENFORCEABLE = {
	kind: 'enforce',
	path: '/app',
	subject: 'Application',
	why: 'a workspace runs its image',
} as const;

describe('an acceptance', () => {
	it('grants the smallest values of the ranges', () => {
		const { grant, placement } = accepted(ask(requestOf({ machines: [2, 4], cpus: [2, 8], memory: [GIB, 8 * GIB] })));
		expect(grant).toMatchObject({ machineCount: 2, cpuCount: 2, memoryBytes: GIB, startAt: NOW, endAt: NOW + HOUR });
		expect(placement).toMatchObject({ startAt: NOW, machines: [{ host: 'a', count: 2 }] });
	});

	it('grants the largest that fit where the client prefers them', () => {
		const wanted = { machines: [1, 9] as const, cpus: [2, 99] as const, memory: [GIB, 99 * GIB] as const };
		const { grant } = accepted(ask(requestOf({ ...wanted, prefersLargest: true }), { calendar: halfFull() }));
		// Machines come first: 4 of 2 CPUs fill host b, and its memory is then divided among them.
		expect(grant).toMatchObject({ machineCount: 4, cpuCount: 2, memoryBytes: 4 * GIB });
	});

	it.each(['network', 'disk'] as const)('grants no %s where an answer may have none, and more is preferred', (size) => {
		const field = ({ network: 'networkBitsPerSecond', disk: 'diskBytes' } as const)[size];
		const workspace = { ...WORKSPACE, imageName: 'guest', imageDigest: OTHER_DIGEST };
		const request = requestOf({ [size]: [0, 8 * GIB], workspace, prefersLargest: true });
		const none = { path: '/demand', location: '//any', allowed: '0', message: 'none' };
		const unmetBy = ({ [field]: most }: ServiceGrant) => (most > 0 ? [none] : []);
		expect(accepted(ask(request)).grant[field]).toBeGreaterThan(0);
		expect(accepted(ask(request, { unmetBy, optionalDemands: () => ({ items: [], always: [] }) })).grant[field]).toBe(
			0,
		);
	});

	it('prefers the largest within totals', () => {
		const wanted = { machines: [1, 4] as const, totalCpus: [4, 12] as const };
		const { grant } = accepted(ask(requestOf({ ...wanted, prefersLargest: true })));
		expect(grant).toMatchObject({ machineCount: 4, cpuCount: 3 });
	});

	it('prefers no machine beyond what the site allows, where more machines of a total would be larger ones', () => {
		const either = (one: number, other: number) =>
			unite([exactly(one), exactly(other)].flatMap((each) => each.intervals));
		const limits = { ...POLICY, cpuCountMax: 6, memoryBytesMax: 2 * GIB };
		const largest = (parts: RequestParts) => {
			return accepted(ask(requestOf({ ...parts, prefersLargest: true }), { policy: limits })).grant;
		};
		expect(largest({ machines: [1, 2], totalCpus: either(1, 14) })).toMatchObject({ machineCount: 1, cpuCount: 1 });
		const memory = { machines: [1, 2] as const, totalMemory: either(GIB + MIB, 6 * GIB) };
		expect(largest(memory)).toMatchObject({ machineCount: 1, memoryBytes: GIB + MIB });
	});

	it('takes the earliest start of a window that floats', () => {
		const window = { endAt: NOW + DAY, durationSeconds: HOUR };
		const { grant } = accepted(ask(requestOf({ machines: 2, cpus: 8, window }), { calendar: halfFull() }));
		expect(grant).toMatchObject({ startAt: NOW + 4 * HOUR, endAt: NOW + 5 * HOUR });
	});

	it('finds the gap also where it must set up before and clean up after', () => {
		const policy = { ...POLICY, setupSeconds: 60, teardownSeconds: 30 };
		const calendar = halfFull();
		occupy(calendar, 'a', NOW + 6 * HOUR, NOW + DAY, { cpuMillicores: 8000 });
		occupy(calendar, 'b', NOW, NOW + DAY, { cpuMillicores: 8000 });
		const fits = (durationSeconds: number): Decision => {
			return ask(requestOf({ window: { endAt: NOW + 6 * HOUR, durationSeconds } }), { calendar, policy });
		};
		expect(accepted(fits(2 * HOUR - 90)).grant.startAt).toBe(NOW + 4 * HOUR + 60);
		expect(fits(2 * HOUR - 89).kind).toBe('counter');
	});

	it('takes more machines where fewer larger ones find no host', () => {
		const { grant } = accepted(ask(requestOf({ machines: [1, 4], totalCpus: 12 })));
		expect(grant).toMatchObject({ machineCount: 2, cpuCount: 6 });
	});

	it('takes more machines where fewer would have more CPUs than is allowed', () => {
		const calendar = new SiteCalendar([host('a', { cpuMillicores: 64_000 })]);
		const policy = { ...POLICY, cpuCountMax: 16 };
		const { grant } = accepted(ask(requestOf({ machines: [1, 4], totalCpus: 24 }), { calendar, policy }));
		expect(grant).toMatchObject({ machineCount: 2, cpuCount: 12 });
	});

	it('takes a host with the labels that are asked', () => {
		const linux = { [HOST_LABELS.operatingSystem]: 'LINUX', [HOST_LABELS.cpuSpeedHz]: '2400000000' };
		const calendar = new SiteCalendar([host('a'), host('b', {}, linux)]);
		const wanted = { operatingSystem: 'LINUX', speed: [2_000_000_000, 3_000_000_000] as const };
		const { placement } = accepted(ask(requestOf(wanted), { calendar }));
		expect(placement.machines).toEqual([{ host: 'b', count: 1 }]);
	});

	it('takes a label for what it says, whatever was asked before of the speed that has its name', () => {
		const named = (text: string) => host(`a${text}`, {}, { [HOST_LABELS.cpuSpeedHz]: text });
		const calendar = new SiteCalendar([named('2000000000.0'), named('2000000000')]);
		const speed = [2_000_000_000, 2_000_000_000] as const;
		expect(ask(requestOf({ speed }), { calendar }).kind).toBe('accept');
		const placement = { strategy: 'pack' as const, labels: { [HOST_LABELS.cpuSpeedHz]: '2000000000' } };
		const labelled = ask(requestOf({ workspace: { ...WORKSPACE, placement } }), { calendar });
		expect(accepted(labelled).placement.machines).toEqual([{ host: 'a2000000000', count: 1 }]);
	});

	it('takes a host of the speed that is asked, whatever was asked before that begins alike', () => {
		const speeds = (last: number) =>
			[1, 2, 3, 4, 5, 6, 7, 8, last].flatMap((each) => exactly(each * 1_000_000_000).intervals);
		const fast = (last: number) => host(`h${last}`, {}, { [HOST_LABELS.cpuSpeedHz]: `${last}000000000` });
		const calendar = new SiteCalendar([fast(10), fast(11)]);
		for (const last of [10, 11]) {
			const request = { ...requestOf(), cpuSpeedHz: { range: unite(speeds(last)), path: '/speed' } };
			expect(accepted(ask(request, { calendar })).placement.machines).toEqual([{ host: `h${last}`, count: 1 }]);
		}
	});

	it('takes a guarantee that the site measures', () => {
		const unsupported = [{ kind: 'measure' as const, path: '/g', subject: 'availability', why: 'it must be measured' }];
		const policy = { ...POLICY, measurableKpis: ['availability'] };
		expect(ask(requestOf({ unsupported }), { policy }).kind).toBe('accept');
	});

	it('knows an image under another name that is nobody else’s', () => {
		expect(ask(requestOf({ workspace: { ...WORKSPACE, imageName: 'debian-12' } })).kind).toBe('accept');
	});
});

describe('reasons', () => {
	const limited: SitePolicy = { ...POLICY, retentionSecondsMax: DAY, cpuCountMax: 16 };
	const labelled = new SiteCalendar([host('a', {}, { [HOST_LABELS.cpuArchitecture]: 'x86_64' }), host('b')]);
	const noShaping = { ...POLICY, abilities: { ...POLICY.abilities, networkShaping: false } };
	const table: readonly [string, RequestParts, Partial<Parameters<typeof ask>[1]>, object[]][] = [
		[
			'an image that is not here',
			{ workspace: { ...WORKSPACE, imageName: 'x', imageDigest: `sha256:${'9'.repeat(64)}` } },
			{},
			[{ code: 'IMAGE_UNKNOWN', path: '/workspace' }],
		],
		[
			'an image whose name belongs to another digest',
			{ workspace: { ...WORKSPACE, imageDigest: OTHER_DIGEST } },
			{},
			[{ code: 'IMAGE_UNKNOWN', path: '/workspace', available: DIGEST }],
		],
		[
			'a creation constraint of the template',
			{},
			{
				violations: [
					{ path: '/cpus', location: '//x', found: '3', allowed: 'at most 2', nearest: '2', message: 'Too many.' },
				],
			},
			[{ code: 'CREATION_CONSTRAINT', path: '/cpus', asked: '3', limit: 'at most 2', available: '2' }],
		],
		[
			'what nobody enforces',
			{ unsupported: [UNENFORCEABLE] },
			{},
			[{ code: 'NOT_ENFORCEABLE', path: '/app', asked: 'Application' }],
		],
		[
			'what nobody measures',
			{ unsupported: [{ kind: 'measure', path: '/g', subject: 'latency', why: 'it must be measured' }] },
			{},
			[{ code: 'NOT_MEASURABLE', path: '/g', asked: 'latency' }],
		],
		[
			'a bandwidth that the kernel cannot shape',
			{ network: 8000 },
			{ policy: noShaping },
			[{ code: 'NOT_ENFORCEABLE', path: '/network', resource: 'networkBitsPerSecond', available: 0 }],
		],
		[
			'a retention beyond the policy',
			{ workspace: { ...WORKSPACE, endAction: 'pause', retentionSeconds: 2 * DAY } },
			{ policy: limited },
			[{ code: 'LIMIT_EXCEEDED', path: '/workspace', resource: 'time', asked: 2 * DAY, limit: DAY }],
		],
		[
			'hosts that the site does not have',
			{ candidateHosts: ['x', 'y'] },
			{},
			[{ code: 'HOST_UNKNOWN', asked: 'x, y', available: 'a, b' }],
		],
		[
			'an architecture that no host has',
			{ cpuArchitecture: 'sparc' },
			{ calendar: labelled },
			[{ code: 'HOST_UNSUITABLE', asked: 'sparc', available: 'x86_64, not stated' }],
		],
		[
			'properties that no host has together',
			{ cpuArchitecture: 'x86_64', operatingSystem: 'LINUX' },
			{
				calendar: new SiteCalendar([
					host('a', {}, { cpuArchitecture: 'x86_64' }),
					host('b', {}, { operatingSystem: 'LINUX' }),
				]),
			},
			[{ code: 'HOST_UNSUITABLE', asked: 'operating system LINUX, CPU architecture x86_64' }],
		],
		[
			'more CPUs than a machine may have',
			{ cpus: 17 },
			{ policy: limited, calendar: new SiteCalendar([host('a', { cpuMillicores: 64_000 })]) },
			[{ code: 'LIMIT_EXCEEDED', path: '/cpus', resource: 'cpus', asked: 17, limit: 16 }],
		],
		[
			'a machine that no host could ever hold',
			{ memory: 17 * GIB },
			{},
			[{ code: 'LIMIT_EXCEEDED', resource: 'memoryBytes', asked: 17 * GIB, limit: 16 * GIB }],
		],
		[
			'amounts beyond all arithmetic',
			{ memory: 2 ** 52 },
			{},
			[{ code: 'LIMIT_EXCEEDED', resource: 'memoryBytes', asked: 2 ** 52, limit: 16 * GIB }],
		],
		[
			'more machines than the empty site has room for',
			{ machines: 3, cpus: 8 },
			{},
			[
				{ code: 'CAPACITY_TOO_SMALL', resource: 'machines', asked: 3, available: 2, limit: 2 },
				{ code: 'CAPACITY_TOO_SMALL', resource: 'cpuMillicores', asked: 24_000, available: 16_000, limit: 16_000 },
			],
		],
		[
			'a reserved resource with host and interval',
			{ cpus: 4 },
			{ calendar: nearlyFull() },
			[
				{
					code: 'CAPACITY_RESERVED',
					resource: 'cpuMillicores',
					asked: 4000,
					available: 2000,
					limit: 8000,
					host: 'b',
					interval: { startAt: NOW, endAt: NOW + HOUR },
				},
			],
		],
		[
			'every resource that is reserved',
			{ machines: 2, cpus: 4, memory: 8 * GIB },
			{ calendar: nearlyFull() },
			[
				{ code: 'CAPACITY_RESERVED', resource: 'machines', asked: 2, available: 0, limit: 4 },
				{ code: 'CAPACITY_RESERVED', resource: 'cpuMillicores', asked: 8000, available: 0, limit: 16_000 },
			],
		],
	];
	it.each(table)('name %s', (_, parts, question, expected) => {
		const decision = ask(requestOf(parts), question);
		expect(decision.kind).not.toBe('accept');
		expect(decision.kind === 'accept' ? [] : decision.reasons).toMatchObject(expected);
		expect(codes(decision)).toHaveLength(expected.length);
	});

	it('name the tightest resource of each host where no single one is to blame', () => {
		const calendar = twoHosts();
		occupy(calendar, 'a', NOW, NOW + HOUR, { cpuMillicores: 5000 });
		occupy(calendar, 'b', NOW, NOW + HOUR, { memoryBytes: 10 * GIB });
		const decision = ask(requestOf({ cpus: 4, memory: 8 * GIB }), { calendar });
		expect(decision).toMatchObject({
			reasons: [
				{ code: 'CAPACITY_RESERVED', host: 'a', resource: 'cpuMillicores', asked: 4000, available: 3000 },
				{ code: 'CAPACITY_RESERVED', host: 'b', resource: 'memoryBytes', asked: 8 * GIB, available: 6 * GIB },
			],
		});
	});

	it('are all named at once, whatever kind they are of', () => {
		const decision = ask(
			requestOf({
				machines: 300,
				memory: MIB,
				cpus: 4,
				unsupported: [UNENFORCEABLE],
				workspace: { ...WORKSPACE, imageDigest: OTHER_DIGEST },
				window: { startAt: NOW - DAY, durationSeconds: HOUR },
				candidateHosts: ['x'],
			}),
			{ calendar: nearlyFull() },
		);
		expect(decision.kind).toBe('reject');
		expect(codes(decision)).toEqual([
			'IMAGE_UNKNOWN',
			'NOT_ENFORCEABLE',
			'HOST_UNKNOWN',
			'WINDOW_PAST',
			'LIMIT_EXCEEDED',
			'BELOW_MINIMUM',
			'CAPACITY_TOO_SMALL',
			'CAPACITY_TOO_SMALL',
		]);
	});

	it('name the capacity that is short beside what is against the offer anyway', () => {
		const decision = ask(requestOf({ cpus: 4, unsupported: [UNENFORCEABLE] }), { calendar: nearlyFull() });
		expect(decision.kind).toBe('reject');
		expect(codes(decision)).toEqual(['NOT_ENFORCEABLE', 'CAPACITY_RESERVED']);
	});
});

describe('alternatives', () => {
	const table: readonly [string, RequestParts, Partial<Parameters<typeof ask>[1]>, object][] = [
		[
			'a later start',
			{ cpus: 8, window: { startAt: NOW, durationSeconds: HOUR } },
			{ calendar: nearlyFull() },
			{ kind: 'later', differences: [{ field: 'startAt', asked: NOW, offered: NOW + 4 * HOUR }] },
		],
		[
			'an earlier start, as late as it can be',
			{ machines: 2, cpus: 8, window: { startAt: NOW + DAY, durationSeconds: HOUR } },
			{ calendar: busyFrom(NOW + 23 * HOUR, NOW + 40 * HOUR) },
			{ kind: 'earlier', differences: [{ field: 'startAt', asked: NOW + DAY, offered: NOW + 22 * HOUR }] },
		],
		[
			'fewer machines',
			{ machines: 4, cpus: 2, memory: GIB },
			{ calendar: nearlyFull() },
			{ kind: 'smaller', differences: [{ field: 'machineCount', asked: 4, offered: 1 }] },
		],
		[
			'fewer CPUs',
			{ cpus: 4 },
			{ calendar: nearlyFull() },
			{ kind: 'smaller', differences: [{ field: 'cpuCount', asked: 4, offered: 2 }] },
		],
		[
			'less memory',
			{ memory: 6 * GIB },
			{ calendar: nearlyFull() },
			{ kind: 'smaller', differences: [{ field: 'memoryBytes', asked: 6 * GIB, offered: 4 * GIB }] },
		],
		[
			'fewer CPUs and less memory together',
			{ cpus: 4, memory: 8 * GIB },
			{ calendar: nearlyFull() },
			{
				kind: 'smaller',
				differences: [
					{ field: 'cpuCount', asked: 4, offered: 2 },
					{ field: 'memoryBytes', asked: 8 * GIB, offered: 4 * GIB },
				],
			},
		],
		[
			'fewer machines with fewer CPUs and less memory',
			{ machines: 4, cpus: 4, memory: 8 * GIB },
			{ calendar: nearlyFull() },
			{
				kind: 'smaller',
				differences: [
					{ field: 'machineCount', asked: 4, offered: 1 },
					{ field: 'cpuCount', asked: 4, offered: 2 },
					{ field: 'memoryBytes', asked: 8 * GIB, offered: 4 * GIB },
				],
			},
		],
		[
			'a smaller disk',
			{ disk: 1100 * GIB },
			{},
			{ kind: 'smaller', differences: [{ field: 'diskBytes', asked: 1100 * GIB, offered: 1000 * GIB }] },
		],
		[
			'less bandwidth',
			{ network: 2_000_000_000 },
			{},
			{
				kind: 'smaller',
				differences: [{ field: 'networkBitsPerSecond', asked: 2_000_000_000, offered: 1_000_000_000 }],
			},
		],
		[
			'a shorter run',
			{ machines: 2, cpus: 8, window: { durationSeconds: 2 * DAY } },
			{ calendar: busyFrom(NOW + 23 * HOUR, NOW + 40 * HOUR) },
			{ kind: 'shorter', differences: [{ field: 'durationSeconds', asked: 2 * DAY, offered: 23 * HOUR }] },
		],
		[
			'other hosts',
			{ cpus: 4, candidateHosts: ['a'] },
			{ calendar: halfFull() },
			{
				kind: 'other-host',
				grant: { candidateHosts: ['b'] },
				differences: [{ field: 'host', asked: 'a', offered: 'b' }],
			},
		],
		[
			'other hosts where those that were named do not exist',
			{ candidateHosts: ['x'] },
			{},
			{ kind: 'other-host', grant: { candidateHosts: ['a'] } },
		],
		[
			'only other hosts that suit',
			{ cpuArchitecture: 'x86_64', candidateHosts: ['a'] },
			{
				calendar: (() => {
					const x86 = { cpuArchitecture: 'x86_64' };
					const calendar = new SiteCalendar([host('a', {}, x86), host('b'), host('c', {}, x86)]);
					occupy(calendar, 'a', NOW, NOW + DAY, { cpuMillicores: 8000 });
					return calendar;
				})(),
			},
			{ kind: 'other-host', grant: { candidateHosts: ['c'] } },
		],
		[
			'a shorter run where the window floats to',
			{ machines: 2, cpus: 8, window: { endAt: NOW + DAY, durationSeconds: 8 * HOUR } },
			{
				calendar: (() => {
					const calendar = busyFrom(NOW, NOW + 4 * HOUR);
					for (const name of ['a', 'b']) occupy(calendar, name, NOW + 6 * HOUR, NOW + 2 * DAY, { cpuMillicores: 8000 });
					return calendar;
				})(),
			},
			{ kind: 'shorter', grant: { startAt: NOW + 4 * HOUR, endAt: NOW + 6 * HOUR } },
		],
		[
			'a start now for one that has passed',
			{ window: { startAt: NOW - DAY, durationSeconds: HOUR } },
			{},
			{ kind: 'later', differences: [{ field: 'startAt', asked: NOW - DAY, offered: NOW }] },
		],
		[
			'a later end where the time between start and end is too short',
			{ window: { startAt: NOW + DAY, endAt: NOW + DAY + HOUR, durationSeconds: 2 * HOUR } },
			{},
			{ kind: 'later', differences: [{ field: 'endAt', asked: NOW + DAY + HOUR, offered: NOW + DAY + 2 * HOUR }] },
		],
		[
			'a shorter run where the time between start and end is too short',
			{ window: { startAt: NOW + DAY, endAt: NOW + DAY + HOUR, durationSeconds: 2 * HOUR } },
			{},
			{ kind: 'shorter', differences: [{ field: 'durationSeconds', asked: 2 * HOUR, offered: HOUR }] },
		],
		[
			'as long as the policy allows',
			{ window: { durationSeconds: 100 * DAY } },
			{},
			{ kind: 'shorter', differences: [{ field: 'durationSeconds', asked: 100 * DAY, offered: 90 * DAY }] },
		],
		[
			'as many machines as the policy allows',
			{ machines: 300, cpus: 1, memory: 64 * MIB, workspace: { ...WORKSPACE, cpuSharePercent: 1 } },
			{},
			{ kind: 'smaller', differences: [{ field: 'machineCount', asked: 300, offered: 256 }] },
		],
		[
			'as many machines as the empty site could hold',
			{ machines: 3, cpus: 8 },
			{},
			{ kind: 'smaller', differences: [{ field: 'machineCount', asked: 3, offered: 2 }] },
		],
		[
			'within the horizon what lies beyond it',
			{ window: { startAt: NOW + POLICY.horizonSeconds, durationSeconds: HOUR } },
			{},
			{ kind: 'earlier', grant: { endAt: NOW + POLICY.horizonSeconds } },
		],
	];
	it.each(table)('offer %s', (_, parts, question, expected) => {
		expect(alternatives(ask(requestOf(parts), question))).toContainEqual(expect.objectContaining(deep(expected)));
	});

	it('keep to the template: what it does not admit is made smaller until it does', () => {
		const satisfies = ({ memoryBytes }: { memoryBytes: number }): boolean => memoryBytes % (2 * GIB) === 0;
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, NOW, NOW + DAY, { memoryBytes: 11 * GIB + 3 * MIB });
		const [best] = alternatives(ask(requestOf({ memory: 8 * GIB }), { calendar, satisfies }));
		expect(best).toMatchObject({ kind: 'smaller', grant: { memoryBytes: 4 * GIB } });
	});

	it('are ranked by what is offered in the end, not by what the template did not admit', () => {
		const satisfies = ({ memoryBytes }: { memoryBytes: number }): boolean => memoryBytes % (4 * GIB) === 0;
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, NOW, NOW + HOUR, { memoryBytes: 9 * GIB });
		const request = requestOf({ memory: 8 * GIB, window: { startAt: NOW, durationSeconds: 2 * HOUR } });
		// 7 GiB at once would be nearest, but the template makes that 4; an hour's wait is then the lesser loss.
		const kinds = alternatives(ask(request, { calendar, satisfies })).map(({ kind, grant }) => [
			kind,
			grant.memoryBytes,
		]);
		expect(kinds).toEqual([
			['later', 8 * GIB],
			['smaller', 4 * GIB],
		]);
	});

	it('keep as many machines, smaller ones, where each is larger than all but a few hosts', () => {
		const calendar = new SiteCalendar([host('a'), host('b'), host('c', { cpuMillicores: 16_000 })]);
		const offered = (question: Partial<Parameters<typeof ask>[1]>) =>
			alternatives(ask(requestOf({ machines: 3, cpus: 16 }), { calendar, ...question })).map(({ grant }) => [
				grant.machineCount,
				grant.cpuCount,
				grant.startAt - NOW,
			]);
		expect(offered({})).toContainEqual([3, 8, 0]);
		// A template for clusters admits no single machine.
		expect(offered({ satisfies: ({ machineCount }) => machineCount > 1 })).toContainEqual([3, 8, 0]);
		occupy(calendar, 'c', NOW, NOW + HOUR, { cpuMillicores: 16_000 });
		expect(offered({})).toContainEqual([3, 8, HOUR]);
	});

	it('are fewer machines and smaller ones at once where only that is free and admitted', () => {
		const calendar = halfFull();
		occupy(calendar, 'b', NOW, NOW + 4 * HOUR, { cpuMillicores: 5200 });
		const satisfies = ({ machineCount }: { machineCount: number }): boolean => machineCount > 1;
		const window = { startAt: NOW, endAt: NOW + HOUR, durationSeconds: HOUR };
		const request = requestOf({ machines: 4, cpus: 4, window });
		const sizes = (decision: Decision) =>
			alternatives(decision)
				.filter(({ grant }) => grant.startAt === NOW)
				.map(({ grant }) => [grant.machineCount, grant.cpuCount]);
		expect(sizes(ask(request, { calendar, satisfies }))).toContainEqual([2, 1]);
	});

	it('are smaller in what the template couples, together, where no value alone can be less', () => {
		const calendar = new SiteCalendar([host('a')]);
		occupy(calendar, 'a', NOW, NOW + 1000 * DAY, { cpuMillicores: 4000, memoryBytes: 14.5 * GIB });
		const asked = requestOf({ cpus: 4, memory: 4 * GIB, window: { startAt: NOW, durationSeconds: HOUR } });
		const satisfies = ({ cpuCount, memoryBytes }: { cpuCount: number; memoryBytes: number }) =>
			memoryBytes >= cpuCount * GIB;
		const [first] = alternatives(ask(asked, { calendar, satisfies }));
		expect(first!.grant).toMatchObject({ machineCount: 1, cpuCount: 1, startAt: NOW, endAt: NOW + HOUR });
	});

	it('are none where the template admits none of them', () => {
		const decision = ask(requestOf({ cpus: 9 }), { satisfies: () => false });
		expect(decision).toMatchObject({ kind: 'reject', reasons: [{ code: 'LIMIT_EXCEEDED' }] });
	});

	describe('where there are prices', () => {
		const paying = (amount: string, rates: readonly object[]) => {
			const reading = readPriceModel({ currency: 'EUR', decimals: 3, rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
			if (!reading.ok) throw new Error(reading.issues.join());
			return {
				parts: { cpus: 1, priceCeiling: { currency: 'EUR', amount, path: '/price' } },
				question: { policy: { ...POLICY, prices: reading.model }, party: { name: 'ann', vo: 'physics' } },
			};
		};

		it.each(['0', '0.0001', '0.001'])('are the same at its price for who pays %s', (amount) => {
			const { parts, question } = paying(amount, [{ cpuHour: '1', memoryGibHour: '0' }]);
			const window = { startAt: NOW + DAY, durationSeconds: HOUR };
			const found = alternatives(ask(requestOf({ ...parts, window }), question));
			expect(found.filter(({ kind }) => kind === 'dearer')).toMatchObject([
				{ grant: { startAt: NOW + DAY }, price: { amount: '1.000' }, differences: [{ field: 'price' }] },
			]);
		});

		it('begin on the minute only where that is paid too', () => {
			const night = { from: '00:00', to: '06:00', cpuHour: '0.95', memoryGibHour: '0' };
			const { parts, question } = paying('0.939', [night, { cpuHour: '1', memoryGibHour: '0' }]);
			const calendar = twoHosts();
			// Paid is only what ends by six, so that nothing can wait for the minute.
			const startAt = NOW + DAY + 5 * HOUR + 40;
			for (const name of ['a', 'b']) occupy(calendar, name, startAt - 6 * HOUR, startAt, { cpuMillicores: 8000 });
			const window = { startAt: NOW + DAY - 4 * HOUR, durationSeconds: HOUR - 40 };
			const found = alternatives(ask(requestOf({ ...parts, window }), { ...question, calendar }));
			expect(found.filter(({ grant }) => grant.startAt >= startAt)).toMatchObject([
				{ kind: 'later', grant: { startAt }, price: { amount: '0.939' } },
			]);
		});
	});

	it('are as many as the policy says, the nearest first', () => {
		const request = requestOf({ machines: 2, cpus: 2, memory: GIB, window: { startAt: NOW, durationSeconds: DAY } });
		const calendar = nearlyFull();
		const all = alternatives(ask(request, { calendar, policy: { ...POLICY, alternativesMax: 20 } }));
		const two = alternatives(ask(request, { calendar, policy: { ...POLICY, alternativesMax: 2 } }));
		expect(all.length).toBeGreaterThan(2);
		expect(two).toEqual(all.slice(0, 2));
		expect(all.map(({ rank }) => rank)).toEqual(all.map((_, index) => index + 1));
	});

	it('are none where the policy wants none', () => {
		expect(ask(requestOf({ cpus: 9 }), { policy: { ...POLICY, alternativesMax: 0 } }).kind).toBe('reject');
	});

	it.each<[string, RequestParts, object]>([
		['CPUs', { totalCpus: [2, 5] }, { field: 'totalCpuCount', asked: '2..5', offered: 2 }],
		[
			'memory',
			{ machines: 2, totalMemory: [GIB, 9 * GIB] },
			{ field: 'totalMemoryBytes', asked: '1073741824..9663676416', offered: GIB },
		],
		[
			'disk',
			{ totalDisk: [6 * GIB, 9 * GIB] },
			{ field: 'totalDiskBytes', asked: '6442450944..9663676416', offered: 6 * GIB },
		],
	])(
		'name the total of the offer that the template narrows, where nothing else differs: of %s',
		(_, parts, difference) => {
			const violation = { path: '/total', location: '//x', found: 'much', allowed: 'less', message: 'Too much.' };
			const decision = ask(requestOf(parts), { violations: [{ ...violation, isOfGrant: true }] });
			expect(alternatives(decision)[0]).toMatchObject({ kind: 'smaller', differences: [difference] });
			// It begins when it was asked to.
			expect(decision).toMatchObject({ reasons: [{ code: 'CREATION_CONSTRAINT' }] });
			expect(decision).not.toMatchObject({ reasons: [{ remedy: {} }] });
		},
	);

	it('say what the offer left to the site, where the template wants no more than that it is said', () => {
		const violation = { path: '/', location: '//x', found: 'nothing', allowed: '1 of it', message: 'Say it.' };
		const window = { startAt: NOW, durationSeconds: HOUR };
		const decision = ask(requestOf({ memory: GIB, window }), { violations: [{ ...violation, isOfGrant: true }] });
		expect(alternatives(decision).map(({ differences }) => differences)).toEqual([
			[
				{ field: 'endAt', asked: 'anything', offered: NOW + HOUR },
				{ field: 'machineCount', asked: 'anything', offered: 1 },
				{ field: 'cpuCount', asked: 'anything', offered: 1 },
			],
		]);
	});

	it('rank a short shift before a long one, and a long run’s shift as less', () => {
		const calendar = busyFrom(NOW + 2 * HOUR, NOW + 3 * HOUR);
		const asking = (durationSeconds: number): readonly Alternative[] => {
			return alternatives(
				ask(requestOf({ machines: 2, cpus: 8, window: { startAt: NOW, durationSeconds } }), { calendar }),
			);
		};
		// Three hours' wait for a run of a week is nearer to it than a run of two hours.
		expect(asking(7 * DAY)[0]).toMatchObject({ kind: 'later' });
		// For a run of two hours and a minute, two hours at once are nearer.
		expect(asking(2 * HOUR + 60)[0]).toMatchObject({ kind: 'shorter' });
	});
});

/** Two hosts that are both taken in full in [startAt, endAt). */
function busyFrom(startAt: number, endAt: number): SiteCalendar {
	const calendar = twoHosts();
	for (const name of ['a', 'b']) occupy(calendar, name, startAt, endAt, { cpuMillicores: 8000 });
	return calendar;
}

/** Nested objects matched by what they name. */
function deep(expected: object): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(expected).map(([key, value]) => {
			const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
			return [key, isPlain ? expect.objectContaining(deep(value)) : value];
		}),
	);
}
