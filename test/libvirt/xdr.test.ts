import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { XdrError } from '../../src/libvirt/errors.ts';
import type { Codec } from '../../src/libvirt/xdr.ts';
import {
	array,
	boolean,
	double,
	fixedBytes,
	int32,
	int64,
	nothing,
	nullable,
	string,
	struct,
	uint32,
	uint64,
	withDefault,
} from '../../src/libvirt/xdr.ts';
import { XdrReader, XdrWriter } from '../../src/libvirt/xdr-buffer.ts';
import { wellFormedText } from '../any-text.ts';

function encode<T>(codec: Codec<T>, value: T): Buffer {
	const writer = new XdrWriter();
	codec.encode(writer, value);
	return writer.finish();
}

function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
	return codec.decode(new XdrReader(Buffer.from(bytes)));
}

/** Text that survives UTF-8 and C: whole characters, no NUL. */
const sendableText = wellFormedText(600).map((text) => text.replaceAll('\0', ' '));

describe('what is written is what RFC 4506 says', () => {
	test.each<[string, Codec<unknown>, unknown, string]>([
		['a negative integer', int32, -2, 'fffffffe'],
		['the highest unsigned integer', uint32, 0xffffffff, 'ffffffff'],
		['a negative hyper', int64, -1n, 'ffffffffffffffff'],
		['the highest unsigned hyper', uint64, 2n ** 64n - 1n, 'ffffffffffffffff'],
		['a double', double, -2.5, 'c004000000000000'],
		['true', boolean, true, '00000001'],
		['nothing', nothing, {}, ''],
		['text, padded with zeros', string(99), 'sillyprog', '0000000973696c6c7970726f67000000'],
		['text that needs no padding', string(99), 'data', '0000000464617461'],
		['text whose bytes are counted, not its characters', string(99), 'ü', '00000002c3bc0000'],
		['fixed bytes without a length', fixedBytes(5), Uint8Array.of(1, 2, 3, 4, 5), '0102030405000000'],
		['none of a nullable', nullable(int32), null, '00000000'],
		['one of a nullable', nullable(int32), 5, '0000000100000005'],
		['an array', array(int32, 9), [1, 2], '000000020000000100000002'],
		['a struct in the order of its members', struct({ b: int32, a: int32 }), { a: 1, b: 2 }, '0000000200000001'],
		['a member left out', struct({ a: withDefault(int32, 6) }), {}, '00000006'],
	])('%s', (_, codec, value, hex) => {
		expect(encode(codec, value).toString('hex')).toBe(hex);
	});
});

