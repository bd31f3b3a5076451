/**
 * JSDL's parameter sweep (GFD.149): one JobDefinition that stands for many. Read, counted and expanded here.
 *
 * The Assignments of a Sweep step together, so they have equally many values; a Sweep inside it runs through once for
 * each of its steps, and several side by side run one after the other, as do several of one JobDefinition. A value
 * becomes the content of what the Match selects; where a Sweep and one inside it name the same place, the inner wins.
 * A Match is a Location (location.ts) that begins at the JobDefinition: XPath's functions are not among them.
 */
import {
	type DocumentIssue,
	hasName,
	qualifiedName,
	type XmlDeclaration,
	type XmlElement,
	type XmlNode,
} from '../../xml/element.ts';
import { declareNamespaces, scopeWithin } from '../../xml/scope.ts';
import {
	addIssue,
	type Place,
	placesNamed,
	placesWithin,
	type Reading,
	reading,
	stringValue,
	tokenAttribute,
} from '../document.ts';
import { contentModel } from '../lenient/content-models.ts';
import { JSDL, SWEEP, SWEEP_DRAFT } from '../names.ts';
import { parseLocation, type StepBudget } from '../template/location.ts';
import { type Selection, selectLocation } from '../template/location-selection.ts';
import { countValues, readSweepFunction, type SweepFunction, type SweepValue, valuesOf } from './sweep-function.ts';

/** All sweeps of a JobDefinition. */
export interface ParameterSweep {
	/** How many JobDefinitions it stands for: 1 where it has no Sweep. */
	readonly count: bigint;
	/** The JobDefinition without its sweeps. */
	readonly base: XmlElement;
	readonly sweeps: readonly Sweep[];
	/** Functions that run through no value, which is in order and seldom meant. */
	readonly remarks: readonly DocumentIssue[];
}

export interface Sweep {
	readonly assignments: readonly Assignment[];
	/** Those inside it. */
	readonly sweeps: readonly Sweep[];
	/** How many jobs it stands for: the steps of its assignments, times what is inside. */
	readonly count: bigint;
}

export interface Assignment {
	readonly targets: readonly SweepTarget[];
	readonly values: SweepFunction;
}

/** A place of the JobDefinition that gets the values. */
export interface SweepTarget {
	/** The Match as it is written. */
	readonly match: string;
	/** In the tree of {@link ParameterSweep.base}. */
	readonly selections: readonly Selection[];
}

/** One of the JobDefinitions that a sweep stands for, and what makes it this one. */
export interface SweptJob {
	readonly jobDefinition: XmlElement;
	/** By Match, in the order of assignment; the value's text. */
	readonly values: readonly { readonly match: string; readonly value: string }[];
}

/**
 * The most that are made of one document. Ten thousand offers of 3 KB are 30 MB, more than anybody sends to a site; and
 * three loops in a few hundred bytes can stand for more jobs than there are atoms.
 */
export const SWEPT_JOBS_MAX = 10_000;

/** Whether the element is a Sweep of the final standard. */
export function isSweep({ element }: Place): boolean {
	return hasName(element, SWEEP, 'Sweep');
}

/** Reads and counts the sweeps of a JobDefinition, however many jobs they stand for; or says all that is wrong. */
export function readParameterSweep(jobDefinition: Place): Reading<ParameterSweep> {
	const { element } = jobDefinition;
	const isKept = (child: XmlNode): boolean => child.kind !== 'element' || !hasName(child, SWEEP, 'Sweep');
	const base = { ...element, children: element.children.filter(isKept) };
	const context: Context = { base, budget: { remaining: SELECTION_STEPS_MAX }, issues: [], remarks: [] };
	const sweeps = readSweeps(jobDefinition, context);
	refuseOthers(jobDefinition, context);
	return reading({ count: countJobs(sweeps), base, sweeps, remarks: context.remarks }, context.issues);
}

/** What else of a sweep stands in a JobDefinition: of the draft, or out of its place. Expanded it would stay unswept. */
function refuseOthers(jobDefinition: Place, { issues }: Context): void {
	const parts = placesWithin(jobDefinition);
	const inner = placesNamed(parts, JSDL, 'JobDescription').flatMap(placesWithin);
	const others = [...parts.filter((part) => !isSweep(part)), ...inner];
	for (const { element, path } of others.filter(isOfSweeps)) {
		const message = 'Only a Sweep of GFD.149 in a JobDefinition is expanded; this one would stay as it is.';
		const found = `${element.localName} of ${element.namespace}`;
		addIssue(issues, 'ELEMENT_UNKNOWN', path, message, { found, allowed: `Sweep of ${SWEEP} in the JobDefinition` });
	}
}

/** Whether the element is of the parameter sweep, be it of the final standard or of the draft. */
export function isOfSweeps({ element }: Place): boolean {
	return element.namespace === SWEEP || element.namespace === SWEEP_DRAFT;
}

