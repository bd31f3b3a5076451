/** When the offset of a time zone from UTC changes, as a table: the judgement has no clock and no calendar of its own. */
import type { ZoneOffset } from './negotiation/policy/price-model.ts';

/** 2020-01-01 and 2100-01-01: before and after them the nearest offset holds. No agreement reaches beyond. */
const FROM_AT = 1_577_836_800;
const UNTIL_AT = 4_102_444_800;
/** No zone has changed its offset and back within a day. */
const STEP_SECONDS = 86_400;

/** The offsets of the zone (an IANA name), each with the second from which it holds; undefined: no such zone. */
export function zoneOffsets(name: string): readonly ZoneOffset[] | undefined {
	if (name === 'UTC') return [{ fromAt: FROM_AT, offsetSeconds: 0 }];
	const offsetAt = offsetsOf(name);
	if (offsetAt === undefined) return undefined;
	let offset = offsetAt(FROM_AT);
	const offsets = [{ fromAt: FROM_AT, offsetSeconds: offset }];
	for (let before = FROM_AT; before < UNTIL_AT; before += STEP_SECONDS) {
		const next = offsetAt(before + STEP_SECONDS);
		if (next === offset) continue;
		let low = before;
		let high = before + STEP_SECONDS;
		while (high - low > 1) {
			const middle = Math.floor((low + high) / 2);
			if (offsetAt(middle) === offset) low = middle;
			else high = middle;
		}
		offset = next;
		offsets.push({ fromAt: high, offsetSeconds: offset });
	}
	return offsets;
}

/** The offset at an epoch second, from the time that a clock in that zone shows. */
function offsetsOf(timeZone: string): ((at: number) => number) | undefined {
	let format: Intl.DateTimeFormat;
	try {
		format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
	} catch {
		return undefined;
	}
	return (at) => {
		const part = format.formatToParts(at * 1000).find(({ type }) => type === 'timeZoneName');
		const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(part?.value ?? '');
		const [, sign, hours = '0', minutes = '0', seconds = '0'] = match ?? [];
		return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
	};
}
