/**
 * XDR (RFC 4506), as far as libvirt’s protocol uses it. A codec writes and reads one type; the structures of the protocol
 * are codecs built from codecs, and their TypeScript types follow from them. Both directions keep the bounds of the type,
 * so a length that arrives is never trusted before it is checked.
 */
import { XdrError } from './errors.ts';
import type { XdrReader, XdrWriter } from './xdr-buffer.ts';

/** One type of the protocol. `encode` and `decode` throw XdrError. */
export interface Codec<T> {
	encode(writer: XdrWriter, value: T): void;
	decode(reader: XdrReader): T;
}

/** The TypeScript type that a codec carries. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

type Fields = Readonly<Record<string, Codec<unknown>>>;
type OmittableNames<F extends Fields> = { [K in keyof F]: undefined extends ValueOf<F[K]> ? K : never }[keyof F];

type StructOf<F extends Fields> = {
	readonly [K in Exclude<keyof F, OmittableNames<F>>]: ValueOf<F[K]>;
} & {
	readonly [K in OmittableNames<F>]?: ValueOf<F[K]>;
};

export const int32: Codec<number> = {
	encode: (writer, value) => writer.writeInt32(within(value, -(2 ** 31), 2 ** 31 - 1)),
	decode: (reader) => reader.readInt32(),
};

export const uint32: Codec<number> = {
	encode: (writer, value) => writer.writeUint32(within(value, 0, 2 ** 32 - 1)),
	decode: (reader) => reader.readUint32(),
};

/** XDR's hyper. */
export const int64: Codec<bigint> = {
	encode: (writer, value) => writer.writeInt64(within(value, -(2n ** 63n), 2n ** 63n - 1n)),
	decode: (reader) => reader.readInt64(),
};

/** XDR's unsigned hyper. */
export const uint64: Codec<bigint> = {
	encode: (writer, value) => writer.writeUint64(within(value, 0n, 2n ** 64n - 1n)),
	decode: (reader) => reader.readUint64(),
};

export const double: Codec<number> = {
	encode: (writer, value) => writer.writeDouble(value),
	decode: (reader) => reader.readDouble(),
};

/** A boolean as the integers 0 and 1; any other integer that arrives counts as true, as in C. */
export const boolean: Codec<boolean> = {
	encode: (writer, value) => writer.writeInt32(value ? 1 : 0),
	decode: (reader) => reader.readInt32() !== 0,
};

/** No bytes at all: the arguments or the result of a procedure that has none. */
export const nothing: Codec<Readonly<Record<string, never>>> = {
	encode: () => {},
	decode: () => ({}),
};

/**
 * UTF-8 text of at most `bytesMax` bytes. Text with a NUL is refused when written: the C program at the other end
 * would silently read less than was sent. Bytes that are not UTF-8 are read as U+FFFD.
 */
export function string(bytesMax: number): Codec<string> {
	return {
		encode(writer, value) {
			const bytes = Buffer.from(value, 'utf8');
			if (bytes.length > bytesMax) throw new XdrError(`${bytes.length} bytes of text, at most ${bytesMax} allowed`);
			if (bytes.includes(0)) throw new XdrError('text with a NUL character, none allowed');
			writer.writeUint32(bytes.length);
			writer.writeBytes(bytes);
		},
		decode: (reader) => reader.readBytes(lengthWithin(reader, bytesMax)).toString('utf8'),
	};
}

/** Exactly `length` bytes without a length in front. What is read is a view of the received frame. */
export function fixedBytes(length: number): Codec<Uint8Array> {
	return {
		encode(writer, value) {
			if (value.length !== length) throw new XdrError(`${value.length} bytes, exactly ${length} allowed`);
			writer.writeBytes(value);
		},
		decode: (reader) => reader.readBytes(length),
	};
}

/** A value, or null for none. */
export function nullable<T>(codec: Codec<T>): Codec<T | null> {
	return {
		encode(writer, value) {
			writer.writeUint32(value === null ? 0 : 1);
			if (value !== null) codec.encode(writer, value);
		},
		decode(reader) {
			const present = reader.readUint32();
			if (present > 1) throw new XdrError(`${present} where 0 or 1 says whether a value follows`);
			return present === 1 ? codec.decode(reader) : null;
		},
	};
}

/** At most `itemsMax` items, each taking at least four bytes, which bounds the allocation by what has arrived. */
export function array<T>(codec: Codec<T>, itemsMax: number): Codec<readonly T[]> {
	return {
		encode(writer, value) {
			if (value.length > itemsMax) throw new XdrError(`${value.length} items, at most ${itemsMax} allowed`);
			writer.writeUint32(value.length);
			let index = 0;
			try {
				for (; index < value.length; index++) codec.encode(writer, value[index] as T);
			} catch (error) {
				throw located(`[${index}]`, error);
			}
		},
		decode(reader) {
			const length = lengthWithin(reader, itemsMax);
			if (length * 4 > reader.remainingBytes) {
				throw new XdrError(`${length} items announced, ${reader.remainingBytes} bytes left`);
			}
			const items: T[] = [];
			try {
				while (items.length < length) items.push(codec.decode(reader));
			} catch (error) {
				throw located(`[${items.length}]`, error);
			}
			return items;
		},
	};
}

/** Members in the order given. A member whose codec takes `undefined` (see `withDefault`) may be left out. */
export function struct<F extends Fields>(fields: F): Codec<StructOf<F>> {
	const members = Object.entries(fields);
	return {
		encode(writer, value) {
			let at = '';
			try {
				for (const [name, codec] of members) {
					at = name;
					codec.encode(writer, (value as Record<string, unknown>)[name]);
				}
			} catch (error) {
				throw located(at, error);
			}
		},
		decode(reader) {
			const value: Record<string, unknown> = {};
			let at = '';
			try {
				for (const [name, codec] of members) {
					at = name;
					value[name] = codec.decode(reader);
				}
			} catch (error) {
				throw located(at, error);
			}
			return value as StructOf<F>;
		},
	};
}

/** A member that the caller may leave out; `value` is sent in its place. */
export function withDefault<T>(codec: Codec<T>, value: T): Codec<T | undefined> {
	return {
		encode: (writer, given) => codec.encode(writer, given === undefined ? value : given),
		decode: (reader) => codec.decode(reader),
	};
}

/** The value, if it is an integer of the bounds' own type and within them. */
function within<N extends number | bigint>(value: N, min: N, max: N): N {
	const whole = typeof value === typeof min && (typeof value === 'bigint' || Number.isInteger(value));
	if (whole && value >= min && value <= max) return value;
	throw new XdrError(`${typeof value} ${String(value)} found, a whole ${typeof min} from ${min} to ${max} allowed`);
}

function lengthWithin(reader: XdrReader, max: number): number {
	const length = reader.readUint32();
	if (length > max) throw new XdrError(`length ${length}, at most ${max} allowed`);
	return length;
}

/** Puts a step in front of the path of an XdrError; anything else is a bug (a missing member, say) and gets a path too. */
function located(step: string, error: unknown): unknown {
	if (error instanceof TypeError) return new XdrError(error.message, step);
	if (!(error instanceof XdrError)) return error;
	const separator = error.path === '' || error.path.startsWith('[') ? '' : '.';
	return new XdrError(error.fault, `${step}${separator}${error.path}`);
}
