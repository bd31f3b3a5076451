import { describe, expect, it } from 'vitest';
import type { ChangeTerm, Permission, ServiceGrant, WorkspaceTerm } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import type { HostShare, Placement } from '../../src/capacity/resources.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import type { PreviousGrant } from '../../src/negotiation/decide.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import {
	accepted,
	ask,
	codes,
	DAY,
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
	sentBack,
	twoHosts,
	WORKSPACE,
} from './requests.ts';

const BEGUN = NOW - HOUR;
const END = NOW + 5 * HOUR;

/** Two machines of 2 CPUs and 1 GiB on host `a` that run since an hour, and nobody may restart or move. */
function running(
	parts: Partial<PreviousGrant> = {},
	machines: readonly HostShare[] = [{ host: 'a', count: 2 }],
): PreviousGrant {
	const grant: ServiceGrant = {
		machineCount: machines.reduce((sum, { count }) => sum + count, 0),
		cpuCount: 2,
		memoryBytes: GIB,
		diskBytes: 0,
		networkBitsPerSecond: 0,
		startAt: BEGUN,
		endAt: END,
		workspace: WORKSPACE,
	};
	const placement: Placement = { startAt: BEGUN, usage: usageOf(grant, POLICY, BEGUN), machines };
	return { grant, placement, running: true, allowRestart: false, allowMove: false, ...parts };
}

/** The same again, but for what the test is about. */
function again(parts: RequestParts = {}, workspace: Partial<WorkspaceTerm> = {}) {
	const window = { durationSeconds: END - BEGUN };
	return requestOf({ machines: 2, cpus: 2, memory: GIB, window, workspace: { ...WORKSPACE, ...workspace }, ...parts });
}

describe('a change to more than there is', () => {
	it.each<[string, RequestParts, string]>([
		['an end that has passed', { window: { durationSeconds: 60 } }, 'WINDOW_PAST'],
		['another start', { window: { startAt: NOW + HOUR, durationSeconds: HOUR } }, 'STATE_FORBIDS'],
	])('is told beside %s', (_, parts, code) => {
		const decision = ask(again({ cpus: 9, ...parts }), { calendar: twoHosts(), previous: running() });
		expect(codes(decision)).toEqual(expect.arrayContaining([code, 'LIMIT_EXCEEDED']));
	});
});

describe('a change to an amount beside the step', () => {
	it.each<[string, RequestParts, object]>([
		['more memory', { memory: 2 * GIB + 12_345 }, { memoryBytes: 2 * GIB }],
		['memory beside the step of what is added live', { memory: 2 * GIB + 64 * MIB }, { memoryBytes: 2 * GIB }],
		['a larger disk', { disk: 4 * GIB + 5 }, { diskBytes: 4 * GIB }],
		['half a CPU more than one more', { cpus: 3.5 }, { cpuCount: 3 }],
	])('is countered with the whole step below: %s', (_, parts, grant) => {
		const decision = ask(again(parts), { calendar: twoHosts(), previous: running() });
		expect(decision).toMatchObject({ kind: 'counter', alternatives: [{ grant }] });
	});
});

