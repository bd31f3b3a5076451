/** What is offered where a template can be kept to in several ways, or couples two values. */
import { expect, test } from 'vitest';
import { above } from '../../src/agreement/jsdl/range.ts';
import type { AdmittedWay } from '../../src/agreement/offer/admitted-ways.ts';
import { BROKEN_OFF, Deliberation } from '../../src/broker/deliberation.ts';
import { decide } from '../../src/negotiation/decide.ts';
import { template } from '../agreement/documents.ts';
import { GIB, NOW } from './requests.ts';
import { askingOf, documentOf, hadIn, type SmallOffer, worldOf } from './small-questions.ts';
import { CELL, type SmallSite } from './small-sites.ts';

const SITE: SmallSite = { hosts: [{ cpus: 4, gib: 4 }], taken: [], setupCells: 0, teardownCells: 0 };
const COUNT = '//jsdl:TotalResourceCount/jsdl:Exact';
const CPUS = '//jsdl:IndividualCPUCount/jsdl:Exact';
const MEMORY = '//jsdl:IndividualPhysicalMemory/jsdl:Exact';
const LATE = "//ws:Window/ws:StartTime >= '2026-12-01T01:30:00Z'";

type Sizes = readonly number[];

/** What is asked, and of which site: absent, of SITE; the largest, where that is preferred. */
type Asking = Partial<SmallOffer> & { readonly site?: SmallSite; readonly prefersLargest?: boolean };

/** Asks the site for so many machines, CPUs and GiB under these conditions: again whenever it is called. */
function askingFor(
	{ site = SITE, prefersLargest = false, ...offer }: Asking,
	[machines, cpus, gib]: Sizes,
	conditions: readonly string[],
) {
	const constraints = conditions.map((each) => {
		return `<wsag:Constraint>${each.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</wsag:Constraint>`;
	});
	const against = template(constraints.join(''));
	const services = [{ machines, cpus, gib }];
	const asked: SmallOffer = { services, start: 0, cells: 2, slack: undefined, cents: undefined, ...offer };
	const asking = askingOf(documentOf(asked, site), against, worldOf(site));
	return () => {
		const question = asking();
		return decide({ ...question, request: { ...question.request, prefersLargest } });
	};
}

/** Machines, CPUs, GiB, start and length in half hours of everything that is offered. */
function offeredTo(offer: Asking, sizes: Sizes, ...conditions: readonly string[]) {
	const decision = askingFor(offer, sizes, conditions)();
	const alternatives = decision.kind === 'counter' ? decision.alternatives : [];
	return alternatives.map(({ grant }) => {
		const { services, startAt, endAt } = hadIn(grant);
		const [own] = services;
		return [own!.machines, own!.cpus, own!.bytes / GIB, (startAt - NOW) / CELL, (endAt - startAt) / CELL];
	});
}

test('few machines or a late start: both are offered, the late start at once when it is late enough', () => {
	expect(offeredTo({ slack: 6 }, [2, 2, 1], `${COUNT} <= 1 or ${LATE}`)).toEqual([
		[2, 2, 1, 3, 2],
		[1, 2, 1, 0, 2],
	]);
});

test('each of several such conditions is kept to in the way that suits the others', () => {
	expect(
		offeredTo({ cells: 4 }, [2, 2, 1], `${COUNT} <= 1 or ${LATE}`, `${CPUS} <= 1 or //ws:Duration <= 'PT1H'`),
	).toContainEqual([2, 1, 1, 3, 4]);
});

test.each([
	['a sum', [4, 4, 1], `${COUNT} + ${CPUS} = 3`, [1, 2]],
	['a proportion', [1, 3, 1], `${MEMORY} = ${2 * GIB} * ${CPUS}`, [1, 2]],
] as const)('of two values that %s couples, one is tried after the other', (_, asked, condition, [machines, cpus]) => {
	const found = offeredTo({}, asked, condition);
	expect(found.map(([count, each]) => [count, each])).toContainEqual([machines, cpus]);
});

/** As many ways as a condition has room for, of which this site could have the last alone. */
const FLAVOURS = [
	...Array.from({ length: 20 }, (_, nth) => `${CPUS} = ${5 + nth} and ${MEMORY} = 1 GiB`),
	`${CPUS} = 3 and ${MEMORY} = 1.5 GiB`,
];

test('of a list of flavours the one that can be had is found wherever it stands', () => {
	const any = FLAVOURS.map((each) => `(${each})`).join(' or ');
	expect(offeredTo({}, [1, 4, 1], any)).toEqual([[1, 3, 1.5, 0, 2]]);
});

test.each([
	['a product', `${COUNT} * ${CPUS} * ${MEMORY} = ${7.5 * GIB}`, [1, 3, 2.5]],
	['a sum', `${COUNT} + 10 * ${CPUS} + ${MEMORY} div ${GIB} = 33.25`, [1, 3, 2.25]],
	['a square', `${COUNT} * ${CPUS} * ${CPUS} * ${MEMORY} = ${13.5 * GIB}`, [1, 3, 1.5]],
	['a quotient', `${COUNT} * ${MEMORY} div ${CPUS} = ${0.75 * GIB}`, [1, 4, 3]],
] as const)(
	'of three values that %s couples, two are tried and the last one is what fits them',
	(_, condition, sizes) => {
		const found = offeredTo({}, [3, 3, 4], condition, `${CPUS} >= 3`);
		expect(found.map((each) => each.slice(0, 3))).toContainEqual(sizes);
	},
);

