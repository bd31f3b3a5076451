/** Prices against sums that are made second by second, with whole numbers. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { dueAfter, type Price } from '../../src/agreement/terms/quote.ts';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import { affordableStarts } from '../../src/negotiation/policy/affordable.ts';
import { priceToldOf } from '../../src/negotiation/policy/asker.ts';
import { amountOf, type Pricing, usedUntil } from '../../src/negotiation/policy/cost.ts';
import { pricedBefore, priceOf } from '../../src/negotiation/policy/price.ts';
import { type PriceModel, readPriceModel, WEEK_SECONDS } from '../../src/negotiation/policy/price-model.ts';
import { zoneOffsets } from '../../src/time-zone.ts';
import {
	accepted,
	ask,
	codes,
	DAY,
	GIB,
	HOUR,
	NOW,
	occupy,
	POLICY,
	requestOf,
	twoHosts,
	WORKSPACE,
} from './requests.ts';

/** 2026-10-25T00:00:00Z, a Sunday: at 01:00Z clocks in Berlin go back an hour. */
const CLOCK_CHANGE = 1_792_886_400;

const NIGHTS = {
	currency: 'EUR',
	timeZone: 'Europe/Berlin',
	rates: [
		{ vo: 'physics', days: ['Sat', 'Sun'], cpuHour: '0', memoryGibHour: '0' },
		{ from: '00:00', to: '06:00', cpuHour: '0.01', memoryGibHour: '0.002', diskGibHour: '0.0001' },
		{ from: '20:00', cpuHour: '0.01', memoryGibHour: '0.002', diskGibHour: '0.0001' },
		{ cpuHour: '0.04', memoryGibHour: '0.005', diskGibHour: '0.0001' },
	],
	cancellation: [
		{ noticeHours: 0, percent: 50 },
		{ noticeHours: 48, percent: 0 },
	],
	penaltyPercent: 10,
};

function modelOf(prices: object): PriceModel {
	const reading = readPriceModel(prices, zoneOffsets);
	if (!reading.ok) throw new Error(reading.issues.join(' '));
	return reading.model;
}

const MODEL = modelOf(NIGHTS);
const terms = (vo = 'biology', more: Partial<Pricing> = {}): Pricing => ({ model: MODEL, vo, percent: 100, ...more });

function grant(startAt: number, seconds: number, more: Partial<ServiceGrant> = {}): ServiceGrant {
	const sizes = { machineCount: 1, cpuCount: 2, memoryBytes: 4 * GIB, diskBytes: 0, networkBitsPerSecond: 0 };
	return { ...sizes, startAt, endAt: startAt + seconds, workspace: WORKSPACE, ...more };
}

/** Billionths of a euro of one second, times 3600 x 100 000 x 2^30, from the clock on a wall in Berlin. */
function secondCost(at: number, vo: string, each: ServiceGrant, phase: 'running' | 'paused' | 'saved'): bigint {
	const clock = new Date(at * 1000).toLocaleString('en-GB', {
		timeZone: 'Europe/Berlin',
		weekday: 'short',
		hour: '2-digit',
	});
	const [, day, hourText] = /^(\w+)\D*(\d+)/.exec(clock) ?? [];
	const hour = Number(hourText);
	const isFree = vo === 'physics' && (day === 'Sat' || day === 'Sun');
	const isNight = hour < 6 || hour >= 20;
	const [cpu, memory, disk] = isFree
		? [0n, 0n, 0n]
		: isNight
			? [10_000_000n, 2_000_000n, 100_000n]
			: [40_000_000n, 5_000_000n, 100_000n];
	const diskBytes = BigInt(Math.max(each.diskBytes, 2 * GIB));
	const bytes = BigInt(each.memoryBytes);
	const shares = BigInt(each.cpuCount * each.workspace.cpuSharePercent);
	const kept = diskBytes * disk * 100n + bytes * (phase === 'saved' ? disk : memory) * 100n;
	return kept + (phase === 'running' ? shares * BigInt(GIB) * cpu : 0n);
}

