/**
 * Templates that couple sizes, window and price: what is offered instead must keep to several demands at once. Against a
 * list of everything that a small site could give (small-sites.ts), for one service and for a head and its workers, with
 * documents as a broker reads, narrows and checks them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Template } from '../../src/agreement/template/template.ts';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { isAlike, outdoes, type Rated, rate } from '../../src/negotiation/alternatives/ranking.ts';
import { grantOf } from '../../src/negotiation/booking.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import type { Alternative } from '../../src/negotiation/decision.ts';
import { type Judgement, judge } from '../../src/negotiation/judge.ts';
import { sizesOfAll } from '../../src/negotiation/sizes.ts';
import { template } from '../agreement/documents.ts';
import { wishOf } from './grids.ts';
import { GIB, NOW } from './requests.ts';
import {
	type Asked,
	type AskedService,
	asked,
	askedOf,
	documentOf,
	hadIn,
	NAMES,
	type SmallOffer,
	sentBackOf,
	smallOffer,
	worldOf,
} from './small-questions.ts';
import {
	CELL,
	CELLS_LONGEST,
	type Clause,
	centsOf,
	clausesFor,
	commonClauses,
	everything,
	fits,
	freeOf,
	type Had,
	type Levels,
	priceClauses,
	type SmallSite,
	smallSite,
} from './small-sites.ts';
import { QUESTIONS } from './worlds.ts';

interface Kind {
	readonly questions: number;
	readonly offers: fc.Arbitrary<SmallOffer>;
	/** The name by which clauses call each of its services; absent: there is one. */
	readonly names: readonly (string | undefined)[];
	/** What is listed of each service. */
	readonly levels: readonly Levels[];
	readonly cells: readonly number[];
}

const upTo = (most: number, unit = 1): number[] => Array.from({ length: most }, (_, nth) => (nth + 1) * unit);
const number = (most: number): fc.Arbitrary<Asked> => fc.integer({ min: 1, max: most });

const ALONE: Kind = {
	questions: QUESTIONS,
	offers: smallOffer(fc.record({ machines: asked(4), cpus: asked(5), gib: asked(5) }).map((one) => [one])),
	names: [undefined],
	levels: [{ machines: upTo(4), cpus: upTo(4), bytes: upTo(8, GIB / 2) }],
	cells: upTo(CELLS_LONGEST),
};

const spread = (most: readonly (number | undefined)[]): fc.Arbitrary<Pick<AskedService, 'perHostMax'>> =>
	fc.constantFrom(...most).map((perHostMax) => (perHostMax === undefined ? {} : { perHostMax }));

const CLUSTER: Kind = {
	questions: Math.ceil(QUESTIONS / 2),
	offers: smallOffer(
		fc
			.tuple(
				fc.record({ machines: fc.constantFrom<Asked>(1, 1, 2, undefined), cpus: asked(4), gib: asked(4) }),
				fc.record({ machines: asked(4), cpus: asked(3), gib: number(3) }),
				spread([undefined, undefined, 1]),
				spread([undefined, undefined, 1, 2]),
			)
			.map(([head, workers, one, other]) => [
				{ ...head, ...one },
				{ ...workers, ...other },
			]),
	),
	names: NAMES,
	levels: [
		{ machines: [1, 2], cpus: upTo(3), bytes: upTo(3, GIB) },
		{ machines: upTo(3), cpus: upTo(2), bytes: upTo(2, GIB) },
	],
	cells: [1, 2, 4],
};

interface Example {
	readonly site: SmallSite;
	readonly offer: SmallOffer;
	readonly clauses: readonly Clause[];
}

function examples({ offers, names }: Kind): fc.Arbitrary<Example> {
	const ofServices = names.flatMap((name, nth) => clausesFor(nth, name));
	const any = fc.oneof(...ofServices, ...commonClauses);
	const priced = fc.oneof(...ofServices, ...commonClauses, ...priceClauses, ...priceClauses);
	return smallSite.chain((site) => {
		const clauses = fc.array(site.cheapFrom === undefined ? any : priced, { minLength: 1, maxLength: 3 });
		return fc.record({ site: fc.constant(site), offer: offers, clauses });
	});
}

