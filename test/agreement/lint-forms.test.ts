/** What no value of a type is, by its facets and by what values of the type look like; and what some value is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { areSatisfiable } from '../../src/agreement/lint/lint-restrictions.ts';
import { isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { facet, item, multiplicity, template } from './documents.ts';

const PLACE = '/wsag:AgreementOffer/wsag:Context/x:v';
const of = (base: string, ...facets: readonly (readonly [string, string | number])[]) =>
	`<xs:simpleType><xs:restriction base="xs:${base}">${facets.map(([name, value]) => facet(name, value)).join('')}</xs:restriction></xs:simpleType>`;
const listOf = (base: string, ...facets: readonly (readonly [string, string | number])[]) =>
	`<xs:simpleType><xs:restriction><xs:simpleType><xs:list itemType="xs:${base}"></xs:list></xs:simpleType>${facets.map(([name, value]) => facet(name, value)).join('')}</xs:restriction></xs:simpleType>`;
const unionOf = (members: string, ...facets: readonly (readonly [string, string | number])[]) =>
	`<xs:simpleType><xs:restriction><xs:simpleType><xs:union memberTypes="${members}"></xs:union></xs:simpleType>${facets.map(([name, value]) => facet(name, value)).join('')}</xs:restriction></xs:simpleType>`;

function findings(content: string) {
	return lintTemplate(template(item(PLACE, content, multiplicity('0_TO_N'))));
}

function restrictionOf(content: string): ValueRestriction {
	const [constraint] = template(item(PLACE, content)).constraints;
	if (constraint === undefined || 'condition' in constraint || constraint.value === undefined) throw new Error(content);
	return constraint.value;
}

const FROM = 'minInclusive';
const TO = 'maxInclusive';
const ABOVE = 'minExclusive';
const BELOW = 'maxExclusive';
const LIKE = 'pattern';

describe('no value is', () => {
	test.each([
		of('gMonth', [LIKE, '--1[3-9]']),
		of('gDay', [LIKE, '---32']),
		of('gMonthDay', [LIKE, '--02-30']),
		of('date', [LIKE, '2026-02-(29|30)']),
		of('dateTime', [LIKE, '2026-02-30T.*']),
		of('time', [LIKE, '25:.*']),
		of('time', [LIKE, '.*[+]14:30']),
		of('gYear', [FROM, 2026], [TO, 2030], [LIKE, '203[1-9]']),
		of('gYear', [ABOVE, 2026], [BELOW, 2027], [LIKE, '[0-9]{4}']),
		of('gYearMonth', [ABOVE, '2026-02'], [BELOW, '2026-03'], [LIKE, '[0-9-]{7}Z']),
		of('gMonth', [FROM, '--03'], [TO, '--05'], [LIKE, '--0[6-9].*']),
		of('date', [FROM, '2026-01-01'], [TO, '2026-01-31'], [LIKE, '.{4}-02-.*']),
		of('dateTime', [FROM, '2026-01-01T00:00:00Z'], [BELOW, '2026-01-02T00:00:00Z'], [LIKE, '2027.*']),
		of('dateTime', [ABOVE, '2026-01-01T00:00:00Z'], [BELOW, '2026-01-01T00:00:01Z'], [LIKE, '[^.]*']),
		of('duration', [FROM, 'PT90M'], [BELOW, 'PT2H'], [LIKE, 'PT[0-9]+H']),
		// More days, months, years and hours than anybody lists.
		of('date', [FROM, '2026-01-01'], [TO, '2026-12-31'], [LIKE, '2027-0[2-9].*']),
		of('date', [FROM, '2026-02-10'], [TO, '2031-10-20'], [LIKE, '2026-(01-..|02-0[1-8]).*']),
		of('date', [FROM, '2026-02-10'], [TO, '2031-10-20'], [LIKE, '2031-(10-2[2-9]|1[12]-.*)']),
		of('date', [FROM, '2026-02-10'], [LIKE, '(2025|1[0-9]{3})-.*']),
		of('date', [BELOW, '2026-02-10'], [LIKE, '(2026-0[3-9]|20[3-9][0-9]-..)-..|1[0-9]{4}-.*']),
		of('date', [FROM, '1950-02-10'], [TO, '2450-02-10'], [LIKE, '(19[0-4].|24[6-9].|2[5-9]..)-.*']),
		of('dateTime', [FROM, '2026-01-01T00:00:00Z'], [TO, '2026-12-31T00:00:00Z'], [LIKE, '20(25|27)-0.*']),
		of('gYearMonth', [FROM, '1990-03'], [TO, '2010-06'], [LIKE, '(1990-0[12]|2010-0[7-9])Z?']),
		of('gYear', [ABOVE, '1000'], [BELOW, '2500'], [LIKE, '1000|2500|0999']),
		of('gYear', [FROM, '2026'], [LIKE, '-.*']),
		of('gMonthDay', [FROM, '--03-05'], [TO, '--11-20'], [LIKE, '--(0[12]|12).*']),
		of('gMonthDay', [FROM, '--03-05'], [LIKE, '--0[12].*']),
		of('gMonth', [FROM, '--03'], [LIKE, '--0[12]']),
		of('time', [FROM, '08:30:00'], [TO, '18:00:00'], [LIKE, '(0[0-7]:..|08:[0-2].|18:0[1-9]|19:..|24:00):..']),
		of('duration', [FROM, 'PT1H'], [BELOW, 'P30D'], [LIKE, 'P[3-9][0-9]D|PT0H|PT7[2-9].H|PT[1-5].M|PT[1-9].S']),
		of('duration', [ABOVE, 'P1D'], [LIKE, 'P0?1D|PT24H|PT.{1,2}[MS]']),
		of('duration', [LIKE, 'PT?']),
		of('double', [ABOVE, 1], [BELOW, 1.0000000000000002]),
		of('double', [ABOVE, 0], [BELOW, '4.9E-324']),
		of('float', [ABOVE, 1], [BELOW, 1.0000001]),
		of('double', [FROM, 0], [LIKE, 'NaN']),
		of('double', [TO, 10], [LIKE, 'INF|NaN']),
		of('base64Binary', [LIKE, 'A']),
		of('base64Binary', [LIKE, 'AB==']),
		of('base64Binary', [LIKE, 'AAAA'], ['length', 2]),
		of('NMTOKENS', ['length', 2], [LIKE, '[a-z]+']),
		listOf('int', ['length', 2], [LIKE, '\\d+ \\d+ \\d+']),
		listOf('byte', [LIKE, '1 200']),
		unionOf('xs:int xs:boolean', [LIKE, '[a-d]+']),
		of('QName', ['enumeration', 'x:a'], [LIKE, 'ws:b']),
	])('%s', (content) => {
		expect(findings(content)).toMatchObject([{ code: 'CONSTRAINT_UNSATISFIABLE', severity: 'error' }]);
	});
});

/** So many facets that enumerate, each its own value. */
const enumerated = (count: number, value: (number: number) => string | number) =>
	Array.from({ length: count }, (_, index) => ['enumeration', value(index)] as const);

