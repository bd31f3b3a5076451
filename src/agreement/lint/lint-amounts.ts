/** What an item says that its author hardly means: units, counts of nothing, anchored patterns. */
import { endsOf } from '../jsdl/range.ts';
import { suspicionOfUnit, type UnitSuspicion } from '../jsdl/units.ts';
import { JSDL, WS } from '../names.ts';
import type { CreationConstraint } from '../template/constraints.ts';
import { allowedRange, type ValueRestriction } from '../template/facets.ts';
import { isCount } from './lint-locations.ts';

const PARTS: ReadonlySet<string> = new Set(['Exact', 'Range', 'UpperBoundedRange', 'LowerBoundedRange', 'UpperBound']);

/** That it allows only amounts that nobody means in the unit of the element, in the words of the reader of offers. */
export function findSuspiciousUnit({ location, value }: CreationConstraint): UnitSuspicion | undefined {
	if (value === undefined || location.target.kind === 'attribute' || !isNumber(value)) return undefined;
	const name = [...location.steps].reverse().find(({ name: { localName } }) => !PARTS.has(localName))?.name;
	if (name === undefined || (name.namespace !== JSDL && name.namespace !== WS)) return undefined;
	const range = allowedRange(value);
	const ends = endsOf(range);
	// That there must be some says nothing of its unit.
	if (ends === undefined || (ends.lower <= 1 && ends.upper === Number.POSITIVE_INFINITY)) return undefined;
	return suspicionOfUnit(name.localName, range);
}

/** That of something that is counted it allows none. */
export function allowsNoCount({ location, value }: CreationConstraint): boolean {
	if (value === undefined || !isCount(location) || !isNumber(value)) return false;
	const ends = endsOf(allowedRange(value));
	return ends !== undefined && ends.upper < 1;
}

function isNumber({ type, steps }: ValueRestriction): boolean {
	if (type.space !== 'number' && type.space !== 'untyped') return false;
	return steps.some(({ bounds, enumeration }) => bounds.length > 0 || enumeration.length > 0);
}

export interface AnchoredPattern {
	readonly found: string;
	/** Without its anchors. */
	readonly meant: string;
}

/** Patterns that begin with ^ or end with $, of the value, its items or members. */
export function findAnchoredPatterns({ type, steps }: ValueRestriction): readonly AnchoredPattern[] {
	const own = steps.flatMap(({ patterns }) =>
		patterns.flatMap(({ source }): readonly AnchoredPattern[] => {
			const begun = source.replace(/^\^/, '');
			const backslashes = /(\\*)\$$/.exec(begun)?.[1];
			const meant = backslashes !== undefined && backslashes.length % 2 === 0 ? begun.slice(0, -1) : begun;
			return meant === source ? [] : [{ found: source, meant }];
		}),
	);
	return [...own, ...(type.members ?? []).flatMap(findAnchoredPatterns)];
}
