/**
 * Readings of offers that were asked about: who asks is likely to ask again, or to send the very offer next. To read a
 * document is what it says and nothing else, so the same bytes need not be read twice.
 */
import type { ReadDocument } from '../agreement/reading.ts';
import type { Reading, ReadingMode } from '../xml/document.ts';
import type { DocumentReader } from './requests.ts';

/** What is asked about is remembered; what is sent to be agreed to comes mostly once, and is only looked up. */
export interface RememberingReaders {
	readonly asked: DocumentReader;
	readonly sent: DocumentReader;
}

/** As many as clients are about to decide on; each is looked at with every offer, most of them for their length alone. */
const READINGS_MAX = 16;
/** Together with its reading a document takes four times as much memory at most. */
const BYTES_MAX = 64 << 10;

type ReadForm = Parameters<DocumentReader['read']>[1];

interface Remembered {
	readonly bytes: Uint8Array;
	readonly form: ReadForm;
	readonly mode: ReadingMode | undefined;
	readonly reading: Reading<ReadDocument>;
}

/** Two readers in the place of this one. */
export function rememberReadings(reader: DocumentReader): RememberingReaders {
	const remembered: Remembered[] = [];
	const find = (bytes: Uint8Array, form: ReadForm, context: unknown, mode?: ReadingMode) =>
		remembered.find(
			(each) =>
				context === undefined && each.form === form && each.mode === mode && Buffer.compare(each.bytes, bytes) === 0,
		)?.reading;
	const sent: DocumentReader = {
		read: async (bytes, form, context, mode) =>
			find(bytes, form, context, mode) ?? (await reader.read(bytes, form, context, mode)),
	};
	const asked: DocumentReader = {
		read: async (bytes, form, context, mode) => {
			const known = find(bytes, form, context, mode);
			if (known !== undefined) return known;
			const reading = await reader.read(bytes, form, context, mode);
			// An offer is a text that is typed anew at each look; other values would be shared.
			if (!reading.ok || reading.value.kind !== 'offer' || bytes.length > BYTES_MAX) return reading;
			if (remembered.length === READINGS_MAX) remembered.shift();
			remembered.push({ bytes: Buffer.from(bytes), form, mode, reading });
			return reading;
		},
	};
	return { asked, sent };
}
