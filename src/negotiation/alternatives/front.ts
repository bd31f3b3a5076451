/** Of all that was found, what is worth offering: none that another one outdoes, no two alike, each judged as if it had been sent. */
import type { Price } from '../../agreement/terms/quote.ts';
import {
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
} from '../../agreement/terms/service.ts';
import { stage } from '../../parts.ts';
import type { Attempt } from '../attempt.ts';
import { judge, type Question } from '../judge.ts';
import type { Sizes } from '../sizes.ts';
import { exactDemands } from './candidates.ts';
import { SIZES } from './differences.ts';
import { fullest } from './fullest.ts';
import type { Ladder, Search } from './ladder.ts';
import { nearerFor } from './priced.ts';
import { compareRated, isAlike, outdoes, type Rated, rate, type Wish } from './ranking.ts';
import { isHadAlready } from './standing.ts';

/** A grant that can be offered. */
export type Chosen = Rated & { readonly attempt: Attempt };

/** What one search found of one kind: a ladder that was rated, the nearest first; one at least. */
export interface Tried {
	readonly rated: readonly Rated[];
	readonly search: Search;
	/** As large as each may become. */
	readonly most: Sizes;
	/** Found within narrower ranges than those of the offer, of which there are others: how far it may come nearer to it. */
	readonly beyond?: Pick<Tried, 'search' | 'most'>;
	/** For the least money: told of like a kind of its own. */
	readonly isCheapest?: boolean;
}

/** The ladders of a search, rated; those that hold something. */
export function triedIn(search: Search, ladders: readonly Ladder[], most: Sizes, wish: Wish): Tried[] {
	const found = ladders.filter(({ length }) => length > 0);
	return found.map((ladder) => ({ rated: ladder.map((grant) => rate(grant, wish)), search, most }));
}

/**
 * The best of the ladders: of each the nearest grant that can be offered and is nothing that another one is already. Of
 * more than are wanted the nearest of each kind and the cheapest, then the nearest of the others, so that the choice is a real one.
 */
export function choose(tried: readonly Tried[], question: Question, wish: Wish): readonly Chosen[] {
	const { alternativesMax } = question.policy;
	const chosen: (Chosen & Pick<Tried, 'isCheapest'>)[] = [];
	const isHad = isHadAlready(question, wish);
	const isNew = (one: Rated): boolean => !chosen.some((other) => outdoes(other, one, wish) || isAlike(other, one));
	for (const { rated, search, most, beyond, isCheapest = false } of [...tried].sort((a, b) =>
		compareRated(a.rated[0]!, b.rated[0]!),
	)) {
		const [nearest] = rated;
		const isHere = (one: Rated): boolean => isHad(one, search.scene.room);
		const isChoice = (one: Rated): boolean => isNew(one) && !isHere(one);
		// Whatever comes later of a kind that is there already is farther than what is chosen.
		const isAnother = !isCheapest && chosen.some(({ kind }) => kind === nearest!.kind);
		if (chosen.length >= alternativesMax && isAnother) continue;
		if (!isNew(nearest!)) continue;
		const full = stage(() => fuller(nearest!, search, most, wish));
		if (!full.every(isNew) || (full.length === 0 && isHere(nearest!))) continue;
		const upTo = beyond ?? { search, most };
		const first = stage(() => firstOffered(withNearer([...full, ...rated], upTo.search, wish, isChoice), question));
		if (first === undefined) continue;
		const isFull = beyond === undefined && (full[0] ?? nearest!).grant === first.grant;
		const found = isFull ? first : stage(() => admittedFuller(first, upTo, wish, question));
		if (!isChoice(found)) continue;
		// What was found farther down an earlier ladder may be less.
		const others = chosen.filter((one) => !outdoes(found, one, wish));
		chosen.splice(0, chosen.length, ...others, { ...found, isCheapest });
	}
	chosen.sort(compareRated);
	const cheapest = chosen.findIndex(({ isCheapest }) => isCheapest);
	const isFirst = ({ kind }: Chosen, index: number): boolean =>
		index === cheapest || chosen.findIndex((one) => one.kind === kind) === index;
	const firsts = chosen.filter(isFirst);
	const others = chosen.filter((one, index) => !isFirst(one, index));
	return [...firsts, ...others].slice(0, alternativesMax).sort(compareRated);
}

