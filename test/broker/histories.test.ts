/**
 * Random histories against a ledger that knows nothing but second-by-second sums: whatever is asked, held, refused,
 * changed, ended, moved or restarted in whatever order, no host is ever overbooked (H1), nothing that was acknowledged
 * is lost (H2), what is held is honoured (H3), no machine stands where nothing is booked for it, and a restart changes
 * nothing; where the site has a policy of its own, nothing is held or agreed that it denies.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GrantedService, numbersOf, type ServiceGrant, servicesOf } from '../../src/agreement/terms/service.ts';
import type { Review } from '../../src/broker/review.ts';
import type { Placement } from '../../src/capacity/resources.ts';
import type { WrittenOffer } from '../../src/store/negotiation-records.ts';
import type { AgreementRecord } from '../../src/store/records.ts';
import { BEGIN, GIB, hosts, SITE } from './hosts.ts';
import { accept, look, sent } from './rounds.ts';
import { admin, alice, HOLDS, offerFrom, openWorld, TEARDOWN, type Wish, type World } from './site.ts';

const MINUTE = 60;
/** How many histories are lived through; a longer proof sets the variable. */
const HISTORIES = Number(process.env.PROOF_HISTORIES ?? 60);
/** A proof takes as long as it takes. */
const PROOF = { timeout: 120_000 + HISTORIES * 1000 };
const HOSTS = hosts(2);
/** Limits that are not in the way: what is held here is held by one party. */
const LOOSE = {
	...HOLDS,
	secondsMax: 60 * MINUTE,
	countMax: 100,
	siteSecondsMax: Number.MAX_SAFE_INTEGER,
	lapsesFree: 1000,
};

/** What the policy of a site that has one denies, whenever it is asked: some starts and some sizes. */
function isDenied(grant: ServiceGrant): boolean {
	const machines = servicesOf<GrantedService>(grant).reduce((sum, { machineCount }) => sum + machineCount, 0);
	return Math.floor(grant.startAt / (10 * MINUTE)) % 4 === 1 || (machines === 2 && grant.cpuCount === 2);
}

