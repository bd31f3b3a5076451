/**
 * JobDefinitions wherever they stand: as the document itself, wrapped in an element of somebody's own (a job list, a
 * message, a term), or many side by side. Each is a job of its own here; parts of one job are merged where the terms
 * of one service hold them (jsdl.ts).
 */
import type { DocumentIssue, XmlElement } from '../../xml/element.ts';
import { type Place, placeOfRoot, placesWithin } from '../document.ts';
import type { UnsupportedDemand } from '../terms/service.ts';
import { isJobDefinition, readJobDefinitions } from './jsdl.ts';
import type { JobResources } from './merged-resources.ts';

/**
 * The outermost JobDefinitions of a document in document order: the root, or those below it at any depth. None where
 * there is none. Costs one walk over the document, whose depth and size the gate has bounded.
 */
export function jobDefinitionsWithin(root: XmlElement): Place[] {
	const found: Place[] = [];
	const visit = (place: Place): void => {
		if (isJobDefinition(place)) found.push(place);
		else for (const child of placesWithin(place)) visit(child);
	};
	visit(placeOfRoot(root));
	return found;
}

/** One JobDefinition read by itself. Three things are kept apart: what is wrong, what is strange, what nobody does here. */
export interface JobReading {
	readonly place: Place;
	readonly resources: JobResources;
	/** What makes it unreadable. */
	readonly issues: readonly DocumentIssue[];
	/** What was read in a way that its author may not have meant. */
	readonly remarks: readonly DocumentIssue[];
	/** What is valid JSDL and cannot be had from a site that starts machines. */
	readonly unsupported: readonly UnsupportedDemand[];
}

/** Reads every JobDefinition of a document, each by itself. */
export function readJobDocument(root: XmlElement): JobReading[] {
	return jobDefinitionsWithin(root).map((place) => {
		const issues: DocumentIssue[] = [];
		const remarks: DocumentIssue[] = [];
		const unsupported: UnsupportedDemand[] = [];
		const resources = readJobDefinitions([place], { issues, remarks, unsupported });
		return { place, resources, issues, remarks, unsupported };
	});
}
