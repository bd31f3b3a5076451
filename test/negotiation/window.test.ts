import { describe, expect, it } from 'vitest';
import type { Window } from '../../src/agreement/terms/service.ts';
import { readRunningWindow, readWindow } from '../../src/negotiation/window.ts';
import { DAY, HOUR, NOW, POLICY, requestOf } from './requests.ts';

const { startGraceSeconds: GRACE, horizonSeconds: HORIZON, durationSecondsMax: LONGEST } = POLICY;

function read(window: Window) {
	return readWindow(requestOf({ window }), POLICY, NOW);
}

function readRunning(window: Window, begunAt: number) {
	return readRunningWindow(requestOf({ window }), POLICY, NOW, begunAt);
}

function starts(earliestAt: number, latestAt = earliestAt, durationSeconds = HOUR) {
	return { earliestAt, latestAt, durationSeconds };
}

describe('the starts of a new agreement', () => {
	const table: readonly [string, Window, ReturnType<typeof starts>][] = [
		['at once where nothing is said', { durationSeconds: HOUR }, starts(NOW)],
		['exactly at StartTime', { startAt: NOW + DAY, durationSeconds: HOUR }, starts(NOW + DAY)],
		[
			'from StartTime to EndTime less Duration',
			{ startAt: NOW + HOUR, endAt: NOW + DAY, durationSeconds: HOUR },
			starts(NOW + HOUR, NOW + DAY - HOUR),
		],
		[
			'from now where only EndTime is given',
			{ endAt: NOW + DAY, durationSeconds: HOUR },
			starts(NOW, NOW + DAY - HOUR),
		],
		[
			'from now where StartTime has passed and the end is far enough',
			{ startAt: NOW - DAY, endAt: NOW + DAY, durationSeconds: HOUR },
			starts(NOW, NOW + DAY - HOUR),
		],
		['a little in the past, as written', { startAt: NOW - GRACE, durationSeconds: HOUR }, starts(NOW - GRACE)],
		[
			'a little in the past also where the end is given too',
			{ startAt: NOW - 20, endAt: NOW - 20 + HOUR, durationSeconds: HOUR },
			starts(NOW - 20),
		],
		[
			'no later than the horizon allows',
			{ startAt: NOW, endAt: NOW + 2 * HORIZON, durationSeconds: HOUR },
			starts(NOW, NOW + HORIZON - HOUR),
		],
	];
	it.each(table)('%s', (_, window, expected) => {
		expect(read(window)).toMatchObject({ starts: expected, reasons: [], finalReasons: [] });
	});

	const refusals: readonly [string, Window, object][] = [
		[
			'a start in the past',
			{ startAt: NOW - GRACE - 1, durationSeconds: HOUR },
			{ code: 'WINDOW_PAST', asked: NOW - GRACE - 1, limit: NOW - GRACE },
		],
		['an end in the past', { endAt: NOW, durationSeconds: HOUR }, { code: 'WINDOW_PAST', asked: NOW, limit: NOW }],
		[
			'a run that would be over already',
			{ startAt: NOW - 100, durationSeconds: 100 },
			{ code: 'WINDOW_PAST', asked: NOW - 100, limit: NOW - 99 },
		],
		[
			'a duration that start and end have no room for',
			{ startAt: NOW, endAt: NOW + HOUR, durationSeconds: HOUR + 1 },
			{ code: 'WINDOW_TOO_SHORT', asked: HOUR + 1, available: HOUR },
		],
		[
			'a duration that there is no time left for',
			{ endAt: NOW + HOUR, durationSeconds: 2 * HOUR },
			{ code: 'WINDOW_TOO_SHORT', asked: 2 * HOUR, available: HOUR },
		],
		[
			'longer than the policy allows',
			{ durationSeconds: LONGEST + 1 },
			{ code: 'WINDOW_TOO_LONG', asked: LONGEST + 1, limit: LONGEST },
		],
		[
			'beyond the horizon',
			{ startAt: NOW + HORIZON, durationSeconds: HOUR },
			{ code: 'WINDOW_TOO_FAR', asked: NOW + HORIZON + HOUR, limit: NOW + HORIZON },
		],
	];
	it.each(refusals)('refuses %s', (_, window, expected) => {
		expect(read(window)).toMatchObject({ reasons: [{ path: '/window', resource: 'time', ...expected }] });
	});

	it('refuses what is shorter than a machine is worth, beside which there is the shortest', () => {
		const expected = { code: 'BELOW_MINIMUM', asked: 59, limit: 60, path: '/window', resource: 'time' };
		expect(read({ durationSeconds: 59 })).toMatchObject({ reasons: [expected], nearest: { durationSeconds: 60 } });
	});

	it('names every fault of a window', () => {
		const { reasons } = read({ startAt: NOW - DAY, durationSeconds: 2 * LONGEST });
		expect(reasons.map(({ code }) => code)).toEqual(['WINDOW_TOO_LONG', 'WINDOW_PAST']);
	});

	it('survives durations beyond all calendars', () => {
		const { reasons, starts: none } = read({ durationSeconds: Number.MAX_SAFE_INTEGER });
		expect(reasons.map(({ code }) => code)).toEqual(['WINDOW_TOO_LONG']);
		expect(none).toBeUndefined();
	});

	it('lets the search for alternatives begin next to what was asked and within the policy', () => {
		expect(read({ startAt: NOW - DAY, durationSeconds: HOUR }).nearest).toEqual(starts(NOW));
		expect(read({ durationSeconds: 2 * LONGEST }).nearest).toEqual(starts(NOW, NOW, LONGEST));
		expect(read({ startAt: NOW + 2 * HORIZON, durationSeconds: HOUR }).nearest).toEqual(starts(NOW + HORIZON - HOUR));
	});
});

