/**
 * Where our schemas and the official ones say different things about a document, and why that is meant.
 * A difference that stands in no line of this table is a bug, and so is a line that no difference needs.
 */
export interface Difference {
	/** What the official schemas say; ours say the contrary. */
	readonly official: '+' | '-';
	readonly base: string;
	readonly mutation: RegExp;
	readonly at: RegExp;
	readonly reason: string;
}

const SWEEP_WITHOUT_SCHEMA =
	'The final schema of the parameter sweep (GFD.149) is in nobody’s set, so a sweep passes there as any foreign element does; here it is a known vocabulary.';

const PATHS_UNREAD =
	'No agreement is checked against an identity constraint, so their paths are not looked into; and the pattern by which the schema for schemas does that ends, on a hostile path, in an internal error of the validator.';

/** Well-formed, and no schema can say anything about it. */
const UNSPOKEN_OF = /^what schemas do not speak of$/;

export const DIFFERENCES: readonly Difference[] = [
	{
		official: '-',
		base: 'single',
		mutation: /^MountSource, which the errata add$/,
		at: /^before MountPoint$/,
		reason:
			'GFD.56 describes MountSource and its schema forgot it; the errata of GFD.136 add it behind MountPoint. Documents are found with it on either side, and both are admitted.',
	},
	{
		official: '+',
		base: 'single',
		mutation: /^a parameter sweep that is broken$/,
		at: /^/,
		reason: `${SWEEP_WITHOUT_SCHEMA} A broken one is refused before anybody expands it.`,
	},
	{
		official: '-',
		base: 'single',
		mutation: /^an element of the parameter sweep as a root$/,
		at: /^sweep/,
		reason: `${SWEEP_WITHOUT_SCHEMA} To the others its elements are no roots.`,
	},
	{
		official: '-',
		base: 'template',
		mutation: /^the value /,
		at: /\/xs:(selector|field)(\[\d\])?\/@xpath$/,
		reason: PATHS_UNREAD,
	},
	{
		official: '-',
		base: 'single',
		mutation: /^a path that it refuses$/,
		at: /^/,
		reason: PATHS_UNREAD,
	},
	{
		official: '-',
		base: 'single',
		mutation: /^a section of character data$/,
		at: /^(blank|empty), /,
		reason:
			'To the Information Set, and so to XML Schema, white space is white space however it was written; the validator takes a section of it for content where there is to be none.',
	},
	{
		official: '+',
		base: 'single',
		mutation: /^a type of a vocabulary that is not read$/,
		at: /^a schema type$/,
		reason:
			'The types of the constructs of XML Schema have names of their own here; nobody writes an xsi:type of them.',
	},
	{
		official: '+',
		base: 'single',
		mutation: UNSPOKEN_OF,
		at: /^a processing instruction /,
		reason:
			'An instruction tells some program to do something, and nothing here would be told: neither the JSON form nor an agreement has a place where it would be kept.',
	},
	{
		official: '+',
		base: 'single',
		mutation: UNSPOKEN_OF,
		at: /^a relative namespace name/,
		reason:
			'A namespace name that is a relative URI is deprecated by W3C (2000-09-12), and a document with one has no canonical form (Canonical XML 1.0, 1.3), in which documents are compared and kept here.',
	},
	{
		official: '+',
		base: 'single',
		mutation: UNSPOKEN_OF,
		at: /^a name of JavaScript/,
		reason:
			'Names without a prefix that every object of JavaScript has are members of the JSON form, too: whoever reads it in that language would be led astray by them, or attacked.',
	},
	{
		official: '+',
		base: 'single',
		mutation: UNSPOKEN_OF,
		at: /^a document type$/,
		reason:
			'A document type may define entities, which name files and addresses or grow without end; SOAP forbids it as well.',
	},
	{
		official: '+',
		base: 'single',
		mutation: UNSPOKEN_OF,
		at: /^more (elements|bytes) than are read$/,
		reason: 'Every document is bounded before it is read; how much is read stands beside the reason (xml/gate.ts).',
	},
];

/** Where the xmllint of libxml2 2.9 says something else than the schemas that it is given. */
export interface XmllintMistake {
	/** What the two say differently: base, mutation and place. */
	readonly what: RegExp;
	readonly reason: string;
}

/** The gate's libxml2 is newer; what it says is what XML Schema says. */
export const XMLLINT_MISTAKES: readonly XmllintMistake[] = [
	{
		what: /the value " 7 " .*(Duration|RetryAfter)$/,
		reason: 'It refuses blanks around an xs:int or xs:unsignedLong, which XML Schema collapses.',
	},
	{
		what: /^single types by names of the fifth edition of XML a digit of Arabic$/,
		reason:
			'A name begins with what NameStartChar has (XML 1.0, fifth edition, production 4), in which U+0663 is. In QNames it still asks for the letters of the fourth edition, although it parses an element of that name.',
	},
	{
		what: /^single whole numbers of many digits .* of (25|60) digits/,
		reason:
			'It refuses whole numbers of more than 24 digits (MemoryLimit, Count, Importance and others), of which XML Schema allows any number of digits.',
	},
];
