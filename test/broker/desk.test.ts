import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BATCH_MAX, Desk, QUEUE_MAX } from '../../src/broker/desk.ts';
import { Ledger } from '../../src/broker/ledger.ts';
import type { Nudge } from '../../src/broker/outcome.ts';
import type { Turn } from '../../src/broker/turn.ts';
import { NOTHING, type Placement } from '../../src/capacity/resources.ts';
import { part } from '../../src/parts.ts';
import { Store } from '../../src/store/store.ts';
import { preparedFolder } from '../store/folder.ts';
import { agreement } from '../store/records.ts';
import { BEGIN, hosts, SITE } from './hosts.ts';

let folder: string;
let store: Store;
let ledger: Ledger;
let desk: Desk;
let now: number;
let heard: { changed: string[]; nudges: readonly Nudge[] }[];
let abandoned: number;

beforeEach(() => {
	folder = preparedFolder('computon-desk-');
	now = BEGIN;
	heard = [];
	abandoned = 0;
	store = new Store(folder);
	openDesk();
});
afterEach(() => {
	desk.close();
	store.close();
	rmSync(folder, { recursive: true, force: true });
});

function openDesk(
	passTime: (at: number, perform: (decide: (turn: Turn) => unknown) => unknown) => void = () => {},
	isQuiet: (at: number) => boolean = () => false,
): void {
	ledger = new Ledger(store, SITE, { hosts: hosts(2), reserve: NOTHING }, () => {});
	const { lastAt } = store.openSite(SITE);
	desk = new Desk(
		{
			store,
			site: SITE,
			ledger,
			clock: () => now,
			passTime,
			isQuiet,
			committed: (changed, nudges) => heard.push({ changed: [...changed], nudges }),
			abandoned: () => {
				abandoned += 1;
			},
		},
		lastAt,
	);
	ledger.ensureLoaded(now);
}

