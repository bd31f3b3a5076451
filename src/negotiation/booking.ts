/**
 * What a grant books, and where and when it fits. What is booked is what is used: the setup before the window, the
 * teardown after it, what a paused or saved machine keeps during its retention, and the hypervisor's own memory.
 */
import { type GrantedService, type ServiceGrant, servicesOf, type WorkspaceTerm } from '../agreement/terms/service.ts';
import type { SiteCalendar } from '../capacity/calendar.ts';
import { defineUsage, type ResourceVector, type Usage, type UsagePhase } from '../capacity/resources.ts';
import { type GangGroup, type GangPlacement, gangOf } from '../capacity/search/gang.ts';
import { fitGang, GANG_TRIALS_MAX } from '../capacity/search/gang-fit.ts';
import { earliestGang, type GangEffort, type GangStart, latestGang } from '../capacity/search/gang-searches.ts';
import type { MachinesQuestion, Strategy } from '../capacity/search/questions.ts';
import type { Searched } from '../capacity/search/searched.ts';
import type { Pricing } from './policy/cost.ts';
import type { Holding } from './policy/hold-hurdle.ts';
import type { Allowance } from './policy/hurdles.ts';
import { imageDiskBytes, MEMORY_STEP_BYTES, type SitePolicy } from './policy/policy.ts';
import { MILLICORES_PER_PERCENT, type ServiceSizes, type Sizes } from './sizes.ts';
import type { Starts } from './window.ts';

/** One of the services that are granted, and when all of them run. */
export type TimedService = GrantedService & Pick<ServiceGrant, 'startAt' | 'endAt'>;

/**
 * What is booked for one machine of a service, in phases whose offsets count from `grant.startAt`: the full vector from
 * setup to teardown, then what `pause` (memory and disk) or `save` (disk) keeps. Booked is from `now` at the earliest:
 * a window that begins at once has its setup inside, and of one that runs only the rest is booked.
 *
 * `save` needs room for the saved memory, on disk; it is booked all along, as the machine may be saved at any time.
 * `endAt` must lie after `now`.
 */
export function usageOf(grant: TimedService, policy: SitePolicy, now: number): Usage {
	const { workspace, startAt, endAt } = grant;
	const demand = demandOf(grant, workspace, policy);
	const offsetSeconds = Math.max(-policy.setupSeconds, now - startAt);
	const goneSeconds = endAt - startAt + policy.teardownSeconds;
	const phases: UsagePhase[] = [{ offsetSeconds, durationSeconds: goneSeconds - offsetSeconds, demand }];
	if (workspace.endAction === 'pause' || workspace.endAction === 'save') {
		const memoryBytes = workspace.endAction === 'pause' ? demand.memoryBytes : 0;
		const kept = { cpuMillicores: 0, memoryBytes, diskBytes: demand.diskBytes, networkBitsPerSecond: 0 };
		phases.push({ offsetSeconds: goneSeconds, durationSeconds: workspace.retentionSeconds, demand: kept });
	}
	return defineUsage(phases);
}

/** What one machine uses while it runs, with the hypervisor's own memory. */
export function demandOf(
	sizes: Pick<ServiceSizes, 'cpuCount' | 'memoryBytes' | 'diskBytes' | 'networkBitsPerSecond'>,
	workspace: WorkspaceTerm,
	policy: SitePolicy,
): ResourceVector {
	const { cpuCount, memoryBytes, networkBitsPerSecond } = sizes;
	const savedBytes = workspace.endAction === 'save' ? memoryBytes : 0;
	// 0 is the image's own size, and no disk is smaller than its image.
	const diskBytes = Math.max(sizes.diskBytes, imageDiskBytes(policy, workspace));
	return {
		cpuMillicores: cpuCount * workspace.cpuSharePercent * MILLICORES_PER_PERCENT,
		memoryBytes: memoryBytes + memoryOverheadBytes(cpuCount, memoryBytes, policy),
		diskBytes: diskBytes + savedBytes,
		networkBitsPerSecond,
	};
}

/** What a machine costs its host in memory beyond what its guest has; the share is rounded up to whole MiB. */
export function memoryOverheadBytes(cpuCount: number, memoryBytes: number, { abilities }: SitePolicy): number {
	const { baseBytes, perCpuBytes, perMemoryMillionths } = abilities.memoryOverhead;
	const shareMebibytes = Math.ceil(((memoryBytes / MEMORY_STEP_BYTES) * perMemoryMillionths) / 1_000_000);
	return baseBytes + perCpuBytes * cpuCount + shareMebibytes * MEMORY_STEP_BYTES;
}

/** What of a service decides where its machines may lie. */
export interface ServiceRoom {
	/** Absent where the offer has only one. */
	readonly serviceName?: string;
	readonly workspace: WorkspaceTerm;
	/** In the calendar's order; absent: any host. */
	readonly hosts?: readonly string[];
}

/** Where a decision looks for room. One is made per decision, and for each set of hosts that an alternative tries. */
export interface Room extends ServiceRoom {
	/** Of the further services; absent: there is one. */
	readonly others?: readonly ServiceRoom[];
	readonly calendar: SiteCalendar;
	readonly policy: SitePolicy;
	readonly now: number;
	/** How far a search for several services goes. */
	readonly effort?: GangEffort;
	/** What the searches have found out; absent where one search is the answer. */
	readonly searched?: Searched;
	/** Absent where nothing has a price. */
	readonly pricing?: Pricing;
	/** Absent where nobody has a quota. */
	readonly allowance?: Allowance;
	/** Absent where what is found need not be held. */
	readonly holding?: Holding;
}

