/** Automata of patterns and numbers agree with what checks values; the nearest text is the nearest of all. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { between } from '../../src/agreement/jsdl/range.ts';
import { makeTable } from '../../src/agreement/template/automaton-table.ts';
import { charactersOfCategories, holdsCharacter } from '../../src/agreement/template/character-set.ts';
import { lengthMachine, type Machine, patternMachine } from '../../src/agreement/template/machine.ts';
import { alignedText } from '../../src/agreement/template/nearest-aligned.ts';
import { commonText } from '../../src/agreement/template/nearest-common.ts';
import { nearestThrough } from '../../src/agreement/template/nearest-program.ts';
import { nearestText } from '../../src/agreement/template/nearest-text.ts';
import { digitsMachine, withinMachine } from '../../src/agreement/template/number-machines.ts';
import { printDecimal } from '../../src/agreement/template/numeral.ts';
import { matchesPattern, parsePattern } from '../../src/agreement/template/pattern.ts';
import { cpuMs } from '../cpu-time.ts';

const ENOUGH = 50_000_000;

function accepts(machine: Machine, text: string): boolean {
	let state: ReturnType<Machine['next']> = machine.start;
	for (const character of text) {
		state = machine.next(state, character.codePointAt(0)!);
		if (state === undefined) return false;
	}
	return machine.accepts(state);
}

function nearest(machines: readonly Machine[], said: string, remaining = ENOUGH): string | undefined {
	const budget = { remaining };
	const made = makeTable(machines, budget);
	if (made.kind !== 'table') return made.kind === 'none' ? undefined : 'unknown';
	return nearestText(made.table, said, budget) ?? 'unknown';
}

/** Patterns of pieces, some of them in groups of alternatives. */
function patterns(...atoms: readonly string[]): fc.Arbitrary<string> {
	const piece = fc.tuple(
		fc.constantFrom(...atoms),
		fc.constantFrom('', '', '?', '*', '+', '{2}', '{1,3}', '{0,2}', '{2,}', '{0}'),
	);
	const sequence = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.flat().join(''));
	const group = fc
		.tuple(sequence, sequence, fc.constantFrom('', '*', '{2}', '?'))
		.map(([one, other, often]) => `(${one}|${other})${often}`);
	return fc.array(fc.oneof(sequence, group), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
}

describe('the automaton of a pattern', () => {
	const source = patterns(
		...['a', 'B', '4', '-', '.', '😀', '[ab]', '[^a]', '[a-z]', '[a-z-[aeiou]]', '[^B-[4]]'],
		...['\\s', '\\S', '\\d', '\\D', '\\w', '\\W', '\\i', '\\I', '\\c', '\\C', '[\\w-[\\d]]', '[\\D\\s]'],
		...[
			'\\p{Lu}',
			'\\P{Lu}',
			'\\p{L}',
			'[\\p{Ll}4]',
			'[^\\P{Lu}]',
			'\\p{So}',
			'\\p{Cn}',
			'[-a]',
			'[\\-\\]]',
			'[a-[a]]',
		],
	);
	const text = fc.string({
		unit: fc.constantFrom('a', 'B', '4', '-', ' ', 'é', '٤', '😀', '\n', ']', ':'),
		maxLength: 6,
	});

	test('accepts what matches, and nothing else', () => {
		fc.assert(
			fc.property(source, text, (pattern, said) => {
				const reading = parsePattern(pattern);
				if (!reading.ok) throw new Error(reading.why);
				const machine = patternMachine([pattern]);
				expect(accepts(machine, said)).toBe(matchesPattern(reading.pattern, said));
				const found = nearest([machine], said);
				if (found !== undefined) expect(matchesPattern(reading.pattern, found)).toBe(true);
				if (matchesPattern(reading.pattern, said)) expect(found).toBe(said);
			}),
			{ numRuns: 300 },
		);
	});

	test('knows the characters of every category that a pattern may name', () => {
		for (const category of ['L', 'Lo', 'Nd', 'S', 'C', 'Cn', 'Co']) {
			const set = charactersOfCategories([`\\p{${category}}`]);
			const rest = charactersOfCategories([`\\P{${category}}`]);
			const expression = new RegExp(`\\p{${category}}`, 'u');
			let wrong = 0;
			for (let character = 0; character <= 0x10ffff; character += 7) {
				const isIn = expression.test(String.fromCodePoint(character));
				wrong += Number(holdsCharacter(set, character) !== isIn) + Number(holdsCharacter(rest, character) === isIn);
			}
			expect(wrong, category).toBe(0);
		}
	});

	test('of many repetitions is made and run in time', () => {
		expect(nearest([patternMachine(['(){1000}((){1000}){1000}a'])], '')).toBe('a');
		expect(nearest([patternMachine(['(a?){500}b'])], 'aab')).toBe('aab');
		expect(nearest([patternMachine(['(a*)*c']), patternMachine(['.{40}'])], '')).toBe(`${'a'.repeat(39)}c`);
	});
});