describe('what was written can be read again', () => {
	const cases: [string, Codec<unknown>, fc.Arbitrary<unknown>][] = [
		['int32', int32, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
		['uint32', uint32, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
		['int64', int64, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
		['uint64', uint64, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
		['double', double, fc.double()],
		['boolean', boolean, fc.boolean()],
		['string', string(10_000), sendableText],
		['fixedBytes', fixedBytes(7), fc.uint8Array({ minLength: 7, maxLength: 7 }).map((bytes) => Buffer.from(bytes))],
		['nullable', nullable(string(10_000)), fc.option(sendableText)],
		[
			'array',
			array(nullable(uint64), 50),
			fc.array(fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), { maxLength: 50 }),
		],
		[
			'struct',
			struct({ first: string(10_000), second: struct({ flag: boolean, items: array(int32, 20) }) }),
			fc.record({
				first: sendableText,
				second: fc.record({ flag: fc.boolean(), items: fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 20 }) }),
			}),
		],
	];
	test.each(cases)('%s', (_, codec, values) => {
		fc.assert(
			fc.property(values, (value) => {
				const bytes = encode(codec, value);
				expect(bytes.length % 4).toBe(0);
				const reader = new XdrReader(bytes);
				expect(codec.decode(reader)).toEqual(value);
				expect(reader.remainingBytes).toBe(0);
			}),
		);
	});

	test('whatever length it takes, the writer grows and keeps its headroom', () => {
		fc.assert(
			fc.property(fc.nat(64), fc.array(fc.nat(3000), { maxLength: 6 }), (headroom, lengths) => {
				const writer = new XdrWriter(headroom);
				for (const length of lengths) writer.writeBytes(Buffer.alloc(length, 7));
				const bytes = writer.finish();
				expect(bytes.subarray(0, headroom)).toEqual(Buffer.alloc(headroom));
				const reader = new XdrReader(bytes, headroom);
				for (const length of lengths) expect(reader.readBytes(length)).toEqual(Buffer.alloc(length, 7));
				expect(reader.remainingBytes).toBe(0);
			}),
		);
	});
});

describe('what a type cannot carry is not written', () => {
	const place = struct({ list: array(struct({ name: string(4) }), 2) });
	test.each<[string, Codec<unknown>, unknown, string, RegExp]>([
		['an integer too high', int32, 2 ** 31, '', /2147483648 found, .* from -2147483648 to 2147483647/],
		['a fraction', int32, 1.5, '', /1\.5 found/],
		['NaN', uint32, Number.NaN, '', /NaN found/],
		['a negative number as unsigned', uint32, -1, '', /-1 found, .* from 0 to/],
		['a bigint where a number belongs', uint32, 1n, '', /bigint 1 found/],
		['a number where a hyper belongs', uint64, 1, '', /number 1 found, a whole bigint/],
		['a hyper too high', int64, 2n ** 63n, '', /found/],
		['a negative unsigned hyper', uint64, -1n, '', /found/],
		['text too long', string(3), 'four', '', /4 bytes of text, at most 3/],
		['text that C would cut short', string(9), 'a\0b', '', /NUL/],
		['too many bytes', fixedBytes(2), Uint8Array.of(1, 2, 3), '', /3 bytes, exactly 2/],
		['too many items', array(int32, 1), [1, 2], '', /2 items, at most 1/],
		['a fault deep inside', place, { list: [{ name: 'ok' }, { name: 'wrong' }] }, 'list[1].name', /5 bytes/],
		['a member that is missing', place, { list: [{}] }, 'list[0].name', /undefined/],
	])('%s', (_, codec, value, path, fault) => {
		const act = () => encode(codec, value);
		expect(act).toThrow(XdrError);
		expect(act).toThrow(expect.objectContaining({ path, message: expect.stringMatching(fault) }));
	});
});

describe('what is not of the type is not read', () => {
	test.each<[string, Codec<unknown>, string, RegExp]>([
		['fewer bytes than the type has', int64, '00000000', /8 bytes expected, 4 left/],
		['text that announces more than has come', string(99), '00000008616263', /8 bytes expected, 3 left/],
		['text whose padding is missing', string(99), '00000001' + '61', /4 bytes expected, 1 left/],
		['text longer than its bound', string(4), '000000056162636465000000', /length 5, at most 4/],
		['an array longer than its bound', array(int32, 1), '000000020000000100000002', /length 2, at most 1/],
		['an array that announces more than has come', array(nothing, 2 ** 31), '7fffffff00000000', /items announced/],
		['neither none nor one', nullable(int32), '0000000200000000', /2 where 0 or 1/],
		[
			'a member in the midst',
			struct({ a: array(struct({ b: string(1) }), 9) }),
			'000000010000000261626364',
			/^a\[0\]\.b: /,
		],
	])('%s', (_, codec, hex, fault) => {
		const act = () => decode(codec, Buffer.from(hex, 'hex'));
		expect(act).toThrow(XdrError);
		expect(act).toThrow(fault);
	});

	test('arbitrary bytes are read as the type or refused, never anything else', () => {
		const codec = struct({
			text: nullable(string(64)),
			list: array(struct({ number: uint64, name: string(16) }), 16),
			flag: boolean,
		});
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
				try {
					decode(codec, bytes);
				} catch (error) {
					expect(error).toBeInstanceOf(XdrError);
				}
			}),
		);
	});
});
