/** What a refusal owes: every limit that is violated is named, whatever else is wrong, and each remedy is true as it stands. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsOf, exactly } from '../../src/agreement/jsdl/range.ts';
import {
	type Demand,
	type RequestedService,
	type ServiceRequest,
	servicesOf,
	type Window,
	withServices,
} from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage, type Host, NOTHING, type Placement } from '../../src/capacity/resources.ts';
import type { Decision, Reason } from '../../src/negotiation/decision.ts';
import type { SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import type { VoLimits } from '../../src/negotiation/policy/quota.ts';
import { VoUsage } from '../../src/negotiation/policy/usage.ts';
import {
	ask,
	DAY,
	GIB,
	HOUR,
	host,
	MIB,
	NOW,
	OTHER_DIGEST,
	occupy,
	POLICY,
	type RequestParts,
	requestOf,
	WORKSPACE,
} from './requests.ts';
import { QUESTIONS } from './worlds.ts';

const SITE: SitePolicy = {
	...POLICY,
	teardownSeconds: 25,
	abilities: {
		...POLICY.abilities,
		memoryOverhead: { baseBytes: 128 * MIB, perCpuBytes: 8 * MIB, perMemoryMillionths: 18_000 },
	},
};
const PRICES = readPriceModel({ currency: 'EUR', rates: [{ cpuHour: '100', memoryGibHour: '0.01' }] }, () => [
	{ fromAt: 0, offsetSeconds: 0 },
]);
const PRICED: SitePolicy = PRICES.ok ? { ...SITE, prices: PRICES.model } : SITE;
const LARGE = { cpuMillicores: 8000, memoryBytes: 32 * GIB };
/** Without a disk of its own, so that any disk may be asked for. */
const GUEST = { ...WORKSPACE, imageName: 'guest', imageDigest: OTHER_DIGEST };

function site(): SiteCalendar {
	return new SiteCalendar([host('a', LARGE), host('b', LARGE)]);
}

function refusalOf(parts: RequestParts, calendar = site()): readonly Reason[] {
	const party = { name: 'ann', vo: 'physics' };
	const decision = ask(requestOf({ workspace: GUEST, ...parts }), { calendar, policy: PRICED, party });
	return decision.kind === 'accept' ? [] : decision.reasons;
}

