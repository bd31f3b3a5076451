/**
 * What each VO may have of a site, as its configuration says it (README, "Quotas, shares, notice, holds"): CPUs at once,
 * CPU time in a period, its share of the site, notice and length of its windows. VOs that are not named are counted
 * together, as `*`.
 *
 * A share is what a VO can rely on, not what it is bound to: what ends soon may go beyond it, since otherwise it would
 * stay empty; what ends later may not, so that nobody finds the site full for longer than that.
 */
import { membersOf, whole, wrong } from './configured.ts';
import { QUOTA_PERIODS, type QuotaPeriod } from './usage.ts';

export interface VoLimits {
	/** At any moment. */
	readonly cpuMillicoresMax?: number;
	/** In every period. */
	readonly cpuMillicoreSecondsMax?: number;
	/** Its share of the site's CPUs. */
	readonly shareMillicores?: number;
	/** Between the offer and the start of its window. */
	readonly leadTimeSeconds?: number;
	readonly durationSecondsMax?: number;
	/** Whether capacity is held for offers of its parties; absent: it is. */
	readonly mayHold?: boolean;
}

export interface Quotas {
	readonly period: QuotaPeriod;
	/** What ends within so long may go beyond the VO's share. */
	readonly borrowSeconds: number;
	/** By VO; `*` for all that are not named. */
	readonly vos: ReadonlyMap<string, VoLimits>;
}

/** Under which name a VO is counted. */
export function accountOf({ vos }: Quotas, vo: string): string {
	return vos.has(vo) ? vo : OTHERS;
}

/** Whether capacity is held for what parties of this VO ask for. */
export function mayHold(quotas: Quotas | undefined, vo: string): boolean {
	return quotas?.vos.get(accountOf(quotas, vo))?.mayHold ?? true;
}

/** The limits of all VOs that are not named, and their account. */
const OTHERS = '*';

export type QuotaReading =
	| { readonly ok: true; readonly quotas: Quotas }
	| { readonly ok: false; readonly issues: readonly string[] };

/** Reads the member `quotas` of the configuration. `siteMillicores` are the CPUs of all hosts together. */
export function readQuotas(value: unknown, siteMillicores: number): QuotaReading {
	const issues: string[] = [];
	const members = membersOf(value, 'quotas', ['period', 'borrowHours', 'vos'], issues);
	if (members === undefined) return { ok: false, issues };
	const period = QUOTA_PERIODS.find((each) => each === (members.period ?? 'month'));
	if (period === undefined) issues.push(wrong('quotas.period', members.period, `one of ${QUOTA_PERIODS.join(', ')}`));
	const borrowHours = whole(members.borrowHours ?? BORROW_HOURS, 'quotas.borrowHours', 0, HOURS_MAX, issues);
	const named = typeof members.vos === 'object' && members.vos !== null ? Object.entries(members.vos) : [];
	if (named.length === 0) issues.push(wrong('quotas.vos', members.vos, 'an object with a member for each VO, or "*"'));
	let percent = 0;
	const vos = new Map<string, VoLimits>();
	for (const [vo, limits] of named) {
		const read = readLimits(limits, `quotas.vos.${vo}`, siteMillicores, issues);
		percent += read.percent;
		vos.set(vo, read.limits);
	}
	if (percent > 100) issues.push(wrong('quotas.vos', percent, 'shares of at most 100 percent together'));
	if (issues.length > 0) return { ok: false, issues };
	return { ok: true, quotas: { period: period!, borrowSeconds: borrowHours! * 3600, vos } };
}

/** Long enough for a night's work on what nobody else has asked for. */
const BORROW_HOURS = 12;
/** A year. */
const HOURS_MAX = 8_784;
/** Sums over periods stay exact below a billion CPU-hours: 3.6 x 10^15 millicore-seconds. */
const CPU_HOURS_MAX = 1_000_000_000;
const CPUS_MAX = 100_000_000;

const NUMBERS = ['cpusMax', 'cpuHoursMax', 'sharePercent', 'leadTimeHours', 'durationHoursMax'] as const;

function readLimits(
	value: unknown,
	path: string,
	siteMillicores: number,
	issues: string[],
): { readonly limits: VoLimits; readonly percent: number } {
	const members = membersOf(value, path, [...NUMBERS, 'mayHold'], issues) ?? {};
	const read = (name: (typeof NUMBERS)[number], most: number): number | undefined =>
		members[name] === undefined ? undefined : whole(members[name], `${path}.${name}`, 0, most, issues);
	const cpus = read('cpusMax', CPUS_MAX);
	const cpuHours = read('cpuHoursMax', CPU_HOURS_MAX);
	const percent = read('sharePercent', 100);
	const leadHours = read('leadTimeHours', HOURS_MAX);
	const durationHours = read('durationHoursMax', HOURS_MAX);
	const { mayHold: holds } = members;
	if (holds !== undefined && typeof holds !== 'boolean') issues.push(wrong(`${path}.mayHold`, holds, 'true or false'));
	const limits: VoLimits = {
		...(cpus === undefined ? {} : { cpuMillicoresMax: cpus * 1000 }),
		...(cpuHours === undefined ? {} : { cpuMillicoreSecondsMax: cpuHours * 3_600_000 }),
		...(percent === undefined ? {} : { shareMillicores: Math.floor((siteMillicores * percent) / 100) }),
		...(leadHours === undefined ? {} : { leadTimeSeconds: leadHours * 3600 }),
		...(durationHours === undefined ? {} : { durationSecondsMax: durationHours * 3600 }),
		...(typeof holds === 'boolean' ? { mayHold: holds } : {}),
	};
	return { limits, percent: percent ?? 0 };
}
