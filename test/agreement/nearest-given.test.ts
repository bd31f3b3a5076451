/** What is told of a node is what its vocabulary, and whoever reads it, lets it be, whatever items say. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints, firstViolation } from '../../src/agreement/template/constraints.ts';
import { cpuMs } from '../cpu-time.ts';
import { COMPARE } from './compare.ts';
import { exact, facet, free, item, offer, template } from './documents.ts';

const upTo = (name: string, most: number) =>
	`<jsdl:${name}><jsdl:UpperBoundedRange>${most}</jsdl:UpperBoundedRange></jsdl:${name}>`;
const within = (least: number, most: number) =>
	`<jsdl:IndividualCPUCount><jsdl:Range><jsdl:LowerBound>${least}</jsdl:LowerBound><jsdl:UpperBound>${most}</jsdl:UpperBound></jsdl:Range></jsdl:IndividualCPUCount>`;
const workspace = (share: number) =>
	`<ws:Workspace><ws:Image digest="sha256:${'a'.repeat(64)}">debian</ws:Image><ws:CPUShare>${share}</ws:CPUShare></ws:Workspace>`;
const CPUS = '//jsdl:IndividualCPUCount';
const MEMORY = '//jsdl:IndividualPhysicalMemory';
const COUNTS = ['IndividualCPUCount', 'TotalCPUCount', 'TotalResourceCount'];

const toldOf = (constraints: string, resources: string, parts: object = {}) =>
	checkConstraints(offer({ resources, ...parts }), template(constraints)).map(({ nearest, near }) => nearest ?? near);

describe('counts are whole and at least 1', () => {
	test.each<readonly [sentence: string, constraints: string, resources: string, told: string | undefined]>([
		['a quotient is told of the memory', free(`${CPUS} * 4 GiB = ${MEMORY}`), resourcesOf(1, 3e9), '4294967296'],
		['0 CPUs are told of the memory', free(`${CPUS} * 4 GiB <= ${MEMORY}`), resourcesOf(1, 3e9), '4294967296'],
		['half a CPU is nothing', free(`${CPUS} * 2 = 5`), resourcesOf(1, 1), undefined],
		['no CPU is nothing', free(`${CPUS} < 1`), resourcesOf(4, 1), undefined],
		['of a range something is left', free(`${CPUS} <= 8`), upTo('IndividualCPUCount', 20), 'at most 8'],
		['of a range nothing is left', free(`${CPUS} < 1`), upTo('IndividualCPUCount', 20), undefined],
		['a range that items bound', item(CPUS, facet('maxInclusive', 8)), upTo('IndividualCPUCount', 20), 'at most 8'],
		['what is missing', free('//jsdl:TotalResourceCount * 2 > 5'), resourcesOf(1, 1), '1 of it: 3'],
		['a bound between', item(CPUS, facet('minInclusive', '1.5')), resourcesOf(1, 1), '2'],
		['a bound below', item(CPUS, facet('maxInclusive', '0.5')), resourcesOf(1, 1), undefined],
		['a bound of a value', item(`${CPUS}/jsdl:Exact`, facet('minInclusive', '1.5')), resourcesOf(1, 1), '2'],
		[
			'of a range no number is left',
			item(CPUS, facet('maxInclusive', '0.5')),
			upTo('IndividualCPUCount', 20),
			undefined,
		],
		['of a range no whole number', item(CPUS, facet('maxInclusive', '2.5')), within(2.2, 9), '2'],
		['of a range that holds nothing', item(CPUS, facet('maxInclusive', 4)), within(9, 3), '1'],
		['of any element', item('//jsdl:Resources/*', facet('maxInclusive', '7.5')), resourcesOf(9, 1), '7'],
	])('%s', (_, constraints, resources, told) => {
		expect(toldOf(constraints, resources)).toEqual([told]);
	});

	test('of all sums and bounds, the nearest', () => {
		const sign = fc.constantFrom(...Object.keys(COMPARE));
		let told = 0;
		fc.assert(
			fc.property(
				fc.constantFrom(...COUNTS),
				fc.integer({ min: 1, max: 5 }),
				fc.integer({ min: -12, max: 40 }),
				sign,
				fc.integer({ min: 1, max: 12 }),
				fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
				(name, times, wanted, operator, said, most) => {
					const holds = (count: number): boolean => COMPARE[operator]!(times * count, wanted);
					if (holds(said)) return;
					const bounded = most === undefined ? '' : item(`//jsdl:${name}`, facet('maxInclusive', `${most}.5`));
					const all = toldOf(bounded + free(`${times} * //jsdl:${name} ${operator} ${wanted}`), exact(name, said));
					const kept = [...Array(60).keys()].map((each) => each + 1).filter(holds);
					const allowed = kept.filter((each) => most === undefined || each <= most);
					const apart = Math.min(...(allowed.length > 0 ? allowed : kept).map((each) => Math.abs(each - said)));
					const own = all.at(-1);
					expect(own === undefined).toBe(kept.length === 0);
					if (own === undefined) return;
					told += 1;
					expect(Math.abs(Number(own) - said)).toBe(apart);
				},
			),
			{ numRuns: 400 },
		);
		expect(told).toBeGreaterThan(100);
	});
});

describe('what is measured is never less than nothing', () => {
	const GIB = 2 ** 30;
	const disk = `<jsdl:FileSystem name="r">${exact('DiskSpace', GIB)}</jsdl:FileSystem>`;
	test.each<readonly [sentence: string, condition: string, told: string | undefined]>([
		['of memory nothing would do', `${MEMORY} + 4 GiB <= 2 GiB`, undefined],
		['of an exact one neither', `${MEMORY}/jsdl:Exact < 0`, undefined],
		['of a disk neither', '//jsdl:DiskSpace < 0', undefined],
		['of what is missing neither', '//jsdl:IndividualDiskSpace < 0', undefined],
		['of a disk and memory the disk, as there is some memory', `${MEMORY} + //jsdl:DiskSpace <= 1 GiB`, '0'],
		['of both together neither', `${MEMORY} + //jsdl:DiskSpace = 0`, undefined],
		['no memory is nothing', `${MEMORY} <= 0`, undefined],
		['nor is less than a byte', `${MEMORY}/jsdl:Exact * 4 <= 3`, undefined],
		['nor where it is one of any elements', '//jsdl:Resources/jsdl:*[2] < 1', undefined],
		['beside a count the count', `${MEMORY} + ${CPUS} * 1 GiB <= 3 GiB`, '2'],
	])('%s', (_, condition, told) => {
		expect(toldOf(free(condition), resourcesOf(4, GIB) + disk)).toEqual([told]);
	});
});

describe('who says something is told what to say instead, rather than to leave it out', () => {
	const window =
		'<ws:Window><ws:StartTime>2026-12-01T00:00:00Z</ws:StartTime><ws:EndTime>2026-12-02T00:00:00Z</ws:EndTime><ws:Duration>PT1H</ws:Duration></ws:Window>';
	const later = '2026-12-10T00:00:00Z';
	test.each([
		['by an item', item('//ws:StartTime', facet('minInclusive', later))],
		['by a free constraint', free(`//ws:StartTime >= '${later}'`)],
	])('an end behind a start that is raised %s', (_, raised) => {
		const rule = free('not exists(//ws:EndTime) or //ws:EndTime > //ws:StartTime');
		expect(toldOf(raised + rule, '', { window })).toEqual([
			`//ws:StartTime: ${later}; //ws:EndTime: 2026-12-10T00:00:01Z`,
		]);
	});

	test('unless it is much more that would change then', () => {
		const named = ['a', 'b', 'c'].map((name) => `//x:${name}`);
		const rule = free(`not exists(//x:a) or (${named.map((name) => `${name} = 7`).join(' and ')})`);
		const terms = `<wsag:ServiceDescriptionTerm wsag:Name="x" wsag:ServiceName="workspace"><x:x><x:a>1</x:a><x:b>2</x:b><x:c>3</x:c></x:x></wsag:ServiceDescriptionTerm>`;
		expect(toldOf(rule, '', { terms })).toEqual(['0 of it']);
	});
});

describe('what an item demands and is not there is told with a value', () => {
	const DISK = '//jsdl:IndividualDiskSpace';
	const SHARE = '//ws:CPUShare';
	const least = item(DISK, facet('minInclusive', 2 ** 30));
	test.each<readonly [sentence: string, constraints: string, told: string]>([
		['the least of what is measured', least, '1 of it: 1073741824'],
		['of both items', least + item(DISK, facet('minInclusive', 2 ** 31)), '1 of it: 2147483648'],
		['what the vocabulary leaves', item(SHARE, facet('maxInclusive', 50)), '1 of it: 1'],
		['a word that is enumerated', item('//jsdl:HostName', facet('enumeration', 'north')), '1 of it: north'],
		['but no 0 of what is measured', item(DISK, facet('maxInclusive', 2 ** 30)), '1 of it'],
		['nor a text that nobody named', item('//jsdl:HostName', facet('pattern', 'n[0-9]+')), '1 of it'],
		['of a condition, too', least + free(`not exists(${DISK}) or ${DISK} > 4 GiB`), '1 of it: 4294967297'],
		[
			'of a condition by another Location',
			least + free(`not exists(//jsdl:Resources${DISK.slice(1)}) or ${DISK} >= 2 * //jsdl:IndividualCPUCount * 1 GiB`),
			'1 of it: 17179869184',
		],
		['of what it may be', least + item('//jsdl:Resources/*', facet('minInclusive', 2 ** 31)), '1 of it: 2147483648'],
		[
			'of a condition about any',
			least + free('//jsdl:Exact <= 4 GiB and //jsdl:Resources/* >= 1'),
			'1 of it: 1073741824',
		],
		['nor where it is added to what is there', least + free('sum(//jsdl:Resources/*) <= 9'), '1 of it'],
	])('%s', (_, constraints, told) => {
		expect(toldOf(constraints, exact('IndividualCPUCount', 8))).toContain(told);
	});
});

describe('what is missing beside a model group', () => {
	const whole = (name: string, least: number, more = '') =>
		`<xs:element name="${name}"${more}><xs:simpleType><xs:restriction base="xs:integer">${facet('minInclusive', least)}</xs:restriction></xs:simpleType></xs:element>`;
	const group = (kind: string, ...elements: readonly string[]) =>
		item('//x:p', `<xs:${kind}>${elements.join('')}</xs:${kind}>`);
	const OPTIONAL = ' minOccurs="0"';
	const demanded = item('//x:p/x:a', facet('maxInclusive', 9));
	const children = (...names: readonly string[]) =>
		`<x:p>${names.map((name) => `<x:${name}>5</x:${name}>`).join('')}</x:p>`;

	test.each<readonly [sentence: string, constraints: string, there: readonly string[], told: string]>([
		['in a sequence', group('sequence', whole('a', 3, OPTIONAL), whole('b', 1)) + demanded, ['b'], '1 of it: 3'],
		['that has it last', group('sequence', whole('b', 1), whole('a', 4, OPTIONAL)) + demanded, ['b'], '1 of it: 4'],
		['in any order', group('all', whole('a', 3, OPTIONAL), whole('b', 1)) + demanded, ['b'], '1 of it: 3'],
		['anywhere', group('sequence', whole('a', 3, OPTIONAL)) + item('//x:a', ''), [], '1 of it: 3'],
		['of which another choice was made', group('choice', whole('a', 3), whole('b', 1)) + demanded, ['b'], '1 of it'],
		['that has no such', group('sequence', whole('b', 1)) + demanded, ['b'], '1 of it'],
		[
			'that is about others',
			group('sequence', whole('b', 1)) + item('//x:q', facet('maxInclusive', 9)),
			['b'],
			'1 of it: 0',
		],
		[
			'within another',
			item(
				'//x:w',
				`<xs:sequence><xs:element name="p"><xs:complexType><xs:sequence>${whole('a', 3, OPTIONAL)}${whole('b', 1)}</xs:sequence></xs:complexType></xs:element></xs:sequence>`,
			) + demanded,
			['b'],
			'1 of it: 3',
		],
	])('%s', (_, constraints, there, told) => {
		const resources = `<x:w>${children(...there)}</x:w>`;
		expect(toldOf(constraints, resources)).toEqual([told]);
		const value = told.replace('1 of it', '').replace(': ', '');
		if (value === '') return;
		// Put in where a group lets it be, it is accepted.
		const [first, second] = [`<x:a>${value}</x:a>`, `<x:q>${value}</x:q>`];
		const all = ['<x:p>', '</x:p>'].map((at, nth) => resources.replace(at, nth === 0 ? at + first : first + at));
		const after = [...all, resources + second];
		expect(after.some((each) => toldOf(constraints, each).length === 0)).toBe(true);
	});

	const typed = (name: string, attributes: string) =>
		`<xs:element name="${name}"><xs:complexType>${attributes}</xs:complexType></xs:element>`;
	const count = `<xs:attribute name="n"><xs:simpleType><xs:restriction base="xs:integer">${facet('minInclusive', 3)}</xs:restriction></xs:simpleType></xs:attribute>`;
	const demands = (path: string) => item(path, facet('maxInclusive', 9));

	test.each<readonly [sentence: string, constraints: string, told: string, put: string]>([
		['of a child, which declares it', group('sequence', typed('b', count)) + demands('//x:b/@n'), '1 of it: 3', '<x:b'],
		['of a child, which does not', group('sequence', typed('b', '')) + demands('//x:b/@n'), '1 of it', ''],
		['of the parent', group('sequence', typed('b', '')) + demands('//x:p/@n'), '1 of it: 0', '<x:p'],
		['of a child that is not there', group('sequence', typed('b', '')) + demands('//x:c/@n'), '1 of it', ''],
		['of whatever name', group('sequence', typed('b', count)) + demands('//x:b/@*'), '1 of it', ''],
	])('an attribute %s', (_, constraints, told, put) => {
		const resources = '<x:p><x:b/></x:p>';
		expect(toldOf(constraints, resources)).toEqual([told]);
		if (put === '') return;
		const value = told.replace('1 of it: ', '');
		expect(toldOf(constraints, resources.replace(put, `${put} n="${value}"`))).toEqual([]);
	});

	test('a condition about it keeps to its type, too', () => {
		const own = group('sequence', whole('a', 3, OPTIONAL), whole('b', 1)) + free('//x:p/x:a * 5 > //x:p/x:b');
		expect(toldOf(own, children('b'))).toEqual(['1 of it: 3']);
	});
});

function resourcesOf(cpus: number, bytes: number): string {
	return exact('IndividualCPUCount', cpus) + exact('IndividualPhysicalMemory', bytes);
}

describe('what schemas say of other values', () => {
	test.each<readonly [sentence: string, constraints: string, told: string | undefined]>([
		['no share is between two percents', free('//ws:CPUShare * 3 = 100'), undefined],
		['none is more than all', free('//ws:CPUShare * 3 >= 301'), undefined],
		['the next percent', free('//ws:CPUShare * 3 >= 271'), '91'],
		['a bound between two', item('//ws:CPUShare', facet('minInclusive', '66.6')), '67'],
	])('%s', (_, constraints, told) => {
		expect(toldOf(constraints, resourcesOf(1, 1), { workspace: workspace(50) })).toEqual([told]);
	});

	test('what must not be true is false', () => {
		const resources = '<jsdl:ExclusiveExecution>true</jsdl:ExclusiveExecution>';
		expect(toldOf(free(`//jsdl:ExclusiveExecution != 'true'`), resources)).toEqual(['false']);
	});
});

describe('a text that is missing and must not be another', () => {
	const pattern = item('//x:host', facet('pattern', '[a-z]{3,}'));
	test.each<readonly [sentence: string, constraints: string, told: string]>([
		['any other will do', free(`//x:host != 'localhost'`), '1 of it, other than localhost'],
		['than several', free(`not (//x:host = 'a' or //x:host = 'b')`), '1 of it, other than a or b'],
		['that items only want to be there', item('//x:host', '') + free(`//x:host != 'a'`), '1 of it, other than a'],
		['of a pattern', pattern + free(`//x:host != 'localhost'`), '1 of it: aaa'],
		['of a pattern, but the plainest', pattern + free(`//x:host != 'aaa'`), '1 of it: aab'],
		[
			'of those that are enumerated',
			item('//x:host', facet('enumeration', 'a') + facet('enumeration', 'b')) + free(`//x:host != 'a'`),
			'1 of it: b',
		],
	])('%s', (_, constraints, told) => {
		expect(toldOf(constraints, resourcesOf(1, 1)).at(-1)).toBe(told);
	});

	test('of two constraints both say it, and it does together', () => {
		const { constraints } = template(free(`//x:host != 'a'`) + free(`//x:host != 'b'`));
		const violations = checkConstraints(offer({ resources: resourcesOf(1, 1) }), { constraints });
		expect(violations.map(({ nearest }) => nearest)).toEqual(['1 of it, other than a', '1 of it, other than b']);
		for (const { message } of violations) expect(message).not.toContain('does not do for all');
	});
});

describe('an exact value that a range lacks', () => {
	const EXACT = `${CPUS}/jsdl:Exact`;
	const range = within(4, 20);
	const exactly = (value: string) =>
		range.replace('</jsdl:IndividualCPUCount>', `<jsdl:Exact>${value}</jsdl:Exact></jsdl:IndividualCPUCount>`);
	test.each<readonly [sentence: string, constraints: string, told: string]>([
		['is within the range', item(EXACT, facet('minInclusive', 1)), '1 of it: 4'],
		['where the item allows it', item(EXACT, facet('minInclusive', 6)), '1 of it: 6'],
		['by a condition', free(`${EXACT} >= 2`), '1 of it: 4'],
		['by a condition and an item', item(EXACT, facet('minInclusive', 5)) + free(`${EXACT} != 5`), '1 of it: 6'],
	])('%s', (_, constraints, told) => {
		const [first, ...others] = toldOf(constraints, range);
		expect([first, ...others.filter((each) => each !== first)]).toEqual([told]);
		expect(toldOf(constraints, exactly(told.replace('1 of it: ', '')))).toEqual([]);
	});

	test('is none where the range holds nothing that the item allows', () => {
		expect(toldOf(item(EXACT, facet('maxInclusive', 3)), range)).toEqual(['1 of it']);
	});
});

describe('what is missing and several constraints name', () => {
	const toldIn = (constraints: readonly string[], resources: string) =>
		checkConstraints(offer({ resources }), template(constraints.join(''))).flatMap((violation) => {
			const { location, nearest, near, changes = [{ location, to: nearest ?? near }] } = violation;
			return changes.map((change) => `${change.location} ${change.to}`);
		});

	test('is held against the others, also where a free constraint alone lacks it', () => {
		const constraints = [free('//x:a >= 3'), free('//x:q/x:a + //x:b = 3')];
		expect(toldIn(constraints, '<x:a>5</x:a><x:b>1</x:b>')).toEqual(['//x:q/x:a 1 of it: 3', '//x:b 0']);
	});

	test('is told by what says the most of it, in any order', () => {
		const constraints = [free('//x:a >= 3'), free("//x:a[@n='2'] + //x:b = 3")];
		for (const each of [constraints, constraints.toReversed()]) {
			expect(toldIn(each, '<x:b>1</x:b>')).toContain("//x:a[@n='2'] 1 of it: 3");
		}
	});

	test('however many Locations there are, is found out within the search', () => {
		const counts = Array.from({ length: 120 }, (_, nth) => {
			const terms = Array.from({ length: 20 }, (__, at) => `count(//x:a[@b='${nth * 20 + at}'])`);
			return free(`${terms.join('+')}=0`);
		});
		const own = template([...counts, free('//x:z <= 4')].join(''));
		const begin = cpuMs();
		checkConstraints(offer({ resources: '<x:z>5</x:z>' }), own);
		expect(cpuMs() - begin).toBeLessThan(1000);
	});
});

test('what is missing is told so that whatever names it takes it', () => {
	const said = fc.integer({ min: 0, max: 10 });
	const location = fc.constantFrom('//x:m', '//jsdl:Resources/x:m', '//x:m[1]');
	const sign = fc.constantFrom('<=', '>=', '!=', '<', '>');
	const rule = fc.oneof(
		fc.tuple(location, said, said).map(([path, one, other]) => {
			const ends = facet('minInclusive', Math.min(one, other)) + facet('maxInclusive', Math.max(one, other));
			return item(path, ends);
		}),
		fc.tuple(location, sign, said).map(([path, operator, end]) => free(`${path} ${operator} ${end}`)),
		fc.tuple(location, sign, said).map(([path, operator, end]) => {
			return free(`not exists(${path}) or ${path} + //x:b ${operator} ${end}`);
		}),
		fc
			.tuple(location, said)
			.map(([path, end]) => item(path, facet('minInclusive', end), '<ws:Occurs min="0"></ws:Occurs>')),
	);
	let [refused, unsettled] = [0, 0];
	fc.assert(
		fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), said, (rules, b) => {
			const own = template(rules.join(''));
			const violationsOf = (m: string | undefined, other: number | string) => {
				const node = m === undefined ? '' : `<x:m>${m}</x:m>`;
				return checkConstraints(offer({ resources: `<x:b>${other}</x:b>${node}` }), own);
			};
			const isAdmitted = (m: number, other: number): boolean => {
				const resources = `<x:b>${other}</x:b><x:m>${m}</x:m>`;
				return firstViolation(offer({ resources }), own.constraints, verdictBudget()) === undefined;
			};
			const violations = violationsOf(undefined, b);
			if (violations.length === 0) return;
			const few = Array.from({ length: 21 }, (_, at) => at);
			if (!few.some((m) => isAdmitted(m, b) || isAdmitted(m, 0))) return;
			refused += 1;
			if (violations.some(({ message }) => /for all constraints together|Nothing was/.test(message))) {
				unsettled += 1;
				return;
			}
			let [m, other]: [string | undefined, number | string] = [undefined, b];
			for (const { location: path, nearest, near, changes } of violations) {
				for (const change of changes ?? [{ location: path, to: nearest ?? near! }]) {
					if (change.location === '//x:b') other = change.to;
					else m = change.to.replace('1 of it: ', '');
				}
			}
			expect(violationsOf(m, other), JSON.stringify([m, other])).toEqual([]);
		}),
		{ numRuns: 300 },
	);
	expect(refused).toBeGreaterThan(100);
	expect(unsettled / refused).toBeLessThan(0.05);
});
