/**
 * Element trees: the immutable form in which every document travels through Computon.
 * A tree keeps all that canonical XML keeps: prefixes, declarations where they stand, comments, text between children.
 */

/** A namespace declaration in place; `prefix` is '' for the default namespace. */
export interface XmlDeclaration {
	readonly prefix: string;
	readonly namespace: string;
}

/** An attribute; `namespace` and `prefix` are '' where it is unqualified. */
export interface XmlAttribute {
	readonly prefix: string;
	readonly namespace: string;
	readonly localName: string;
	readonly value: string;
}

export interface XmlElement {
	readonly kind: 'element';
	readonly prefix: string;
	readonly namespace: string;
	readonly localName: string;
	readonly declarations: readonly XmlDeclaration[];
	readonly attributes: readonly XmlAttribute[];
	readonly children: readonly XmlNode[];
}

export interface XmlText {
	readonly kind: 'text';
	readonly text: string;
}

export interface XmlComment {
	readonly kind: 'comment';
	readonly text: string;
}

export type XmlNode = XmlElement | XmlText | XmlComment;

/**
 * A fault found in a document. `path` is positional from the root, e.g. `/wsag:AgreementOffer/wsag:Terms/wsag:All[1]`;
 * `line` is the line of the source text where it is known.
 */
export interface DocumentIssue {
	readonly code: string;
	readonly path: string;
	readonly line?: number;
	readonly message: string;
	readonly found?: string;
	readonly allowed?: string;
}
