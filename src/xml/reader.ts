/**
 * The reader: canonical text, as the gate lets it out, to an element tree. fast-xml-parser splits the text; what it
 * would guess at (numbers, entities, white space) is turned off, and references and namespaces are resolved here.
 * Canonical text has no declaration, no DTD, no CDATA, no empty-element tags, and attribute values in double quotes.
 * Nothing but the gate's output comes here: on any other text the answer is undefined.
 */
import { XMLParser } from 'fast-xml-parser';
import {
	type DocumentIssue,
	XML_NAMESPACE,
	type XmlAttribute,
	type XmlDeclaration,
	type XmlElement,
	type XmlNode,
} from './element.ts';
import { gateIssue } from './issue.ts';

/** A document's tree, or why it has none. */
export type TreeResult =
	| { readonly ok: true; readonly root: XmlElement }
	| { readonly ok: false; readonly issue: DocumentIssue };

/**
 * Builds the tree of canonical text. Comments outside the root are not part of it.
 * Refuses processing instructions, and the names that are JavaScript's own (`__proto__`, `constructor`, `prototype`).
 */
export function readCanonical(text: string): TreeResult {
	if (hasInstruction(text)) return { ok: false, issue: gateIssue('PROCESSING_INSTRUCTION') };
	let parsed: ParsedNode[];
	try {
		parsed = parser.parse(text);
	} catch (error) {
		const name = error instanceof Error ? RESERVED_NAME.exec(error.message)?.[1] : undefined;
		if (name === undefined) throw error;
		return { ok: false, issue: gateIssue('NAME_RESERVED', { found: name }) };
	}
	const root = parsed.find((node) => !(TEXT in node) && !(COMMENT in node));
	if (root === undefined) throw new Error('Text without a root element came past the gate.');
	return { ok: true, root: elementOf(root, OUTERMOST) };
}

const TEXT = '#text';
const COMMENT = '#comment';
const ATTRIBUTES = ':@';

/** The gate lets 256 levels through; the parser's own limit lies above, so that it never decides. */
const NESTED_TAGS_MAX = 260;

/** How the parser says that it met a name which could pollute a prototype. */
const RESERVED_NAME = /^\[SECURITY\] Invalid name: "([^"]*)"/;

/** One node of the parser's ordered output: its only key but `:@` is its name, `#text` or `#comment`. */
type ParsedNode = Readonly<Record<string, unknown>>;

const parser = new XMLParser({
	preserveOrder: true,
	ignoreAttributes: false,
	attributeNamePrefix: '',
	textNodeName: TEXT,
	commentPropName: COMMENT,
	parseTagValue: false,
	parseAttributeValue: false,
	trimValues: false,
	processEntities: false,
	ignoreDeclaration: true,
	maxNestedTags: NESTED_TAGS_MAX,
	strictReservedNames: true,
	jPath: false,
	// toString and its like are harmless keys in ordered output, and must come back as they were written.
	onDangerousProperty: (name: string) => name,
	// Nothing to be said: the value is taken as it stands, without being looked at for a number.
	tagValueProcessor: () => undefined,
	attributeValueProcessor: () => undefined,
});

/**
 * Whether the text holds a processing instruction. In canonical text a `<` is always markup, except in a comment,
 * so the comments are looked at only where the quick search finds something.
 */
function hasInstruction(text: string): boolean {
	return text.includes('<?') && text.replace(/<!--[\s\S]*?-->/g, '').includes('<?');
}

/** The declarations of one element, and the scope around it. A chain, so that a declaration costs no copy. */
interface Scope {
	readonly outer: Scope | undefined;
	readonly namespaces: ReadonlyMap<string, string>;
}

const OUTERMOST: Scope = {
	outer: undefined,
	namespaces: new Map([
		['', ''],
		['xml', XML_NAMESPACE],
	]),
};

const NOTHING: readonly never[] = [];

function elementOf(parsed: ParsedNode, outer: Scope): XmlElement {
	const name = nameOf(parsed);
	const written = parsed[ATTRIBUTES] as Readonly<Record<string, string>> | undefined;
	const declarations = written === undefined ? NOTHING : declarationsOf(written);
	const scope: Scope =
		declarations.length === 0
			? outer
			: { outer, namespaces: new Map(declarations.map(({ prefix, namespace }) => [prefix, namespace])) };
	const colon = name.indexOf(':');
	const prefix = colon < 0 ? '' : name.slice(0, colon);
	return {
		kind: 'element',
		prefix,
		namespace: resolve(scope, prefix),
		localName: colon < 0 ? name : name.slice(colon + 1),
		declarations,
		attributes: written === undefined ? NOTHING : attributesOf(written, scope),
		children: (parsed[name] as readonly ParsedNode[]).map((child) => nodeOf(child, scope)),
	};
}

function nodeOf(parsed: ParsedNode, scope: Scope): XmlNode {
	const text = parsed[TEXT];
	if (typeof text === 'string') return { kind: 'text', text: decoded(text) };
	const comment = parsed[COMMENT] as readonly ParsedNode[] | undefined;
	if (comment !== undefined) return { kind: 'comment', text: comment[0]![TEXT] as string };
	return elementOf(parsed, scope);
}

function nameOf(parsed: ParsedNode): string {
	for (const key in parsed) if (key !== ATTRIBUTES) return key;
	throw new Error('The parser left a node without a name.');
}

function declarationsOf(written: Readonly<Record<string, string>>): readonly XmlDeclaration[] {
	const declarations: XmlDeclaration[] = [];
	for (const name in written) {
		if (isDeclaration(name)) declarations.push({ prefix: name.slice(6), namespace: decoded(written[name]!) });
	}
	return declarations;
}

function attributesOf(written: Readonly<Record<string, string>>, scope: Scope): readonly XmlAttribute[] {
	const attributes: XmlAttribute[] = [];
	for (const name in written) {
		if (isDeclaration(name)) continue;
		const colon = name.indexOf(':');
		const prefix = colon < 0 ? '' : name.slice(0, colon);
		attributes.push({
			prefix,
			namespace: colon < 0 ? '' : resolve(scope, prefix),
			localName: colon < 0 ? name : name.slice(colon + 1),
			value: decoded(written[name]!),
		});
	}
	return attributes;
}

function isDeclaration(name: string): boolean {
	return name.startsWith('xmlns') && (name.length === 5 || name[5] === ':');
}

function resolve(scope: Scope, prefix: string): string {
	for (let around: Scope | undefined = scope; around !== undefined; around = around.outer) {
		const namespace = around.namespaces.get(prefix);
		if (namespace !== undefined) return namespace;
	}
	throw new Error(`The prefix ${prefix} came past the gate unbound.`);
}

/** The references that canonical XML writes: four named ones, and hexadecimal ones for white space. */
const REFERENCE = /&(lt|gt|amp|quot|#x([0-9A-F]+));/g;

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

function decoded(text: string): string {
	if (!text.includes('&')) return text;
	return text.replace(REFERENCE, (_, name: string, hexadecimal: string | undefined) =>
		hexadecimal === undefined ? NAMED[name]! : String.fromCodePoint(Number.parseInt(hexadecimal, 16)),
	);
}
