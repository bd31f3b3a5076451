/** Alternatives are a choice: none outdoes another, no two are alike, and the client's own weights order them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/negotiation/decide.ts';
import type { Alternative, Decision } from '../../src/negotiation/decision.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { ask, DAY, HOUR, NOW, occupy, POLICY, requestOf, twoHosts } from './requests.ts';
import { QUESTIONS, question } from './worlds.ts';

function alternatives(decision: Decision): readonly Alternative[] {
	if (decision.kind !== 'counter') throw new Error(decision.kind);
	return decision.alternatives;
}

const SIZES = ['machineCount', 'cpuCount', 'memoryBytes', 'diskBytes', 'networkBitsPerSecond'] as const;

/** The largest relative difference of two amounts, start and price included. */
function distance(one: Alternative, other: Alternative): number {
	const apart = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / Math.max(a, b));
	const { grant: a } = one;
	const { grant: b } = other;
	const duration = Math.max(a.endAt - a.startAt, b.endAt - b.startAt);
	const hosts = a.candidateHosts?.join() === b.candidateHosts?.join() ? 0 : 1;
	return Math.max(
		hosts,
		Math.abs(a.startAt - b.startAt) / duration,
		apart(a.endAt - a.startAt, b.endAt - b.startAt),
		apart(Number(one.price?.amount ?? 0), Number(other.price?.amount ?? 0)),
		...SIZES.map((field) => apart(a[field], b[field])),
	);
}

describe('alternatives', () => {
	it('differ by a tenth at least in start, duration, a size, the price, or in their hosts', () => {
		fc.assert(
			fc.property(question, (asked) => {
				const decision = decide(asked);
				fc.pre(decision.kind === 'counter');
				for (const [index, one] of alternatives(decision).entries()) {
					for (const other of alternatives(decision).slice(index + 1)) {
						expect(distance(one, other)).toBeGreaterThanOrEqual(0.1);
					}
				}
			}),
			{ numRuns: Math.ceil(QUESTIONS / 2) },
		);
	});

	const busy = () => {
		const calendar = twoHosts();
		for (const host of ['a', 'b']) occupy(calendar, host, NOW, NOW + 6 * HOUR, { cpuMillicores: 4000 });
		return calendar;
	};
	const wish = { machines: 4, cpus: 4, window: { startAt: NOW, durationSeconds: 2 * HOUR } };

	it('stand between fewer machines now and all of them later', () => {
		const calendar = twoHosts();
		occupy(calendar, 'a', NOW, NOW + 8 * HOUR, { cpuMillicores: 8000 });
		occupy(calendar, 'b', NOW, NOW + 4 * HOUR, { cpuMillicores: 8000 });
		const found = alternatives(ask(requestOf(wish), { calendar }));
		expect(found.map(({ grant }) => [grant.machineCount, grant.cpuCount, (grant.startAt - NOW) / HOUR])).toEqual([
			[4, 4, 8],
			[4, 2, 4],
			[2, 4, 4],
		]);
	});

	it('are ordered by what the client weighs more', () => {
		const kinds = (preferences?: { sizes: number; time: number }) =>
			alternatives(ask(requestOf({ ...wish, ...(preferences && { preferences }) }), { calendar: busy() })).map(
				({ kind }) => kind,
			);
		expect(kinds()[0]).toBe('smaller');
		expect(kinds({ sizes: 1, time: 0.1 })[0]).toBe('later');
		expect(kinds({ sizes: 0.1, time: 1 })[0]).toBe('smaller');
	});

	it('are ordered by the Importance of what the client would like first', () => {
		const importanceOf = ({ startAt }: { startAt: number }) => (startAt > NOW ? 7 : 0);
		expect(alternatives(ask(requestOf(wish), { calendar: busy(), importanceOf }))[0]!.kind).toBe('later');
	});

	it('show the cheapest hours within a week, and what each costs beside what was asked', () => {
		const rates = [
			{ days: ['Sat', 'Sun'], cpuHour: '0.01', memoryGibHour: '0' },
			{ cpuHour: '1', memoryGibHour: '0' },
		];
		const reading = readPriceModel({ currency: 'EUR', rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
		if (!reading.ok) throw new Error();
		const question = {
			policy: { ...POLICY, prices: reading.model },
			party: { name: 'ann', vo: 'x' },
			calendar: busy(),
		};
		const found = alternatives(ask(requestOf(wish), question));
		// NOW is a Tuesday.
		const saturday = NOW + 4 * DAY;
		expect(found.find(({ grant }) => grant.startAt === saturday)?.differences).toEqual([
			{ field: 'startAt', asked: NOW, offered: saturday },
			{ field: 'price', asked: '32.00 EUR', offered: '0.32 EUR' },
		]);
	});
});
