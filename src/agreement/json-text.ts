/**
 * JSON texts, read strictly: UTF-8 that is UTF-8, no member that stands twice in its object (RFC 8259, 4), and no number
 * that JavaScript would silently make another of.
 */
import type { DocumentIssue } from '../xml/element.ts';
import { readTokens, textOfLiteral } from '../xml/json-tokens.ts';
import type { Reading } from './document.ts';

/** Deeper than any document that is taken: where nesting goes beyond, the reader refuses it whatever it repeats. */
const DEPTH_MAX = 2_000;
/** Of a member's name that stands twice, this much is told. */
const NAME_SHOWN_MAX = 100;

/**
 * The value of a JSON text. Issues: ENCODING, NOT_WELL_FORMED, JSON_MALFORMED for a member that stands twice,
 * NUMBER_INEXACT for a number that a double does not hold.
 */
export function readJson(bytes: Uint8Array): Reading<unknown> {
	let text: string;
	try {
		text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		return refuse('ENCODING', 'JSON is UTF-8, and these bytes are not.', lineOfForeign(bytes));
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		const line = lineAt(text, readTokens(text) ?? 0);
		return refuse('NOT_WELL_FORMED', `This is not JSON: ${(error as Error).message}`, line);
	}
	return findFault(text) ?? { ok: true, value };
}

/**
 * The first member that its object has already, or the first number that is not the one that is written. The text is
 * JSON already, so only brackets, strings and numbers matter. O(n).
 */
function findFault(text: string): Reading<never> | undefined {
	/** The members of each object that is open; undefined for an array. */
	const open: (Set<string> | undefined)[] = [];
	/** A string that comes now is the name of a member. */
	let isName = false;
	for (let at = 0; at < text.length && open.length <= DEPTH_MAX; at += 1) {
		const character = text.charAt(at);
		if (character === '{' || character === '[') open.push(character === '{' ? new Set() : undefined);
		else if (character === '}' || character === ']') open.pop();
		else if (character === '"') {
			const end = endOfString(text, at);
			const names = isName ? open[open.length - 1] : undefined;
			if (names !== undefined) {
				const name = textOfLiteral(text.slice(at, end));
				if (names.has(name)) return refuseRepeated(name.slice(0, NAME_SHOWN_MAX), placeAt(text, at));
				names.add(name);
			}
			at = end - 1;
		} else if (character === '-' || (character >= '0' && character <= '9')) {
			NUMBER.lastIndex = at;
			const [number] = NUMBER.exec(text)!;
			if ((number.length > DIGITS_MAX || EXPONENT.test(number)) && !isExact(number)) {
				return refuseNumber(number.slice(0, NAME_SHOWN_MAX), placeAt(text, at));
			}
			at += number.length - 1;
		}
		if (character === '{' || character === ',') isName = true;
		else if (character === '"' || character === '[') isName = false;
	}
	return undefined;
}

/** As many steps as a path names; deeper no document goes. */
const PATH_STEPS_MAX = 32;

/**
 * The line, and the path, of the value or the member that begins at that place of a JSON text: `/Terms/All[2]/Name`, in
 * arrays the position from 1.
 */
function placeAt(text: string, place: number): Pick<DocumentIssue, 'path' | 'line'> {
	/** What is open: the last member of an object, or how many items an array has had. */
	const open: (string | number)[] = [];
	let steps: readonly (string | number)[] = open;
	readTokens(text, (token, at, end) => {
		if (at > place) return;
		const innermost = open.at(-1);
		if (token === 'name') open[open.length - 1] = textOfLiteral(text.slice(at, end));
		else if (token === '}' || token === ']') open.pop();
		else if (typeof innermost === 'number') open[open.length - 1] = innermost + 1;
		if (at === place) steps = open.slice(0, PATH_STEPS_MAX);
		if (token === '{' || token === '[') open.push(token === '{' ? '' : 0);
	});
	const path = steps
		.map((step) => (typeof step === 'number' ? `[${step}]` : `/${step.slice(0, NAME_SHOWN_MAX)}`))
		.join('');
	return { path: path.startsWith('/') ? path : `/${path}`, line: lineAt(text, place) };
}

/** From 1. */
function lineAt(text: string, place: number): number {
	let line = 1;
	for (let feed = text.indexOf('\n'); feed >= 0 && feed < place; feed = text.indexOf('\n', feed + 1)) line += 1;
	return line;
}

/** The line of the first byte that is not as UTF-8 has it: written anew, it is another. */
function lineOfForeign(bytes: Uint8Array): number {
	const again = new TextEncoder().encode(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
	const place = bytes.findIndex((byte, at) => byte !== again[at]);
	return bytes.subarray(0, place).filter((byte) => byte === LINE_FEED).length + 1;
}

const LINE_FEED = '\n'.charCodeAt(0);

/** As much of JSON's numbers as tells where one ends. */
const NUMBER = /[-+.0-9eE]+/y;
/** With 15 digits every decimal number survives the way through a double; whole ones do up to 2^53. */
const DIGITS_MAX = 15;
const EXPONENT = /[eE]/;
/** Below this doubles have fewer digits, and in the end none: what is smaller is another number, or nothing. */
const NORMAL_MIN = 2 ** -1022;

function isExact(number: string): boolean {
	const value = Number(number);
	if (Number.isSafeInteger(value) && /^-?[0-9]+$/.test(number)) return true;
	const digits = digitsOf(number);
	if (Math.abs(value) < NORMAL_MIN) return digits === digitsOf(String(value));
	return digits.length <= DIGITS_MAX && Number.isFinite(value);
}

function digitsOf(number: string): string {
	return number
		.replace(/[eE].*/, '')
		.replace(/[-.]/g, '')
		.replace(/^0+/, '')
		.replace(/0+$/, '');
}

function refuseNumber(found: string, place: Pick<DocumentIssue, 'path' | 'line'>): Reading<never> {
	const allowed = 'a whole number up to 2^53, a number of at most 15 digits, or the number as a string';
	const message = 'This number may not be the one that was meant: JSON numbers are doubles. Send it as a string.';
	return { ok: false, issues: [{ code: 'NUMBER_INEXACT', ...place, message, found, allowed }] };
}

function refuseRepeated(found: string, place: Pick<DocumentIssue, 'path' | 'line'>): Reading<never> {
	const message = `The member ${JSON.stringify(found)} stands twice in one object.`;
	return { ok: false, issues: [{ code: 'JSON_MALFORMED', ...place, message, found }] };
}

/** Behind the quotation mark that ends it: the first one before which backslashes come in pairs. */
function endOfString(text: string, start: number): number {
	for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
		let backslashes = 0;
		while (text[end - 1 - backslashes] === '\\') backslashes += 1;
		if (backslashes % 2 === 0) return end + 1;
	}
}

function refuse(code: string, message: string, line: number): Reading<never> {
	return { ok: false, issues: [{ code, path: '/', line, message }] };
}
