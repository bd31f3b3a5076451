/**
 * neg:NegotiationConstraints (GFD.193): what a counter-offer to an offer has to keep to (Required), and what it had
 * better keep to (Optional, weighed by Importance). They are the creation constraints of a template, demanded by the
 * other side: same items, same Locations, same free constraints (which are Required), same checks.
 *
 * A Location may begin at wsag:AgreementOffer, neg:NegotiationOffer or neg:NegotiationCounterOffer, or with `//`. They
 * all mean the same root, since what is checked is the context and the terms that the three have in common.
 */
import { attributeValue, type DocumentIssue } from '../../xml/element.ts';
import { readFreeConstraint } from '../conditions/free-constraints.ts';
import { withLocations } from '../conditions/unknowns.ts';
import { addIssue, type Place, pathOfAttribute } from '../document.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { NEG, WSAG } from '../names.ts';
import type { Offer } from '../offer/offer.ts';
import type { CheckBudget } from '../template/check-budget.ts';
import { readItem, readSection, type SectionKind } from '../template/constraint-reader.ts';
import { checkEach, type TemplateConstraint } from '../template/constraints.ts';
import type { Location } from '../template/location.ts';
import type { ConstraintViolation } from '../template/violation.ts';

export type NegotiationConstraint = TemplateConstraint & {
	readonly type: 'Required' | 'Optional';
	/** 0 where nothing is said; it may be negative. */
	readonly importance: number;
};

/** How an offer (as wsag:AgreementOffer) stands to the constraints of the one that it answers. */
export interface NegotiationFit {
	/** Of Required constraints; with none of them it may be sent. */
	readonly violations: readonly ConstraintViolation[];
	/** Of Optional ones. */
	readonly unmet: readonly ConstraintViolation[];
	/** Sum of the Importance of the Optional ones that it keeps to: more is better. */
	readonly importance: number;
}

/** Reads a neg:NegotiationConstraints. Whatever could not be checked on an answer is an issue. */
export function readNegotiationConstraints(place: Place, issues: DocumentIssue[]): NegotiationConstraint[] {
	const kind: SectionKind<NegotiationConstraint> = {
		owner: 'An offer',
		namespace: NEG,
		readItem: readNegotiationItem,
		readFree: readNegotiationCondition,
		isInParts: true,
	};
	return readSection(place, kind, issues);
}

/** Checks an answer, as a wsag:AgreementOffer, against what the offer before it demands. */
export function checkNegotiationConstraints(
	offer: Pick<Offer, 'tree' | 'path'>,
	constraints: readonly NegotiationConstraint[],
	budget?: CheckBudget,
): NegotiationFit {
	const violations: ConstraintViolation[] = [];
	const unmet: ConstraintViolation[] = [];
	let importance = 0;
	const binding = constraints.filter(({ type }) => type === 'Required');
	for (const [index, found] of checkEach(offer, constraints, budget, 'where', binding).entries()) {
		const constraint = constraints[index]!;
		const faults = found.map((fault) => ({
			...fault,
			message: fault.message.replace(/^The template/, THE_OTHER_SIDE),
		}));
		if (constraint.type === 'Required') violations.push(...faults);
		else if (faults.length > 0) unmet.push(...faults);
		else importance += constraint.importance;
	}
	return { violations, unmet, importance };
}

const THE_OTHER_SIDE = 'The offer that is answered';

function readNegotiationItem(item: Place, issues: DocumentIssue[]): NegotiationConstraint | undefined {
	const type = attributeValue(item.element, NEG, 'Type');
	if (type !== 'Required' && type !== 'Optional') {
		const details = { found: type ?? 'nothing', allowed: 'Required or Optional' };
		addIssue(
			issues,
			'VALUE_MALFORMED',
			pathOfAttribute(item, NEG, 'Type'),
			'An Item is Required or Optional.',
			details,
		);
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
	addIssue(issues, code, pathOfAttribute(item, NEG, 'Importance'), `Importance is ${allowed}.`, { found, allowed });
	return 0;
}

/** Free constraints say nothing of their weight: what is demanded has to hold. */
function readNegotiationCondition(place: Place, issues: DocumentIssue[]): NegotiationConstraint | undefined {
	const constraint = readFreeConstraint(place, issues);
	if (constraint === undefined) return undefined;
	let isConstrainable = true;
	const condition = withLocations(constraint.condition, (location) => {
		const rooted = isConstrainable ? fromOfferRoot(location, place, issues) : undefined;
		isConstrainable = rooted !== undefined;
		return rooted ?? location;
	});
	return isConstrainable ? { ...constraint, condition, type: 'Required', importance: 0 } : undefined;
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
