/**
 * Locations: the XPaths of creation constraints, in a grammar so small that evaluating one (location-selection.ts) costs
 * at most a walk over the document a step. Anything else is refused when the template is read.
 *
 *     location  = prolog? '$this'? path
 *     prolog    = ("declare namespace" prefix "=" literal ";" | "declare default element namespace" literal ";")*
 *                                                                      the XQuery dialect of WSAG4J's templates
 *     path      = (("/" | "//") step)+ (("/" "@" name) | "/text()")?
 *     step      = name predicate*                                      at most two predicates
 *     name      = (prefix ":")? local | prefix ":*" | "*"
 *     predicate = "[" number "]" | "[" "@"? name "=" literal "]"       the attribute's or a child's value
 *
 * No axes, functions, unions, parents or nesting: three nested expressions of full XPath kept every engine busy for
 * ever. As in XPath 1.0, a name without a prefix is a name without a namespace (but of an element where the prolog declares
 * its default), `//a[1]` is the first `a` of each parent, and `text()` selects nothing of an element that holds no text.
 * Plain data, so that a template can travel between threads.
 */
import { namespaceOf, scopeWithin, type XmlScope } from '../../xml/scope.ts';
import { readProlog } from './location-prolog.ts';

export interface Location {
	/** As it stands in the template, without comments, $this, and what of the prolog is no default namespace. */
	readonly text: string;
	readonly steps: readonly LocationStep[];
	/** What is taken of the elements that the steps select. */
	readonly target: { readonly kind: 'element' | 'text' } | { readonly kind: 'attribute'; readonly name: NameTest };
}

export interface LocationStep {
	/** `//`: any depth below; else a child. */
	readonly descends: boolean;
	readonly name: NameTest;
	readonly predicates: readonly Predicate[];
}

/** '*' for any. */
export interface NameTest {
	readonly namespace: string;
	readonly localName: string;
}

export type Predicate =
	| { readonly kind: 'position'; readonly position: number }
	| { readonly kind: 'attribute' | 'child'; readonly name: NameTest; readonly value: string };

/** How many more elements and attributes may be looked at. Shared by all Locations of one check. */
export interface StepBudget {
	remaining: number;
	/** Of a search: something was given up, for want of the part of it that there was for that. */
	isShort?: boolean;
}

export type LocationReading =
	| { readonly ok: true; readonly location: Location }
	| { readonly ok: false; readonly why: string };

/** Four times the longest Location of WSAG4J's templates, prologs aside. */
const PATH_CHARACTERS_MAX = 1024;
/** A dozen namespaces. */
const PROLOG_CHARACTERS_MAX = 2048;
const STEPS_MAX = 24;
const PREDICATES_MAX = 2;
/** Each `//` may walk the whole document. */
const DESCENTS_MAX = 2;

const NAME = String.raw`(?:([A-Za-z_][\w.-]{0,63}):)?([A-Za-z_][\w.-]{0,63}|\*)`;
const STEP = new RegExp(`^(//?)${NAME}`);
const POSITION = /^\[\s*(\d{1,6})\s*\]/;
const COMPARISON = new RegExp(String.raw`^\[\s*(@?)${NAME}\s*=\s*(?:'([^']{0,200})'|"([^"]{0,200})")\s*\]`);
const ATTRIBUTE = new RegExp(`^/@${NAME}$`);

/** Reads a Location; prefixes mean what its own prolog declares, and else what they mean where it stands. */
export function parseLocation(text: string, scope: XmlScope): LocationReading {
	const trimmed = text.trim();
	if (trimmed.length > PROLOG_CHARACTERS_MAX + PATH_CHARACTERS_MAX) return { ok: false, why: 'it is too long' };
	const { path, declarations, elementNamespace, why: notUnderstood } = readProlog(trimmed);
	if (path.length > PATH_CHARACTERS_MAX)
		return { ok: false, why: `it is longer than ${PATH_CHARACTERS_MAX} characters` };
	if (notUnderstood !== undefined) return { ok: false, why: notUnderstood };
	const parser: Parser = { rest: path, scope: scopeWithin(scope, declarations), elementNamespace, why: undefined };
	const steps: LocationStep[] = [];
	let target: Location['target'] = { kind: 'element' };
	while (parser.rest !== '' && parser.why === undefined && target.kind === 'element') {
		target = parseTarget(parser);
		if (target.kind === 'element') steps.push(parseStep(parser));
	}
	const why = parser.why ?? findExcess(steps);
	return why === undefined
		? { ok: true, location: { text: withDefault(path, elementNamespace), steps, target } }
		: { ok: false, why };
}

