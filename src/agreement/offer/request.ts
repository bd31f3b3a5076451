/** What an offer asks for, in numbers: its terms read as one ServiceRequest. */
import { type DocumentIssue, hasName, qualifiedName } from '../../xml/element.ts';
import {
	addIssue,
	excerpt,
	isEmptyElement,
	type Place,
	type Reading,
	reading,
	stringValue,
	withoutAbsent,
} from '../document.ts';
import { isJobDefinition, readJobDefinitions } from '../jsdl/jsdl.ts';
import { addUnsupported, type JobNotes } from '../jsdl/resources.ts';
import { CONTEXT_EXTENSIONS } from '../lenient/extension-points.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WS, WSAG } from '../names.ts';
import type { GuaranteeTerm } from '../terms/guarantee-term.ts';
import { readWorkspaceReference, remarkOnUnknownNames, type WorkspaceReference } from '../terms/references.ts';
import type { ServiceRequest } from '../terms/service.ts';
import { flattenTerms, type LeafTerm, type ServiceTerm } from '../terms/terms.ts';
import { checkVariables } from '../terms/variables.ts';
import { type DurationUnit, isWindow, readWindow } from '../terms/window.ts';
import { readWorkspaceTerm } from '../terms/workspace-term.ts';
import { judgeExtensions } from './extensions.ts';
import type { Offer } from './offer.ts';

/**
 * Reads the service that an offer without open choices asks for (`readBranches` resolves them), or says why there is
 * none to be read: an offer is about one service (one ServiceName), which has one window and one Workspace term. What
 * was understood and cannot be had stands in `unsupported`. A Preference for one of the `chosen` terms says which
 * branch is liked; for any other it says that more of it is.
 */
export function readServiceRequest(
	offer: Offer,
	template: { readonly durationUnit?: DurationUnit },
	chosen: ReadonlySet<string> = NO_TERMS,
): Reading<ServiceRequest> {
	const notes: JobNotes = { issues: [], remarks: [], unsupported: [] };
	if (offer.context.serviceProvider !== 'AgreementResponder') {
		const details = { found: offer.context.serviceProvider, allowed: 'AgreementResponder' };
		const message = 'The ServiceProvider must be the responder: a site provides services and buys none.';
		addIssue(notes.issues, 'PROVIDER_NOT_RESPONDER', offer.context.path, message, details);
	}
	const inForce = flattenTerms(offer.terms.terms);
	const terms = sortTerms(inForce, notes);
	const extensions = offer.context.extensions.map((place) => ({ place, critical: false }));
	for (const remark of judgeExtensions(extensions, CONTEXT_EXTENSIONS, CONTEXT).remarks) notes.remarks.push(remark);
	remarkOnUnknownNames(inForce, terms.guarantees, notes.remarks, chosen);
	checkVariables(offer, notes.issues);
	checkServiceNames(terms, notes.issues);
	const windowTerm = onlyTerm(terms, isWindow, 'Window', offer, notes.issues);
	const workspaceTerm = onlyTerm(terms, isWorkspace, 'Workspace', offer, notes.issues);
	const window = windowTerm && readWindow(windowTerm.content, template.durationUnit, notes);
	const workspace = workspaceTerm && readWorkspaceTerm(workspaceTerm.content, notes.issues);
	const jobTerms = terms.descriptions.filter(({ content }) => isJobDefinition(content));
	const { demands, ...resources } = readJobDefinitions(
		jobTerms.map(({ content }) => content),
		notes,
	);
	if (windowTerm === undefined || workspaceTerm === undefined || window === undefined || workspace === undefined) {
		return reading<ServiceRequest>(undefined, notes.issues);
	}
	const request: ServiceRequest = {
		serviceName: workspaceTerm.serviceName,
		...demands,
		...resources,
		window,
		windowPath: windowTerm.content.path,
		workspace,
		workspacePath: workspaceTerm.content.path,
		...withoutAbsent({ preferences: preferencesOf(terms.guarantees, jobTerms, windowTerm) }),
		prefersLargest: prefersLargest(
			terms.guarantees,
			new Set(jobTerms.map(({ name }) => name).filter((name) => !chosen.has(name))),
		),
		...withoutAbsent({ priceCeiling: offer.context.priceCeiling }),
		...(terms.references.length === 0 ? {} : { references: terms.references }),
		unsupported: notes.unsupported,
		remarks: notes.remarks,
	};
	return reading(request, notes.issues);
}

const NO_TERMS: ReadonlySet<string> = new Set();
const CONTEXT = { namespace: WSAG, localName: 'Context' } as const;

/** A description term's content that is read here, beside a JobDefinition and a window. */
export function isWorkspace({ element }: Place): boolean {
	return hasName(element, WS, 'Workspace');
}

/** The terms by what they are read for. */
interface SortedTerms {
	readonly descriptions: readonly ServiceTerm[];
	readonly guarantees: readonly GuaranteeTerm[];
	readonly references: readonly WorkspaceReference[];
	/** ServiceName -> path of the first term that has it. */
	readonly serviceNames: ReadonlyMap<string, string>;
}

