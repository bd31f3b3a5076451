/** Lenient reading of a document in XML, with what the same document in its JSON form is told held against it. */
import { expect } from 'vitest';
import { fromJson } from '../../src/agreement/from-json.ts';
import { readJson } from '../../src/agreement/json-text.ts';
import { mend } from '../../src/agreement/lenient/mend.ts';
import { toJson } from '../../src/agreement/to-json.ts';
import {
	type DocumentReader,
	type Reading,
	readJsonDocumentWith,
	readLenientDocumentWith,
} from '../../src/xml/document.ts';
import type { DocumentIssue, XmlElement } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { type Chance, writeJson } from './json-layout.ts';

/**
 * The reading of the XML. In JSON, laid out anyhow, the same is read and told of the same paths, with the lines on which
 * the JSON has what they name.
 */
export function readLeniently(text: string | Uint8Array): Reading<XmlElement> {
	let sent: XmlElement | undefined;
	const reader: DocumentReader<XmlElement> = {
		read: (root) => ({ ok: true, value: root }),
		mend: (root) => {
			sent ??= root;
			return mend(root);
		},
		readJsonForm: (bytes) => {
			const json = readJson(bytes);
			return json.ok ? fromJson(json.value) : json;
		},
	};
	const reading = readLenientDocumentWith(Buffer.from(text), reader);
	if (sent !== undefined) expectAlikeInJson(sent, reader, reading);
	return reading;
}

/** The tree of a document in XML that is well-formed, whatever else it is. */
export function treeSent(text: string | Uint8Array): XmlElement {
	let sent: XmlElement | undefined;
	const read = (root: XmlElement) => {
		sent = root;
		return { ok: true, value: root, root, diagnostics: [], pathBefore: (path: string) => path } as const;
	};
	const reading = readLenientDocumentWith(Buffer.from(text), { read, mend: read }, undefined, { mends: 'all' });
	if (sent === undefined) throw new Error(JSON.stringify(reading.issues));
	return sent;
}

/** Its JSON form, a member to a line. */
export function jsonSent(text: string | Uint8Array): string {
	return JSON.stringify(toJson(treeSent(text)), null, '\t');
}

function expectAlikeInJson(sent: XmlElement, reader: DocumentReader<XmlElement>, asXml: Reading<XmlElement>): void {
	const json = writeJson(sent, chanceOf(writeCanonical(sent).length));
	const asJson = readJsonDocumentWith(Buffer.from(json.text), reader, undefined, { mode: 'lenient' });
	expect(asJson.ok && writeCanonical(asJson.value)).toBe(asXml.ok && writeCanonical(asXml.value));
	expect(asJson.issues).toEqual(asXml.issues?.map((issue) => ({ ...issue, line: lineAround(issue, json.lines) })));
}

/** The line of what the path names, or of what is around it. */
function lineAround({ path }: DocumentIssue, lines: ReadonlyMap<string, number>): number {
	for (let around = path; around !== ''; around = around.slice(0, around.lastIndexOf('/'))) {
		const line = lines.get(around);
		if (line !== undefined) return line;
	}
	return lines.values().next().value!;
}

/** The same for a document in every run. */
function chanceOf(seed: number): Chance {
	let state = seed >>> 0;
	return (among) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * among);
	};
}
