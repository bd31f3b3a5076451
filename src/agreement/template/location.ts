/**
 * Locations: the XPaths of creation constraints, in a grammar so small that evaluating one costs at most a walk over
 * the document a step. Anything else is refused when the template is read.
 *
 *     location  = prolog? '$this'? path
 *     prolog    = ("declare namespace" prefix "=" literal ";")*        the XQuery dialect of WSAG4J's templates
 *     path      = (("/" | "//") step)+ (("/" "@" name) | "/text()")?
 *     step      = name predicate*                                      at most two predicates
 *     name      = (prefix ":")? local | prefix ":*" | "*"
 *     predicate = "[" number "]" | "[" "@"? name "=" literal "]"       the attribute's or a child's value
 *
 * No axes, functions, unions, parents or nesting: three nested expressions of full XPath kept every engine busy for
 * ever. As in XPath 1.0, a name without a prefix is a name without a namespace, `//a[1]` is the first `a` of each parent,
 * and `text()` selects nothing of an element that holds no text. Plain data, so that a template can travel between threads.
 */
import type { XmlAttribute, XmlDeclaration, XmlElement } from '../../xml/element.ts';
import { namespaceOf, OUTERMOST_SCOPE, scopeWithin, type XmlScope } from '../../xml/scope.ts';
import { type ElementIndex, namedElements } from './element-index.ts';

export interface Location {
	/** As it stands in the template, without prolog and $this. */
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

/** What a Location selects: an element, or the value of an attribute or text of one. */
export interface Selection {
	readonly owner: XmlElement;
	readonly attribute?: XmlAttribute;
	readonly isText: boolean;
}

/** Each node once. `deepest` is the last element on the way that was still there: what is missing is missing in it. */
export interface Selected {
	readonly selections: readonly Selection[];
	readonly deepest?: XmlElement;
}

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

const PROLOG = /^declare\s+namespace\s+([A-Za-z_][\w.-]*)\s*=\s*(?:'([^'<]*)'|"([^"<]*)")\s*;\s*/;
const NAME = String.raw`(?:([A-Za-z_][\w.-]{0,63}):)?([A-Za-z_][\w.-]{0,63}|\*)`;
const STEP = new RegExp(`^(//?)${NAME}`);
const POSITION = /^\[\s*(\d{1,6})\s*\]/;
const COMPARISON = new RegExp(String.raw`^\[\s*(@?)${NAME}\s*=\s*(?:'([^']{0,200})'|"([^"]{0,200})")\s*\]`);
const ATTRIBUTE = new RegExp(`^/@${NAME}$`);

/** A Location without its prolog and `$this`; undefined where it has neither. The declarations are those of the prolog. */
export function withoutProlog(
	text: string,
): { readonly path: string; readonly declarations: readonly XmlDeclaration[] } | undefined {
	const trimmed = text.trim();
	if (trimmed.length > PROLOG_CHARACTERS_MAX + PATH_CHARACTERS_MAX) return undefined;
	const { rest, declarations } = readProlog(trimmed, OUTERMOST_SCOPE);
	const path = rest.startsWith('$this') ? rest.slice('$this'.length) : rest;
	return path === trimmed ? undefined : { path, declarations };
}

/** Reads a Location; prefixes mean what its own prolog declares, and else what they mean where it stands. */
export function parseLocation(text: string, scope: XmlScope): LocationReading {
	const trimmed = text.trim();
	if (trimmed.length > PROLOG_CHARACTERS_MAX + PATH_CHARACTERS_MAX) return { ok: false, why: 'it is too long' };
	const prolog = readProlog(trimmed, scope);
	const path = prolog.rest.startsWith('$this') ? prolog.rest.slice('$this'.length) : prolog.rest;
	if (path.length > PATH_CHARACTERS_MAX)
		return { ok: false, why: `it is longer than ${PATH_CHARACTERS_MAX} characters` };
	if (!path.startsWith('/')) return { ok: false, why: 'it must begin at the root of the document, with / or //' };
	const parser: Parser = { rest: path, scope: prolog.scope, why: undefined };
	const steps: LocationStep[] = [];
	let target: Location['target'] = { kind: 'element' };
	while (parser.rest !== '' && parser.why === undefined && target.kind === 'element') {
		target = parseTarget(parser);
		if (target.kind === 'element') steps.push(parseStep(parser));
	}
	const why = parser.why ?? findExcess(steps);
	return why === undefined ? { ok: true, location: { text: path, steps, target } } : { ok: false, why };
}

