/**
 * What is wrong with a template that can be read and still serves nobody, or not as its author thinks: constraints that
 * no offer can fulfil, alone or together; Locations that can match nothing; own terms, from which offers are made, that
 * the template does not admit; branches of choices that nobody can take; placeholders that nobody filled in.
 *
 * A verdict that something cannot be is never wrong; that nothing is found proves nothing.
 */
import {
	type DocumentIssue,
	hasName,
	qualifiedName,
	type Severity,
	type XmlElement,
	type XmlName,
} from '../../xml/element.ts';
import type { Condition } from '../conditions/expression.ts';
import type { FreeConstraint } from '../conditions/free-constraints.ts';
import { locationsIn } from '../conditions/unknowns.ts';
import { addIssue, placeOfRoot, placesNamed, placesWithin } from '../document.ts';
import { hintOf } from '../lenient/extension-points.ts';
import { WS, WSAG } from '../names.ts';
import { readBranches } from '../offer/branches.ts';
import { resolveChoices } from '../offer/choices.ts';
import { type Offer, readOffer } from '../offer/offer.ts';
import { type CreationConstraint, checkConstraints, type TemplateConstraint } from '../template/constraints.ts';
import { describeRestriction } from '../template/facet-words.ts';
import { type Location, type StepBudget, selectLocation } from '../template/location.ts';
import type { Template } from '../template/template.ts';
import { findContradictionsOfChildren } from './lint-children.ts';
import { elementsIn } from './lint-content.ts';
import { findImpossibleStep, numberOf, parentOf } from './lint-locations.ts';
import { findDeadParticles } from './lint-particles.ts';
import { findPlaceholders } from './lint-placeholders.ts';
import {
	findContradictingRelations,
	findExcludedAlternatives,
	groupsOf,
	relationBudget,
	type Source,
	sourcesOf,
} from './lint-relations.ts';
import { isUndecidedValue } from './lint-restrictions.ts';
import {
	canHold,
	findContradictions,
	findDeadAlternatives,
	findExclusionOf,
	findImpossibility,
	isSatisfiable,
	nameOf,
} from './lint-values.ts';

/** Every finding, each with its severity: an `error` is fatal. None: the template is fit to be published. */
export function lintTemplate(template: Template): readonly DocumentIssue[] {
	const issues: DocumentIssue[] = [];
	for (const constraint of template.constraints) lintConstraint(constraint, issues);
	for (const { code, path, message } of findContradictions(template.constraints)) addIssue(issues, code, path, message);
	const items = template.constraints.flatMap((each) => ('condition' in each ? [] : [each]));
	for (const { code, path, message } of findContradictionsOfChildren(items)) addIssue(issues, code, path, message);
	lintRelations(template, issues);
	lintOnExample(template, issues);
	lintContext(template, issues);
	const found = issues.map((issue) => ({ ...issue, severity: severityOf(issue) }));
	return [...found, ...lintPlaceholders(template.tree)];
}

/** The warnings of placeholders in a template, be it valid or not. */
export function lintPlaceholders(root: XmlElement): readonly DocumentIssue[] {
	const issues: DocumentIssue[] = [];
	for (const { path, found } of findPlaceholders(placeOfRoot(root))) {
		addIssue(issues, 'PLACEHOLDER', path, 'This looks like a placeholder that nobody filled in.', { found });
	}
	return issues.map((issue) => ({ ...issue, severity: 'warning' }));
}

/** Whether a template with this finding must not be published. */
export function isFatal({ severity }: DocumentIssue): boolean {
	return severity === 'error';
}

/**
 * With these every offer is refused, or the one that the template itself shows. A Location that selects nothing in the
 * template may wait for terms that only offers bring; a branch that nobody can take leaves the others.
 */
const FATAL: ReadonlySet<string> = new Set([
	'CONSTRAINT_UNSATISFIABLE',
	'CONSTRAINTS_CONTRADICT',
	'LOCATION_IMPOSSIBLE',
	'TEMPLATE_CONTRADICTS_ITSELF',
]);

function severityOf({ code }: DocumentIssue): Severity {
	if (FATAL.has(code)) return 'error';
	return code === 'LINT_UNDECIDED' ? 'info' : 'warning';
}

