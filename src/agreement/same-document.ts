/** Whether two documents say the same, and where they do not. */
import { qualifiedName, type XmlAttribute, type XmlElement } from '../xml/element.ts';
import { excerpt, PATH_CHARACTERS_MAX, type Place, placeOfRoot, placesWithin } from './document.ts';
import { isBlank } from './lexical.ts';

/** One place in which a document does not say what another one says. */
export interface DocumentDifference {
	/** In the document; of what is missing there, the place that it is missing from. */
	readonly path: string;
	readonly found: string;
	/** What the other one says there. */
	readonly expected: string;
}

/**
 * Whether two elements say the same: names by namespace, attributes in any order, text as it is. Prefixes, comments and
 * blank text between elements are no part of what is said.
 */
export function isSameDocument(one: XmlElement, other: XmlElement): boolean {
	if (one.namespace !== other.namespace || one.localName !== other.localName) return false;
	if (one.attributes.length !== other.attributes.length) return false;
	const hasAll = one.attributes.every((own, nth) => {
		// What was read has its attributes in one order: of thousands each would be compared with all others.
		return isSameAttribute(own, other.attributes[nth]!) || other.attributes.some((each) => isSameAttribute(own, each));
	});
	if (!hasAll) return false;
	const mine = saidBy(one);
	const theirs = saidBy(other);
	return mine.length === theirs.length && mine.every((node, nth) => isSameNode(node, theirs[nth]!));
}

function isSameAttribute(one: XmlAttribute, other: XmlAttribute): boolean {
	return one.namespace === other.namespace && one.localName === other.localName && one.value === other.value;
}

type Said = string | XmlElement;

function isSameNode(one: Said, other: Said): boolean {
	if (typeof one === 'string' || typeof other === 'string') return one === other;
	return isSameDocument(one, other);
}

/** Children without comments; text that a comment had cut in two is one again. */
function saidBy({ children }: XmlElement): Said[] {
	const said: Said[] = [];
	for (const child of children) {
		if (child.kind === 'element') said.push(child);
		else if (child.kind === 'text') {
			const last = said.at(-1);
			if (typeof last === 'string') said[said.length - 1] = last + child.text;
			else said.push(child.text);
		}
	}
	return said.filter((node) => typeof node !== 'string' || !isBlank(node));
}

/**
 * Where the document says something else than the expected one, in document order, `countMax` places at most; none where
 * they are the same (`isSameDocument`). Children are compared with those of the same name and number.
 */
export function documentDifferences(
	document: XmlElement,
	expected: XmlElement,
	countMax: number,
): readonly DocumentDifference[] {
	const differences: DocumentDifference[] = [];
	compare(placeOfRoot(document), expected, {
		isFull: () => differences.length >= countMax,
		add: (path, found, wanted) => {
			if (differences.length < countMax) {
				differences.push({
					path: excerpt(path, PATH_CHARACTERS_MAX),
					found: excerpt(found),
					expected: excerpt(wanted),
				});
			}
		},
	});
	return differences;
}

const NOTHING = 'nothing';

interface Found {
	readonly isFull: () => boolean;
	readonly add: (path: string, found: string, expected: string) => void;
}

function compare(place: Place, expected: XmlElement, found: Found): void {
	const { element, path } = place;
	if (nameOf(element) !== nameOf(expected)) {
		found.add(path, qualifiedName(element), qualifiedName(expected));
		return;
	}
	compareAttributes(place, expected, found);
	const mine = keyed(saidBy(element));
	const theirs = keyed(saidBy(expected));
	const places = new Map(placesWithin(place).map((child) => [child.element, child]));
	for (const [key, said] of mine) {
		if (found.isFull()) return;
		const wanted = theirs.get(key);
		if (typeof said === 'string') {
			if (wanted !== said) found.add(path, said, typeof wanted === 'string' ? wanted : NOTHING);
		} else if (wanted === undefined || typeof wanted === 'string') {
			found.add(places.get(said)!.path, qualifiedName(said), NOTHING);
		} else compare(places.get(said)!, wanted, found);
	}
	for (const [key, wanted] of theirs) {
		if (!mine.has(key)) found.add(path, NOTHING, typeof wanted === 'string' ? wanted : qualifiedName(wanted));
	}
	const isComplete = mine.size === theirs.size && [...theirs.keys()].every((key) => mine.has(key));
	const order = [...mine.keys()];
	if (isComplete && ![...theirs.keys()].every((key, nth) => key === order[nth])) {
		found.add(path, `${listed(mine)}, in this order`, listed(theirs));
	}
}

function compareAttributes({ element, path }: Place, expected: XmlElement, found: Found): void {
	const theirs = new Map(expected.attributes.map((each) => [nameOf(each), each]));
	for (const each of element.attributes) {
		const wanted = theirs.get(nameOf(each));
		if (wanted?.value !== each.value)
			found.add(`${path}/@${qualifiedName(each)}`, each.value, wanted?.value ?? NOTHING);
		theirs.delete(nameOf(each));
	}
	for (const wanted of theirs.values()) found.add(`${path}/@${qualifiedName(wanted)}`, NOTHING, wanted.value);
}

/** What is said, each under its name (texts under none) and its number among those of that name. */
function keyed(said: readonly Said[]): ReadonlyMap<string, Said> {
	const counts = new Map<string, number>();
	return new Map(
		said.map((node) => {
			const name = typeof node === 'string' ? '' : nameOf(node);
			const count = (counts.get(name) ?? 0) + 1;
			counts.set(name, count);
			return [`${count} ${name}`, node];
		}),
	);
}

function nameOf({ namespace, localName }: Pick<XmlElement, 'namespace' | 'localName'>): string {
	return `{${namespace}}${localName}`;
}

function listed(said: ReadonlyMap<string, Said>): string {
	return [...said.values()].map((node) => (typeof node === 'string' ? 'text' : qualifiedName(node))).join(', ');
}
