import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOfRoot, placesWithin } from '../../src/agreement/document.ts';
import { JSDL } from '../../src/agreement/names.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import type { NameTest } from '../../src/agreement/template/location.ts';
import { readParticle } from '../../src/agreement/template/particle-reader.ts';
import {
	type ChildrenFault,
	describeParticle,
	findChildrenFaults,
	type Particle,
} from '../../src/agreement/template/particles.ts';
import type { DocumentIssue } from '../../src/xml/element.ts';
import { item, offer, template, treeOf } from './documents.ts';

const RESOURCES = { namespace: JSDL, localName: 'Resources' };

function group(
	xml: string,
	parent: NameTest = RESOURCES,
): { readonly particle: Particle; readonly issues: readonly DocumentIssue[] } {
	const issues: DocumentIssue[] = [];
	const [place] = placesWithin(placeOfRoot(treeOf(`<wsag:ItemConstraint>${xml}</wsag:ItemConstraint>`)));
	return { particle: readParticle(place!, issues, parent)!, issues };
}

function fault(xml: string, children: string, budget = 100_000): ChildrenFault | undefined {
	return faults(xml, children, budget)[0];
}

function faults(xml: string, children: string, budget = 100_000): readonly ChildrenFault[] {
	return findChildrenFaults(group(xml).particle, treeOf(`<jsdl:Resources>${children}</jsdl:Resources>`), {
		remaining: budget,
	});
}

/** `ab?` is children a, b, and one of the foreign x. */
function children(names: string): string {
	return Array.from(names, (name) => (name === 'x' ? '<x:x></x:x>' : `<jsdl:${name}></jsdl:${name}>`)).join('');
}

const E = (name: string, occurs = ''): string => `<xs:element name="${name}" ${occurs}></xs:element>`;
const OPTIONAL = 'minOccurs="0"';
const MANY = 'minOccurs="0" maxOccurs="unbounded"';