describe('of many enumerated values', () => {
	const MANY: readonly (readonly [name: string, content: (pattern: string) => string, none: string, some: string])[] = [
		['names', (like) => of('QName', ...enumerated(410, (each) => `x:a${each}`), [LIKE, like]), 'ws:b.*', 'ws:a409'],
		[
			'octets',
			(like) =>
				of(
					'hexBinary',
					...enumerated(40, (each) => 0x1af0 + each).map(([name, each]) => [name, each.toString(16)] as const),
					[LIKE, like],
				),
			'FA.*',
			'1AFf',
		],
		['numbers', (like) => of('integer', ...enumerated(40, (each) => each + 7), [LIKE, like]), '0*[1-6]', '0{3}46'],
		[
			'lists',
			(like) => listOf('int', ...enumerated(40, (each) => `${each} 1`), [LIKE, like]),
			'0*[1-9]+ 02',
			'0+39 0+1',
		],
	];

	test.each(MANY)('%s: there is none, as it is written', (_name, content, none) => {
		expect(findings(content(none)).map(({ code }) => code)).toEqual(['CONSTRAINT_UNSATISFIABLE']);
	});

	test.each(MANY)('%s: there is one, in another way to write it', (_name, content, _none, some) => {
		const codes = findings(content(some)).map(({ code }) => code);
		expect(codes.filter((code) => code !== 'VALUE_DEAD' && code !== 'TOO_MANY_ISSUES')).toEqual([]);
	});
});

