/**
 * Items about one value that take white space differently, held against every text as it may stand in a document: what
 * some text fulfils is never called impossible, and what none does is found, or said to be undecided.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { above, below, contains, exactly, type RangeValue } from '../../src/agreement/jsdl/range.ts';
import { collapseWhiteSpace, parseDouble } from '../../src/agreement/lexical.ts';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { areSatisfiable, lintBudget } from '../../src/agreement/lint/lint-restrictions.ts';
import { isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { facet, free, item, multiplicity, template } from './documents.ts';

const PLACE = '/wsag:AgreementOffer/wsag:Context/x:v';
const OPTIONAL = multiplicity('0_TO_N');
const of = (base: string, ...facets: readonly string[]) =>
	`<xs:simpleType><xs:restriction base="xs:${base}">${facets.join('')}</xs:restriction></xs:simpleType>`;
const like = (source: string) => facet('pattern', source);
const among = (...values: readonly string[]) => values.map((value) => facet('enumeration', value)).join('');

function restrictionOf(content: string): ValueRestriction {
	const [constraint] = template(item(PLACE, content)).constraints;
	if (constraint === undefined || 'condition' in constraint || constraint.value === undefined) throw new Error(content);
	return constraint.value;
}

const codesOf = (...constraints: readonly string[]) =>
	lintTemplate(template(constraints.join(''))).map(({ code }) => code);
const items = (...contents: readonly string[]) =>
	contents.map((content, index) => item(PLACE, content, OPTIONAL, `n${index}`));

describe('contradict each other', () => {
	test.each<readonly [string, string]>([
		[of('string', among('a', 'b')), like('[c-d]')],
		[of('string', among('a', 'b')), of('token', like('[c-d]'))],
		[of('string', like('[0-9]{2}')), of('integer', facet('maxInclusive', 9), like('[1-9].*'))],
		[of('string', like('[1-9][0-9]')), of('integer', facet('maxInclusive', 9))],
		[of('string', like('[1-9][0-9]')), facet('maxInclusive', 9)],
		[of('string', like('[a-z]+')), of('integer')],
		[of('string', like('[a-z]{5}')), of('boolean', among('true'))],
		[of('string', facet('maxLength', 3)), of('token', facet('minLength', 4))],
		[of('normalizedString', like('[ ]a')), of('string', like('a.*'))],
		[of('string', among('a  b')), among('a&#9;c')],
		[of('string', like('2026-.*')), of('date', facet('minInclusive', '2028-01-01'))],
		[of('string', like('\\S+ \\S+')), of('NCName')],
		[of('string', among(...Array.from({ length: 40 }, (_, each) => `w${each}`))), of('token', like('v.*'))],
		[of('token', among(...Array.from({ length: 40 }, (_, each) => `w${each}`))), of('string', like('\\sv.*'))],
		[
			'<xs:simpleType><xs:union memberTypes="xs:int xs:boolean"></xs:union></xs:simpleType>',
			of('string', like('[x-z]+')),
		],
	])('%s and %s', (one, other) => {
		expect(codesOf(...items(one, other))).toEqual(['CONSTRAINTS_CONTRADICT']);
		expect(codesOf(...items(other, one))).toEqual(['CONSTRAINTS_CONTRADICT']);
	});

	test.each([
		[of('string', among('a', 'b')), `${PLACE} = 'c'`],
		[of('string', like('[a-z]+')), `${PLACE} > 5`],
		[of('string', like('[a-z]+|[0-4]')), `${PLACE} > 5`],
		[of('string', like('INF|4')), `${PLACE} > 5`],
		[like('INF|4'), `${PLACE} > 5`],
	])('%s and the free constraint %s', (content, condition) => {
		expect(codesOf(...items(content), free(condition))).toContain('CONSTRAINTS_CONTRADICT');
	});
});

test.each([
	[of('string', among('a', 'b', 'c ')), of('token', among('b', 'c', 'd')), ['a', 'd']],
	[of('string', like('\\s[a-c]')), of('token', among('b', 'd')), ['d']],
	[of('string', among('07', '12')), of('integer', facet('maxInclusive', 9)), ['12']],
	[of('boolean', among('true', 'false')), of('string', like('\\s*[0a-d]')), ['true']],
])('of %s and %s each value is dead that no text of the other is', (one, other, dead) => {
	const found = lintTemplate(template(items(one, other).join('')));
	expect(found.map(({ code, found: value }) => `${code} ${value}`)).toEqual(dead.map((each) => `VALUE_DEAD ${each}`));
});

describe('go together, for some text', () => {
	test.each<readonly [string, string, string]>([
		[of('string', like('\\s\\S\\t\\S')), of('token', among('a b')), ' a\tb'],
		[of('string', among(' 7')), of('integer', facet('maxInclusive', 9)), ' 7'],
		[of('string', like('[0-9]{2}')), of('integer', facet('maxInclusive', 9)), '07'],
		[of('string', facet('minLength', 4)), of('token', facet('maxLength', 1)), ' a  '],
		[of('normalizedString', like('a b')), of('string', like('a\\nb')), 'a\nb'],
		[
			of('string', like('.*T12:30:00Z')),
			of('dateTime', facet('minInclusive', '2026-01-01T00:00:00Z')),
			'2026-01-01T12:30:00Z',
		],
		[of('string', like('[0-9-]+')), of('date', facet('minInclusive', '2026-01-31')), '2026-01-31'],
		[of('string', like('\\d{4}-\\d\\d-03')), of('date', facet('minInclusive', '2026-01-31')), '2026-02-03'],
		[of('string', facet('minLength', 1)), of('duration', facet('maxInclusive', 'PT90M')), 'PT90M'],
		[of('string', like('PT[0-9]+S')), of('duration', facet('maxInclusive', 'PT90M')), 'PT0S'],
		[
			of('string', like('[0-9.]{5}')),
			of('decimal', facet('minExclusive', '0.1'), facet('maxExclusive', '0.11')),
			'0.105',
		],
		[of('string', like('.{9}')), of('base64Binary', facet('length', 5)), 'AAA AAAA='],
		[of('string', like('.*\\s.*')), of('hexBinary', facet('length', 2)), '00FF '],
		[of('string', facet('maxLength', 9)), of('anyURI', like('.+:.+')), 'urn:x'],
		[of('string', facet('minLength', 1)), of('QName', among('x:a')), 'x:a'],
		[of('string', facet('minLength', 1)), of('double', facet('minExclusive', 1)), 'INF'],
		[of('string', like('.{3}')), of('float', facet('minExclusive', 1)), '1.5'],
		[of('string', like('.{3}|.{40}')), of('NMTOKENS', facet('length', 2)), 'a b'],
		[of('string', like('.{3}')), among('10'), '1e1'],
	])('%s and %s: %j', (one, other, text) => {
		for (const content of [one, other]) expect(isValueAllowed(restrictionOf(content), text)).toBe(true);
		expect(codesOf(...items(one, other))).toEqual([]);
	});
});

/** With all texts of these that an xs:string of at most four of them takes. */
const ALPHABET = ['a', 'b', '1', ' ', '\t'];
const TEXTS = Array.from({ length: 4 }).reduce<readonly string[]>(
	(shorter) => ['', ...shorter.flatMap((text) => ALPHABET.map((each) => text + each))],
	[''],
);
const ALL = [...new Set([...TEXTS, ...TEXTS.flatMap((text) => ALPHABET.map((each) => text + each))])].filter(
	({ length }) => length <= 4,
);

