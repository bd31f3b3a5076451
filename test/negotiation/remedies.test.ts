/** What a refusal says would make the offer fit: given that, the same offer is accepted. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RangeValue } from '../../src/agreement/jsdl/range.ts';
import type { ServiceGrant, WorkspaceTerm } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import {
	defineUsage,
	type Host,
	NOTHING,
	type ResourceName,
	type ResourceVector,
} from '../../src/capacity/resources.ts';
import { demandOf, usageOf } from '../../src/negotiation/booking.ts';
import { inOrderOf, type PreviousGrant, servicesObstacle } from '../../src/negotiation/change.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import type { Reason } from '../../src/negotiation/decision.ts';
import { judge } from '../../src/negotiation/judge.ts';
import {
	ask,
	GIB,
	HOUR,
	NOW,
	OTHER_DIGEST,
	occupy,
	POLICY,
	type RequestParts,
	requestOf,
	twoHosts,
	WORKSPACE,
} from './requests.ts';
import { QUESTIONS, question, UNIT } from './worlds.ts';

describe('the remedy of what is reserved', () => {
	it('is so much more, there and then, that the same offer is accepted', { timeout: 20_000 + 20 * QUESTIONS }, () => {
		const seen = { machines: 0, resources: 0, bounds: 0 };
		fc.assert(
			fc.property(question, (random) => {
				const asked = { ...random, satisfies: () => true };
				const decision = decide(asked);
				if (decision.kind === 'accept' || decision.reasons.some(({ code }) => code !== 'CAPACITY_RESERVED')) return;
				const [first] = decision.reasons;
				const isOfMachines = first!.resource === 'machines';
				if (isOfMachines && (decision.reasons[1]?.resource === 'machines' || asked.request.candidateHosts.length > 0))
					return;
				if (
					!isOfMachines &&
					decision.reasons.some(({ remedy }) => remedy?.atLeast === true || remedy?.host === undefined)
				) {
					seen.bounds += 1;
					return;
				}
				seen[isOfMachines ? 'machines' : 'resources'] += 1;
				const calendar = isOfMachines ? withMachines(asked, first!) : withMore(asked.calendar, decision.reasons);
				expect(decide({ ...asked, calendar }).kind).toBe('accept');
			}),
			{ numRuns: 2 * QUESTIONS },
		);
		expect(Math.min(seen.machines, seen.resources)).toBeGreaterThan(QUESTIONS / 100);
		expect(seen.bounds).toBeLessThan(seen.resources);
	});

	it('covers all the time in which something is short, on the one host that lacks nothing else', () => {
		const calendar = twoHosts();
		// On a memory is short twice; b would have the memory, and never the CPUs.
		occupy(calendar, 'a', NOW + HOUR, NOW + 2 * HOUR, { memoryBytes: 12 * GIB });
		occupy(calendar, 'a', NOW + 3 * HOUR, NOW + 4 * HOUR, { memoryBytes: 10 * GIB });
		occupy(calendar, 'b', NOW, NOW + 8 * HOUR, { cpuMillicores: 8000, memoryBytes: 9 * GIB });
		const request = requestOf({ cpus: 2, memory: 8 * GIB, window: { startAt: NOW, durationSeconds: 6 * HOUR } });
		const decision = ask(request, { calendar });
		expect(decision).toMatchObject({
			reasons: [
				{
					code: 'CAPACITY_RESERVED',
					resource: 'memoryBytes',
					remedy: { more: 4 * GIB, host: 'a', interval: { startAt: NOW + HOUR, endAt: NOW + 4 * HOUR } },
				},
			],
		});
	});

	it('is a bound where several machines are asked', () => {
		const calendar = twoHosts();
		for (const host of ['a', 'b']) occupy(calendar, host, NOW, NOW + HOUR, { cpuMillicores: 6000 });
		const decision = ask(requestOf({ machines: 3, cpus: 2 }), { calendar });
		if (decision.kind === 'accept') throw new Error();
		const remedies = decision.reasons.map(({ remedy }) => [
			remedy?.more,
			remedy?.atLeast,
			remedy?.text.split(' from ')[0],
		]);
		expect(remedies).toEqual([
			[1, undefined, 'room for 1 machine more'],
			[2000, true, 'at least 2 CPUs more'],
		]);
	});
});

/** As far as any of these offers reaches, with all that is booked before and after. */
const FROM_AT = NOW - 100 * UNIT;
const UNTIL_AT = NOW + 200 * UNIT;

