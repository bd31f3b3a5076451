/**
 * What of the program of an xs:pattern may be looked at for one character: the instructions that several ways through
 * the pattern can stand at once, not all there are. Found from the syntax, without making the program.
 */
import type { CharacterClass, PatternNode } from './pattern-syntax.ts';

/** Where one enters it once. */
interface Extent {
	/** Instructions, and how many of them at most are looked at before one and the same character. */
	readonly size: number;
	readonly active: number;
	/** How many characters it takes. */
	readonly least: number;
	readonly most: number;
}

/** How many instructions the program of it has at most, but for its beginning and end. */
export function instructionsOf(node: PatternNode): number {
	return extentOf(node).size;
}

/** How many characters what matches has at least. */
export function leastCharacters(node: PatternNode): number {
	return extentOf(node).least;
}

/** How many looks at instructions a character costs at most, on the first way through a program of that size. */
export function looksPerCharacter(node: PatternNode, programSize: number): number {
	const bounds = new Set<number | string>();
	collectBounds(node, bounds);
	let cells = 0;
	for (const bound of bounds) cells += typeof bound === 'string' ? CATEGORY_BOUNDS : 1;
	return Math.min(programSize, Math.ceil(extentOf(node).active + STATE_LOOKS + cells / CELLS_PER_LOOK));
}

/**
 * The matcher keeps the set of instructions that it stands at, with a table of the sets that follow by each kind of
 * character. To make one takes 0.4 microseconds, and of each kind 3 nanoseconds: what tells one kind from the next are
 * the bounds of the classes, and the categories of Unicode have some hundreds each.
 */
const STATE_LOOKS = 60;
const CELLS_PER_LOOK = 2;
const CATEGORY_BOUNDS = 700;

function collectBounds(node: PatternNode, bounds: Set<number | string>): void {
	if (node.kind === 'class') collectClassBounds(node.of, bounds);
	else if (node.kind === 'repeated') collectBounds(node.of, bounds);
	else for (const part of node.parts) collectBounds(part, bounds);
}

function collectClassBounds({ members, without }: CharacterClass, bounds: Set<number | string>): void {
	for (const member of members) {
		if (member.kind === 'category') bounds.add(member.name);
		else if (member.kind === 'class') collectClassBounds(member.of, bounds);
		else bounds.add(member.range[0]).add(member.range[1] + 1);
	}
	if (without !== undefined) collectClassBounds(without, bounds);
}

function extentOf(node: PatternNode): Extent {
	switch (node.kind) {
		case 'class':
			return { size: 1, active: 1, least: 1, most: 1 };
		case 'sequence':
			return extentOfSequence(node.parts.map(extentOf));
		case 'alternatives': {
			const parts = node.parts.map(extentOf);
			return {
				size: sumOf(parts, ({ size }) => size + 1),
				active: sumOf(parts, ({ active }) => active + 1),
				least: Math.min(...parts.map(({ least }) => least)),
				most: Math.max(...parts.map(({ most }) => most)),
			};
		}
		case 'repeated':
			return extentOfRepeated(extentOf(node.of), node.min, node.max);
	}
}

/** A part is stood at from where it is entered first to where it is left last; at an end in the next one, too. */
function extentOfSequence(parts: readonly Extent[]): Extent {
	const turns: { readonly at: number; readonly change: number }[] = [];
	let [least, most] = [0, 0];
	for (const part of parts) {
		const active = activeIn(part, most - least + 1);
		turns.push({ at: least, change: active }, { at: most + part.most, change: -active });
		least += part.least;
		most += part.most;
	}
	turns.sort((a, b) => (a.at === b.at ? b.change - a.change : a.at - b.at));
	let [now, active] = [0, 0];
	for (const { change } of turns) {
		now += change;
		active = Math.max(active, now);
	}
	return { size: sumOf(parts, ({ size }) => size), active, least, most };
}

/** Entered before so many different characters. */
function activeIn({ size, active }: Extent, entries: number): number {
	return Math.min(size, active * entries);
}

/** What is always as long is in one repetition at once, or between two; of anything else all may be stood at. */
function extentOfRepeated(of: Extent, min: number, max: number): Extent {
	const each = of.size + 1;
	const size = Number.isFinite(max) ? each * max : each * Math.max(1, min) + 1;
	const isOfOneLength = of.least === of.most && of.least > 0;
	return {
		size,
		active: isOfOneLength ? Math.min(size, 2 * (of.active + 1)) : size,
		least: of.least * min,
		most: of.most === 0 ? 0 : of.most * max,
	};
}

function sumOf(parts: readonly Extent[], number: (part: Extent) => number): number {
	return parts.reduce((sum, part) => sum + number(part), 0);
}
