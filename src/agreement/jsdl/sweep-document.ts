/**
 * Documents with parameter sweeps, one document for each job that they stand for: an offer becomes offers, since a
 * site makes one agreement at a time; JobDefinitions, however they are wrapped, become JobDefinitions.
 */
import { type DocumentIssue, hasName, replaceElements, type XmlElement } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { addIssue, type Reading } from '../document.ts';
import { WSAG } from '../names.ts';
import { jobDefinitionsWithin } from './job-document.ts';
import { expandSweep, type ParameterSweep, readParameterSweep, type SweptJob } from './sweep.ts';

export interface SweptDocument {
	/** How many documents it stands for: the product over the JobDefinitions of an offer, else their sum. */
	readonly count: bigint;
	/** What is in order, and seldom meant. */
	readonly remarks: readonly DocumentIssue[];
	/** Them, each made when it is asked for. Whoever asks looks at the count first. */
	documents(): Generator<Expansion>;
}

/** One of the documents, and what makes it this one. */
export interface Expansion {
	readonly tree: XmlElement;
	readonly values: SweptJob['values'];
}

/** Reads the sweeps of all JobDefinitions of a document, which may have none. */
export function readSweptDocument(root: XmlElement): Reading<SweptDocument> {
	const issues: DocumentIssue[] = [];
	const jobs: Job[] = [];
	for (const place of jobDefinitionsWithin(root)) {
		const sweep = readParameterSweep(place);
		if (sweep.ok) jobs.push({ element: place.element, sweep: sweep.value });
		else issues.push(...sweep.issues);
	}
	if (jobs.length === 0 && issues.length === 0) {
		addIssue(issues, 'ELEMENT_MISSING', '/', 'The document holds no JobDefinition, and so no parameter sweep.');
	}
	if (issues.length > 0) return { ok: false, issues };
	const remarks = jobs.flatMap(({ sweep }) => sweep.remarks);
	const counts = jobs.map(({ sweep }) => sweep.count);
	if (hasName(root, WSAG, 'AgreementOffer')) {
		const count = counts.reduce((product, each) => product * each, 1n);
		return { ok: true, value: { count, remarks, documents: () => offers(root, jobs, new Map(), []) } };
	}
	const count = counts.reduce((sum, each) => sum + each, 0n);
	return { ok: true, value: { count, remarks, documents: () => jobDefinitions(jobs) } };
}

interface Job {
	readonly element: XmlElement;
	readonly sweep: ParameterSweep;
}

function* jobDefinitions(jobs: readonly Job[]): Generator<Expansion> {
	for (const { sweep } of jobs) {
		for (const { jobDefinition, values } of expandSweep(sweep)) yield { tree: jobDefinition, values };
	}
}

/** Every choice of one job for each JobDefinition; the last one changes fastest. */
function* offers(
	root: XmlElement,
	jobs: readonly Job[],
	chosen: ReadonlyMap<XmlElement, XmlElement>,
	values: Expansion['values'],
): Generator<Expansion> {
	const [job, ...others] = jobs;
	if (job === undefined) {
		yield { tree: declareNamespaces(replaceElements(root, chosen)), values };
		return;
	}
	// Where one of the others stands for no job, none of this one's would become an offer.
	if (others.some(({ sweep }) => sweep.count === 0n)) return;
	for (const swept of expandSweep(job.sweep)) {
		const next = new Map([...chosen, [job.element, swept.jobDefinition]]);
		yield* offers(root, others, next, [...values, ...swept.values]);
	}
}
