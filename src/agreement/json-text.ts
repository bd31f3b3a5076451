/** JSON texts, read strictly: UTF-8 that is UTF-8, and no member that stands twice in its object (RFC 8259, 4). */
import type { Reading } from './document.ts';

/** Deeper than any document that is taken: where nesting goes beyond, the reader refuses it whatever it repeats. */
const DEPTH_MAX = 2_000;
/** Of a member's name that stands twice, this much is told. */
const NAME_SHOWN_MAX = 100;

/** The value of a JSON text. Issues: ENCODING, NOT_WELL_FORMED, JSON_MALFORMED for a member that stands twice. */
export function readJson(bytes: Uint8Array): Reading<unknown> {
	let text: string;
	try {
		text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		return refuse('ENCODING', 'JSON is UTF-8, and these bytes are not.');
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return refuse('NOT_WELL_FORMED', `This is not JSON: ${(error as Error).message}`);
	}
	const repeated = findRepeated(text);
	if (repeated === undefined) return { ok: true, value };
	const name = repeated.slice(0, NAME_SHOWN_MAX);
	return refuse('JSON_MALFORMED', `The member ${JSON.stringify(name)} stands twice in one object.`, name);
}

/** The first member that its object has already. The text is JSON already, so only brackets and strings matter. O(n). */
function findRepeated(text: string): string | undefined {
	/** The members of each object that is open; undefined for an array. */
	const open: (Set<string> | undefined)[] = [];
	/** A string that comes now is the name of a member. */
	let isName = false;
	for (let at = 0; at < text.length && open.length <= DEPTH_MAX; at += 1) {
		const character = text[at];
		if (character === '{' || character === '[') open.push(character === '{' ? new Set() : undefined);
		else if (character === '}' || character === ']') open.pop();
		else if (character === '"') {
			const end = endOfString(text, at);
			const names = isName ? open.at(-1) : undefined;
			const name = names && (JSON.parse(text.slice(at, end)) as string);
			if (name !== undefined && names?.has(name)) return name;
			if (name !== undefined) names?.add(name);
			at = end - 1;
		}
		if (character === '{' || character === ',') isName = true;
		else if (character === '"' || character === '[') isName = false;
	}
	return undefined;
}

function endOfString(text: string, start: number): number {
	let at = start + 1;
	while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
	return at + 1;
}

function refuse(code: string, message: string, found?: string): Reading<never> {
	return { ok: false, issues: [{ code, path: '/', message, ...(found === undefined ? {} : { found }) }] };
}