describe('what a change asks to give back without a restart', () => {
	const pricing = readPriceModel({ currency: 'EUR', rates: [{ cpuHour: '0.10', memoryGibHour: '0.01' }] }, () => [
		{ fromAt: 0, offsetSeconds: 0 },
	]);
	const prices = pricing.ok ? pricing.model : undefined;
	const stays = (asked: number, offered = 2) => ({ field: 'cpuCount', asked, offered });
	const longer = { durationSeconds: 8 * HOUR };

	it.each<[string, RequestParts, Partial<WorkspaceTerm>, object, object[]]>([
		['a later end', { cpus: 1, window: longer }, {}, { cpuCount: 2, endAt: BEGUN + 8 * HOUR }, [stays(1)]],
		['an earlier end', { cpus: 1, window: { durationSeconds: 2 * HOUR } }, {}, { endAt: NOW + HOUR }, [stays(1)]],
		['more machines', { cpus: 1, machines: 3 }, {}, { machineCount: 3, cpuCount: 2 }, [stays(1)]],
		['fewer machines', { cpus: 1, machines: 1 }, {}, { machineCount: 1, cpuCount: 2 }, [stays(1)]],
		['a smaller share', { cpus: 1 }, { cpuSharePercent: 50 }, { cpuCount: 2 }, [stays(1)]],
		['another end', { cpus: 1 }, { endAction: 'pause', retentionSeconds: DAY }, { cpuCount: 2 }, [stays(1)]],
		['a larger disk', { cpus: 1, disk: 4 * GIB }, {}, { cpuCount: 2, diskBytes: 4 * GIB }, [stays(1)]],
		['bandwidth', { cpus: 1, network: 8_000_000 }, {}, { networkBitsPerSecond: 8_000_000 }, [stays(1)]],
		['other hosts than that', { cpus: 1, machines: 3, candidateHosts: ['a'] }, {}, { machineCount: 3 }, [stays(1)]],
		['more memory', { cpus: 1, memory: 2 * GIB }, {}, { cpuCount: 2, memoryBytes: 2 * GIB }, [stays(1)]],
		[
			'less of both, for longer',
			{ cpus: 1, memory: 512 * MIB, window: longer },
			{},
			{ cpuCount: 2, memoryBytes: GIB, endAt: BEGUN + 8 * HOUR },
			[stays(1), { field: 'memoryBytes', asked: 512 * MIB, offered: GIB }],
		],
		[
			'memory beside the step that is added live, for longer',
			{ memory: GIB + 200 * MIB, window: longer },
			{},
			{ memoryBytes: GIB + 128 * MIB, endAt: BEGUN + 8 * HOUR },
			[{ field: 'memoryBytes', asked: GIB + 200 * MIB, offered: GIB + 128 * MIB }],
		],
		['half a CPU more, for longer', { cpus: 2.5, window: longer }, {}, { cpuCount: 2 }, [stays(2.5)]],
		['CPUs in all, for longer', { cpus: [1, 2], totalCpus: 2, window: longer }, {}, { cpuCount: 2 }, [stays(1)]],
		[
			'of a range that does not reach what stands, for longer',
			{ cpus: [0.5, 1], memory: [GIB + MIB, 4 * GIB], window: longer },
			{},
			{ cpuCount: 2, memoryBytes: GIB + 128 * MIB },
			[stays(1), { field: 'memoryBytes', asked: GIB + MIB, offered: GIB + 128 * MIB }],
		],
	])('is offered to stay beside %s, all else as asked, and can be had like that', (_, parts, term, grant, differ) => {
		const request = again(parts, term);
		const question = { previous: running() };
		const decision = ask(request, question);
		expect(decision).toMatchObject({ kind: 'counter', alternatives: [{ rank: 1, grant, differences: differ }] });
		if (decision.kind !== 'counter') throw new Error();
		for (const { grant: each, effects } of decision.alternatives) {
			expect(effects.map(({ kind }) => kind)).not.toContain('restart');
			expect(accepted(ask(sentBack(request, each), question)).grant).toEqual(each);
		}
	});

	describe('of machines that were booted without a disk', () => {
		const guest = { imageName: 'guest', imageDigest: OTHER_DIGEST };
		const diskless = (allowRestart: boolean): PreviousGrant => {
			const { grant, ...rest } = running({ allowRestart });
			return { ...rest, grant: { ...grant, workspace: { ...WORKSPACE, ...guest } } };
		};
		const none = [{ field: 'diskBytes', asked: 4 * GIB, offered: 0 }];

		it.each<[string, RequestParts, object]>([
			['a later end', { window: longer }, { endAt: BEGUN + 8 * HOUR }],
			['more CPUs', { cpus: 3 }, { cpuCount: 3 }],
			['more machines', { machines: 3 }, { machineCount: 3 }],
		])('is offered none beside %s, and can be had like that', (_, parts, grant) => {
			const question = { previous: diskless(false) };
			const request = again({ disk: 4 * GIB, ...parts }, guest);
			const decision = ask(request, question);
			expect(decision).toMatchObject({
				kind: 'counter',
				reasons: [{ code: 'NEEDS_RESTART', resource: 'diskBytes', remedy: { permit: 'restart' } }],
				alternatives: [{ grant: { ...grant, diskBytes: 0 }, differences: none, effects: [{ kind: 'live' }] }],
			});
			const [first] = decision.kind === 'counter' ? decision.alternatives : [];
			expect(accepted(ask(again({ disk: 0, ...parts }, guest), question)).grant).toEqual(first!.grant);
		});

		it('is refused without alternatives where that is all that was asked', () => {
			expect(ask(again({ disk: 4 * GIB }, guest), { previous: diskless(false) }).kind).toBe('reject');
		});

		it('is told the restart beforehand where that is allowed, of as much as there is room for as well', () => {
			const question = { previous: diskless(true) };
			expect(accepted(ask(again({ disk: 4 * GIB }, guest), question)).effects).toMatchObject([{ kind: 'restart' }]);
			expect(ask(again({ disk: 990 * GIB }, guest), question)).toMatchObject({
				alternatives: [{ grant: { diskBytes: 500 * GIB }, effects: [{ kind: 'restart' }] }, {}],
			});
		});
	});

	it('is offered as far as there is room, with the sizes that stand', () => {
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, END + HOUR, END + DAY, { cpuMillicores: 8000 });
		const request = again({ cpus: 1, memory: 512 * MIB, window: { endAt: END + 3 * HOUR, durationSeconds: HOUR } });
		expect(ask(request, { previous: running(), calendar })).toMatchObject({
			kind: 'counter',
			alternatives: [{ kind: 'shorter', grant: { cpuCount: 2, memoryBytes: GIB, endAt: END + HOUR } }],
		});
	});

	it('has the price of the sizes that stand, beside that of those asked', () => {
		const policy = { ...POLICY, ...(prices && { prices }) };
		const question = { previous: running(), policy, party: { name: 'ann', vo: 'physics' } };
		const decision = ask(again({ cpus: 1, window: longer }), question);
		const restarted = { ...question, previous: running({ allowRestart: true }) };
		const asked = accepted(ask(again({ cpus: 1, window: longer }), restarted)).price!;
		const stood = accepted(ask(again({ window: longer }), question)).price!;
		const price = { field: 'price', asked: `${asked.amount} EUR`, offered: `${stood.amount} EUR` };
		expect(decision).toMatchObject({ alternatives: [{ price: stood, differences: [stays(1), price] }] });
	});

	describe('whose price grows until it is agreed to', () => {
		/** Ten an hour for a CPU, and a band that begins within the grace. */
		const rates = [
			{ from: '00:00', to: '00:02', cpuHour: '20', memoryGibHour: '0' },
			{ cpuHour: '10', memoryGibHour: '0' },
		];
		const turning = [
			{ from: '00:00', to: '00:02', cpuHour: '20', memoryGibHour: '0' },
			{ cpuHour: '0', memoryGibHour: '60' },
		];
		const policyAt = (list: readonly object[]) => {
			const model = readPriceModel({ currency: 'EUR', rates: list }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
			if (!model.ok) throw new Error(JSON.stringify(model));
			return { ...POLICY, prices: model.model };
		};
		const before = { currency: 'EUR', amount: '240.00', cancellation: [] };
		const previous = running({ allowRestart: true, price: before });
		const party = { name: 'ann', vo: 'physics' };
		const lower = (parts: RequestParts = {}) => again({ cpus: 1, window: { durationSeconds: 12 * HOUR }, ...parts });
		/** All of host `a` is taken an hour after the agreement ends. */
		const calendar = () => {
			const site = twoHosts();
			for (const name of ['a', 'b']) occupy(site, name, END + HOUR, END + DAY, { cpuMillicores: 8000 });
			return site;
		};
		const LATER = [0, 1, 5, 119, 120, 121, 299, 300];

		it.each<[string, readonly object[], RequestParts]>([
			['without a ceiling', rates.slice(1).map((each) => ({ ...each })), {}],
			['across two bands', rates, {}],
			['of which it grows in the first band alone', turning, { memory: 2 * GIB }],
			['under a ceiling', rates, { priceCeiling: { currency: 'EUR', amount: '160.00', path: '/price' } }],
			[
				'under a ceiling that only less keeps to',
				rates,
				{
					priceCeiling: { currency: 'EUR', amount: '120.00', path: '/price' },
				},
			],
		])('is offered at the most that it comes to within the grace, %s', (_, list, parts) => {
			const question = { previous, party, policy: policyAt(list), calendar: calendar() };
			const request = lower(parts);
			const decision = ask(request, question);
			if (decision.kind !== 'counter') throw new Error(decision.kind);
			for (const { grant, price, accepted: told } of decision.alternatives) {
				const back = sentBack(request, grant, price);
				const paid = LATER.map((seconds) => accepted(ask(back, { ...question, now: NOW + seconds })).price!);
				expect(paid[0]).toEqual(told.price);
				const most = Math.max(...paid.map(({ amount }) => Number(amount)));
				expect(most).toBe(Number(price!.amount));
				expect(price!.used!.untilAt).toBeGreaterThanOrEqual(NOW);
				const { priceCeiling } = request;
				if (priceCeiling !== undefined) expect(most).toBeLessThanOrEqual(Number(priceCeiling.amount));
			}
			expect(decision.alternatives.some(({ accepted: told }) => told.priceTold !== undefined)).toBe(true);
		});

		it('is offered for no longer than is paid at any second of the grace, however a part of a cent is rounded then', () => {
			const policy = policyAt([{ cpuHour: '0.1', memoryGibHour: '0' }]);
			const { grant, ...began } = running({ price: { ...before, amount: '0.05' } }, [{ host: 'a', count: 1 }]);
			const startAt = NOW - 661;
			const short = { ...began, grant: { ...grant, cpuCount: 1, startAt, endAt: startAt + 1800 } };
			// 1620 seconds come to 0.045 EUR, exactly: the 661 that are used up are rounded down, as are 961.
			const request = requestOf({
				machines: 1,
				cpus: 1,
				memory: GIB,
				window: { startAt, durationSeconds: 1700 },
				priceCeiling: { currency: 'EUR', amount: '0.04', path: '/price' },
			});
			const question = { previous: short, party, policy };
			const decision = ask(request, question);
			if (decision.kind !== 'counter') throw new Error(decision.kind);
			const [{ grant: offered, price }] = decision.alternatives as [(typeof decision.alternatives)[0]];
			expect(offered.endAt - offered.startAt).toBe(1619);
			const back = sentBack(request, offered, price);
			for (let later = 0; later <= 300; later += 1) accepted(ask(back, { ...question, now: NOW + later }));
		});
	});

	it.each<[string, RequestParts]>([
		['nothing else', { cpus: 1, memory: 512 * MIB }],
		['the disk that it has already, named', { cpus: 1, disk: 2 * GIB }],
		['half a CPU more, and nothing else', { cpus: 2.5 }],
		['memory beside the step, and nothing else', { memory: GIB + 100 * MIB }],
	])('is not offered to stay as it is beside %s: that would change nothing', (_, parts) => {
		expect(ask(again(parts), { previous: running() }).kind).toBe('reject');
	});

	it('is offered nothing that it has already before it begins, either', () => {
		const { grant, ...rest } = running({ running: false });
		const previous = { ...rest, grant: { ...grant, startAt: NOW + DAY, endAt: NOW + DAY + HOUR } };
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, NOW, NOW + 500 * DAY, { cpuMillicores: 6000 });
		const window = { startAt: NOW + DAY, durationSeconds: HOUR };
		const offered = (parts: RequestParts) => ask(again({ window, ...parts }), { previous, calendar });
		expect(offered({ cpus: 3 }).kind).toBe('reject');
		expect(offered({ cpus: 3, memory: 2 * GIB })).toMatchObject({
			alternatives: [{ kind: 'smaller', grant: { cpuCount: 2, memoryBytes: 2 * GIB } }],
		});
	});

	it('is offered to stay beside as much more of the rest as fits, where the largest is preferred', () => {
		const request = again({ machines: 1, cpus: [2, 6], memory: 512 * MIB, prefersLargest: true });
		expect(ask(request, { previous: running({}, [{ host: 'a', count: 1 }]) })).toMatchObject({
			alternatives: [{ kind: 'larger', grant: { cpuCount: 6, memoryBytes: GIB } }],
		});
	});

	it('is no reason to end sooner, or with less, than the agreement has already', () => {
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, END + 1, END + DAY, { cpuMillicores: 8000 });
		for (const cpus of [1, 2]) {
			const request = again({ cpus, window: { endAt: END + 3 * HOUR, durationSeconds: HOUR } });
			const decision = ask(request, { previous: running(), calendar, policy: { ...POLICY, teardownSeconds: 1 } });
			expect(decision.kind).toBe('reject');
		}
	});
});

