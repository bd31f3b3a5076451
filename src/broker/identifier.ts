import { randomUUID } from 'node:crypto';

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
			at = Math.max(now, at + 1);
			count = 0;
		}
		const time = at.toString(16).padStart(12, '0');
		const counter = count.toString(16).padStart(3, '0');
		// The second half of a UUIDv4: the variant's two bits, then nothing but randomness.
		return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${randomUUID().slice(19)}`;
	};
}

/** When a UUIDv7 was made, epoch seconds rounded up: its first 48 bits are milliseconds. */
export function madeAtOf(id: string): number {
	return Math.ceil(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) / 1000);
}
