/**
 * The encoding that a media type names for a document (RFC 7303, 3): a byte order mark says more than it, and it says
 * more than the document's own declaration, which may be out of date once somebody on the way has re-encoded the text.
 */
import type { DocumentIssue } from './element.ts';
import { gateIssue } from './issue.ts';

export type Charset =
	| { readonly ok: true; readonly bytes: Uint8Array }
	| { readonly ok: false; readonly issue: DocumentIssue };

/** The parameter `charset` of a Content-Type, in lower case. */
export function charsetOf(contentType: string | undefined): string | undefined {
	const match = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s"]+))/i.exec(contentType ?? '');
	return (match?.[1] ?? match?.[2])?.trim().toLowerCase();
}

/**
 * The bytes as the gate understands them, which goes by marks and declarations: themselves, where these say the same;
 * else the same text in UTF-8, declared so. An issue where they are no text in that encoding, or nobody knows it.
 */
export function inCharset(bytes: Uint8Array, charset: string | undefined): Charset {
	if (charset === undefined || hasMark(bytes)) return { ok: true, bytes };
	const declaration = DECLARATION.exec(Buffer.from(bytes.subarray(0, DECLARATION_BYTES_MAX)).toString('latin1'));
	const declared = declaration?.[2]?.toLowerCase();
	const [first, second] = bytes;
	if (first === 0 || second === 0) {
		// Only UTF-16 has a zero byte beside the first character; which of the two the gate sees for itself.
		if (/^(utf-16(le|be)?|iso-10646-ucs-2|ucs-2)$/.test(charset)) return { ok: true, bytes };
		return refuse(charset, 'UTF-16, which it is written in');
	}
	if (charset === (declared ?? UTF_8)) return { ok: true, bytes };
	const text = decode(bytes, charset);
	if (text === undefined) return refuse(charset, 'the charset that it is written in, best utf-8');
	const undeclared = text.replace(DECLARATION, (_, before: string, __, after: string) => `${before}${after}`);
	return { ok: true, bytes: Buffer.from(undeclared) };
}

const UTF_8 = 'utf-8';

/** A declaration that is longer is none of ours. */
const DECLARATION_BYTES_MAX = 512;
const DECLARATION = /^(<\?xml[^>]*?)\s+encoding\s*=\s*["']([^"'>]*)["']([^>]*\?>)/;

function hasMark([first, second, third]: Uint8Array): boolean {
	if (first === 0xef) return second === 0xbb && third === 0xbf;
	return (first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe);
}

/** Undefined where the bytes are no text in that encoding, or nobody knows it. */
function decode(bytes: Uint8Array, charset: string): string | undefined {
	// To the decoder of the web, which guesses what people mean, both of these are Windows' code page 1252.
	if (charset === 'iso-8859-1' || charset === 'latin1') return Buffer.from(bytes).toString('latin1');
	if (charset === 'us-ascii' || charset === 'ascii') {
		return bytes.every((byte) => byte < 0x80) ? Buffer.from(bytes).toString('latin1') : undefined;
	}
	try {
		return new TextDecoder(charset, { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}

function refuse(charset: string, allowed: string): Charset {
	return { ok: false, issue: gateIssue('ENCODING', { found: `charset=${charset}`, allowed }) };
}
