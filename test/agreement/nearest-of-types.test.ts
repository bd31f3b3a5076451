/** Of every type that an item may restrict, by whatever facets: where some value is allowed, a nearest one is told. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findValueFault, isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { searchBudget } from '../../src/agreement/template/nearest-value.ts';
import { printDateTime, printDuration } from '../../src/agreement/time.ts';
import { item, template } from './documents.ts';

type Facet = readonly [name: string, value: string];

/** What may be said of values of a type: bounds and enumerated values are some of the samples. */
interface Kind {
	readonly bases: readonly string[];
	/** Values of all the types. */
	readonly samples: readonly string[];
	readonly patterns: readonly string[];
	readonly facets: readonly ('bounds' | 'lengths' | 'totalDigits' | 'fractionDigits')[];
}

const WHOLE = Array.from({ length: 128 }, (_, index) => String(index));
const times = Array.from({ length: 60 }, (_, index) => 1_796_083_200 + index * 37_800);
const dates = [...times.map((at) => printDateTime(at).slice(0, 10)), '2028-02-29', '2026-12-01Z', '2026-12-01+01:00'];
const words = ['', 'a', 'b', 'ab', 'ba', 'aab', 'bab', 'abab', 'A', 'aB', 'a-b', 'a1', '1', '12', 'abcdefgh'];

const KINDS: readonly Kind[] = [
	{
		bases: ['xs:integer', 'xs:nonNegativeInteger', 'xs:byte', 'xs:unsignedLong', 'xs:long', 'xs:unsignedShort'],
		samples: WHOLE,
		patterns: ['[0-9]*0', '0[0-9]+', '[1-9][0-9]', '\\d+', '[0-9]{3}', '1.*', '[13579]+', '-?[0-9]{1,2}'],
		facets: ['bounds', 'totalDigits'],
	},
	{
		bases: ['xs:decimal'],
		samples: [...WHOLE.slice(0, 20), ...WHOLE.slice(0, 40).map((each) => String(Number(each) / 4))],
		patterns: ['[0-9]+\\.[0-9]{2}', '[0-9]+', '.*\\.5', '[0-9]\\.[0-9]', '-.*', '\\+[0-9]'],
		facets: ['bounds', 'totalDigits', 'fractionDigits'],
	},
	{
		bases: ['xs:double', 'xs:float'],
		samples: [...WHOLE.slice(0, 20), '0.25', '1.5', '1e3', '2.5E1', '-4', 'INF'],
		patterns: ['[0-9]+', '[0-9]e[0-9]', '[0-9]+\\.[0-9]+', '-.*'],
		facets: ['bounds'],
	},
	{
		bases: ['xs:dateTime'],
		samples: [
			...times.map(printDateTime),
			'2026-12-02T00:00:00',
			'2026-12-02T12:00:00.5Z',
			'2026-12-03T01:00:00+01:00',
		],
		patterns: ['.*Z', '.*T00:00:00Z?', '.*:30:00Z', '2026-12-.*', '.*\\.[0-9]Z', '[^Z+]*'],
		facets: ['bounds'],
	},
	{
		bases: ['xs:date'],
		samples: dates,
		patterns: ['.*Z', '.*-01', '2026-12-0.*', '[0-9-]+', '.*-31'],
		facets: ['bounds'],
	},
	{
		bases: ['xs:time'],
		samples: times.map((at) => printDateTime(at).slice(11)),
		patterns: ['.*Z', '.*:00:00Z?', '1.*', '[^Z]*'],
		facets: ['bounds'],
	},
	{
		bases: ['xs:duration'],
		samples: [...times.map((_, index) => printDuration(index * 1800)), 'P1M', '-PT1H', 'PT0.5S', 'P1Y'],
		patterns: ['PT[0-9]+H', 'P[0-9]+D', 'PT[0-9]+M', 'P[1-9][0-9]*DT.*', 'PT.*', '.*M'],
		facets: ['bounds'],
	},
	{
		bases: ['xs:gYear'],
		samples: ['2024', '2025', '2026', '2030', '1999'],
		patterns: ['20.*', '.*0'],
		facets: ['bounds'],
	},
	{ bases: ['xs:gMonth'], samples: ['--01', '--06', '--12'], patterns: ['--0.', '.*2'], facets: ['bounds'] },
	{ bases: ['xs:gDay'], samples: ['---01', '---15', '---31'], patterns: ['.*1', '---[12].'], facets: ['bounds'] },
	{
		bases: ['xs:gMonthDay'],
		samples: ['--01-31', '--02-29', '--12-24'],
		patterns: ['.*1', '--12.*'],
		facets: ['bounds'],
	},
	{
		bases: ['xs:gYearMonth'],
		samples: ['2026-01', '2026-12', '2030-06'],
		patterns: ['.*1', '20.*'],
		facets: ['bounds'],
	},
	{
		bases: ['xs:string', 'xs:token', 'xs:normalizedString', ''],
		samples: [...words, 'a b', ' a'],
		patterns: [
			'[a-b]+',
			'(ab)*',
			'[a-z-[a]]*',
			'\\i\\c*',
			'.*b.*',
			'\\p{Lu}.*',
			'[^a]*',
			'.{2,4}',
			'\\w+-\\w+',
			'[0-9]+',
		],
		facets: ['lengths'],
	},
	{
		bases: ['xs:NCName', 'xs:Name', 'xs:NMTOKEN', 'xs:language', 'xs:anyURI'],
		samples: ['a', 'b', 'ab', 'abab', 'aB', 'a-b', 'abcdefgh', 'en-GB'],
		patterns: ['[a-b]+', '(ab)*', '.*b.*', '.{2,4}', '\\p{Lu}.*', '[a-z]+-[a-z]+'],
		facets: ['lengths'],
	},
	{
		bases: ['xs:hexBinary'],
		samples: ['', '00', 'ff', 'FF', 'a0b1', '000000', '0123456789abcdef'],
		patterns: ['[0-9]*', '.{4}', '[A-F0-9]+', '00.*'],
		facets: ['lengths'],
	},
	{
		bases: ['xs:base64Binary'],
		samples: ['', 'YWJj', 'YQ==', 'YWI=', 'YWJjYWJj'],
		patterns: ['[A-Za-z0-9]*', '.{4}', '.*='],
		facets: ['lengths'],
	},
	{ bases: ['xs:boolean'], samples: ['true', 'false', '1', '0'], patterns: ['0|1', 'true|false', 't.*'], facets: [] },
];
const JUNK = [
	'',
	'x',
	'many',
	'4 GB',
	'-7',
	'1e400',
	'2026-06-31',
	'2h',
	'P',
	'yes',
	'@#',
	'a:b',
	'0x1f',
	'  ',
	'ÀÉ',
	'😀',
];
const BOUNDS = ['minInclusive', 'minExclusive', 'maxInclusive', 'maxExclusive'];

