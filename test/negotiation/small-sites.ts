/**
 * Small sites of which everything that could be had is listed: each size of each service, each start and each duration,
 * by half hours. What fits is counted cell by cell and host by host; what a template demands and what a grant costs is
 * said a second time, as plain functions. Nothing of it is taken from what it judges.
 */
import fc from 'fast-check';
import { printDateTime, printDuration } from '../../src/agreement/time.ts';
import { NOW } from './requests.ts';

/** Times are multiples of half an hour after NOW. */
export const CELL = 1800;
/** Nothing ends later. */
export const CELLS = 16;
export const CELLS_LONGEST = 6;
export const GIB = 2 ** 30;
const START = '//ws:Window/ws:StartTime';
const DURATION = '//ws:Window/ws:Duration';

/** What each machine of a service has, and how many there are. */
export interface Sizes {
	readonly machines: number;
	readonly cpus: number;
	readonly bytes: number;
}

/** Something that could be had; times in epoch seconds, the price in cents. */
export interface Had {
	readonly services: readonly Sizes[];
	readonly startAt: number;
	readonly endAt: number;
	readonly cents: number;
}

/** What is taken already: so much on one host. */
interface Taken {
	readonly host: number;
	readonly from: number;
	readonly cells: number;
	readonly cpus: number;
	readonly gib: number;
}

export interface SmallSite {
	readonly hosts: readonly { readonly cpus: number; readonly gib: number }[];
	/** Only what fits beside the others. */
	readonly taken: readonly Taken[];
	readonly setupCells: number;
	readonly teardownCells: number;
	/** From this cell on a CPU costs two cents for each, before that five; absent: nothing has a price. */
	readonly cheapFrom?: number;
}

export const smallSite: fc.Arbitrary<SmallSite> = fc
	.record({
		hosts: fc.array(fc.record({ cpus: fc.integer({ min: 1, max: 6 }), gib: fc.integer({ min: 1, max: 6 }) }), {
			minLength: 1,
			maxLength: 3,
		}),
		asked: fc.array(
			fc.record({
				host: fc.nat(2),
				from: fc.nat(CELLS - 1),
				cells: fc.integer({ min: 1, max: 8 }),
				cpus: fc.integer({ min: 1, max: 5 }),
				gib: fc.integer({ min: 0, max: 4 }),
			}),
			{ maxLength: 8 },
		),
		setupCells: fc.constantFrom(0, 0, 2),
		teardownCells: fc.constantFrom(0, 0, 1),
		cheapFrom: fc.constantFrom(undefined, 4, 9),
	})
	.map(({ asked, cheapFrom, ...site }) => {
		const taken: Taken[] = [];
		for (const one of asked) {
			const each = { ...one, host: one.host % site.hosts.length };
			const free = freeOf({ ...site, taken });
			if (within(each).every((cell) => isFree(free, each, cell))) taken.push(each);
		}
		return { ...site, taken, ...(cheapFrom === undefined ? {} : { cheapFrom }) };
	});

interface Free {
	cpus: number;
	gib: number;
}

/** By host and cell; what is booked behind the last cell is teardown. */
type Occupancy = readonly (readonly Free[])[];

export function freeOf({ hosts, taken }: Pick<SmallSite, 'hosts' | 'taken'>): Occupancy {
	const free = hosts.map(({ cpus, gib }) => Array.from({ length: 2 * CELLS }, (): Free => ({ cpus, gib })));
	for (const each of taken) {
		for (const cell of within(each)) {
			const there = free[each.host]![cell]!;
			there.cpus -= each.cpus;
			there.gib -= each.gib;
		}
	}
	return free;
}

function within({ from, cells }: Pick<Taken, 'from' | 'cells'>): number[] {
	return Array.from({ length: cells }, (_, nth) => from + nth);
}

function isFree(free: Occupancy, { host, cpus, gib }: Taken, cell: number): boolean {
	const there = free[host]![cell]!;
	return there.cpus >= cpus && there.gib >= gib;
}

