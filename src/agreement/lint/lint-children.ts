/**
 * What items say of the children of one element: model groups that exclude each other, by names or by values, and items
 * about children that a group lets stand nowhere, or with other values only. Each element of which it is certain that
 * there cannot be one is told of once; what was too much to be looked at is told of, too.
 */
import type { CreationConstraint, TemplateConstraint } from '../template/constraints.ts';
import type { Location, NameTest } from '../template/location.ts';
import { describeParticle, type Particle, restrictionsIn } from '../template/particles.ts';
import { childOf, ownerOf } from './items-of-children.ts';
import {
	demandsOf,
	findDeadBranches,
	type GroupItem,
	neededOf,
	type Pressure,
	saidOfChildren,
} from './lint-branches.ts';
import type { Claim } from './lint-conditions.ts';
import { covers } from './lint-covering.ts';
import { type ChildrenDemands, type CommonChildren, findCommonChildren, GROUPS_STEPS_MAX } from './lint-groups.ts';
import { parentOf } from './lint-locations.ts';
import { mayHoldChild } from './lint-particles.ts';
import { findIdleParts } from './lint-range-parts.ts';
import { hasRoomWithin, isAboutRanges, RANGE_PARTS, rowsWithin, shapeWithin } from './lint-ranges.ts';
import { areSatisfiable, mayBeBlank } from './lint-restrictions.ts';
import { claimsOfConstraint, isSatisfiable, nameOf } from './lint-values.ts';

export interface ChildrenFinding {
	readonly code: 'CONSTRAINTS_CONTRADICT' | 'BRANCH_DEAD' | 'RANGE_ADMITS_NOTHING' | 'LINT_UNDECIDED';
	readonly path: string;
	readonly message: string;
	readonly found?: string;
}

/** Every finding about the children of elements, in the order of the items for each kind. */
export function findContradictionsOfChildren(all: readonly TemplateConstraint[]): readonly ChildrenFinding[] {
	const sound = all.filter(isSatisfiable);
	const items = sound.flatMap((each) => ('condition' in each ? [] : [each]));
	const groups = items.filter((item): item is GroupItem => item.children !== undefined && item.multiplicity.max > 0);
	const budget = { remaining: GROUPS_STEPS_MAX };
	const undecided = new Map<string, ChildrenFinding>();
	const told = new Set<string>();
	const claims = sound.flatMap(claimsOfConstraint);
	const look: Look = (item, others, demands) => {
		const found = findCommonChildren(demands, budget);
		if (found.kind !== 'unknown' || undecided.has(item.path)) return found;
		const together = others.length === 0 ? '' : ` together with ${namesOf(others)}`;
		const message = `Whether any children fit this${together} was not looked at to the end, because there are too many ways.`;
		undecided.set(item.path, { code: 'LINT_UNDECIDED', path: item.path, message });
		return found;
	};
	for (const group of groups) look(group, [], { groups: [group.children], parent: parentOf(group.location) });
	const findings = [
		...claims.flatMap((claim) => childForbidden(claim, claims, groups, look, told)),
		...groups.flatMap((item, index) => groupsExcluding(item, groups.slice(0, index), look)),
		...groups.flatMap((group, index) => claimsExcluding(group, claims, groups.slice(0, index), look, told)),
		...groups.flatMap((group) => valueOfElements(group, items, look)),
		...partsOfRanges(items, claims, look),
	];
	const contradicting = new Set(findings.map(({ path }) => path));
	const dead = groups
		.filter(({ path }) => !contradicting.has(path))
		.flatMap((group) => deadBranches(group, claims, groups, look));
	return [...findings, ...dead, ...undecided.values()];
}

/** Looks for children that fit; where that is given up, it is noted of the item. */
type Look = (item: Named, others: readonly Named[], demands: ChildrenDemands) => CommonChildren;

/** An item, or what a constraint says of one Location. */
type Named = CreationConstraint | Claim;

function contradiction(item: Named, others: readonly Named[], why: string): ChildrenFinding {
	const message = `Nothing can fulfil this together with ${namesOf(others)}: ${why}.`;
	return { code: 'CONSTRAINTS_CONTRADICT', path: item.path, message };
}

function namesOf(items: readonly Named[]): string {
	return items.map((each) => ('text' in each ? each.text : nameOf(each))).join(' and ');
}

