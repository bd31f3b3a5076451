/** Whether two documents say the same. */
import type { XmlElement } from '../xml/element.ts';
import { isBlank } from './lexical.ts';

/**
 * Whether two elements say the same: names by namespace, attributes in any order, text as it is. Prefixes, comments and
 * blank text between elements are no part of what is said.
 */
export function isSameDocument(one: XmlElement, other: XmlElement): boolean {
	if (one.namespace !== other.namespace || one.localName !== other.localName) return false;
	if (one.attributes.length !== other.attributes.length) return false;
	const hasAll = one.attributes.every(({ namespace, localName, value }) => {
		return other.attributes.some((each) => {
			return each.namespace === namespace && each.localName === localName && each.value === value;
		});
	});
	if (!hasAll) return false;
	const mine = saidBy(one);
	const theirs = saidBy(other);
	return mine.length === theirs.length && mine.every((node, nth) => isSameNode(node, theirs[nth]!));
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
