/** What an inspection says of offers, wherever they stand: of every way to make their choices, each thing once. */
import { describe, expect, test } from 'vitest';
import { read } from '../../src/agreement/inspection.ts';
import { exact, jobTerm, negotiationOfferXml, offerXml, treeOf } from './documents.ts';

const JOB = 'jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources/jsdl:';
const told = (xml: string) => read(treeOf(xml)).issues.map(({ code, path }) => `${code} ${path}`);

const SLOW = exact('IndividualCPUSpeed', 2);
const FINE = exact('IndividualCPUCount', 2);
const TINY = exact('IndividualPhysicalMemory', 256);
const SECONDS = exact('IndividualCPUTime', 3600);
const choice = (kind: string, ...branches: readonly string[]) => `<wsag:${kind}>${branches.join('')}</wsag:${kind}>`;
const TERMS = choice('ExactlyOne', jobTerm('fine', FINE), jobTerm('slow', SLOW), jobTerm('seconds', SECONDS));
const OF_TERMS = [
	`NOT_SUPPORTED wsag:ExactlyOne/wsag:ServiceDescriptionTerm[3]/${JOB}IndividualCPUTime`,
	`UNIT_SUSPICIOUS wsag:ExactlyOne/wsag:ServiceDescriptionTerm[2]/${JOB}IndividualCPUSpeed`,
];

describe('of all branches', () => {
	test.each<[name: string, xml: string, terms: string]>([
		['of an offer', offerXml({ terms: TERMS }), '/wsag:AgreementOffer'],
		[
			'of an offer in a message that makes an agreement',
			`<wsag:CreateAgreementInput>${offerXml({ terms: TERMS })}</wsag:CreateAgreementInput>`,
			'/wsag:CreateAgreementInput/wsag:AgreementOffer',
		],
		['of an offer of a negotiation', negotiationOfferXml({ terms: TERMS }), '/neg:NegotiationOffer'],
		[
			'of the offers of a message',
			`<neg:NegotiateInput>${negotiationOfferXml({ terms: TERMS })}</neg:NegotiateInput>`,
			'/neg:NegotiateInput/neg:NegotiationOffer',
		],
	])('%s', (_name, xml, root) => {
		const at = (issue: string) => issue.replace(' ', ` ${root}/wsag:Terms/wsag:All/`);
		expect(told(xml)).toEqual(OF_TERMS.map(at));
	});

	test('each thing once, also what stands outside of them', () => {
		const branches = ['one', 'two', 'three'].map((name) => jobTerm(name, FINE));
		const all = told(offerXml({ resources: TINY, terms: choice('OneOrMore', ...branches, jobTerm('four', SLOW)) }));
		const at = (term: string) => `UNIT_SUSPICIOUS /wsag:AgreementOffer/wsag:Terms/wsag:All/${term}/${JOB}`;
		expect(all).toEqual([
			`${at('wsag:ServiceDescriptionTerm[1]')}IndividualPhysicalMemory`,
			`${at('wsag:OneOrMore/wsag:ServiceDescriptionTerm[4]')}IndividualCPUSpeed`,
		]);
	});

	test('beyond a hundred it is said that there is more', () => {
		const amounts = SLOW + TINY + exact('IndividualVirtualMemory', 3) + exact('IndividualDiskSpace', 4);
		const branches = Array.from({ length: 30 }, (_, index) => jobTerm(`job-${index}`, amounts));
		const { issues } = read(treeOf(offerXml({ terms: choice('ExactlyOne', ...branches) })));
		expect(issues).toHaveLength(101);
		expect(issues.at(-1)).toMatchObject({ code: 'TOO_MANY_ISSUES', severity: 'warning' });
	});
});