describe('nine CPUs on hosts of eight', () => {
	const short: Window = { startAt: NOW, endAt: NOW + 1700, durationSeconds: HOUR };
	const table: readonly [string, RequestParts, string][] = [
		['a window that is too short', { window: short }, 'WINDOW_TOO_SHORT'],
		['a start that has passed', { window: { startAt: NOW - 2 * HOUR, durationSeconds: HOUR } }, 'WINDOW_PAST'],
		['a host that is not there', { candidateHosts: ['zz'] }, 'HOST_UNKNOWN'],
		['an architecture that nobody has', { cpuArchitecture: 'sparc' }, 'HOST_UNSUITABLE'],
		['an odd amount of memory', { memory: GIB + 5 }, 'RANGE_EMPTY'],
		['a run that is too short', { window: { durationSeconds: 1 } }, 'BELOW_MINIMUM'],
	];
	it.each(table)('are told beside %s', (_, parts, code) => {
		const reasons = refusalOf({ cpus: 9, ...parts });
		expect(reasons).toContainEqual(expect.objectContaining({ code }));
		expect(reasons).toContainEqual(
			expect.objectContaining({ code: 'LIMIT_EXCEEDED', resource: 'cpuMillicores', asked: 9000, limit: 8000 }),
		);
	});

	it('are told with the host, its class and when, and beside them what is reserved', () => {
		const calendar = new SiteCalendar([host('a', LARGE)]);
		occupy(calendar, 'a', NOW, NOW + 2 * HOUR, { cpuMillicores: 6000, memoryBytes: 16 * GIB });
		const where = { host: 'a', hostClass: { hosts: 1 }, interval: { startAt: NOW, endAt: NOW + HOUR + 25 } };
		const cpus = { resource: 'cpuMillicores', asked: 9000, available: 2000, limit: 8000, ...where };
		expect(refusalOf({ cpus: 9, memory: 20 * GIB }, calendar)).toMatchObject([
			{ code: 'LIMIT_EXCEEDED', ...cpus, remedy: { text: 'at most 8 CPUs', allowed: 8000 } },
			{ code: 'CAPACITY_RESERVED', ...cpus, remedy: { more: 6000, atLeast: true } },
			{ code: 'CAPACITY_RESERVED', resource: 'memoryBytes', ...where },
		]);
	});

	it('are told with the class of the largest host also where they are more than can be counted', () => {
		const [reason] = refusalOf({ cpus: 1, memory: 2 ** 52 }).filter(({ resource }) => resource === 'memoryBytes');
		expect(reason).toMatchObject({ code: 'LIMIT_EXCEEDED', host: 'a', hostClass: { hosts: 2, capacity: LARGE } });
	});

	it('are told beside all of these, with as many machines as nobody has', () => {
		const reasons = refusalOf({
			machines: 300,
			cpus: 100,
			memory: GIB + 5,
			window: { startAt: NOW - DAY, durationSeconds: 100 * DAY },
			priceCeiling: { currency: 'EUR', amount: '0.01', path: '/price' },
		});
		const codes = reasons.map(({ code, resource }) => `${code} ${resource}`);
		expect(codes).toEqual(
			expect.arrayContaining([
				'RANGE_EMPTY memoryBytes',
				'WINDOW_PAST time',
				'WINDOW_TOO_LONG time',
				'LIMIT_EXCEEDED machines',
				'LIMIT_EXCEEDED cpuMillicores',
				'PRICE_EXCEEDED price',
			]),
		);
		expect(new Set(codes).size).toBe(codes.length);
	});

	const LARGEST: readonly [sentence: string, parts: RequestParts, texts: readonly string[]][] = [
		['memory', { memory: 40e9 + 5 }, ['ask for 32055 MiB', 'at most 32055 MiB']],
		['CPUs', { cpus: 9.5 }, ['ask for 8 CPUs', 'at most 8 CPUs']],
		[
			'CPUs of a share',
			{ cpus: 17.5, workspace: { ...GUEST, cpuSharePercent: 50 } },
			['ask for 16 CPUs', 'at most 16 CPUs'],
		],
		[
			'the memory of all',
			{ machines: 2, totalMemory: 90e9 + 5 },
			['ask for 64110 MiB', 'at most 32055 MiB in each machine'],
		],
	];
	it.each(LARGEST)('%s that nobody has and nobody grants are told with the most that there is', (_, parts, texts) => {
		const sizes = refusalOf(parts).filter(({ code }) => ['RANGE_EMPTY', 'LIMIT_EXCEEDED'].includes(code));
		expect(sizes.map(({ remedy }) => remedy?.text)).toEqual(texts);
	});

	it('are told of their service, whatever is wrong with another one', () => {
		const other = requestOf({ serviceName: 'workers', workspace: GUEST, memory: GIB + 5 });
		const head = requestOf({ serviceName: 'head', workspace: GUEST, cpus: 9, candidateHosts: ['zz'] });
		const decision = ask({ ...head, others: [other] }, { calendar: site(), policy: SITE });
		if (decision.kind === 'accept') throw new Error(decision.kind);
		const told = decision.reasons.map(({ code, serviceName }) => `${code} ${serviceName}`);
		expect(told).toEqual(['HOST_UNKNOWN head', 'RANGE_EMPTY workers', 'LIMIT_EXCEEDED head']);
	});

	it('are told with the most that there can be, also of one service beside others, and where nothing is offered', () => {
		const workers = requestOf({ serviceName: 'workers', workspace: GUEST, machines: 2 });
		const head = requestOf({ serviceName: 'head', workspace: GUEST, cpus: 9 });
		const policy = { ...SITE, alternativesMax: 0 };
		const decision = ask({ ...head, others: [workers] }, { calendar: site(), policy });
		const remedy = { text: 'at most 8 CPUs', allowed: 8000, serviceName: 'head' };
		expect(decision).toMatchObject({ kind: 'reject', reasons: [{ code: 'LIMIT_EXCEEDED', remedy }] });
	});
});

describe('what no other size removes', () => {
	const paths = {
		candidateHosts: '/hosts',
		operatingSystem: '/os',
		cpuArchitecture: '/arch',
		labels: { zone: '/zone' },
	};
	const labels = (zone: string) => ({ ...GUEST, placement: { strategy: 'pack' as const, labels: { zone } } });
	const table: readonly [string, RequestParts, object][] = [
		['a host that is not there', { candidateHosts: ['zz'] }, { code: 'HOST_UNKNOWN', path: '/hosts' }],
		['an architecture', { cpuArchitecture: 'sparc' }, { code: 'HOST_UNSUITABLE', path: '/arch' }],
		['an operating system', { operatingSystem: 'BEOS' }, { code: 'HOST_UNSUITABLE', path: '/os' }],
		['a label', { workspace: labels('y') }, { code: 'HOST_UNSUITABLE', path: '/zone' }],
	];
	it.each(table)('is told with its place: %s', (_, parts, reason) => {
		expect(refusalOf({ ...parts, paths })).toMatchObject([reason]);
	});

	it('is told with the places of all that no host has together', () => {
		const calendar = new SiteCalendar([
			host('a', LARGE, { zone: 'x' }),
			host('b', LARGE, { cpuArchitecture: 'sparc', zone: 'y' }),
		]);
		const parts = { cpuArchitecture: 'sparc', workspace: labels('x'), paths };
		expect(refusalOf(parts, calendar)).toMatchObject([
			{
				code: 'HOST_UNSUITABLE',
				path: '/arch',
				relatedPaths: ['/zone'],
				remedy: { text: 'leave the CPU architecture out' },
			},
		]);
	});

	it('is told with what to say otherwise or to leave out where no host has all of it, and then one suits', () => {
		const zones = fc.constantFrom('x', 'y', undefined);
		const labelled = fc.record({ zone: zones, disk: zones, net: zones });
		const stated = (labels: Readonly<Record<string, string | undefined>>): Record<string, string> =>
			Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => entry[1] !== undefined));
		const labelPaths = { labels: { zone: '/zone', disk: '/disk', net: '/net' } };
		let count = 0;
		fc.assert(
			fc.property(fc.array(labelled, { minLength: 1, maxLength: 4 }), labelled, (all, wanted) => {
				const calendar = new SiteCalendar(all.map((labels, nth) => host(`h${nth}`, LARGE, stated(labels))));
				const asking = (labels: Record<string, string>) =>
					refusalOf({ workspace: { ...GUEST, placement: { strategy: 'pack', labels } }, paths: labelPaths }, calendar);
				const [reason] = asking(stated(wanted));
				if (reason === undefined || !reason.message.startsWith('No host has all')) return;
				count += 1;
				const labels = stated(wanted);
				for (const said of reason.remedy!.text.split(' and ')) {
					const [, value, name] = /^say (\w+) for the label (\w+)$/.exec(said) ?? [];
					const [, left] = /^leave the label (\w+) out$/.exec(said) ?? [];
					if (name === undefined) delete labels[left!];
					else labels[name] = value!;
				}
				expect(asking(labels)).toEqual([]);
			}),
			{ numRuns: QUESTIONS },
		);
		expect(count).toBeGreaterThan(QUESTIONS / 50);
	});

	it('is told of its service where there are several', () => {
		const demand = { kind: 'enforce', path: '/app', serviceName: 'workers', subject: 'x', why: 'no' } as const;
		const alone = requestOf({ workspace: GUEST, unsupported: [demand] });
		const others = [requestOf({ workspace: GUEST, serviceName: 'workers' })];
		const named = (request: ServiceRequest) => {
			const decision = ask(request, { calendar: site(), policy: SITE });
			return decision.kind === 'accept' ? [] : decision.reasons.map(({ serviceName }) => serviceName);
		};
		expect([named(alone), named({ ...alone, others })]).toEqual([[undefined], ['workers']]);
	});
});

