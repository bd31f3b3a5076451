/**
 * What can be asked of a calendar. Instants are epoch seconds, counts are machines; all machines of a question are
 * equal and start together.
 */
import { failAssertion, type Usage } from '../resources.ts';
import { MACHINES_MAX } from './sweep.ts';

/** What every question says. Without `candidateHosts` any host will do; the same array is looked up only once. */
export interface MachinesQuestion {
	readonly candidateHosts?: readonly string[];
	/** No host carries more of these machines, whatever else is on it. Absent: as many as fit. */
	readonly machinesPerHostMax?: number;
}

/**
 * `pack` fills hosts one after the other, in the order of the site, and so leaves whole hosts free for what is large;
 * sites of more than 256 hosts group by group, beginning with one that depends on the start.
 * `spread` puts as few machines as possible on any one host.
 */
export type Strategy = 'pack' | 'spread';

export interface FitQuestion extends MachinesQuestion {
	readonly startAt: number;
	readonly count: number;
	readonly usage: Usage;
	readonly strategy?: Strategy;
}

/** Starts from `fromAt` to `untilAt`, both included. */
export interface StartQuestion extends MachinesQuestion {
	readonly fromAt: number;
	readonly untilAt: number;
	readonly count: number;
	readonly usage: Usage;
	readonly strategy?: Strategy;
}

export interface CountQuestion extends MachinesQuestion {
	readonly startAt: number;
	readonly countMax: number;
	readonly usage: Usage;
}

/**
 * How much of one resource: `usageFor` says what a machine of so many units uses (a unit is the caller's: a MiB, a
 * CPU). More units never use less of anything, at any time.
 */
export interface ScaleQuestion extends MachinesQuestion {
	readonly startAt: number;
	readonly count: number;
	readonly unitsMin: number;
	readonly unitsMax: number;
	readonly usageFor: (units: number) => Usage;
}

/**
 * How long: `usageFor` says what a machine of that duration uses. With each second every edge of a phase stays or
 * moves one second, the demands stay (asserted): the run grows, teardown and retention move along behind it.
 */
export interface DurationQuestion extends MachinesQuestion {
	readonly startAt: number;
	readonly count: number;
	readonly durationSecondsMin: number;
	readonly durationSecondsMax: number;
	readonly usageFor: (durationSeconds: number) => Usage;
}

/** The most machines of the question on one host. */
export function perHostOf({ machinesPerHostMax = MACHINES_MAX }: MachinesQuestion): number {
	assertCount(machinesPerHostMax);
	return machinesPerHostMax;
}

/** Asserts that it is a number of machines. */
export function assertCount(count: number): void {
	if (!Number.isSafeInteger(count) || count < 1 || count > MACHINES_MAX) {
		failAssertion(`a count of ${count} machines, allowed are 1 to ${MACHINES_MAX}`);
	}
}