/** Evaluates a Location on a document, with the help of its index if there is one. Undefined when the budget is spent. */
export function selectLocation(
	root: XmlElement,
	location: Location,
	budget: StepBudget,
	index?: ElementIndex,
): Selected | undefined {
	// The document node, of which the root is the only child.
	const documentNode: XmlElement = { ...DOCUMENT_NODE, children: [root] };
	let context: readonly XmlElement[] = [documentNode];
	let deepest: XmlElement | undefined;
	for (const [nth, step] of location.steps.entries()) {
		let next: XmlElement[];
		if (!step.descends) next = selectChildren(context, step, budget);
		else if (nth > 0 || index === undefined || step.name.localName === '*') {
			next = selectDescendants(context, step, budget);
		} else next = selectIndexed(root, step, budget, index);
		if (budget.remaining < 0) return undefined;
		if (next.length === 0) return { selections: [], ...(deepest === undefined ? {} : { deepest }) };
		deepest = next[0]!;
		context = next;
	}
	const selections: Selection[] = [];
	for (const owner of context) {
		const { target } = location;
		if (target.kind !== 'attribute') {
			const isText = target.kind === 'text';
			if (isText) budget.remaining -= owner.children.length;
			if (!isText || hasText(owner)) selections.push({ owner, isText });
			continue;
		}
		budget.remaining -= owner.attributes.length;
		for (const attribute of owner.attributes) {
			if (matches(target.name, attribute)) selections.push({ owner, attribute, isText: false });
		}
	}
	if (budget.remaining < 0) return undefined;
	return { selections, ...(deepest === undefined ? {} : { deepest }) };
}

/** Text that it holds itself; between elements white space is none, so that nothing hangs on how a document is indented. */
function hasText({ children }: XmlElement): boolean {
	const holdsElements = children.some(({ kind }) => kind === 'element');
	return children.some((child) => child.kind === 'text' && (holdsElements ? /\S/.test(child.text) : child.text !== ''));
}

const ANY_NAME: NameTest = { namespace: '*', localName: '*' };

const DOCUMENT_NODE: XmlElement = {
	kind: 'element',
	prefix: '',
	namespace: '',
	localName: '',
	declarations: [],
	attributes: [],
	children: [],
};

/** What is left of the text, and the first thing wrong with it. */
interface Parser {
	rest: string;
	readonly scope: XmlScope;
	why: string | undefined;
}

function readProlog(text: string, outer: XmlScope) {
	const declarations: XmlDeclaration[] = [];
	let rest = text;
	for (let match = PROLOG.exec(rest); match !== null; match = PROLOG.exec(rest)) {
		declarations.push({ prefix: match[1]!, namespace: match[2] ?? match[3]! });
		rest = rest.slice(match[0].length);
	}
	return { rest, declarations, scope: scopeWithin(outer, declarations) };
}

/** The attribute or text at the end of the path, if that is what is left. */
function parseTarget(parser: Parser): Location['target'] {
	if (parser.rest === '/text()') return { kind: 'text' };
	const match = ATTRIBUTE.exec(parser.rest);
	if (match === null) return { kind: 'element' };
	return { kind: 'attribute', name: nameTest(match[1], match[2]!, parser) };
}

function parseStep(parser: Parser): LocationStep {
	const match = STEP.exec(parser.rest);
	const name = match === null ? ANY_NAME : nameTest(match[2], match[3]!, parser);
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
	return { kind, name: nameTest(match[2], match[3]!, parser), value: match[4] ?? match[5]! };
}

function findExcess(steps: readonly LocationStep[]): string | undefined {
	if (steps.length === 0) return 'it selects nothing but the document itself';
	if (steps.length > STEPS_MAX) return `it has more than ${STEPS_MAX} steps`;
	const descents = steps.filter(({ descends }) => descends).length;
	return descents > DESCENTS_MAX ? `it has more than ${DESCENTS_MAX} //` : undefined;
}

function nameTest(prefix: string | undefined, localName: string, parser: Parser): NameTest {
	if (prefix === undefined) return { namespace: localName === '*' ? '*' : '', localName };
	const namespace = namespaceOf(parser.scope, prefix);
	if (namespace === undefined) parser.why ??= `the prefix ${prefix} is not declared`;
	return { namespace: namespace ?? '', localName };
}

function matches(test: NameTest, name: { readonly namespace: string; readonly localName: string }): boolean {
	const isLocalName = test.localName === '*' || test.localName === name.localName;
	return isLocalName && (test.namespace === '*' || test.namespace === name.namespace);
}

function selectChildren(context: readonly XmlElement[], step: LocationStep, budget: StepBudget): XmlElement[] {
	const [only] = context;
	if (context.length === 1 && step.predicates.length === 0) return selectNamed(only!, step.name, budget);
	const selected: XmlElement[] = [];
	for (const parent of context) selectAmongChildren(parent, step, budget, selected);
	return selected;
}