function summed(each: ServiceGrant, vo: string, step: number): bigint {
	const { endAction, retentionSeconds } = each.workspace;
	let sum = 0n;
	for (let at = each.startAt; at < each.endAt; at += step) sum += secondCost(at, vo, each, 'running') * BigInt(step);
	for (let at = each.endAt; at < each.endAt + retentionSeconds; at += step) {
		sum += secondCost(at, vo, each, endAction === 'pause' ? 'paused' : 'saved') * BigInt(step);
	}
	const cents = sum * BigInt(each.machineCount) * 100n;
	const denominator = 3600n * 100n * BigInt(GIB) * 1_000_000_000n;
	return (2n * cents + denominator) / (2n * denominator);
}

const anyGrant = fc
	.record({
		start: fc.integer({ min: -200, max: 200 }),
		length: fc.integer({ min: 1, max: 200 }),
		machineCount: fc.integer({ min: 1, max: 9 }),
		cpuCount: fc.integer({ min: 1, max: 9 }),
		memory: fc.integer({ min: 1, max: 100 }),
		cpuSharePercent: fc.constantFrom(100, 33),
		keeps: fc.constantFrom(
			{ endAction: 'shutdown', kept: 0 },
			{ endAction: 'pause', kept: 7 },
			{ endAction: 'save', kept: 50 },
		),
	})
	.map(({ start, length, machineCount, cpuCount, memory, cpuSharePercent, keeps }) => {
		const endAction = keeps.endAction as 'shutdown' | 'pause' | 'save';
		const workspace = { ...WORKSPACE, cpuSharePercent, endAction, retentionSeconds: keeps.kept * 1800 };
		const sizes = { machineCount, cpuCount, memoryBytes: memory * 123_456_789 };
		return grant(CLOCK_CHANGE + start * 1800, length * 1800, { ...sizes, workspace });
	});

describe('the price of a grant', () => {
	it('is the exact sum over its seconds, rounded once, also when clocks change', () => {
		fc.assert(
			fc.property(anyGrant, fc.constantFrom('physics', 'biology'), (each, vo) => {
				expect(amountOf(each, POLICY, terms(vo))).toBe(summed(each, vo, 1800));
			}),
			{ numRuns: 300 },
		);
	});

	it('is what an admin reckons: two CPUs and 4 GiB from 19:00 to 21:00 on a weekday', () => {
		// An hour by day: 2 x 0.04 + 4 x 0.005 + 2 x 0.0001; an hour by night: 2 x 0.01 + 4 x 0.002 + 2 x 0.0001.
		const monday = Date.UTC(2026, 11, 7, 18) / 1000;
		expect(priceOf(grant(monday, 2 * HOUR), POLICY, terms())).toEqual({
			currency: 'EUR',
			amount: '0.13',
			penalty: '0.01',
			cancellation: [
				{ noticeSeconds: 48 * HOUR, percent: 0, fee: '0.00' },
				{ noticeSeconds: 0, percent: 50, fee: '0.07' },
			],
		});
	});

	it('of a renegotiated service keeps what was used up, and prices the rest', () => {
		const before = grant(NOW, 10 * HOUR);
		const amount = usedUntil(before, NOW + 4 * HOUR, POLICY, terms());
		const cents = 10_000_000n;
		expect((amount + cents / 2n) / cents).toBe(amountOf(grant(NOW, 4 * HOUR), POLICY, terms()));
		const used = { amount, untilAt: NOW + 4 * HOUR };
		const after = grant(NOW, 10 * HOUR, { cpuCount: 4 });
		const rest = usedUntil(grant(NOW + 4 * HOUR, 6 * HOUR, { cpuCount: 4 }), NOW + DAY, POLICY, terms());
		const both = (amount + rest + cents / 2n) / cents;
		expect(amountOf(after, POLICY, terms('biology', { used }))).toBe(both);
		expect(usedUntil(after, NOW + 4 * HOUR, POLICY, terms('biology', { used }))).toBe(amount);
		expect(priceOf(after, POLICY, terms('biology', { used })).used?.amount).toMatch(/^0\.\d{2,9}$/);
	});

	it('is no less where it is renegotiated every second', () => {
		const whole = grant(NOW, HOUR);
		let used = { amount: 0n, untilAt: NOW };
		for (let at = NOW + 1; at < NOW + HOUR; at += 1) {
			const price = priceOf(whole, POLICY, terms('biology', { used }));
			used = { amount: usedUntil(whole, at, POLICY, pricedBefore(price, terms().model, 'biology')), untilAt: at };
		}
		const price = priceOf(whole, POLICY, terms('biology', { used }));
		expect(price.amount).toBe(priceOf(whole, POLICY, terms()).amount);
		// By night: 2 x 0.01 + 4 x 0.002 + 2 x 0.0001, but for the last second.
		expect(Number(price.used?.amount)).toBeCloseTo((0.0282 * 3599) / 3600, 5);
	});
});

