/** What a refusal says would make the offer fit: given that, the same offer is accepted. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import {
	defineUsage,
	type Host,
	NOTHING,
	type ResourceName,
	type ResourceVector,
} from '../../src/capacity/resources.ts';
import { demandOf } from '../../src/negotiation/booking.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import type { Reason } from '../../src/negotiation/decision.ts';
import { judge } from '../../src/negotiation/judge.ts';
import { ask, GIB, HOUR, NOW, occupy, requestOf, twoHosts } from './requests.ts';
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
