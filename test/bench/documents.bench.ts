/**
 * What a document costs in one thread: an offer of 8 KB through gate, reader and writer, beside libxml2's own parsing
 * and validation by the same schemas.
 */
import { readFileSync } from 'node:fs';
import { ParseOption, XmlDocument, XsdValidator, xmlCleanupInputProvider } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { readDocument } from '../../src/xml/document.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { type Figure, interleave, median, medianRatio, rounded, type Watcher } from './figure.ts';

const OFFER = new URL('../fixtures/documents/offer-8k.xml', import.meta.url);
const SCHEMAS = new URL('../../schemas/agreement/documents.xsd', import.meta.url);
const ROUNDS = 7;
/** Long enough for some hundred documents, short enough that a neighbour's burst spoils one round only. */
const ROUND_MS = 400;

/** `documents-8k` and `documents-8k-ratio`. */
export async function measureDocuments(watcher: Watcher): Promise<readonly Figure[]> {
	const bytes = readFileSync(OFFER);
	const validator = compileSchemas();
	const ours = () => {
		const tree = readDocument(bytes);
		if (!tree.ok) throw new Error(JSON.stringify(tree.issues));
		return writeCanonical(tree.value);
	};
	const libxml2 = () => {
		const document = XmlDocument.fromBuffer(bytes, { option: ParseOption.XML_PARSE_BIG_LINES });
		try {
			validator.validate(document);
		} finally {
			document.dispose();
		}
	};
	try {
		const contestants = { ours: () => ratePerSecond(ours), libxml2: () => ratePerSecond(libxml2) };
		const rounds = await interleave(ROUNDS, contestants, watcher);
		const value = rounded(median(rounds.ours));
		const peer = rounded(median(rounds.libxml2));
		const ratio = rounded(medianRatio(rounds.ours, rounds.libxml2));
		return [
			{ name: 'documents-8k', value, unit: '1/s', details: { bytes: bytes.length } },
			{ name: 'documents-8k-ratio', value: ratio, unit: 'ratio', details: { peer, of: 'libxml2: parse + validate' } },
		];
	} finally {
		validator.dispose();
	}
}

function ratePerSecond(work: () => unknown): number {
	const begin = performance.now();
	let done = 0;
	let now = begin;
	for (; now - begin < ROUND_MS; now = performance.now()) {
		work();
		done += 1;
	}
	return (done * 1000) / (now - begin);
}

/** As they lie on the disk; the gate compiles the same files. */
function compileSchemas(): XsdValidator {
	xmlRegisterFsInputProviders();
	const document = XmlDocument.fromBuffer(readFileSync(SCHEMAS), { url: SCHEMAS.pathname });
	try {
		return XsdValidator.fromDoc(document);
	} finally {
		document.dispose();
		xmlCleanupInputProvider();
	}
}
