/**
 * Places in a document: from a positional path to the line of the source, and from libxml2's own paths to ours.
 *
 * Found in the source itself, in one pass, once somebody asks. libxml2's nodes know their lines too, but a look at one
 * makes an object of it, and a dozen remarks on an offer look at hundreds: a third of the time of its reading.
 */

/** Where things stand in the source of one document, whatever that is written in. */
export interface Lines {
	/**
	 * For each positional path the line, from 1, on which begins what it names, or where that is not there the nearest
	 * thing around it, at last the document; undefined where the source is none.
	 */
	readonly linesOf: (paths: readonly string[]) => readonly (number | undefined)[];
}

/** Answers for one document in XML. */
export interface Locator extends Lines {
	/** The positional path (`pathOf` in element.ts) of what a path as libxml2 writes it means. */
	readonly pathOf: (libxmlPath: string) => string;
}

/** A locator of the document in XML with this text, which is well-formed and has no document type. */
export function locatorOf(text: () => string): Locator {
	let outermost: Place | undefined;

	/** The elements that the path leads through, as far as it does. */
	function follow(path: string): { readonly places: readonly Place[]; readonly isThere: boolean } {
		outermost ??= placesIn(text());
		const places: Place[] = [];
		for (const step of path.split('/').slice(1)) {
			if (step.startsWith('@')) break;
			const next = placeAt(places.at(-1) ?? outermost, step);
			if (next === undefined) return { places, isThere: false };
			places.push(next);
		}
		return { places, isThere: true };
	}

	return {
		linesOf: (paths) => paths.map((path) => (follow(path).places.at(-1) ?? outermost?.children[0])?.line),
		pathOf: (libxmlPath) => {
			// With prefixes libxml2 writes what we write; an element of a default namespace is only a `*` to it.
			if (!libxmlPath.includes('*')) return libxmlPath;
			const { places, isThere } = follow(libxmlPath);
			const attribute = /\/@[^/]*$/.exec(libxmlPath)?.[0] ?? '';
			return isThere ? places.map((place) => `/${stepTo(place)}`).join('') + attribute : libxmlPath;
		},
	};
}

/**
 * The positional path of the first element, or attribute of one, with such a name; of attributes the value is told too,
 * as it is written. For text that is well-formed and has no document type.
 */
export function pathOfFirst(text: string, isMeant: (name: string, value?: string) => boolean): string | undefined {
	let found: { readonly place: Place; readonly attribute?: string } | undefined;
	placesIn(text, (place, tag) => {
		if (found !== undefined) return;
		if (isMeant(place.name)) found = { place };
		for (const [, name, quoted] of tag.matchAll(ATTRIBUTE)) {
			if (found === undefined && isMeant(name!, quoted!.slice(1, -1))) found = { place, attribute: name! };
		}
	});
	if (found === undefined) return undefined;
	return pathTo(found.place) + (found.attribute === undefined ? '' : `/@${found.attribute}`);
}

/**
 * The first processing instruction, by its target, and the positional path of the element that it stands in: of the
 * root where it stands outside. For text that is well-formed and has no document type and no XML declaration.
 */
export function instructionIn(text: string): { readonly path?: string; readonly found?: string } {
	let first: { readonly parent: Place; readonly found: string } | undefined;
	const outermost = placesIn(text, undefined, (parent, instruction) => {
		first ??= { parent, found: NAME.exec(instruction.slice(2))?.[0] ?? '' };
	});
	const place = first?.parent === outermost ? outermost.children[0] : first?.parent;
	return first === undefined || place === undefined ? {} : { path: pathTo(place), found: first.found };
}

function pathTo(place: Place): string {
	const steps: string[] = [];
	for (let own = place; own.parent !== undefined; own = own.parent) steps.unshift(`/${stepTo(own)}`);
	return steps.join('');
}

const ATTRIBUTE = /\s([^\s=]+)\s*=\s*("[^"]*"|'[^']*')/g;

/** An element, under its name as it is written. */
interface Place {
	readonly name: string;
	readonly line: number;
	readonly parent: Place | undefined;
	readonly children: Place[];
}

/** The child that a step `name[n]` means; under the name `*`, the nth of all elements. */
function placeAt({ children }: Place, step: string): Place | undefined {
	const [, wanted, position = '1'] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step) ?? [];
	const matching = wanted === '*' ? children : children.filter(({ name }) => name === wanted);
	return matching[Number(position) - 1];
}

function stepTo(place: Place): string {
	const namesakes = place.parent!.children.filter(({ name }) => name === place.name);
	return namesakes.length === 1 ? place.name : `${place.name}[${namesakes.indexOf(place) + 1}]`;
}

/** What is outside the root element, with that as its only child. One pass; on text that is no XML it finds little. */
function placesIn(
	text: string,
	visit?: (place: Place, tag: string) => void,
	visitInstruction?: (parent: Place, instruction: string) => void,
): Place {
	const outermost: Place = { name: '', line: 0, parent: undefined, children: [] };
	let parent = outermost;
	let line = 1;
	let feed = text.indexOf('\n');
	for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
		for (; feed >= 0 && feed < at; feed = text.indexOf('\n', feed + 1)) line += 1;
		const mark = MARKS.find(([start]) => text.startsWith(start, at));
		const end = mark === undefined ? endOfTag(text, at) : text.indexOf(mark[1], at);
		if (end < 0) break;
		if (text[at + 1] === '/') {
			parent = parent.parent ?? outermost;
		} else if (mark === undefined) {
			const place: Place = { name: NAME.exec(text.slice(at + 1, end))?.[0] ?? '', line, parent, children: [] };
			parent.children.push(place);
			visit?.(place, text.slice(at, end));
			if (text[end - 1] !== '/') parent = place;
		} else if (mark[0] === '<?') {
			visitInstruction?.(parent, text.slice(at, end));
		}
		at = end;
	}
	return outermost;
}

/** What begins with `<` and is no start tag, and how it ends. */
const MARKS: readonly (readonly [start: string, end: string])[] = [
	['</', '>'],
	['<!--', '-->'],
	['<![CDATA[', ']]>'],
	['<?', '?>'],
];

const NAME = /^[^\s/>]+/;

/** Where the `>` of a start tag is: none of those in its attributes' values. */
function endOfTag(text: string, start: number): number {
	for (let at = start; at < text.length; at += 1) {
		const character = text[at]!;
		if (character === '>') return at;
		if (character !== '"' && character !== "'") continue;
		at = text.indexOf(character, at + 1);
		if (at < 0) return -1;
	}
	return -1;
}
