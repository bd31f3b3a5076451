/** The characters of XML as sets tell them apart, and which of them somebody would write. */
import { type CharacterRange, type CharacterSet, XML_CHARACTERS } from './character-set.ts';

/** The characters of XML, in as many kinds as some sets tell apart. */
export interface Alphabet {
	/** Where stretches of one kind begin, ascending. */
	readonly starts: readonly number[];
	readonly kindOf: (character: number) => number | undefined;
	/** Of each kind the plainest characters: a letter, a digit, or what else there is. */
	readonly plainest: readonly (readonly number[])[];
}

/** The alphabet that the sets tell apart. */
export function alphabetOf(sets: readonly CharacterSet[]): Alphabet {
	const distinct = [...new Map([...new Set(sets)].map((set) => [set.join(), set])).values()];
	const all = [XML_CHARACTERS, ...distinct];
	const ends = new Set(all.flatMap((set) => set.flatMap(([first, last]) => [first, last + 1])));
	const starts = [...ends.add(0)].sort((one, other) => one - other);
	// Which of the sets hold the character that is come to, as they are walked through side by side.
	const at = all.map(() => 0);
	const numbers = new Map<string, number>();
	const stretches: [number, number][][] = [];
	const kinds = starts.map((start, index) => {
		let key = '';
		for (const [which, set] of all.entries()) {
			while (at[which]! < set.length && set[at[which]!]![1] < start) at[which]! += 1;
			const isIn = at[which]! < set.length && set[at[which]!]![0] <= start;
			if (which === 0 && !isIn) return undefined;
			key += isIn ? '1' : '0';
		}
		const kind = numbers.get(key) ?? numbers.size;
		if (kind === numbers.size) numbers.set(key, kind);
		stretches[kind] ??= [];
		stretches[kind].push([start, (starts[index + 1] ?? 0x110000) - 1]);
		return kind;
	});
	const kindOf = (character: number): number | undefined => {
		let from = 0;
		let to = starts.length;
		while (to - from > 1) {
			const middle = (from + to) >> 1;
			if (starts[middle]! <= character) from = middle;
			else to = middle;
		}
		return kinds[from];
	};
	return { starts, kindOf, plainest: stretches.map(plainestOf) };
}

function plainestOf(set: CharacterSet): readonly number[] {
	const plain = PLAIN.map(([first, last]) => {
		const range = set.find(([, end]) => end >= first);
		return range !== undefined && range[0] <= last ? Math.max(range[0], first) : undefined;
	});
	const [lower, digit, upper] = plain;
	const letterAndDigit = [lower ?? upper, digit].filter((character) => character !== undefined);
	return letterAndDigit.length > 0
		? letterAndDigit
		: [plain.find((character) => character !== undefined) ?? set[0]![0]];
}

/** Where what is put in is of another kind than what it takes the place of, that is rather taken away. */
const OTHER_KIND = 20;

/** How little a character is what somebody would write there, 0 to 34. */
export function strangeness(character: number, neighbour: number | undefined, isReplaced: boolean): number {
	const plainness = plainnessOf(character);
	const rest = FIRST_OF_KIND.has(character) ? 0 : 1;
	if (neighbour === undefined) return plainness + rest;
	const [kind, wanted] = [kindOf(plainness), kindOf(plainnessOf(neighbour))];
	if (kind !== wanted) return plainness + 2 + (isReplaced ? OTHER_KIND : 0);
	return rest + (plainness === plainnessOf(neighbour) ? 0 : Math.max(0, plainness - 2));
}

/** The plainest characters of all kinds, those first that somebody would write there. */
export function plainestFirst(
	{ plainest }: Alphabet,
	neighbour: number | undefined,
	isReplaced: boolean,
): readonly number[] {
	const ranked = plainest.flat().map((each) => [each, strangeness(each, neighbour, isReplaced)] as const);
	return ranked.sort(([, one], [, other]) => one - other).map(([each]) => each);
}

const FIRST_OF_KIND: ReadonlySet<number> = new Set(Array.from('a0A-', (character) => character.codePointAt(0)!));

function kindOf(plainness: number): 'letter' | 'digit' | 'sign' {
	if (plainness === 1) return 'digit';
	return plainness === 0 || plainness === 2 || plainness > 7 ? 'letter' : 'sign';
}

/** The plainest are the first. */
function plainnessOf(character: number): number {
	const index = PLAIN.findIndex(([first, last]) => character >= first && character <= last);
	return index < 0 ? PLAIN.length : index;
}

const PLAIN: readonly CharacterRange[] = [
	...['az', '09', 'AZ', '--', '__', '..'].map(
		([first, last]): CharacterRange => [first!.codePointAt(0)!, last!.codePointAt(0)!],
	),
	[0x21, 0x7e],
	[0x20, 0x20],
	[0xc0, 0x24f],
	[0x370, 0xd7ff],
	[0xa0, 0xfffd],
];
