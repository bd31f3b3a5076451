/**
 * Where variables are: a Location of wsag:ServiceProperties means the agreement as it will be read,
 * wsag:AgreementProperties with its states, or the offer for it; WSAG4J writes it from `$this`, which is the element
 * AgreementProperties itself.
 */

import type { Gradual } from '../../parts.ts';
import { attribute, type DocumentIssue, element, textOf, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { addIssue } from '../document.ts';
import { isOpenRange, isRangeValue, type Notes } from '../jsdl/range-value.ts';
import { WSAG } from '../names.ts';
import type { Offer } from '../offer/offer.ts';
import type { ElementIndex } from '../template/element-index.ts';
import { isValueAllowed } from '../template/facets.ts';
import { readLocation } from '../template/known-locations.ts';
import type { Location, StepBudget } from '../template/location.ts';
import { type Selection, selectLocation } from '../template/location-selection.ts';
import type { SimpleType } from '../template/simple-type.ts';
import type { Variable } from './service-properties.ts';
import { flattenTerms } from './terms.ts';

/**
 * Whether every Location of the offer's variables selects something: in the agreement that the offer would become, or
 * in the offer. What does not, and what is no Location of ours, is an issue; a name that stands twice in a set and a
 * metric that is no type, or not that of the value, a remark.
 */
export function* checkVariables(offer: Offer, { issues, remarks }: Notes): Gradual<void> {
	const properties = flattenTerms(offer.terms.terms).filter((term) => term.kind === 'ServiceProperties');
	if (properties.length === 0) return;
	// Most variables are written for the offer; the outline is made for those that are not.
	let outline: Indexed | undefined;
	const own: Indexed = { root: offer.tree, index: {} };
	const budget: StepBudget = { remaining: STEPS_MAX };
	for (const { variables } of properties) {
		remarkOnNames(variables, remarks);
		for (const variable of variables) {
			const { place, location: text } = variable;
			if (place === undefined) continue;
			yield;
			const reading = readLocation(text, place.scope);
			if (!reading.ok) {
				const message = `This Location is not supported: ${reading.why}.`;
				addIssue(issues, 'LOCATION_REFUSED', place.path, message, { found: text });
				continue;
			}
			const { location } = reading;
			const selections = selectionsIn(location, own, budget);
			remarkOnMetric(variable, selections, remarks);
			if (selections.length > 0) continue;
			outline ??= { root: agreementOutline(offer), index: {} };
			if (selectionsIn(location, outline, budget).length > 0) continue;
			const message = 'This Location selects nothing in the agreement that the offer would become.';
			addIssue(issues, 'LOCATION_SELECTS_NOTHING', place.path, message, { found: text });
		}
	}
}

/** Forty variables with `//` twice on a document of the largest size. */
const STEPS_MAX = 2_000_000;

/** A document, and where names stand in it. */
interface Indexed {
	readonly root: XmlElement;
	readonly index: ElementIndex;
}

function selectionsIn(location: Location, { root, index }: Indexed, budget: StepBudget): readonly Selection[] {
	const from = (each: Location): readonly Selection[] => selectLocation(root, each, budget, index)?.selections ?? [];
	const selections = from(location);
	// What is nowhere in the document is nowhere in its root either.
	if (selections.length > 0 || location.steps[0]?.descends) return selections;
	return from(withinRoot(location));
}

function remarkOnNames(variables: readonly Variable[], remarks: DocumentIssue[]): void {
	const paths = new Map<string, string>();
	for (const { name, path } of variables) {
		if (name === undefined) continue;
		const before = paths.get(name);
		if (before === undefined) paths.set(name, path);
		else {
			const message = `The variable at ${before} has the same name, so an objective may mean either.`;
			addIssue(remarks, 'VARIABLE_REPEATED', path, message, { found: name });
		}
	}
}

/** What the metric says is held against values of the offer; states are not known yet. */
function remarkOnMetric(variable: Variable, selections: readonly Selection[], remarks: DocumentIssue[]): void {
	const { metric = '', type, isTypeUnknown, path } = variable;
	const details = { found: metric };
	if (isTypeUnknown) {
		addIssue(remarks, 'METRIC_UNSUITABLE', path, 'The Metric names a type that is not known here.', details);
	} else if (type !== undefined && !selections.every((selection) => suits(type, selection))) {
		const message = 'What the Location selects has no value of the type that the Metric names.';
		addIssue(remarks, 'METRIC_UNSUITABLE', path, message, details);
	}
}

function suits(type: SimpleType, { owner, attribute: selected, isText }: Selection): boolean {
	const isElement = selected === undefined && !isText;
	if (isElement && (isRangeValue(owner) || isOpenRange(owner))) return type.space === 'number';
	if (isElement && owner.children.some(({ kind }) => kind === 'element')) return false;
	const restriction = { type, whiteSpace: type.whiteSpace, steps: [] };
	return isValueAllowed(restriction, selected?.value ?? textOf(owner));
}

/** The same path from the root element instead of from the document. */
function withinRoot(location: Location): Location {
	const root = { descends: false, name: { namespace: '*', localName: '*' }, predicates: [] };
	return { ...location, steps: [root, ...location.steps] };
}

/** The agreement that the offer would become, as far as its elements go. */
function agreementOutline({ tree, terms }: Offer): XmlElement {
	const wsag = (localName: string, children: readonly XmlNode[] = [], termName?: string): XmlElement => {
		const name = { prefix: tree.prefix, namespace: WSAG, localName };
		return element(
			name,
			termName === undefined ? [] : [attribute({ ...name, localName: 'termName' }, termName)],
			children,
		);
	};
	const states = (kind: string, termKind: string): XmlElement[] =>
		flattenTerms(terms.terms)
			.filter((term) => term.kind === termKind)
			.map(({ name }) => wsag(kind, [wsag('State')], name));
	const children = [
		...tree.children,
		wsag('AgreementId'),
		wsag('AgreementState', [wsag('State')]),
		...states('GuaranteeTermState', 'GuaranteeTerm'),
		...states('ServiceTermState', 'ServiceDescriptionTerm'),
	];
	return { ...tree, localName: 'AgreementProperties', children };
}
