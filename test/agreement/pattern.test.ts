import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	matchesPattern,
	matchingSteps,
	PATTERN_VALUE_CHARACTERS_MAX,
	parsePattern,
	programSizeBound,
} from '../../src/agreement/template/pattern.ts';
import { wellFormedText } from '../any-text.ts';
import { cpuMs } from '../cpu-time.ts';

function matches(source: string, value: string): boolean {
	const reading = parsePattern(source);
	if (!reading.ok) throw new Error(reading.why);
	return matchesPattern(reading.pattern, value);
}

describe('xs:pattern', () => {
	test.each<[source: string, matching: string[], other: string[]]>([
		[
			'sha256:[0-9a-f]{64}',
			[`sha256:${'0a'.repeat(32)}`],
			['sha256:00', `sha256:${'0A'.repeat(32)}`, `sha256:${'0'.repeat(65)}`],
		],
		['abc', ['abc'], ['xabc', 'abcx', '']],
		['', [''], ['a']],
		['a|b', ['a', 'b'], ['ab']],
		['(a|b)+c?', ['ab', 'bac'], ['c', '']],
		['a^b$', ['a^b$'], ['ab']],
		['a.b', ['a-b', 'a b'], ['a\nb', 'a\rb']],
		['a{2}', ['aa'], ['a', 'aaa']],
		['a{2,}', ['aa', 'aaaa'], ['a']],
		['a{1,2}', ['a', 'aa'], ['', 'aaa']],
		['[0-9a-f]{1900}', ['0f'.repeat(950)], ['0f'.repeat(950).slice(1), '0f'.repeat(951), 'g'.repeat(1900)]],
		['a{1500,}', ['a'.repeat(1500), 'a'.repeat(5000)], ['a'.repeat(1499)]],
		['a{1200,1500}', ['a'.repeat(1200), 'a'.repeat(1500)], ['a'.repeat(1199), 'a'.repeat(1501)]],
		['(a{40}){40}', ['a'.repeat(1600)], ['a'.repeat(1599), 'a'.repeat(1601)]],
		[
			'(a{40}b){20,40}',
			[20, 40].map((times) => `${'a'.repeat(40)}b`.repeat(times)),
			[19, 41].map((times) => `${'a'.repeat(40)}b`.repeat(times)),
		],
		['\\d{2}', ['42', '٤٢'], ['4x']],
		['\\D', ['x'], ['4']],
		['[\\d.]+', ['1.2'], ['1,2']],
		['\\s\\S', [' x', '\tx'], ['\fx', 'xx']],
		['\\w+', ['naïve', 'a+1'], ['a-b', 'a b']],
		['[\\w.-]+', ['web-01.example'], ['web 01']],
		['\\W', ['-'], ['a']],
		['\\i\\c*', ['wsag:Name-1', 'é'], ['1a', '-a']],
		['\\p{Lu}\\P{Lu}', ['Ab', 'A1'], ['ab', 'AB']],
		['[\\p{L}\\p{Nd}]+', ['é4'], ['-']],
		['\\.\\*\\[\\]\\(\\)\\\\\\-\\^\\|\\{\\}\\?\\+', ['.*[]()\\-^|{}?+'], ['x']],
		['[-a]', ['-', 'a'], ['b']],
		['[a-]', ['-', 'a'], ['b']],
		['[^a-c]', ['d', '^'], ['b']],
		['[a^]', ['^'], ['b']],
		['[\\-\\]\\[]', [']', '[', '-'], ['x']],
		['[.*+?{}()|$]', ['$', '.'], ['x']],
		['[:alpha:]', ['a', ':'], ['z', 'b']],
		['\\n', ['\n'], ['n']],
		['[a-z-[aeiou]]+', ['xyz'], ['xaz', 'X']],
		['[^a-z-[^A-Z]]', ['A'], ['a', '4']],
		['[\\i-[:]][\\c-[:]]*', ['name-1', 'é'], ['a:b', '1']],
		['[a-z-[b-y-[m]]]', ['a', 'm', 'z'], ['b', 'n']],
		['[a-[a]]?', [''], ['a', 'b']],
		['[\\S]', ['x'], [' ']],
		['[\\D\\W]', ['x', '-'], ['4']],
		['[\\C\\I]', ['4', ' '], ['a']],
		['\\p{Cn}', ['\u0378'], ['a']],
		['😀+', ['😀😀'], ['\ud83d']],
	])('%s', (source, matching, other) => {
		for (const value of matching) expect(matches(source, value), `${value} matches`).toBe(true);
		for (const value of other) expect(matches(source, value), `${value} does not match`).toBe(false);
	});

	test.each<[source: string, why: RegExp]>([
		['[a-z-[aeiou]', /ends behind what is taken away/],
		['[a-z-[aeiou]x]', /ends behind what is taken away/],
		['[-[a]]', /escaped/],
		['\\p{IsGreek}', /escape/],
		['(?:a)', /follows nothing/],
		['a+?', /follows nothing/],
		['a**', /follows nothing/],
		['*a', /follows nothing/],
		['(*a)', /follows nothing/],
		['a{,3}', /escaped/],
		['a]', /escaped/],
		['(a', /not closed/],
		['a)', /closes nothing/],
		['[a', /not closed/],
		['[a-', /no end/],
		['[a-\\q]', /no end/],
		['[]', /escaped/],
		['[a-b-c]', /escaped/],
		['[a[b]]', /escaped/],
		['[z-a]', /the wrong way round/],
		['\\1', /escape/],
		['\\bx', /escape/],
		['a\\', /escape/],
		['(a{1000}){1000}', /too large/],
		['a{5,3}', /more often than at most/],
		['a{0,1900}', /left out is repeated at most 1000 times/],
		[String.raw`\w{990}`, /takes too long/],
		['.*([ab]{900})', /takes too long/],
		['((a{30}){30}){30}', /too large|not a regular/],
		['(a{100}b{100}){20}', /too large|not a regular/],
		['a'.repeat(1001), /longer than/],
	])('%s is refused', (source, why) => {
		const reading = parsePattern(source);
		expect(reading.ok ? '' : reading.why).toMatch(why);
	});

	test.each([
		'sha256:[0-9a-f]{64}',
		'(ab|c?){3,40}',
		'((a{2,5}b*){3,}|[^x-z]+|.){20}',
		'(|a|b)*',
		String.raw`[\i-[:]][\c-[:]]*`,
		String.raw`(\d{1,3}\.){3}\p{Lu}?`,
	])('how large the program of %s is at most is known before it is made', (source) => {
		const reading = parsePattern(source);
		if (!reading.ok) throw new Error(reading.why);
		const bound = programSizeBound(source);
		expect(bound).toBeGreaterThanOrEqual(reading.pattern.programSize);
		expect(bound).toBeLessThan(3 * reading.pattern.programSize + 20);
	});

	test('the classic exponential patterns take linear time', () => {
		const begin = cpuMs();
		expect(matches('(a|aa)+b', 'a'.repeat(4000))).toBe(false);
		expect(matches('(a*)*b', 'a'.repeat(4000))).toBe(false);
		expect(matches('(a+)+b', 'a'.repeat(4000))).toBe(false);
		expect(cpuMs() - begin).toBeLessThan(2000);
	});

	test('a value of unreasonable length matches nothing', () => {
		expect(matches('a*', 'a'.repeat(PATTERN_VALUE_CHARACTERS_MAX))).toBe(true);
		expect(matches('a*', 'a'.repeat(PATTERN_VALUE_CHARACTERS_MAX + 1))).toBe(false);
	});

	test('a quoted literal matches itself and nothing else', () => {
		const quoted = (text: string): string =>
			Array.from(text, (character) => (/[\\|.?*+(){}[\]^-]/.test(character) ? `\\${character}` : character)).join('');
		fc.assert(
			fc.property(wellFormedText(), fc.string({ maxLength: 12 }), (literal, other) => {
				expect(matches(quoted(literal), literal)).toBe(true);
				expect(matches(quoted(literal), other)).toBe(literal === other);
			}),
		);
	});

	test('whatever is accepted agrees with the platform’s own expressions', () => {
		const piece = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', 'a|b', '(a|b)', '(ab)', '\\.', '[a-c]');
		const times = fc.constantFrom('', '*', '+', '?', '{2}', '{1,2}');
		fc.assert(
			fc.property(
				fc.array(fc.tuple(piece, times), { minLength: 1, maxLength: 5 }),
				fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.'), maxLength: 6 }),
				(pieces, value) => {
					const source = pieces.map(([one, often]) => `${one}${often}`).join('');
					expect(matches(source, value)).toBe(new RegExp(`^(?:${source})$`).test(value));
				},
			),
		);
	});
});