describe('the children that a model group admits', () => {
	test.each<[name: string, xml: string, fitting: string[], other: string[]]>([
		['a sequence', `<xs:sequence>${E('a')}${E('b')}</xs:sequence>`, ['ab'], ['', 'a', 'ba', 'abb', 'xab']],
		[
			'optional and repeated elements',
			`<xs:sequence>${E('a', OPTIONAL)}${E('b', MANY)}</xs:sequence>`,
			['', 'a', 'b', 'abbb'],
			['aa', 'ba'],
		],
		[
			'an exact number',
			`<xs:sequence>${E('a', 'minOccurs="2" maxOccurs="3"')}</xs:sequence>`,
			['aa', 'aaa'],
			['a', 'aaaa'],
		],
		[
			'an element that may not be there',
			`<xs:sequence>${E('a', 'minOccurs="0" maxOccurs="0"')}${E('b')}</xs:sequence>`,
			['b'],
			['ab'],
		],
		['a choice', `<xs:choice>${E('a')}${E('b')}</xs:choice>`, ['a', 'b'], ['', 'ab']],
		[
			'a repeated choice',
			`<xs:choice maxOccurs="2">${E('a')}${E('b', 'minOccurs="0" maxOccurs="0"')}</xs:choice>`,
			['a', 'aa'],
			['', 'b', 'aaa', 'ab'],
		],
		['a choice of nothing', `<xs:choice>${E('a', 'minOccurs="0" maxOccurs="0"')}</xs:choice>`, [], ['', 'a']],
		[
			'all in any order',
			`<xs:all>${E('a')}${E('b', OPTIONAL)}${E('c')}</xs:all>`,
			['ac', 'ca', 'bca', 'cab'],
			['', 'a', 'aca', 'bc'],
		],
		[
			'groups within groups',
			`<xs:sequence><xs:choice ${MANY}>${E('a')}<xs:sequence>${E('b')}${E('c')}</xs:sequence></xs:choice>${E('a')}</xs:sequence>`,
			['a', 'bca', 'aabca'],
			['ba', 'bc'],
		],
		[
			'an ambiguous group',
			`<xs:sequence>${E('a', MANY)}${E('a')}${E('b', OPTIONAL)}</xs:sequence>`,
			['a', 'aaa', 'aab'],
			['', 'b'],
		],
		[
			'a group that may be empty, many times',
			`<xs:sequence minOccurs="5" maxOccurs="5">${E('a', OPTIONAL)}</xs:sequence>`,
			['', 'a', 'aaaaa'],
			['aaaaaa'],
		],
		[
			'a group that may be empty, without end',
			`<xs:sequence ${MANY}>${E('a', OPTIONAL)}</xs:sequence>`,
			['', 'aaaa'],
			['b'],
		],
		[
			'any element',
			'<xs:sequence><xs:any/></xs:sequence>'.replace('<xs:any/>', '<xs:any></xs:any>'),
			['a', 'x'],
			['', 'ax'],
		],
		[
			'any foreign element',
			`<xs:sequence>${E('a')}<xs:any namespace="##other" ${MANY}></xs:any></xs:sequence>`,
			['a', 'axx'],
			['ab', 'ax b'.replace(' ', '')],
		],
		[
			'any element of listed namespaces',
			'<xs:sequence><xs:any namespace="urn:example:x ##local"></xs:any></xs:sequence>',
			['x'],
			['a'],
		],
		[
			'any element of the own namespace',
			'<xs:sequence><xs:any namespace="##targetNamespace"></xs:any></xs:sequence>',
			['a'],
			['x'],
		],
		['a reference', '<xs:sequence><xs:element ref="x:x"></xs:element></xs:sequence>', ['x'], ['a']],
		[
			'an annotation is for people',
			`<xs:sequence><xs:annotation><xs:documentation>text</xs:documentation></xs:annotation>${E('a')}</xs:sequence>`,
			['a'],
			[''],
		],
	])('%s', (_name, xml, fitting, other) => {
		expect(group(xml).issues).toEqual([]);
		for (const names of fitting) expect(fault(xml, children(names)), `"${names}" fits`).toBeUndefined();
		for (const names of other) expect(fault(xml, children(names)), `"${names}" does not fit`).toBeDefined();
	});

	test('the first child that does not fit is named, with what could stand there', () => {
		const xml = `<xs:sequence>${E('a')}<xs:choice>${E('b')}${E('c')}</xs:choice></xs:sequence>`;
		expect(fault(xml, children('ad'))).toMatchObject({ child: { localName: 'd' }, found: 'jsdl:d', allowed: 'b or c' });
		expect(fault(xml, children('a'))).toMatchObject({ found: 'nothing', allowed: 'b or c' });
		expect(fault(xml, children('abc'))).toMatchObject({ found: 'jsdl:c', allowed: 'no further element' });
	});

	test('text between the children fits nowhere, white space does', () => {
		const xml = `<xs:sequence>${E('a')}</xs:sequence>`;
		expect(fault(xml, ` \n${children('a')} `)).toBeUndefined();
		expect(fault(xml, `words${children('a')}`)?.found).toBe('words');
	});

	test('values of elements with a simple type are checked', () => {
		const xml =
			'<xs:sequence><xs:element name="a" type="xs:int"></xs:element><xs:element name="b"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="yes"></xs:enumeration></xs:restriction></xs:simpleType></xs:element></xs:sequence>';
		expect(fault(xml, '<jsdl:a>4</jsdl:a><jsdl:b>yes</jsdl:b>')).toBeUndefined();
		expect(fault(xml, '<jsdl:a>x</jsdl:a><jsdl:b>yes</jsdl:b>')).toMatchObject({
			found: 'x',
			child: { localName: 'a' },
		});
		expect(fault(xml, '<jsdl:a>4</jsdl:a><jsdl:b>no</jsdl:b>')).toMatchObject({
			found: 'no',
			child: { localName: 'b' },
			nearest: 'yes',
		});
	});

	test('are all told of that are wrong, in order and in value', () => {
		const xml =
			'<xs:sequence><xs:element name="a" type="xs:int"></xs:element><xs:element name="b" type="xs:int"></xs:element></xs:sequence>';
		const found = faults(xml, 'words<jsdl:a>x</jsdl:a><jsdl:c></jsdl:c><jsdl:b>y</jsdl:b>');
		expect(found.map((each) => each.found)).toEqual(['words', 'jsdl:c', 'x', 'y']);
		expect(faults(xml, '<jsdl:a>x</jsdl:a><jsdl:b>4</jsdl:b>').map((each) => each.found)).toEqual(['x']);
	});

	test('of which a type is simple may hold no elements', () => {
		const xml = '<xs:sequence><xs:element name="a" type="xs:int"></xs:element></xs:sequence>';
		expect(fault(xml, '<jsdl:a><jsdl:b>4</jsdl:b></jsdl:a>')).toMatchObject({ found: 'elements', allowed: 'int' });
	});

	test('a group agrees with the regular expression that it is', () => {
		const letter = fc.constantFrom('a', 'b', 'c');
		const occurs = fc.constantFrom<[xsd: string, regex: string]>(
			['', ''],
			[OPTIONAL, '?'],
			[MANY, '*'],
			['maxOccurs="unbounded"', '+'],
			['minOccurs="2" maxOccurs="3"', '{2,3}'],
		);
		const model = fc.letrec<{ node: [xsd: string, regex: string] }>((tie) => ({
			node: fc.oneof(
				{ depthSize: 'small' },
				fc.tuple(letter, occurs).map(([name, [xsd, regex]]): [string, string] => [E(name, xsd), `${name}${regex}`]),
				fc
					.tuple(fc.constantFrom('sequence', 'choice'), fc.array(tie('node'), { minLength: 1, maxLength: 3 }), occurs)
					.map(([kind, inner, [xsd, regex]]): [string, string] => [
						`<xs:${kind} ${xsd}>${inner.map(([text]) => text).join('')}</xs:${kind}>`,
						`(?:${inner.map(([, text]) => text).join(kind === 'choice' ? '|' : '')})${regex}`,
					]),
			),
		})).node;
		fc.assert(
			fc.property(model, fc.string({ unit: letter, maxLength: 7 }), ([xsd, regex], names) => {
				const fits = fault(`<xs:sequence>${xsd}</xs:sequence>`, children(names)) === undefined;
				expect(fits).toBe(new RegExp(`^(?:${regex})$`).test(names));
			}),
			{ numRuns: 500 },
		);
	});

	test('comparisons are counted', () => {
		const budget = { remaining: 50 };
		const { particle } = group(`<xs:sequence>${E('a', MANY)}</xs:sequence>`);
		findChildrenFaults(particle, treeOf(`<jsdl:Resources>${children('a'.repeat(100))}</jsdl:Resources>`), budget);
		expect(budget.remaining).toBeLessThan(0);
	});

	test.each([
		['##any', 'any element'],
		['##other', 'any element of another namespace than http://schemas.ggf.org/jsdl/2005/11/jsdl'],
		['urn:z ##local', 'any element of urn:z or without a namespace'],
		['##targetNamespace', 'any element of http://schemas.ggf.org/jsdl/2005/11/jsdl'],
	])('a wildcard of %s is named by its namespaces where nothing stands', (namespaces, allowed) => {
		const { particle } = group(`<xs:sequence><xs:any namespace="${namespaces}"></xs:any></xs:sequence>`);
		const [fault] = findChildrenFaults(particle, treeOf('<jsdl:Resources></jsdl:Resources>'), { remaining: 1000 });
		expect(fault).toMatchObject({ allowed, why: `${allowed} is missing` });
	});

	test('what a group wants can be said in a line', () => {
		const xml = `<xs:sequence>${E('a')}<xs:choice minOccurs="0">${E('b')}${E('c', MANY)}</xs:choice><xs:any maxOccurs="3"></xs:any></xs:sequence>`;
		expect(describeParticle(group(xml).particle)).toBe('(a, (b | c*)?, any element{1,3})');
	});
});

