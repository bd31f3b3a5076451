import { describe, expect, test } from 'vitest';
import {
	AGREEMENT_TRANSITIONS,
	canMove,
	GUARANTEE_TERM_TRANSITIONS,
	SERVICE_TERM_TRANSITIONS,
} from '../../src/agreement/properties/states.ts';

/** Every pair that is allowed, written out once more; all others must be refused. */
const MACHINES: [name: string, transitions: Readonly<Record<string, readonly string[]>>, allowed: string[]][] = [
	[
		'an agreement',
		AGREEMENT_TRANSITIONS,
		[
			'Pending > Observed',
			'Pending > Rejected',
			'Pending > PendingAndTerminating',
			'PendingAndTerminating > Terminated',
			'PendingAndTerminating > ObservedAndTerminating',
			'PendingAndTerminating > Rejected',
			'Observed > ObservedAndTerminating',
			'Observed > Complete',
			'ObservedAndTerminating > Terminated',
			'ObservedAndTerminating > Complete',
		],
	],
	['a service term', SERVICE_TERM_TRANSITIONS, ['NotReady > Ready', 'NotReady > Completed', 'Ready > Completed']],
	[
		'a guarantee term',
		GUARANTEE_TERM_TRANSITIONS,
		[
			'NotDetermined > Fulfilled',
			'NotDetermined > Violated',
			'Fulfilled > NotDetermined',
			'Fulfilled > Violated',
			'Violated > NotDetermined',
			'Violated > Fulfilled',
		],
	],
];

describe.each(MACHINES)('the states of %s', (_name, transitions, allowed) => {
	const states = Object.keys(transitions);
	const pairs = states.flatMap((from) => states.map((to) => `${from} > ${to}`));

	test.each(pairs)('%s', (pair) => {
		const [from, to] = pair.split(' > ') as [string, string];
		expect(canMove(transitions, from, to)).toBe(allowed.includes(pair));
	});
});
