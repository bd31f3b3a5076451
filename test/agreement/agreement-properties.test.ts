/** Made agreements: what is printed is read again as it was meant, and passes the gate. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringValue } from '../../src/agreement/document.ts';
import { WS } from '../../src/agreement/names.ts';
import { readBranches } from '../../src/agreement/offer/branches.ts';
import { readOffer } from '../../src/agreement/offer/offer.ts';
import { readAgreement } from '../../src/agreement/properties/agreement-properties.ts';
import { printAgreement } from '../../src/agreement/properties/print.ts';
import {
	AGREEMENT_TRANSITIONS,
	type AgreementState,
	GUARANTEE_TERM_TRANSITIONS,
	type GuaranteeTermState,
	SERVICE_TERM_TRANSITIONS,
	type ServiceTermState,
} from '../../src/agreement/properties/states.ts';
import { flattenTerms } from '../../src/agreement/terms/terms.ts';
import { readDocument } from '../../src/xml/document.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { codesOf, exact, jobTerm, offer, treeOf, valueIn } from './documents.ts';

/** Through the gate, as the other side reads it. */
const sent = (tree: XmlElement): XmlElement => valueIn(readDocument(Buffer.from(writeCanonical(tree))));

const guarantee = (name: string) =>
	`<wsag:GuaranteeTerm wsag:Name="${name}"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel></wsag:CustomServiceLevel></wsag:ServiceLevelObjective><wsag:BusinessValueList></wsag:BusinessValueList></wsag:GuaranteeTerm>`;
const CHOICE = `<wsag:OneOrMore>${jobTerm('a', exact('TotalResourceCount', 1))}<wsag:All>${jobTerm('b', '')}${guarantee('g2')}</wsag:All></wsag:OneOrMore>`;
const CONTEXT =
	'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><x:more><x:inner></x:inner></x:more><ws:Choice kind="ExactlyOne" path="/before"></ws:Choice>';
const BRANCHES = valueIn(readBranches(offer({ name: 'mine', context: CONTEXT, terms: guarantee('g1') + CHOICE }), {}));

const states = <S extends string>(table: Readonly<Record<S, unknown>>) =>
	fc.constantFrom(...(Object.keys(table) as S[]));
const agreements = fc.record({
	branch: fc.constantFrom(...BRANCHES),
	agreementId: fc.uuid(),
	agreementState: states<AgreementState>(AGREEMENT_TRANSITIONS),
	stateReason: fc.option(
		fc.string({ minLength: 1, maxLength: 20 }).filter((text) => /^[ -~]*$/.test(text)),
		{ nil: undefined },
	),
	serviceState: states<ServiceTermState>(SERVICE_TERM_TRANSITIONS),
	serviceActivity: fc.option(fc.constantFrom('Processing', 'Idle'), { nil: undefined }),
	guaranteeState: states<GuaranteeTermState>(GUARANTEE_TERM_TRANSITIONS),
	expirationAt: fc.option(fc.integer({ min: 0, max: 4_000_000_000 }), { nil: undefined }),
});

describe('an agreement that is printed', () => {
	test('is valid, and is read again as it was meant', () => {
		fc.assert(
			fc.property(agreements, ({ branch, guaranteeState, stateReason, serviceActivity, expirationAt, ...more }) => {
				const made = printAgreement({
					offer: branch.offer,
					chosen: branch.chosen,
					grant: {
						machineCount: 1,
						cpuCount: 1,
						memoryBytes: 2 ** 30,
						diskBytes: 0,
						networkBitsPerSecond: 0,
						startAt: 0,
						endAt: 3600,
						workspace: branch.request.workspace,
					},
					initiator: 'alice',
					responder: 'site',
					templateName: 'machine',
					templateId: '1',
					guaranteeStates: new Map([['g1', guaranteeState]]),
					...(stateReason === undefined ? {} : { stateReason }),
					...(serviceActivity === undefined ? {} : { serviceActivity, serviceDetail: '2 of 3 run' }),
					...(expirationAt === undefined ? {} : { expirationAt }),
					...more,
				});
				const tree = sent(made);
				const read = valueIn(readAgreement(tree));
				expect(writeCanonical(read.tree)).toBe(writeCanonical(made));
				expect(read).toMatchObject({
					name: 'mine',
					agreementId: more.agreementId,
					context: { initiator: 'alice', responder: 'site', templateName: 'machine', templateId: '1' },
					state: { state: more.agreementState },
					choices: branch.chosen.map(({ kind, path, terms }) => ({ kind, path, terms })),
				});
				expect(read.context.expirationAt).toBe(expirationAt);
				expect(read.stateReason).toBe(stateReason);
				expect(read.context.extensions.map(({ element }) => element.localName)).toContain('more');
				const inForce = flattenTerms(read.terms.terms);
				const named = (kind: string) => inForce.filter((term) => term.kind === kind).map(({ name }) => name);
				expect(named('ServiceDescriptionTerm')).toEqual(
					expect.arrayContaining([...branch.terms].filter((name) => name !== 'g2')),
				);
				expect(read.guaranteeStates.map(({ termName, state }) => [termName, state])).toEqual(
					named('GuaranteeTerm').map((name) => [name, name === 'g1' ? guaranteeState : 'NotDetermined']),
				);
				const activity = more.serviceState === 'Ready' ? serviceActivity : undefined;
				expect(read.serviceStates.map(({ termName, state, activity: does }) => [termName, state, does])).toEqual(
					named('ServiceDescriptionTerm').map((name) => [name, more.serviceState, activity]),
				);
				for (const { detail } of read.serviceStates) {
					expect(detail && stringValue(detail.element)).toBe(activity === undefined ? undefined : '2 of 3 run');
				}
			}),
			{ numRuns: 60 },
		);
	});
});

