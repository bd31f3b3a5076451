/**
 * A tree as one text, to cross from one thread to another. An offer of 8 KB takes 25 us on either side; as JSON 40 and
 * 80, and cloned node by node 90 and 190. Nobody else writes such a text, so it is read without being checked.
 */
import {
	sharedName,
	sharedText,
	type XmlAttribute,
	type XmlDeclaration,
	type XmlElement,
	type XmlName,
	type XmlNode,
} from './element.ts';

/** None of them stands in an XML document (XML 1.0, 2.2), so they can stand between the texts of one. */
const SEPARATOR = '\u0001';
const WITHIN_NAME = '\u0002';
const BETWEEN_NAMES = '\u0003';

/** Counts and indices are written as one UTF-16 unit each, above the separator. */
const COUNT_BASE = SEPARATOR.charCodeAt(0) + 1;
const COUNT_MAX = 0xffff - COUNT_BASE;

/** How the children of an element begin. */
const ELEMENT = 0;
const TEXT = 1;
const COMMENT = 2;

/** The tree packed; undefined where it is larger than can be. */
export function packTree(root: XmlElement): string | undefined {
	const packing = new Packing();
	packing.putElement(root);
	return packing.finished();
}

class Packing {
	readonly #names: string[] = [];
	/** By their local names, each with those before it that have the same one. */
	readonly #known = new Map<string, KnownName>();
	/** The first two are made of names and counts in the end. */
	readonly #texts: string[] = ['', ''];
	readonly #counts: number[] = [];
	#countMax = 0;

	putElement({ prefix, namespace, localName, declarations, attributes, children }: XmlElement): void {
		this.#putName(prefix, namespace, localName);
		this.#put(declarations.length);
		// Of a name that has none itself.
		for (const declared of declarations) this.#putName(declared.prefix, declared.namespace, '');
		this.#put(attributes.length);
		for (const candidate of attributes) {
			this.#putName(candidate.prefix, candidate.namespace, candidate.localName);
			this.#texts.push(candidate.value);
		}
		this.#put(children.length);
		for (const child of children) {
			if (child.kind === 'element') {
				this.#put(ELEMENT);
				this.putElement(child);
			} else {
				this.#put(child.kind === 'text' ? TEXT : COMMENT);
				this.#texts.push(child.text);
			}
		}
	}

	finished(): string | undefined {
		if (this.#countMax > COUNT_MAX) return undefined;
		const texts = this.#texts;
		texts[0] = this.#names.join(BETWEEN_NAMES);
		texts[1] = unitsOf(this.#counts);
		return texts.join(SEPARATOR);
	}

	#put(count: number): void {
		if (count > this.#countMax) this.#countMax = count;
		this.#counts.push(COUNT_BASE + count);
	}

	#putName(prefix: string, namespace: string, localName: string): void {
		const alike = this.#known.get(localName);
		for (let known = alike; known !== undefined; known = known.before) {
			if (known.prefix !== prefix || known.namespace !== namespace) continue;
			this.#put(known.index);
			return;
		}
		const index = this.#names.length;
		this.#known.set(localName, { prefix, namespace, index, before: alike });
		this.#names.push(prefix + WITHIN_NAME + namespace + WITHIN_NAME + localName);
		this.#put(index);
	}
}

/** A name that was written before. */
interface KnownName {
	readonly prefix: string;
	readonly namespace: string;
	readonly index: number;
	readonly before: KnownName | undefined;
}

/** As many arguments as V8's stack surely has room for. */
const UNITS_MAX = 4096;

function unitsOf(counts: readonly number[]): string {
	let units = '';
	for (let begin = 0; begin < counts.length; begin += UNITS_MAX) {
		units += String.fromCharCode(...counts.slice(begin, begin + UNITS_MAX));
	}
	return units;
}

/** The tree that was packed. */
export function unpackTree(packed: string): XmlElement {
	const texts = packed.split(SEPARATOR);
	return takeElement({ texts, names: namesOf(texts[0]!), shape: texts[1]!, nextText: 2, nextCount: 0 });
}

/**
 * How far a text is unpacked. What unpacks are functions of the module and none of the call: V8 drops what it has compiled
 * of a function when nothing is left of its closures, and compiled these anew with every collection of the heap.
 */
interface Unpacking {
	readonly texts: readonly string[];
	readonly names: readonly XmlName[];
	readonly shape: string;
	nextText: number;
	nextCount: number;
}

function take(from: Unpacking): number {
	return from.shape.charCodeAt(from.nextCount++) - COUNT_BASE;
}

function takeElement(from: Unpacking): XmlElement {
	const { prefix, namespace, localName } = from.names[take(from)]!;
	const declarations = takeSome(from, takeDeclaration);
	const attributes = takeSome(from, takeAttribute);
	const children = takeSome(from, takeChild);
	return { kind: 'element', prefix, namespace, localName, declarations, attributes, children };
}

function takeDeclaration(from: Unpacking): XmlDeclaration {
	const { prefix, namespace } = from.names[take(from)]!;
	return { prefix, namespace };
}

function takeAttribute(from: Unpacking): XmlAttribute {
	const { prefix, namespace, localName } = from.names[take(from)]!;
	return { prefix, namespace, localName, value: from.texts[from.nextText++]! };
}

function takeChild(from: Unpacking): XmlNode {
	const kind = take(from);
	if (kind === ELEMENT) return takeElement(from);
	return { kind: kind === TEXT ? 'text' : 'comment', text: from.texts[from.nextText++]! };
}

/**
 * The names of a document. Documents of one client have the same names in the same order, so that they are remembered
 * all together.
 */
function namesOf(written: string): readonly XmlName[] {
	const known = knownNames.get(written);
	if (known !== undefined) return known;
	const isRemembered = written.length <= KNOWN_CHARACTERS_MAX;
	// What is remembered is not a piece of the document.
	const own = isRemembered ? sharedText(written) : written;
	const names = own.split(BETWEEN_NAMES).map((name): XmlName => {
		const [prefix, namespace, localName] = name.split(WITHIN_NAME);
		return { prefix: sharedName(prefix!), namespace: sharedName(namespace!), localName: sharedName(localName!) };
	});
	if (knownNames.size === KNOWN_MAX) knownNames.clear();
	if (isRemembered) knownNames.set(own, names);
	return names;
}

const knownNames = new Map<string, readonly XmlName[]>();
/** As many kinds of documents as are likely to be sent at a time; an offer of 8 KB has 2,700 characters of names. */
const KNOWN_MAX = 64;
const KNOWN_CHARACTERS_MAX = 8 << 10;

/** As many as there are: an array that grows has room for seventeen at once, and most of these hold one thing or none. */
function takeSome<T>(from: Unpacking, takeOne: (from: Unpacking) => T): readonly T[] {
	const count = take(from);
	if (count === 0) return NOTHING;
	if (count === 1) return [takeOne(from)];
	if (count === 2) return [takeOne(from), takeOne(from)];
	const taken: T[] = [takeOne(from), takeOne(from), takeOne(from)];
	while (taken.length < count) taken.push(takeOne(from));
	return taken;
}

const NOTHING: readonly never[] = [];
