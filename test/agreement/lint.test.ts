import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { readOffer } from '../../src/agreement/offer/offer.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { documentAt, exact, free, item, multiplicity, type OfferParts, template, valueIn } from './documents.ts';

const CPUS = '//jsdl:IndividualCPUCount/jsdl:Exact';
const OWN = { resources: exact('IndividualCPUCount', 2) };

function lint(items: string): string[] {
	return lintTemplate(template(items, OWN)).map(({ code }) => code);
}

function facet(name: string, value: string): string {
	return `<xs:${name} value="${value}"></xs:${name}>`;
}

describe('the lint of a template', () => {
	test.each<[name: string, items: string]>([
		['nothing to check', ''],
		['bounds that its own terms keep to', item(CPUS, facet('minInclusive', '1') + facet('maxInclusive', '2'))],
		[
			'an optional element that its own terms leave out',
			item('//jsdl:TotalResourceCount', facet('maxInclusive', '2'), multiplicity('0_TO_1')),
		],
		[
			'a group that its own terms fit',
			item('//jsdl:Resources', '<xs:sequence><xs:element name="IndividualCPUCount"></xs:element></xs:sequence>'),
		],
		[
			'a group that may be left out and holds nothing',
			item(
				'//jsdl:Resources',
				'<xs:sequence><xs:element name="IndividualCPUCount"></xs:element><xs:choice minOccurs="0"></xs:choice></xs:sequence>',
			),
		],
		['a group of any element', item('//jsdl:Resources', '<xs:sequence><xs:any></xs:any></xs:sequence>')],
	])('finds nothing in %s', (_name, items) => {
		expect(lint(items)).toEqual([]);
	});

	test.each<[name: string, items: string]>([
		['bounds that exclude each other', item(CPUS, facet('minInclusive', '9') + facet('maxInclusive', '8'))],
		['bounds that leave nothing between', item(CPUS, facet('minExclusive', '8') + facet('maxInclusive', '8'))],
		['lengths that exclude each other', item(CPUS, facet('minLength', '3') + facet('maxLength', '2'))],
		['enumerated values that break the bounds', item(CPUS, facet('enumeration', '9') + facet('maxInclusive', '8'))],
		['enumerated values that break the pattern', item(CPUS, facet('enumeration', 'a') + facet('pattern', 'b'))],
		[
			'an element that must and must not be there',
			item(
				'//jsdl:Resources',
				'<xs:sequence><xs:element name="a" minOccurs="2" maxOccurs="1"></xs:element></xs:sequence>',
			),
		],
		[
			'a choice of nothing',
			item('//jsdl:Resources', '<xs:choice><xs:element name="a" minOccurs="0" maxOccurs="0"></xs:element></xs:choice>'),
		],
	])('finds %s', (_name, items) => {
		expect(lint(items)).toContain('CONSTRAINT_UNSATISFIABLE');
	});

	test('finds a Location that selects nothing in the template’s own terms', () => {
		expect(lint(item('//jsdl:TotalResourceCount', ''))).toEqual(['LOCATION_SELECTS_NOTHING']);
	});

	test.each([
		...['@@IMAGE@@', '{{ image }}', 'TODO', 'CHANGE_ME', 'image-TBD', '_IMAGE_', '__IMAGE__', '@IMAGE@', '%IMAGE%'],
		...['#{image}', '&lt;%= image %&gt;', '&lt;your image&gt;', 'XXX', 'a-XXXX-b'],
	])('finds the placeholder %s', (text) => {
		const found = lintTemplate(template('', { ...OWN, name: text }));
		expect(found.map(({ code }) => code)).toContain('PLACEHOLDER');
	});

	test.each([
		...['todo-list', 'a@@b', '{a}', 'METODO', 'a_B_c', 'A_B_', '_a_', 'me@SITE.example', '%C3%A4', '100%', '#1', 'XX'],
		...['&lt;me@site.example&gt;', 'a &lt;b&gt;'],
	])('takes %s for no placeholder', (text) => {
		const found = lintTemplate(template('', { ...OWN, name: text }));
		expect(found.map(({ code }) => code)).not.toContain('PLACEHOLDER');
	});

	test('finds own terms that break own constraints', () => {
		expect(lint(item(CPUS, facet('maxInclusive', '1')))).toEqual(['TEMPLATE_CONTRADICTS_ITSELF']);
	});

	describe.each([
		['an item', (location: string) => item(location, '')],
		['a free constraint', (location: string) => `<wsag:Constraint>exists(${location})</wsag:Constraint>`],
	])('of %s that demands what own terms do not have', (_name, demanding) => {
		test('is a warning where an offer may bring it', () => {
			const [missing, ...others] = lintTemplate(template(demanding('//jsdl:TotalResourceCount'), OWN));
			expect(missing).toMatchObject({ code: 'LOCATION_SELECTS_NOTHING', severity: 'warning' });
			expect(missing?.message).toContain('An offer must have it: where it need not, write');
			expect(others).toEqual([]);
		});

		test('is an error where no offer can', () => {
			const found = lintTemplate(template(demanding('//jsdl:TotalRessourceCount'), OWN));
			expect(found.filter(({ severity }) => severity === 'error')).toHaveLength(1);
			expect(found[0]?.message).toContain('did you mean TotalResourceCount');
		});
	});

	test.each<[condition: string, awaited: readonly string[] | 'in vain']>([
		['//x:a = 3', ['//x:a']],
		['//x:a = 3 and //x:b = 4 and //x:a != 4', ['//x:a', '//x:b']],
		['count(//x:a) >= 2', ['//x:a']],
		['sum(//x:a) >= 2', ['//x:a']],
		['not (//x:a = 1)', ['//x:a']],
		[`${CPUS} = 3 or //x:a = 3`, ['//x:a']],
		[`(${CPUS} = 3 or //x:a = 3) and exists(//x:b)`, ['//x:a', '//x:b']],
		[`(${CPUS} = 3 and //x:a = 3) or //x:b = 1`, ['//x:a', '//x:b']],
		['//x:a >= 1 or (//x:a > 5 and //x:a < 7)', ['//x:a']],
		['(//x:a > 5 and //x:b < 7) or (//x:a = 1 and //x:b = 1)', ['//x:a', '//x:b']],
		[`(//x:a = 3 and ${CPUS} = 3) or ${CPUS} = 4`, 'in vain'],
		[`not (//x:a = 3 or ${CPUS} = 2)`, 'in vain'],
		[`${CPUS} = 3 and //x:a = 3`, 'in vain'],
	])('of what own terms do not fulfil and offers may: %s waits for %j', (condition, awaited) => {
		const found = lintTemplate(template(free(condition), OWN));
		if (awaited === 'in vain') expect(found.map(({ code }) => code)).toContain('TEMPLATE_CONTRADICTS_ITSELF');
		else {
			expect(found.map(({ code, found }) => [code, found])).toEqual(
				awaited.map((location) => ['LOCATION_SELECTS_NOTHING', location]),
			);
		}
	});
});

