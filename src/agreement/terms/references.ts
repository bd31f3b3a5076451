/**
 * What terms name that lies elsewhere: services that run already (wsag:ServiceReference), and services and terms of
 * the same offer that guarantees speak of.
 */
import { type DocumentIssue, hasName, textOf } from '../../xml/element.ts';
import { addIssue, type Place } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WS } from '../names.ts';
import type { GuaranteeTerm } from './guarantee-term.ts';
import type { LeafTerm } from './terms.ts';

/** The workspace that the offer says it is about. */
export interface WorkspaceReference {
	readonly path: string;
	readonly workspaceId: string;
}

/** The workspace that the content of a ServiceReference names; undefined where it is anything else. */
export function readWorkspaceReference({ element, path }: Place): WorkspaceReference | undefined {
	if (!hasName(element, WS, 'WorkspaceReference')) return undefined;
	return { path, workspaceId: collapseWhiteSpace(textOf(element)) };
}

/** Remarks on guarantees about services, and preferences for terms, that the offer does not have. */
export function remarkOnUnknownNames(
	terms: readonly LeafTerm[],
	guarantees: readonly GuaranteeTerm[],
	remarks: DocumentIssue[],
	chosen: ReadonlySet<string>,
): void {
	if (guarantees.length === 0) return;
	const termNames = new Set<string>();
	const serviceNames = new Set<string>();
	for (const term of terms) {
		termNames.add(term.name);
		if (term.kind !== 'GuaranteeTerm') serviceNames.add(term.serviceName);
	}
	for (const { scopes, businessValues } of guarantees) {
		for (const { serviceName, serviceNamePath } of scopes) {
			if (serviceName === undefined || serviceNames.has(serviceName)) continue;
			const message = 'No term describes the service that this guarantee is about.';
			addIssue(remarks, 'REFERENCE_UNKNOWN', serviceNamePath, message, { found: serviceName });
		}
		for (const { path, termName } of businessValues.preferences) {
			// A term of a branch that was not taken is known all the same.
			if (termNames.has(termName) || chosen.has(termName)) continue;
			const message = 'The offer has no term of the name that this Preference refers to.';
			addIssue(remarks, 'REFERENCE_UNKNOWN', path, message, { found: termName });
		}
	}
}
