/** Templates made around an offer that keeps to them: lint calls nothing in them impossible, dead or useless that the offer has. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { JSDL, WS, WSAG } from '../../src/agreement/names.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import type { Location } from '../../src/agreement/template/location.ts';
import { selectLocation } from '../../src/agreement/template/location-selection.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { childElements, textOf, type XmlElement } from '../../src/xml/element.ts';
import { choice, occurs, of } from './branches.ts';
import { exact, facet, free, item, type OfferParts, offer, templateXml, treeOf } from './documents.ts';

const range = (lower: number, upper: number) =>
	`<jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range>`;
const PARTS: OfferParts = {
	resources: [
		'<jsdl:CandidateHosts><jsdl:HostName>node1</jsdl:HostName><jsdl:HostName>node2</jsdl:HostName></jsdl:CandidateHosts>',
		'<jsdl:OperatingSystem><jsdl:OperatingSystemType><jsdl:OperatingSystemName>LINUX</jsdl:OperatingSystemName></jsdl:OperatingSystemType></jsdl:OperatingSystem>',
		'<jsdl:CPUArchitecture><jsdl:CPUArchitectureName>x86_64</jsdl:CPUArchitectureName></jsdl:CPUArchitecture>',
		`<jsdl:IndividualCPUCount>${range(2, 6)}</jsdl:IndividualCPUCount>`,
		'<jsdl:IndividualPhysicalMemory><jsdl:UpperBoundedRange>8e9</jsdl:UpperBoundedRange><jsdl:LowerBoundedRange>2e9</jsdl:LowerBoundedRange></jsdl:IndividualPhysicalMemory>',
		exact('TotalResourceCount', 4),
	].join(''),
	name: 'an offer',
};
const OFFER = offer(PARTS);
const PREFIXES = new Map([
	[JSDL, 'jsdl'],
	[WSAG, 'wsag'],
	[WS, 'ws'],
]);
const nameOf = ({ namespace, localName }: XmlElement) => `${PREFIXES.get(namespace)}:${localName}`;

interface Node {
	readonly element: XmlElement;
	readonly locations: readonly string[];
}

const NODES: Node[] = [];
const visit = (element: XmlElement, path: string, parent: string): void => {
	const name = nameOf(element);
	NODES.push({
		element,
		locations: [`${path}/${name}`, `//${name}`, ...(parent === '' ? [] : [`//${parent}/${name}`])],
	});
	for (const child of childElements(element)) visit(child, `${path}/${name}`, name);
};
visit(OFFER.tree, '', '');

const near = (value: number) => fc.constantFrom(value, value - 1, value + 1, value * 2, Math.floor(value / 2));
/** Facets that a value keeps to, and some that it does not: those are left out below. */
function facetsAround(text: string): fc.Arbitrary<string> {
	const value = Number(text);
	const others = fc.uniqueArray(
		fc.constantFrom('node1', 'LINUX', 'FreeBSD', '4', '1', 'x86', 'AgreementResponder', 'x'),
		{ maxLength: 3 },
	);
	const enumerated = others.map((all) =>
		[...new Set([text, ...all])].map((each) => facet('enumeration', each)).join(''),
	);
	const patterns = fc
		.constantFrom('.*', '\\S+', `${text.slice(0, 1)}.*`, `[^q]{1,${text.length}}`, '\\d+')
		.map((source) => facet('pattern', source));
	const ofText = fc.oneof(
		enumerated,
		patterns,
		enumerated.map((inner) => of('xs:token', inner)),
		patterns.map((inner) => of('xs:string', inner + facet('minLength', 1))),
		enumerated.map(
			(inner) =>
				`<xs:simpleType><xs:union memberTypes="xs:integer">${of('xs:token', inner)}</xs:union></xs:simpleType>`,
		),
	);
	if (text === '' || Number.isNaN(value)) return ofText;
	const bounds = fc
		.tuple(fc.constantFrom('minInclusive', 'maxInclusive', 'minExclusive', 'maxExclusive'), near(value))
		.map(([kind, at]) => facet(kind, at));
	return fc.oneof(
		ofText,
		bounds,
		bounds.map((inner) => of('xs:double', inner)),
		fc.tuple(bounds, bounds).map(([one, other]) => one + other),
		bounds.map((inner) => of('xs:integer', inner)),
	);
}