/** What of a service is not its sizes. */
export interface Placed {
	readonly perHostMax?: number;
}

/** Whether all machines lie somewhere all that time, setup and teardown included; every way to lay them is tried. */
export function fits(site: SmallSite, free: Occupancy, placed: readonly Placed[], { services, ...had }: Had): boolean {
	const fromAt = Math.max(NOW, had.startAt - site.setupCells * CELL);
	const untilAt = had.endAt + site.teardownCells * CELL;
	if (had.startAt < NOW || had.endAt > NOW + CELLS * CELL) return false;
	const [first, last] = [Math.floor((fromAt - NOW) / CELL), Math.ceil((untilAt - NOW) / CELL)];
	const left = free.map((cells) => {
		const during = cells.slice(first, last);
		return {
			cpus: Math.min(...during.map(({ cpus }) => cpus)),
			bytes: Math.min(...during.map(({ gib }) => gib)) * GIB,
		};
	});
	const lay = (nth: number, host: number, machines: number): boolean => {
		const each = services[nth]!;
		if (machines === 0) return nth === services.length - 1 || lay(nth + 1, 0, services[nth + 1]!.machines);
		if (host === left.length) return false;
		const there = left[host]!;
		const most = Math.min(
			machines,
			placed[nth]!.perHostMax ?? machines,
			Math.floor(there.cpus / each.cpus),
			Math.floor(there.bytes / each.bytes),
		);
		for (let count = most; count >= 0; count -= 1) {
			there.cpus -= count * each.cpus;
			there.bytes -= count * each.bytes;
			const isLaid = lay(nth, host + 1, machines - count);
			there.cpus += count * each.cpus;
			there.bytes += count * each.bytes;
			if (isLaid) return true;
		}
		return false;
	};
	return lay(0, 0, services[0]!.machines);
}

/** In cents: two for a GiB in an hour, and for a CPU ten, or four in the cheap hours. */
export function centsOf({ cheapFrom }: SmallSite, had: Omit<Had, 'cents'>): number {
	if (cheapFrom === undefined) return 0;
	const cheapAt = NOW + cheapFrom * CELL;
	const cheap = Math.max(0, had.endAt - Math.max(had.startAt, cheapAt));
	const dear = had.endAt - had.startAt - cheap;
	return had.services.reduce((sum, { machines, cpus, bytes }) => {
		return sum + (machines * (cpus * (10 * dear + 4 * cheap) + (bytes / GIB) * 2 * (dear + cheap))) / 3600;
	}, 0);
}

/** What one service may have, from the least. */
export interface Levels {
	readonly machines: readonly number[];
	readonly cpus: readonly number[];
	readonly bytes: readonly number[];
}

/** Everything of these sizes, whether it can be had or not. */
export function* everything(site: SmallSite, levels: readonly Levels[], cells: readonly number[]): Generator<Had> {
	for (const services of shapesOf(levels)) {
		for (const length of cells) {
			for (let start = 0; start + length <= CELLS; start += 1) {
				const startAt = NOW + start * CELL;
				const had = { services, startAt, endAt: startAt + length * CELL };
				yield { ...had, cents: centsOf(site, had) };
			}
		}
	}
}

function shapesOf(levels: readonly Levels[]): readonly (readonly Sizes[])[] {
	return levels.reduce<readonly (readonly Sizes[])[]>(
		(all, { machines, cpus, bytes }) => {
			const own = machines.flatMap((count) =>
				cpus.flatMap((each) => bytes.map((memory): Sizes => ({ machines: count, cpus: each, bytes: memory }))),
			);
			return all.flatMap((before) => own.map((sizes) => [...before, sizes]));
		},
		[[]],
	);
}

/** One demand of a template, as it is written and as it is meant. */
export interface Clause {
	readonly xml: string;
	readonly keeps: (had: Had) => boolean;
}

