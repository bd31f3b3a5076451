/** What a template says of its own terms, from which offers are made: whether it admits them, and each branch of their choices. */

import { type DocumentIssue, hasName, type XmlElement, type XmlName } from '../../xml/element.ts';
import { partsOf } from '../conditions/free-constraints.ts';
import { addIssue, excerpt } from '../document.ts';
import { nameText } from '../lenient/extension-points.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WS, WSAG } from '../names.ts';
import { eachOnce, readBranches } from '../offer/branches.ts';
import { type MadeChoice, type ResolvedOffer, resolveChoices } from '../offer/choices.ts';
import { type Offer, readOffer } from '../offer/offer.ts';
import { checkConstraints, type TemplateConstraint } from '../template/constraints.ts';
import type { Location, StepBudget } from '../template/location.ts';
import { selectLocation } from '../template/location-selection.ts';
import type { Template } from '../template/template.ts';
import { isExhausted } from '../template/violation.ts';
import { flattenTerms } from '../terms/terms.ts';
import { awaitedBy } from './awaited-terms.ts';
import { findMeantElsewhere } from './lint-content.ts';
import { lintLacking } from './lint-lacking.ts';
import { findAbsence } from './lint-locations.ts';
import { nameOf } from './lint-values.ts';

/** What the template says of the offers that its own terms make, one for each way to make their choices. */
export function lintOnExample(template: Template, issues: DocumentIssue[]): void {
	const offer = readOffer(offerFrom(template.tree));
	// Whatever is wrong with its terms was said when it was read.
	if (!offer.ok) return;
	const resolved = resolveChoices(offer.value);
	if (!resolved.ok) {
		for (const { path, message } of resolved.issues) addIssue(issues, 'CHOICES_TOO_MANY', path, message);
		return;
	}
	lintOwnTerms(offer.value, template, issues);
	const ways = resolved.value.map((way) => ({ ...way, faults: faultsOf(template, way.offer) }));
	const best = ways.reduce((one, other) => (other.faults.length < one.faults.length ? other : one));
	const deadly = best.faults.find(isDeadly);
	for (const fault of best.faults) {
		const { code, path, message, details } = fault;
		// Of terms that contradict each other in every way it is told above.
		if (code === 'TERMS_CONFLICT') continue;
		const more = fault === deadly && ways.length > 1 ? ` ${ofAllWays(ways.length)}` : '';
		addIssue(issues, code, path, `${message}${more}`, details);
	}
	if (deadly !== undefined) return;
	for (const { path, names, isSeveral, why } of deadBranchesAmong(ways)) {
		const what = isSeveral ? 'these branches together' : 'this branch';
		const message = `Nobody can take ${what} with what else the template says: ${names}. ${why}`;
		addIssue(issues, 'BRANCH_DEAD', inTemplate(path), message, { found: names });
	}
}

function ofAllWays(count: number): string {
	return `None of the ${count} ways to make its choices is admitted; this is what stands against the one with the fewest faults.`;
}

interface Way extends ResolvedOffer {
	readonly faults: readonly Fault[];
}

interface DeadBranch {
	readonly path: string;
	readonly names: string;
	/** They may be taken, but not together. */
	readonly isSeveral: boolean;
	readonly why: string;
}

/** The branches, and sets of them that may be taken together, which no way takes that the template admits. */
function deadBranchesAmong(ways: readonly Way[]): readonly DeadBranch[] {
	const picks = new Map<string, MadeChoice>();
	for (const { chosen } of ways) for (const pick of chosen) picks.set(JSON.stringify([pick.path, pick.branches]), pick);
	const dead: MadeChoice[] = [];
	const bySize = [...picks.values()].sort((one, other) => one.branches.length - other.branches.length);
	return bySize.flatMap((pick): readonly DeadBranch[] => {
		const takes = ({ chosen }: Way): boolean => chosen.some((each) => holdsAll(each, pick));
		const taking = ways.filter(takes);
		if (taking.some(({ faults }) => !faults.some(isDeadly)) || dead.some((each) => holdsAll(pick, each))) return [];
		dead.push(pick);
		return [
			{ path: pick.path, names: pick.terms.join(', '), isSeveral: pick.branches.length > 1, why: reasonOf(taking) },
		];
	});
}

function holdsAll(pick: MadeChoice, part: MadeChoice): boolean {
	return pick.path === part.path && part.branches.every((branch) => pick.branches.includes(branch));
}

