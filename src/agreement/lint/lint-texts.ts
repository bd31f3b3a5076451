/**
 * Whether there is a text that several restrictions allow: where white space means the same to all, one that is normalised;
 * else one as it stands in a document, which each of them normalises in its own way.
 */
import { contains, type RangeValue } from '../jsdl/range.ts';
import { parseDouble } from '../lexical.ts';
import { findsText } from '../template/automaton-table.ts';
import type { CharacterSet } from '../template/character-set.ts';
import {
	allowedRange,
	checkingCost,
	type EnumeratedValue,
	isValueAllowed,
	type ValueRestriction,
} from '../template/facets.ts';
import type { StepBudget } from '../template/location.ts';
import { type Machine, patternMachine, type State } from '../template/machine.ts';
import { withinMachine } from '../template/number-machines.ts';
import type { ValueSpace, WhiteSpace } from '../template/simple-type.ts';
import { AMOUNT, isLookedAt, machinesOf, quoted, writtenMachines } from '../template/value-machines.ts';
import { writtenRange } from './lint-doubles.ts';
import { formMachines } from './lint-forms.ts';

export interface LintBudget extends StepBudget {
	/** Some search was not brought to its end: that nothing was found to be impossible says less. */
	isGivenUp?: boolean;
}

/** What one search for a text that keeps to everything may cost, in the steps of a StepBudget: some milliseconds. */
const SEARCH_STEPS_MAX = 500_000;

/**
 * Whether there is a text that all patterns, lengths, bounds of numbers and types take, as far as the budget reaches:
 * a gDay and an int have none in common. Of unions the members are asked apart.
 */
export function areTextsSatisfiable(
	restrictions: readonly ValueRestriction[],
	ranges: readonly RangeValue[],
	isCount: boolean,
	budget: LintBudget,
): boolean {
	const looked = restrictions.length === 1 ? restrictions : restrictions.filter(({ type }) => type.space !== 'union');
	const facets = looked.flatMap(({ steps }) => steps);
	const forms = new Set(looked.map(({ type }) => type.form ?? type.lexical ?? type.space));
	const areTold = facets.some(({ patterns, counts }) => patterns.length + counts.length > 0);
	// A number is read without the white space around it.
	const ofRanges: readonly WhiteSpace[] = ranges.length > 0 ? ['collapse'] : [];
	const whiteSpaces = new Set([...looked.map(({ whiteSpace }) => whiteSpace), ...ofRanges]);
	const numbers = ranges.length > 0 ? [patternMachine([AMOUNT]), ...ranges.map(withinMachine)] : [];
	if (whiteSpaces.size > 1) {
		const isAll =
			restrictions.every(({ type }) => type.space !== 'union') &&
			looked.every(({ type, steps }) => steps.every(({ enumeration }) => isLookedAt(type, enumeration)));
		const isKept = (text: string): boolean => {
			const number = parseDouble(text) ?? Number.NaN;
			return (
				looked.every((restriction) => isValueAllowed(restriction, text)) &&
				ranges.every((range) => Number.isFinite(number) && contains(range, number)) &&
				(!isCount || Number.isInteger(number))
			);
		};
		return hasCommonText(looked, numbers, isAll ? isKept : undefined, budget);
	}
	if (!areTold && forms.size < 2) return true;
	// Where only types differ, their numbers were compared already.
	const machines = looked.flatMap((restriction) =>
		areTold ? machinesOf(restriction, writtenRange(restriction)) : writtenMachines(restriction),
	);
	const narrower = areTold ? looked.flatMap(formMachines) : [];
	return mayFind(budget, (share) => findsText([...machines, ...narrower, ...numbers], share));
}

/** Whether one search, with its part of the budget, finds something or is given up; before it a text may be tried. */
function mayFind(
	budget: LintBudget,
	search: (share: StepBudget) => ReturnType<typeof findsText>,
	tryFirst: (share: StepBudget) => boolean = () => false,
): boolean {
	const most = Math.min(budget.remaining, SEARCH_STEPS_MAX);
	const share = { remaining: most };
	const found = tryFirst(share) ? 'some' : share.remaining < 0 ? 'unknown' : search(share);
	budget.remaining -= most - share.remaining;
	if (found === 'unknown') budget.isGivenUp = true;
	return found !== 'none';
}

