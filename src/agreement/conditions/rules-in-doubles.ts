/**
 * Conditions about numbers, held against doubles: quick, and all but right. Of a Location with several nodes, each of which
 * has a place of its own, all combinations of them count, as they do in a condition.
 */
import type { Location } from '../template/location.ts';
import type { ComparisonOperator, Condition, Operand } from './expression.ts';
import { toDouble } from './rational.ts';

/** What all places say; NaN: nothing is there, or no number. */
export type Said = readonly number[];

/** Something that has to hold. */
export interface Rule {
	readonly about: readonly number[];
	readonly holds: (said: Said) => boolean;
	/** By how much the sides of each of its comparisons are apart. */
	readonly differences: readonly Calculation[];
	/** How many numbers are made and compared on the way. */
	readonly steps: number;
	/** It holds only where they are not apart at all. */
	readonly isEquation?: boolean;
}

/** What comes of some places. */
export interface Calculation {
	readonly about: readonly number[];
	readonly of: (said: Said) => number;
	readonly steps: number;
}

/** Where the nodes of a Location have their places, or that of one that is missing; or else how many there are of it. */
export type Places = (location: Location) => Nodes | undefined;

export interface Nodes {
	readonly at: readonly number[];
	readonly count: number;
}

/** `open`: of several nodes it holds for some. */
type Truth = 'true' | 'false' | 'open' | 'undecided';

interface Looked extends Omit<Rule, 'holds' | 'isEquation'> {
	readonly truth: (said: Said) => Truth;
}

/** Undefined where it is about other things than numbers, or of too many combinations. */
export function rulesOf(condition: Condition, places: Places): readonly Rule[] | undefined {
	if (condition.kind === 'and') {
		const rules = condition.conditions.map((each) => rulesOf(each, places));
		return rules.some((each) => each === undefined) ? undefined : rules.flatMap((each) => each!);
	}
	if (condition.kind === 'comparison') {
		const pairs = pairsOf(condition.left, condition.right, places);
		const compare = COMPARE[condition.operator];
		return pairs?.map(([left, right]): Rule => {
			const apart = differenceOf(left, right);
			const holds = (said: Said): boolean => {
				const [one, other] = [left.of(said), right.of(said)];
				return Number.isFinite(one) && Number.isFinite(other) && compare(one, other);
			};
			return {
				about: apart.about,
				holds,
				differences: [apart],
				steps: apart.steps,
				isEquation: condition.operator === '=',
			};
		});
	}
	const looked = lookedAt(condition, places);
	if (looked === undefined) return undefined;
	const { truth, ...rest } = looked;
	return [{ ...rest, holds: (said) => truth(said) === 'true' }];
}

function lookedAt(condition: Condition, places: Places): Looked | undefined {
	switch (condition.kind) {
		case 'not': {
			const inner = lookedAt(condition.condition, places);
			return inner && { ...inner, truth: (said) => DENIED[inner.truth(said)] };
		}
		case 'exists': {
			const nodes = places(condition.location);
			if (nodes === undefined) return undefined;
			const truth = (said: Said): Truth => (countOf(nodes, said) > 0 ? 'true' : 'false');
			return { about: nodes.at, truth, differences: [], steps: 1 };
		}
		case 'comparison':
			return comparisonOf(condition.operator, pairsOf(condition.left, condition.right, places));
		default: {
			const inner = condition.conditions.map((each) => lookedAt(each, places));
			const known = inner.filter((each) => each !== undefined);
			if (known.length < inner.length) return undefined;
			const decisive = condition.kind === 'and' ? 'false' : 'true';
			const truth = (said: Said): Truth => {
				let outcome: Truth = DENIED[decisive];
				for (const each of known) {
					const found = each.truth(said);
					if (found === decisive || found === 'undecided') return found;
					if (found === 'open') outcome = 'open';
				}
				return outcome;
			};
			return { ...joined(known), differences: known.flatMap(({ differences }) => differences), truth };
		}
	}
}

const DENIED: Readonly<Record<Truth, Truth>> = { true: 'false', false: 'true', open: 'open', undecided: 'undecided' };

