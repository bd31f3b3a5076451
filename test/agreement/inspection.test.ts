/** What an inspection says of offers, wherever they stand: of every way to make their choices, each thing once. */
import { describe, expect, test } from 'vitest';
import { read } from '../../src/agreement/inspection.ts';
import { exact, jobTerm, negotiationOfferXml, offerXml, templateXml, treeOf } from './documents.ts';

const JOB = 'jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources/jsdl:';
const told = (xml: string) => read(treeOf(xml)).issues.map(({ code, path }) => `${code} ${path}`);

const bodyOf = (offer: string) => offer.replace(/^<wsag:AgreementOffer>|<\/wsag:AgreementOffer>$/g, '');

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

describe('paths name attributes and elements as the document does', () => {
	const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
	/** Elements of WS-Agreement without a prefix, attributes with one of the author's own. */
	const inOtherWords = (xml: string) =>
		xml
			.replace(/(<\/?)wsag:/g, '$1')
			.replaceAll(' wsag:', ' a:')
			.replaceAll(' neg:', ' b:')
			.replace(/^<[\w:]+/, `$& xmlns="${WSAG}" xmlns:a="${WSAG}" xmlns:b="${NEG}"`);
	const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
	const elsewhere = (name: string) =>
		`<wsag:ServiceProperties wsag:Name="${name}" wsag:ServiceName="elsewhere"><wsag:VariableSet><wsag:Variable><wsag:Location>//wsag:Terms</wsag:Location></wsag:Variable></wsag:VariableSet></wsag:ServiceProperties>`;
	const state = '<wsag:State>Fulfilled</wsag:State>';

	test.each<[name: string, xml: string, path: string]>([
		['a name that stands twice', offerXml({ terms: jobTerm('window', '') }), '/ServiceDescriptionTerm[4]/@a:Name'],
		['a service that nothing describes', offerXml({ terms: elsewhere('v') }), '/ServiceProperties/@a:ServiceName'],
		[
			'a state of no term',
			`<wsag:AgreementProperties><wsag:AgreementId>1</wsag:AgreementId>${bodyOf(offerXml())}<wsag:AgreementState><wsag:State>Observed</wsag:State></wsag:AgreementState><wsag:GuaranteeTermState wsag:termName="none">${state}</wsag:GuaranteeTermState></wsag:AgreementProperties>`,
			'/AgreementProperties/GuaranteeTermState/@a:termName',
		],
		[
			'an Importance beyond all bounds',
			negotiationOfferXml({
				constraints:
					'<neg:Item neg:Type="Required" neg:Importance="99999999999999999999"><wsag:Location>//jsdl:Exact</wsag:Location><wsag:ItemConstraint></wsag:ItemConstraint></neg:Item>',
			}),
			'/neg:Item/@b:Importance',
		],
		[
			'a TemplateId that differs',
			templateXml('').replace('<wsag:TemplateId>1<', '<wsag:TemplateId>2<'),
			'/Template/Context/TemplateId',
		],
	])('%s', (_name, xml, path) => {
		const paths = read(treeOf(inOtherWords(xml))).issues.map((issue) => issue.path);
		expect(
			paths.filter((each) => each.endsWith(path)),
			paths.join('\n'),
		).not.toEqual([]);
		expect(paths.filter((each) => each.includes('wsag:'))).toEqual([]);
	});
});

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