test('what a match costs counts the making of its program, which sixty large ones are not cheap to make', () => {
	const reading = parsePattern('(ab){950}');
	if (!reading.ok) throw new Error(reading.why);
	expect(matchingSteps(reading.pattern, 0)).toBe(0);
	const one = matchingSteps(reading.pattern, 1);
	expect(60 * one).toBeGreaterThan(2_000_000);
	expect(matchingSteps(reading.pattern, 4) - one).toBe(reading.pattern.looksPerCharacter);
});

const ONE_CONSTRAINT = 250_000;

test.each<[source: string, characters: number]>([
	['[0-9a-f]{990}', 990],
	['(ab){950}', 1900],
	['a{0,990}', 990],
	['(abc[def]gh){150}', 900],
	['[a-z]{1,3}(-[0-9]{2}){300}', 903],
	['(ab|cd){250}', 500],
	[String.raw`\d{990}`, 990],
])('where one stands in few places of %s at once, a character is held against few', (source, characters) => {
	const reading = parsePattern(source);
	if (!reading.ok) throw new Error(reading.why);
	expect(matchingSteps(reading.pattern, characters)).toBeLessThan(ONE_CONSTRAINT);
});

test.each([
	'(x|y)*x(x|y){300}|x',
	'.*([ab]{800})',
	'(a?){900}',
	'(a|bb){350}',
	'(a*b?){400}',
	'a{0,400}a{0,400}',
	String.raw`\c{800}`,
	String.raw`[\i-[:]]*a.{600}`,
])('of %s a character is held against all', (source) => {
	const reading = parsePattern(source);
	if (!reading.ok) throw new Error(reading.why);
	expect(reading.pattern.looksPerCharacter).toBeGreaterThan(0.4 * reading.pattern.programSize);
	expect(matchingSteps(reading.pattern, PATTERN_VALUE_CHARACTERS_MAX)).toBeGreaterThan(ONE_CONSTRAINT);
});