test('of texts as they stand what some fulfils is never called impossible, and what none does is found', () => {
	const source = fc
		.array(fc.constantFrom('a', 'b', '1', '[ab]', '[^a]', '\\s', ' ', '\\t', '.', 'a?', '.*', '\\S', '(a|b 1)'), {
			minLength: 1,
			maxLength: 4,
		})
		.map((parts) => parts.join(''));
	const value = fc.oneof(
		{ weight: 3, arbitrary: fc.constantFrom('a', 'b', '1', 'a b', 'a 1', '11', '1.0', 'ab') },
		{ weight: 1, arbitrary: fc.constantFrom(...ALL) },
	);
	const quoted = (text: string) => text.replaceAll('\t', '&#9;');
	const ofText = fc.oneof(
		fc.array(source, { minLength: 1, maxLength: 3 }).map((all) => all.map(like).join('')),
		fc.array(value, { minLength: 2, maxLength: 4 }).map((all) => among(...all.map(quoted))),
		fc.tuple(fc.constantFrom('length', 'minLength', 'maxLength'), fc.nat(4)).map(([name, count]) => facet(name, count)),
	);
	const ofNumber = fc.oneof(
		fc.tuple(fc.constantFrom('minInclusive', 'maxExclusive'), fc.constantFrom(0, 1, 2, 11)).map((all) => facet(...all)),
		source.map(like),
		fc.constantFrom('1', '11', '111').map((each) => among(each)),
	);
	const many = (facets: fc.Arbitrary<string>) =>
		fc.array(facets, { minLength: 1, maxLength: 2 }).map((all) => [...new Set(all)].join(''));
	const kept = many(ofText).map((inner) =>
		// The second step leaves nothing but what was looked at.
		of('string', inner).replace('base="xs:string">', `>${of('string', like('[ab1 \\t]{0,4}'))}`),
	);
	const other = fc.oneof(
		...['token', 'normalizedString', 'string', 'NMTOKEN'].map((base) => many(ofText).map((inner) => of(base, inner))),
		many(ofText),
		many(ofNumber).map((inner) => of('integer', inner)),
		many(ofNumber).map((inner) => of('double', inner)),
		fc.constantFrom('true', '1').map((each) => of('boolean', among(each))),
		source.map((each) => of('boolean', like(each))),
		many(ofText).map(
			(inner) =>
				`<xs:simpleType><xs:restriction><xs:simpleType><xs:union memberTypes="xs:integer xs:token"></xs:union></xs:simpleType>${inner.replace(/<xs:\w*[lL]ength.*?<\/xs:\w*>/g, '')}</xs:restriction></xs:simpleType>`,
		),
		many(ofText).map(
			(inner) =>
				`<xs:simpleType><xs:restriction><xs:simpleType><xs:list itemType="xs:token"></xs:list></xs:simpleType>${inner}</xs:restriction></xs:simpleType>`,
		),
	);
	const others = fc.oneof({ weight: 4, arbitrary: fc.tuple(other) }, fc.tuple(other, other));
	const range = fc.constantFrom(...[exactly(1), exactly(11), above(0, true), below(12, true)].map((each) => [each]));
	const ranges = fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, range);
	const isIn = (text: string, of: RangeValue): boolean => {
		const number = parseDouble(text);
		return number !== undefined && Number.isFinite(number) && contains(of, number);
	};
	const seen = { some: 0, none: 0, open: 0, unsaid: 0 };
	fc.assert(
		fc.property(kept, others, ranges, (one, others, ranges) => {
			const contents = [one, ...others];
			const restrictions = contents.map((content) => {
				try {
					return restrictionOf(content);
				} catch {
					return undefined;
				}
			});
			const all = restrictions.filter((each) => each !== undefined);
			if (all.length < restrictions.length) return;
			const text = ALL.find(
				(each) =>
					all.every((restriction) => isValueAllowed(restriction, each)) && ranges.every((range) => isIn(each, range)),
			);
			const budget = lintBudget();
			const verdict = areSatisfiable(all, ranges, false, budget);
			const what = `${contents.join('\n')}\n${JSON.stringify(ranges)}\n${JSON.stringify(text)}`;
			if (text !== undefined) {
				expect(verdict, what).toBe(true);
				seen.some += 1;
				seen.unsaid += Number(budget.isGivenUp === true);
				return;
			}
			seen.none += 1;
			if (verdict) {
				expect(budget.isGivenUp, what).toBe(true);
				seen.open += 1;
			}
		}),
		{ numRuns: 1500 },
	);
	expect(seen.some).toBeGreaterThan(100);
	expect(seen.none).toBeGreaterThan(100);
	expect(seen.open).toBeLessThan(seen.none / 50);
	expect(seen.unsaid).toBeLessThan(seen.some / 50);
});