/** The same calendar with more of some resources on some hosts for a while. */
function withMore(calendar: SiteCalendar, reasons: readonly Reason[]): SiteCalendar {
	const more = new Map<string, Map<ResourceName, NonNullable<Reason['remedy']>>>();
	for (const { remedy, resource } of reasons) {
		const onHost = more.get(remedy!.host!) ?? new Map();
		more.set(remedy!.host!, onHost.set(resource as ResourceName, remedy!));
	}
	const hosts = calendar.hosts.map((host) => {
		const capacity: Record<ResourceName, number> = { ...host.capacity };
		for (const [resource, remedy] of more.get(host.name) ?? []) capacity[resource] += remedy.more!;
		return { ...host, capacity };
	});
	const copy = copyOf(calendar, hosts);
	for (const [host, remedies] of more) {
		for (const [resource, { more: amount, interval }] of remedies) {
			book(copy, host, FROM_AT, interval!.startAt, { ...NOTHING, [resource]: amount });
			book(copy, host, interval!.endAt, UNTIL_AT, { ...NOTHING, [resource]: amount });
		}
	}
	return copy;
}

/** The same calendar with room for so many machines more, each on a host of its own. */
function withMachines(asked: Question, { remedy }: Reason): SiteCalendar {
	const { asked: sizes, scene } = judge(asked);
	const capacity = demandOf(sizes!, scene.room.workspace, asked.policy);
	const added = Array.from({ length: remedy!.more! }, (_, index): Host => {
		return { name: `more${index}`, capacity, labels: { cpuArchitecture: 'x86_64' } };
	});
	return copyOf(asked.calendar, [...asked.calendar.hosts, ...added]);
}

/** All that is not free, booked piece by piece on these hosts; nothing is kept back. */
function copyOf(calendar: SiteCalendar, hosts: readonly Host[]): SiteCalendar {
	const copy = new SiteCalendar(hosts);
	for (const { host, steps } of calendar.freeBetween(FROM_AT, UNTIL_AT)) {
		const { name, capacity } = host;
		for (const { startAt, endAt, free } of steps) {
			book(copy, name, startAt, endAt, {
				cpuMillicores: capacity.cpuMillicores - free.cpuMillicores,
				memoryBytes: capacity.memoryBytes - free.memoryBytes,
				diskBytes: capacity.diskBytes - free.diskBytes,
				networkBitsPerSecond: capacity.networkBitsPerSecond - free.networkBitsPerSecond,
			});
		}
	}
	return copy;
}

function book(calendar: SiteCalendar, host: string, startAt: number, endAt: number, demand: ResourceVector): void {
	if (startAt >= endAt || Object.values(demand).every((amount) => amount === 0)) return;
	const usage = defineUsage([{ offsetSeconds: 0, durationSeconds: endAt - startAt, demand }]);
	calendar.book({ startAt, usage, machines: [{ host, count: 1 }] });
}

describe('the remedy of what no amount is near to', () => {
	const NOTHING_IN: RangeValue = { intervals: [] };
	const CASES: readonly [string, RequestParts, (allowed: number | undefined) => RequestParts][] = [
		['a number of machines that is a range of nothing', { machines: NOTHING_IN }, (machines = 0) => ({ machines })],
		['CPUs of which there are none', { cpus: NOTHING_IN }, (cpus = 0) => ({ cpus })],
		['memory of which there is none', { memory: NOTHING_IN }, (memory = 0) => ({ memory })],
		['disks of which there are none', { disk: NOTHING_IN }, (disk = 0) => ({ disk })],
		['a bandwidth that is none', { network: NOTHING_IN }, (network = 0) => ({ network })],
		['a total of nothing', { machines: 3, totalCpus: NOTHING_IN }, (totalCpus = 0) => ({ machines: 3, totalCpus })],
		['a total that no machines have', { machines: 2, cpus: 2, totalCpus: 5 }, () => ({ machines: 2, cpus: 2 })],
		[
			'totals that no number of machines serves',
			{ cpus: 1, totalCpus: 2, memory: GIB, totalMemory: 3 * GIB },
			() => ({}),
		],
	];
	it.each(CASES)('is told of %s, and takes the reason away', (_, parts, following) => {
		const decision = ask(requestOf(parts));
		if (decision.kind === 'accept') throw new Error();
		const reason = decision.reasons.find(({ code }) => code === 'RANGE_EMPTY')!;
		expect(reason.remedy?.text).toMatch(/^(ask for \S|leave the total)/);
		const allowed = reason.remedy?.allowed;
		expect(typeof allowed).toBe(reason.remedy!.text.startsWith('ask') ? 'number' : 'undefined');
		expect(ask(requestOf(following(allowed as number | undefined))).kind).toBe('accept');
	});
});

