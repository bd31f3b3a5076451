/**
 * What a changed grant does to machines that run.
 *
 * Live: memory that grows by hot-added steps, CPUs that are hot-added, a disk that grows, the CPU share, the bandwidth,
 * the window's end, what happens there, machines more or fewer. After a restart: less memory and fewer CPUs, since
 * guests give neither back dependably, and a disk for a machine that was booted without one. The whole table is
 * docs/renegotiation.md.
 */
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import { type GrantedService, type ServiceGrant, servicesOf, type WorkspaceTerm } from '../agreement/terms/service.ts';
import { printDateTime } from '../agreement/time.ts';
import { diskBytesOf, type PreviousGrant } from './change.ts';
import type { Reason } from './decision.ts';
import { isKeeping } from './kept.ts';
import type { SitePolicy } from './policy/policy.ts';
import { amountText } from './reasons/words.ts';
import type { ServiceSizes } from './sizes.ts';

/** One change of an agreement; `refusal` is the reason why a client that forbids restarts cannot have it. */
export interface Change {
	readonly effect: ChangeEffect;
	readonly refusal?: NeedsRestart;
}

/** `available` is what of it can be had without. */
type NeedsRestart = Reason & { readonly resource: keyof typeof FIELDS; readonly available: number };

const FIELDS = { cpus: 'cpuCount', memoryBytes: 'memoryBytes', diskBytes: 'diskBytes' } as const;

/**
 * What becomes of machines that run when they get the new grant, one entry per change that they notice; of several
 * services each message says which it is about. Of each service so many machines as `moving` says start anew elsewhere
 * and notice nothing but that. O(services).
 */
export function changesOf(
	previous: ServiceGrant,
	next: ServiceGrant,
	policy: SitePolicy,
	moving: readonly number[] = [],
): readonly Change[] {
	const before = servicesOf<GrantedService>(previous);
	const after = servicesOf<GrantedService>(next);
	const changes = after.flatMap((to, nth) => {
		const from = before[nth]!;
		const staying = Math.min(from.machineCount, to.machineCount) - (moving[nth] ?? 0);
		const resized = staying > 0 ? sizeChanges(from, to, policy, staying) : [];
		if (from.machineCount > 0) resized.push(...endChanges(from, to));
		const counted = countChanges(from.machineCount, to.machineCount);
		return [...resized, ...counted].map((change) => ofService(to.serviceName, change));
	});
	if (previous.endAt === next.endAt) return changes;
	const machines = after.reduce((sum, { machineCount }) => sum + machineCount, 0);
	return [...changes, live(`The window ends at ${printDateTime(next.endAt)}.`, machines)];
}

function ofService(serviceName: string | undefined, { effect, refusal }: Change): Change {
	if (serviceName === undefined) return refusal === undefined ? { effect } : { effect, refusal };
	const named = { effect: { ...effect, message: `${serviceName}: ${effect.message}` } };
	return refusal === undefined ? named : { ...named, refusal: { ...refusal, serviceName } };
}

/** The effects of services that a change leaves out. */
export function leavingEffects({ leaving = [] }: PreviousGrant): ChangeEffect[] {
	return leaving.map(({ service: { serviceName, machineCount, workspace } }) => {
		const isOne = machineCount === 1;
		const end = endText(workspace, isOne);
		const who = isOne ? 'its machine is' : `its ${machineCount} machines are`;
		return { kind: 'live', machines: machineCount, message: `${serviceName}: The service ends: ${who} ${end}.` };
	});
}

/** What is not there when it is agreed to, or is on its way to another host, has nothing to keep: nobody knows that yet. */
function endText(workspace: WorkspaceTerm, isOne: boolean): string {
	const { endAction, retentionSeconds } = workspace;
	if (isKeeping(workspace)) {
		const there = `as far as ${isOne ? 'it is' : 'they are'} there`;
		return `${endAction === 'pause' ? 'paused' : 'saved'}, and kept for ${retentionSeconds} seconds, ${there}`;
	}
	return endAction === 'shutdown' ? 'shut down' : 'destroyed';
}

/** The effects of machines that cannot stay on their hosts: `moved` says how many leave which. They have their new sizes there. */
export function moveEffects(moved: ReadonlyMap<string, number>): ChangeEffect[] {
	return Array.from(moved, ([fromHost, machines]) => {
		const who = machines === 1 ? 'One machine moves' : `${machines} machines move`;
		const message = `${who} from ${fromHost} to another host, and start${machines === 1 ? 's' : ''} anew there from the image: what ${machines === 1 ? 'it' : 'they'} held is lost.`;
		return { kind: 'move', machines, fromHost, message };
	});
}

/**
 * The sizes nearest to those asked that machines of a service can take as they run: whatever would need a restart stays
 * as it is, or goes as far as it can go live.
 */