/** Nearly every step finds one element in one: an array that grows would have room for seventeen at once. */
function selectNamed(parent: XmlElement, name: NameTest, budget: StepBudget): XmlElement[] {
	budget.remaining -= parent.children.length;
	if (budget.remaining < 0) return [];
	let selected: XmlElement[] | undefined;
	for (const child of parent.children) {
		if (child.kind !== 'element' || !matches(name, child)) continue;
		if (selected === undefined) selected = [child];
		else selected.push(child);
	}
	if (selected === undefined) return [];
	budget.remaining -= STEPS_PER_SELECTED * selected.length;
	return selected;
}

/** Document order, and each element once: what lies below an earlier element of the context was visited with it. */
function selectDescendants(context: readonly XmlElement[], step: LocationStep, budget: StepBudget): XmlElement[] {
	// Most steps have one element to start from, below which nothing comes twice.
	const visited = context.length > 1 ? new Set<XmlElement>() : undefined;
	const selected: XmlElement[] = [];
	const visit = (parent: XmlElement): void => {
		if (budget.remaining < 0 || visited?.has(parent)) return;
		visited?.add(parent);
		selectAmongChildren(parent, step, budget, selected);
		for (const child of parent.children) if (child.kind === 'element') visit(child);
	};
	for (const start of context) visit(start);
	return selected;
}

/** The same of the whole document. */
function selectIndexed(root: XmlElement, step: LocationStep, budget: StepBudget, index: ElementIndex): XmlElement[] {
	const { elements, parents } = namedElements(index, root, step.name.localName, budget);
	const selected: XmlElement[] = [];
	for (let begin = 0, end = 0; begin < elements.length && budget.remaining >= 0; begin = end) {
		const candidates: XmlElement[] = [];
		for (; end < elements.length && parents[end] === parents[begin]; end += 1) {
			if (matches(step.name, elements[end]!)) candidates.push(elements[end]!);
		}
		for (const one of candidates.length === 0 ? candidates : fulfilling(candidates, step, budget)) selected.push(one);
	}
	budget.remaining -= STEPS_PER_SELECTED * selected.length;
	return selected;
}

function selectAmongChildren(parent: XmlElement, step: LocationStep, budget: StepBudget, selected: XmlElement[]): void {
	budget.remaining -= parent.children.length;
	if (budget.remaining < 0) return;
	const { name, predicates } = step;
	const before = selected.length;
	if (predicates.length > 0) selectByPredicates(parent, step, budget, selected);
	else for (const child of parent.children) if (child.kind === 'element' && matches(name, child)) selected.push(child);
	budget.remaining -= STEPS_PER_SELECTED * (selected.length - before);
}

/** An element that is taken along costs as much as so many that are walked past. */
const STEPS_PER_SELECTED = 4;

/** Apart, since its closures would make each visit of the above, a thousand to an offer, allocate what they close over. */
function selectByPredicates(parent: XmlElement, step: LocationStep, budget: StepBudget, selected: XmlElement[]): void {
	const begin = selected.length;
	for (const child of parent.children) {
		if (child.kind === 'element' && matches(step.name, child)) selected.push(child);
	}
	if (selected.length === begin) return;
	for (const candidate of fulfilling(selected.splice(begin), step, budget)) selected.push(candidate);
}

/** Those of the children of one parent that fulfil the predicates of the step. */
function fulfilling(named: XmlElement[], step: LocationStep, budget: StepBudget): XmlElement[] {
	let candidates = named;
	for (const predicate of step.predicates) {
		if (predicate.kind === 'position') candidates = candidates.slice(predicate.position - 1, predicate.position);
		else candidates = candidates.filter((candidate) => fulfils(candidate, predicate, budget));
	}
	return candidates;
}

function fulfils(
	candidate: XmlElement,
	predicate: Extract<Predicate, { kind: 'attribute' | 'child' }>,
	budget: StepBudget,
): boolean {
	if (predicate.kind === 'attribute') {
		budget.remaining -= candidate.attributes.length;
		return candidate.attributes.some(
			(attribute) => matches(predicate.name, attribute) && attribute.value === predicate.value,
		);
	}
	budget.remaining -= candidate.children.length;
	return candidate.children.some(
		(child) =>
			child.kind === 'element' && matches(predicate.name, child) && hasStringValue(child, predicate.value, budget),
	);
}

/** Whether the text of the element and of all below it is this one; stops where it can be no longer. */
function hasStringValue(owner: XmlElement, value: string, budget: StepBudget): boolean {
	let text = '';
	const collect = (parent: XmlElement): void => {
		budget.remaining -= parent.children.length;
		for (const child of parent.children) {
			if (budget.remaining < 0 || text.length > value.length) return;
			if (child.kind === 'text') text += child.text;
			else if (child.kind === 'element') collect(child);
		}
	};
	collect(owner);
	return text === value;
}