/** What constraints that may be fulfilled one by one say of several Locations, and of whole alternatives. */
function lintRelations({ constraints }: Template, issues: DocumentIssue[]): void {
	const sound = constraints.filter(isSatisfiable);
	const groups = groupsOf(sound.flatMap((each) => sourcesOf(each, nameOf)));
	const budget = relationBudget();
	const told = new Set(issues.filter(({ code }) => code === 'CONSTRAINTS_CONTRADICT').map(({ path }) => path));
	for (const { code, path, message } of findContradictingRelations(groups, budget, (each) => told.has(each))) {
		addIssue(issues, code, path, message);
	}
	const contradicts = (alternative: Condition, group: readonly Source[]): string | undefined =>
		findExclusionOf(
			alternative,
			group.map((source) => ('item' in source ? source.item : source)),
		);
	for (const { path, text, others } of findExcludedAlternatives(groups, budget, canHold, contradicts)) {
		const message = `No offer can fulfil this alternative together with ${others}: ${text}.`;
		addIssue(issues, 'BRANCH_DEAD', path, message, { found: text });
	}
}

/** Enough for any Location on any template that the gate lets pass. */
const LINT_STEPS_MAX = 2_000_000;

function lintConstraint(constraint: TemplateConstraint, issues: DocumentIssue[]): void {
	const why = findImpossibility(constraint);
	if (why !== undefined) {
		const allowed = 'condition' in constraint ? constraint.condition.text : describeValue(constraint);
		const details = allowed === undefined ? {} : { allowed };
		const who =
			'condition' in constraint || constraint.multiplicity.min > 0 ? 'No offer' : 'No node that it may select';
		addIssue(
			issues,
			'CONSTRAINT_UNSATISFIABLE',
			constraint.path,
			`${who} can fulfil this constraint: ${why}.`,
			details,
		);
	}
	if ('condition' in constraint) {
		lintCondition(constraint, issues);
		return;
	}
	const { location, multiplicity, path, children, value } = constraint;
	if (value !== undefined && isUndecidedValue(value)) {
		const message = 'Whether any value keeps to this was not looked at to the end, because there are too many texts.';
		addIssue(issues, 'LINT_UNDECIDED', path, message);
	}
	const impossible = findAbsence(constraint);
	if (impossible !== undefined) {
		const code = multiplicity.min > 0 ? 'LOCATION_IMPOSSIBLE' : 'LOCATION_USELESS';
		addIssue(issues, code, path, `No offer has what this Location means: ${impossible}.`, { found: location.text });
	}
	for (const branch of children === undefined ? [] : findDeadParticles(children, parentOf(location))) {
		addIssue(issues, 'BRANCH_DEAD', path, `No element can fulfil this branch of the group: ${branch}.`, {
			found: branch,
		});
	}
}

/** Why no valid offer has as many of what the Location means as the item demands, if any. */
function findAbsence({ location, multiplicity }: CreationConstraint): string | undefined {
	const impossible = findImpossibleStep(location);
	if (impossible !== undefined) return impossible;
	const noText = findMissingText(location);
	if (noText !== undefined) return noText;
	const { most } = numberOf(location);
	return multiplicity.min > most ? `there is at most ${most}` : undefined;
}

/** Why the text that the Location means is never there. */
function findMissingText({ steps, target }: Location): string | undefined {
	const owner = steps.at(-1)!.name;
	if (target.kind !== 'text' || elementsIn(owner) === undefined) return undefined;
	return `${owner.localName} holds elements and no text`;
}

/** Its Locations that can match nothing, and its alternatives that nobody can take. */
function lintCondition({ condition, path }: FreeConstraint, issues: DocumentIssue[]): void {
	for (const location of locationsIn(condition)) {
		const impossible = findImpossibleStep(location) ?? findMissingText(location);
		if (impossible === undefined) continue;
		const message = `No offer has what this Location means: ${impossible}.`;
		addIssue(issues, 'LOCATION_USELESS', path, message, { found: location.text });
	}
	for (const { text } of findDeadAlternatives(condition)) {
		addIssue(issues, 'BRANCH_DEAD', path, `No offer can fulfil this alternative: ${text}.`, { found: text });
	}
}

function describeValue({ value }: CreationConstraint): string | undefined {
	return value && describeRestriction(value);
}

