/** Text of any characters, for tests. */
import fc from 'fast-check';

/**
 * Code points of which each length in UTF-16 and in UTF-8 comes up, halves of pairs among them. (The `binary` unit of
 * fast-check has no such halves, and takes a second for a table of all others.)
 */
const anyCharacter = fc
	.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff }), fc.nat(0x10ffff))
	.map((code) => String.fromCodePoint(code));

export const anyText = (maxLength = 12): fc.Arbitrary<string> => fc.string({ unit: anyCharacter, maxLength });

/** Text of whole characters. */
export const wellFormedText = (maxLength = 12): fc.Arbitrary<string> =>
	anyText(maxLength).map((text) => text.toWellFormed());
