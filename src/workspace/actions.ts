/**
 * What may be asked of a machine in which state: one table for every site.
 */
import { OperatingError } from '../errors.ts';
import type { MachineState } from './site.ts';

export type MachineAction = 'pause' | 'resume' | 'save' | 'restore' | 'shutdown';

/** `do`: it has to be done. `done`: it is so already. `no`: it cannot be had from here. */
type Verdict = 'do' | 'done' | 'no';

const VERDICTS: Readonly<Record<MachineAction, Readonly<Record<MachineState, Verdict>>>> = {
	pause: { running: 'do', paused: 'done', saved: 'no', off: 'no', failed: 'no', absent: 'no' },
	resume: { running: 'done', paused: 'do', saved: 'no', off: 'no', failed: 'no', absent: 'no' },
	save: { running: 'do', paused: 'do', saved: 'done', off: 'no', failed: 'no', absent: 'no' },
	restore: { running: 'done', paused: 'no', saved: 'do', off: 'no', failed: 'no', absent: 'no' },
	// What is paused or saved goes on first, so that its guest can end in order.
	shutdown: { running: 'do', paused: 'do', saved: 'do', off: 'done', failed: 'done', absent: 'done' },
};

/** Whether the action has to be done; false when it is so already. Throws MACHINE_FAILED when it cannot be had. */
export function mustAct(action: MachineAction, state: MachineState, name: string): boolean {
	const verdict = VERDICTS[action][state];
	if (verdict === 'no') {
		throw new OperatingError('MACHINE_FAILED', `${action} of ${name}: it is ${state}.`);
	}
	return verdict === 'do';
}
