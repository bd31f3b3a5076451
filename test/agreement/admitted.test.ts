/** What constraints say of the numbers of a grant, wherever in an offer these stand. */
import { expect, test } from 'vitest';
import { printRange } from '../../src/agreement/jsdl/range.ts';
import { admittedReader, placesFinder } from '../../src/agreement/offer/admitted.ts';
import { admittedWays } from '../../src/agreement/offer/admitted-ways.ts';
import { checkBudget } from '../../src/agreement/template/check-budget.ts';
import { item, offer, requestOf, template, valueIn } from './documents.ts';

function restricted(base: string, facets: string): string {
	return `<xs:simpleType><xs:restriction base="xs:${base}">${facets}</xs:restriction></xs:simpleType>`;
}

test.each<[string, string, string, readonly string[]]>([
	[
		'a RangeValue',
		'//jsdl:IndividualCPUCount',
		restricted('double', '<xs:maxInclusive value="8"/>'),
		['cpuCount at most 8'],
	],
	[
		'the Exact within it',
		'//jsdl:TotalResourceCount/jsdl:Exact',
		restricted('integer', '<xs:enumeration value="2"/><xs:enumeration value="4"/>'),
		['machineCount 2 or 4'],
	],
	[
		'the end of the window',
		'//ws:Window/ws:EndTime',
		restricted('dateTime', '<xs:maxInclusive value="1970-01-01T01:00:00Z"/>'),
		['endAt at most 3600'],
	],
	[
		'its length',
		'//ws:Duration',
		restricted('duration', '<xs:minInclusive value="PT1H"/>'),
		['durationSeconds at least 3600'],
	],
	['the price', '//ws:Quote/ws:Price', restricted('decimal', '<xs:maxInclusive value="2.5"/>'), ['price at most 2.5']],
	['what the offer does not say', '//jsdl:DiskSpace', restricted('double', '<xs:minExclusive value="1"/>'), []],
	['a text', '//ws:Workspace/ws:Image', restricted('string', '<xs:enumeration value="guest"/>'), []],
	['an attribute', '//ws:Image/@digest', restricted('double', '<xs:maxInclusive value="8"/>'), []],
])('of %s', (_, location, constraint, expected) => {
	const { constraints } = template(item(location, constraint));
	const read = admittedReader(offer(), valueIn(requestOf()), { constraints: [] }, 'EUR');
	const found = constraints.flatMap((each) => read(each)).map(({ field, range }) => `${field} ${printRange(range)}`);
	expect(found).toEqual(expected);
});

test.each<[string, string, readonly string[]]>([
	['a comparison', '//jsdl:IndividualCPUCount <= 8', ['cpuCount at most 8']],
	['a constant before the Location', '2 * 4 > //jsdl:IndividualCPUCount', ['cpuCount less than 8']],
	[
		'two of them, and whatever is beside them',
		"//jsdl:IndividualCPUCount >= 2 and //ws:EndTime <= '1970-01-01T01:00:00Z' and exists(//jsdl:Resources)",
		['cpuCount at least 2', 'endAt at most 3600'],
	],
	['either value', '//jsdl:IndividualCPUCount = 2 or //jsdl:IndividualCPUCount = 4', ['cpuCount 2 or 4']],
	['what is denied', 'not //jsdl:IndividualCPUCount > 8', ['cpuCount at most 8']],
	['another value', "//ws:Duration != 'PT1H'", ['durationSeconds less than 3600 or more than 3600']],
	['the greatest of several', 'max(//jsdl:TotalResourceCount) < 4', ['machineCount less than 4']],
	['the greatest from below', 'max(//jsdl:TotalResourceCount) > 4', []],
	['a number where a time stands', '//ws:EndTime < 4', []],
	['two Locations', '//jsdl:IndividualCPUCount < //jsdl:TotalResourceCount', []],
	['either Location', '//jsdl:IndividualCPUCount = 2 or //jsdl:TotalResourceCount = 4', []],
])('of a condition, %s', (_, condition, expected) => {
	const text = condition.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
	const { constraints } = template(`<wsag:Constraint>${text}</wsag:Constraint>`);
	const read = admittedReader(offer(), valueIn(requestOf()), { constraints: [] }, 'EUR');
	const found = constraints.flatMap((each) => read(each)).map(({ field, range }) => `${field} ${printRange(range)}`);
	expect(found).toEqual(expected);
});

const CPUS = '//jsdl:IndividualCPUCount';
const COUNT = '//jsdl:TotalResourceCount';
const MEMORY = '//jsdl:IndividualPhysicalMemory';

