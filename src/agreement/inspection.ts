/**
 * What `computon validate` says of a document: what kind it is, whether it is valid, and three things that are never
 * mixed. An `error` makes it invalid: strictly, what the schemas refuse, leniently, what could not be repaired.
 * NOT_SUPPORTED: valid, and a site of this kind could not give it, or takes it for a mistake. EXTENSION_KEPT:
 * valid, in a vocabulary or of a name that nobody here knows, and kept in its place.
 *
 * A module for the workers of the xml room.
 */
import type { Mended } from '../xml/document.ts';
import { type DocumentIssue, element, hasName, qualifiedName, type XmlElement } from '../xml/element.ts';
import { rankOf } from '../xml/issue.ts';
import { declareNamespaces } from '../xml/scope.ts';
import { excerpt } from './document.ts';
import { jobDefinitionsWithin, readJobDocument } from './jsdl/job-document.ts';
import { contentModel } from './lenient/content-models.ts';
import { nameText, type Strangeness } from './lenient/extension-points.ts';
import { mend as mendTree } from './lenient/mend.ts';
import { note } from './lenient/repairs.ts';
import { unknownExtensions } from './lenient/unknown-extensions.ts';
import { lintPlaceholders } from './lint/lint.ts';
import * as names from './names.ts';
import { eachOnce, type OfferBranch, readBranches } from './offer/branches.ts';
import type { Offer } from './offer/offer.ts';
import { isAgreement, readAgreement } from './properties/agreement-properties.ts';
import { readSent, type SentDocument } from './reading.ts';
import { agreementOfferOf, type NegotiationOffer } from './rounds/negotiation-offer.ts';
import type { UnsupportedDemand } from './terms/service.ts';

export { readJsonForm } from './reading.ts';

/** Bounded: it crosses threads. */
export interface Inspection {
	/** `offer`, `template` …; `job-definition`, `job-definitions`; of other documents the name of their root. */
	readonly kind: string;
}

/** What the inspection says of a document that passed the gate, and so is valid; all of it is among the issues. */
export function read(root: XmlElement): {
	readonly ok: true;
	readonly value: Inspection;
	readonly issues: readonly DocumentIssue[];
} {
	const isWrapper = hasName(root, WRAPPER.namespace, WRAPPER.localName);
	const { kind, issues } =
		isWrapper || hasName(root, names.JSDL, 'JobDefinition') ? inspectJobs(root) : inspectSent(root);
	const told = [...issues, ...unfilled(root, kind), ...keptExtensions(root, isWrapper)];
	return { ok: true, value: { kind }, issues: told.sort((one, other) => rankOf(one) - rankOf(other)) };
}

/**
 * The kind of a document that does not keep to the schemas, by the root that the paths of its faults begin with;
 * undefined where that is none that is read here.
 */
