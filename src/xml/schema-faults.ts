/**
 * What libxml2 says of a document that does not keep to the schemas, taken apart: what was found, and what is allowed.
 * It tells both in one English sentence whose shape depends on the rule that was broken; the shapes that are known are
 * the table below. A sentence of another shape is told on as it is.
 */

/** What one fault is about, as an issue tells it; without `found` and `allowed` where the sentence is of no known shape. */
interface SchemaFault {
	readonly detail: string;
	readonly found?: string;
	readonly allowed?: string;
}

/** Reads one sentence of libxml2's validator, in time linear in its length: it quotes values as long as the document. */
export function readSchemaFault(sentence: string): SchemaFault {
	const message = sentence.trim();
	const detail = readable(message);
	const [whole, element = '', attribute] = SUBJECT.exec(message) ?? [];
	if (whole === undefined) return { detail };
	const subject: Subject = { element, ...(attribute === undefined ? {} : { attribute }) };
	const said = message.slice(whole.length);
	for (const [shape, tell] of SHAPES) {
		const parts = shape.exec(said);
		if (parts !== null) return { detail, ...tell(parts.slice(1), subject) };
	}
	return { detail };
}

/**
 * The step to the attribute that a sentence is about, from the path of its element: `/@wsag:Name`. Empty where it is about
 * the element, or where nobody can say with which prefix the attribute is written.
 */
export function attributeStep(sentence: string, path: string): string {
	const [, element = '', attribute] = SUBJECT.exec(sentence.trimStart()) ?? [];
	if (attribute === undefined) return '';
	const [namespace, localName] = splitName(attribute);
	if (namespace === '') return `/@${localName}`;
	if (namespace === XML) return `/@xml:${localName}`;
	const prefix = /\/([^/:@]+):[^/:]*$/.exec(path)?.[1];
	return prefix !== undefined && splitName(element)[0] === namespace ? `/@${prefix}:${localName}` : '';
}

/** `{namespace}local`, taken apart. */
function splitName(name: string): readonly [namespace: string, localName: string] {
	const [, namespace = '', localName = name] = /^\{([^{}]*)\}(.*)$/s.exec(name) ?? [];
	return [namespace, localName];
}

/** Whom a sentence is about, by names as libxml2 writes them: `{namespace}local`. */
interface Subject {
	readonly element: string;
	readonly attribute?: string;
}

type Told = Pick<SchemaFault, 'found' | 'allowed'>;
type Shape = readonly [RegExp, (parts: readonly string[], subject: Subject) => Told];

