/** Locations that can match nothing, by the content models of the vocabularies that are known here. */
import { WSAG } from '../names.ts';
import type { CreationConstraint } from '../template/constraints.ts';
import type { Location, LocationStep, NameTest, Predicate } from '../template/location.ts';
import {
	childrenOf,
	elementsIn,
	findAttributeFault,
	findNameFault,
	hintOfAttribute,
	hintOfWord,
	isDemanded,
	isNamed,
	mayBeText,
	mostOf,
} from './lint-content.ts';

/**
 * Why no valid offer has what the Location means: a name that its vocabulary does not have, an element where it may not
 * stand, a second where there is one at most, a value that is none. Undefined where nothing speaks against it.
 */
export function findImpossibleStep({ steps, target }: Location): string | undefined {
	let parents: readonly NameTest[] | undefined;
	for (const [index, step] of steps.entries()) {
		const named = step.name;
		const isRoot = index === 0 && !step.descends;
		const fault = isRoot ? findRootFault(named) : isNamed(named) ? findNameFault(named) : undefined;
		const hint = step.descends ? '' : hintOfAttribute(parents ?? [], named);
		if (fault !== undefined) return `${fault}${hint}`;
		const found = isRoot ? [ROOT] : step.descends ? anywhere(named) : childrenOfAll(parents, named);
		if (found?.length === 0) return `${wordsOf(parents ?? [])} never holds ${wordOf(named)}${hint}`;
		const most = isRoot ? 1 : step.descends ? Number.POSITIVE_INFINITY : mostOfAll(parents, found);
		const why = findPredicateFault(step, found, most);
		if (why !== undefined) return why;
		parents = found;
	}
	if (target.kind !== 'attribute') return undefined;
	return findFaultOfAll(parents, (parent) => findAttributeFault(parent, target.name));
}

/** Why no valid offer has as many of what the Location means as the item demands, if any. */
export function findAbsence({ location, multiplicity }: CreationConstraint): string | undefined {
	const impossible = findImpossibleStep(location);
	if (impossible !== undefined) return impossible;
	const noText = findMissingText(location);
	if (noText !== undefined) return noText;
	const { most } = numberOf(location);
	return multiplicity.min > most ? `there is at most ${most}` : undefined;
}

/** Why the text that the Location means is never there. */
export function findMissingText({ steps, target }: Location): string | undefined {
	const owner = steps.at(-1)!.name;
	if (target.kind !== 'text' || elementsIn(owner) === undefined) return undefined;
	return `${owner.localName} holds elements and no text`;
}

/** How many nodes the Location selects in any valid offer. */
export function numberOf({ steps, target }: Location): { readonly least: number; readonly most: number } {
	let parents: readonly NameTest[] | undefined;
	let [least, most] = [1, 1];
	for (const [index, { name, descends, predicates }] of steps.entries()) {
		const isRoot = index === 0 && !descends;
		const found = isRoot ? [ROOT] : descends ? anywhere(name) : childrenOfAll(parents, name);
		const isOne = predicates.some(({ kind }) => kind === 'position');
		const isDemandedHere =
			isRoot || (!descends && isNamed(name) && parents?.length === 1 && isDemanded(parents[0]!, name));
		if (!isDemandedHere || predicates.length > 0) least = 0;
		most *= isRoot ? 1 : descends ? Number.POSITIVE_INFINITY : isOne ? 1 : mostOfAll(parents, found);
		parents = found;
	}
	if (target.kind !== 'attribute') return { least, most };
	return { least: 0, most: isNamed(target.name) ? most : Number.POSITIVE_INFINITY };
}

/** The element that the Location selects, by name; undefined where it names none. */
export function parentOf({ steps, target }: Location): NameTest | undefined {
	const name = steps.at(-1)?.name;
	return target.kind === 'element' && name !== undefined && isNamed(name) ? name : undefined;
}

/** Whether a valid document may have the child in the parent. */
export function mayStandIn(parent: NameTest, child: NameTest): boolean {
	return findNameFault(child) === undefined && childrenOf(parent, child)?.length !== 0;
}

const ROOT: NameTest = { namespace: WSAG, localName: 'AgreementOffer' };

