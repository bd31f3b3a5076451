/** Whoever puts in what is told has an offer that whoever reads it takes, and whose amounts go together as they did. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints, firstViolation } from '../../src/agreement/template/constraints.ts';
import type { ConstraintViolation } from '../../src/agreement/template/violation.ts';
import { DIGEST, exact, facet, free, item, offer, requestOf, template } from './documents.ts';

const ENDS = '//ws:EndAction';
const KEPT = `${ENDS}/@retention`;
const KEEPING: ReadonlySet<string> = new Set(['pause', 'save']);
const ACTIONS = ['pause', 'save', 'shutdown', 'destroy'] as const;
const UNSETTLED = /for all constraints together|Nothing was found|There was not the time/;

interface Ending {
	readonly action: string;
	readonly retention?: string | undefined;
}

/** All that there are, of whole days. */
const ENDINGS: readonly Ending[] = ACTIONS.flatMap((action) =>
	[undefined, 'PT0S', ...Array.from({ length: 9 }, (_, day) => `P${day + 1}D`)].map((retention) => ({
		action,
		retention,
	})),
);

const workspaceOf = ({ action, retention }: Ending): string => {
	const kept = retention === undefined ? '' : ` retention="${retention}"`;
	return `<ws:Workspace><ws:Image digest="${DIGEST}">guest</ws:Image><ws:EndAction${kept}>${action}</ws:EndAction></ws:Workspace>`;
};
const oneOf = (...words: readonly string[]): string =>
	item(ENDS, words.map((word) => facet('enumeration', word)).join(''));
const check = (constraints: string, parts: object): readonly ConstraintViolation[] =>
	checkConstraints(offer(parts), template(constraints));

/** All that is told, by the Locations of its nodes without their prefixes and parts. */
function told(violations: readonly ConstraintViolation[]): ReadonlyMap<string, string> {
	const nameOf = (location: string): string => /(\w+)(?:\/jsdl:Exact)?$/.exec(location)![1]!;
	const all = violations.flatMap(({ location, nearest, near, changes }) =>
		(changes ?? [{ location, to: nearest ?? near ?? '' }]).map((each): readonly [string, string] => [
			nameOf(each.location),
			each.to.replace('1 of it: ', ''),
		]),
	);
	return new Map(all);
}

function followed({ action, retention }: Ending, violations: readonly ConstraintViolation[]): Ending {
	const puts = told(violations);
	return { action: puts.get('EndAction') ?? action, retention: puts.get('retention') ?? retention };
}

describe('an end action and its retention', () => {
	const week: Ending = { action: 'pause', retention: 'P7D' };
	test.each<readonly [constraints: string, said: Ending, to: Ending]>([
		[oneOf('shutdown', 'destroy'), week, { action: 'shutdown', retention: 'PT0S' }],
		[oneOf('save', 'destroy'), week, { action: 'save', retention: 'P7D' }],
		[free(`${ENDS} = 'destroy'`), week, { action: 'destroy', retention: 'PT0S' }],
		[free(`${KEPT} <= 'PT0S'`), week, { action: 'shutdown', retention: 'PT0S' }],
		[oneOf('pause'), { action: 'destroy' }, { action: 'pause', retention: 'PT1S' }],
		[
			oneOf('pause') + item(KEPT, facet('minInclusive', 'P1D')),
			{ action: 'destroy' },
			{ action: 'pause', retention: 'P1D' },
		],
	])('%s of %o', (constraints, said, to) => {
		expect(followed(said, check(constraints, { workspace: workspaceOf(said) }))).toEqual(to);
	});

	test('whatever templates say of both, what is told is read, and admitted', () => {
		const days = fc.integer({ min: 1, max: 9 });
		const said = fc
			.tuple(fc.constantFrom(...ACTIONS), days)
			.map(([action, length]): Ending => ({ action, retention: KEEPING.has(action) ? `P${length}D` : undefined }));
		const rule = fc.oneof(
			fc.subarray([...ACTIONS], { minLength: 1, maxLength: 3 }).map((words) => oneOf(...words)),
			fc.constantFrom(...ACTIONS).map((word) => free(`${ENDS} = '${word}'`)),
			fc.constantFrom(...ACTIONS).map((word) => free(`not (${ENDS} = '${word}')`)),
			days.map((most) => item(KEPT, facet('maxInclusive', `P${most}D`), '<ws:Occurs min="0" max="1"></ws:Occurs>')),
			days.map((most) => free(`not exists(${KEPT}) or ${KEPT} <= 'P${most}D'`)),
			days.map((least) => free(`${KEPT} >= 'P${least}D'`)),
		);
		let [refused, unsettled] = [0, 0];
		fc.assert(
			fc.property(said, fc.array(rule, { minLength: 1, maxLength: 3 }), (each, rules) => {
				const constraints = rules.join('');
				const violations = check(constraints, { workspace: workspaceOf(each) });
				if (violations.length === 0) return;
				refused += 1;
				if (violations.some(({ message }) => UNSETTLED.test(message))) {
					const isAny = ENDINGS.some((ending) => {
						const workspace = workspaceOf(ending);
						const own = template(constraints).constraints;
						const isAdmitted = firstViolation(offer({ workspace }), own, verdictBudget()) === undefined;
						return isAdmitted && requestOf({ workspace }).ok;
					});
					if (isAny) unsettled += 1;
					return;
				}
				const workspace = workspaceOf(followed(each, violations));
				expect(requestOf({ workspace }).ok).toBe(true);
				expect(check(constraints, { workspace })).toEqual([]);
			}),
			{ numRuns: 300 },
		);
		expect(refused).toBeGreaterThan(150);
		expect(unsettled / refused).toBeLessThan(0.05);
	});
});

