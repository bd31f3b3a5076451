/** JSON forms of documents as anybody may write them, and where things stand in them. */
import { childElements, pathOf, qualifiedName, textOf, type XmlElement, type XmlNode } from '../../src/xml/element.ts';

/** Makes up its mind: one of so many. */
export type Chance = (among: number) => number;

export interface WrittenJson {
	readonly text: string;
	/** On which line each element and each attribute begins, by its path. */
	readonly lines: ReadonlyMap<string, number>;
}

/** Writes the JSON form of a tree in one of the many ways that say the same, and notes the lines while it does. */
export function writeJson(root: XmlElement, chance: Chance): WrittenJson {
	let text = '';
	const lines = new Map<string, number>();
	const space = () => {
		for (let left = chance(4); left > 0; left -= 1) text += ['\n', ' ', '\t', '\r\n'][chance(4)]!;
	};
	const put = (token: string) => {
		text += token;
		space();
	};
	/** `of`: what stands here. */
	const note = (of: string | undefined) => of !== undefined && lines.set(of, text.split('\n').length);
	const putLiteral = (value: string) => {
		const parts = JSON.stringify(value).match(/\\u....|\\.|./gsu)!;
		put(parts.map((part) => (/^[a-z]$/.test(part) && chance(9) === 0 ? `\\u00${hex(part)}` : part)).join(''));
	};
	const putList = <T>(brackets: string, items: readonly T[], putItem: (each: T) => void) => {
		put(brackets[0]!);
		for (const [nth, each] of items.entries()) {
			if (nth > 0) put(',');
			putItem(each);
		}
		put(brackets[1]!);
	};
	const putMember = (name: string, putValue: () => void, of?: string) => {
		note(of);
		putLiteral(name);
		put(':');
		putValue();
	};

	function putContent(own: XmlElement): void {
		const path = pathOf(root, own)!;
		const members: (() => void)[] = [];
		for (const { prefix, namespace } of own.declarations) {
			const name = prefix === '' ? '@xmlns' : `@xmlns:${prefix}`;
			members.push(() => putMember(name, () => putLiteral(namespace)));
		}
		for (const each of own.attributes) {
			const name = `@${qualifiedName(each)}`;
			members.push(() => putMember(name, () => putLiteral(each.value), `${path}/${name}`));
		}
		const isText = own.children.every(({ kind }) => kind === 'text');
		if (isText && members.length === 0 && chance(2) === 0) {
			putLiteral(textOf(own));
			return;
		}
		if (isText && (textOf(own) !== '' || chance(2) === 0)) {
			members.push(() => putMember('#text', () => putLiteral(textOf(own))));
		} else if (isNamed(own.children) && chance(3) > 0) {
			for (const alike of besideEachOther(own.children)) members.push(() => putAlike(alike));
		} else members.push(() => putMember('#children', () => putList('[]', own.children, putInOrder)));
		putList('{}', members, (each) => each());
	}

	function putAlike(alike: readonly XmlElement[]): void {
		const [first] = alike;
		const putItem = (each: XmlElement) => {
			note(pathOf(root, each));
			putContent(each);
		};
		if (alike.length === 1 && chance(3) > 0) putElement(first!);
		else putMember(qualifiedName(first!), () => putList('[]', alike, putItem));
	}

	function putInOrder(node: XmlNode): void {
		if (node.kind === 'text') putLiteral(node.text);
		else if (node.kind === 'element') putList('{}', [node], putElement);
		else putList('{}', [node.text], (each) => putMember('#comment', () => putLiteral(each)));
	}

	function putElement(own: XmlElement): void {
		putMember(qualifiedName(own), () => putContent(own), pathOf(root, own));
	}

	space();
	putList('{}', [root], putElement);
	return { text, lines };
}

const hex = (letter: string) => letter.charCodeAt(0).toString(16);

/** Whether names alone say it: elements only, and those of one name side by side. */
function isNamed(children: readonly XmlNode[]): children is readonly XmlElement[] {
	if (!children.every(({ kind }) => kind === 'element')) return false;
	const names = besideEachOther(children as readonly XmlElement[]).map(([first]) => qualifiedName(first!));
	return new Set(names).size === names.length;
}

function besideEachOther(children: readonly XmlElement[]): XmlElement[][] {
	const groups: XmlElement[][] = [];
	for (const child of children) {
		const last = groups.at(-1);
		if (last !== undefined && qualifiedName(last[0]!) === qualifiedName(child)) last.push(child);
		else groups.push([child]);
	}
	return groups;
}

/** All elements of the tree. */
export function elementsOf(root: XmlElement): XmlElement[] {
	return [root, ...childElements(root).flatMap(elementsOf)];
}
