/**
 * Where variables are: a Location of wsag:ServiceProperties means the agreement as it will be read,
 * wsag:AgreementProperties with its states, or the offer for it; WSAG4J writes it from `$this`, which is the element
 * AgreementProperties itself.
 */
import { attribute, type DocumentIssue, element, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { addIssue } from '../document.ts';
import { WSAG } from '../names.ts';
import type { Offer } from '../offer/offer.ts';
import { type Location, parseLocation, type StepBudget, selectLocation } from '../template/location.ts';
import { flattenTerms } from './terms.ts';

/**
 * Whether every Location of the offer's variables selects something: in the agreement that the offer would become, or
 * in the offer. What does not, and what is no Location of ours, is an issue.
 */
export function checkVariables(offer: Offer, issues: DocumentIssue[]): void {
	const properties = flattenTerms(offer.terms.terms).filter((term) => term.kind === 'ServiceProperties');
	if (properties.length === 0) return;
	// Most variables are written for the offer; the outline is made for those that are not.
	let outline: XmlElement | undefined;
	const budget: StepBudget = { remaining: STEPS_MAX };
	for (const { variables } of properties) {
		for (const { place, location: text } of variables) {
			if (place === undefined) continue;
			const reading = parseLocation(text, place.scope);
			if (!reading.ok) {
				const message = `This Location is not supported: ${reading.why}.`;
				addIssue(issues, 'LOCATION_REFUSED', place.path, message, { found: text });
				continue;
			}
			const { location } = reading;
			if (selects(location, offer.tree, budget)) continue;
			outline ??= agreementOutline(offer);
			if (selects(location, outline, budget)) continue;
			const message = 'This Location selects nothing in the agreement that the offer would become.';
			addIssue(issues, 'LOCATION_SELECTS_NOTHING', place.path, message, { found: text });
		}
	}
}

/** Forty variables with `//` twice on a document of the largest size. */
const STEPS_MAX = 2_000_000;

function selects(location: Location, root: XmlElement, budget: StepBudget): boolean {
	const selectsFrom = (from: Location) => (selectLocation(root, from, budget)?.selections.length ?? 0) > 0;
	return selectsFrom(location) || selectsFrom(withinRoot(location));
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
