/** What several slots that say texts would have to say, for some of them to be equal and others not. */
import type { StepBudget } from '../template/location.ts';
import { comparable, differenceOf } from '../template/text-distance.ts';
import { add, divide, order, type Rational } from './rational.ts';
import type { TextRow } from './slot-rows.ts';
import type { Slot } from './slots.ts';

/** Texts of slots, what they cost in parts of what they were, and whether nothing costs less. */
export interface FoundTexts {
	readonly changed: ReadonlyMap<Slot, string>;
	readonly cost: Rational;
	readonly isLeast: boolean;
}

/** Steps of a budget: to look at a choice. */
const STEPS_PER_CHOICE = 80;

/** What the slots may say, of the texts that are named or said: the nearest together. */
export function nearestTexts(
	rows: readonly TextRow[],
	members: readonly Slot[],
	budget: StepBudget,
): FoundTexts | undefined {
	const named = new Set(rows.flatMap(({ sides }) => sides.map(textOf)).filter((text) => text !== undefined));
	const choices = members.map((slot) => {
		const beside = slot.words ?? besideText(slot.text, named);
		const all = new Set([...named, ...beside, ...(slot.demand?.named ?? [])]);
		const other =
			slot.text === undefined ? undefined : slot.demand?.otherText(slot.text, new Set([...named, slot.text]));
		if (other !== undefined) all.add(other);
		const texts = [...all].filter((text) => slot.words?.includes(text) !== false && isAllowed(slot, text));
		const ranked = texts.map((text) => [text, farFrom(slot, text, budget)] as const);
		return ranked.sort(([, one], [, other]) => order(one, other));
	});
	const changed = new Map<Slot, string>();
	let best: FoundTexts | undefined;
	const saidNow = (side: Slot | string): string | undefined => {
		return typeof side === 'string' ? side : members.includes(side) ? changed.get(side) : side.text;
	};
	const isOpen = (side: Slot | string): boolean => saidNow(side) === undefined;
	const choose = (index: number, cost: Rational): void => {
		budget.remaining -= STEPS_PER_CHOICE + rows.length;
		if (budget.remaining < 0 || (best !== undefined && order(cost, best.cost) >= 0)) return;
		const slot = members[index];
		if (slot === undefined) {
			best = { changed: new Map(changed), cost, isLeast: true };
			return;
		}
		for (const [text, far] of choices[index]!) {
			changed.set(slot, text);
			const about = rows.filter(({ sides }) => sides.includes(slot) && !sides.some(isOpen));
			if (about.every((row) => isTextKept(row, saidNow))) choose(index + 1, add(cost, far));
		}
		changed.delete(slot);
	};
	choose(0, 0);
	return best;
}

function isAllowed({ demand }: Slot, text: string): boolean {
	return demand === undefined || demand.isAllowed({ kind: 'texts', texts: [text] });
}

/** What the side says, if it says anything. */
export function textOf(side: Slot | string): string | undefined {
	return typeof side === 'string' ? side : side.text;
}

/** Whether the sides are equal, or other, as they have to be, where all say something. */
export function isTextKept(
	{ sides: [one, other], isEqual }: TextRow,
	said: (side: Slot | string) => string | undefined,
): boolean {
	const [left, right] = [said(one), said(other)];
	return left !== undefined && right !== undefined && (left === right) === isEqual;
}

function farFrom({ text = '' }: Slot, other: string, budget: StepBudget): Rational {
	const said = comparable(text);
	const different = differenceOf(comparable(other), said, Number.POSITIVE_INFINITY, budget);
	return Number.isFinite(different) ? divide(different, Math.max(1, said.length)) : 1;
}

/** A text that is none of those, and hardly another. */
function besideText(text: string | undefined, others: ReadonlySet<string>): readonly string[] {
	if (text === undefined || !others.has(text)) return [];
	const characters = [...text];
	const tried = [...characters.keys()].map((cut) =>
		characters
			.slice(0, characters.length - 1 - cut)
			.join('')
			.trimEnd(),
	);
	const beside = tried.find((each) => each !== '' && !others.has(each));
	return [beside ?? `${text}a`];
}
