/** The tokens of a JSON text (RFC 8259), in one pass, and where a text stops to be JSON: V8 tells only of some faults where they are. */

/** A bracket, the name of a member, or any other value, with quotation marks around what is a text. */
export type JsonToken = '{' | '}' | '[' | ']' | 'name' | 'value';

/**
 * Tells each token with its first place and the one behind its last. Returns the place of the first character that makes
 * it no JSON; that is the length of a text which only ends too soon.
 */
export function readTokens(
	text: string,
	see: (token: JsonToken, at: number, end: number) => void = () => undefined,
): number | undefined {
	const open: ('{' | '[')[] = [];
	/** `item`, `member`: the first or none. */
	let expected: 'value' | 'name' | 'item' | 'member' | 'next' = 'value';
	let at = behind(SPACE, text, 0);
	for (; ; at = behind(SPACE, text, at)) {
		const character = text.charAt(at);
		const around = open.at(-1);
		if (expected === 'next' && around === undefined) return at === text.length ? undefined : at;
		if (expected === 'next' && character === ',') {
			expected = around === '{' ? 'name' : 'value';
			at += 1;
		} else if (character === CLOSING[around ?? ''] && MAY_CLOSE.has(expected)) {
			see(character as JsonToken, at, at + 1);
			open.pop();
			expected = 'next';
			at += 1;
		} else if (expected === 'next') {
			return at;
		} else if (expected === 'name' || expected === 'member') {
			const end = character === '"' ? behindText(text, at) : -1 - at;
			if (end < 0) return -1 - end;
			see('name', at, end);
			at = behind(SPACE, text, end);
			if (text.charAt(at) !== ':') return at;
			expected = 'value';
			at += 1;
		} else if (character === '{' || character === '[') {
			see(character, at, at + 1);
			open.push(character);
			expected = character === '{' ? 'member' : 'item';
			at += 1;
		} else {
			const end = character === '"' ? behindText(text, at) : behind(LITERAL, text, at);
			if (end < 0) return -1 - end;
			if (end === at) return at;
			see('value', at, end);
			expected = 'next';
			at = end;
		}
	}
}

/** The characters of a text that stands between quotation marks. */
export function textOfLiteral(literal: string): string {
	return literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1);
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };
const MAY_CLOSE: ReadonlySet<string> = new Set(['next', 'item', 'member']);

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
/** What ends a text, begins an escape or (a control character) may not stand in it: all but these. */
const SPECIAL = /[^ !#-[\]-\uffff]/g;

/** The place behind what begins here; this one where nothing does. */
function behind(pattern: RegExp, text: string, at: number): number {
	pattern.lastIndex = at;
	pattern.test(text);
	return pattern.lastIndex;
}

/** The place behind the text that begins here; of one with a fault at `n`, `-1 - n`. */
function behindText(text: string, start: number): number {
	for (let at = start + 1; ; ) {
		SPECIAL.lastIndex = at;
		const special = SPECIAL.exec(text);
		if (special === null) return -1 - text.length;
		at = special.index;
		if (special[0] === '"') return at + 1;
		const end = special[0] === '\\' ? behind(ESCAPE, text, at) : 0;
		if (end <= at) return -1 - at;
		at = end;
	}
}
