/**
 * Every alternative of a refusal is accepted when it is sent back as it stands to the same calendar (H6): on busy sites
 * of unequal hosts, of offers with ranges, totals, hosts and ceilings, by VOs with quotas and shares, at prices that
 * change with the hour, for what is new and for what runs, for machines of one kind and for clusters of several. `PROOF_QUESTIONS` says how many refusals are looked at.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { NOW, sentBack } from './requests.ts';
import { changeQuestion, clusterChangeQuestion, clusterQuestion, QUESTIONS, question } from './worlds.ts';

/** A proof takes as long as it takes; by default a second or two. */
const PROOF = { timeout: 60_000 + 60 * QUESTIONS };

test('every alternative is accepted as it stands, at the price that it names (H6)', PROOF, () => {
	const seen = new Map<string, number>();
	fc.assert(
		fc.property(fc.oneof(question, changeQuestion, clusterQuestion, clusterChangeQuestion), (asked) => {
			const decision = decide(asked);
			fc.pre(decision.kind === 'counter');
			if (decision.kind !== 'counter') return;
			const { alternatives, reasons } = decision;
			for (const { code } of reasons) seen.set(code, (seen.get(code) ?? 0) + 1);
			const needsRestart = reasons.some(({ code }) => code === 'NEEDS_RESTART');
			expect(alternatives.length).toBeLessThanOrEqual(asked.policy.alternativesMax);
			expect(alternatives.map(({ rank }) => rank)).toEqual(alternatives.map((_, index) => index + 1));
			expect(new Set(alternatives.map(({ grant }) => JSON.stringify(grant))).size).toBe(alternatives.length);
			for (const alternative of alternatives) {
				const { kind, grant, price, differences, accepted } = alternative;
				seen.set(kind, (seen.get(kind) ?? 0) + 1);
				const isKept = differences.some(({ field, asked, offered }) => OF_A_MACHINE.has(field) && offered > asked);
				if (isKept && needsRestart) seen.set('as it runs', (seen.get('as it runs') ?? 0) + 1);
				expect(differences).not.toEqual([]);
				expect(asked.satisfies(grant)).toBe(true);
				const back = { ...asked, request: sentBack(asked.request, grant, price) };
				const answer = decide(back);
				const { candidateHosts: _, others, ...values } = grant;
				expect(answer).toMatchObject({ kind: 'accept', grant: values });
				const further = others?.map(({ candidateHosts: __, ...each }) => each);
				if (further !== undefined) expect(answer).toMatchObject({ grant: { others: further } });
				// What runs is paid as it was agreed until it is changed: of that the most is told.
				expect(answer.kind === 'accept' && (accepted.priceTold ?? answer.price)).toEqual(price);
				const { because: ___, priceTold, ...told } = accepted;
				expect(told).toEqual(answer);
				for (const seconds of asked.previous === undefined ? LATER.slice(-1) : LATER) {
					if (grant.endAt <= NOW + seconds || isShortOfNotice(asked, grant.startAt - seconds)) continue;
					const later = decide({ ...back, now: NOW + seconds });
					expect(later).toMatchObject({ kind: 'accept', grant: values });
					if (later.kind !== 'accept' || price === undefined) continue;
					expect(Number(later.price!.amount)).toBeLessThanOrEqual(Number(price.amount));
					if (priceTold !== undefined) seen.set('grows', (seen.get('grows') ?? 0) + 1);
				}
			}
		}),
		{ numRuns: QUESTIONS },
	);
	// Nothing is proved of what never came up.
	for (const what of QUESTIONS >= 10_000 ? [...OFTEN, ...SELDOM] : OFTEN) {
		expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
	}
});

/** Notice has no grace where the window that was asked leaves no time for it. */
function isShortOfNotice({ previous, policy }: Question, startAt: number): boolean {
	const notice = policy.quotas?.vos.get('physics')?.leadTimeSeconds ?? policy.leadTimeSeconds;
	return notice > 0 && startAt < Math.min(NOW + notice, previous?.grant.startAt ?? Number.POSITIVE_INFINITY);
}

/** What comes up in hundreds of refusals, and what in thousands. */
const OFTEN = [
	...['CAPACITY_RESERVED', 'CAPACITY_TOO_SMALL', 'PRICE_EXCEEDED', 'QUOTA_EXCEEDED', 'FAIR_SHARE', 'LEAD_TIME'],
	...['WINDOW_TOO_LONG', 'LIMIT_EXCEEDED', 'earlier', 'later', 'smaller', 'shorter', 'other-host'],
	...['NEEDS_RESTART', 'as it runs', 'grows'],
];
/** Until the grace for starts is over. */
const LATER = [5, 299, 300];
const SELDOM = ['NEEDS_MOVE', 'HOST_UNSUITABLE', 'dearer'];
/** What machines cannot give back as they run. */
const OF_A_MACHINE: ReadonlySet<string> = new Set(['cpuCount', 'memoryBytes']);