describe('sums over hosts that are not alike', () => {
	it('are told class by class', () => {
		const thin = { cpuMillicores: 2000 };
		const calendar = new SiteCalendar([host('t1', thin), host('t2', thin), host('t3', thin), host('fat', LARGE)]);
		for (const name of ['t1', 't2', 't3']) occupy(calendar, name, NOW, NOW + HOUR, { cpuMillicores: 1000 });
		occupy(calendar, 'fat', NOW, NOW + HOUR, { cpuMillicores: 6000 });
		const classes = (unit: number) => [
			{ hosts: 3, capacity: thin, available: 0, limit: 3 * unit },
			{ hosts: 1, capacity: LARGE, available: unit, limit: 4 * unit },
		];
		expect(refusalOf({ machines: 2, cpus: 2 }, calendar)).toMatchObject([
			{ resource: 'machines', available: 1, limit: 7, hostClasses: classes(1) },
			{ resource: 'cpuMillicores', asked: 4000, available: 2000, limit: 14_000, hostClasses: classes(2000) },
		]);
	});

	it('of hosts that are alike name their class', () => {
		const reasons = refusalOf({ machines: 3, cpus: 8 });
		expect(reasons.map(({ hostClass }) => hostClass?.hosts)).toEqual([2, 2]);
	});
});

describe('a machine for which each host is too small in something else', () => {
	it('is told of what is too small there, not of what is only reserved, and so the remedy is one', () => {
		const calendar = new SiteCalendar([
			host('low', { cpuMillicores: 2000, memoryBytes: GIB }),
			host('thin', { cpuMillicores: 1000, memoryBytes: 2 * GIB }),
			host('free', { cpuMillicores: 2000, memoryBytes: GIB }),
		]);
		occupy(calendar, 'low', NOW, NOW + DAY, { cpuMillicores: 1000 });
		const tooSmall = { code: 'CAPACITY_TOO_SMALL', asked: 2000, limit: 1000 };
		expect(refusalOf({ cpus: 2, memory: GIB }, calendar)).toMatchObject([
			{ code: 'CAPACITY_TOO_SMALL', resource: 'memoryBytes', host: 'low', limit: GIB },
			{ code: 'CAPACITY_TOO_SMALL', resource: 'memoryBytes', host: 'free', limit: GIB },
			{ ...tooSmall, resource: 'cpuMillicores', host: 'thin', remedy: { allowed: 1000 } },
		]);
	});
});

describe('a machine for which only one host is large enough', () => {
	it('is told of all that is short there, however much of it smaller hosts have, and with so much more it fits', () => {
		const asked = { cpus: 16, memory: 12 * GIB, window: { startAt: NOW + HOUR, durationSeconds: HOUR } };
		const [thin, fat] = [host('thin', LARGE), host('fat', { cpuMillicores: 32_000, memoryBytes: 64 * GIB })];
		const taking = (cpuMillicores: number, memoryBytes: number): SiteCalendar => {
			const calendar = new SiteCalendar([thin, fat]);
			occupy(calendar, 'fat', NOW, NOW + 3 * HOUR, { cpuMillicores, memoryBytes });
			return calendar;
		};
		const reasons = refusalOf(asked, taking(30_000, 60 * GIB));
		expect(reasons.map(({ code, resource, host: on }) => [code, resource, on])).toEqual([
			['CAPACITY_RESERVED', 'cpuMillicores', 'fat'],
			['CAPACITY_RESERVED', 'memoryBytes', 'fat'],
		]);
		const [cpus, bytes] = reasons.map(({ remedy }) => (remedy?.atLeast === true ? Number.NaN : remedy!.more!));
		expect(refusalOf(asked, taking(30_000 - cpus!, 60 * GIB - bytes!))).toEqual([]);
		expect(refusalOf(asked, taking(30_000 - cpus! + 1, 60 * GIB - bytes!))).toHaveLength(1);
		expect(refusalOf(asked, taking(30_000 - cpus!, 60 * GIB - bytes! + 1))).toHaveLength(1);
	});
});

