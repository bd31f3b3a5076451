/** One check of an offer against constraints: what it is about, what may still be spent, and where in the offer things stand. */

import type { Gradual } from '../../parts.ts';
import type { XmlElement } from '../../xml/element.ts';
import { namespaceOf, OUTERMOST_SCOPE, type XmlScope } from '../../xml/scope.ts';
import type { NodeDemand } from '../conditions/node-demand.ts';
import { type Place, placeOfRoot, placesWithin } from '../document.ts';
import type { Offer } from '../offer/offer.ts';
import type { Cause } from './agreed-advice.ts';
import type { PrefixLookup } from './atomic-value.ts';
import type { CheckBudget } from './check-budget.ts';
import type { TemplateConstraint } from './constraints.ts';
import type { ElementIndex } from './element-index.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { withShare, withShareGradually } from './nearest-share.ts';
import { searchBudget } from './nearest-value.ts';
import type { RestrictionsOfNodes } from './restrictions-of-nodes.ts';
import type { ConstraintViolation } from './violation.ts';

/** What of an offer is checked. */
export type CheckedOffer = Pick<Offer, 'tree' | 'path' | 'origins'>;

/** What is being checked, and what was found out on the way. */
export interface Check {
	readonly root: XmlElement;
	readonly path: Offer['path'];
	readonly origins: Offer['origins'];
	readonly index: ElementIndex;
	budget: StepBudget;
	search: StepBudget;
	/** Whether nearest values are looked for at all. */
	readonly isSearching: boolean;
	/** What is told of a violation: what is wrong and where; what is wrong alone; or no more than that there is one. */
	readonly tells: Telling;
	/** What nearest values have to keep to. */
	readonly binding: readonly TemplateConstraint[];
	/** Made when the first nearest value is found. */
	ofNodes: RestrictionsOfNodes | undefined;
	/** What items say of nodes, for conditions. */
	readonly demands: DemandsOf;
	/** Made when the first qualified name is a value. */
	scopes: Map<XmlElement, XmlScope> | undefined;
	/** What of them nearest values are told of. */
	readonly causes: Map<ConstraintViolation, Cause>;
	/** Violations so far. */
	listed: number;
}

/** A demand by its restrictions, one behind the other. */
export interface DemandsOf {
	demand?: NodeDemand;
	readonly behind: Map<ValueRestriction, DemandsOf>;
}

export type Telling = 'where' | 'what' | 'whether';

/** A check that begins. */
export function checkOf(
	{ tree: root, path, origins }: CheckedOffer,
	budget: CheckBudget,
	tells: Telling,
	binding: readonly TemplateConstraint[] = [],
): Check {
	const search = budget.search ?? searchBudget();
	const found = {
		isSearching: search.remaining > 0,
		causes: new Map(),
		demands: { behind: new Map() },
		ofNodes: undefined,
		scopes: undefined,
		listed: 0,
	};
	return { root, path, origins, index: {}, budget, search, tells, binding, ...found };
}

/** Few offers violate more constraints than these: to divide the search among more would leave none enough. */
export const SHARES_MAX = 32;

/** Goes on with a share of the search, one of so many. */
export function sharing<Found>(check: Check, shares: number, look: (share: StepBudget) => Found): Found {
	const { search } = check;
	return withShare(search, shares, (share) => {
		check.search = share;
		const found = look(share);
		check.search = search;
		return found;
	});
}

/** The same of whoever gives way: the check has the share only while it is looked at. */
export function sharingGradually<Found>(
	check: Check,
	shares: number,
	look: (share: StepBudget) => Gradual<Found>,
): Gradual<Found> {
	return withShareGradually(check.search, shares, (share) => having(check, 'search', share, look(share)));
}

/** Does that, while one of the budgets of the check is another. */
export function* having<Found>(
	check: Check,
	name: 'budget' | 'search',
	budget: StepBudget,
	work: Gradual<Found>,
): Gradual<Found> {
	for (;;) {
		const before = check[name];
		check[name] = budget;
		const step = work.next();
		check[name] = before;
		if (step.done) return step.value;
		yield;
	}
}

/** The path of an element in the offer as it was sent; empty where nobody is told of it. */
export function pathIn(check: Check, target: XmlElement): string {
	if (check.tells !== 'where') return '';
	const root = rootOf(check);
	return pathsWithin(root).get(check.origins?.get(target) ?? target) ?? root.path;
}

/** All paths are made in one walk, once for all branches of an offer: of 4,000 elements it takes two milliseconds. */
function pathsWithin(root: Place): ReadonlyMap<XmlElement, string> {
	const known = knownPaths.get(root.element);
	if (known !== undefined && known.get(root.element) === root.path) return known;
	const paths = new Map<XmlElement, string>();
	const walk = (place: Place): void => {
		paths.set(place.element, place.path);
		for (const child of placesWithin(place)) walk(child);
	};
	walk(root);
	knownPaths.set(root.element, paths);
	return paths;
}

const knownPaths = new WeakMap<XmlElement, ReadonlyMap<XmlElement, string>>();

/** What prefixes mean at an element of the offer. */
export function prefixesAt(check: Check, element: XmlElement): PrefixLookup {
	return (prefix) => {
		if (check.scopes === undefined) {
			const scopes = new Map<XmlElement, XmlScope>();
			const walk = (place: Place): void => {
				scopes.set(place.element, place.scope);
				for (const child of placesWithin(place)) walk(child);
			};
			walk(placeOfRoot(check.root));
			check.scopes = scopes;
		}
		return namespaceOf(check.scopes.get(element) ?? OUTERMOST_SCOPE, prefix);
	};
}

/** The root of the offer as it was sent. */
export function rootOf({ root, path, origins }: Check): Place {
	const place = placeOfRoot(origins?.get(root) ?? root);
	return path === undefined ? place : { ...place, path };
}
