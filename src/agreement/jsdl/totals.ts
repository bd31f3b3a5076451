/**
 * What Individual*, Total* and TotalResourceCount of jsdl:Resources say about each other. As many machines as
 * TotalResourceCount says, each with what Individual* says, together have what Total* says; so two of them may
 * contradict the third, give it, or leave it open. All that is found is remarked upon here. Whether sizes can be had is
 * for the judgement, which knows the steps and limits of its site.
 */
import type { DocumentIssue } from '../../xml/element.ts';
import { addIssue } from '../document.ts';
import type { Demand } from '../terms/service.ts';
import {
	above,
	divided,
	exactly,
	intersect,
	isEmpty,
	NOT_NEGATIVE,
	onlyValue,
	printRange,
	quotient,
	type RangeValue,
	smallestMultiple,
	unite,
} from './range.ts';

/** The demand of an element of jsdl:Resources, by its local name. */
export type DemandOf = (localName: string) => Demand | undefined;

/** Remarks on every Total*: that it contradicts, what follows from it, or what it leaves open. */
export function remarkOnTotals(demandOf: DemandOf, remarks: DocumentIssue[]): void {
	const count = demandOf('TotalResourceCount');
	const stated = intersect(count?.range ?? NOT_NEGATIVE, above(1));
	if (isEmpty(stated)) return;
	const sums = sumsIn(demandOf, remarks);
	if (sums.length === 0) return;
	let counts = stated;
	let agreed: Sum | undefined;
	const consistent: Sum[] = [];
	for (const sum of sums) {
		const own = countsFor(sum, stated);
		if (!hasWholeNumber(own)) {
			addContradiction(sum, count, remarks);
			continue;
		}
		const common = intersect(counts, own);
		if (agreed !== undefined && !hasWholeNumber(common)) {
			const message = `No number of machines serves this and ${agreed.demand.path}: they take ${printRange(own)} and ${printRange(counts)}.`;
			addIssue(remarks, 'TOTALS_CONTRADICT', sum.demand.path, message, found(sum));
			continue;
		}
		counts = common;
		agreed ??= sum;
		consistent.push(sum);
	}
	remarkOnConsistent(consistent, counts, count, remarks);
}

/** A Total* with the Individual* that belongs to it. */
interface Sum {
	readonly name: string;
	readonly individualName: string;
	readonly demand: Demand;
	readonly individual?: Demand;
	/** What each machine may have at all: of CPUs at least one, and no part of one. */
	readonly each: RangeValue;
	readonly isWhole: boolean;
}

const QUANTITIES = ['CPUCount', 'PhysicalMemory', 'VirtualMemory', 'DiskSpace', 'CPUTime'];
/** The only quantity that comes in whole numbers; bytes do as well, and nobody divides them that finely. */
const WHOLE_QUANTITY = 'CPUCount';

/** More pairs than anybody writes by hand. Two ranges are compared part by part, for every way to read an offer. */
const RANGE_PAIRS_MAX = 256;
/** As many machines as an agreement may have: beyond that, counts are not tried one by one. */
const COUNTS_TRIED_MAX = 256;

function sumsIn(demandOf: DemandOf, remarks: DocumentIssue[]): Sum[] {
	return QUANTITIES.flatMap((quantity): Sum[] => {
		const [name, individualName] = [`Total${quantity}`, `Individual${quantity}`];
		const demand = demandOf(name);
		if (demand === undefined || isEmpty(demand.range)) return [];
		const individual = demandOf(individualName);
		const isWhole = quantity === WHOLE_QUANTITY;
		const each = intersect(individual?.range ?? NOT_NEGATIVE, isWhole ? above(1) : NOT_NEGATIVE);
		if (isEmpty(each)) return [];
		if (demand.range.intervals.length * each.intervals.length > RANGE_PAIRS_MAX) {
			const message = `${name} and ${individualName} have too many parts to be compared; whether they go together is open.`;
			addIssue(remarks, 'SIZE_OPEN', demand.path, message, { allowed: `at most ${RANGE_PAIRS_MAX} pairs of them` });
			return [];
		}
		return [{ name, individualName, demand, ...(individual && { individual }), each, isWhole }];
	});
}

/** The numbers of machines with which the sum can be had. Where there are too many to be tried, real numbers between. */
function countsFor(sum: Sum, stated: RangeValue): RangeValue {
	const counts = intersect(stated, quotient(sum.demand.range, sum.each));
	const tried = wholeNumbersIn(counts);
	if (tried === undefined) return counts;
	return unite(tried.filter((count) => isShared(sum, count)).flatMap((count) => exactly(count).intervals));
}

/** Whether so many machines can have equal shares of it. */
function isShared({ demand, each, isWhole }: Sum, count: number): boolean {
	const share = intersect(each, divided(demand.range, count));
	return isWhole ? hasWholeNumber(share) : !isEmpty(share);
}

function hasWholeNumber(range: RangeValue): boolean {
	return smallestMultiple(range, 1) !== undefined;
}

/** All of them, ascending; undefined where there are more than are tried. */
function wholeNumbersIn(range: RangeValue): number[] | undefined {
	const numbers: number[] = [];
	for (let next = smallestMultiple(range, 1, 1); next !== undefined; next = smallestMultiple(range, 1, next + 1)) {
		if (numbers.length === COUNTS_TRIED_MAX) return undefined;
		numbers.push(next);
	}
	return numbers;
}

function addContradiction(sum: Sum, count: Demand | undefined, remarks: DocumentIssue[]): void {
	const { name, individualName, individual, demand } = sum;
	const each = individual === undefined ? 'equal parts' : `${printRange(individual.range)} (${individual.path})`;
	const machines = count === undefined ? 'any number of machines' : `${printRange(count.range)} (${count.path})`;
	const message = `${name} cannot be had: no ${individualName} of ${each} times ${machines} comes to it.`;
	addIssue(remarks, 'TOTALS_CONTRADICT', demand.path, message, found(sum));
}

/** Once the number of machines is known, so is what each has; until then it is the site that chooses. */
function remarkOnConsistent(
	sums: readonly Sum[],
	counts: RangeValue,
	count: Demand | undefined,
	remarks: DocumentIssue[],
): void {
	const possible = wholeNumbersIn(counts);
	const only = possible?.length === 1 ? possible[0] : undefined;
	const isStated = count !== undefined && onlyValue(count.range) !== undefined;
	for (const sum of sums) {
		const { name, individualName, individual, demand } = sum;
		if (only === undefined) {
			const message = `How many machines share ${name} is left to the site${count === undefined ? ', as no TotalResourceCount says it' : ''}.`;
			const details = { allowed: `${printRange(counts)} machines` };
			addIssue(remarks, 'SIZE_OPEN', demand.path, message, details);
			continue;
		}
		const share = intersect(sum.each, divided(demand.range, only));
		const isKnown = individual !== undefined && onlyValue(individual.range) !== undefined;
		if (isKnown && isStated) continue;
		const follows = [
			...(isStated ? [] : [`there are ${only} machines`]),
			...(isKnown ? [] : [`${individualName} is ${printRange(share)}`]),
		];
		addIssue(
			remarks,
			'SIZE_FOLLOWS',
			demand.path,
			`From ${name} it follows that ${follows.join(', and ')}.`,
			found(sum),
		);
	}
}

function found({ demand }: Sum): { readonly found: string } {
	return { found: printRange(demand.range) };
}