/**
 * The same of texts as they stand, where white space does not mean the same to all. `isKept` says of a text whether it is
 * allowed, for all that has to be looked at; where none was found that is, nor that there is none, it was given up.
 */
function hasCommonText(
	restrictions: readonly ValueRestriction[],
	numbers: readonly Machine[],
	isKept: ((text: string) => boolean) | undefined,
	budget: LintBudget,
): boolean {
	const isMeant =
		isKept &&
		((share: StepBudget) =>
			(text: string): boolean => {
				for (const restriction of restrictions) share.remaining -= checkingCost(restriction, text.length);
				return isKept(text);
			});
	const said = restrictions.flatMap(({ steps }) =>
		steps.flatMap(({ enumeration, bounds }) => [
			...enumeration.map(({ text }) => text),
			...bounds.map(({ lexical }) => lexical),
		]),
	);
	const machines = restrictions.flatMap((restriction) =>
		[
			...machinesOf(restriction, writtenRange(restriction)),
			...formMachines(restriction),
			...enumeratedMachines(restriction),
		].map((machine) => asItStands(machine, restriction.whiteSpace)),
	);
	const all = [...machines, ...numbers.map((machine) => asItStands(machine, 'collapse'))];
	return mayFind(
		budget,
		(share) => findsText(all, share, isMeant?.(share)),
		(share) => isMeant !== undefined && said.slice(0, SAID_TRIED_MAX).some(isMeant(share)),
	);
}

/** Of values that the template names itself so many are tried, before others are looked for. */
const SAID_TRIED_MAX = 32;

/** Where all are normalised alike, enumerated texts are tried one by one (areEnumerationsSatisfiable); here one may be padded. */
function enumeratedMachines({ type, steps }: ValueRestriction): readonly Machine[] {
	if (type.space !== 'text') return [];
	return steps.flatMap(({ enumeration }) =>
		enumeration.length === 0 || !isLookedAt(type, enumeration)
			? []
			: [patternMachine(enumeration.map((each) => quoted(textOf(each))))],
	);
}

/** What is enumerated, as a value: a union keeps what stood there, white space and all, whichever member reads it. */
function textOf({ text, key }: EnumeratedValue): string {
	return key?.startsWith(TEXT_KEY) ? key.slice(TEXT_KEY.length) : text;
}

const TEXT_KEY = 'text ';

const SPACE = 0x20;
const BREAKS: CharacterSet = [
	[0x9, 0xa],
	[0xd, 0xd],
];
const BLANKS: readonly CharacterSet[] = [BREAKS, [[SPACE, SPACE]]];

function isBreak(character: number): boolean {
	return BREAKS.some(([first, last]) => first <= character && character <= last);
}

/** Accepts the texts that are accepted once their white space is normalised. */
function asItStands(machine: Machine, whiteSpace: WhiteSpace): Machine {
	if (whiteSpace === 'preserve') return machine;
	const { start, next, accepts, cost } = machine;
	const sets = [...machine.sets, ...BLANKS];
	if (whiteSpace === 'replace') {
		return { sets, start, next: (state, each) => next(state, isBreak(each) ? SPACE : each), accepts, cost };
	}
	const behind = new Collapsed(machine);
	return {
		sets,
		start: 0,
		next: (state, character) => behind.next(state as number, character),
		accepts: (state) => accepts(behind.stateOf(state as number)),
		cost: () => behind.cost,
	};
}

/**
 * The states of an automaton of collapsed texts behind texts as they stand: 0 before all but white space; for each state
 * that was come to an odd number, and the even one above it where white space follows, of which it is told with what comes next.
 */
class Collapsed {
	/** What the last step cost. */
	cost = 0;
	readonly #machine: Machine;
	readonly #states: State[] = [];
	readonly #numbers = new Map<State, number>();

