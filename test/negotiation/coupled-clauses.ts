/** Demands of a template that only several values of a grant keep to together: equations of three, and lists of many ways. */
import fc from 'fast-check';
import { printDuration } from '../../src/agreement/time.ts';
import { CELL, type Clause, condition, GIB, type Had, type Sizes } from './small-sites.ts';

/** Where a Location finds what the machines of a service have. */
function valuesOf(service: string | undefined) {
	const within = service === undefined ? '' : `//wsag:ServiceDescriptionTerm[@wsag:ServiceName='${service}']`;
	const at = (element: string): string => `${within}//jsdl:${element}/jsdl:Exact`;
	return { count: at('TotalResourceCount'), cpus: at('IndividualCPUCount'), memory: at('IndividualPhysicalMemory') };
}

const GIB_TEXT = String(GIB);
const COMPARES: Readonly<Record<string, (one: number, other: number) => boolean>> = {
	'=': (one, other) => one === other,
	'>=': (one, other) => one >= other,
	'<=': (one, other) => one <= other,
};

/** Equations of two values of one service. */
export function clausesOfTwo(nth: number, service: string | undefined): readonly fc.Arbitrary<Clause>[] {
	const { count, cpus, memory } = valuesOf(service);
	const own = (had: Had): Sizes => had.services[nth]!;
	return [
		// So much memory for each CPU.
		fc.constantFrom(0.5, 1, 2).map((each) => ({
			xml: condition(`${memory} = ${each * GIB} * ${cpus}`),
			keeps: (had) => own(had).bytes === each * GIB * own(had).cpus,
		})),
		// So many CPUs in all.
		fc.constantFrom(2, 3, 4, 6, 8, 12).map((total) => ({
			xml: condition(`${count} * ${cpus} = ${total}`),
			keeps: (had) => own(had).machines * own(had).cpus === total,
		})),
		// So much memory in all.
		fc.integer({ min: 2, max: 8 }).map((total) => ({
			xml: condition(`${count} * ${memory} = ${total * GIB}`),
			keeps: (had) => own(had).machines * own(had).bytes === total * GIB,
		})),
		// The more machines, the smaller.
		fc.integer({ min: 3, max: 7 }).map((total) => ({
			xml: condition(`${count} + ${cpus} = ${total}`),
			keeps: (had) => own(had).machines + own(had).cpus === total,
		})),
	];
}

/** Demands on three values of one service. */
export function clausesOfThree(nth: number, service: string | undefined): readonly fc.Arbitrary<Clause>[] {
	const { count, cpus, memory } = valuesOf(service);
	const own = (had: Had): Sizes & { readonly gib: number } => {
		const sizes = had.services[nth]!;
		return { ...sizes, gib: sizes.bytes / GIB };
	};
	const compares = fc.constantFrom('=', '=', '=', '>=', '<=');
	return [
		// A sum of all.
		fc.tuple(compares, fc.integer({ min: 4, max: 10 })).map(([by, total]) => ({
			xml: condition(`${count} + ${cpus} + ${memory} div ${GIB_TEXT} ${by} ${total}`),
			keeps: (had) => COMPARES[by]!(own(had).machines + own(had).cpus + own(had).gib, total),
		})),
		// As much memory for each machine as all of them have CPUs.
		fc.tuple(compares, fc.constantFrom(0.5, 1)).map(([by, each]) => ({
			xml: condition(`${memory} ${by} ${each * GIB} * ${count} * ${cpus}`),
			keeps: (had) => COMPARES[by]!(own(had).gib, each * own(had).machines * own(had).cpus),
		})),
		// In all so much memory for each CPU of one.
		fc.tuple(compares, fc.constantFrom(1, 2)).map(([by, each]) => ({
			xml: condition(`${count} * ${memory} ${by} ${each * GIB} * ${cpus}`),
			keeps: (had) => COMPARES[by]!(own(had).machines * own(had).gib, each * own(had).cpus),
		})),
		// Sums of products.
		fc.tuple(compares, fc.integer({ min: 4, max: 12 })).map(([by, total]) => ({
			xml: condition(`${count} * (${cpus} + ${memory} div ${GIB_TEXT}) ${by} ${total}`),
			keeps: (had) => COMPARES[by]!(own(had).machines * (own(had).cpus + own(had).gib), total),
		})),
		// The product of all.
		fc.tuple(compares, fc.integer({ min: 2, max: 12 })).map(([by, total]) => ({
			xml: condition(`${count} * ${cpus} * ${memory} ${by} ${total * GIB}`),
			keeps: (had) => COMPARES[by]!(own(had).machines * own(had).cpus * own(had).gib, total),
		})),
	];
}

