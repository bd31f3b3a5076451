/** What looking for nearest values may cost, divided fairly between those who look. */
import type { StepBudget } from './location.ts';

/** A part of a budget, which goes back to it as far as it is not spent. */
interface Share extends StepBudget {
	readonly of: StepBudget;
}

/** Looks with a share of the budget, one of so many; what is left is there for the others. */
export function withShare<Found>(budget: StepBudget, shares: number, look: (share: StepBudget) => Found): Found {
	const most = Math.max(0, Math.floor(budget.remaining / Math.max(1, shares)));
	const share: Share = { remaining: most, of: payerOf(budget) };
	const found = look(share);
	budget.remaining -= most - share.remaining;
	if (share.remaining <= 0 || share.isShort) budget.isShort = true;
	return found;
}

/** The budget that the share is of. */
export function payerOf(budget: StepBudget | Share): StepBudget {
	return 'of' in budget ? budget.of : budget;
}
