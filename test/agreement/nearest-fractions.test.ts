/** Whoever says a whole number is told one, but for what the template itself writes with a fraction. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { facet, free, item, offer, template } from './documents.ts';

const decimal = (...facets: readonly string[]) =>
	`<xs:simpleType><xs:restriction base="xs:decimal">${facets.join('')}</xs:restriction></xs:simpleType>`;
const price = (value: number | string) => `<x:p>${value}</x:p>`;
const toldOf = (constraints: string, resources: string) =>
	checkConstraints(offer({ resources }), template(constraints)).map(({ nearest }) => nearest);
const LONG = '12.1234567890123456789';

describe('in the place of a whole number', () => {
	test.each<readonly [sentence: string, constraints: string, resources: string, told: string]>([
		['a least amount', item('//x:p', facet('minInclusive', '0.05')), price(0), '0.05'],
		['a greatest amount', item('//x:p', facet('maxInclusive', '12.50')), price(13), '12.5'],
		['one that is excluded', item('//x:p', facet('maxExclusive', '12.50')), price(13), '12'],
		['of more digits than doubles have', item('//x:p', decimal(facet('maxInclusive', LONG))), price(13), LONG],
		[
			'as a pattern writes it',
			item('//x:p', decimal(facet('maxInclusive', '12.5'), facet('pattern', '[0-9]+(\\.[0-9]{2})?'))),
			price(13),
			'12.50',
		],
		['what is enumerated', item('//x:p', facet('enumeration', '1.5') + facet('enumeration', '3')), price(2), '1.5'],
		['a free constraint', free('//x:p <= 12.5'), price(13), '12.5'],
		['a free constraint that excludes it', free('//x:p < 12.5'), price(13), '12'],
		['what another node says', free('//x:p <= //x:q'), `${price(13)}<x:q>12.5</x:q>`, '12.5'],
		['what is calculated', free('2 * //x:p <= 25'), price(13), '12'],
		['the greatest of several', free('max(//x:p) <= 12.5'), price(13) + price(1), '12.5'],
		[
			'an item beside a free constraint',
			item('//x:p', facet('maxInclusive', '12.5')) + free('//x:p > 3'),
			price(13),
			'12.5',
		],
	])('%s', (_, constraints, resources, told) => {
		expect(toldOf(constraints, resources)).toEqual([told]);
	});

	test('the end that is included, whatever it is; else the whole number beside it', () => {
		const end = fc.integer({ min: -400, max: 400 }).map((hundredths) => hundredths / 100);
		fc.assert(
			fc.property(end, fc.integer({ min: -9, max: 9 }), fc.boolean(), fc.boolean(), (bound, said, isIn, isFree) => {
				const isBelow = said < bound;
				if (said === bound && isIn) return;
				const [kind, sign] = isBelow ? ['min', '>'] : ['max', '<'];
				const content = isFree
					? free(`//x:p ${sign}${isIn ? '=' : ''} ${bound < 0 ? `0 - ${-bound}` : bound}`)
					: item('//x:p', facet(`${kind}${isIn ? 'Inclusive' : 'Exclusive'}`, bound));
				const [told] = toldOf(content, price(said));
				// A sum is calculated; of what is not negative nothing negative is told where something else would do.
				if (isFree && (bound < 0 || (said >= 0 && Number(told) < 0))) return;
				const whole = isBelow ? Math.floor(bound) + 1 : Math.ceil(bound) - 1;
				expect(Number(told)).toBe(isIn ? bound : whole);
			}),
			{ numRuns: 300 },
		);
	});
});