type Command =
	| { readonly kind: 'create'; readonly wishes: readonly Wish[] }
	| { readonly kind: 'renegotiate'; readonly which: number; readonly wish: Wish; readonly allow: boolean }
	| {
			readonly kind: 'shed';
			readonly cluster: Wish;
			/** What comes later on the same hosts. */
			readonly rivals: readonly { readonly startIn: number; readonly wish: Wish }[];
			readonly wish: Wish;
			readonly heldMinutes: number | undefined;
	  }
	| { readonly kind: 'terminate'; readonly which: number }
	| { readonly kind: 'begin'; readonly about: number | undefined; readonly allow: boolean; readonly wish: Wish }
	| {
			readonly kind: 'ask';
			readonly which: number;
			readonly to: number | undefined;
			readonly wishes: readonly Wish[];
			readonly state: 'Solicited' | 'Advisory';
	  }
	| { readonly kind: 'take'; readonly which: number }
	| { readonly kind: 'buy'; readonly which: number }
	| { readonly kind: 'decline'; readonly which: number }
	| { readonly kind: 'leave'; readonly which: number }
	| { readonly kind: 'close'; readonly host: number; readonly startIn: number; readonly minutes: number }
	| { readonly kind: 'open'; readonly which: number }
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
			{ endAction: 'save', retention: 'PT20M' },
		),
		service: fc.constantFrom('S', 'S', 'S', 'workers'),
		workers: fc.oneof(
			{ weight: 2, arbitrary: fc.constant(undefined) },
			{
				weight: 1,
				arbitrary: fc.record({
					machines: fc.integer({ min: 1, max: 3 }),
					memoryBytes: fc.constantFrom(GIB, 2 * GIB),
				}),
			},
		),
	})
	.map(({ startIn, ending, workers, ...rest }) => ({
		...rest,
		...ending,
		...(workers === undefined || rest.service === 'workers' ? {} : { workers }),
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

/** A head and workers that begin at once, and whose end keeps them. */
const cluster: fc.Arbitrary<Wish> = fc.record({
	durationSeconds: fc.integer({ min: 5, max: 90 }).map((minutes) => minutes * MINUTE),
	endAction: fc.constantFrom('pause', 'save'),
	retention: fc.constantFrom('PT5M', 'PT20M', 'PT60M'),
	diskBytes: fc.constantFrom(0, 10 * GIB),
	workers: fc.record({ machines: fc.integer({ min: 1, max: 3 }), memoryBytes: fc.constantFrom(GIB, 3 * GIB) }),
});

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
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant('shed' as const),
			cluster,
			wish: changed.map(({ workers: _, startAt: __, ...rest }) => rest),
			rivals: fc.array(fc.record({ startIn: fc.integer({ min: 1, max: 120 }), wish }), { maxLength: 2 }),
			heldMinutes: fc.option(fc.integer({ min: 0, max: 59 }), { nil: undefined }),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('terminate' as const), which: fc.nat(20) }) },
	{
		weight: 3,
		arbitrary: fc.record({
			kind: fc.constant('begin' as const),
			about: fc.option(fc.nat(20), { nil: undefined, freq: 4 }),
			allow: fc.boolean(),
			wish: changed,
		}),
	},
	{
		weight: 6,
		arbitrary: fc.record({
			kind: fc.constant('ask' as const),
			which: fc.nat(20),
			to: fc.option(fc.nat(20), { nil: undefined }),
			wishes: fc.array(changed, { minLength: 1, maxLength: 2 }),
			state: fc.constantFrom('Solicited' as const, 'Solicited' as const, 'Advisory' as const),
		}),
	},
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant('buy' as const), which: fc.nat(20) }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), which: fc.nat(20) }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('decline' as const), which: fc.nat(20) }) },
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(20) }) },
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant('close' as const),
			host: fc.nat(HOSTS.length - 1),
			startIn: fc.nat(60),
			minutes: fc.integer({ min: 1, max: 60 }),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const), which: fc.nat(3) }) },
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 40 }) }) },
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant('work' as const), fails: fc.boolean() }) },
	{ weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

/** What is used of a host at an instant, added up from placements one by one. */
function used(placements: readonly Placement[], host: string, at: number) {
	let [cpuMillicores, memoryBytes, diskBytes] = [0, 0, 0];
	for (const { startAt, usage, machines } of placements) {
		const count = machines.filter((share) => share.host === host).reduce((sum, share) => sum + share.count, 0);
		for (const { offsetSeconds, durationSeconds, demand } of usage) {
			const from = startAt + offsetSeconds;
			if (at < from || at >= from + durationSeconds) continue;
			cpuMillicores += count * demand.cpuMillicores;
			memoryBytes += count * demand.memoryBytes;
			diskBytes += count * demand.diskBytes;
		}
	}
	return { cpuMillicores, memoryBytes, diskBytes };
}

class Model {
	readonly world: World;
	/** Every agreement that was acknowledged. */
	readonly acknowledged: string[] = [];
	readonly negotiations: string[] = [];
	/** Every offer that was said to be held. */
	readonly promised: WrittenOffer[] = [];
	/** Every offer that was only told of. */
	readonly told: WrittenOffer[] = [];
	/** How many of each were agreed to. */
	taken = 0;
	bought = 0;
	boughtChanges = 0;
	/** Agreements that have ended and keep machines of services that were left out. */
	readonly kept = new Set<string>();

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

	/** One of those of several services that run and would keep their machines, or else this one. */
	async keepingCluster(wish: Wish): Promise<string | undefined> {
		const known = this.acknowledged.find((id) => {
			const { state, serviceState, grant } = this.agreement(id);
			const keeps = grant.others !== undefined && grant.workspace.retentionSeconds > 0;
			return state === 'Observed' && serviceState === 'Ready' && keeps;
		});
		if (known !== undefined) return known;
		const outcome = await this.world.broker.createAgreement({ party: alice, ...offerFrom(wish) });
		if (outcome.kind !== 'accepted') return undefined;
		const { id } = outcome.agreement;
		this.acknowledged.push(id);
		await this.work(false);
		return id;
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
			await this.change(id, step.wish, allowed);
		} else if (step.kind === 'shed') {
			const id = await this.keepingCluster(step.cluster);
			if (id === undefined) return;
			for (const { startIn, wish: rival } of step.rivals) {
				const startAt = world.now + startIn * MINUTE;
				const outcome = await broker.createAgreement({ party: alice, ...offerFrom({ ...rival, startAt }) });
				if (outcome.kind === 'accepted') this.acknowledged.push(outcome.agreement.id);
			}
			if (step.heldMinutes === undefined) return this.change(id, step.wish, { allowRestart: true, allowMove: true });
			const renegotiates = { agreementId: id, allowRestart: true, allowMove: true };
			const outcome = await broker.negotiations.initiate({ party: alice, renegotiates });
			if (outcome.kind !== 'initiated') return;
			this.negotiations.push(outcome.negotiation.id);
			const known = this.promised.length;
			await this.ask(0, undefined, [step.wish]);
			const offers = this.promised.slice(known);
			world.now += step.heldMinutes * MINUTE;
			if (offers.length > 0) await this.agreeTo(offers[step.heldMinutes % offers.length]!);
		} else if (step.kind === 'terminate') {
			const id = this.pick(step.which);
			if (id !== undefined) await broker.terminate({ party: alice, agreementId: id });
		} else if (step.kind === 'begin') {
			await this.begin(step.about, step.allow);
			await this.ask(0, undefined, [step.wish]);
		} else if (step.kind === 'ask') await this.ask(step.which, step.to, step.wishes, step.state);
		else if (step.kind === 'take') await this.take(step.which);
		else if (step.kind === 'buy') await this.buy(step.which);
		else if (step.kind === 'decline') await this.decline(step.which);
		else if (step.kind === 'leave') {
			const negotiationId = this.negotiations[step.which % Math.max(1, this.negotiations.length)];
			if (negotiationId !== undefined) await broker.negotiations.terminate({ party: alice, negotiationId });
		} else if (step.kind === 'close') await this.close(step.host, step.startIn, step.minutes);
		else if (step.kind === 'open') {
			const { maintenance } = broker.listMaintenance(admin)[step.which] ?? {};
			if (maintenance !== undefined) await broker.removeMaintenance(admin, maintenance.id);
		} else if (step.kind === 'pass') world.now += step.minutes * MINUTE;
		else if (step.kind === 'restart') world.reopen();
		else await this.work(step.fails);
	}

	async change(
		id: string,
		wish: Wish,
		allowed: { readonly allowRestart: boolean; readonly allowMove: boolean },
	): Promise<void> {
		const { broker, now } = this.world;
		const before = this.agreement(id);
		const bookedBefore = this.bookedNow(id);
		const outcome = await broker.renegotiate({ party: alice, agreementId: id, ...allowed, ...offerFrom(wish) });
		if (outcome.kind === 'accepted') {
			this.acknowledged.push(outcome.agreement.id);
			this.checkTransition(bookedBefore, this.bookedNow(outcome.agreement.id, id));
		} else if (broker.errands.nextDueAt() === undefined || broker.errands.nextDueAt()! > now)
			expect(this.agreement(id)).toEqual(before);
	}

	async close(host: number, startIn: number, minutes: number): Promise<void> {
		const startAt = this.world.now + startIn * MINUTE;
		const times = { startAt, endAt: startAt + minutes * MINUTE };
		await this.world.broker.addMaintenance({ party: admin, host: HOSTS[host]!.name, ...times, reason: '' });
	}

	async begin(about: number | undefined, allow: boolean): Promise<void> {
		const agreementId = about === undefined ? undefined : this.pickOpen(about);
		const renegotiates = agreementId && { agreementId, allowRestart: allow, allowMove: allow };
		const { negotiations } = this.world.broker;
		const outcome = await negotiations.initiate({ party: alice, ...(renegotiates ? { renegotiates } : {}) });
		if (outcome.kind === 'initiated') this.negotiations.push(outcome.negotiation.id);
	}

	async ask(
		which: number,
		to: number | undefined,
		wishes: readonly Wish[],
		state: 'Solicited' | 'Advisory' = 'Solicited',
	): Promise<void> {
		if (this.negotiations.length === 0) await this.begin(undefined, false);
		const negotiationId = this.negotiations.at(-1 - (which % Math.max(1, Math.min(4, this.negotiations.length))));
		if (negotiationId === undefined) return;
		const { negotiations } = this.world.broker;
		const offers = negotiations.read(alice, negotiationId)!.offers.filter(({ state }) => state !== 'Rejected');
		const base = to === undefined ? undefined : offers[to % Math.max(1, offers.length)];
		const asking = base === undefined ? { state } : { state, to: base.id };
		const asked = wishes.map((wish) => sent(wish, asking));
		const outcome = await negotiations.negotiate({ party: alice, negotiationId, offers: asked });
		if (outcome.kind !== 'answered') return;
		const answers = outcome.answers.flatMap(({ counterOffers }) => counterOffers);
		this.promised.push(...answers.filter((answer) => answer.state === 'Acceptable'));
		this.told.push(...answers.filter((answer) => answer.state === 'Advisory'));
	}

	/** Agrees to an offer that was only told of, as far as it can still be had. */
	async take(which: number): Promise<void> {
		const offer = this.told.at(-1 - (which % Math.max(1, this.told.length)));
		if (offer === undefined) return;
		const before = look(this.world, offer);
		const outcome = await accept(this.world, offer);
		if (outcome.kind !== 'accepted') return;
		expect(before.agreementId).toBeUndefined();
		this.acknowledged.push(outcome.agreement.id);
		this.taken += 1;
	}

	/** Agrees to an offer that was held: it is honoured exactly where it is still said to be held. */
	async buy(which: number): Promise<void> {
		const open = this.promised.filter((offer) => offer.agreementId === undefined && this.isHeld(offer));
		const offer = (open.length === 0 ? this.promised : open)[which % Math.max(1, open.length || this.promised.length)];
		if (offer !== undefined) await this.agreeTo(offer);
	}

	async agreeTo(offer: WrittenOffer): Promise<void> {
		const isHeld = this.isHeld(offer) && this.world.now < offer.expirationAt!;
		const outcome = await accept(this.world, offer);
		expect(outcome.kind, JSON.stringify(outcome)).toBe(isHeld ? 'accepted' : 'refused');
		if (outcome.kind !== 'accepted') return;
		this.acknowledged.push(outcome.agreement.id);
		this.bought += 1;
		if (outcome.agreement.supersedes !== undefined) this.boughtChanges += 1;
	}

	async decline(which: number): Promise<void> {
		const offer = this.promised[which % Math.max(1, this.promised.length)];
		if (offer === undefined) return;
		const offers = [sent({}, { state: 'Rejected', to: offer.id })];
		await this.world.broker.negotiations.advertise({ party: alice, negotiationId: offer.negotiationId, offers });
	}

	isHeld(offer: WrittenOffer): boolean {
		const { state, agreementId } = look(this.world, offer);
		return state === 'Acceptable' && agreementId === undefined;
	}

	/** Of something new, nothing but its time, its party and an agreement from its own group, or told beside it, ends a promise. */
	checkPromises(): void {
		for (const offer of this.promised) {
			const { negotiation, offers } = this.world.broker.negotiations.read(alice, offer.negotiationId)!;
			if (negotiation.state !== 'Open' || negotiation.renegotiates !== undefined) continue;
			const group = offers.filter(({ holdId }) => holdId === offer.holdId);
			const { state, agreementId, reasons } = group.find(({ id }) => id === offer.id)!;
			const instead = offers.filter(({ id, holdId }) => {
				return holdId === undefined && reasons.some(({ message }) => message.includes(id));
			});
			const isTaken = [...group, ...instead].some((each) => each.agreementId !== undefined);
			if (isTaken || state === 'Rejected') continue;
			expect(state, 'a promise').toBe(this.world.now < offer.expirationAt! ? 'Acceptable' : 'Advisory');
			expect(agreementId).toBeUndefined();
		}
	}

	/** What agreements have booked at this moment, host by host. */
	bookedNow(...ids: readonly string[]) {
		const { store, now } = this.world;
		const placements = ids.flatMap((id) => store.reservations.ofAgreement(id, now)).map(({ placement }) => placement);
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
		for (const errand of await broker.errands.lease(10)) {
			const seen = errand.machines.map(({ workspaceId, index, revision, host, desired }) => ({
				workspaceId,
				index,
				observed: { state: desired, revision, host },
			}));
			const host = errand.machines[0]?.host ?? 'n1';
			if (fails) await broker.errands.fail(errand, [], { message: 'planned', host, forGood: true });
			else await broker.errands.finish(errand, seen);
		}
	}

	check(): void {
		const { world } = this;
		const live = world.store.reservations.live(SITE, world.now).map(({ placement }) => placement);
		const closed = world.store.maintenance.list(SITE, world.now);
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
				const isClosed = closed.some(({ host, startAt, endAt }) => host === name && startAt <= at && at < endAt);
				const free = (amount: number): number => (isClosed ? 0 : amount);
				expect(step.free.cpuMillicores, `free CPUs of ${name} at ${at}`).toBe(
					free(capacity.cpuMillicores - sum.cpuMillicores),
				);
				expect(step.free.memoryBytes, `free memory of ${name} at ${at}`).toBe(
					free(capacity.memoryBytes - sum.memoryBytes),
				);
				expect(step.free.diskBytes, `free disk of ${name} at ${at}`).toBe(free(capacity.diskBytes - sum.diskBytes));
			}
		}
		for (const id of this.acknowledged) expect(this.agreement(id)).toBeDefined();
		const idsOf = (found: readonly AgreementRecord[]) => found.map(({ id }) => id);
		const all = world.store.agreements.list({ limit: 10_000 });
		expect(idsOf(world.store.agreements.list({ states: ['Observed'], limit: 10_000 }))).toEqual(
			idsOf(all.filter(({ state }) => state === 'Observed')),
		);
		this.checkMachines();
		this.checkPromises();
		expect(world.faults).toEqual([]);
	}

	/** Nothing stands or is held that the policy denies. */
	checkReviewed(): void {
		for (const id of this.acknowledged) expect(isDenied(this.agreement(id).grant), id).toBe(false);
		for (const { id, proposal } of this.promised) expect(isDenied(proposal!.grant), id).toBe(false);
	}

	/** Every machine that shall be there belongs to one agreement that has its place booked now. */
	checkMachines(): void {
		const { world } = this;
		const keeping = new Map<string, { memoryBytes: number; diskBytes: number }>();
		for (const order of world.broker.errands.machinesWanted()) {
			const { agreementId, workspaceId, host, desired } = order;
			const agreement = this.agreement(agreementId);
			// What has ended by time alone is noticed with the next decision.
			if (world.broker.errands.nextDueAt()! <= world.now) return;
			if (agreement.supersededBy !== undefined && agreement.grant.workspace.retentionSeconds > 0) {
				expect(['paused', 'saved']).toContain(desired);
				const { memoryBytes = 0, diskBytes = 0 } = keeping.get(`${agreementId} ${host}`) ?? {};
				const [inMemory, onDisk] = desired === 'paused' ? [order.memoryBytes, 0] : [0, order.memoryBytes];
				const kept = { memoryBytes: memoryBytes + inMemory, diskBytes: diskBytes + order.diskBytes + onDisk };
				keeping.set(`${agreementId} ${host}`, kept);
				continue;
			}
			// What shuts down with its service has its place in the agreement that has none of it any more.
			const current = desired === 'off' ? world.store.agreements.currentOf(workspaceId)! : agreement;
			expect(current.supersededBy, 'a machine of an old revision').toBeUndefined();
			const booked = world.store.reservations.ofAgreement(current.id, world.now);
			const here = booked.filter(({ placement }) => {
				const { memoryBytes, diskBytes } = used([placement], host, world.now);
				return memoryBytes + diskBytes > 0;
			});
			expect(here.length, `${workspaceId} on ${host}: ${agreement.state}`).toBeGreaterThan(0);
		}
		for (const [key, kept] of keeping) this.checkKept(key, kept);
	}

	/** What stays behind with its service is booked until it is released, and gone then. */
	checkKept(key: string, kept: { readonly memoryBytes: number; readonly diskBytes: number }): void {
		const [agreementId, host] = key.split(' ') as [string, string];
		const { store, now } = this.world;
		const booked = store.reservations.ofAgreement(agreementId, now).map(({ placement }) => placement);
		const { dueAt } = store.work.findErrand(agreementId, 'release')!;
		for (const at of [now, dueAt - 1, dueAt + TEARDOWN - 1]) {
			const { memoryBytes, diskBytes } = used(booked, host, at);
			expect({ memoryBytes, diskBytes }, `what is kept on ${host} at ${at}`).toEqual(kept);
		}
		expect(used(booked, host, dueAt + TEARDOWN)).toEqual({ cpuMillicores: 0, memoryBytes: 0, diskBytes: 0 });
		this.kept.add(agreementId);
	}
}