describe('the remedy of what nobody here can make so', () => {
	const KEY = 'ssh-ed25519 AAAA a';
	const guest: WorkspaceTerm = { ...WORKSPACE, sshPublicKey: KEY };
	const running: PreviousGrant = {
		grant: { ...grantOf(), startAt: NOW - HOUR, endAt: NOW + HOUR },
		placement: {
			startAt: NOW - HOUR,
			usage: usageOf(grantOf(), POLICY, NOW - HOUR),
			machines: [{ host: 'a', count: 1 }],
		},
		running: true,
		allowRestart: false,
		allowMove: false,
	};
	function grantOf(): ServiceGrant {
		const sizes = { machineCount: 1, cpuCount: 1, memoryBytes: GIB, diskBytes: 0, networkBitsPerSecond: 0 };
		return { ...sizes, startAt: NOW - HOUR, endAt: NOW + HOUR, workspace: guest };
	}
	const still = { cpus: 1, memory: GIB, window: { durationSeconds: 2 * HOUR }, workspace: guest };
	const unsupported = (kind: 'enforce' | 'measure') => ({
		unsupported: [{ kind, path: '/u', subject: 'DataStaging', why: 'no' }],
	});
	const noShaping = { ...POLICY, abilities: { ...POLICY.abilities, networkShaping: false } };
	const about = { previous: running };

	it.each<[string, string, RequestParts, RequestParts, Partial<Question>, string]>([
		[
			'a start that is past',
			'STATE_FORBIDS',
			{ ...still, window: { startAt: NOW + HOUR, durationSeconds: HOUR } },
			{ ...still, window: { startAt: NOW - HOUR, durationSeconds: 2 * HOUR } },
			about,
			'leave StartTime out, or begin at 2026-11-30T23:00:00Z',
		],
		[
			'another image',
			'NOT_ENFORCEABLE',
			{ ...still, workspace: { ...guest, imageName: 'guest', imageDigest: OTHER_DIGEST } },
			still,
			about,
			`ask for debian, ${WORKSPACE.imageDigest}`,
		],
		[
			'another key',
			'NOT_ENFORCEABLE',
			{ ...still, workspace: { ...guest, sshPublicKey: 'another' } },
			{ ...still, workspace: WORKSPACE },
			about,
			'name no SSHPublicKey, or the one that the machines have',
		],
		['what nobody enforces', 'NOT_ENFORCEABLE', unsupported('enforce'), {}, {}, 'leave DataStaging out'],
		['what nobody measures', 'NOT_MEASURABLE', unsupported('measure'), {}, {}, 'leave the guarantee out'],
		[
			'bandwidth',
			'NOT_ENFORCEABLE',
			{ network: 1_000_000 },
			{},
			{ policy: noShaping },
			'leave IndividualNetworkBandwidth out',
		],
	])('is told of %s, and takes the reason away', (_, code, parts, following, options, text) => {
		const decision = ask(requestOf(parts), options);
		if (decision.kind === 'accept') throw new Error();
		expect(decision.reasons).toMatchObject([{ code, remedy: { text } }]);
		expect(ask(requestOf(following), options).kind).toBe('accept');
	});

	it('is told of a change that keeps no service: called by one of these names it is about the agreement', () => {
		const names = ['head', 'workers'];
		const request = requestOf({ serviceName: 'other' });
		expect(inOrderOf(names, request)).toBeUndefined();
		const { remedy } = servicesObstacle(names, request);
		expect(remedy!.text).toBe('call one of the services head or workers, as the agreement does');
		for (const serviceName of names) expect(inOrderOf(names, requestOf({ serviceName }))).toBeDefined();
	});
});