test('what is told of one amount keeps to the sum that the others say', () => {
	const NAMES = ['IndividualCPUCount', 'TotalResourceCount', 'TotalCPUCount'] as const;
	const count = fc.integer({ min: 1, max: 8 });
	let [refused, unsettled] = [0, 0];
	fc.assert(
		fc.property(count, count, fc.constantFrom(...NAMES), count, fc.boolean(), (each, machines, name, most, isFree) => {
			const said = [each, machines, each * machines];
			const resourcesOf = (all: readonly (number | string)[]): string =>
				NAMES.map((named, nth) => exact(named, all[nth]!)).join('');
			const constraints = isFree
				? free(`//jsdl:${name} <= ${most}`)
				: item(`//jsdl:${name}`, facet('maxInclusive', most));
			const violations = check(constraints, { resources: resourcesOf(said) });
			if (violations.length === 0) return;
			refused += 1;
			if (violations.some(({ message }) => UNSETTLED.test(message))) {
				unsettled += 1;
				return;
			}
			const puts = told(violations);
			const [one, all, total] = NAMES.map((named, nth) => Number(puts.get(named) ?? said[nth]));
			expect(total).toBe(one! * all!);
			expect(check(constraints, { resources: resourcesOf([one!, all!, total!]) })).toEqual([]);
		}),
		{ numRuns: 200 },
	);
	expect(refused).toBeGreaterThan(60);
	expect(unsettled / refused).toBeLessThan(0.05);
});

test('a window that begins later ends later', () => {
	const [start, end] = ['2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z'];
	const window = `<ws:Window><ws:StartTime>${start}</ws:StartTime><ws:EndTime>${end}</ws:EndTime><ws:Duration>PT1H</ws:Duration></ws:Window>`;
	const puts = told(check(item('//ws:StartTime', facet('minInclusive', '2026-12-10T00:00:00Z')), { window }));
	expect([...puts]).toEqual([
		['StartTime', '2026-12-10T00:00:00Z'],
		['EndTime', '2026-12-10T00:00:01Z'],
	]);
});

describe('the ends of a range', () => {
	const within = (least: number, most: number) =>
		`<jsdl:IndividualCPUCount><jsdl:Range><jsdl:LowerBound>${least}</jsdl:LowerBound><jsdl:UpperBound>${most}</jsdl:UpperBound></jsdl:Range></jsdl:IndividualCPUCount>`;
	const both = (least: number, most: number) =>
		`<jsdl:IndividualCPUCount><jsdl:UpperBoundedRange>${most}</jsdl:UpperBoundedRange><jsdl:LowerBoundedRange>${least}</jsdl:LowerBoundedRange></jsdl:IndividualCPUCount>`;
	test.each<readonly [constraints: string, resources: string, told: Readonly<Record<string, string>>]>([
		[
			item('//jsdl:Range/jsdl:UpperBound', facet('maxInclusive', 4)),
			within(6, 12),
			{ UpperBound: '4', LowerBound: '4' },
		],
		[item('//jsdl:Range/jsdl:UpperBound', facet('maxInclusive', 8)), within(6, 12), { UpperBound: '8' }],
		[free('//jsdl:LowerBound >= 20'), within(6, 12), { UpperBound: '20', LowerBound: '20' }],
		[free('//jsdl:UpperBoundedRange < 4'), both(6, 12), { UpperBoundedRange: '3', LowerBoundedRange: '3' }],
	])('%s: admits something still', (constraints, resources, to) => {
		expect(Object.fromEntries(told(check(constraints, { resources })))).toEqual(to);
	});
});
