/** Items about a bound of a range beside one about the range as a whole, against ranges of every shape. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { firstViolation } from '../../src/agreement/template/constraints.ts';
import { occurs, of } from './branches.ts';
import { facet, free, item, template, treeOf } from './documents.ts';

const DISK = '//jsdl:IndividualDiskSpace';
const ANY = occurs(0, 9);
const CODES = ['CONSTRAINTS_CONTRADICT', 'RANGE_ADMITS_NOTHING'];
const found = (items: string) => lintTemplate(template(items)).filter(({ code }) => CODES.includes(code));
const codes = (items: string) => found(items).map(({ code }) => code);
const upTo = (value: number) => facet('maxInclusive', value);
const from = (value: number) => facet('minInclusive', value);
const whole = (facets: string) => item(DISK, facets, ANY, 'whole');
const about = (part: string, facets: string) => item(`${DISK}/jsdl:${part}`, facets, ANY, 'part');

describe('a part of a range beside the whole', () => {
	test.each<[name: string, items: string, code: string | undefined]>([
		['that ends below all that is allowed', whole(from(8)) + about('Range/jsdl:UpperBound', upTo(4)), CODES[1]],
		['that ends where it begins', whole(from(8)) + about('Range/jsdl:UpperBound', upTo(8)), undefined],
		['that begins above all that is allowed', whole(upTo(4)) + about('Range/jsdl:LowerBound', from(5)), CODES[1]],
		['whose bounds lie the wrong way round', whole(upTo(9)) + about('Range/jsdl:UpperBound', from(10)), CODES[1]],
		[
			'that ends between two that are allowed',
			whole(facet('enumeration', 2) + facet('enumeration', 8) + upTo(9)) +
				about('Range/jsdl:UpperBound', from(3) + upTo(4)),
			CODES[1],
		],
		[
			'an upper bound alone, below which not all is allowed',
			whole(from(8)) + about('UpperBoundedRange', upTo(4)),
			CODES[1],
		],
		['an upper bound below which all is allowed', whole(upTo(8)) + about('UpperBoundedRange', upTo(4)), undefined],
		[
			'an upper bound beside which there may be a lower one',
			whole(from(8)) + about('UpperBoundedRange', upTo(9)),
			undefined,
		],
		['a lower bound above which not all is allowed', whole(upTo(4)) + about('LowerBoundedRange', from(8)), CODES[1]],
		['an exact value, which was told before', whole(upTo(4)) + about('Exact', from(8)), CODES[0]],
		[
			'where no other part may be',
			whole(from(8)) + about('Range/jsdl:UpperBound', upTo(4)) + item(`${DISK}/jsdl:Exact`, '', occurs(0, 0), 'none'),
			CODES[1],
		],
		[
			'where no other part may admit anything',
			whole(from(8)) +
				about('Range/jsdl:UpperBound', upTo(4)) +
				item(`${DISK}/jsdl:Exact`, '', occurs(0, 0), 'no') +
				item(`${DISK}/jsdl:LowerBoundedRange`, '', occurs(0, 0), 'none'),
			CODES[0],
		],
		[
			'of another element',
			whole(from(8)) + item('//jsdl:TotalDiskSpace/jsdl:UpperBoundedRange', upTo(4), ANY),
			undefined,
		],
		[
			'that a condition bounds',
			whole(from(8)) + free(`not exists(${DISK}) or 1 = 1`) + about('Range/jsdl:LowerBound', upTo(9)),
			undefined,
		],
	])('%s', (_name, items, code) => {
		expect(codes(items), JSON.stringify(found(items))).toEqual(code === undefined ? [] : [code]);
	});

	test('is told with the item about the whole', () => {
		const [finding] = found(whole(from(8)) + about('Range/jsdl:UpperBound', upTo(4)));
		expect(finding?.message).toBe(
			'A range that keeps to this and to the item whole has another part: no UpperBound that this allows leaves a value of it.',
		);
	});
});

describe('what is said of a part no range contradicts', () => {
	const at = fc.integer({ min: 0, max: 4 });
	const bound = at.chain((value) =>
		fc.constantFrom(facet('minInclusive', value), facet('maxInclusive', value), facet('minExclusive', value)),
	);
	const facets = fc.oneof(
		bound,
		fc.tuple(bound, bound).map(([one, other]) => one + other),
		fc
			.uniqueArray(at, { minLength: 1, maxLength: 3 })
			.map((all) => of('xs:integer', all.map((each) => facet('enumeration', each)).join(''))),
	);
	const parts = ['UpperBoundedRange', 'LowerBoundedRange', 'Range/jsdl:LowerBound', 'Range/jsdl:UpperBound'];
	const exclusive = fc.constantFrom('', '', ' exclusiveBound="true"');
	const element = (name: string) =>
		fc.tuple(at, exclusive).map(([value, attribute]) => `<jsdl:${name}${attribute}>${value}</jsdl:${name}>`);
	const maybe = (content: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), content);
	const range = fc
		.tuple(element('LowerBound'), element('UpperBound'))
		.map(([lower, upper]) => `<jsdl:Range>${lower}${upper}</jsdl:Range>`);
	const ranges = fc
		.tuple(
			maybe(element('UpperBoundedRange')),
			maybe(element('LowerBoundedRange')),
			maybe(at.map((value) => `<jsdl:Exact>${value}</jsdl:Exact>`)),
			maybe(range),
		)
		.map((all) => all.join(''));
	const DOCUMENTS = fc.sample(ranges, { numRuns: 600, seed: 1 }).map((content) => ({
		content,
		tree: treeOf(`<x:d><jsdl:IndividualDiskSpace>${content}</jsdl:IndividualDiskSpace></x:d>`),
	}));
	/** Whether the part by itself, with the bound on the other side, admits a number. */
	const admits = (content: string, part: string): boolean => {
		const boundOf = (name: string): readonly [number, boolean] | undefined => {
			const match = new RegExp(`<jsdl:${name}( [^>]*)?>(\\d+)<`).exec(content);
			return match === null ? undefined : [Number(match[2]), match[1] !== undefined];
		};
		const [lower, upper] = part.startsWith('Range')
			? [boundOf('LowerBound'), boundOf('UpperBound')]
			: [boundOf('LowerBoundedRange'), boundOf('UpperBoundedRange')];
		if (lower === undefined || upper === undefined) return true;
		return lower[0] < upper[0] || (lower[0] === upper[0] && !lower[1] && !upper[1]);
	};

	test('of all that keep to both, with the part in them, the part admits nothing', () => {
		const seen = { told: 0, free: 0 };
		fc.assert(
			fc.property(facets, facets, fc.constantFrom(...parts), (all, one, part) => {
				const made = template(whole(all) + about(part, one));
				const told = lintTemplate(made).some(({ code, path }) => code === CODES[1] && path.endsWith('[2]'));
				const name = part.replace(/^.*:/, '');
				const keeping = DOCUMENTS.filter(
					({ content, tree }) =>
						new RegExp(`<jsdl:${name}[ >]`).test(content) &&
						firstViolation({ tree } as never, made.constraints, verdictBudget()) === undefined,
				);
				const speaking = keeping.filter(({ content }) => admits(content, part)).map(({ content }) => content);
				if (told) expect(speaking, `${all}\n${one}\n${part}`).toEqual([]);
				seen[told ? 'told' : 'free'] += 1;
			}),
			{ numRuns: 60 },
		);
		expect(Math.min(seen.told, seen.free)).toBeGreaterThan(5);
	});
});
