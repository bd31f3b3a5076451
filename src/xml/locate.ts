/**
 * Places in a document while libxml2 still holds it: from a positional path to the line of the source, and from
 * libxml2's own paths to ours.
 */
import { XmlElement } from 'libxml2-wasm';

/** Answers for one document. Valid until the document is disposed of. */
export interface Locator {
	/** The line of the source where the element starts that this path names; undefined where nobody can say. */
	readonly lineOf: (path: string) => number | undefined;
	/** The positional path (`pathOf` in element.ts) of what a path as libxml2 writes it means. */
	readonly pathOf: (libxmlPath: string) => string;
}

/**
 * How many nodes one document's issues may be searched through. A step goes past all siblings, and each costs about
 * a microsecond: a hundred issues among a hundred thousand siblings shall not cost seconds.
 */
const VISITS_MAX = 200_000;

export function locatorOf(root: XmlElement): Locator {
	const budget = { visits: VISITS_MAX };

	/** The elements that the path leads through, each with its positional step; empty where it leads nowhere. */
	function follow(path: string): Place[] {
		const [first, ...steps] = path.split('/').slice(1);
		if (first === undefined || first === '' || first.startsWith('@')) return [];
		const places: Place[] = [{ node: root, step: writtenName(root) }];
		for (const step of steps) {
			if (step.startsWith('@')) break;
			const next = placeOf(places.at(-1)!.node, step, budget);
			if (next === undefined) return [];
			places.push(next);
		}
		return places;
	}

	return {
		lineOf: (path) => follow(path).at(-1)?.node.line,
		pathOf: (libxmlPath) => {
			// With prefixes libxml2 writes what we write; an element of a default namespace is only a `*` to it.
			if (!libxmlPath.includes('*')) return libxmlPath;
			const places = follow(libxmlPath);
			const attribute = /\/@[^/]*$/.exec(libxmlPath)?.[0] ?? '';
			if (places.length === 0) return libxmlPath;
			return places.map(({ step }) => `/${step}`).join('') + attribute;
		},
	};
}

interface Place {
	readonly node: XmlElement;
	readonly step: string;
}

/** The child that a step `name[n]` means; under the name `*`, the nth of all elements. */
function placeOf(parent: XmlElement, step: string, budget: { visits: number }): Place | undefined {
	const [, wanted, digits] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step) ?? [];
	if (wanted === undefined) return undefined;
	const position = digits === undefined ? 1 : Number(digits);
	const counts = new Map<string, number>();
	let found: { node: XmlElement; name: string; position: number } | undefined;
	let matching = 0;
	for (let node = parent.firstChild; node !== null; node = node.next) {
		budget.visits -= 1;
		if (budget.visits < 0) return undefined;
		if (!(node instanceof XmlElement)) continue;
		const name = writtenName(node);
		const count = (counts.get(name) ?? 0) + 1;
		counts.set(name, count);
		if (wanted === '*' || wanted === name) matching += 1;
		if (matching === position && found === undefined) found = { node, name, position: count };
	}
	if (found === undefined) return undefined;
	const several = counts.get(found.name)! > 1;
	return { node: found.node, step: several ? `${found.name}[${found.position}]` : found.name };
}

function writtenName(node: XmlElement): string {
	return node.prefix === '' ? node.name : `${node.prefix}:${node.name}`;
}