/** What the template says of the offers that its own terms make, one for each way to make their choices. */
function lintOnExample(template: Template, issues: DocumentIssue[]): void {
	const offer = readOffer(offerFrom(template.tree));
	// Whatever is wrong with its terms was said when it was read.
	if (!offer.ok) return;
	const resolved = resolveChoices(offer.value);
	if (!resolved.ok) {
		for (const { path, message } of resolved.issues) addIssue(issues, 'CHOICES_TOO_MANY', path, message);
		return;
	}
	lintOwnTerms(offer.value, issues);
	const ways = resolved.value.map((way) => ({ ...way, faults: faultsOf(template, way.offer) }));
	const best = ways.reduce((one, other) => (other.faults.length < one.faults.length ? other : one));
	for (const issue of best.faults) addIssue(issues, issue.code, issue.path, issue.message, issue.details);
	if (best.faults.some(({ code }) => code === 'TEMPLATE_CONTRADICTS_ITSELF')) return;
	const open = new Map<string, boolean>();
	for (const { chosen, faults } of ways) {
		const isAlive = faults.every(({ code }) => code !== 'TEMPLATE_CONTRADICTS_ITSELF');
		for (const { path, terms } of chosen) {
			const key = JSON.stringify([path, terms]);
			open.set(key, isAlive || (open.get(key) ?? false));
		}
	}
	for (const [key, isAlive] of open) {
		if (isAlive) continue;
		const [path, terms] = JSON.parse(key) as [string, readonly string[]];
		const message = `The template’s own constraints never admit this branch: ${terms.join(', ')}.`;
		addIssue(issues, 'BRANCH_DEAD', inTemplate(path), message, {
			found: terms.join(', '),
		});
	}
}

/** Terms that contradict each other in every way to choose: what else an offer must have may be left to it. */
function lintOwnTerms(offer: Offer, issues: DocumentIssue[]): void {
	const branches = readBranches(offer, { durationUnit: 'seconds' });
	for (const { code, path, message, found, allowed } of branches.ok ? [] : branches.issues) {
		if (code !== 'TERMS_CONFLICT') continue;
		const details = { ...(found === undefined ? {} : { found }), ...(allowed === undefined ? {} : { allowed }) };
		addIssue(issues, 'TEMPLATE_CONTRADICTS_ITSELF', inTemplate(path), inTemplate(message), details);
	}
}

/** A place in the offer that the template shows, in the template. */
function inTemplate(path: string): string {
	return path.replace(/\/((?:[^/:\s]*:)?)AgreementOffer\//g, '/$1Template/');
}

interface Fault {
	readonly code: 'LOCATION_SELECTS_NOTHING' | 'TEMPLATE_CONTRADICTS_ITSELF';
	readonly path: string;
	readonly message: string;
	readonly details: { readonly found?: string; readonly allowed?: string };
}

function faultsOf({ constraints }: Template, offer: Parameters<typeof checkConstraints>[0]): readonly Fault[] {
	return constraints.flatMap((constraint): readonly Fault[] => {
		const budget: StepBudget = { remaining: LINT_STEPS_MAX };
		if (!('condition' in constraint) && constraint.multiplicity.min > 0) {
			const selected = selectLocation(offer.tree, constraint.location, budget);
			if (selected?.selections.length === 0) {
				const details = { found: constraint.location.text };
				// The other finding says it already, and more.
				if (findAbsence(constraint) !== undefined) return [];
				const message = 'This Location selects nothing in the template’s own terms.';
				return [{ code: 'LOCATION_SELECTS_NOTHING', path: constraint.path, message, details }];
			}
		}
		const violations = checkConstraints(offer, { constraints: [constraint] }, budget);
		return violations.map(({ path, found, allowed, message }) => ({
			code: 'TEMPLATE_CONTRADICTS_ITSELF',
			path: constraint.path,
			message: `Its own ${path}: ${message}`,
			details: { ...(found === undefined ? {} : { found }), allowed },
		}));
	});
}

/** Statements of the context that nobody understands, of which the name is like that of one that is understood. */
function lintContext({ tree }: Template, issues: DocumentIssue[]): void {
	for (const context of placesNamed(placesWithin(placeOfRoot(tree)), WSAG, 'Context')) {
		for (const { element, path } of placesWithin(context)) {
			const hint = hintOf(element, context.element);
			if (hint === '') continue;
			const message = `Nobody here understands ${qualifiedName(element)}; it is kept and ignored${hint}.`;
			addIssue(issues, 'EXTENSION_IGNORED', path, message, { found: `{${element.namespace}}${element.localName}` });
		}
	}
}

/** The offer that one gets by sending the template's own terms back, without what only a template states. */
function offerFrom(tree: XmlElement): XmlElement {
	const children = tree.children
		.filter((child) => child.kind !== 'element' || !hasName(child, WSAG, 'CreationConstraints'))
		.map((child) => (child.kind === 'element' && hasName(child, WSAG, 'Context') ? withoutStatements(child) : child));
	const attributes = tree.attributes.filter((attribute) => !hasName(attribute, WSAG, 'TemplateId'));
	return { ...tree, localName: 'AgreementOffer', attributes, children };
}

/** The context without the unit of durations and the way in which offers are read. */
function withoutStatements(context: XmlElement): XmlElement {
	const isStatement = (name: XmlName) => hasName(name, WS, 'DurationUnit') || hasName(name, WS, 'Reading');
	return { ...context, children: context.children.filter((child) => child.kind !== 'element' || !isStatement(child)) };
}
