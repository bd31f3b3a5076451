/** The document that a JSON form means: docs/json.md. The way there is to-json.ts. */
import {
	attribute,
	type DocumentIssue,
	element,
	onceForName,
	partsOfName,
	qualifiedName,
	sharedName,
	type XmlAttribute,
	type XmlDeclaration,
	type XmlElement,
	type XmlName,
	type XmlNode,
} from '../xml/element.ts';
import { gateIssue } from '../xml/issue.ts';
import { attributesInOrder, declarationsInOrder } from '../xml/reader.ts';
import { namespaceOf, OUTERMOST_SCOPE, scopeWithin, type XmlScope } from '../xml/scope.ts';
import { addIssue, excerpt, PATH_CHARACTERS_MAX, type Reading } from './document.ts';
import { isPrintable, isUnprefixedName, printDouble } from './lexical.ts';
import { WELL_KNOWN_PREFIXES } from './names.ts';

/**
 * The document that the object means, with all its declarations in place, which has the order of Canonical XML, so that
 * it is not read again once it has passed the gate; or why it means none. The well-known
 * prefixes need no declaration. Numbers and booleans may stand for text: whole numbers up to 2^53, and numbers of
 * at most 15 digits; what a double cannot hold is refused, so that nobody gets another number than was sent.
 */
export function fromJson(value: unknown): Reading<XmlElement> {
	const issues: DocumentIssue[] = [];
	const members = isObject(value) ? Object.entries(value) : [];
	const [only] = members;
	if (only === undefined || members.length > 1) {
		const allowed = 'an object with one member, the root element: {"wsag:AgreementOffer": {...}}';
		addIssue(issues, 'JSON_MALFORMED', '/', `A document is ${allowed}.`, { allowed });
		return { ok: false, issues };
	}
	const [name, content] = only;
	const names = { elements: new Map(), attributes: new Map(), wellKnown: new Set<string>() };
	const position = { path: '', scope: OUTERMOST_SCOPE, depth: 0, issues, count: { elements: 0 }, names };
	const root = readElement(name, content, position);
	if (root === undefined || issues.length > 0) return { ok: false, issues };
	if (names.wellKnown.size === 0) return { ok: true, value: root };
	const added = [...names.wellKnown].map((prefix) => ({ prefix, namespace: WELL_KNOWN_PREFIXES.get(prefix)! }));
	return { ok: true, value: { ...root, declarations: declarationsInOrder([...root.declarations, ...added]) } };
}

/** As deep as the gate lets XML be, and as many elements. */
const DEPTH_MAX = 256;
const ELEMENTS_MAX = 25_000;
/**
 * Ten times the longest name of any vocabulary that is read here. In JSON a name is written once for a whole array: of
 * 1 MiB a name of 100 KB for 300,000 elements made texts that no machine holds.
 */
const NAME_CHARACTERS_MAX = 512;
/** With 15 digits, zeros at the ends not counted, every decimal number survives the way through a double. */
const DIGITS_MAX = 15;

/** Where an element is read: the path of its parent, the prefixes in scope, the depth. */
interface Position {
	readonly path: string;
	readonly scope: XmlScope;
	readonly depth: number;
	readonly issues: DocumentIssue[];
	/** Of the whole document. */
	readonly count: { elements: number };
	/** Names of the document that were read before. */
	readonly names: {
		readonly elements: Map<string, KnownName>;
		readonly attributes: Map<string, KnownName>;
		/** Prefixes that are used and not declared. */
		readonly wellKnown: Set<string>;
	};
}

/** A name that means the same wherever it is written in this scope. */
interface KnownName {
	readonly scope: XmlScope;
	readonly name: XmlName;
}

function readElement(name: string, content: unknown, position: Position, step = name): XmlElement | undefined {
	const path = `${position.path}/${step}`;
	const { issues, count } = position;
	count.elements += 1;
	if (count.elements > ELEMENTS_MAX) {
		if (count.elements === ELEMENTS_MAX + 1) {
			issues.push(gateIssue('TOO_MANY_ELEMENTS', { allowed: `at most ${ELEMENTS_MAX}` }));
		}
		return undefined;
	}
	if (position.depth >= DEPTH_MAX) {
		if (!issues.some(({ code }) => code === 'TOO_DEEP')) {
			issues.push(gateIssue('TOO_DEEP', { path: excerpt(path, PATH_CHARACTERS_MAX) }));
		}
		return undefined;
	}
	if (!isObject(content)) {
		const text = readText(content, path, issues, CONTENTS);
		const ownName = nameOf(name, position, 'elements', path);
		return text === undefined || ownName === undefined ? undefined : element(ownName, [], text === '' ? [] : [text]);
	}
	const members = Object.keys(content);
	const declarations = readDeclarations(content, members, path, issues);
	const scope = scopeWithin(position.scope, declarations);
	const { names } = position;
	const inside: Position = { path, scope, depth: position.depth + 1, issues, count, names };
	const attributes = readAttributes(content, members, inside);
	const children = readChildren(content, members, inside);
	const ownName = nameOf(name, inside, 'elements', path);
	return ownName && { kind: 'element', ...ownName, declarations, attributes, children };
}