export function kindOfInvalid([fault]: readonly DocumentIssue[]): string | undefined {
	const root = /^\/(?:[^/:]*:)?([^/:[]+)/.exec(fault?.path ?? '')?.[1];
	return root === undefined || fault?.code === 'ROOT_UNKNOWN' ? undefined : (KINDS.get(root) ?? root);
}

/** What is read here, by the local name of its root; messages of negotiations are of one kind. */
const KINDS: ReadonlyMap<string, string> = new Map([
	['JobDefinition', 'job-definition'],
	['AgreementOffer', 'offer'],
	['Template', 'template'],
	['AgreementProperties', 'agreement'],
	['CreateAgreementInput', 'agreement-creation'],
	['NegotiableTemplate', 'negotiable-template'],
	['NegotiationContext', 'negotiation-context'],
	['NegotiationOffer', 'negotiation-offer'],
	['InitiateNegotiationInput', 'negotiation-message'],
	['NegotiateInput', 'negotiation-message'],
	['AdvertiseInput', 'negotiation-message'],
]);

/**
 * Lenient reading for an inspection: a document of another kind that holds JobDefinitions is inspected for them. The
 * gate lets no root pass that it does not know, so what is mended stands in an element that may hold anything.
 */
export function mend(root: XmlElement): Mended {
	const mended = mendTree(root);
	// A document of an agreement that cannot be read is no wrapper of jobs.
	const { namespace, localName } = mended.root;
	const isAgreements = namespace === names.WSAG || namespace === names.NEG;
	if (isAgreements || contentModel(namespace, localName) !== undefined) return mended;
	const count = jobDefinitionsWithin(mended.root).length;
	if (count === 0) return mended;
	const ledger = { diagnostics: [...mended.diagnostics], unlisted: 0 };
	const used = count === 1 ? 'the JobDefinition in it' : `the ${count} JobDefinitions in it`;
	note(ledger, 'JOB_DEFINITION_WRAPPED', { element: root }, { found: qualifiedName(root), used });
	return {
		root: declareNamespaces(element(WRAPPER, [], [mended.root])),
		diagnostics: ledger.diagnostics,
		pathBefore: (path) => mended.pathBefore(path.replace(/^\/[^/]+(?=\/)/, '')),
	};
}

/** The one element of the standards that is a document and may hold anything. */
const WRAPPER = { prefix: 'wsag', namespace: names.WSAG, localName: 'Constraint' };

interface Findings {
	readonly kind: string;
	readonly issues: readonly DocumentIssue[];
}

function inspectJobs(root: XmlElement): Findings {
	const jobs = readJobDocument(root);
	const issues = jobs.flatMap(({ issues, remarks, unsupported }) => [
		...issues.map(asRefused),
		...unsupported.map(asUnsupported),
		...remarks.map(asRemark),
	]);
	if (jobs.length === 0) return { kind: root.localName, issues };
	return { kind: jobs.length === 1 ? 'job-definition' : 'job-definitions', issues };
}

function inspectSent(root: XmlElement): Findings {
	if (isAgreement(root)) {
		const agreement = readAgreement(root);
		return { kind: 'agreement', issues: agreement.ok ? [] : agreement.issues.map(asRefused) };
	}
	const reading = readSent(root);
	if (!reading.ok) {
		// A message or a state is valid by its schema; that a client does not send it is no fault of it.
		const isOther = reading.issues.every(({ code }) => code === 'ROOT_UNKNOWN');
		return { kind: kindOf(root), issues: isOther ? [] : reading.issues.map(asRefused) };
	}
	return { kind: reading.value.kind, issues: inspectRead(reading.value, reading.issues ?? []) };
}

function inspectRead(document: SentDocument, findings: readonly DocumentIssue[]): readonly DocumentIssue[] {
	switch (document.kind) {
		case 'template':
		case 'negotiable-template':
			return withoutExtensions(findings).map((issue) => (issue.severity === 'error' ? asRefused(issue) : issue));
		case 'offer':
			return inspectOffer(document.offer);
		case 'agreement-creation': {
			const { path, offer } = document.creation;
			return inspectOffer(offer).map((issue) => ({ ...issue, path: `${path}${issue.path}` }));
		}
		case 'negotiation-offer':
			return inspectNegotiated([document.offer]);
		case 'negotiation-message':
			return 'offers' in document.message ? inspectNegotiated(document.message.offers) : [];
		case 'negotiation-context':
			return [];
	}
}

function inspectOffer(offer: Offer): readonly DocumentIssue[] {
	const branches = readBranches(offer, TEMPLATE_UNKNOWN);
	return branches.ok ? toldOf(branches.value) : branches.issues.map(asRefused);
}

/** What is asked in a negotiation may still be incomplete: it is enough that it can be read. */
function inspectNegotiated(offers: readonly NegotiationOffer[]): readonly DocumentIssue[] {
	return toldOf(
		offers.flatMap((offer) => {
			const branches = readBranches(agreementOfferOf(offer), TEMPLATE_UNKNOWN);
			return branches.ok ? branches.value : [];
		}),
	);
}

/** The unit of an integer Duration only the site's template knows. */
const TEMPLATE_UNKNOWN = { durationUnit: 'seconds' } as const;

/** Of every way to make the choices, each thing once. */
function toldOf(branches: readonly OfferBranch[]): readonly DocumentIssue[] {
	const requests = branches.map(({ request }) => request);
	const unsupported = requests.flatMap((request) => request.unsupported.map(asUnsupported));
	const remarks = requests.flatMap((request) => withoutExtensions(request.remarks));
	return eachOnce([...unsupported, ...remarks]).map(asRemark);
}

/** Extensions are told of by themselves, wherever they stand. */
function withoutExtensions(remarks: readonly DocumentIssue[]): readonly DocumentIssue[] {
	return remarks.filter(({ code }) => code !== 'EXTENSION_IGNORED');
}

/**
 * What looks like a placeholder that nobody filled in; of a template its lint tells. Programs have variables of their
 * own: what is said to one is left alone.
 */
function unfilled(root: XmlElement, kind: string): readonly DocumentIssue[] {
	if (!kind.startsWith('job-definition') && !OFFERS.has(kind)) return [];
	return lintPlaceholders(root).filter(({ path }) => !/:?(?:POSIX|HPCProfile|SPMD)Application\b/.test(path));
}

const OFFERS: ReadonlySet<string> = new Set(['offer', 'agreement-creation', 'negotiation-offer']);

/** Of what cannot be read, or is sent by nobody: the same name as of what can. */
function kindOf({ localName }: XmlElement): string {
	return KINDS.get(localName) ?? localName;
}

/**
 * The schemas alone say what is valid. What its reader finds beyond them (a negative epsilon, two terms of one name, a
 * constraint that nothing satisfies) is valid, and would be refused here.
 */
function asRefused(issue: DocumentIssue): DocumentIssue {
	return { ...issue, code: 'NOT_SUPPORTED', severity: 'warning', message: `${issue.message} (${issue.code})` };
}

function asRemark(issue: DocumentIssue): DocumentIssue {
	return { ...issue, severity: 'warning' };
}

function asUnsupported({ path, subject, why }: UnsupportedDemand): DocumentIssue {
	const message = `This is valid, and no site of this kind gives it: ${why}.`;
	return { code: 'NOT_SUPPORTED', severity: 'warning', path, message, found: excerpt(subject) };
}

function keptExtensions(root: XmlElement, isWrapped: boolean): DocumentIssue[] {
	return unknownExtensions(root, isWrapped).map(({ path, name, strangeness }) => {
		const found = excerpt(`${name.localName} of ${name.namespace}`);
		return { path, ...extensionKept(strangeness), found };
	});
}

/** What is said of an extension: an information where it is anybody's, a warning where something else may be meant. */
function extensionKept(
	strangeness: Strangeness | undefined,
): Pick<DocumentIssue, 'code' | 'severity' | 'message' | 'allowed'> {
	const code = 'EXTENSION_KEPT';
	if (strangeness === undefined) {
		const message = 'Nobody here knows this vocabulary; it is kept in its place and means nothing.';
		return { code, severity: 'info', message };
	}
	const { kind, meant } = strangeness;
	const severity = 'warning';
	if (meant !== undefined) {
		const message = `It is kept in its place and means nothing, as nobody here knows it. Did you mean ${meant.localName}?`;
		return { code, severity, message, allowed: nameText(meant) };
	}
	const why = kind === 'unknown' ? 'the vocabulary has no such element' : 'it belongs elsewhere';
	return { code, severity, message: `It is kept in its place and means nothing: ${why}.` };
}
