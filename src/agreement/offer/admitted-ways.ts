/**
 * What conditions admit in one of several ways: `or` between comparisons of different values (few machines, or a late
 * start), and comparisons of two values of a grant with each other (twice as much memory as CPUs). Each way is a set of
 * ranges to search in; that it is kept to, only checking a document tells.
 */
import { type BoundWay, boundWaysOf, numberOf } from '../conditions/condition-ranges.ts';
import type { ComparisonOperator, Operand } from '../conditions/expression.ts';
import { MIRRORED } from '../conditions/operators.ts';
import type { RangeValue } from '../jsdl/range.ts';
import type { TemplateConstraint } from '../template/constraints.ts';
import type { Location } from '../template/location.ts';
import { type AdmittedPlace, type AdmittedRange, COMPARED, comparableRange, type PlacesFinder } from './admitted.ts';

/** One way to keep to a condition. */
export interface AdmittedWay {
	readonly ranges: readonly AdmittedRange[];
	readonly couplings: readonly Coupling[];
}

/** Two values of a grant that have to fit each other. */
export interface Coupling {
	readonly places: readonly [AdmittedPlace, AdmittedPlace];
	/** What the other one may be where the one at this position is so much; undefined where it is not known. */
	readonly admits: (position: 0 | 1, value: number) => RangeValue | undefined;
}

/** Of more ways of one condition only what all of them need is known of the others. */
const WAYS_MAX = 8;

/** Whether the constraint may be kept to in more than one way, as far as its words tell. */
export function isOneOfSeveral(constraint: TemplateConstraint): boolean {
	return 'condition' in constraint && boundWaysOf(constraint.condition, WAYS_MAX).length > 1;
}

/** Whether the constraint compares Locations with each other. */
export function isCoupled(constraint: TemplateConstraint): boolean {
	if (!('condition' in constraint)) return false;
	return boundWaysOf(constraint.condition, WAYS_MAX).some(({ atoms }) => atoms.some(isOfTwo));
}

/** The ways to keep to the constraint; one where there is nothing to choose. */
export function admittedWays(constraint: TemplateConstraint, placesAt: PlacesFinder): readonly AdmittedWay[] {
	if (!('condition' in constraint)) return [];
	return boundWaysOf(constraint.condition, WAYS_MAX).map(({ bounds, atoms }): AdmittedWay => {
		const ranges = bounds.flatMap(({ location, anyOf }) => {
			return placesAt(location).flatMap((place) => {
				const range = comparableRange(place.field, anyOf);
				return range === undefined ? [] : [{ ...place, range }];
			});
		});
		return { ranges, couplings: atoms.flatMap((atom) => couplingOf(atom, placesAt)) };
	});
}

type Comparing = BoundWay['atoms'][number];

function isOfTwo({ left, right }: Comparing): boolean {
	return namedIn(left, right).size === 2;
}

/** None where the comparison is not about exactly two values of a grant. */
function couplingOf({ operator, left, right }: Comparing, placesAt: PlacesFinder): readonly Coupling[] {
	const named = namedIn(left, right);
	if (named.size !== 2) return [];
	const texts = [...named.keys()];
	const [first, second] = [...named.values()].map(placesAt);
	if (first?.length !== 1 || second?.length !== 1) return [];
	const admits: Coupling['admits'] = (position, value) => {
		const known = texts[position]!;
		return solved(operator, (other) => {
			const amountOf = ({ text }: Location): number => (text === known ? value : other);
			const [one, two] = [numberOf(left, amountOf), numberOf(right, amountOf)];
			return one === undefined || two === undefined ? undefined : one - two;
		});
	};
	return [{ places: [first[0]!, second[0]!], admits }];
}

/** The Locations that the operands name, each once. */
function namedIn(...operands: readonly Operand[]): ReadonlyMap<string, Location> {
	const named = new Map<string, Location>();
	const walk = (operand: Operand): void => {
		if (operand.kind === 'location' || operand.kind === 'function') named.set(operand.location.text, operand.location);
		else if (operand.kind === 'negative') walk(operand.operand);
		else if (operand.kind === 'arithmetic') for (const each of [operand.left, operand.right]) walk(each);
	};
	for (const operand of operands) walk(operand);
	return named;
}

/** What makes a difference compare so with 0, where it is linear: a straight line is known from three points. */
function solved(
	operator: ComparisonOperator,
	differenceAt: (value: number) => number | undefined,
): RangeValue | undefined {
	const [zero, one, two] = [0, 1, 2].map(differenceAt);
	if (zero === undefined || one === undefined || two === undefined) return undefined;
	const slope = one - zero;
	const isStraight = Math.abs(two - one - slope) <= Math.abs(slope) * ROUNDED;
	if (slope === 0 || !Number.isFinite(slope) || !isStraight) return undefined;
	return COMPARED[slope > 0 ? operator : MIRRORED[operator]](-zero / slope);
}

/** Differences of large numbers are not exact. */
const ROUNDED = 1e-6;
