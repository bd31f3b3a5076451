/**
 * What a message claims of how it is encoded (`encodingStyle`). Messages here are documents, which no encoding of SOAP's
 * makes: a claim that is known says nothing of them, and is passed over.
 */
import { type Place, placeOfRoot, placesWithin } from '../../agreement/document.ts';
import { collapseWhiteSpace } from '../../agreement/lexical.ts';
import { childElements, type DocumentIssue, type XmlElement, type XmlName, type XmlNode } from '../../xml/element.ts';
import { type SoapFault, soapFault } from './faults.ts';
import { ENVELOPES, SOAP_11, SOAP_12, type SoapVersion } from './names.ts';
import { isForUs } from './roles.ts';

/**
 * Whether somebody encoded a header for us, or what stands in the Body, in a way that nobody here decodes (SOAP 1.2 Part 1,
 * 5.1.1 and 5.4.6). On other elements the attribute must not stand: there the schema refuses it.
 */
export function wrongEncoding(root: XmlElement): SoapFault | undefined {
	if (root.namespace !== SOAP_12) return undefined;
	const blocks = childElements(root).flatMap((section) =>
		childElements(section).filter((block) => section.localName === 'Body' || isForUs(block, '1.2')),
	);
	const unknown = blocks.flatMap((block) => encodingsIn(block, '1.2')).find((claim) => !isKnownEncoding(claim, '1.2'));
	return unknown === undefined
		? undefined
		: soapFault('DataEncodingUnknown', `Nobody here knows the encodingStyle ${unknown}: messages are documents.`);
}

/**
 * The same in SOAP 1.1, which has no fault for it: there it stands on any element, and is about all within that claims
 * nothing else (4.1.1). The encoding of section 5 says no more of an element than the documents do: what it means by
 * attributes of its own (references, arrays) no schema of theirs lets in.
 */
export function unknownEncoding(root: XmlElement): DocumentIssue | undefined {
	if (root.namespace !== SOAP_11) return undefined;
	const find = (place: Place, around: string): DocumentIssue | undefined => {
		const found = encodingOf(place.element, '1.1') ?? around;
		if (!isKnownEncoding(found, '1.1')) {
			const message = 'Nobody here knows this encodingStyle: messages are documents.';
			return { code: 'ENCODING_STYLE_UNKNOWN', path: place.path, message, found, allowed: `none, or ${SECTION_5}` };
		}
		return first(placesWithin(place), (inner) => find(inner, found));
	};
	const envelope = placeOfRoot(root);
	const ofRoot = encodingOf(root, '1.1') ?? '';
	return first(placesWithin(envelope), (section) => {
		const around = encodingOf(section.element, '1.1') ?? ofRoot;
		const blocks = placesWithin(section).filter(
			({ element: block }) => section.element.localName === 'Body' || isForUs(block, '1.1'),
		);
		return first(blocks, (block) => find(block, around));
	});
}

function first<T, R>(values: readonly T[], find: (value: T) => R | undefined): R | undefined {
	for (const value of values) {
		const found = find(value);
		if (found !== undefined) return found;
	}
	return undefined;
}

/** Of several (SOAP 1.1) any will do. */
function isKnownEncoding(claim: string, version: SoapVersion): boolean {
	if (claim === '') return true;
	return version === '1.2' ? claim === NO_ENCODING : claim.split(' ').some((each) => each.startsWith(SECTION_5));
}

/**
 * The envelope without the attributes that claim an encoding, known as they are, which SOAP allows on what stands in its
 * Header and its Body, and SOAP 1.1 on these, too, and no schema of a document has a place for; undefined where there is
 * none. Where SOAP 1.2 does not allow them they stay.
 */
export function withoutEncodings(root: XmlElement): XmlElement | undefined {
	const version = (['1.1', '1.2'] as const).find((each) => ENVELOPES[each] === root.namespace);
	if (version === undefined) return undefined;
	const isOfBlocks = version === '1.2';
	const sections = childElements(root);
	const around = isOfBlocks ? sections.flatMap((section) => childElements(section)) : sections;
	const claims = around.flatMap((each) => encodingsIn(each, version));
	if (!claims.some((claim) => isKnownEncoding(claim, version))) return undefined;
	const plain = (node: XmlNode): XmlNode => claimless(node, version);
	const children = root.children.map((section) =>
		section.kind === 'element' && isOfBlocks ? { ...section, children: section.children.map(plain) } : plain(section),
	);
	return { ...root, children };
}

function claimless(node: XmlNode, version: SoapVersion): XmlNode {
	if (node.kind !== 'element') return node;
	const claim = encodingOf(node, version);
	const attributes =
		claim !== undefined && isKnownEncoding(claim, version)
			? node.attributes.filter((each) => !isEncoding(each, version))
			: node.attributes;
	return { ...node, attributes, children: node.children.map((child) => claimless(child, version)) };
}

/** What the element and those below it claim. */
function encodingsIn(element: XmlElement, version: SoapVersion): readonly string[] {
	const own = encodingOf(element, version);
	return [...(own === undefined ? [] : [own]), ...childElements(element).flatMap((each) => encodingsIn(each, version))];
}

/** What the element itself claims. */
function encodingOf({ attributes }: XmlElement, version: SoapVersion): string | undefined {
	const claim = attributes.find((each) => isEncoding(each, version));
	return claim && collapseWhiteSpace(claim.value);
}

function isEncoding({ namespace, localName }: XmlName, version: SoapVersion): boolean {
	return localName === 'encodingStyle' && namespace === ENVELOPES[version];
}

/** Says in SOAP 1.2 that none is claimed; in SOAP 1.1 nothing does. */
const NO_ENCODING = `${SOAP_12}/encoding/none`;
/** What URIs of the encoding of SOAP 1.1, section 5, begin with. */
const SECTION_5 = 'http://schemas.xmlsoap.org/soap/encoding/';
