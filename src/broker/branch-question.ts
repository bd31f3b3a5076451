/** What of an offer and its template the judgement asks about: each branch held against both, as a function of the grant. */
import { type AdmittedRange, type AdmittedReader, admittedReader, placesFinder } from '../agreement/offer/admitted.ts';
import { admittedWays, isCoupled, isOneOfSeveral } from '../agreement/offer/admitted-ways.ts';
import type { OfferBranch } from '../agreement/offer/branches.ts';
import { countElements } from '../agreement/offer/choices.ts';
import { narrowOffer } from '../agreement/offer/narrow.ts';
import type { OfferViolation } from '../agreement/offer/violations.ts';
import {
	checkNegotiationConstraints,
	type NegotiationConstraint,
} from '../agreement/rounds/negotiation-constraints.ts';
import type { DecisionBudget } from '../agreement/template/check-budget.ts';
import { checkEach, firstViolation, type TemplateConstraint } from '../agreement/template/constraints.ts';
import type { Template } from '../agreement/template/template.ts';
import { uncheckable } from '../agreement/template/violation.ts';
import { type Price, withQuote } from '../agreement/terms/quote.ts';
import type { ServiceGrant } from '../agreement/terms/service.ts';
import { part } from '../parts.ts';
import type { DocumentTree } from './outcome.ts';

/** One way to make the choices of the offer. */
export interface PreparedBranch extends OfferBranch {
	readonly violations: readonly OfferViolation[];
}

/** What a branch is held against. */
export interface HeldAgainst {
	readonly template: Template;
	/** What a negotiation offer demands of its answer; absent: nothing. */
	readonly demands: readonly NegotiationConstraint[] | undefined;
	/** In which the site has prices; absent: it has none. */
	readonly currency: string | undefined;
	/** For all branches of the offer. */
	readonly budget: DecisionBudget;
}

/** The part of a question that the offer's document answers; what there are no steps for is not written and not kept to. */
export function documentQuestion(branch: PreparedBranch, { template, demands = [], currency, budget }: HeldAgainst) {
	const { offer, request, violations } = branch;
	const { path } = offer;
	const against = { ...template, budget };
	const stepsOfWriting = STEPS_PER_ELEMENT * Math.max(0, countElements(offer.tree) - ELEMENTS_OF_USUAL_OFFER);
	let last:
		| { readonly grant: ServiceGrant; readonly price: Price | undefined; readonly tree: DocumentTree }
		| undefined;
	const treeOf = (grant: ServiceGrant, price?: Price) => {
		// Of one grant several things are asked in a row.
		if (last?.grant !== grant || last.price !== price) {
			budget.remaining -= stepsOfWriting;
			last = { grant, price, tree: withQuote(narrowOffer(offer, grant, against), price) };
		}
		return { tree: last.tree, ...(path === undefined ? {} : { path }) };
	};
	const isExhausted = () => budget.remaining < 0;
	const satisfies = (grant: ServiceGrant, price?: Price) =>
		!isExhausted() && firstViolation(treeOf(grant, price), template.constraints, budget) === undefined;
	const required = demands.filter((demand) => !isOptional(demand));
	const reading = { remaining: Math.floor(budget.remaining / READING_SHARES) };
	let reader: AdmittedReader | undefined;
	const read: AdmittedReader = (constraint) => {
		reader ??= admittedReader(offer, request, against, currency, reading);
		return counted(() => reader!(constraint));
	};
	const counted = <T>(work: () => T): T => {
		const { remaining } = reading;
		const said = work();
		budget.remaining -= remaining - reading.remaining;
		return said;
	};
	let ranges: readonly AdmittedRange[] | undefined;
	const admitted = () => {
		ranges ??= [...template.constraints, ...required].flatMap(read);
		return ranges;
	};
	const ways = (kind: 'several' | 'coupled') => {
		const isSuch = (each: TemplateConstraint): boolean =>
			isOneOfSeveral(each) || (kind === 'coupled' && isCoupled(each));
		const such = [...template.constraints, ...required].filter(isSuch);
		if (such.length === 0) return [];
		const placesAt = part(() => counted(() => placesFinder(offer, request, against, currency, reading)));
		return such.map((each) => part(() => counted(() => admittedWays(each, placesAt))));
	};
	const question = { request, violations, satisfies, admitted, ways };
	if (demands.length === 0) return question;
	const optional = demands.filter(isOptional);
	return {
		...question,
		unmetBy: (grant: ServiceGrant, price?: Price, told?: 'each' | 'all') => {
			if (isExhausted()) return [uncheckable(path)];
			if (told === 'all') {
				const tree = part(() => treeOf(grant, price));
				return checkNegotiationConstraints(tree, required, budget.telling).violations;
			}
			if (told === 'each') return checkEach(treeOf(grant, price), required.slice(0, EACH_MAX), budget, 'what').flat();
			const violation = firstViolation(treeOf(grant, price), required, budget);
			return violation === undefined ? [] : [violation];
		},
		importanceOf: (grant: ServiceGrant, price?: Price) => {
			if (optional.length === 0 || isExhausted()) return 0;
			const tree = treeOf(grant, price);
			const kept = optional.filter((each) => firstViolation(tree, [each], budget) === undefined);
			return kept.reduce((sum, { importance }) => sum + importance, 0);
		},
		optionalDemands: () => ({
			items: optional.map((each) => ({ importance: each.importance, admits: read(each) })),
			get always() {
				return admitted();
			},
		}),
	};
}

/** Of more constraints it takes longer to say what was found than to try what they leave: some 60 us each. */
const EACH_MAX = 32;

/** To find out what constraints admit of values, of all grants together a third: as much as holding five against them. */
const READING_SHARES = 3;

/**
 * What the document of a grant takes to be written and its paths to be made, beside the checks: 0.2 us an element, in
 * steps of 20 ns; of an offer of usual size as little as the checks leave room for.
 */
const STEPS_PER_ELEMENT = 10;
const ELEMENTS_OF_USUAL_OFFER = 500;

function isOptional({ type }: NegotiationConstraint): boolean {
	return type === 'Optional';
}
