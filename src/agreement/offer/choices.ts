/**
 * Choices that an offer leaves open (GFD.192, 4.2.1): ExactlyOne asks for one of its branches, OneOrMore for at least
 * one. Here they are counted, listed as offers that leave nothing open, and made again from their record.
 *
 * The order of the list: the first choice of the document varies slowest; the branches of an ExactlyOne come in
 * document order; of a OneOrMore the smaller sets come first, as every range is granted at its smallest, and sets of
 * one size in document order. A compositor with one branch leaves nothing open.
 *
 * In a resolved document the chosen terms stand where the choice stood, as if nothing had ever been open: what a
 * template says of the terms in an All holds for them too.
 */
import { type DocumentIssue, hasName, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { addIssue, type Reading } from '../document.ts';
import { WSAG } from '../names.ts';
import { type Compositor, flattenTerms, type LeafTerm, type Term } from '../terms/terms.ts';
import type { Offer } from './offer.ts';

/** What was chosen at one compositor that left something open. Plain data, which is kept with the agreement. */
export interface MadeChoice {
	/** Of the compositor, in the offer as it was sent. */
	readonly path: string;
	readonly kind: 'ExactlyOne' | 'OneOrMore';
	/** Positions of the chosen branches among its terms, from 0. */
	readonly branches: readonly number[];
	/**
	 * Names of the terms that are in force by it, those of choices within it included. Of several terms of one name, in
	 * branches that exclude each other, the second in the offer is called `NAME[2]`.
	 */
	readonly terms: readonly string[];
}

/** An offer that leaves nothing open. */
export interface ResolvedOffer {
	/** Holds only what was chosen; its terms keep the paths of the offer as it was sent. */
	readonly offer: Offer;
	/** In document order, the outer before the inner; none where nothing was open. */
	readonly chosen: readonly MadeChoice[];
}

/** Six branches to combine at will, or a choice of eight twice; each is decided on its own. */
export const RESOLUTIONS_MAX = 64;
/** Elements of all resolved offers together: reading and checking so many costs the main thread some 20 ms. */
const RESOLVED_ELEMENTS_MAX = 20_000;

/** Every offer that the choices of this one leave possible, each once, in the order of the list above. */
export function resolveChoices(offer: Offer): Reading<readonly ResolvedOffer[]> {
	const { terms, path } = offer.terms;
	const count = countAll(terms);
	if (count === 1) return { ok: true, value: [{ offer, chosen: [] }] };
	const elements = countElements(offer.tree);
	const countMax = Math.max(2, Math.min(RESOLUTIONS_MAX, Math.floor(RESOLVED_ELEMENTS_MAX / elements)));
	if (count > countMax) {
		const issues: DocumentIssue[] = [];
		const allowed = `at most ${countMax}`;
		const found = Number.isFinite(count) && count < 1e6 ? String(count) : 'more than a million';
		const message = `The choices of this offer can be made in ${found} ways; of an offer of ${elements} elements ${allowed} are tried.`;
		addIssue(issues, 'CHOICES_TOO_MANY', path, message, { found, allowed });
		return { ok: false, issues };
	}
	return { ok: true, value: resolutionsOfAll(terms).map((picks) => chooseBranches(offer, picks)) };
}

/** In how many ways the choices among these terms can be made; Infinity where a double cannot say it. */
function countAll(terms: readonly Term[]): number {
	let product = 1;
	for (const term of terms) product *= countOne(term);
	return product;
}

/** The offer with only these branches. What names no choice of the offer changes nothing. */
export function chooseBranches(
	offer: Offer,
	picks: readonly Pick<MadeChoice, 'path' | 'kind' | 'branches'>[],
): ResolvedOffer {
	if (picks.length === 0) return { offer, chosen: [] };
	const branches = new Map(picks.map((pick) => [pick.path, pick.branches]));
	const origins = new Map<XmlElement, XmlElement>();
	const { terms } = offer.terms;
	const rewrite = (parent: XmlElement, localName: string, change: (child: XmlElement) => XmlElement): XmlElement => {
		const children = parent.children.map((child) =>
			child.kind === 'element' && hasName(child, WSAG, localName) ? change(child) : child,
		);
		return rebuilt(parent, children, origins);
	};
	const tree = rewrite(offer.tree, 'Terms', (section) =>
		rewrite(section, 'All', (all) => {
			const children = all.children.filter(isElement).map((child, index) => [child, terms[index]!] as const);
			const kept = new Map(children.map(([child, term]) => [child, keptNodes(child, term, { branches, origins })]));
			return rebuilt(
				all,
				all.children.flatMap((child) => (isElement(child) ? kept.get(child)! : [child])),
				origins,
			);
		}),
	);
	const called = callingsOf(flattenTerms(terms));
	const compositors = new Map(compositorsIn(terms).map((compositor) => [compositor.path, compositor]));
	const chosen = picks.flatMap(({ path, kind, branches: positions }) => {
		const compositor = compositors.get(path);
		if (compositor === undefined) return [];
		const inForce = flattenTerms(keptTerms(compositor, branches));
		return [{ path, kind, branches: positions, terms: inForce.map((term) => called.get(term)!) }];
	});
	const kept = terms.flatMap((term) => keptTerms(term, branches));
	return { offer: { ...offer, tree, origins, terms: { ...offer.terms, terms: kept } }, chosen };
}

/** What each term is called, so that no two are called alike: a branch is known by what its terms are called. */
function callingsOf(terms: readonly LeafTerm[]): ReadonlyMap<LeafTerm, string> {
	const taken = new Set<string>();
	const counts = new Map<string, number>();
	return new Map(
		terms.map((term) => {
			let nth = (counts.get(term.name) ?? 0) + 1;
			const calling = (): string => (nth === 1 ? term.name : `${term.name}[${nth}]`);
			while (taken.has(calling())) nth += 1;
			counts.set(term.name, nth);
			taken.add(calling());
			return [term, calling()];
		}),
	);
}

type Picks = readonly {
	readonly path: string;
	readonly kind: MadeChoice['kind'];
	readonly branches: readonly number[];
}[];

function countOne(term: Term): number {
	if (!('terms' in term)) return 1;
	const { terms } = term;
	if (term.kind === 'All' || terms.length <= 1) return countAll(terms);
	if (term.kind === 'ExactlyOne') return terms.reduce((sum, branch) => sum + countOne(branch), 0);
	// Each branch is left out or resolved in one of its ways; but not all are left out.
	return terms.reduce((product, branch) => product * (1 + countOne(branch)), 1) - 1;
}

/** Every combination of the ways of all terms; the first varies slowest. */
function resolutionsOfAll(terms: readonly Term[]): Picks[] {
	let combined: Picks[] = [[]];
	for (const term of terms) {
		const ways = resolutionsOfOne(term);
		combined = combined.flatMap((before) => ways.map((way) => (way.length === 0 ? before : [...before, ...way])));
	}
	return combined;
}

function resolutionsOfOne(term: Term): Picks[] {
	if (!('terms' in term)) return [[]];
	const { kind, terms, path } = term;
	if (kind === 'All' || terms.length <= 1) return resolutionsOfAll(terms);
	const sets = kind === 'ExactlyOne' ? terms.map((_, index) => [index]) : subsetsOf(terms.length);
	return sets.flatMap((branches) => {
		const inner = resolutionsOfAll(branches.map((index) => terms[index]!));
		return inner.map((picks) => [{ path, kind, branches }, ...picks]);
	});
}

/** The non-empty subsets of 0..count-1: the smaller first, those of one size in lexical order. */
function subsetsOf(count: number): number[][] {
	const subsets: number[][] = [];
	let level: number[][] = [[]];
	for (let size = 1; size <= count; size += 1) {
		level = level.flatMap((subset) => {
			const begin = (subset.at(-1) ?? -1) + 1;
			return Array.from({ length: count - begin }, (_, offset) => [...subset, begin + offset]);
		});
		subsets.push(...level);
	}
	return subsets;
}

type Branches = ReadonlyMap<string, readonly number[]>;

/** What of the term is in force: itself, or where it is dissolved what it holds. */
function keptTerms(term: Term, branches: Branches, within = false): readonly Term[] {
	if (!('terms' in term)) return [term];
	const dissolves = within || isDissolved(term, branches);
	const terms = chosenOf(term.terms, branches.get(term.path)).flatMap((child) => keptTerms(child, branches, dissolves));
	return dissolves ? terms : [{ ...term, terms }];
}

/** An open choice, and what could hold several terms only as a choice, has no place in what leaves nothing open. */
function isDissolved(compositor: Compositor, branches: Branches): boolean {
	if (branches.has(compositor.path)) return true;
	return compositor.kind !== 'All' && compositorsIn(compositor.terms).some(({ path }) => branches.has(path));
}

interface Keeping {
	readonly branches: Branches;
	readonly origins: Map<XmlElement, XmlElement>;
}

/** The same of the term's element; what a dissolved one declares or says in comments stays with what it held. */
function keptNodes(owner: XmlElement, term: Term, keeping: Keeping, within = false): readonly XmlNode[] {
	if (!('terms' in term)) return [owner];
	const { branches, origins } = keeping;
	const dissolves = within || isDissolved(term, branches);
	const positions = branches.get(term.path);
	let index = -1;
	const children = owner.children.flatMap((child): readonly XmlNode[] => {
		if (!isElement(child)) return [child];
		index += 1;
		if (positions?.includes(index) === false) return [];
		return keptNodes(child, term.terms[index]!, keeping, dissolves);
	});
	if (!dissolves) return [rebuilt(owner, children, origins)];
	return children.map((child) => (isElement(child) ? withDeclarations(child, owner, origins) : child));
}

/** The element with what a dissolved one around it declares: names in texts may need it. */
function withDeclarations(owner: XmlElement, around: XmlElement, origins: Map<XmlElement, XmlElement>): XmlElement {
	const own = new Set(owner.declarations.map(({ prefix }) => prefix));
	const inherited = around.declarations.filter(({ prefix }) => !own.has(prefix));
	if (inherited.length === 0) return owner;
	const changed = { ...owner, declarations: [...inherited, ...owner.declarations] };
	origins.set(changed, origins.get(owner) ?? owner);
	return changed;
}

function chosenOf<T>(values: readonly T[], positions: readonly number[] | undefined): readonly T[] {
	return positions === undefined ? values : positions.map((index) => values[index]!);
}

function isElement(node: XmlNode): node is XmlElement {
	return node.kind === 'element';
}

function rebuilt(
	owner: XmlElement,
	children: XmlElement['children'],
	origins: Map<XmlElement, XmlElement>,
): XmlElement {
	const changed = { ...owner, children };
	origins.set(changed, owner);
	return changed;
}

function compositorsIn(terms: readonly Term[]): Compositor[] {
	return terms.flatMap((term) => ('terms' in term ? [term, ...compositorsIn(term.terms)] : []));
}

/** The element itself and all below it. */
export function countElements(owner: XmlElement): number {
	let count = 1;
	for (const child of owner.children) if (child.kind === 'element') count += countElements(child);
	return count;
}
