import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, endsOf, exactly, shifted, smallestMultiple } from '../../src/agreement/jsdl/range.ts';
import {
	type Demand,
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	withServices,
} from '../../src/agreement/terms/service.ts';
import type { Placement } from '../../src/capacity/resources.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import { standingIn } from '../../src/negotiation/change.ts';
import { decide, type PreviousGrant, type Question } from '../../src/negotiation/decide.ts';
import type { Decision } from '../../src/negotiation/decision.ts';
import { MEMORY_STEP_BYTES } from '../../src/negotiation/policy/policy.ts';
import { hostsFor, isPossible, limitsOf } from './oracle.ts';
import { codes, MIB, NOW } from './requests.ts';
import { changeQuestion, clusterChangeQuestion, QUESTIONS, question, TIGHT, UNIT } from './worlds.ts';

/** Everything that is free, on every host and of every VO, at every time. */
function fingerprint({ calendar, usage }: Question): string {
	const calendars = [calendar, usage?.calendarOf('physics'), usage?.calendarOf('other')];
	return JSON.stringify(calendars.map((each) => each?.freeBetween(NOW - 1000 * UNIT, NOW + 1000 * UNIT)));
}

function textOf(value: object): string {
	return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
}

/** Whether and how it is accepted; no alternatives are looked for. */
function answerTo(asked: Question): Decision {
	return decide({ ...asked, policy: { ...asked.policy, alternativesMax: 0 } });
}

const any = fc.oneof(question, changeQuestion);

