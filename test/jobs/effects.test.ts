/**
 * What a change of running machines is told to do, and what then happens: random histories of changes with and without
 * the permission to restart and to move, on a simulated site. What is told is told three times alike, when it is only
 * asked about, when it is agreed to, and in the agreement; what happens is seen on the machines, before and after.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChangeEffect } from '../../src/agreement/terms/effects.ts';
import type { ChangePermission } from '../../src/broker/outcome.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { AgreementRecord } from '../../src/store/records.ts';
import { findDeviations } from '../../src/workspace/limits.ts';
import { SimulatedSite } from '../../src/workspace/simulated/simulated-site.ts';
import type { MachineSpec } from '../../src/workspace/site.ts';
import { GIB, hosts } from '../broker/hosts.ts';
import { agree, alice, offerFrom, offerFromTree, openWorld, POLICY, type Wish, type World } from '../broker/site.ts';

const HOUR = 3600;
const DEADLINE_MS = 20_000;
const NO_OVERHEAD = { baseBytes: 0, perCpuBytes: 0, perMemoryMillionths: 0 };
/** Each takes some half a second; a longer proof sets the variable. */
const HISTORIES = Math.max(12, Math.ceil(Number(process.env.PROOF_HISTORIES ?? 0) / 40));

/** A broker, its runner, and three hosts of 4 CPUs and 8 GiB that refuse what is beyond these. */
class RunningSite {
	readonly world: World;
	readonly site: SimulatedSite;
	readonly failures: string[] = [];
	/** What stood of each workspace after its last change. */
	readonly last = new Map<string, Standing>();
	readonly #runner: Runner;

	constructor(world: World) {
		this.world = world;
		this.site = new SimulatedSite({
			hosts: world.hosts.map(({ name, capacity, labels }) => ({ name, ...capacity, labels })),
			deploySeconds: 0,
			bootSeconds: 0,
			shutdownSeconds: 0,
			abilities: { memoryOverhead: NO_OVERHEAD, memoryStepBytes: 128 * 2 ** 20 },
		});
		this.#runner = new Runner({
			broker: world.broker,
			site: this.site,
			installationId: world.store.installationId,
			report: (what, error) => this.failures.push(`${what}: ${error}`),
		});
		this.#runner.start();
	}

	async close(): Promise<void> {
		await this.#runner.stop();
		await this.site.close();
		this.world[Symbol.dispose]();
	}

	/** Every machine is as the agreement wants it. */
	async settled({ id, revision, workspaceId }: AgreementRecord): Promise<void> {
		const isSettled = async (): Promise<boolean> => {
			const machines = (await this.world.broker.machines(alice, id))!;
			const wanted = machines.filter(({ desired }) => desired !== 'absent').map(({ index }) => index);
			const standing = (await this.standing(workspaceId)).map(({ index }) => index);
			const isRevised = machines.every(({ desired, observed }) => {
				return observed?.state === desired && (desired !== 'running' || observed.revision === revision);
			});
			return isRevised && JSON.stringify(standing) === JSON.stringify(wanted.sort((a, b) => a - b));
		};
		await expect.poll(isSettled, { timeout: DEADLINE_MS, interval: 5, message: this.failures.join('; ') }).toBe(true);
	}

	/** What stands of the workspace, by index: service, host, how often it was booted there, and its limits. */
	async standing(workspaceId: string) {
		const services = new Map(this.world.store.machines.of(workspaceId).map(({ index, service }) => [index, service]));
		const machines = await this.site.list(this.world.store.installationId);
		return machines
			.filter(({ identity }) => identity.workspaceId === workspaceId)
			.map(({ identity: { index }, host, limits, consoleTail }) => {
				const boots = Number(/simulated-(\d+)"[^\n]*\n?$/.exec(consoleTail ?? '')?.[1] ?? 1);
				return { index, service: services.get(index), host, limits, boots };
			})
			.sort((one, other) => one.index - other.index);
	}
}

