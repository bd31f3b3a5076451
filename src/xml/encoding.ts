/** The encoding of a document: what its first bytes and its declaration say of it. */
import type { DocumentIssue } from './element.ts';
import { gateIssue } from './issue.ts';

/**
 * The issue of a document in UTF-16 whose declaration names another encoding: an error by XML 1.0 (4.3.3), which libxml2
 * passes over, since it goes by the bytes.
 */
export function encodingIssue(bytes: Uint8Array): DocumentIssue | undefined {
	const utf16 = utf16Of(bytes);
	if (utf16 === undefined) return undefined;
	const declared = declaredIn(bytes, utf16);
	if (declared === undefined || /^utf-16/i.test(declared)) return undefined;
	return gateIssue('ENCODING', { line: 1, found: declared, allowed: 'UTF-16, which it is written in' });
}

/**
 * The text of a well-formed document as its author wrote it. Where its encoding is one that only libxml2 knows, what is
 * not ASCII comes out wrong.
 */
export function sourceText(bytes: Uint8Array): string {
	const utf16 = utf16Of(bytes);
	return new TextDecoder(utf16 ?? knownLabel(declaredIn(bytes, 'utf-8'))).decode(bytes);
}

type Utf16 = 'utf-16le' | 'utf-16be';

/** By the byte order mark, or by the first character, which is ASCII in every document. */
function utf16Of([first = 0, second = 0]: Uint8Array): Utf16 | undefined {
	if (second === 0 || (first === 0xff && second === 0xfe)) return 'utf-16le';
	return first === 0 || (first === 0xfe && second === 0xff) ? 'utf-16be' : undefined;
}

function declaredIn(bytes: Uint8Array, encoding: Utf16 | 'utf-8'): string | undefined {
	const start = new TextDecoder(encoding).decode(bytes.subarray(0, DECLARATION_BYTES_MAX));
	return /^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)/.exec(start)?.[1];
}

/** A declaration that is longer is none of ours. */
const DECLARATION_BYTES_MAX = 512;

function knownLabel(declared = 'utf-8'): string {
	try {
		return new TextDecoder(declared).encoding;
	} catch {
		return 'utf-8';
	}
}
