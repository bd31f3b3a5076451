/** What is told of the violations of an offer, so that all of it does together: whoever follows it comes to what is admitted. */
import { type Gradual, gradual } from '../../parts.ts';
import { changeAt, inOneText } from '../conditions/condition-fault.ts';
import { decide } from '../conditions/decision.ts';
import type { Evaluation } from '../conditions/evaluation.ts';
import type { Condition } from '../conditions/expression.ts';
import { print } from '../conditions/expression-values.ts';
import { partsOf } from '../conditions/free-constraints.ts';
import { keyOf, type PlaceKey, type Put, valueOfText } from '../conditions/puts.ts';
import { type Settled, settle } from '../conditions/settlement.ts';
import type { Telling } from '../conditions/settlement-groups.ts';
import { withoutAbsent } from '../document.ts';
import { type Check, sharingGradually } from './check.ts';
import type { TemplateConstraint } from './constraints.ts';
import { demandsOn } from './demands-of-items.ts';
import type { ValueRestriction } from './facets.ts';
import { widthOf } from './joined-restriction.ts';
import type { Location } from './location.ts';
import type { Selection } from './location-selection.ts';
import { type OneWording, wordingOfMissing } from './missing-places.ts';
import { conditionsOnMissing } from './missing-value.ts';
import { rulesAbout } from './rules-of-readers.ts';
import { type ConstraintViolation, changeTold, holds, withoutUntold } from './violation.ts';

/** What a violation is about: a part of a free constraint, or else a node of which an item says something. */
export interface Cause {
	readonly part?: Condition;
	readonly location: Location;
	readonly selection?: Selection;
	readonly puts?: readonly Put[];
	/** There are more nodes to blame than are listed. */
	readonly isCut?: boolean;
	/** What the item says of the node. */
	readonly restriction?: ValueRestriction;
}

/** Of what is told of the value of a node. */
export function causeOfItem(
	location: Location,
	selection: Selection,
	restriction: ValueRestriction,
	{ nearest, near }: Pick<ConstraintViolation, 'nearest' | 'near'>,
): Cause {
	const text = nearest ?? near;
	const puts = text === undefined ? {} : { puts: [{ location, selection, to: valueOfText(text) }] };
	return { location, selection, restriction, ...puts };
}

/** The same violations of each constraint, told so that all of it does together, as far as that was found. */
export function agreedAdvice(
	found: readonly (readonly ConstraintViolation[])[],
	constraints: readonly TemplateConstraint[],
	check: Check,
): readonly (readonly ConstraintViolation[])[] {
	if (found.every(holds)) return found;
	const binding = new Set(check.binding);
	const checked = toldByNode(found, (index) => binding.has(constraints[index]!), check);
	const parts = check.binding.flatMap((each) => ('condition' in each ? partsOf(each.condition) : []));
	const violations = checked.flatMap((each, index) => (binding.has(constraints[index]!) ? each : []));
	const causes = violations.map((violation) => check.causes.get(violation));
	if (!check.isSearching || causes.every((cause) => cause === undefined)) return checked;
	const places = causes.flatMap((cause) => (cause === undefined ? [] : [cause, ...(cause.puts ?? [])]));
	const rules = rulesAbout(places);
	if (parts.length === 0 && rules.length === 0) return checked;
	return gradual(function* (): Gradual<readonly (readonly ConstraintViolation[])[]> {
		const { root, index } = check;
		const evaluation = {
			root,
			index: { ...index },
			selected: new Map(),
			instead: new Map(),
			...demandsOn(check),
		};
		const told = causes.flatMap((cause, nth) => (cause === undefined ? [] : [{ cause, violation: violations[nth]! }]));
		return yield* sharingGradually(check, 1, function* (budget) {
			const looking: Evaluation = { ...evaluation, budget };
			// Of what does not hold, or hangs on which value of a range is granted, it is told elsewhere.
			const held = rules.filter((rule) => decide(rule, looking) === 'true');
			if (parts.length === 0 && held.length === 0) return checked;
			const missing = told.flatMap(({ cause: { puts = [] } }) =>
				puts.flatMap(({ location, selection, isCount }) => ((selection ?? isCount) === undefined ? [location] : [])),
			);
			const all = [...parts];
			for (const location of missing) {
				all.push(...conditionsOnMissing(location, check, budget));
				yield;
			}
			const wording = yield* wordingOfMissing(all, missing, looking);
			const known = told.map(({ cause, violation }) => ({ cause: reworded(cause, wording), violation }));
			const settled = yield* settle(
				known.map(({ cause }): Telling => cause),
				[...all.map(wording.condition), ...held],
				looking,
			);
			const retold = new Map(
				known.map(({ cause, violation }, nth) => [violation, retell(violation, cause, settled[nth]!, looking, check)]),
			);
			return checked.map((each) => each.map((violation) => retold.get(violation) ?? violation));
		});
	});
}