describe('of a change, where the site has changed its prices since,', () => {
	const flat = (cpuHour: string) => ({ currency: 'EUR', decimals: 6, rates: [{ cpuHour, memoryGibHour: '0' }] });
	/** Two minutes from now at one rate, then at another. */
	const turning = (first: string, then: string) => {
		const rates = [{ to: '00:02', cpuHour: first, memoryGibHour: '0' }, ...flat(then).rates];
		return { ...flat(then), rates };
	};

	test.each<[string, object, object]>([
		['the old list has an edge', turning('9', '1'), flat('3')],
		['today’s has one', flat('3'), turning('1', '9')],
		['both have none', flat('3'), flat('5')],
		['it is in another currency', { ...turning('9', '1'), currency: 'USD' }, turning('1', '9')],
	])('what is told is the most that it comes to within the grace: %s', (_, had, today) => {
		const model = { ...modelOf(today), list: 2, lists: new Map([[1, modelOf(had)]]) };
		const policy = { ...POLICY, prices: model };
		const sizes = { machineCount: 1, cpuCount: 1, memoryBytes: GIB, diskBytes: 0, networkBitsPerSecond: 0 };
		const granted = { ...sizes, startAt: NOW - HOUR, endAt: NOW + HOUR, workspace: WORKSPACE };
		const price = { ...priceOf(granted, POLICY, { model: modelOf(had), vo: 'biology', percent: 100 }), list: 1 };
		const usage = usageOf(granted, POLICY, NOW - HOUR);
		const placement = { startAt: NOW - HOUR, usage, machines: [{ host: 'a', count: 1 }] };
		const previous = { grant: granted, placement, price, running: true };
		const request = requestOf({ cpus: 1, memory: GIB, window: { endAt: NOW + 3 * HOUR, durationSeconds: HOUR } });
		const at = (now: number) => {
			const asked = { previous, policy, party: { name: 'ann', vo: 'biology' }, now };
			const decision = accepted(ask(request, asked));
			const whole = { request, violations: [], calendar: twoHosts(), satisfies: () => true, ...asked };
			const told = priceToldOf(whole, decision) ?? decision.price!;
			return { paid: Number(decision.price!.amount), told: Number(told.amount) };
		};
		const { told } = at(NOW);
		const all = Array.from({ length: POLICY.startGraceSeconds + 1 }, (_none, second) => at(NOW + second).paid);
		expect(told).toBeGreaterThanOrEqual(Math.max(...all));
		expect(told).toBeLessThan(Math.max(...all) + 0.000002);
	});
});