type Standing = Awaited<ReturnType<RunningSite['standing']>>;

/** What of a change can be seen on machines. */
interface Seen {
	/** By the host that they leave. */
	readonly moved: Readonly<Record<string, number>>;
	readonly restarted: number;
	readonly started: number;
	readonly ended: number;
}

function seenBetween(before: Standing, after: Standing): Seen {
	const moved: Record<string, number> = {};
	let restarted = 0;
	for (const one of before) {
		const other = after.find(({ index }) => index === one.index);
		if (other === undefined) continue;
		if (other.host !== one.host) moved[one.host] = (moved[one.host] ?? 0) + 1;
		else if (other.boots !== one.boots) restarted += 1;
	}
	const isIn = (those: Standing, index: number): boolean => those.some((each) => each.index === index);
	const started = after.filter(({ index }) => !isIn(before, index)).length;
	return { moved, restarted, started, ended: before.filter(({ index }) => !isIn(after, index)).length };
}

/** The same as the effects tell it. All that stay of a service restart together, whatever for. */
function toldIn(effects: readonly ChangeEffect[]): Seen {
	const moved: Record<string, number> = {};
	const restarts = new Map<string, number>();
	let [started, ended] = [0, 0];
	for (const { kind, machines, fromHost, message } of effects) {
		const service = /^(S|workers): /.exec(message)?.[1] ?? '';
		if (kind === 'move') moved[fromHost!] = (moved[fromHost!] ?? 0) + machines;
		else if (kind === 'restart') restarts.set(service, machines);
		else if (/more machines? starts?\.$/.test(message)) started += machines;
		else if (/(The last (\d+ )?machines? ends?\.|The service ends: .*)$/.test(message)) ended += machines;
	}
	return { moved, restarted: [...restarts.values()].reduce((sum, count) => sum + count, 0), started, ended };
}

const sizes = fc.record({
	machines: fc.integer({ min: 1, max: 4 }),
	cpus: fc.integer({ min: 1, max: 3 }),
	memoryBytes: fc.integer({ min: 1, max: 8 }).map((half) => (half * GIB) / 2),
	sharePercent: fc.constantFrom(100, 100, 50),
	diskBytes: fc.constantFrom(GIB, GIB, 2 * GIB),
});

const step = fc.record({
	who: fc.nat(1),
	wish: sizes,
	workers: fc.nat(2),
	/** In the offer, in the request, or nowhere. */
	allowed: fc.record({ restart: fc.boolean(), move: fc.boolean(), inOffer: fc.boolean() }),
	onHosts: fc.constantFrom<readonly string[]>([], [], [], ['n2'], ['n1', 'n3']),
	takes: fc.nat(4),
	seconds: fc.nat(40),
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function wishOf({ wish, workers, allowed, onHosts }: Step): Wish {
	const word = (isAllowed: boolean): string => (isAllowed ? 'allow' : 'forbid');
	return {
		...wish,
		durationSeconds: 4 * HOUR,
		candidateHosts: onHosts,
		...(workers === 0 ? {} : { workers: { machines: workers } }),
		...(allowed.inOffer ? { change: `restart="${word(allowed.restart)}" move="${word(allowed.move)}"` } : {}),
	};
}

describe('changes of machines that run', () => {
	test('do what was told beforehand, and nothing that their offer does not allow', { timeout: 600_000 }, async () => {
		const seen = { changes: 0, restarts: 0, moves: 0, refusals: 0, alternatives: 0 };
		const history = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 8 }), async (steps) => {
			const abilities = { ...POLICY.abilities, networkShaping: true };
			const running = new RunningSite(await openWorld({ hosts: hosts(3), policy: { abilities } }));
			try {
				const { world } = running;
				const agreements: AgreementRecord[] = [];
				for (const machines of [2, 1]) {
					const agreement = await agree(world, { machines, diskBytes: GIB, durationSeconds: 4 * HOUR });
					await running.settled(agreement);
					agreements.push(agreement);
				}
				for (const each of steps) agreements[each.who] = await change(running, agreements[each.who]!, each, seen);
				expect(running.failures).toEqual([]);
				expect(world.faults).toEqual([]);
			} finally {
				await running.close();
			}
		});
		await fc.assert(history, { numRuns: HISTORIES, endOnFailure: true });
		const { changes, restarts, moves, refusals, alternatives } = seen;
		expect(
			Math.min(changes / 2, 4 * restarts, 8 * moves, refusals, 4 * alternatives),
			JSON.stringify(seen),
		).toBeGreaterThan(HISTORIES / 2);
	});
});

