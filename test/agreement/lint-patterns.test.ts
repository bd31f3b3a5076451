/** Patterns, lengths and types that exclude each other: found where texts tried one by one show none, and only there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { areSatisfiable } from '../../src/agreement/lint/lint-restrictions.ts';
import { makeTable } from '../../src/agreement/template/automaton-table.ts';
import { allowedRange, isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { nearestText } from '../../src/agreement/template/nearest-text.ts';
import { machinesOf } from '../../src/agreement/template/value-machines.ts';
import { exact, facet, item, multiplicity, template } from './documents.ts';

const OWN = { resources: exact('IndividualCPUCount', 2) };
const HOST = '//jsdl:HostName';
const restricted = (base: string, ...steps: readonly string[]): string =>
	steps.reduce(
		(below, facets, index) =>
			`<xs:simpleType><xs:restriction${index === 0 ? ` base="${base}"` : ''}>${below}${facets}</xs:restriction></xs:simpleType>`,
		'',
	);

function findings(...contents: readonly string[]) {
	const items = contents.map((content, index) => item(HOST, content, multiplicity('0_TO_N'), `i${index}`));
	return lintTemplate(template(items.join(''), OWN)).filter(({ severity }) => severity === 'error');
}

describe('one item', () => {
	test.each<[content: string, why: string | undefined]>([
		[
			restricted('xs:string', facet('pattern', '[a-z]+'), facet('pattern', '[0-9]+')),
			'matching [a-z]+ and matching [0-9]+',
		],
		[restricted('xs:string', facet('pattern', '[a-z]*'), facet('pattern', '[0-9]*')), undefined],
		[facet('pattern', '[a-z]+-[0-9]+') + facet('maxLength', 2), 'length at most 2 and matching [a-z]+-[0-9]+'],
		[facet('pattern', '(ab)+') + facet('length', 5), 'length 5 and matching (ab)+'],
		[facet('pattern', '(ab)+') + facet('length', 6), undefined],
		[restricted('xs:integer', facet('pattern', '[a-z]+')), 'no integer is matching [a-z]+'],
		[restricted('xs:integer', facet('pattern', '[0-9]{3}') + facet('maxInclusive', 99)), undefined],
		[
			restricted('xs:integer', facet('pattern', '[1-9][0-9]{2}') + facet('maxInclusive', 99)),
			'at most 99 and matching',
		],
		[
			restricted('xs:decimal', facet('pattern', '[0-9]+\\.[1-9]') + facet('fractionDigits', 0)),
			'digits after the point',
		],
		[restricted('xs:double', facet('pattern', '[0-9]e[0-9]') + facet('minInclusive', 100)), undefined],
		[restricted('xs:token', facet('pattern', ' .*')), 'no token is matching  .*'],
		[restricted('xs:string', facet('pattern', ' .*')), undefined],
		[restricted('xs:dateTime', facet('pattern', '.* .*')), 'no dateTime is matching'],
		[restricted('xs:duration', facet('pattern', 'PT[0-9]+H')), undefined],
		[restricted('xs:NCName', facet('pattern', '.*:.*')), 'no NCName is matching'],
		[restricted('xs:anyURI', facet('pattern', 'https?://.*')), undefined],
		[restricted('xs:anyURI', facet('pattern', '#.*#')), 'no anyURI is matching'],
		[restricted('xs:hexBinary', facet('length', 2) + facet('pattern', '.{6}')), 'length 2 and matching'],
		[facet('pattern', '\\p{Lu}+') + facet('pattern', '\\p{Ll}+'), undefined],
		[restricted('xs:string', facet('pattern', '\\p{Lu}+'), facet('pattern', '[^\\p{L}]+')), 'both matching'],
		[restricted('xs:string', facet('pattern', '[a-z-[aeiou]]+'), facet('pattern', '[aeiou]+')), 'both matching'],
	])('%s', (content, why) => {
		const [found] = findings(content);
		if (why === undefined) expect(found).toBeUndefined();
		else expect(found).toMatchObject({ code: 'CONSTRAINT_UNSATISFIABLE', message: expect.stringContaining(why) });
	});
});

describe('two items', () => {
	test.each<[one: string, other: string, why: string | undefined]>([
		[facet('pattern', '[a-z]+'), facet('pattern', '[0-9]+'), `${HOST} is both matching [a-z]+ and matching [0-9]+`],
		[facet('pattern', '.*-dev'), facet('pattern', '[a-z]+(-prod)?'), 'both matching'],
		[facet('pattern', '.*-dev'), facet('pattern', '[a-z]+-[a-z]+'), undefined],
		[facet('minLength', 3), facet('maxLength', 2), 'both length at least 3 and length at most 2'],
		[facet('pattern', '[a-z]{8,}'), facet('maxLength', 7), 'both matching [a-z]{8,} and length at most 7'],
		[facet('pattern', '[a-z]+'), facet('enumeration', 'A') + facet('enumeration', '1'), 'both matching'],
		[facet('pattern', '[a-z]+'), facet('enumeration', 'A') + facet('enumeration', 'b'), undefined],
		[restricted('xs:integer', ''), facet('pattern', '[a-f]+'), 'both integer and matching'],
		[restricted('xs:gDay', ''), restricted('xs:int', ''), 'both any gDay and int'],
		[restricted('xs:duration', ''), restricted('xs:dateTime', ''), 'both'],
		[restricted('xs:boolean', ''), restricted('xs:int', ''), undefined],
		[restricted('xs:gYear', ''), restricted('xs:int', ''), undefined],
		[
			restricted('xs:float', facet('minInclusive', '0.1')),
			restricted('xs:decimal', facet('maxInclusive', '0.1')),
			undefined,
		],
		[restricted('xs:string', facet('pattern', ' a')), restricted('xs:token', facet('pattern', 'a')), undefined],
	])('%s and %s', (one, other, why) => {
		const [found] = findings(one, other);
		if (why === undefined) expect(found).toBeUndefined();
		else expect(found).toMatchObject({ code: 'CONSTRAINTS_CONTRADICT', message: expect.stringContaining(why) });
	});

	const WIDE = ['.*a.{14}', '.*b.{13}', '.*c.{12}[de]'].map((source) => facet('pattern', source));
	test('that have too many states together are said to be undecided', () => {
		const items = WIDE.map((content, index) => item(HOST, content, multiplicity('0_TO_N'), `i${index}`)).join('');
		const found = lintTemplate(template(items, OWN)).filter(({ path }) => path.includes('Item'));
		expect(found.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['info LINT_UNDECIDED']);
	});

	test('of which one has too many states alone are said to be so once', () => {
		const all = restricted('xs:string', ...WIDE);
		const items = item(HOST, all, multiplicity('0_TO_N')) + item(HOST, facet('pattern', '.+'), multiplicity('0_TO_N'));
		const found = lintTemplate(template(items, OWN)).filter(({ path }) => path.includes('Item'));
		expect(found.map(({ code }) => code)).toEqual(['LINT_UNDECIDED']);
	});

	test('of three are named, where the third is enough', () => {
		const [found] = findings(facet('pattern', '.*'), facet('pattern', '[a-z]+'), facet('pattern', '[0-9]+'));
		expect(found?.message).toContain('the item i1:');
	});
});

test('what patterns and lengths leave is found, and where they leave nothing that is', () => {
	const TEXTS = [''];
	for (const text of TEXTS) if (text.length < 7) TEXTS.push(`${text}a`, `${text}b`);
	const piece = fc.tuple(
		fc.constantFrom('a', 'b', '[ab]', '(ab)', '(a|bb)'),
		fc.constantFrom('', '*', '+', '?', '{2}'),
	);
	const source = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.flat().join(''));
	const count = fc.tuple(fc.constantFrom('minLength', 'maxLength', 'length'), fc.nat(5));
	const facets = fc.oneof(
		{ weight: 3, arbitrary: source.map((each) => facet('pattern', each)) },
		count.map(([name, value]) => facet(name, value)),
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(facets, fc.option(facets)), { minLength: 1, maxLength: 3 }), (items) => {
			const contents = items.map(([one, other]) => restricted('xs:string', one, ...(other === null ? [] : [other])));
			const restrictions = contents.map(restrictionOf);
			const areAllowed = (text: string) => restrictions.every((restriction) => isValueAllowed(restriction, text));
			if (TEXTS.some(areAllowed)) expect(areSatisfiable(restrictions)).toBe(true);
			if (!areSatisfiable(restrictions)) return;
			const machines = restrictions.flatMap((restriction) => machinesOf(restriction, allowedRange(restriction)));
			const budget = { remaining: 1_000_000 };
			const made = makeTable(machines, budget);
			const shortest = made.kind === 'table' ? nearestText(made.table, '', budget) : undefined;
			expect(shortest !== undefined && areAllowed(shortest)).toBe(true);
		}),
		{ numRuns: 300 },
	);
});

function restrictionOf(content: string): ValueRestriction {
	const [constraint] = template(item(HOST, content)).constraints;
	if (constraint === undefined || 'condition' in constraint || constraint.value === undefined) {
		throw new Error('The item restricts no value.');
	}
	return constraint.value;
}
