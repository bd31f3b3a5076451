/**
 * Whoever does all that a refusal tells comes to an offer that the template admits: templates of items and free
 * constraints about the same few nodes, held against all documents of a small domain.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import type { ConstraintViolation } from '../../src/agreement/template/violation.ts';
import { COMPARE } from './compare.ts';
import { exact, facet, item, offer, template } from './documents.ts';

type Name = 'a' | 'b' | 'c';
/** What the nodes of each name say; none where there are none. */
type Document = Readonly<Record<Name, readonly number[]>>;

/** A condition, and the same in words. */
interface Rule {
	readonly text: string;
	readonly holds: (x: number, y: number, z: number) => boolean;
	readonly about: readonly Name[];
}

interface Demand {
	readonly content: string;
	readonly isAllowed: (value: number) => boolean;
}

interface Case {
	readonly demands: Readonly<Record<Name, Demand>>;
	readonly rules: readonly Rule[];
	readonly said: Document;
}

const NAMES: readonly Name[] = ['a', 'b', 'c'];
const MOST = 10;
const DOMAIN = Array.from({ length: MOST + 1 }, (_, at) => at);
const NOT_LISTED = { content: '', isAllowed: () => true };

const number = fc.integer({ min: 0, max: MOST });

const listed = fc.uniqueArray(number, { minLength: 1, maxLength: 4 }).map((values): Demand => {
	return {
		content: values.map((each) => facet('enumeration', each)).join(''),
		isAllowed: (value) => values.includes(value),
	};
});
const bounded = fc.tuple(number, number, fc.boolean()).map(([one, other, isWhole]): Demand => {
	const [least, most] = [Math.min(one, other), Math.max(one, other)];
	const facets = facet('minInclusive', least) + facet('maxInclusive', most);
	const whole = `<xs:simpleType><xs:restriction base="xs:integer">${facets}</xs:restriction></xs:simpleType>`;
	return {
		content: isWhole ? whole : facets,
		isAllowed: (value) => value >= least && value <= most && (!isWhole || Number.isInteger(value)),
	};
});
const demand = fc.oneof(fc.constant(NOT_LISTED), listed, bounded);

const rule = fc
	.record({
		about: fc.shuffledSubarray([...NAMES], { minLength: 3, maxLength: 3 }),
		sign: fc.constantFrom('<=', '<', '>=', '=', '!=', '<=', '>='),
		kind: fc.integer({ min: 0, max: 6 }),
		one: number,
		other: number,
		times: fc.integer({ min: 1, max: 3 }),
	})
	.map(({ about, sign, kind, one, other, times }): Rule => {
		const [x, y, z] = about.map((name) => `//x:${name}`);
		const is = COMPARE[sign]!;
		const two = about.slice(0, 2);
		const rules: readonly Rule[] = [
			{ about: two, text: `${x} + ${y} ${sign} ${one + other}`, holds: (a, b) => is(a + b, one + other) },
			{ about: two, text: `${x} ${sign} ${times} * ${y}`, holds: (a, b) => is(a, times * b) },
			{ about: two, text: `${x} * ${y} ${sign} ${one * times}`, holds: (a, b) => is(a * b, one * times) },
			{ about: two, text: `${x} - ${y} ${sign} ${one - 5}`, holds: (a, b) => is(a - b, one - 5) },
			{ about: two, text: `${x} ${sign} ${one} or ${y} >= ${other}`, holds: (a, b) => is(a, one) || b >= other },
			{
				about,
				text: `${x} + ${y} + ${z} ${sign} ${one + other + 4}`,
				holds: (a, b, c) => is(a + b + c, one + other + 4),
			},
			{
				about: two,
				text: `${x} = ${one} and ${y} = ${other} or ${x} = ${other} and ${y} <= ${one}`,
				holds: (a, b) => (a === one && b === other) || (a === other && b <= one),
			},
		];
		return rules[kind]!;
	});