describe('the starts that a client can pay', () => {
	it('are those whose price is within the ceiling, each of them and no other', () => {
		const ranges = fc.record({
			from: fc.integer({ min: -50, max: 50 }),
			span: fc.integer({ min: 0, max: 100 }),
			cents: fc.integer({ min: 0, max: 60 }),
			weeks: fc.constantFrom(0, 1, 3),
			each: anyGrant,
		});
		fc.assert(
			fc.property(ranges, ({ from, span, weeks, cents, each }) => {
				const earliestAt = CLOCK_CHANGE - weeks * WEEK_SECONDS + from * 1800 + 1;
				const latestAt = earliestAt + 2 * weeks * WEEK_SECONDS + span * 1800;
				const durationSeconds = each.endAt - each.startAt;
				const at = (startAt: number) => ({ ...each, machineCount: 1, startAt, endAt: startAt + durationSeconds });
				const pricing = terms('physics', { ceiling: BigInt(cents) });
				const found = [...affordableStarts({ earliestAt, latestAt, durationSeconds }, at, POLICY, pricing)];
				const isIn = (start: number) => found.some((part) => part.earliestAt <= start && start <= part.latestAt);
				for (let start = earliestAt; start <= latestAt; start += 599 * (weeks + 1)) {
					expect(isIn(start)).toBe(amountOf(at(start), POLICY, pricing) <= BigInt(cents));
				}
				for (const part of found) {
					expect(amountOf(at(part.earliestAt), POLICY, pricing)).toBeLessThanOrEqual(cents);
					expect(amountOf(at(part.latestAt), POLICY, pricing)).toBeLessThanOrEqual(cents);
					if (part.earliestAt > earliestAt)
						expect(amountOf(at(part.earliestAt - 1), POLICY, pricing)).toBeGreaterThan(cents);
					if (part.latestAt < latestAt) expect(amountOf(at(part.latestAt + 1), POLICY, pricing)).toBeGreaterThan(cents);
				}
			}),
			{ numRuns: 200 },
		);
	});
});

describe('a day that costs more than a client pays in every week', () => {
	it('is still found where clocks go back, and the cheap night lasts an hour longer', () => {
		const at = (startAt: number) => grant(startAt, DAY, { machineCount: 10 });
		const usual = amountOf(at(CLOCK_CHANGE - 3 * WEEK_SECONDS), POLICY, terms());
		const pricing = terms('biology', { ceiling: usual - 1n });
		const [earliestAt, latestAt] = [CLOCK_CHANGE - 3 * WEEK_SECONDS, CLOCK_CHANGE + 3 * WEEK_SECONDS];
		const starts = { earliestAt, latestAt, durationSeconds: DAY };
		const found = [...affordableStarts(starts, at, POLICY, pricing)];
		const paid = Array.from({ length: (latestAt - earliestAt) / 600 }, (_, nth) => earliestAt + nth * 600).filter(
			(startAt) => amountOf(at(startAt), POLICY, pricing) < usual,
		);
		expect(paid.length).toBeGreaterThan(0);
		expect(found).toHaveLength(1);
		const [{ earliestAt: first, latestAt: last }] = found as [(typeof found)[number]];
		expect([Math.ceil(first / 600) * 600, Math.floor(last / 600) * 600]).toEqual([paid[0], paid.at(-1)]);
	});
});