describe('some value is', () => {
	test.each<[content: string, value: string]>([
		[of('gMonth', [LIKE, '--1[0-9]']), '--12'],
		[of('gMonthDay', [LIKE, '--02-.9']), '--02-29'],
		[of('date', [LIKE, '2028-02-(29|30)']), '2028-02-29'],
		[of('date', [LIKE, '2000-02-29']), '2000-02-29'],
		[of('date', [LIKE, '-.*-02-29']), '-0004-02-29'],
		[of('time', [LIKE, '24:.*']), '24:00:00'],
		[of('time', [LIKE, '.*[+]14:.*']), '00:00:00+14:00'],
		// A year begins earlier in the east than in UTC, and later in the west.
		[of('gYear', [ABOVE, 2026], [BELOW, 2027]), '2026-05:00'],
		[of('gYear', [ABOVE, 2026], [BELOW, 2027], [LIKE, '2027.*']), '2027+05:00'],
		[of('gYear', [FROM, 2026], [TO, 2030], [LIKE, '20(30|31)']), '2030'],
		[of('gMonth', [FROM, '--03'], [TO, '--05'], [LIKE, '--0[5-9]']), '--05'],
		[of('gDay', [FROM, '---30'], [LIKE, '---3.']), '---31'],
		[of('date', [FROM, '2026-01-01'], [BELOW, '2026-02-01'], [LIKE, '.{4}-02-.*']), '2026-02-01+14:00'],
		[
			of('dateTime', [FROM, '2026-01-01T00:00:00Z'], [BELOW, '2026-01-02T00:00:00Z'], [LIKE, '2025.*']),
			'2025-12-31T24:00:00',
		],
		[of('dateTime', [ABOVE, '2026-01-01T00:00:00Z'], [BELOW, '2026-01-01T00:00:01Z']), '2026-01-01T00:00:00.5'],
		[of('duration', [FROM, 'PT90M'], [BELOW, 'PT2H'], [LIKE, 'PT[0-9]+M']), 'PT119M'],
		[of('duration', [FROM, 'PT90M'], [TO, 'PT2H'], [LIKE, 'PT[0-9]+H']), 'PT02H'],
		[of('date', [ABOVE, '2026-02-10'], [TO, '2031-10-20'], [LIKE, '2026-02-10.*']), '2026-02-10-14:00'],
		[of('date', [FROM, '2026-02-10'], [BELOW, '2031-10-20'], [LIKE, '2031-10-20.*']), '2031-10-20+05:00'],
		[of('date', [FROM, '2026-02-10'], [TO, '2031-10-20'], [LIKE, '2028-02-29']), '2028-02-29'],
		[of('date', [FROM, '2026-02-10'], [TO, '2031-10-20'], [LIKE, '2026-12-31']), '2026-12-31'],
		[of('date', [FROM, '2026-02-10'], [LIKE, '[0-9]{5}-.*']), '10000-01-01'],
		[of('date', [BELOW, '2026-02-10'], [LIKE, '-.*']), '-0001-01-01'],
		[of('dateTime', [FROM, '2026-01-01T00:00:00Z'], [LIKE, '2025.*']), '2025-12-31T24:00:00'],
		[of('gYear', [ABOVE, '1000'], [BELOW, '2500'], [LIKE, '2500.*']), '2500+05:00'],
		[of('gMonthDay', [ABOVE, '--03-05'], [TO, '--11-20'], [LIKE, '--03-05.*']), '--03-05-14:00'],
		[of('time', [FROM, '08:30:00'], [TO, '18:00:00'], [LIKE, '19.*']), '19:00:00+05:00'],
		[of('time', [TO, '18:00:00'], [LIKE, '24.*']), '24:00:00'],
		[of('duration', [FROM, 'PT1H'], [BELOW, 'P30D'], [LIKE, 'P[1-9][0-9]D']), 'P29D'],
		[of('duration', [FROM, 'PT1H'], [BELOW, 'P30D'], [LIKE, 'PT[0-9]{7}S']), 'PT2591999S'],
		[of('duration', [BELOW, 'P30D'], [LIKE, '-P.*']), '-P1D'],
		[of('double', [ABOVE, 1], [BELOW, '1.0000000000000005']), '1.0000000000000002'],
		[of('decimal', [ABOVE, 1], [BELOW, 1.0000000000000002]), '1.0000000000000001'],
		[of('double', [FROM, 0], [LIKE, 'INF|NaN']), 'INF'],
		[of('base64Binary', [LIKE, 'A[A-Z]==']), 'AA=='],
		[of('base64Binary', [LIKE, 'A A.*'], ['length', 1]), 'A A=='],
		[of('base64Binary', ['length', 200]), `${'AAAA'.repeat(66)}AAA=`],
		[of('NMTOKENS', ['length', 2], [LIKE, '[a-z ]+']), 'a b'],
		[listOf('byte', [LIKE, '1 \\d+']), '1 100'],
		[listOf('byte', ['length', 0]), ''],
		[unionOf('xs:int xs:boolean', [LIKE, '[a-z]+']), 'true'],
		[of('QName', ['enumeration', 'x:a'], [LIKE, 'ws:a']), 'ws:a'],
	])('%s: %s', (content, value) => {
		const own = restrictionOf(content);
		expect(findings(content)).toEqual([]);
		// Which prefix is declared for what is a matter of the document.
		if (own.type.space !== 'QName') expect(isValueAllowed(own, value)).toBe(true);
	});
});

