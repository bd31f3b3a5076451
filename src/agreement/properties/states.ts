/**
 * The states of an agreement, of its service terms and of its guarantee terms (GFD.192, section 7), one table each:
 * the states that may come next. The store is the single writer; whoever changes a state asks here first.
 */

export type AgreementState =
	| 'Pending'
	| 'PendingAndTerminating'
	| 'Observed'
	| 'ObservedAndTerminating'
	| 'Rejected'
	| 'Complete'
	| 'Terminated';

export type ServiceTermState = 'NotReady' | 'Ready' | 'Completed';

/** What a service does while it is Ready. */
export type ServiceActivity = 'Processing' | 'Idle';

export type GuaranteeTermState = 'NotDetermined' | 'Fulfilled' | 'Violated';

/**
 * Rejected, Complete and Terminated are final. From Observed an agreement ends Complete by fulfilment or supersession;
 * every other end passes through ObservedAndTerminating, even if only for the length of one transaction. What leads
 * out of the two Terminating states is taken from recollection of the specification, not from its text.
 */
export const AGREEMENT_TRANSITIONS: Readonly<Record<AgreementState, readonly AgreementState[]>> = {
	Pending: ['Observed', 'Rejected', 'PendingAndTerminating'],
	PendingAndTerminating: ['Terminated', 'ObservedAndTerminating', 'Rejected'],
	Observed: ['ObservedAndTerminating', 'Complete'],
	ObservedAndTerminating: ['Terminated', 'Complete'],
	Rejected: [],
	Complete: [],
	Terminated: [],
};

/**
 * A service that never ran may complete as well: its agreement was terminated first. One that was ready stays so when
 * a machine fails and is started again: it is Idle then.
 */
export const SERVICE_TERM_TRANSITIONS: Readonly<Record<ServiceTermState, readonly ServiceTermState[]>> = {
	NotReady: ['Ready', 'Completed'],
	Ready: ['Completed'],
	Completed: [],
};

/** Every assessment may come to any result. */
export const GUARANTEE_TERM_TRANSITIONS: Readonly<Record<GuaranteeTermState, readonly GuaranteeTermState[]>> = {
	NotDetermined: ['Fulfilled', 'Violated'],
	Fulfilled: ['NotDetermined', 'Violated'],
	Violated: ['NotDetermined', 'Fulfilled'],
};

/** Whether the table lets the one state follow the other. A state does not follow itself. */
export function canMove<S extends string>(transitions: Readonly<Record<S, readonly S[]>>, from: S, to: S): boolean {
	return transitions[from].includes(to);
}