function comparisonOf(operator: ComparisonOperator, pairs: readonly Pair[] | undefined): Looked | undefined {
	if (pairs === undefined) return undefined;
	const compare = COMPARE[operator];
	const differences = pairs.map(([left, right]) => differenceOf(left, right));
	const truth = (said: Said): Truth => {
		let held = 0;
		for (const [left, right] of pairs) {
			const [one, other] = [left.of(said), right.of(said)];
			if (!(Number.isFinite(one) && Number.isFinite(other))) return 'undecided';
			if (compare(one, other)) held += 1;
		}
		return held === pairs.length ? 'true' : held === 0 ? 'false' : 'open';
	};
	return { ...joined(differences), differences, truth };
}

type Pair = readonly [left: Calculation, right: Calculation];

/** The sides of a comparison, for each choice of nodes. */
function pairsOf(left: Operand, right: Operand, places: Places): readonly Pair[] | undefined {
	const [ones, others] = [numbersOf(left, places), numbersOf(right, places)];
	if (ones === undefined || others === undefined || ones.length * others.length > CHOICES_MAX) return undefined;
	return ones.flatMap((one) => others.map((other): Pair => [one, other]));
}

/** Ways to choose one of the nodes wherever a Location stands; with more it takes too long. */
const CHOICES_MAX = 64;

function numbersOf(operand: Operand, places: Places): readonly Calculation[] | undefined {
	switch (operand.kind) {
		case 'number': {
			const value = toDouble(operand.value);
			return [{ about: [], steps: 0, of: () => value }];
		}
		case 'location':
			return places(operand.location)?.at.map((at) => ({ about: [at], steps: 1, of: (said) => said[at]! }));
		case 'function': {
			const nodes = places(operand.location);
			const make = AGGREGATES[operand.name];
			return nodes && [{ about: nodes.at, steps: nodes.at.length + 1, of: (said) => make(nodes, said) }];
		}
		case 'negative':
			return numbersOf(operand.operand, places)?.map((inner) => ({ ...inner, of: (said) => -inner.of(said) }));
		case 'arithmetic': {
			const calculate = CALCULATE[operand.operator];
			return pairsOf(operand.left, operand.right, places)?.map(([left, right]) => {
				return { ...joined([left, right]), of: (said) => calculate(left.of(said), right.of(said)) };
			});
		}
		case 'text':
			return undefined;
	}
}

function differenceOf(left: Calculation, right: Calculation): Calculation {
	return { ...joined([left, right]), of: (said) => left.of(said) - right.of(said) };
}

function joined(all: readonly Pick<Calculation, 'about' | 'steps'>[]): Pick<Calculation, 'about' | 'steps'> {
	return {
		about: [...new Set(all.flatMap(({ about }) => about))],
		steps: all.reduce((sum, { steps }) => sum + steps, 1),
	};
}

function countOf({ at, count }: Nodes, said: Said): number {
	return at.length === 1 && count === 0 ? Number(!Number.isNaN(said[at[0]!])) : count;
}

function thereOf(nodes: Nodes, said: Said): readonly number[] {
	return countOf(nodes, said) === 0 ? [] : nodes.at.map((at) => said[at]!);
}

const AGGREGATES: Readonly<
	Record<Extract<Operand, { kind: 'function' }>['name'], (nodes: Nodes, said: Said) => number>
> = {
	count: countOf,
	sum: (nodes, said) => thereOf(nodes, said).reduce((sum, each) => sum + each, 0),
	// Of nothing there is none: it is infinite.
	min: (nodes, said) => Math.min(...thereOf(nodes, said)),
	max: (nodes, said) => Math.max(...thereOf(nodes, said)),
};

/** What is calculated may be a little more or less than it is. */
function isAbout(one: number, other: number): boolean {
	return Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one));
}

const COMPARE: Readonly<Record<ComparisonOperator, (one: number, other: number) => boolean>> = {
	'=': isAbout,
	'!=': (one, other) => one !== other,
	'<': (one, other) => one < other,
	'<=': (one, other) => one <= other || isAbout(one, other),
	'>': (one, other) => one > other,
	'>=': (one, other) => one >= other || isAbout(one, other),
};

const CALCULATE = {
	'+': (one: number, other: number) => one + other,
	'-': (one: number, other: number) => one - other,
	'*': (one: number, other: number) => one * other,
	div: (one: number, other: number) => one / other,
} as const;