/** Values of types of every kind, in plain and in odd forms. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
	token: ['a', 'a b', 'x-y z', ''],
	normalizedString: ['a', ' a  b'],
	language: ['de', 'en-GB'],
	Name: ['a:b', 'é'],
	NMTOKENS: ['a b', '1'],
	anyURI: ['urn:x', 'http://a/b?c#d', '/a'],
	boolean: ['true', '0', '1'],
	integer: ['7', '-07', '+7', '0'],
	unsignedByte: ['255', '007'],
	decimal: ['1.50', '-.5', '7.', '100000000000000000000.1'],
	double: ['1e3', 'INF', '-0', 'NaN', '.5E-3'],
	float: ['0.1', '16777217'],
	date: ['2026-02-28', '2024-02-29Z', '-0004-01-01+14:00'],
	dateTime: ['2026-12-31T24:00:00', '2026-01-01T00:00:00.250-05:00'],
	time: ['00:00:00', '23:59:59.9Z'],
	gYear: ['2026', '10000Z'],
	gMonthDay: ['--02-29'],
	duration: ['P1Y2M', '-PT0.5S', 'P3DT4H'],
	hexBinary: ['00fF', ''],
	base64Binary: ['AAAA', 'A A A =', 'AQ=='],
	QName: ['x:a', 'b'],
};

test('of a value of any type, padded as a document may have it, nothing is called impossible', () => {
	const blank = fc.constantFrom('', '', ' ', '\t', '\n ', '  ');
	const BOUNDED = /^(integer|unsignedByte|decimal|double|float|date|dateTime|time|gYear|gMonthDay|duration)$/;
	const one = fc
		.constantFrom(...Object.keys(VALUES))
		.chain((base) => fc.record({ base: fc.constant(base), value: fc.constantFrom(...VALUES[base]!) }));
	const written = (text: string) =>
		text
			.replace(/[\\|.?*+(){}[\]^-]/g, '\\$&')
			.replaceAll('\t', '\\t')
			.replaceAll('\n', '\\n');
	const seen = { some: 0, unsaid: 0 };
	fc.assert(
		fc.property(
			one,
			fc.array(blank, { minLength: 2, maxLength: 2 }),
			fc.constantFrom('enumeration', 'minInclusive', 'maxInclusive', 'pattern', ''),
			fc.constantFrom('enumeration', 'pattern', 'length', 'any', 'tail'),
			fc.boolean(),
			fc.constantFrom('string', 'string', 'token'),
			({ base, value }, [before = '', behind = ''], kind, said, isRanged, beside) => {
				const isFit = kind !== 'enumeration' || value !== '';
				const isNamed = isFit && (BOUNDED.test(base) ? value !== 'NaN' : !kind.endsWith('Inclusive'));
				const own = kind === '' || !isNamed ? '' : facet(kind, kind === 'pattern' ? written(value) : value);
				const padded = `${before}${value.replaceAll(' ', behind === '' ? ' ' : behind)}${behind}`;
				const text = beside === 'token' ? collapseWhiteSpace(padded) : padded;
				const quoted = text.replaceAll('\t', '&#9;').replaceAll('\n', '&#10;');
				const kept = {
					enumeration: among(quoted, 'other'),
					pattern: like(written(text)),
					length: facet('length', [...text].length),
					any: like('.*'.replace('.', '[\\s\\S]')),
					tail: like(`${written(text.slice(0, 2))}[\\s\\S]*`),
				}[said];
				const restrictions = [of(beside, kept), of(base, own)].map(restrictionOf);
				const number = parseDouble(text);
				// Conditions compare decimals exactly, and take INF for no number.
				const isNumber = isRanged && Number.isFinite(number) && text.length < 16;
				if (!restrictions.every((each) => isValueAllowed(each, text))) return;
				const budget = lintBudget();
				const what = `${restrictions.map((each) => JSON.stringify(each)).join('\n')}\n${JSON.stringify(text)}`;
				expect(areSatisfiable(restrictions, isNumber ? [exactly(number!)] : [], false, budget), what).toBe(true);
				seen.some += 1;
				seen.unsaid += Number(budget.isGivenUp === true);
			},
		),
		{ numRuns: 1000 },
	);
	expect(seen.some).toBeGreaterThan(500);
	expect(seen.unsaid).toBeLessThan(seen.some / 20);
});