/** Sorts the terms in force; what cannot be had goes to `unsupported`. */
function sortTerms(terms: readonly LeafTerm[], notes: JobNotes): SortedTerms {
	const descriptions: ServiceTerm[] = [];
	const guarantees: GuaranteeTerm[] = [];
	const references: WorkspaceReference[] = [];
	const serviceNames = new Map<string, string>();
	for (const term of terms) {
		if (term.kind !== 'GuaranteeTerm' && !serviceNames.has(term.serviceName)) {
			serviceNames.set(term.serviceName, term.path);
		}
		switch (term.kind) {
			case 'GuaranteeTerm':
				guarantees.push(term);
				addGuarantee(term, notes);
				break;
			case 'ServiceDescriptionTerm':
				descriptions.push(term);
				refuseUnknownContent(term, notes);
				break;
			case 'ServiceReference': {
				const reference = readWorkspaceReference(term.content);
				if (reference !== undefined) {
					references.push(reference);
					break;
				}
				addUnsupported(notes.unsupported, {
					kind: 'enforce',
					path: term.path,
					subject: term.name,
					why: 'it refers to a service that exists elsewhere; this site knows ws:WorkspaceReference',
				});
				break;
			}
			case 'ServiceProperties': // Names for guarantees; by themselves they ask for nothing.
		}
	}
	return { descriptions, guarantees, references, serviceNames };
}

function refuseUnknownContent({ content, name }: ServiceTerm, notes: JobNotes): void {
	if (isWindow(content) || isWorkspace(content) || isJobDefinition(content)) return;
	const why = `nobody here knows ${qualifiedName(content.element)}, so nobody would enforce it`;
	addUnsupported(notes.unsupported, { kind: 'enforce', path: content.path, subject: name, why });
}

/**
 * A guarantee can be had where the site measures its KPI, which the judgement knows. An expression of the parties'
 * own nobody evaluates. A term without an objective (an empty CustomServiceLevel) and without penalties and rewards
 * guarantees nothing: the standard has no other place for a Preference.
 */
function addGuarantee(term: GuaranteeTerm, notes: JobNotes): void {
	const { objective, businessValues } = term;
	const isMute = objective.kpiName === undefined && isEmptyElement(objective.customServiceLevel.element);
	if (isMute && businessValues.penalties.length === 0 && businessValues.rewards.length === 0) return;
	const level = collapseWhiteSpace(stringValue(objective.customServiceLevel.element));
	const why =
		objective.kpiName === undefined
			? 'this service level is an expression that nobody here evaluates'
			: `the guarantee needs ${objective.kpiName} to be measured`;
	addUnsupported(notes.unsupported, {
		kind: 'measure',
		path: term.path,
		subject: objective.kpiName ?? term.name,
		why: level === '' ? why : `${why} (${level.slice(0, LEVEL_CHARACTERS_MAX)})`,
	});
}

/** Enough to recognise the expression in a message. */
const LEVEL_CHARACTERS_MAX = 80;

/**
 * The utilities of the Preferences for the terms that hold the resources and for the one that holds the window, as
 * weights: the larger is 1, and none is less than a tenth. Absent where only one of the two is named, or none.
 */
function preferencesOf(
	guarantees: readonly GuaranteeTerm[],
	jobTerms: readonly ServiceTerm[],
	windowTerm: ServiceTerm,
): ServiceRequest['preferences'] {
	const named = guarantees.flatMap(({ businessValues }) => businessValues.preferences);
	const utilityOf = (terms: readonly ServiceTerm[]): number | undefined => {
		const utilities = named.filter(({ termName }) => terms.some(({ name }) => name === termName));
		return utilities.length === 0 ? undefined : Math.max(...utilities.map(({ utility }) => utility));
	};
	const sizes = utilityOf(jobTerms);
	const time = utilityOf([windowTerm]);
	if (sizes === undefined || time === undefined) return undefined;
	const most = Math.max(sizes, time);
	if (!Number.isFinite(most) || most <= 0) return undefined;
	const weight = (utility: number): number => Math.max(WEIGHT_MIN, utility / most);
	return { sizes: weight(sizes), time: weight(time) };
}

/** What a client likes least still counts, or an alternative could do without it altogether. */
const WEIGHT_MIN = 0.1;

function prefersLargest(guarantees: readonly GuaranteeTerm[], jobTermNames: ReadonlySet<string>): boolean {
	return guarantees.some(({ businessValues }) =>
		businessValues.preferences.some(({ termName, utility }) => utility > 0 && jobTermNames.has(termName)),
	);
}

function checkServiceNames({ serviceNames }: SortedTerms, issues: DocumentIssue[]): void {
	const [first, ...others] = serviceNames;
	for (const [serviceName, path] of others) {
		addIssue(
			issues,
			'SERVICE_SEVERAL',
			`${path}/@wsag:ServiceName`,
			'An offer is about one service; send one for each.',
			{
				found: serviceName,
				allowed: first![0],
			},
		);
	}
}

function onlyTerm(
	{ descriptions }: SortedTerms,
	isOfKind: (content: Place) => boolean,
	kind: string,
	offer: Offer,
	issues: DocumentIssue[],
): ServiceTerm | undefined {
	const [only, second] = descriptions.filter(({ content }) => isOfKind(content));
	if (only === undefined) {
		const message = `The service needs a term with a ${kind} (${WS}).`;
		addIssue(issues, 'ELEMENT_MISSING', offer.terms.path, message, { allowed: `one ${kind}` });
	} else if (second !== undefined) {
		const message = `The service has a ${kind} already, in the term ${excerpt(only.name)}.`;
		addIssue(issues, 'ELEMENT_REPEATED', second.content.path, message, { allowed: `one ${kind}` });
	}
	return only;
}
