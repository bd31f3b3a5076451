/** What constraints say of the numbers of a grant, wherever in an offer these stand. */
import { expect, test } from 'vitest';
import { printRange } from '../../src/agreement/jsdl/range.ts';
import { admittedReader } from '../../src/agreement/offer/admitted.ts';
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
