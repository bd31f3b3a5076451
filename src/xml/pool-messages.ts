/** What the pool and its workers tell each other. */
import type { DocumentForm, Reading, ReadingMode } from './document.ts';
import type { DocumentIssue } from './element.ts';
import type { Letter } from './mailbox.ts';
import type { TextBytes } from './packed-text.ts';

/** What a worker is told at its start. */
export interface WorkerSettings {
	readonly readerUrl: string;
	readonly maxBytes: number;
	readonly tally: WorkerTally;
	/** Of mailboxes: one for the worker, one for the pool. */
	readonly requests: SharedArrayBuffer;
	readonly answers: SharedArrayBuffer;
}

/** What both sides know of at any time, one number each. */
export interface WorkerTally {
	/** Documents that the worker was told of and has not read. */
	readonly waiting: Int32Array<SharedArrayBuffer>;
	/** Documents that it has read and whose answers were not heard: where it is lost, it was at the one after them. */
	readonly unheard: Int32Array<SharedArrayBuffer>;
}

/** A worker that was told that a document will come stays awake for so long: a body that came with its head is read by then. */
export const EXPECTED_MS_MAX = 0.25;

/**
 * Of several that come together a worker is told at once: to wake it costs as much as to read a document of 1 KB. None: one
 * will come soon.
 */
export type WorkerRequests = readonly WorkerRequest[];

export interface WorkerRequest {
	readonly bytes: Uint8Array;
	readonly form: DocumentForm;
	readonly mode: ReadingMode;
	readonly context: unknown;
}

export type WorkerReply =
	| { readonly kind: 'ready' }
	/** Of documents in the order in which it was told of them. */
	| { readonly kind: 'answers'; readonly answers: readonly Answer[] }
	/** The worker cannot be trusted any more. */
	| { readonly kind: 'lost'; readonly detail: string };

/** What came of a document. */
export type Answer =
	| { readonly kind: 'read'; readonly reading: Reading<unknown> }
	/** The value, packed by the reader module. */
	| { readonly kind: 'packed'; readonly packed: TextBytes; readonly issues?: readonly DocumentIssue[] };

const FORMS: readonly DocumentForm[] = ['xml', 'json', 'message', 'kept'];
const MODES: readonly ReadingMode[] = ['strict', 'lenient'];

/** A request as a letter; undefined where it says more. */
export function letterOfRequest({
	bytes,
	form,
	mode,
	context,
}: WorkerRequest): { bytes: Uint8Array; note: number } | undefined {
	return context === undefined ? { bytes, note: FORMS.indexOf(form) * MODES.length + MODES.indexOf(mode) } : undefined;
}

export function requestOfLetter({ bytes, note }: Letter): WorkerRequest {
	const form = FORMS[Math.floor(note / MODES.length)]!;
	return { bytes, form, mode: MODES[note % MODES.length]!, context: undefined };
}

/** An answer as a letter; undefined where it is more than a text. */
export function letterOfAnswer(answer: Answer): { bytes: Uint8Array; note: number } | undefined {
	if (answer.kind !== 'packed' || answer.issues !== undefined) return undefined;
	return { bytes: answer.packed.bytes, note: Number(answer.packed.isWide) };
}

export function answerOfLetter({ bytes, note }: Letter): Answer {
	return { kind: 'packed', packed: { bytes, isWide: note === 1 } };
}
