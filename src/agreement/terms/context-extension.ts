/** Elements of ours in the extension place of a document's wsag:Context: of each name at most one. */
import { firstChild, hasName, type XmlElement } from '../../xml/element.ts';
import { WS, WSAG } from '../names.ts';

/** The document with its wsag:Context changed so. */
export function withContext(root: XmlElement, change: (context: XmlElement) => XmlElement): XmlElement {
	const children = root.children.map((child) =>
		child.kind === 'element' && hasName(child, WSAG, 'Context') ? change(child) : child,
	);
	return { ...root, children };
}

/**
 * The wsag:Context with this as its only element of that name (of the namespace of our terms), or without any. The very
 * same element where that changes nothing.
 */
export function withExtension(context: XmlElement, localName: string, extension: XmlElement | undefined): XmlElement {
	const isThere = firstChild(context, WS, localName) !== undefined;
	if (!isThere) return extension === undefined ? context : { ...context, children: [...context.children, extension] };
	const others = context.children.filter((child) => child.kind !== 'element' || !hasName(child, WS, localName));
	return { ...context, children: extension === undefined ? others : [...others, extension] };
}
