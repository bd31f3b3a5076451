/** White space around a value whose type collapses it says nothing, wherever such a value stands. */
import { describe, expect, test } from 'vitest';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { expandSweep, readParameterSweep } from '../../src/agreement/jsdl/sweep.ts';
import { mend } from '../../src/agreement/lenient/mend.ts';
import { readBranches } from '../../src/agreement/offer/branches.ts';
import { readOffer } from '../../src/agreement/offer/offer.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { readDocumentWith, readLenientDocumentWith } from '../../src/xml/document.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { DIGEST, exact, item, offerXml, templateXml, term, treeOf, valueIn } from './documents.ts';

const SAID = {
	resources: `<jsdl:FileSystem name="ROOT"><jsdl:DiskSpace><jsdl:LowerBoundedRange exclusiveBound="true">1073741824</jsdl:LowerBoundedRange></jsdl:DiskSpace></jsdl:FileSystem><jsdl:IndividualCPUCount><jsdl:UpperBoundedRange>INF</jsdl:UpperBoundedRange><jsdl:Exact epsilon="1">2</jsdl:Exact></jsdl:IndividualCPUCount>${exact('TotalResourceCount', 2)}`,
	window:
		'<ws:Window><ws:StartTime>2027-01-01T00:00:00Z</ws:StartTime><ws:EndTime>2027-01-02T00:00:00Z</ws:EndTime><ws:Duration>PT1H</ws:Duration></ws:Window>',
	workspace: `<ws:Workspace><ws:Image digest="${DIGEST}">guest</ws:Image><ws:CPUShare>50</ws:CPUShare><ws:EndAction retention="PT1H">save</ws:EndAction><ws:Placement strategy="spread" machinesPerHostMax="2"><ws:Label name="zone">a</ws:Label></ws:Placement><ws:Change restart="allow" move="forbid"></ws:Change></ws:Workspace>`,
	context:
		'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:ExpirationTime>2026-12-31T00:00:00Z</wsag:ExpirationTime><ws:Quote><ws:Price currency="EUR">12.40</ws:Price></ws:Quote>',
};
const OTHER_PART = term(
	'more',
	'<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources><jsdl:FileSystem name="ROOT"><jsdl:DiskSpace><jsdl:UpperBoundedRange>2147483648</jsdl:UpperBoundedRange></jsdl:DiskSpace></jsdl:FileSystem></jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>',
);
const ITEMS = [
	item(
		'//jsdl:IndividualCPUCount',
		'<xs:maxInclusive value="8"></xs:maxInclusive>',
		'<ws:Occurs min="0" max="1"></ws:Occurs>',
	),
	item(
		'//ws:Image',
		'<xs:simpleType><xs:restriction base="xs:string"><xs:whiteSpace value="collapse"></xs:whiteSpace></xs:restriction></xs:simpleType>',
	),
	item(
		'//jsdl:TotalResourceCount',
		'<xs:sequence minOccurs="1"><xs:element name="Exact" form="qualified" maxOccurs="3"></xs:element><xs:element ref="jsdl:Range" minOccurs="0"></xs:element><xs:any namespace="##other" processContents="lax" minOccurs="0"></xs:any></xs:sequence>',
	),
	item(
		'//x:a',
		'<xs:sequence><xs:element name="b" nillable="true"><xs:complexType mixed="true"><xs:attribute name="c" use="required" type="xs:int" form="qualified"></xs:attribute></xs:complexType></xs:element></xs:sequence>',
		'<ws:Occurs min="0"></ws:Occurs>',
	),
].join('');
const SWEPT =
	'<jsdl:JobDefinition><jsdl:JobDescription><jsdl:JobIdentification><jsdl:JobName>n</jsdl:JobName></jsdl:JobIdentification></jsdl:JobDescription><sweep:Sweep xmlns:sweep="http://schemas.ogf.org/jsdl/2009/03/sweep" xmlns:f="http://schemas.ogf.org/jsdl/2009/03/sweep/functions"><sweep:Assignment><sweep:DocumentNode><sweep:NamespaceBinding ns="http://schemas.ggf.org/jsdl/2005/11/jsdl" prefix="p"></sweep:NamespaceBinding><sweep:Match>//p:JobName</sweep:Match></sweep:DocumentNode><f:LoopInteger start="1" end="3" step="1"><f:Exception value="2"></f:Exception></f:LoopInteger></sweep:Assignment></sweep:Sweep></jsdl:JobDefinition>';

const DOCUMENTS: readonly (readonly [string, string, (root: XmlElement) => unknown])[] = [
	['an offer', offerXml({ ...SAID, terms: OTHER_PART }), (root) => readBranches(valueIn(readOffer(root)), {})],
	['a template', templateXml(ITEMS), (root) => valueIn(readTemplate(root)).constraints],
	[
		'a sweep',
		SWEPT,
		(root) =>
			[...expandSweep(valueIn(readParameterSweep(placeOfRoot(root))))].map((job) => writeCanonical(job.jobDefinition)),
	],
];

/** What stands in a start tag, of XML Schema and of ours: WS-Agreement's are texts; a facet is of its own type. */
const ATTRIBUTE = / (?!xmlns|wsag:|value="(?!collapse))[\w:]+="[^"]*"/g;
const TEXT = />[^<>]+</g;
/** Strict reading is that of libxml2, which takes no white space around these; ours have patterns. */
const ONLY_LENIENTLY = /^ (digest|currency|retention)=|^>(PT|20\d\d-|INF|AgreementResponder)/;

describe.each(DOCUMENTS)('in %s', (_, xml, read) => {
	const document = writeCanonical(treeOf(xml));
	const told = (text: string, isLenient: boolean): unknown => {
		const readRoot = (root: XmlElement) => ({ ok: true as const, value: plain(read(root)) });
		const bytes = Buffer.from(text);
		return valueIn(
			isLenient ? readLenientDocumentWith(bytes, { read: readRoot, mend }) : readDocumentWith(bytes, readRoot),
		);
	};
	const asItIs = told(document, false);
	const values = [...document.matchAll(ATTRIBUTE), ...document.matchAll(TEXT)];

	test.each(values.map(({ 0: all, index }) => [all.trim(), all, index] as const))('that of %s', (_, all, index) => {
		const padded = all.startsWith('>')
			? all.replace('>', '>\n ').replace(/<$/, '\t\n<')
			: all.replace('="', '=" ').replace(/"$/, '&#x9; "');
		const text = document.slice(0, index) + padded + document.slice(index + all.length);
		expect(told(text, true)).toEqual(asItIs);
		if (ONLY_LENIENTLY.test(all)) expect(() => told(text, false)).toThrow();
		else expect(told(text, false)).toEqual(asItIs);
	});
});

/** As data, without the elements that it was read from. */
function plain(value: unknown): unknown {
	const OF_PLACES = new Set(['element', 'tree', 'scope', 'content', 'attributes', 'children']);
	return JSON.parse(JSON.stringify(value, (key, part) => (OF_PLACES.has(key) ? undefined : part)));
}
