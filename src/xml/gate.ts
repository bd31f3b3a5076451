/**
 * The gate: foreign bytes in; plain, validated text out, or issues. libxml2 decodes (byte order mark, declaration),
 * checks well-formedness, validates against the schemas of this package and writes the text anew, so that nothing of
 * XML's many ways to say a thing is left but start tags, end tags, comments, instructions, and text with references.
 * It loads nothing: no DTD, no entity, no schema that the document names, no file and no address.
 *
 * libxml2 runs as WebAssembly. An error of its own (not of the document) may leave its instance broken for good, so
 * whoever calls this with documents from outside does so in a worker that is thrown away then: pool.ts.
 */
import { readdirSync, readFileSync } from 'node:fs';
import {
	type ErrorDetail,
	ParseOption,
	XmlBufferInputProvider,
	XmlDocument,
	XmlParseError,
	XmlValidateError,
	XsdValidator,
	xmlCleanupInputProvider,
	xmlRegisterInputProvider,
} from 'libxml2-wasm';
import type { DocumentIssue } from './element.ts';
import { encodingIssue, sourceText } from './encoding.ts';
import { cappedIssues, gateIssue, ISSUES_MAX } from './issue.ts';
import { type Locator, locatorOf } from './locate.ts';
import { attributeStep, readSchemaFault } from './schema-faults.ts';

/**
 * The most bytes of a document that are read unless somebody says otherwise. An offer has 3 to 10 KB, one that
 * describes 500 machines one by one 200 KB; 1 MiB is 45 ms of work.
 */
export const DOCUMENT_BYTES_MAX = 1 << 20;

/**
 * The most elements and comments of a document. An offer that describes 500 machines one by one has 5,000. The reason is
 * a document that is all faults: libxml2 makes a path for each, past all siblings before it. A flat document of 25,000
 * wrong elements takes 0.7 s; one of 150,000, which fit into 1 MiB, took 22 s.
 */
export const ELEMENTS_MAX = 25_000;

/** What a text is taken for: a document by itself, or a message, which is an envelope around documents. */
export type GateKind = 'document' | 'message';

/** What came of a document at the gate. */
export type Passage<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly issues: readonly DocumentIssue[] };

/** What is done with a text at the gate: a way to the text itself, and a locator that knows the lines of the source. */
type Use<T> = (plain: () => string, locator: Locator, faults: readonly DocumentIssue[]) => T;

/**
 * Lets a document through and hands to `use` a way to its text and a locator that knows the lines of the source; the
 * way is open only while `use` runs. A document that is well-formed and does not keep to the schemas goes to `useInvalid`
 * with its faults, where there is one, by those who mend such documents. Throws whatever the two throw, and what libxml2
 * throws about itself.
 */
export function passGate<T>(
	bytes: Uint8Array,
	bytesMax: number,
	use: Use<T>,
	{ as = 'document', useInvalid }: { readonly as?: GateKind | undefined; readonly useInvalid?: Use<T> } = {},
): Passage<T> {
	const oversize = sizeIssue(bytes, bytesMax);
	if (oversize !== undefined) return { ok: false, issues: [oversize] };
	if (countMarkup(bytes) > ELEMENTS_MAX) {
		return { ok: false, issues: [gateIssue('TOO_MANY_ELEMENTS', { allowed: `at most ${ELEMENTS_MAX}` })] };
	}
	const mislabelled = encodingIssue(bytes);
	if (mislabelled !== undefined) return { ok: false, issues: [mislabelled] };
	const validator = compiledSchemas(as);
	let document: XmlDocument;
	try {
		document = XmlDocument.fromBuffer(bytes, { option: PARSE_OPTIONS });
	} catch (error) {
		if (error instanceof XmlParseError) return { ok: false, issues: parseIssues(error.details) };
		throw error;
	}
	try {
		const locator = locatorOf(() => sourceText(bytes));
		// Before validation: libxml2 has been brought down by entities in documents under validation (CVE-2026-6732).
		if (document.dtd !== null) return { ok: false, issues: [doctypeIssue(locator)] };
		try {
			validator.validate(document);
		} catch (error) {
			if (!(error instanceof XmlValidateError)) throw error;
			const issues = schemaIssues(error.details, locator, document.root.namespaceUri);
			if (useInvalid === undefined) return { ok: false, issues };
			return { ok: true, value: useInvalid(() => plainText(document), locator, issues) };
		}
		return { ok: true, value: use(() => plainText(document), locator, []) };
	} finally {
		document.dispose();
	}
}

/** The issue of a document that is too large to be looked at. */
export function sizeIssue(bytes: Uint8Array, bytesMax: number): DocumentIssue | undefined {
	if (bytes.length <= bytesMax) return undefined;
	return gateIssue('TOO_LARGE', { found: `${bytes.length} bytes`, allowed: `at most ${bytesMax} bytes` });
}

/** Does what the first text of a kind would have to wait for in this thread: compiles the schemas (15 ms). */
export function prepareGate(...kinds: readonly GateKind[]): void {
	for (const kind of kinds) compiledSchemas(kind);
}

/**
 * How many start tags and comments there are at most, counted before anything is parsed: every `<` that does not begin
 * an end tag. Where a character has several bytes (UTF-16) end tags count too. 0 where so few bytes cannot hold too many.
 */
function countMarkup(bytes: Uint8Array): number {
	const shortestElement = '<a/>'.length;
	if (bytes.length <= ELEMENTS_MAX * shortestElement) return 0;
	let count = 0;
	for (let at = bytes.indexOf(LESS_THAN); at >= 0; at = bytes.indexOf(LESS_THAN, at + 1)) {
		if (bytes[at + 1] !== SLASH) count += 1;
	}
	return count;
}

