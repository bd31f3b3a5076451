import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { XdrError } from '../../src/libvirt/errors.ts';
import { FRAME_BYTES_MAX, FRAME_HEADER_BYTES, FrameReader, readHeader, sealFrame } from '../../src/libvirt/frames.ts';

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const header = fc.record({
	program: uint32,
	version: uint32,
	procedure: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
	type: uint32,
	serial: uint32,
	status: uint32,
});
const frame = fc
	.tuple(header, fc.uint8Array({ maxLength: 300 }))
	.map(([head, body]) => sealFrame(Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), body]), head));

/** Cuts the bytes at the given places, which may leave empty chunks. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
	const sorted = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
	return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

test('a header can be read again', () => {
	fc.assert(
		fc.property(header, (head) => {
			expect(readHeader(sealFrame(Buffer.alloc(FRAME_HEADER_BYTES), head))).toEqual(head);
		}),
	);
});

test('frames come out whole and in order, however the stream is cut into chunks', () => {
	fc.assert(
		fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 40 }), (frames, places) => {
			const reader = new FrameReader();
			const read = cut(Buffer.concat(frames), places).flatMap((chunk) => [...reader.push(chunk)]);
			expect(read).toEqual(frames);
		}),
	);
});

test('frames come out byte by byte', () => {
	const bytes = sealFrame(Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), Buffer.from('body')]), {
		program: 1,
		version: 2,
		procedure: 3,
		type: 4,
		serial: 5,
		status: 6,
	});
	const reader = new FrameReader();
	const counts = [...bytes].map((byte) => [...reader.push(Buffer.of(byte))].length);
	expect(counts).toEqual([...Array(bytes.length - 1).fill(0), 1]);
});

describe('a length out of bounds', () => {
	test.each([0, 4, FRAME_HEADER_BYTES - 1, FRAME_BYTES_MAX + 1, 2 ** 32 - 1])(
		'%i is refused as soon as it is known',
		(length) => {
			const word = Buffer.alloc(4);
			word.writeUInt32BE(length);
			const reader = new FrameReader();
			expect([...reader.push(word.subarray(0, 3))]).toEqual([]);
			expect(() => [...reader.push(word.subarray(3))]).toThrow(XdrError);
		},
	);

	test('is not sent either', () => {
		const head = { program: 1, version: 1, procedure: 1, type: 0, serial: 1, status: 0 };
		expect(sealFrame(Buffer.alloc(FRAME_BYTES_MAX), head).readUInt32BE(0)).toBe(FRAME_BYTES_MAX);
		expect(() => sealFrame(Buffer.alloc(FRAME_BYTES_MAX + 1), head)).toThrow(/at most 33554436 allowed/);
	});
});