describe('the window of an agreement that runs', () => {
	const BEGUN = NOW - 6 * HOUR;

	const table: readonly [string, Window, number][] = [
		['counts Duration from the old start', { durationSeconds: 8 * HOUR }, 8 * HOUR],
		['takes the old start where it is repeated', { startAt: BEGUN, durationSeconds: 8 * HOUR }, 8 * HOUR],
		[
			'ends at EndTime, which Duration only has to fit before',
			{ endAt: NOW + DAY, durationSeconds: HOUR },
			DAY + 6 * HOUR,
		],
		[
			'reads what an alternative says as it stands',
			{ startAt: BEGUN, endAt: BEGUN + 8 * HOUR, durationSeconds: 8 * HOUR },
			8 * HOUR,
		],
	];
	it.each(table)('%s', (_, window, durationSeconds) => {
		const expected = { starts: starts(BEGUN, BEGUN, durationSeconds), reasons: [], finalReasons: [] };
		expect(readRunning(window, BEGUN)).toMatchObject(expected);
	});

	const refusals: readonly [string, Window, object][] = [
		[
			'a Duration that does not fit before EndTime',
			{ endAt: NOW + HOUR, durationSeconds: 8 * HOUR },
			{ code: 'WINDOW_TOO_SHORT', asked: 8 * HOUR, available: 7 * HOUR },
		],
		[
			'an end beyond the horizon',
			{ endAt: NOW + HORIZON + 1, durationSeconds: HOUR },
			{ code: 'WINDOW_TOO_FAR', asked: NOW + HORIZON + 1, limit: NOW + HORIZON },
		],
	];
	it.each(refusals)('refuses %s', (_, window, expected) => {
		const policy = { ...POLICY, durationSecondsMax: 10 * HORIZON };
		expect(readRunningWindow(requestOf({ window }), policy, NOW, BEGUN).reasons).toMatchObject([expected]);
	});

	it('refuses a run that is too long counted from its beginning', () => {
		expect(readRunning({ durationSeconds: LONGEST + 1 }, BEGUN).reasons).toMatchObject([
			{ code: 'WINDOW_TOO_LONG', asked: LONGEST + 1, limit: LONGEST },
		]);
	});

	it('refuses an end in the past, for good', () => {
		const { finalReasons } = readRunning({ durationSeconds: 6 * HOUR }, BEGUN);
		const remedy = { allowed: NOW + GRACE, endAt: NOW + GRACE };
		expect(finalReasons).toMatchObject([{ code: 'WINDOW_PAST', asked: NOW, limit: NOW, path: '/window', remedy }]);
	});

	it('says of a Duration before an end that is past which end there could be', () => {
		const window = { endAt: BEGUN - 4, durationSeconds: 8 * HOUR };
		const remedy = { text: 'end at 2026-12-01T02:00:00Z or after', endAt: BEGUN + 8 * HOUR };
		expect(readRunning(window, BEGUN).reasons).toEqual([
			expect.objectContaining({ code: 'WINDOW_TOO_SHORT', available: 0, remedy }),
		]);
		const [short] = readRunning({ endAt: NOW - 4, durationSeconds: 6 * HOUR }, BEGUN).reasons;
		expect(short).toMatchObject({ available: 6 * HOUR - 4, remedy: { endAt: NOW + GRACE } });
	});

	it('says of a run that is too long by its EndTime when it may end', () => {
		const [reason] = readRunning({ endAt: BEGUN + LONGEST + 1, durationSeconds: HOUR }, BEGUN).reasons;
		expect(reason).toMatchObject({ code: 'WINDOW_TOO_LONG', remedy: { allowed: LONGEST, endAt: BEGUN + LONGEST } });
	});

	it('refuses another start, for good', () => {
		const { finalReasons } = readRunning({ startAt: NOW, durationSeconds: DAY }, BEGUN);
		expect(finalReasons).toMatchObject([{ code: 'STATE_FORBIDS', asked: NOW, limit: BEGUN, path: '/window' }]);
	});
});

