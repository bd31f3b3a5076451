import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLocation } from '../../src/agreement/template/location.ts';
import { readProlog } from '../../src/agreement/template/location-prolog.ts';
import { selectLocation } from '../../src/agreement/template/location-selection.ts';
import { pathOf, qualifiedName, textOf, type XmlElement } from '../../src/xml/element.ts';
import { treeOf } from './documents.ts';

const SCOPE = {
	namespaces: new Map([
		['a', 'urn:a'],
		['b', 'urn:b'],
	]),
};

/** Everything in urn:a but `b:x`; `plain` has no namespace. */
const TREE = treeOf(
	`<a:r xmlns:a="urn:a" xmlns:b="urn:b"><a:s a:name="one" plain="p"><a:x>1</a:x><a:x>2</a:x><b:x>3</b:x></a:s><a:s a:name="two"><a:x>4</a:x><a:s a:name="inner"><a:x>5</a:x></a:s></a:s><plain>6</plain></a:r>`,
);

function select(text: string, root: XmlElement = TREE, budget = 10_000): string[] | undefined {
	const reading = parseLocation(text, SCOPE);
	if (!reading.ok) throw new Error(reading.why);
	const selected = selectLocation(root, reading.location, { remaining: budget });
	const index = {};
	for (const _ of selected === undefined ? [] : ['made', 'found']) {
		expect(selectLocation(root, reading.location, { remaining: 20_000 }, index)).toEqual(selected);
	}
	return selected?.selections.map(({ owner, attribute, isText }) => {
		if (attribute !== undefined) return `@${qualifiedName(attribute)}=${attribute.value}`;
		return `${isText ? 'text ' : ''}${textOf(owner)}` || qualifiedName(owner);
	});
}

function whyNot(text: string): string {
	const reading = parseLocation(text, SCOPE);
	return reading.ok ? '' : reading.why;
}

describe('what a Location selects', () => {
	test.each<[location: string, expected: string[]]>([
		['/a:r', ['a:r']],
		['/a:r/a:s/a:x', ['1', '2', '4']],
		['//a:x', ['1', '2', '4', '5']],
		['//b:x', ['3']],
		['/a:r//a:s//a:x', ['1', '2', '4', '5']],
		['//a:s/a:x[1]', ['1', '4', '5']],
		['//a:x[2]', ['2']],
		['//a:x[9]', []],
		['/a:r/a:s[2]/a:s/a:x', ['5']],
		["//a:s[@a:name='two']/a:x", ['4']],
		['//a:s[@a:name="one"]/a:x[2]', ['2']],
		["//a:s[a:x='2']/b:x", ['3']],
		["//a:s[a:x='4'][@a:name='two']/a:x", ['4']],
		["//a:s[@plain='p']/b:x", ['3']],
		["//a:s[@name='one']", []],
		['/a:r/*/a:x', ['1', '2', '4']],
		['/a:r/a:s[1]/b:*', ['3']],
		['//plain', ['6']],
		['/plain', []],
		['/a:r/@a:name', []],
		['//a:s/@a:name', ['@a:name=one', '@a:name=two', '@a:name=inner']],
		['//a:s/@plain', ['@plain=p']],
		['//a:s/@*', ['@a:name=one', '@plain=p', '@a:name=two', '@a:name=inner']],
		['//b:x/text()', ['text 3']],
		['//a:s/text()', []],
		['$this/a:r/plain', ['6']],
		["declare namespace q='urn:b';$this//q:x", ['3']],
		['declare namespace q="urn:b"; declare namespace p="urn:a";\n//p:s/q:x', ['3']],
		["declare namespace a='urn:b';//a:x", ['3']],
		["declare default element namespace 'urn:a';/r/s[@name='one']/x", []],
		["declare default element namespace 'urn:a'; /r/s[x='4']/x", ['4']],
		['declare default element namespace "urn:b"; $this//x', ['3']],
		["declare default element namespace 'urn:a'; declare namespace q='urn:b'; /r/s/q:x", ['3']],
		["declare namespace q='urn:b'; declare default element namespace 'urn:a'; //s[@plain='p']/q:*", ['3']],
		["declare default element namespace 'urn:b'; //*/@plain", ['@plain=p']],
		["declare default element namespace ''; //plain/text()", ['text 6']],
		["(: all :) declare namespace q='urn:b'; (: of (: two :) :)\n $this//q:x", ['3']],
		["(: it's :)//b:x(: last :)", ['3']],
		["//a:s[ (: the second :) @a:name = 'two' ] (: its :) /a:x", ['4']],
		["//a:s[@a:name='(: two :)']", []],
		['declare(: : :)namespace q="urn:b";//q:x', ['3']],
	])('%s', (location, expected) => {
		expect(select(location)?.toSorted()).toEqual(expected.toSorted());
	});

	test.each([
		["declare default element namespace 'urn:a'; $this/r", "declare default element namespace 'urn:a'; /r"],
		[`(: b :) declare default element namespace "it's"; //r`, `declare default element namespace "it's"; //r`],
		["declare namespace q='urn:b'; $this//q:x", '//q:x'],
	])('%s is shown with what it means something else without', (location, shown) => {
		const reading = parseLocation(location, SCOPE);
		expect(reading.ok && reading.location.text).toBe(shown);
	});

	test('where nothing is selected, the deepest element on the way is told', () => {
		const reading = parseLocation('/a:r/a:s/a:nothing/a:x', SCOPE);
		const selected = reading.ok ? selectLocation(TREE, reading.location, { remaining: 1000 }) : undefined;
		expect(pathOf(TREE, selected!.deepest!)).toBe('/a:r/a:s[1]');
	});
});

