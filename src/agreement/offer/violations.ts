/** What in an offer goes beyond its template, and what of that another grant could be without. */
import { part, stage } from '../../parts.ts';
import { type CheckBudget, checkBudget, verdictBudget } from '../template/check-budget.ts';
import { checkEach } from '../template/constraints.ts';
import { type ConstraintViolation, holds } from '../template/violation.ts';
import { type Price, withQuote } from '../terms/quote.ts';
import type { ServiceRequest } from '../terms/service.ts';
import { sampleOf } from './admitted.ts';
import { type NarrowingTemplate, narrowOffer } from './narrow.ts';
import type { Offer } from './offer.ts';

/** What violates the template. */
export interface OfferViolation extends ConstraintViolation {
	/** It is about sizes, the window, hosts or the price, so that what is offered instead may be without. */
	readonly isOfGrant?: boolean;
}

/**
 * Every violation of the template by the offer. The offer is narrowed to two grants that have nothing in common: a
 * violation that finds the same in both of them finds it whatever is granted.
 */
export function findViolations(
	offer: Offer,
	request: ServiceRequest,
	template: NarrowingTemplate,
	currency: string | undefined,
	budget: CheckBudget = checkBudget(),
): readonly OfferViolation[] {
	const { constraints } = template;
	const found = checkEach(offer, constraints, budget);
	if (found.every(holds)) return [];
	const violated = constraints.filter((_, nth) => !holds(found[nth]!));
	const { durationUnit } = template;
	const unbound: NarrowingTemplate = { ...(durationUnit === undefined ? {} : { durationUnit }), constraints: [] };
	const looking = verdictBudget();
	const [ofOne, ofOther] = SAMPLES.map((number) =>
		stage(() => {
			const price: Price | undefined =
				currency === undefined ? undefined : { currency, amount: String(number), cancellation: [] };
			const tree = part(() => withQuote(narrowOffer(offer, sampleOf(request, number), unbound), price));
			const said = checkEach({ tree }, violated, looking, 'what');
			return part(() => new Set(said.flat().map(keyOf)));
		}),
	);
	return part(() =>
		found.flat().map((violation) => {
			const key = keyOf(violation);
			const isFixed = ofOne!.has(key) && ofOther!.has(key);
			return isFixed ? violation : { ...violation, isOfGrant: true };
		}),
	);
}

/** Two of a kind: neither their sums nor their products are alike. */
const SAMPLES = [1, 3] as const;

/** What is found where is not the same node, but says the same. */
function keyOf({ item, location, found, allowed }: ConstraintViolation): string {
	return JSON.stringify([item, location, found, allowed]);
}
