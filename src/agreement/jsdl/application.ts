/**
 * jsdl:Application: the program that a job runs, in the POSIX vocabulary, in that of the HPC Basic Profile or as SPMD.
 * This site starts machines and no programs, so what is read here is valid and cannot be had; it is read all the same,
 * so that the answer says of each part what stands in its way and what to ask for instead.
 */
import { attributeValue, type DocumentIssue, hasName, qualifiedName, textOf } from '../../xml/element.ts';
import { addIssue, excerpt, type Place, placeNamed, placesNamed, placesWithin } from '../document.ts';
import { collapseWhiteSpace, isInteger, parseBoolean } from '../lexical.ts';
import { JSDL_HPCPA, JSDL_HPCPA_VARIANTS, JSDL_POSIX, JSDL_SPMD, XSI } from '../names.ts';
import type { UnsupportedDemand } from '../terms/service.ts';

/** A program as its author describes it. */
export interface Application {
	readonly kind: 'POSIXApplication' | 'HPCProfileApplication' | 'SPMDApplication';
	readonly path: string;
	/** The element's name as it is written. */
	readonly name: string;
	/** Absent: the machine's own choice, or that of ApplicationName. */
	readonly executable?: string;
	/** White space inside is part of an argument, and an empty one counts. */
	readonly arguments: readonly string[];
	readonly limits: readonly { readonly name: string; readonly path: string; readonly lexical: string }[];
	/** SPMD alone. */
	readonly processes?: Processes;
}

/** How many processes a program runs as (GFD.115); what is absent is left to the site. */
export interface Processes {
	readonly count?: ProcessCount;
	readonly perHost?: ProcessCount;
	readonly threadsPerProcess?: ProcessCount;
	/** The URI of the message passing that it wants. */
	readonly variation: string;
}

/** A number, or as many as there are CPUs: in all for processes, of one machine for threads. */
export interface ProcessCount {
	readonly value: number | 'cpus';
	readonly path: string;
}

/** Where what was found is written. */
export interface ApplicationNotes {
	readonly issues: DocumentIssue[];
	readonly remarks: DocumentIssue[];
}

/** The application that the element describes; undefined where it is of no vocabulary that is known here. */
export function readApplication(place: Place, notes: ApplicationNotes): Application | undefined {
	const { element, path } = place;
	const name = qualifiedName(element);
	const parts = placesWithin(place);
	if (hasName(element, JSDL_POSIX, 'POSIXApplication')) {
		return { kind: 'POSIXApplication', path, name, ...readProgram(parts, JSDL_POSIX) };
	}
	if (hasName(element, JSDL_SPMD, 'SPMDApplication')) {
		const processes = readProcesses(parts, notes);
		return { kind: 'SPMDApplication', path, name, ...readProgram(parts, JSDL_POSIX), processes };
	}
	if (element.localName !== 'HPCProfileApplication') return undefined;
	if (JSDL_HPCPA_VARIANTS.includes(element.namespace)) {
		const message = `This namespace is in use for ${JSDL_HPCPA}; it is read as that, and no schema checks it.`;
		const details = { found: element.namespace, allowed: JSDL_HPCPA };
		addIssue(notes.remarks, 'NAMESPACE_VARIANT', path, message, details);
	} else if (element.namespace !== JSDL_HPCPA) return undefined;
	return { kind: 'HPCProfileApplication', path, name, ...readProgram(parts, element.namespace) };
}

/** What of a program cannot be had here, each with what to ask for instead where there is something. */
export function unsupportedOf(application: Application): UnsupportedDemand[] {
	const { path, name, executable, limits } = application;
	const count = application.arguments.length;
	const starts = executable === undefined ? 'a program' : excerpt(executable, EXECUTABLE_CHARACTERS_MAX);
	const words = count === 0 ? '' : ` with ${count} ${count === 1 ? 'argument' : 'arguments'}`;
	const why = `a workspace runs its image, no program of the offer: it would start ${starts}${words}${hostsAdvice(application)}`;
	const demands: UnsupportedDemand[] = [{ kind: 'enforce', path, subject: name, why }];
	for (const limit of limits) {
		const instead = INSTEAD_OF_LIMITS[limit.name] ?? 'it is set inside the machine, by whoever runs the program';
		demands.push({ kind: 'enforce', path: limit.path, subject: `${limit.name} ${limit.lexical}`, why: instead });
	}
	return demands;
}