describe('a change of machines that run', () => {
	const live: readonly [string, RequestParts, Partial<WorkspaceTerm>, object][] = [
		['nothing', {}, {}, {}],
		['more memory, in steps that are hot-added', { memory: GIB + 256 * MIB }, {}, { memoryBytes: GIB + 256 * MIB }],
		['more CPUs', { cpus: 3 }, {}, { cpuCount: 3 }],
		['a smaller CPU share', {}, { cpuSharePercent: 50 }, {}],
		['a later end', { window: { durationSeconds: 8 * HOUR } }, {}, { endAt: BEGUN + 8 * HOUR }],
		['an earlier end', { window: { durationSeconds: 2 * HOUR } }, {}, { endAt: BEGUN + 2 * HOUR }],
		['another end action', {}, { endAction: 'pause', retentionSeconds: DAY }, {}],
		['another bandwidth', { network: 8_000_000 }, {}, { networkBitsPerSecond: 8_000_000 }],
		['more machines', { machines: 3 }, {}, { machineCount: 3 }],
		['fewer machines', { machines: 1 }, {}, { machineCount: 1 }],
		['a larger disk', { disk: 4 * GIB }, {}, { diskBytes: 4 * GIB }],
		['the disk that it has already, named', { disk: 2 * GIB }, {}, { diskBytes: 2 * GIB }],
	];
	it.each(live)('is had as they run: %s', (_, parts, workspace, expected) => {
		const { grant, effects, placement } = accepted(ask(again(parts, workspace), { previous: running() }));
		expect(grant).toMatchObject({ startAt: BEGUN, ...expected });
		expect(effects.filter(({ kind }) => kind !== 'live')).toEqual([]);
		const isSame = JSON.stringify([parts, workspace]) === '[{},{}]' || parts.disk === 2 * GIB;
		expect(effects).toHaveLength(isSame ? 0 : 1);
		expect(placement.machines[0]!.host).toBe('a');
	});

	const restarts: readonly [string, RequestParts, Partial<WorkspaceTerm>, object][] = [
		['less memory', { memory: 512 * MIB }, {}, { resource: 'memoryBytes', asked: 512 * MIB, available: GIB }],
		[
			'more memory, but in no whole steps',
			{ memory: GIB + 200 * MIB },
			{},
			{ resource: 'memoryBytes', asked: GIB + 200 * MIB, available: GIB + 128 * MIB },
		],
		['fewer CPUs', { cpus: 1 }, {}, { resource: 'cpus', asked: 1, available: 2 }],
	];
	it.each(restarts)('is refused where it needs a restart that was not allowed: %s', (_, parts, workspace, expected) => {
		const decision = ask(again(parts, workspace), { previous: running() });
		expect(decision).toMatchObject({ reasons: [{ code: 'NEEDS_RESTART', ...expected }] });
		expect(codes(decision)).toHaveLength(1);
	});

	it.each(restarts)('is had with a restart that was allowed: %s', (_, parts, workspace) => {
		const { effects } = accepted(ask(again(parts, workspace), { previous: running({ allowRestart: true }) }));
		expect(effects.map(({ kind }) => kind)).toEqual(['restart']);
	});

	const never: readonly [string, RequestParts, Partial<WorkspaceTerm>, object][] = [
		[
			'another image',
			{},
			{ imageName: 'guest', imageDigest: OTHER_DIGEST },
			{ path: '/workspace', asked: OTHER_DIGEST, available: WORKSPACE.imageDigest },
		],
		['another key', {}, { sshPublicKey: 'ssh-ed25519 AAAA' }, { path: '/workspace' }],
		[
			'smaller disks by a total',
			{ totalDisk: 6 * GIB },
			{},
			{ path: '/totalDisk', asked: 3 * GIB, available: 4 * GIB },
		],
	];
	it.each(never)('is refused whatever was allowed: %s', (_, parts, workspace, expected) => {
		const { grant, ...rest } = running({ allowRestart: true, allowMove: true });
		const previous = { ...rest, grant: { ...grant, diskBytes: 4 * GIB } };
		const decision = ask(again(parts, workspace), { previous });
		expect(decision).toMatchObject({ kind: 'reject', reasons: [{ code: 'NOT_ENFORCEABLE', ...expected }] });
		expect(codes(decision)).toHaveLength(1);
	});

	it('is offered the disk that stands, and all else as asked, where a smaller one is asked', () => {
		const { grant, ...rest } = running({ allowRestart: true });
		const previous = { ...rest, grant: { ...grant, diskBytes: 4 * GIB } };
		const disk = { path: '/disk', resource: 'diskBytes', asked: 3 * GIB, available: 4 * GIB };
		const differences = [{ field: 'diskBytes', asked: 3 * GIB, offered: 4 * GIB }];
		expect(ask(again({ disk: 3 * GIB, cpus: 3 }), { previous })).toMatchObject({
			kind: 'counter',
			reasons: [{ code: 'NOT_ENFORCEABLE', ...disk, remedy: { allowed: 4 * GIB } }],
			alternatives: [{ kind: 'larger', grant: { cpuCount: 3, diskBytes: 4 * GIB }, differences }],
		});
	});

	it('is offered the disk and the CPUs that stand, where smaller ones are asked and no restart', () => {
		const { grant, ...rest } = running();
		const previous = { ...rest, grant: { ...grant, diskBytes: 4 * GIB } };
		const decision = ask(again({ disk: 3 * GIB, cpus: 1, machines: 3 }), { previous });
		expect(decision).toMatchObject({
			kind: 'counter',
			alternatives: [{ kind: 'larger', grant: { machineCount: 3, cpuCount: 2, diskBytes: 4 * GIB } }],
		});
		expect(ask(again({ disk: 3 * GIB, cpus: 1 }), { previous }).kind).toBe('reject');
	});

	it('takes of a range no disk that is smaller, also where a restart was allowed', () => {
		const { grant, ...rest } = running({ allowRestart: true });
		const previous = { ...rest, grant: { ...grant, diskBytes: 4 * GIB } };
		expect(accepted(ask(again({ disk: [2 * GIB, 8 * GIB] }), { previous })).grant.diskBytes).toBe(4 * GIB);
	});

	it('may be another image, another key and a smaller disk while nothing stands yet', () => {
		const { grant, ...rest } = running({ running: false });
		const previous = { ...rest, grant: { ...grant, diskBytes: 4 * GIB } };
		const workspace = { sshPublicKey: 'ssh-ed25519 AAAA', imageName: 'guest', imageDigest: OTHER_DIGEST };
		expect(accepted(ask(again({ disk: 3 * GIB }, workspace), { previous })).effects).toEqual([]);
	});

	it('keeps the SSH key that stands where the offer leaves it out, and refuses another one', () => {
		const { grant, ...rest } = running();
		const sshPublicKey = 'ssh-ed25519 AAAA alice';
		const previous = { ...rest, grant: { ...grant, workspace: { ...grant.workspace, sshPublicKey } } };
		const { grant: next, effects } = accepted(ask(again({ cpus: 3 }), { previous }));
		expect(next.workspace.sshPublicKey).toBe(sshPublicKey);
		expect(effects).toHaveLength(1);
		expect(codes(ask(again({}, { sshPublicKey: 'ssh-ed25519 BBBB' }), { previous }))).toEqual(['NOT_ENFORCEABLE']);
	});

	const permissions: readonly [string, Permission | undefined, boolean | undefined, boolean][] = [
		['nobody says anything', undefined, undefined, false],
		['only the request allows it', undefined, true, true],
		['only the request forbids it', undefined, false, false],
		['only the offer allows it', 'allow', undefined, true],
		['both allow it', 'allow', true, true],
		['the offer allows what the request forbids', 'allow', false, false],
		['only the offer forbids it', 'forbid', undefined, false],
		['the offer forbids what the request allows', 'forbid', true, false],
	];
	it.each(permissions)('restarts and moves machines only where the client permits it: %s', (_, said, beside, had) => {
		const previous = (parts: Partial<PreviousGrant>): PreviousGrant => {
			const { allowRestart: _r, allowMove: _m, ...silent } = running();
			return { ...silent, ...parts };
		};
		const change = (parts: ChangeTerm) => ({ change: said === undefined ? {} : parts });
		const allowed = (name: 'allowRestart' | 'allowMove') => previous(beside === undefined ? {} : { [name]: beside });
		const smaller = again({ memory: 512 * MIB }, change({ restart: said! }));
		const restart = ask(smaller, { previous: allowed('allowRestart') });
		expect(restart.kind === 'accept').toBe(had);
		if (!had) expect(codes(restart)).toEqual(['NEEDS_RESTART']);
		const elsewhere = again({ candidateHosts: ['b'] }, change({ move: said! }));
		const move = ask(elsewhere, { previous: allowed('allowMove') });
		expect(move.kind === 'accept').toBe(had);
		if (!had) expect(codes(move)).toEqual(['NEEDS_MOVE']);
	});

	it('is offered with what each alternative does to the machines', () => {
		const decision = ask(again({ memory: GIB + 200 * MIB }), { previous: running() });
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		expect(decision.alternatives.map(({ effects }) => effects)).toEqual([
			[{ kind: 'live', machines: 2, message: expect.stringContaining('Memory grows') }],
		]);
	});

	it('needs a restart for a disk where there was none', () => {
		const images = new Map([[WORKSPACE.imageDigest, { name: WORKSPACE.imageName, diskBytes: 0 }]]);
		const policy = { ...POLICY, images };
		const decision = ask(again({ disk: GIB }), { previous: running(), policy });
		expect(decision).toMatchObject({
			reasons: [{ code: 'NEEDS_RESTART', resource: 'diskBytes', asked: GIB, available: 0 }],
		});
		expect(accepted(ask(again({ disk: [0, GIB] }), { previous: running(), policy })).grant.diskBytes).toBe(0);
	});

	it('says what is done until the restart where CPUs are given back', () => {
		const { effects } = accepted(ask(again({ cpus: 1 }), { previous: running({ allowRestart: true }) }));
		expect(effects[0]!.message).toMatch(/keep 2 virtual CPUs, capped at once to the CPU time of 1/);
	});

	it('needs a restart for more memory and CPUs where the site cannot add them', () => {
		const abilities = { ...POLICY.abilities, memoryHotAdd: false, cpuHotAdd: false };
		const policy = { ...POLICY, abilities };
		const decision = ask(again({ memory: 2 * GIB, cpus: 4 }), { previous: running(), policy });
		expect(codes(decision)).toEqual(['NEEDS_RESTART', 'NEEDS_RESTART']);
	});

	it('needs a restart for more CPUs than machines are booted with room for', () => {
		const policy = { ...POLICY, abilities: { ...POLICY.abilities, cpuHotAddCountMax: 4 } };
		expect(accepted(ask(again({ cpus: 4 }), { previous: running(), policy })).effects).toMatchObject([
			{ kind: 'live' },
		]);
		expect(ask(again({ cpus: 5 }, { cpuSharePercent: 50 }), { previous: running(), policy })).toMatchObject({
			reasons: [{ code: 'NEEDS_RESTART', resource: 'cpus', asked: 5, available: 4 }],
		});
		const largest = again({ cpus: [1, 8], prefersLargest: true }, { cpuSharePercent: 50 });
		expect(accepted(ask(largest, { previous: running(), policy })).grant.cpuCount).toBe(4);
	});

	it('takes of a range what there is already where the site can add nothing', () => {
		const abilities = { ...POLICY.abilities, memoryHotAdd: false, cpuHotAdd: false };
		const request = again({ memory: [512 * MIB, 4 * GIB], cpus: [1, 8], prefersLargest: true });
		const { grant } = accepted(ask(request, { previous: running(), policy: { ...POLICY, abilities } }));
		expect(grant).toMatchObject({ memoryBytes: GIB, cpuCount: 2 });
	});

	it('keeps its start when it has begun, also before anything runs', () => {
		const previous = running({ running: false });
		expect(accepted(ask(again(), { previous })).grant).toMatchObject({ startAt: BEGUN, endAt: END });
		const moved = again({ window: { startAt: NOW + HOUR, durationSeconds: HOUR } });
		expect(codes(ask(moved, { previous }))).toEqual(['STATE_FORBIDS']);
	});

	it('begins sooner than was agreed only with notice, and otherwise needs none', () => {
		const startAt = NOW + 3 * HOUR;
		const agreed = running({ running: false });
		const previous = { ...agreed, grant: { ...agreed.grant, startAt } };
		const at = (leadTimeSeconds: number, window: NonNullable<RequestParts['window']>) =>
			ask(again({ window }), {
				previous,
				policy: { ...POLICY, leadTimeSeconds },
				party: { name: 'ann', vo: 'physics' },
			});
		for (const notice of [2 * HOUR, 4 * HOUR]) {
			const firstAt = Math.min(NOW + notice, startAt);
			const from = (soonestAt: number) => at(notice, { startAt: soonestAt, durationSeconds: HOUR });
			expect(accepted(from(firstAt)).grant.startAt).toBe(firstAt);
			const tooSoon = from(firstAt - 1);
			expect(tooSoon).toMatchObject({ kind: 'counter', reasons: [{ code: 'LEAD_TIME', limit: firstAt }] });
			expect(codes(at(notice, { durationSeconds: HOUR }))).toEqual(['LEAD_TIME']);
			const floating = at(notice, { startAt: NOW, endAt: NOW + DAY, durationSeconds: HOUR });
			expect(accepted(floating).grant.startAt).toBe(firstAt);
		}
		// What was agreed does not come nearer by being thought about.
		expect(at(4 * HOUR, { startAt: startAt - 1, durationSeconds: HOUR })).toMatchObject({
			alternatives: [{ kind: 'later', grant: { startAt } }],
		});
	});

	it('takes of a range what can be had live, rather than the smallest with a restart', () => {
		const parts = { memory: [512 * MIB, 4 * GIB], cpus: [1, 8] } as const;
		expect(accepted(ask(again(parts), { previous: running() })).grant).toMatchObject({ memoryBytes: GIB, cpuCount: 2 });
		const { grant } = accepted(ask(again(parts), { previous: running({ allowRestart: true }) }));
		expect(grant).toMatchObject({ memoryBytes: 512 * MIB, cpuCount: 1 });
	});

	describe('to a range of machines and bandwidth that holds what runs', () => {
		const range = { machines: [1, 4], network: [0, 80_000] } as const;
		const longer = { window: { durationSeconds: END + HOUR - BEGUN } };

		it.each([false, true])('keeps them, a restart allowed or not: %s', (allowRestart) => {
			const { grant, effects } = accepted(ask(again({ ...range, ...longer }), { previous: withNetwork(allowRestart) }));
			expect(grant).toMatchObject({ machineCount: 2, networkBitsPerSecond: 40_000, endAt: END + HOUR });
			expect(effects).toHaveLength(1);
		});

		it('has fewer machines where there is no room for all of them, and more where the largest is preferred', () => {
			const calendar = twoHosts();
			occupy(calendar, 'a', END + HOUR / 2, END + HOUR, { memoryBytes: host('a').capacity.memoryBytes - 1.5 * GIB });
			const question = { previous: running(), calendar };
			expect(accepted(ask(again({ ...range, ...longer }), question)).grant.machineCount).toBe(1);
			const most = again({ machines: [1, 4], prefersLargest: true });
			expect(accepted(ask(most, { previous: running() })).grant.machineCount).toBe(4);
		});

		it('has the least where it does not hold what runs', () => {
			const { grant } = accepted(ask(again({ machines: [3, 4] }), { previous: running() }));
			expect(grant.machineCount).toBe(3);
		});

		it('keeps the one that it holds where it does not hold the other', () => {
			const before = withNetwork(false);
			const { grant } = accepted(ask(again({ machines: [1, 4], network: [48_000, 80_000] }), { previous: before }));
			expect(grant).toMatchObject({ machineCount: 2, networkBitsPerSecond: 48_000 });
		});

		function withNetwork(allowRestart: boolean): PreviousGrant {
			const previous = running({ allowRestart });
			return { ...previous, grant: { ...previous.grant, networkBitsPerSecond: 40_000 } };
		}
	});

	it('takes the first whole step within a range', () => {
		const { grant } = accepted(ask(again({ memory: [GIB + MIB, 4 * GIB] }), { previous: running() }));
		expect(grant.memoryBytes).toBe(GIB + 128 * MIB);
	});

	it('leaves as it is what the offer does not mention', () => {
		const { machineCount: _, cpuCount: __, memoryBytes: ___, ...open } = again();
		const { grant, effects } = accepted(ask(open, { previous: running() }));
		expect(grant).toEqual(running().grant);
		expect(effects).toEqual([]);
	});

	it('offers the whole step below where the offer names none', () => {
		const decision = ask(again({ memory: GIB + 200 * MIB }), { previous: running() });
		expect(decision).toMatchObject({
			kind: 'counter',
			alternatives: [{ kind: 'smaller', grant: { memoryBytes: GIB + 128 * MIB, startAt: BEGUN, endAt: END } }],
		});
	});

	it('books only what is left of the window', () => {
		const { placement } = accepted(ask(again(), { previous: running() }));
		expect(placement).toMatchObject({
			startAt: BEGUN,
			usage: [{ offsetSeconds: HOUR, durationSeconds: 5 * HOUR }],
		});
	});

	it('is free in everything while the window lies in the future', () => {
		const previous = running({ running: false });
		const grant = { ...previous.grant, startAt: NOW + DAY, endAt: NOW + DAY + HOUR };
		const request = again({ memory: 512 * MIB, window: { startAt: NOW + 2 * DAY, durationSeconds: HOUR } });
		const decision = accepted(ask(request, { previous: { ...previous, grant } }));
		expect(decision).toMatchObject({ grant: { startAt: NOW + 2 * DAY, memoryBytes: 512 * MIB }, effects: [] });
	});
});