/** The members of an element, by their names. */
type Members = Readonly<Record<string, unknown>>;

const AT_SIGN = '@'.charCodeAt(0);
const NUMBER_SIGN = '#'.charCodeAt(0);

function readDeclarations(
	content: Members,
	members: readonly string[],
	path: string,
	issues: DocumentIssue[],
): XmlDeclaration[] {
	const declarations: XmlDeclaration[] = [];
	for (const member of members) {
		if (member.charCodeAt(0) !== AT_SIGN || (member !== '@xmlns' && !member.startsWith('@xmlns:'))) continue;
		const value = content[member];
		const prefix = member.slice('@xmlns:'.length);
		const isDeclarable =
			member === '@xmlns' || (isUnprefixedName(prefix) && prefix !== 'xml' && prefix !== 'xmlns' && value !== '');
		if (typeof value === 'string' && isDeclarable && isPrintable(value))
			declarations.push({ prefix: sharedName(prefix), namespace: sharedName(value) });
		else
			addIssue(
				issues,
				'JSON_MALFORMED',
				`${path}/${member}`,
				'A declaration is a prefix and the URI that it stands for.',
			);
	}
	return declarationsInOrder(declarations);
}

function readAttributes(content: Members, members: readonly string[], position: Position): XmlAttribute[] {
	const attributes: XmlAttribute[] = [];
	for (const member of members) {
		if (member.charCodeAt(0) !== AT_SIGN || member === '@xmlns' || member.startsWith('@xmlns:')) continue;
		const path = `${position.path}/${member}`;
		const name = nameOf(member.slice(1), position, 'attributes', path);
		const text = readText(content[member], path, position.issues);
		if (name !== undefined && text !== undefined) attributes.push(attribute(name, text));
	}
	if (attributes.length > 1) refuseRepeated(attributes, position);
	return attributesInOrder(attributes);
}

/** Under two prefixes one attribute may stand twice, which no member does. */
function refuseRepeated(attributes: readonly XmlAttribute[], { path, issues }: Position): void {
	const localNames = new Set<string>();
	for (const { localName } of attributes) localNames.add(localName);
	if (localNames.size === attributes.length) return;
	const known = new Set<string>();
	for (const each of attributes) {
		const name = `{${each.namespace}}${each.localName}`;
		const found = `@${qualifiedName(each)}`;
		if (known.has(name)) {
			addIssue(issues, 'JSON_MALFORMED', `${path}/${found}`, 'This attribute stands there already.', { found });
		}
		known.add(name);
	}
}

function readChildren(content: Members, members: readonly string[], position: Position): XmlNode[] {
	const children: XmlNode[] = [];
	let count = 0;
	let other: string | undefined;
	for (const member of members) {
		const first = member.charCodeAt(0);
		if (first === AT_SIGN) continue;
		count += 1;
		if (first === NUMBER_SIGN) other ??= member;
	}
	if (other !== undefined) return readOther(other, content[other], count, position);
	for (const member of members) {
		if (member.charCodeAt(0) !== AT_SIGN) readNamed(member, content[member], position, children);
	}
	return children;
}

/** What an element has in the place of children that have names: its text, or children in order. */
function readOther(member: string, value: unknown, count: number, position: Position): XmlNode[] {
	if (count > 1 || (member !== '#text' && member !== '#children')) {
		const message = 'Beside #text or #children there is room for attributes only.';
		addIssue(position.issues, 'JSON_MALFORMED', `${position.path}/${member}`, message);
		return [];
	}
	if (member === '#children') return readInOrder(value, position);
	const text = readText(value, position.path, position.issues);
	return text === undefined || text === '' ? [] : [{ kind: 'text', text }];
}

/** Adds one element, or as many of that name as the array has members. */
function readNamed(name: string, value: unknown, position: Position, children: XmlNode[]): void {
	if (!Array.isArray(value)) {
		const only = readElement(name, value, position);
		if (only !== undefined) children.push(only);
		return;
	}
	for (let index = 0; index < value.length; index += 1) {
		const child = readElement(name, value[index], position, value.length > 1 ? `${name}[${index + 1}]` : name);
		if (child !== undefined) children.push(child);
	}
}

function readInOrder(value: unknown, position: Position): XmlNode[] {
	const children: XmlNode[] = [];
	if (!Array.isArray(value)) {
		refuseKind(value, `${position.path}/#children`, position.issues, 'an array');
		return children;
	}
	const steps = stepsInOrder(value);
	for (const [index, member] of value.entries()) {
		const path = `${position.path}/#children[${index + 1}]`;
		if (!isObject(member)) {
			const text = readText(member, path, position.issues, CONTENTS);
			if (text !== undefined && text !== '') children.push({ kind: 'text', text });
			continue;
		}
		const members = Object.entries(member);
		const [name, content] = members[0] ?? ['', undefined];
		if (members.length !== 1) {
			addIssue(position.issues, 'JSON_MALFORMED', path, 'A child in order is a text or an object of one member.');
		} else if (name === '#comment') children.push(...readComment(content, path, position.issues));
		else {
			const child = readElement(name, content, position, steps[index]);
			if (child !== undefined) children.push(child);
		}
	}
	return children;
}