/** Without its default namespace it would mean something else. */
function withDefault(path: string, namespace: string): string {
	if (namespace === '') return path;
	const quote = namespace.includes("'") ? '"' : "'";
	return `declare default element namespace ${quote}${namespace}${quote}; ${path}`;
}

const ANY_NAME: NameTest = { namespace: '*', localName: '*' };

/** What is left of the text, and the first thing wrong with it. */
interface Parser {
	rest: string;
	readonly scope: XmlScope;
	/** Of names of elements without a prefix. */
	readonly elementNamespace: string;
	why: string | undefined;
}

/** The attribute or text at the end of the path, if that is what is left. */
function parseTarget(parser: Parser): Location['target'] {
	if (parser.rest === '/text()') return { kind: 'text' };
	const match = ATTRIBUTE.exec(parser.rest);
	if (match === null) return { kind: 'element' };
	return { kind: 'attribute', name: nameTest(match[1], match[2]!, '', parser) };
}

function parseStep(parser: Parser): LocationStep {
	const match = STEP.exec(parser.rest);
	const name = match === null ? ANY_NAME : nameTest(match[2], match[3]!, parser.elementNamespace, parser);
	if (match === null) parser.why ??= `"${parser.rest.slice(0, 40)}" is not a step of the restricted grammar`;
	else parser.rest = parser.rest.slice(match[0].length);
	const predicates: Predicate[] = [];
	while (parser.rest.startsWith('[') && parser.why === undefined) predicates.push(parsePredicate(parser));
	if (predicates.length > PREDICATES_MAX) parser.why ??= `a step may have at most ${PREDICATES_MAX} predicates`;
	return { descends: match?.[1] === '//', name, predicates };
}

function parsePredicate(parser: Parser): Predicate {
	const position = POSITION.exec(parser.rest);
	if (position !== null) {
		parser.rest = parser.rest.slice(position[0].length);
		return { kind: 'position', position: Number(position[1]) };
	}
	const match = COMPARISON.exec(parser.rest);
	if (match === null) {
		parser.why ??= `"${parser.rest.slice(0, 40)}" is not a predicate of the restricted grammar`;
		return { kind: 'position', position: 0 };
	}
	parser.rest = parser.rest.slice(match[0].length);
	const kind = match[1] === '@' ? 'attribute' : 'child';
	const byDefault = kind === 'child' ? parser.elementNamespace : '';
	return { kind, name: nameTest(match[2], match[3]!, byDefault, parser), value: match[4] ?? match[5]! };
}

function findExcess(steps: readonly LocationStep[]): string | undefined {
	if (steps.length === 0) return 'it selects nothing but the document itself';
	if (steps.length > STEPS_MAX) return `it has more than ${STEPS_MAX} steps`;
	const descents = steps.filter(({ descends }) => descends).length;
	return descents > DESCENTS_MAX ? `it has more than ${DESCENTS_MAX} //` : undefined;
}

/** `byDefault`: the namespace of a name without a prefix. */
function nameTest(prefix: string | undefined, localName: string, byDefault: string, parser: Parser): NameTest {
	if (prefix === undefined) return { namespace: localName === '*' ? '*' : byDefault, localName };
	const namespace = namespaceOf(parser.scope, prefix);
	if (namespace === undefined) parser.why ??= `the prefix ${prefix} is not declared`;
	return { namespace: namespace ?? '', localName };
}