/** What stands against all of the ways, or else against the one with the fewest faults. */
function reasonOf(ways: readonly Way[]): string {
	const [first, ...others] = ways
		.map(({ faults }) => faults.filter(isDeadly))
		.sort((one, other) => one.length - other.length);
	const ofAll = first!.filter(({ by }) => others.every((faults) => faults.some((fault) => fault.by === by)));
	const reasons = ofAll.length === 0 ? first! : ofAll;
	const words = reasons
		.slice(0, REASONS_MAX)
		.map(({ by, message }) => (by === undefined ? message : `By ${by}: ${message}`));
	return [...words, ...(reasons.length > REASONS_MAX ? [`And ${reasons.length - REASONS_MAX} more.`] : [])].join(' ');
}

/** What else speaks against a branch is found when these are mended. */
const REASONS_MAX = 3;

function isDeadly({ code }: Fault): boolean {
	return code !== 'LOCATION_SELECTS_NOTHING' && code !== 'OWN_TERMS_REFUSED';
}

/**
 * Terms that contradict each other in every way to choose; why an offer of them as they stand would be refused, and what
 * would be remarked upon in it. An offer need not have them, and may bring what a service lacks; where several are
 * named, and one of them lacks what another has, the names differ by mistake.
 */
function lintOwnTerms(offer: Offer, { constraints }: Template, issues: DocumentIssue[]): void {
	const branches = readBranches(offer, { durationUnit: 'seconds' });
	const refused = (path: string, why: string, found?: string): void => {
		const message = `An offer of these terms as they stand is refused: ${inTemplate(why)}`;
		addIssue(issues, 'OWN_TERMS_REFUSED', inTemplate(path), message, found === undefined ? {} : { found });
	};
	if (!branches.ok) {
		const [serviceName, another] = servicesOf(offer);
		const isOne = another === undefined;
		for (const { code, path, message, found, allowed } of branches.issues) {
			const details = { ...(found === undefined ? {} : { found }), ...(allowed === undefined ? {} : { allowed }) };
			if (code === 'ELEMENT_MISSING' && isOne) continue;
			if (code !== 'TERMS_CONFLICT') refused(path, message, found);
			else addIssue(issues, 'TEMPLATE_CONTRADICTS_ITSELF', inTemplate(path), inTemplate(message), details);
		}
		const missing = branches.issues.filter(({ code }) => code === 'ELEMENT_MISSING');
		const lacking = BROUGHT.filter((name) => missing.some(({ allowed }) => allowed === `one ${name}`));
		if (isOne && serviceName !== undefined) lintLacking(offer, { lacking, serviceName }, constraints, issues);
		return;
	}
	const requests = branches.value.map(({ request }) => request);
	const unsupported = requests.flatMap((request) => request.unsupported);
	for (const [index, { path, subject, why }] of unsupported.entries()) {
		// Each kind once, where it is met first.
		if (unsupported.findIndex((demand) => demand.why === why) !== index) continue;
		refused(path, `no site of this kind gives it: ${why}.`, subject);
	}
	for (const remark of eachOnce(requests.flatMap(({ remarks }) => remarks))) {
		if (!LEFT_OPEN.has(remark.code))
			issues.push({ ...remark, path: inTemplate(remark.path), message: inTemplate(remark.message) });
	}
}

/** Without which no offer can be had, and which templates of others do not know. */
const BROUGHT = ['Window', 'Workspace'] as const;

/** Those that the terms name, each once. */
function servicesOf({ terms }: Offer): readonly string[] {
	const described = flattenTerms(terms.terms).flatMap((term) => ('serviceName' in term ? [term.serviceName] : []));
	return [...new Set(described)];
}

/** What is told of offers, and a template may well leave open; of dead branches and extensions it is told apart. */
const LEFT_OPEN: ReadonlySet<string> = new Set(['SIZE_FOLLOWS', 'SIZE_OPEN', 'CHOICE_UNREADABLE', 'EXTENSION_IGNORED']);

/** A place in the offer that the template shows, in the template. */
function inTemplate(path: string): string {
	return path.replace(/\/((?:[^/:\s]*:)?)AgreementOffer(?=[/:\s]|$)/g, '/$1Template');
}

interface Fault {
	readonly code: 'LOCATION_SELECTS_NOTHING' | 'TEMPLATE_CONTRADICTS_ITSELF' | 'TERMS_CONFLICT' | 'OWN_TERMS_REFUSED';
	/** Who says so, where it is a constraint. */
	readonly by?: string;
	readonly path: string;
	readonly message: string;
	readonly details: { readonly found?: string; readonly allowed?: string };
}