describe('an offer that says what it pays', () => {
	const policy = { ...POLICY, prices: MODEL };
	const party = { name: 'ann', vo: 'biology' };
	const pays = (amount: string, currency = 'EUR') => ({ priceCeiling: { currency, amount, path: '/quote' } });
	// Half past noon in Berlin, on a Tuesday.
	const noon = NOW + 11.5 * HOUR;
	const evening = { startAt: noon, endAt: noon + DAY, durationSeconds: 2 * HOUR };

	it('is accepted at the first start that it pays, and told the price', () => {
		const request = requestOf({ cpus: 4, memory: 4 * GIB, window: evening, ...pays('0.10') });
		const { grant: made, price } = accepted(ask(request, { policy, party, now: noon }));
		// The last four minutes by day cost less than half a cent more, which is rounded away.
		expect(made.startAt).toBe(NOW + 19 * HOUR - 234);
		expect(price).toMatchObject({ currency: 'EUR', amount: '0.10' });
	});

	it('is refused where it is dearer, and offered what it pays for and what it costs', () => {
		const request = requestOf({
			cpus: 4,
			memory: 4 * GIB,
			window: { startAt: noon, durationSeconds: 2 * HOUR },
			...pays('0.20'),
		});
		const decision = ask(request, { policy, party, now: noon });
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		expect(decision.reasons).toMatchObject([
			{ code: 'PRICE_EXCEEDED', resource: 'price', asked: '0.20 EUR', available: '0.36 EUR' },
		]);
		const kinds = decision.alternatives.map(({ kind }) => kind);
		expect(kinds).toContain('dearer');
		expect(kinds).toContain('later');
		expect(kinds).toContain('smaller');
		for (const { kind, price } of decision.alternatives) {
			expect(Number(price!.amount) <= 0.2, `${kind} ${price!.amount}`).toBe(kind !== 'dearer');
		}
		expect(decision.alternatives.find(({ kind }) => kind === 'dearer')?.differences).toEqual([
			{ field: 'price', asked: '0.20 EUR', offered: '0.36 EUR' },
		]);
	});

	it('learns that the cheap hours are reserved and the free ones dear', () => {
		const calendar = twoHosts();
		for (const host of ['a', 'b']) occupy(calendar, host, NOW + 18 * HOUR, NOW + 2 * DAY, { cpuMillicores: 8000 });
		const request = requestOf({ cpus: 4, memory: 4 * GIB, window: evening, ...pays('0.10') });
		expect(codes(ask(request, { policy, party, now: noon, calendar }))).toEqual([
			'CAPACITY_RESERVED',
			'PRICE_EXCEEDED',
		]);
	});

	it('is offered all of it at the next later start, beyond what it pays, and where it pays for it', () => {
		const calendar = twoHosts();
		for (const host of ['a', 'b']) occupy(calendar, host, NOW, noon + 2 * HOUR, { cpuMillicores: 6000 });
		const window = { startAt: noon, durationSeconds: HOUR };
		const request = requestOf({ cpus: 4, memory: 4 * GIB, window, ...pays('0.05') });
		const decision = ask(request, { policy, party, now: noon, calendar });
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		const told = decision.alternatives.map(({ kind, grant: { startAt }, price }) => {
			return [kind, (startAt - noon) / 60, price?.amount];
		});
		expect(told).toContainEqual(['dearer', 120, '0.18']);
		expect(told).toContainEqual(['later', 447, '0.05']);
	});

	it('hears without a ceiling of hours that are cheaper by a tenth, not of a few cents for a wait', () => {
		const calendar = twoHosts();
		for (const host of ['a', 'b']) occupy(calendar, host, noon, noon + HOUR, { cpuMillicores: 8000 });
		const window = { startAt: noon, durationSeconds: 4 * HOUR };
		const offered = (prices: object) => {
			const request = requestOf({ cpus: 4, memory: 4 * GIB, window });
			const decision = ask(request, { policy: { ...POLICY, prices: modelOf(prices) }, party, now: noon, calendar });
			if (decision.kind !== 'counter') throw new Error(decision.kind);
			const whole = decision.alternatives.filter(({ kind }) => kind === 'later');
			return whole.map(({ grant: { startAt }, price }) => [(startAt - noon) / HOUR, price?.amount]);
		};
		const night = (cpuHour: string) => [
			{ from: '20:00', cpuHour, memoryGibHour: '0.005' },
			{ cpuHour: '0.10', memoryGibHour: '0.005' },
		];
		// From 17:00 on it falls with every minute until 20:00; who waits so long waits for all of that.
		const two = [
			[1, '1.68'],
			[449 / 60, '0.88'],
		];
		expect(offered({ currency: 'EUR', timeZone: 'Europe/Berlin', rates: night('0.05') })).toEqual(two);
		expect(offered({ currency: 'EUR', timeZone: 'Europe/Berlin', rates: night('0.094') })).toEqual(two.slice(0, 1));
	});

	it('must be in the currency of the site', () => {
		const decision = ask(requestOf(pays('1.00', 'USD')), { policy, party });
		expect(decision).toMatchObject({
			kind: 'reject',
			reasons: [{ code: 'CURRENCY_UNKNOWN', asked: 'USD', available: 'EUR' }],
		});
	});

	it('costs nothing where the site has no prices', () => {
		expect(accepted(ask(requestOf(pays('0')), { party })).price).toBeUndefined();
	});
});