/** How many JobDefinitions the sweeps of one stand for, without a look at where their values go. */
export function countSweptJobs(jobDefinition: Place): Reading<bigint> {
	const context: Context = { base: undefined, budget: { remaining: 0 }, issues: [], remarks: [] };
	const sweeps = readSweeps(jobDefinition, context);
	return reading(countJobs(sweeps), context.issues);
}

/** The JobDefinitions in their order, each made when it is asked for. Whoever asks looks at the count first. */
export function* expandSweep({ base, sweeps }: ParameterSweep): Generator<SweptJob> {
	if (sweeps.length === 0) yield { jobDefinition: declareNamespaces(base), values: [] };
	for (const assigned of combinations(sweeps)) {
		const contents = new Map<XmlElement, Replacement>();
		for (const { target, value } of assigned)
			for (const selection of target.selections) note(contents, selection, value);
		const values = assigned.map(({ target, value }) => ({ match: target.match, value: textIn(value) }));
		yield { jobDefinition: declareNamespaces(replace(base, contents)), values };
	}
}

/** Elements and attributes looked at for all Matches of one JobDefinition; as many as one check of an offer takes. */
const SELECTION_STEPS_MAX = 2_000_000;

interface Context {
	/** Where Matches are followed; undefined: they are not read. */
	readonly base: XmlElement | undefined;
	readonly budget: StepBudget;
	readonly issues: DocumentIssue[];
	readonly remarks: DocumentIssue[];
}

function readSweeps(around: Place, context: Context): Sweep[] {
	return placesWithin(around)
		.filter(isSweep)
		.map((place) => readSweep(place, context));
}

function readSweep(place: Place, context: Context): Sweep {
	const parts = placesWithin(place);
	const assignments: Assignment[] = [];
	let first: { readonly steps: bigint; readonly path: string } | undefined;
	for (const part of placesNamed(parts, SWEEP, 'Assignment')) {
		const assignment = readAssignment(part, context);
		if (assignment === undefined) continue;
		assignments.push(assignment);
		const steps = countValues(assignment.values);
		first ??= { steps, path: part.path };
		if (steps === first.steps) continue;
		const message = `The assignments of a Sweep step together, so they have as many values as ${first.path}.`;
		const details = { found: `${steps} values`, allowed: `${first.steps} values` };
		addIssue(context.issues, 'SWEEP_UNEVEN', part.path, message, details);
	}
	if (first === undefined && context.issues.length === 0) {
		addIssue(context.issues, 'ELEMENT_MISSING', place.path, 'A Sweep needs an Assignment.');
	}
	const sweeps = readSweeps(place, context);
	return { assignments, sweeps, count: (first?.steps ?? 0n) * countJobs(sweeps) };
}

function readAssignment(place: Place, context: Context): Assignment | undefined {
	const parts = placesWithin(place);
	const last = parts.at(-1);
	if (last === undefined || parts.length < 2) {
		addIssue(context.issues, 'ELEMENT_MISSING', place.path, 'An Assignment needs a Parameter and a Function.');
		return undefined;
	}
	const values = readSweepFunction(last, context.issues);
	if (values !== undefined && countValues(values) === 0n) {
		const message = `${last.element.localName} runs through no value, so its Sweep stands for no job.`;
		addIssue(context.remarks, 'SWEEP_EMPTY', last.path, message);
	}
	const { base } = context;
	const read = (part: Place): SweepTarget[] => (base === undefined ? [] : readTarget(part, values, base, context));
	const targets = parts.slice(0, -1).flatMap(read);
	return values && { values, targets };
}

