/**
 * The documents on which our schemas are compared with the official ones: some in which every element of the standards
 * occurs, and all their mutations; and single ones about the places where a difference is meant or feared.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readDocument } from '../../src/xml/document.ts';
import type { XmlElement, XmlNode } from '../../src/xml/element.ts';
import { type Mutant, mutationsOf } from './mutations.ts';
import { SINGLE_DOCUMENTS } from './single-documents.ts';

/** All changes of one kind to one document. */
export interface Group {
	readonly base: string;
	readonly mutation: string;
	readonly documents: readonly Mutant[];
	/** Of all texts: recorded verdicts are about exactly these documents. */
	readonly digest: string;
}

export function buildCorpus(): Group[] {
	const groups: Group[] = [];
	for (const [base, text] of baseDocuments()) {
		const root = withoutIndentation(parsed(base, text));
		for (const [mutation, documents] of mutationsOf(root)) groups.push(group(base, mutation, documents));
	}
	for (const [topic, documents] of Object.entries(SINGLE_DOCUMENTS)) {
		groups.push(
			group(
				'single',
				topic,
				Object.entries(documents).map(([at, text]) => ({ at, text })),
			),
		);
	}
	return groups;
}

function baseDocuments(): [string, string][] {
	const read = (name: string) => readFileSync(new URL(`corpus/${name}.xml`, import.meta.url), 'utf8');
	const names = [
		'job',
		'applications',
		'offer',
		'template',
		'agreement',
		'fault',
		'negotiation',
		'messages',
		'headers',
	];
	return names.map((name) => [name, read(name)]);
}

function parsed(name: string, text: string): XmlElement {
	const reading = readDocument(Buffer.from(text));
	if (!reading.ok) throw new Error(`${name} is refused: ${JSON.stringify(reading.issues)}`);
	return reading.value;
}

function withoutIndentation(node: XmlElement): XmlElement {
	return {
		...node,
		children: node.children.flatMap((child): XmlNode[] => {
			if (child.kind === 'text' && child.text.trim() === '' && child.text.includes('\n')) return [];
			return [child.kind === 'element' ? withoutIndentation(child) : child];
		}),
	};
}

function group(base: string, mutation: string, documents: readonly Mutant[]): Group {
	const hash = createHash('sha256');
	for (const { text } of documents) hash.update(text).update('\0');
	return { base, mutation, documents, digest: hash.digest('hex').slice(0, 16) };
}
