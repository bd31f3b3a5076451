/**
 * What a site asks for its resources, as its configuration says it (README, "Prices"): rates by time band and by VO,
 * what a cancellation costs, what the site pays where it fails. Rates are exact decimals; nothing here is rounded.
 *
 * Bands are hours of days of the week in the site's time zone. The first rate that names the VO (or names none) and
 * the hour is the one that holds; every hour of the week must have one, for every VO.
 */
import { CURRENCY } from '../../agreement/terms/quote.ts';
import { listOf, membersOf, whole, wrong } from './configured.ts';

/** The offset of the site's time zone from UTC, from `fromAt` (epoch seconds) until the next entry. */
export interface ZoneOffset {
	readonly fromAt: number;
	readonly offsetSeconds: number;
}

/** What an hour of one unit costs, in billionths of the currency: one CPU, one GiB of memory, one GiB of disk. */
export interface HourlyRates {
	readonly cpu: bigint;
	readonly memory: bigint;
	readonly disk: bigint;
}

/** One band of the local week: from its second after Monday 00:00 until the next band's. */
export interface TariffBand {
	readonly fromSecond: number;
	readonly rates: HourlyRates;
	/** Rates times seconds, summed over the week up to this band. */
	readonly before: HourlyRates;
}

/** What one VO pays over a week that repeats itself. Neighbouring bands have different rates. */
export interface Tariff {
	readonly bands: readonly TariffBand[];
	/** Rates times seconds, summed over the whole week. */
	readonly week: HourlyRates;
}

/** The prices of a site. */
export interface PriceModel {
	readonly currency: string;
	/** Decimals of an amount of money, to which a price is rounded. */
	readonly decimals: number;
	/** The first one holds for everything before it too. */
	readonly zone: readonly ZoneOffset[];
	/** By VO; the others have `tariff`. */
	readonly tariffs: ReadonlyMap<string, Tariff>;
	readonly tariff: Tariff;
	/** The longest notice first; the last has none: what holds when nothing else does. */
	readonly cancellation: readonly { readonly noticeSeconds: number; readonly percent: number }[];
	/** Percent of the price that the site owes where it fails. */
	readonly penaltyPercent?: number;
	/** Its number among the lists that the site has had, and all of these: what was agreed by one stays paid by it. */
	readonly list?: number;
	readonly lists?: ReadonlyMap<number, PriceModel>;
}

export const WEEK_SECONDS = 604_800;

/** Prices that were read, or all that is wrong with them, as sentences that name the member. */
export type PriceReading =
	| { readonly ok: true; readonly model: PriceModel }
	| { readonly ok: false; readonly issues: readonly string[] };

/** Reads the member `prices` of the configuration; `zoneOf` finds the offsets of a time zone by its name. */
export function readPriceModel(
	prices: unknown,
	zoneOf: (name: string) => readonly ZoneOffset[] | undefined,
): PriceReading {
	const issues: string[] = [];
	const model = membersOf(prices, 'prices', MODEL_MEMBERS, issues);
	if (model === undefined) return { ok: false, issues };
	const currency = text(model.currency, 'prices.currency', CURRENCY, 'capital letters such as EUR', issues);
	const decimals = whole(model.decimals ?? 2, 'prices.decimals', 0, DECIMALS_MAX, issues);
	const zoneName = model.timeZone ?? 'UTC';
	const zone = typeof zoneName === 'string' ? zoneOf(zoneName) : undefined;
	if (zone === undefined)
		issues.push(wrong('prices.timeZone', zoneName, 'the name of a time zone such as Europe/Berlin'));
	const rates = listOf(model.rates, 'prices.rates', RATES_MAX, issues).map((rate, index) =>
		readRate(rate, `prices.rates[${index}]`, issues),
	);
	const cancellation = listOf(model.cancellation ?? [], 'prices.cancellation', STEPS_MAX, issues).map((step, index) =>
		readStep(step, `prices.cancellation[${index}]`, issues),
	);
	const penaltyPercent =
		model.penaltyPercent === undefined
			? undefined
			: whole(model.penaltyPercent, 'prices.penaltyPercent', 0, PENALTY_PERCENT_MAX, issues);
	if (issues.length > 0 || zone === undefined) return { ok: false, issues };
	const known = rates as Rate[];
	const tariffs = new Map<string, Tariff>();
	for (const vo of new Set(known.flatMap(({ vos }) => vos ?? []))) {
		const tariff = tariffOf(known, vo, issues);
		if (tariff !== undefined) tariffs.set(vo, tariff);
	}
	const tariff = tariffOf(known, undefined, issues);
	if (issues.length > 0 || tariff === undefined) return { ok: false, issues };
	const steps = (cancellation as Step[]).toSorted((one, other) => other.noticeSeconds - one.noticeSeconds);
	return {
		ok: true,
		model: {
			currency: currency!,
			decimals: decimals!,
			zone,
			tariffs,
			tariff,
			// Nothing is said of a cancellation: the whole price is due.
			cancellation: steps.at(-1)?.noticeSeconds === 0 ? steps : [...steps, { noticeSeconds: 0, percent: 100 }],
			...(penaltyPercent === undefined ? {} : { penaltyPercent }),
		},
	};
}