/** What a failed property says. */
function told({ services, startAt, endAt, cents }: Had): string {
	const sizes = services.map(({ machines, cpus, bytes }) => `${machines} x ${cpus} CPUs, ${bytes / GIB} GiB`);
	return `${sizes.join(' and ')} from ${(startAt - NOW) / CELL} for ${(endAt - startAt) / CELL} at ${cents}`;
}

/** What an offer pays at most. */
function paidBy({ site, offer }: Example): number {
	return site.cheapFrom === undefined ? Number.POSITIVE_INFINITY : (offer.cents ?? Number.POSITIVE_INFINITY);
}

/** What the clauses admit and the site has room for. */
function possibleIn(example: Example): (had: Had) => boolean {
	const { site, offer, clauses } = example;
	const free = freeOf(site);
	return (had) => clauses.every(({ keeps }) => keeps(had)) && fits(site, free, offer.services, had);
}

/**
 * What an offer is granted as it stands. It keeps to the clauses as it was sent: where its start floats, they are about
 * the StartTime that it says, and not about the one that comes of it.
 */
function expectGranted(example: Example, grant: ServiceGrant, price: Alternative['price']): void {
	const { site, offer, clauses } = example;
	const had = hadIn(grant, price);
	const startAt = NOW + (offer.start ?? 0) * CELL;
	const sent = { ...had, startAt, endAt: startAt + had.endAt - had.startAt };
	expect(clauses.every(({ keeps }) => keeps(sent)) && fits(site, freeOf(site), offer.services, had), told(had)).toBe(
		true,
	);
	expect(Math.abs(had.cents - centsOf(site, had)), told(had)).toBeLessThan(0.51);
}

function expectPossible(example: Example, grant: ServiceGrant, price: Alternative['price']): void {
	const had = hadIn(grant, price);
	expect(possibleIn(example)(had), told(had)).toBe(true);
	expect(Math.abs(had.cents - centsOf(example.site, had)), told(had)).toBeLessThan(0.51);
}

/** Each is what the template admits and the site has, and is accepted as it stands. */
function expectHonest(example: Example, against: Template, alternatives: readonly Alternative[]): void {
	const { site, offer } = example;
	const document = documentOf(offer, site);
	for (const { grant, price } of alternatives) {
		expectPossible(example, grant, price);
		const sentBack = askedOf(sentBackOf(document, against, grant, price), against, worldOf(site));
		const again = decide(sentBack);
		const had = hadIn(grant, price);
		expect(again.kind === 'accept' && hadIn(again.grant, again.price), told(had)).toEqual(had);
	}
}

function grantFrom({ scene }: Judgement, { services, startAt, endAt }: Had): ServiceGrant {
	const sizes = services.map(({ machines, cpus, bytes }) => {
		return { machineCount: machines, cpuCount: cpus, memoryBytes: bytes, diskBytes: 0, networkBitsPerSecond: 0 };
	});
	return grantOf(scene.room, sizesOfAll(sizes), startAt, endAt - startAt);
}

/** Whether it is no larger and no longer, in anything, than one of the two. */
function isWithin(had: Had, one: Had, other: Had): boolean {
	const fields = ['machines', 'cpus', 'bytes'] as const;
	const isSmall = had.services.every((each, nth) =>
		fields.every((field) => each[field] <= Math.max(one.services[nth]![field], other.services[nth]![field])),
	);
	return isSmall && had.endAt - had.startAt <= Math.max(one.endAt - one.startAt, other.endAt - other.startAt);
}

