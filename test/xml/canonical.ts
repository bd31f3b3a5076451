/** What libxml2 itself makes canonical: what the reader and the writer must together arrive at. */
import { XmlDocument } from 'libxml2-wasm';

/** Canonical XML with comments. */
export function canonical(text: string): string {
	const document = XmlDocument.fromString(text);
	const pieces: Buffer[] = [];
	const output = { write: (piece: Uint8Array) => pieces.push(Buffer.from(piece)) && piece.length, close: () => true };
	try {
		document.canonicalize(output, { withComments: true });
	} finally {
		document.dispose();
	}
	return Buffer.concat(pieces).toString('utf8');
}