function findRootFault({ namespace, localName }: NameTest): string | undefined {
	const isOffer =
		(namespace === '*' || namespace === ROOT.namespace) && (localName === '*' || localName === ROOT.localName);
	return isOffer ? undefined : `the root of an offer is wsag:AgreementOffer, not ${localName}`;
}

/** Extensions may hold whatever has a name. */
function anywhere(name: NameTest): readonly NameTest[] | undefined {
	return isNamed(name) ? [name] : undefined;
}

function childrenOfAll(parents: readonly NameTest[] | undefined, meant: NameTest): readonly NameTest[] | undefined {
	if (parents === undefined) return anywhere(meant);
	const found = parents.map((parent) => childrenOf(parent, meant));
	return found.every((each) => each !== undefined) ? found.flat() : undefined;
}

/** How many of one parent a step selects at the most. */
function mostOfAll(parents: readonly NameTest[] | undefined, found: readonly NameTest[] | undefined): number {
	const [name] = found ?? [];
	if (parents === undefined || name === undefined || found?.some((each) => !isSame(each, name))) {
		return Number.POSITIVE_INFINITY;
	}
	return Math.max(...parents.map((parent) => mostOf(parent, name)));
}

function isSame(one: NameTest, other: NameTest): boolean {
	return one.namespace === other.namespace && one.localName === other.localName;
}

/** Why no element fulfils the predicates: `found` are the names that it may have, `most` is how many there are. */
function findPredicateFault(
	{ name, predicates }: LocationStep,
	found: readonly NameTest[] | undefined,
	most: number,
): string | undefined {
	let left = most;
	const before: Comparison[] = [];
	for (const predicate of predicates) {
		if (predicate.kind !== 'position') {
			const why =
				findFaultOfAll(found, (each) => findComparisonFault(each, predicate)) ??
				findTwoValues(found, before, predicate);
			if (why !== undefined) return why;
			before.push(predicate);
			continue;
		}
		if (predicate.position === 0) return 'positions are counted from 1';
		if (predicate.position > left) return `there is at most one ${wordOf(name)} there`;
		left = 1;
	}
	return undefined;
}

type Comparison = Extract<Predicate, { kind: 'attribute' | 'child' }>;

/** Of an attribute, and of a child that may stand there once only, one text is demanded before and another by the predicate. */
function findTwoValues(
	owners: readonly NameTest[] | undefined,
	before: readonly Comparison[],
	{ kind, name, value }: Comparison,
): string | undefined {
	const other = before.find((each) => each.kind === kind && isSame(each.name, name) && each.value !== value);
	if (other === undefined || !isNamed(name)) return undefined;
	const isOne = kind === 'attribute' || owners?.every((owner) => mostOf(owner, name) === 1) === true;
	return isOne ? `${wordOf(name)} is never both ${other.value} and ${value}` : undefined;
}

function findComparisonFault(owner: NameTest, { kind, name, value }: Comparison): string | undefined {
	if (kind === 'attribute') {
		const fault = findAttributeFault(owner, name);
		if (fault !== undefined || mayBeText(owner, name, value)) return fault;
		return `${name.localName} of ${owner.localName} is never ${value}${hintOfWord(owner, name, value)}`;
	}
	const fault = isNamed(name) ? findNameFault(name) : undefined;
	if (fault !== undefined) return fault;
	const children = childrenOf(owner, name);
	if (children?.length === 0) return `${owner.localName} never holds ${wordOf(name)}`;
	return findFaultOfAll(children, (child) =>
		mayBeText(child, undefined, value)
			? undefined
			: `${child.localName} is never ${value}${hintOfWord(child, undefined, value)}`,
	);
}

/** The first of the faults, where each of the names has one. */
function findFaultOfAll(
	names: readonly NameTest[] | undefined,
	faultOf: (name: NameTest) => string | undefined,
): string | undefined {
	const faults = (names ?? []).map(faultOf);
	return faults.every((fault) => fault !== undefined) ? faults[0] : undefined;
}

function wordsOf(names: readonly NameTest[]): string {
	return names.map(({ localName }) => localName).join(' or ');
}

function wordOf({ namespace, localName }: NameTest): string {
	if (localName !== '*') return namespace === '' ? `${localName} without a namespace` : localName;
	return namespace === '*' ? 'an element' : `an element of ${namespace}`;
}
