/**
 * What is offered instead under the demands of a template, against a list of everything that a small site could give
 * (small-sites.ts), with documents as a broker reads, narrows and checks them.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Offer } from '../../src/agreement/offer/offer.ts';
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
	askingOf,
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

export interface Kind {
	readonly questions: number;
	readonly offers: fc.Arbitrary<SmallOffer>;
	/** What a template may demand beside what is common to all. */
	readonly clauses: readonly fc.Arbitrary<Clause>[];
	/** One of these it demands in any case. */
	readonly hard?: readonly fc.Arbitrary<Clause>[];
	/** What is listed of each service. */
	readonly levels: readonly Levels[];
	readonly cells: readonly number[];
}

const upTo = (most: number, unit = 1): number[] => Array.from({ length: most }, (_, nth) => (nth + 1) * unit);
const number = (most: number): fc.Arbitrary<Asked> => fc.integer({ min: 1, max: most });

const spread = (most: readonly (number | undefined)[]): fc.Arbitrary<Pick<AskedService, 'perHostMax'>> =>
	fc.constantFrom(...most).map((perHostMax) => (perHostMax === undefined ? {} : { perHostMax }));

export const ALONE: Kind = {
	questions: QUESTIONS,
	offers: smallOffer(fc.record({ machines: asked(4), cpus: asked(5), gib: asked(5) }).map((one) => [one])),
	clauses: clausesFor(0, undefined),
	levels: [{ machines: upTo(4), cpus: upTo(4), bytes: upTo(8, GIB / 2) }],
	cells: upTo(CELLS_LONGEST),
};

export const CLUSTER: Kind = {
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
	clauses: NAMES.flatMap((name, nth) => clausesFor(nth, name)),
	levels: [
		{ machines: [1, 2], cpus: upTo(3), bytes: upTo(3, GIB) },
		{ machines: upTo(3), cpus: upTo(2), bytes: upTo(2, GIB) },
	],
	cells: [1, 2, 4],
};

const range = (most: number): fc.Arbitrary<Asked> =>
	fc.oneof(
		{ weight: 1, arbitrary: number(most) },
		{
			weight: 2,
			arbitrary: fc.tuple(number(most), number(most)).map((ends) => (ends as [number, number]).sort((a, b) => a - b)),
		},
	);

/** One service of which more than one size is a range, mostly. */
export const RANGES: Kind = {
	...ALONE,
	offers: smallOffer(fc.record({ machines: range(4), cpus: range(4), gib: range(4) }).map((one) => [one])),
};

interface Example {
	readonly site: SmallSite;
	readonly offer: SmallOffer;
	readonly clauses: readonly Clause[];
}