const LESS_THAN = '<'.charCodeAt(0);
const SLASH = '/'.charCodeAt(0);

/** Never NOENT, HUGE, RECOVER, XINCLUDE or DTD*: each turns a protection off. */
const PARSE_OPTIONS =
	ParseOption.XML_PARSE_NO_XXE |
	ParseOption.XML_PARSE_NO_SYS_CATALOG |
	ParseOption.XML_PARSE_NONET |
	ParseOption.XML_PARSE_NOCDATA |
	ParseOption.XML_PARSE_BIG_LINES;

const SCHEMA_FOLDERS = ['jsdl', 'agreement', 'soap'];
const SCHEMA_ENTRIES: Readonly<Record<GateKind, string>> = {
	document: 'agreement/documents.xsd',
	message: 'soap/messages.xsd',
};

const compiled = new Map<GateKind, XsdValidator>();

function compiledSchemas(kind: GateKind): XsdValidator {
	const known = compiled.get(kind);
	if (known !== undefined) return known;
	const made = compileSchemas(SCHEMA_ENTRIES[kind]);
	compiled.set(kind, made);
	return made;
}

/**
 * Compiles the schemas from memory under names that exist nowhere else, and then takes every way to open anything
 * away from libxml2, its own included: an xsi:schemaLocation in a document finds nothing.
 */
function compileSchemas(entryFile: string): XsdValidator {
	const folder = schemaFolder();
	const files: Record<string, Uint8Array> = {};
	for (const name of SCHEMA_FOLDERS) {
		for (const file of readdirSync(new URL(`${name}/`, folder))) {
			files[`computon:/${name}/${file}`] = readFileSync(new URL(`${name}/${file}`, folder));
		}
	}
	const entry = `computon:/${entryFile}`;
	xmlRegisterInputProvider(new XmlBufferInputProvider(files));
	const document = XmlDocument.fromBuffer(files[entry]!, { url: entry, option: PARSE_OPTIONS });
	try {
		return XsdValidator.fromDoc(document);
	} finally {
		document.dispose();
		xmlCleanupInputProvider();
	}
}

/** `schemas/` lies beside the folder that holds the rooms, be it the sources or what was built from them. */
function schemaFolder(): URL {
	return new URL('../../schemas/', import.meta.url);
}

/** The document as UTF-8 text: no declaration, no CDATA sections, no empty-element tags, its comments kept. */
function plainText(document: XmlDocument): string {
	// libxml2 hands the text over in pieces, which may end inside a character: one decoder takes them all.
	const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	let text = '';
	const output = {
		write: (piece: Uint8Array) => {
			text += decoder.decode(piece, { stream: true });
			return piece.length;
		},
		close: () => true,
	};
	document.save(output, { encoding: 'utf-8', noDeclaration: true, noEmptyTags: true });
	return text;
}

function parseIssues(details: readonly ErrorDetail[]): readonly DocumentIssue[] {
	return issuesOf(details, ({ message, line }) => {
		const detail = message.trim();
		if (/^Excessive depth/.test(detail)) return gateIssue('TOO_DEEP', { line });
		if (/entity amplification/.test(detail)) return gateIssue('DTD_FORBIDDEN', { line });
		if (/\bencoding\b/.test(detail)) return gateIssue('ENCODING', { line, detail });
		return gateIssue('NOT_WELL_FORMED', { line, detail });
	});
}

/** To the locator a document type is the first of all elements, under the name that it begins with. */
function doctypeIssue({ linesOf }: Locator): DocumentIssue {
	const [line] = linesOf(['/!DOCTYPE']);
	return gateIssue('DTD_FORBIDDEN', line === undefined ? {} : { line });
}

/** What the namespaces of languages begin with that are taken for one that is read here, and what to say of them. */
const NAMESAKES: Readonly<Record<string, string>> = {
	'http://www.ibm.com/xmlns/prod/scheduling/':
		'This is a job definition of IBM Workload Scheduler. Its language is called JSDL too and has nothing but the name in common with the JSDL of the OGF, which is read here.',
};

const ROOTS =
	'a root of WS-Agreement (http://schemas.ggf.org/graap/2007/03/ws-agreement), WS-Agreement Negotiation or JSDL';

function schemaIssues(details: readonly ErrorDetail[], locator: Locator, root: string): readonly DocumentIssue[] {
	return issuesOf(details, ({ message, line, xpath }) => {
		const fault = readSchemaFault(message);
		const path = xpath === undefined ? '/' : locator.pathOf(xpath);
		if (fault.detail.endsWith('No matching global declaration available for the validation root.')) {
			const namesake = Object.entries(NAMESAKES).find(([namespace]) => root.startsWith(namespace))?.[1];
			const more = namesake === undefined ? {} : { detail: namesake };
			const localName = path.replace(/^.*[/:]/, '');
			const found = root === '' ? localName : `{${root}}${localName}`;
			return gateIssue('ROOT_UNKNOWN', { path, line, found, allowed: ROOTS, ...more });
		}
		const at = `${path}${attributeStep(message, path)}`;
		const [found] = xpath === undefined ? [] : locator.linesOf([path]);
		return gateIssue('XSD_INVALID', { path: at, line: found ?? line, ...fault });
	});
}

/** One issue for each fault that libxml2 tells, as many as are told on. */
function issuesOf(
	details: readonly ErrorDetail[],
	issueOf: (detail: ErrorDetail) => DocumentIssue,
): readonly DocumentIssue[] {
	// One more than the cap, which then turns into the remark that there are more. Level 1 are warnings.
	const faults = details.filter(({ level }) => level > 1).slice(0, ISSUES_MAX + 1);
	return cappedIssues(faults.map(issueOf));
}
