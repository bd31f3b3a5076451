/** wsa:EndpointReference (WS-Addressing 1.0): where somebody can be called, and what a call to it has to carry. */
import { type DocumentIssue, element, textOf, type XmlElement, type XmlName } from '../../xml/element.ts';
import { addIssue, optionalChild, type Place, placesWithin, requiredChild } from '../document.ts';
import { collapseWhiteSpace, printable } from '../lexical.ts';
import { WSA } from '../names.ts';
import { standaloneTree } from '../standalone-tree.ts';

/** Whoever calls it sends the reference parameters along, each as a header. */
export interface EndpointReference {
	readonly address: string;
	readonly referenceParameters: readonly XmlElement[];
}

/** Ours have one; a reference with more would be sent back with every message to it. */
const REFERENCE_PARAMETERS_MAX = 16;

/** Reads an element of the type wsa:EndpointReferenceType, whatever its name is. */
export function readEndpointReference(place: Place, issues: DocumentIssue[]): EndpointReference | undefined {
	const places = placesWithin(place);
	const address = requiredChild(place, places, WSA, 'Address', issues);
	const section = optionalChild(place, places, WSA, 'ReferenceParameters', issues);
	const parameters = section === undefined ? [] : placesWithin(section);
	if (section !== undefined && parameters.length > REFERENCE_PARAMETERS_MAX) {
		const details = { found: String(parameters.length), allowed: `at most ${REFERENCE_PARAMETERS_MAX}` };
		addIssue(issues, 'ELEMENTS_TOO_MANY', section.path, 'These are too many reference parameters.', details);
		return undefined;
	}
	if (address === undefined) return undefined;
	return {
		address: collapseWhiteSpace(textOf(address.element)),
		referenceParameters: parameters.map(standaloneTree),
	};
}

/** The reference as an element of that name. */
export function printEndpointReference(name: XmlName, reference: EndpointReference): XmlElement {
	const { address, referenceParameters } = reference;
	const parameters = referenceParameters.length === 0 ? [] : [wsa('ReferenceParameters', referenceParameters)];
	return element(name, [], [wsa('Address', [printable(address)]), ...parameters]);
}

function wsa(localName: string, children: readonly (XmlElement | string)[]): XmlElement {
	return element({ prefix: 'wsa', namespace: WSA, localName }, [], children);
}