/** As far as one answer goes that is to be sure: a quarter of a second where every start takes all its trials. */
export const THOROUGH: GangEffort = { startsMax: 25, trialsMax: GANG_TRIALS_MAX };
/**
 * Where many are tried, and one that is missed is no wrong answer: what each may do at least, a millisecond, also when
 * what all of them may do together is used up (`Searched`).
 */
const BRIEF: GangEffort = { startsMax: 4, trialsMax: 1000 };

/** The same room, looked at briefly where several services share it. */
export function inBrief(room: Room): Room {
	return room.others === undefined ? room : { ...room, effort: BRIEF };
}

export function grantOf(room: Room, sizes: Sizes, startAt: number, durationSeconds: number): ServiceGrant {
	const endAt = startAt + durationSeconds;
	if (sizes.others === undefined) return { ...(sizes as ServiceSizes), startAt, endAt, workspace: room.workspace };
	const others = sizes.others.map((each, nth) => grantedIn(room.others![nth]!, each));
	return { ...grantedIn(room, sizes), others, startAt, endAt };
}

/** The granted services one by one, each with the times of all. */
export function timedServices(grant: ServiceGrant): readonly TimedService[] {
	const { startAt, endAt } = grant;
	return grant.others === undefined ? [grant] : servicesOf(grant).map((each) => ({ ...each, startAt, endAt }));
}

/** The room as the service at that position has it alone. */
export function roomOf(room: Room, nth: number): Room {
	if (room.others === undefined) return room;
	const { others: _, hosts: __, ...common } = room;
	return { ...common, ...servicesOf<ServiceRoom>(room)[nth]! };
}

/**
 * The earliest of the starts at which machines of these sizes fit: exact for one service, and for several as far as the
 * search for gangs is (capacity/search/gang-fit.ts). A start nearer than the setup is booked from
 * `now`, so of these the first needs least and the others are not tried: the rest of a machine's needs shifts only
 * outwards with its start. O(fit) where it fits at the earliest start, else O(earliestStart).
 */
export function placeEarliest(room: Room, sizes: Sizes, starts: Starts): GangPlacement | null {
	const { calendar, policy, now } = room;
	const { earliestAt, latestAt, durationSeconds } = starts;
	const preparedAt = now + policy.setupSeconds;
	if (earliestAt < preparedAt) {
		const placement = placeAt(room, sizes, earliestAt, durationSeconds);
		if (placement !== null) return placement;
	}
	const fromAt = Math.max(earliestAt, preparedAt);
	if (fromAt > latestAt) return null;
	const groups = groupsOf(room, sizes, fromAt, durationSeconds);
	return placed(earliestGang(calendar, groups, { fromAt, untilAt: latestAt }, room.effort, room.searched));
}

/** The latest of the starts at which they fit; of starts nearer than the setup only the earliest is tried. */
export function placeLatest(room: Room, sizes: Sizes, starts: Starts): GangPlacement | null {
	const { calendar, policy, now } = room;
	const { earliestAt, latestAt, durationSeconds } = starts;
	if (earliestAt > latestAt) return null;
	const preparedAt = now + policy.setupSeconds;
	const fromAt = Math.max(earliestAt, preparedAt);
	if (fromAt <= latestAt) {
		const groups = groupsOf(room, sizes, fromAt, durationSeconds);
		const placement = placed(latestGang(calendar, groups, { fromAt, untilAt: latestAt }, room.effort, room.searched));
		if (placement !== null) return placement;
	}
	return earliestAt < preparedAt ? placeAt(room, sizes, earliestAt, durationSeconds) : null;
}

/** Where they fit at exactly this start. */
export function placeAt(room: Room, sizes: Sizes, startAt: number, durationSeconds: number): GangPlacement | null {
	const groups = groupsOf(room, sizes, startAt, durationSeconds);
	return placed(fitGang(room.calendar, groups, startAt, { ...room.effort, work: room.searched }));
}

/** The services of these sizes as what the calendar is asked about. */
export function groupsOf(room: Room, sizes: Sizes, startAt: number, durationSeconds: number): readonly GangGroup[] {
	const grant = grantOf(room, sizes, startAt, durationSeconds);
	if (room.others === undefined) return [groupFor(room, grant, room)];
	const rooms = servicesOf<ServiceRoom>(room);
	return timedServices(grant).map((service, nth) => groupFor(room, service, rooms[nth]!));
}

function groupFor({ policy, now }: Room, service: TimedService, of: ServiceRoom): GangGroup {
	return { count: service.machineCount, usage: usageOf(service, policy, now), ...candidates(of) };
}

function placed(answer: GangStart | ReturnType<typeof fitGang>): GangPlacement | null {
	return answer.kind === 'fits' ? gangOf(answer.placements) : null;
}

function grantedIn({ serviceName, workspace }: ServiceRoom, sizes: ServiceSizes): GrantedService {
	const { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond } = sizes;
	const granted = { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond, workspace };
	return serviceName === undefined ? granted : { serviceName, ...granted };
}

/** What a question says about hosts and how machines lie on them, without a member where there is nothing to say. */
export function candidates({ hosts, workspace }: ServiceRoom): MachinesQuestion & { readonly strategy?: Strategy } {
	if (hosts === undefined && workspace.placement === undefined) return ANYWHERE;
	const { strategy, machinesPerHostMax } = workspace.placement ?? {};
	return {
		...(hosts === undefined ? {} : { candidateHosts: hosts }),
		...(strategy === undefined ? {} : { strategy }),
		...(machinesPerHostMax === undefined ? {} : { machinesPerHostMax }),
	};
}

const ANYWHERE = {};