/** Of each child in order that is an element its step in a path: the name, and its position where it has namesakes. */
function stepsInOrder(children: readonly unknown[]): readonly (string | undefined)[] {
	const names = children.map((child) => (isObject(child) ? Object.keys(child)[0] : undefined));
	const counts = new Map<string | undefined, number>();
	const positions = names.map((name) => {
		const position = (counts.get(name) ?? 0) + 1;
		counts.set(name, position);
		return position;
	});
	return names.map((name, nth) => (name === undefined || counts.get(name) === 1 ? name : `${name}[${positions[nth]}]`));
}

function readComment(content: unknown, path: string, issues: DocumentIssue[]): XmlNode[] {
	if (typeof content === 'string' && !content.includes('--') && !content.endsWith('-') && isPrintable(content)) {
		return [{ kind: 'comment', text: content }];
	}
	addIssue(issues, 'JSON_MALFORMED', path, 'A comment is a text without --.');
	return [];
}

/** Text as it stands, numbers and booleans in their canonical form. */
function readText(value: unknown, path: string, issues: DocumentIssue[], allowed: string = TEXTS): string | undefined {
	if (typeof value === 'string') {
		if (isPrintable(value)) return value;
		addIssue(issues, 'JSON_MALFORMED', path, 'This text has characters that no document can hold.');
		return undefined;
	}
	if (typeof value === 'boolean') return String(value);
	if (typeof value === 'number') {
		const digits = String(value)
			.replace(/e.*|[-.]/g, '')
			.replace(/^0+|0+$/g, '');
		if (Number.isSafeInteger(value) || (Number.isFinite(value) && digits.length <= DIGITS_MAX))
			return printDouble(value);
		const allowed = 'a whole number up to 2^53, a number of at most 15 digits, or the number as a string';
		const details = { found: String(value), allowed };
		const message = 'This number may not be the one that was meant: JSON numbers are doubles. Send it as a string.';
		addIssue(issues, 'NUMBER_INEXACT', path, message, details);
		return undefined;
	}
	refuseKind(value, path, issues, allowed);
	return undefined;
}

/** What an attribute or a text may be, and what an element may be. */
const TEXTS = 'a text, a number or a boolean';
const CONTENTS = 'a text, a number, a boolean or an object';

function refuseKind(value: unknown, path: string, issues: DocumentIssue[], allowed: string): void {
	const found =
		value === null ? 'null' : Array.isArray(value) ? 'an array' : isObject(value) ? 'an object' : typeof value;
	addIssue(issues, 'JSON_MALFORMED', path, `Here ${allowed} must stand.`, { found, allowed });
}

function nameOf(
	written: string,
	{ names, scope, issues }: Position,
	kind: 'elements' | 'attributes',
	path: string,
): XmlName | undefined {
	const known = names[kind].get(written);
	if (known?.scope === scope) return known.name;
	const name = readName(written, scope, kind === 'attributes', path, issues);
	if (name === undefined) return undefined;
	if (name.prefix !== '' && namespaceOf(scope, name.prefix) === undefined) names.wellKnown.add(name.prefix);
	names[kind].set(written, { scope, name });
	return name;
}

function readName(
	name: string,
	scope: XmlScope,
	isAttribute: boolean,
	path: string,
	issues: DocumentIssue[],
): XmlName | undefined {
	if (name.length > NAME_CHARACTERS_MAX) {
		const allowed = `at most ${NAME_CHARACTERS_MAX} characters`;
		addIssue(issues, 'JSON_MALFORMED', path, 'This name is too long.', { found: name, allowed });
		return undefined;
	}
	const parts = qualifiedParts(name);
	if (parts === NO_NAME) {
		addIssue(issues, 'JSON_MALFORMED', path, 'This is not a qualified name.', { found: name });
		return undefined;
	}
	const { prefix, localName } = parts;
	// An attribute without a prefix has no namespace, whatever the default.
	const namespace = prefix === '' && isAttribute ? '' : (namespaceOf(scope, prefix) ?? WELL_KNOWN_PREFIXES.get(prefix));
	if (namespace === undefined && prefix !== '') {
		const allowed = `${[...WELL_KNOWN_PREFIXES.keys()].join(', ')}, or "@xmlns:${prefix}" beside or above it`;
		addIssue(issues, 'JSON_MALFORMED', path, `The prefix ${prefix} is not declared.`, { found: name, allowed });
		return undefined;
	}
	return { prefix, namespace: namespace ?? '', localName };
}

const NO_NAME = { prefix: '', localName: '' };

/** Of what is no qualified name, {@link NO_NAME}. */
const qualifiedParts = onceForName((name) => {
	const [first = '', second, third] = name.split(':');
	if (third !== undefined || !isUnprefixedName(second ?? first)) return NO_NAME;
	return second === undefined || isUnprefixedName(first) ? partsOfName(name) : NO_NAME;
});

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
