/**
 * JSDL 1.0 Resources as demands. One service may spread its JobDefinition over several terms, each a part of it:
 * the parts are merged, and all must hold.
 *
 * A workspace gives machines with an image; it runs no program and moves no file. What a JobDefinition asks for
 * beyond that (Application, DataStaging, a parameter sweep, CPU time, virtual memory, mounts) goes to `unsupported`.
 * An extension element inside Resources is a constraint that nobody here enforces, so it goes there as well;
 * elsewhere (JobDefinition, JobDescription, JobIdentification) extensions are kept in the tree and mean nothing, which
 * is told of the document as a whole.
 */
import { hasName, qualifiedName } from '../../xml/element.ts';
import { addIssue, type Place, placesWithin, requiredChild } from '../document.ts';
import { JSDL, SWEEP } from '../names.ts';
import { type Application, hostsNeeded, readApplication, unsupportedOf } from './application.ts';
import { remarkOnContradictions } from './contradictions.ts';
import { demandsOf, type JobResources, type MergedResources, pathsOf } from './merged-resources.ts';
import { above, contains, intersects, printRange } from './range.ts';
import { readResources } from './resources.ts';
import { countSweptJobs, isOfSweeps, isSweep } from './sweep.ts';
import { remarkOnTotals } from './totals.ts';
import { addUnsupported, type JobNotes } from './unsupported.ts';

/** Whether the place holds a JobDefinition. */
export function isJobDefinition({ element }: Place): boolean {
	return hasName(element, JSDL, 'JobDefinition');
}

/** Reads and merges the JobDefinitions of one service. */
export function readJobDefinitions(jobDefinitions: readonly Place[], notes: JobNotes): JobResources {
	const merged: Merging = { ranges: new Map(), parts: new Map(), applications: [] };
	for (const jobDefinition of jobDefinitions) {
		const parts = placesWithin(jobDefinition);
		refuseSweeps(jobDefinition, parts, notes);
		const description = requiredChild(jobDefinition, parts, JSDL, 'JobDescription', notes.issues);
		if (description !== undefined) readJobDescription(description, merged, notes);
	}
	checkProcesses(merged, notes);
	remarkOnContradictions(jobDefinitions, notes.remarks);
	remarkOnTotals((localName) => merged.ranges.get(localName), notes.remarks);
	return {
		demands: demandsOf(merged),
		candidateHosts: merged.hosts?.names ?? [],
		...(merged.operatingSystem === undefined ? {} : { operatingSystem: merged.operatingSystem.value }),
		...(merged.cpuArchitecture === undefined ? {} : { cpuArchitecture: merged.cpuArchitecture.value }),
		paths: pathsOf(merged),
	};
}

/** What is read of one service so far. */
interface Merging extends MergedResources {
	readonly applications: Application[];
}

/** A sweep is many jobs, and an offer is about one: it is counted, so that its author sees what it would come to. */
function refuseSweeps(jobDefinition: Place, parts: readonly Place[], notes: JobNotes): void {
	const ofSweeps = parts.filter(isOfSweeps);
	const first = ofSweeps.find(isSweep) ?? ofSweeps[0];
	if (first === undefined) return;
	const { element, path } = first;
	const refuse = (why: string): void =>
		addUnsupported(notes.unsupported, { kind: 'enforce', path, subject: qualifiedName(element), why });
	if (!isSweep(first)) {
		refuse(
			`a parameter sweep stands for many jobs, and this is none that can be counted: the standard’s is a Sweep of ${SWEEP}`,
		);
		return;
	}
	const count = countSweptJobs(jobDefinition);
	if (count.ok && count.value === 0n) refuse('this parameter sweep runs through no value, and so stands for no job');
	else if (count.ok) {
		refuse(
			`this parameter sweep stands for ${count.value} jobs; send one offer for each (computon expand prints them)`,
		);
	} else notes.issues.push(...count.issues.slice(0, ISSUES_OF_SWEEP_MAX));
}

/** What is wrong with a sweep is told by `computon expand` in full. */
const ISSUES_OF_SWEEP_MAX = 20;

function readJobDescription(description: Place, merged: Merging, notes: JobNotes): void {
	for (const part of placesWithin(description)) {
		if (part.element.namespace !== JSDL) continue;
		switch (part.element.localName) {
			case 'Resources':
				readResources(part, merged, notes);
				break;
			case 'Application':
				refuseApplication(part, merged, notes);
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

/** An Application is harmless as long as it only describes; a vocabulary that is not known is an extension. */
function refuseApplication(place: Place, merged: Merging, notes: JobNotes): void {
	for (const part of placesWithin(place)) {
		if (hasName(part.element, JSDL, 'Description')) continue;
		const application = readApplication(part, notes);
		if (application !== undefined) {
			merged.applications.push(application);
			for (const demand of unsupportedOf(application)) addUnsupported(notes.unsupported, demand);
			continue;
		}
		const why =
			part.element.namespace === JSDL
				? 'a workspace runs its image, no program of the offer'
				: 'nobody here knows this application, and a workspace runs none';
		addUnsupported(notes.unsupported, { kind: 'enforce', path: part.path, subject: qualifiedName(part.element), why });
	}
}

/**
 * What an SPMD application says about processes against what the Resources say about machines. It is refused anyway,
 * so what does not go together is a remark: whoever describes the machines instead should know.
 */
function checkProcesses({ applications, ranges }: Merging, notes: JobNotes): void {
	for (const { processes } of applications) {
		if (processes === undefined) continue;
		const { count, perHost, threadsPerProcess } = processes;
		const hosts = hostsNeeded(processes);
		const machines = ranges.get('TotalResourceCount');
		if (hosts !== undefined && machines !== undefined && !contains(machines.range, hosts)) {
			const message = `${count!.value} processes, ${perHost!.value} on each host, take ${hosts} hosts; ${machines.path} admits no such number.`;
			const details = { found: String(hosts), allowed: printRange(machines.range) };
			addIssue(notes.remarks, 'PROCESSES_MISMATCH', count!.path, message, details);
		}
		const cpus = ranges.get('IndividualCPUCount');
		const threads = typeof threadsPerProcess?.value === 'number' ? threadsPerProcess.value : 1;
		if (typeof perHost?.value !== 'number' || cpus === undefined) continue;
		const wanted = perHost.value * threads;
		if (intersects(cpus.range, above(wanted))) continue;
		const message = `${wanted} threads of processes on each host are more than the CPUs that ${cpus.path} admits; they would share them.`;
		const details = { found: String(wanted), allowed: printRange(cpus.range) };
		addIssue(notes.remarks, 'PROCESSES_MISMATCH', perHost.path, message, details);
	}
}
