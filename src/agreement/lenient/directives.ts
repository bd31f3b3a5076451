/**
 * The directives of a template engine in the text of a document (Velocity's, which WSAG4J runs): programs, of which only
 * that engine knows what comes out. They may stand where no XML may: before the root, within tags, with a `<` of their own.
 */

/** A directive, a comment of the engine, or the end of a block, as it is written. */
export interface Directive {
	readonly text: string;
	/** The place of its first character. */
	readonly at: number;
	/** Nothing comes of it. */
	readonly isComment: boolean;
}

const PROGRAMS = 'set|if|elseif|foreach|macro|parse|include|evaluate|define';
/** Macros of the document's own are called like directives. */
const MACRO = /#\{?macro\}?[ \t]*\([ \t\r\n]*([A-Za-z]\w*)/g;
/** So many of them are known, and so long are directives and comments that are looked for: nobody writes more. */
const MACROS_MAX = 100;
const DIRECTIVE_CHARACTERS_MAX = 1000;
const COMMENT_CHARACTERS_MAX = 10_000;
/** What follows `##` in the namespaces of a wildcard of XML Schema. */
const WILDCARD = /^##(?:any|other|local|targetNamespace)\b/;

/** All of them, in their order. Where there is no program, what only looks like the end of a block is text. */
export function directivesIn(text: string): readonly Directive[] {
	if (!text.includes('#')) return [];
	const own = Array.from(text.matchAll(MACRO), ([, name]) => name).slice(0, MACROS_MAX);
	const start = new RegExp(
		`#(?:\\*|#|(\\{?(?:${[PROGRAMS, ...own].join('|')})\\}?[ \\t]*\\()|\\{?(?:else|end|stop|break)\\b\\}?)`,
		'g',
	);
	const found: Directive[] = [];
	let isProgram = false;
	for (let match = start.exec(text); match !== null; match = start.exec(text)) {
		const [written, program] = match;
		const end = endOf(text, match.index, written);
		if (end === undefined) continue;
		found.push({ text: text.slice(match.index, end), at: match.index, isComment: /^#[#*]/.test(written) });
		isProgram ||= program !== undefined;
		start.lastIndex = end;
	}
	return found.filter(({ isComment }) => isProgram || isComment);
}

/** Whether the text is a program, and not only remarked upon in the words of one. */
export function hasProgram(text: string): boolean {
	return directivesIn(text).some(({ isComment }) => !isComment);
}

/** The text without them, line by line as it was; an XML declaration behind some comes first, where it belongs. */
export function withoutDirectives(text: string, directives: readonly Directive[]): string {
	let rest = '';
	let from = 0;
	for (const { at, text: written } of directives) {
		rest += text.slice(from, at) + written.replace(/[^\r\n]/g, ' ');
		from = at + written.length;
	}
	rest += text.slice(from);
	return rest.replace(
		/^(\u00ef\u00bb\u00bf)?([ \t\r\n]+)(<\?xml[ \t\r\n][^?]*\?>)/,
		(_, mark: string | undefined, before: string, declaration: string) =>
			(mark ?? '') + declaration.replace(/[\r\n]/g, ' ') + before + declaration.replace(/[^\r\n]/g, ''),
	);
}

/** Behind its last character; undefined where it is none. */
function endOf(text: string, at: number, written: string): number | undefined {
	const before = text[at - 1] ?? '\n';
	if (before === '&') return undefined;
	if (written === '##') {
		const isComment = /[\s>]/.test(before) && !WILDCARD.test(text.slice(at, at + 20));
		return isComment ? lineEnd(text, at) : undefined;
	}
	if (written === '#*') {
		const end = text.slice(at, at + COMMENT_CHARACTERS_MAX).indexOf('*#', 2);
		return end < 0 ? undefined : at + end + 2;
	}
	return written.endsWith('(') ? behindParenthesis(text, at + written.length) : at + written.length;
}

/** Of one that is never closed nobody knows where it ends: with its line. */
function behindParenthesis(text: string, from: number): number {
	let depth = 1;
	let quote = '';
	for (let at = from; at < Math.min(text.length, from + DIRECTIVE_CHARACTERS_MAX); at += 1) {
		const character = text[at]!;
		if (quote !== '') quote = character === quote ? '' : quote;
		else if (character === '"' || character === "'") quote = character;
		else if (character === '(') depth += 1;
		else if (character === ')') depth -= 1;
		if (depth === 0) return at + 1;
	}
	return lineEnd(text, from);
}

function lineEnd(text: string, from: number): number {
	const line = /[^\r\n]*/y;
	line.lastIndex = from;
	line.test(text);
	return line.lastIndex;
}