/** The demands of a template that name one service by its Location: those of all offers with one service, or of that one. */
export function clausesFor(nth: number, service: string | undefined): readonly fc.Arbitrary<Clause>[] {
	const within = service === undefined ? '' : `//wsag:ServiceDescriptionTerm[@wsag:ServiceName='${service}']`;
	const at = (element: string): string => `${within}//jsdl:${element}/jsdl:Exact`;
	const [count, cpus, memory] = [at('TotalResourceCount'), at('IndividualCPUCount'), at('IndividualPhysicalMemory')];
	const own = (had: Had): Sizes => had.services[nth]!;
	const few = fc.integer({ min: 1, max: 4 });
	return [
		// Fewer machines.
		few.map((most) => ({
			xml: facet(count, 'maxInclusive', most),
			keeps: (had) => own(had).machines <= most,
		})),
		// Fewer CPUs.
		few.map((most) => ({
			xml: facet(cpus, 'maxInclusive', most),
			keeps: (had) => own(had).cpus <= most,
		})),
		// More CPUs.
		few.map((least) => ({
			xml: facet(cpus, 'minInclusive', least),
			keeps: (had) => own(had).cpus >= least,
		})),
		// Certain CPUs.
		fc.subarray([1, 2, 3, 4], { minLength: 1, maxLength: 2 }).map((values) => ({
			xml: facet(cpus, 'enumeration', ...values),
			keeps: (had) => values.includes(own(had).cpus),
		})),
		// Certain memories.
		fc.subarray([1, 2, 3, 4], { minLength: 1, maxLength: 2 }).map((values) => ({
			xml: facet(memory, 'enumeration', ...values.map((gib) => gib * GIB)),
			keeps: (had) => values.includes(own(had).bytes / GIB),
		})),
		// More memory.
		few.map((least) => ({
			xml: facet(memory, 'minInclusive', least * GIB),
			keeps: (had) => own(had).bytes >= least * GIB,
		})),
		// Memory for each CPU.
		fc.tuple(fc.constantFrom('>=', '<='), fc.constantFrom(0.5, 1, 2)).map(([compares, each]) => ({
			xml: condition(`${memory} ${compares} ${each} * ${cpus} * 1 GiB`.replace('1 GiB', String(GIB))),
			keeps: (had) => {
				const { bytes, cpus: number } = own(had);
				return compares === '>=' ? bytes >= each * number * GIB : bytes <= each * number * GIB;
			},
		})),
		// Exactly so much memory for each CPU.
		fc.constantFrom(1, 2).map((each) => ({
			xml: condition(`${memory} = ${each * GIB} * ${cpus}`),
			keeps: (had) => own(had).bytes === each * own(had).cpus * GIB,
		})),
		// A product.
		fc.integer({ min: 1, max: 8 }).map((most) => ({
			xml: condition(`${count} * ${cpus} <= ${most}`),
			keeps: (had) => own(had).machines * own(had).cpus <= most,
		})),
		// A sum of two.
		fc.integer({ min: 3, max: 7 }).map((total) => ({
			xml: condition(`${count} + ${cpus} = ${total}`),
			keeps: (had) => own(had).machines + own(had).cpus === total,
		})),
		// Memory in all.
		fc.integer({ min: 1, max: 8 }).map((most) => ({
			xml: condition(`${count} * ${memory} <= ${most * GIB}`),
			keeps: (had) => (own(had).machines * own(had).bytes) / GIB <= most,
		})),
		// One machine or small ones.
		fc.tuple(few, few).map(([machines, least]) => ({
			xml: condition(`${count} <= ${machines} or ${cpus} <= ${least}`),
			keeps: (had) => own(had).machines <= machines || own(had).cpus <= least,
		})),
		// Small or short.
		fc.tuple(few, fc.integer({ min: 1, max: 4 })).map(([most, cells]) => ({
			xml: condition(`${cpus} <= ${most} or ${DURATION} <= '${printDuration(cells * CELL)}'`),
			keeps: (had) => own(had).cpus <= most || had.endAt - had.startAt <= cells * CELL,
		})),
		// Small or late.
		fc.tuple(few, fc.integer({ min: 1, max: 12 })).map(([most, start]) => ({
			xml: condition(`${count} <= ${most} or ${START} >= '${printDateTime(NOW + start * CELL)}'`),
			keeps: (had) => own(had).machines <= most || had.startAt >= NOW + start * CELL,
		})),
		// Large or short.
		fc.tuple(few, fc.integer({ min: 1, max: 4 })).map(([least, cells]) => ({
			xml: condition(`${cpus} >= ${least} or ${DURATION} <= '${printDuration(cells * CELL)}'`),
			keeps: (had) => own(had).cpus >= least || had.endAt - had.startAt <= cells * CELL,
		})),
		// Much memory only early.
		fc.tuple(few, fc.integer({ min: 0, max: 10 })).map(([gib, start]) => ({
			xml: condition(`${memory} <= ${gib * GIB} or ${START} <= '${printDateTime(NOW + start * CELL)}'`),
			keeps: (had) => own(had).bytes <= gib * GIB || had.startAt <= NOW + start * CELL,
		})),
	];
}

