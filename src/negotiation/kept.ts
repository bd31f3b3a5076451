/** What machines of a service that a change leaves out keep for their retention, once they are paused or saved. */
import type { WorkspaceTerm } from '../agreement/terms/service.ts';
import { defineUsage, type Placement } from '../capacity/resources.ts';
import type { Leaving, PreviousGrant } from './change.ts';
import type { SitePolicy } from './policy/policy.ts';

/** Whether the end action keeps something of the machines. */
export function isKeeping({ endAction, retentionSeconds }: WorkspaceTerm): boolean {
	return retentionSeconds > 0 && (endAction === 'pause' || endAction === 'save');
}

/**
 * What is kept where a change is agreed to at `now`; where it may be agreed to at any time until `agreedUntil`, the most
 * of what that comes to. Nothing of what has not begun. O(services that leave).
 */
export function keptByLeaving(
	{ leaving = [], running }: PreviousGrant,
	policy: SitePolicy,
	now: number,
	agreedUntil = now,
): readonly Placement[] {
	return running ? leaving.flatMap((each) => keptBy(each, policy, now, agreedUntil) ?? []) : [];
}

/**
 * The same of one service. From now on, since what a paused machine keeps it never gives back in between; beside it,
 * what else the machines use until they are paused or saved goes as that of machines that are destroyed. It is what was
 * booked for the end of the window, earlier: so it always lies within what the agreement has booked.
 */
export function keptBy(
	{ service: { workspace }, placement }: Leaving,
	{ teardownSeconds }: SitePolicy,
	now: number,
	agreedUntil = now,
): Placement | undefined {
	const { startAt, usage, machines } = placement;
	if (!isKeeping(workspace) || machines.length === 0) return undefined;
	const { offsetSeconds, durationSeconds, demand } = usage.at(-1)!;
	const bookedUntil = startAt + offsetSeconds + durationSeconds;
	const untilAt = Math.min(bookedUntil, agreedUntil + teardownSeconds + workspace.retentionSeconds);
	return { startAt: now, usage: defineUsage([{ offsetSeconds: 0, durationSeconds: untilAt - now, demand }]), machines };
}
