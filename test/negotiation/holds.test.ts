import { describe, expect, it } from 'vitest';
import { printDateTime } from '../../src/agreement/time.ts';
import { HOLD_LIMITS_DEFAULT, type HoldRecordOfParty, judgeHold } from '../../src/negotiation/policy/holds.ts';
import { NOW } from './requests.ts';

const LIMITS = { ...HOLD_LIMITS_DEFAULT, secondsMax: 600, countMax: 2, siteSecondsMax: 1000, lapsesFree: 2 };
const NEW: HoldRecordOfParty = { heldCount: 0, heldSiteSeconds: 0, voSiteSeconds: 0, lapses: [] };
const ask = (known: Partial<HoldRecordOfParty> = {}, siteSeconds = 100, seconds = 300) =>
	judgeHold(LIMITS, { ...NEW, ...known }, { siteSeconds, untilAt: NOW + seconds }, NOW);
const lapses = (count: number, ago = 1, siteShare = 0.05, heldSeconds = 600) => ({
	lapses: Array.from({ length: count }, (_, index) => ({ at: NOW - ago - index, heldSeconds, siteShare })),
});

describe('a hold', () => {
	it('is granted for as long as it was asked, and never longer than the site holds', () => {
		expect(ask()).toEqual({ kind: 'hold', untilAt: NOW + 300 });
		expect(ask({}, 100, 5000)).toEqual({ kind: 'hold', untilAt: NOW + 600 });
	});

	it('is refused beside as many as a party may have', () => {
		expect(ask({ heldCount: 1 }).kind).toBe('hold');
		expect(ask({ heldCount: 2 })).toMatchObject({ reasons: [{ code: 'HOLD_REFUSED', asked: 3, limit: 2 }] });
	});

	it('is refused where it takes more of the site than a party may hold', () => {
		expect(ask({ heldSiteSeconds: 900 }).kind).toBe('hold');
		expect(ask({ heldSiteSeconds: 900.5 })).toMatchObject({ reasons: [{ asked: 100, available: 99, limit: 1000 }] });
	});

	it('is refused where its VO holds too much, if the site counts that', () => {
		const known = { ...NEW, voSiteSeconds: 950 };
		const wish = { siteSeconds: 100, untilAt: NOW + 300 };
		expect(judgeHold(LIMITS, known, wish, NOW).kind).toBe('hold');
		expect(judgeHold({ ...LIMITS, voSiteSecondsMax: 1000 }, known, wish, NOW)).toMatchObject({
			reasons: [{ code: 'HOLD_REFUSED', asked: 100, available: 50, limit: 1000 }],
		});
	});

	it('is refused for a while after holds that lapsed, twice as long with each', () => {
		expect(ask(lapses(2)).kind).toBe('hold');
		expect(ask(lapses(3))).toMatchObject({ reasons: [{ available: printDateTime(NOW - 1 + 60) }] });
		expect(ask(lapses(4))).toMatchObject({ reasons: [{ available: printDateTime(NOW - 1 + 120) }] });
		expect(ask(lapses(20))).toMatchObject({ reasons: [{ available: printDateTime(NOW - 1 + 3600) }] });
		expect(ask(lapses(3, 61)).kind).toBe('hold');
		expect(ask(lapses(20, 86_400)).kind).toBe('hold');
	});

	it('is refused the longer, the more of the site was held in vain', () => {
		expect(ask(lapses(2, 1, 0.24)).kind).toBe('hold');
		expect(ask(lapses(2, 1, 0.25))).toMatchObject({ reasons: [{ available: printDateTime(NOW - 1 + 120) }] });
		expect(ask(lapses(1, 1, 1))).toMatchObject({ reasons: [{ available: printDateTime(NOW - 1 + 240) }] });
		expect(ask(lapses(1, 1, 1, 149)).kind).toBe('hold');
		expect(ask(lapses(9, 1, 1))).toMatchObject({ reasons: [{ available: printDateTime(NOW - 1 + 5 * 3600) }] });
	});

	it('is refused with every reason at once', () => {
		const verdict = ask({ heldCount: 2, heldSiteSeconds: 1000, ...lapses(3) });
		expect(verdict.kind === 'refuse' && verdict.reasons).toHaveLength(3);
	});
});