describe('the notice that everybody must give', () => {
	const notice = (leadTimeSeconds: number, window: Window) =>
		readWindow(requestOf({ window }), { ...POLICY, leadTimeSeconds }, NOW);
	const tooSoon = (startAt: number, limit: number) => [{ code: 'LEAD_TIME', asked: startAt, limit }];

	it.each([1, 60, 299, 301, 7200])('of %d seconds is given in full, without any grace', (seconds) => {
		const limit = NOW + seconds;
		const windows: readonly [Window, number][] = [
			[{ durationSeconds: HOUR }, NOW],
			[{ startAt: NOW, durationSeconds: HOUR }, NOW],
			[{ startAt: limit - 1, durationSeconds: HOUR }, limit - 1],
			[{ startAt: NOW - 20, endAt: NOW - 20 + HOUR, durationSeconds: HOUR }, NOW - 20],
		];
		for (const [window, startAt] of windows) {
			expect(notice(seconds, window)).toMatchObject({ reasons: tooSoon(startAt, limit) });
		}
		const exactly = notice(seconds, { startAt: limit, durationSeconds: HOUR });
		expect(exactly).toMatchObject({ starts: starts(limit), reasons: [] });
		const floating = notice(seconds, { endAt: NOW + DAY, durationSeconds: HOUR });
		expect(floating).toMatchObject({ starts: starts(limit, NOW + DAY - HOUR), reasons: [] });
	});

	it.each<[string, Window, number]>([
		['is offered with the grace added', { durationSeconds: HOUR }, NOW + 60 + GRACE],
		['is offered as asked where the client named the start', { startAt: NOW + 90, durationSeconds: HOUR }, NOW + 90],
		['is offered as late as a window that floats has', { endAt: NOW + 90 + HOUR, durationSeconds: HOUR }, NOW + 90],
	])('%s', (_, window, expected) => {
		expect(notice(60, window).nearest.earliestAt).toBe(expected);
	});
});
