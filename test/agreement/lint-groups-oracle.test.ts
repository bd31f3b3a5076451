/** Random model groups about the same elements, with what conditions and items say of their children, against documents. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { firstViolation } from '../../src/agreement/template/constraints.ts';
import { aType, child, OWN, occurs, SAID, someConstraints } from './branches.ts';
import { item, template, treeOf } from './documents.ts';

const NAMES = ['a', 'b', 'c'];
const often = fc.constantFrom('', '', '', 'minOccurs="0"', 'maxOccurs="2"', 'minOccurs="0" maxOccurs="unbounded"');
const wildcard = fc.constantFrom(
	'<xs:any></xs:any>',
	'<xs:any minOccurs="0"></xs:any>',
	'<xs:any namespace="##other" minOccurs="0"></xs:any>',
);
/** Elements of one name in one group have one type, which is filled in once the group is known. */
const { part } = fc.letrec<{ part: string; group: string }>((tie) => ({
	part: fc.oneof(
		{ maxDepth: 2 },
		fc.tuple(fc.constantFrom(...NAMES), often).map(([name, times]) => child(name, `@${name}@`, times)),
		wildcard,
		tie('group'),
	),
	group: fc
		.tuple(fc.constantFrom('choice', 'sequence'), often, fc.array(tie('part'), { minLength: 1, maxLength: 3 }))
		.map(([kind, times, parts]) => `<xs:${kind} ${times}>${parts.join('')}</xs:${kind}>`),
}));
const aGroup = fc
	.tuple(fc.constantFrom('choice', 'sequence'), fc.array(part, { minLength: 1, maxLength: 3 }), aType, aType, aType)
	.map(([kind, parts, ...types]) =>
		`<xs:${kind}>${parts.join('')}</xs:${kind}>`.replace(/@(\w)@/g, (_, name) => types[NAMES.indexOf(name)]!),
	);
const said = fc.constantFrom(
	...['not exists(//x:a)', 'exists(//x:a)', '//x:y/x:a > 1', '//x:y/x:b = 1', 'count(//x:y/x:a) = 2', '//x:a < //x:b'],
	...['not exists(//x:b) or //x:b < 2', 'not exists(//x:y/x:c)', 'sum(//x:a) > count(//x:b)', '//x:y/x:c = 2'],
	...['count(//x:y/x:b) > count(//x:y/x:c)', 'count(//x:y) < count(//x:y/x:a)', 'count(//x:b) = 1 or exists(//x:c)'],
	...['count(//x:y/*) = 1', 'sum(//x:y/x:c) < sum(//x:y/x:a)'],
);
const templates = someConstraints({
	content: aGroup,
	bounds: [occurs(1, 1), occurs(1, 2), occurs(2, 2)],
	conditions: fc.array(said, { maxLength: 3 }),
	other: fc.option(
		aGroup.map((content) => item('//x:y', content, occurs(1, 2), 'other')),
		{ freq: 2 },
	),
});

const CHILDREN = [
	...NAMES.flatMap((name) => [0, 1, 2, 3].map((value) => `<x:${name}>${value}</x:${name}>`)),
	'<x:d></x:d>',
	'<wsag:Name>q</wsag:Name>',
];
const some = (maxLength: number) => fc.array(fc.constantFrom(...CHILDREN), { maxLength }).map((all) => all.join(''));
const oneOrTwo = fc.array(some(4), { minLength: 1, maxLength: 2 });
const randomDocuments = fc
	.tuple(fc.oneof({ weight: 2, arbitrary: fc.constant('') }, some(2)), oneOrTwo)
	.map(([beside, elements]) => beside + elements.map((content) => `<x:y>${content}</x:y>`).join(''));
const small = CHILDREN.flatMap((one) => ['', ...CHILDREN].map((other) => `<x:y>${one}${other}</x:y>`));
const DOCUMENTS = [...new Set(['<x:y></x:y>', ...small, ...fc.sample(randomDocuments, { numRuns: 500, seed: 1 })])].map(
	(content) => ({ content, tree: treeOf(`<x:d>${content}</x:d>`) }),
);

test('what some document fulfils is never called impossible, and most of what none does is', () => {
	const seen = { fulfilled: 0, impossible: 0, silent: 0 };
	fc.assert(
		fc.property(templates, (constraints) => {
			const text = constraints.join('\n');
			const made = template(text, OWN);
			const told = lintTemplate(made).filter(({ code }) => SAID.includes(code) && code !== 'BRANCH_DEAD');
			const fulfilling = DOCUMENTS.find(
				({ tree }) => firstViolation({ tree } as never, made.constraints, verdictBudget()) === undefined,
			);
			if (fulfilling === undefined) seen[told.length === 0 ? 'silent' : 'impossible'] += 1;
			else {
				seen.fulfilled += 1;
				expect(told, `${text}\n${fulfilling.content}`).toEqual([]);
			}
		}),
		{ numRuns: 300 },
	);
	expect(seen.fulfilled).toBeGreaterThan(50);
	// What no document here fulfils larger ones may.
	expect(seen.impossible).toBeGreaterThan(3 * seen.silent);
});