function reworded(cause: Cause, { location, condition }: OneWording): Cause {
	const { part, puts } = cause;
	return {
		...cause,
		location: location(cause.location),
		...(part === undefined ? {} : { part: condition(part) }),
		...(puts === undefined ? {} : { puts: puts.map((put) => ({ ...put, location: location(put.location) })) }),
	};
}

/**
 * Of a node of which several items say something one value: by the measure of the narrowest type, of equals by that of
 * the first. What each was told all of them allow (nearest-for-all.ts).
 */
function toldByNode(
	checked: readonly (readonly ConstraintViolation[])[],
	isBinding: (index: number) => boolean,
	{ causes }: Check,
): readonly (readonly ConstraintViolation[])[] {
	const all = checked.flatMap((each, index) => (isBinding(index) ? each : []));
	const byNode = new Map<PlaceKey, { readonly violation: ConstraintViolation; readonly width: number }>();
	for (const violation of all) {
		const { restriction, puts: [put] = [] } = causes.get(violation) ?? {};
		if (restriction === undefined || put === undefined) continue;
		const [key, width] = [keyOf(put), widthOf(restriction)];
		if (width < (byNode.get(key)?.width ?? Number.POSITIVE_INFINITY)) byNode.set(key, { violation, width });
	}
	const retold = (violation: ConstraintViolation): ConstraintViolation => {
		const cause = causes.get(violation);
		if (cause?.restriction === undefined) return violation;
		const told = byNode.get(keyOf(cause))?.violation;
		const { nearest, near, ...rest } = violation;
		if (told === undefined || (told.nearest ?? told.near) === (nearest ?? near)) return violation;
		const message = withoutUntold(violation.message);
		const again = { ...rest, ...withoutAbsent({ nearest: told.nearest, near: told.near }), message };
		causes.set(again, { ...cause, puts: causes.get(told)!.puts! });
		return again;
	};
	return checked.map((each, index) => (isBinding(index) ? each.map(retold) : each));
}

function retell(
	violation: ConstraintViolation,
	{ location, selection, puts: before }: Cause,
	settled: Settled,
	evaluation: Evaluation,
	check: Check,
): ConstraintViolation {
	if (settled === 'told') return violation;
	if (settled === 'apart' || settled === 'unknown') {
		return before === undefined ? violation : { ...violation, message: violation.message + UNSETTLED[settled] };
	}
	const { puts, isProven } = settled;
	if (puts.length > CHANGES_MAX) return { ...violation, message: violation.message + UNSETTLED.apart };
	const isSame = before?.length === puts.length && before.every((put, nth) => isAlike(put, puts[nth]!));
	if (isSame) return violation;
	const { nearest: _, near: __, changes: ___, ...rest } = violation;
	const changes = puts.map((put) => changeAt(put, evaluation));
	const own = keyOf({ location, ...(selection === undefined ? {} : { selection }) });
	const isOwn = puts.length === 1 && keyOf(puts[0]!) === own;
	const text = isOwn ? changes[0]!.nearest : inOneText(changes);
	return {
		...rest,
		...(isProven ? { nearest: text } : { near: text }),
		...(isOwn ? {} : { changes: changes.map((each) => changeTold(each, check)) }),
		message: withoutUntold(violation.message),
	};
}

/** As many as violations of one constraint are listed. */
const CHANGES_MAX = 64;

const UNSETTLED = {
	apart: ' What is told does not do for all constraints together, and nothing was found that does.',
	unknown: ' There was not the time to look whether what is told does for all constraints together.',
} as const;

function isAlike(one: Put, other: Put): boolean {
	return keyOf(one) === keyOf(other) && print(one.to) === print(other.to);
}
