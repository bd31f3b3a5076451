/** Branches that lint calls dead, and templates that it calls impossible, against all small documents. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { aType, child, choice, OWN, occurs, row, SAID, someConstraints } from './branches.ts';
import { item, template, treeOf } from './documents.ts';

const NAMES = ['a', 'b', 'c'] as const;
const often = fc.constantFrom('', '', '', 'minOccurs="0"', 'maxOccurs="2"');
const aChoice = fc
	.tuple(fc.constantFrom('', '', 'maxOccurs="2"', 'minOccurs="0"'), aType, aType, often, often, fc.boolean())
	.map(([times, one, other, first, second, isDeep]) => {
		const a = child('a', one, first);
		return isDeep
			? choice(times, row(a, child('b', other, second)), child('c'))
			: choice(times, a, child('b', other, second), child('c'));
	});
const said = fc.constantFrom(
	...['not exists(//x:a)', 'exists(//x:a)', '//x:y/x:a > 1', '//x:y/x:b = 1', 'count(//x:y/x:a) = 2', '//x:a < //x:b'],
	...['(not exists(//x:b) or //x:b < 2)', 'not exists(//x:y/x:c)', 'sum(//x:a) > count(//x:b)', '//x:y/x:c = 2'],
);
const aGroup = fc
	.constantFrom(
		row(child('a', '', 'minOccurs="0"'), child('b', '', 'minOccurs="0"')),
		row('<xs:any></xs:any>'),
		choice('maxOccurs="3"', child('a'), child('c')),
	)
	.map((content) => item('//x:y', content, occurs(0, 9), 'other'));
// Of two items about a node that need not be there it is told that no node fulfils both.
const templates = someConstraints({
	content: aChoice,
	bounds: [occurs(1, 1), occurs(1, 1), occurs(1, 2)],
	conditions: fc.array(said, { minLength: 1, maxLength: 2 }),
	other: fc.option(aGroup, { freq: 3 }),
});

const CHILDREN = NAMES.flatMap((name) => [0, 1, 2].map((value) => `<x:${name}>${value}</x:${name}>`));
const pairs = <T>(ones: readonly T[], join: (one: T, other: T) => T): readonly T[] =>
	ones.flatMap((one) => ones.map((other) => join(one, other)));
const PAIRS = pairs(CHILDREN, (one, other) => one + other);
/** One element of up to two children, or two of up to one each. */
const DOCUMENTS = [
	'',
	...['', ...CHILDREN, ...PAIRS].map((content) => `<x:y>${content}</x:y>`),
	...pairs(['', ...CHILDREN], (one, other) => `${one}</x:y><x:y>${other}`).map((content) => `<x:y>${content}</x:y>`),
].map((content) => ({ content, tree: treeOf(`<x:d>${content}</x:d>`) }));

test('what some document fulfils is never called impossible, nor a branch dead that one takes', () => {
	const seen = { impossible: 0, dead: 0 };
	const silent = { impossible: 0, dead: 0 };
	fc.assert(
		fc.property(templates, (constraints) => {
			const text = constraints.join('\n');
			const made = template(text, OWN);
			const fulfilling = DOCUMENTS.filter(
				({ tree }) => checkConstraints({ tree } as never, made, verdictBudget()).length === 0,
			);
			const told = lintTemplate(made).filter(({ code }) => SAID.includes(code));
			const impossible = told.filter(({ code }) => code !== 'BRANCH_DEAD');
			if (fulfilling.length > 0) expect(impossible, text).toEqual([]);
			else {
				seen.impossible += 1;
				silent.impossible += Number(impossible.length === 0);
				return;
			}
			const [, choiceContent] = /<xs:choice[^>]*>(.*)<\/xs:choice>/.exec(constraints[0]!)!;
			const isDeep = choiceContent!.startsWith('<xs:sequence');
			for (const name of isDeep ? ['c'] : NAMES) {
				const isDead =
					told.some(
						(finding) => finding.path.endsWith('Item[1]') && new RegExp(`^${name}(\\W|$)`).test(finding.found ?? ''),
					) ||
					told.some(
						(finding) => finding.path.endsWith('Item') && new RegExp(`^${name}(\\W|$)`).test(finding.found ?? ''),
					);
				const isTaken = fulfilling.some(({ content }) => content.includes(`<x:${name}>`));
				if (isTaken) expect(isDead, `${name} of ${text}`).toBe(false);
				else {
					seen.dead += 1;
					silent.dead += Number(!isDead);
				}
			}
		}),
		{ numRuns: 100 },
	);
	// What no document here fulfils larger ones may.
	expect(seen.impossible - silent.impossible).toBeGreaterThan(5);
	expect(seen.dead - silent.dead).toBeGreaterThan(5);
});
