/** The table by which lenient reading repairs, against the schemas that judge what comes of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contentModel, elementNames } from '../../src/agreement/lenient/content-models.ts';
import { NEG, WS, WSAG, XS } from '../../src/agreement/names.ts';
import { attributeValue, childElements, type XmlElement } from '../../src/xml/element.ts';
import { passGate } from '../../src/xml/gate.ts';
import { readCanonical } from '../../src/xml/reader.ts';

/** A schema's tree: no document for the gate, but well-formed. */
function schemaAt(url: URL): XmlElement {
	const read = (text: () => string) => readCanonical(text());
	const passage = passGate(readFileSync(url), 1 << 20, read, { useInvalid: read });
	if (!passage.ok || !passage.value.ok) throw new Error(`${url} cannot be read.`);
	return passage.value.root;
}

const folder = new URL('../../schemas/', import.meta.url);
const SCHEMAS = ['jsdl', 'agreement'].flatMap((name) =>
	readdirSync(new URL(`${name}/`, folder)).map((file) => schemaAt(new URL(`${name}/${file}`, folder))),
);

const nameOf = (node: XmlElement) => attributeValue(node, '', 'name');
const local = (qualified: string) => qualified.replace(/^.*:/, '');

/** A named component of the vocabulary, whichever file of it says so; or of another that it uses. */
function component(namespace: string, kind: string, name: string): XmlElement | undefined {
	const own = SCHEMAS.filter((schema) => attributeValue(schema, '', 'targetNamespace') === namespace);
	return [...own, ...SCHEMAS]
		.flatMap((schema) => childElements(schema, XS, kind))
		.find((each) => nameOf(each) === name);
}

interface Content {
	/** Local names of the children in the order of the schema. */
	readonly children: readonly string[];
	readonly attributes: readonly string[];
	readonly isValue: boolean;
}

/** What stands in a complex type: through its groups, and with what it extends before it. */
function contentOf(node: XmlElement, namespace: string): Content {
	const children: string[] = [];
	const attributes: string[] = [];
	let isValue = false;
	const visit = (particle: XmlElement): void => {
		const reference = attributeValue(particle, '', 'ref');
		const within = (kind: string, name: string) => {
			const found = component(namespace, kind, local(name));
			if (found !== undefined) for (const child of childElements(found)) visit(child);
		};
		if (particle.localName === 'element') children.push(nameOf(particle) ?? local(reference!));
		else if (particle.localName === 'attribute') attributes.push(nameOf(particle) ?? local(reference!));
		else if (particle.localName === 'group' || particle.localName === 'attributeGroup')
			within(particle.localName, reference!);
		else {
			if (particle.localName === 'simpleContent') isValue = true;
			if (particle.localName === 'extension') within('complexType', attributeValue(particle, '', 'base')!);
			for (const child of childElements(particle)) visit(child);
		}
	};
	for (const child of childElements(node)) visit(child);
	return { children: [...new Set(children)], attributes, isValue };
}

/** Every element that the vocabulary declares, globally or within a type, with what may stand in it. */
function declared(namespace: string): Map<string, Content | 'simple' | 'any'> {
	const found = new Map<string, Content | 'simple' | 'any'>();
	const visit = (node: XmlElement): void => {
		const name = nameOf(node);
		if (node.localName === 'element' && name !== undefined) {
			const type = attributeValue(node, '', 'type');
			const complex =
				childElements(node, XS, 'complexType')[0] ??
				(type === undefined ? undefined : component(namespace, 'complexType', local(type)));
			found.set(
				name,
				complex === undefined
					? type === 'xs:anyType' || type?.startsWith('wsa:') === true
						? 'any'
						: 'simple'
					: contentOf(complex, namespace),
			);
		}
		for (const child of childElements(node)) visit(child);
	};
	for (const schema of SCHEMAS) if (attributeValue(schema, '', 'targetNamespace') === namespace) visit(schema);
	return found;
}

/** States, faults and messages of WS-Agreement, answers of a negotiation, and records of ours in a context, nobody mends: they stay as they are. */
const isLeftAlone = (namespace: string, name: string) =>
	[WSAG, NEG, WS].includes(namespace) && contentModel(namespace, name) === undefined;

const NAMESPACES = [...new Set(SCHEMAS.map((schema) => attributeValue(schema, '', 'targetNamespace') ?? ''))].filter(
	(namespace) => elementNames(namespace).length > 0,
);

test.each(NAMESPACES)('%s: every element has the children and attributes of its schema, in its order', (namespace) => {
	const elements = declared(namespace);
	const globals = SCHEMAS.filter((schema) => attributeValue(schema, '', 'targetNamespace') === namespace).flatMap(
		(schema) => childElements(schema, XS, 'element'),
	);
	expect(elements.size).toBeGreaterThan(2);
	for (const [name, content] of elements) {
		if (isLeftAlone(namespace, name)) continue;
		const model = contentModel(namespace, name);
		expect(model, `${name} is in src/agreement/lenient/content-models.ts`).toBeDefined();
		if (content === 'any') expect(model?.kind, name).toBe('open');
		else if (content === 'simple') expect(model?.kind, name).toBe('value');
		else {
			const inOrder = (names: readonly string[]) => (model?.kind === 'unordered' ? [...names].sort() : names);
			const children = model!.children.map(({ localName }) => localName);
			if (content.isValue) expect(model?.kind, name).toBe('value');
			else if (model?.kind !== 'open')
				expect(inOrder(children), `${name} in src/agreement/lenient/content-models.ts`).toEqual(
					inOrder(content.children),
				);
			expect(model!.attributes.map(({ localName }) => localName).sort(), name).toEqual([...content.attributes].sort());
		}
	}
	for (const name of elementNames(namespace)) {
		const isGlobal = globals.some((each) => nameOf(each) === name);
		expect(contentModel(namespace, name)!.isLocal, name).toBe(!isGlobal);
	}
	// Nor does the table have elements that the schema does not know.
	for (const name of elementNames(namespace)) expect([...elements.keys()], name).toContain(name);
});