/** The same with nothing left over, where there is something and it keeps to no less of what the client would like. */
function fuller(one: Rated, search: Search, most: Sizes, wish: Wish): Rated[] {
	const { begun } = search.scene;
	if (begun !== undefined || isElsewhere(one) || one.kind === 'dearer') return [];
	const full = fullest(search, most, one.grant);
	if (full === one.grant) return [];
	const rated = rate(full, wish);
	return rated.importance < one.importance ? [] : [rated];
}

/**
 * What stands in for something nearer or larger that the template refuses: at the nearest start at which there is room for
 * it, and there with as little left over as the template admits.
 */
export function admittedFuller(
	one: Chosen,
	{ search, most }: Pick<Tried, 'search' | 'most'>,
	wish: Wish,
	question: Question,
): Chosen {
	if (search.scene.begun !== undefined || isElsewhere(one) || one.kind === 'dearer') return one;
	const admits = (grant: ServiceGrant): boolean => question.satisfies(grant, wish.priceOf?.(grant));
	const [nearer = one.grant] = wish.priceOf === undefined ? nearerFor(search, one.grant).filter(admits) : [];
	const full = fullest(search, most, nearer, admits);
	if (full === one.grant) return one;
	const rated = rate(full, wish);
	return rated.importance < one.importance ? one : (firstOffered([rated], question) ?? one);
}

/**
 * Those that are new, each after the same that is nearer by more than a wait that hardly counts, for no more, where there
 * is such; where that is told of already, neither of them is a choice.
 */
function* withNearer(
	ladder: readonly Rated[],
	search: Search,
	wish: Wish,
	isNew: (one: Rated) => boolean,
): Generator<Rated> {
	for (const one of ladder) {
		if (!isNew(one)) continue;
		const isLooked = wish.priceOf !== undefined && !isElsewhere(one);
		const found = isLooked ? nearerFor(search, one.grant).map((grant) => rate(grant, wish)) : [];
		const nearer = found.filter((other) => other.importance >= one.importance && !isAlike(other, one));
		if (!nearer.every(isNew)) return;
		yield* nearer;
		yield one;
	}
}

function isElsewhere({ grant }: Rated): boolean {
	return servicesOf<GrantedService>(grant).some(({ candidateHosts }) => candidateHosts !== undefined);
}

/** The first that can be offered. */
export function firstOffered(ladder: Iterable<Rated>, question: Question): Chosen | undefined {
	for (const one of ladder) {
		const attempt = attemptAt(one, question);
		if (attempt !== undefined) return { ...one, attempt };
	}
	return undefined;
}

/**
 * Where it would lie; undefined unless the template admits it and the site accepts it as it stands: a size that is nothing
 * and of which the offer says nothing is not said, and may come out as what runs has of it.
 */
function attemptAt({ grant, price }: Rated, question: Question): Attempt | undefined {
	const request = requestFor(grant, price, question.request);
	const { attempt: found } = judge({ ...question, request, violations: [] });
	if (found === undefined || !isAsLarge(found.grant, grant)) return undefined;
	return question.satisfies(grant, price) ? found : undefined;
}

/** Whether all services have the same sizes. */
export function isAsLarge(one: ServiceGrant, other: ServiceGrant): boolean {
	const others = servicesOf<GrantedService>(other);
	return servicesOf<GrantedService>(one).every((service, nth) => {
		return SIZES.every((field) => service[field] === others[nth]![field]);
	});
}

/** The request that asks for exactly this grant, as `narrowOffer` writes it. */
export function requestFor(grant: ServiceGrant, price: Price | undefined, request: ServiceRequest): ServiceRequest {
	const { startAt, endAt } = grant;
	const { priceCeiling, others, ...first } = request;
	return {
		...serviceFor(grant, first),
		...(others === undefined ? {} : { others: others.map((each, nth) => serviceFor(grant.others![nth]!, each)) }),
		window: { startAt, endAt, durationSeconds: endAt - startAt },
		...(price === undefined ? {} : { priceCeiling: { ...price, path: priceCeiling?.path ?? '' } }),
	};
}

/** The same of one service. */
function serviceFor<S extends RequestedService>(grant: GrantedService, asked: S): S {
	const { totalCpuCount: _, totalMemoryBytes: __, totalDiskBytes: ___, ...rest } = asked;
	const { workspace, candidateHosts } = grant;
	return {
		...(rest as S),
		...exactDemands(asked, grant),
		candidateHosts: candidateHosts ?? asked.candidateHosts,
		workspace,
	};
}
