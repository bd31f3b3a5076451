/** `computon template lint`: what is wrong with templates that can be read, in this process, without a broker. */
import { isFatal, lintPlaceholders, lintTemplate } from '../agreement/lint/lint.ts';
import { readTemplate, type Template } from '../agreement/template/template.ts';
import type { Mended, Reading } from '../xml/document.ts';
import type { DocumentIssue, XmlElement } from '../xml/element.ts';
import { readBytes, readInEitherForm } from './documents.ts';
import { bytesWithout, engineTextOf, issuesBeside } from './engine-text.ts';
import { EXIT, type ExitCode, UsageError } from './outcome.ts';
import type { Output } from './output.ts';

export const LINT_HELP = `
Each finding has a code (docs/problems.md), a path, a line and an explanation: of constraints that nothing can fulfil,
alone or together, which exclude each other. Errors are fatal: such a template cannot be published. Warnings are
not. Exit 0: no errors; 1: errors; 2: a file cannot be read (with --json FILE_UNREADABLE among its findings).`;

/** One line per file; 0 where no finding is fatal, 1 where one is, 2 where a file cannot be read. */
export async function lintFiles(output: Output, files: readonly string[]): Promise<ExitCode> {
	let fatal = false;
	let unreadable = false;
	for (const file of files) {
		try {
			const findings = lint(await readBytes(file));
			const ok = !findings.some(isFatal);
			fatal ||= !ok;
			output.data({ file, ok, findings }, () => lintText(file, findings));
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			const { message } = error;
			output.note(message);
			const finding = { code: 'FILE_UNREADABLE', severity: 'error' as const, path: '/', message };
			if (output.json) output.data({ file, ok: false, findings: [finding] }, () => message);
			unreadable = true;
		}
	}
	if (unreadable) return EXIT.usage;
	return fatal ? EXIT.failed : EXIT.accepted;
}

/** What is told of a template that an engine was to write: its directives, too, and of what they make no document the rest. */
function lint(bytes: Uint8Array): readonly DocumentIssue[] {
	const findings = lintDocument(bytes);
	if (!findings.some(isFatal)) return findings;
	const isIllFormed = findings.some(isNoDocument);
	const engine = engineTextOf(bytes);
	const without = isIllFormed ? bytesWithout(engine) : undefined;
	const ofRest = without && lintDocument(without);
	const beside = issuesBeside(engine, isIllFormed, ofRest?.some(isNoDocument) ? undefined : ofRest);
	return [...findings, ...beside];
}

function isNoDocument({ code }: DocumentIssue): boolean {
	return code === 'NOT_WELL_FORMED';
}

/**
 * What keeps it from being read is fatal as well. Where that is a placeholder in the place of a value, it is called so;
 * the others of the document are told with it, as the reader of templates would.
 */
function lintDocument(bytes: Uint8Array): readonly DocumentIssue[] {
	const read = (root: XmlElement): Reading<Template> => {
		const template = readTemplate(root);
		if (template.ok) return { ...template, issues: lintTemplate(template.value) };
		return { ok: false, issues: [...template.issues, ...lintPlaceholders(root)] };
	};
	const mend = (root: XmlElement): Mended => ({
		root,
		diagnostics: lintPlaceholders(root),
		pathBefore: (path) => path,
	});
	const reading = readInEitherForm(bytes, { read, mend }, { mode: 'lenient' });
	const issues = reading.issues ?? [];
	if (reading.ok) return issues;
	const isValue = ({ code, path }: DocumentIssue) => code === 'PLACEHOLDER' && faults.has(ownerOf(path));
	const faults = new Set(issues.filter(({ code }) => UNREADABLE.has(code)).map(({ path }) => ownerOf(path)));
	const named = new Set(issues.filter(isValue).map(({ path }) => ownerOf(path)));
	return issues
		.filter(({ code, path }) => !UNREADABLE.has(code) || !named.has(ownerOf(path)))
		.map((issue) => ({ ...issue, severity: isValue(issue) ? 'error' : (issue.severity ?? 'error') }));
}

/** What a placeholder in the place of a value is taken for: of a type, of a facet, of a Location, of a condition. */
const UNREADABLE: ReadonlySet<string> = new Set([
	'XSD_INVALID',
	'CONSTRAINT_UNSUPPORTED',
	'CONSTRAINT_MALFORMED',
	'LOCATION_REFUSED',
	'VALUE_MALFORMED',
]);

/** The element of an attribute; faults are told of it, too. */
function ownerOf(path: string): string {
	return path.replace(/\/@[^/]*$/, '');
}

function lintText(file: string, findings: readonly DocumentIssue[]): string {
	if (findings.length === 0) return `${file}: nothing found`;
	const lines = findings.map(({ severity, code, line, path, message, found, allowed }) => {
		const amounts = [
			...(found === undefined ? [] : [`found ${found}`]),
			...(allowed === undefined ? [] : [`allowed: ${allowed}`]),
		].join('; ');
		const where = line === undefined ? path : `line ${line} ${path}`;
		return `  ${severity} ${code} ${where}: ${message}${amounts === '' ? '' : ` (${amounts})`}`;
	});
	return [`${file}:`, ...lines].join('\n');
}