	constructor(machine: Machine) {
		this.#machine = machine;
	}

	stateOf(number: number): State {
		return number === 0 ? this.#machine.start : this.#states[(number - 1) >> 1]!;
	}

	next(number: number, character: number): number | undefined {
		this.cost = 0;
		if (character === SPACE || isBreak(character)) return number % 2 === 0 ? number : number + 1;
		const isBehindSpace = number !== 0 && number % 2 === 0;
		const from = isBehindSpace ? this.#step(this.stateOf(number), SPACE) : this.stateOf(number);
		const state = from === undefined ? undefined : this.#step(from, character);
		if (state === undefined) return undefined;
		const known = this.#numbers.get(state);
		if (known !== undefined) return known;
		const added = 2 * this.#states.push(state) - 1;
		this.#numbers.set(state, added);
		return added;
	}

	#step(state: State, character: number): State | undefined {
		const next = this.#machine.next(state, character);
		this.cost += this.#machine.cost();
		return next;
	}
}

/** Enumerated values can be tried one by one, where each can be written in one way only. */
export function areEnumerationsSatisfiable(restrictions: readonly ValueRestriction[]): boolean {
	const whiteSpaces = new Set(restrictions.map(({ whiteSpace }) => whiteSpace));
	if (whiteSpaces.size > 1) return mayBeAsEnumerated(restrictions);
	const steps = restrictions.flatMap((restriction) => restriction.steps);
	// A number, a time or a truth can be written in several ways: 2 and 2.0, 1 and true. Where all are about numbers, and
	// none about how they are written, it is the number that counts.
	const areNumbers =
		restrictions.every(({ type: { space } }) => space === 'number' || space === 'untyped') &&
		steps.every(({ patterns, counts }) => patterns.length === 0 && counts.length === 0);
	const isWhole = restrictions.some(({ type }) => type.lexical === 'integer');
	const mayBe = (ordinal: number): boolean =>
		!areNumbers ||
		((!isWhole || Number.isInteger(ordinal)) &&
			restrictions.every((restriction) => contains(allowedRange(restriction), ordinal)));
	// Of octets, lists and the like the same value can be written in several ways: where all are about one type, and none
	// about how it is written, each value can be tried in one of them.
	const isOneType = new Set(restrictions.map(({ type }) => JSON.stringify(type))).size === 1;
	const isByValue = isOneType && steps.every(({ patterns }) => patterns.length === 0);
	if (!isByValue && restrictions.some(({ type }) => VARIED.has(type.space))) return true;
	// A text that all allow is among the values of each of them: no others have to be tried.
	let isAnyAllowed = false;
	const isAllowed = (text: string): boolean => {
		isAnyAllowed = restrictions.every((restriction) => isValueAllowed(restriction, text));
		return isAnyAllowed;
	};
	return steps.every(({ enumeration }) => {
		if (enumeration.length === 0 || isAnyAllowed) return true;
		return enumeration.some(({ text, ordinal }) => (ordinal !== undefined && mayBe(ordinal)) || isAllowed(text));
	});
}

/** Their values can be written in several ways, and have no ordinal by which they are known. */
const VARIED: ReadonlySet<ValueSpace> = new Set(['list', 'union', 'hexBinary', 'base64Binary', 'QName']);

/** Texts that are enumerated, and whose white space is kept, can be written in one way, whatever it means to others. */
function mayBeAsEnumerated(restrictions: readonly ValueRestriction[]): boolean {
	const kept = restrictions.filter(
		({ type: { space }, whiteSpace }) => whiteSpace === 'preserve' && (space === 'text' || space === 'untyped'),
	);
	return kept.every(({ steps }) =>
		steps.every(
			({ enumeration }) =>
				enumeration.length === 0 ||
				enumeration.some(
					(each) =>
						each.ordinal !== undefined ||
						restrictions.every((restriction) => isValueAllowed(restriction, textOf(each))),
				),
		),
	);
}