describe('the places of machines that run', () => {
	/** Four hosts of which `a` has room for one machine of 4 GiB, and `b` and `d` for none. */
	function crowded(): SiteCalendar {
		const calendar = new SiteCalendar([host('a'), host('b'), host('c'), host('d')]);
		occupy(calendar, 'a', NOW, END + DAY, { memoryBytes: 11 * GIB });
		occupy(calendar, 'b', NOW, END + DAY, { memoryBytes: 14 * GIB });
		occupy(calendar, 'd', NOW, END + DAY, { memoryBytes: 14 * GIB });
		return calendar;
	}

	const spread = [
		{ host: 'b', count: 1 },
		{ host: 'a', count: 2 },
	];

	it('are kept, each machine its own, and new ones come behind them', () => {
		const { placement } = accepted(ask(again({ machines: 5 }), { previous: running({}, spread) }));
		expect(placement.machines).toEqual(
			[...spread, { host: 'a', count: 2 }].slice(0, 1).concat([{ host: 'a', count: 4 }]),
		);
	});

	it('are given up from behind where fewer machines are wanted', () => {
		const { placement } = accepted(ask(again({ machines: 2 }), { previous: running({}, spread) }));
		expect(placement.machines).toEqual([
			{ host: 'b', count: 1 },
			{ host: 'a', count: 1 },
		]);
	});

	it('are changed for as few machines as possible, where that is allowed', () => {
		const previous = running({ allowMove: true }, spread);
		const decision = accepted(ask(again({ machines: 3, memory: 4 * GIB }), { previous, calendar: crowded() }));
		expect(decision.placement.machines).toEqual([
			{ host: 'c', count: 1 },
			{ host: 'a', count: 1 },
			{ host: 'c', count: 1 },
		]);
		expect(decision.effects).toMatchObject([
			{ kind: 'live', machines: 1 },
			{
				kind: 'move',
				machines: 1,
				fromHost: 'b',
				message: expect.stringMatching(/^One machine moves from b .* lost\.$/),
			},
			{ kind: 'move', machines: 1, fromHost: 'a' },
		]);
	});

	it('are refused to change where that was not allowed, host by host, with what is free there', () => {
		const previous = running({}, spread);
		const decision = ask(again({ machines: 3, memory: 4 * GIB }), { previous, calendar: crowded() });
		expect(decision).toMatchObject({
			kind: 'counter',
			reasons: [
				{ code: 'NEEDS_MOVE', host: 'b', resource: 'memoryBytes', asked: 4 * GIB, available: 2 * GIB },
				{ code: 'NEEDS_MOVE', host: 'a', resource: 'memoryBytes', asked: 8 * GIB, available: 5 * GIB },
			],
			alternatives: [{ kind: 'smaller', grant: { machineCount: 3, memoryBytes: 2 * GIB } }],
		});
	});

	it('are lost where the offer no longer admits their host', () => {
		const request = again({ candidateHosts: ['b'] });
		expect(ask(request, { previous: running() })).toMatchObject({ reasons: [{ code: 'NEEDS_MOVE', host: 'a' }] });
		const moved = accepted(ask(request, { previous: running({ allowMove: true }) }));
		expect(moved.placement.machines).toEqual([{ host: 'b', count: 2 }]);
	});

	it('may change freely where nothing runs yet', () => {
		const previous = running({ running: false }, spread);
		const decision = accepted(ask(again({ machines: 3, memory: 4 * GIB }), { previous, calendar: crowded() }));
		expect(decision.effects).toEqual([]);
	});

	it('are not the only thing that can be short', () => {
		const calendar = twoHosts();
		occupy(calendar, 'b', NOW, END, { memoryBytes: 15 * GIB });
		const decision = ask(again({ memory: 9 * GIB }), { previous: running(), calendar });
		expect(codes(decision)).toEqual(['CAPACITY_RESERVED', 'CAPACITY_RESERVED']);
		expect(decision).toMatchObject({
			kind: 'counter',
			alternatives: expect.arrayContaining([
				expect.objectContaining({ kind: 'smaller', grant: expect.objectContaining({ memoryBytes: 8 * GIB }) }),
			]),
		});
	});
});

