/**
 * What is Required of an answer in words that no facets say: patterns, and conditions of every shape. Whatever the
 * client's own ranges hold that fits and keeps to it is tried; where there is something, it is accepted.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admittedReader } from '../../src/agreement/offer/admitted.ts';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints, checkEach, firstViolation } from '../../src/agreement/template/constraints.ts';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { printDateTime } from '../../src/agreement/time.ts';
import { defineUsage } from '../../src/capacity/resources.ts';
import { grantOf, usageOf } from '../../src/negotiation/booking.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { judge } from '../../src/negotiation/judge.ts';
import { DIGEST, item, offer, template, valueIn, WORKSPACE } from '../agreement/documents.ts';
import { GIB, HOUR, NOW, POLICY, twoHosts } from './requests.ts';

const SITE = { ...POLICY, images: new Map([[DIGEST, { name: 'guest', diskBytes: GIB }]]) };
const ANY_TEMPLATE = template('');
const CPUS = '//jsdl:IndividualCPUCount/jsdl:Exact';
const MEMORY = '//jsdl:IndividualPhysicalMemory/jsdl:Exact';
const MACHINES = '//jsdl:TotalResourceCount/jsdl:Exact';
const START = '//ws:StartTime';

const small = fc.integer({ min: 1, max: 6 });
const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');

/** Conditions, and patterns of numbers as they are written. */
const demands: Readonly<Record<string, fc.Arbitrary<string>>> = {
	'a value and a constant': fc
		.tuple(fc.constantFrom(CPUS, MACHINES), operator, small)
		.map(([location, compares, value]) => constraint(`${location} ${compares} ${value}`)),
	'two values': fc
		.tuple(operator, fc.constantFrom(1, 2, 3))
		.map(([compares, each]) => constraint(`${MEMORY} ${compares} ${each} * ${CPUS} * 1 GiB`)),
	'a product': fc
		.tuple(operator, fc.integer({ min: 1, max: 18 }))
		.map(([compares, total]) => constraint(`${MACHINES} * ${CPUS} ${compares} ${total}`)),
	'either of two': fc
		.tuple(small, small)
		.map(([one, other]) => constraint(`${CPUS} = ${one} or ${MACHINES} = ${other}`)),
	'either a size or a start': fc
		.tuple(small, fc.integer({ min: 0, max: 8 }))
		.map(([one, halves]) =>
			constraint(`${CPUS} = ${one} or ${START} >= '${printDateTime(NOW + halves * (HOUR / 2))}'`),
		),
	'a start': fc
		.tuple(operator, fc.integer({ min: 0, max: 8 }))
		.map(([compares, hours]) => constraint(`${START} ${compares} '${printDateTime(NOW + hours * HOUR)}'`)),
	'a pattern': fc
		.constantFrom('[135]', '[246]', '[2-4]')
		.map((pattern) =>
			item(
				CPUS,
				`<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="${pattern}"/></xs:restriction></xs:simpleType>`,
			),
		),
};

function constraint(text: string): string {
	return `<wsag:Constraint>${text.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</wsag:Constraint>`;
}

const wish = fc.record({
	machines: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
	cpus: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
	memory: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
	lastHour: fc.integer({ min: 0, max: 5 }),
	busy: fc.array(
		fc.tuple(fc.constantFrom('a', 'b'), fc.nat(5), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 8 })),
		{
			maxLength: 4,
		},
	),
});

type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

