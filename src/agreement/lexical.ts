/**
 * The lexical forms of XML Schema's simple types, read by their own grammar: JavaScript's `Number` takes '' for 0,
 * '0x10' for 16 and 'Infinity' for a number, and its `trim` removes more than XML's white space.
 */

/** `whiteSpace=replace`: tab, line feed and carriage return become spaces. */
export function replaceWhiteSpace(text: string): string {
	return text.replace(/[\t\n\r]/g, ' ');
}

/** `whiteSpace=collapse`: replaced, runs of spaces made one, none at the ends. */
export function collapseWhiteSpace(text: string): string {
	if (!UNCOLLAPSED.test(text)) return text;
	return text.replace(/[ \t\n\r]+/g, ' ').replace(/^ | $/g, '');
}

/** Whether there is nothing but XML's white space. */
export function isBlank(text: string): boolean {
	return /^[ \t\n\r]*$/.test(text);
}

/** Whether XML 1.0 can hold every character of the text. */
export function isPrintable(text: string): boolean {
	return text.isWellFormed() && text.search(UNPRINTABLE) < 0;
}

/** The text with a replacement character for each that XML cannot hold: a hypervisor's message may have some. */
export function printable(text: string): string {
	return text.toWellFormed().replace(UNPRINTABLE, '\ufffd');
}

/** A name without a colon (XML 1.0, fifth edition, 2.3): what is a letter to Unicode says too little, and too much. */
export function isUnprefixedName(text: string): boolean {
	return UNPREFIXED_NAME.test(text);
}

const NAME_BEGINNINGS =
	'A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}\\u{200d}' +
	'\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}';
/** What names are of, as a class of a regular expression with `u` has it. */
export const NAME_CHARACTERS = `${NAME_BEGINNINGS}.0-9\\u{b7}\\u{300}-\\u{36f}\\u{203f}\\u{2040}\\-`;
const UNPREFIXED_NAME = new RegExp(`^[${NAME_BEGINNINGS}][${NAME_CHARACTERS}]*$`, 'u');

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 excludes.
const UNPRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
/** What hardly any value has. */
const UNCOLLAPSED = /^ | $|[\t\n\r]| {2}/;
const DOUBLE = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/;
const INTEGER = /^[+-]?[0-9]+$/;

/**
 * The value of an xsd:double, white space around it allowed. `INF`, `-INF` and `NaN` are such values; a numeral
 * beyond the range of a double is none here (undefined), although a schema processor would round it to infinity.
 */
export function parseDouble(text: string): number | undefined {
	const lexical = collapseWhiteSpace(text);
	if (lexical === 'INF') return Number.POSITIVE_INFINITY;
	if (lexical === '-INF') return Number.NEGATIVE_INFINITY;
	if (lexical === 'NaN') return Number.NaN;
	if (!DOUBLE.test(lexical)) return undefined;
	const value = Number(lexical);
	return Number.isFinite(value) ? value : undefined;
}

/** Whether the text says a number that is larger than any double: what xsd:double takes, and nobody can reckon with. */
export function isBeyondDouble(text: string): boolean {
	const lexical = collapseWhiteSpace(text);
	return DOUBLE.test(lexical) && !Number.isFinite(Number(lexical));
}

/** Whether the text, collapsed already, is an xsd:decimal: no exponent, no INF. */
export function isDecimal(lexical: string): boolean {
	return DECIMAL.test(lexical);
}

/** Whether the text, collapsed already, is an xsd:integer. */
export function isInteger(lexical: string): boolean {
	return INTEGER.test(lexical);
}

/** The value of an xsd:boolean: true, false, 1, 0 and nothing else. */
export function parseBoolean(text: string): boolean | undefined {
	const lexical = collapseWhiteSpace(text);
	if (lexical === 'true' || lexical === '1') return true;
	if (lexical === 'false' || lexical === '0') return false;
	return undefined;
}

/** A number as a JSDL document writes it: no exponent up to 2^53, `INF` for infinity. */
export function printDouble(value: number): string {
	if (value === Number.POSITIVE_INFINITY) return 'INF';
	if (value === Number.NEGATIVE_INFINITY) return '-INF';
	return Object.is(value, -0) ? '0' : String(value);
}
