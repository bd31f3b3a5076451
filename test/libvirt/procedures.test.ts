import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Flag } from '../../src/libvirt/constants.ts';
import { XdrError } from '../../src/libvirt/errors.ts';
import { DOMAIN_EVENTS, PROCEDURES, readDomainEvent } from '../../src/libvirt/procedures.ts';
import type { TypedParameter } from '../../src/libvirt/structures.ts';
import { charArray, typedParameters, uuid } from '../../src/libvirt/structures.ts';
import type { Codec } from '../../src/libvirt/xdr.ts';
import { XdrReader, XdrWriter } from '../../src/libvirt/xdr-buffer.ts';

const DOMAIN = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: -1 };

function encode<T>(codec: Codec<T>, value: T): Buffer {
	const writer = new XdrWriter();
	codec.encode(writer, value);
	return writer.finish();
}

const name = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
const parameter: fc.Arbitrary<TypedParameter> = fc.oneof(
	fc.record({ type: fc.constant('int' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) }),
	fc.record({ type: fc.constant('uint' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
	fc.record({ type: fc.constant('llong' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
	fc.record({ type: fc.constant('ullong' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
	fc.record({ type: fc.constant('double' as const), value: fc.double() }),
	fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
	fc.record({ type: fc.constant('string' as const), value: name }),
);

describe('typed parameters', () => {
	test('can be read again, whatever their names', () => {
		fc.assert(
			fc.property(
				fc.dictionary(fc.oneof(name, fc.constant('__proto__')), parameter, { noNullPrototype: false }),
				(values) => {
					const codec = typedParameters(1000);
					const read = codec.decode(new XdrReader(encode(codec, values)));
					expect(Object.entries(read)).toEqual(Object.entries(values));
				},
			),
		);
	});

	test('carry the number of their type', () => {
		const bytes = encode(typedParameters(1), { vcpu_quota: { type: 'llong', value: 50_000n } });
		expect(bytes.toString('hex')).toBe(
			`00000001${'0000000a'}${'766370755f71756f74610000'}${'00000003'}000000000000c350`,
		);
	});

	test.each([0, 8, -1])('of the unknown type %i are refused', (type) => {
		const bytes = encode(typedParameters(1), { a: { type: 'int', value: 0 } });
		bytes.writeInt32BE(type, 12);
		expect(() => typedParameters(1).decode(new XdrReader(bytes))).toThrow(/^\[0\]\.value\.type: /);
	});

	test('with a value of another type are refused with their place', () => {
		const wrong = { hard_limit: { type: 'ullong', value: 5 } } as unknown as Record<string, TypedParameter>;
		expect(() => encode(PROCEDURES.domainSetMemoryParameters.args, { domain: DOMAIN, parameters: wrong })).toThrow(
			/^parameters\[0\]\.value: number 5 found, a whole bigint/,
		);
	});
});

describe('a UUID', () => {
	test('is sixteen bytes on the wire and lower-case text here', () => {
		fc.assert(
			fc.property(fc.uuid(), (value) => {
				const bytes = encode(uuid, value.toUpperCase());
				expect(bytes.toString('hex')).toBe(value.replaceAll('-', ''));
				expect(uuid.decode(new XdrReader(bytes))).toBe(value);
			}),
		);
	});

	test.each(['', '6695eb01f6a4830479aa97f2502e193f', `${DOMAIN.uuid}0`, 'zz95eb01-f6a4-8304-79aa-97f2502e193f'])(
		"is not '%s'",
		(value) => {
			expect(() => encode(uuid, value)).toThrow(XdrError);
		},
	);
});

test('a C array of chars is read up to its NUL', () => {
	const bytes = encode(charArray(8), 'x86');
	expect(bytes.length).toBe(32);
	expect(charArray(8).decode(new XdrReader(bytes))).toBe('x86');
	expect(() => encode(charArray(3), 'x86')).toThrow(/at most 2/);
});

test('flags may be left out, and the highest of them combined', () => {
	const { args } = PROCEDURES.connectGetAllDomainStats;
	const flagsOf = (bytes: Buffer) => bytes.readUInt32BE(bytes.length - 4);
	expect(flagsOf(encode(args, { domains: [] }))).toBe(0);
	expect(flagsOf(encode(args, { domains: [], flags: Flag.list.ACTIVE | Flag.statistics.ENFORCE }))).toBe(0x80000001);
});

test('no two procedures or events share a number', () => {
	const numbers = [
		...Object.values(PROCEDURES).map(({ number }) => number),
		...Object.values(DOMAIN_EVENTS).map(({ message }) => message),
	];
	expect(new Set(numbers).size).toBe(numbers.length);
});

test('a message that is no known event is none', () => {
	expect(readDomainEvent(9999, new XdrReader(Buffer.alloc(0)))).toBeUndefined();
});
