/**
 * Places in a document that was sent in its JSON form: from positional paths to lines of the JSON text. As in XML
 * (locate.ts) they are found in the source itself, in one pass, once somebody asks.
 *
 * Only what is asked for is remembered: half a million numbers, which fit into 1 MiB, would be as many places.
 */
import { readTokens, textOfLiteral } from './json-tokens.ts';
import type { Lines } from './locate.ts';

/** The lines of the JSON text: of a member that of its name, of what stands in an array that of its first character. */
export function linesOfJson(text: () => string): Lines {
	return {
		linesOf: (paths) => {
			const document: Asked = { line: undefined, below: new Map() };
			const routes = paths.map((path) => routeOf(path, document));
			findLines(text(), document);
			return routes.map((route) => route.findLast(({ line }) => line !== undefined)?.line);
		},
	};
}

/** Something that a path asks for, or that stands around it; what is below by name, and then by position among those. */
interface Asked {
	line: number | undefined;
	readonly below: Map<string, Map<number, Asked>>;
}

/** What the path leads through, from the document on. */
function routeOf(path: string, document: Asked): readonly Asked[] {
	const route = [document];
	if (path === '/') return route;
	for (const step of path.split('/').slice(1)) {
		const [name, position] = partsOf(step);
		const { below } = route.at(-1)!;
		const namesakes = below.get(name) ?? new Map<number, Asked>();
		below.set(name, namesakes);
		const next = namesakes.get(position) ?? { line: undefined, below: new Map() };
		namesakes.set(position, next);
		route.push(next);
	}
	return route;
}

function partsOf(step: string): readonly [name: string, position: number] {
	const [, name = step, position = '1'] = /^(.+)\[(\d+)\]$/s.exec(step) ?? [];
	return [name, Number(position)];
}

/** What is asked for within an object or an array that is open. */
type Open =
	/** The content of an element. */
	| { readonly kind: 'element'; readonly own: Asked }
	/** Elements of one name, each by its place; or what stands under `#children`, whatever it is. */
	| { readonly kind: 'list'; readonly namesakes: ReadonlyMap<number, Asked>; items: number; readonly parent?: InOrder }
	/** One child of those in order, as an object with one member. */
	| { readonly kind: 'child'; readonly parent: InOrder }
	| { readonly kind: 'unasked' };

/** An element whose children are in order, with how many there were of each name that is asked for. */
interface InOrder {
	readonly own: Asked;
	readonly counts: Map<string, number>;
}

const UNASKED: Open = { kind: 'unasked' };

/** Notes the lines of all that is asked for and there. */
function findLines(text: string, document: Asked): void {
	const lineAt = lineCounter(text);
	const open: Open[] = [];
	/** The member whose value comes: what its element would be asked for, and as a list. */
	let member: { readonly opens: Open; readonly lists: Open } | undefined;

	function note(asked: Asked | undefined, at: number): Open {
		if (asked === undefined) return UNASKED;
		asked.line = lineAt(at);
		return { kind: 'element', own: asked };
	}

	function seeName(at: number, end: number): typeof member {
		const around = open.at(-1)!;
		if (around.kind !== 'element' && around.kind !== 'child') return { opens: UNASKED, lists: UNASKED };
		const name = textOfLiteral(text.slice(at, end));
		if (around.kind === 'child') return { opens: note(nextOf(name, around.parent), at), lists: UNASKED };
		const { namesakes, position } = namesakesOf(name, around.own);
		if (namesakes === undefined && name !== CHILDREN) return { opens: UNASKED, lists: UNASKED };
		const parent = name === CHILDREN ? { parent: { own: around.own, counts: new Map<string, number>() } } : {};
		return {
			opens: note(namesakes?.get(position), at),
			lists: { kind: 'list', namesakes: namesakes ?? NONE, items: 0, ...parent },
		};
	}

	/** What is to be opened, if it is an object, and if it is an array. */
	function seeValue(at: number): { readonly opens: Open; readonly lists: Open } {
		if (member !== undefined) return member;
		const around = open.at(-1);
		if (around === undefined) return { opens: note(document, at), lists: UNASKED };
		if (around.kind !== 'list') return { opens: UNASKED, lists: UNASKED };
		around.items += 1;
		const opens = note(around.namesakes.get(around.items), at);
		return { opens: around.parent === undefined ? opens : { kind: 'child', parent: around.parent }, lists: UNASKED };
	}

	readTokens(text, (token, at, end) => {
		if (token === 'name') member = seeName(at, end);
		else if (token === '}' || token === ']') open.pop();
		else {
			const { opens, lists } = seeValue(at);
			member = undefined;
			if (token !== 'value') open.push(token === '{' ? opens : lists);
		}
	});
}

const CHILDREN = '#children';
const NONE: ReadonlyMap<number, Asked> = new Map();

/**
 * What is asked for of elements that this member is, and at which position its only one stands. A name that is none may
 * look like several steps, or have a position in it.
 */
function namesakesOf(
	name: string,
	own: Asked,
): { readonly namesakes: ReadonlyMap<number, Asked> | undefined; readonly position: number } {
	const known = own.below.get(name);
	if (known !== undefined || !/[/\]]/.test(name)) return { namesakes: known, position: 1 };
	let outer: Asked | undefined = own;
	const steps = name.split('/').map(partsOf);
	for (const [step, nth] of steps.slice(0, -1)) outer = outer?.below.get(step)?.get(nth);
	const [step, position] = steps.at(-1)!;
	return { namesakes: outer?.below.get(step), position };
}

/** The next child of this name. */
function nextOf(name: string, { own, counts }: InOrder): Asked | undefined {
	const namesakes = own.below.get(name);
	if (namesakes === undefined) return undefined;
	const position = (counts.get(name) ?? 0) + 1;
	counts.set(name, position);
	return namesakes.get(position);
}

/** The line of each place, told in their order. */
function lineCounter(text: string): (at: number) => number {
	let line = 1;
	let feed = text.indexOf('\n');
	return (at) => {
		for (; feed >= 0 && feed < at; feed = text.indexOf('\n', feed + 1)) line += 1;
		return line;
	};
}