describe('what of XML Schema is refused, by name', () => {
	test.each<[xml: string, named: string, isNone?: 'not of XML Schema']>([
		['<xs:group ref="x:g"></xs:group>', 'xs:group'],
		[`<xs:sequence><xs:group ref="x:g"></xs:group></xs:sequence>`, 'xs:group'],
		[
			'<xs:sequence><xs:element name="a"><xs:complexType><xs:complexContent><xs:restriction base="jsdl:Resources_Type"></xs:restriction></xs:complexContent></xs:complexType></xs:element></xs:sequence>',
			'xs:anyType only',
		],
		[
			'<xs:sequence><xs:element name="a"><xs:complexType><xs:complexContent><xs:extension base="xs:anyType"><xs:sequence></xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:element></xs:sequence>',
			'could be told from it',
		],
		[
			'<xs:sequence><xs:element name="a"><xs:complexType><xs:attributeGroup ref="x:g"></xs:attributeGroup></xs:complexType></xs:element></xs:sequence>',
			'there is no schema that it could name one of',
		],
		['<xs:sequence><xs:element name="a"><xs:key name="k"></xs:key></xs:element></xs:sequence>', 'xs:key'],
		[
			'<xs:sequence><xs:element name="a" type="xs:int" fixed="x"></xs:element></xs:sequence>',
			'fixed',
			'not of XML Schema',
		],
		[
			'<xs:sequence><xs:element name="a" type="xs:int" default="x"></xs:element></xs:sequence>',
			'default',
			'not of XML Schema',
		],
		['<xs:sequence><xs:element ref="x:a" nillable="true"></xs:element></xs:sequence>', 'nillable', 'not of XML Schema'],
		['<xs:sequence><xs:element name="a" form="unqualified"></xs:element></xs:sequence>', 'form'],
		['<xs:sequence><xs:element name="a" type="x:T"></xs:element></xs:sequence>', 'x:T'],
		[
			'<xs:sequence><xs:element name="a" type="xs:century"></xs:element></xs:sequence>',
			'xs:century',
			'not of XML Schema',
		],
		['<xs:sequence><xs:element></xs:element></xs:sequence>', 'name or a ref', 'not of XML Schema'],
		[
			'<xs:sequence><xs:element name="a" type="xs:int"></xs:element><xs:choice><xs:element name="a" type="xs:date"></xs:element></xs:choice></xs:sequence>',
			'one type',
			'not of XML Schema',
		],
		['<xs:sequence><xs:element ref="nope:a"></xs:element></xs:sequence>', 'prefix nope', 'not of XML Schema'],
		['<xs:sequence><xs:element name="a" minOccurs="-1"></xs:element></xs:sequence>', 'minOccurs', 'not of XML Schema'],
	])('%s', (xml, named, isNone) => {
		const { issues } = group(xml);
		const code = isNone === undefined ? 'CONSTRAINT_UNSUPPORTED' : 'CONSTRAINT_MALFORMED';
		expect(issues.map((issue) => issue.code)).toContain(code);
		expect(issues[0]?.message).toContain(named);
	});

	test.each([
		'<xs:sequence><xs:element name="a" type="jsdl:Resources_Type"></xs:element></xs:sequence>',
		'<xs:sequence><xs:element name="a" type="wsag:TermCompositorType"></xs:element></xs:sequence>',
		'<xs:sequence><xs:element name="a" type="xs:anyType" form="qualified"></xs:element></xs:sequence>',
	])('a type that the gate has checked already is taken: %s', (xml) => {
		expect(group(xml).issues).toEqual([]);
	});
});

