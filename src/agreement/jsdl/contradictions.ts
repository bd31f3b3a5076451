/**
 * What the JobDefinitions of one service say that cannot be so in one job, beside what is merged as resources
 * (resources.ts): another name, program, mount point, file or limit in each. None of it decides what a site gives, so
 * it is a remark, with both places.
 */
import { type DocumentIssue, hasName, textOf } from '../../xml/element.ts';
import { addIssue, excerpt, type Place, placeNamed, placesWithin, tokenAttribute } from '../document.ts';
import { collapseWhiteSpace, isInteger, parseBoolean } from '../lexical.ts';
import { JSDL, JSDL_HPCPA, JSDL_HPCPA_VARIANTS, JSDL_POSIX, JSDL_SPMD } from '../names.ts';

/** Remarks on everything that a JobDefinition says otherwise than one before it. One walk over each. */
export function remarkOnContradictions(jobDefinitions: readonly Place[], remarks: DocumentIssue[]): void {
	if (jobDefinitions.length < 2) return;
	const said = new Map<string, Statement>();
	const told = new Set<string>();
	for (const jobDefinition of jobDefinitions) {
		const own = new Map<string, Statement>();
		collect(jobDefinition, '', own);
		for (const [key, statement] of own) {
			const other = said.get(key);
			if (other === undefined) said.set(key, statement);
			else if (!isSame(statement.value, other.value) && !told.has(statement.path)) {
				told.add(statement.path);
				const message = `This contradicts ${other.path}: the terms of one service describe one job.`;
				const details = { found: excerpt(statement.value), allowed: excerpt(other.value) };
				addIssue(remarks, 'TERMS_CONFLICT', statement.path, message, details);
			}
		}
	}
}

/** What a job can say once. */
interface Statement {
	readonly value: string;
	readonly path: string;
}

/** The vocabularies of programs to start; each has its own element for them, with the same children. */
const OF_PROGRAMS = new Set([JSDL_POSIX, JSDL_HPCPA, JSDL_SPMD, ...JSDL_HPCPA_VARIANTS]);

/** Of these a job may have several, or they are prose. */
const MANY = new Set(['Description', 'JobAnnotation', 'JobProject']);

/** Of jsdl:Resources only these are not merged and compared with the rest. */
const RESOURCES_COMPARED = new Set(['FileSystem', 'OperatingSystem', 'ExclusiveExecution']);
/** Merged: the type of the operating system, and the space of each file system. */
const MERGED_ELSEWHERE = new Set(['OperatingSystemType', 'DiskSpace']);

function collect(place: Place, key: string, said: Map<string, Statement>): void {
	const isResources = hasName(place.element, JSDL, 'Resources');
	const parts = placesWithin(place);
	const programs = parts.filter(({ element }) => OF_PROGRAMS.has(element.namespace)).length;
	const isApplication = hasName(place.element, JSDL, 'Application');
	for (const part of parts) {
		const { namespace, localName } = part.element;
		const isOfProgram = OF_PROGRAMS.has(namespace);
		if ((namespace !== JSDL && !isOfProgram) || MANY.has(localName) || MERGED_ELSEWHERE.has(localName)) continue;
		if (isResources && !RESOURCES_COMPARED.has(localName)) continue;
		const own = `${key}/${isOfProgram ? 'program' : 'job'}:${localName}${identityOf(part)}`;
		// A job starts one program, in whatever vocabulary; of several side by side each is a way to start it.
		if (isApplication && isOfProgram && programs === 1) collect(part, `${key}/program`, said);
		const value = collapseWhiteSpace(textOf(part.element));
		if (localName === 'Argument') {
			// The arguments are one thing that is said: their list.
			const before = said.get(own);
			said.set(
				own,
				before === undefined ? { value, path: part.path } : { ...before, value: `${before.value}, ${value}` },
			);
		} else if (part.element.children.some(({ kind }) => kind === 'element')) collect(part, own, said);
		else if (!said.has(own)) said.set(own, { value, path: part.path });
	}
}

/** What tells one from another where a job may have several. */
function identityOf(place: Place): string {
	const { element } = place;
	switch (element.localName) {
		case 'FileSystem':
		case 'Environment':
			return `[${tokenAttribute(element, '', 'name') ?? ''}]`;
		case 'DataStaging': {
			const parts = placesWithin(place);
			const names = ['FilesystemName', 'FileName'].map((name) => placeNamed(parts, JSDL, name));
			return `[${names.map((name) => (name === undefined ? '' : collapseWhiteSpace(textOf(name.element)))).join(' ')}]`;
		}
		default:
			return '';
	}
}

/** 1 and true, 60 and 060 are one value. */
function isSame(one: string, other: string): boolean {
	if (one === other) return true;
	if (isInteger(one) && isInteger(other) && Number.isSafeInteger(Number(one))) return Number(one) === Number(other);
	const truth = parseBoolean(one);
	return truth !== undefined && truth === parseBoolean(other);
}