/** What demands a child which model groups about its parent never let stand there, or not as is said of it elsewhere. */
function childForbidden(
	claim: Claim,
	claims: readonly Claim[],
	groups: readonly GroupItem[],
	look: Look,
	told: Set<string>,
): readonly ChildrenFinding[] {
	const { location, min, path } = claim;
	const parent = ownerOf(location);
	const name = parent && parentOf(parent);
	const child = parentOf(location);
	if (min === 0 || parent === undefined || name === undefined || child === undefined) return [];
	const about = groups.filter((group) => group.path !== path && covers(group.location, parent));
	const others = claims.filter((each) => each.path !== path && isAboutValues(each, parent));
	const fits = (some: readonly Pressing[], own: readonly Claim[]): boolean => {
		const demands: ChildrenDemands = {
			groups: some.flatMap(({ group }) => (group === undefined ? [] : [group])),
			parent: name,
			...saidOfChildren(parent, [...own, ...some.flatMap((each) => each.claim ?? [])]),
		};
		const found = look(claim, namedOf(some), own.length > 0 ? { ...demands, holds: child } : demands);
		return found.kind !== 'none';
	};
	const pressures = [...about.map(pressingGroup), ...others.map(pressingClaim)];
	// Who excludes each other without it is told of by itself.
	if (about.length === 0 || fits(pressures, [claim]) || !fits(pressures, [])) return [];
	const needed = neededOf(pressures, (some) => !fits(some, [claim]));
	const names = needed.flatMap(({ item }) => item ?? []);
	if (names.length === 0 || told.has(path)) return [];
	told.add(path);
	for (const each of needed) told.add(`${each.path} ${path}`);
	return [contradiction(claim, namedOf(needed), whyForbidden(needed, names, name, child))];
}

function whyForbidden(
	needed: readonly Pressing[],
	groups: readonly GroupItem[],
	{ namespace }: NameTest,
	child: NameTest,
): string {
	const [group] = groups;
	if (needed.length > groups.length) return `together they let no ${child.localName} stand there`;
	if (groups.length > 1) return `their groups together let no ${child.localName} stand there`;
	const isRoom = mayHoldChild(group!.children, namespace, child);
	return `its group lets no ${isRoom ? `${child.localName} with a value that it allows` : child.localName} stand there`;
}

/** What has a say in which children fit, and where it stands. */
interface Pressing extends Pressure {
	readonly path: string;
	readonly item?: GroupItem;
}

function pressingGroup(item: GroupItem): Pressing {
	return { text: nameOf(item), path: item.path, group: item.children, item };
}

function pressingClaim(claim: Claim): Pressing {
	return { text: claim.text, path: claim.path, claim };
}

function namedOf(pressures: readonly Pressing[]): readonly Named[] {
	return pressures.map(({ item, claim }) => item ?? claim!);
}

/** An item whose model group no element can fit that fits those of items before it, about the same elements. */
function groupsExcluding(item: GroupItem, before: readonly GroupItem[], look: Look): readonly ChildrenFinding[] {
	const others = before.filter(({ location }) => covers(location, item.location) || covers(item.location, location));
	for (const other of others) {
		// The narrower of two Locations says which elements both are about.
		const { location } = covers(other.location, item.location) ? item : other;
		const groups = [other.children, item.children];
		if (look(item, [other], { groups, parent: parentOf(location) }).kind !== 'none') continue;
		const both = groups.map((group) => restrictionsIn(group, parentOf(location)?.namespace ?? ''));
		const names = [...both[0]!].filter(([name, value]) => {
			const facing = both[1]!.get(name);
			return facing !== undefined && !areSatisfiable([value, facing]);
		});
		const locals = names.map(([name]) => name.replace(/^\{.*\}/, ''));
		const values = locals.length === 0 ? '' : `, as no value of ${locals.join(', ')} is allowed by both`;
		return [
			contradiction(item, [other], `no children fit both ${groups.map(describeParticle).join(' and ')}${values}`),
		];
	}
	return [];
}

/** A model group that cannot be kept to where its children are as is said of them elsewhere, and as groups before it say. */
function claimsExcluding(
	group: GroupItem,
	claims: readonly Claim[],
	before: readonly GroupItem[],
	look: Look,
	told: ReadonlySet<string>,
): readonly ChildrenFinding[] {
	const { location, children } = group;
	const about = claims.filter((claim) => isAboutChildren(claim, location));
	const others = before.filter((other) => covers(other.location, location));
	const pressures = [...about.map(pressingClaim), ...others.map(pressingGroup)];
	const excludes = (some: readonly Pressing[]): boolean =>
		look(group, namedOf(some), demandsOf(group, children, some)).kind === 'none';
	if (about.length === 0 || !excludes(pressures)) return [];
	const needed = neededOf(pressures, excludes);
	const said = needed.flatMap(({ claim }) => claim ?? []);
	// Groups alone are told of elsewhere, and what was told once is told.
	if (said.length === 0 || needed.some(({ path }) => told.has(`${group.path} ${path}`))) return [];
	const names = [...new Set(said.map((claim) => claim.location.steps.at(-1)!.name.localName))].join(' and ');
	const which = [children, ...needed.flatMap((each) => each.group ?? [])].map(describeParticle).join(' and ');
	return [contradiction(group, namedOf(needed), `no children fit ${which} with ${names} as demanded`)];
}