/** The ways to keep to a condition. */
function waysOf(condition: string) {
	const text = condition.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
	const { constraints } = template(`<wsag:Constraint>${text}</wsag:Constraint>`);
	const places = placesFinder(offer(), valueIn(requestOf()), { constraints: [] }, 'EUR', checkBudget());
	return admittedWays(constraints[0]!, places);
}

const ONE_TO_33 = Array.from({ length: 33 }, (_, nth) => nth + 1);

test.each<[string, string, readonly string[]]>([
	['one', `${CPUS} <= 8`, ['cpuCount at most 8']],
	['either value of one Location', `${CPUS} = 2 or ${CPUS} = 4`, ['cpuCount 2 or 4']],
	['either Location', `${CPUS} = 2 or ${COUNT} = 4`, ['cpuCount 2', 'machineCount 4']],
	[
		'either Location beside another',
		`(${CPUS} = 2 or ${COUNT} = 4) and //ws:EndTime <= '1970-01-01T01:00:00Z'`,
		['cpuCount 2, endAt at most 3600', 'machineCount 4, endAt at most 3600'],
	],
	['not both', `not (${CPUS} > 2 and ${COUNT} > 4)`, ['cpuCount at most 2', 'machineCount at most 4']],
	['one that is not known', `${CPUS} = 2 or ${CPUS} = ${COUNT}`, ['cpuCount 2', '']],
	[
		'more than are listed',
		ONE_TO_33.map((each) => `${CPUS} = ${each} or ${COUNT} = ${each}`).join(' or '),
		[...ONE_TO_33.slice(0, 32).flatMap((each) => [`cpuCount ${each}`, `machineCount ${each}`]), ''],
	],
])('ways of a condition, %s', (_, condition, expected) => {
	const ways = waysOf(condition).map(({ ranges }) =>
		ranges.map(({ field, range }) => `${field} ${printRange(range)}`).join(', '),
	);
	expect(ways).toEqual(expected);
});

test.each<[string, string, number, readonly number[], string | undefined]>([
	['a sum', `${COUNT} + ${CPUS} = 5`, 1, [2, 0], '3'],
	['the other way round', `${COUNT} + ${CPUS} = 5`, 0, [0, 1], '4'],
	['a product', `${COUNT} * ${CPUS} <= 9`, 1, [3, 0], 'at most 3'],
	['a multiple', `${MEMORY} >= 1024 * ${CPUS}`, 0, [0, 4], 'at least 4096'],
	['a multiple from below', `${MEMORY} >= 1024 * ${CPUS}`, 1, [4096, 0], 'at most 4'],
	['a square, which is no straight line', `${CPUS} * ${CPUS} = ${COUNT}`, 0, [0, 4], undefined],
	['what a square comes to', `${CPUS} * ${CPUS} = ${COUNT}`, 1, [3, 0], '9'],
	['a product of two of three', `${CPUS} * ${COUNT} = ${MEMORY}`, 2, [2, 3, 0], '6'],
	['a product of three', `${CPUS} * ${COUNT} * ${MEMORY} = 24`, 0, [0, 3, 2], '4'],
	['a quotient', `${CPUS} div ${COUNT} = ${MEMORY}`, 0, [0, 3, 2], '6'],
	['what is divided by, which is no straight line', `${CPUS} div ${COUNT} = ${MEMORY}`, 1, [6, 0, 2], undefined],
	['a sum of one', `sum(${CPUS}) <= 4`, 0, [0], 'at most 4'],
])('what fits the other values, by %s', (_, condition, position, values, expected) => {
	const [way] = waysOf(condition);
	const range = way!.couplings[0]!.admits(position, values);
	expect(range && printRange(range)).toBe(expected);
});

test('a Location that stands for several values says the same of each, and a sum of all of them', () => {
	const couplings = (condition: string) => {
		return waysOf(condition)[0]!.couplings.map(({ places }) => places.map(({ field }) => field));
	};
	const ALL = '//jsdl:Resources/*';
	const fields = couplings(`sum(${ALL}) <= 8`);
	expect(fields).toEqual([expect.arrayContaining(['cpuCount', 'memoryBytes', 'machineCount'])]);
	expect(couplings(`${ALL} >= //ws:Price`)).toEqual(fields[0]!.map((field) => [field, 'price']));
	expect(couplings(`${ALL} + sum(${ALL}) <= 8`)).toEqual([]);
	expect(couplings(`max(${ALL}) <= ${COUNT}`)).toEqual([]);
});

test.each([
	['one value', `${CPUS} <= 8`],
	['what is no value of a grant', `${CPUS} = //wsag:AgreementInitiator`],
])('a condition about %s couples nothing', (_, condition) => {
	expect(waysOf(condition).flatMap(({ couplings }) => couplings)).toEqual([]);
});
