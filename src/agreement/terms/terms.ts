/**
 * The term tree of an offer or a template (GFD.192, 4.2): compositors, nested at will, over service terms and
 * guarantee terms. What the terms say about resources is read by `readServiceRequest`.
 */
import { type DocumentIssue, qualifiedName } from '../../xml/element.ts';
import { addIssue, optionalChild, type Place, pathOfAttribute, placesWithin, requiredAttribute } from '../document.ts';
import { WSAG } from '../names.ts';
import { type GuaranteeTerm, readGuaranteeTerm } from './guarantee-term.ts';
import { readVariables, type ServiceProperties } from './service-properties.ts';

export type CompositorKind = 'All' | 'ExactlyOne' | 'OneOrMore';

export interface Compositor {
	readonly kind: CompositorKind;
	readonly path: string;
	readonly terms: readonly Term[];
}

/** `content` is the one element that the term holds. */
export interface ServiceTerm {
	readonly kind: 'ServiceDescriptionTerm' | 'ServiceReference';
	readonly path: string;
	readonly name: string;
	readonly serviceName: string;
	/** Of the attribute that says it. */
	readonly serviceNamePath: string;
	readonly content: Place;
}

export type Term = Compositor | ServiceTerm | ServiceProperties | GuaranteeTerm;

/** The terms under `wsag:Terms/wsag:All`; none where the document has no All. */
export interface TermTree {
	readonly path: string;
	readonly terms: readonly Term[];
}

/** Far beyond any real offer (a dozen terms); what is done per term stays small against reading the document. */
const TERMS_MAX = 512;

/** Reads `wsag:Terms`. Every fault is added to the issues; what could be read is returned all the same. */
export function readTermTree(terms: Place, issues: DocumentIssue[]): TermTree {
	const progress: Progress = { issues, names: { own: new Map() }, count: 0 };
	const all = optionalChild(terms, placesWithin(terms), WSAG, 'All', issues);
	return { path: terms.path, terms: all === undefined ? [] : readTerms(all, progress) };
}

/** A term that says something itself. */
export type LeafTerm = Exclude<Term, Compositor>;

/** The terms when the compositors are taken away: of an offer that leaves no choice open, those that are in force. */
export function flattenTerms(terms: readonly Term[]): LeafTerm[] {
	const leaves: LeafTerm[] = [];
	addLeaves(terms, leaves);
	return leaves;
}

function addLeaves(terms: readonly Term[], leaves: LeafTerm[]): void {
	for (const term of terms) {
		if ('terms' in term) addLeaves(term.terms, leaves);
		else leaves.push(term);
	}
}

interface Progress {
	readonly issues: DocumentIssue[];
	/** Of the terms that may be in force together with the one that is read. */
	names: Names;
	count: number;
}

interface Names {
	/** Term name -> path of the term that has it. */
	readonly own: Map<string, string>;
	/** Of the terms around a branch of an ExactlyOne. */
	readonly around?: Names;
}

function readTerms(compositor: Place, progress: Progress): Term[] {
	const places = placesWithin(compositor);
	if (places.length === 0) {
		addIssue(progress.issues, 'ELEMENT_MISSING', compositor.path, 'A compositor needs at least one term.');
	}
	const terms: Term[] = [];
	const around = progress.names;
	const branches: Names['own'][] = [];
	for (const place of places) {
		if (progress.count >= TERMS_MAX) {
			const message = `A document may have at most ${TERMS_MAX} terms.`;
			addIssue(progress.issues, 'TERMS_TOO_MANY', place.path, message, { allowed: `at most ${TERMS_MAX}` });
			break;
		}
		progress.count += 1;
		// Of an ExactlyOne no branch is in force with another; with any of them is whatever stands behind it.
		if (compositor.element.localName === 'ExactlyOne') {
			progress.names = { own: new Map(), around };
			branches.push(progress.names.own);
		}
		const term = readTerm(place, progress);
		if (term !== undefined) terms.push(term);
	}
	progress.names = around;
	for (const own of branches) for (const [name, path] of own) around.own.set(name, path);
	return terms;
}

function readTerm(place: Place, progress: Progress): Term | undefined {
	const kind = place.element.namespace === WSAG ? place.element.localName : '';
	switch (kind) {
		case 'All':
		case 'ExactlyOne':
		case 'OneOrMore':
			return { kind, path: place.path, terms: readTerms(place, progress) };
		case 'ServiceDescriptionTerm':
		case 'ServiceReference':
			return readServiceTerm(kind, place, progress);
		case 'ServiceProperties':
			return readServiceProperties(place, progress);
		case 'GuaranteeTerm': {
			const name = readTermName(place, progress);
			return readGuaranteeTerm(place, name, progress.issues);
		}
		default: {
			const message = 'A compositor holds compositors, service terms and guarantee terms.';
			addIssue(progress.issues, 'ELEMENT_UNKNOWN', place.path, message, { found: qualifiedName(place.element) });
			return undefined;
		}
	}
}

function readTermName(place: Place, { issues, names }: Progress): string {
	const name = requiredAttribute(place, WSAG, 'Name', issues);
	const other = pathOfName(name, names);
	if (other === undefined) names.own.set(name, place.path);
	else {
		const message = `The term at ${other} has this name too; states and preferences could not tell them apart.`;
		addIssue(issues, 'TERM_NAME_REPEATED', pathOfAttribute(place, WSAG, 'Name'), message, { found: name });
	}
	return name;
}

function pathOfName(name: string, { own, around }: Names): string | undefined {
	return own.get(name) ?? (around && pathOfName(name, around));
}

function readServiceTerm(kind: ServiceTerm['kind'], place: Place, progress: Progress): ServiceTerm | undefined {
	const name = readTermName(place, progress);
	const serviceName = requiredAttribute(place, WSAG, 'ServiceName', progress.issues);
	const [content, second] = placesWithin(place);
	if (content === undefined || second !== undefined) {
		const code = content === undefined ? 'ELEMENT_MISSING' : 'ELEMENT_REPEATED';
		addIssue(progress.issues, code, (second ?? place).path, `A ${kind} holds exactly one element.`);
	}
	const serviceNamePath = pathOfAttribute(place, WSAG, 'ServiceName');
	return content && { kind, path: place.path, name, serviceName, serviceNamePath, content };
}

function readServiceProperties(place: Place, progress: Progress): ServiceProperties {
	const { issues } = progress;
	const name = readTermName(place, progress);
	const serviceName = requiredAttribute(place, WSAG, 'ServiceName', issues);
	const serviceNamePath = pathOfAttribute(place, WSAG, 'ServiceName');
	const variables = readVariables(place, issues);
	return { kind: 'ServiceProperties', path: place.path, name, serviceName, serviceNamePath, variables };
}
