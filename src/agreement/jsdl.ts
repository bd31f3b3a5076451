/**
 * JSDL 1.0 Resources as demands. One service may spread its JobDefinition over several terms, each a part of it:
 * the parts are merged, and all must hold.
 *
 * A workspace gives machines with an image; it runs no program and moves no file. What a JobDefinition asks for
 * beyond that (Application, DataStaging, a parameter sweep, CPU time, virtual memory, mounts) goes to `unsupported`.
 * An extension element inside Resources is a constraint that nobody here enforces, so it goes there as well;
 * elsewhere (JobDefinition, JobDescription, JobIdentification) extensions are kept in the tree and mean nothing.
 */
import { hasName, qualifiedName } from '../xml/element.ts';
import { type Place, placesWithin, requiredChild } from './document.ts';
import { JSDL } from './names.ts';
import { addUnsupported, type JobNotes, type JobResources, type MergedResources, readResources } from './resources.ts';

/** Whether the place holds a JobDefinition. */
export function isJobDefinition({ element }: Place): boolean {
	return hasName(element, JSDL, 'JobDefinition');
}

/** Reads and merges the JobDefinitions of one service. */
export function readJobDefinitions(jobDefinitions: readonly Place[], notes: JobNotes): JobResources {
	const merged: MergedResources = { demands: new Map(), exclusiveExecution: false };
	for (const jobDefinition of jobDefinitions) {
		const parts = placesWithin(jobDefinition);
		refuseSweeps(parts, notes);
		const description = requiredChild(jobDefinition, parts, JSDL, 'JobDescription', notes.issues);
		if (description !== undefined) readJobDescription(description, merged, notes);
	}
	return {
		demands: Object.fromEntries(merged.demands),
		candidateHosts: merged.hosts?.names ?? [],
		...(merged.operatingSystem === undefined ? {} : { operatingSystem: merged.operatingSystem.value }),
		...(merged.cpuArchitecture === undefined ? {} : { cpuArchitecture: merged.cpuArchitecture.value }),
		exclusiveExecution: merged.exclusiveExecution,
	};
}

/** The parameter sweep extension, in its final and its draft namespace: a sweep is many jobs. */
const SWEEP_NAMESPACES = [
	'http://schemas.ogf.org/jsdl/2009/03/sweep',
	'http://schemas.ogf.org/jsdl/2007/01/jsdl-sweep',
];

function refuseSweeps(parts: readonly Place[], notes: JobNotes): void {
	for (const { element, path } of parts) {
		if (!SWEEP_NAMESPACES.includes(element.namespace)) continue;
		const why = 'a parameter sweep stands for many jobs; a workspace runs none';
		addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: qualifiedName(element), why });
	}
}

function readJobDescription(description: Place, merged: MergedResources, notes: JobNotes): void {
	for (const part of placesWithin(description)) {
		if (part.element.namespace !== JSDL) continue;
		switch (part.element.localName) {
			case 'Resources':
				readResources(part, merged, notes);
				break;
			case 'Application':
				refuseApplication(part, notes);
				break;
			case 'DataStaging':
				addUnsupported(notes.unsupported, {
					kind: 'enforce',
					path: part.path,
					subject: 'DataStaging',
					why: 'a workspace stages no files; they belong into its image or are copied by its user',
				});
				break;
			default: // JobIdentification names things and asks for nothing.
		}
	}
}

/** An Application is harmless as long as it only describes. */
function refuseApplication(application: Place, notes: JobNotes): void {
	for (const { element, path } of placesWithin(application)) {
		if (hasName(element, JSDL, 'Description')) continue;
		const why = 'a workspace runs its image, no program of the offer';
		addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: qualifiedName(element), why });
	}
}
