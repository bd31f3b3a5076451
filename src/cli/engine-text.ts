/** Files that a template engine was to write first: what of their text is a program, and what is left without it. */
import { excerpt, ISSUES_MAX } from '../agreement/document.ts';
import { type Directive, directivesIn, withoutDirectives } from '../agreement/lenient/directives.ts';
import { placeholdersAt } from '../agreement/lenient/placeholders.ts';
import { REPAIRS } from '../agreement/lenient/repairs.ts';
import { collapseWhiteSpace } from '../agreement/lexical.ts';
import type { DocumentIssue } from '../xml/element.ts';

/** The text of a file, one character for each byte: what engines are written in means the same in all that reads like ASCII. */
export interface EngineText {
	readonly text: string;
	readonly directives: readonly Directive[];
}

export function engineTextOf(bytes: Uint8Array): EngineText {
	const text = Buffer.from(bytes).toString('latin1');
	return { text, directives: directivesIn(text) };
}

/** The bytes of the document without the directives, line by line as it was; undefined where there are none. */
export function bytesWithout({ text, directives }: EngineText): Uint8Array | undefined {
	return directives.length === 0 ? undefined : Buffer.from(withoutDirectives(text, directives), 'latin1');
}

/** Each directive, with its line; `ofComments`: as what comments of the engine are told. */
export function directiveIssues(
	{ text, directives }: EngineText,
	ofComments: 'TEXT_STRAY' | 'DIRECTIVE_UNRESOLVED',
): readonly DocumentIssue[] {
	return directives.slice(0, ISSUES_MAX).map(({ at, text: written, isComment }): DocumentIssue => {
		const code = isComment ? ofComments : 'DIRECTIVE_UNRESOLVED';
		const [severity, message] = REPAIRS[code];
		const used = code === 'TEXT_STRAY' ? { used: 'nothing' } : {};
		return { code, severity, path: '/', line: lineOf(text, at), message, found: foundAs(written), ...used };
	});
}

/**
 * What is told beside the faults of a document that cannot be taken: the directives in it and, of a text that is no XML or JSON,
 * what there is to say of the rest: `ofRest`, or where that is none either the placeholders in it.
 */
export function issuesBeside(
	engine: EngineText,
	isIllFormed: boolean,
	ofRest: readonly DocumentIssue[] | undefined,
): readonly DocumentIssue[] {
	const programs = engine.directives.filter(({ isComment }) => isIllFormed || !isComment);
	const told = directiveIssues({ ...engine, directives: programs }, 'DIRECTIVE_UNRESOLVED');
	if (!isIllFormed) return told;
	return [...told, ...(ofRest ?? placeholderIssues(engine.text))];
}

/** Each placeholder where it stands first. */
function placeholderIssues(text: string): readonly DocumentIssue[] {
	return placeholdersAt(text)
		.slice(0, ISSUES_MAX)
		.map(({ at, text: written }) => {
			const message = 'This looks like a placeholder that nobody filled in.';
			const found = foundAs(written);
			return { code: 'PLACEHOLDER', severity: 'warning', path: '/', line: lineOf(text, at), message, found };
		});
}

function lineOf(text: string, at: number): number {
	return text.slice(0, at).split('\n').length;
}

function foundAs(written: string): string {
	return excerpt(collapseWhiteSpace(Buffer.from(written, 'latin1').toString()));
}
