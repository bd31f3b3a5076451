/**
 * Sizes and starts within an offer that are tried one after the other, for demands that only checking a document tells
 * of: a pattern, a model group, a condition between two values or of one or another. Of several services what differs
 * least from the default of all of them comes first.
 */
import { exactly } from '../../agreement/jsdl/range.ts';
import {
	type Demand,
	type RequestedService,
	type ServiceRequest,
	servicesOf,
	withServices,
} from '../../agreement/terms/service.ts';
import { part, stage } from '../../parts.ts';
import { grantOf } from '../booking.ts';
import { type Judgement, judge, type Question } from '../judge.ts';
import { type SitePolicy, sizeLimit } from '../policy/policy.ts';
import { priceOf } from '../policy/price.ts';
import {
	type Grid,
	hasTotals,
	largestSize,
	machineCounts,
	type ServiceSizes,
	SIZE_FIELDS,
	type SizeField,
	type Sizes,
	type Sizing,
	sizesOfAll,
	smallestSize,
} from '../sizes.ts';
import { firstOf } from './grid.ts';
import { halves, ROUND_BYTES } from './ladder.ts';

/**
 * The requests for exactly such sizes as keep to what is demanded, in the order of the default: at the first start, then
 * from others on that the windows have. Made of parts.
 */
export function* candidatesWithin(
	question: Question,
	{ scene }: Judgement,
	requests: readonly ServiceRequest[],
): Generator<ServiceRequest> {
	const [first] = requests;
	if (first === undefined) return;
	const { services, window } = stage(() => judge({ ...question, request: first }));
	const asked = servicesOf<RequestedService>(first);
	const { pricing } = scene.room;
	const { durationSeconds } = window.asked;
	const { earliestAt } = window.asked;
	const open = part(() =>
		services.flatMap(({ sizing }, nth) => {
			return choicesOf(sizing, question.policy, asked[nth]!.prefersLargest).map((options) => ({ nth, options }));
		}),
	);
	if (open.some(({ options }) => options.length === 0)) return;
	const work = workOf(question, asked.length);
	const pricedAt = (sizes: Sizes, startAt: number) => {
		const grant = grantOf(scene.room, sizes, startAt, durationSeconds);
		return { grant, price: pricing && priceOf(grant, question.policy, pricing) };
	};
	// The grant and all that is asked about it are one part: to ask about it anew would be counted anew.
	const keeps = (sizes: Sizes, at: number): boolean => {
		work.count();
		return part(() => {
			const { grant, price } = pricedAt(sizes, at);
			return (question.unmetBy?.(grant, price) ?? []).length === 0 && question.satisfies(grant, price);
		});
	};
	// Each of many constraints is held against it by itself.
	const unmetIn = (sizes: Sizes): string => {
		work.count();
		return stage(() => {
			const { grant, price } = part(() => pricedAt(sizes, earliestAt));
			const unmet = question.unmetBy?.(grant, price, 'each') ?? [];
			return JSON.stringify(unmet.length > 0 ? unmet : question.satisfies(grant, price));
		});
	};
	const choices = mattering(open, unmetIn, () => work.spent() < WORK_MAX * MATTERING_PART);
	const starts = startsIn(requests, earliestAt);
	const atFirst = starts.length > 0 ? WORK_MAX * AT_FIRST_PART : WORK_MAX;
	for (const sizes of inStep(choices, open)) {
		if (work.spent() >= atFirst) break;
		if (!keeps(sizes, earliestAt)) continue;
		for (const request of requests) yield exactRequest(request, sizes);
	}
	for (const [nth, { startAt, request }] of starts.entries()) {
		const upTo = work.spent() + (WORK_MAX - work.spent()) / (starts.length - nth);
		for (const sizes of inStep(choices, open)) {
			if (work.spent() >= upTo) break;
			if (!keeps(sizes, startAt)) continue;
			const exact = exactRequest(request, sizes);
			yield { ...exact, window: { ...exact.window, startAt } };
		}
	}
}

/** Steps of checking a document, some 42 ns each. All that is tried together is to take ten milliseconds (H7: counted). */
const WORK_MAX = 240_000;
/** To write what is tried into the offer costs as much as so many steps, and so many more for each service beside the first. */
const PROBE_STEPS = 600;
const SERVICE_STEPS = 150;
/** Of one service no more are tried, however little there is to check. */
const PROBED_MAX = WORK_MAX / PROBE_STEPS;
/** Of all of it so much at most to find out which sizes matter. */
const MATTERING_PART = 1 / 4;

/** What the probes of so many services have cost. */
function workOf({ stepsSpent = () => 0 }: Question, services: number): { count: () => void; spent: () => number } {
	const before = stepsSpent();
	const perProbe = PROBE_STEPS + SERVICE_STEPS * (services - 1);
	let probed = 0;
	return {
		count: () => {
			probed += 1;
		},
		spent: () => probed * perProbe + stepsSpent() - before,
	};
}

/** And so much at the first start, where there are others. */
const AT_FIRST_PART = 3 / 4;
/** Starts beside the first that are tried: every half hour, or so many, as far from each other. */
const STARTS_MAX = 12;
const HALF_HOUR = 1800;

