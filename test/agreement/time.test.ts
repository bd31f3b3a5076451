import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	isBeyondYears,
	monthsAfter,
	parseDateTime,
	parseDuration,
	printDateTime,
	printDuration,
} from '../../src/agreement/time.ts';

/** Years 1 to 9999 in epoch seconds. */
const FIRST = Date.parse('0001-01-01T00:00:00Z') / 1000;
const LAST = Date.parse('9999-12-31T23:59:59Z') / 1000;

describe('xs:dateTime', () => {
	test('reads and prints what the platform’s own calendar does', () => {
		fc.assert(
			fc.property(fc.integer({ min: FIRST, max: LAST }), (at) => {
				const text = new Date(at * 1000).toISOString().replace('.000', '');
				expect(printDateTime(at)).toBe(text);
				expect(parseDateTime(text)).toEqual({ seconds: at, fractional: false, zoned: true });
			}),
			{ numRuns: 2000 },
		);
	});

	test.each<[text: string, same: string]>([
		['2026-12-01T00:00:00+14:00', '2026-11-30T10:00:00Z'],
		['2026-12-01T00:00:00-05:30', '2026-12-01T05:30:00Z'],
		['2026-12-01T24:00:00Z', '2026-12-02T00:00:00Z'],
		['2024-02-29T12:00:00Z', '2024-02-29T12:00:00Z'],
		['2000-02-29T12:00:00Z', '2000-02-29T12:00:00Z'],
		[' 2026-12-01T00:00:00Z\n', '2026-12-01T00:00:00Z'],
	])('%s is %s', (text, same) => {
		expect(printDateTime(parseDateTime(text)!.seconds)).toBe(same);
	});

	test('a fraction is noticed, and rounded down', () => {
		expect(parseDateTime('2026-12-01T00:00:00.999Z')).toMatchObject({
			fractional: true,
			seconds: Date.parse('2026-12-01T00:00:00Z') / 1000,
		});
		expect(parseDateTime('2026-12-01T00:00:00.000Z')).toMatchObject({ fractional: false });
	});

	test('a time without a zone is read as UTC and says so', () => {
		expect(parseDateTime('2026-12-01T00:00:00')).toEqual({ ...parseDateTime('2026-12-01T00:00:00Z'), zoned: false });
	});

	test.each([
		'2026-12-01',
		'2026-12-01 00:00:00Z',
		'2026-13-01T00:00:00Z',
		'2026-00-01T00:00:00Z',
		'2025-02-29T00:00:00Z',
		'1900-02-29T00:00:00Z',
		'2026-12-01T24:00:01Z',
		'2026-12-01T23:60:00Z',
		'2026-12-01T23:59:60Z',
		'2026-12-01T00:00:00+14:01',
		'2026-12-01T00:00:00+0100',
		'0000-01-01T00:00:00Z',
		'12026-12-01T00:00:00Z',
		'-2026-12-01T00:00:00Z',
		'٢٠٢٦-12-01T00:00:00Z',
		'',
	])('%s is no time', (text) => {
		expect(parseDateTime(text)).toBeUndefined();
	});
});

describe('xs:duration', () => {
	test('what is printed is read again as the same', () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (seconds) => {
				expect(parseDuration(printDuration(seconds))).toEqual({ ok: true, seconds });
			}),
		);
	});

	test.each<[text: string, seconds: number]>([
		['PT1H30M', 5400],
		['P1D', 86_400],
		['P1DT2H3M4S', 93_784],
		['PT90M', 5400],
		['PT0S', 0],
		['-PT0S', 0],
		['P0Y0M1D', 86_400],
		['PT0.25S', 1],
		['PT1.000S', 1],
		[' PT1S ', 1],
	])('%s is %i seconds', (text, seconds) => {
		expect(parseDuration(text)).toEqual({ ok: true, seconds });
	});

	test.each<[seconds: number, text: string]>([
		[0, 'PT0S'],
		[3600, 'PT1H'],
		[86_400, 'P1D'],
		[86_401, 'P1DT1S'],
	])('%i seconds are %s', (seconds, text) => {
		expect(printDuration(seconds)).toBe(text);
	});

	test.each<[text: string, why: RegExp]>([
		['P1Y', /years and months/],
		['P1M', /years and months/],
		['-PT1H', /negative/],
		['PT', /not an xs:duration/],
		['P', /not an xs:duration/],
		['P1DT', /not an xs:duration/],
		['1H', /not an xs:duration/],
		['PT1H30', /not an xs:duration/],
		['P1.5D', /not an xs:duration/],
		['3600', /not an xs:duration/],
		['P99999999999999D', /longer than/],
	])('%s has no length', (text, why) => {
		const duration = parseDuration(text);
		expect(duration.ok ? '' : duration.why).toMatch(why);
	});
});

describe('months', () => {
	test('lead to the same day, or the last of a shorter month, as the platform’s own calendar has it', () => {
		const at = fc.integer({ min: -62_000_000_000, max: 253_000_000_000 });
		fc.assert(
			fc.property(at, fc.integer({ min: -5_000, max: 5_000 }), (from, months) => {
				const date = new Date(from * 1000);
				const day = date.getUTCDate();
				date.setUTCDate(1);
				date.setUTCMonth(date.getUTCMonth() + months);
				const lastDay = new Date(date);
				lastDay.setUTCMonth(lastDay.getUTCMonth() + 1);
				lastDay.setUTCDate(0);
				date.setUTCDate(Math.min(day, lastDay.getUTCDate()));
				expect(monthsAfter(from, months)).toBe(date.getTime() / 1000);
			}),
		);
	});
});

describe('years that are not counted here', () => {
	test.each<[text: string, isValid: boolean]>([
		['12026-11-22T00:00:00Z', true],
		[' 12026-11-22T00:00:00+14:00 ', true],
		['-0001-11-22T00:00:00Z', true],
		['-44000-03-15T00:00:00', true],
		['12024-02-29T00:00:00Z', true],
		['12026-02-29T00:00:00Z', false],
		['12100-02-29T00:00:00Z', false],
		['-0005-02-29T00:00:00Z', true],
		['-0004-02-29T00:00:00Z', false],
		['0000-11-22T00:00:00Z', false],
		['-0000-11-22T00:00:00Z', false],
		['02026-11-22T00:00:00Z', false],
		['2026-11-22T00:00:00Z', false],
		['12026-11-22', false],
		['soon', false],
	])('of %s it is %s that it is a valid time in one', (text, isValid) => {
		expect(isBeyondYears(text)).toBe(isValid);
		expect(isValid && parseDateTime(text)).not.toBeTruthy();
	});
});
