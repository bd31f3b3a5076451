/**
 * The structures that libvirt's procedures and events share, in the form in which callers see them.
 */
import { XdrError } from './errors.ts';
import type { Codec, ValueOf } from './xdr.ts';
import {
	array,
	boolean,
	double,
	fixedBytes,
	int32,
	int64,
	nullable,
	string,
	struct,
	uint32,
	uint64,
	withDefault,
} from './xdr.ts';

/** The protocol's own bound of any text: a domain's XML, a message, a name. */
const TEXT_BYTES_MAX = 4 * 1024 * 1024;

export const text = string(TEXT_BYTES_MAX);

/** None when left out. JavaScript's `|` makes a negative number of the highest flag; it is the same 32 bits. */
export const flags = withDefault(
	mapped(
		uint32,
		(bits: number) => (bits < 0 ? bits + 2 ** 32 : bits),
		(bits) => bits,
	),
	0,
);

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Sixteen bytes, as lower-case text with hyphens. */
export const uuid: Codec<string> = mapped(fixedBytes(16), uuidToBytes, bytesToUuid);

/** How a domain is named in calls; libvirt finds it by UUID. `id` is -1 while it does not run. */
export const domain = struct({ name: text, uuid, id: int32 });
export type Domain = ValueOf<typeof domain>;

/**
 * The value of a typed parameter. The type must be the one that libvirt expects of the name: `vcpu_quota` is an llong,
 * `hard_limit` an ullong.
 */
export type TypedParameter =
	| { readonly type: 'int' | 'uint' | 'double'; readonly value: number }
	| { readonly type: 'llong' | 'ullong'; readonly value: bigint }
	| { readonly type: 'boolean'; readonly value: boolean }
	| { readonly type: 'string'; readonly value: string };

/** Typed parameters by name. */
export type TypedParameters = Readonly<Record<string, TypedParameter>>;

/** The types in the order of their numbers, which begin at 1. */
const PARAMETER_TYPES: readonly { readonly type: TypedParameter['type']; readonly codec: Codec<unknown> }[] = [
	{ type: 'int', codec: int32 },
	{ type: 'uint', codec: uint32 },
	{ type: 'llong', codec: int64 },
	{ type: 'ullong', codec: uint64 },
	{ type: 'double', codec: double },
	{ type: 'boolean', codec: boolean },
	{ type: 'string', codec: text },
];

/** A union: the number of the type, then a value of it. */
const typedParameter: Codec<TypedParameter> = {
	encode(writer, parameter) {
		const index = PARAMETER_TYPES.findIndex(({ type }) => type === parameter.type);
		const known = PARAMETER_TYPES[index];
		if (known === undefined) throw new XdrError(`${String(parameter.type)} is not a type of parameters`, 'type');
		int32.encode(writer, index + 1);
		known.codec.encode(writer, parameter.value);
	},
	decode(reader) {
		const number = int32.decode(reader);
		const known = PARAMETER_TYPES[number - 1];
		if (known === undefined) throw new XdrError(`${number} found, from 1 to ${PARAMETER_TYPES.length} allowed`, 'type');
		return { type: known.type, value: known.codec.decode(reader) } as TypedParameter;
	},
};

/** At most `max` typed parameters. */
export function typedParameters(max: number): Codec<TypedParameters> {
	return named(typedParameter, max);
}

/** A list of at most `max` names with values, as an object; without a prototype when received, since names are data. */
export function named<T>(codec: Codec<T>, max: number): Codec<Readonly<Record<string, T>>> {
	return mapped(
		array(struct({ name: text, value: codec as Codec<unknown> }), max),
		(values: Readonly<Record<string, T>>) => Object.entries(values).map(([name, value]) => ({ name, value })),
		(list) => {
			const values: Record<string, T> = Object.create(null);
			for (const { name, value } of list) values[name] = value as T;
			return values;
		},
	);
}

/** A C array of `length` chars up to its NUL; XDR takes four bytes for each of them. */
export function charArray(length: number): Codec<string> {
	return {
		encode(writer, value) {
			const bytes = Buffer.from(value, 'utf8');
			if (bytes.length >= length) throw new XdrError(`${bytes.length} bytes of text, at most ${length - 1} allowed`);
			for (let index = 0; index < length; index++) writer.writeInt32(bytes[index] ?? 0);
		},
		decode(reader) {
			const bytes = Buffer.alloc(length);
			for (let index = 0; index < length; index++) bytes[index] = reader.readInt32();
			const end = bytes.indexOf(0);
			return bytes.toString('utf8', 0, end === -1 ? length : end);
		},
	};
}

/** Values that are followed by their own number once more. */
export function counted<T extends object>(values: Codec<T>): Codec<T> {
	return {
		encode(writer, value) {
			values.encode(writer, value);
			int32.encode(writer, Object.keys(value).length);
		},
		decode(reader) {
			const value = values.decode(reader);
			int32.decode(reader);
			return value;
		},
	};
}

/** What an error reply carries (virError). */
export const errorBody = struct({
	code: int32,
	domain: int32,
	message: nullable(text),
	level: int32,
	subject: nullable(domain),
	string1: nullable(text),
	string2: nullable(text),
	string3: nullable(text),
	integer1: int32,
	integer2: int32,
	network: nullable(struct({ name: text, uuid })),
});

/** Another form of the same type; `toWire` and `fromWire` are each other's inverse. */
function mapped<W, T>(codec: Codec<W>, toWire: (value: T) => W, fromWire: (value: W) => T): Codec<T> {
	return {
		encode: (writer, value) => codec.encode(writer, toWire(value)),
		decode: (reader) => fromWire(codec.decode(reader)),
	};
}

function uuidToBytes(value: string): Uint8Array {
	if (!UUID.test(value)) throw new XdrError(`'${value}' found, a UUID with hyphens allowed`);
	return Buffer.from(value.replaceAll('-', ''), 'hex');
}

function bytesToUuid(bytes: Uint8Array): string {
	const hex = Buffer.from(bytes).toString('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