describe('machines beyond the empty site', () => {
	it('are told how many the site has room for and how many of these are free, and so many are accepted', () => {
		const calendar = site();
		occupy(calendar, 'a', NOW, NOW + HOUR, { cpuMillicores: 8000 });
		occupy(calendar, 'b', NOW, NOW + HOUR, { cpuMillicores: 6000 });
		const reasons = refusalOf(
			{ machines: 9, cpus: 2, memory: GIB, window: { startAt: NOW, durationSeconds: HOUR } },
			calendar,
		);
		const amounts = { resource: 'machines', asked: 9, available: 1, limit: 8 };
		expect(reasons.slice(0, 2)).toMatchObject([
			{ code: 'CAPACITY_TOO_SMALL', ...amounts },
			{ code: 'CAPACITY_RESERVED', ...amounts, remedy: { more: 7, atLeast: true, allowed: 1 } },
		]);
		expect(refusalOf({ machines: 1, cpus: 2, memory: GIB }, calendar)).toEqual([]);
	});

	it('are told only the first where nothing is reserved', () => {
		const codes = refusalOf({ machines: 9, cpus: 2, memory: GIB }).map(({ code }) => code);
		expect(codes).not.toContain('CAPACITY_RESERVED');
	});
});

describe('a quota', () => {
	const decideWith = (limits: VoLimits, parts: RequestParts, more: Partial<SitePolicy> = {}) => {
		const usage = new VoUsage('week');
		usage.take('physics', bookingOf(HOUR, 4));
		const vos = new Map([['physics', limits]]);
		const policy: SitePolicy = { ...SITE, ...more, quotas: { period: 'week', borrowSeconds: 0, vos } };
		const party = { name: 'ann', vo: 'physics' };
		const decision = ask(requestOf({ workspace: GUEST, ...parts }), { calendar: site(), policy, party, usage });
		return decision.kind === 'accept' ? [] : decision.reasons;
	};

	it.each<[string, VoLimits, number]>([
		['of CPUs', { cpuMillicoresMax: 1000 }, 4000],
		['of a share', { shareMillicores: 1000 }, 4000],
		['of CPU time', { cpuMillicoreSecondsMax: HOUR * 1000 }, 3 * HOUR + HOUR + 25],
	])('%s that was lowered below what is booked lacks that too', (_, limits, more) => {
		const parts = { cpus: 1, window: { startAt: NOW, durationSeconds: HOUR } };
		expect(decideWith(limits, parts)).toMatchObject([{ available: 0, remedy: { more } }]);
	});

	it('counts the whole run with its setup beside a start for which no notice was given', () => {
		const parts = { cpus: 1, window: { startAt: NOW - 100, durationSeconds: HOUR } };
		expect(decideWith({ cpuMillicoreSecondsMax: 0 }, parts, { leadTimeSeconds: HOUR, setupSeconds: 40 })).toMatchObject(
			[{ code: 'LEAD_TIME' }, { code: 'QUOTA_EXCEEDED', asked: 40 + HOUR + 25 }],
		);
	});
});

describe('a window with an end', () => {
	it('that is over is told which start and which end can be had, and that is accepted', () => {
		const window = { startAt: NOW - 3 * HOUR, endAt: NOW - HOUR, durationSeconds: HOUR };
		const [reason] = refusalOf({ window });
		const { startAt, endAt } = reason!.remedy!;
		expect(reason).toMatchObject({ code: 'WINDOW_PAST', remedy: { startAt: NOW, endAt: NOW + HOUR } });
		const mended = { startAt: startAt!, endAt: endAt!, durationSeconds: HOUR };
		expect(refusalOf({ window: mended })).toEqual([]);
	});

	it('in which all is reserved is told the end that goes with the start after it', () => {
		const calendar = site();
		for (const name of ['a', 'b']) occupy(calendar, name, NOW, NOW + 2 * HOUR, { cpuMillicores: 8000 });
		const window = { startAt: NOW, endAt: NOW + HOUR, durationSeconds: HOUR };
		const [reason] = refusalOf({ window }, calendar);
		expect(reason).toMatchObject({ remedy: { startAt: NOW + 2 * HOUR, endAt: NOW + 3 * HOUR } });
	});
});