/** Demands of which each is a list of many ways: flavours of machines, alone and with how long they may run. */
export function clausesOfMany(nth: number, service: string | undefined): readonly fc.Arbitrary<Clause>[] {
	const { count, cpus, memory } = valuesOf(service);
	const few = fc.integer({ min: 1, max: 4 });
	const flavours = fc.uniqueArray(fc.record({ machines: few, cpus: few, gib: few, cells: few }), {
		minLength: 9,
		maxLength: 20,
		selector: (each) => JSON.stringify(each),
	});
	/** As many as one condition may name: it has 4,096 characters. */
	const listed = (ways: readonly string[]): readonly string[] => {
		const parts = ways.map((way) => `(${way})`);
		return parts.filter((_, last) => parts.slice(0, last + 1).join(' or ').length < 4000);
	};
	const isOf = (had: Had, each: { readonly cpus: number; readonly gib: number }): boolean => {
		const { cpus: number, bytes } = had.services[nth]!;
		return number === each.cpus && bytes / GIB === each.gib;
	};
	const said = (each: { readonly cpus: number; readonly gib: number }): string =>
		`${cpus} = ${each.cpus} and ${memory} = ${each.gib} GiB`;
	const anyOf = <T>(all: readonly T[], text: (each: T) => string, keeps: (had: Had, each: T) => boolean): Clause => {
		const ways = listed(all.map(text));
		return {
			xml: condition(ways.join(' or ')),
			keeps: (had) => all.slice(0, ways.length).some((each) => keeps(had, each)),
		};
	};
	return [
		// Flavours, as few as there are.
		flavours.map((all) => anyOf(all.slice(0, 10), said, isOf)),
		// Flavours, so many of each.
		flavours.map((all) => {
			return anyOf(
				all,
				(each) => `${count} = ${each.machines} and ${said(each)}`,
				(had, each) => had.services[nth]!.machines === each.machines && isOf(had, each),
			);
		}),
		// Flavours, each for so long.
		flavours.map((all) => {
			return anyOf(
				all,
				(each) => `${said(each)} and //ws:Window/ws:Duration <= '${printDuration(each.cells * CELL)}'`,
				(had, each) => isOf(had, each) && had.endAt - had.startAt <= each.cells * CELL,
			);
		}),
	];
}

/** Demands on a head and its workers together. */
export function clausesOfBoth(names: readonly string[]): readonly fc.Arbitrary<Clause>[] {
	const [head, workers] = names.map(valuesOf);
	const both = (had: Had): readonly [Sizes, Sizes] => [had.services[0]!, had.services[1]!];
	const compares = fc.constantFrom('=', '=', '>=', '<=');
	return [
		// CPUs in all, the head's own and those of all workers.
		fc.tuple(compares, fc.integer({ min: 2, max: 7 })).map(([by, total]) => ({
			xml: condition(`${head!.cpus} + ${workers!.count} * ${workers!.cpus} ${by} ${total}`),
			keeps: (had) => {
				const [one, other] = both(had);
				return COMPARES[by]!(one.cpus + other.machines * other.cpus, total);
			},
		})),
		// The head has memory for what all workers calculate.
		compares.map((by) => ({
			xml: condition(`${head!.memory} ${by} ${GIB_TEXT} * ${workers!.count} * ${workers!.cpus}`),
			keeps: (had) => {
				const [one, other] = both(had);
				return COMPARES[by]!(one.bytes / GIB, other.machines * other.cpus);
			},
		})),
		// So many machines in all, by one Location for all services.
		fc.tuple(compares, fc.integer({ min: 2, max: 5 })).map(([by, total]) => ({
			xml: condition(`sum(//jsdl:TotalResourceCount/jsdl:Exact) ${by} ${total}`),
			keeps: (had) => {
				const [one, other] = both(had);
				return COMPARES[by]!(one.machines + other.machines, total);
			},
		})),
		// Memory by one Location for all services, CPUs of one.
		fc.tuple(compares, fc.constantFrom(1, 2)).map(([by, each]) => ({
			xml: condition(`//jsdl:IndividualPhysicalMemory/jsdl:Exact ${by} ${each * GIB} * ${head!.cpus}`),
			keeps: (had) => had.services.every(({ bytes }) => COMPARES[by]!(bytes / GIB, each * had.services[0]!.cpus)),
		})),
	];
}
