/** What looking for nearest values may cost, divided fairly between those who look. */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from './location.ts';

/** A part of a budget, which goes back to it as far as it is not spent. */
interface Share extends StepBudget {
	readonly of: StepBudget;
}

/** Looks with a share of the budget, one of so many; what is left is there for the others. */
export function withShare<Found>(budget: StepBudget, shares: number, look: (share: StepBudget) => Found): Found {
	const [share, most] = shareOf(budget, shares);
	const found = look(share);
	settleUp(budget, share, most);
	return found;
}

/** The same of whoever gives way meanwhile. */
export function* withShareGradually<Found>(
	budget: StepBudget,
	shares: number,
	look: (share: StepBudget) => Gradual<Found>,
): Gradual<Found> {
	const [share, most] = shareOf(budget, shares);
	const found = yield* look(share);
	settleUp(budget, share, most);
	return found;
}

function shareOf(budget: StepBudget, shares: number): readonly [share: Share, most: number] {
	const most = Math.max(0, Math.floor(budget.remaining / Math.max(1, shares)));
	return [{ remaining: most, of: payerOf(budget) }, most];
}

function settleUp(budget: StepBudget, share: Share, most: number): void {
	budget.remaining -= most - share.remaining;
	if (share.remaining <= 0 || share.isShort) budget.isShort = true;
}

/** The budget that the share is of. */
export function payerOf(budget: StepBudget | Share): StepBudget {
	return 'of' in budget ? budget.of : budget;
}