function examples({ offers, clauses: own, hard = [] }: Kind): fc.Arbitrary<Example> {
	const any = fc.oneof(...own, ...commonClauses);
	const priced = fc.oneof(...own, ...commonClauses, ...priceClauses, ...priceClauses);
	return smallSite.chain((site) => {
		const each = site.cheapFrom === undefined ? any : priced;
		const clauses =
			hard.length === 0
				? fc.array(each, { minLength: 1, maxLength: 3 })
				: fc.tuple(fc.oneof(...hard), fc.array(each, { maxLength: 2 })).map(([one, others]) => [one, ...others]);
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

/** An example as a broker sees it. */
interface AsDocuments {
	readonly document: Offer;
	readonly against: Template;
	readonly world: ReturnType<typeof worldOf>;
}

/** Each is what the template admits and the site has, and is accepted as it stands. */
function expectHonest(
	example: Example,
	{ document, against, world }: AsDocuments,
	alternatives: readonly Alternative[],
): void {
	for (const { grant, price } of alternatives) {
		expectPossible(example, grant, price);
		const again = decide(askingOf(sentBackOf(document, against, grant, price), against, world)());
		const had = hadIn(grant, price);
		expect(again.kind === 'accept' && hadIn(again.grant, again.price), told(had)).toEqual(had);
	}
}

/** Whether it is all that was asked, as far as the offer says what: within its ranges, in its window, as long, and paid. */
function isAsAsked({ offer }: Example, { window }: Judgement, had: Had): boolean {
	const isOf = (value: number, asks: Asked): boolean => {
		if (asks === undefined) return true;
		const [least, most] = typeof asks === 'number' ? [asks, asks] : asks;
		return value >= least && value <= most;
	};
	return (
		isThere(window, had) &&
		had.services.every(({ machines, cpus, bytes }, nth) => {
			const { machines: count, cpus: number, gib } = offer.services[nth]!;
			return isOf(machines, count) && isOf(cpus, number) && isOf(bytes / GIB, gib);
		})
	);
}

/** Whether it begins when it is wanted, and is as long. */
function isThere({ asked: { earliestAt, latestAt, durationSeconds } }: Judgement['window'], had: Had): boolean {
	return had.startAt >= earliestAt && had.startAt <= latestAt && had.endAt - had.startAt === durationSeconds;
}

/** As much as the offer asks for at most: the upper ends of its ranges. */
function mostOf({ services }: SmallOffer, { asked: sizes, window }: Judgement): Had {
	const least = hadIn({ ...sizes!, startAt: 0, endAt: window.asked.durationSeconds } as ServiceGrant);
	const upper = (asks: Asked, value: number): number => (typeof asks === 'object' ? Math.max(asks[1], value) : value);
	return {
		...least,
		services: least.services.map(({ machines, cpus, bytes }, nth) => {
			const own = services[nth]!;
			return {
				machines: upper(own.machines, machines),
				cpus: upper(own.cpus, cpus),
				bytes: GIB * upper(own.gib, bytes / GIB),
			};
		}),
	};
}

/**
 * What could be had as it was asked, or at the wanted starts no larger than that, where nothing of what is offered is
 * so. `offered` are all alternatives.
 */
function unofferedIn(kind: Kind, example: Example, judgement: Judgement, offered: readonly Had[], all: number) {
	const { site, clauses, offer } = example;
	const most = mostOf(offer, judgement);
	const isAsked = (had: Had): boolean => isAsAsked(example, judgement, had);
	const isSmaller = (had: Had): boolean => isThere(judgement.window, had) && isWithin(had, most, most);
	const wants = [isAsked, isSmaller].filter((isSuch) => offered.length < all && !offered.some(isSuch));
	if (wants.length === 0) return undefined;
	const free = freeOf(site);
	for (const had of everything(site, kind.levels, kind.cells)) {
		if (had.cents > paidBy(example) || !wants.some((isSuch) => isSuch(had))) continue;
		if (clauses.every(({ keeps }) => keeps(had)) && fits(site, free, offer.services, had)) return told(had);
	}
	return undefined;
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
	const wanted = mostOf(offer, judgement);
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

/** What was seen of so many questions; each that could be had and is not offered, and each that outdoes what is. */
export interface Seen {
	readonly counters: number;
	readonly rejects: number;
	/** Refusals of which the best alternative keeps as much of the offer as anything does. */
	readonly best: number;
	readonly missed: readonly string[];
	readonly outdone: readonly string[];
	/** What was asked, or no more of it at the wanted starts, could be had and nothing that is so is offered. */
	readonly unoffered: readonly string[];
}

/** Asks questions of a kind; whatever is offered is there, keeps to all demands and is accepted as it stands. */
export function askAll(kind: Kind): Seen {
	const seen = { counters: 0, rejects: 0, best: 0 };
	const missed: string[] = [];
	const outdone: string[] = [];
	const unoffered: string[] = [];
	const property = fc.property(examples(kind), (example) => {
		const { site, offer, clauses } = example;
		const document = documentOf(offer, site);
		const against = template(clauses.map(({ xml }) => xml).join(''));
		const world = worldOf(site);
		const question = askingOf(document, against, world);
		const decision = decide(question());
		if (decision.kind === 'accept') return expectGranted(example, decision.grant, decision.price);
		const judgement = judge(question());
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
		expectHonest(example, { document, against, world }, decision.alternatives);
		const { better, isBest } = compare(kind, example, question(), judgement);
		if (isBest) seen.best += 1;
		if (better !== undefined) outdone.push(`${better}: ${said()}`);
		const offered = decision.alternatives.map(({ grant, price }) => hadIn(grant, price));
		const other = unofferedIn(kind, example, judgement, offered, world.policy.alternativesMax);
		if (other !== undefined) unoffered.push(`${other}: ${said()}`);
	});
	fc.assert(property, { numRuns: kind.questions, endOnFailure: true });
	return { ...seen, missed, outdone, unoffered };
}
