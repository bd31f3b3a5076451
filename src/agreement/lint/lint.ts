/**
 * What is wrong with a template that can be read and still serves nobody, or not as its author thinks: constraints that
 * no offer can fulfil, alone or together; Locations that can match nothing; own terms, from which offers are made, that
 * the template does not admit; branches of choices that nobody can take; placeholders that nobody filled in.
 *
 * A verdict that something cannot be is never wrong; that nothing is found proves nothing.
 */
import { type DocumentIssue, qualifiedName, type Severity, type XmlElement } from '../../xml/element.ts';
import type { Condition } from '../conditions/expression.ts';
import type { FreeConstraint } from '../conditions/free-constraints.ts';
import { locationsIn } from '../conditions/unknowns.ts';
import { addIssue, excerpt, placeOfRoot, placesNamed, placesWithin } from '../document.ts';
import { hintOf } from '../lenient/extension-points.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WSAG } from '../names.ts';
import type { CreationConstraint, TemplateConstraint } from '../template/constraints.ts';
import { describeRestriction } from '../template/facet-words.ts';
import { describeParticle } from '../template/particles.ts';
import type { Template } from '../template/template.ts';
import { itemsOfChildren } from './items-of-children.ts';
import { findAnchoredPatterns, findNoAmount, findSuspiciousUnit } from './lint-amounts.ts';
import { findContradictionsOfChildren } from './lint-children.ts';
import { findDeadValues, findExcludedValues, saidBy } from './lint-enumerations.ts';
import { lintOnExample } from './lint-example.ts';
import { findAbsence, findImpossibleStep, findMissingText, parentOf } from './lint-locations.ts';
import { findDeadParticles } from './lint-particles.ts';
import { findPlaceholders } from './lint-placeholders.ts';
import {
	findContradictingRelations,
	findExcludedAlternatives,
	groupsOf,
	sourcesOf,
	sourcesOfGroups,
} from './lint-relations.ts';
import { lintBudget } from './lint-restrictions.ts';
import { isUndecided } from './lint-schema-values.ts';
import { describeUndecided, type Undecided } from './lint-undecided.ts';
import {
	ALTERNATIVES_MAX,
	canHold,
	findContradictions,
	findDeadAlternatives,
	findExclusionOf,
	findImpossibility,
	isSatisfiable,
	nameOf,
} from './lint-values.ts';
import { relationBudget, type Source } from './relation-search.ts';
import { valuesWithin } from './values-within.ts';

/** Every finding, each with its severity: an `error` is fatal. None: the template is fit to be published. */
export function lintTemplate(template: Template): readonly DocumentIssue[] {
	const issues: DocumentIssue[] = [];
	for (const constraint of template.constraints) lintConstraint(constraint, issues);
	for (const { code, path, message } of findContradictions(template.constraints)) addIssue(issues, code, path, message);
	lintEnumerations(template.constraints, issues);
	for (const { code, path, message, found } of findContradictionsOfChildren(template.constraints)) {
		addIssue(issues, code, path, message, found === undefined ? {} : { found });
	}
	lintRelations(template, issues);
	lintOnExample(template, issues);
	lintContext(template, issues);
	const contradicting = new Set(issues.filter(({ code }) => code === 'CONSTRAINTS_CONTRADICT').map(({ path }) => path));
	// Of what nothing can fulfil no branch is told of.
	const groups = new Set(template.constraints.flatMap((each) => ('children' in each ? [each.path] : [])));
	// That its own terms do not fulfil what nothing can fulfil is no news.
	const hopeless = new Set(issues.filter(({ code }) => code === 'CONSTRAINT_UNSATISFIABLE').map(({ path }) => path));
	const told = issues.filter(
		({ code, path }) =>
			(code !== 'BRANCH_DEAD' || !contradicting.has(path) || !groups.has(path)) &&
			(!OF_OWN_TERMS.has(code) || !hopeless.has(path)) &&
			(code !== 'VALUE_DEAD' || !contradicting.has(path)),
	);
	const found = told.map((issue) => ({ ...issue, severity: severityOf(issue) }));
	return [...found, ...lintPlaceholders(template.tree)];
}

