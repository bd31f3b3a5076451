/** The types of the client are written by hand (docs/adr/0008): they have the members that docs/openapi.json has. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const source = ['answers', 'resources']
	.map((name) => readFileSync(new URL(`../../src/client/${name}.ts`, import.meta.url), 'utf8'))
	.join('\n');

/** Interface -> the members that it says, at any depth, and the interfaces that it extends or picks from. */
const INTERFACES = new Map(
	[...source.matchAll(/^export interface (\w+)(?:<T>)?(?: extends (.+?))? \{\n(.*?)\n\}$/gms)].map(
		([, name, bases = '', body]) => [
			name!,
			{
				members: [...body!.matchAll(/readonly (\w+)\??:/g)].map(([, member]) => member!),
				picked: /Pick<\w+, ([^>]+)>/.exec(bases)?.[1]?.match(/\w+/g) ?? [],
				bases: bases.includes('Pick<') ? [] : (bases.replace(/<.*>/, '').match(/\w+/g) ?? []),
			},
		],
	),
);

function membersOf(name: string): Set<string> {
	const { members, picked, bases } = INTERFACES.get(name) ?? { members: [], picked: [], bases: [] };
	return new Set([...members, ...picked, ...bases.flatMap((base) => [...membersOf(base)])]);
}

type Schema = { readonly properties?: Readonly<Record<string, Schema>> } & { readonly [keyword: string]: unknown };
const { schemas } = (
	JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
		readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
	}
).components;

/** The names of all properties of a schema, at any depth, but for what it refers to. */
function propertiesOf(schema: unknown): string[] {
	if (typeof schema !== 'object' || schema === null) return [];
	const { properties = {} } = schema as Schema;
	return [...Object.keys(properties), ...Object.values(schema).flatMap(propertiesOf)].filter(
		(name, nth, all) => all.indexOf(name) === nth,
	);
}

/** Schema -> interface, where they are called otherwise; what documents and guarantees hold has no type here. */
const CALLED: Readonly<Record<string, string | undefined>> = {
	Agreement: 'AgreementResource',
	Image: 'ImageResource',
	Machine: 'MachineResource',
	Maintenance: 'MaintenanceResource',
	Negotiation: 'NegotiationResource',
	NegotiationOffer: 'NegotiationOfferResource',
	Template: 'TemplateResource',
	Token: 'TokenResource',
};
const compared = Object.keys(schemas).filter((name) => INTERFACES.has(CALLED[name] ?? name));

test('every interface of the client is compared', () => {
	const interfaces = new Set(compared.map((name) => CALLED[name] ?? name));
	expect([...INTERFACES.keys()].filter((name) => !interfaces.has(name))).toEqual(['Page']);
});

test.each(compared)('%s has the members that are documented', (name) => {
	expect([...membersOf(CALLED[name] ?? name)].sort()).toEqual(propertiesOf(schemas[name]).sort());
});