test('of what is allowed nothing is called impossible', () => {
	const two = (most: number) => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, '0'));
	const zone = fc.constantFrom('', 'Z', '+14:00', '-14:00', '+05:30', '-00:01');
	const year = fc.constantFrom('1972', '2024', '2026', '-0004', '10000');
	const joined = (...parts: readonly fc.Arbitrary<string>[]) => fc.tuple(...parts).map((all) => all.join(''));
	const text = (value: string) => fc.constant(value);
	const day = joined(year, text('-'), two(12), text('-'), two(31));
	const clock = joined(two(24), text(':'), two(60), text(':'), two(60), fc.constantFrom('', '.0', '.25'));
	const unit = (letter: string) => fc.constantFrom('', `0${letter}`, `3${letter}`, `26${letter}`);
	const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
		date: joined(day, zone),
		dateTime: joined(day, text('T'), clock, zone),
		time: joined(clock, zone),
		gYear: joined(year, zone),
		gYearMonth: joined(year, text('-'), two(12), zone),
		gMonth: joined(text('--'), two(12), zone),
		gMonthDay: joined(text('--'), two(12), text('-'), two(31), zone),
		gDay: joined(text('---'), two(31), zone),
		duration: joined(
			fc.constantFrom('P', '-P'),
			unit('Y'),
			unit('D'),
			fc.constantFrom('', 'T'),
			unit('H'),
			unit('M'),
			unit('S'),
		),
		double: fc.oneof(fc.double().map(String), fc.constantFrom('INF', '-INF', 'NaN', '1e400', '-0')),
		float: fc.float().map((value) => String(value).replace('Infinity', 'INF')),
		base64Binary: fc.stringMatching(/^[AQB=]{0,8}$/),
	};
	const BOUNDED = [FROM, TO, ABOVE, BELOW];
	const one = fc
		.constantFrom(...Object.keys(values))
		.chain((name) =>
			fc.tuple(
				fc.constant(name),
				values[name]!,
				values[name]!,
				values[name]!,
				fc.constantFrom(...BOUNDED),
				fc.constantFrom(...BOUNDED),
			),
		);
	const isOf = (name: string, value: string) => isValueAllowed(restrictionOf(of(name)), value);
	let tried = 0;
	fc.assert(
		fc.property(one, ([name, value, low, high, kind, other]) => {
			if (![value, low, high].every((each) => isOf(name, each)) || `${low}${high}`.includes('NaN')) return;
			const bounds: [string, string][] =
				name === 'base64Binary'
					? []
					: [
							[kind, low],
							[other, high],
						];
			const quoted = value.replace(/[.+-]/g, '\\$&');
			const restriction = restrictionOf(of(name, ...bounds, [LIKE, quoted]));
			if (!isValueAllowed(restriction, value)) return;
			tried += 1;
			expect(areSatisfiable([restriction])).toBe(true);
		}),
		{ numRuns: 3000 },
	);
	expect(tried).toBeGreaterThan(100);
});