/** Demands on what all services have in common. */
export const commonClauses: readonly fc.Arbitrary<Clause>[] = [
	// A short run.
	fc.integer({ min: 1, max: 5 }).map((cells) => ({
		xml: facet(DURATION, 'maxInclusive', printDuration(cells * CELL)),
		keeps: (had) => had.endAt - had.startAt <= cells * CELL,
	})),
	// Certain runs.
	fc.subarray([1, 2, 3, 5], { minLength: 1, maxLength: 2 }).map((cells) => ({
		xml: facet(DURATION, 'enumeration', ...cells.map((each) => printDuration(each * CELL))),
		keeps: (had) => cells.includes((had.endAt - had.startAt) / CELL),
	})),
	// A late start.
	fc.integer({ min: 1, max: 10 }).map((start) => ({
		xml: facet('//ws:Window/ws:StartTime', 'minInclusive', printDateTime(NOW + start * CELL)),
		keeps: (had) => had.startAt >= NOW + start * CELL,
	})),
	// An early end.
	fc.integer({ min: 3, max: 14 }).map((end) => ({
		xml: facet('//ws:Window/ws:EndTime', 'maxInclusive', printDateTime(NOW + end * CELL)),
		keeps: (had) => had.endAt <= NOW + end * CELL,
	})),
	// A late start or a short run.
	fc.tuple(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 4 })).map(([start, cells]) => ({
		xml: condition(
			`${START} >= '${printDateTime(NOW + start * CELL)}' or ${DURATION} <= '${printDuration(cells * CELL)}'`,
		),
		keeps: (had) => had.startAt >= NOW + start * CELL || had.endAt - had.startAt <= cells * CELL,
	})),
];

/** Demands on the price, for sites that have prices. */
export const priceClauses: readonly fc.Arbitrary<Clause>[] = [
	// A price.
	fc.integer({ min: 5, max: 120 }).map((cents) => ({
		xml: facet('//ws:Quote/ws:Price', 'maxInclusive', cents / 100),
		keeps: (had) => had.cents <= cents,
	})),
	// A price or a late start.
	fc.tuple(fc.integer({ min: 5, max: 120 }), fc.integer({ min: 1, max: 10 })).map(([cents, start]) => ({
		xml: condition(`//ws:Quote/ws:Price <= ${cents / 100} or ${START} >= '${printDateTime(NOW + start * CELL)}'`),
		keeps: (had) => had.cents <= cents || had.startAt >= NOW + start * CELL,
	})),
];

function facet(location: string, name: string, ...values: readonly (number | string)[]): string {
	const facets = values.map((value) => `<xs:${name} value="${value}"/>`).join('');
	return `<wsag:Item wsag:Name="item"><wsag:Location>${location}</wsag:Location><wsag:ItemConstraint>${facets}</wsag:ItemConstraint></wsag:Item>`;
}

export function condition(text: string): string {
	return `<wsag:Constraint>${text.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</wsag:Constraint>`;
}
