/**
 * What conditions admit in one of several ways: `or` between comparisons of different values (few machines, or a late
 * start), and comparisons of several values of a grant with each other (twice as much memory as CPUs). Each way is a set
 * of ranges to search in; that it is kept to, only checking a document tells.
 */
import { type BoundWay, boundWaysOf, numberOf } from '../conditions/condition-ranges.ts';
import type { ComparisonOperator, Condition, Operand } from '../conditions/expression.ts';
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

/** Values of a grant that have to fit each other. */
export interface Coupling {
	/** Each once. */
	readonly places: readonly AdmittedPlace[];
	/** What the one at this position may be beside the others; undefined where it is not known. */
	readonly admits: (position: number, values: readonly number[]) => RangeValue | undefined;
}

/** Of more ways of one condition only what all of them need is known of the others: a list of flavours has some dozens. */
const WAYS_MAX = 64;
/** What couples more values is for people who count machines one by one. */
const PLACES_MAX = 8;
/** A Location that stands for a value of each of several services says something of each. */
const COUPLINGS_MAX = 16;

/** Asked for several times of every condition. */
function waysOf(condition: Condition): readonly BoundWay[] {
	const known = WAYS.get(condition) ?? boundWaysOf(condition, WAYS_MAX);
	WAYS.set(condition, known);
	return known;
}

const WAYS = new WeakMap<Condition, readonly BoundWay[]>();

/** Whether the constraint may be kept to in more than one way, as far as its words tell. */
export function isOneOfSeveral(constraint: TemplateConstraint): boolean {
	return 'condition' in constraint && waysOf(constraint.condition).length > 1;
}

/** Whether the constraint compares Locations with each other. */
export function isCoupled(constraint: TemplateConstraint): boolean {
	if (!('condition' in constraint)) return false;
	return waysOf(constraint.condition).some(({ atoms }) => atoms.some(isOfSeveral));
}

/** The ways to keep to the constraint; one where there is nothing to choose. */
export function admittedWays(constraint: TemplateConstraint, placesAt: PlacesFinder): readonly AdmittedWay[] {
	if (!('condition' in constraint)) return [];
	return waysOf(constraint.condition).map(({ bounds, atoms }): AdmittedWay => {
		const ranges = bounds.flatMap(({ location, anyOf }) => {
			return placesAt(location).flatMap((place) => {
				const range = comparableRange(place.field, anyOf);
				return range === undefined ? [] : [{ ...place, range }];
			});
		});
		return { ranges, couplings: atoms.flatMap((atom) => (isOfSeveral(atom) ? couplingsOf(atom, placesAt) : [])) };
	});
}

type Comparing = BoundWay['atoms'][number];

/** Whether it is about several values, as far as its words tell: a sum is, wherever its Location selects several. */
function isOfSeveral({ left, right }: Comparing): boolean {
	const named = [...namedIn(left, right).values()];
	return named.length > 1 || named.some(({ functions }) => functions.has('sum'));
}

/** One for each choice of a value for each Location that stands for several; none where values are not all known. */
function couplingsOf({ operator, left, right }: Comparing, placesAt: PlacesFinder): readonly Coupling[] {
	let chosen: readonly Chosen[] = [new Map()];
	for (const [text, { location, functions }] of namedIn(left, right)) {
		const places = placesAt(location);
		const isSum = functions.has('sum');
		const isPlain = functions.size === 1 && (isSum || functions.has('each'));
		if (places.length === 0 || (places.length > 1 && !isPlain)) return [];
		const choices = isSum ? [places] : places.map((place) => [place]);
		chosen = chosen.flatMap((each) => choices.map((choice) => new Map([...each, [text, choice]])));
		if (chosen.length > COUPLINGS_MAX) return [];
	}
	return chosen.flatMap((each) => couplingOf({ operator, left, right }, each) ?? []);
}

/** By the text of a Location, the values that it stands for: one, or those of a sum. */
type Chosen = ReadonlyMap<string, readonly AdmittedPlace[]>;

function couplingOf({ operator, left, right }: Comparing, chosen: Chosen): Coupling | undefined {
	const places = new Map([...chosen.values()].flat().map((place) => [`${place.nth} ${place.field}`, place]));
	if (places.size === 0 || places.size > PLACES_MAX) return undefined;
	const positions = new Map([...places.keys()].map((key, position) => [key, position]));
	const summed = new Map(
		[...chosen].map(([text, all]) => [text, all.map(({ nth, field }) => positions.get(`${nth} ${field}`)!)]),
	);
	const admits: Coupling['admits'] = (position, values) =>
		solved(operator, (value) => {
			const amountOf = ({ text }: Location): number | undefined => {
				return summed.get(text)?.reduce((sum, each) => sum + (each === position ? value : values[each]!), 0);
			};
			const [one, other] = [numberOf(left, amountOf), numberOf(right, amountOf)];
			return one === undefined || other === undefined ? undefined : one - other;
		});
	return { places: [...places.values()], admits };
}

interface Named {
	readonly location: Location;
	/** What is compared: `each` of its values, or what a function makes of them. */
	readonly functions: Set<string>;
}

/** The Locations that the operands name, each once. */
function namedIn(...operands: readonly Operand[]): ReadonlyMap<string, Named> {
	const named = new Map<string, Named>();
	const walk = (operand: Operand): void => {
		if (operand.kind === 'location' || operand.kind === 'function') {
			const { location } = operand;
			const known = named.get(location.text) ?? { location, functions: new Set() };
			named.set(location.text, known);
			known.functions.add(operand.kind === 'function' ? operand.name : 'each');
		} else if (operand.kind === 'negative') walk(operand.operand);
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
	const exact = -zero / slope;
	const whole = Math.round(exact);
	const isWhole = Math.abs(whole - exact) <= Math.abs(exact) * QUOTIENT_ROUNDED;
	return COMPARED[slope > 0 ? operator : MIRRORED[operator]](isWhole ? whole : exact);
}

/** What was divided is next to a whole number where it should be one: 6 div 3 and the like in doubles. */
const QUOTIENT_ROUNDED = 1e-12;
/** Differences of large numbers are not exact. */
const ROUNDED = 1e-6;
