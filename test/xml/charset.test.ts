/** What a media type says of a document's encoding, beside its mark and its declaration (RFC 7303). */
import { describe, expect, test } from 'vitest';
import { charsetOf, inCharset } from '../../src/xml/charset.ts';
import { readDocument } from '../../src/xml/document.ts';
import { textOf } from '../../src/xml/element.ts';

const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
const name = (text: string, declared = '') =>
	`${declared === '' ? '' : `<?xml version="1.0" encoding="${declared}"?>`}<Name xmlns="${WSAG}">${text}</Name>`;
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const mark = (...bytes: number[]) => Buffer.from(bytes);

/** The text of the document, or the issue's code. */
function read(bytes: Uint8Array, charset: string | undefined): string {
	const text = inCharset(bytes, charset);
	if (!text.ok) return `${text.issue.code}: ${text.issue.found}`;
	const reading = readDocument(text.bytes);
	return reading.ok ? textOf(reading.value) : `gate: ${reading.issues[0]!.code}`;
}

describe('an encoding is that', () => {
	test.each<[what: string, bytes: Uint8Array, charset: string | undefined, text: string]>([
		['of UTF-8, where nobody says anything', Buffer.from(name('é')), undefined, 'é'],
		['that is declared', Buffer.from(name('é', 'ISO-8859-1'), 'latin1'), undefined, 'é'],
		['that is declared and said', Buffer.from(name('é', 'ISO-8859-1'), 'latin1'), 'iso-8859-1', 'é'],
		['that is said, where none is declared', Buffer.from(name('é'), 'latin1'), 'iso-8859-1', 'é'],
		['that is said, whatever is declared', Buffer.from(name('é', 'ISO-8859-1')), 'utf-8', 'é'],
		['that is said, whatever is declared', Buffer.from(name('é', 'UTF-8'), 'latin1'), 'iso-8859-1', 'é'],
		[
			'of Windows, which is another one',
			Buffer.concat([Buffer.from('<Name xmlns="'), Buffer.from(`${WSAG}">`), mark(0x80), Buffer.from('</Name>')]),
			'windows-1252',
			'€',
		],
		[
			'of the mark, whatever is said',
			Buffer.concat([mark(0xef, 0xbb, 0xbf), Buffer.from(name('é'))]),
			'iso-8859-1',
			'é',
		],
		['of the mark, whatever is said', Buffer.concat([mark(0xff, 0xfe), utf16(name('é'))]), 'utf-8', 'é'],
		['of UTF-16 without a mark, where it is said', utf16(name('é', 'UTF-16')), 'utf-16', 'é'],
		['of ASCII, which is UTF-8 too', Buffer.from(name('e', 'UTF-8')), 'us-ascii', 'e'],
	])('%s', (_, bytes, charset, text) => {
		expect(read(bytes, charset)).toBe(text);
	});

	test.each<[what: string, bytes: Uint8Array, charset: string, told: string]>([
		['UTF-16 that is said to be UTF-8', utf16(name('é')), 'utf-8', 'ENCODING: charset=utf-8'],
		[
			'Latin-1 that is said to be UTF-8',
			Buffer.from(name('é', 'ISO-8859-1'), 'latin1'),
			'utf-8',
			'ENCODING: charset=utf-8',
		],
		['UTF-8 that is said to be ASCII', Buffer.from(name('é')), 'us-ascii', 'ENCODING: charset=us-ascii'],
		['a charset that nobody knows', Buffer.from(name('e')), 'x-none', 'ENCODING: charset=x-none'],
		['what is said and not so, where it is the default', Buffer.from(name('é'), 'latin1'), 'utf-8', 'gate: ENCODING'],
	])('and %s is refused', (_, bytes, charset, told) => {
		expect(read(bytes, charset)).toBe(told);
	});
});

test('lines are those of the text as it was sent', () => {
	const text = inCharset(Buffer.from(name('\n\n<x/>', 'UTF-8'), 'latin1'), 'iso-8859-1');
	const reading = text.ok ? readDocument(text.bytes) : undefined;
	expect(reading?.issues?.[0]).toMatchObject({ code: 'XSD_INVALID', line: 1 });
});

test.each([
	['text/xml', undefined],
	['text/xml; charset=UTF-8', 'utf-8'],
	['application/soap+xml;action="a;b"; CharSet = "ISO-8859-1" ; x=y', 'iso-8859-1'],
	[undefined, undefined],
])('the charset of %j is %j', (type, charset) => {
	expect(charsetOf(type)).toBe(charset);
});