describe('decide', () => {
	it('gives the same answer again and changes nothing (H7)', () => {
		fc.assert(
			fc.property(any, (asked) => {
				const { calendar, satisfies, usage, ...input } = asked;
				const before = [textOf(input), fingerprint(asked)];
				const decision = decide(asked);
				expect([textOf(input), fingerprint(asked)]).toEqual(before);
				expect(decide(asked)).toEqual(decision);
			}),
			{ numRuns: Math.ceil(QUESTIONS / 4) },
		);
	});

	it('accepts only what the offer admits and what the calendar can book', () => {
		let acceptances = 0;
		fc.assert(
			fc.property(any, (asked) => {
				const decision = answerTo(asked);
				if (decision.kind !== 'accept') return;
				acceptances += 1;
				expectWithin(decision.grant, asked);
				const { placement, grant } = decision;
				expect(placement).toMatchObject({ startAt: grant.startAt, usage: usageOf(grant, TIGHT, NOW) });
				expect(placement.machines.reduce((sum, { count }) => sum + count, 0)).toBe(grant.machineCount);
				asked.calendar.book(placement);
				asked.calendar.release(placement);
			}),
			{ numRuns: QUESTIONS },
		);
		expect(acceptances).toBeGreaterThan(QUESTIONS / 10);
	});

	it('neither moves nor restarts machines that run unless it may, and then as few as it must', () => {
		let changes = 0;
		fc.assert(
			fc.property(changeQuestion, (asked) => {
				const { previous, calendar } = asked;
				const decision = answerTo(asked);
				if (decision.kind !== 'accept' || previous?.running !== true) return;
				changes += 1;
				const { grant, placement, effects } = decision;
				const before = placesOf(previous.placement);
				const moved = placesOf(placement).filter((host, index) => index < before.length && host !== before[index]);
				const kinds = new Set(effects.map(({ kind }) => kind));
				expect(kinds.has('move')).toBe(moved.length > 0);
				expect(grant.startAt).toBe(previous.grant.startAt);
				if (!previous.allowMove) expect(moved).toEqual([]);
				if (!previous.allowRestart) {
					expect(kinds.has('restart')).toBe(false);
					expect(grant.cpuCount).toBeGreaterThanOrEqual(previous.grant.cpuCount);
					const grown = grant.memoryBytes - previous.grant.memoryBytes;
					expect(grown).toBeGreaterThanOrEqual(0);
					expect(grown % TIGHT.abilities.memoryStepBytes).toBe(0);
				}
				const { startAt, usage } = placement;
				const standing = before.slice(0, grant.machineCount);
				const couldStay = [...new Set(standing)].reduce((sum, host) => {
					const isAdmitted = asked.request.candidateHosts.length === 0 || asked.request.candidateHosts.includes(host);
					const isSuited = calendar.hosts.find(({ name }) => name === host)!.labels.cpuArchitecture !== undefined;
					const { placement } = asked.request.workspace;
					const wantsSuited = asked.request.cpuArchitecture ?? placement?.labels.cpuArchitecture;
					if (!isAdmitted || (wantsSuited !== undefined && !isSuited)) return sum;
					const most = placement?.machinesPerHostMax ?? standing.length;
					const countMax = Math.min(most, standing.filter((place) => place === host).length);
					return sum + calendar.largestCount({ startAt, usage, countMax, candidateHosts: [host] });
				}, 0);
				expect(moved).toHaveLength(standing.length - couldStay);
			}),
			{ numRuns: QUESTIONS },
		);
		expect(changes).toBeGreaterThan(0);
	});

	it('offers a change that needs a restart with the sizes that stand, and none that changes nothing', () => {
		let kept = 0;
		fc.assert(
			fc.property(fc.oneof(changeQuestion, clusterChangeQuestion), (asked) => {
				const { previous } = asked;
				if (previous === undefined || previous.leaving?.length) return;
				const decision = decide(asked);
				const alternatives = decision.kind === 'counter' ? decision.alternatives : [];
				for (const { grant, effects } of alternatives) {
					expect(effects.length > 0 || noticedIn(grant) !== noticedIn(previous.grant)).toBe(true);
				}
				// Totals that contradict the other sizes leave nothing to look for.
				const hasTotals = servicesOf<RequestedService>(asked.request).some((service) => {
					return service.totalCpuCount !== undefined || service.totalMemoryBytes !== undefined;
				});
				if (decision.kind === 'accept' || !previous.running || previous.allowRestart || hasTotals) return;
				const answer = decide({ ...asked, request: keepingSizes(asked.request, previous) });
				if (answer.kind !== 'accept' || !asked.satisfies(answer.grant)) return;
				if (noticedIn(answer.grant) === noticedIn(previous.grant)) return;
				expect(alternatives).not.toEqual([]);
				if (codes(decision).includes('NEEDS_RESTART')) kept += 1;
			}),
			{ numRuns: 2 * QUESTIONS },
		);
		expect(kept).toBeGreaterThan(QUESTIONS / 250);
	});

	it('never refuses without a reason, and names amounts that are short', () => {
		fc.assert(
			fc.property(any, (asked) => {
				const decision = decide(asked);
				if (decision.kind === 'accept') return;
				expect(decision.reasons.length).toBeGreaterThan(0);
				for (const reason of decision.reasons) {
					expect(reason.message).toMatch(/\.$/);
					if (!reason.code.startsWith('CAPACITY')) continue;
					expect(Number(reason.asked)).toBeGreaterThan(Number(reason.available));
					expect(reason.interval!.startAt).toBeLessThan(reason.interval!.endAt);
				}
			}),
			{ numRuns: QUESTIONS },
		);
	});

	it('never says no to something new that any start and any sizes would have room for', () => {
		let refusals = 0;
		fc.assert(
			fc.property(question, (asked) => {
				const decision = answerTo(asked);
				if (decision.kind === 'accept' || !onlyCapacity(decision)) return;
				refusals += 1;
				expect(findByTrying(asked)).toBeUndefined();
			}),
			{ numRuns: QUESTIONS },
		);
		expect(refusals).toBeGreaterThan(QUESTIONS / 20);
	});

	it('grants the smallest, unless the largest is preferred', () => {
		fc.assert(
			fc.property(question, (asked) => {
				const decision = answerTo(asked);
				if (decision.kind !== 'accept' || asked.request.prefersLargest) return;
				const { machineCount } = decision.grant;
				const found = findByTrying(asked);
				if (found === undefined) expect(asked.request.priceCeiling).toBeDefined();
				if (found === undefined) return;
				expect(machineCount).toBe(found.machineCount);
				expect(decision.grant).toMatchObject({ cpuCount: found.cpuCount, memoryBytes: found.memoryBytes });
				// A price may come down to the ceiling between two of the starts that were tried.
				const { priceCeiling } = asked.request;
				if (priceCeiling === undefined) expect(decision.grant.startAt).toBe(found.startAt);
				else expect(decision.grant.startAt).toBeLessThanOrEqual(found.startAt);
			}),
			{ numRuns: QUESTIONS },
		);
	});
});

/** The host of each machine. */
function placesOf({ machines }: Placement): string[] {
	return machines.flatMap(({ host, count }) => new Array<string>(count).fill(host));
}

/** What is in the way beside the hosts, and another start may be free of. */
const HURDLES: ReadonlySet<string> = new Set(['PRICE_EXCEEDED', 'QUOTA_EXCEEDED', 'FAIR_SHARE']);

function onlyCapacity(decision: Exclude<Decision, { kind: 'accept' }>): boolean {
	return decision.reasons.every(({ code }) => code.startsWith('CAPACITY') || HURDLES.has(code));
}

/** Asserts that every value lies in the range that was asked, totals included, and the window within its ends. */
function expectWithin(grant: ServiceGrant, { request, previous, policy }: Question): void {
	const { machineCount } = grant;
	const demanded: readonly [Demand | undefined, number][] = [
		[request.machineCount, machineCount],
		[request.cpuCount, grant.cpuCount],
		[request.memoryBytes, grant.memoryBytes],
		[request.diskBytes, grant.diskBytes],
		[request.networkBitsPerSecond, grant.networkBitsPerSecond],
		[request.totalCpuCount, grant.cpuCount * machineCount],
		[request.totalMemoryBytes, grant.memoryBytes * machineCount],
	];
	for (const [demand, value] of demanded) expect(demand === undefined || contains(demand.range, value)).toBe(true);
	expect(grant.memoryBytes % MEMORY_STEP_BYTES).toBe(0);
	expect(machineCount).toBeLessThanOrEqual(policy.machinesMax);
	expect(grant.cpuCount).toBeLessThanOrEqual(policy.cpuCountMax);
	const { startAt, endAt, durationSeconds } = request.window;
	if (previous === undefined) expect(grant.endAt - grant.startAt).toBe(durationSeconds);
	if (endAt !== undefined) expect(grant.endAt).toBeLessThanOrEqual(endAt);
	if (startAt !== undefined && startAt >= NOW) expect(grant.startAt).toBeGreaterThanOrEqual(startAt);
}

