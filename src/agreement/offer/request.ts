/** What an offer asks for, in numbers: its terms read as the services that they describe. */
import { type DocumentIssue, hasName, qualifiedName } from '../../xml/element.ts';
import {
	addIssue,
	excerpt,
	isEmptyElement,
	type Place,
	placesNamed,
	placesWithin,
	type Reading,
	reading,
	stringValue,
	withoutAbsent,
} from '../document.ts';
import { isJobDefinition, readJobDefinitions } from '../jsdl/jsdl.ts';
import { addUnsupported, type JobNotes } from '../jsdl/unsupported.ts';
import { CONTEXT_EXTENSIONS } from '../lenient/extension-points.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WS, WSAG } from '../names.ts';
import { isSameChange } from '../terms/change-term.ts';
import type { GuaranteeTerm } from '../terms/guarantee-term.ts';
import { labelPathsOf } from '../terms/placement-term.ts';
import { readWorkspaceReference, remarkOnUnknownNames, type WorkspaceReference } from '../terms/references.ts';
import {
	type RequestedService,
	type RequestPaths,
	SERVICES_MAX,
	type ServiceRequest,
	type Window,
} from '../terms/service.ts';
import { flattenTerms, type LeafTerm, type ServiceTerm } from '../terms/terms.ts';
import { checkVariables } from '../terms/variables.ts';
import { type DurationUnit, isWindow, readWindow } from '../terms/window.ts';
import { readWorkspaceTerm } from '../terms/workspace-term.ts';
import { judgeExtensions } from './extensions.ts';
import type { Offer } from './offer.ts';

/**
 * Reads the services that an offer without open choices asks for (`readBranches` resolves them), or says why there is
 * none to be read. What describes one service has its ServiceName; each has one Workspace term and the resources of its
 * JobDefinitions, and all of them have one window and one end. What was understood and cannot be had stands in
 * `unsupported`. A Preference for one of the `chosen` terms says which branch is liked; for any other it says that more
 * of it is.
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
	checkVariables(offer, notes);
	const names = serviceNamesOf(terms, notes.issues);
	const windowTerm = onlyWindow(terms, offer, notes.issues);
	const window = windowTerm && readSameWindows(terms, windowTerm, template.durationUnit, notes);
	const services = names.map((name) => readService(name, names.length > 1, { terms, offer, chosen, notes }));
	checkSameEnding(services, notes.issues);
	const jobTerms = terms.descriptions.filter(({ content }) => isJobDefinition(content));
	const [first, ...others] = services;
	if (windowTerm === undefined || window === undefined || first === undefined || services.includes(undefined)) {
		return reading<ServiceRequest>(undefined, notes.issues);
	}
	const request: ServiceRequest = {
		...first,
		...(others.length === 0 ? {} : { others: others as RequestedService[] }),
		window,
		windowPath: windowTerm.content.path,
		...withoutAbsent({ preferences: preferencesOf(terms.guarantees, jobTerms, windowTerm) }),
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
					serviceName: term.serviceName,
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

function refuseUnknownContent({ content, name, serviceName }: ServiceTerm, notes: JobNotes): void {
	if (isWindow(content) || isWorkspace(content) || isJobDefinition(content)) return;
	const why = `nobody here knows ${qualifiedName(content.element)}, so nobody would enforce it`;
	addUnsupported(notes.unsupported, { kind: 'enforce', path: content.path, serviceName, subject: name, why });
}

/**
 * A guarantee can be had where the site measures its KPI, which the judgement knows. An expression of the parties'
 * own nobody evaluates. A term without an objective (an empty CustomServiceLevel) and without penalties and rewards
 * guarantees nothing: the standard has no other place for a Preference.
 */
