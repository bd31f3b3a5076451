/** The next value above or below a place that is written in some form and accepted by a table of automata. */
import type { Table } from './automaton-table.ts';
import type { StepBudget } from './location.ts';
import type { Mark, WrittenForm } from './written-forms.ts';

/** Steps of a budget: what one state behind some digits takes. */
const STEPS_PER_NODE = 12;

/** The next text of the form whose value is not below (`up`) or not above the place; strictly: not the place itself. */
export function nextInForm(
	table: Table,
	form: WrittenForm,
	place: number,
	direction: 'up' | 'down',
	isStrict: boolean,
	budget: StepBudget,
): string | undefined {
	const { text, isNegative, markAt } = form;
	const isUp = (direction === 'up') !== isNegative;
	const size = isNegative ? -place : place;
	const mark = markAt(size);
	if ((mark.digits === undefined && !isUp) || !mayEndWith(table, text.slice(text.lastIndexOf('#') + 1), budget)) {
		return undefined;
	}
	const { least, most } = table;
	const failed = new Set<number>();
	return walk(0, 0, 0, mark.digits !== undefined);

	/** What can follow behind so many characters and digits; as long as these are those of the mark it is tight. */
	function walk(state: number, at: number, digit: number, isTight: boolean): string | undefined {
		const rest = text.length - at;
		budget.remaining -= STEPS_PER_NODE;
		if (budget.remaining < 0 || rest < least[state]! || rest > most[state]!) return undefined;
		if (rest === 0) return table.isEnd[state] === 1 && (!isTight || mayBe(mark)) ? '' : undefined;
		const key = state * (text.length + 1) + at;
		if (!isTight && failed.has(key)) return undefined;
		const here = text[at]!;
		const isDigit = here === '#';
		const follows = (character: string, isStillTight: boolean): string | undefined => {
			const kind = table.alphabet.kindOf(character.codePointAt(0)!);
			const next = kind === undefined ? -1 : table.behind[state * table.kinds + kind]!;
			if (next < 0) return undefined;
			const behind = walk(next, at + 1, digit + Number(isDigit), isStillTight);
			return behind === undefined ? undefined : character + behind;
		};
		if (!isDigit) return follows(here, isTight);
		if (isTight) {
			const same = follows(mark.digits![digit]!, true);
			if (same !== undefined) return same;
		}
		const from = isTight ? Number(mark.digits![digit]) + (isUp ? 1 : -1) : isUp ? 0 : 9;
		for (let each = from; each >= 0 && each <= 9; each += isUp ? 1 : -1) {
			const other = follows(String(each), false);
			if (other !== undefined) return other;
		}
		if (!isTight) failed.add(key);
		return undefined;
	}

	function mayBe({ isExact }: Mark): boolean {
		return isExact ? !isStrict : !isUp;
	}
}

/** Whether some text may end so: a unit or a zone that no text has is not looked for behind all the digits there are. */
function mayEndWith({ alphabet, behind, kinds, isEnd, endings }: Table, tail: string, budget: StepBudget): boolean {
	budget.remaining -= STEPS_PER_NODE;
	const known = endings.get(tail);
	if (known !== undefined) return known;
	const row = Array.from(tail, (character) => alphabet.kindOf(character.codePointAt(0)!)!);
	const mayEnd = isEnd.some((_, from) => {
		let state = from;
		for (const kind of row) if (state >= 0) state = behind[state * kinds + kind]!;
		return state >= 0 && isEnd[state] === 1;
	});
	endings.set(tail, mayEnd);
	return mayEnd;
}
