/**
 * What of a condition can be read off as ranges: comparisons of one Location with a constant, as far as all of it needs
 * them. Whatever a document says there must be such; what else the condition says, only evaluating it tells.
 */
import type { Location } from '../template/location.ts';
import { type Atom, waysOf } from './alternatives.ts';
import type { ArithmeticOperator, ComparisonOperator, Condition, Operand } from './expression.ts';
import { DENIED, MIRRORED } from './operators.ts';
import { toDouble } from './rational.ts';
import { locationName } from './unknowns.ts';

/** Each of the values that the Location selects compares with one of the constants as it says. */
export interface LocationBound {
	readonly location: Location;
	readonly anyOf: readonly ConstantComparison[];
}

/** Of a value with a constant. */
export interface ConstantComparison {
	readonly operator: ComparisonOperator;
	/** A number as near as a double comes to it. */
	readonly constant: number | string;
}

/** What the condition needs of single Locations, in the order of its words. */
export function boundsOf(condition: Condition): readonly LocationBound[] {
	switch (condition.kind) {
		case 'and':
			return condition.conditions.flatMap(boundsOf);
		case 'or': {
			const parts = condition.conditions.map(boundsOf);
			const [first] = parts.map(([bound]) => bound);
			const isOfOne = parts.every(
				(bounds) =>
					bounds.length === 1 && locationName(bounds[0]!.location) === (first && locationName(first.location)),
			);
			return isOfOne ? [{ location: first!.location, anyOf: parts.flatMap(([bound]) => bound!.anyOf) }] : [];
		}
		case 'not': {
			const { condition: denied } = condition;
			return denied.kind === 'comparison' ? boundsOf({ ...denied, operator: DENIED[denied.operator] }) : [];
		}
		case 'comparison': {
			const { operator, left, right } = condition;
			return boundsOfComparison(left, operator, right);
		}
		case 'exists':
			return [];
	}
}

/** One way in which a condition may hold. */
export interface BoundWay {
	readonly bounds: readonly LocationBound[];
	/** The comparisons that all hold. */
	readonly atoms: readonly Atom[];
}

/**
 * The ways in which the condition may hold, as far as they need something else of single Locations; of more than so many
 * the first, and one that needs nothing that is known.
 */
export function boundWaysOf(condition: Condition, most: number): readonly BoundWay[] {
	// Of one Location all of it is one range.
	const bounds = condition.kind === 'or' ? boundsOf(condition) : [];
	if (bounds.length > 0) return [{ bounds, atoms: [] }];
	const { ways, isAll } = waysOf(condition, most);
	const distinct = ways.map((atoms): BoundWay => {
		return { bounds: atoms.flatMap(({ operator, left, right }) => boundsOfComparison(left, operator, right)), atoms };
	});
	return isAll ? distinct : [...distinct, { bounds: [], atoms: [] }];
}

function boundsOfComparison(left: Operand, operator: ComparisonOperator, right: Operand): readonly LocationBound[] {
	return [...boundOf(left, operator, right), ...boundOf(right, MIRRORED[operator], left)];
}

/** The least of several bounds all of them from below, the greatest from above. */
const OF_ALL: Readonly<Record<'min' | 'max', ReadonlySet<ComparisonOperator>>> = {
	min: new Set(['>', '>=']),
	max: new Set(['<', '<=']),
};

function boundOf(compared: Operand, operator: ComparisonOperator, other: Operand): readonly LocationBound[] {
	const constant = constantOf(other);
	if (constant === undefined) return [];
	const anyOf = [{ operator, constant }];
	if (compared.kind === 'location') return [{ location: compared.location, anyOf }];
	if (compared.kind !== 'function' || (compared.name !== 'min' && compared.name !== 'max')) return [];
	return OF_ALL[compared.name].has(operator) ? [{ location: compared.location, anyOf }] : [];
}

function constantOf(operand: Operand): number | string | undefined {
	return operand.kind === 'text' ? operand.text : numberOf(operand, () => undefined);
}

/** What the operand comes to where its Locations come to so much; undefined where that, or what it counts, is not known. */
export function numberOf(operand: Operand, amountOf: (location: Location) => number | undefined): number | undefined {
	switch (operand.kind) {
		case 'number':
			return toDouble(operand.value);
		case 'location':
			return amountOf(operand.location);
		case 'function':
			return operand.name === 'count' ? undefined : amountOf(operand.location);
		case 'text':
			return undefined;
		case 'negative': {
			const value = numberOf(operand.operand, amountOf);
			return value === undefined ? undefined : -value;
		}
		case 'arithmetic': {
			const [left, right] = [numberOf(operand.left, amountOf), numberOf(operand.right, amountOf)];
			return left === undefined || right === undefined ? undefined : calculated(operand.operator, left, right);
		}
	}
}

function calculated(operator: ArithmeticOperator, left: number, right: number): number | undefined {
	switch (operator) {
		case '+':
			return left + right;
		case '-':
			return left - right;
		case '*':
			return left * right;
		case 'div':
			return right === 0 ? undefined : left / right;
	}
}
