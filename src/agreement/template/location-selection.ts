/** Which nodes of a document a Location selects (location.ts): a walk over it at most for each step, and counted. */
import type { XmlAttribute, XmlElement } from '../../xml/element.ts';
import { type ElementIndex, namedElements } from './element-index.ts';
import type { Location, LocationStep, NameTest, Predicate, StepBudget } from './location.ts';

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
	for (let nth = 0; nth < location.steps.length; nth += 1) {
		const step = location.steps[nth]!;
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
	const { target } = location;
	// Nearly every one is an element, for which an array that grows would have room for seventeen.
	if (target.kind === 'element' && context.length === 1 && budget.remaining >= 0) {
		return { selections: [{ owner: context[0]!, isText: false }], ...(deepest === undefined ? {} : { deepest }) };
	}
	const selections: Selection[] = [];
	for (const owner of context) {
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

const DOCUMENT_NODE: XmlElement = {
	kind: 'element',
	prefix: '',
	namespace: '',
	localName: '',
	declarations: [],
	attributes: [],
	children: [],
};

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
