import { randomBytes } from 'node:crypto';

/** How many ids one millisecond holds: the 12 bits that count them (RFC 9562, 6.2, method 1). */
const IDS_PER_MS = 4096;

/**
 * A source of UUIDv7 (RFC 9562): each is greater than the one before, also within a millisecond and while the clock
 * goes back. 62 bits are random.
 */
export function uuidSource(nowMs: () => number = Date.now): () => string {
	let at = 0;
	let count = 0;
	return () => {
		const now = nowMs();
		count += 1;
		if (now > at || count === IDS_PER_MS) {
			at = Math.max(now, at + (now > at ? 0 : 1));
			count = 0;
		}
		const bytes = randomBytes(16);
		bytes.writeUIntBE(at, 0, 6);
		bytes.writeUInt16BE(0x7000 | count, 6);
		bytes[8] = 0x80 | (bytes[8]! & 0x3f);
		const hex = bytes.toString('hex');
		return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
	};
}
