/** A reader module that does as the context says: what a pool must survive. */
import { type Reading, readDocument } from '../../../src/xml/document.ts';
import type { XmlElement } from '../../../src/xml/element.ts';

export function read(root: XmlElement, context?: unknown): Reading<unknown> {
	switch (context) {
		case 'spin':
			for (;;);
		case 'throw':
			throw new Error('a fault of the reader');
		case 'return what cannot cross':
			return { ok: true, value: () => 'a function' };
		case 'exhaust memory':
			for (const hoard: unknown[] = []; ; ) hoard.push(new Array(100_000).fill(root));
		case 'exit':
			process.exit(3);
			break;
		case 'find fault':
			return { ok: false, issues: [{ code: 'FAULT', path: '/wsag:AgreementOffer/wsag:Terms', message: 'a fault' }] };
		default:
			return { ok: true, value: { root: root.localName, context } };
	}
	throw new Error('not reached');
}

/** A JSON text that is the XML. */
export function readJsonForm(bytes: Uint8Array): Reading<XmlElement> {
	const value: unknown = JSON.parse(Buffer.from(bytes).toString());
	if (typeof value === 'string') return readDocument(Buffer.from(value));
	return { ok: false, issues: [{ code: 'FAULT', path: '/', message: 'no text' }] };
}

/** Packs what was read in the context `pack`, and job definitions; leaves everything else as it is. */
export function pack(value: { readonly root: string; readonly context: unknown }): string | undefined {
	if (value.root === 'JobDefinition') return `${value.root} \u{1f4e6}`;
	return value.context === 'pack' ? value.root : undefined;
}