describe('an amount beside the step', () => {
	it.each<[string, RequestParts, object]>([
		['of memory', { memory: GIB + 12_345 }, { memoryBytes: GIB }],
		['of disk', { disk: 12_345 }, { diskBytes: 12_288 }],
		['of CPUs', { cpus: 1.5 }, { cpuCount: 1 }],
	])('%s is offered at the step below', (_, parts, grant) => {
		const decision = ask(requestOf({ workspace: GUEST, ...parts }), { calendar: site(), policy: SITE });
		expect(decision).toMatchObject({
			kind: 'counter',
			reasons: [{ code: 'RANGE_EMPTY' }],
			alternatives: [{ kind: 'smaller', grant }],
		});
	});

	it.each<[string, RequestParts, object]>([
		['no CPUs', { cpus: 0 }, { kind: 'larger', grant: { cpuCount: 1 } }],
		['no machine', { machines: 0 }, { kind: 'larger', grant: { machineCount: 1 } }],
		['a second', { window: { durationSeconds: 1 } }, { kind: 'longer', grant: { endAt: NOW + 60 } }],
	])('for %s the least is offered', (_, parts, alternative) => {
		const decision = ask(requestOf({ workspace: GUEST, ...parts }), { calendar: site(), policy: SITE });
		expect(decision).toMatchObject({ kind: 'counter', alternatives: [alternative] });
	});

	it('of a total is offered as much as so many machines can have together', () => {
		const parts = { workspace: GUEST, machines: 2, totalCpus: 1.5, totalMemory: 2 * GIB + 5 };
		const decision = ask(requestOf(parts), { calendar: site(), policy: SITE });
		expect(decision).toMatchObject({
			reasons: [{ available: 2 }, { available: 2 * GIB }],
			alternatives: [{ grant: { machineCount: 2, cpuCount: 1, memoryBytes: GIB } }],
		});
	});

	it('of one of several services is all that is told where the rest fits', () => {
		const head = requestOf({ serviceName: 'head', workspace: GUEST });
		const workers = requestOf({ serviceName: 'workers', workspace: GUEST, memory: GIB + 5 });
		expect(ask({ ...head, others: [workers] }, { calendar: site(), policy: SITE })).toMatchObject({
			kind: 'counter',
			reasons: [{ code: 'RANGE_EMPTY', serviceName: 'workers' }],
			alternatives: [{ kind: 'smaller', differences: [{ serviceName: 'workers', offered: GIB }] }],
		});
	});

	it('is all that is told where the window floats to a start with room', () => {
		const calendar = site();
		for (const name of ['a', 'b']) occupy(calendar, name, NOW, NOW + HOUR, { cpuMillicores: 8000 });
		const reasons = refusalOf({ memory: GIB + 5, window: { endAt: NOW + DAY, durationSeconds: HOUR } }, calendar);
		expect(reasons.map(({ code }) => code)).toEqual(['RANGE_EMPTY']);
	});

	it('is told in words that say what is wrong with a range that holds nothing', () => {
		const [reason] = refusalOf({ cpus: { intervals: [] } });
		expect(reason).toMatchObject({ code: 'RANGE_EMPTY', message: 'The range of the CPU count holds no value at all.' });
	});
});

const hosts: fc.Arbitrary<readonly Host[]> = fc
	.array(
		fc.record({ cpus: fc.integer({ min: 1, max: 8 }), memory: fc.integer({ min: 1, max: 9 }), zone: fc.boolean() }),
		{
			minLength: 1,
			maxLength: 3,
		},
	)
	.map((all) =>
		all.map(({ cpus, memory, zone }, nth) =>
			host(`h${nth}`, { cpuMillicores: cpus * 1000, memoryBytes: memory * GIB - 12_345 }, zone ? { zone: 'x' } : {}),
		),
	);

const sometimes = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const world = fc.record({
	hosts,
	taken: fc.integer({ min: 0, max: 8 }),
	notice: fc.constantFrom(0, 0, 60, 2 * HOUR),
	cpus: sometimes(fc.constantFrom(0, 1, 1.5, 3, 5, 7, 9, 12, 200)),
	share: fc.constantFrom(100, 50),
	memory: sometimes(fc.constantFrom(1, MIB, GIB, GIB + 5, 4 * GIB, 8 * GIB, 10 * GIB, 40 * GIB)),
	disk: sometimes(fc.constantFrom(5, 12_345, GIB, 999 * GIB, 4000 * GIB)),
	machines: sometimes(fc.constantFrom(0, 1, 2, 5, 300)),
	startAt: sometimes(fc.constantFrom(-2 * HOUR, -100, 0, 10, HOUR, 500 * DAY)),
	slack: sometimes(fc.constantFrom(-2 * HOUR, -HOUR, -100, 0, 100, HOUR)),
	duration: fc.constantFrom(1, 60, HOUR, 100 * DAY, 500 * DAY),
	candidateHosts: fc.constantFrom([], [], [], ['zz'], ['h0']),
	zone: sometimes(fc.constantFrom('x', 'y')),
	ceiling: fc.constantFrom(undefined, undefined, '0.00', '1.00'),
});

type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