/** What outdoes one of those that are offered and is like none of them; and whether anything keeps clearly more than they. */
function compare(kind: Kind, example: Example, question: Question, judgement: Judgement) {
	const { site, offer, clauses } = example;
	const free = freeOf(site);
	const all = decide({ ...question, policy: { ...question.policy, alternativesMax: 1000 } });
	// Who looks for so many may have asked the template as often as it may be asked before anything is found.
	const decision = all.kind === 'counter' ? all : decide(question);
	if (decision.kind !== 'counter') throw new Error(decision.kind);
	const wish = { ...wishOf(question, judgement), isBeyond: question.violations.length > 0 };
	const offered = decision.alternatives.map(({ grant }) => rate(grant, wish));
	const paid = offered.filter((one) => one.kind !== 'dearer');
	const comparable = paid.map((one) => ({ one, had: hadIn(one.grant, one.price) }));
	const { asked: sizes, window } = judgement;
	const wanted = hadIn({ ...sizes!, startAt: 0, endAt: window.asked.durationSeconds } as ServiceGrant);
	const isBetter = (one: Rated, other: Rated): boolean => outdoes(one, other, wish) && !outdoes(other, one, wish);
	const preparedAt = NOW + site.setupCells * CELL;
	let most = 0;
	let better: string | undefined;
	for (const had of everything(site, kind.levels, kind.cells)) {
		// Of starts nearer than the setup only the first is tried.
		if (had.cents > paidBy(example) || (had.startAt > NOW && had.startAt < preparedAt)) continue;
		if (!clauses.every(({ keeps }) => keeps(had))) continue;
		const beside = comparable.filter((other) => isWithin(had, wanted, other.had));
		const isSmall = isWithin(had, wanted, wanted);
		if (!isSmall && (better !== undefined || beside.length === 0)) continue;
		const one = rate(grantFrom(judgement, had), wish);
		const isNew = better === undefined && !offered.some((other) => isAlike(one, other));
		const outdone = isNew ? beside.find((other) => isBetter(one, other.one)) : undefined;
		const isMore = isSmall && one.kept > most;
		if ((!isMore && outdone === undefined) || !fits(site, free, offer.services, had)) continue;
		if (isMore) most = one.kept;
		if (outdone !== undefined) better = `${told(had)} before ${told(outdone.had)}`;
	}
	return { better, isBest: Math.max(...offered.map(({ kept }) => kept)) >= 0.99 * most };
}

describe.each([
	['one service', ALONE],
	['a head and its workers', CLUSTER],
])('what is offered instead to %s', (_, kind) => {
	it('keeps to all that is coupled, is there, is accepted as it stands, and misses hardly anything', {
		timeout: 60_000 + 120 * kind.questions,
	}, () => {
		const seen = { counters: 0, rejects: 0, best: 0 };
		const missed: string[] = [];
		const outdone: string[] = [];
		const property = fc.property(examples(kind), (example) => {
			const { site, offer, clauses } = example;
			const against = template(clauses.map(({ xml }) => xml).join(''));
			const question = () => askedOf(documentOf(offer, site), against, worldOf(site));
			const decision = decide(question());
			const judgement = judge(question());
			if (decision.kind === 'accept') return expectGranted(example, decision.grant, decision.price);
			if (judgement.finalReasons.length > 0) return;
			const said = () => JSON.stringify({ ...example, clauses: clauses.map(({ xml }) => xml) });
			if (decision.kind === 'reject') {
				seen.rejects += 1;
				const isPossible = possibleIn(example);
				for (const had of everything(site, kind.levels, kind.cells)) {
					if (had.cents > paidBy(example) || !isPossible(had)) continue;
					missed.push(`${told(had)}: ${said()}`);
					break;
				}
				return;
			}
			seen.counters += 1;
			expectHonest(example, against, decision.alternatives);
			const { better, isBest } = compare(kind, example, question(), judgement);
			if (isBest) seen.best += 1;
			if (better !== undefined) outdone.push(`${better}: ${said()}`);
		});
		fc.assert(property, { numRuns: kind.questions, endOnFailure: true });
		const { counters, rejects, best } = seen;
		expect(Math.min(counters, 30 * rejects), JSON.stringify(seen)).toBeGreaterThan(kind.questions / 2);
		// Seen of 6,000 questions: nothing missed; of 4,600 refusals with alternatives five have one that is outdone.
		const few = (part: number): number => 1 + Math.ceil(counters / part);
		expect(missed.length, missed.join('\n')).toBeLessThan(few(1000));
		expect(outdone.length, outdone.join('\n')).toBeLessThan(few(200));
		expect(best / counters).toBeGreaterThan(0.9);
	});
});
