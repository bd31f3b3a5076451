/**
 * What is wrong with a template that can be read and still serves nobody: constraints that no offer can fulfil, and
 * those that its own terms, from which offers are made, do not fulfil.
 */
import { type DocumentIssue, hasName, type XmlElement } from '../xml/element.ts';
import { type CreationConstraint, checkConstraints } from './constraints.ts';
import { addIssue } from './document.ts';
import { allowedRange, describeRestriction, type FacetSet, findValueFault, type ValueRestriction } from './facets.ts';
import { type StepBudget, selectLocation } from './location.ts';
import { WSAG } from './names.ts';
import type { Particle } from './particles.ts';
import { isEmpty } from './range.ts';
import type { Template } from './template.ts';

/** Every fault of the kinds above; none: the template is fit to be published. */
export function lintTemplate(template: Template): readonly DocumentIssue[] {
	const issues: DocumentIssue[] = [];
	const example = offerFrom(template.tree);
	for (const constraint of template.constraints) {
		if ('condition' in constraint) continue;
		if (!isSatisfiable(constraint)) {
			const allowed = constraint.value && describeRestriction(constraint.value);
			const message = 'No offer can fulfil this item.';
			addIssue(issues, 'CONSTRAINT_UNSATISFIABLE', constraint.path, message, allowed === undefined ? {} : { allowed });
		}
		lintOnExample(constraint, example, issues);
	}
	return issues;
}

/** Enough for any Location on any template that the gate lets pass. */
const LINT_STEPS_MAX = 2_000_000;

function lintOnExample(constraint: CreationConstraint, example: XmlElement, issues: DocumentIssue[]): void {
	const budget: StepBudget = { remaining: LINT_STEPS_MAX };
	const selected = selectLocation(example, constraint.location, budget);
	if (constraint.multiplicity.min > 0 && selected?.selections.length === 0) {
		const message = 'This Location selects nothing in the template’s own terms.';
		addIssue(issues, 'LOCATION_SELECTS_NOTHING', constraint.path, message, { found: constraint.location.text });
		return;
	}
	for (const { path, found, allowed, message } of checkConstraints({ tree: example }, { constraints: [constraint] })) {
		const details = { ...(found === undefined ? {} : { found }), allowed };
		addIssue(issues, 'TEMPLATE_CONTRADICTS_ITSELF', constraint.path, `Its own ${path}: ${message}`, details);
	}
}

/** The offer that one gets by sending the template's own terms back. */
function offerFrom(tree: XmlElement): XmlElement {
	const children = tree.children.filter(
		(child) => child.kind !== 'element' || !hasName(child, WSAG, 'CreationConstraints'),
	);
	const attributes = tree.attributes.filter((attribute) => !hasName(attribute, WSAG, 'TemplateId'));
	return { ...tree, localName: 'AgreementOffer', attributes, children };
}

function isSatisfiable({ value, children }: CreationConstraint): boolean {
	return (value === undefined || isSatisfiableValue(value)) && (children === undefined || isSatisfiableGroup(children));
}

function isSatisfiableValue(restriction: ValueRestriction): boolean {
	if (isEmpty(allowedRange(restriction)) && restriction.steps.some(({ bounds }) => bounds.length > 0)) return false;
	if (!restriction.steps.every(({ counts }) => areSatisfiable(counts))) return false;
	// Enumerated values can be tried one by one.
	return restriction.steps.every(
		({ enumeration }) =>
			enumeration.length === 0 || enumeration.some(({ text }) => findValueFault(restriction, text) === undefined),
	);
}

function areSatisfiable(counts: FacetSet['counts']): boolean {
	const of = (kind: string): number[] => counts.filter((count) => count.kind === kind).map(({ count }) => count);
	const least = Math.max(0, ...of('minLength'), ...of('length'));
	const most = Math.min(...of('maxLength'), ...of('length'));
	return least <= most;
}

/** Whether some children fit: every particle may occur as often as it must. */
function isSatisfiableGroup(particle: Particle): boolean {
	if (particle.min > particle.max) return false;
	if (particle.min === 0 || particle.kind === 'any') return true;
	if (particle.kind === 'element') return particle.value === undefined || isSatisfiableValue(particle.value);
	if (particle.kind === 'choice') return particle.particles.some(isSatisfiableGroup);
	return particle.particles.every(isSatisfiableGroup);
}
