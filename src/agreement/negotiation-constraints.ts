/**
 * neg:NegotiationConstraints (GFD.193): what a counter-offer to an offer has to keep to (Required), and what it had
 * better keep to (Optional, weighed by Importance). They are the creation constraints of a template, demanded by the
 * other side: same items, same Locations, same checks.
 *
 * A Location may begin at wsag:AgreementOffer, neg:NegotiationOffer or neg:NegotiationCounterOffer, or with `//`. They
 * all mean the same root, since what is checked is the context and the terms that the three have in common.
 */
import { attributeValue, type DocumentIssue } from '../xml/element.ts';
import { readItem } from './constraint-reader.ts';
import { type ConstraintViolation, type CreationConstraint, checkConstraints } from './constraints.ts';
import { addIssue, type Place, placesNamed, placesWithin } from './document.ts';
import { collapseWhiteSpace, isInteger } from './lexical.ts';
import type { Location } from './location.ts';
import { NEG, WSAG } from './names.ts';
import type { Offer } from './offer.ts';

export interface NegotiationConstraint extends CreationConstraint {
	readonly type: 'Required' | 'Optional';
	/** 0 where nothing is said; it may be negative. */
	readonly importance: number;
}

/** How an offer (as wsag:AgreementOffer) stands to the constraints of the one that it answers. */
export interface NegotiationFit {
	/** Of Required items; with none of them it may be sent. */
	readonly violations: readonly ConstraintViolation[];
	/** Of Optional items. */
	readonly unmet: readonly ConstraintViolation[];
	/** Sum of the Importance of the Optional items that it keeps to: more is better. */
	readonly importance: number;
}

/** As many as a template may have. */
const ITEMS_MAX = 256;

/** Reads the items of a neg:NegotiationConstraints, and hands out its free wsag:Constraint elements. */
export function readNegotiationConstraints(
	place: Place,
	issues: DocumentIssue[],
): { readonly constraints: readonly NegotiationConstraint[]; readonly freeConstraints: readonly Place[] } {
	const places = placesWithin(place);
	const items = placesNamed(places, NEG, 'Item');
	const freeConstraints = placesNamed(places, WSAG, 'Constraint');
	if (items.length > ITEMS_MAX) {
		const allowed = `at most ${ITEMS_MAX} items`;
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', place.path, `An offer may have ${allowed}.`, { allowed });
		return { constraints: [], freeConstraints };
	}
	const constraints = items.map((item) => readNegotiationItem(item, issues));
	return { constraints: constraints.filter((constraint) => constraint !== undefined), freeConstraints };
}

/** Checks an answer, as a wsag:AgreementOffer, against what the offer before it demands. */
export function checkNegotiationConstraints(
	offer: Pick<Offer, 'tree'>,
	constraints: readonly NegotiationConstraint[],
): NegotiationFit {
	const violations: ConstraintViolation[] = [];
	const unmet: ConstraintViolation[] = [];
	let importance = 0;
	for (const constraint of constraints) {
		const found = checkConstraints(offer, { constraints: [constraint] });
		if (constraint.type === 'Required') violations.push(...found);
		else if (found.length > 0) unmet.push(...found);
		else importance += constraint.importance;
	}
	return { violations, unmet, importance };
}

function readNegotiationItem(item: Place, issues: DocumentIssue[]): NegotiationConstraint | undefined {
	const type = attributeValue(item.element, NEG, 'Type');
	if (type !== 'Required' && type !== 'Optional') {
		const details = { found: type ?? 'nothing', allowed: 'Required or Optional' };
		addIssue(issues, 'VALUE_MALFORMED', `${item.path}/@neg:Type`, 'An Item is Required or Optional.', details);
		return undefined;
	}
	const importance = readImportance(item, issues);
	const constraint = readItem(item, issues);
	const location = constraint && fromOfferRoot(constraint.location, item, issues);
	return location && { ...constraint, location, type, importance };
}

function readImportance(item: Place, issues: DocumentIssue[]): number {
	const found = collapseWhiteSpace(attributeValue(item.element, NEG, 'Importance') ?? '0');
	const importance = Number(found);
	if (isInteger(found) && Number.isSafeInteger(importance)) return importance;
	const code = isInteger(found) ? 'NUMBER_TOO_LARGE' : 'VALUE_MALFORMED';
	const allowed = 'a whole number up to 2^53';
	addIssue(issues, code, `${item.path}/@neg:Importance`, `Importance is ${allowed}.`, { found, allowed });
	return 0;
}

const ROOTS = new Set(['NegotiationOffer', 'NegotiationCounterOffer']);

/** The Location with wsag:AgreementOffer as its first step; what the negotiation alone says cannot be constrained. */
function fromOfferRoot(location: Location, item: Place, issues: DocumentIssue[]): Location | undefined {
	const [first, ...rest] = location.steps;
	const isRoot = first !== undefined && first.name.namespace === NEG && ROOTS.has(first.name.localName);
	const steps = isRoot
		? [{ ...first, name: { namespace: WSAG, localName: 'AgreementOffer' } }, ...rest]
		: location.steps;
	if (steps.every(({ name }) => name.namespace !== NEG)) return { ...location, steps };
	addIssue(
		issues,
		'CONSTRAINT_UNSUPPORTED',
		item.path,
		'Only the context and the terms of an offer can be constrained.',
		{
			found: location.text,
			allowed: 'a Location in wsag:Name, wsag:Context or wsag:Terms',
		},
	);
	return undefined;
}
