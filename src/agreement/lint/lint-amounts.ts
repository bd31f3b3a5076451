/** What an item says that its author hardly means: units, counts of nothing, anchored patterns. */

import { above, endsOf, holdsWholeNumber, intersect, isEmpty, type RangeValue, unite } from '../jsdl/range.ts';
import { suspicionOfUnit, type UnitSuspicion } from '../jsdl/units.ts';
import { JSDL, WS } from '../names.ts';
import { allowedRange, type ValueRestriction } from '../template/facets.ts';
import type { Location } from '../template/location.ts';
import { isCount } from '../template/location-words.ts';
import type { ValueSpace } from '../template/simple-type.ts';
import type { RestrictedValue } from './values-within.ts';

const PARTS: ReadonlySet<string> = new Set(['Exact', 'Range', 'UpperBoundedRange', 'LowerBoundedRange', 'UpperBound']);

/** That it allows only amounts that nobody means in the unit of the element, in the words of the reader of offers. */
export function findSuspiciousUnit({ location, value }: RestrictedValue): UnitSuspicion | undefined {
	const range = amountsIn(value);
	if (range === undefined || location.target.kind === 'attribute') return undefined;
	const name = [...location.steps].reverse().find(({ name: { localName } }) => !PARTS.has(localName))?.name;
	if (name === undefined || (name.namespace !== JSDL && name.namespace !== WS)) return undefined;
	const ends = endsOf(range);
	// That there must be some says nothing of its unit.
	if (ends === undefined || (ends.lower <= 1 && ends.upper === Number.POSITIVE_INFINITY)) return undefined;
	return suspicionOfUnit(name.localName, range);
}

/** Why it allows nothing of what JSDL has amounts of, although it allows numbers. */
export function findNoAmount({ location, value }: RestrictedValue): string | undefined {
	const range = isAmount(location) ? amountsIn(value) : undefined;
	if (range === undefined || isEmpty(range)) return undefined;
	if (isEmpty(intersect(range, above(0)))) return 'It allows negative amounts only, which nothing has.';
	if (!isCount(location) || !holdsWholeNumber(range) || holdsWholeNumber(intersect(range, above(1)))) return undefined;
	return 'It allows no whole number of at least 1 of what is counted.';
}

/** Whether the Location selects amounts of resources, or exact ones. */
function isAmount({ steps, target }: Location): boolean {
	const [last, before] = [steps.at(-1)?.name, steps.at(-2)?.name];
	const name = last?.localName === 'Exact' ? before : last;
	return target.kind !== 'attribute' && name?.namespace === JSDL && /^(Individual|Total)[A-Z]/.test(name.localName);
}

/** The numbers that it leaves; undefined where it says nothing of them. Of a union those of all members that are numbers. */
function amountsIn(value: ValueRestriction): RangeValue | undefined {
	const { type, steps } = value;
	if (type.space === 'union') {
		const members = (type.members ?? []).filter(({ type: { space } }) => AMOUNTS.has(space));
		const ranges = members.map((member) => amountsIn({ ...member, steps: [...member.steps, ...steps] }));
		if (ranges.length === 0 || ranges.includes(undefined)) return undefined;
		return unite(ranges.flatMap((range) => range!.intervals));
	}
	if (type.space !== 'number' && type.space !== 'untyped') return undefined;
	const isSaid = steps.some(({ bounds, enumeration }) => bounds.length > 0 || enumeration.length > 0);
	return isSaid ? allowedRange(value) : undefined;
}

const AMOUNTS: ReadonlySet<ValueSpace> = new Set(['number', 'untyped', 'union']);

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