export function sizesAsTheyRun(standing: GrantedService, asked: ServiceSizes, policy: SitePolicy): ServiceSizes {
	const sizes = { ...asked };
	for (const { refusal } of sizeChanges(standing, { ...standing, ...asked }, policy, 1)) {
		if (refusal !== undefined) sizes[FIELDS[refusal.resource]] = refusal.available;
	}
	return sizes;
}

/** What so many machines notice where they stand. */
function sizeChanges(previous: GrantedService, next: GrantedService, policy: SitePolicy, machines: number): Change[] {
	const changes: Change[] = [];
	const { abilities } = policy;
	if (next.memoryBytes !== previous.memoryBytes) changes.push(memoryChange(previous, next, abilities, machines));
	if (next.cpuCount !== previous.cpuCount) changes.push(cpuChange(previous, next, abilities, machines));
	const from = diskBytesOf(previous, policy);
	const to = diskBytesOf(next, policy);
	if (to > from && from > 0) changes.push(live(`Disks grow from ${diskText(from)} to ${diskText(to)}.`, machines));
	else if (to > from) {
		const message = `Machines that were booted without a disk get one of ${diskText(to)} when they restart.`;
		changes.push(restart(message, machines, 'diskBytes', to, from));
	}
	if (next.networkBitsPerSecond !== previous.networkBitsPerSecond) {
		changes.push(live(`The network bandwidth becomes ${next.networkBitsPerSecond} bits per second.`, machines));
	}
	const { cpuSharePercent: share } = previous.workspace;
	if (next.workspace.cpuSharePercent !== share) {
		const message = `The CPU share changes from ${share} to ${next.workspace.cpuSharePercent} percent per CPU.`;
		changes.push(live(message, machines));
	}
	return changes;
}

const memoryText = (bytes: number): string => amountText(bytes, 'memoryBytes');
const diskText = (bytes: number): string => amountText(bytes, 'diskBytes');

function memoryChange(
	previous: GrantedService,
	next: GrantedService,
	abilities: SitePolicy['abilities'],
	machines: number,
): Change {
	const from = previous.memoryBytes;
	const to = next.memoryBytes;
	const step = abilities.memoryStepBytes;
	if (to < from) {
		const message = `Machines that run cannot give memory back: ${memoryText(from)} become ${memoryText(to)} when they restart.`;
		return restart(message, machines, 'memoryBytes', to, from);
	}
	if (!abilities.memoryHotAdd) {
		const message = `This site cannot add memory to machines that run: ${memoryText(from)} become ${memoryText(to)} when they restart.`;
		return restart(message, machines, 'memoryBytes', to, from);
	}
	if ((to - from) % step === 0) return live(`Memory grows from ${memoryText(from)} to ${memoryText(to)}.`, machines);
	const message =
		`Memory is added live in multiples of ${memoryText(step)}: ` +
		`${memoryText(from)} become ${memoryText(to)} at a restart.`;
	return restart(message, machines, 'memoryBytes', to, from + Math.floor((to - from) / step) * step);
}

function cpuChange(
	previous: GrantedService,
	next: GrantedService,
	abilities: SitePolicy['abilities'],
	machines: number,
): Change {
	const from = previous.cpuCount;
	const to = next.cpuCount;
	if (to < from) {
		const message =
			`Machines that run cannot give CPUs back: they keep ${from} virtual CPUs, capped at once to the CPU time ` +
			`of ${to}, until they restart.`;
		return restart(message, machines, 'cpus', to, from);
	}
	const most = abilities.cpuHotAdd ? Math.max(from, abilities.cpuHotAddCountMax ?? to) : from;
	if (to <= most) return live(`CPUs grow from ${from} to ${to}.`, machines);
	const message = `Machines that run can be given ${most} CPUs here at most: ${from} become ${to} when they restart.`;
	return restart(message, machines, 'cpus', to, most);
}

function endChanges({ workspace: from }: GrantedService, { workspace: to, machineCount }: GrantedService): Change[] {
	if (to.endAction === from.endAction && to.retentionSeconds === from.retentionSeconds) return [];
	const kept = to.retentionSeconds > 0 ? `, kept for ${to.retentionSeconds} seconds` : '';
	return [live(`At the end of the window: ${to.endAction}${kept}.`, machineCount)];
}

function countChanges(from: number, to: number): Change[] {
	if (to > from) return [live(`${to - from} more machine${to - from === 1 ? ' starts' : 's start'}.`, to - from)];
	return to < from
		? [live(from - to === 1 ? 'The last machine ends.' : `The last ${from - to} machines end.`, from - to)]
		: [];
}

function live(message: string, machines: number): Change {
	return { effect: { kind: 'live', machines, message } };
}

function restart(
	message: string,
	machines: number,
	resource: NeedsRestart['resource'],
	asked: number,
	available: number,
): Change {
	const refusal: NeedsRestart = {
		code: 'NEEDS_RESTART',
		message: `${message} A restart was not allowed.`,
		resource,
		asked,
		available,
	};
	return { effect: { kind: 'restart', machines, message }, refusal };
}