function faultsOf({ constraints }: Template, offer: Offer): readonly Fault[] {
	const reading = readBranches(offer, { durationUnit: 'seconds' });
	const conflicts = (reading.ok ? [] : reading.issues)
		.filter(({ code }) => code === 'TERMS_CONFLICT')
		.map(({ path, message }): Fault => {
			return {
				code: 'TERMS_CONFLICT',
				path,
				message: `Its own ${inTemplate(path)}: ${inTemplate(message)}`,
				details: {},
			};
		});
	const violated = constraints.flatMap((constraint): readonly Fault[] => {
		const budget: StepBudget = { remaining: LINT_STEPS_MAX };
		if (!('condition' in constraint) && constraint.multiplicity.min > 0) {
			const selected = selectLocation(offer.tree, constraint.location, budget);
			if (selected?.selections.length === 0) {
				const details = { found: constraint.location.text };
				// The other finding says it already, and more.
				if (findAbsence(constraint) !== undefined) return [];
				const hint = hintOfNothing(constraint.location, offer);
				const message = `This Location selects nothing in the template’s own terms${hint}. An offer must have it: where it need not, write <ws:Occurs min="0" max="unbounded"/> in the item.`;
				return [{ code: 'LOCATION_SELECTS_NOTHING', path: constraint.path, message, details }];
			}
		}
		if ('condition' in constraint) {
			const awaited = new Map<string, Fault>();
			const violated = partsOf(constraint.condition).flatMap((condition) => {
				const faults = violationsOf({ ...constraint, condition }, offer, budget);
				const locations = faults.length === 0 ? [] : awaitedBy(condition, offer.tree, budget);
				const demanded =
					condition.kind === 'or'
						? () => 'An offer must have what one of the alternatives is about.'
						: ({ text }: Location) => `An offer must have it: where it need not, write not exists(${text}) or ….`;
				for (const location of locations)
					awaited.set(location.text, awaits(location, constraint, offer, demanded(location)));
				return locations.length === 0 ? faults : [];
			});
			return [...awaited.values(), ...violated];
		}
		return violationsOf(constraint, offer, budget);
	});
	return [...conflicts, ...violated];
}

function awaits(location: Location, { path }: TemplateConstraint, offer: Offer, demanded: string): Fault {
	const message = `This Location selects nothing in the template’s own terms${hintOfNothing(location, offer)}. ${demanded}`;
	return { code: 'LOCATION_SELECTS_NOTHING', path, message, details: { found: location.text } };
}

function violationsOf(constraint: TemplateConstraint, offer: Offer, budget: StepBudget): readonly Fault[] {
	const violations = checkConstraints(offer, { constraints: [constraint] }, budget);
	if (violations.some(isExhausted)) {
		const message =
			'An offer of these terms as they stand is refused: there is too much of it to be compared with this constraint.';
		return [{ code: 'OWN_TERMS_REFUSED', path: constraint.path, message, details: {} }];
	}
	return violations.map(({ path, found, allowed, message }) => ({
		code: 'TEMPLATE_CONTRADICTS_ITSELF',
		path: constraint.path,
		message: `Its own ${inTemplate(path)}: ${message}`,
		by: 'condition' in constraint ? excerpt(collapseWhiteSpace(constraint.condition.text)) : nameOf(constraint),
		details: { ...(found === undefined ? {} : { found }), allowed },
	}));
}

/** What may be wrong with a Location that selects nothing: a prefix that was left out, or what stands in brackets. */
function hintOfNothing(location: Location, { tree }: Offer): string {
	const bare = location.steps.find(({ name }) => name.namespace === '' && findMeantElsewhere(name) !== undefined);
	if (bare !== undefined) return ` (did you mean ${nameText(findMeantElsewhere(bare.name)!)}?)`;
	const steps = location.steps.map((step) => ({ ...step, predicates: [] }));
	const selected = selectLocation(tree, { ...location, steps }, { remaining: LINT_STEPS_MAX });
	const count = selected?.selections.length ?? 0;
	return count === 0 ? '' : `; without what it says in brackets it selects ${count}`;
}

/** Enough for any Location on any template that the gate lets pass; patterns of long texts may take more. */
const LINT_STEPS_MAX = 2_000_000;

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
