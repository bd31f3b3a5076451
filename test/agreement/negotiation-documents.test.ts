/** The documents of WS-Agreement Negotiation: read, typed, written, and valid wherever we write them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOfRoot, placesWithin } from '../../src/agreement/document.ts';
import { NEG, WS, WSAG } from '../../src/agreement/names.ts';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { read } from '../../src/agreement/reading.ts';
import { type BaseFault, isBaseFault, printBaseFault, readBaseFault } from '../../src/agreement/rounds/base-fault.ts';
import {
	checkNegotiationConstraints,
	type NegotiationConstraint,
} from '../../src/agreement/rounds/negotiation-constraints.ts';
import {
	type NegotiationTerms,
	printNegotiationContext,
	readNegotiationContext,
} from '../../src/agreement/rounds/negotiation-context.ts';
import {
	extensionKind,
	printNegotiationExtension,
	readNegotiationExtension,
} from '../../src/agreement/rounds/negotiation-extension.ts';
import {
	OFFERS_PER_MESSAGE_MAX,
	printInitiateNegotiationOutput,
	printNegotiableTemplate,
	printNegotiationMessage,
	readNegotiateOutput,
	readNegotiationMessage,
} from '../../src/agreement/rounds/negotiation-messages.ts';
import {
	agreementOfferOf,
	type NegotiationOffer,
	printNegotiationOffer,
	readNegotiationOffer,
} from '../../src/agreement/rounds/negotiation-offer.ts';
import { standaloneTree } from '../../src/agreement/standalone-tree.ts';
import { readDocument } from '../../src/xml/document.ts';
import {
	childElements,
	type DocumentIssue,
	element,
	firstChild,
	sameElement,
	type XmlElement,
} from '../../src/xml/element.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import {
	codesOf,
	exact,
	item,
	negotiationOfferXml,
	type OfferParts,
	templateXml,
	treeOf,
	valueIn,
} from './documents.ts';

const AT = Date.parse('2030-01-01T00:00:00Z') / 1000;

function negotiationOffer(parts: Parameters<typeof negotiationOfferXml>[0] = {}): NegotiationOffer {
	return valueIn(readNegotiationOffer(treeOf(negotiationOfferXml(parts))));
}

/** Through the gate, as anybody else would read it. */
function validated(tree: XmlElement): XmlElement {
	return valueIn(readDocument(Buffer.from(writeCanonical(tree))));
}

function negotiationItem(location: string, constraint: string, attributes: string): string {
	return item(location, constraint)
		.replace('<wsag:Item ', `<neg:Item ${attributes} `)
		.replace('</wsag:Item>', '</neg:Item>');
}