describe('an extension that somebody else is in the way of', () => {
	function blocked(): SiteCalendar {
		const calendar = twoHosts();
		for (const name of ['a', 'b']) occupy(calendar, name, END + HOUR, END + DAY, { cpuMillicores: 8000 });
		return calendar;
	}

	it('is countered with as long as there is room', () => {
		const request = again({ window: { endAt: END + 3 * HOUR, durationSeconds: HOUR } });
		const question = { previous: running(), calendar: blocked() };
		const decision = ask(request, question);
		expect(decision).toMatchObject({
			kind: 'counter',
			alternatives: [
				{
					kind: 'shorter',
					grant: { startAt: BEGUN, endAt: END + HOUR },
					differences: [
						{ field: 'endAt', asked: END + 3 * HOUR, offered: END + HOUR },
						{ field: 'durationSeconds', asked: END + 3 * HOUR - BEGUN, offered: END + HOUR - BEGUN },
					],
				},
			],
		});
		if (decision.kind !== 'counter') throw new Error();
		const { grant } = decision.alternatives[0]!;
		expect(accepted(ask(sentBack(request, grant), question)).grant).toEqual(grant);
	});
});

describe('growth in sizes and time at once, of which neither can be had whole', () => {
	it('is offered as far as there is room: as long as what stands fits, with as much as fits so long', () => {
		const calendar = twoHosts();
		const { cpuMillicores, memoryBytes } = host('a').capacity;
		occupy(calendar, 'a', NOW + HOUR, END, { cpuMillicores: cpuMillicores - 6000, memoryBytes: memoryBytes - 6 * GIB });
		occupy(calendar, 'a', END + 2 * HOUR, END + 9 * HOUR, { cpuMillicores });
		const previous = running();
		const request = again({ cpus: 4, memory: 4 * GIB, window: { durationSeconds: END + 5 * HOUR - BEGUN } });
		const decision = ask(request, { previous, calendar });
		if (decision.kind !== 'counter') throw new Error(JSON.stringify(decision));
		const { grant } = decision.alternatives[0]!;
		expect(grant).toMatchObject({ machineCount: 2, cpuCount: 3, startAt: BEGUN });
		expect(grant.memoryBytes).toBeGreaterThan(2 * GIB);
		expect(grant.endAt).toBeGreaterThan(END + HOUR);
		expect(accepted(ask(sentBack(request, grant), { previous, calendar })).grant).toEqual(grant);
	});

	it('is offered with some of what it has none of, for as long as there is some', () => {
		const calendar = twoHosts();
		const { cpuMillicores, networkBitsPerSecond } = host('a').capacity;
		occupy(calendar, 'a', NOW + HOUR, END, { cpuMillicores: cpuMillicores - 6000 });
		occupy(calendar, 'a', END + HOUR, END + 9 * HOUR, { networkBitsPerSecond });
		occupy(calendar, 'a', END + 2 * HOUR, END + 9 * HOUR, { cpuMillicores });
		const previous = running();
		const request = again({ cpus: 4, network: 8_000_000, window: { durationSeconds: END + 5 * HOUR - BEGUN } });
		const decision = ask(request, { previous, calendar });
		if (decision.kind !== 'counter') throw new Error(JSON.stringify(decision));
		const grants = decision.alternatives.map(({ grant }) => grant);
		for (const grant of grants) expect(grant.networkBitsPerSecond).toBeGreaterThan(0);
		expect(Math.max(...grants.map(({ endAt }) => endAt))).toBeGreaterThan(END);
	});
});

describe('growth that a template admits only in several things at once', () => {
	it('is offered as far as there is room, where no single size can grow alone', () => {
		const satisfies = ({ machineCount, cpuCount, memoryBytes }: ServiceGrant): boolean =>
			machineCount === 2 && cpuCount <= 4 && memoryBytes <= 4 * GIB;
		const question = { previous: running({ allowRestart: true, allowMove: true }), satisfies };
		const request = again({ cpus: 12, memory: 12 * GIB });
		const decision = ask(request, question);
		expect(decision).toMatchObject({
			kind: 'counter',
			alternatives: [
				{ kind: 'smaller', grant: { startAt: BEGUN, endAt: END, machineCount: 2, cpuCount: 4, memoryBytes: 4 * GIB } },
			],
		});
		if (decision.kind !== 'counter') throw new Error();
		const { grant } = decision.alternatives[0]!;
		expect(accepted(ask(sentBack(request, grant), question)).grant).toEqual(grant);
	});
});
