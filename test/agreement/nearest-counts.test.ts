/** How many there are to be is told as items let there be, whatever Locations they have. */
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { exact, facet, free, item, offer, template } from './documents.ts';

const occurs = (min: number, max: number): string => `<ws:Occurs min="${min}" max="${max}"></ws:Occurs>`;
const CPUS = '//jsdl:IndividualCPUCount';
const toldOf = (constraints: string, resources: string) =>
	checkConstraints(offer({ resources }), template(constraints)).map(({ nearest, near }) => nearest ?? near);

describe('what an item demands is not told to be left out', () => {
	const FREE = [
		['nobody demands it', ''],
		['it may be left out', item(CPUS, '', occurs(0, 1))],
	] as const;
	const DEMANDED = [
		['the same Location', item(CPUS, '')],
		['another Location', item('//jsdl:Resources/jsdl:IndividualCPUCount', '')],
		['what is in it', item(`${CPUS}/jsdl:Exact`, facet('minInclusive', 1))],
	] as const;
	const check = (items: string, condition: string) =>
		checkConstraints(offer({ resources: exact('IndividualCPUCount', 8) }), template(items + free(condition)));

	test.each(FREE)('%s', (_, items) => {
		const [violation] = check(items, `not exists(${CPUS}) or ${CPUS} * 2 = 5`);
		expect(violation?.nearest).toBe('0 of it');
		expect(violation?.message).not.toContain('together');
	});

	test.each(DEMANDED)('%s', (_, items) => {
		const [other] = check(items, `not exists(${CPUS}) or (//jsdl:TotalCPUCount > 2 and ${CPUS} = 3)`);
		expect(other?.changes?.map(({ to }) => to)).toEqual(['3', '1 of it: 3']);
		const [alone] = check(items, `not exists(${CPUS}) or ${CPUS} * 2 = 5`);
		expect(alone?.message).toContain('does not do for all constraints together');
	});

	test.each<readonly [sentence: string, condition: string, occurs: string, told: string | undefined]>([
		['fewer than may be', 'count(//x:a) * 2 <= 5', occurs(2, 9), 'count(//x:a): 2'],
		['as few as must be', 'count(//x:a) * 2 <= 3', occurs(1, 9), 'count(//x:a): 1'],
		['as many as may be', 'count(//x:a) >= 4 or //x:b = 1', occurs(0, 3), '1'],
	])('%s', (_, condition, often, told) => {
		const resources = '<x:a>1</x:a><x:a>1</x:a><x:a>1</x:a><x:b>2</x:b>';
		expect(toldOf(item('//x:a', '', often) + free(condition), resources)).toEqual([told]);
	});
});

describe('what each may leave out, and all together may not', () => {
	const sevenOf = (name: string, ...others: readonly string[]) =>
		free(`not exists(//x:${name}) or (${[name, ...others].map((each) => `//x:${each} = 7`).join(' and ')})`);
	const resources = `<x:p><x:a>1</x:a><x:b>2</x:b></x:p>${['c', 'd', 'e', 'f'].map((each) => `<x:${each}>3</x:${each}>`).join('')}`;
	const both = sevenOf('a', 'c', 'd') + sevenOf('b', 'e', 'f');

	test('is left out where nothing of it is demanded', () => {
		expect(toldOf(both, resources)).toEqual(['0 of it', '0 of it']);
	});

	test.each(['//x:p/*', '//x:p/x:*'])(
		'is left out once where %s is demanded, and the other says something else',
		(location) => {
			const constraints = both + item(location, '');
			expect(toldOf(constraints, resources)).toEqual(['0 of it', '//x:b: 7; //x:e: 7; //x:f: 7']);
			const after = '<x:p><x:b>7</x:b></x:p><x:c>3</x:c><x:d>3</x:d><x:e>7</x:e><x:f>7</x:f>';
			expect(toldOf(constraints, after)).toEqual([]);
		},
	);

	test('as many are left as another Location demands', () => {
		const there = '<x:p><x:a>1</x:a><x:a>1</x:a><x:a>1</x:a><x:a>1</x:a><x:b>1</x:b></x:p><x:c>1</x:c>';
		const condition = free('count(//x:a) <= 1 or //x:b = 9 and //x:c = 9');
		expect(toldOf(condition, there)).toEqual(['count(//x:a): 1']);
		expect(toldOf(condition + item('//x:p/*', '', occurs(3, 9)), there)).toEqual(['//x:b: 9; //x:c: 9']);
	});
});
