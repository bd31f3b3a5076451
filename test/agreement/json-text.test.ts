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
				const again = JSON.stringify(value);
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

	test('that is not UTF-8 is refused, and a text that is no JSON', () => {
		const latin1 = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xe9]), Buffer.from('"}')]);
		expect(readJson(latin1)).toMatchObject({ ok: false, issues: [{ code: 'ENCODING' }] });
		expect(read('{"a":')).toMatchObject({ ok: false, issues: [{ code: 'NOT_WELL_FORMED' }] });
	});
});