describe('the automaton of numbers', () => {
	const numeral = fc
		.tuple(fc.constantFrom('', '-', '+'), fc.nat(120), fc.option(fc.nat(105)), fc.constantFrom('', '0', '00'))
		.map(([sign, whole, fraction, zeros]) => {
			return `${sign}${zeros}${whole}${fraction === null ? '' : `.${String(fraction).padStart(2, '0')}${zeros}`}`;
		});

	test('accepts what is within a range', () => {
		fc.assert(
			fc.property(numeral, numeral, numeral, (lower, upper, said) => {
				const isWithin = Number(said) >= Number(lower) && Number(said) <= Number(upper);
				expect(accepts(withinMachine(between(Number(lower), Number(upper))), said)).toBe(isWithin);
			}),
			{ numRuns: 2000 },
		);
	});

	test('counts digits', () => {
		fc.assert(
			fc.property(numeral, fc.nat(5), (said, most) => {
				const [, whole = '', fraction = ''] = /^[+-]?0*([0-9]*?)(?:\.([0-9]*?)0*)?$/.exec(said)!;
				expect(accepts(digitsMachine('fractionDigits', most), said)).toBe(fraction.length <= most);
				expect(accepts(digitsMachine('totalDigits', most), said)).toBe(whole.length + fraction.length <= most);
			}),
			{ numRuns: 2000 },
		);
	});

	test.each([
		[1e21, '1000000000000000000000'],
		[-1.5e-7, '-0.00000015'],
		[0, '0'],
		[0.1, '0.1'],
		[120, '120'],
		[Number.POSITIVE_INFINITY, 'INF'],
	])('%s is written %s', (value, text) => expect(printDecimal(value)).toBe(text));
});