const SUBJECT = /^Element '((?:\{[^{}]*\})?[^'{}]*)'(?:, attribute '((?:\{[^{}]*\})?[^'{}]*)')?: /;

/** Every shape ends in what the schema says: however misleading a value is, it stands between what cannot be its own. */
const SHAPES: readonly Shape[] = [
	[
		/^This element is not expected\.$/,
		(_, { element }) => ({ found: readable(element), allowed: 'no further element here' }),
	],
	[
		/^This element is not expected\. Expected is (?:one of )?\( (.*) \)\.$/,
		([names = ''], { element }) => ({ found: readable(element), allowed: listed(names) }),
	],
	[
		/^Missing child element\(s\)\.(?: Expected is (?:one of )?\( (.*) \)\.)?$/,
		([names], { element }) => ({ found: `the end of ${readable(element)}`, allowed: listed(names ?? '{*}*') }),
	],
	[
		/^'(.*)' is not a valid value of (?:the (?:atomic|list|union) type '([^']*)'|the local (atomic|list|union) type)\.$/s,
		([value = '', type, local], { attribute }) => ({
			found: quoted(value),
			allowed: attribute === XML_LANG ? 'a language such as en' : valuesOf(type, local),
		}),
	],
	[
		/^\[facet 'enumeration'\] The value '(.*)' is not an element of the set \{('[^{}]*')\}\.$/s,
		([value = '', set = '']) => ({ found: quoted(value), allowed: oneOf(set.slice(1, -1).split("', '")) }),
	],
	[
		/^\[facet 'pattern'\] The value '(.*)' is not accepted by the pattern '([^']*)'\.$/s,
		([value = '', pattern = '']) => ({ found: quoted(value), allowed: `the pattern ${pattern}` }),
	],
	[
		/^\[facet 'maxInclusive'\] The value '(.*)' is greater than the maximum value allowed \('([^']*)'\)\.$/s,
		([value = '', limit = '']) => ({ found: quoted(value), allowed: `at most ${limit}` }),
	],
	[
		/^\[facet 'minInclusive'\] The value '(.*)' is less than the minimum value allowed \('([^']*)'\)\.$/s,
		([value = '', limit = '']) => ({ found: quoted(value), allowed: `at least ${limit}` }),
	],
	[
		/^\[facet '\w+'\] The value(?: '.*')? has a length of '(\d+)'; this (underruns|exceeds|differs from) the allowed (?:minimum |maximum )?length of '(\d+)'\.$/s,
		([length, how, limit]) => ({ found: `a length of ${length}`, allowed: `${LENGTHS[how!]!} ${limit}` }),
	],
	[
		/^The attribute '([^']*)' is required but missing\.$/,
		([name = '']) => ({ found: 'nothing', allowed: `the attribute ${readable(name)}` }),
	],
	[
		/^The attribute '([^']*)' is not allowed\.$/,
		([name = ''], { element }) => ({ found: `the attribute ${readable(name)}`, allowed: otherThan(name, element) }),
	],
	[
		/^Character content other than whitespace is not allowed because the content type is 'element-only'\.$/,
		() => ({ found: 'text', allowed: 'only elements' }),
	],
	[/^Character content is not allowed, because the content type is empty\.$/, () => ({ found: 'text', ...NOTHING })],
	[
		/^Element content is not allowed, because the content type is empty\.$/,
		() => ({ found: 'an element', ...NOTHING }),
	],
	[
		/^Element content is not allowed, because the (?:type definition is simple|content type is a simple type definition)\.$/,
		() => ({ found: 'an element', allowed: 'only text' }),
	],
	[
		/^Neither character nor element content is allowed,? because the element (?:is|was) 'nilled'\.$/,
		() => ({ found: 'content', allowed: 'nothing in an element that xsi:nil says to be empty' }),
	],
	[/^The element is not 'nillable'\.$/, () => ({ found: 'xsi:nil', allowed: 'no xsi:nil' })],
	[
		/^The type definition '([^']*)', specified by xsi:type, is blocked or not validly derived/,
		([type = '']) => ({
			found: readable(type),
			allowed: "no xsi:type, or a type that is derived from the element's own",
		}),
	],
	[
		/^The QName value '(.*)' of the xsi:type attribute does not resolve to a type definition\.$/s,
		([type = '']) => ({ found: quoted(type), allowed: 'no xsi:type, or a type that the schemas define' }),
	],
	[
		/^The (element declaration|type definition) is abstract\.$/,
		([what], { element }) => ({
			found: readable(element),
			allowed: what === 'type definition' ? 'an xsi:type of a kind of it' : 'an element that can stand in its place',
		}),
	],
	[
		/^No matching global (element|attribute) declaration available, but demanded by the strict wildcard\.$/,
		([kind = ''], { element, attribute }) => ({
			found: readable(kind === 'attribute' ? `the attribute ${attribute}` : element),
			allowed: `an ${kind} that the schemas declare`,
		}),
	],
	[
		/^The QName value '(.*)' has no corresponding namespace declaration in scope\.$/s,
		([name = '']) => ({ found: quoted(name), allowed: 'a name whose prefix is declared' }),
	],
	[
		/^Duplicate key-sequence \['(.*)'\] in (?:key|unique) identity-constraint '[^']*'\.$/s,
		([key = '']) => ({ found: `${quoted(key)} once more`, allowed: 'a name that none of its kind has yet' }),
	],
	[
		/^Not all fields of key identity-constraint '[^']*' evaluate to a node\.$/,
		(_, { element }) => ({ found: readable(element), allowed: 'one with a name' }),
	],
];

const XML = 'http://www.w3.org/XML/1998/namespace';
const XML_LANG = `{${XML}}lang`;
const NOTHING = { allowed: 'nothing' } as const;
const LENGTHS: Readonly<Record<string, string>> = {
	underruns: 'at least',
	exceeds: 'at most',
	'differs from': 'exactly',
};

/** As many of the elements that may come next does libxml2 tell, whether there are more or not. */
const EXPECTED_TOLD = 10;

/** `{urn}a, {urn}b, ##other{urn}*`, in words. No name has a comma, and no namespace of the schemas. */
function listed(expected: string): string {
	const names = expected.split(', ').map(readable);
	return names.length < EXPECTED_TOLD ? oneOf(names) : `${names.join(', ')}, or others`;
}