describe('the type of an element that vocabularies know', () => {
	const range = '<xs:sequence><xs:element name="a" type="jsdl:RangeValue_Type"></xs:element></xs:sequence>';
	const by = (ref: string) => `<xs:sequence><xs:element ref="${ref}"></xs:element></xs:sequence>`;
	test.each<[xml: string, children: string, why: string | undefined]>([
		[range, '<jsdl:a><jsdl:Exact>2</jsdl:Exact></jsdl:a>', undefined],
		[range, '<jsdl:a></jsdl:a>', undefined],
		[range, '<jsdl:a>2</jsdl:a>', 'it is no RangeValue'],
		[range, '<jsdl:a><jsdl:Least>2</jsdl:Least></jsdl:a>', 'it is no RangeValue'],
		[range, '<jsdl:a><jsdl:Exact>q</jsdl:Exact></jsdl:a>', 'it is a RangeValue with a part that cannot be read'],
		[by('jsdl:DiskSpace'), '<jsdl:DiskSpace>2</jsdl:DiskSpace>', 'it is no RangeValue'],
		[by('jsdl:Exact'), '<jsdl:Exact>2</jsdl:Exact>', undefined],
		[by('jsdl:Exact'), '<jsdl:Exact>q</jsdl:Exact>', 'it is no double'],
		[
			by('jsdl:CreationFlag'),
			'<jsdl:CreationFlag>Append</jsdl:CreationFlag>',
			'it is not one of overwrite, append, dontOverwrite',
		],
		[by('ws:Label'), '<ws:Label>anything</ws:Label>', undefined],
		[by('x:x'), '<x:x>anything</x:x>', undefined],
		// By its schema an Exact has an epsilon; an element that the group declares has what its type says.
		[by('jsdl:Exact'), '<jsdl:Exact epsilon="1">2</jsdl:Exact>', undefined],
		[
			'<xs:sequence><xs:element name="Exact" type="xs:double"></xs:element></xs:sequence>',
			'<jsdl:Exact epsilon="1">2</jsdl:Exact>',
			'this attribute may not stand here',
		],
	])('%s with %s', (xml, content, why) => {
		expect(group(xml).issues).toEqual([]);
		expect(faults(xml, content).map((each) => each.why)).toEqual(why === undefined ? [] : [why]);
	});

	test.each<[xml: string, parent: NameTest, isRefused: boolean]>([
		[by('jsdl:FileSystem'), RESOURCES, false],
		[by('jsdl:FileSystem'), { namespace: 'urn:example:x', localName: 'v' }, true],
		[by('jsdl:JobDefinition'), { namespace: 'urn:example:x', localName: 'v' }, false],
		[range.replace('RangeValue_Type', 'Resources_Type'), { namespace: 'urn:example:x', localName: 'v' }, true],
		[range.replace('RangeValue_Type', 'Resources_Type'), { namespace: '*', localName: '*' }, true],
		[range, { namespace: 'urn:example:x', localName: 'v' }, false],
	])('is refused where nobody looks at it: %s in %j, %s', (xml, parent, isRefused) => {
		expect(group(xml, parent).issues.map(({ code }) => code)).toEqual(isRefused ? ['CONSTRAINT_UNSUPPORTED'] : []);
	});
});