describe('the nearest text', () => {
	/** All texts of these characters, up to five. */
	const TEXTS = [''];
	for (const text of TEXTS) if (text.length < 5) TEXTS.push(...['a', 'b', 'A'].map((each) => text + each));

	test('is accepted by all, and none has fewer changes, or as many and fewer of case', () => {
		const source = patterns('a', 'b', 'A', '[ab]', '[aA]', '[a-bA]', '(ab)', '[ab-[a]]', '[Ab]');
		const said = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', 'x'), maxLength: 5 });
		const length = fc.tuple(fc.nat(3), fc.nat(5));
		fc.assert(
			fc.property(fc.array(source, { minLength: 1, maxLength: 3 }), length, said, (sources, [min, max], text) => {
				const machines = [...sources.map((each) => patternMachine([each])), lengthMachine(min, max)];
				const found = nearest(machines, text);
				const accepted = TEXTS.filter((each) => machines.every((machine) => accepts(machine, each)));
				if (found === undefined) {
					expect(accepted).toEqual([]);
					return;
				}
				expect(accepted).toContain(found);
				const price = priceOf(text, found);
				for (const each of accepted) expect(priceOf(text, each)).toBeGreaterThanOrEqual(price);
			}),
			{ numRuns: 1000 },
		);
	});

	test.each<[said: string, sources: string[], nearest: string | undefined]>([
		['Web_Server-production', ['[a-z][a-z0-9-]*', '.*-(dev|prod)', '.{0,16}'], 'web-server-prod'],
		['sha256:00F1', ['sha256:[0-9a-f]{8}'], 'sha256:00f10000'],
		['jean', ['\\p{Lu}\\p{Ll}+'], 'Jean'],
		['', ['[^a-z]'], '0'],
		['', ['[^ -~]'], 'À'],
		['', ['\\p{Lu}{2}', '\\P{Lu}*'], undefined],
		['x', ['[a-z]+', '[0-9]+'], undefined],
		['naïve', ['[a-z]+'], 'naive'],
		['x', ['\\p{Nd}', '[^0-9]'], '٠'],
		['ab', ['.{4}'], 'abaa'],
		['a1', ['[a-z][0-9]*', '.{4}'], 'a100'],
	])('to %j of what matches %j is %j', (said, sources, wanted) => {
		expect(
			nearest(
				sources.map((source) => patternMachine([source])),
				said,
			),
		).toBe(wanted);
	});

	test('by the instructions of programs has as few changes as by a table, and in haste or cut is accepted', () => {
		const source = patterns('a', 'b', 'A', '[ab]', '[aA]', '[a-bA]', '(ab)', '[ab-[a]]', '[a-[a]]');
		const said = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', 'x'), maxLength: 12 });
		const length = fc.tuple(fc.nat(6), fc.nat(14));
		let told = 0;
		fc.assert(
			fc.property(fc.array(source, { minLength: 1, maxLength: 3 }), length, said, (sources, [min, max], text) => {
				const machines = [...sources.map((each) => patternMachine([each])), lengthMachine(min, max)];
				const best = nearest(machines, text);
				const found = nearestThrough(machines, text, { remaining: ENOUGH });
				expect(found === undefined ? undefined : priceOf(text, found)).toBe(
					best === undefined ? undefined : priceOf(text, best),
				);
				const hasty = nearestThrough(machines, text, { remaining: ENOUGH }, true);
				expect(hasty === undefined).toBe(found === undefined);
				const aligned = alignedText(machines, text, { remaining: ENOUGH }, false);
				expect(aligned === undefined ? undefined : priceOf(text, aligned)).toBe(
					best === undefined ? undefined : priceOf(text, best),
				);
				const cut = alignedText(machines, text, { remaining: 2000 }, true);
				const common = commonText(machines, { remaining: ENOUGH });
				expect(common === undefined).toBe(best === undefined);
				for (const each of [found, hasty, aligned, cut, common]) {
					if (each === undefined) continue;
					told += 1;
					expect(machines.every((machine) => accepts(machine, each))).toBe(true);
				}
			}),
			{ numRuns: 1000 },
		);
		expect(told).toBeGreaterThan(500);
	});

	test('of several patterns with many states each has as few changes as by a table of all', () => {
		const source = fc.constantFrom(
			...['.*a.{5}', '.*b.{4}.?', '(a|b)*c(a|b){6}', '(.*a.{4})*b', '[ab]*a[ab]{5}', '.{0,9}b.{5}a', '(ab|ba){1,5}.*'],
			...['.*(aab.*){2}', '(a?b?c?){6}', '.{3,14}', '(a{1,2}b){2,4}[ab]*', '[^b]*b.{4}[^a]*', '((a|b)?c?){4,8}'],
		);
		const said = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', 'x'), maxLength: 16 });
		const told = { nearest: 0, none: 0, beyond: 0 };
		fc.assert(
			fc.property(fc.uniqueArray(source, { minLength: 2, maxLength: 3 }), said, (sources, text) => {
				const machines = sources.map((each) => patternMachine([each]));
				const best = nearest(machines, text);
				const aligned = alignedText(machines, text, { remaining: ENOUGH }, false);
				if (best === undefined) expect(aligned).toBeUndefined();
				told[best === undefined ? 'none' : aligned === undefined ? 'beyond' : 'nearest'] += 1;
				if (aligned === undefined) return;
				expect(machines.every((machine) => accepts(machine, aligned))).toBe(true);
				expect(priceOf(text, aligned)).toBe(priceOf(text, best!));
				const common = commonText(machines, { remaining: ENOUGH });
				expect(common !== undefined && machines.every((machine) => accepts(machine, common))).toBe(true);
			}),
			{ numRuns: 300 },
		);
		expect(told.nearest).toBeGreaterThan(100);
		expect(told.none).toBeGreaterThan(5);
		// They would have too many places.
		expect(told.beyond).toBeLessThan(60);
	});

	test.each<[source: string, said: string, nearest: string]>([
		['(a{0,30}b{0,30}){0,10}c', 'ab!b', 'abbc'],
		['(a?){500}b', 'zzz', 'aab'],
		['(a|b)*c(a|b){200}', 'ab'.repeat(120), `${'ab'.repeat(19)}ac${'ab'.repeat(100)}`],
	])('of %s, with more states than a table may have, is told all the same', (source, said, wanted) => {
		const found = nearestThrough([patternMachine([source])], said, { remaining: 200_000 })!;
		expect(accepts(patternMachine([source]), found)).toBe(true);
		expect(priceOf(said, found)).toBe(priceOf(said, wanted));
	});

	test.each(['(a*)*', '((a*b?)*){0,2}', '((a?)*b?)*'])('of %s, which repeats what may be nothing, ends', (source) => {
		const machines = [patternMachine([source])];
		expect(nearestThrough(machines, '', { remaining: ENOUGH })).toBe('');
		expect(commonText(machines, { remaining: ENOUGH })).toBe('');
	});

	test('never has characters that XML cannot hold', () => {
		expect(nearest([patternMachine(['[^\\s -\u{10ffff}]'])], '')).toBeUndefined();
	});

	test('is looked for within the budget', () => {
		const machines = [patternMachine(['.*a.{14}']), patternMachine(['.*b.{13}']), patternMachine(['.*a.{12}'])];
		const begin = cpuMs();
		expect(nearest(machines, 'x'.repeat(2000), 500_000)).toBe('unknown');
		expect(cpuMs() - begin).toBeLessThan(500);
	});
});

/** How many characters have to be added, removed or replaced, and in thousandths how many change their case. */
function priceOf(said: string, text: string): number {
	let row = Array.from({ length: text.length + 1 }, (_, index) => index);
	for (const [index, character] of [...said].entries()) {
		const next = [index + 1];
		for (const [column, facing] of [...text].entries()) {
			const isAlike = character.toLowerCase() === facing.toLowerCase();
			const replaced = row[column]! + (character === facing ? 0 : isAlike ? 0.001 : 1);
			next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1));
		}
		row = next;
	}
	return Math.round(row.at(-1)! * 1000);
}
