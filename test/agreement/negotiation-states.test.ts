import { describe, expect, test } from 'vitest';
import { canMove } from '../../src/agreement/properties/states.ts';
import {
	mayAnswer,
	NEGOTIATION_OFFER_STATES,
	NEGOTIATION_OFFER_TRANSITIONS,
	NEGOTIATION_ROLES,
	NEGOTIATION_TRANSITIONS,
	type NegotiationBase,
} from '../../src/agreement/rounds/negotiation-states.ts';

/** Every pair that is allowed, written out once more; all others must be refused. */
const MACHINES: [name: string, transitions: Readonly<Record<string, readonly string[]>>, allowed: string[]][] = [
	[
		'a negotiation offer',
		NEGOTIATION_OFFER_TRANSITIONS,
		['Advisory > Rejected', 'Solicited > Rejected', 'Acceptable > Advisory', 'Acceptable > Rejected'],
	],
	['a negotiation', NEGOTIATION_TRANSITIONS, ['Open > Agreed', 'Open > Terminated', 'Open > Expired']],
];

describe.each(MACHINES)('the states of %s', (_name, transitions, allowed) => {
	const states = Object.keys(transitions);
	const pairs = states.flatMap((from) => states.map((to) => `${from} > ${to}`));

	test.each(pairs)('%s', (pair) => {
		const [from, to] = pair.split(' > ') as [string, string];
		expect(canMove(transitions, from, to)).toBe(allowed.includes(pair));
	});
});

/** Who may answer what with what, written out once more: base, who answers, with which states. */
const ANSWERS: Record<string, string> = {
	'template by NegotiationInitiator': 'Advisory Solicited Acceptable',
	'NegotiationInitiator’s Advisory by NegotiationInitiator': 'Advisory Solicited Acceptable Rejected',
	'NegotiationInitiator’s Solicited by NegotiationInitiator': 'Advisory Solicited Acceptable Rejected',
	'NegotiationInitiator’s Acceptable by NegotiationInitiator': 'Advisory Solicited Acceptable Rejected',
	'NegotiationResponder’s Advisory by NegotiationInitiator': 'Advisory Solicited Acceptable Rejected',
	'NegotiationResponder’s Solicited by NegotiationInitiator': 'Advisory Solicited Acceptable Rejected',
	'NegotiationResponder’s Acceptable by NegotiationInitiator': 'Advisory Solicited Acceptable Rejected',
	'NegotiationInitiator’s Advisory by NegotiationResponder': 'Advisory Rejected',
	'NegotiationInitiator’s Solicited by NegotiationResponder': 'Acceptable Rejected Advisory',
	'NegotiationInitiator’s Acceptable by NegotiationResponder': 'Acceptable Rejected Advisory',
};

const BASES: readonly NegotiationBase[] = [
	'template',
	...NEGOTIATION_ROLES.flatMap((creator) => NEGOTIATION_OFFER_STATES.map((state) => ({ creator, state }))),
];

describe('who may answer what with what', () => {
	const cases = BASES.flatMap((base) =>
		NEGOTIATION_ROLES.flatMap((by) =>
			NEGOTIATION_OFFER_STATES.map((state) => {
				const what = base === 'template' ? base : `${base.creator}’s ${base.state}`;
				return { base, by, state, what: `${what} by ${by}` };
			}),
		),
	);

	test.each(cases)('$what: $state', ({ base, by, state, what }) => {
		expect(mayAnswer(base, by, state)).toBe((ANSWERS[what] ?? '').split(' ').includes(state));
	});
});
