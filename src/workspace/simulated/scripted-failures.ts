/** Failures that a simulated site is told to have, to see what others do about them. */
import { OperatingError } from '../../errors.ts';
import type { MachineAction } from '../actions.ts';
import type { MachineSpec } from '../site.ts';

/** Which machines a failure is about; what is left out does not matter. */
interface Aim {
	readonly host?: string;
	readonly workspaceId?: string;
	readonly index?: number;
}

/** What can be attempted at a machine. */
type Attempt = 'ensure' | MachineAction | 'destroy';

/** The next `times` attempts of this operation on such machines fail. */
interface FailingAttempts extends Aim {
	readonly on: Attempt;
	readonly times: number;
	readonly message: string;
}

/** At that time (epoch seconds) all such machines that run or are paused end by themselves. */
interface Crash extends Aim {
	readonly on: 'crash';
	readonly at: number;
	readonly reason: string;
}

/** A scripted failure. */
export type SimulatedFailure = FailingAttempts | Crash;

/** The failures that are still to come. */
export class ScriptedFailures {
	readonly crashes: readonly Crash[];
	/** Of each that has a number of times, how many are left. */
	readonly #left: Map<FailingAttempts, number>;

	constructor(failures: readonly SimulatedFailure[] = []) {
		this.crashes = failures.filter((failure) => failure.on === 'crash');
		this.#left = new Map(failures.filter((failure) => failure.on !== 'crash').map((each) => [each, each.times]));
	}

	/** Throws MACHINE_FAILED where this attempt is to fail. */
	attempt(on: Attempt, spec: MachineSpec): void {
		for (const [failure, left] of this.#left) {
			if (failure.on !== on || left <= 0 || !isAimedAt(failure, spec)) continue;
			this.#left.set(failure, left - 1);
			throw new OperatingError('MACHINE_FAILED', failure.message);
		}
	}
}

/** Whether a failure is about this machine. */
export function isAimedAt(aim: Aim, spec: MachineSpec): boolean {
	return (
		(aim.host === undefined || aim.host === spec.host) &&
		(aim.workspaceId === undefined || aim.workspaceId === spec.workspaceId) &&
		(aim.index === undefined || aim.index === spec.index)
	);
}
