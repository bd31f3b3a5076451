/**
 * The JSON form of a document: docs/json.md. Nothing is lost but the white space between elements, which is layout where
 * no xml:space says otherwise. The way back is from-json.ts.
 */
import { attributeValue, qualifiedName, textOf, type XmlElement, type XmlNode } from '../xml/element.ts';
import { XML_NAMESPACE } from '../xml/scope.ts';
import { isBlank } from './lexical.ts';

export type JsonValue =
	| string
	| number
	| boolean
	| null
	| readonly JsonValue[]
	| { readonly [member: string]: JsonValue };

/** The document as an object of one member: the root's qualified name and its content. All values are strings. */
export function toJson(tree: XmlElement): JsonValue {
	return { [qualifiedName(tree)]: contentOf(tree) };
}

type Members = Record<string, JsonValue>;

/** `isPreserved`: by xml:space white space counts, also between elements. */
function contentOf(owner: XmlElement, isPreserved = false): JsonValue {
	const { declarations, attributes } = owner;
	const space = attributeValue(owner, XML_NAMESPACE, 'space');
	const preserves = space === undefined ? isPreserved : space === 'preserve';
	const children = preserves ? owner.children : significantChildren(owner);
	const isText = children.every(isTextNode);
	if (isText && declarations.length === 0 && attributes.length === 0) return textOf(owner);
	const members: Members = {};
	for (const { prefix, namespace } of declarations) members[prefix === '' ? '@xmlns' : `@xmlns:${prefix}`] = namespace;
	for (const candidate of attributes) members[`@${qualifiedName(candidate)}`] = candidate.value;
	if (!isText) {
		if (isNamedContent(children)) addNamedContent(members, children, preserves);
		else members['#children'] = children.map((child) => childInOrder(child, preserves));
		return members;
	}
	const text = textOf(owner);
	if (text !== '') members['#text'] = text;
	return members;
}

/** The children without the white space between elements. */
function significantChildren({ children }: XmlElement): readonly XmlNode[] {
	if (children.length === 1 || !children.some(isElement)) return children;
	return children.some(isTextNode) && children.every(isLayout)
		? children.filter((child) => !isTextNode(child))
		: children;
}

function isElement({ kind }: XmlNode): boolean {
	return kind === 'element';
}

function isTextNode({ kind }: XmlNode): boolean {
	return kind === 'text';
}

function isLayout(child: XmlNode): boolean {
	return child.kind !== 'text' || isBlank(child.text);
}

/** Whether there are only elements, and those of one name stand side by side: then names say it all. */
function isNamedContent(children: readonly XmlNode[]): children is readonly XmlElement[] {
	let closed: Set<string> | undefined;
	let current: string | undefined;
	for (const child of children) {
		if (child.kind !== 'element') return false;
		const name = qualifiedName(child);
		if (name === current) continue;
		if (current !== undefined) {
			closed ??= new Set();
			closed.add(current);
			if (closed.has(name)) return false;
		}
		current = name;
	}
	return true;
}

/** One member for the elements of each name: the only one's content, or an array. */
function addNamedContent(members: Members, children: readonly XmlElement[], isPreserved: boolean): void {
	for (let from = 0; from < children.length; ) {
		const name = qualifiedName(children[from]!);
		let end = from + 1;
		while (end < children.length && qualifiedName(children[end]!) === name) end += 1;
		const contents = children.slice(from, end).map((child) => contentOf(child, isPreserved));
		const content = contents.length === 1 ? contents[0]! : contents;
		// Defined, not assigned: then it means nothing to JavaScript.
		if (name === '__proto__') Object.defineProperty(members, name, { ...PLAIN, value: content });
		else members[name] = content;
		from = end;
	}
}

const PLAIN: PropertyDescriptor = { configurable: true, enumerable: true, writable: true };

function childInOrder(child: XmlNode, isPreserved: boolean): JsonValue {
	if (child.kind === 'text') return child.text;
	if (child.kind === 'comment') return { '#comment': child.text };
	return { [qualifiedName(child)]: contentOf(child, isPreserved) };
}
