/** What an offer asks for, in numbers: its terms read as the services that they describe. */
import { type Gradual, toItsEnd } from '../../parts.ts';
import type { DocumentIssue } from '../../xml/element.ts';
import {
	addIssue,
	excerpt,
	type Place,
	placesNamed,
	placesWithin,
	type Reading,
	reading,
	withoutAbsent,
} from '../document.ts';
import { isJobDefinition, readJobDefinitions } from '../jsdl/jsdl.ts';
import { addUnsupported, type JobNotes } from '../jsdl/unsupported.ts';
import { WS } from '../names.ts';
import { isSameChange } from '../terms/change-term.ts';
import { labelPathsOf } from '../terms/placement-term.ts';
import { remarkOnUnknownNames } from '../terms/references.ts';
import type { RequestedService, RequestPaths, ServiceRequest, Window } from '../terms/service.ts';
import { flattenTerms, type ServiceTerm } from '../terms/terms.ts';
import { checkVariables } from '../terms/variables.ts';
import { type DurationUnit, isWindow, readWindow } from '../terms/window.ts';
import { readWorkspaceTerm } from '../terms/workspace-term.ts';
import type { Offer } from './offer.ts';
import { preferencesOf, prefersLargest } from './preferences.ts';
import { isWorkspace, type SortedTerms, serviceNamesOf, sortTerms } from './sorted-terms.ts';

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
	chosen?: ReadonlySet<string>,
): Reading<ServiceRequest> {
	return toItsEnd(serviceRequestOf(offer, template, chosen));
}

/** The same, giving way between the variables, each of which is looked for in the whole document. */
export function* serviceRequestOf(
	offer: Offer,
	template: { readonly durationUnit?: DurationUnit },
	chosen: ReadonlySet<string> = NO_TERMS,
): Gradual<Reading<ServiceRequest>> {
	const notes: JobNotes = { issues: [], remarks: [], unsupported: [] };
	if (offer.context.serviceProvider !== 'AgreementResponder') {
		const details = { found: offer.context.serviceProvider, allowed: 'AgreementResponder' };
		const message = 'The ServiceProvider must be the responder: a site provides services and buys none.';
		addIssue(notes.issues, 'PROVIDER_NOT_RESPONDER', offer.context.serviceProviderPath, message, details);
	}
	const inForce = flattenTerms(offer.terms.terms);
	const terms = sortTerms(inForce, notes);
	remarkOnUnknownNames(inForce, terms.guarantees, notes.remarks, chosen);
	yield* checkVariables(offer, notes);
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
		addIssue(issues, 'ENDINGS_DIFFER', workspacePath, message, details);
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
