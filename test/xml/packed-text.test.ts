import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOfText, textOfBytes } from '../../src/xml/packed-text.ts';
import { anyText } from '../any-text.ts';

test.each([
	['Latin-1, in a byte a character', fc.string({ unit: fc.nat(0xff).map((at) => String.fromCharCode(at)) })],
	['any, lone surrogates among it', anyText()],
])('a text of %s comes back, whole and in pieces', (_, texts) => {
	fc.assert(
		fc.property(texts, fc.nat(12), fc.nat(12), (text, begin, more) => {
			const packed = structuredClone(bytesOfText(text));
			expect(packed.isWide).toBe([...text].some((character) => character > '\u00ff'));
			expect(packed.bytes.length).toBe(text.length * (packed.isWide ? 2 : 1));
			const back = textOfBytes(packed);
			expect(back.slice(0)).toBe(text);
			expect(back.slice(begin, begin + more)).toBe(text.slice(begin, begin + more));
		}),
	);
});