/** The first that fits, trying every machine count, then the smallest sizes, then every start, one after the other. */
function findByTrying(asked: Question): ServiceGrant | undefined {
	const { request, policy, now } = asked;
	const admits = (demand: Demand | undefined, value: number): boolean =>
		demand === undefined || contains(demand.range, value);
	const { window, workspace } = request;
	const last = window.endAt === undefined ? (window.startAt ?? now) : window.endAt - window.durationSeconds;
	const noticeAt = now + (limitsOf(asked).leadTimeSeconds ?? 0);
	if (noticeAt > now && last < noticeAt) return undefined;
	const first = Math.max(window.startAt ?? now, Math.min(noticeAt, last));
	const hosts = hostsFor(asked);
	const isCountOpen = request.machineCount !== undefined || request.totalCpuCount || request.totalMemoryBytes;
	for (let machineCount = 1; machineCount <= (isCountOpen ? policy.machinesMax : 1); machineCount += 1) {
		if (!admits(request.machineCount, machineCount)) continue;
		const cpuCount = upTo(policy.cpuCountMax, 1).find((cpus) =>
			request.cpuCount === undefined && request.totalCpuCount === undefined
				? cpus === policy.defaults.cpuCount
				: admits(request.cpuCount, cpus) && admits(request.totalCpuCount, cpus * machineCount),
		);
		const memoryBytes = MEMORIES.find((bytes) =>
			request.memoryBytes === undefined && request.totalMemoryBytes === undefined
				? bytes === policy.defaults.memoryBytes
				: admits(request.memoryBytes, bytes) && admits(request.totalMemoryBytes, bytes * machineCount),
		);
		if (cpuCount === undefined || memoryBytes === undefined) continue;
		const imageBytes = policy.images.get(workspace.imageDigest)!.diskBytes;
		const diskBytes = request.diskBytes
			? upTo(12, 2 ** 30).find((bytes) => bytes >= imageBytes && admits(request.diskBytes, bytes))!
			: 0;
		const networkBitsPerSecond = request.networkBitsPerSecond
			? upTo(30, 8000).find((bits) => admits(request.networkBitsPerSecond, bits))!
			: 0;
		const sizes = { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond };
		for (let startAt = first; startAt <= last; startAt += UNIT / 2) {
			const grant = { ...sizes, startAt, endAt: startAt + window.durationSeconds, workspace };
			if (isPossible(asked, hosts, grant)) return grant;
		}
	}
	return undefined;
}

/** Every memory that a machine of these offers could have, from the least. */
const MEMORIES = upTo(12 * 1024, MIB).filter((bytes) => bytes >= TIGHT.abilities.memoryBytesMin);

function upTo(count: number, unit: number): number[] {
	return Array.from({ length: count }, (_, index) => (index + 1) * unit);
}

/** The same change, with the CPUs and the memory that machines have wherever it cannot be had as they run. */
function keepingSizes(request: ServiceRequest, previous: PreviousGrant): ServiceRequest {
	const standing = standingIn(previous);
	const services = servicesOf<RequestedService>(request).map((service, nth): RequestedService => {
		const stands = standing[nth];
		if (stands === undefined) return service;
		const keeping = (field: 'cpuCount' | 'memoryBytes', step: number): Demand => {
			const { range } = service[field] ?? { range: exactly(stands[field]) };
			const steps = smallestMultiple(shifted(range, stands[field]), step, 0);
			const below = Math.floor(((endsOf(range)?.lower ?? 0) - stands[field]) / step);
			return { range: exactly(stands[field] + (steps ?? Math.max(0, below) * step)), path: '/kept' };
		};
		const memoryBytes = keeping('memoryBytes', TIGHT.abilities.memoryStepBytes);
		return { ...service, cpuCount: keeping('cpuCount', 1), memoryBytes };
	});
	return withServices(request, services);
}

/** What of a grant its client would notice. */
function noticedIn(grant: ServiceGrant): string {
	const services = servicesOf<GrantedService>(grant).map((service) => {
		const { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond } = service;
		const { cpuSharePercent, endAction, retentionSeconds, placement } = service.workspace;
		const { strategy = 'pack', machinesPerHostMax, labels = {} } = placement ?? {};
		const sizes = [machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond];
		return [...sizes, cpuSharePercent, endAction, retentionSeconds, strategy, machinesPerHostMax, labels];
	});
	return textOf([grant.startAt, grant.endAt, services]);
}