describe('prices in the configuration', () => {
	test.each<[string, object, string]>([
		['that are no object', [], 'prices is []; allowed: an object of currency'],
		[
			'without rates for the night',
			{ ...NIGHTS, rates: [{ from: '08:00', to: '20:00', cpuHour: '1', memoryGibHour: '1' }] },
			'Mon 00:00',
		],
		[
			'with a night across midnight',
			{ ...NIGHTS, rates: [{ from: '20:00', to: '06:00', cpuHour: '1', memoryGibHour: '1' }] },
			'one rate until 24:00',
		],
		[
			'with a rate that is no amount',
			{ ...NIGHTS, rates: [{ cpuHour: '1e3', memoryGibHour: 1 }] },
			'prices.rates[0].cpuHour is "1e3"',
		],
		['with a zone that nobody knows', { ...NIGHTS, timeZone: 'Europe/Bern' }, 'prices.timeZone is "Europe/Bern"'],
		['with a member that nobody reads', { ...NIGHTS, tax: 19 }, 'prices.tax'],
		[
			'with a share beyond the whole',
			{ ...NIGHTS, cancellation: [{ noticeHours: 1, percent: 101 }] },
			'prices.cancellation[0].percent is 101',
		],
		[
			'with a day that is none',
			{ ...NIGHTS, rates: [{ days: 'Someday', cpuHour: 1, memoryGibHour: 1 }] },
			'days out of Mon',
		],
	])('%s are refused', (_, prices, words) => {
		const reading = readPriceModel(prices, zoneOffsets);
		expect(reading.ok ? '' : reading.issues.join(' ')).toContain(words);
	});
});

describe('what is owed when an agreement ends before its time', () => {
	const price: Price = {
		currency: 'EUR',
		amount: '10.00',
		penalty: '5.00',
		cancellation: [
			{ noticeSeconds: 2 * HOUR, percent: 0, fee: '0.00' },
			{ noticeSeconds: HOUR, percent: 50, fee: '5.00' },
			{ noticeSeconds: 0, percent: 100, fee: '10.00' },
		],
	};
	const { penalty: _, ...withoutPenalty } = price;

	it.each<[string, Price, 'cancellation' | 'penalty', number, string | undefined]>([
		['a long notice', price, 'cancellation', -2 * HOUR, '0.00'],
		['a second less than that', price, 'cancellation', 1 - 2 * HOUR, '5.00'],
		['no notice at all', price, 'cancellation', 0, '10.00'],
		['while it runs', price, 'cancellation', HOUR, '10.00'],
		['a site that fails', price, 'penalty', HOUR, '5.00'],
		['a site that promised nothing', withoutPenalty, 'penalty', HOUR, undefined],
	])('with %s', (_case, agreed, kind, endedAfter, amount) => {
		const due = dueAfter(agreed, kind, NOW, NOW + endedAfter);
		expect(due).toEqual(amount === undefined ? undefined : { kind, currency: 'EUR', amount });
	});
});