/** The agreement after the step: changed as it was asked, or as an alternative says, or as it was. */
async function change(
	running: RunningSite,
	agreement: AgreementRecord,
	asked: Step,
	seen: Record<'changes' | 'restarts' | 'moves' | 'refusals' | 'alternatives', number>,
): Promise<AgreementRecord> {
	const { world } = running;
	const { broker } = world;
	const { id: agreementId, workspaceId } = agreement;
	const { restart, move } = asked.allowed;
	const permission: ChangePermission = asked.allowed.inOffer ? {} : { allowRestart: restart, allowMove: move };
	world.now += asked.seconds;
	const before = await running.standing(workspaceId);
	expect(before, 'nothing happens between the changes').toEqual(running.last.get(workspaceId) ?? before);
	const offered = offerFrom(wishOf(asked));
	const evaluated = await broker.evaluate({ party: alice, agreementId, ...permission, ...offered });
	expect(await running.standing(workspaceId)).toEqual(before);
	let outcome = await broker.renegotiate({ party: alice, agreementId, ...permission, ...offered });
	let told = evaluated.kind === 'accepted' ? evaluated.effects : undefined;
	if (outcome.kind === 'countered') {
		seen.refusals += 1;
		expect(evaluated).toMatchObject({ kind: 'countered', reasons: outcome.reasons });
		const alternative = outcome.alternatives[asked.takes % outcome.alternatives.length]!;
		told = alternative.effects;
		const taken = offerFromTree(alternative.offer);
		outcome = await broker.renegotiate({ party: alice, agreementId, ...permission, ...taken });
		expect(outcome.kind).toBe('accepted');
		seen.alternatives += 1;
	}
	if (outcome.kind !== 'accepted') {
		seen.refusals += 1;
		expect(evaluated.kind).toBe(outcome.kind);
		expect(await running.standing(workspaceId)).toEqual(before);
		return agreement;
	}
	const next = outcome.agreement;
	await running.settled(next);
	expect(next.effects).toEqual(told);
	expect(broker.getAgreement(alice, next.id)?.effects).toEqual(told);
	// A machine says on its console that it was booted, a moment after it runs.
	const happens = async () => seenBetween(before, await running.standing(workspaceId));
	await expect
		.poll(happens, { timeout: DEADLINE_MS, interval: 5, message: JSON.stringify(told) })
		.toEqual(toldIn(told!));
	const after = await running.standing(workspaceId);
	running.last.set(workspaceId, after);
	const happened = seenBetween(before, after);
	if (!restart) expect(happened.restarted).toBe(0);
	if (!move) expect(happened.moved).toEqual({});
	const { others = [], ...first } = next.grant;
	for (const { service, limits } of after) {
		const granted = [first, ...others][[next.serviceNumbers ?? [0, 1]].flat().indexOf(service ?? 0)]!;
		const spec = { ...granted, cpuSharePercent: granted.workspace.cpuSharePercent } as unknown as MachineSpec;
		expect(findDeviations(spec, NO_OVERHEAD, limits!)).toEqual([]);
	}
	seen.changes += 1;
	seen.restarts += happened.restarted > 0 ? 1 : 0;
	seen.moves += Object.keys(happened.moved).length > 0 ? 1 : 0;
	return next;
}
