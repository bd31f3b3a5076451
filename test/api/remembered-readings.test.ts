import { describe, expect, test } from 'vitest';
import type { ReadDocument } from '../../src/agreement/reading.ts';
import { rememberReadings } from '../../src/api/remembered-readings.ts';
import type { DocumentReader } from '../../src/api/requests.ts';

/** Reads whatever begins with `offer` as an offer, the rest as a template, and `bad` not at all; notes what it read. */
function openReaders() {
	const read: string[] = [];
	const reader: DocumentReader = {
		read: async (bytes, form, _context, mode) => {
			const text = Buffer.from(bytes).toString();
			read.push([text, form, mode ?? 'as it says'].join(' '));
			if (text.startsWith('bad')) return { ok: false, issues: [{ code: 'FAULT', path: '/', message: text }] };
			const kind = text.startsWith('offer') ? 'offer' : 'template';
			return { ok: true, value: { kind, text } as unknown as ReadDocument };
		},
	};
	return { ...rememberReadings(reader), read };
}

const OFFER = Buffer.from('offer 1');

describe('a document that was asked about', () => {
	test('is not read again when it is asked about again, or sent', async () => {
		const { asked, sent, read } = openReaders();
		const first = await asked.read(OFFER, 'xml');
		expect(await asked.read(Buffer.from(OFFER), 'xml')).toBe(first);
		expect(await sent.read(Buffer.from(OFFER), 'xml')).toBe(first);
		expect(read).toHaveLength(1);
	});

	test('is another one in another form, in another mode, or with another byte', async () => {
		const { asked, read } = openReaders();
		await asked.read(OFFER, 'xml');
		await asked.read(OFFER, 'json');
		await asked.read(OFFER, 'xml', undefined, 'lenient');
		await asked.read(Buffer.from('offer 2'), 'xml');
		await asked.read(Buffer.from('offer 12'), 'xml');
		expect(new Set(read).size).toBe(5);
	});

	test('is remembered as it was, whatever becomes of the buffer', async () => {
		const { asked } = openReaders();
		const buffer = Buffer.from(OFFER);
		await asked.read(buffer, 'xml');
		buffer.write('offer 2');
		expect(await asked.read(buffer, 'xml')).toMatchObject({ value: { text: 'offer 2' } });
		expect(await asked.read(OFFER, 'xml')).toMatchObject({ value: { text: 'offer 1' } });
	});

	test.each([
		['that cannot be read', 'bad'],
		['that is no offer', 'template'],
		['of more than 64 KiB', `offer ${' '.repeat(64 << 10)}`],
	])('%s is read again', async (_, text) => {
		const { asked, read } = openReaders();
		await asked.read(Buffer.from(text), 'xml');
		await asked.read(Buffer.from(text), 'xml');
		expect(read).toHaveLength(2);
	});

	test('is forgotten when sixteen others were asked about', async () => {
		const { asked, sent, read } = openReaders();
		for (let nth = 0; nth <= 16; nth += 1) await asked.read(Buffer.from(`offer ${nth}`), 'xml');
		await sent.read(Buffer.from('offer 1'), 'xml');
		expect(read).toHaveLength(17);
		await sent.read(Buffer.from('offer 0'), 'xml');
		expect(read).toHaveLength(18);
	});
});

test('what is sent is not remembered', async () => {
	const { sent, read } = openReaders();
	await sent.read(OFFER, 'xml');
	await sent.read(OFFER, 'xml');
	expect(read).toHaveLength(2);
});
