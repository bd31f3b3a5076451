/**
 * What WSAG4J's templates write before a path: the prolog of an XQuery, and `$this`. Of XQuery's prologs so much is
 * read as says what names mean; comments `(: … :)` mean nothing, wherever white space may stand.
 */
import type { XmlDeclaration } from '../../xml/element.ts';

/** A Location taken apart. */
export interface Prolog {
	readonly declarations: readonly XmlDeclaration[];
	/** Of names of elements without a prefix; of attributes never. '' is none. */
	readonly elementNamespace: string;
	/** What is left: without comments, prolog and `$this`. */
	readonly path: string;
	/** Why it is no path from the root of a document. */
	readonly why?: string;
}

const LITERAL = String.raw`(?:'([^'<]*)'|"([^"<]*)")\s*;\s*`;
const NAMESPACE = new RegExp(String.raw`^declare\s+namespace\s+([A-Za-z_][\w.-]*)\s*=\s*${LITERAL}`);
const ELEMENT_NAMESPACE = new RegExp(String.raw`^declare\s+default\s+element\s+namespace\s+${LITERAL}`);
const DECLARATION = /^(?:declare|import|module|xquery)\b[^;]*/;
const THIS = /^\$this\s*(?=\/)/;

/** Takes a Location apart, whatever it is; linear in its length. */
export function readProlog(text: string): Prolog {
	const plain = withoutComments(text.trim());
	if (plain === undefined) {
		return { declarations: [], elementNamespace: '', path: text, why: 'a comment (: in it has no end :)' };
	}
	const declarations: XmlDeclaration[] = [];
	let elementNamespace: string | undefined;
	let rest = plain;
	for (;;) {
		const named = NAMESPACE.exec(rest);
		const byDefault = elementNamespace === undefined ? ELEMENT_NAMESPACE.exec(rest) : null;
		const match = named ?? byDefault;
		if (match === null) break;
		if (named !== null) declarations.push({ prefix: named[1]!, namespace: named[2] ?? named[3]! });
		else elementNamespace = match[1] ?? match[2]!;
		rest = rest.slice(match[0].length);
	}
	const path = rest.replace(THIS, '');
	const taken = { declarations, elementNamespace: elementNamespace ?? '', path };
	return path.startsWith('/') ? taken : { ...taken, why: whyNoPath(path, elementNamespace !== undefined) };
}

/** A Location without its comments, prolog and `$this`; undefined where it has none of them, or what it has is not understood. */
export function withoutProlog(text: string): Prolog | undefined {
	const prolog = readProlog(text);
	return prolog.why !== undefined || prolog.path === text.trim() ? undefined : prolog;
}

function whyNoPath(rest: string, hasElementNamespace: boolean): string {
	const declaration = DECLARATION.exec(rest)?.[0].slice(0, SHOWN_CHARACTERS_MAX);
	if (declaration === undefined) {
		const instead = rest === '' ? '' : `, not with "${rest.slice(0, SHOWN_CHARACTERS_MAX)}"`;
		return `it must begin at the root of the document, with / or //${instead}`;
	}
	if (hasElementNamespace && ELEMENT_NAMESPACE.test(rest)) return 'it declares two default element namespaces';
	return (
		'of an XQuery prolog only "declare namespace p=\'…\';" and "declare default element namespace \'…\';" ' +
		`are understood, not "${declaration}"`
	);
}

/** Enough to recognise it by. */
const SHOWN_CHARACTERS_MAX = 60;

/** The text with nothing in the place of its comments, or a space where what stands around would grow together. */
function withoutComments(text: string): string | undefined {
	if (!text.includes('(:')) return text;
	// In pieces, each a character or more that ends in none of white space: a text is put together once.
	const kept: string[] = [];
	let depth = 0;
	for (let at = 0; at < text.length; ) {
		const pair = text.slice(at, at + 2);
		if (pair === '(:') {
			depth += 1;
			at += 2;
		} else if (depth > 0) {
			if (pair === ':)') depth -= 1;
			at += pair === ':)' ? 2 : 1;
			if (depth > 0) continue;
			while (kept.at(-1)?.trim() === '') kept.pop();
			while (at < text.length && text[at]!.trim() === '') at += 1;
			if (growTogether(kept.at(-1)?.at(-1), text[at])) kept.push(' ');
		} else {
			const end = pair[0] === "'" || pair[0] === '"' ? text.indexOf(pair[0], at + 1) : at;
			const next = end < 0 ? text.length : end + 1;
			kept.push(text.slice(at, next));
			at = next;
		}
	}
	return depth > 0 ? undefined : kept.join('').trim();
}

/** Whether two characters side by side might be read as of one word, or two steps as one. */
function growTogether(last: string | undefined, next: string | undefined): boolean {
	if (last === undefined || next === undefined) return false;
	if (last === '/' || next === '/') return last === next;
	return !ALONE.has(last) && !ALONE.has(next);
}

const ALONE = new Set('[]()=@;\'"');