function placement(cpus: number, startAt = BEGIN, durationSeconds = 3600): Placement {
	const demand = { cpuMillicores: cpus * 1000, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
	return { startAt, usage: [{ offsetSeconds: 0, durationSeconds, demand }], machines: [{ host: 'n1', count: 1 }] };
}

/** Books one CPU for an agreement of this id. */
function book(id: string, cpus = 1) {
	return (turn: Turn): string => {
		const headHash = turn.record({ kind: 'booked', agreementId: id, body: { cpus } });
		turn.insert(agreement(id, { site: SITE, headHash, placement: placement(cpus) }));
		turn.ledger.book(id, placement(cpus));
		turn.plan('converge', { id, revision: 1 }, turn.now);
		return headHash;
	};
}

function freeCpus(from: Ledger = ledger): number {
	return from.freeBetween(BEGIN + 1800, BEGIN + 1801)[0]!.steps[0]!.free.cpuMillicores / 1000;
}

/** What the database alone says, read by a ledger of its own. */
function storedFreeCpus(): number {
	const other = new Ledger(store, SITE, { hosts: hosts(2), reserve: NOTHING }, () => {});
	other.ensureLoaded(now);
	return freeCpus(other);
}

/** Thinks in parts of 20 ms each, of which every one is a go, then books; notes the round of the loop of each part. */
function thinking(id: string, clock: { ms: number; rounds: number }, parts: number, log: string[] = []) {
	return (turn: Turn): string => {
		for (let nth = 1; nth <= parts; nth += 1) {
			part(() => {
				clock.ms += 20;
				log.push(`${id}${nth} at ${turn.now} in ${clock.rounds}`);
			});
		}
		return book(id)(turn);
	};
}

describe('a decision in goes', () => {
	let clock: { ms: number; rounds: number };
	let isCounting: boolean;
	beforeEach(() => {
		clock = { ms: 0, rounds: 0 };
		vi.spyOn(performance, 'now').mockImplementation(() => clock.ms);
		isCounting = true;
		const count = () => {
			clock.rounds += 1;
			now += 1;
			if (isCounting) setImmediate(count);
		};
		setImmediate(count);
	});
	afterEach(() => {
		isCounting = false;
		vi.restoreAllMocks();
	});

	test('lets others be served in between, but nothing be decided; it has one time', async () => {
		const log: string[] = [];
		const heads = await Promise.all([
			desk.write(book('a')),
			desk.write(thinking('b', clock, 3, log)),
			desk.write(book('c')),
		]);
		const words = log.map((each) => each.split(' '));
		expect(words.map(([name]) => name)).toEqual(['b1', 'b2', 'b3']);
		expect(new Set(words.map(([, , at]) => at)).size).toBe(1);
		expect(new Set(words.map(([, , , , round]) => round)).size).toBe(3);
		expect(heard.map(({ changed }) => changed).filter(({ length }) => length > 0)).toEqual([['a'], ['b'], ['c']]);
		expect(store.history.list({ site: SITE, after: 0, limit: 10 }).map(({ hash }) => hash)).toEqual(heads);
		expect([freeCpus(), storedFreeCpus(), abandoned]).toEqual([1, 1, 0]);
	});

	test('what it had changed before it was broken off is undone, and is done anew', async () => {
		const frees: number[] = [];
		const decide = (turn: Turn) => {
			book('b', 2)(turn);
			frees.push(freeCpus());
			return thinking('a', clock, 2)(turn);
		};
		await desk.write(decide, 'alone');
		expect(frees).toEqual([2, 2, 2]);
		expect([freeCpus(), storedFreeCpus()]).toEqual([1, 1]);
		expect(store.history.list({ site: SITE, after: 0, limit: 10 })).toHaveLength(2);
		const seen: number[] = [];
		await desk.evaluate((turn) => {
			turn.ledger.setAside(turn.ledger.reservationsOf('a', turn.now));
			seen.push(freeCpus());
			thinking('c', clock, 2)(turn);
		});
		expect(seen).toEqual([2, 2, 2]);
		expect([freeCpus(), storedFreeCpus()]).toEqual([1, 1]);
		expect(store.history.verify(SITE)).toMatchObject({ kind: 'intact', entries: 2 });
	});

	test('beside others it is broken off only before it has written', async () => {
		const log: string[] = [];
		const decide = (turn: Turn) => {
			book('a')(turn);
			return thinking('b', clock, 2, log)(turn);
		};
		await desk.write(decide);
		expect(new Set(log.map((each) => each.split(' ').at(-1))).size).toBe(1);
		await expect(desk.write((turn) => thinking('b', clock, 2)(turn))).rejects.toThrow();
		expect([freeCpus(), storedFreeCpus()]).toEqual([2, 2]);
	});

	test('beside others what it has set aside is put back, and set aside anew', async () => {
		await desk.write(book('a'));
		const seen: number[] = [];
		const [, head] = await Promise.all([
			desk.write(book('b')),
			desk.write((turn) => {
				turn.ledger.setAside(turn.ledger.reservationsOf('a', turn.now));
				seen.push(freeCpus());
				return thinking('c', clock, 2)(turn);
			}),
		]);
		expect(seen).toEqual([3, 3, 3]);
		expect(store.history.headHash(SITE)).toBe(head);
		expect([freeCpus(), storedFreeCpus()]).toEqual([2, 1]);
	});

	test('where time has changed the site meanwhile, it is thought over from the beginning', async () => {
		desk.close();
		let due = 0;
		openDesk((_, perform) => {
			due += 1;
			if (due === 2) perform(book('due'));
		});
		const seen: number[] = [];
		const log: string[] = [];
		await desk.write((turn) => {
			seen.push(part(() => freeCpus()));
			return thinking('a', clock, 2, log)(turn);
		});
		expect(seen).toEqual([4, 3, 3, 3]);
		expect(log.map((each) => each.split(' ')[0])).toEqual(['a1', 'a1', 'a2']);
	});

	test('what it throws in a later go is thrown on, and nothing of it stays', async () => {
		const decide = (turn: Turn): never => {
			thinking('a', clock, 2)(turn);
			throw new Error('a bug');
		};
		await expect(desk.write(decide)).rejects.toThrow('a bug');
		expect(store.agreements.find('a')).toBeUndefined();
		expect([freeCpus(), storedFreeCpus(), ledger.version]).toEqual([4, 4, 0]);
	});

	test('closed while it is thought over, it is answered', async () => {
		const outcome = desk.write((turn) => {
			part(() => {
				clock.ms += 20;
				setImmediate(() => desk.close());
			});
			return thinking('a', clock, 2)(turn);
		});
		await expect(outcome).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
		expect(store.agreements.find('a')).toBeUndefined();
	});
});

describe('the desk', () => {
	test('commits what comes together in one transaction, at most 64 decisions', async () => {
		const transact = vi.spyOn(store, 'transact');
		using _ = vi.spyOn(performance, 'now').mockReturnValue(0);
		await Promise.all(
			Array.from({ length: BATCH_MAX }, (_, index) =>
				desk.write((turn) => turn.record({ kind: 'x', body: { index } })),
			),
		);
		expect(transact).toHaveBeenCalledTimes(1);
		await Promise.all(Array.from({ length: BATCH_MAX + 1 }, () => desk.write(() => 0)));
		expect(transact).toHaveBeenCalledTimes(3);
	});

	test('ends a batch that has taken long, and goes on with the next', async () => {
		const transact = vi.spyOn(store, 'transact');
		let nowMs = 0;
		using _ = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
		const slowly = (id: string) =>
			desk.write((turn) => {
				nowMs += 15;
				return book(id, 0.5)(turn);
			});
		const heads = await Promise.all(['a1', 'a2', 'a3', 'a4', 'a5'].map(slowly));
		expect(transact).toHaveBeenCalledTimes(3);
		expect(heard.map(({ changed }) => changed)).toEqual([['a1', 'a2'], ['a3', 'a4'], ['a5']]);
		expect(store.history.list({ site: SITE, after: 0, limit: 10 }).map(({ hash }) => hash)).toEqual(heads);
	});

	test('decides alone what is known to take long, in its turn', async () => {
		const transact = vi.spyOn(store, 'transact');
		using _ = vi.spyOn(performance, 'now').mockReturnValue(0);
		const beside = (id: string) => desk.write(book(id, 0.5));
		await Promise.all([beside('a1'), beside('a2'), desk.write(book('a3', 0.5), 'alone'), beside('a4'), beside('a5')]);
		expect(transact).toHaveBeenCalledTimes(3);
		expect(heard.map(({ changed }) => changed)).toEqual([['a1', 'a2'], ['a3'], ['a4', 'a5']]);
	});

	test('answers in the order of the history, each with the head after its own entry (H10)', async () => {
		const heads = await Promise.all(Array.from({ length: 5 }, (_, index) => desk.write(book(`a${index}`, 0.5))));
		expect(store.history.list({ site: SITE, after: 0, limit: 10 }).map(({ hash }) => hash)).toEqual(heads);
	});

	test('tells nobody before the commit, and listeners before callers', async () => {
		const order: string[] = [];
		const transact = store.transact.bind(store);
		vi.spyOn(store, 'transact').mockImplementation((work) => {
			const result = transact(work);
			order.push(`commit, heard ${heard.length}`);
			return result;
		});
		await desk.write(book('a1')).then(() => order.push(`answer, heard ${heard.length}`));
		expect(order).toEqual(['commit, heard 0', 'answer, heard 1']);
		expect(heard[0]).toEqual({ changed: ['a1'], nudges: [{ kind: 'converge', agreementId: 'a1', dueAt: BEGIN }] });
	});

	test('a decision that throws is undone alone: in the database, in the calendar, and for listeners', async () => {
		const poisoned = (turn: Turn): never => {
			book('poison', 2)(turn);
			throw new Error('a bug');
		};
		const outcomes = await Promise.allSettled([desk.write(book('a1')), desk.write(poisoned), desk.write(book('a2'))]);
		expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect((outcomes[1] as PromiseRejectedResult).reason.message).toBe('a bug');
		expect(store.agreements.find('poison')).toBeUndefined();
		expect([freeCpus(), storedFreeCpus()]).toEqual([2, 2]);
		expect(heard).toHaveLength(1);
		expect(heard[0]!.changed).toEqual(['a1', 'a2']);
		expect(ledger.version).toBe(2);
		expect(store.openSite(SITE).calendarVersion).toBeGreaterThanOrEqual(2);
		expect(store.history.verify(SITE).kind).toBe('intact');
	});

	test('what was decided beside one that throws is decided anew, and told once', async () => {
		const runs: string[] = [];
		const noted = (name: string, decide: (turn: Turn) => unknown) =>
			desk.write((turn) => {
				runs.push(name);
				return decide(turn);
			});
		const thrown = () => {
			throw new Error('a bug');
		};
		const outcomes = await Promise.allSettled([noted('a1', book('a1')), noted('bug', thrown), noted('a2', book('a2'))]);
		expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect(runs).toEqual(['a1', 'bug', 'a1', 'bug', 'a2']);
		expect(abandoned).toBe(1);
		expect(heard.map(({ changed, nudges }) => [changed, nudges.length])).toEqual([[['a1', 'a2'], 2]]);
		expect(store.history.list({ site: SITE, after: 0, limit: 10 })).toHaveLength(2);
		expect(ledger.version).toBe(2);
		expect([freeCpus(), storedFreeCpus()]).toEqual([2, 2]);
	});

	test('an overbooking is a bug that dies alone (H1)', async () => {
		await desk.write(book('a1', 3));
		await expect(desk.write(book('a2', 2))).rejects.toThrow('overbooked');
		expect([freeCpus(), storedFreeCpus()]).toEqual([1, 1]);
	});

	test('evaluations alone leave no trace, see nothing of each other, and fail alone', async () => {
		desk.close();
		let passed = 0;
		const countPassed = () => {
			passed += 1;
		};
		openDesk(countPassed, () => true);
		const headHash = store.history.headHash(SITE);
		const trial = (id: string) =>
			desk.evaluate((turn) => {
				book(id, 3)(turn);
				return freeCpus();
			});
		const thrown = desk.evaluate(() => {
			throw new Error('a bug');
		});
		const outcomes = await Promise.allSettled([trial('a1'), thrown, trial('a2')]);
		expect(outcomes.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.message))).toEqual([
			1,
			'a bug',
			1,
		]);
		expect([passed, freeCpus(), storedFreeCpus(), ledger.version]).toEqual([0, 4, 4, 0]);
		expect(store.history.headHash(SITE)).toBe(headHash);
		expect(store.agreements.find('a1')).toBeUndefined();
		expect(heard.flatMap(({ changed }) => changed)).toEqual([]);
		await desk.write(book('a3'));
		expect(store.history.verify(SITE)).toMatchObject({ kind: 'intact', entries: 1 });
	});

	test('where time has something to decide an evaluation comes after it', async () => {
		desk.close();
		openDesk(
			(_, perform) => perform(book('due')),
			() => false,
		);
		expect(await desk.evaluate(() => freeCpus())).toBe(3);
		expect(storedFreeCpus()).toBe(3);
	});

	test('an evaluation leaves no trace and sees what was decided before it in the same batch', async () => {
		const [, seen] = await Promise.all([
			desk.write(book('a1')),
			desk.evaluate((turn) => {
				book('a2')(turn);
				return freeCpus();
			}),
		]);
		expect(seen).toBe(2);
		expect(store.agreements.find('a2')).toBeUndefined();
		expect([freeCpus(), storedFreeCpus()]).toEqual([3, 3]);
		expect(heard[0]!.changed).toEqual(['a1']);
	});

	test('where the COMMIT fails nobody is accepted, and the calendar is what the database says', async () => {
		await desk.write(book('a1'));
		const limit = (bytes: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
		// Pages are written when the transaction commits: what is too much for the disk fails there.
		limit(String(statSync(join(folder, 'computon.db-wal')).size));
		let outcomes: PromiseSettledResult<string>[];
		try {
			outcomes = await Promise.allSettled(['b1', 'b2', 'b3'].map((id) => desk.write(book(id))));
		} finally {
			limit('unlimited');
		}
		for (const outcome of outcomes) {
			expect((outcome as PromiseRejectedResult).reason).toMatchObject({ code: 'STORE_UNAVAILABLE' });
		}
		expect(abandoned).toBe(1);
		expect(heard).toHaveLength(1);
		await desk.write(book('c1'));
		expect(store.agreements.find('b1')).toBeUndefined();
		expect([freeCpus(), storedFreeCpus()]).toEqual([2, 2]);
	});

	test('time never goes back behind what was committed, over restarts too', async () => {
		now = BEGIN + 100;
		await desk.write(() => 0);
		now = BEGIN;
		expect(await desk.write((turn) => turn.now)).toBe(BEGIN + 100);
		desk.close();
		openDesk();
		expect(desk.now()).toBe(BEGIN + 100);
	});

	test('one batch has one time', async () => {
		const times = await Promise.all(
			Array.from({ length: 3 }, () =>
				desk.write((turn) => {
					now += 10;
					return turn.now;
				}),
			),
		);
		expect(times).toEqual([BEGIN, BEGIN, BEGIN]);
	});

	test('what time decides comes first, and what it throws does not harm the batch', async () => {
		const faults: unknown[] = [];
		desk.close();
		openDesk((at, perform) => {
			faults.push(
				perform(() => {
					throw new Error(`a bug at ${at}`);
				}),
			);
			faults.push(perform(book('a1')));
		});
		expect(await desk.write(() => store.agreements.find('a1')?.id)).toBe('a1');
		expect(faults).toEqual([new Error(`a bug at ${BEGIN}`), undefined]);
		desk.close();
		openDesk();
	});

	test('refuses what is too much to wait, and serves the rest', async () => {
		const outcomes = await Promise.allSettled(Array.from({ length: QUEUE_MAX + 1 }, () => desk.write(() => 0)));
		expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(QUEUE_MAX);
		expect((outcomes.at(-1) as PromiseRejectedResult).reason).toMatchObject({ code: 'BROKER_BUSY' });
	});

	test('closed, it answers who waits and who comes', async () => {
		const waiting = desk.write(() => 0);
		desk.close();
		await expect(waiting).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
		await expect(desk.write(() => 0)).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
	});

	test('refuses a move that the table of states does not have', async () => {
		await desk.write(book('a1'));
		const revive = (turn: Turn) => {
			const done = turn.update(store.agreements.find('a1')!, { state: 'Complete' }, { kind: 'x', body: {} });
			turn.update(done, { state: 'Observed' }, { kind: 'x', body: {} });
		};
		await expect(desk.write(revive)).rejects.toThrow('Observed does not follow Complete');
		expect(store.agreements.find('a1')!.state).toBe('Observed');
	});
});
