/** Queries of resource properties: what of XPath is understood, what it means, and what it may cost. */
import { describe, expect, test } from 'vitest';
import { selectLocation } from '../../src/agreement/template/location-selection.ts';
import { evaluateQuery, parseQuery } from '../../src/api/soap/query.ts';
import { textOf, type XmlElement } from '../../src/xml/element.ts';
import { treeOf } from '../agreement/documents.ts';
import { cpuMs } from '../cpu-time.ts';

const SCOPE = {
	namespaces: new Map([
		['a', 'urn:a'],
		['b', 'urn:b'],
	]),
};
const TREE = treeOf(
	'<a:r xmlns:a="urn:a" xmlns:b="urn:b"><a:n a:k="one">1</a:n><a:n a:k="two"> 2.50 </a:n><b:n>x</b:n><a:g><a:s>up<a:t>!</a:t></a:s></a:g></a:r>',
);

/** Of nodes their texts; of anything else the one text that is sent. */
function ask(text: string, root: XmlElement = TREE, budget = 1_000): readonly string[] | string | undefined {
	const reading = parseQuery(text, SCOPE);
	if (!reading.ok) throw new Error(reading.why);
	const { expression } = reading;
	if (expression.kind !== 'path') return evaluateQuery(root, expression, { remaining: budget });
	const selected = selectLocation(root, expression.location, { remaining: budget });
	return selected?.selections.map(({ owner, attribute }) => attribute?.value ?? textOf(owner));
}

describe('a query', () => {
	test.each<[query: string, answer: readonly string[] | string]>([
		['/a:r/a:n', ['1', ' 2.50 ']],
		['/*/a:n', ['1', ' 2.50 ']],
		['a:n', ['1', ' 2.50 ']],
		['./a:n[2]', [' 2.50 ']],
		['.//a:t', ['!']],
		['//a:t', ['!']],
		["a:n[@a:k='two']", [' 2.50 ']],
		['a:n/@a:k', ['one', 'two']],
		["//*[local-name()='n']", ['1', ' 2.50 ', 'x']],
		['/*/*[ local-name() = "n" ][3]', ['x']],
		['count(a:n)', '2'],
		['count( //nothing )', '0'],
		['count(.)', '1'],
		['count(/)', '1'],
		['string(a:g)', 'up!'],
		['string(nothing)', ''],
		['number(a:n[2])', '2.5'],
		['number(b:n)', 'NaN'],
		['boolean(a:n)', 'true'],
		['boolean(nothing)', 'false'],
		['not(a:n)', 'false'],
		['not(boolean(nothing))', 'true'],
		['boolean(count(nothing))', 'false'],
		["boolean('')", 'false'],
		['boolean(number(b:n))', 'false'],
		['a:n = 1', 'true'],
		["a:n = '1'", 'true'],
		["a:n = '2.5'", 'false'],
		['a:n = 2.5', 'true'],
		['a:n != 1', 'true'],
		['b:n != 1', 'true'],
		['nothing = nothing', 'false'],
		['a:n > 2', 'true'],
		['a:n >= 2.6', 'false'],
		['count(a:n) < 3', 'true'],
		['count(a:n) <= 1.', 'false'],
		['count(a:n) > count(b:n)', 'true'],
		['count(a:n)=count(//a:n)', 'true'],
		["boolean(a:n[@a:k='=>(']) ", 'false'],
		["not(b:n = 'x')", 'false'],
		["'a' < 'b'", 'false'],
		['a:n = b:n', 'false'],
	])('%s is %j', (query, answer) => {
		expect(ask(query)).toEqual(answer);
	});

	test.each([
		['a function', 'sum(a:n)', '"sum(a:n)" is no path'],
		['a function of XPath 2.0', 'boolean(exists(a:n))', '"exists(a:n)" is no path'],
		['a condition', 'a:n and b:n', '" and b:n" is not a step of the restricted grammar'],
		['two comparisons', 'a:n = 1 = 1', 'is not a step'],
		['an axis', '/a:r/child::a:n', '"::a:n" is not a step'],
		['a parent', '//a:n/..', '"/.." is not a step'],
		['a union', 'a:n | b:n', '" | b:n" is not a step'],
		['a prefix that nobody declared', 'c:n', 'the prefix c is not declared'],
		['a prefix of ours', 'count(in-any-namespace:n', 'is no path'],
		['too many //', '//a:n//a:n//a:n', 'it has more than 2 //'],
		['nothing', '', 'is not a step'],
		['half a literal', "a:n = 'x", 'is not a step'],
		['a length beyond any need', `a:n = '${'x'.repeat(3_000)}'`, 'it is longer than 2048 characters'],
	])('with %s is not understood', (_, query, why) => {
		const reading = parseQuery(query, SCOPE);
		expect(reading.ok ? 'understood' : reading.why).toContain(why);
	});

	test.each(['a:n/@a:k = a:n', 'string(/)', 'boolean(//a:n)', 'count(//*) > 1'])(
		'%s has an end where the budget has',
		(query) => {
			expect(ask(query, TREE, 5)).toBeUndefined();
			expect(ask(query)).toBeDefined();
		},
	);

	test('that compares all with all is given up at once', () => {
		const wide = treeOf(`<r>${'<n>1</n>'.repeat(3_000)}</r>`);
		const began = cpuMs();
		expect(ask('//n != //n', wide, 50_000)).toBeUndefined();
		expect(cpuMs() - began).toBeLessThan(500);
	});
});