function facetsOf({ samples, patterns, facets }: Kind): fc.Arbitrary<readonly Facet[]> {
	const count = fc.nat(6).map(String);
	const facet = (name: string, value: fc.Arbitrary<string>) => fc.option(value.map((text): Facet => [name, text]));
	const sample = fc.constantFrom(...samples);
	return fc
		.tuple(
			...(facets.includes('bounds') ? BOUNDS.map((name) => facet(name, sample)) : []),
			...(facets.includes('lengths') ? ['minLength', 'maxLength', 'length'].map((name) => facet(name, count)) : []),
			...(['totalDigits', 'fractionDigits'] as const)
				.filter((name) => facets.includes(name))
				.map((name) => facet(name, count)),
			...[0, 1].map(() => facet('pattern', fc.constantFrom(...patterns))),
			...[0, 1, 2].map(() => fc.option(facet('enumeration', sample), { freq: 1 })),
		)
		.map((all) => all.filter((each) => each !== null));
}

function restrictionOf(base: string, facets: readonly Facet[]): ValueRestriction | undefined {
	const written = facets.map(([name, value]) => `<xs:${name} value="${value}"></xs:${name}>`).join('');
	const content =
		base === '' ? written : `<xs:simpleType><xs:restriction base="${base}">${written}</xs:restriction></xs:simpleType>`;
	try {
		const [constraint] = template(item('//jsdl:JobName', content)).constraints;
		return constraint === undefined || 'condition' in constraint ? undefined : constraint.value;
	} catch {
		return undefined; // A bound that is none of the type, two that exclude each other.
	}
}

describe('a nearest value is told wherever one of the samples is allowed', () => {
	test.each(KINDS.map((kind) => [kind.bases.join(' '), kind] as const))('%s', (_name, kind) => {
		const said = fc.oneof(fc.constantFrom(...kind.samples), fc.constantFrom(...JUNK));
		let told = 0;
		fc.assert(
			fc.property(fc.constantFrom(...kind.bases), facetsOf(kind), said, (base, facets, text) => {
				const restriction = restrictionOf(base, facets);
				if (restriction === undefined) return;
				const budget = searchBudget();
				const fault = findValueFault(restriction, text, budget);
				if (fault === undefined) return;
				if (fault.nearest !== undefined) {
					told += 1;
					expect(isValueAllowed(restriction, fault.nearest)).toBe(true);
					expect(findValueFault(restriction, text)).toEqual(fault);
				} else expect(kind.samples.filter((each) => isValueAllowed(restriction, each))).toEqual([]);
			}),
			{ numRuns: 100 },
		);
		expect(told).toBeGreaterThan(4);
	});
});