describe('the value of a child', () => {
	const tree = treeOf('<a:r xmlns:a="urn:a"><a:s><a:y>ab<a:z>c</a:z></a:y><a:x>1</a:x></a:s></a:r>');

	test('is all text in it and below it', () => {
		expect(select("//a:s[a:y='abc']/a:x", tree)).toEqual(['1']);
		expect(select("//a:s[a:y='ab']/a:x", tree)).toEqual([]);
	});
});

test('of any number of comments a Location is freed in a moment', () => {
	const begunMs = performance.now();
	const { path } = readProlog(`/${'a(: :)'.repeat(100_000)}`);
	expect(path).toBe(`/${Array(100_000).fill('a').join(' ')}`);
	expect(performance.now() - begunMs).toBeLessThan(2_000);
});

describe('what a Location may not be', () => {
	test.each<[name: string, location: string, why: RegExp]>([
		['a relative path', 'a:r/a:s', /must begin/],
		['nothing', '', /must begin/],
		['the document', '/', /not a step/],
		['a function', 'count(//*)', /must begin/],
		['a function as a predicate', '//a:x[position()=1]', /not a predicate/],
		['a comparison of numbers', '//a:x[a:y>1]', /not a predicate/],
		['a nested predicate', '//a:x[a:y[1]]', /not a predicate/],
		['an axis', '//a:x/preceding::a:x', /not a step/],
		['a parent', '//a:x/..', /not a step/],
		['a union', '//a:x|//b:x', /not a step/],
		['a prefix that is not declared', '//c:x', /prefix c/],
		['a step behind an attribute', '//a:s/@a:name/a:x', /not a step/],
		['an attribute of the document', '/@a:name', /nothing but the document/],
		['three descents', '//a:s//a:s//a:x', /more than 2/],
		['three predicates', '//a:s[1][1][1]', /at most 2/],
		['twenty-five steps', '/a:r'.repeat(25), /more than 24/],
		['more than 1024 characters', `/${'a'.repeat(1100)}`, /longer than 1024/],
		['an endless prolog', `declare namespace q='urn:b';`.repeat(200), /too long/],
		[
			'two default namespaces',
			"declare default element namespace 'urn:a';".repeat(2),
			/two default element namespaces/,
		],
		['another declaration', 'declare variable $a := 1; /a:r', /are understood, not "declare variable \$a := 1"/],
		['a version', 'xquery version "1.0"; /a:r', /not "xquery version "1.0""/],
		['a comment without an end', '//a:x (: and (: so :) on', /no end/],
		['a comment within a name', '//a:(: x :)x', /not a step/],
		['a comment between two names', '//a:x(: or :)a:y', /not a step/],
		['a comment between two strokes', '/(: any depth :)/a:x', /not a step/],
		['another variable', '$doc/a:r', /not with "\$doc\/a:r"/],
	])('%s', (_name, location, why) => {
		expect(whyNot(location)).toMatch(why);
	});

	test('no text takes long or throws', () => {
		const piece = fc.constantFrom(
			'/',
			'//',
			'a:x',
			'[',
			']',
			"'",
			'"',
			'@',
			'=',
			'1',
			'$this',
			'declare namespace ',
			';',
			' ',
			'*',
			'text()',
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 400 }), (pieces) => {
				const reading = parseLocation(pieces.join(''), SCOPE);
				if (reading.ok) selectLocation(TREE, reading.location, { remaining: 10_000 });
			}),
			{ numRuns: 300 },
		);
	});
});

describe('the budget of steps', () => {
	const wide = treeOf(`<a:r xmlns:a="urn:a">${'<a:s><a:x>1</a:x></a:s>'.repeat(20_000)}</a:r>`);

	test('a Location that looks at too much is given up', () => {
		expect(select('//a:s//a:x', wide, 10_000)).toBeUndefined();
		expect(select("//*[*='2']//*[*='2']", wide, 10_000)).toBeUndefined();
		expect(
			select('//a:s/@*', treeOf(`<a:r xmlns:a="urn:a">${'<a:s a:a="1" a:b="2"></a:s>'.repeat(100)}</a:r>`), 250),
		).toBeUndefined();
	});

	test('nested contexts are walked once', () => {
		const deep = treeOf(`<a:r xmlns:a="urn:a">${'<a:s>'.repeat(200)}<a:x>1</a:x>${'</a:s>'.repeat(200)}</a:r>`);
		// 201 elements twice over, not 200 + 199 + 198 + ...
		expect(select('//a:s//a:x', deep, 2000)).toEqual(['1']);
	});
});