/** What a further service has of its own. */
const further = fc.record({
	cpus: sometimes(fc.constantFrom(1, 1.5, 3, 7, 12)),
	memory: sometimes(fc.constantFrom(GIB, GIB + 5, 4 * GIB, 8 * GIB, 40 * GIB)),
	machines: sometimes(fc.constantFrom(1, 2, 5, 300)),
	candidateHosts: fc.constantFrom([], [], [], ['zz'], ['h0']),
	zone: sometimes(fc.constantFrom('x', 'y')),
});

type Further = typeof further extends fc.Arbitrary<infer F> ? F : never;

const quotas = fc.record({
	limits: fc
		.record({
			cpuMillicoresMax: sometimes(fc.constantFrom(0, 1000, 4000, 9000)),
			cpuMillicoreSecondsMax: sometimes(fc.constantFrom(0, 1, 10, 1000).map((hours) => hours * HOUR * 1000)),
			shareMillicores: sometimes(fc.constantFrom(0, 2000, 6000)),
		})
		.map((limits): VoLimits => Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined))),
	borrowSeconds: fc.constantFrom(0, HOUR, DAY),
	taken: fc.integer({ min: 0, max: 4 }),
	takenSeconds: fc.constantFrom(HOUR, DAY),
});

/** What the VO has booked. */
function bookingOf(durationSeconds: number, cpus: number): Placement {
	const usage = defineUsage([
		{ offsetSeconds: 0, durationSeconds, demand: { ...NOTHING, cpuMillicores: cpus * 1000 } },
	]);
	return { startAt: NOW, usage, machines: [{ host: 'h0', count: 1 }] };
}

function requestIn(w: World, serviceName = 'workspace'): ServiceRequest {
	const { cpus, memory, disk, machines, startAt, slack, duration, candidateHosts, zone } = w;
	return requestOf({
		serviceName,
		...(cpus === undefined ? {} : { cpus }),
		...(memory === undefined ? {} : { memory }),
		...(disk === undefined ? {} : { disk }),
		...(machines === undefined ? {} : { machines }),
		window: {
			...(startAt === undefined ? {} : { startAt: NOW + startAt }),
			...(slack === undefined ? {} : { endAt: NOW + (startAt ?? 0) + duration + slack }),
			durationSeconds: duration,
		},
		candidateHosts,
		...(w.ceiling === undefined ? {} : { priceCeiling: { currency: 'EUR', amount: w.ceiling, path: '/price' } }),
		workspace: {
			...GUEST,
			cpuSharePercent: w.share,
			...(zone === undefined ? {} : { placement: { strategy: 'pack' as const, labels: { zone } } }),
		},
	});
}

const nameOf = (nth: number): string => (nth === 0 ? 'workspace' : `workers-${nth}`);

/** With further services, which have the rest in common with the first. */
function clusterIn(w: World, more: readonly Further[]): ServiceRequest {
	const others = more.map((each, nth) => requestIn({ ...w, ...each }, nameOf(nth + 1)));
	return others.length === 0 ? requestIn(w) : { ...requestIn(w), others };
}

function contextOf(w: World) {
	const calendar = new SiteCalendar(w.hosts);
	const { cpuMillicores } = w.hosts[0]!.capacity;
	const taken = Math.min(cpuMillicores, w.taken * 1000);
	if (taken > 0) occupy(calendar, 'h0', NOW, NOW + DAY, { cpuMillicores: taken });
	const party = { name: 'ann', vo: 'physics' };
	return { calendar, policy: { ...PRICED, leadTimeSeconds: w.notice }, party };
}

/** What is asked, and what the VO may have. */
interface Asked {
	readonly request: ServiceRequest;
	readonly limits: VoLimits;
}

/** The same with what the remedy says, taken literally: in each way that it names. */
function followed({ request, limits }: Asked, reason: Reason): readonly Asked[] {
	const { code, remedy } = reason;
	const { startAt, endAt, more, atLeast } = remedy ?? {};
	const ways: Asked[] = [];
	if (startAt !== undefined) {
		const window = { ...request.window, startAt, ...(endAt === undefined ? {} : { endAt }) };
		ways.push({ limits, request: { ...request, window } });
	}
	if (more !== undefined && atLeast === undefined && (code === 'QUOTA_EXCEEDED' || code === 'FAIR_SHARE')) {
		ways.push({ request, limits: raised(limits, reason, more) });
	}
	if (code === 'QUOTA_EXCEEDED' || code === 'FAIR_SHARE') {
		const fewer = withFewerCpus(request, reason);
		return fewer === undefined ? ways : [...ways, { limits, request: fewer }];
	}
	const changed = startAt === undefined ? remedied(request, reason) : undefined;
	if (changed !== undefined) ways.push({ limits, request: changed });
	return ways;
}

/** With as many CPUs as the remedy allows in each machine, of CPU time those of all in one; undefined of several services. */
function withFewerCpus(request: ServiceRequest, { asked, resource, remedy }: Reason): ServiceRequest | undefined {
	const { allowed } = remedy!;
	if (typeof allowed !== 'number' || request.others !== undefined) return undefined;
	const ofOne = request.workspace.cpuSharePercent * 10;
	const demand = (value: number): Demand => ({ range: exactly(value), path: '/x' });
	const machines = endsOf(request.machineCount?.range ?? exactly(1))!.lower;
	const cpus = Math.floor(endsOf(request.cpuCount?.range ?? exactly(1))!.lower);
	if (resource !== 'cpuSeconds') return { ...request, cpuCount: demand(allowed / ofOne) };
	const fewer = Math.floor((machines * cpus * allowed) / Number(asked));
	return fewer < 1 ? undefined : { ...request, machineCount: demand(1), cpuCount: demand(fewer) };
}