function addGuarantee(term: GuaranteeTerm, notes: JobNotes): void {
	const { objective, businessValues, scopes } = term;
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
		...withoutAbsent({ serviceName: scopes.length === 1 ? scopes[0]!.serviceName : undefined }),
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

/** The names of the services that the terms describe, in the order in which they are first named: at least one. */
function serviceNamesOf({ descriptions, serviceNames }: SortedTerms, issues: DocumentIssue[]): readonly string[] {
	const described = new Set(descriptions.map(({ serviceName }) => serviceName));
	const allowed = [...described].join(', ');
	for (const [serviceName, path] of serviceNames) {
		if (described.size === 0 || described.has(serviceName)) continue;
		const message = 'No term describes this service.';
		addIssue(issues, 'SERVICE_UNKNOWN', `${path}/@wsag:ServiceName`, message, { found: serviceName, allowed });
	}
	const names = [...described];
	for (const serviceName of names.slice(SERVICES_MAX)) {
		const path = `${serviceNames.get(serviceName)}/@wsag:ServiceName`;
		const message = `An offer is about at most ${SERVICES_MAX} services; make agreements of their own for more.`;
		addIssue(issues, 'SERVICE_SEVERAL', path, message, { found: serviceName, allowed: `${SERVICES_MAX} services` });
	}
	return names.length === 0 ? [''] : names.slice(0, SERVICES_MAX);
}

interface ServiceReading {
	readonly terms: SortedTerms;
	readonly offer: Offer;
	readonly chosen: ReadonlySet<string>;
	readonly notes: JobNotes;
}

/** One of the services; undefined where it has no Workspace that can be read, with the issues. */
function readService(
	serviceName: string,
	isOneOfSeveral: boolean,
	{ terms, offer, chosen, notes }: ServiceReading,
): RequestedService | undefined {
	const own = terms.descriptions.filter((term) => term.serviceName === serviceName);
	const jobTerms = own.filter(({ content }) => isJobDefinition(content));
	const which = isOneOfSeveral ? `The service ${serviceName}` : 'The service';
	const workspaceTerm = onlyTerm(
		own.filter(({ content }) => isWorkspace(content)),
		which,
		'Workspace',
		offer,
		notes.issues,
	);
	const workspace = workspaceTerm && readWorkspaceTerm(workspaceTerm.content, notes.issues);
	const contents = jobTerms.map(({ content }) => content);
	const ofJobs: JobNotes = { ...notes, unsupported: [] };
	const { demands, paths, ...resources } = readJobDefinitions(contents, ofJobs);
	for (const demand of ofJobs.unsupported) addUnsupported(notes.unsupported, { ...demand, serviceName });
	if (workspaceTerm === undefined || workspace === undefined) return undefined;
	return {
		serviceName: workspaceTerm.serviceName,
		...demands,
		...resources,
		workspace,
		workspacePath: workspaceTerm.content.path,
		paths: { ...paths, ...withoutAbsent({ labels: labelPathsIn(workspaceTerm.content) }) },
		prefersLargest: prefersLargest(
			terms.guarantees,
			new Set(jobTerms.map(({ name }) => name).filter((name) => !chosen.has(name))),
		),
	};
}

function labelPathsIn(workspace: Place): RequestPaths['labels'] {
	const [placement] = placesNamed(placesWithin(workspace), WS, 'Placement');
	return placement && labelPathsOf(placement);
}

/** The first Window: of all services, whichever has it. */
function onlyWindow({ descriptions }: SortedTerms, offer: Offer, issues: DocumentIssue[]): ServiceTerm | undefined {
	const windows = descriptions.filter(({ content }) => isWindow(content));
	const [first] = windows;
	// Each of the services may repeat it.
	for (const [nth, term] of windows.entries()) {
		const before = windows.slice(0, nth).find(({ serviceName }) => serviceName === term.serviceName);
		if (before !== undefined) onlyTerm([before, term], 'The service', 'Window', offer, issues);
	}
	return first ?? onlyTerm([], 'The service', 'Window', offer, issues);
}

/** Reads the windows of all services, which must be the same. */
function readSameWindows(
	{ descriptions }: SortedTerms,
	first: ServiceTerm,
	durationUnit: DurationUnit | undefined,
	notes: JobNotes,
): Window | undefined {
	const window = readWindow(first.content, durationUnit, notes);
	for (const term of descriptions) {
		if (term.serviceName === first.serviceName || !isWindow(term.content)) continue;
		const other = readWindow(term.content, durationUnit, notes);
		if (window === undefined || other === undefined || JSON.stringify(window) === JSON.stringify(other)) continue;
		const message =
			`The services of one offer begin and end together, and the term ${excerpt(first.name)} says another window: ` +
			'repeat that one or leave it out, or make an agreement of its own for what has times of its own.';
		addIssue(notes.issues, 'WINDOWS_DIFFER', term.content.path, message, { allowed: `as ${first.content.path}` });
	}
	return window;
}

/** Machines of one agreement end together, in one way, and are renegotiated together. */
function checkSameEnding(services: readonly (RequestedService | undefined)[], issues: DocumentIssue[]): void {
	const [first, ...others] = services;
	for (const other of others) {
		if (first === undefined || other === undefined) continue;
		const { workspace: one } = first;
		const { workspace, workspacePath } = other;
		const endsAlike = one.endAction === workspace.endAction && one.retentionSeconds === workspace.retentionSeconds;
		if (endsAlike && isSameChange(one.change, workspace.change)) continue;
		const message =
			`The services of one offer end together: EndAction and Change must be those of ${excerpt(first.serviceName)}; ` +
			'what ends otherwise needs an agreement of its own.';
		const details = { found: workspace.endAction, allowed: one.endAction };
		addIssue(issues, 'TERMS_CONFLICT', workspacePath, message, details);
	}
}

function onlyTerm(
	terms: readonly ServiceTerm[],
	which: string,
	kind: string,
	offer: Offer,
	issues: DocumentIssue[],
): ServiceTerm | undefined {
	const [only, second] = terms;
	if (only === undefined) {
		const message = `${which} needs a term with a ${kind} (${WS}).`;
		addIssue(issues, 'ELEMENT_MISSING', offer.terms.path, message, { allowed: `one ${kind}` });
	} else if (second !== undefined) {
		const message = `${which} has a ${kind} already, in the term ${excerpt(only.name)}.`;
		addIssue(issues, 'ELEMENT_REPEATED', second.content.path, message, { allowed: `one ${kind}` });
	}
	return only;
}
