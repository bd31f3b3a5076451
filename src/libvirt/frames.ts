/**
 * Frames: how calls, replies, events and keepalive messages follow one another on the stream.
 * A frame is its length (four bytes, counting themselves), a header of six words, and a body in XDR.
 */
import { XdrError } from './errors.ts';

/** Length word and header: where the body starts. */
export const FRAME_HEADER_BYTES = 28;

/** libvirt's own limit: 32 MiB of message besides the length word. Longer means that the stream is out of step. */
export const FRAME_BYTES_MAX = 32 * 1024 * 1024 + 4;

/** The hypervisor-independent part of the API. */
export const REMOTE_PROGRAM = 0x20008086;
/** 'keep' in ASCII. */
export const KEEPALIVE_PROGRAM = 0x6b656570;
/** The only version that either program ever had. */
export const PROGRAM_VERSION = 1;

export const FrameType = { CALL: 0, REPLY: 1, MESSAGE: 2 } as const;
export const FrameStatus = { OK: 0, ERROR: 1 } as const;
export const KeepaliveProcedure = { PING: 1, PONG: 2 } as const;

export interface FrameHeader {
	readonly program: number;
	readonly version: number;
	readonly procedure: number;
	/** FrameType; a received value may be one that this client does not use. */
	readonly type: number;
	/** Chosen by the caller and repeated in the reply; 0 in messages. */
	readonly serial: number;
	readonly status: number;
}

/** Fills in length and header of a frame whose body lies after FRAME_HEADER_BYTES of room. Throws XdrError when too long. */
export function sealFrame(frame: Buffer, header: FrameHeader): Buffer {
	if (frame.length > FRAME_BYTES_MAX) {
		throw new XdrError(`a message of ${frame.length} bytes, at most ${FRAME_BYTES_MAX} allowed`);
	}
	frame.writeUInt32BE(frame.length, 0);
	frame.writeUInt32BE(header.program, 4);
	frame.writeUInt32BE(header.version, 8);
	frame.writeInt32BE(header.procedure, 12);
	frame.writeUInt32BE(header.type, 16);
	frame.writeUInt32BE(header.serial, 20);
	frame.writeUInt32BE(header.status, 24);
	return frame;
}

/** A keepalive message; it has no body. */
export function keepaliveFrame(procedure: number): Buffer {
	return sealFrame(Buffer.alloc(FRAME_HEADER_BYTES), {
		program: KEEPALIVE_PROGRAM,
		version: PROGRAM_VERSION,
		procedure,
		type: FrameType.MESSAGE,
		serial: 0,
		status: FrameStatus.OK,
	});
}

export function readHeader(frame: Buffer): FrameHeader {
	return {
		program: frame.readUInt32BE(4),
		version: frame.readUInt32BE(8),
		procedure: frame.readInt32BE(12),
		type: frame.readUInt32BE(16),
		serial: frame.readUInt32BE(20),
		status: frame.readUInt32BE(24),
	};
}

/** Cuts a stream of chunks, however they fall, into frames. Each byte is copied at most twice. */
export class FrameReader {
	#chunks: Buffer[] = [];
	#bytes = 0;
	/** Length of the frame at the front, or of its length word while that is not known. */
	#wanted = 4;

	/**
	 * Takes the next chunk and yields the frames that it completes; consume all of them before the next chunk.
	 * A frame may be a view of the chunk. Throws XdrError when a length is out of bounds: the stream is lost then.
	 */
	*push(chunk: Buffer): Generator<Buffer, void> {
		this.#chunks.push(chunk);
		this.#bytes += chunk.length;
		while (this.#bytes >= this.#wanted) {
			const joined = this.#join();
			const length = joined.readUInt32BE(0);
			if (length < FRAME_HEADER_BYTES || length > FRAME_BYTES_MAX) {
				throw new XdrError(`frame length ${length}, from ${FRAME_HEADER_BYTES} to ${FRAME_BYTES_MAX} allowed`);
			}
			this.#wanted = length;
			if (joined.length < length) return;
			const rest = joined.subarray(length);
			this.#chunks = rest.length === 0 ? [] : [rest];
			this.#bytes = rest.length;
			this.#wanted = 4;
			yield joined.subarray(0, length);
		}
	}

	/** All that has arrived, in one piece: when the length is known, and when the frame is complete. */
	#join(): Buffer {
		const [first] = this.#chunks;
		const joined = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
		this.#chunks = [joined];
		return joined;
	}
}
