import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Branch, decideAmong } from '../../src/negotiation/alternatives/among.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { zoneOffsets } from '../../src/time-zone.ts';
import { GIB, HOUR, NOW, occupy, POLICY, type RequestParts, requestOf, twoHosts, WORKSPACE } from './requests.ts';

const calendar = twoHosts();
occupy(calendar, 'a', NOW, NOW + 4 * HOUR, { cpuMillicores: 8000 });
occupy(calendar, 'b', NOW, NOW + 4 * HOUR, { cpuMillicores: 6000, memoryBytes: 12 * GIB });

function branch(name: string, parts: RequestParts, utility = 0): Branch {
	const question: Question = {
		request: requestOf(parts),
		violations: [],
		calendar,
		policy: POLICY,
		now: NOW,
		satisfies: () => true,
	};
	return { terms: [name], utility, question };
}

const FITS = { cpus: 2 } as const;
const TOO_MUCH = { cpus: 6 } as const;

describe('a decision among branches', () => {
	test('takes the first that fits', () => {
		const { decision, branch: taken } = decideAmong([
			branch('big', TOO_MUCH),
			branch('one', { cpus: 1 }),
			branch('two', FITS),
		]);
		expect([decision.kind, taken.terms]).toEqual(['accept', ['one']]);
	});

	test('prefers what the client prefers among those that fit', () => {
		const among = decideAmong([branch('one', { cpus: 1 }), branch('two', FITS, 0.5), branch('big', TOO_MUCH, 0.9)]);
		expect(among).toMatchObject({ decision: { kind: 'accept', grant: { cpuCount: 2 } }, branch: { terms: ['two'] } });
	});

	test('of branches that are liked alike takes the cheapest, where the site has prices', () => {
		const rates = [{ cpuHour: '0.04', memoryGibHour: '0.005', diskGibHour: '0' }];
		const prices = readPriceModel({ currency: 'EUR', timeZone: 'UTC', rates }, zoneOffsets);
		if (!prices.ok) throw new Error(prices.issues.join(' '));
		const priced = (name: string, cpus: number, utility: number): Branch => {
			const { question, ...rest } = branch(name, { cpus }, utility);
			return {
				...rest,
				question: { ...question, party: { name: 'alice', vo: 'atlas' }, policy: { ...POLICY, prices: prices.model } },
			};
		};
		const among = decideAmong([priced('two', 2, 1), priced('one', 1, 1), priced('again', 1, 1), priced('cheap', 1, 0)]);
		expect(among.branch.terms).toEqual(['one']);
	});

	test('names what the Preferences like better where Importance outweighs it', () => {
		const kept = (name: string, cpus: number, utility: number): Branch => {
			const { question, ...rest } = branch(name, { cpus }, utility);
			const importanceOf: Question['importanceOf'] = ({ cpuCount }) => (cpuCount === 1 ? 5 : 0);
			return { ...rest, question: { ...question, unmetBy: () => [], importanceOf } };
		};
		const [least, liked, most] = [kept('one', 1, 0.1), kept('two', 2, 0.5), kept('six', 6, 1)];
		const among = decideAmong([least, liked, most]);
		expect([among.branch.terms, among.other?.branch.terms]).toEqual([['one'], ['two']]);
		expect(among.other?.decision.grant.cpuCount).toBe(2);
		expect(decideAmong([kept('one', 1, 0.5), kept('two', 2, 0.5)]).other, 'liked alike').toBeUndefined();
		expect(decideAmong([kept('one', 1, 0.5), kept('two', 2, 0.1)]).other, 'liked less').toBeUndefined();
	});

	test('counters with the best of each branch before the second best of any, and says which branch it speaks of', () => {
		const { decision } = decideAmong([branch('six', TOO_MUCH), branch('four', { cpus: 4 }, 1)]);
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		expect(decision.alternatives.map(({ rank }) => rank)).toEqual(decision.alternatives.map((_, index) => index + 1));
		expect(decision.alternatives.slice(0, 2).map((each) => each.branch)).toEqual([['four'], ['six']]);
		expect(decision.reasons.map((reason) => reason.branch)).toContainEqual(['six']);
	});

	test('says once what stands in every branch', () => {
		const workspace = { ...WORKSPACE, imageDigest: `sha256:${'9'.repeat(64)}` };
		const window = { startAt: NOW - HOUR, durationSeconds: HOUR };
		const { decision } = decideAmong([branch('one', { window }), branch('two', { window, workspace })]);
		if (decision.kind === 'accept') throw new Error('accepted');
		const past = decision.reasons.filter(({ code }) => code === 'WINDOW_PAST');
		expect(past).toHaveLength(1);
		expect(past[0]!.branch).toBeUndefined();
		expect(decision.reasons.filter(({ code }) => code === 'IMAGE_UNKNOWN')).toMatchObject([{ branch: ['two'] }]);
	});

	test('decides one branch as if it were the whole offer', () => {
		const only = branch('big', TOO_MUCH);
		expect(decideAmong([only]).decision).toEqual(decide(only.question));
	});

	test('agrees with looking at every branch; every alternative is one of its branch', () => {
		const branches = fc.array(
			fc.record({ cpus: fc.integer({ min: 1, max: 12 }), utility: fc.integer({ min: -1, max: 1 }) }),
			{
				minLength: 1,
				maxLength: 6,
			},
		);
		fc.assert(
			fc.property(branches, (parts) => {
				const [first, ...others] = parts.map(({ cpus, utility }, index) => branch(`t${index}`, { cpus }, utility));
				const all = [first!, ...others] as const;
				const fitting = all.filter(({ question }) => decide(question).kind === 'accept');
				const { decision, branch: taken } = decideAmong(all);
				expect(decision.kind === 'accept').toBe(fitting.length > 0);
				if (decision.kind === 'accept') {
					const best = Math.max(...fitting.map(({ utility }) => utility));
					expect(taken).toBe(fitting.find(({ utility }) => utility === best));
					return;
				}
				if (decision.kind === 'reject' || others.length === 0) return;
				for (const { branch: terms, grant } of decision.alternatives) {
					const own = decide(all.find((each) => each.terms === terms)!.question);
					expect(own.kind === 'counter' && own.alternatives.map((each) => each.grant)).toContainEqual(grant);
				}
			}),
			{ numRuns: 100 },
		);
	});
});
