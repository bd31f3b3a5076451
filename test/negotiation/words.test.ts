/** What is said beside the data: why an offer got what it got, and what would make a refused one fit. */
import { describe, expect, it, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { decide } from '../../src/negotiation/decide.ts';
import type { Decision, Reason } from '../../src/negotiation/decision.ts';
import type { Question } from '../../src/negotiation/judge.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { VoUsage } from '../../src/negotiation/policy/usage.ts';
import { becauseOf } from '../../src/negotiation/reasons/because.ts';
import { amountText, durationText } from '../../src/negotiation/reasons/words.ts';
import {
	accepted,
	ask,
	GIB,
	HOUR,
	host,
	MIB,
	NOW,
	occupy,
	POLICY,
	type RequestParts,
	requestOf,
	twoHosts,
} from './requests.ts';

function why(parts: RequestParts, calendar = twoHosts(), more: Partial<Question> = {}): Record<string, string> {
	const request = requestOf(parts);
	const question = {
		request,
		policy: POLICY,
		now: NOW,
		violations: [],
		calendar,
		satisfies: () => true,
		...more,
	} satisfies Question;
	const because = becauseOf(question, accepted(decide(question)));
	return Object.fromEntries(because.map(({ field, message }) => [field, message]));
}

function remedies(decision: Decision): Record<string, Reason['remedy']> {
	if (decision.kind === 'accept') throw new Error('accepted');
	return Object.fromEntries(decision.reasons.map(({ code, resource, remedy }) => [`${code} ${resource}`, remedy]));
}

describe('an accepted offer is told', () => {
	it('that it begins at once, and what the site gave where nothing was said', () => {
		expect(why({})).toEqual({
			startAt: 'At once, as the offer names no time.',
			cpuCount: '1 CPU, what this site gives where the offer does not say.',
			memoryBytes: '512 MiB, what this site gives where the offer does not say.',
			host: 'The first hosts of the site that suit and have room all that time.',
		});
	});

	it('at which value of its ranges, and of how many', () => {
		expect(why({ machines: [2, 4], cpus: 2, memory: [GIB, 4 * GIB] })).toMatchObject({
			machineCount: '2 machines: of 2..4 the least that can be granted.',
			memoryBytes: '1 GiB: of 1 GiB..4 GiB the least that can be granted.',
		});
		expect(why({ cpus: [2, 4], prefersLargest: true }).cpuCount).toBe(
			'4 CPUs: of 2..4 the most that there is room for, as the offer prefers.',
		);
		expect(why({ cpus: 2 })).not.toHaveProperty('cpuCount');
	});

	it('that a floating start is the first at which all fits', () => {
		const calendar = twoHosts();
		for (const host of ['a', 'b']) occupy(calendar, host, NOW, NOW + 2 * HOUR, { cpuMillicores: 8000 });
		const window = { endAt: NOW + 9 * HOUR, durationSeconds: HOUR };
		expect(why({ window }, calendar).startAt).toBe(
			'The first start from 2026-12-01T00:00:00Z on at which all of it can be had.',
		);
		expect(why({ window }).startAt).toBe('The first start between 2026-12-01T00:00:00Z and 2026-12-01T08:00:00Z.');
	});

	it.each([
		['with the notice of its VO', {}, '2026-12-01T02:00:00Z'],
		['and with the time to answer, where nothing is held', { isAdvisory: true }, '2026-12-01T02:05:00Z'],
	])('that a floating start is the first %s', (_, more, firstAt) => {
		const vos = new Map([['physics', { leadTimeSeconds: 2 * HOUR }]]);
		const policy = { ...POLICY, quotas: { period: 'week', borrowSeconds: 0, vos } as const };
		const asker = { party: { name: 'ann', vo: 'physics' }, usage: new VoUsage('week') };
		const window = { endAt: NOW + 9 * HOUR, durationSeconds: HOUR };
		expect(why({ window }, twoHosts(), { policy, ...asker, ...more }).startAt).toBe(
			`The first start between ${firstAt} and 2026-12-01T08:00:00Z.`,
		);
	});
});

describe('a refused offer is told', () => {
	it('how much more of what, when and where, and from when on it would fit', () => {
		const calendar = twoHosts();
		for (const host of ['a', 'b']) occupy(calendar, host, NOW, NOW + HOUR, { memoryBytes: 12 * GIB });
		const request = requestOf({ memory: 16 * GIB, window: { startAt: NOW, durationSeconds: HOUR } });
		expect(remedies(ask(request, { calendar }))['CAPACITY_RESERVED memoryBytes']).toEqual({
			text:
				'12 GiB of memory more from 2026-12-01T00:00:00Z to 2026-12-01T01:00:00Z on one host, or start at ' +
				'2026-12-01T01:00:00Z',
			more: 12 * GIB,
			host: 'a',
			interval: { startAt: NOW, endAt: NOW + HOUR },
			startAt: NOW + HOUR,
		});
	});

	it('for how many machines more there would have to be room', () => {
		const decision = ask(requestOf({ machines: 3, cpus: 8 }));
		expect(remedies(decision)['CAPACITY_TOO_SMALL machines']).toEqual({ text: 'at most 2 machines', allowed: 2 });
		const calendar = twoHosts();
		occupy(calendar, 'a', NOW, NOW + HOUR, { cpuMillicores: 1000 });
		const busy = remedies(ask(requestOf({ machines: 2, cpus: 8 }), { calendar }));
		expect(busy['CAPACITY_RESERVED machines']).toMatchObject({
			text: expect.stringMatching(/^room for 1 machine more from .*, or start at 2026-12-01T01:00:00Z$/),
			more: 1,
			startAt: NOW + HOUR,
		});
	});

	it('how large each machine may be where the site is too small, so that it is accepted', () => {
		const overhead = { baseBytes: 300 * MIB, perCpuBytes: 0, perMemoryMillionths: 0 };
		const policy = { ...POLICY, abilities: { ...POLICY.abilities, memoryOverhead: overhead } };
		const large = remedies(ask(requestOf({ memory: 32 * GIB }), { policy }))['LIMIT_EXCEEDED memoryBytes'];
		expect(accepted(ask(requestOf({ memory: Number(large!.allowed) }), { policy }))).toBeDefined();
		// Two hosts of 8 CPUs hold 16 CPUs, and not three machines of 5.
		const several = remedies(ask(requestOf({ machines: 3, cpus: 8 })));
		expect(several['CAPACITY_TOO_SMALL cpuMillicores']).toEqual({
			text: 'at most 4 CPUs in each machine',
			allowed: 4000,
		});
		const none = remedies(ask(requestOf({ machines: 2, memory: 32 * GIB }), { policy }));
		expect(none['CAPACITY_TOO_SMALL machines']).toEqual({ text: 'smaller machines' });
	});

	it.each<[string, RequestParts, string, object]>([
		['CPUs', { machines: 3, cpus: 8 }, 'cpuMillicores', { text: 'at most 4 CPUs in each machine', allowed: 4000 }],
		['memory', { machines: 3, memory: 15 * GIB }, 'memoryBytes', { allowed: 8 * GIB - 300 * MIB }],
		['CPUs of which not even one each', { machines: 40, cpus: 8 }, 'cpuMillicores', { text: 'at most 2 machines' }],
		['hosts', { machines: 2, cpus: 8, candidateHosts: ['b'] }, 'cpuMillicores', { allowed: 4000 }],
	])('how large each machine may be also where no alternative shows it: %s', (_, parts, resource, remedy) => {
		const overhead = { baseBytes: 300 * MIB, perCpuBytes: 0, perMemoryMillionths: 0 };
		const abilities = { ...POLICY.abilities, memoryOverhead: overhead };
		const decision = ask(requestOf(parts), { policy: { ...POLICY, alternativesMax: 0, abilities } });
		expect(remedies(decision)[`CAPACITY_TOO_SMALL ${resource}`]).toMatchObject(remedy);
	});

	it('for how many machines a site that keeps a share back has room', () => {
		const kept = { cpuMillicores: 8000, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
		const calendar = new SiteCalendar([host('a'), host('b')], kept);
		const decision = ask(requestOf({ machines: 3, cpus: 8 }), { calendar, policy: { ...POLICY, alternativesMax: 0 } });
		const reasons = decision.kind === 'accept' ? [] : decision.reasons;
		const reserve = reasons.find(({ message }) => message.startsWith('This site keeps a share'));
		expect(reserve?.remedy).toEqual({ text: 'at most 1 machine', allowed: 1 });
	});

	it('when a window may end, where its end is past', () => {
		const window = { startAt: NOW - 2 * HOUR, endAt: NOW - HOUR, durationSeconds: HOUR };
		const past = ask(requestOf({ window }), { policy: { ...POLICY, alternativesMax: 0 } });
		expect(remedies(past)['WINDOW_PAST time']?.text).toBe('end at 2026-12-01T01:00:00Z or after');
	});

	it('of a host that could have room, not of one that is too small anyway', () => {
		const calendar = new SiteCalendar([host('large'), host('small', { cpuMillicores: 4000 })]);
		occupy(calendar, 'large', NOW, NOW + HOUR, { cpuMillicores: 8000 });
		const decision = ask(requestOf({ cpus: 6 }), { calendar });
		const [reason] = decision.kind === 'accept' ? [] : decision.reasons;
		expect(reason).toMatchObject({ host: 'large', asked: 6000, available: 0, limit: 8000, remedy: { more: 6000 } });
	});

	describe('by the site’s own policy', () => {
		const rates = [{ cpuHour: '1', memoryGibHour: '0' }];
		const reading = readPriceModel({ currency: 'EUR', rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
		if (!reading.ok) throw new Error(reading.issues.join());
		const party = { name: 'ann', vo: 'physics' };
		const question = { policy: { ...POLICY, machinesMax: 3, cpuCountMax: 64, prices: reading.model }, party };
		const amend = (message?: string): Partial<Question> => {
			const limits = { machinesMax: 2, cpuCountMax: 1, memoryBytesMax: GIB, durationSecondsMax: HOUR };
			return { ...question, verdict: { kind: 'amend', limits, pricePercent: 150, ...(message && { message }) } };
		};
		const pays = (amount: string) => ({ priceCeiling: { currency: 'EUR', amount, path: '/price' } });
		const all = { cpus: 2, memory: 2 * GIB, window: { durationSeconds: 2 * HOUR }, ...pays('1') };
		const messages = (parts: RequestParts, more: Partial<Question>): string[] => {
			const decision = ask(requestOf(parts), more);
			return decision.kind === 'accept' ? [] : decision.reasons.map(({ message }) => message);
		};

		it.each([
			[
				'in its words',
				'a course has few seats',
				' That is for this offer, by the site’s own policy: a course has few seats.',
			],
			['in its sentence', 'Few seats.', ' That is for this offer, by the site’s own policy: Few seats.'],
			['without words', undefined, ' That is for this offer, by the site’s own policy.'],
		])('which limit and which price are its own, %s', (_, message, said) => {
			const found = messages({ ...all, machines: 3 }, amend(message));
			expect(found.length).toBe(5);
			for (const each of found)
				expect(each.replaceAll("'", '’')).toMatch(new RegExp(`${said.replaceAll('.', '\\.')}$`));
		});

		it('nothing of what binds without it', () => {
			const wide = { kind: 'amend', limits: { machinesMax: 3, cpuCountMax: 64 }, message: 'Few seats.' } as const;
			const found = messages({ machines: 4, cpus: 65, ...pays('1') }, { ...question, verdict: wide });
			expect(found.filter((each) => each.includes('Few seats'))).toEqual([]);
			expect(found.length).toBeGreaterThan(2);
		});

		it('why a price is another than that of the list', () => {
			expect(why({ cpus: 1, ...pays('2') }, twoHosts(), amend('Few seats.')).price).toBe(
				"The offer pays up to 2 EUR. 150 percent of the list price, by the site's own policy: Few seats.",
			);
			expect(why({ cpus: 1 }, twoHosts(), question)).not.toHaveProperty('price');
		});
	});

	it('which hosts are as the one where it binds', () => {
		const decision = ask(requestOf({ cpus: 9 }), { policy: { ...POLICY, cpuCountMax: 64 } });
		const reserved = twoHosts();
		for (const host of ['a', 'b']) occupy(reserved, host, NOW, NOW + HOUR, { cpuMillicores: 8000 });
		const busy = ask(requestOf({ cpus: 8 }), { calendar: reserved });
		expect(decision.kind !== 'accept' && decision.reasons[0]!.code).toBe('LIMIT_EXCEEDED');
		expect(busy.kind !== 'accept' && busy.reasons[0]!.hostClass).toMatchObject({ hosts: 2, labels: {} });
	});

	it('what it would have to permit, pay or say', () => {
		expect(remedies(ask(requestOf({ memory: 32 * MIB })))['BELOW_MINIMUM memoryBytes']).toEqual({
			text: 'at least 64 MiB',
			allowed: 64 * MIB,
		});
		const late = ask(requestOf({ window: { startAt: NOW - HOUR, durationSeconds: 2 * HOUR } }));
		expect(remedies(late)['WINDOW_PAST time']).toMatchObject({ allowed: NOW, startAt: NOW });
	});
});

test.each([
	[1500, 'cpuMillicores', '1.5 CPUs'],
	[1000, 'cpuMillicores', '1 CPU'],
	[12 * GIB, 'memoryBytes', '12 GiB'],
	[GIB + 1, 'memoryBytes', '1.01 GiB'],
	[38_041 * 2 ** 20, 'memoryBytes', '38041 MiB'],
	[512, 'diskBytes', '512 bytes'],
	[8000, 'networkBitsPerSecond', '8 kbit/s'],
	[3, 'machines', '3 machines'],
	[5400, 'cpuSeconds', '1.5 CPU-hours'],
	[93_784, 'time', '1 d 2 h 3 min 4 s'],
] as const)('%d of %s is said as %s', (amount, resource, text) => {
	expect(amountText(amount, resource)).toBe(text);
});

test('no time is 0 s', () => {
	expect(durationText(0)).toBe('0 s');
});
