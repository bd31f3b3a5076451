/**
 * Random histories against a ledger that knows nothing but second-by-second sums: whatever is asked, refused, changed,
 * held, taken, ended, moved or restarted in whatever order, no host is ever overbooked (H1), nothing that was
 * acknowledged is lost (H2), what is held is honoured (H3), no machine stands where nothing is booked for it, and a restart changes nothing.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Placement } from '../../src/capacity/resources.ts';
import type { AgreementRecord, NegotiationOfferRecord } from '../../src/store/records.ts';
import { BEGIN, GIB, hosts, SITE } from './hosts.ts';
import { accept, begin, sent } from './rounds.ts';
import { alice, offerFrom, openWorld, type Wish, type World } from './site.ts';

const MINUTE = 60;
const HOSTS = hosts(2);

/** How many histories are lived through; a longer proof sets the variable. */
const HISTORIES = Number(process.env.PROOF_HISTORIES ?? 60);

type Command =
	| { readonly kind: 'create'; readonly wishes: readonly Wish[] }
	| { readonly kind: 'renegotiate'; readonly which: number; readonly wish: Wish; readonly allow: boolean }
	| { readonly kind: 'terminate'; readonly which: number }
	| { readonly kind: 'ask'; readonly which: number; readonly wishes: readonly Wish[] }
	| { readonly kind: 'take'; readonly which: number }
	| { readonly kind: 'leave'; readonly which: number }
	| { readonly kind: 'pass'; readonly minutes: number }
	| { readonly kind: 'work'; readonly fails: boolean }
	| { readonly kind: 'restart' };

const wish: fc.Arbitrary<Wish> = fc
	.record({
		machines: fc.integer({ min: 1, max: 3 }),
		cpus: fc.integer({ min: 1, max: 4 }),
		memoryBytes: fc.constantFrom(GIB, 3 * GIB, 5 * GIB),
		sharePercent: fc.constantFrom(50, 100),
		durationSeconds: fc.integer({ min: 1, max: 30 }).map((minutes) => minutes * MINUTE),
		startIn: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
		ending: fc.constantFrom<Wish>(
			{ endAction: 'destroy' },
			{ endAction: 'shutdown' },
			{ endAction: 'pause', retention: 'PT20M' },
		),
	})
	.map(({ startIn, ending, ...rest }) => ({
		...rest,
		...ending,
		...(startIn === undefined ? {} : { startAt: BEGIN + startIn * 10 * MINUTE }),
	}));

/** Most changes are of what has begun: its start stays, and its end comes later. */
const changed: fc.Arbitrary<Wish> = fc.oneof(
	{ weight: 1, arbitrary: wish },
	{
		weight: 3,
		arbitrary: wish.map(({ startAt: _, durationSeconds = 0, ...rest }) => ({
			...rest,
			durationSeconds: durationSeconds + 30 * MINUTE,
		})),
	},
);

