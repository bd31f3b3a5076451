/** The schemas of this project as data: what an element may hold, for whoever wants to make documents from them. */
import { readFileSync } from 'node:fs';
import { XmlDocument } from 'libxml2-wasm';
import { attributeValue, childElements, type XmlElement } from '../../src/xml/element.ts';
import { readCanonical } from '../../src/xml/reader.ts';
import { XML_NAMESPACE } from '../../src/xml/scope.ts';

/** A construct of a schema, with what it takes to understand its names. */
export interface Construct {
	readonly node: XmlElement;
	readonly file: SchemaFile;
}

export interface SchemaFile {
	readonly targetNamespace: string;
	readonly qualified: { readonly element: boolean; readonly attribute: boolean };
	/** Prefix -> namespace, of the root. */
	readonly prefixes: ReadonlyMap<string, string>;
}

/** An expanded name. */
export interface Name {
	readonly namespace: string;
	readonly localName: string;
}

export interface SchemaModel {
	/** The global construct of this kind (element, complexType, group, ...) and name. Throws where there is none. */
	global(kind: string, name: Name): Construct;
	/** Every global element, in the order in which they are come upon. */
	readonly elements: readonly Construct[];
	/** The named type, simple or complex; undefined for a built-in one. */
	type(name: Name): Construct | undefined;
}

export const XS = 'http://www.w3.org/2001/XMLSchema';

const FOLDER = new URL('../../schemas/', import.meta.url);

/** A schema of `schemas/` and all that it includes and imports. */
export function schemaModel(entry: string): SchemaModel {
	const globals = new Map<string, Construct>();
	const elements: Construct[] = [];
	const waiting = [new URL(entry, FOLDER)];
	const seen = new Set<string>();
	for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
		if (seen.has(url.href)) continue;
		seen.add(url.href);
		for (const construct of constructsOf(readFileSync(url))) {
			const location = attributeValue(construct.node, '', 'schemaLocation');
			if (location !== undefined) waiting.push(new URL(location, url));
			const localName = attributeValue(construct.node, '', 'name');
			if (localName === undefined) continue;
			globals.set(keyOf(construct.node.localName, { namespace: construct.file.targetNamespace, localName }), construct);
			if (construct.node.localName === 'element') elements.push(construct);
		}
	}
	return {
		elements,
		global: (kind, name) => {
			const found = globals.get(keyOf(kind, name));
			if (found === undefined) throw new Error(`No schema has the ${kind} {${name.namespace}}${name.localName}.`);
			return found;
		},
		type: (name) => globals.get(keyOf('complexType', name)) ?? globals.get(keyOf('simpleType', name)),
	};
}

/** The name that a reference in a schema means: `type`, `ref`, `base` and their like. */
export function referredName(reference: string, { prefixes }: SchemaFile): Name {
	const [prefix = '', localName] = reference.includes(':') ? reference.split(':') : ['', reference];
	return { namespace: prefixes.get(prefix) ?? '', localName: localName ?? '' };
}

/** The value of an attribute of a construct. */
export function facet({ node }: Construct, name: string): string | undefined {
	return attributeValue(node, '', name);
}

/** The constructs inside this one. */
export function parts({ node, file }: Construct, ...names: readonly string[]): Construct[] {
	return childElements(node, XS)
		.filter(({ localName }) => names.length === 0 || names.includes(localName))
		.map((child) => ({ node: child, file }));
}

function constructsOf(bytes: Uint8Array): Construct[] {
	const document = XmlDocument.fromBuffer(bytes);
	let text = '';
	const decoder = new TextDecoder();
	const write = (piece: Uint8Array) => {
		text += decoder.decode(piece, { stream: true });
		return piece.length;
	};
	try {
		document.canonicalize({ write, close: () => true }, { withComments: false });
	} finally {
		document.dispose();
	}
	const tree = readCanonical(text);
	if (!tree.ok) throw new Error(tree.issue.message);
	const { root } = tree;
	const file: SchemaFile = {
		targetNamespace: attributeValue(root, '', 'targetNamespace') ?? '',
		qualified: {
			element: attributeValue(root, '', 'elementFormDefault') === 'qualified',
			attribute: attributeValue(root, '', 'attributeFormDefault') === 'qualified',
		},
		prefixes: new Map([
			['xml', XML_NAMESPACE],
			...root.declarations.map(({ prefix, namespace }) => [prefix, namespace] as const),
		]),
	};
	return childElements(root, XS).map((node) => ({ node, file }));
}

function keyOf(kind: string, { namespace, localName }: Name): string {
	return `${kind} {${namespace}}${localName}`;
}
