/**
 * What looks at all hosts of a large site does so in parts: what is found in parts is what there is, and wherever a
 * decision is broken off between them, its answer is the same.
 */
import { expect, test } from 'vitest';
import { withServices } from '../../src/agreement/terms/service.ts';
import { BROKEN_OFF, Deliberation } from '../../src/broker/deliberation.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage } from '../../src/capacity/resources.ts';
import { HOSTS_A_PART } from '../../src/capacity/search/sweep.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { numbers } from '../bench/figure.ts';
import { accepted, ask, CAPACITY, DAY, GIB, HOUR, host, NOW, occupy, POLICY, requestOf } from './requests.ts';

const HOSTS = 2 * HOSTS_A_PART + 100;
const BUSY_DAYS = 24;

/** Whole hosts are free here and there, for some days; behind the busy time all of them are. */
function busySite(): SiteCalendar {
	const next = numbers();
	const calendar = new SiteCalendar(Array.from({ length: HOSTS }, (_, nth) => host(`h${nth}`)));
	for (let nth = 0; nth < HOSTS; nth += 1) {
		for (let at = NOW + next(3 * 24) * HOUR; at < NOW + BUSY_DAYS * DAY; at += next(5 * 24) * HOUR) {
			const endAt = at + (1 + next(4 * 24)) * HOUR;
			occupy(calendar, `h${nth}`, at, endAt, { cpuMillicores: 1000 * (1 + next(7)), memoryBytes: GIB });
			at = endAt;
		}
	}
	return calendar;
}

const calendar = busySite();
const usageFor = (durationSeconds: number) => defineUsage([{ offsetSeconds: 0, durationSeconds, demand: CAPACITY }]);

test.each([
	['some machines for some hours', 600, 8 * HOUR],
	['half of the site for days', HOSTS / 2, 3 * DAY],
	['nearly all of it for a long time', HOSTS - 10, 10 * DAY],
	['more than half of it', 700, DAY],
])('%s: the nearest starts are those at which they fit, and at none that is nearer', (_, count, durationSeconds) => {
	const usage = usageFor(durationSeconds);
	const [fromAt, untilAt] = [NOW, NOW + 2 * BUSY_DAYS * DAY];
	const earliest = calendar.earliestStart({ fromAt, untilAt, count, usage })!.startAt;
	const lastAt = NOW + BUSY_DAYS * DAY - durationSeconds;
	const latest = calendar.latestStart({ fromAt, untilAt: lastAt, count, usage })?.startAt ?? fromAt - 1;
	// All that is booked begins and ends on the hour.
	for (let startAt = fromAt; startAt <= Math.max(earliest, lastAt); startAt += HOUR) {
		if (startAt > earliest && startAt <= latest) continue;
		const fits = calendar.fit({ startAt, count, usage }) !== null;
		if (startAt <= earliest) expect([startAt, fits]).toEqual([startAt, startAt === earliest]);
		else expect([startAt, fits]).toEqual([startAt, false]);
	}
	if (latest >= fromAt) expect(calendar.fit({ startAt: latest, count, usage })).not.toBeNull();
});

test('the longest run is as long as there is room for all of it', () => {
	const question = { startAt: NOW + DAY, count: 200, durationSecondsMin: HOUR, durationSecondsMax: 30 * DAY };
	const longest = calendar.longestDuration({ ...question, usageFor })!;
	const fits = (seconds: number) => calendar.fit({ ...question, usage: usageFor(seconds) }) !== null;
	expect([fits(longest), fits(longest + 1)]).toEqual([true, false]);
});

test('an explanation names every host once, and as many machines as fit', () => {
	const question = { startAt: NOW + 9 * DAY, count: HOSTS, usage: usageFor(12 * DAY) };
	const { classes, countFree } = calendar.explain(question);
	expect(classes.map(({ hosts }) => hosts.map((each) => each.host))).toEqual([calendar.hosts.map(({ name }) => name)]);
	expect(countFree).toBe(calendar.largestCount({ ...question, countMax: HOSTS }));
});

const QUESTIONS: readonly (readonly [string, () => Question])[] = [
	['too many machines for some hours', () => asked({ machines: 250, cpus: 9, memory: GIB })],
	[
		'half of what is ever free',
		() => asked({ machines: 250, cpus: 8, window: { startAt: NOW + 9 * DAY, durationSeconds: 9 * DAY } }),
	],
	['a long run within a window', () => asked({ machines: 250, cpus: 8, window: during(9, 40, 20) })],
	['a head and workers', () => clusterFor(during(9, 20, 9))],
	['a head and workers for long', () => clusterFor({ startAt: NOW + 9 * DAY, durationSeconds: 60 * DAY })],
	['more for machines that run', grown],
];

function asked(parts: Parameters<typeof requestOf>[0]): Question {
	const request = requestOf({ window: { startAt: NOW + 9 * DAY, durationSeconds: 8 * HOUR }, ...parts });
	// Templates that refuse every third number of machines.
	const satisfies: Question['satisfies'] = ({ machineCount }) => machineCount % 3 !== 1;
	return { request, violations: [], calendar, policy: POLICY, now: NOW, satisfies };
}

function during(fromDay: number, untilDay: number, days: number) {
	return { startAt: NOW + fromDay * DAY, endAt: NOW + untilDay * DAY, durationSeconds: days * DAY };
}

function clusterFor(window: { startAt: number; durationSeconds: number }): Question {
	const { request, ...question } = asked({ machines: 1, cpus: 4, window, serviceName: 'head' });
	const workers = requestOf({ machines: 200, cpus: 8, memory: 15 * GIB, serviceName: 'workers' });
	return { ...question, request: withServices(request, [request, workers]) };
}

function grown(): Question {
	const small = requestOf({ machines: 4, cpus: 1, window: { startAt: NOW, durationSeconds: DAY } });
	const { grant, placement } = accepted(ask(small, { calendar }));
	const question = asked({ machines: 200, cpus: 8, window: { startAt: NOW, durationSeconds: 20 * DAY } });
	return { ...question, now: NOW + HOUR, previous: { grant, placement, running: true, allowRestart: true } };
}

test.each(QUESTIONS)('%s: the answer is the same wherever it was broken off', (_, make) => {
	const question = make();
	const whole = decide(question);
	expect(whole.kind).not.toBe('accept');
	for (const nth of [1, 7]) {
		let parts = 0;
		const isNext = (): boolean => {
			parts += 1;
			return parts % nth === 0;
		};
		const deliberation = new Deliberation();
		const goOn = (): ReturnType<typeof decide> | undefined => {
			try {
				return deliberation.go(() => decide(question), -1, isNext);
			} catch (error) {
				if (error !== BROKEN_OFF) throw error;
				return undefined;
			}
		};
		let answer = goOn();
		while (answer === undefined) answer = goOn();
		expect(answer).toEqual(whole);
		expect(parts).toBeGreaterThan(40);
	}
});
