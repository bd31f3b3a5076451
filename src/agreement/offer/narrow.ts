/**
 * An offer with what was granted written into its terms: exact values instead of ranges, a fixed window. A counter-
 * offer "as it stands", and the terms of a made agreement. Everything else stays where it is, foreign elements and
 * comments included (H8).
 */
import { attribute, element, hasName, replaceElements, type XmlElement } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { isJobDefinition } from '../jsdl/jsdl.ts';
import type { RangeField } from '../jsdl/merged-resources.ts';
import { JSDL, WSAG } from '../names.ts';
import { type CheckBudget, verdictBudget } from '../template/check-budget.ts';
import { firstViolation, type TemplateConstraint } from '../template/constraints.ts';
import { type GrantedService, type ServiceGrant, servicesOf } from '../terms/service.ts';
import { flattenTerms, type LeafTerm, type ServiceTerm } from '../terms/terms.ts';
import { type DurationUnit, isWindow } from '../terms/window.ts';
import {
	type GrantedValues,
	grantedValues,
	statedFields,
	withResources,
	withWindow,
	withWorkspace,
} from './granted-terms.ts';
import type { Offer } from './offer.ts';
import { isWorkspace } from './sorted-terms.ts';

/** What of a template matters here: the unit of an integer Duration, and what an offer must keep to. */
export interface NarrowingTemplate {
	readonly durationUnit?: DurationUnit;
	readonly constraints: readonly TemplateConstraint[];
	/** For all that is narrowed against it; absent: for each. */
	readonly budget?: CheckBudget;
}

/**
 * The offer (wsag:AgreementOffer) narrowed to the grant. Values that the offer left to the site are added, so that it
 * says all that was granted. Where the template's model groups do not let them be said, they stay unsaid; but where
 * its facets do not allow the values, they are said all the same, so that checking the result finds what was granted
 * against the template: an offer that only states totals must not get a machine that the template forbids.
 */
export function narrowOffer(offer: Offer, grant: ServiceGrant, template?: NarrowingTemplate): XmlElement {
	return declareNamespaces(narrowTree(offer, grant, template), offer.tree);
}

/** {@link narrowOffer} for those who change it further: declarations that it needs may be missing. */
export function narrowTree(offer: Offer, grant: ServiceGrant, template?: NarrowingTemplate): XmlElement {
	const complete = narrow(offer, grant, template, ADDED_FIELDS);
	if (template === undefined || !complete.saysMore) return complete.tree;
	const budget = template.budget ?? verdictBudget();
	if (isAllowed(complete.tree, template.constraints, budget)) return complete.tree;
	const facets = template.constraints.filter(
		(constraint) => 'condition' in constraint || constraint.value !== undefined,
	);
	if (!isAllowed(complete.tree, facets, budget)) return complete.tree;
	const sparing = narrow(offer, grant, template, []);
	return isAllowed(sparing.tree, template.constraints, budget) ? sparing.tree : complete.tree;
}

function isAllowed(tree: XmlElement, constraints: readonly TemplateConstraint[], budget: CheckBudget): boolean {
	return firstViolation({ tree }, constraints, budget) === undefined;
}

/** What a grant says beyond the offer, per machine and how many of them; totals follow from these. */
const ADDED_FIELDS: readonly RangeField[] = [
	'cpuCount',
	'networkBitsPerSecond',
	'memoryBytes',
	'diskBytes',
	'machineCount',
];

interface Narrowed {
	readonly tree: XmlElement;
	/** Whether values were added that the offer leaves to the site. */
	readonly saysMore: boolean;
}

function narrow(
	offer: Offer,
	grant: ServiceGrant,
	template: NarrowingTemplate | undefined,
	addable: readonly RangeField[],
): Narrowed {
	const replacements = new Map<XmlElement, XmlElement>();
	const terms = flattenTerms(offer.terms.terms);
	const bare: Addition[] = [];
	let saysMore = false;
	for (const granted of servicesOf<GrantedService>(grant)) {
		const values = grantedValues(granted);
		const jobs: ServiceTerm[] = [];
		for (const term of terms) {
			if (term.kind !== 'ServiceDescriptionTerm' || !isOf(granted, term)) continue;
			const { content } = term;
			if (isJobDefinition(content)) jobs.push(term);
			else if (isWorkspace(content)) replacements.set(content.element, withWorkspace(content, granted.workspace));
			else if (isWindow(content)) {
				replacements.set(content.element, withWindow(content.element, grant, template?.durationUnit));
			}
		}
		const stated = new Set(jobs.flatMap(({ content }) => statedFields(content.element)));
		const additions = addable.filter((field) => (values[field] ?? 0) > 0 && !stated.has(field));
		for (const [index, { content }] of jobs.entries()) {
			const own = index === 0 ? additions : [];
			replacements.set(content.element, withResources(content.element, values, granted.candidateHosts, own));
		}
		if (additions.length > 0) saysMore = true;
		if (additions.length > 0 && jobs.length === 0) bare.push({ granted, values, fields: additions });
	}
	const tree = bare.reduce((whole, each) => withJobTerm(whole, terms, each), replaceElements(offer.tree, replacements));
	return { tree, saysMore };
}

/** Whether the term is about that service: where there is only one, all are. */
function isOf({ serviceName }: GrantedService, term: ServiceTerm): boolean {
	return serviceName === undefined || term.serviceName === serviceName;
}

/** Values of a service that has no JobDefinition at all. */
interface Addition {
	readonly granted: GrantedService;
	readonly values: GrantedValues;
	readonly fields: readonly RangeField[];
}

/** The offer with one more term, for values of a service that has no JobDefinition. */
function withJobTerm(tree: XmlElement, terms: readonly LeafTerm[], { granted, values, fields }: Addition): XmlElement {
	const service = terms.find((term): term is ServiceTerm => {
		return term.kind === 'ServiceDescriptionTerm' && isOf(granted, term);
	});
	const names = new Set(terms.map(({ name }) => name));
	const own = granted.serviceName === undefined ? JOB_TERM_NAME : `${JOB_TERM_NAME}-${granted.serviceName}`;
	let name = own;
	for (let number = 2; names.has(name); number += 1) name = `${own}-${number}`;
	const jsdl = (localName: string, child?: XmlElement): XmlElement =>
		element({ prefix: 'jsdl', namespace: JSDL, localName }, [], child === undefined ? [] : [child]);
	const jobDefinition = withResources(jsdl('JobDefinition', jsdl('JobDescription')), values, undefined, fields);
	const attributes = [
		attribute({ prefix: 'wsag', namespace: WSAG, localName: 'Name' }, name),
		attribute({ prefix: 'wsag', namespace: WSAG, localName: 'ServiceName' }, service?.serviceName ?? ''),
	];
	const termName = { prefix: tree.prefix, namespace: WSAG, localName: 'ServiceDescriptionTerm' };
	const term = element(termName, attributes, [jobDefinition]);
	const append = (parent: XmlElement, path: readonly string[]): XmlElement => {
		const [next, ...rest] = path;
		if (next === undefined) return { ...parent, children: [...parent.children, term] };
		const children = parent.children.map((child) =>
			child.kind === 'element' && hasName(child, WSAG, next) ? append(child, rest) : child,
		);
		return { ...parent, children };
	};
	return append(tree, ['Terms', 'All']);
}

const JOB_TERM_NAME = 'granted-resources';