const MODEL_MEMBERS = ['currency', 'decimals', 'timeZone', 'rates', 'cancellation', 'penaltyPercent'] as const;
const RATE_MEMBERS = ['vo', 'days', 'from', 'to', 'cpuHour', 'memoryGibHour', 'diskGibHour'] as const;
const STEP_MEMBERS = ['noticeHours', 'percent'] as const;
/** Credits of nine decimals are finer than anybody bills. */
const DECIMALS_MAX = 9;
/** An hour-by-hour week for one VO has 168; beyond some VOs with bands of their own nobody keeps it by hand. */
const RATES_MAX = 1_000;
const STEPS_MAX = 20;
/** A site may promise to pay more than it was to get, ten times at most. */
const PENALTY_PERCENT_MAX = 1_000;
/** A year ahead; longer notice is never given. */
const NOTICE_HOURS_MAX = 8_784;

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const DAY_SECONDS = 86_400;
const ZERO: HourlyRates = { cpu: 0n, memory: 0n, disk: 0n };

interface Rate {
	readonly vos?: readonly string[];
	/** Spans of the local week, in seconds after Monday 00:00; absent: all of it. */
	readonly spans?: readonly { readonly from: number; readonly to: number }[];
	readonly rates: HourlyRates;
}

interface Step {
	readonly noticeSeconds: number;
	readonly percent: number;
}

function readRate(value: unknown, path: string, issues: string[]): Rate | undefined {
	const rate = membersOf(value, path, RATE_MEMBERS, issues);
	if (rate === undefined) return undefined;
	const vos = rate.vo === undefined ? undefined : namesOf(rate.vo, `${path}.vo`, issues);
	const days = rate.days === undefined ? DAYS : namesOf(rate.days, `${path}.days`, issues);
	for (const day of days) {
		if (!DAYS.includes(day)) issues.push(wrong(`${path}.days`, day, `days out of ${DAYS.join(', ')}`));
	}
	const from = timeOf(rate.from ?? '00:00', `${path}.from`, issues);
	const to = timeOf(rate.to ?? '24:00', `${path}.to`, issues);
	if (from !== undefined && to !== undefined && to <= from) {
		issues.push(
			wrong(`${path}.to`, rate.to, 'a time after "from"; for a night give one rate until 24:00 and one from 00:00'),
		);
	}
	const isAlways = rate.days === undefined && from === 0 && to === DAY_SECONDS;
	const spans = days.map((day) => {
		const start = DAYS.indexOf(day) * DAY_SECONDS;
		return { from: start + (from ?? 0), to: start + (to ?? 0) };
	});
	const rates = {
		cpu: rateOf(rate.cpuHour, `${path}.cpuHour`, issues),
		memory: rateOf(rate.memoryGibHour, `${path}.memoryGibHour`, issues),
		disk: rateOf(rate.diskGibHour ?? '0', `${path}.diskGibHour`, issues),
	};
	return { ...(vos === undefined ? {} : { vos }), ...(isAlways ? {} : { spans }), rates };
}

