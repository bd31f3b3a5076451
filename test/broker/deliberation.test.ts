import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkBudget, decisionBudget, verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { BROKEN_OFF, Deliberation, deliberate } from '../../src/broker/deliberation.ts';
import { type Gradual, gradual, metered, part, stage } from '../../src/parts.ts';
import { exact, free, offer, template } from '../agreement/documents.ts';

const CPUS_AND_MACHINES = free('//jsdl:IndividualCPUCount * //jsdl:TotalResourceCount = 701');

let nowMs: number;
beforeEach(() => {
	nowMs = 0;
	vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => {
	vi.restoreAllMocks();
});

/** Takes so long and notes that it was done. */
function worker(done: string[]) {
	return (name: string, milliseconds: number) =>
		part(() => {
			nowMs += milliseconds;
			done.push(name);
			return name;
		});
}

/** How often it was broken off, and what it came to in the end. */
function inGoes<T>(work: () => T, goMs: number): { readonly value: T; readonly goes: number } {
	const deliberation = new Deliberation();
	for (let goes = 1; ; goes += 1) {
		try {
			return { value: deliberation.go(work, goMs), goes };
		} catch (error) {
			if (error !== BROKEN_OFF) throw error;
		}
	}
}

describe('work in parts', () => {
	test('is done in one piece where nobody takes the parts', () => {
		expect(part(() => metered(() => ({ left: 3 }), 'left').left + part(() => 1))).toBe(4);
	});

	test('is broken off behind the part that took too long; no part is done twice', () => {
		const done: string[] = [];
		const take = worker(done);
		const work = () => [take('a', 4), take('b', 7), take('c', 11), take('d', 1)].join('');
		expect(inGoes(work, 10)).toEqual({ value: 'abcd', goes: 3 });
		expect(done).toEqual(['a', 'b', 'c', 'd']);
	});

	test('half of each go at least is for what was not done before', () => {
		const done: string[] = [];
		const take = worker(done);
		const work = () => {
			nowMs += 9;
			return [take('a', 4), take('b', 2), take('c', 2), take('d', 2), take('e', 2)].join('');
		};
		expect(inGoes(work, 10)).toEqual({ value: 'abcde', goes: 3 });
		expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
	});

	test('a part within a part is none of its own', () => {
		const done: string[] = [];
		const take = worker(done);
		const work = () => part(() => take('a', 20) + take('b', 20)) + take('c', 20);
		expect(inGoes(work, 10)).toEqual({ value: 'abc', goes: 3 });
		expect(done).toEqual(['a', 'b', 'c']);
	});

	test('a stage is broken off behind its parts, and remembered by its value once it is done', () => {
		const done: string[] = [];
		const take = worker(done);
		const staged = () =>
			stage(() => {
				done.push('begun');
				return take('a', 20) + stage(() => take('b', 20)) + take('c', 3);
			});
		const work = () => staged() + take('d', 20);
		expect(inGoes(work, 10)).toEqual({ value: 'abcd', goes: 4 });
		expect(done).toEqual(['begun', 'a', 'begun', 'b', 'begun', 'c', 'd']);
	});

	test('what a stage changes of what is metered stands as it stood when the stage is begun anew', () => {
		const work = () => {
			const known = metered(() => ({ names: ['x'] as readonly string[] }), 'names');
			const note = (name: string) =>
				part(() => {
					nowMs += 20;
					return name;
				});
			const found = stage(() => {
				for (const name of ['a', 'b', 'c']) known.names = [...known.names, note(name)];
				return known.names.length;
			});
			return [found, ...known.names];
		};
		expect(inGoes(work, 10)).toEqual({ value: work(), goes: 4 });
	});

	test('what gives way is broken off wherever it does, and gone on with from there', () => {
		const done: string[] = [];
		const take = worker(done);
		const work = () => {
			const budget = metered(() => ({ remaining: 100 }), 'remaining');
			const before = take('a', 3);
			const all = gradual(function* (): Gradual<string> {
				done.push('begun');
				for (const name of ['b', 'c', 'd']) {
					nowMs += 6;
					budget.remaining -= 10;
					take(name, 0);
					yield;
				}
				return String(budget.remaining);
			});
			return before + all + take('e', 20) + budget.remaining;
		};
		const whole = work();
		expect(whole).toBe('a70e70');
		done.length = 0;
		expect(inGoes(work, 10)).toEqual({ value: whole, goes: 3 });
		expect(done).toEqual(['a', 'begun', 'b', 'c', 'd', 'e']);
		expect(inGoes(() => part(work), 10)).toEqual({ value: whole, goes: 2 });
	});

	test.each([
		['one equation of two values', CPUS_AND_MACHINES],
		['several that hang together', CPUS_AND_MACHINES + free('//jsdl:IndividualCPUCount = 2')],
	])('a check of %s gives way many times, and comes to the same', (_, constraints) => {
		const document = offer({ resources: exact('IndividualCPUCount', 3) + exact('TotalResourceCount', 3) });
		const demanding = template(constraints);
		const work = () => {
			const budget = checkBudget();
			return [checkConstraints(document, demanding, budget), budget];
		};
		const whole = work();
		const { value, goes } = inGoes(work, -1);
		expect(value).toEqual(whole);
		expect(goes).toBeGreaterThan(100);
	});

	test('parts that come in another order than before are a bug', () => {
		const take = worker([]);
		const both = () => take('a', 20) + take('b', 20);
		let goes = 0;
		const work = () => {
			goes += 1;
			return goes === 1 ? stage(both) : both();
		};
		expect(() => inGoes(work, 10)).toThrow('another order');
	});

	test('what is not broken off yet goes on until it may be', () => {
		const done: string[] = [];
		const take = worker(done);
		const deliberation = new Deliberation();
		const work = () => take('a', 20) + take('b', 20) + take('c', 20);
		expect(() => deliberation.go(work, 10, () => done.length === 2)).toThrow(BROKEN_OFF);
		expect(done).toEqual(['a', 'b']);
		expect(deliberation.go(work, 100)).toBe('abc');
	});

	test('counters stand wherever the work has come to as if it had never been broken off', () => {
		const seen: number[][] = [];
		const work = () => {
			const budget = metered(() => ({ remaining: 100 }), 'remaining');
			const spend = (steps: number) =>
				part(() => {
					nowMs += 20;
					budget.remaining -= steps;
				});
			const log = [budget.remaining];
			spend(10);
			log.push(budget.remaining);
			const other = metered(() => ({ left: budget.remaining, right: 1 }), 'left', 'right');
			part(() => {
				nowMs += 20;
				other.left -= 1;
				other.right += 1;
			});
			spend(5);
			log.push(budget.remaining, other.left, other.right);
			seen.push(log);
			return log;
		};
		const whole = work();
		expect(whole).toEqual([100, 90, 85, 89, 2]);
		expect(inGoes(work, 10)).toEqual({ value: whole, goes: 4 });
		expect(seen).toEqual([whole, whole]);
	});

	test.each([checkBudget, verdictBudget, decisionBudget])('%o: what is spent is spent once', (made) => {
		const work = () => {
			const budget = made();
			const search = budget.search!;
			for (let nth = 1; nth <= 3; nth += 1) {
				part(() => {
					nowMs += 20;
					budget.remaining -= nth;
					search.remaining -= 10 * nth;
				});
			}
			return [budget.remaining, search.remaining];
		};
		const before = made();
		expect(inGoes(work, 10)).toEqual({ value: [before.remaining - 6, before.search!.remaining - 60], goes: 4 });
	});

	test('what remembers something is the same in all goes', () => {
		const work = () => {
			const known = part(() => new Set<string>());
			for (const name of ['a', 'b']) {
				part(() => {
					nowMs += 20;
					known.add(name);
				});
			}
			return known;
		};
		expect(inGoes(work, 10)).toEqual({ value: new Set(['a', 'b']), goes: 3 });
	});

	test('what a part throws is thrown on, and the next work has parts again', () => {
		const broken = () =>
			part(() => {
				throw new Error('a bug');
			});
		expect(() => inGoes(broken, 10)).toThrow('a bug');
		const done: string[] = [];
		const take = worker(done);
		expect(inGoes(() => take('a', 20) + take('b', 20), 10)).toEqual({ value: 'ab', goes: 3 });
	});

	test('others are served between the goes', async () => {
		const done: string[] = [];
		const take = worker(done);
		const thought = deliberate(() => take('a', 20) + take('b', 20) + take('c', 20));
		const other = new Promise<void>((resolve) => {
			const serve = () => {
				done.push('served');
				if (done.includes('c')) resolve();
				else setImmediate(serve);
			};
			setImmediate(serve);
		});
		expect(await thought).toBe('abc');
		await other;
		expect(done.slice(0, 6)).toEqual(['a', 'served', 'b', 'served', 'c', 'served']);
	});
});
