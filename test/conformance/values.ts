/** Values for the simple types of the schemas, odd ones among them. */
import { contentOf, isConstruct } from './content.ts';
import { type Construct, facet, type Name, parts, referredName, type SchemaModel } from './schema-model.ts';

/** Makes values of simple types; the ids of one document are all different. */
export class Values {
	readonly #model: SchemaModel;
	readonly #choose: (count: number) => number;
	#ids = 0;

	constructor(model: SchemaModel, choose: (count: number) => number) {
		this.#model = model;
		this.#choose = choose;
	}

	/** A text that the simple type takes. */
	value(type: Construct | Name): string {
		if (!isConstruct(type)) return this.#builtIn(type.localName);
		if (type.node.localName === 'complexType') {
			const { value } = contentOf(this.#model, type);
			return value === undefined ? '' : this.value(value);
		}
		const [derivation] = parts(type, 'restriction', 'list', 'union');
		if (derivation?.node.localName === 'list') {
			const item = this.#memberTypes(derivation, 'itemType')[0]!;
			return Array.from({ length: this.#choose(3) }, () => this.value(item).trim().replace(/\s+/g, '_')).join(' ');
		}
		if (derivation?.node.localName === 'union')
			return this.value(this.#pick(this.#memberTypes(derivation, 'memberTypes')));
		return this.#restricted(derivation!);
	}

	#restricted(restriction: Construct): string {
		const words = parts(restriction, 'enumeration').map((word) => facet(word, 'value')!);
		if (words.length > 0) return this.#pick(words);
		const facets = parts(restriction, 'pattern', 'length', 'minInclusive', 'maxInclusive', 'minLength');
		for (const part of facets) {
			const samples = SAMPLES.get(`${part.node.localName} ${facet(part, 'value')}`);
			if (samples === undefined)
				throw new Error(`There is no sample for ${part.node.localName} ${facet(part, 'value')}.`);
			return this.#pick(samples);
		}
		return this.value(this.#memberTypes(restriction, 'base')[0]!);
	}

	#memberTypes(derivation: Construct, name: string): (Construct | Name)[] {
		const named = (facet(derivation, name) ?? '').split(' ').filter((reference) => reference !== '');
		const types = named.map((reference) => {
			const found = referredName(reference, derivation.file);
			return this.#model.type(found) ?? found;
		});
		return [...types, ...parts(derivation, 'simpleType')];
	}

	#builtIn(name: string): string {
		if (name === 'ID') {
			this.#ids += 1;
			return `id-${this.#ids}`;
		}
		const samples = BUILT_IN.get(name);
		if (samples === undefined) throw new Error(`There is no sample of xs:${name}.`);
		const value = this.#pick(samples);
		return SPACED.has(name) && this.#choose(8) === 0 ? `\n ${value} ` : value;
	}

	#pick<T>(values: readonly T[]): T {
		return values[this.#choose(values.length)]!;
	}
}

/** Amounts that no double holds, words that JavaScript knows, white space, what has to be escaped. */
export const STRINGS = [
	'text',
	'',
	' two  words ',
	'18446744073709551617',
	'0.10000000000000000000001',
	'1e400',
	'007',
	'-0',
	'true',
	'null',
	'a & b < c > "d"',
	'\ttab\nline',
	'é € 😀',
	'__proto__',
	']]>',
];
/** Built-in types around whose values libxml2 takes white space; it does not for times, nor for INF and NaN. */
const SPACED = new Set(['boolean', 'decimal', 'integer', 'positiveInteger', 'nonNegativeInteger']);
const BUILT_IN: ReadonlyMap<string, readonly string[]> = new Map([
	['string', STRINGS],
	['normalizedString', STRINGS],
	['token', ['a', 'b c', '18446744073709551617']],
	['anySimpleType', STRINGS],
	['anyURI', ['https://site.example/a', 'urn:example:a', '']],
	['boolean', ['true', 'false', '0', '1']],
	['integer', ['0', '-7', '+5', '18446744073709551617']],
	['int', ['0', '-7', '2147483647']],
	['positiveInteger', ['1', '0012', '18446744073709551617']],
	['nonNegativeInteger', ['0', '3', '18446744073709551617']],
	['unsignedLong', ['0', '18446744073709551615']],
	['decimal', ['0', '1.10', '-0.0000000000000000000001']],
	['double', ['1', '1.50', '1e9', '9007199254740993', '0.1000000000000000055511151231257827', 'INF', '-INF', 'NaN']],
	['float', ['1', '0.7', 'INF']],
	['dateTime', ['2027-03-01T00:00:00Z', '2027-03-01T00:00:00.123456789+02:00', '2027-02-28T24:00:00']],
	['duration', ['PT1H', 'P1Y2M3DT4H5M6.7S', '-P1D']],
	['NCName', ['a', 'b-c.d', 'é']],
	['NMTOKEN', ['a', '1a']],
	['QName', ['xs:int', 'jsdl:Exact', 'wsag:Terms']],
	['language', ['en', 'de-AT']],
]);
/** By the facet that a simple type restricts its values with. */
const SAMPLES: ReadonlyMap<string, readonly string[]> = new Map([
	['pattern 0|1', ['0', '1']],
	['pattern sha256:[0-9a-f]{64}', [`sha256:${'0a'.repeat(32)}`]],
	['pattern [0-9]{1,15}(\\.[0-9]{1,9})?', ['0', '12.50', '999999999999999.999999999']],
	['pattern [A-Z][A-Z0-9]{2,11}', ['EUR', 'CREDITS']],
	['length 0', ['']],
	['minLength 1', ['guest', ' a ']],
	['minInclusive 1', ['1']],
	['maxInclusive 1', ['0', '1']],
	['maxInclusive 100', ['1', '100']],
]);
