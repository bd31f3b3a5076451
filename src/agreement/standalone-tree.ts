/** A part of a document as a document of its own. */
import type { XmlDeclaration, XmlElement } from '../xml/element.ts';
import { namespaceOf } from '../xml/scope.ts';
import type { Place } from './document.ts';
import { NAME_CHARACTERS } from './lexical.ts';

/**
 * The element as a document of its own: with the declarations from around it of all prefixes that it uses, be it in
 * names or in values (a Location, an xsi:type), and no others: a root can declare thousands.
 */
export function standaloneTree({ element, scope }: Place): XmlElement {
	const own = new Set(element.declarations.map(({ prefix }) => prefix));
	const used = new Set(['']);
	collectPrefixes(element, used);
	const inherited: XmlDeclaration[] = [];
	for (const prefix of used) {
		const namespace = own.has(prefix) || prefix === 'xml' ? undefined : namespaceOf(scope, prefix);
		if (namespace !== undefined && namespace !== '') inherited.push({ prefix, namespace });
	}
	if (inherited.length === 0) return element;
	return { ...element, declarations: [...inherited, ...element.declarations] };
}

function collectPrefixes(node: XmlElement, used: Set<string>): void {
	used.add(node.prefix);
	for (const { prefix, value } of node.attributes) {
		used.add(prefix);
		collectPrefixesOfValue(value, used);
	}
	for (const child of node.children) {
		if (child.kind === 'element') collectPrefixes(child, used);
		else if (child.kind === 'text') collectPrefixesOfValue(child.text, used);
	}
}

/** Whatever stands like a name before a colon. */
function collectPrefixesOfValue(value: string, used: Set<string>): void {
	if (!value.includes(':')) return;
	for (const word of value.split(NO_NAME_CHARACTERS)) {
		for (const prefix of word.split(':').slice(0, -1)) used.add(prefix);
	}
}

const NO_NAME_CHARACTERS = new RegExp(`[^:${NAME_CHARACTERS}]+`, 'u');