/** The place that the parameter names, or none and an issue. */
function readTarget(
	place: Place,
	values: SweepFunction | undefined,
	base: XmlElement,
	context: Context,
): SweepTarget[] {
	const { element, path } = place;
	if (!hasName(element, SWEEP, 'DocumentNode')) {
		const message = 'Nobody here knows this parameter, so nobody can tell its place.';
		const details = { found: qualifiedName(element), allowed: 'DocumentNode' };
		addIssue(context.issues, 'ELEMENT_UNKNOWN', path, message, details);
		return [];
	}
	const parts = placesWithin(place);
	const [match] = placesNamed(parts, SWEEP, 'Match');
	if (match === undefined) {
		addIssue(context.issues, 'ELEMENT_MISSING', path, 'A DocumentNode needs a Match.');
		return [];
	}
	const bindings = placesNamed(parts, SWEEP, 'NamespaceBinding').map(
		({ element: binding }): XmlDeclaration => ({
			prefix: tokenAttribute(binding, '', 'prefix') ?? '',
			namespace: tokenAttribute(binding, '', 'ns') ?? '',
		}),
	);
	const text = stringValue(match.element).trim();
	const refuse = (code: 'LOCATION_REFUSED' | 'LOCATION_SELECTS_NOTHING', message: string): SweepTarget[] => {
		addIssue(context.issues, code, match.path, message, { found: text });
		return [];
	};
	const parsed = parseLocation(text, scopeWithin(match.scope, bindings));
	if (!parsed.ok) return refuse('LOCATION_REFUSED', `This Match cannot be followed: ${parsed.why}.`);
	const selected = selectLocation(base, parsed.location, context.budget);
	if (selected === undefined) return refuse('LOCATION_REFUSED', 'The JobDefinition is too large for so many Matches.');
	const { selections } = selected;
	if (selections.length === 0) return refuse('LOCATION_SELECTS_NOTHING', 'This Match selects nothing.');
	const takesTextAlone = selections.some(({ attribute, isText }) => attribute !== undefined || isText);
	if (takesTextAlone && values?.kind === 'values' && values.values.some(hasElements)) {
		const message = 'An attribute or a text takes no elements as its value.';
		addIssue(context.issues, 'VALUE_MALFORMED', match.path, message, { found: text, allowed: 'values of text alone' });
	}
	const simple = selections.find(({ owner }) => contentModel(owner.namespace, owner.localName)?.kind === 'value');
	if (!takesTextAlone && simple !== undefined && values?.kind === 'values' && values.values.some(hasElements)) {
		const message = `${simple.owner.localName} takes no elements as its value.`;
		addIssue(context.issues, 'VALUE_MALFORMED', match.path, message, { found: text, allowed: 'values of text alone' });
	}
	return [{ match: text, selections }];
}

function hasElements(value: SweepValue): boolean {
	return value.some(({ kind }) => kind === 'element');
}

/** None stands for the one job that there is without any. */
function countJobs(sweeps: readonly Sweep[]): bigint {
	return sweeps.length === 0 ? 1n : sweeps.reduce((sum, { count }) => sum + count, 0n);
}

type Assigned = readonly { readonly target: SweepTarget; readonly value: SweepValue }[];

/** Side by side: one sweep after the other. Inside: all of it for each step of what is around it. */
function* combinations(sweeps: readonly Sweep[]): Generator<Assigned> {
	for (const sweep of sweeps) {
		// Billions of steps with nothing inside yield nothing, and would be walked through for it.
		if (sweep.count === 0n) continue;
		for (const step of stepsOf(sweep)) {
			if (sweep.sweeps.length === 0) yield step;
			else for (const inner of combinations(sweep.sweeps)) yield [...step, ...inner];
		}
	}
}

function* stepsOf({ assignments }: Sweep): Generator<Assigned> {
	const running = assignments.map(({ targets, values }) => ({ targets, values: valuesOf(values) }));
	for (;;) {
		const step: { target: SweepTarget; value: SweepValue }[] = [];
		for (const { targets, values } of running) {
			const next = values.next();
			if (next.done === true) return;
			for (const target of targets) step.push({ target, value: next.value });
		}
		yield step;
	}
}

/** What an element gets: another content, other texts among its elements, other values of attributes. */
interface Replacement {
	content?: SweepValue;
	text?: string;
	readonly attributes: Map<string, string>;
}

function note(
	contents: Map<XmlElement, Replacement>,
	{ owner, attribute, isText }: Selection,
	value: SweepValue,
): void {
	const replacement = contents.get(owner) ?? { attributes: new Map<string, string>() };
	contents.set(owner, replacement);
	if (attribute !== undefined) replacement.attributes.set(qualifiedName(attribute), textIn(value));
	else if (isText) replacement.text = textIn(value);
	else replacement.content = value;
}

function textIn(value: SweepValue): string {
	return value
		.map((node) => (node.kind === 'text' ? node.text : node.kind === 'element' ? stringValue(node) : ''))
		.join('');
}

/** Branches that no parameter touches are shared with the base. */
function replace(node: XmlElement, contents: ReadonlyMap<XmlElement, Replacement>): XmlElement {
	const { content, text, attributes } = contents.get(node) ?? {};
	let changed = content !== undefined || text !== undefined || (attributes?.size ?? 0) > 0;
	let children: readonly XmlNode[] = node.children;
	if (content !== undefined) children = content;
	else {
		children = node.children.map((child) => {
			if (child.kind !== 'element') return child;
			const next = replace(child, contents);
			changed ||= next !== child;
			return next;
		});
		if (text !== undefined) children = [{ kind: 'text', text }, ...children.filter(({ kind }) => kind !== 'text')];
	}
	if (!changed) return node;
	const replaced = node.attributes.map((owned) => {
		const value = attributes?.get(qualifiedName(owned));
		return value === undefined ? owned : { ...owned, value };
	});
	return { ...node, attributes: replaced, children };
}
