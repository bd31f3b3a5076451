/** A JobDefinition within a term of WS-Agreement, in elements of somebody's own: a Job, a JobCollection, a batch system's. */
import { qualifiedName, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { isBlank } from '../lexical.ts';
import { JSDL, WSAG } from '../names.ts';
import { contentModel } from './content-models.ts';
import { withoutAlias } from './namespace-aliases.ts';
import { type Ledger, note, type Spot } from './repairs.ts';

export interface UnwrappedTerm {
	/** What stands in the term. */
	readonly wrapper: XmlElement;
	readonly job: Spot;
	/** What the wrapper says beside it. */
	readonly rest?: XmlElement;
}

/**
 * What a term means whose one element is of no vocabulary that is known here and holds one JobDefinition, and nothing
 * else that a term could be about. Several JobDefinitions are an error: a term holds one, and nobody can tell whether
 * they are parts of a job or several jobs.
 */
export function unwrapTerm(term: Spot, ledger: Ledger): UnwrappedTerm | undefined {
	if (term.element.localName !== 'ServiceDescriptionTerm' || withoutAlias(term.element.namespace) !== WSAG)
		return undefined;
	const held = term.element.children.filter((child) => child.kind === 'element');
	const [wrapper, second] = held;
	const isWrapped = second === undefined && wrapper !== undefined && !isKnown(wrapper);
	const inner = held.map((element): Spot => ({ element, outer: term }));
	const found = isWrapped ? outermostKnown(inner[0]!) : inner;
	const jobs = found.filter(({ element }) => isJob(element));
	if (jobs.length > 1) {
		// Where the schema too sees what is too much.
		const at = isWrapped ? inner[0]! : jobs[1]!;
		note(ledger, 'JOB_DEFINITIONS_SEVERAL', at, { found: `${jobs.length} JobDefinitions` });
	}
	const [job] = jobs;
	if (!isWrapped || job === undefined || found.length > 1) return undefined;
	const rest = without(wrapper, job.element);
	const used = rest === undefined ? '' : ', and what stands beside it as an extension of it';
	note(ledger, 'JOB_DEFINITION_WRAPPED', inner[0]!, {
		found: qualifiedName(wrapper),
		used: `the JobDefinition in it${used}`,
	});
	return { wrapper, job, ...(rest === undefined ? {} : { rest }) };
}

function isJob({ namespace, localName }: XmlElement): boolean {
	return localName === 'JobDefinition' && withoutAlias(namespace) === JSDL;
}

function isKnown({ namespace, localName }: XmlElement): boolean {
	return contentModel(withoutAlias(namespace), localName) !== undefined;
}

function outermostKnown(spot: Spot): Spot[] {
	if (isKnown(spot.element)) return [spot];
	return spot.element.children.flatMap((child) =>
		child.kind === 'element' ? outermostKnown({ element: child, outer: spot }) : [],
	);
}

/** The element without another one below it; undefined where it says nothing then. */
function without(own: XmlElement, job: XmlElement): XmlElement | undefined {
	const children = own.children.flatMap((child): readonly XmlNode[] => {
		if (child === job) return [];
		if (child.kind !== 'element' || !holds(child, job)) return [child];
		const left = without(child, job);
		return left === undefined ? [] : [left];
	});
	const isSilent = children.every(
		(child) => child.kind === 'comment' || (child.kind === 'text' && isBlank(child.text)),
	);
	return isSilent && own.attributes.length === 0 ? undefined : { ...own, children };
}

function holds(own: XmlElement, job: XmlElement): boolean {
	return own.children.some((child) => child === job || (child.kind === 'element' && holds(child, job)));
}