describe('random histories', () => {
	test('never overbook, lose or misplace anything', PROOF, async () => {
		const seen = {
			promised: 0,
			bought: 0,
			taken: 0,
			boughtChanges: 0,
			accepted: 0,
			superseded: 0,
			terminated: 0,
			complete: 0,
			moved: 0,
			clusters: 0,
			changedClusters: 0,
			servicesAdded: 0,
			servicesEnded: 0,
			servicesKept: 0,
			servicesKeptByHeld: 0,
		};
		await fc.assert(
			fc.asyncProperty(fc.boolean(), fc.array(command, { minLength: 5, maxLength: 30 }), async (isInGoes, commands) => {
				const goMs = isInGoes ? -1 : undefined;
				using world = await openWorld({ hosts: HOSTS, policy: { holds: LOOSE }, goMs });
				const model = new Model(world);
				for (const step of commands) {
					await model.run(step);
					model.check();
				}
				seen.promised += model.promised.length;
				seen.bought += model.bought;
				seen.taken += model.taken;
				seen.boughtChanges += model.boughtChanges;
				seen.servicesKept += model.kept.size;
				for (const id of model.kept) {
					const { supersededBy } = model.agreement(id);
					const wasHeld = model.promised.some((offer) => look(world, offer).agreementId === supersededBy);
					if (wasHeld) seen.servicesKeptByHeld += 1;
				}
				for (const id of model.acknowledged) {
					const { state, supersedes, supersededBy, failedHosts, grant, revision } = model.agreement(id);
					seen.accepted += 1;
					if (grant.others !== undefined) seen.clusters += 1;
					if (grant.others !== undefined && revision > 1) seen.changedClusters += 1;
					const before = supersedes === undefined ? undefined : model.agreement(supersedes);
					const [had = [], has] = [before && numbersOf(before), numbersOf(model.agreement(id))];
					if (before !== undefined && has.some((number) => !had.includes(number))) seen.servicesAdded += 1;
					if (had.some((number) => !has.includes(number))) seen.servicesEnded += 1;
					if (supersededBy !== undefined) seen.superseded += 1;
					else if (state === 'Terminated') seen.terminated += 1;
					else if (state === 'Complete') seen.complete += 1;
					if (failedHosts.length > 0) seen.moved += 1;
				}
				expect(world.store.history.verify(SITE).kind).toBe('intact');
			}),
			{ numRuns: HISTORIES },
		);
		// The histories must have been interesting: each end was reached.
		for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
	});

	test('under a policy of the site’s own hold and agree to nothing that it denies', PROOF, async () => {
		const seen = { promised: 0, bought: 0, accepted: 0, denied: 0 };
		const review: Review = async ({ provisional }) => {
			if (provisional.kind !== 'accepted' || !isDenied(provisional.grant)) return { kind: 'allow' };
			seen.denied += 1;
			return { kind: 'deny', message: 'not so' };
		};
		await fc.assert(
			fc.asyncProperty(fc.boolean(), fc.array(command, { minLength: 5, maxLength: 30 }), async (isInGoes, commands) => {
				const goMs = isInGoes ? -1 : undefined;
				using world = await openWorld({ hosts: HOSTS, policy: { holds: LOOSE }, goMs, review });
				const model = new Model(world);
				for (const step of commands) {
					await model.run(step);
					model.check();
					model.checkReviewed();
				}
				seen.promised += model.promised.length;
				seen.bought += model.bought;
				seen.accepted += model.acknowledged.length;
				expect(world.store.history.verify(SITE).kind).toBe('intact');
			}),
			{ numRuns: Math.ceil(HISTORIES / 4) },
		);
		for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
	});
});
