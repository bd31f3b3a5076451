/** Where relations between Locations are too much to be looked at: it is said which, and why, once for each bound. */
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { exact, item, multiplicity, template } from './documents.ts';

const free = (text: string): string => `<wsag:Constraint>${text.replaceAll('<', '&lt;')}</wsag:Constraint>`;
const ANY = multiplicity('0_TO_N');
const numbered = (count: number, of: (number: number) => string): string[] =>
	Array.from({ length: count }, (_, index) => of(index + 1));
const OTHERS: ReadonlySet<string> = new Set(['TEMPLATE_CONTRADICTS_ITSELF', 'TOO_MANY_ISSUES']);
/** But that the template's own terms have nothing of all this, a hundred times and more. */
const found = (items: string) =>
	lintTemplate(template(items, { resources: exact('IndividualCPUCount', 2) })).filter(({ code }) => !OTHERS.has(code));

/** Each is one of two numbers, and all of them come to less. */
const choices = (count: number, name: string): string =>
	numbered(count, (each) => free(`//x:${name}${each} = 1 or //x:${name}${each} = 2`)).join('') +
	free(`${numbered(count, (each) => `//x:${name}${each}`).join(' + ')} = 1`);
/** Every two of as many whole numbers differ, one more than there are. */
const pigeons = (count: number): string => {
	const facets = `<xs:minInclusive value="1"></xs:minInclusive><xs:maxInclusive value="${count - 1}"></xs:maxInclusive>`;
	const type = `<xs:simpleType><xs:restriction base="xs:integer">${facets}</xs:restriction></xs:simpleType>`;
	const differ = (one: number) => numbered(one - 1, (other) => free(`//x:a${one} != //x:a${other}`)).join('');
	return numbered(count, (each) => item(`//x:a${each}`, type, ANY, `a${each}`) + differ(each)).join('');
};
const group = (parts: number): string => {
	const children = numbered(parts, (each) => `<xs:element name="e${each}" minOccurs="0"></xs:element>`).join('');
	return item('//x:y', `<xs:sequence>${children}</xs:sequence>`, ANY, 'large');
};
/** About one Location, 12,000 characters. */
const LONG = numbered(24, (each) => free(`//x:a != '${String.fromCharCode(64 + each).repeat(500)}'`)).join('');
const BETWEEN_TWO = 'count(//x:y/x:e1) < count(//x:y/x:e2)';
const NOT_LOOKED_AT = 'can be fulfilled with all that is said of their Locations was not looked at to the end, because';

describe('it is said that it was given up', () => {
	test.each<[name: string, items: string, message: string]>([
		[
			'beyond 200 Locations',
			numbered(101, (each) => free(`//x:a${each} < //x:b${each}`)).join(''),
			`Whether ${numbered(8, (each) => `//x:a${each} < //x:b${each}`).join(', ')} and 93 more ${NOT_LOOKED_AT} the template names more than 200 Locations.`,
		],
		[
			'beyond 10,000 characters that have Locations in common',
			free('//x:a < //x:b') + LONG,
			`Whether //x:a < //x:b ${NOT_LOOKED_AT} they and what goes with them have more than 10000 characters.`,
		],
		['beyond 300 ways to choose', choices(9, 'a'), `${NOT_LOOKED_AT} there are more than 300 ways to choose.`],
		[
			'beyond the steps of a template',
			pigeons(7),
			`${NOT_LOOKED_AT} to look at all relations of the template takes more than 400000 steps.`,
		],
		[
			'beyond 40 parts of model groups',
			group(40) + free(BETWEEN_TWO),
			`Whether the item large and ${BETWEEN_TWO} ${NOT_LOOKED_AT} the model groups have more than 40 parts together.`,
		],
		[
			'beyond 64 alternatives',
			free(numbered(65, (each) => `//x:a < //x:b + ${each}`).join(' or ')),
			`${NOT_LOOKED_AT} there are more than 64 alternatives.`,
		],
	])('%s', (_name, items, message) => {
		const all = found(items);
		expect(all.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['info LINT_UNDECIDED']);
		expect(all[0]!.message).toContain(message);
	});

	test('once for a bound that several meet, at the first that is named', () => {
		const other = (text: string) => text.replaceAll('x:y', 'x:z');
		const all = found(group(40) + other(group(40)) + free(BETWEEN_TWO) + free(other(BETWEEN_TWO)));
		expect(all.map(({ code, path }) => [code, path])).toEqual([
			['LINT_UNDECIDED', '/wsag:Template/wsag:CreationConstraints/wsag:Item[1]'],
		]);
		expect(all[0]!.message).toContain(`${BETWEEN_TWO} and ${other(BETWEEN_TWO)} can be`);
	});
});

describe('nothing is said', () => {
	test.each<[name: string, items: string]>([
		['of 250 Locations, each by itself', numbered(250, (each) => free(`//x:a${each} < 5`)).join('')],
		[
			'of 250 items without any free constraint',
			numbered(250, (each) => item(`//x:a${each}`, '<xs:length value="2"></xs:length>', ANY, `a${each}`)).join(''),
		],
		['of a large group of which one child is spoken of', group(60) + free('//x:y/x:e1 < 5')],
		['of what is looked at to the end', group(30) + free(BETWEEN_TWO)],
		['of long constraints about one Location', LONG],
	])('%s', (_name, items) => {
		expect(found(items)).toEqual([]);
	});

	test('of what is impossible anyway', () => {
		const all = found(free('//x:a1 < //x:b') + free('//x:b < //x:a1') + choices(9, 'a'));
		expect(all.map(({ code }) => code)).toEqual(['CONSTRAINTS_CONTRADICT']);
	});
});
