/** "No alternative" is said only where nothing could be had: nothing smaller, nothing shorter, at no time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GrantedService, ServiceGrant } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { judge } from '../../src/negotiation/judge.ts';
import type { VoLimits } from '../../src/negotiation/policy/quota.ts';
import { VoUsage } from '../../src/negotiation/policy/usage.ts';
import { firstOfferedAt } from '../../src/negotiation/window.ts';
import { hostsFor, isPossible, limitsOf } from './oracle.ts';
import { ask, DAY, GIB, HOUR, host, MIB, NOW, POLICY, requestOf, sentBack } from './requests.ts';
import { QUESTIONS, question, UNIT } from './worlds.ts';

/** Everything is tried for each; it takes as long as it takes. */
const PROOF = { timeout: 20_000 + 60 * QUESTIONS };

describe('an offer that is refused without an alternative', () => {
	it('asks for something of which nothing could be had, however small, short, early or late', PROOF, () => {
		let refusals = 0;
		fc.assert(
			fc.property(question, (asked) => {
				if (decide(asked).kind !== 'reject') return;
				const { asked: sizes, finalReasons, scene, window } = judge(asked);
				if (sizes === undefined || finalReasons.length > 0) return;
				refusals += 1;
				const { policy } = asked;
				const longest = Math.min(window.asked.durationSeconds, policy.durationSecondsMax);
				const shapes = [...smallerThan(sizes, policy)];
				for (const seconds of [longest, longest / 2, policy.durationSecondsMin]) {
					const found = shapes.map((shape) => atAnyTime(asked, { ...shape, workspace: scene.room.workspace }, seconds));
					expect(found.filter((grant) => grant !== undefined)).toEqual([]);
				}
			}),
			{ numRuns: QUESTIONS },
		);
		expect(refusals).toBeGreaterThan(QUESTIONS / 20);
	});

	it('is offered what its VO may have left, at whatever time that is', () => {
		const long = requestOf({ cpus: 8, memory: GIB, window: { startAt: NOW + HOUR, durationSeconds: 10 * HOUR } });
		// All of December is used up; January lies open.
		const used = question10({ cpuMillicoreSecondsMax: 100 * 3_600_000 }, 100, 1);
		const decision = ask(long, used);
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		const [first] = decision.alternatives;
		expect(first).toMatchObject({ kind: 'later', grant: { cpuCount: 8, startAt: NOW + 31 * DAY } });
	});

	it('is offered as much, and as long, as the CPU time of one period lasts, where it never lasts for all', () => {
		const long = requestOf({ cpus: 8, memory: GIB, window: { startAt: NOW + HOUR, durationSeconds: 20 * HOUR } });
		const used = question10({ cpuMillicoreSecondsMax: 100 * 3_600_000 }, 100, 1);
		const decision = ask(long, used);
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		const found = decision.alternatives.map(({ kind, grant }) => [
			kind,
			grant.cpuCount,
			(grant.endAt - grant.startAt) / HOUR,
			(grant.startAt - NOW) / DAY,
		]);
		expect(found).toContainEqual(['smaller', 5, 20, 31]);
		expect(found).toContainEqual(['shorter', 8, 12.5, 31]);
		for (const { grant } of decision.alternatives) {
			expect(ask(sentBack(long, grant), used)).toMatchObject({ kind: 'accept' });
		}
	});

	it('is offered something shorter at another time, where only what is over soon may go beyond the share', () => {
		const quotas = {
			period: 'week',
			borrowSeconds: 2 * HOUR,
			vos: new Map([['physics', { shareMillicores: 0 }]]),
		} as const;
		const party = { name: 'ann', vo: 'physics' };
		const late = requestOf({ cpus: 2, window: { startAt: NOW + 3 * HOUR, durationSeconds: 4 * HOUR } });
		const decision = ask(late, { policy: { ...POLICY, quotas }, usage: new VoUsage('week'), party });
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		expect(decision.alternatives[0]).toMatchObject({
			kind: 'shorter',
			grant: { startAt: NOW, endAt: NOW + 2 * HOUR },
		});
	});
});

/** A site without end, on which a VO has so many CPUs booked from an hour of December on. */
function question10(limits: VoLimits, cpuHours: number, cpus: number): Partial<Question> {
	const usage = new VoUsage('month');
	const demand = { cpuMillicores: cpus * 1000, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
	const phase = { offsetSeconds: 0, durationSeconds: (cpuHours / cpus) * HOUR, demand };
	usage.take('physics', { startAt: NOW + DAY, usage: [phase], machines: [{ host: 'huge', count: 1 }] });
	const quotas = { period: 'month', borrowSeconds: 0, vos: new Map([['physics', limits]]) } as const;
	const calendar = new SiteCalendar([host('huge', { cpuMillicores: 1e9, memoryBytes: 2 ** 50, diskBytes: 2 ** 50 })]);
	return { policy: { ...POLICY, quotas }, usage, calendar, party: { name: 'ann', vo: 'physics' } };
}

type Shape = GrantedService;

/** Sizes from the asked ones down: all of them, each alone, and hardly anything. */
function* smallerThan(
	asked: Omit<Shape, 'workspace'>,
	{ machinesMax, cpuCountMax }: Question['policy'],
): Generator<Omit<Shape, 'workspace'>> {
	const machines = [asked.machineCount, 3, 2, 1].filter((count) => count <= Math.min(asked.machineCount, machinesMax));
	const cpus = [asked.cpuCount, 2, 1].filter((count) => count <= Math.min(asked.cpuCount, cpuCountMax));
	const memories = [asked.memoryBytes, 2 * GIB, GIB, 256 * MIB].filter((bytes) => bytes <= asked.memoryBytes);
	for (const machineCount of new Set(machines)) {
		for (const cpuCount of new Set(cpus)) {
			for (const memoryBytes of new Set(memories)) yield { ...asked, machineCount, cpuCount, memoryBytes };
		}
	}
}

function atAnyTime(asked: Question, shape: Shape, seconds: number): ServiceGrant | undefined {
	const hosts = hostsFor(asked);
	const { policy, now } = asked;
	const firstAt = firstOfferedAt({ ...policy, leadTimeSeconds: limitsOf(asked).leadTimeSeconds ?? 0 }, now);
	for (let startAt = firstAt; startAt + seconds <= now + policy.horizonSeconds; startAt += UNIT) {
		const grant = { ...shape, startAt, endAt: startAt + seconds };
		if (asked.satisfies(grant) && isPossible(asked, hosts, grant)) return grant;
	}
	return undefined;
}