test('equations of three values that have to hold at once are kept to at once', () => {
	const found = offeredTo(
		{},
		[4, 4, 4],
		`${COUNT} + ${CPUS} + ${MEMORY} div ${GIB} = 5.5`,
		`${COUNT} * ${CPUS} * ${MEMORY} = ${4.5 * GIB}`,
	);
	expect(found.map((each) => each.slice(0, 3))).toContainEqual([1, 3, 1.5]);
});

const IN_STEP = `${MEMORY} = ${GIB} * ${CPUS}`;

test.each([
	['both are ranges', { cpus: [1, 4], gib: [3, 4] }, false, [1, 3, 3]],
	['both are ranges, and the largest is preferred', { cpus: [1, 4], gib: [1, 4] }, true, [1, 4, 4]],
	['the first is a range', { cpus: [1, 4], gib: 3 }, false, [1, 3, 3]],
	['the second is a range', { cpus: 3, gib: [1, 4] }, false, [1, 3, 3]],
] as const)(
	'of values that are coupled those within the ranges of the offer come first: %s',
	(_, ranges, prefersLargest, sizes) => {
		const services = [{ machines: 1, ...ranges }];
		expect(offeredTo({ services, prefersLargest }, [], IN_STEP)[0]).toEqual([...sizes, 0, 2]);
	},
);

test('what lies within the ranges is offered at the next start and the last one before as well', () => {
	const taken = [{ host: 0, from: 4, cells: 4, cpus: 4, gib: 0 }];
	const services = [{ machines: 1, cpus: [1, 4], gib: [3, 4] } as const];
	const found = offeredTo({ services, start: 4, site: { ...SITE, taken } }, [], IN_STEP);
	expect(found).toContainEqual([1, 3, 3, 8, 2]);
	expect(found).toContainEqual([1, 3, 3, 2, 2]);
});

/** Two hosts of which half is taken from the wanted start on. */
const HALF_TAKEN: SmallSite = {
	...SITE,
	hosts: [SITE.hosts[0]!, SITE.hosts[0]!],
	taken: [0, 1].map((nth) => ({ host: nth, from: 4, cells: 4, cpus: 2, gib: 2 })),
};

test('of what the template admits and has no room as much as there is room for is offered at the wanted start', () => {
	expect(offeredTo({ start: 4, site: HALF_TAKEN }, [2, 4, 4], IN_STEP)).toContainEqual([2, 2, 2, 4, 2]);
});

test('what can be had of coupled values only beyond what was asked is offered before and behind the wanted start', () => {
	const taken = [0, 1].map((nth) => ({ host: nth, from: 4, cells: 4, cpus: 3, gib: 0 }));
	const found = offeredTo({ start: 4, site: { ...HALF_TAKEN, taken } }, [2, 3, 1], `${COUNT} * ${CPUS} = 8`);
	expect(found).toContainEqual([2, 4, 1, 2, 2]);
	expect(found).toContainEqual([2, 4, 1, 8, 2]);
});

test('where no way can be had nothing is offered', () => {
	expect(offeredTo({}, [1, 1, 1], `${COUNT} >= 3 or ${CPUS} >= 5`, `${COUNT} + ${CPUS} = 2`)).toEqual([]);
});

test.each([1, 7])('broken off behind every part, or every %ith, the answer is the same', (nth) => {
	const any = FLAVOURS.map((each) => `(${each})`).join(' or ');
	const conditions = [`${COUNT} * ${CPUS} * ${MEMORY} = ${4.5 * GIB}`, `${any} or ${LATE}`, `${CPUS} >= 3`];
	const answer = askingFor({}, [4, 4, 4], conditions);
	const deliberation = new Deliberation();
	let parts = 0;
	const goOn = (): ReturnType<typeof answer> | undefined => {
		try {
			return deliberation.go(answer, -1, () => {
				parts += 1;
				return parts % nth === 0;
			});
		} catch (error) {
			if (error !== BROKEN_OFF) throw error;
			return undefined;
		}
	};
	let inParts = goOn();
	while (inParts === undefined) inParts = goOn();
	expect(inParts).toEqual(answer());
	expect(inParts.kind).toBe('counter');
	expect(parts).toBeGreaterThan(40);
});

test.each(['several', 'coupled'] as const)(
	'of as many conditions as there may be so many sets are tried: %s',
	(kind) => {
		let tried = 0;
		const conditions = Array.from({ length: 240 }, (_, nth) =>
			(['machineCount', 'cpuCount'] as const).map((field): AdmittedWay => {
				return {
					get ranges() {
						tried += 1;
						return [{ field, nth: 0, range: above(nth / 200) }];
					},
					couplings: [],
				};
			}),
		);
		const asked: SmallOffer = {
			services: [{ machines: 9, cpus: 9, gib: 9 }],
			start: 0,
			cells: 2,
			slack: 2,
			cents: undefined,
		};
		const question = askingOf(documentOf(asked, SITE), template(''), worldOf(SITE))();
		decide({ ...question, ways: (wanted) => (wanted === kind ? conditions : []) });
		expect(tried).toBeGreaterThan(conditions.length);
		expect(tried).toBeLessThan(12_000);
	},
);
