/** What a pattern says by its shape alone: how long its values are, and which they are where they can be listed. */
import type { Pattern } from './pattern.ts';

/** Lengths in characters; `longest` may be infinite. */
export interface PatternShape {
	readonly shortest: number;
	readonly longest: number;
	/** All values that match, where they are few: those of `a|b`, `(small|large)-[12]`, `x{3}`. */
	readonly words?: readonly string[];
}

/** More values than this are no list that anybody wrote. */
const WORDS_MAX = 64;
const WORD_CHARACTERS_MAX = 256;

/** The shape of a pattern that was read. */
export function shapeOf({ source }: Pattern): PatternShape {
	const characters = [...source];
	let at = 0;

	function readAlternatives(): PatternShape {
		let shape = readSequence();
		while (characters[at] === '|') {
			at += 1;
			shape = eitherOf(shape, readSequence());
		}
		return shape;
	}

	function readSequence(): PatternShape {
		let shape = EMPTY;
		while (at < characters.length && characters[at] !== '|' && characters[at] !== ')') {
			const atom = readAtom();
			shape = joined(shape, repeated(atom, readOccurrence()));
		}
		return shape;
	}

	function readAtom(): PatternShape {
		const character = characters[at++]!;
		if (character === '(') {
			const group = readAlternatives();
			at += 1;
			return group;
		}
		if (character === '[') return readClass();
		if (character === '\\') return readEscape();
		return character === '.' ? ANY_CHARACTER : literal(character);
	}

	function readEscape(): PatternShape {
		const letter = characters[at++]!;
		if ('pP'.includes(letter)) at = characters.indexOf('}', at) + 1;
		if ('pPsSdDwWiIcC'.includes(letter)) return ANY_CHARACTER;
		return literal(CONTROL_ESCAPES[letter] ?? letter);
	}

	/** `[ab]` is a choice of its characters; ranges, negations and categories are any character. */
	function readClass(): PatternShape {
		let shape: PatternShape | undefined;
		if (characters[at] === '^') {
			at += 1;
			shape = ANY_CHARACTER;
		}
		for (const begin = at; characters[at] !== ']' || at === begin; ) {
			const isEdge = at === begin || characters[at + 1] === ']';
			const isRange = characters[at] === '-' && !isEdge;
			const member = isRange ? ANY_CHARACTER : readAtomOfClass();
			if (isRange) at += 1;
			shape = shape === undefined ? member : eitherOf(shape, member);
		}
		at += 1;
		return shape ?? ANY_CHARACTER;
	}

	function readAtomOfClass(): PatternShape {
		const character = characters[at++]!;
		return character === '\\' ? readEscape() : literal(character);
	}

	/** How often the atom before may stand. */
	function readOccurrence(): readonly [min: number, max: number] {
		const sign = characters[at] ?? '';
		if (sign === '?' || sign === '*' || sign === '+') {
			at += 1;
			return [sign === '+' ? 1 : 0, sign === '?' ? 1 : Number.POSITIVE_INFINITY];
		}
		if (sign !== '{') return [1, 1];
		const end = characters.indexOf('}', at);
		const [min = '', max = min] = characters
			.slice(at + 1, end)
			.join('')
			.split(',');
		at = end + 1;
		return [Number(min), max === '' ? Number.POSITIVE_INFINITY : Number(max)];
	}

	return readAlternatives();
}

const CONTROL_ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const ANY_CHARACTER: PatternShape = { shortest: 1, longest: 1 };
const EMPTY: PatternShape = { shortest: 0, longest: 0, words: [''] };

function literal(character: string): PatternShape {
	return { shortest: 1, longest: 1, words: [character] };
}

function eitherOf(one: PatternShape, other: PatternShape): PatternShape {
	return {
		shortest: Math.min(one.shortest, other.shortest),
		longest: Math.max(one.longest, other.longest),
		...listed(one.words && other.words && [...one.words, ...other.words]),
	};
}

function joined(one: PatternShape, other: PatternShape): PatternShape {
	const isFew = (one.words?.length ?? 0) * (other.words?.length ?? 0) <= WORDS_MAX * WORDS_MAX;
	const words = isFew ? one.words?.flatMap((begin) => other.words?.map((end) => begin + end) ?? []) : undefined;
	return {
		shortest: one.shortest + other.shortest,
		longest: one.longest + other.longest,
		...listed(other.words && words),
	};
}

function repeated(shape: PatternShape, [min, max]: readonly [number, number]): PatternShape {
	if (min === 1 && max === 1) return shape;
	const shortest = shape.shortest * min;
	const longest = shape.longest === 0 ? 0 : shape.longest * max;
	if (max > WORD_CHARACTERS_MAX || shape.words === undefined) return { shortest, longest };
	let power: PatternShape = EMPTY;
	let words = min === 0 ? EMPTY.words : undefined;
	for (let count = 1; count <= max; count += 1) {
		power = joined(power, shape);
		if (power.words === undefined) return { shortest, longest };
		if (count >= min) words = [...(words ?? []), ...power.words];
	}
	return { shortest, longest, ...listed(words ?? EMPTY.words) };
}

/** Each word once, as long as they are few and short. */
function listed(words: readonly string[] | undefined): { readonly words?: readonly string[] } {
	if (words === undefined) return {};
	const distinct = [...new Set(words)];
	const isFew = distinct.length <= WORDS_MAX && distinct.every(({ length }) => length <= WORD_CHARACTERS_MAX);
	return isFew ? { words: distinct } : {};
}