/** How many hosts so many processes take: the last one may have fewer. Undefined where it does not follow. */
export function hostsNeeded(processes: Processes): number | undefined {
	const count = processes.count?.value;
	const perHost = processes.perHost?.value;
	return typeof count === 'number' && typeof perHost === 'number' ? Math.ceil(count / perHost) : undefined;
}

/** Enough to recognise it in a message. */
const EXECUTABLE_CHARACTERS_MAX = 80;

const LIMIT = /Limit$/;

const INSTEAD_OF_LIMITS: Readonly<Record<string, string>> = {
	WallTimeLimit: 'no program is timed; the Duration of the window limits how long the machine runs',
	CPUTimeLimit: 'CPU seconds are not limited; the window and the CPUShare of the Workspace limit what a machine gets',
	MemoryLimit: 'the memory of a process is not limited; IndividualPhysicalMemory limits the machine’s',
	VirtualMemoryLimit: 'the virtual memory of a process is its operating system’s; ask for IndividualPhysicalMemory',
	FileSizeLimit: 'the size of a file is not limited; IndividualDiskSpace limits the disk',
};

function readProgram(
	parts: readonly Place[],
	namespace: string,
): Pick<Application, 'executable' | 'arguments' | 'limits'> {
	const executable = placeNamed(parts, namespace, 'Executable');
	return {
		...(executable === undefined ? {} : { executable: textOf(executable.element) }),
		arguments: placesNamed(parts, namespace, 'Argument').map(({ element }) => textOf(element)),
		limits: parts
			.filter(({ element }) => element.namespace === namespace && LIMIT.test(element.localName))
			.map(({ element, path }) => ({ name: element.localName, path, lexical: collapseWhiteSpace(textOf(element)) })),
	};
}

function readProcesses(parts: readonly Place[], { issues }: ApplicationNotes): Processes {
	const number = (localName: string, actual?: string): ProcessCount | undefined => {
		const place = placeNamed(parts, JSDL_SPMD, localName);
		return place && readProcessCount(place, actual, issues);
	};
	const count = number('NumberOfProcesses', 'actualtotalcpucount');
	const perHost = number('ProcessesPerHost');
	const threadsPerProcess = number('ThreadsPerProcess', 'actualindividualcpucount');
	const variation = placeNamed(parts, JSDL_SPMD, 'SPMDVariation');
	return {
		...(count && { count }),
		...(perHost && { perHost }),
		...(threadsPerProcess && { threadsPerProcess }),
		variation: variation === undefined ? '' : collapseWhiteSpace(textOf(variation.element)),
	};
}

/** A positive whole number; with the attribute `actual` as many as there are CPUs; nil alone says nothing. */
function readProcessCount(place: Place, actual: string | undefined, issues: DocumentIssue[]): ProcessCount | undefined {
	const { element, path } = place;
	const isActual = actual !== undefined && parseBoolean(attributeValue(element, '', actual) ?? 'false') === true;
	if (isActual) return { value: 'cpus', path };
	const isNil = parseBoolean(attributeValue(element, XSI, 'nil') ?? 'false') === true;
	if (isNil) return undefined;
	const lexical = collapseWhiteSpace(textOf(element));
	const value = Number(lexical);
	if (isInteger(lexical) && value > 0 && Number.isSafeInteger(value)) return { value, path };
	const isCount = isInteger(lexical) && value > 0;
	const details = { found: lexical, allowed: `a whole number of at least 1${isCount ? ', up to 2^53' : ''}` };
	addIssue(issues, isCount ? 'NUMBER_TOO_LARGE' : 'VALUE_MALFORMED', path, `${element.localName} is a count.`, details);
	return undefined;
}

function hostsAdvice({ processes }: Application): string {
	if (processes === undefined) return '';
	const hosts = hostsNeeded(processes);
	if (hosts === undefined) return '';
	const { count, perHost } = processes;
	return `; for its ${count?.value} processes, ${perHost?.value} on each host, ask for TotalResourceCount ${hosts}`;
}