test('of alternatives it is not said that each of them must be there', () => {
	const [first] = lintTemplate(template(free(`//x:a = 3 or exists(//jsdl:TotalResourceCount)`), OWN));
	expect(first?.message).toContain('An offer must have what one of the alternatives is about.');
});

describe('of a term that every offer needs and own terms lack', () => {
	const JOB = '<jsdl:JobDefinition><jsdl:JobDescription></jsdl:JobDescription></jsdl:JobDefinition>';
	const withoutWorkspace = { workspace: JOB };
	const terms = (most: string) =>
		item(
			'/wsag:AgreementOffer/wsag:Terms/wsag:All',
			`<xs:sequence><xs:element name="ServiceDescriptionTerm" minOccurs="1" maxOccurs="${most}"></xs:element></xs:sequence>`,
		);
	const lintLacking = (constraints: string, parts: OfferParts = withoutWorkspace) =>
		lintTemplate(template(constraints, parts)).map(({ code, severity, found }) => [code, severity, found]);
	const FOUND = [['OWN_TERMS_REFUSED', 'warning', 'no Workspace']];

	test.each([
		['a group', terms('3')],
		['a number', item('//wsag:ServiceDescriptionTerm', '', '<ws:Occurs min="1" max="3"/>')],
		['a condition', free('count(//wsag:ServiceDescriptionTerm) < 4')],
	])('it is warned where %s lets none stand beside them', (_name, constraints) => {
		expect(lintLacking(constraints)).toEqual(FOUND);
	});

	test.each<[name: string, constraints: string, parts: OfferParts]>([
		['there is room for it', terms('4'), withoutWorkspace],
		[
			'only what it holds is spoken of',
			item('//ws:CPUShare', facet('maxInclusive', '50'), multiplicity('0_TO_1')),
			withoutWorkspace,
		],
		['it is there', terms('3'), {}],
	])('nothing is said where %s', (_name, constraints, parts) => {
		expect(lintLacking(constraints, parts)).toEqual([]);
	});

	test('of a window the same is said', () => {
		const [first] = lintLacking(terms('3'), { window: JOB });
		expect(first).toEqual(['OWN_TERMS_REFUSED', 'warning', 'no Window']);
	});
});