const OF_OWN_TERMS: ReadonlySet<string> = new Set(['TEMPLATE_CONTRADICTS_ITSELF', 'LOCATION_SELECTS_NOTHING']);

/** The warnings of placeholders in a template, be it valid or not. */
export function lintPlaceholders(root: XmlElement): readonly DocumentIssue[] {
	const issues: DocumentIssue[] = [];
	const all = findPlaceholders(placeOfRoot(root));
	for (const { path, found } of all.slice(0, PLACEHOLDERS_MAX)) {
		addIssue(issues, 'PLACEHOLDER', path, 'This looks like a placeholder that nobody filled in.', { found });
	}
	const next = all[PLACEHOLDERS_MAX];
	if (next !== undefined) {
		const more = `There are ${all.length - PLACEHOLDERS_MAX} more placeholders; the first of them is here.`;
		addIssue(issues, 'PLACEHOLDER', next.path, more, { found: next.found });
	}
	return issues.map((issue) => ({ ...issue, severity: 'warning' }));
}

/** As many as anybody mends in one go. */
const PLACEHOLDERS_MAX = 50;

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
	const spoken = sound.flatMap((each) => ('condition' in each ? locationsIn(each.condition) : []));
	const said = sound.flatMap((each): readonly TemplateConstraint[] =>
		'condition' in each ? [each] : [each, ...itemsOfChildren(each, spoken)],
	);
	const sources = said.flatMap((each) => sourcesOf(each, nameOf));
	const undecided: Undecided = new Map();
	lintSources(groupsOf(sources, undecided), undecided, issues);
	// How many children groups leave is looked at apart: it takes more steps, which the others need.
	const grouped = groupsOf([...sourcesOfGroups(sound, sources, nameOf), ...sources], undecided);
	lintSources(
		grouped.filter((group) => group.some((source) => 'group' in source)),
		undecided,
		issues,
	);
	for (const { path, message } of describeUndecided(undecided)) addIssue(issues, 'LINT_UNDECIDED', path, message);
}

function lintSources(groups: readonly (readonly Source[])[], undecided: Undecided, issues: DocumentIssue[]): void {
	const budget = relationBudget();
	const told = new Set(issues.filter(({ code }) => code === 'CONSTRAINTS_CONTRADICT').map(({ path }) => path));
	const contradictions = findContradictingRelations(groups, budget, undecided, (each) => told.has(each));
	for (const { code, path, message } of contradictions) addIssue(issues, code, path, message);
	const impossible = new Set(contradictions.map(({ path }) => path));
	const open = groups.filter((group) => !group.some(({ path }) => impossible.has(path)));
	const contradicts = (alternative: Condition, group: readonly Source[]): string | undefined =>
		findExclusionOf(
			alternative,
			group.flatMap((source): readonly TemplateConstraint[] =>
				'condition' in source ? [source] : 'item' in source ? [source.item] : [],
			),
		);
	for (const { path, text, others, isLate } of findExcludedAlternatives(
		open,
		budget,
		undecided,
		canHold,
		contradicts,
	)) {
		if (issues.some((issue) => issue.code === 'BRANCH_DEAD' && issue.path === path && issue.found === text)) continue;
		const message = isLate
			? `This alternative comes too late: ${text}. Those before it do not hold, nor does the whole, where what they compare is not there: write it first.`
			: `No offer can fulfil this alternative together with ${others}: ${text}.`;
		addIssue(issues, 'BRANCH_DEAD', path, message, { found: text });
	}
}

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
	lintMeaning(constraint, issues);
	const { location, multiplicity, path, children, value } = constraint;
	const open = valuesWithin(constraint).find(isUndecided);
	if (open !== undefined) {
		const at = open.value === value ? 'this' : `what it says of ${open.location.text}`;
		const message = `Whether any value keeps to ${at} was not looked at to the end, because there are too many texts.`;
		addIssue(issues, 'LINT_UNDECIDED', path, message);
	}
	const impossible = findAbsence(constraint);
	if (impossible !== undefined) {
		const code = multiplicity.min > 0 ? 'LOCATION_IMPOSSIBLE' : 'LOCATION_USELESS';
		addIssue(issues, code, path, `No offer has what this Location means: ${impossible}.`, { found: location.text });
	}
	const dead = children === undefined ? [] : findDeadParticles(children, parentOf(location));
	for (const branch of dead.map(describeParticle)) {
		addIssue(issues, 'BRANCH_DEAD', path, `No element can fulfil this branch of the group: ${branch}.`, {
			found: branch,
		});
	}
}

