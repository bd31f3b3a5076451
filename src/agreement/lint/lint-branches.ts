/** Branches of the choices of a model group that nobody can take for what else is said of the element and its children. */
import type { CreationConstraint } from '../template/constraints.ts';
import type { Location, NameTest } from '../template/location.ts';
import { describeParticle, type Particle } from '../template/particles.ts';
import { childOf, ownerOf } from './items-of-children.ts';
import type { Claim } from './lint-conditions.ts';
import { covers } from './lint-covering.ts';
import type { ChildrenDemands } from './lint-groups.ts';
import { numberOf, parentOf } from './lint-locations.ts';
import { findDeadParticles } from './lint-particles.ts';

/** An item with a model group. */
export type GroupItem = CreationConstraint & { readonly children: Particle };

/** What else has a say in which children fit. `text`: who says it. */
export interface Pressure {
	readonly text: string;
	/** Children have to fit this, too. */
	readonly group?: Particle;
	/** It is about children of one name. */
	readonly claim?: Claim;
}

export interface DeadBranch {
	readonly branch: string;
	/** Who leaves no room for it: none of them need be named if it fits nowhere by itself. */
	readonly others: readonly Pressure[];
}

/**
 * Branches that no children take which fit the group and all that presses on it, the outer ones; the group itself can
 * be kept to. What findDeadParticles tells is not told again. `mayFit` looks for children.
 */
export function findDeadBranches(
	item: GroupItem,
	pressures: readonly Pressure[],
	mayFit: (demands: ChildrenDemands) => boolean,
): readonly DeadBranch[] {
	const { children: group, location } = item;
	const told = new Set(findDeadParticles(group, parentOf(location)));
	const fits = (taken: Particle, some: readonly Pressure[]): boolean => mayFit(demandsOf(item, taken, some));
	const look = (branches: readonly Branch[]): readonly DeadBranch[] =>
		branches.flatMap(({ branch, taken, inner }): readonly DeadBranch[] => {
			if (told.has(branch)) return [];
			if (fits(taken, pressures)) return look(inner);
			if (!fits(taken, [])) return [{ branch: describeParticle(branch), others: [] }];
			const others = neededOf(pressures, (some) => !fits(taken, some));
			return [{ branch: describeParticle(branch), others }];
		});
	if (!hasChoice(group) || !fits(group, pressures)) return [];
	return look(branchesIn(group));
}

/** Those that are enough to exclude what all of them do: one alone, wherever that is enough, and none that can be left out. */
export function neededOf<T>(all: readonly T[], excludes: (some: readonly T[]) => boolean): readonly T[] {
	if (all.length > NAMED_MAX) return all;
	const one = all.find((each) => excludes([each]));
	if (one !== undefined) return [one];
	return all.reduce((kept, each) => {
		const rest = kept.filter((other) => other !== each);
		return rest.length > 0 && excludes(rest) ? rest : kept;
	}, all);
}

/** Of more it is not looked which of them: each takes a search or two. */
const NAMED_MAX = 40;

/** What is asked of the children of the element: that they fit, and are as many and of such values as is said. */
export function demandsOf(
	{ location, multiplicity }: GroupItem,
	group: Particle,
	pressures: readonly Pressure[],
): ChildrenDemands {
	const claims = pressures.flatMap(({ claim }) => (claim === undefined ? [] : [claim]));
	const groups = [group, ...pressures.flatMap((each) => (each.group === undefined ? [] : [each.group]))];
	const isOne =
		Math.min(
			multiplicity.max,
			numberOf(location).most,
			...claims.filter((claim) => covers(claim.location, location)).map(({ max }) => max),
		) <= 1;
	return {
		groups: [...groups, ...(isOne ? claims.flatMap((claim) => demandedOf(claim, location)) : [])],
		parent: parentOf(location),
		...saidOfChildren(location, claims),
	};
}

/** What the claims say of the values of children of each name, in what the Location selects. */
export function saidOfChildren(
	location: Location,
	claims: readonly Claim[],
): Required<Pick<ChildrenDemands, 'valuesOf' | 'rangesOf'>> {
	const about = (claim: Claim, child: NameTest): boolean => covers(claim.location, childOf(location, child));
	return {
		valuesOf: (child) => {
			const said = claims.filter((claim) => about(claim, child));
			if (said.some(({ max }) => max === 0)) return undefined;
			return said.map(({ value }) => value).filter((value) => value !== undefined);
		},
		rangesOf: (child) =>
			claims
				.filter((claim) => about(claim, child))
				.map(({ range }) => range)
				.filter((range) => range !== undefined),
	};
}

/** Where there is one such element at the most, the children that there must be stand in it. */
function demandedOf({ location, min }: Claim, parent: Location): readonly Particle[] {
	const [owner, name] = [ownerOf(location), parentOf(location)];
	if (min === 0 || name === undefined || owner === undefined || !covers(parent, owner)) return [];
	const others: Particle = { kind: 'any', namespaces: '##any', min: 0, max: Number.POSITIVE_INFINITY };
	const child: Particle = { kind: 'element', ...name, min: 1, max: 1 };
	return [
		{
			kind: 'sequence',
			particles: [{ kind: 'sequence', particles: [others, child], min, max: min }, others],
			min: 1,
			max: 1,
		},
	];
}

interface Branch {
	readonly branch: Particle;
	/** The group where the branch is taken once at least; more fits it than the group, but nothing less. */
	readonly taken: Particle;
	readonly inner: readonly Branch[];
}

function hasChoice(particle: Particle): boolean {
	if (particle.kind === 'element' || particle.kind === 'any') return false;
	return particle.kind === 'choice' ? particle.particles.length > 1 : particle.particles.some(hasChoice);
}

/** The branches of its outermost choices. */
function branchesIn(particle: Particle): readonly Branch[] {
	if (particle.kind === 'element' || particle.kind === 'any' || particle.max === 0) return [];
	if (particle.kind === 'choice') {
		return particle.particles.map((branch) => {
			const once = { ...branch, min: Math.max(1, branch.min) };
			return { branch, taken: amid(particle, once), inner: branchesIn(branch).map((each) => within(each, particle)) };
		});
	}
	return particle.particles.flatMap((part, index) =>
		branchesIn(part).map((each) =>
			within(each, particle, (taken) => ({
				...particle,
				particles: particle.particles.map((other, at) => (at === index ? taken : other)),
				min: 1,
				max: 1,
			})),
		),
	);
}

function within(
	{ branch, taken, inner }: Branch,
	outer: Particle,
	place: (taken: Particle) => Particle = (each) => each,
): Branch {
	return { branch, taken: amid(outer, place(taken)), inner: inner.map((each) => within(each, outer, place)) };
}

/** One occurrence of what may occur several times, with the others before and behind it. */
function amid(outer: Particle, once: Particle): Particle {
	if (outer.max <= 1) return once;
	const others = { ...outer, min: 0, max: outer.max - 1 };
	return { kind: 'sequence', particles: [others, once, others], min: 1, max: 1 };
}
