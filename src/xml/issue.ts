/**
 * What can be wrong with a document before anybody asks what it means: the closed table of the gate's and the
 * reader's codes. Codes of meaning belong to the room that reads the tree.
 */
import type { DocumentIssue } from './element.ts';

const TABLE = {
	TOO_LARGE: 'The document has more bytes than are read.',
	TOO_MANY_ELEMENTS: 'The document has more elements and comments than are read.',
	TOO_DEEP: 'Elements are nested deeper than 256 levels.',
	ENCODING: 'The bytes are not text in the encoding that they declare, or the encoding is not known.',
	NOT_WELL_FORMED: 'The text is not well-formed XML with namespaces.',
	DTD_FORBIDDEN: 'A document type declaration is not accepted, nor the entities that it could define.',
	PROCESSING_INSTRUCTION: 'A processing instruction is not accepted.',
	NAMESPACE_RELATIVE: 'A namespace name must be an absolute URI.',
	NAME_RESERVED: 'An element or attribute has a name that is not accepted.',
	ROOT_UNKNOWN: 'The root element belongs to no vocabulary that is read here.',
	XSD_INVALID: 'The document does not keep to the schema.',
	TOO_MANY_ISSUES: 'There is more; the first hundred are listed.',
} as const;

/** One word of the closed table above. */
export type GateIssueCode = keyof typeof TABLE;

/** Every code with its meaning, for the documentation and for the tests that police it. */
export const GATE_ISSUES: Readonly<Record<GateIssueCode, string>> = TABLE;

/** How many issues of one document are told. More help nobody, and each is work: a path and a line to be found. */
export const ISSUES_MAX = 100;

/** A hundred, the gravest that there are, in their order; and a remark where there were more, as grave as those, at the first. */
export function cappedIssues(issues: readonly DocumentIssue[]): readonly DocumentIssue[] {
	if (issues.length <= ISSUES_MAX) return issues;
	const isRemark = ({ code }: DocumentIssue) => code === 'TOO_MANY_ISSUES';
	const gravest = issues.filter((each) => !isRemark(each)).sort((one, other) => rankOf(one) - rankOf(other));
	const told = new Set(gravest.slice(0, ISSUES_MAX));
	const [left] = [...gravest.slice(ISSUES_MAX), ...issues.filter(isRemark)];
	const { path, line, severity } = left!;
	const where = line === undefined ? { path } : { path, line };
	const remark = { ...gateIssue('TOO_MANY_ISSUES', where), ...(severity === undefined ? {} : { severity }) };
	return [...issues.filter((each) => told.has(each)), remark];
}

/** The gravest first: what has no severity is the reason why a document is not taken. */
export function rankOf({ severity = 'error' }: DocumentIssue): number {
	return SEVERITIES.indexOf(severity);
}

const SEVERITIES = ['error', 'warning', 'info'];

/** The longest message that an issue carries: libxml2 quotes the value found, which may be as long as the document. */
const MESSAGE_CHARS_MAX = 500;

/** An issue of the table; `detail` says more than the table's own sentence and comes in its place. */
export function gateIssue(
	code: GateIssueCode,
	where: { path?: string; line?: number; found?: string; allowed?: string; detail?: string } = {},
): DocumentIssue {
	const { path = '/', line, found, allowed, detail } = where;
	return {
		code,
		path,
		...(line !== undefined && line > 0 ? { line } : {}),
		message: shortened(detail ?? TABLE[code]),
		...(found !== undefined ? { found: shortened(found) } : {}),
		...(allowed !== undefined ? { allowed } : {}),
	};
}

function shortened(text: string): string {
	return text.length <= MESSAGE_CHARS_MAX ? text : `${text.slice(0, MESSAGE_CHARS_MAX)}…`;
}