describe('what could stand in the place of a wrong child', () => {
	test.each<[xml: string, content: string, allowed: string]>([
		[`<xs:sequence>${E('a')}${E('b', OPTIONAL)}</xs:sequence>`, children('ac'), 'b or no further element'],
		[`<xs:all>${E('a')}${E('b')}${E('c', OPTIONAL)}</xs:all>`, children('baa'), 'c or no further element'],
		[`<xs:all>${E('a')}${E('b')}${E('c', OPTIONAL)}</xs:all>`, children('bb'), 'a or c'],
		[`<xs:sequence>${E('a', MANY)}</xs:sequence>`, children('ab'), 'a or no further element'],
		[`<xs:sequence>${E('a')}</xs:sequence>`, children('ab'), 'no further element'],
		[`<xs:choice>${E('a')}${E('b')}</xs:choice>`, '', 'a or b'],
	])('%s with %s: %s', (xml, content, allowed) => {
		expect(fault(xml, content)).toMatchObject({ allowed });
	});
});

describe('of what is no value, or no element, there is a nearest, too', () => {
	const typed = (type: string) => `<xs:sequence><xs:element name="a" type="${type}"></xs:element></xs:sequence>`;
	const filled = (more: string) => `<xs:element name="a" type="xs:int" ${more}></xs:element>`;
	const holding = (content: string) => `<xs:element name="a"><xs:complexType>${content}</xs:complexType></xs:element>`;
	const attributed = '<xs:attribute name="b" use="required"></xs:attribute>';
	const inner = '<jsdl:x></jsdl:x>';
	test.each<[xml: string, content: string, nearest: string]>([
		[typed('xs:byte'), `<jsdl:a>${inner}7</jsdl:a>`, '7'],
		[typed('xs:byte'), `<jsdl:a>${inner}700</jsdl:a>`, '127'],
		[typed('xs:byte'), `<jsdl:a>${inner}</jsdl:a>`, '0'],
		[typed('xs:token'), `<jsdl:a>${inner}</jsdl:a>`, 'no element'],
		[`<xs:sequence>${E('a')}</xs:sequence>`, 'text<jsdl:a></jsdl:a>', 'no text'],
		[`<xs:sequence>${filled('')}</xs:sequence>`, '<jsdl:a xsi:nil="true"></jsdl:a>', 'no xsi:nil'],
		[`<xs:sequence>${filled('nillable="true"')}</xs:sequence>`, '<jsdl:a xsi:nil="x"></jsdl:a>', 'xsi:nil="false"'],
		[`<xs:sequence>${filled('nillable="true"')}</xs:sequence>`, '<jsdl:a xsi:nil="true">7</jsdl:a>', 'xsi:nil="false"'],
		[`<xs:sequence>${filled('')}</xs:sequence>`, '<jsdl:a b="1">7</jsdl:a>', 'no attribute of that name'],
		[`<xs:sequence>${holding(attributed)}</xs:sequence>`, '<jsdl:a></jsdl:a>', 'the attribute b'],
		[`<xs:sequence>${holding(attributed)}</xs:sequence>`, '<jsdl:a b="1"><jsdl:c></jsdl:c></jsdl:a>', 'no element'],
	])('%s with %s: %s', (xml, content, nearest) => {
		const declared = content.replace('xsi:', 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:');
		expect(fault(xml, declared)).toMatchObject({ nearest });
	});

	test('of the children of a child the row that would do', () => {
		const within = `<xs:sequence>${holding(`<xs:sequence>${E('b')}${E('c')}</xs:sequence>`)}</xs:sequence>`;
		const resources = '<jsdl:a><jsdl:c></jsdl:c></jsdl:a>';
		expect(checkConstraints(offer({ resources }), template(item('//jsdl:Resources', within)))).toMatchObject([
			{ found: 'jsdl:c', nearest: 'jsdl:b, jsdl:c' },
		]);
	});

	test('of an item about a value, too', () => {
		const job =
			'<jsdl:Resources><jsdl:IndividualCPUCount><jsdl:Exact>1</jsdl:Exact></jsdl:IndividualCPUCount></jsdl:Resources>';
		const restricted = item('//jsdl:Resources', '<xs:maxInclusive value="4"></xs:maxInclusive>');
		expect(checkConstraints(offer({ job }), template(restricted))).toMatchObject([{ found: 'elements', nearest: '0' }]);
	});
});

describe('an element that differs by its namespace alone', () => {
	const REF = '<xs:sequence><xs:element ref="x:gpus"></xs:element></xs:sequence>';
	const namespace = 'urn:example:x';

	test.each<readonly [sentence: string, xml: string, children: string, found: string, allowed: string]>([
		['of the parent', REF, '<jsdl:gpus></jsdl:gpus>', `{${JSDL}}gpus`, `{${namespace}}gpus`],
		['of none', REF, '<gpus></gpus>', 'gpus without a namespace', `{${namespace}}gpus`],
		[
			'of another than the parent',
			`<xs:sequence>${E('gpus')}</xs:sequence>`,
			'<x:gpus></x:gpus>',
			`{${namespace}}gpus`,
			`{${JSDL}}gpus`,
		],
		['and by its name, too', REF, '<jsdl:cpus></jsdl:cpus>', 'jsdl:cpus', `{${namespace}}gpus`],
		['and is missing', REF, '', 'nothing', `{${namespace}}gpus`],
	])('%s', (_, xml, inner, found, allowed) => {
		expect(fault(xml, inner)).toMatchObject({ found, allowed });
	});
});