const often = fc.constantFrom('', 'minOccurs="0"', 'maxOccurs="unbounded"', 'minOccurs="0" maxOccurs="3"');
/** A group around the children that there are: in their order, or a choice of them, with others that need not be there. */
function groupAround(parent: XmlElement): fc.Arbitrary<string> {
	const children = childElements(parent);
	const names = [...new Set(children.map(({ localName }) => localName))];
	const typeOf = (name: string): fc.Arbitrary<string> => {
		const [first] = children.filter(({ localName }) => localName === name);
		const text = childElements(first!).length > 0 ? '' : textOf(first!);
		return text === ''
			? fc.constant('')
			: fc.oneof(
					fc.constant(''),
					facetsAround(text).map((inner) => of('xs:string', inner)),
					facetsAround(text).filter((inner) => inner.includes('xs:simpleType')),
				);
	};
	const part = (name: string) =>
		fc.tuple(typeOf(name), often).map(([type, times]) => `<xs:element name="${name}" ${times}>${type}</xs:element>`);
	const others = fc.constantFrom(
		'',
		'',
		'<xs:any minOccurs="0"></xs:any>',
		'<xs:any namespace="##other" minOccurs="0"></xs:any>',
	);
	const rows = fc.tuple(...names.map(part), others).map((all) => `<xs:sequence>${all.join('')}</xs:sequence>`);
	const choices = fc.tuple(...names.map(part)).map((all) => choice('minOccurs="0" maxOccurs="unbounded"', ...all));
	const wild = fc.constant('<xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded"></xs:any></xs:sequence>');
	return fc.oneof({ weight: 3, arbitrary: rows }, { weight: 2, arbitrary: choices }, wild);
}

const bounds = fc.constantFrom('', occurs(0, 'unbounded'), occurs(0, 1), occurs(1, 2), occurs(1, 'unbounded'));
const anItem = fc.constantFrom(...NODES).chain(({ element, locations }) => {
	const isRange = childElements(element).some(({ localName }) => /Range$|Exact/.test(localName));
	const content =
		childElements(element).length === 0
			? facetsAround(textOf(element))
			: isRange
				? fc.oneof(facetsAround('4'), facetsAround('4e9'), groupAround(element))
				: groupAround(element);
	return fc
		.tuple(fc.constantFrom(...locations), content, bounds, fc.nat(99))
		.map(([location, inner, times, number]) => item(location, inner, times, `n${number}`));
});
const NUMBERS = NODES.filter(({ element }) => /^[\d.e]+$/.test(textOf(element)) && childElements(element).length === 0);
const location = fc.constantFrom(...NODES).chain(({ locations }) => fc.constantFrom(...locations));
const number = fc.oneof(
	fc.constantFrom(...NUMBERS).chain(({ locations }) => fc.constantFrom(...locations)),
	location.map((each) => `count(${each})`),
	fc.constantFrom('1', '2', '4', '8000000000'),
);
const comparison = fc
	.tuple(number, fc.constantFrom('=', '<', '<=', '>', '>=', '!='), number)
	.map(([left, operator, right]) => `${left} ${operator} ${right}`);
const condition = fc.oneof(
	comparison,
	location.map((each) => `exists(${each})`),
	fc.tuple(comparison, fc.constantFrom(' or ', ' and '), comparison).map((all) => `(${all.join('')})`),
	comparison.map((each) => `not (${each})`),
);
const constraint = fc.oneof({ weight: 3, arbitrary: anItem }, { weight: 2, arbitrary: condition.map(free) });
const CODES = /^(CONSTRAINT|LOCATION|TEMPLATE_CONTRADICTS|RANGE_ADMITS)/;
const isKept = (text: string): boolean => {
	const read = readTemplate(treeOf(templateXml(text, PARTS)));
	return read.ok && checkConstraints(OFFER, read.value).length === 0;
};

const isFree = (text: string): boolean => text.startsWith('<wsag:Constraint');

function selectedAt(location: Location): readonly XmlElement[] {
	return selectLocation(OFFER.tree, location, { remaining: 1_000_000 })!.selections.map(({ owner }) => owner);
}

function childrenAt(location: Location): readonly string[] {
	return selectedAt(location).flatMap((element) => childElements(element).map(({ localName }) => localName));
}

test('of templates that an offer keeps to nothing is called impossible, and none of its values dead', () => {
	const seen = { constraints: 0, dead: 0 };
	fc.assert(
		fc.property(fc.array(constraint, { minLength: 4, maxLength: 24 }), (all) => {
			// Items stand before free constraints.
			const kept = all.filter(isKept).sort((one, other) => Number(isFree(one)) - Number(isFree(other)));
			seen.constraints += kept.length;
			const read = readTemplate(treeOf(templateXml(kept.join('\n'), PARTS)));
			const found = read.ok ? lintTemplate(read.value) : [];
			expect(
				found.filter(({ code }) => CODES.test(code)),
				kept.join('\n'),
			).toEqual([]);
			for (const { code, path, found: text = '' } of found) {
				const about = read.ok ? read.value.constraints.find((each) => each.path === path) : undefined;
				const what = `${code} ${text} of ${kept.join('\n')}`;
				if (code === 'BRANCH_DEAD' && about !== undefined) {
					// Where the alternative holds of the offer, or the children take the branch.
					const isTaken =
						'condition' in about ? isKept(free(text)) : childrenAt(about.location).some((name) => text === name);
					expect(isTaken, what).toBe(false);
				}
				if (code !== 'VALUE_DEAD' || about === undefined || 'condition' in about || about.value === undefined) continue;
				expect(selectedAt(about.location).map(textOf), what).not.toContain(text);
				seen.dead += 1;
			}
		}),
		{ numRuns: 150 },
	);
	expect(seen.constraints).toBeGreaterThan(600);
	expect(seen.dead).toBeGreaterThan(10);
});