function questionOf({ machines, cpus, memory, lastHour, busy }: Wish, required: string): Question {
	const parts = (name: string, values: readonly number[]): string =>
		`<jsdl:${name}>${values.map((value) => `<jsdl:Exact>${value}</jsdl:Exact>`).join('')}</jsdl:${name}>`;
	const window = [
		`<ws:StartTime>${printDateTime(NOW)}</ws:StartTime>`,
		`<ws:EndTime>${printDateTime(NOW + (lastHour + 1) * HOUR)}</ws:EndTime>`,
		'<ws:Duration>PT1H</ws:Duration>',
	].join('');
	const document = offer({
		resources:
			parts('IndividualCPUCount', cpus) +
			parts(
				'IndividualPhysicalMemory',
				memory.map((each) => each * GIB),
			) +
			parts('TotalResourceCount', machines),
		window: `<ws:Window>${window}</ws:Window>`,
		workspace: WORKSPACE,
	});
	const { constraints } = template(required);
	const request = valueIn(readServiceRequest(document, ANY_TEMPLATE));
	const calendar = twoHosts();
	for (const [name, hour, hours, taken] of busy) {
		const demand = { cpuMillicores: taken * 1000, memoryBytes: taken * GIB, diskBytes: 0, networkBitsPerSecond: 0 };
		const usage = defineUsage([{ offsetSeconds: 0, durationSeconds: hours * HOUR, demand }]);
		const placement = calendar.fit({ startAt: NOW + hour * HOUR, usage, count: 1, candidateHosts: [name] });
		if (placement !== null) calendar.book(placement);
	}
	return {
		request,
		violations: [],
		calendar,
		policy: SITE,
		now: NOW,
		satisfies: () => true,
		importanceOf: () => 0,
		unmetBy: (grant, _, told) => {
			const tree = { tree: narrowOffer(document, grant, ANY_TEMPLATE) };
			if (told === 'all') return checkConstraints(tree, { constraints });
			if (told === 'each') return checkEach(tree, constraints, verdictBudget(), 'what').flat();
			const violation = firstViolation(tree, constraints, verdictBudget());
			return violation === undefined ? [] : [violation];
		},
		optionalDemands: () => ({
			items: [],
			always: constraints.flatMap(admittedReader(document, request, ANY_TEMPLATE, undefined)),
		}),
	};
}

/** Everything within the offer, at every hour and half of it, that fits and keeps to what is Required. */
function findByTrying(asked: Question, { machines, cpus, memory, lastHour }: Wish): ServiceGrant | undefined {
	const { scene } = judge(asked);
	for (let startAt = NOW; startAt <= NOW + lastHour * HOUR; startAt += HOUR / 2) {
		for (const machineCount of machines) {
			for (const cpuCount of cpus) {
				for (const each of memory) {
					const sizes = { machineCount, cpuCount, memoryBytes: each * GIB, diskBytes: 0, networkBitsPerSecond: 0 };
					const grant = grantOf(scene.room, sizes, startAt, HOUR);
					const usage = usageOf(grant, asked.policy, asked.now);
					const fits = asked.calendar.largestCount({ startAt, countMax: machineCount, usage }) === machineCount;
					if (fits && asked.unmetBy!(grant).length === 0) return grant;
				}
			}
		}
	}
	return undefined;
}

describe('what is Required in words that no facets say', () => {
	it.each(Object.entries(demands))(
		'of %s is accepted wherever the offer holds something that keeps to it',
		(_, demand) => {
			const seen = { accepted: 0, refused: 0, notDefault: 0 };
			fc.assert(
				fc.property(wish, fc.array(demand, { minLength: 1, maxLength: 2 }), (asks, required) => {
					const asked = questionOf(asks, required.join(''));
					const found = findByTrying(asked, asks);
					const decision = decide({ ...asked, policy: { ...SITE, alternativesMax: 0 } });
					if (decision.kind === 'accept') {
						expect(asked.unmetBy!(decision.grant)).toEqual([]);
						if (decision.instead !== undefined) seen.notDefault++;
						seen.accepted++;
					} else {
						expect(found, `required: ${required.join(' ')}`).toBeUndefined();
						seen.refused++;
					}
				}),
				{ numRuns: 150 },
			);
			expect(Math.min(seen.accepted, seen.refused, seen.notDefault), JSON.stringify(seen)).toBeGreaterThan(5);
		},
	);

	it.each([
		['little is tried as often as it may be', 10, 200, 400],
		['much is tried less often', 10_000, 15, 60],
		['all that there is at once is tried once', 1_000_000, 4, 4],
	])('of which checking takes %s', (_, steps, least, most) => {
		const machines = [1, 2, 3, 4];
		const cpus = [1, 2, 3, 4, 5, 6];
		const asked = questionOf({ machines, cpus, memory: cpus, lastHour: 5, busy: [] }, '');
		let checked = 0;
		const { kind } = decide({
			...asked,
			policy: { ...SITE, alternativesMax: 0 },
			unmetBy: () => {
				checked += 1;
				return [{ code: 'CREATION_CONSTRAINT', path: '/', found: String(checked), allowed: 'nothing' } as never];
			},
			stepsSpent: () => checked * steps,
		});
		expect(kind).toBe('reject');
		expect(checked).toBeGreaterThanOrEqual(least);
		expect(checked).toBeLessThanOrEqual(most);
	});
});
