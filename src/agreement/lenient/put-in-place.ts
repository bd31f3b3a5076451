/**
 * Elements that stand one level too deep or too high (an OperatingSystem among the CandidateHosts, a TotalCPUCount
 * beside the Resources), and JobDefinitions that an element of somebody's own wraps within a term: before anything else
 * is repaired they go where they belong, if only one place can be meant, and nothing else stands there.
 *
 * Elements are taken for what they are called: one that is misspelt as well stays where it is.
 */
import { element, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { isBlank } from '../lexical.ts';
import { NEG, WSRF_BF } from '../names.ts';
import { isSameDocument } from '../same-document.ts';
import { contentModel } from './content-models.ts';
import type { ChildRule, ContentModel } from './model-lines.ts';
import { withoutAlias } from './namespace-aliases.ts';
import { type Ledger, note, pathOfSpot, type Spot } from './repairs.ts';
import { type UnwrappedTerm, unwrapTerm } from './unwrap-term.ts';

/** A tree with everything in its place, and for each element of it what it was before; `origins` is empty if it is the same. */
export interface PlacedTree {
	readonly root: XmlElement;
	readonly origins: ReadonlyMap<XmlElement, Spot>;
}

/** Moves what is misplaced, each with a diagnostic at the path where it stood. Linear. */
export function putInPlace(root: XmlElement, ledger: Ledger): PlacedTree {
	const moves: Moves = {
		ledger,
		leaving: new Set(),
		arriving: new Map(),
		founding: new Map(),
		unwrapped: new Map(),
		residents: new Map(),
	};
	collect({ element: root }, moves);
	const origins = new Map<XmlElement, Spot>();
	if (moves.leaving.size === 0 && moves.unwrapped.size === 0) return { root, origins };
	return { root: build({ element: root }, moves, origins), origins };
}

/** What goes where. Elements are those of the tree that was read. */
interface Moves {
	readonly ledger: Ledger;
	readonly leaving: Set<XmlElement>;
	/** By the element that they go to. */
	readonly arriving: Map<XmlElement, Spot[]>;
	/** By the parent of an element that is not there yet, and by its name. */
	readonly founding: Map<XmlElement, Map<string, Resident[]>>;
	/** By what wraps a JobDefinition. */
	readonly unwrapped: Map<XmlElement, UnwrappedTerm>;
	/** The children of elements that others go to, by name: ten thousand that go to one look at its children once. */
	readonly residents: Map<XmlElement, Map<string, Resident[]>>;
}

interface Resident {
	readonly spot: Spot;
	/** Where it is needed. */
	path?: string;
}

function collect(spot: Spot, moves: Moves): void {
	const unwrapped = unwrapTerm(spot, moves.ledger);
	if (unwrapped !== undefined) {
		moves.unwrapped.set(unwrapped.wrapper, unwrapped);
		collect(unwrapped.job, moves);
		return;
	}
	for (const child of spot.element.children) {
		if (child.kind !== 'element') continue;
		const inner: Spot = { element: child, outer: spot };
		move(inner, spot, moves);
		collect(inner, moves);
	}
}

/** Moves an element away from its parent, if it has to go. */
function move(spot: Spot, parent: Spot, moves: Moves): void {
	if (isReason(spot.element, parent.element)) {
		giveReason(spot, parent, moves);
		return;
	}
	const way = wayOf(spot.element, parent);
	if (way === undefined) return;
	if (way.to === 'outer') settle(spot, parent.outer!, way.rule, moves);
	else {
		const [target] = residentsOf(parent, way.through, moves);
		if (target !== undefined) settle(spot, target.spot, way.rule, moves);
		else found(spot, parent, way, moves);
	}
}

/** WSAG4J says why an offer is rejected behind all else in it; GFD.193 has room for that in the state alone. */
function isReason({ namespace, localName }: XmlElement, parent: XmlElement): boolean {
	if (namespace !== WSRF_BF || localName !== 'BaseFault' || withoutAlias(parent.namespace) !== NEG) return false;
	return parent.localName === 'NegotiationOffer' || parent.localName === 'NegotiationCounterOffer';
}

/** Into the state, if that is Rejected and says no reason yet. */
function giveReason(spot: Spot, parent: Spot, moves: Moves): void {
	let target = parent;
	for (const localName of ['NegotiationOfferContext', 'State', 'Rejected']) {
		const [next] = residentsOf(target, { namespace: NEG, localName }, moves);
		if (next === undefined) return;
		target = next.spot;
	}
	if (moves.arriving.has(target.element) || target.element.children.some(({ kind }) => kind === 'element')) return;
	moves.arriving.set(target.element, [spot]);
	moves.leaving.add(spot.element);
	note(moves.ledger, 'ELEMENT_PLACE', spot, {
		found: `${spot.element.localName} in ${parent.element.localName}`,
		used: `${spot.element.localName} in Rejected`,
	});
}

/** The children of this name. */
function residentsOf(
	owner: Spot,
	{ namespace, localName }: Pick<ChildRule, 'namespace' | 'localName'>,
	{ residents }: Moves,
): Resident[] {
	let byName = residents.get(owner.element);
	if (byName === undefined) {
		byName = new Map();
		for (const child of owner.element.children) {
			if (child.kind !== 'element') continue;
			const name = `{${withoutAlias(child.namespace)}}${child.localName}`;
			const resident: Resident = { spot: { element: child, outer: owner } };
			const others = byName.get(name);
			if (others === undefined) byName.set(name, [resident]);
			else others.push(resident);
		}
		residents.set(owner.element, byName);
	}
	const name = `{${namespace}}${localName}`;
	const found = byName.get(name) ?? [];
	byName.set(name, found);
	return found;
}

type Way =
	| { readonly to: 'outer'; readonly rule: ChildRule }
	/** Into a sibling of the name that `through` has, which may have to be made. */
	| { readonly to: 'sibling'; readonly through: ChildRule; readonly rule: ChildRule };

/** Where an element belongs that its parent cannot have; undefined where nobody can tell, or it stands in its place. */
function wayOf(own: XmlElement, { element: parent, outer }: Spot): Way | undefined {
	const namespace = withoutAlias(own.namespace);
	const model = modelOf(parent);
	if (model === undefined || model.kind === 'value' || model.kind === 'open') return undefined;
	if (withoutAlias(parent.namespace) !== namespace || contentModel(namespace, own.localName) === undefined)
		return undefined;
	if (ruleFor(own, model) !== undefined) return undefined;
	const around = outer && modelOf(outer.element);
	// Among terms it would be one more of them, and a part of a range says something else outside of it.
	const above = around?.kind === 'elements' ? ruleFor(own, around) : undefined;
	const ways = model.children.flatMap((through): Way[] => {
		const within = contentModel(through.namespace, through.localName);
		const rule = within?.kind === 'elements' || within?.kind === 'unordered' ? ruleFor(own, within) : undefined;
		return rule === undefined ? [] : [{ to: 'sibling', through, rule }];
	});
	if (above !== undefined) ways.push({ to: 'outer', rule: above });
	const [only, second] = ways;
	if (only === undefined || second !== undefined) return undefined;
	// Which of several, or of how many, nobody can tell.
	return only.to === 'sibling' && only.through.isRepeatable ? undefined : only;
}

/** An element goes to one that is there, unless that has one that says something else. */
function settle(spot: Spot, target: Spot, rule: ChildRule, moves: Moves): void {
	const there = residentsOf(target, rule, moves);
	if (!admit(spot, target.element, rule, there, moves)) return;
	there.push({ spot });
	const arriving = moves.arriving.get(target.element);
	if (arriving === undefined) moves.arriving.set(target.element, [spot]);
	else arriving.push(spot);
}

/** An element goes to one that has to be made around it. */
function found(spot: Spot, parent: Spot, { through, rule }: Way & { readonly to: 'sibling' }, moves: Moves): void {
	const founded = moves.founding.get(parent.element) ?? new Map<string, Resident[]>();
	moves.founding.set(parent.element, founded);
	const inhabitants = founded.get(through.localName) ?? [];
	founded.set(through.localName, inhabitants);
	const there = rule.isRepeatable ? [] : inhabitants.filter((each) => isNamed(each.spot.element, rule));
	if (admit(spot, through, rule, there, moves)) inhabitants.push({ spot });
}

/** Whether it may come in; it leaves its place also where another there says the same. */
function admit(
	spot: Spot,
	{ localName: target }: { readonly localName: string },
	rule: ChildRule,
	[other]: readonly Resident[],
	{ ledger, leaving }: Moves,
): boolean {
	const { localName } = spot.element;
	const found = `${localName} in ${spot.outer!.element.localName}`;
	if (other === undefined || rule.isRepeatable) {
		leaving.add(spot.element);
		note(ledger, 'ELEMENT_PLACE', spot, { found, used: `${localName} in ${target}` });
		return true;
	}
	other.path ??= pathOfSpot(other.spot);
	if (isSameDocument(other.spot.element, spot.element)) {
		leaving.add(spot.element);
		note(ledger, 'ELEMENT_PLACE', spot, { found, used: `${other.path}, which says the same` });
	} else {
		const more = `Its place is in ${target}, where ${other.path} says something else: leave one of them out.`;
		note(ledger, 'ELEMENT_PLACE_TAKEN', spot, { found, more });
	}
	return false;
}

function build(spot: Spot, moves: Moves, origins: Map<XmlElement, Spot>): XmlElement {
	const { element: own } = spot;
	const model = modelOf(own);
	const children: XmlNode[] = [];
	for (const child of own.children) {
		if (child.kind !== 'element') children.push(child);
		else if (moves.unwrapped.has(child)) children.push(buildJob(moves.unwrapped.get(child)!, moves, origins));
		else if (!moves.leaving.has(child)) {
			const built = build({ element: child, outer: spot }, moves, origins);
			if (isDeserted(child, built, model)) {
				note(moves.ledger, 'ELEMENT_EMPTY', { element: child, outer: spot }, { found: child.localName });
			} else children.push(built);
		}
	}
	const buildAll = (spots: readonly Spot[] = []) => spots.map((each) => build(each, moves, origins));
	const arrivals = buildAll(moves.arriving.get(own));
	for (const [localName, inhabitants] of moves.founding.get(own) ?? []) {
		const around = element({ ...own, localName });
		const made: XmlElement = {
			...around,
			children: merged([], buildAll(inhabitants.map(({ spot: each }) => each)), modelOf(around)),
		};
		origins.set(made, spot);
		arrivals.push(made);
	}
	const built: XmlElement = { ...own, children: merged(children, arrivals, model) };
	origins.set(built, spot);
	return built;
}

/** The JobDefinition, with what else its wrapper says as an extension. */
function buildJob({ job, wrapper, rest }: UnwrappedTerm, moves: Moves, origins: Map<XmlElement, Spot>): XmlElement {
	const built = build(job, moves, origins);
	const spot = origins.get(built)!;
	if (rest === undefined) return built;
	let around = job;
	while (around.element !== wrapper) around = around.outer!;
	origins.set(rest, around);
	const extended: XmlElement = { ...built, children: [...built.children, rest] };
	origins.set(extended, spot);
	return extended;
}

/** Whether nothing is left of an element from which others have left, and the schema can do without it. */
function isDeserted(
	before: XmlElement,
	{ attributes, children }: XmlElement,
	model: ContentModel | undefined,
): boolean {
	if (children.length === before.children.length || attributes.length > 0) return false;
	if (model === undefined || ruleFor(before, model)?.isRequired !== false) return false;
	return children.every((child) => child.kind === 'comment' || (child.kind === 'text' && isBlank(child.text)));
}

/** Each arrival before the first that must stand behind it. */
function merged(
	children: readonly XmlNode[],
	arrivals: readonly XmlElement[],
	model: ContentModel | undefined,
): readonly XmlNode[] {
	if (arrivals.length === 0 || model === undefined) return children;
	const rankOf = (node: XmlNode) => {
		const rule = node.kind === 'element' && model.kind !== 'unordered' ? ruleFor(node, model) : undefined;
		return rule?.rank ?? 0;
	};
	const waiting = arrivals.map((arrival) => ({ arrival, rank: rankOf(arrival) }));
	waiting.sort((one, other) => one.rank - other.rank);
	const all: XmlNode[] = [];
	let next = 0;
	for (const child of children) {
		const rank = rankOf(child);
		for (; next < waiting.length && waiting[next]!.rank < rank; next += 1) all.push(waiting[next]!.arrival);
		all.push(child);
	}
	return [...all, ...waiting.slice(next).map(({ arrival }) => arrival)];
}

function modelOf({ namespace, localName }: XmlElement): ContentModel | undefined {
	return contentModel(withoutAlias(namespace), localName);
}

function ruleFor(own: XmlElement, { children }: ContentModel): ChildRule | undefined {
	return children.find((rule) => isNamed(own, rule));
}

function isNamed({ namespace, localName }: XmlElement, rule: ChildRule): boolean {
	return localName === rule.localName && withoutAlias(namespace) === rule.namespace;
}
