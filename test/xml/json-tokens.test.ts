/** What is no JSON is told with its line, as V8 tells it where it does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTokens, textOfLiteral } from '../../src/xml/json-tokens.ts';
import { anyText } from '../any-text.ts';

/** What V8 says of the text: nothing where it is JSON; else the line of the fault, where it names its place. */
function saidByV8(text: string): { readonly line?: number } | undefined {
	try {
		JSON.parse(text);
		return undefined;
	} catch (error) {
		const place = / at position (\d+)/.exec((error as Error).message)?.[1];
		return place === undefined ? {} : { line: lineAt(text, Number(place)) };
	}
}

const lineAt = (text: string, place: number) => text.slice(0, place).split('\n').length;

/** Texts that are JSON, or nearly: with something taken out, put in or exchanged. */
const nearly = fc
	.tuple(
		fc.oneof(
			fc.json({ maxDepth: 4 }),
			fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value, null, '\n\t')),
		),
		fc.array(
			fc.tuple(
				fc.nat(),
				fc.nat(2),
				fc.oneof(
					fc.constantFrom(
						'',
						'"',
						'\\',
						'\n',
						'\r',
						'{',
						'}',
						'[',
						']',
						',',
						':',
						'0',
						'.',
						'-',
						'e',
						'true',
						'\\u00e',
						'\u00a0',
					),
					anyText(2),
				),
			),
			{ maxLength: 2 },
		),
	)
	.map(([text, changes]) =>
		changes.reduce((before, [at, out, put]) => {
			const from = at % (before.length + 1);
			return before.slice(0, from) + put + before.slice(from + out);
		}, text),
	);

test('a text is JSON where V8 says so, and its fault is on the line on which V8 has it', () => {
	let placed = 0;
	fc.assert(
		fc.property(nearly, (text) => {
			const said = saidByV8(text);
			const place = readTokens(text);
			expect(place === undefined, text).toBe(said === undefined);
			if (said?.line === undefined) return;
			placed += said.line > 1 ? 1 : 0;
			expect(lineAt(text, place!), text).toBe(said.line);
		}),
		{ numRuns: 4000 },
	);
	expect(placed).toBeGreaterThan(200);
});

test.each([
	['', 0],
	[' \n', 2],
	['{"a":\n', 6],
	['{"a":\n1,\n', 9],
	['[1,\n2 3]', 6],
	['[1,\n]', 4],
	['{"a":1,\n}', 8],
	['"a\nb"', 2],
	['"a\\x"', 2],
	['"a\\', 2],
	['[tru\n]', 1],
	['01', 1],
	['1.', 1],
	['-', 0],
	['{"a"\n1}', 5],
	['{}\n{}', 3],
	['[}', 1],
	['{]', 1],
	['{a:1}', 1],
])('%j is no JSON from place %i on', (text, place) => {
	expect(saidByV8(text)).toBeDefined();
	expect(readTokens(text)).toBe(place);
});

test('the tokens of a text say all of it', () => {
	fc.assert(
		fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
			const text = JSON.stringify(value, null, indent);
			let again = '';
			expect(
				readTokens(text, (token, at, end) => {
					const written = text.slice(at, end);
					if (again !== '' && !/[[{:]$/.test(again) && !/[\]}]/.test(token)) again += ',';
					again += token === 'name' ? `${JSON.stringify(textOfLiteral(written))}:` : written;
				}),
			).toBeUndefined();
			expect(again).toBe(JSON.stringify(value));
		}),
	);
});

test('a long text is read in a moment, whatever is in it', () => {
	const mebibyte = 1 << 20;
	const begun = process.cpuUsage();
	for (const [piece, isJson] of [
		['[', false],
		['"', false],
		['\\', false],
		['{"a":', false],
		['1', true],
	] as const) {
		const text = piece.repeat(mebibyte / piece.length);
		expect(readTokens(text) === undefined, piece).toBe(isJson);
		const open = JSON.stringify(text).slice(0, -1);
		expect(readTokens(open), piece).toBe(open.length);
	}
	expect(process.cpuUsage(begun).user / 1000).toBeLessThan(2000);
});
