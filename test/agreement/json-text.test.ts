/** JSON that is taken is UTF-8 and says each thing once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/agreement/json-text.ts';

const read = (text: string) => readJson(Buffer.from(text));

describe('JSON', () => {
	test('of any kind is read as JSON.parse reads it', () => {
		fc.assert(
			fc.property(fc.json({ maxDepth: 6 }), (text) => {
				const value: unknown = JSON.parse(text);
				// Numbers of at most as many digits as every double keeps.
				const again = JSON.stringify(value, (_, each) =>
					typeof each === 'number' ? Number(each.toPrecision(12)) : each,
				);
				expect(read(again)).toEqual({ ok: true, value: JSON.parse(again) });
			}),
		);
	});

	test.each([
		['in the outermost object', '{"a":1,"a":2}', 'a'],
		['in an inner object', '[{"x":[{"b":{},"c":[],"b":"\\""}]}]', 'b'],
		['written in two ways', '{"a":1,"\\u0061":2}', 'a'],
		['around strings full of brackets', '{"a":"}{[,:\\\\","b":",","a":null}', 'a'],
		['named like a prototype', '{"__proto__":1,"__proto__":2}', '__proto__'],
	])('with a member twice %s is refused', (_, text, found) => {
		expect(read(text)).toMatchObject({ ok: false, issues: [{ code: 'JSON_MALFORMED', found }] });
	});

	test.each([
		['the same name in two objects', '[{"a":1},{"a":{"a":2}}]'],
		['equal strings in a list', '{"x":["a","a"],"y":"x"}'],
	])('with %s is taken', (_, text) => {
		expect(read(text).ok).toBe(true);
	});

	test.each([
		['a whole number beyond 2^53', '{"a":[18446744073709551617]}', '18446744073709551617'],
		['the first number that is not whole any more', '9007199254740993', '9007199254740993'],
		['a fraction that would be lost', '[1,268435456.00000000000000001]', '268435456.00000000000000001'],
		['a number beyond all', '{"a":-1234567890123456e999}', '-1234567890123456e999'],
		['a short number beyond all', '{"a":1e400}', '1e400'],
		['a number that would be nothing', '[0,1E-400]', '1E-400'],
		['a number so small that digits would be lost', '[1.23456e-320]', '1.23456e-320'],
	])('with %s is refused, as it was written', (_, text, found) => {
		expect(read(text)).toMatchObject({ ok: false, issues: [{ code: 'NUMBER_INEXACT', found }] });
	});

	test.each([
		['/', '0.1234567890123456789'],
		['/a', '{"a":0.1234567890123456789}'],
		['/x/b[3]', '{"a":[1,2],"x":{"b":[1,{"c":[4]},18446744073709551617]}}'],
		['/[2]/a[1][2]', '[{"b":[9,9,9]},{"a":[["x,]",18446744073709551617]]}]'],
		['/x/a', '{"y":{"a":1},"x":{"a":1,"a":2}}'],
	])('is refused at its place: %s', (path, text) => {
		expect(read(text)).toMatchObject({ ok: false, issues: [{ path }] });
	});

	test.each([
		'9007199254740991',
		'-9007199254740991',
		'0.000000000000000000000000125',
		'123456789012345e10',
		'0e-400',
		'-0.00e9',
		'2.5e-307',
		'1.50000000000000000000',
	])('with %s is taken', (text) => {
		expect(read(`{"1234567890123456789":${text}}`)).toMatchObject({ ok: true });
	});

	test.each<[what: string, text: string | readonly number[], code: string, line: number]>([
		['a member twice', '{"a":\n1,"b":[\n{"a":2,\n"a":3}]}', 'JSON_MALFORMED', 4],
		['a number that is inexact', '[\r\n1,\r\n18446744073709551617\n]', 'NUMBER_INEXACT', 3],
		['an end too soon', '{"a":\n', 'NOT_WELL_FORMED', 2],
		['nothing in it', '', 'NOT_WELL_FORMED', 1],
		['a comma too many', '{"a":1,\n"b":2,\n}', 'NOT_WELL_FORMED', 3],
		['a word that is none', '{"a":\n\nnul\n}', 'NOT_WELL_FORMED', 3],
		['a text that is not closed', '{"a":"\n"}', 'NOT_WELL_FORMED', 1],
		['ISO-8859-1 in it', [0x7b, 0x0a, 0x22, 0xc3, 0xa9, 0xe9, 0x22, 0x0a], 'ENCODING', 2],
		['half a character at its end', [0xef, 0xbb, 0xbf, 0x0a, 0x22, 0x0a, 0xe2, 0x82], 'ENCODING', 3],
		['UTF-16 in it', [...Buffer.from('\ufeff{\n}', 'utf16le')], 'ENCODING', 1],
	])('with %s is refused, and told on which line', (_, text, code, line) => {
		const bytes = typeof text === 'string' ? Buffer.from(text) : Uint8Array.from(text);
		expect(readJson(bytes)).toMatchObject({ ok: false, issues: [{ code, line }] });
	});
});