/** What can be and is hardly meant, of its own value and of those in its model group. */
function lintMeaning(item: CreationConstraint, issues: DocumentIssue[]): void {
	const { path } = item;
	for (const said of valuesWithin(item)) {
		for (const { found, meant } of findAnchoredPatterns(said.value)) {
			const message = `In an xs:pattern ^ and $ are characters like others, and it is about the whole value: write ${meant}.`;
			addIssue(issues, 'PATTERN_ANCHORED', path, message, { found });
		}
		const suspicion = findSuspiciousUnit(said);
		if (suspicion !== undefined) addIssue(issues, 'UNIT_SUSPICIOUS', path, suspicion.message, suspicion.details);
		const nothing = findNoAmount(said);
		if (nothing !== undefined) addIssue(issues, 'RANGE_ADMITS_NOTHING', path, nothing);
	}
}

/** Values that are enumerated and that nothing is, by themselves or for what else is said. */
function lintEnumerations(constraints: readonly TemplateConstraint[], issues: DocumentIssue[]): void {
	const sound = constraints.filter(isSatisfiable);
	const elsewhere = saidBy(sound);
	const budget = lintBudget();
	for (const item of sound) {
		if ('condition' in item) continue;
		for (const said of valuesWithin(item)) {
			const looks = [findDeadValues(said, budget), findExcludedValues(item.path, said, elsewhere, budget)];
			for (const { text, why } of looks.flatMap(({ dead }) => dead)) {
				const message = `No offer can have this value of those that are enumerated: ${why}.`;
				addIssue(issues, 'VALUE_DEAD', item.path, message, { found: text });
			}
			const tooMany = looks.flatMap((look) => look.tooMany ?? []);
			if (tooMany.length === 0) continue;
			const why = tooMany.includes('values') ? 'of them' : 'texts';
			const message = `Whether each value that is enumerated of ${said.location.text} can be had was not looked at to the end, because there are too many ${why}.`;
			addIssue(issues, 'LINT_UNDECIDED', item.path, message);
		}
	}
}

/** Its Locations that can match nothing, and its alternatives that nobody can take. */
function lintCondition({ condition, path }: FreeConstraint, issues: DocumentIssue[]): void {
	for (const location of locationsIn(condition)) {
		const impossible = findImpossibleStep(location) ?? findMissingText(location);
		if (impossible === undefined) continue;
		const message = `No offer has what this Location means: ${impossible}.`;
		addIssue(issues, 'LOCATION_USELESS', path, message, { found: location.text });
	}
	const late: Condition[] = [];
	for (const { text } of findDeadAlternatives(condition, (each) => late.push(each))) {
		addIssue(issues, 'BRANCH_DEAD', path, `No offer can fulfil this alternative: ${text}.`, { found: text });
	}
	if (late.length === 0) return;
	const first = excerpt(collapseWhiteSpace(late[0]!.text));
	const message = `Whether some offer can fulfil each alternative from ${first} on was not looked at to the end, because more than ${ALTERNATIVES_MAX} of them are about several Locations.`;
	addIssue(issues, 'LINT_UNDECIDED', path, message);
}

function describeValue({ value }: CreationConstraint): string | undefined {
	return value && describeRestriction(value);
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