const one = number.map((value) => [value]);
const cases = (first: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Case> =>
	fc.record({
		demands: fc.record({ a: demand, b: demand, c: demand }),
		rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
		said: fc.record({ a: first, b: one, c: one }),
	});

function templateOf({ demands, rules }: Case) {
	const items = NAMES.filter((name) => demands[name] !== NOT_LISTED).map((name) =>
		item(`//x:${name}`, demands[name].content, '<ws:Occurs min="0" max="9"></ws:Occurs>'),
	);
	const free = rules.map(({ text }) => `<wsag:Constraint>${text.replaceAll('<', '&lt;')}</wsag:Constraint>`);
	return template(items.join('') + free.join(''));
}

function violationsOf(document: Document, own: ReturnType<typeof templateOf>): readonly ConstraintViolation[] {
	const nodes = NAMES.flatMap((name) => document[name].map((value) => `<x:${name}>${value}</x:${name}>`));
	return checkConstraints(offer({ resources: nodes.join('') }), own);
}

/** Whether any document of the domain that has these nodes keeps to all of it. */
function isAnyAdmitted({ demands, rules, said }: Case): boolean {
	const nodes = NAMES.flatMap((name) => Array.from({ length: Math.max(1, said[name].length) }, () => name));
	const values = new Map<Name, number[]>(NAMES.map((name) => [name, []]));
	const look = (at: number): boolean => {
		const name = nodes[at];
		if (name === undefined) {
			return rules.every(({ about, holds }) => {
				const [ones, others, thirds] = NAMES.map((_, nth) => values.get(about[nth] ?? about[0]!)!);
				return ones!.every((x) => others!.every((y) => thirds!.every((z) => holds(x, y, z))));
			});
		}
		return DOMAIN.some((value) => {
			if (!demands[name].isAllowed(value)) return false;
			values.get(name)!.push(value);
			const isFound = look(at + 1);
			values.get(name)!.pop();
			return isFound;
		});
	};
	return look(0);
}

/** The document with all that is told; undefined where that contradicts itself, or not all are told. */
function followed(said: Document, violations: readonly ConstraintViolation[]): Document | undefined {
	const after = new Map(NAMES.map((name) => [name, [...said[name]]]));
	const told = new Map<string, string>();
	for (const { path, location, nearest, near, changes } of violations) {
		const to = nearest ?? near;
		if (to === undefined) return undefined;
		for (const change of changes ?? [{ path, location, to }]) {
			const [name, index = '1'] = change.location
				.replace('//x:', '')
				.concat(/\[\d+\]$/.exec(change.path)?.[0] ?? '')
				.split(/[[\]]/);
			const text = change.to.replace('1 of it: ', '');
			if ((told.get(name! + index) ?? text) !== text) return undefined;
			told.set(name! + index, text);
			after.get(name as Name)![Number(index) - 1] = Number(text);
		}
	}
	return Object.fromEntries(after) as unknown as Document;
}

const UNSETTLED = /for all constraints together|Nothing was found|There was not the time/;

const CPUS = '//jsdl:IndividualCPUCount';
const MACHINES = '//jsdl:TotalResourceCount/jsdl:Exact';

describe('of what is told of several violations', () => {
	const words = (...values: readonly number[]) => values.map((each) => facet('enumeration', each)).join('');
	test.each<[sentence: string, items: string, conditions: readonly string[], told: readonly string[]]>([
		[
			'an item keeps to a free constraint about the same node',
			item(CPUS, words(1, 2, 4, 8, 16)),
			[`${CPUS} * ${MACHINES} <= 20`],
			['4', '4'],
		],
		[
			'two free constraints agree, whatever Locations they have',
			item(MACHINES, words(1, 4, 6)),
			[`${CPUS} <= 8`, `${CPUS}/jsdl:Exact + ${MACHINES} <= 9`],
			['5', '5'],
		],
		[
			'what another constraint needs besides is told with it',
			item(`${CPUS}/jsdl:Exact`, words(3, 6)),
			[`${CPUS} + ${MACHINES} = 16`],
			[`${CPUS}: 6; ${MACHINES}: 10`],
		],
	])('%s', (_, items, conditions, told) => {
		const free = conditions.map((text) => `<wsag:Constraint>(${text.replaceAll('<', '&lt;')})</wsag:Constraint>`);
		const resources = exact('IndividualCPUCount', 12) + exact('TotalResourceCount', 4);
		const found = checkConstraints(offer({ resources }), template(items + free.join('')));
		expect(found.map(({ nearest, near }) => nearest ?? near)).toEqual(told);
	});

	test('how many there are is another matter than what they say', () => {
		const own = template(
			`${item('//x:a', facet('maxInclusive', 8))}<wsag:Constraint>count(//x:a) &lt;= 1</wsag:Constraint>`,
		);
		const found = checkConstraints(offer({ resources: '<x:a>9</x:a><x:a>5</x:a>' }), own);
		expect(found.map(({ nearest }) => nearest)).toEqual(['8', 'count(//x:a): 1']);
	});

	test.each<[condition: string, resources: string, nearest: string]>([
		['//x:a + //jsdl:Resources/x:a < 2', '<x:a>5.6</x:a>', '0.9'],
		['//x:a * //jsdl:Resources/x:a <= 16', '<x:a>9</x:a>', '4'],
		[`${CPUS} + ${CPUS}/jsdl:Exact <= 4`, exact('IndividualCPUCount', 8), '2'],
		['//x:a + //jsdl:Resources/x:a <= 4', '<x:a>9</x:a><x:a>8</x:a>', '//x:a: 2'],
	])('%s: a node that two Locations select says one thing', (condition, resources, nearest) => {
		const own = template(`<wsag:Constraint>${condition.replaceAll('<', '&lt;')}</wsag:Constraint>`);
		const [found, ...others] = checkConstraints(offer({ resources }), own);
		expect([found?.nearest, others]).toEqual([nearest, []]);
		expect(found?.message).not.toContain('together');
	});

	test('who is told that one node says two things is told that it does not do', () => {
		const own = template('<wsag:Constraint>//x:a + //x:a[1] = 5</wsag:Constraint>');
		const [found] = checkConstraints(offer({ resources: '<x:a>9</x:a><x:a>9</x:a>' }), own);
		expect(found?.message).toContain('does not do for all constraints together');
	});

	test('one text under prefixes that mean something else is about other nodes', () => {
		const free = (prefix: string, namespace: string, condition: string): string =>
			`<wsag:Constraint xmlns:${prefix}="${namespace}">${condition}</wsag:Constraint>`;
		const own = template(free('p', 'urn:1', '//p:a &lt;= 3') + free('p', 'urn:2', '//p:a >= 20'));
		const resources = '<p:a xmlns:p="urn:1">9</p:a><p:a xmlns:p="urn:2">9</p:a>';
		const found = checkConstraints(offer({ resources }), own);
		expect(found.map(({ nearest }) => nearest)).toEqual(['3', '20']);
		for (const { message } of found) expect(message).not.toContain('together');
	});

	test('where nothing but numbers is listed no text is looked for, which would take all the time', () => {
		const condition = '<wsag:Constraint>//x:a * //x:b = 18</wsag:Constraint>';
		const own = template(item('//x:a', words(4, 1, 0, 6), '<ws:Occurs min="0" max="9"></ws:Occurs>') + condition);
		const [found] = checkConstraints(offer({ resources: '<x:b>0</x:b>' }), own);
		expect(found?.near).toBe('//x:a: 1 of it: 6; //x:b: 3');
		expect(found?.message).not.toContain('There was not the time');
	});

	test('what does not do is said not to, where nothing does', () => {
		const own = template(`${item('//x:a', facet('minInclusive', 5))}<wsag:Constraint>//x:a &lt;= 3</wsag:Constraint>`);
		const found = checkConstraints(offer({ resources: '<x:a>4</x:a>' }), own);
		expect(found.map(({ nearest }) => nearest)).toEqual(['5', '3']);
		for (const { message } of found) expect(message).toContain('does not do for all constraints together');
	});
});

describe('where items let a number be written in one way only', () => {
	const type = (base: string, facets: string): string =>
		`<xs:simpleType><xs:restriction base="xs:${base}">${facets}</xs:restriction></xs:simpleType>`;
	const words = (...texts: readonly string[]): string =>
		type('string', texts.map((text) => `<xs:enumeration value="${text}"></xs:enumeration>`).join(''));
	const pattern = (base: string, text: string, more = ''): string =>
		type(base, `<xs:pattern value="${text}"></xs:pattern>${more}`);
	const told = (a: string, c: string, content: string, condition: string) => {
		const free = `<wsag:Constraint>${condition.replaceAll('<', '&lt;')}</wsag:Constraint>`;
		const own = template(item('//x:a', content) + free);
		return checkConstraints(offer({ resources: `<x:a>${a}</x:a><x:c>${c}</x:c>` }), own);
	};
	/** Both as they are told, or else as they were; undefined where one is told to be two. */
	const followedIn = (a: string, c: string, violations: readonly ConstraintViolation[]) => {
		const said = new Map<string, string>();
		for (const { location, nearest, near, changes } of violations) {
			for (const change of changes ?? [{ location, to: nearest ?? near! }]) {
				if ((said.get(change.location) ?? change.to) !== change.to) return undefined;
				said.set(change.location, change.to);
			}
		}
		return [said.get('//x:a') ?? a, said.get('//x:c') ?? c] as const;
	};

	test.each<
		[sentence: string, said: readonly [string, string], content: string, condition: string, to: readonly string[]]
	>([
		['a pattern', ['20.11', '8'], pattern('string', '2[02]\\.10'), "//x:a != '20.10' or //x:c <= 4", ['22.10', '8']],
		['enumerated texts', ['8', '9'], words('007'), '//x:c <= //x:a', ['007', '7']],
		[
			'decimals',
			['2.50', '1'],
			pattern('decimal', '[0-9]\\.[0-9]{2}', facet('maxInclusive', 2)),
			'//x:a <= //x:c',
			['1.00', '1'],
		],
		[
			'exponents',
			['5e3', '1'],
			pattern('double', '[0-9]e[0-9]', facet('maxInclusive', 4000)),
			'//x:a = //x:c',
			['1e0', '1'],
		],
	])('%s: it is told as it may be written', (_, [a, c], content, condition, to) => {
		const violations = told(a, c, content, condition);
		expect(followedIn(a, c, violations)).toEqual(to);
		expect(told(to[0]!, to[1]!, content, condition)).toEqual([]);
	});

	test('whoever does what is told is admitted, or is told that it does not do', () => {
		const form = fc.constantFrom(
			(value: number) => `${value}.0`,
			(value: number) => `00${value}`,
			(value: number) => `${value}e0`,
			(value: number) => `${value}`,
		);
		const written = fc.tuple(number, form).map(([value, write]) => write(value));
		const condition = fc
			.tuple(fc.constantFrom('<=', '>=', '=', '!='), number)
			.chain(([sign, at]) =>
				fc.constantFrom(`//x:a ${sign} //x:c`, `//x:a + //x:c ${sign} ${at}`, `//x:a ${sign} ${at} or //x:c <= 2`),
			);
		const listed = fc.uniqueArray(written, { minLength: 1, maxLength: 3 });
		let [refused, unsettled] = [0, 0];
		fc.assert(
			fc.property(listed, condition, written, number, (texts, rule, a, c) => {
				const content = words(...texts);
				const violations = told(a, `${c}`, content, rule);
				if (violations.length === 0) return;
				refused += 1;
				const done = followedIn(a, `${c}`, violations);
				if (done !== undefined && told(done[0], done[1], content, rule).length === 0) return;
				unsettled += 1;
				expect(violations.some(({ message }) => UNSETTLED.test(message))).toBe(true);
			}),
			{ numRuns: 300 },
		);
		expect(refused).toBeGreaterThan(150);
		expect(unsettled / refused).toBeLessThan(0.06);
	});
});

describe('all that is told, done together', () => {
	test.each([
		['of one node each', one],
		['of several nodes', fc.tuple(number, number)],
		['of three nodes', fc.tuple(number, number, number)],
		['of what is missing', fc.constant([])],
	])('%s, is admitted wherever anything is, or it is said that it is not', (_, first) => {
		let [refused, unsettled] = [0, 0];
		fc.assert(
			fc.property(cases(first), (each) => {
				const own = templateOf(each);
				const violations = violationsOf(each.said, own);
				if (violations.length === 0 || !isAnyAdmitted(each)) return;
				refused += 1;
				const after = followed(each.said, violations);
				if (after !== undefined && violationsOf(after, own).length === 0) {
					expect(violations.filter(({ message }) => UNSETTLED.test(message))).toEqual([]);
					return;
				}
				unsettled += 1;
				expect(violations.some(({ message }) => UNSETTLED.test(message))).toBe(true);
			}),
			{ numRuns: 400 },
		);
		expect(refused).toBeGreaterThan(100);
		// Of 2,800 refusals it was none of one node each, of two, and of what is missing; of 1,500 six of three nodes.
		expect(unsettled / refused).toBeLessThan(0.02);
	});
});
