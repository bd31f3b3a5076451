/** The terms of an offer that are in force, by what they are read for; what cannot be had is told with the reason. */
import { type DocumentIssue, hasName, qualifiedName } from '../../xml/element.ts';
import { addIssue, isEmptyElement, type Place, stringValue, withoutAbsent } from '../document.ts';
import { isJobDefinition } from '../jsdl/jsdl.ts';
import { addUnsupported, type JobNotes } from '../jsdl/unsupported.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WS } from '../names.ts';
import type { GuaranteeTerm } from '../terms/guarantee-term.ts';
import { readWorkspaceReference, type WorkspaceReference } from '../terms/references.ts';
import { SERVICES_MAX } from '../terms/service.ts';
import type { LeafTerm, ServiceTerm } from '../terms/terms.ts';
import { isWindow } from '../terms/window.ts';

/** The terms by what they are read for. */
export interface SortedTerms {
	readonly descriptions: readonly ServiceTerm[];
	readonly guarantees: readonly GuaranteeTerm[];
	readonly references: readonly WorkspaceReference[];
	/** ServiceName -> path of the first term that has it. */
	readonly serviceNames: ReadonlyMap<string, string>;
}

/** Sorts the terms in force; what cannot be had goes to `unsupported`. */
export function sortTerms(terms: readonly LeafTerm[], notes: JobNotes): SortedTerms {
	const descriptions: ServiceTerm[] = [];
	const guarantees: GuaranteeTerm[] = [];
	const references: WorkspaceReference[] = [];
	const serviceNames = new Map<string, string>();
	for (const term of terms) {
		if (term.kind !== 'GuaranteeTerm' && !serviceNames.has(term.serviceName)) {
			serviceNames.set(term.serviceName, term.serviceNamePath);
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

/** A description term's content that is read here, beside a JobDefinition and a window. */
export function isWorkspace({ element }: Place): boolean {
	return hasName(element, WS, 'Workspace');
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

/** The names of the services that the terms describe, in the order in which they are first named: at least one. */
export function serviceNamesOf(
	{ descriptions, serviceNames }: SortedTerms,
	issues: DocumentIssue[],
): readonly string[] {
	const described = new Set(descriptions.map(({ serviceName }) => serviceName));
	const allowed = [...described].join(', ');
	for (const [serviceName, path] of serviceNames) {
		if (described.size === 0 || described.has(serviceName)) continue;
		const message = 'No term describes this service.';
		addIssue(issues, 'SERVICE_UNKNOWN', path, message, { found: serviceName, allowed });
	}
	const names = [...described];
	for (const serviceName of names.slice(SERVICES_MAX)) {
		const path = serviceNames.get(serviceName)!;
		const message = `An offer is about at most ${SERVICES_MAX} services; make agreements of their own for more.`;
		addIssue(issues, 'SERVICE_SEVERAL', path, message, { found: serviceName, allowed: `${SERVICES_MAX} services` });
	}
	return names.length === 0 ? [''] : names.slice(0, SERVICES_MAX);
}
