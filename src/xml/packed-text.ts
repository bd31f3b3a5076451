/**
 * A text that waits as bytes. Documents wait for their turn by the dozen: as strings the garbage collector would copy
 * each of them twice before it is looked at, and in the end collect it among what is old.
 */

/** How it crosses from one thread to another: the bytes move, and are nobody else's. */
export interface TextBytes {
	readonly bytes: Uint8Array;
	/** Two bytes a UTF-16 unit, not one: some unit is beyond Latin-1. */
	readonly isWide: boolean;
}

/** The text, or pieces of it, made anew each time that they are asked for. */
export interface PackedText {
	/** As String's. */
	slice(begin: number, end?: number): string;
}

export function bytesOfText(text: string): TextBytes & { readonly bytes: Uint8Array<ArrayBuffer> } {
	const isWide = BEYOND_LATIN_1.test(text);
	// Not of the pool that small buffers share, which cannot move.
	const bytes = Buffer.allocUnsafeSlow(isWide ? text.length * 2 : text.length);
	bytes.write(text, isWide ? 'utf16le' : 'latin1');
	return { bytes, isWide };
}

export function textOfBytes({ bytes, isWide }: TextBytes): PackedText {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const size = isWide ? 2 : 1;
	const encoding = isWide ? 'utf16le' : 'latin1';
	return {
		slice: (begin, end = buffer.length / size) => buffer.toString(encoding, begin * size, end * size),
	};
}

const BEYOND_LATIN_1 = /[\u0100-\uffff]/;
