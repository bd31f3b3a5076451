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

/** The characters of a general category of Unicode, e.g. `L` or `Nd`; this takes some milliseconds once a category. */
export function charactersOfCategory(name: string): CharacterSet {
	const known = CATEGORIES.get(name);
	if (known !== undefined) return known;
	const isIn = new RegExp(`^\\p{${name}}$`, 'u');
	const ranges: CharacterRange[] = [];
	for (const [first, last, isAlike] of PLANES) {
		for (let character = first; character <= last; character += 1) {
			const end = isAlike ? last : character;
			if (isIn.test(String.fromCodePoint(character))) ranges.push([character, end]);
			character = end;
		}
	}
	const set = charactersOf(ranges);
	CATEGORIES.set(name, set);
	return set;
}

const CATEGORIES = new Map<string, CharacterSet>();

/** Where Unicode has assigned characters one by one, and where all of a stretch are of one category. */
const PLANES: readonly (readonly [first: number, last: number, isAlike: boolean])[] = [
	[0, 0x3ffff, false],
	[0x40000, 0xdffff, true],
	[0xe0000, 0xe0fff, false],
	[0xe1000, 0xeffff, true],
	[0xf0000, 0xffffd, true],
	[0xffffe, 0xfffff, true],
	[0x100000, 0x10fffd, true],
	[0x10fffe, LAST, true],
];
