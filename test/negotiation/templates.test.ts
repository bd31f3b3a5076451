/** Offers that go beyond their template: whenever something that the template admits could be had, it is offered. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { readOffer } from '../../src/agreement/offer/offer.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import type { Template } from '../../src/agreement/template/template.ts';
import type { ServiceGrant, WorkspaceTerm } from '../../src/agreement/terms/service.ts';
import { printDateTime } from '../../src/agreement/time.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { judge } from '../../src/negotiation/judge.ts';
import { firstOfferedAt } from '../../src/negotiation/window.ts';
import { item, multiplicity, template, valueIn } from '../agreement/documents.ts';
import { offerOf, questionOf } from './as-document.ts';
import { hostsFor, isPossible, limitsOf } from './oracle.ts';
import { GIB, MIB, NOW } from './requests.ts';
import { changeQuestion, QUESTIONS, question, UNIT } from './worlds.ts';

const RESOURCES = '//jsdl:Resources';
const any = multiplicity('0_TO_N');

function atMost(element: string, value: number | string): string {
	return item(`${RESOURCES}/jsdl:${element}`, `<xs:maxInclusive value="${value}"/>`, any, element);
}

function oneOf(element: string, values: readonly number[]): string {
	const facets = values.map((value) => `<xs:enumeration value="${value}"/>`).join('');
	return item(`${RESOURCES}/jsdl:${element}/jsdl:Exact`, facets, any, element);
}

/** Each admits little, and says it in another way. */
const TEMPLATES: readonly (readonly [string, Template])[] = [
	['one machine', template(atMost('TotalResourceCount', 1))],
	['two CPUs at most', template(atMost('IndividualCPUCount', 2))],
	['one machine of two CPUs', template(atMost('TotalResourceCount', 1) + atMost('IndividualCPUCount', 2))],
	['certain memories', template(oneOf('IndividualPhysicalMemory', [GIB, 3 * GIB]))],
	['four CPUs in all', template(atMost('TotalCPUCount', 4))],
	[
		'an odd number of CPUs',
		template(item(`${RESOURCES}/jsdl:IndividualCPUCount/jsdl:Exact`, '<xs:pattern value="[135]"/>', any)),
	],
	[
		'two GiB at least',
		template(item(`${RESOURCES}/jsdl:IndividualPhysicalMemory`, '<xs:minInclusive value="2147483648"/>', any)),
	],
	[
		'two machines, said',
		template(item(`${RESOURCES}/jsdl:TotalResourceCount/jsdl:Exact`, '<xs:enumeration value="2"/>')),
	],
	['twenty minutes', template(item('//ws:Window/ws:Duration', '<xs:maxInclusive value="PT20M"/>'))],
	[
		'starts behind the first three hours',
		template(item('//ws:Window/ws:StartTime', `<xs:minInclusive value="${printDateTime(NOW + 18 * UNIT)}"/>`)),
	],
	[
		'ends within the first hour',
		template(item('//ws:Window/ws:EndTime', `<xs:maxInclusive value="${printDateTime(NOW + 6 * UNIT)}"/>`)),
	],
	[
		'a condition of two values',
		template(
			`<wsag:Constraint>${RESOURCES}/jsdl:IndividualCPUCount/jsdl:Exact * 1 GiB &lt;= ${RESOURCES}/jsdl:IndividualPhysicalMemory/jsdl:Exact</wsag:Constraint>`,
		),
	],
];

describe('an offer that goes beyond its template', () => {
	it.each(TEMPLATES)('is offered what can be had of what the template admits: %s', (name, against) => {
		const seen = { beyond: 0, offered: 0 };
		fc.assert(
			fc.property(question, ({ request, ...world }) => {
				const document = offerOf(request);
				const asked = questionOf(document, against, world);
				if (asked.violations.length === 0) return;
				seen.beyond += 1;
				const decision = decide(asked);
				expect(decision.kind).not.toBe('accept');
				if (decision.kind === 'accept') return;
				for (const { path, found, nearest } of asked.violations) {
					const told = decision.reasons.filter(({ code }) => code === 'CREATION_CONSTRAINT');
					expect(told).toContainEqual(
						expect.objectContaining({ path, ...(found && { asked: found }), ...(nearest && { available: nearest }) }),
					);
				}
				if (decision.kind === 'counter') {
					seen.offered += 1;
					for (const { grant, differences } of decision.alternatives) {
						expectAccepted(document, against, world, grant);
						expect(differences).not.toEqual([]);
					}
					return;
				}
				const { finalReasons, scene } = judge(asked);
				if (finalReasons.length > 0) return;
				expect(anything(asked, scene.room.workspace), name).toBeUndefined();
			}),
			{ numRuns: Math.ceil(QUESTIONS / 5) },
		);
		expect(seen.offered).toBeGreaterThan(0);
	});

	it('may be a renegotiation', () => {
		let offered = 0;
		const asked = fc.tuple(changeQuestion, fc.constantFrom(...TEMPLATES));
		fc.assert(
			fc.property(asked, ([{ request, ...world }, [, against]]) => {
				const document = offerOf(request);
				const one = questionOf(document, against, world);
				if (one.violations.length === 0) return;
				const decision = decide(one);
				if (decision.kind !== 'counter') return;
				offered += 1;
				for (const { grant } of decision.alternatives) expectAccepted(document, against, world, grant);
			}),
			{ numRuns: Math.ceil(QUESTIONS / 2) },
		);
		expect(offered).toBeGreaterThan(QUESTIONS / 50);
	});
});

function expectAccepted(
	document: ReturnType<typeof offerOf>,
	against: Template,
	world: Omit<Question, 'request'>,
	grant: ServiceGrant,
): void {
	const sentBack = valueIn(readOffer(narrowOffer(document, grant, against)));
	expect(checkConstraints(sentBack, against)).toEqual([]);
	const { candidateHosts: _, ...values } = grant;
	expect(decide(questionOf(sentBack, against, world))).toMatchObject({ kind: 'accept', grant: values });
}

/** Anything that template and site admit, on a grid of sizes, durations and starts. */
function anything(asked: Question, workspace: WorkspaceTerm): ServiceGrant | undefined {
	const hosts = hostsFor(asked);
	const { policy, now, request } = asked;
	const firstAt = firstOfferedAt({ ...policy, leadTimeSeconds: limitsOf(asked).leadTimeSeconds ?? 0 }, now);
	const disk = asked.request.diskBytes === undefined ? 2 * GIB : GIB;
	for (const machineCount of [1, 2, 3]) {
		for (const cpuCount of [1, 2, 3]) {
			for (const memoryBytes of [512 * MIB, GIB, 2 * GIB, 3 * GIB]) {
				for (const seconds of [UNIT / 2, UNIT, 2 * UNIT]) {
					for (let startAt = firstAt; startAt + seconds <= now + policy.horizonSeconds; startAt += UNIT) {
						const grant = {
							machineCount,
							cpuCount,
							memoryBytes,
							diskBytes: disk,
							networkBitsPerSecond: request.networkBitsPerSecond === undefined ? 0 : 8000,
							workspace,
							startAt,
							endAt: startAt + seconds,
						};
						if (isPossible(asked, hosts, grant) && asked.satisfies(grant)) return grant;
					}
				}
			}
		}
	}
	return undefined;
}
