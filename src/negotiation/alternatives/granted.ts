/**
 * Which of all that an offer admits is granted. Without constraints on the answer it is the default, the attempt that was
 * made: the earliest start, the smallest sizes (the largest, where these are preferred). With some, it is what keeps to
 * those that are Required and to Optional ones of the most Importance; of what keeps to as much, the default of the
 * offer narrowed to these constraints.
 *
 * Found by judging the offer narrowed to sets of constraints, within its own ranges: exact as far as the constraints say
 * what they admit by facets and the budget of judgements lasts. Where Required ones say more than that, sizes within the
 * ranges are tried one after the other (candidates.ts).
 */
import type { Price } from '../../agreement/terms/quote.ts';
import {
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
} from '../../agreement/terms/service.ts';
import { searchedAnew } from '../../capacity/search/searched.ts';
import { metered, part, stage } from '../../parts.ts';
import type { Attempt } from '../attempt.ts';
import type { Instead } from '../decision.ts';
import { findAttempt, type Judgement, type OptionalDemand, type OptionalDemands, type Question } from '../judge.ts';
import { priceOf } from '../policy/price.ts';
import { type ServiceSizes, SIZE_FIELDS } from '../sizes.ts';
import { candidatesWithin } from './candidates.ts';
import { isAlike, outdoes, type Rated } from './ranking.ts';
import { type Budget, budgetFor, heaviestSet, spend } from './sets.ts';
import { opensWithin, requestsWithin } from './within-offer.ts';

/** What is granted, at its price. */
export interface Granted extends Attempt {
	readonly price?: Price;
	readonly instead?: Instead;
}

/** Undefined where nothing within the offer keeps to what is Required of the answer. Made of parts. */
export function findGranted(question: Question, judgement: Judgement, attempt: Attempt): Granted | undefined {
	if (question.unmetBy === undefined) return pricedAttempt(question, judgement, attempt);
	const { plain, isKept, demands, importance } = part(() => {
		const priced = pricedAttempt(question, judgement, attempt);
		const keeps = keepsToRequired(question, priced);
		const asked = question.optionalDemands?.();
		const kept = asked === undefined ? 0 : importanceOf(question, priced);
		return { plain: priced, isKept: keeps, demands: asked, importance: kept };
	});
	if (demands === undefined) return isKept ? plain : undefined;
	const best = findBest(question, judgement, demands, isKept ? importance : Number.NEGATIVE_INFINITY);
	if (best === undefined) return isKept ? plain : undefined;
	const { granted } = best;
	const rated = { ...ratedAs(granted), importance: best.importance };
	const other = { ...ratedAs(plain), importance };
	const wish = { sizes: judgement.asked!, starts: judgement.window.asked, request: question.request };
	const isChoice = isKept && !outdoes(rated, other, wish) && !isAlike(rated, other);
	const importanceMax = demands.items.reduce((sum, each) => sum + Math.max(0, each.importance), 0);
	const instead: Instead = { importance: best.importance, importanceMax, plain, isKept, isChoice };
	return { ...granted, instead };
}

/** What keeps to all that must be, and the Importance of what it keeps to beside. */
export interface Kept {
	readonly importance: number;
	readonly granted: Granted;
}

/** What is granted of a narrower request, where that keeps to what must be and weighs so much at least; taken from the budget. */
export function tryNarrowed(
	question: Question,
	judgement: Judgement,
	budget: Budget,
	request: ServiceRequest,
	least = Number.NEGATIVE_INFINITY,
): Kept | undefined {
	if (!spend(budget)) return undefined;
	const attempt = stage(() => findAttempt({ ...question, searched: budget.searched, request }));
	if (attempt === undefined) return undefined;
	return part(() => {
		const granted = pricedAttempt(question, judgement, attempt);
		const importance = importanceOf(question, granted);
		if (importance < least || !keepsToRequired(question, granted)) return undefined;
		return question.satisfies(granted.grant, granted.price) ? { importance, granted } : undefined;
	});
}

/** What weighs more than `floor`: the heaviest set, or where that is nothing, anything that keeps to what is Required. */
function findBest(question: Question, judgement: Judgement, demands: OptionalDemands, floor: number): Kept | undefined {
	const { searched = searchedAnew(question.calendar) } = question;
	let budget = metered(() => budgetFor(searched), 'left');
	const always = () => part(() => demands.always);
	const tryOut = (request: ServiceRequest, least: number): Kept | undefined =>
		tryNarrowed(question, judgement, budget, request, least);
	const firstOf = (requests: Iterable<ServiceRequest>, least: number): Kept | undefined => {
		for (const request of requests) {
			const found = tryOut(request, least);
			if (found !== undefined) return found;
		}
		return undefined;
	};
	const findWithin = (chosen: readonly OptionalDemand[], least: number): Kept | undefined => {
		const ranges = [...always(), ...chosen.flatMap(({ admits }) => admits)];
		return firstOf(requestsWithin(judgement, question.request, ranges), least);
	};
	const isPreferred = (one: Kept, other: Kept): boolean => comesFirst(question, one.granted.grant, other.granted.grant);
	const opens = (item: OptionalDemand): boolean => opensWithin(question.request, item.admits);
	const best = heaviestSet(demands, floor, budget, findWithin, isPreferred, opens);
	if (best !== undefined || floor > Number.NEGATIVE_INFINITY) return best;
	budget = metered(() => budgetFor(searched), 'left');
	const narrowed = requestsWithin(judgement, question.request, always());
	return firstOf(narrowed, floor) ?? firstOf(candidatesWithin(question, judgement, narrowed), floor);
}

/** The default among those that keep to as much: the earlier one; then the smaller, or where it is preferred the larger. */
export function comesFirst({ request }: Question, a: ServiceGrant, b: ServiceGrant): boolean {
	if (a.startAt !== b.startAt) return a.startAt < b.startAt;
	const [mine, others] = [servicesOf<ServiceSizes>(a), servicesOf<ServiceSizes>(b)];
	for (const [nth, { prefersLargest }] of servicesOf<RequestedService>(request).entries()) {
		for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
			const difference = mine[nth]![field] - others[nth]![field];
			if (difference !== 0) return prefersLargest ? difference > 0 : difference < 0;
		}
	}
	return false;
}

function pricedAttempt(question: Question, { scene }: Judgement, attempt: Attempt): Granted {
	const { pricing } = scene.room;
	return pricing === undefined ? attempt : { ...attempt, price: priceOf(attempt.grant, question.policy, pricing) };
}

function keepsToRequired({ unmetBy }: Question, { grant, price }: Granted): boolean {
	return unmetBy === undefined || unmetBy(grant, price).length === 0;
}

function importanceOf(question: Question, { grant, price }: Granted): number {
	return question.importanceOf?.(grant, price) ?? 0;
}

function ratedAs({ grant, price }: Granted): Omit<Rated, 'importance'> {
	return { kind: 'later', kept: 1, grant, ...(price === undefined ? {} : { price }) };
}