function raised(limits: VoLimits, { code, resource }: Reason, more: number): VoLimits {
	const { cpuMillicoresMax = 0, cpuMillicoreSecondsMax = 0, shareMillicores = 0 } = limits;
	if (code === 'FAIR_SHARE') return { ...limits, shareMillicores: shareMillicores + more };
	if (resource === 'cpuMillicores') return { ...limits, cpuMillicoresMax: cpuMillicoresMax + more };
	return { ...limits, cpuMillicoreSecondsMax: cpuMillicoreSecondsMax + more * 1000 };
}

/** The request with what the remedy says of a document; undefined where it says nothing that a document could. */
function remedied(request: ServiceRequest, reason: Reason): ServiceRequest | undefined {
	const { code, resource, remedy, serviceName } = reason;
	if (remedy === undefined) return undefined;
	const { allowed, endAt } = remedy;
	const { window } = request;
	const times = endAt === undefined ? {} : { endAt };
	if (resource === 'time') {
		if (allowed === undefined) return endAt === undefined ? undefined : { ...request, window: { ...window, endAt } };
		const at = Number(allowed);
		if (code === 'WINDOW_PAST' || code === 'LEAD_TIME')
			return { ...request, window: { ...window, ...times, startAt: at } };
		if (code === 'WINDOW_TOO_FAR') return undefined;
		return { ...request, window: { ...window, durationSeconds: at } };
	}
	if (code === 'PRICE_EXCEEDED') {
		const [amount, currency] = String(allowed).split(' ');
		return { ...request, priceCeiling: { currency: currency!, amount: amount!, path: '/price' } };
	}
	const services = servicesOf<RequestedService>(request);
	const isOfAll = services.length > 1 && serviceName === undefined;
	const name = isOfAll ? remedy.serviceName : (serviceName ?? request.serviceName);
	const about = services.find((each) => each.serviceName === name);
	if (about === undefined) return undefined;
	const changed = remediedService(about, reason, isOfAll);
	return (
		changed &&
		withServices(
			request,
			services.map((each) => (each === about ? changed : each)),
		)
	);
}

function remediedService(
	service: RequestedService,
	{ code, resource, remedy, path, asked }: Reason,
	isOfAll: boolean,
): RequestedService | undefined {
	const { workspace } = service;
	const { allowed } = remedy!;
	const demand = (value: number): Demand => ({ range: exactly(value), path: path ?? '/x' });
	if (code === 'HOST_UNKNOWN') return { ...service, candidateHosts: String(allowed).split(', ') };
	if (code === 'HOST_UNSUITABLE') {
		const labels: Record<string, string> = allowed === undefined ? {} : { zone: String(allowed) };
		return { ...service, workspace: { ...workspace, placement: { ...workspace.placement!, labels } } };
	}
	if (typeof allowed !== 'number') return undefined;
	switch (resource) {
		case 'machines': {
			// Of all services together as many fewer of this one.
			const own = isOfAll
				? endsOf(service.machineCount?.range ?? exactly(1))!.lower - (Number(asked) - allowed)
				: allowed;
			return { ...service, machineCount: demand(own) };
		}
		case 'cpus':
			return { ...service, cpuCount: demand(allowed) };
		case 'cpuMillicores':
			return { ...service, cpuCount: demand(allowed / workspace.cpuSharePercent / 10) };
		case 'memoryBytes':
		case 'diskBytes':
			return { ...service, [resource]: demand(allowed) };
		default:
			return undefined;
	}
}

const { startGraceSeconds: GRACE } = POLICY;

const keyOf = ({ code, resource, serviceName, host: name }: Reason): string =>
	[serviceName, code, resource, code === 'CAPACITY_TOO_SMALL' ? name : ''].join(' ');

/** That each way that a remedy names takes its reason away, alone and with what the others say; how many there were. */
function follow(asked: Asked, decideOn: (asked: Asked) => Decision): number {
	const decision = decideOn(asked);
	if (decision.kind === 'accept') return 0;
	const leftOf = (changed: Asked): readonly string[] => {
		const again = decideOn(changed);
		return again.kind === 'accept' ? [] : again.reasons.map(keyOf);
	};
	let all = asked;
	const keys: string[] = [];
	for (const reason of decision.reasons) {
		const ways = followed(asked, reason);
		for (const changed of ways) expect(leftOf(changed)).not.toContain(keyOf(reason));
		if (ways.length === 0) continue;
		keys.push(keyOf(reason));
		all = followed(all, reason)[0]!;
	}
	expect(leftOf(all).filter((key) => keys.includes(key))).toEqual([]);
	return keys.length;
}