describe('the templates that ship', () => {
	test.each(['machine', 'cluster', 'mixed-cluster', 'reservation'])(
		'%s is valid, has nothing to lint and is known by its file name',
		(name) => {
			const compiled = valueIn(readTemplate(documentAt(`templates/${name}.xml`)));
			expect(lintTemplate(compiled)).toEqual([]);
			expect([compiled.name, compiled.id]).toEqual([name, '1']);
		},
	);

	test('one in the way of WSAG4J has nothing to lint either', () => {
		const path = 'test/fixtures/templates/wsag4j-style.xml';
		expect(lintTemplate(valueIn(readTemplate(documentAt(path))))).toEqual([]);
	});

	test.each(['machine', 'cluster', 'mixed-cluster', 'reservation'])(
		'the offer for %s keeps to it and can be read',
		(name) => {
			const compiled = valueIn(readTemplate(documentAt(`templates/${name}.xml`)));
			const own = valueIn(readOffer(documentAt(`test/fixtures/offers/${name}.xml`)));
			expect(checkConstraints(own, compiled)).toEqual([]);
			expect(valueIn(readServiceRequest(own, compiled))).toMatchObject({ unsupported: [], remarks: [] });
			expect(own.context).toMatchObject({ templateName: name, templateId: '1' });
		},
	);

	test('a reservation may say its time in the words of WSAG4J, but must say when it begins', () => {
		const compiled = valueIn(readTemplate(documentAt('templates/reservation.xml')));
		const own = documentAt('test/fixtures/offers/reservation.xml');
		const withWindow = (content: string): Parameters<typeof checkConstraints>[0] => {
			const text = JSON.stringify(own);
			const tree = JSON.parse(text, (_key, value) => (value?.localName === 'Window' ? JSON.parse(content) : value));
			return { tree };
		};
		const child = (localName: string, text: string): object => ({
			kind: 'element',
			prefix: 'tc',
			namespace: TC,
			localName,
			declarations: [],
			attributes: [],
			children: [{ kind: 'text', text }],
		});
		const constraint = (...children: object[]): string => JSON.stringify({ ...child('TimeConstraint', ''), children });
		expect(
			checkConstraints(
				withWindow(constraint(child('StartTime', '2030-01-01T00:00:00Z'), child('Duration', '60'))),
				compiled,
			),
		).toEqual([]);
		expect(checkConstraints(withWindow(constraint(child('Duration', '60'))), compiled)).toMatchObject([
			{ item: 'start', allowed: 'StartTime' },
		]);
	});
});

const TC = 'http://schemas.wsag4j.org/2009/07/wsag4j-scheduling-extensions';
