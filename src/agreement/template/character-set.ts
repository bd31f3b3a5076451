/** Sets of characters, as code points: what the classes of patterns are made of. */

/** Closed ranges of code points, ascending, neither touching nor overlapping. */
export type CharacterSet = readonly CharacterRange[];
export type CharacterRange = readonly [first: number, last: number];

const LAST = 0x10ffff;
/** What XML 1.0 can hold. */
export const XML_CHARACTERS: CharacterSet = [
	[0x9, 0xa],
	[0xd, 0xd],
	[0x20, 0xd7ff],
	[0xe000, 0xfffd],
	[0x10000, LAST],
];

/** The characters of any ranges, in whatever order these are. */
export function charactersOf(ranges: readonly CharacterRange[]): CharacterSet {
	const sorted = ranges.filter(([first, last]) => first <= last).sort(([one], [other]) => one - other);
	const joined: [number, number][] = [];
	for (const [first, last] of sorted) {
		const before = joined.at(-1);
		if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
		else joined.push([first, last]);
	}
	return joined;
}

/** All characters but these. */
export function allBut(set: CharacterSet): CharacterSet {
	const rest: CharacterRange[] = [];
	let next = 0;
	for (const [first, last] of set) {
		if (first > next) rest.push([next, first - 1]);
		next = last + 1;
	}
	if (next <= LAST) rest.push([next, LAST]);
	return rest;
}

/** Those of the first that are not of the second. */
export function without(set: CharacterSet, taken: CharacterSet): CharacterSet {
	return allBut(charactersOf([...allBut(set), ...taken]));
}

export function holdsCharacter(set: CharacterSet, character: number): boolean {
	let from = 0;
	let to = set.length;
	while (from < to) {
		const middle = (from + to) >> 1;
		if (set[middle]![1] < character) from = middle + 1;
		else to = middle;
	}
	return from < set.length && set[from]![0] <= character;
}

/**
 * The characters of some general categories of Unicode together, each as a regular expression has it: `\p{L}`, `\P{Nd}`.
 * The first time this takes a millisecond or two.
 */
export function charactersOfCategories(categories: readonly string[]): CharacterSet {
	const name = categories.join('');
	const before = CATEGORIES.get(name);
	if (before !== undefined) return before;
	const isIn = new RegExp(`[${name}]`, 'u');
	const runs = new RegExp(`[${name}]+`, 'gu');
	const ranges = ALIKE.filter(([first]) => isIn.test(String.fromCodePoint(first)));
	for (const { first, units, text } of stretches()) {
		for (const { 0: run, index } of text.matchAll(runs)) {
			ranges.push([first + index / units, first + (index + run.length) / units - 1]);
		}
	}
	const set = charactersOf(ranges);
	CATEGORIES.set(name, set);
	return set;
}

const CATEGORIES = new Map<string, CharacterSet>();

/** The long stretches of one category. */
const ALIKE: readonly CharacterRange[] = [
	[0x3400, 0x4dbf],
	[0x4e00, 0x9fff],
	[0xac00, 0xd7a3],
	[0xd800, 0xdfff],
	[0xe000, 0xf8ff],
	[0x12600, 0x12f8f],
	[0x14700, 0x160ff],
	[0x17000, 0x187f7],
	[0x18e00, 0x1afef],
	[0x1b300, 0x1bbff],
	[0x20000, 0x2a6df],
	[0x2a700, 0x2b739],
	[0x2b820, 0x2cea1],
	[0x2ceb0, 0x2ebe0],
	[0x30000, 0x3134a],
	[0x31350, 0x323af],
	[0x33800, 0x3ffff],
	[0x40000, 0xdffff],
	[0xe1000, 0xeffff],
	[0xf0000, 0xffffd],
	[0xffffe, 0xfffff],
	[0x100000, 0x10fffd],
];

/** Characters that all have as many units of UTF-16. */
interface Stretch {
	readonly first: number;
	readonly units: 1 | 2;
	readonly text: string;
}

let known: readonly Stretch[] | undefined;

/** All characters but those of the long stretches. */
function stretches(): readonly Stretch[] {
	known ??= allBut(ALIKE).flatMap(([first, last]): Stretch[] => {
		if (first < BEYOND_BMP && last >= BEYOND_BMP) {
			return [stretch(first, BEYOND_BMP - 1), stretch(BEYOND_BMP, last)];
		}
		return [stretch(first, last)];
	});
	return known;
}

const BEYOND_BMP = 0x10000;

/** As many are made into text at once: a call takes only so many arguments. */
const PIECE_CHARACTERS = 4096;

function stretch(first: number, last: number): Stretch {
	const pieces: string[] = [];
	for (let begin = first; begin <= last; begin += PIECE_CHARACTERS) {
		const length = Math.min(PIECE_CHARACTERS, last - begin + 1);
		pieces.push(String.fromCodePoint(...Array.from({ length }, (_, index) => begin + index)));
	}
	return { first, units: first < BEYOND_BMP ? 1 : 2, text: pieces.join('') };
}