test('an agreement declares what its offer declared in its terms alone', () => {
	const tree = writeCanonical(BRANCHES[0]!.offer.tree);
	const own = tree.replace(` xmlns:ws="${WS}"`, '').replace(/<ws:(\w+)/g, `<ws:$1 xmlns:ws="${WS}"`);
	const [branch] = valueIn(readBranches(valueIn(readOffer(valueIn(readDocument(Buffer.from(own))))), {}));
	const made = printAgreement({
		offer: branch!.offer,
		grant: {
			machineCount: 1,
			cpuCount: 2,
			memoryBytes: 2 ** 30,
			diskBytes: 2 ** 30,
			networkBitsPerSecond: 1000,
			startAt: 0,
			endAt: 3600,
			workspace: branch!.request.workspace,
		},
		agreementId: 'a',
		initiator: 'alice',
		responder: 'site',
		templateName: 'machine',
		templateId: '1',
		agreementState: 'Observed',
		stateReason: 'Because.',
		serviceState: 'NotReady',
		price: { currency: 'EUR', amount: '1.00', cancellation: [] },
	});
	expect(declareNamespaces(made)).toBe(made);
	expect(valueIn(readAgreement(sent(made))).stateReason).toBe('Because.');
});

const parts = {
	before:
		'<wsag:AgreementId> a-1 </wsag:AgreementId><wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider></wsag:Context>',
	terms: `<wsag:Terms><wsag:All>${jobTerm('job', '')}${guarantee('g')}</wsag:All></wsag:Terms>`,
	state: '<wsag:AgreementState><x:sub>s</x:sub><wsag:State>Observed</wsag:State></wsag:AgreementState>',
};
const termState = (kind: string, content: string, name = ' wsag:termName="job"') =>
	`<wsag:${kind}TermState${name}>${content}</wsag:${kind}TermState>`;
const xml = (more: string, { before, terms, state } = parts, root = 'AgreementProperties') =>
	`<wsag:${root}>${before}${terms}${state}${more}</wsag:${root}>`;
const NOT_READY = '<wsag:State>NotReady</wsag:State>';
const READY = '<wsag:State>Ready</wsag:State>';

describe('an agreement of somebody else', () => {
	test.each(['AgreementProperties', 'AgreementStateProperties'])('is read from %s with its own sub-states', (root) => {
		const more =
			termState('Guarantee', '<wsag:State>Violated</wsag:State><x:why></x:why>', ' wsag:termName="g"') +
			termState('Service', `${READY}<x:booting></x:booting>`) +
			termState('Service', NOT_READY, '');
		const read = valueIn(readAgreement(treeOf(xml(more, parts, root))));
		expect(read).toMatchObject({
			agreementId: 'a-1',
			state: { state: 'Observed', detail: { path: `/wsag:${root}/wsag:AgreementState/x:sub` } },
			guaranteeStates: [{ termName: 'g', state: 'Violated', detail: { element: { localName: 'why' } } }],
			serviceStates: [
				{ termName: 'job', state: 'Ready', detail: { element: { localName: 'booting' } } },
				{ state: 'NotReady' },
			],
		});
		expect(read.stateReason).toBeUndefined();
	});

	test.each<[name: string, document: string, code: string]>([
		['another root', '<wsag:AgreementOffer></wsag:AgreementOffer>', 'ROOT_UNKNOWN'],
		['no id', xml('', { ...parts, before: parts.before.replace(/<wsag:AgreementId>.*?Id>/, '') }), 'ELEMENT_MISSING'],
		['no state', xml('', { ...parts, state: '' }), 'ELEMENT_MISSING'],
		[
			'a state that the standard does not know',
			xml('', { ...parts, state: parts.state.replace('Observed', 'Running') }),
			'VALUE_MALFORMED',
		],
		[
			'two sub-states',
			xml('', { ...parts, state: parts.state.replace('<wsag:State>', '<x:two></x:two><wsag:State>') }),
			'ELEMENT_REPEATED',
		],
		[
			'an empty Processing',
			xml(termState('Service', `${READY}<wsag:Processing></wsag:Processing>`)),
			'ELEMENT_MISSING',
		],
		[
			'an Idle with two elements',
			xml(termState('Service', `${READY}<wsag:Idle><x:a></x:a><x:b></x:b></wsag:Idle>`)),
			'ELEMENT_REPEATED',
		],
		[
			'an activity of what is not ready',
			xml(termState('Service', `${NOT_READY}<wsag:Idle><x:a></x:a></wsag:Idle>`)),
			'STATE_CONTRADICTS',
		],
		['a state of no term', xml(termState('Service', NOT_READY, ' wsag:termName="none"')), 'STATE_CONTRADICTS'],
		[
			'the state of a service for a guarantee',
			xml(termState('Service', NOT_READY, ' wsag:termName="g"')),
			'STATE_CONTRADICTS',
		],
		['two states of one term', xml(termState('Service', NOT_READY).repeat(2)), 'STATE_CONTRADICTS'],
	])('with %s is refused', (_name, document, code) => {
		expect(codesOf(readAgreement(treeOf(document)))).toEqual([code]);
	});
});