const command: fc.Arbitrary<Command> = fc.oneof(
	{
		weight: 5,
		arbitrary: fc.record({
			kind: fc.constant('create' as const),
			wishes: fc.array(wish, { minLength: 1, maxLength: 4 }),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant('renegotiate' as const),
			which: fc.nat(20),
			wish: changed,
			allow: fc.boolean(),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('terminate' as const), which: fc.nat(20) }) },
	{
		weight: 4,
		arbitrary: fc.record({
			kind: fc.constant('ask' as const),
			which: fc.nat(3),
			wishes: fc.array(wish, { minLength: 1, maxLength: 2 }),
		}),
	},
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const), which: fc.nat(20) }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(3) }) },
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 40 }) }) },
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant('work' as const), fails: fc.boolean() }) },
	{ weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

/** What is used of a host at an instant, added up from placements one by one. */
function used(placements: readonly Placement[], host: string, at: number) {
	let [cpuMillicores, memoryBytes] = [0, 0];
	for (const { startAt, usage, machines } of placements) {
		const count = machines.filter((share) => share.host === host).reduce((sum, share) => sum + share.count, 0);
		for (const { offsetSeconds, durationSeconds, demand } of usage) {
			const from = startAt + offsetSeconds;
			if (at < from || at >= from + durationSeconds) continue;
			cpuMillicores += count * demand.cpuMillicores;
			memoryBytes += count * demand.memoryBytes;
		}
	}
	return { cpuMillicores, memoryBytes };
}

class Model {
	readonly world: World;
	/** Every agreement that was acknowledged. */
	readonly acknowledged: string[] = [];
	readonly negotiations: string[] = [];
	/** Every counter-offer that was held. */
	readonly held: NegotiationOfferRecord[] = [];
	readonly seen = { taken: 0, lapsed: 0 };

	constructor(world: World) {
		this.world = world;
	}

	agreement(id: string): AgreementRecord {
		return this.world.broker.getAgreement(alice, id)!;
	}

	/** One of those that can still be changed, or any where there is none. */
	pickOpen(which: number): string | undefined {
		const open = this.acknowledged.filter((id) => this.agreement(id).state === 'Observed');
		return open.length === 0 ? this.pick(which) : open[which % open.length];
	}

	pick(which: number): string | undefined {
		return this.acknowledged[which % Math.max(1, this.acknowledged.length)];
	}

	async run(step: Command): Promise<void> {
		const { world } = this;
		const { broker } = world;
		if (step.kind === 'create') {
			const requests = step.wishes.map((asked) => broker.createAgreement({ party: alice, ...offerFrom(asked) }));
			for (const outcome of await Promise.all(requests)) {
				if (outcome.kind === 'accepted') this.acknowledged.push(outcome.agreement.id);
			}
		} else if (step.kind === 'renegotiate') {
			const id = this.pickOpen(step.which);
			if (id === undefined) return;
			const allowed = { allowRestart: step.allow, allowMove: step.allow };
			const before = this.agreement(id);
			const bookedBefore = this.bookedNow(id);
			const outcome = await broker.renegotiate({ party: alice, agreementId: id, ...allowed, ...offerFrom(step.wish) });
			if (outcome.kind === 'accepted') {
				this.acknowledged.push(outcome.agreement.id);
				this.checkTransition(bookedBefore, this.bookedNow(outcome.agreement.id));
			} else if (broker.nextDueAt() === undefined || broker.nextDueAt()! > world.now)
				expect(this.agreement(id)).toEqual(before);
		} else if (step.kind === 'terminate') {
			const id = this.pick(step.which);
			if (id !== undefined) await broker.terminate({ party: alice, agreementId: id });
		} else if (step.kind === 'ask') await this.ask(step.which, step.wishes);
		else if (step.kind === 'take') await this.take(step.which);
		else if (step.kind === 'leave') {
			const negotiationId = this.negotiations[step.which];
			if (negotiationId !== undefined) await broker.negotiations.terminate({ party: alice, negotiationId });
		} else if (step.kind === 'pass') world.now += step.minutes * MINUTE;
		else if (step.kind === 'restart') world.reopen();
		else await this.work(step.fails);
	}

	/** Sends offers to one of the negotiations, a new one where there are few. */
	async ask(which: number, wishes: readonly Wish[]): Promise<void> {
		const { broker } = this.world;
		this.negotiations[which] ??= await begin(this.world);
		const offers = wishes.map((asked) => sent(asked));
		const outcome = await broker.negotiations.negotiate({
			party: alice,
			negotiationId: this.negotiations[which],
			offers,
		});
		if (outcome.kind !== 'answered') {
			delete this.negotiations[which];
			return;
		}
		const answers = outcome.answers.flatMap(({ counterOffers }) => counterOffers);
		this.held.push(...answers.filter(({ state }) => state === 'Acceptable'));
	}

	/** Agrees to a counter-offer. What is held is honoured, whatever else was agreed to in between (H3). */
	async take(which: number): Promise<void> {
		const [offer] = this.held.splice(which % Math.max(1, this.held.length), 1);
		if (offer === undefined) return;
		const isHeld = isStillHeld(this.world, offer);
		const outcome = await accept(this.world, offer);
		if (isHeld)
			expect(outcome, `held until ${offer.expirationAt}, at ${this.world.now}`).toMatchObject({ kind: 'accepted' });
		this.seen[outcome.kind === 'accepted' ? 'taken' : 'lapsed'] += 1;
		if (outcome.kind === 'accepted') this.acknowledged.push(outcome.agreement.id);
	}

	/** What an agreement has booked at this moment, host by host. */
	bookedNow(id: string) {
		const { store, now } = this.world;
		const placements = store.agreements.reservationsOf(id, now).map(({ placement }) => placement);
		return HOSTS.map(({ name }) => used(placements, name, now));
	}

	/** At the moment of a change machines are still what they were: nothing of it is free yet. */
	checkTransition(before: ReturnType<Model['bookedNow']>, after: ReturnType<Model['bookedNow']>): void {
		for (const [nth, { cpuMillicores, memoryBytes }] of before.entries()) {
			expect(after[nth]!.cpuMillicores).toBeGreaterThanOrEqual(cpuMillicores);
			expect(after[nth]!.memoryBytes).toBeGreaterThanOrEqual(memoryBytes);
		}
	}

	async work(fails: boolean): Promise<void> {
		const { broker } = this.world;
		for (const errand of await broker.leaseDue(10)) {
			const seen = errand.machines.map(({ workspaceId, index, revision, host, desired }) => ({
				workspaceId,
				index,
				observed: { state: desired, revision, host },
			}));
			const host = errand.machines[0]?.host ?? 'n1';
			if (fails) await broker.failDue(errand, [], { message: 'planned', host, forGood: true });
			else await broker.finishDue(errand, seen);
		}
	}

	check(): void {
		const { world } = this;
		const live = world.store.agreements.liveReservations(SITE, world.now).map(({ placement }) => placement);
		const edges = live.flatMap(({ startAt, usage }) =>
			usage.flatMap(({ offsetSeconds, durationSeconds }) => [
				startAt + offsetSeconds,
				startAt + offsetSeconds + durationSeconds,
			]),
		);
		const calendar = world.broker.capacityBetween(world.now, world.now + 400 * 86_400);
		for (const at of new Set([world.now, ...edges.filter((edge) => edge > world.now)])) {
			for (const [index, { name, capacity }] of HOSTS.entries()) {
				const sum = used(live, name, at);
				expect(sum.cpuMillicores, `CPUs of ${name} at ${at}`).toBeLessThanOrEqual(capacity.cpuMillicores);
				expect(sum.memoryBytes, `memory of ${name} at ${at}`).toBeLessThanOrEqual(capacity.memoryBytes);
				const step = calendar[index]!.steps.find(({ startAt, endAt }) => startAt <= at && at < endAt)!;
				expect(step.free.cpuMillicores, `free CPUs of ${name} at ${at}`).toBe(
					capacity.cpuMillicores - sum.cpuMillicores,
				);
				expect(step.free.memoryBytes, `free memory of ${name} at ${at}`).toBe(capacity.memoryBytes - sum.memoryBytes);
			}
		}
		for (const id of this.acknowledged) expect(this.agreement(id)).toBeDefined();
		this.checkMachines();
		expect(world.faults).toEqual([]);
	}

	/** Every machine that shall be there belongs to one agreement that has its place booked now. */
	checkMachines(): void {
		const { world } = this;
		for (const { agreementId, workspaceId, host } of world.broker.machinesWanted()) {
			const agreement = this.agreement(agreementId);
			// What has ended by time alone is noticed with the next decision.
			if (world.broker.nextDueAt()! <= world.now) return;
			expect(agreement.supersededBy, 'a machine of an old revision').toBeUndefined();
			const booked = world.store.agreements.reservationsOf(agreementId, world.now);
			const here = booked.filter(({ placement }) => used([placement], host, world.now).memoryBytes > 0);
			expect(here.length, `${workspaceId} on ${host}: ${agreement.state}`).toBeGreaterThan(0);
		}
	}
}

/** Whether an acceptance of the counter-offer must be honoured: its hold is there and has not expired. */
function isStillHeld(world: World, { negotiationId, holdId, expirationAt = 0 }: NegotiationOfferRecord): boolean {
	const { holds = [] } = world.broker.negotiations.read(alice, negotiationId) ?? {};
	return expirationAt > world.now && holds.some(({ id }) => id === holdId);
}

describe('random histories', () => {
	test('never overbook, lose or misplace anything', { timeout: 60_000 + 1000 * HISTORIES }, async () => {
		const seen = { accepted: 0, superseded: 0, terminated: 0, complete: 0, moved: 0, taken: 0, lapsed: 0 };
		await fc.assert(
			fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
				using world = await openWorld({ hosts: HOSTS });
				const model = new Model(world);
				for (const step of commands) {
					await model.run(step);
					model.check();
				}
				for (const id of model.acknowledged) {
					const { state, supersededBy, failedHosts } = model.agreement(id);
					seen.accepted += 1;
					if (supersededBy !== undefined) seen.superseded += 1;
					else if (state === 'Terminated') seen.terminated += 1;
					else if (state === 'Complete') seen.complete += 1;
					if (failedHosts.length > 0) seen.moved += 1;
				}
				seen.taken += model.seen.taken;
				seen.lapsed += model.seen.lapsed;
				expect(world.store.history.verify(SITE).kind).toBe('intact');
			}),
			{ numRuns: HISTORIES },
		);
		// The histories must have been interesting: each end was reached.
		for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(2);
	});
});
