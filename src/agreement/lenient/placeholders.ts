/** The placeholders of a template engine in a document: named, and filled in where a value is given for them. */
import { qualifiedName, type XmlAttribute, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { XS } from '../names.ts';
import { contentModel } from './content-models.ts';
import { hasProgram } from './directives.ts';
import type { ValueType } from './model-lines.ts';
import { withoutAlias } from './namespace-aliases.ts';
import { type Ledger, note, type Spot } from './repairs.ts';

/** What stands for a placeholder, by its name. */
export type Values = ReadonlyMap<string, string>;

/** `$NAME`, `${NAME}`, `${NAME.of()}`, and with a `!`, which tells the engine to be silent; `$this` is of XQuery. */
const PLACEHOLDER = /\$!?(?:\{([A-Za-z_][^{}]*)\}|(?!this\b)([A-Za-z_]\w*))/g;

/** The names of all placeholders of a document. */
export function placeholdersIn(root: XmlElement): ReadonlySet<string> {
	const names = new Set<string>();
	const collect = (text: string): void => {
		for (const name of placeholdersOf(text)) names.add(name);
	};
	const visit = (node: XmlElement): void => {
		for (const { value } of node.attributes) collect(value);
		for (const child of node.children) {
			if (child.kind === 'text') collect(child.text);
			else if (child.kind === 'element') visit(child);
		}
	};
	visit(root);
	return names;
}

/** The names of all placeholders of a text. */
export function placeholdersOf(text: string): ReadonlySet<string> {
	return new Set(Array.from(text.matchAll(PLACEHOLDER), ([, braced, bare]) => (braced ?? bare)!));
}

/** The placeholders of a text, each where it stands first. */
export function placeholdersAt(text: string): readonly { readonly text: string; readonly at: number }[] {
	const first = new Map<string, { readonly text: string; readonly at: number }>();
	for (const match of text.matchAll(PLACEHOLDER)) {
		const name = (match[1] ?? match[2])!;
		if (!first.has(name)) first.set(name, { text: match[0], at: match.index });
	}
	return [...first.values()];
}

/** The element with its own attributes and its own text filled in, not what stands below it. */
export function fillPlaceholders(spot: Spot, values: Values, ledger: Ledger): XmlElement {
	const { element } = spot;
	const namespace = withoutAlias(element.namespace);
	const model = contentModel(namespace, element.localName);
	const fill = (text: string, type: ValueType | undefined, attribute?: string): string => {
		if (!text.includes('$')) return text;
		const at = attribute === undefined ? {} : { attribute };
		return text.replace(PLACEHOLDER, (whole, braced: string | undefined, bare: string | undefined) => {
			const value = values.get((braced ?? bare)!);
			if (value !== undefined) {
				note(ledger, 'PLACEHOLDER_FILLED', spot, { found: whole, used: value, ...at });
				return value;
			}
			// Of a value with a type lenient reading says that it is a placeholder; XML Schema's own it does not know.
			if (namespace === XS) note(ledger, 'PLACEHOLDER_UNRESOLVED', spot, { found: whole, ...at });
			else if (type === 'text' || type === 'name')
				note(ledger, 'PLACEHOLDER_KEPT', spot, { found: whole, used: whole, ...at });
			return whole;
		});
	};
	const attributes = element.attributes.map((attribute): XmlAttribute => {
		const rule = model?.attributes.find(({ localName }) => localName === attribute.localName);
		const name = qualifiedName(attribute);
		if (hasProgram(attribute.value)) {
			note(ledger, 'DIRECTIVE_UNRESOLVED', spot, { found: attribute.value, attribute: name });
		}
		const value = fill(attribute.value, rule?.type ?? 'text', name);
		return value === attribute.value ? attribute : { ...attribute, value };
	});
	const children = element.children.map((child): XmlNode => {
		if (child.kind !== 'text') return child;
		if (hasProgram(child.text)) note(ledger, 'DIRECTIVE_UNRESOLVED', spot, { found: child.text.trim() });
		const type =
			model === undefined || model.kind === 'open' ? 'text' : model.kind === 'value' ? model.type : undefined;
		const text = fill(child.text, type);
		return text === child.text ? child : { kind: 'text', text };
	});
	return { ...element, attributes, children };
}
