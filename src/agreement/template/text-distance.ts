/** How different two texts are, or two rows of items. */
import type { StepBudget } from './location.ts';

/** Texts are compared by so many characters: two names that are alike are alike in these. Which of longer ones is nearest is not known. */
export const COMPARED_CHARACTERS_MAX = 128;

/** What is compared of a text; case is not counted. */
export function comparable(text: string): readonly string[] {
	return [...text.slice(0, COMPARED_CHARACTERS_MAX).toLowerCase()];
}

/** Steps of a budget: to begin with two texts. */
const STEPS_PER_TEXT = 64;

/** How many characters have to be added, removed or replaced (Levenshtein); where that is not below `most`, any such number. */
export function differenceOf(
	text: readonly string[],
	value: readonly string[],
	most: number,
	budget: StepBudget,
): number {
	let begin = 0;
	while (begin < text.length && begin < value.length && text[begin] === value[begin]) begin += 1;
	let [end, valueEnd] = [text.length, value.length];
	for (; end > begin && valueEnd > begin && text[end - 1] === value[valueEnd - 1]; end -= 1) valueEnd -= 1;
	budget.remaining -= STEPS_PER_TEXT + 4 * text.length;
	const longer = Math.abs(text.length - value.length);
	if (longer >= most) return longer;
	const other = value.slice(begin, valueEnd);
	// Farther beside the diagonal than this it costs too much to come to (Ukkonen, 1985).
	const band = Math.min(most - 1, Math.max(other.length, end - begin));
	let row = Array.from({ length: other.length + 1 }, (_, index) => index);
	for (const [index, character] of text.slice(begin, end).entries()) {
		const first = Math.max(0, index - band);
		const last = Math.min(other.length, index + 1 + band);
		budget.remaining -= Math.max(1, last - first);
		if (budget.remaining < 0) return Number.POSITIVE_INFINITY;
		const next = new Array<number>(other.length + 1).fill(Number.POSITIVE_INFINITY);
		if (first === 0) next[0] = index + 1;
		let least = next[0]!;
		for (let column = first; column < last; column += 1) {
			const replaced = row[column]! + Number(character !== other[column]);
			const cost = Math.min(replaced, row[column + 1]! + 1, next[column]! + 1);
			next[column + 1] = cost;
			least = Math.min(least, cost);
		}
		if (least >= most) return least;
		row = next;
	}
	return row.at(-1)!;
}
