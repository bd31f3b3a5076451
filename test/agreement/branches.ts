/** Model groups, their children and free constraints of a template, as texts, and what lint says of branches. */
import fc from 'fast-check';
import { exact, facet, free, item } from './documents.ts';

export const of = (base: string, facets: string): string =>
	`<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;
export const integer = (facets: string): string => of('xs:integer', facets);
export const child = (name: string, type = '', occurs = ''): string =>
	`<xs:element name="${name}" ${occurs}>${type}</xs:element>`;
export const choice = (occurs: string, ...branches: string[]): string =>
	`<xs:choice ${occurs}>${branches.join('')}</xs:choice>`;
export const row = (...parts: string[]): string => `<xs:sequence>${parts.join('')}</xs:sequence>`;
export const occurs = (min: number, max: number | string): string =>
	`<ws:Occurs min="${min}" max="${max}"></ws:Occurs>`;
export const group = (content: string, bounds = ''): string => item('//x:y', content, bounds, 'g');
export const OWN = { resources: exact('IndividualCPUCount', 2) };
export const SAID = ['CONSTRAINTS_CONTRADICT', 'CONSTRAINT_UNSATISFIABLE', 'BRANCH_DEAD'];

/** The type of a child: mostly none. */
export const aType = fc.constantFrom(
	'',
	'',
	'',
	integer(facet('enumeration', 1)),
	integer(facet('minInclusive', 2)),
	integer(facet('maxInclusive', 0)),
);

/** An item about children of the group, or what is called like one. */
export const anItem = fc
	.tuple(
		fc.constantFrom('//x:a', '//x:y/x:a', '//x:y/x:b', '//x:c'),
		aType,
		fc.constantFrom(occurs(0, 9), occurs(1, 9), occurs(0, 0), occurs(0, 1)),
	)
	.map(([location, content, bounds]) => item(location, content, bounds, location));

/** A model group, conditions, and perhaps an item and another group: the constraints of a template, the group first. */
export function someConstraints(parts: {
	readonly content: fc.Arbitrary<string>;
	readonly bounds: readonly string[];
	readonly conditions: fc.Arbitrary<readonly string[]>;
	readonly other: fc.Arbitrary<string | null>;
}): fc.Arbitrary<readonly string[]> {
	const first = fc
		.tuple(parts.content, fc.constantFrom(...parts.bounds))
		.map(([content, bounds]) => group(content, bounds));
	return fc
		.tuple(first, parts.conditions, fc.option(anItem), parts.other)
		.map(([own, texts, one, other]) => [own, ...texts.map(free), one, other].filter((each) => each !== null));
}
