/**
 * Sizes within an offer that are tried one after the other, for demands that only checking a document tells of: a
 * pattern, a model group, a condition between two values. Of one service; of several it is not tried which of them
 * would have to be what.
 */
import { exactly } from '../../agreement/jsdl/range.ts';
import type { Demand, ServiceRequest } from '../../agreement/terms/service.ts';
import { grantOf } from '../booking.ts';
import { type Judgement, judge, type Question } from '../judge.ts';
import { type SitePolicy, sizeLimit } from '../policy/policy.ts';
import { priceOf } from '../policy/price.ts';
import {
	type Grid,
	largestSize,
	machineCounts,
	type ServiceSizes,
	SIZE_FIELDS,
	type SizeField,
	type Sizing,
	smallestSize,
} from '../sizes.ts';
import { halves, ROUND_BYTES } from './ladder.ts';

/** The requests for exactly such sizes as keep to what is demanded at the first start, in the order of the default. */
export function* candidatesWithin(
	question: Question,
	{ scene }: Judgement,
	requests: readonly ServiceRequest[],
): Generator<ServiceRequest> {
	const [first] = requests;
	if (first === undefined || first.others !== undefined) return;
	const { services, window } = judge({ ...question, request: first });
	const { sizing } = services[0]!;
	const { pricing } = scene.room;
	const { earliestAt, durationSeconds } = window.asked;
	let probed = 0;
	for (const sizes of sizesWithin(sizing, question.policy, first.prefersLargest)) {
		if (probed === PROBED_MAX) return;
		probed += 1;
		const grant = grantOf(scene.room, sizes, earliestAt, durationSeconds);
		const price = pricing && priceOf(grant, question.policy, pricing);
		if (!question.satisfies(grant, price) || (question.unmetBy?.(grant, price) ?? []).length > 0) continue;
		for (const request of requests) yield { ...request, ...exactDemands(request, sizes) };
	}
}

/** Each costs as much as narrowing and checking an offer, a tenth of a millisecond. */
const PROBED_MAX = 400;
/** Values of one size that are tried: all, where there are no more. */
const VALUES_MAX = 16;

/** The fewest machines first, and for these the smallest; the other way round where the largest are preferred. */
function* sizesWithin(sizing: Sizing, policy: SitePolicy, prefersLargest: boolean): Generator<ServiceSizes> {
	const inOrder = (values: readonly number[]): readonly number[] => (prefersLargest ? values.toReversed() : values);
	const valuesFor = (field: SizeField, machineCount: number): readonly number[] =>
		inOrder(valuesOf(sizing.grids[field], machineCount, sizeLimit(policy, field)));
	for (const machineCount of inOrder(machineCounts(sizing))) {
		for (const cpuCount of valuesFor('cpuCount', machineCount)) {
			for (const memoryBytes of valuesFor('memoryBytes', machineCount)) {
				for (const diskBytes of valuesFor('diskBytes', machineCount)) {
					for (const networkBitsPerSecond of valuesFor('networkBitsPerSecond', machineCount)) {
						yield { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond };
					}
				}
			}
		}
	}
}

/** The values that the grid admits, ascending: all of them, or where they are many, the first round ones and the halves of the last. */
function valuesOf(grid: Grid, machineCount: number, atMost: number): number[] {
	const least = smallestSize(grid, machineCount);
	if (least === undefined) return [];
	const most = largestSize(grid, machineCount, atMost) ?? least;
	const values = [least];
	let value: number | undefined = least;
	while (value !== undefined && value < most && values.length <= VALUES_MAX) {
		value = smallestSize(grid, machineCount, value + 1);
		if (value !== undefined && value <= most) values.push(value);
	}
	if (values.length <= VALUES_MAX) return values;
	const round = grid.field === 'cpuCount' ? 1 : ROUND_BYTES;
	const wanted = [
		...Array.from({ length: VALUES_MAX }, (_, index) => (Math.floor(least / round) + index) * round),
		...halves(most, Math.max(1, least)),
	];
	const near = wanted.map((each) => smallestSize(grid, machineCount, Math.max(each, least)) ?? least);
	return [...new Set([least, ...near, most])].filter((each) => each <= most).sort((one, other) => one - other);
}

function exactDemands(request: ServiceRequest, sizes: ServiceSizes): Partial<ServiceRequest> {
	const exact = (field: SizeField | 'machineCount'): Demand => ({
		range: exactly(sizes[field]),
		path: request[field]?.path ?? '',
	});
	const said = (['machineCount', ...SIZE_FIELDS] as const).filter((field) => sizes[field] > 0);
	return Object.fromEntries(said.map((field) => [field, exact(field)]));
}