/** Whether it says that children are there, or which values they have, or how many elements hold them. */
function isAboutChildren(claim: Claim, parent: Location): boolean {
	const owner = ownerOf(claim.location);
	const isDemanded = claim.min > 0 && owner !== undefined && covers(parent, owner);
	return isDemanded || isAboutValues(claim, parent) || (claim.max === 1 && covers(claim.location, parent));
}

/** Whether it says which values children of what is selected there have, or that there are none. */
function isAboutValues({ location, value, range, max }: Claim, parent: Location): boolean {
	// That name may be `*`.
	const name = location.target.kind === 'element' ? location.steps.at(-1)?.name : undefined;
	const speaks = value !== undefined || range !== undefined || max === 0;
	return name !== undefined && speaks && covers(location, childOf(parent, name));
}

/** Branches of choices of its group that all that is said elsewhere leaves no room for. */
function deadBranches(
	group: GroupItem,
	claims: readonly Claim[],
	groups: readonly GroupItem[],
	look: Look,
): readonly ChildrenFinding[] {
	const { location } = group;
	const elsewhere = claims.filter(({ path }) => path !== group.path);
	const pressures: readonly Pressure[] = [
		...elsewhere.filter((claim) => isAboutChildren(claim, location)).map((claim) => ({ text: claim.text, claim })),
		...groups
			.filter((other) => other !== group && covers(other.location, location))
			.map((other) => ({ text: nameOf(other), group: other.children })),
		...elsewhere.flatMap(({ text, value, location: at }) => {
			const isOfRange = value !== undefined && isAboutRanges(value) && covers(at, location);
			return isOfRange && !mayBeBlank(value) ? [{ text, group: shapeWithin(value) }] : [];
		}),
	];
	const mayFit = (demands: ChildrenDemands): boolean => look(group, [], demands).kind !== 'none';
	return findDeadBranches(group, pressures, mayFit).map(({ branch, others }) => {
		const names = [...new Set(others.map(({ text }) => text))].join(' and ');
		const message =
			names === ''
				? `No element can fulfil this branch of the group: ${branch}.`
				: `No element can fulfil this branch of the group together with ${names}: ${branch}.`;
		return { code: 'BRANCH_DEAD', path: group.path, message, found: branch };
	});
}

/** A model group about elements that have to have a value, too: what holds elements has none, but for ranges of JSDL. */
function valueOfElements(
	group: GroupItem,
	items: readonly CreationConstraint[],
	look: Look,
): readonly ChildrenFinding[] {
	const { location, children } = group;
	const about = items.filter((item) => {
		if (item.value === undefined || item.location.target.kind !== 'element' || item.multiplicity.max === 0)
			return false;
		return covers(item.location, location) || covers(location, item.location);
	});
	for (const item of about) {
		const value = item.value!;
		const hasRanges = value.steps.every(({ counts, patterns }) => counts.length === 0 && patterns.length === 0);
		// A range without parts admits every number.
		const isAny = value.steps.every(({ bounds, enumeration }) => bounds.length === 0 && enumeration.length === 0);
		const isNothing = mayBeBlank(value) || (hasRanges && isAny);
		const parent = parentOf(covers(location, item.location) ? item.location : location);
		const mayFit = (row: readonly Particle[]): boolean =>
			look(group, [item], { groups: [children, ...row], parent }).kind !== 'none';
		const mayRangeFit = (groups: readonly Particle[]): boolean => look(group, [item], { groups }).kind !== 'none';
		if (isNothing && mayFit([NOTHING])) continue;
		if (hasRanges && rowsWithin(value, hasRoomWithin(value, children, mayRangeFit)).some(mayFit)) continue;
		if (hasRanges && mayFit([RANGE_PARTS])) {
			return [
				contradiction(group, [item], 'its group leaves no parts of a range of which the item allows every value'),
			];
		}
		const what = isNothing ? 'demands elements' : 'leaves no text';
		return [contradiction(group, [item], `its group ${what}, and what holds elements has no value of its own`)];
	}
	return [];
}

/** Parts of ranges that leave nothing of what another item allows of the range. */
function partsOfRanges(
	items: readonly CreationConstraint[],
	claims: readonly Claim[],
	look: Look,
): readonly ChildrenFinding[] {
	const mayFit = (claim: Claim, demands: ChildrenDemands): boolean => look(claim, [], demands).kind !== 'none';
	return findIdleParts(items, claims, mayFit).map(({ claim, whole, part, mayBeThere }) => {
		if (!mayBeThere) return contradiction(claim, [whole], `no ${part} that it allows leaves a value of the range`);
		const message = `A range that keeps to this and to ${nameOf(whole)} has another part: no ${part} that this allows leaves a value of it.`;
		return { code: 'RANGE_ADMITS_NOTHING', path: claim.path, message };
	});
}

const NOTHING: Particle = { kind: 'sequence', particles: [], min: 1, max: 1 };
