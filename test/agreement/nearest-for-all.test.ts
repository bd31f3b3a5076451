/** Where several items are about one node, the nearest value that is told is one that all of them allow. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints, firstViolation } from '../../src/agreement/template/constraints.ts';
import type { ConstraintViolation } from '../../src/agreement/template/violation.ts';
import { exact, facet, item, offer, template } from './documents.ts';
import { editDistance } from './edit-distance.ts';

const words = (...all: readonly (string | number)[]) => all.map((each) => facet('enumeration', each)).join('');
const typed = (base: string, facets: string) =>
	`<xs:simpleType><xs:restriction base="xs:${base}">${facets}</xs:restriction></xs:simpleType>`;
const group = (name: string, content: string) =>
	`<xs:sequence><xs:element name="${name}" minOccurs="0" maxOccurs="9">${content}</xs:element></xs:sequence>`;
const range = (lower: number, upper: number) =>
	`<jsdl:IndividualCPUCount><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></jsdl:IndividualCPUCount>`;
const CPUS = '//jsdl:IndividualCPUCount';
const EXACT = `${CPUS}/jsdl:Exact`;
const named = (name: string) => `<jsdl:JobIdentification><jsdl:JobName>${name}</jsdl:JobName></jsdl:JobIdentification>`;

type Demand = readonly [location: string, content: string];

const itemsOf = (demands: readonly Demand[]) => template(demands.map(([at, content]) => item(at, content)).join(''));

describe('several items about one node', () => {
	test.each<readonly [sentence: string, demands: readonly Demand[], resources: string, nearest: string]>([
		[
			'a bound and what is enumerated',
			[
				[EXACT, facet('maxInclusive', 8)],
				[EXACT, words(1, 5, 12)],
			],
			exact('IndividualCPUCount', 20),
			'5',
		],
		[
			'two bounds',
			[
				[EXACT, facet('maxInclusive', 8)],
				[EXACT, facet('maxExclusive', 6)],
			],
			exact('IndividualCPUCount', 20),
			'5',
		],
		[
			'two sets',
			[
				[EXACT, words(1, 2, 8, 9)],
				[EXACT, words(2, 9, 16)],
			],
			exact('IndividualCPUCount', 7),
			'9',
		],
		[
			'a type and a bound of another',
			[
				[EXACT, facet('maxExclusive', '7.5')],
				[EXACT, typed('integer', '')],
			],
			exact('IndividualCPUCount', '9.5'),
			'7',
		],
		[
			'the limits of a type',
			[
				[EXACT, typed('decimal', facet('minInclusive', -9) + facet('maxInclusive', 9))],
				[EXACT, typed('positiveInteger', '')],
			],
			exact('IndividualCPUCount', -20),
			'1',
		],
		[
			'a range and its only value',
			[
				[CPUS, facet('maxInclusive', 8)],
				[EXACT, words(2, 4, 16)],
			],
			exact('IndividualCPUCount', 16),
			'4',
		],
		[
			'two demands of a range',
			[
				[CPUS, facet('maxInclusive', 8)],
				[CPUS, facet('minInclusive', 4)],
			],
			range(2, 16),
			'4..8',
		],
		[
			'what is enumerated beside a bound of a range',
			[
				[CPUS, facet('maxInclusive', 8)],
				[CPUS, words(1, 5, 12)],
			],
			range(20, 30),
			'5',
		],
		[
			'a group and an item about its child',
			[
				[CPUS, group('Exact', typed('integer', facet('maxInclusive', 8)))],
				[EXACT, words(3, 8.5)],
			],
			exact('IndividualCPUCount', 20),
			'3',
		],
	])('%s', (_, demands, resources, nearest) => {
		const violations = checkConstraints(offer({ resources }), itemsOf(demands));
		expect(violations.length).toBeGreaterThan(0);
		expect(violations.map((each) => each.nearest)).toEqual(violations.map(() => nearest));
	});

	test.each<readonly [sentence: string, contents: readonly string[], said: string, nearest: string]>([
		['two patterns', [facet('pattern', 'web-[a-z]+'), facet('pattern', '.*-prod')], 'web_prod', 'web-prod'],
		['a pattern and words', [facet('pattern', '[a-m]+'), words('nano', 'large', 'mill')], 'nano', 'mill'],
		['a pattern and a length', [facet('pattern', '(ab)+'), facet('minLength', 5)], 'ab', 'ababab'],
		[
			'a text of digits and a number',
			[typed('string', facet('pattern', '[0-9]{3}')), typed('int', facet('maxInclusive', 120))],
			'999',
			'120',
		],
		[
			'a time by its form and by its bound',
			[typed('dateTime', facet('pattern', '.*T00:00:00Z')), facet('minInclusive', '2026-12-24T10:00:00Z')],
			'2026-12-01T00:00:00Z',
			'2026-12-25T00:00:00Z',
		],
	])('of texts: %s', (_, contents, said, nearest) => {
		const violations = checkConstraints(
			offer({ job: named(said) }),
			itemsOf(contents.map((each) => ['//jsdl:JobName', each])),
		);
		expect(violations.length).toBeGreaterThan(0);
		expect(violations.map((each) => each.nearest)).toEqual(violations.map(() => nearest));
	});

	test('attributes, too', () => {
		const at = '//wsag:ServiceDescriptionTerm[3]/@wsag:Name';
		const [violation] = checkConstraints(
			offer(),
			itemsOf([
				[at, words('works', 'grid', 'workshop')],
				[at, facet('pattern', '.*[ih].*')],
			]),
		);
		expect(violation).toMatchObject({ found: 'workspace', nearest: 'workshop' });
	});

	test('where they contradict each other none is told, and that it is so', () => {
		const demands = itemsOf([
			[EXACT, facet('maxInclusive', 4)],
			[EXACT, facet('minInclusive', 9)],
		]);
		const [violation, ...others] = checkConstraints(offer({ resources: exact('IndividualCPUCount', 12) }), demands);
		expect(others).toEqual([]);
		expect(violation).not.toHaveProperty('nearest');
		expect(violation).not.toHaveProperty('near');
		expect(violation!.message).toContain('Nothing was found that all items about it allow');
	});

	test.each([
		[10, 60],
		[50, 20],
		[1000, 3],
		[3000, 1],
	])('of %i nodes and %i items each violation that is listed is told', (nodes, items) => {
		const resources = Array.from({ length: nodes }, (_, index) => `<x:a>${index % 2 === 0 ? 1 : 30 + index}</x:a>`);
		const demands = Array.from(
			{ length: items },
			(_, index): Demand => ['//x:a', facet('maxInclusive', 20 - (index % 5))],
		);
		const found = checkConstraints(offer({ resources: resources.join('') }), itemsOf(demands));
		const least = items < 5 ? 20 - (items - 1) : 16;
		for (const each of found) {
			if (each.found === undefined) continue;
			expect(Number(each.nearest), each.message).toBe(least);
		}
	});

	test('how often a Location may be there', () => {
		const occurs = (min: number, max: number) => `<ws:Occurs min="${min}" max="${max}"></ws:Occurs>`;
		const own = template([occurs(0, 3), occurs(0, 2)].map((each) => item('//jsdl:CPUTime', '', each)).join(''));
		const resources = Array.from({ length: 5 }, () => exact('CPUTime', 1)).join('');
		const found = checkConstraints(offer({ resources }), own);
		expect(found.map(({ nearest }) => nearest)).toEqual(['2 of it', '2 of it']);
	});
});

describe('what a free constraint would have of one node', () => {
	const free = (text: string) => `<wsag:Constraint>(${text.replaceAll('<', '&lt;')})</wsag:Constraint>`;
	const told = (demands: readonly Demand[], condition: string, resources: string) => {
		const items = demands.map(([at, content]) => item(at, content)).join('');
		return checkConstraints(offer({ resources }), template(items + free(condition)));
	};
	const [A, B] = [`${CPUS}/jsdl:Exact`, '//jsdl:TotalResourceCount/jsdl:Exact'];
	const both = (one: number, other: number) => exact('IndividualCPUCount', one) + exact('TotalResourceCount', other);

	test('is a value that the items about it allow', () => {
		const sizes: Demand = [A, words(1, 2, 4, 8, 16)];
		expect(told([sizes], `${A} * ${B} <= 20`, both(8, 3))).toMatchObject([{ nearest: '4' }]);
		expect(told([sizes], `${A} >= 3 * ${B}`, both(2, 1))).toMatchObject([{ nearest: '4' }]);
		expect(told([[A, facet('maxInclusive', 9)]], `${A} != ${B}`, both(9, 9))).toMatchObject([{ nearest: '8' }]);
	});

	test('of two the one that may be changed so', () => {
		const fixed: Demand = [A, words(8)];
		expect(told([fixed], `${A} * ${B} <= 20`, both(8, 3))).toMatchObject([{ location: B, nearest: '2' }]);
	});

	test('or, where the items leave none, one that it allows itself', () => {
		expect(told([[A, words(8)]], `${A} <= 4`, both(8, 1))).toMatchObject([{ nearest: '4' }]);
	});

	test('is allowed by all, wherever a single change is', () => {
		const values = Array.from({ length: 12 }, (_, index) => index + 1);
		const some = fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 5 });
		const condition = fc.constantFrom(
			`${A} * ${B} <= 20`,
			`${A} >= 2 * ${B}`,
			`${A} + ${B} = 9`,
			`${A} != ${B}`,
			`${A} < ${B} + 1`,
		);
		fc.assert(
			fc.property(some, some, condition, fc.nat(4), fc.nat(4), (ones, others, text, one, other) => {
				const [a, b] = [ones[one % ones.length]!, others[other % others.length]!];
				const demands: readonly Demand[] = [
					[A, words(...ones)],
					[B, words(...others)],
				];
				const isHeld = (x: number, y: number) => told(demands, text, both(x, y)).length === 0;
				const [violation] = told(demands, text, both(a, b));
				if (violation === undefined) return;
				const mayChange = ones.some((each) => isHeld(each, b)) || others.some((each) => isHeld(a, each));
				if (!mayChange) return;
				const to = Number(violation.nearest);
				expect(
					violation.location === A ? isHeld(to, b) : isHeld(a, to),
					`${violation.location}: ${violation.nearest}`,
				).toBe(true);
			}),
			{ numRuns: 150 },
		);
	});
});

describe('against all values there are', () => {
	const HALVES = Array.from({ length: 81 }, (_, index) => String(index / 2 - 10));
	const number = fc.integer({ min: -8, max: 24 });
	const bound = (...names: readonly string[]) =>
		fc.tuple(fc.constantFrom(...names), number).map(([name, at]) => facet(name, at));
	const bounds = fc
		.tuple(
			fc.option(bound('minInclusive', 'minExclusive'), { nil: '' }),
			fc.option(bound('maxInclusive', 'maxExclusive'), { nil: '' }),
		)
		.map((all) => all.join(''));
	const facets = fc.oneof(
		bounds,
		fc.uniqueArray(number, { minLength: 1, maxLength: 6 }).map((all) => words(...all)),
	);
	const content = fc.oneof(
		facets,
		fc
			.tuple(fc.constantFrom('integer', 'decimal', 'double', 'float', 'nonNegativeInteger', 'byte'), facets)
			.map(([base, each]) =>
				base === 'nonNegativeInteger' ? typed(base, each.replaceAll('"-', '"')) : typed(base, each),
			),
	);

	test('of numbers', () => {
		fc.assert(
			fc.property(fc.array(content, { minLength: 2, maxLength: 4 }), fc.constantFrom(...HALVES), (contents, said) => {
				const own = itemsOf(contents.map((each) => ['//jsdl:IndividualDiskSpace/jsdl:Exact', each]));
				const violationsOf = (text: string) =>
					checkConstraints(offer({ resources: exact('IndividualDiskSpace', text) }), own);
				const isAllowed = (text: string) =>
					firstViolation(offer({ resources: exact('IndividualDiskSpace', text) }), own.constraints, verdictBudget()) ===
					undefined;
				const allowed = HALVES.filter(isAllowed);
				for (const { nearest, near } of violationsOf(said)) {
					const told = nearest ?? near;
					expect(told !== undefined, 'wherever any is allowed').toBe(told === undefined ? allowed.length > 0 : true);
					if (told === undefined) continue;
					expect(isAllowed(told), told).toBe(true);
					const isWhole = Number.isInteger(Number(said));
					const compared = allowed.filter((text) => !isWhole || Number.isInteger(Number(text)));
					const least = Math.min(...compared.map((text) => Math.abs(Number(text) - Number(said))));
					if (nearest !== undefined) expect(Math.abs(Number(nearest) - Number(said))).toBeLessThanOrEqual(least);
				}
			}),
			{ numRuns: 60 },
		);
	});

	const LETTERS = ['a', 'b', 'c'];
	const TEXTS = [1, 2, 3, 4].reduce<readonly string[]>(
		(all) => [...new Set([...all, ...all.flatMap((text) => LETTERS.map((each) => text + each))])],
		[''],
	);
	const pattern = fc.constantFrom('a+b*', '(ab|c)+', '.*c', 'b.*', '[ab]{2,3}', '(a|b|c){3}', '.?b.*', '[^a]*');
	const ofText = fc.oneof(
		pattern.map((each) => facet('pattern', each)),
		fc
			.uniqueArray(fc.constantFrom(...TEXTS.filter((text) => text !== '')), { minLength: 1, maxLength: 8 })
			.map((all) => words(...all)),
		fc
			.tuple(fc.constantFrom('minLength', 'maxLength'), fc.integer({ min: 1, max: 3 }))
			.map(([name, count]) => facet(name, count)),
		pattern.map((each) => typed('string', facet('pattern', each))),
	);

	test('of texts', () => {
		fc.assert(
			fc.property(fc.array(ofText, { minLength: 2, maxLength: 3 }), fc.constantFrom(...TEXTS), (contents, said) => {
				const own = itemsOf(contents.map((each) => ['//jsdl:JobName', each]));
				const violationsOf = (text: string): readonly ConstraintViolation[] =>
					checkConstraints(offer({ job: named(text) }), own);
				const violations = violationsOf(said);
				if (violations.length === 0) return;
				const isAllowed = (text: string) =>
					firstViolation(offer({ job: named(text) }), own.constraints, verdictBudget()) === undefined;
				const allowed = TEXTS.filter(isAllowed);
				for (const { nearest, near } of violations) {
					const told = nearest ?? near;
					if (told === undefined) expect(allowed, 'wherever any is allowed').toEqual([]);
					else {
						expect(isAllowed(told), told).toBe(true);
						const least = Math.min(...allowed.map((text) => editDistance(text, said)));
						if (nearest !== undefined) expect(editDistance(nearest, said)).toBeLessThanOrEqual(least);
					}
				}
			}),
			{ numRuns: 60 },
		);
	});
});
