/** The bytes of XDR (RFC 4506): written into a growing buffer, read from a received one; big-endian, padded to four bytes. */
import { XdrError } from './errors.ts';

/** A growing buffer. `headroomBytes` are left free in front, for a frame header. */
export class XdrWriter {
	#buffer: Buffer;
	#length: number;

	constructor(headroomBytes = 0) {
		this.#buffer = Buffer.alloc(headroomBytes + WRITER_INITIAL_BYTES);
		this.#length = headroomBytes;
	}

	/** The next `size` bytes, zeroed. */
	#extend(size: number): Buffer {
		const start = this.#length;
		const end = start + size;
		if (end > this.#buffer.length) {
			const grown = Buffer.alloc(Math.max(this.#buffer.length * 2, end));
			this.#buffer.copy(grown, 0, 0, start);
			this.#buffer = grown;
		}
		this.#length = end;
		return this.#buffer.subarray(start, end);
	}

	writeInt32(value: number): void {
		this.#extend(4).writeInt32BE(value);
	}

	writeUint32(value: number): void {
		this.#extend(4).writeUInt32BE(value);
	}

	writeInt64(value: bigint): void {
		this.#extend(8).writeBigInt64BE(value);
	}

	writeUint64(value: bigint): void {
		this.#extend(8).writeBigUInt64BE(value);
	}

	writeDouble(value: number): void {
		this.#extend(8).writeDoubleBE(value);
	}

	/** Writes the bytes, and zeros up to a multiple of four. */
	writeBytes(bytes: Uint8Array): void {
		this.#extend(paddedSize(bytes.length)).set(bytes);
	}

	/** All that was written, headroom included. A view: write no more after it. */
	finish(): Buffer {
		return this.#buffer.subarray(0, this.#length);
	}
}

/** A typical call fits, so that most calls allocate once. */
const WRITER_INITIAL_BYTES = 512;

/** A cursor over received bytes. Reading past the end is an XdrError. */
export class XdrReader {
	readonly #buffer: Buffer;
	#offset: number;

	constructor(buffer: Buffer, offset = 0) {
		this.#buffer = buffer;
		this.#offset = offset;
	}

	get remainingBytes(): number {
		return this.#buffer.length - this.#offset;
	}

	#advance(size: number): number {
		const start = this.#offset;
		if (size > this.#buffer.length - start) {
			throw new XdrError(`${size} bytes expected, ${this.#buffer.length - start} left`);
		}
		this.#offset = start + size;
		return start;
	}

	readInt32(): number {
		return this.#buffer.readInt32BE(this.#advance(4));
	}

	readUint32(): number {
		return this.#buffer.readUInt32BE(this.#advance(4));
	}

	readInt64(): bigint {
		return this.#buffer.readBigInt64BE(this.#advance(8));
	}

	readUint64(): bigint {
		return this.#buffer.readBigUInt64BE(this.#advance(8));
	}

	readDouble(): number {
		return this.#buffer.readDoubleBE(this.#advance(8));
	}

	/** A view of the next `length` bytes; their padding is skipped. */
	readBytes(length: number): Buffer {
		const start = this.#advance(paddedSize(length));
		return this.#buffer.subarray(start, start + length);
	}
}

function paddedSize(length: number): number {
	return Math.ceil(length / 4) * 4;
}