function readStep(value: unknown, path: string, issues: string[]): Step | undefined {
	const step = membersOf(value, path, STEP_MEMBERS, issues);
	if (step === undefined) return undefined;
	const hours = whole(step.noticeHours, `${path}.noticeHours`, 0, NOTICE_HOURS_MAX, issues) ?? 0;
	return { noticeSeconds: hours * 3600, percent: whole(step.percent, `${path}.percent`, 0, 100, issues) ?? 0 };
}

/** The week of one VO, or of those that no rate names. */
function tariffOf(rates: readonly Rate[], vo: string | undefined, issues: string[]): Tariff | undefined {
	const own = rates.filter(({ vos }) => vos === undefined || (vo !== undefined && vos.includes(vo)));
	const edges = new Set([0, ...own.flatMap(({ spans }) => (spans ?? []).flatMap(({ from, to }) => [from, to]))]);
	edges.delete(WEEK_SECONDS);
	const bands: TariffBand[] = [];
	let before = ZERO;
	let last: TariffBand | undefined;
	for (const fromSecond of [...edges].sort((a, b) => a - b)) {
		const rate = own.find(({ spans }) => spans?.some(({ from, to }) => from <= fromSecond && fromSecond < to) ?? true);
		if (rate === undefined) {
			const who = vo === undefined ? 'VOs that no rate names' : `the VO ${vo}`;
			issues.push(
				`prices.rates has none for ${who} at ${timeText(fromSecond)}; a last rate without days and hours covers the rest.`,
			);
			return undefined;
		}
		if (last !== undefined && sameRates(last.rates, rate.rates)) continue;
		if (last !== undefined) before = accrue(last, fromSecond);
		last = { fromSecond, rates: rate.rates, before };
		bands.push(last);
	}
	return { bands, week: accrue(last!, WEEK_SECONDS) };
}

/** Rates times seconds up to this second of the week, which lies in the band. */
export function accrue({ fromSecond, rates, before }: TariffBand, second: number): HourlyRates {
	const seconds = BigInt(second - fromSecond);
	return {
		cpu: before.cpu + rates.cpu * seconds,
		memory: before.memory + rates.memory * seconds,
		disk: before.disk + rates.disk * seconds,
	};
}

function sameRates(one: HourlyRates, other: HourlyRates): boolean {
	return one.cpu === other.cpu && one.memory === other.memory && one.disk === other.disk;
}

/** A rate such as "0.0125", in billionths. */
function rateOf(value: unknown, path: string, issues: string[]): bigint {
	const match = /^([0-9]{1,6})(?:\.([0-9]{1,9}))?$/.exec(typeof value === 'number' ? String(value) : lexical(value));
	if (match !== null) return BigInt(match[1]! + (match[2] ?? '').padEnd(9, '0'));
	issues.push(wrong(path, value, 'an amount per hour such as "0.0125": up to 6 digits and 9 decimals'));
	return 0n;
}

function lexical(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

function timeOf(value: unknown, path: string, issues: string[]): number | undefined {
	const match = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(lexical(value));
	const seconds = match === null ? Number.NaN : Number(match[1]) * 3600 + Number(match[2]) * 60;
	if (seconds <= DAY_SECONDS) return seconds;
	issues.push(wrong(path, value, 'a time of day from 00:00 to 24:00'));
	return undefined;
}

function timeText(second: number): string {
	const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
	const ofDay = second % DAY_SECONDS;
	return `${DAYS[Math.floor(second / DAY_SECONDS)]} ${two(ofDay / 3600)}:${two((ofDay % 3600) / 60)}`;
}

/** One name, or a list of them. */
function namesOf(value: unknown, path: string, issues: string[]): readonly string[] {
	const names = typeof value === 'string' ? [value] : value;
	const isList = Array.isArray(names) && names.every((name) => typeof name === 'string' && name !== '');
	if (isList && names.length > 0) return names as string[];
	issues.push(wrong(path, value, 'a name or a list of names'));
	return [];
}

function text(value: unknown, path: string, pattern: RegExp, allowed: string, issues: string[]): string | undefined {
	if (pattern.test(lexical(value))) return lexical(value);
	issues.push(wrong(path, value, allowed));
	return undefined;
}