describe('an offer of a negotiation', () => {
	test('is read with its place in the tree of offers, its state and its constraints', () => {
		const constraints = `${negotiationItem('//jsdl:Exact', '<xs:minInclusive value="2"></xs:minInclusive>', 'neg:Type="Required"')}${negotiationItem('//jsdl:Exact', '', 'neg:Type="Optional" neg:Importance=" -7 "')}<wsag:Constraint>/neg:NegotiationOffer//jsdl:Exact &lt; 9</wsag:Constraint>`;
		const offer = negotiationOffer({
			name: 'mine',
			constraints,
			state: '<neg:Solicited><x:sub></x:sub></neg:Solicited>',
		});
		expect(offer).toMatchObject({
			path: '/neg:NegotiationOffer',
			offerId: 'o-1',
			name: 'mine',
			context: { templateId: '1', templateName: 'machine' },
			counterOfferTo: '1',
			expirationAt: AT,
			creator: 'NegotiationInitiator',
			state: 'Solicited',
			stateContent: [{ element: { localName: 'sub' } }],
			constraints: [
				{ type: 'Required', importance: 0, item: 'item' },
				{ type: 'Optional', importance: -7 },
				{ type: 'Required', path: '/neg:NegotiationOffer/neg:NegotiationConstraints/wsag:Constraint' },
			],
		});
	});

	test.each<[what: string, from: RegExp, to: string, code: string, path: string]>([
		['another root', /neg:NegotiationOffer(?=[ >])/g, 'neg:Offer', 'ROOT_UNKNOWN', '/neg:Offer'],
		[
			'no parent',
			/<neg:CounterOfferTo>1<\/neg:CounterOfferTo>/,
			'',
			'ELEMENT_MISSING',
			'/neg:NegotiationOffer/neg:NegotiationOfferContext',
		],
		[
			'a creator of another play',
			/NegotiationInitiator/,
			'AgreementInitiator',
			'VALUE_MALFORMED',
			'/neg:NegotiationOffer/neg:NegotiationOfferContext/neg:Creator',
		],
		[
			'a state as text',
			/<neg:Advisory><\/neg:Advisory>/,
			'Advisory',
			'VALUE_MALFORMED',
			'/neg:NegotiationOffer/neg:NegotiationOfferContext/neg:State',
		],
		[
			'a state of no meaning',
			/neg:Advisory/g,
			'neg:Binding',
			'VALUE_MALFORMED',
			'/neg:NegotiationOffer/neg:NegotiationOfferContext/neg:State',
		],
		[
			'two states',
			/<neg:Advisory>/,
			'<neg:Rejected></neg:Rejected><neg:Advisory>',
			'VALUE_MALFORMED',
			'/neg:NegotiationOffer/neg:NegotiationOfferContext/neg:State',
		],
		[
			'no time to expire at',
			/2030-01-01T00:00:00Z/,
			'soon',
			'VALUE_MALFORMED',
			'/neg:NegotiationOffer/neg:NegotiationOfferContext/neg:ExpirationTime',
		],
		[
			'no section of constraints',
			/<neg:NegotiationConstraints><\/neg:NegotiationConstraints>/,
			'',
			'ELEMENT_MISSING',
			'/neg:NegotiationOffer',
		],
		['no terms', /<wsag:Terms>.*<\/wsag:Terms>/, '', 'ELEMENT_MISSING', '/neg:NegotiationOffer'],
	])('%s: refused, and told where', (_what, from, to, code, path) => {
		const reading = readNegotiationOffer(treeOf(negotiationOfferXml().replace(from, to)));
		expect(reading.ok ? [] : reading.issues.map((issue) => [issue.code, issue.path])).toEqual([[code, path]]);
	});

	const asked: OfferParts = { resources: exact('IndividualCPUCount', 4) };

	test('holds an agreement offer, which is valid, says the same, and keeps its paths', () => {
		const offer = agreementOfferOf(negotiationOffer(asked));
		const request = valueIn(readServiceRequest(offer, {}));
		expect(request.cpuCount?.path).toMatch(/^\/neg:NegotiationOffer\/wsag:Terms\/wsag:All\//);
		expect(validated(offer.tree)).toMatchObject({ localName: 'AgreementOffer', attributes: [] });
	});

	test('is narrowed as any offer is, and goes back as a counter-offer', () => {
		const offer = agreementOfferOf(
			negotiationOffer({
				resources:
					'<jsdl:IndividualCPUCount><jsdl:LowerBoundedRange>1</jsdl:LowerBoundedRange></jsdl:IndividualCPUCount>',
			}),
		);
		const { workspace } = valueIn(readServiceRequest(offer, {}));
		const grant = {
			machineCount: 1,
			cpuCount: 2,
			memoryBytes: 1 << 30,
			diskBytes: 0,
			networkBitsPerSecond: 0,
			startAt: AT,
			endAt: AT + 3600,
			workspace,
		};
		const tree = printNegotiationOffer({
			offer: narrowOffer(offer, grant),
			offerId: 'o-2',
			counterOfferTo: 'o-1',
			creator: 'NegotiationResponder',
			state: 'Acceptable',
			expirationAt: AT,
		});
		const back = valueIn(readNegotiationOffer(validated(tree)));
		expect(back).toMatchObject({
			offerId: 'o-2',
			counterOfferTo: 'o-1',
			state: 'Acceptable',
			expirationAt: AT,
			constraints: [],
		});
		const granted = valueIn(readServiceRequest(agreementOfferOf(back), {}));
		expect(granted.cpuCount?.range).toEqual(
			valueIn(readServiceRequest(agreementOfferOf(negotiationOffer({ resources: exact('IndividualCPUCount', 2) })), {}))
				.cpuCount?.range,
		);
	});

	test('whatever prefixes it is written with', () => {
		const xml = negotiationOfferXml(asked)
			.replaceAll('neg:', 'wsag:')
			.replace(
				/wsag:(NegotiationOffer|NegotiationConstraints|NegotiationOfferContext|CounterOfferTo|ExpirationTime|Creator|State|Advisory|OfferId)\b/g,
				'n:$1',
			);
		const tree = treeOf(xml.replace('<n:NegotiationOffer ', `<n:NegotiationOffer xmlns:n="${NEG}" xmlns="${NEG}" `));
		const offer = agreementOfferOf(valueIn(readNegotiationOffer(tree)));
		const counter = printNegotiationOffer({
			offer: {
				...offer.tree,
				declarations: offer.tree.declarations
					.map((declared) => (declared.prefix === 'neg' ? { prefix: 'neg', namespace: 'urn:other' } : declared))
					.filter(({ prefix }) => prefix !== 'n'),
			},
			counterOfferTo: '1',
			creator: 'NegotiationResponder',
			state: 'Advisory',
			root: 'NegotiationOffer',
		});
		expect(valueIn(readNegotiationOffer(validated(counter)))).toMatchObject({
			state: 'Advisory',
			terms: { terms: { length: 3 } },
		});
	});
});

describe('why an offer is rejected stands in its state, where the schema has room for it', () => {
	const fault: BaseFault = {
		timestampAt: AT,
		descriptions: ['There is no host with so much memory.'],
		reasons: [
			{
				code: 'CAPACITY',
				message: 'No host has 64 GiB.',
				path: '/wsag:AgreementOffer/wsag:Terms',
				found: '64',
				allowed: 'at most 32',
				nearest: '32',
			},
			{ code: 'CLOSED', message: 'Not on Sundays.' },
		],
	};

	test('and is read there', () => {
		const offer = agreementOfferOf(negotiationOffer());
		const tree = printNegotiationOffer({
			offer: offer.tree,
			counterOfferTo: 'o-1',
			creator: 'NegotiationResponder',
			state: 'Rejected',
			stateContent: printBaseFault(fault),
		});
		const back = valueIn(readNegotiationOffer(validated(tree)));
		const [place] = back.stateContent;
		expect(place && isBaseFault(place)).toBe(true);
		expect(readBaseFault(place!, [])).toEqual(fault);
	});

	test('a hundred reasons at most, written or read', () => {
		const reasons = Array.from({ length: 150 }, (_, index) => ({ code: 'X', message: String(index) }));
		const tree = declareNamespaces(printBaseFault({ ...fault, reasons }));
		expect(childElements(tree, WS, 'Reason')).toHaveLength(100);
		const [first] = tree.children;
		const long = { ...tree, children: [...Array(50).fill(first), ...tree.children] };
		expect(readBaseFault(placeOfRoot(validated(long)), [])?.reasons).toHaveLength(100);
	});

	test('what a message could not hold is replaced', () => {
		const reasons = [{ code: 'X', message: 'a\u0000b', found: '\ud800' }];
		const tree = declareNamespaces(printBaseFault({ ...fault, reasons }));
		expect(readBaseFault(placeOfRoot(validated(tree)), [])?.reasons).toEqual([
			{ code: 'X', message: 'a\ufffdb', found: '\ufffd' },
		]);
	});

	test('a fault without a time is none', () => {
		const issues: DocumentIssue[] = [];
		expect(readBaseFault(placeOfRoot(treeOf('<wsrf-bf:BaseFault></wsrf-bf:BaseFault>')), issues)).toBeUndefined();
		expect(issues).toMatchObject([{ code: 'ELEMENT_MISSING' }]);
	});
});

describe('constraints on the answer', () => {
	const CPUS = '//jsdl:IndividualCPUCount';
	const atLeast = (count: number): string => `<xs:minInclusive value="${count}"></xs:minInclusive>`;
	const constraintsOf = (constraints: string): readonly NegotiationConstraint[] =>
		negotiationOffer({ constraints }).constraints;
	const answer = agreementOfferOf(negotiationOffer({ resources: exact('IndividualCPUCount', 4) }));

	test.each([
		'//jsdl:IndividualCPUCount',
		'/wsag:AgreementOffer//jsdl:IndividualCPUCount',
		'/neg:NegotiationOffer//jsdl:IndividualCPUCount',
		'$this/neg:NegotiationCounterOffer//jsdl:IndividualCPUCount/jsdl:Exact',
		"declare namespace n='http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';$this/n:NegotiationOffer//jsdl:Exact",
	])('mean the same offer whatever their root is called: %s', (location) => {
		const kept = constraintsOf(negotiationItem(location, atLeast(4), 'neg:Type="Required"'));
		expect(checkNegotiationConstraints(answer, kept)).toEqual({ violations: [], unmet: [], importance: 0 });
		const broken = constraintsOf(negotiationItem(location, atLeast(5), 'neg:Type="Required"'));
		expect(checkNegotiationConstraints(answer, broken).violations).toMatchObject([{ found: '4' }]);
	});

	test('Required ones forbid, Optional ones rank by their Importance', () => {
		const constraints = constraintsOf(
			[
				negotiationItem(CPUS, atLeast(8), 'neg:Type="Required"'),
				negotiationItem(CPUS, atLeast(8), 'neg:Type="Optional" neg:Importance="100"'),
				negotiationItem(CPUS, atLeast(2), 'neg:Type="Optional" neg:Importance="5"'),
				negotiationItem(CPUS, atLeast(3), 'neg:Type="Optional" neg:Importance="-2"'),
				negotiationItem(CPUS, atLeast(1), 'neg:Type="Optional"'),
			].join(''),
		);
		const fit = checkNegotiationConstraints(answer, constraints);
		expect(fit.violations).toHaveLength(1);
		expect(fit.unmet).toHaveLength(1);
		expect(fit.importance).toBe(3);
	});

	test('the nearest value keeps to all Required ones, and to no Optional one', () => {
		const among = (...counts: readonly number[]): string =>
			counts.map((count) => `<xs:enumeration value="${count}"></xs:enumeration>`).join('');
		const constraints = constraintsOf(
			[
				negotiationItem(`${CPUS}/jsdl:Exact`, atLeast(8), 'neg:Type="Required"'),
				negotiationItem(`${CPUS}/jsdl:Exact`, among(2, 4, 10), 'neg:Type="Required"'),
				negotiationItem(`${CPUS}/jsdl:Exact`, among(3, 11), 'neg:Type="Optional"'),
				negotiationItem(`${CPUS}/jsdl:Exact`, atLeast(9), 'neg:Type="Optional"'),
			].join(''),
		);
		const { violations, unmet } = checkNegotiationConstraints(answer, constraints);
		expect(violations).toMatchObject([{ nearest: '10' }]);
		expect(unmet).toMatchObject([{ message: expect.stringContaining('Nothing was found') }, { nearest: '10' }]);
	});

	test('free ones are conditions that have to hold, wherever their Locations begin', () => {
		const condition = (text: string): string => `<wsag:Constraint>${text}</wsag:Constraint>`;
		const kept =
			'/neg:NegotiationOffer//jsdl:Exact = 4 and exists(//wsag:Terms) and not (count(/wsag:AgreementOffer) = 0)';
		expect(checkNegotiationConstraints(answer, constraintsOf(condition(kept))).violations).toEqual([]);
		const broken = '/neg:NegotiationCounterOffer//jsdl:Exact &gt; 4';
		expect(checkNegotiationConstraints(answer, constraintsOf(condition(broken))).violations).toMatchObject([
			{ found: '4' },
		]);
	});

	test('what they forbid is said to be forbidden by the other side', () => {
		const { violations } = checkNegotiationConstraints(
			answer,
			constraintsOf(negotiationItem(CPUS, atLeast(8), 'neg:Type="Required"')),
		);
		expect(violations.map(({ message }) => message)).toEqual([
			expect.stringMatching(/^The offer that is answered does not allow 4/),
		]);
	});

	test.each<[what: string, constraint: string, code: string]>([
		['a condition that is none', '<wsag:Constraint>a &lt;</wsag:Constraint>', 'CONSTRAINT_MALFORMED'],
		[
			'a condition on what only the negotiation says',
			'<wsag:Constraint>//neg:Creator = "a" or //neg:State = "b"</wsag:Constraint>',
			'CONSTRAINT_UNSUPPORTED',
		],
		['no type', negotiationItem(CPUS, '', 'neg:Importance="1"'), 'VALUE_MALFORMED'],
		['a type of no meaning', negotiationItem(CPUS, '', 'neg:Type="Urgent"'), 'VALUE_MALFORMED'],
		[
			'an importance that is no number',
			negotiationItem(CPUS, '', 'neg:Type="Optional" neg:Importance="high"'),
			'VALUE_MALFORMED',
		],
		[
			'an importance beyond 2^53',
			negotiationItem(CPUS, '', 'neg:Type="Optional" neg:Importance="9007199254740993"'),
			'NUMBER_TOO_LARGE',
		],
		[
			'a Location in what only the negotiation says',
			negotiationItem('/neg:NegotiationOffer/neg:NegotiationOfferContext', '', 'neg:Type="Required"'),
			'CONSTRAINT_UNSUPPORTED',
		],
		['a Location that is none', negotiationItem('count(//x)', '', 'neg:Type="Required"'), 'LOCATION_REFUSED'],
		[
			'conditions that are too long together',
			`<wsag:Constraint>${'1 = 1'.padEnd(4000)}</wsag:Constraint>`.repeat(17),
			'CONSTRAINT_UNSUPPORTED',
		],
		['too many', negotiationItem(CPUS, '', 'neg:Type="Required"').repeat(257), 'CONSTRAINT_UNSUPPORTED'],
	])('%s: refused', (_what, constraints, code) => {
		expect(codesOf(readNegotiationOffer(treeOf(negotiationOfferXml({ constraints }))))).toEqual([code]);
	});
});

const word = fc.stringMatching(/^[a-z]{1,5}( [a-z0-9]{1,5})?$/);
const reference = fc.record({
	address: fc.stringMatching(/^https:\/\/[a-z]{1,8}\.example\/[a-z0-9]{0,8}$/),
	referenceParameters: fc.array(
		word.map((text) =>
			declareNamespaces(element({ prefix: 'x', namespace: 'urn:example:x', localName: 'Id' }, [], [text])),
		),
		{ maxLength: 3 },
	),
});
const time = fc.integer({ min: 0, max: 4_000_000_000 });
const role = fc.constantFrom('NegotiationInitiator' as const, 'NegotiationResponder' as const);

/** What a value says: reference parameters may carry more declarations than they need. */
function said(value: unknown): unknown {
	return JSON.parse(JSON.stringify(value, (name, member) => (name === 'declarations' ? undefined : member)));
}

describe('the context of a negotiation', () => {
	const terms: fc.Arbitrary<NegotiationTerms> = fc.record(
		{
			type: fc.oneof(
				fc.constant({ kind: 'Negotiation' as const }),
				fc.record(
					{ kind: fc.constant('Renegotiation' as const), responderAgreement: reference, initiatorAgreement: reference },
					{ requiredKeys: ['kind', 'responderAgreement'] },
				),
			),
			agreementResponder: role,
			expirationAt: time,
			initiator: word,
			responder: word,
			agreementFactory: reference,
		},
		{ requiredKeys: ['type', 'agreementResponder'] },
	);

	test('says when it is read what it said when it was written, and is valid', () => {
		fc.assert(
			fc.property(terms, (context) => {
				const {
					tree: _,
					path,
					extensions,
					...back
				} = valueIn(readNegotiationContext(validated(declareNamespaces(printNegotiationContext(context)))));
				expect(path).toBe('/neg:NegotiationContext');
				expect(extensions).toEqual([]);
				expect(said(back)).toEqual(said(context));
			}),
			{ numRuns: 100 },
		);
	});

	const xml = (type: string, responder = 'NegotiationResponder'): string =>
		`<neg:NegotiationContext><neg:NegotiationType>${type}</neg:NegotiationType><neg:AgreementResponder>${responder}</neg:AgreementResponder><x:more></x:more></neg:NegotiationContext>`;

	test('foreign elements are handed out, of the context and of its type', () => {
		const context = valueIn(readNegotiationContext(treeOf(xml('<neg:Negotiation><x:why></x:why></neg:Negotiation>'))));
		expect(context.extensions.map(({ path }) => path)).toEqual([
			'/neg:NegotiationContext/neg:NegotiationType/neg:Negotiation/x:why',
			'/neg:NegotiationContext/x:more',
		]);
	});

	test.each<[what: string, text: string, code: string]>([
		['another root', '<neg:Context></neg:Context>', 'ROOT_UNKNOWN'],
		['no type', xml(''), 'ELEMENT_MISSING'],
		['an unknown type', xml('<neg:Haggling></neg:Haggling>'), 'ELEMENT_UNKNOWN'],
		['a renegotiation of nothing', xml('<neg:Renegotiation></neg:Renegotiation>'), 'ELEMENT_MISSING'],
		[
			'an agreement without an address',
			xml('<neg:Renegotiation><neg:ResponderAgreementEPR></neg:ResponderAgreementEPR></neg:Renegotiation>'),
			'ELEMENT_MISSING',
		],
		[
			'too many reference parameters',
			xml(
				`<neg:Renegotiation><neg:ResponderAgreementEPR><wsa:Address>a</wsa:Address><wsa:ReferenceParameters>${'<x:a></x:a>'.repeat(17)}</wsa:ReferenceParameters></neg:ResponderAgreementEPR></neg:Renegotiation>`,
			),
			'ELEMENTS_TOO_MANY',
		],
		[
			'a responder of another play',
			xml('<neg:Negotiation></neg:Negotiation>', 'AgreementResponder'),
			'VALUE_MALFORMED',
		],
	])('%s: refused', (_what, text, code) => {
		expect(codesOf(readNegotiationContext(treeOf(text)))).toEqual([code]);
	});
});

describe('the extension by which an agreement is created from what was negotiated', () => {
	test.each(['NegotiationExtension', 'RenegotiationExtension'] as const)(
		'%s says when read what was written, and is valid',
		(kind) => {
			fc.assert(
				fc.property(reference, reference, reference, time, role, (a, b, c, expirationAt, creator) => {
					const references = {
						kind,
						responderNegotiation: a,
						initiatorNegotiation: b,
						...(kind === 'RenegotiationExtension' ? { responderAgreement: c } : {}),
					};
					const offerContext = { counterOfferTo: 'o-1', expirationAt, creator, state: 'Acceptable' as const };
					const place = placeOfRoot(validated(declareNamespaces(printNegotiationExtension(references, offerContext))));
					const issues: DocumentIssue[] = [];
					expect(extensionKind(place)).toBe(kind);
					const context = { ...offerContext, stateContent: [], extensions: [] };
					const expected = { ...references, path: `/neg:${kind}`, offerContext: context, extensions: [] };
					expect(said(readNegotiationExtension(place, kind, issues))).toEqual(said(expected));
					expect(issues).toEqual([]);
				}),
				{ numRuns: 30 },
			);
		},
	);

	test('one that renegotiates has to say what', () => {
		const issues: DocumentIssue[] = [];
		const place = placeOfRoot(treeOf('<neg:RenegotiationExtension></neg:RenegotiationExtension>'));
		expect(readNegotiationExtension(place, 'RenegotiationExtension', issues)).toBeUndefined();
		expect(issues).toHaveLength(3);
		expect(extensionKind(placeOfRoot(treeOf('<neg:Extension></neg:Extension>')))).toBeUndefined();
	});
});

describe('messages', () => {
	const context =
		'<neg:NegotiationContext><neg:NegotiationType><neg:Negotiation></neg:Negotiation></neg:NegotiationType><neg:AgreementResponder>NegotiationResponder</neg:AgreementResponder></neg:NegotiationContext>';
	const message = (name: string, content: string): XmlElement => treeOf(`<neg:${name}>${content}</neg:${name}>`);

	test('of several offers are read in order, each a document of its own that keeps the paths of the message', () => {
		const root = message(
			'NegotiateInput',
			`${negotiationOfferXml({ name: 'a' })}${negotiationOfferXml({ name: 'b' })}<x:more></x:more>`,
		);
		const read = valueIn(readNegotiationMessage(root));
		if (read.kind !== 'NegotiateInput') throw new Error(read.kind);
		expect(read.offers.map(({ name }) => name)).toEqual(['a', 'b']);
		expect(read.offers[1]?.terms.path).toBe('/neg:NegotiateInput/neg:NegotiationOffer[2]/wsag:Terms');
		expect(read.extensions).toMatchObject([{ path: '/neg:NegotiateInput/x:more' }]);
		expect(valueIn(readNegotiationOffer(validated(read.offers[1]!.tree))).name).toBe('b');
	});

	test('are plain data, which can cross threads', () => {
		const constraints = `${negotiationItem('//jsdl:Exact', '<xs:pattern value="[0-9]+"></xs:pattern>', 'neg:Type="Required"')}<wsag:Constraint>count(//jsdl:Exact) &gt; 0</wsag:Constraint>`;
		const reading = read(message('NegotiateInput', `${negotiationOfferXml({ constraints })}<x:more></x:more>`));
		expect(reading).toMatchObject({ ok: true, value: { message: { offers: [{ constraints: { length: 2 } }] } } });
		expect(structuredClone(reading)).toEqual(reading);
	});

	test('that begin a negotiation tell critical extensions from others', () => {
		const content = `${context}<neg:InitiatorNegotiationEPR><wsa:Address>urn:me</wsa:Address></neg:InitiatorNegotiationEPR><neg:NoncriticalExtension><x:a></x:a></neg:NoncriticalExtension><x:b></x:b>`;
		expect(valueIn(readNegotiationMessage(message('InitiateNegotiationInput', content)))).toMatchObject({
			context: { type: { kind: 'Negotiation' } },
			initiatorNegotiation: { address: 'urn:me' },
			noncriticalExtensions: [{ element: { localName: 'a' } }],
			extensions: [{ element: { localName: 'b' } }],
		});
	});

	test('that end one say why, if they like', () => {
		expect(valueIn(readNegotiationMessage(message('TerminateInput', '<x:a></x:a><x:b></x:b>')))).toMatchObject({
			extensions: { length: 2 },
		});
	});

	test.each<[what: string, root: XmlElement, codes: string[]]>([
		['no message', message('NegotiateOutput', ''), ['ROOT_UNKNOWN']],
		['no offer', message('NegotiateInput', ''), ['ELEMENT_MISSING']],
		['no context', message('InitiateNegotiationInput', ''), ['ELEMENT_MISSING']],
		[
			'too many offers',
			message('AdvertiseInput', negotiationOfferXml().repeat(OFFERS_PER_MESSAGE_MAX + 1)),
			['OFFERS_TOO_MANY'],
		],
	])('%s: refused', (_what, root, codes) => {
		expect(codesOf(readNegotiationMessage(root))).toEqual(codes);
	});

	test('answers are valid, and are read by whoever asked', () => {
		const counter = printNegotiationOffer({
			offer: agreementOfferOf(negotiationOffer()).tree,
			offerId: 'o-2',
			counterOfferTo: 'o-1',
			creator: 'NegotiationResponder',
			state: 'Advisory',
		});
		const answer = validated(printNegotiationMessage('NegotiateOutput', [counter, counter]));
		expect(valueIn(readNegotiateOutput(answer))).toMatchObject([{ offerId: 'o-2' }, { offerId: 'o-2' }]);
		expect(codesOf(readNegotiateOutput(counter))).toEqual(['ROOT_UNKNOWN']);
		const created = validated(printInitiateNegotiationOutput({ address: 'urn:here', referenceParameters: [] }));
		expect(firstChild(created, NEG, 'CreatedNegotiationEPR')).toBeDefined();
	});

	test('the properties of a negotiation show its context, its templates and its offers', () => {
		const template = printNegotiableTemplate(treeOf(templateXml('')));
		const properties = printNegotiationMessage('NegotiationProperties', [
			printNegotiationContext({ type: { kind: 'Negotiation' }, agreementResponder: 'NegotiationResponder' }),
			template,
			negotiationOffer().tree,
		]);
		expect(placesWithin(placeOfRoot(validated(properties)))).toHaveLength(3);
		const shown = valueIn(read(validated(template)));
		expect(shown).toMatchObject({ kind: 'negotiable-template', template: { id: '1' } });
		if (shown.kind === 'negotiable-template')
			expect(sameElement(shown.template.tree, treeOf(templateXml('')))).toBe(true);
	});
});

test('an element of a document becomes one of its own, with every prefix that it uses in names and in values', () => {
	const root = treeOf(
		'<x:a xmlns="urn:outer" xmlns:y="urn:y" xmlns:v="urn:v" xmlns:q="urn:q" xmlns:unused="urn:u"><b xmlns="" xmlns:y="urn:z" at="//v:step[@q:n=1]"><c><x:d>wsag:Terms</x:d></c></b><e></e></x:a>',
	);
	const [b, e] = placesWithin(placeOfRoot(root));
	const declared = (tree: XmlElement): string[] =>
		tree.declarations.map(({ prefix, namespace }) => `${prefix}=${namespace}`).sort();
	expect(declared(standaloneTree(b!))).toEqual(
		['=', 'q=urn:q', 'v=urn:v', `wsag=${WSAG}`, 'x=urn:example:x', 'y=urn:z'].sort(),
	);
	expect(declared(standaloneTree(e!))).toEqual(['=urn:outer']);
	expect(standaloneTree(placeOfRoot(root))).toBe(root);
});
