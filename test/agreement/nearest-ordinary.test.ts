/** Whatever ordinary templates and offers have: every violation tells where, what was found, what is allowed and what would do. */
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { exact, facet, free, item, offer, template } from './documents.ts';

const typed = (base: string, ...facets: readonly string[]) =>
	`<xs:simpleType><xs:restriction base="${base}">${facets.join('')}</xs:restriction></xs:simpleType>`;
const range = (name: string, lower: number, upper: number) =>
	`<jsdl:${name}><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></jsdl:${name}>`;
const CPUS = '//jsdl:IndividualCPUCount';
const COUNT = '//jsdl:TotalResourceCount';
/** Of a number that need not be whole. */
const AMOUNT = '//jsdl:IndividualDiskSpace/jsdl:Exact';

const NUMBERS = ['-5', '0', '4', '12', '4.5', '1e3', 'INF', 'NaN', 'four', '', '4 GB', '9'.repeat(21), '0.1'];
const FACETS_OF_NUMBERS = [
	facet('maxInclusive', '3'),
	facet('minExclusive', '4') + facet('maxInclusive', '16'),
	facet('minInclusive', '1'),
	facet('enumeration', '1') + facet('enumeration', '2'),
	facet('pattern', '[0-9]{2}'),
	facet('totalDigits', '1'),
	facet('fractionDigits', '0'),
	facet('length', '3'),
];
const BASES = [
	...['integer', 'decimal', 'double', 'positiveInteger', 'string', 'token', 'boolean', 'dateTime', 'date', 'time'],
	...['duration', 'QName', 'anyURI', 'NMTOKEN', 'NCName', 'language', 'hexBinary', 'base64Binary'],
	...['gYear', 'gYearMonth', 'gMonth', 'gMonthDay', 'gDay'],
];
const TEXTS = [
	...[
		'2026-12-01T00:00:00Z',
		'2026-12-01',
		'12:00:00',
		'tomorrow',
		'2026-13-40T99:00:00Z',
		'2h',
		'PT3H',
		'P1M',
		'true',
	],
	...['yes', 'x:y', 'a b', 'ab', 'DE-de-1996', 'AB1', '10.0.0.1', 'http://x y'],
];
const OF_TEXTS: readonly (readonly [base: string, facets: string])[] = [
	['dateTime', facet('minInclusive', '2026-12-24T00:00:00Z')],
	['dateTime', facet('maxExclusive', '2026-01-01T00:00:00+01:00')],
	['date', facet('maxInclusive', '2026-11-30')],
	['time', facet('minInclusive', '13:00:00')],
	['duration', facet('maxInclusive', 'PT2H')],
	['duration', facet('minExclusive', 'PT4H')],
	['boolean', facet('pattern', 'false')],
	['QName', facet('enumeration', 'jsdl:Exact')],
	['string', facet('pattern', '[A-Z]{2,4}')],
	['string', facet('minLength', '30')],
	['string', facet('maxLength', '1')],
	['anyURI', facet('pattern', 'https://.*')],
	['language', facet('enumeration', 'en') + facet('enumeration', 'fr')],
	['hexBinary', facet('length', '3')],
	['NMTOKENS', facet('length', '3')],
	['normalizedString', facet('pattern', 'img-[0-9]{3}')],
];
const CONDITIONS = [
	...[`${CPUS} * ${COUNT} <= 64`, `${CPUS} * ${COUNT} = 64`, `${CPUS} <= 2 * ${COUNT}`, `${CPUS} + ${COUNT} < 10`],
	...[`${CPUS} div ${COUNT} <= 2`, 'count(//jsdl:Exact) <= 1', 'exists(//jsdl:TotalDiskSpace)', `not exists(${CPUS})`],
	...['sum(//jsdl:Exact) <= 10', 'max(//jsdl:Exact) < 8', 'min(//jsdl:Exact) >= 10', `${CPUS} != ${COUNT}`],
	...[`${CPUS} = ${COUNT}`, '//jsdl:Exact = 5', `${CPUS} = 1 or ${CPUS} = 2`, `not (${CPUS} > 8 or ${COUNT} > 8)`],
	...[`(${CPUS} <= 4 and ${COUNT} <= 4) or (${CPUS} <= 8 and ${COUNT} = 1)`, '//jsdl:TotalCPUTime <= 5'],
	...[`${CPUS} * ${CPUS} <= 50`, "//jsdl:JobName = 'big'", '//ws:EndTime > //ws:StartTime', "//wsag:Name = 'x'"],
	...[`count(${COUNT}) * 2 = count(${CPUS}) + 3`, `not exists(//jsdl:Exact) or ${CPUS} < 3`],
	...[`${CPUS} * ${COUNT} * ${COUNT} >= 1000 and ${CPUS} <= 4`, `${CPUS} > ${COUNT} and ${COUNT} > 50`],
	`${Array(9).fill(CPUS).join(' * ')} <= 512`,
];
const both = (cpus: number | string, count: number | string) =>
	exact('IndividualCPUCount', cpus) + exact('TotalResourceCount', count);
const RESOURCES = [
	...[both(12, 20), both(100, 100), both(4.5, 3), both(0, 0), both('many', 7), ''],
	range('IndividualCPUCount', 2, 40) + range('TotalResourceCount', 1, 30),
];

/** How many violations there are, each of which tells everything. */
function toldInFull(content: string, resources: string): number {
	const { constraints } = template(content);
	expect(constraints.length, content).toBeGreaterThan(0);
	const violations = checkConstraints(offer({ resources }), { constraints });
	for (const { path, found, allowed, nearest, near, message } of violations) {
		expect([path, found, allowed].includes(undefined), message).toBe(false);
		expect(path, message).not.toBe('');
		expect(allowed, message).not.toBe('');
		expect(nearest ?? near, message).toBeDefined();
	}
	return violations.length;
}

describe('tells everything', () => {
	test.each(NUMBERS)('of %s', (value) => {
		const resources = exact('IndividualDiskSpace', value);
		let told = 0;
		for (const facets of FACETS_OF_NUMBERS) told += toldInFull(item(AMOUNT, facets), resources);
		for (const base of BASES) told += toldInFull(item(AMOUNT, typed(`xs:${base}`)), resources);
		expect(told).toBeGreaterThan(8);
	});

	test.each(TEXTS)('of %s', (value) => {
		let told = 0;
		for (const [base, facets] of OF_TEXTS) {
			told += toldInFull(item(AMOUNT, typed(`xs:${base}`, facets)), exact('IndividualDiskSpace', value));
		}
		expect(told).toBeGreaterThan(8);
	});

	test.each(CONDITIONS)('of %s', (condition) => {
		const told = RESOURCES.reduce((sum, resources) => sum + toldInFull(free(condition), resources), 0);
		expect(told).toBeGreaterThan(0);
	});

	test('or that there was not the time', () => {
		const { constraints } = template(item(AMOUNT, typed('xs:integer', facet('maxInclusive', '3'))));
		const budget = { remaining: 100_000, search: { remaining: 1 } };
		const [violation] = checkConstraints(
			offer({ resources: exact('IndividualDiskSpace', 12) }),
			{ constraints },
			budget,
		);
		expect(violation!.nearest ?? violation!.near).toBeUndefined();
		expect(violation!.message).toContain('There was not the time');
	});
});
