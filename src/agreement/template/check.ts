/** One check of an offer against constraints: what it is about, what may still be spent, and where in the offer things stand. */
import type { XmlElement } from '../../xml/element.ts';
import { namespaceOf, OUTERMOST_SCOPE, type XmlScope } from '../../xml/scope.ts';
import { type Place, placeOfRoot, placesWithin } from '../document.ts';
import type { Offer } from '../offer/offer.ts';
import type { PrefixLookup } from './atomic-value.ts';
import type { CheckBudget } from './check-budget.ts';
import type { StepBudget } from './location.ts';
import { withShare } from './nearest-share.ts';
import { searchBudget } from './nearest-value.ts';

/** What of an offer is checked. */
export type CheckedOffer = Pick<Offer, 'tree' | 'path' | 'origins'>;

/** What is being checked, and what was found out on the way. */
export interface Check {
	readonly root: XmlElement;
	readonly path: Offer['path'];
	readonly origins: Offer['origins'];
	budget: StepBudget;
	search: StepBudget;
	/** Made when the first path is asked for: most offers violate nothing. */
	paths: Map<XmlElement, string> | undefined;
	/** Made when the first qualified name is a value. */
	scopes: Map<XmlElement, XmlScope> | undefined;
	/** Violations so far. */
	listed: number;
}

/** A check that begins. */
export function checkOf({ tree: root, path, origins }: CheckedOffer, budget: CheckBudget): Check {
	const search = budget.search ?? searchBudget();
	return { root, path, origins, budget, search, paths: undefined, scopes: undefined, listed: 0 };
}

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

/** The path of an element in the offer as it was sent; all paths are made in one walk. */
export function pathIn(check: Check, target: XmlElement): string {
	if (check.paths === undefined) {
		const paths = new Map<XmlElement, string>();
		const walk = (place: Place): void => {
			paths.set(place.element, place.path);
			for (const child of placesWithin(place)) walk(child);
		};
		walk(rootOf(check));
		check.paths = paths;
	}
	return check.paths.get(check.origins?.get(target) ?? target) ?? rootOf(check).path;
}

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