function oneOf(values: readonly string[]): string {
	return values.length < 3 ? values.join(' or ') : `one of ${values.join(', ')}`;
}

/** A value that nobody can see is put in quotes. */
function quoted(value: string): string {
	return value.trim() === value && value !== '' ? value : `'${value}'`;
}

/** Types whose name says little to somebody who does not know XML Schema. */
const EXAMPLES: Readonly<Record<string, string>> = {
	'xs:boolean': 'true or false',
	'xs:dateTime': 'such as 2031-12-01T08:00:00Z',
	'xs:duration': 'such as PT1H30M',
	'xs:integer': 'a whole number',
	'xs:nonNegativeInteger': 'a whole number, 0 or more',
	'xs:positiveInteger': 'a whole number, 1 or more',
	'xs:double': 'a number',
	'xs:float': 'a number',
	'xs:decimal': 'a number without an exponent',
	'xs:NCName': 'a name without a colon',
	'xs:ID': 'a name without a colon, once in a document',
	'xs:anyURI': 'an address',
	'xs:occursMax': 'a whole number, 0 or more, or unbounded',
	'ws:OccursMax': 'a whole number, 0 or more, or unbounded',
	'ws:CPUShare': 'a whole number from 1 to 100',
	'ws:Amount': 'a number without an exponent',
};

function valuesOf(type: string | undefined, local: string | undefined): string {
	if (type === undefined) return `a value of the ${local} type that is defined there`;
	const name = readable(type);
	const example = EXAMPLES[name];
	return example === undefined ? name : `${name}: ${example}`;
}

/** Elements of these vocabularies have qualified attributes only, as some writers do not expect. */
const QUALIFYING = ['wsag:', 'neg:'];

function otherThan(attribute: string, element: string): string {
	const isBare = !attribute.startsWith('{');
	const vocabulary = QUALIFYING.find((prefix) => readable(element).startsWith(prefix));
	if (!isBare || vocabulary === undefined) return 'no attribute of that name';
	return `no attribute without a prefix: those of ${vocabulary.slice(0, -1)} are qualified, as ${vocabulary}Name`;
}

/** The prefixes under which messages name the vocabularies, instead of `{http://…}`. */
const PREFIXES: Readonly<Record<string, string>> = {
	'http://schemas.ggf.org/graap/2007/03/ws-agreement': 'wsag',
	'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation': 'neg',
	'http://schemas.ggf.org/jsdl/2005/11/jsdl': 'jsdl',
	'http://schemas.ggf.org/jsdl/2005/11/jsdl-posix': 'jsdl-posix',
	'http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa': 'jsdl-hpcpa',
	'http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd': 'jsdl-spmd',
	'http://schemas.ogf.org/jsdl/2009/03/sweep': 'sweep',
	'http://schemas.ogf.org/jsdl/2009/03/sweep/functions': 'sweepfunc',
	'http://www.w3.org/2001/XMLSchema': 'xs',
	'http://www.w3.org/2001/XMLSchema-instance': 'xsi',
	'http://www.w3.org/XML/1998/namespace': 'xml',
	'http://www.w3.org/2005/08/addressing': 'wsa',
	'http://docs.oasis-open.org/wsrf/bf-2': 'wsrf-bf',
	'http://docs.oasis-open.org/wsrf/rp-2': 'wsrf-rp',
	'http://docs.oasis-open.org/wsrf/rl-2': 'wsrf-rl',
	'http://docs.oasis-open.org/wsn/b-2': 'wsnt',
	'http://schemas.xmlsoap.org/soap/envelope/': 'soap',
	'http://www.w3.org/2003/05/soap-envelope': 'env',
	'urn:computon:soap:1': 'cs',
	'urn:computon:workspace:1': 'ws',
};

function readable(message: string): string {
	const prefixOf = (namespace: string): string | undefined => PREFIXES[namespace];
	return message
		.replace(/##other\{([^{}]+)\}\*/g, (_, namespace: string) => {
			return `any element that is not of ${prefixOf(namespace) ?? namespace}`;
		})
		.replaceAll('{*}*', 'any element')
		.replace(/\{([^{}]+)\}/g, (whole, namespace: string) => {
			const prefix = prefixOf(namespace);
			return prefix === undefined ? whole : `${prefix}:`;
		});
}
