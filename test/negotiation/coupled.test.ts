/**
 * Templates that couple sizes, window and price: what is offered instead must keep to several demands at once. Against a
 * list of everything that a small site could give (against-all.ts), for one service and for a head and its workers.
 */
import { describe, expect, it } from 'vitest';
import { ALONE, askAll, CLUSTER, type Kind, RANGES } from './against-all.ts';
import { clausesOfBoth, clausesOfMany, clausesOfThree, clausesOfTwo } from './coupled-clauses.ts';
import { NAMES } from './small-questions.ts';

/** A part of the questions, under one of these demands besides. */
function under(kind: Kind, hard: NonNullable<Kind['hard']>, part = 10): Kind {
	return { ...kind, questions: Math.ceil(kind.questions / part), hard };
}

const EQUATIONS = [...clausesOfTwo(0, undefined), ...clausesOfThree(0, undefined)];

describe.each([
	['one service', ALONE],
	['a head and its workers', CLUSTER],
	['one service of ranges, under equations of two and three values', under(RANGES, EQUATIONS, 3)],
	['one service, under equations of two values', under(ALONE, clausesOfTwo(0, undefined))],
	['one service, under equations of three values', under(ALONE, clausesOfThree(0, undefined))],
	['one service, under conditions of many ways', under(ALONE, clausesOfMany(0, undefined))],
	['a head and its workers, under equations of both', under(CLUSTER, clausesOfBoth(NAMES))],
	[
		'a head and its workers, under conditions of many ways',
		under(CLUSTER, [...clausesOfThree(0, NAMES[0]), ...clausesOfMany(1, NAMES[1])]),
	],
])('what is offered instead to %s', (_, kind) => {
	it('keeps to all that is coupled, is there, is accepted as it stands, and misses hardly anything', {
		timeout: 60_000 + 240 * kind.questions,
	}, () => {
		const { counters, rejects, best, missed, outdone, unoffered } = askAll(kind);
		expect(Math.min(counters, 30 * rejects)).toBeGreaterThan(kind.questions / 2);
		// Seen of 4,500 questions, and of 1,900 more under one of those demands: nothing missed; of 5,449 refusals with
		// alternatives eight have one that is outdone, none of them under lists of ways. In 13 none is as it was asked or no
		// larger at the wanted starts where something could be.
		const few = (part: number): number => 1 + Math.ceil(counters / part);
		expect(missed.length, missed.join('\n')).toBeLessThan(few(1000));
		expect(outdone.length, outdone.join('\n')).toBeLessThan(few(200));
		expect(unoffered.length, unoffered.join('\n')).toBeLessThan(few(60));
		expect(best / counters).toBeGreaterThan(0.9);
	});
});