/** Starts beside the first, each with the request in whose window it lies, the earliest first. */
function startsIn(
	requests: readonly ServiceRequest[],
	firstAt: number,
): readonly { readonly startAt: number; readonly request: ServiceRequest }[] {
	const all = requests.flatMap((request) => {
		const { startAt: fromAt = firstAt, endAt = fromAt, durationSeconds } = request.window;
		const span = endAt - durationSeconds - fromAt;
		if (span <= 0) return [];
		const step = Math.max(HALF_HOUR, Math.ceil(span / STARTS_MAX));
		const steps = Array.from({ length: Math.floor(span / step) }, (_, nth) => fromAt + (nth + 1) * step);
		return [...new Set([...steps, fromAt + span])].map((startAt) => ({ startAt, request }));
	});
	return all.sort((one, other) => one.startAt - other.startAt).slice(0, STARTS_MAX);
}

/** What one service may be, the default first: one of its sizes, or where totals couple them all of them. */
interface Choice {
	readonly nth: number;
	readonly options: readonly Partial<ServiceSizes>[];
}

/**
 * Those first of which another option changes what is unmet, each tried with its second and its last as long as it may
 * be; none of the others.
 */
function mattering(
	choices: readonly Choice[],
	unmetIn: (sizes: Sizes) => string,
	mayTry: () => boolean,
): readonly Choice[] {
	const defaults = choices.map(({ nth, options: [first] }) => ({ nth, options: [first!] }));
	const [plain] = inStep(defaults);
	const unmet = unmetIn(plain!);
	const matters = choices.map(({ nth, options }, position) => {
		return [...new Set([options[1], options.at(-1)])].some((option) => {
			if (option === undefined || option === options[0]) return false;
			const [other] = inStep(defaults.with(position, { nth, options: [option] }));
			return !mayTry() || unmetIn(other!) !== unmet;
		});
	});
	if (!matters.includes(true)) return choices;
	return choices.map((choice, position) => (matters[position] ? choice : defaults[position]!));
}

/**
 * Every combination of one option of each, those first whose positions add up to least; of these the earlier of the
 * first. Then, where these are others, every one of the others.
 */
function* inStep(choices: readonly Choice[], others = choices): Generator<Sizes> {
	const stepsMax = choices.reduce((sum, { options }) => sum + options.length - 1, 0);
	function* from(at: number, steps: number): Generator<(readonly [number, Partial<ServiceSizes>])[]> {
		const { nth, options } = choices[at]!;
		if (at === choices.length - 1) {
			if (steps < options.length) yield [[nth, options[steps]!]];
			return;
		}
		for (let position = 0; position <= Math.min(steps, options.length - 1); position += 1) {
			for (const rest of from(at + 1, steps - position)) yield [[nth, options[position]!], ...rest];
		}
	}
	for (let steps = 0; steps <= stepsMax; steps += 1) {
		for (const chosen of from(0, steps)) {
			const services: Partial<ServiceSizes>[] = [];
			for (const [nth, option] of chosen) services[nth] = { ...services[nth], ...option };
			yield sizesOfAll(services as ServiceSizes[]);
		}
	}
	if (others !== choices) yield* inStep(others);
}

/** The sizes of a service one by one; where totals couple them, all that they can be together. */
function choicesOf(sizing: Sizing, policy: SitePolicy, prefersLargest: boolean): Choice['options'][] {
	if (hasTotals(sizing)) return [[...firstOf(sizesWithin(sizing, policy, prefersLargest), PROBED_MAX)]];
	const [machineCount = 1] = machineCounts(sizing);
	const inOrder = <T>(values: readonly T[]): readonly T[] => (prefersLargest ? values.toReversed() : values);
	return [
		inOrder(machineCounts(sizing).map((each) => ({ machineCount: each }))),
		...SIZE_FIELDS.map((field) => {
			return inOrder(valuesOf(sizing.grids[field], machineCount, sizeLimit(policy, field))).map((each) => ({
				[field]: each,
			}));
		}),
	];
}

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
export function valuesOf(grid: Grid, machineCount: number, atMost: number): number[] {
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

function exactRequest(request: ServiceRequest, sizes: Sizes): ServiceRequest {
	const exact = servicesOf<ServiceSizes>(sizes);
	const services = servicesOf<RequestedService>(request).map((service, nth) => {
		return { ...service, ...exactDemands(service, exact[nth]!) };
	});
	return withServices(request, services);
}

/** A request for exactly these sizes: what there is some of, and none where the offer says something of it. */
export function exactDemands(service: RequestedService, sizes: ServiceSizes): Partial<RequestedService> {
	const exact = (field: SizeField | 'machineCount'): Demand => ({
		range: exactly(sizes[field]),
		path: service[field]?.path ?? '',
	});
	const said = (['machineCount', ...SIZE_FIELDS] as const).filter((field) => sizes[field] > 0 || service[field]);
	return Object.fromEntries(said.map((field) => [field, exact(field)]));
}
