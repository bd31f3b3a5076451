/** The ways in which a condition may hold: sets of comparisons, of each of which all have to hold. */
import type { Location } from '../template/location.ts';
import type { ComparisonOperator, Condition, Operand } from './expression.ts';
import { DENIED } from './operators.ts';

/** `exists(x)` is `count(x) >= 1`. */
export interface Atom {
	readonly operator: ComparisonOperator;
	readonly left: Operand;
	readonly right: Operand;
}

/** All ways, or where there are more than that the first of them. */
export function waysOf(
	condition: Condition,
	most: number,
): { readonly ways: readonly (readonly Atom[])[]; readonly isAll: boolean } {
	let isAll = true;
	const cut = (ways: (readonly Atom[])[]): (readonly Atom[])[] => {
		isAll &&= ways.length <= most;
		return ways.slice(0, most);
	};
	const expand = (part: Condition, isDenied: boolean): (readonly Atom[])[] => {
		switch (part.kind) {
			case 'comparison': {
				const { operator, left, right } = part;
				return [[{ operator: isDenied ? DENIED[operator] : operator, left, right }]];
			}
			case 'exists':
				return [[existence(part.location, isDenied)]];
			case 'not':
				return expand(part.condition, !isDenied);
			default: {
				const inner = part.conditions.map((each) => expand(each, isDenied));
				if ((part.kind === 'or') !== isDenied) return cut(inner.flat());
				return inner.reduce((all, ways) => cut(all.flatMap((one) => ways.map((other) => [...one, ...other]))), [[]]);
			}
		}
	};
	return { ways: expand(condition, false), isAll };
}

function existence(location: Location, isDenied: boolean): Atom {
	const left: Operand = { kind: 'function', name: 'count', location };
	return { operator: isDenied ? '<=' : '>=', left, right: { kind: 'number', value: isDenied ? 0 : 1 } };
}
