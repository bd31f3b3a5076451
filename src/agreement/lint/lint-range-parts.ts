/** Items about single parts of a range of JSDL, held against what another item allows of the range as a whole. */
import { contentModel } from '../lenient/content-models.ts';
import { JSDL } from '../names.ts';
import type { CreationConstraint } from '../template/constraints.ts';
import type { ValueRestriction } from '../template/facets.ts';
import type { Location, NameTest } from '../template/location.ts';
import { ownerOf } from './items-of-children.ts';
import { saidOfChildren } from './lint-branches.ts';
import type { Claim } from './lint-conditions.ts';
import { covers } from './lint-covering.ts';
import type { ChildrenDemands } from './lint-groups.ts';
import { parentOf } from './lint-locations.ts';
import { isAboutRanges, type Row, rowsWithin, speakingRows, withinEnds } from './lint-ranges.ts';

/** A part that, as it is wanted, leaves nothing of what the whole allows. */
export interface IdlePart {
	readonly claim: Claim;
	readonly whole: CreationConstraint;
	readonly part: string;
	/** It may be there beside another part that says what is allowed; else nothing fulfils both. */
	readonly mayBeThere: boolean;
}

/** Of the parts that claims are about, but for the Exact, which is a value of the range by itself. */
export function findIdleParts(
	items: readonly CreationConstraint[],
	claims: readonly Claim[],
	mayFit: (about: Claim, demands: ChildrenDemands) => boolean,
): readonly IdlePart[] {
	return items.flatMap((whole): readonly IdlePart[] => {
		const { value, location, path } = whole;
		if (value === undefined || !isAboutRanges(value) || !isRange(location)) return [];
		return claims.flatMap((claim): readonly IdlePart[] => {
			const found = claim.path === path || !speaks(claim) ? undefined : partOf(claim.location);
			if (found === undefined || !covers(location, found.range)) return [];
			const { isFree, mayBeThere } = lookAt(value, found, claims, (demands) => mayFit(claim, demands));
			return isFree ? [] : [{ claim, whole, part: found.part.localName, mayBeThere }];
		});
	});
}

function isRange({ target, steps }: Location): boolean {
	const name = steps.at(-1)!.name;
	return target.kind === 'element' && contentModel(name.namespace, name.localName)?.kind === 'range';
}

function speaks({ value, range, min, max }: Claim): boolean {
	return max > 0 && (value !== undefined || range !== undefined || min > 0);
}

interface Found {
	/** Where the range stands. */
	readonly range: Location;
	readonly part: NameTest;
	/** Of a bound within a jsdl:Range: where that stands. */
	readonly inner?: Location;
}

function partOf(location: Location): Found | undefined {
	const [part, owner] = [parentOf(location), ownerOf(location)];
	if (part?.namespace !== JSDL || owner === undefined) return undefined;
	if (part.localName === 'UpperBoundedRange' || part.localName === 'LowerBoundedRange') return { range: owner, part };
	const [inner, range] = [parentOf(owner), ownerOf(owner)];
	const isBound = part.localName === 'LowerBound' || part.localName === 'UpperBound';
	const isInner = inner?.namespace === JSDL && inner.localName === 'Range';
	return isBound && isInner && range !== undefined ? { range, part, inner: owner } : undefined;
}

function lookAt(
	value: ValueRestriction,
	{ range, part, inner }: Found,
	claims: readonly Claim[],
	mayFit: (demands: ChildrenDemands) => boolean,
): { readonly isFree: boolean; readonly mayBeThere: boolean } {
	const within = inner ?? { ...range, steps: [...range.steps, { descends: false, name: RANGE, predicates: [] }] };
	const isRoom = mayFit({ groups: [withinEnds(value)], parent: RANGE, ...saidOfChildren(within, claims) });
	const said = saidOfChildren(range, claims);
	const parent = parentOf(range);
	const holds = inner === undefined ? part : RANGE;
	const mayHold = (rows: readonly Row[]): boolean =>
		rows.some((row) => mayFit({ groups: [...row], parent, holds, ...said }));
	const isFree = inner === undefined ? mayHold(speakingRows(value)) : isRoom;
	return { isFree, mayBeThere: isFree || mayHold(rowsWithin(value, isRoom)) };
}

const RANGE: NameTest = { namespace: JSDL, localName: 'Range' };