describe('of random offers that are refused', () => {
	const seen = { refused: 0, remedied: 0 };

	it('every limit that is violated is named', { timeout: 10_000 + 10 * QUESTIONS }, () => {
		fc.assert(
			fc.property(world, fc.array(further, { maxLength: 1 }), (w, more) => {
				const { calendar, policy, party } = contextOf(w);
				const decision = ask(clusterIn(w, more), { calendar, policy, party });
				if (decision.kind === 'accept') return;
				seen.refused += 1;
				const toldOf = (nth?: number) => {
					const about = nth === undefined || more.length === 0 ? undefined : nameOf(nth);
					const own = decision.reasons.filter(({ serviceName }) => serviceName === about);
					return own.map(({ code, resource }) => `${code} ${resource}`).join('\n');
				};
				const most = (of: 'cpuMillicores' | 'memoryBytes' | 'diskBytes') =>
					Math.max(...w.hosts.map(({ capacity }) => capacity[of]));
				for (const [nth, each] of [w, ...more.map((own) => ({ ...w, ...own }))].entries()) {
					const told = toldOf(nth);
					const cpus = each.cpus ?? 1;
					if (cpus > policy.cpuCountMax) expect(told).toContain('LIMIT_EXCEEDED cpus');
					if (Math.floor(cpus) * w.share * 10 > most('cpuMillicores'))
						expect(told).toMatch(/LIMIT_EXCEEDED cpuMillicores|HOST_UNSUITABLE/);
					if ((each.memory ?? 0) > most('memoryBytes')) expect(told).toContain('LIMIT_EXCEEDED memoryBytes');
					if ((each.disk ?? 0) > most('diskBytes')) expect(told).toContain('LIMIT_EXCEEDED diskBytes');
					if (each.memory !== undefined && each.memory % MIB !== 0) expect(told).toContain('RANGE_EMPTY memoryBytes');
					if (cpus === 1.5) expect(told).toContain('RANGE_EMPTY cpus');
					if (each.machines === 300) expect(told).toContain('LIMIT_EXCEEDED machines');
					if (each.candidateHosts[0] === 'zz') expect(told).toContain('HOST_UNKNOWN');
				}
				const told = toldOf();
				if (w.duration > policy.durationSecondsMax) expect(told).toContain('WINDOW_TOO_LONG time');
				if (w.duration < policy.durationSecondsMin) expect(told).toContain('BELOW_MINIMUM time');
				if (w.ceiling === '0.00') expect(told).toContain('PRICE_EXCEEDED');
			}),
			{ numRuns: QUESTIONS },
		);
		expect(seen.refused).toBeGreaterThan(QUESTIONS / 2);
	});

	it('each remedy takes its reason away, alone and with all the others', { timeout: 10_000 + 10 * QUESTIONS }, () => {
		fc.assert(
			fc.property(world, (w) => {
				const context = contextOf(w);
				seen.remedied += follow({ request: requestIn(w), limits: {} }, ({ request }) => ask(request, context));
			}),
			{ numRuns: Math.ceil(QUESTIONS * 0.3) },
		);
		expect(seen.remedied).toBeGreaterThan(QUESTIONS * 0.3);
	});

	it('those about times still do when they have been read and are sent', { timeout: 10_000 + 10 * QUESTIONS }, () => {
		let count = 0;
		fc.assert(
			fc.property(world, (w) => {
				const context = contextOf(w);
				const asked = { request: requestIn(w), limits: {} };
				const decision = ask(asked.request, context);
				if (decision.kind === 'accept') return;
				for (const reason of decision.reasons.filter(({ resource }) => resource === 'time')) {
					for (const { request } of followed(asked, reason)) {
						// What is shorter than the grace has passed before it.
						const lateSeconds = Math.min(GRACE, request.window.durationSeconds) - 1;
						const later = ask(request, { ...context, now: NOW + lateSeconds });
						const left = later.kind === 'accept' ? [] : later.reasons.map(keyOf);
						expect(left).not.toContain(keyOf(reason));
						count += 1;
					}
				}
			}),
			{ numRuns: Math.ceil(QUESTIONS * 0.3) },
		);
		expect(count).toBeGreaterThan(QUESTIONS * 0.1);
	});

	it('so do those of clusters, and of VOs with quotas and shares', { timeout: 10_000 + 40 * QUESTIONS }, () => {
		let count = 0;
		fc.assert(
			fc.property(world, fc.array(further, { maxLength: 2 }), quotas, (w, more, quota) => {
				const { calendar, policy, party } = contextOf(w);
				const request = clusterIn(w, more);
				const usage = new VoUsage('week');
				if (quota.taken > 0) usage.take('physics', bookingOf(quota.takenSeconds, quota.taken));
				count += follow({ request, limits: quota.limits }, (asked) => {
					const vos = new Map([['physics', asked.limits]]);
					const limited = { ...policy, quotas: { period: 'week', borrowSeconds: quota.borrowSeconds, vos } as const };
					return ask(asked.request, { calendar, policy: limited, party, usage });
				});
			}),
			{ numRuns: Math.ceil(QUESTIONS * 0.1) },
		);
		expect(count).toBeGreaterThan(QUESTIONS * 0.2);
	});
});
