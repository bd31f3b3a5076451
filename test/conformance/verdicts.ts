/** The verdicts of the official schemas, as they were recorded: one line a group, one character a document. */
import { readFileSync } from 'node:fs';
import type { Group } from './corpus.ts';

export const VERDICTS_FILE = new URL('verdicts.jsonl', import.meta.url);

export interface RecordedGroup {
	readonly base: string;
	readonly mutation: string;
	readonly digest: string;
	/** `+` admitted, `-` refused, in the order of the documents. */
	readonly official: string;
}

export function recordedVerdicts(): RecordedGroup[] {
	const lines = readFileSync(VERDICTS_FILE, 'utf8').trimEnd().split('\n');
	return lines.map((line) => JSON.parse(line) as RecordedGroup);
}

/** What would be recorded of a group whose documents are judged so. */
export function recorded(group: Group, admits: (text: string) => boolean): RecordedGroup {
	const { base, mutation, digest, documents } = group;
	return { base, mutation, digest, official: documents.map(({ text }) => (admits(text) ? '+' : '-')).join('') };
}
