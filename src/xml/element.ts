/**
 * Element trees: the immutable form in which every document travels through Computon.
 * A tree keeps all that canonical XML keeps: prefixes, declarations where they stand, comments, text between children.
 */

/** A name as it is written; `namespace` and `prefix` are '' where it is unqualified. */
export interface XmlName {
	readonly prefix: string;
	readonly namespace: string;
	readonly localName: string;
}

/** A namespace declaration in place; `prefix` is '' for the default namespace. */
export interface XmlDeclaration {
	readonly prefix: string;
	readonly namespace: string;
}

/** An attribute; `namespace` and `prefix` are '' where it is unqualified. */
export interface XmlAttribute extends XmlName {
	readonly value: string;
}

export interface XmlElement extends XmlName {
	readonly kind: 'element';
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
 * A fault found in a document. `path` is positional from the root (see {@link pathOf}), e.g.
 * `/wsag:AgreementOffer/wsag:Terms/wsag:All`, and ends in `/@wsag:Name` where an attribute is meant;
 * `line` is the line of the source text where it is known.
 */
export interface DocumentIssue {
	readonly code: string;
	readonly path: string;
	readonly line?: number;
	readonly message: string;
	readonly found?: string;
	readonly allowed?: string;
	/** How much it matters. Where it is absent: `error` among what stands in the way of a reading, else `warning`. */
	readonly severity?: Severity;
	/** What was read in the place of what was found. */
	readonly used?: string;
}

/** `error`: cannot be read as it stands; `warning`: read, and its author should look; `info`: read, and nothing lost. */
export type Severity = 'error' | 'warning' | 'info';

/** A new element. Strings among the children become text nodes; declarations may be left to {@link declareNamespaces}. */
export function element(
	name: XmlName,
	attributes: readonly XmlAttribute[] = [],
	children: readonly (XmlNode | string)[] = [],
): XmlElement {
	return {
		kind: 'element',
		prefix: name.prefix,
		namespace: name.namespace,
		localName: name.localName,
		declarations: [],
		attributes,
		children: children.map(asNode),
	};
}

function asNode(child: XmlNode | string): XmlNode {
	return typeof child === 'string' ? { kind: 'text', text: child } : child;
}

/** A new attribute; a bare string is an unqualified name. */
export function attribute(name: XmlName | string, value: string): XmlAttribute {
	if (typeof name === 'string') return { prefix: '', namespace: '', localName: name, value };
	return { prefix: name.prefix, namespace: name.namespace, localName: name.localName, value };
}

/** The name as it stands in the text: `prefix:localName`, or `localName` alone. */
export function qualifiedName({ prefix, localName }: XmlName): string {
	if (prefix === '') return localName;
	if (prefix.length + localName.length > KNOWN_NAME_CHARACTERS_MAX) return `${prefix}:${localName}`;
	if (prefix !== last.prefix) last = knownNames.get(prefix) ?? last;
	const known = prefix === last.prefix ? last.names.get(localName) : undefined;
	return known ?? rememberedName(prefix, localName);
}

function rememberedName(prefix: string, localName: string): string {
	if (knownNameCount === KNOWN_NAMES_MAX) {
		missedNames += 1;
		if (missedNames < MISSES_MAX) return `${prefix}:${localName}`;
		missedNames = 0;
		knownNames.clear();
		knownNameCount = 0;
	}
	last = knownNames.get(prefix) ?? { prefix: sharedText(prefix), names: new Map() };
	knownNames.set(last.prefix, last);
	const name = sharedText(`${prefix}:${localName}`);
	last.names.set(sharedText(localName), name);
	knownNameCount += 1;
	return name;
}

interface KnownNames {
	readonly prefix: string;
	/** Qualified, by local name. */
	readonly names: Map<string, string>;
}

/**
 * Names that were written before, by prefix and local name: an offer has the same forty, some hundred times, and each is
 * asked for with every walk over it. Put together anew it would cost more than to find it: as a member's name or in a
 * path it has to be looked up among all texts.
 */
const knownNames = new Map<string, KnownNames>();
/** Of the last prefix that was asked for: mostly the next one is the same. */
let last: KnownNames = { prefix: '', names: new Map() };
let knownNameCount = 0;
let missedNames = 0;
/** All vocabularies that are read here have 700; beyond that somebody makes names up. */
const KNOWN_NAMES_MAX = 2048;
/**
 * It begins anew when so many were asked for in vain. A document of 2,300 made up names is walked over thirty times: to
 * remember each that comes, only to forget it before it is asked for again, held everybody up for 250 ms.
 */
const MISSES_MAX = 16 * KNOWN_NAMES_MAX;
/** The longest namespace that is read here has 68. */
const KNOWN_NAME_CHARACTERS_MAX = 80;

/** What is made of a qualified name, made once: a tag or a member's name put together anew is two or three texts more. */
export function onceForName<T extends string | object>(make: (name: string) => T): (name: string) => T {
	const known = new Map<string, T>();
	let missed = 0;
	return (name) => {
		const found = known.get(name);
		if (found !== undefined) return found;
		if (name.length > KNOWN_NAME_CHARACTERS_MAX) return make(name);
		if (known.size === KNOWN_NAMES_MAX) {
			missed += 1;
			if (missed < MISSES_MAX) return make(name);
			missed = 0;
			known.clear();
		}
		const shared = sharedText(name);
		const made = make(shared);
		known.set(shared, made);
		return made;
	};
}

/**
 * The text as the one of all that say the same, as V8 keeps those of names in sources: they are compared by where they
 * lie, not character by character, and found in maps without being looked at. And it is by itself: a piece of a
 * document keeps the whole document in memory. It is V8's to forget it.
 */
export function sharedText(text: string): string {
	// One without a prototype: of a literal V8 would make a shape for each text.
	const holder = Object.create(null) as Record<string, true>;
	holder[text] = true;
	return Object.keys(holder)[0]!;
}

/** {@link sharedText} of what names consist of, of those that were seen before without asking V8; long ones, and too many, are left alone. */
export const sharedName: (name: string) => string = onceForName((name) => name);

/** The parts of a name as it is written. */
export const partsOfName: (name: string) => Pick<XmlName, 'prefix' | 'localName'> = onceForName((name) => {
	const colon = name.indexOf(':');
	return { prefix: sharedName(name.slice(0, Math.max(0, colon))), localName: sharedName(name.slice(colon + 1)) };
});

/** Whether the name is this one, whatever its prefix. */
export function hasName(name: XmlName, namespace: string, localName: string): boolean {
	return name.localName === localName && name.namespace === namespace;
}

/** The element children in document order: all, or those of one name. */
export function childElements(parent: XmlElement, namespace?: string, localName?: string): XmlElement[] {
	const found: XmlElement[] = [];
	for (const child of parent.children) {
		if (child.kind !== 'element') continue;
		if (namespace !== undefined && child.namespace !== namespace) continue;
		if (localName !== undefined && child.localName !== localName) continue;
		found.push(child);
	}
	return found;
}

/** The first element child of this name. */
export function firstChild(parent: XmlElement, namespace: string, localName: string): XmlElement | undefined {
	for (const child of parent.children) {
		if (child.kind === 'element' && hasName(child, namespace, localName)) return child;
	}
	return undefined;
}

/** The value of the attribute of this name; `namespace` is '' for an unqualified one. */
export function attributeValue(owner: XmlElement, namespace: string, localName: string): string | undefined {
	for (const candidate of owner.attributes) {
		if (hasName(candidate, namespace, localName)) return candidate.value;
	}
	return undefined;
}

/** The text directly inside the element, its pieces joined; text of children and comments is not part of it. */
export function textOf(owner: XmlElement): string {
	let text = '';
	for (const child of owner.children) if (child.kind === 'text') text += child.text;
	return text;
}

/**
 * The positional path of an element of this tree, found by identity: `/` and the root's name as written, then for each
 * level `/`, the name as written and, where several siblings are written alike, which of them: `[n]`, counted from 1.
 * Costs a walk over the tree; undefined where `target` is not of this tree.
 */
export function pathOf(root: XmlElement, target: XmlElement): string | undefined {
	const line = lineage(root, target);
	if (line === undefined) return undefined;
	let path = `/${qualifiedName(root)}`;
	for (let index = 1; index < line.length; index += 1) {
		path += `/${stepTo(line[index - 1]!, line[index]!)}`;
	}
	return path;
}

/**
 * Whether two elements say the same: expanded names, attributes as a set, children in order. Prefixes, declarations
 * and comments do not count, nor how text is cut into pieces; white space does.
 */
export function sameElement(one: XmlElement, other: XmlElement): boolean {
	if (!hasName(one, other.namespace, other.localName)) return false;
	if (one.attributes.length !== other.attributes.length) return false;
	for (const { namespace, localName, value } of one.attributes) {
		if (attributeValue(other, namespace, localName) !== value) return false;
	}
	const ours = significantChildren(one);
	const theirs = significantChildren(other);
	if (ours.length !== theirs.length) return false;
	return ours.every((child, index) => {
		const counterpart = theirs[index]!;
		if (typeof child === 'string' || typeof counterpart === 'string') return child === counterpart;
		return sameElement(child, counterpart);
	});
}

/** The tree with other elements in the place of some; branches without any are shared with the old tree. */
export function replaceElements(node: XmlElement, replacements: ReadonlyMap<XmlElement, XmlElement>): XmlElement {
	const replacement = replacements.get(node);
	if (replacement !== undefined) return replacement;
	const { children } = node;
	let changed: XmlNode[] | undefined;
	for (let index = 0; index < children.length; index += 1) {
		const child = children[index]!;
		const next = child.kind === 'element' ? replaceElements(child, replacements) : child;
		if (next === child) continue;
		changed ??= [...children];
		changed[index] = next;
	}
	return changed === undefined ? node : { ...node, children: changed };
}

/** The nodes with others in the place of their elements; the very same ones where all stay what they are. */
export function mapElements(
	nodes: readonly XmlNode[],
	map: (child: XmlElement, nth: number) => XmlElement,
): readonly XmlNode[] {
	let changed: XmlNode[] | undefined;
	for (let index = 0; index < nodes.length; index += 1) {
		const node = nodes[index]!;
		if (node.kind !== 'element') continue;
		const next = map(node, index);
		if (next === node) continue;
		changed ??= [...nodes];
		changed[index] = next;
	}
	return changed ?? nodes;
}

/**
 * The step from a parent to its child: the qualified name as written, and `[n]`, counted from 1 among the
 * siblings written with that same name, where there are several of them.
 */
function stepTo(parent: XmlElement, child: XmlElement): string {
	const name = qualifiedName(child);
	let position = 0;
	let count = 0;
	for (const sibling of parent.children) {
		if (sibling.kind !== 'element' || qualifiedName(sibling) !== name) continue;
		count += 1;
		if (sibling === child) position = count;
	}
	return count > 1 ? `${name}[${position}]` : name;
}

/** The elements from the root down to the target, both included. */
function lineage(root: XmlElement, target: XmlElement): XmlElement[] | undefined {
	if (root === target) return [root];
	for (const child of root.children) {
		if (child.kind !== 'element') continue;
		const below = lineage(child, target);
		if (below !== undefined) {
			below.unshift(root);
			return below;
		}
	}
	return undefined;
}

function significantChildren(owner: XmlElement): (XmlElement | string)[] {
	const significant: (XmlElement | string)[] = [];
	for (const child of owner.children) {
		if (child.kind === 'comment' || (child.kind === 'text' && child.text === '')) continue;
		const last = significant.at(-1);
		if (child.kind === 'element') significant.push(child);
		else if (typeof last === 'string') significant[significant.length - 1] = last + child.text;
		else significant.push(child.text);
	}
	return significant;
}
