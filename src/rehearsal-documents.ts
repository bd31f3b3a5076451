/**
 * What is rehearsed before a broker listens: templates, offers and negotiation offers that take every road that a large
 * document can take. They are large enough that what is done for each node, demand and alternative is done some thousand
 * times, after which V8 has compiled it; and small enough to be read in milliseconds.
 */
import { printDateTime } from './agreement/time.ts';

/** A template that the rehearsed site publishes. */
export interface RehearsedTemplate {
	readonly name: string;
	readonly xml: string;
}

/** A document in XML. */
export interface RehearsedDocument {
	/** To be agreed to, or sent as the offer of a negotiation. */
	readonly kind: 'agreement' | 'negotiation';
	readonly xml: string;
	/** What is answered where nothing else was sent before. */
	readonly status: number;
}

const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
const NAMESPACES = [
	`xmlns:wsag="${WSAG}"`,
	'xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl"',
	'xmlns:ws="urn:computon:workspace:1"',
	'xmlns:xs="http://www.w3.org/2001/XMLSchema"',
	`xmlns:neg="${NEG}"`,
	'xmlns:x="urn:computon:rehearsal"',
].join(' ');

/** The template that demands nothing. */
export const PLAIN = 'plain';

const GIB = 2 ** 30;
const DAY = 86_400;

/** The image of the rehearsed site. */
export const REHEARSED_IMAGE = `sha256:${'0'.repeat(64)}`;

/** A kind of constraint, and what in an offer gives it the most to do. */
interface Demands {
	readonly name: string;
	readonly constraints: string;
	/** Beside what every offer has in its context. */
	readonly content?: string;
}

const DEMANDS: readonly Demands[] = [
	{
		name: 'patterns',
		constraints: [
			items(5, '//ws:Workspace/ws:Image', (index) => `${pattern(`(${index}.){300}`)}${pattern('.*')}`),
			items(3, '//x:a', (index) => pattern(`(${index}|.)*`), 'min="0"'),
			items(
				2,
				'//ws:Image',
				(index) => `${several(50, (each) => pattern(`[a-z]{3,9}${index}-${each}`))}${pattern('.*')}`,
			),
		].join(''),
		content: '<x:a>'.concat('x'.repeat(120), '</x:a>').repeat(200),
	},
	{
		name: 'locations',
		constraints: [
			items(80, '//wsag:Context//*', () => ''),
			items(80, "//*[x:b='y']//*[@a='b']", () => '', 'min="0"'),
		].join(''),
		content: '<x:a b="1">t</x:a>'.repeat(800),
	},
	{
		name: 'enumerations',
		constraints: items(3, '//x:a', () => several(200, (each) => enumeration(`v${each}`)), 'min="0"'),
		content: '<x:a>v7</x:a>'.repeat(800),
	},
	{
		name: 'violations',
		constraints: [
			items(80, '//x:a', () => enumeration('none'), 'min="0"'),
			items(3, '//x:a', () => several(200, (each) => enumeration(`v${each}`)), 'min="0"'),
			items(20, '//jsdl:IndividualCPUCount', (index) => `<xs:maxInclusive value="${33 + index}"/>`),
		].join(''),
		content: '<x:a>w</x:a>'.repeat(800),
	},
	{
		name: 'conditions',
		constraints: several(120, () =>
			constraint('count(//*) &lt; 10000 or sum(//jsdl:Exact) &gt; 5 and max(//x:a) &lt; 4'),
		),
		content: '<x:a>3</x:a>'.repeat(1500),
	},
	{
		name: 'groups',
		constraints: items(
			50,
			'/*/wsag:Context',
			() =>
				`<xs:sequence maxOccurs="unbounded"><xs:choice minOccurs="0" maxOccurs="unbounded">${'<xs:any/>'.repeat(8)}</xs:choice></xs:sequence>`,
		),
		content: '<x:a/>'.repeat(600),
	},
];

/** Kinds of constraints to which no template could keep by itself; a negotiation may demand them. */
const VIOLATED: readonly Demands[] = [
	{
		name: 'conditions that are violated',
		constraints: several(120, () =>
			constraint('count(//x:a) &lt; 3 and sum(//jsdl:Exact) &lt; 1 or max(//x:a) &lt; 1'),
		),
		content: '<x:a>3</x:a>'.repeat(800),
	},
	{
		name: 'groups that are violated',
		constraints: items(
			50,
			'/*/wsag:Context',
			() =>
				`<xs:sequence>${several(9, (each) => `<xs:any minOccurs="0" maxOccurs="9"/><xs:element name="e${each}" minOccurs="0"/>`)}</xs:sequence>`,
		),
		content: '<x:a/>'.repeat(600),
	},
];

/** One of each kind of constraint, and one without any. */
export function rehearsedTemplates(): readonly RehearsedTemplate[] {
	return [{ name: PLAIN, constraints: '' }, ...DEMANDS].map(({ name, constraints }) => {
		const terms = `${contextOf({ template: name })}<wsag:Terms><wsag:All>${termsOf({})}</wsag:All></wsag:Terms>`;
		const demanded = `<wsag:CreationConstraints>${constraints}</wsag:CreationConstraints>`;
		return {
			name,
			xml: `<wsag:Template ${NAMESPACES} wsag:TemplateId="1"><wsag:Name>${name}</wsag:Name>${terms}${demanded}</wsag:Template>`,
		};
	});
}

/**
 * Those that are accepted and those that get alternatives, of starts a day after `now` (epoch seconds). What takes most
 * roads comes first, since there may not be the time for all.
 */
export function rehearsedDocuments(now: number): readonly RehearsedDocument[] {
	const startAt = now + DAY;
	const much = { startAt, machines: 250, cpus: 32, memoryBytes: 96 * GIB };
	const choices = `<wsag:ExactlyOne>${several(20, property)}</wsag:ExactlyOne>${several(15, (index) => property(20 + index))}`;
	const content = '<x:a b="1">t</x:a>'.repeat(1000);
	const agreed: readonly (readonly [number, Wish])[] = [
		[201, { startAt }],
		[201, { startAt, content }],
		[409, { ...much, content }],
		[409, { ...much, choices }],
		[409, { ...much, machines: 100, durationSeconds: 80 * DAY, choices }],
	];
	return [
		...[...DEMANDS, ...VIOLATED].map(({ constraints, content: demanded = '' }) =>
			negotiated([{ ...much, content: demanded }], constraints),
		),
		negotiated([much, much, much], ''),
		negotiated([{ ...much, choices }], ''),
		...agreed.map(([status, wish]) => ({ kind: 'agreement', xml: offerOf(wish), status }) as const),
		...DEMANDS.map(({ name, content: demanded = '' }) => {
			const xml = offerOf({ template: name, content: demanded, startAt });
			return { kind: 'agreement', xml, status: 409 } as const;
		}),
	];
}

/** What an offer asks for; one small machine for an hour where nothing is said. */
interface Wish {
	readonly template?: string;
	/** Epoch seconds; at once where it is absent. */
	readonly startAt?: number;
	readonly durationSeconds?: number;
	readonly machines?: number;
	readonly cpus?: number;
	readonly memoryBytes?: number;
	/** Further terms. */
	readonly choices?: string;
	/** Further elements in the context. */
	readonly content?: string;
}

function offerOf(wish: Wish): string {
	return `<wsag:AgreementOffer ${NAMESPACES}>${innerOf(wish)}</wsag:AgreementOffer>`;
}

function negotiated(wishes: readonly Wish[], constraints: string): RehearsedDocument {
	const required = constraints
		.replaceAll('<wsag:Item wsag:Name', '<neg:Item neg:Type="Required" wsag:Name')
		.replaceAll('</wsag:Item>', '</neg:Item>');
	const context = `<neg:NegotiationOfferContext><neg:CounterOfferTo>${PLAIN}</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:Solicited/></neg:State></neg:NegotiationOfferContext>`;
	const offers = wishes.map(
		(wish) =>
			`<neg:NegotiationOffer ${NAMESPACES}>${innerOf(wish)}${context}<neg:NegotiationConstraints>${required}</neg:NegotiationConstraints></neg:NegotiationOffer>`,
	);
	return {
		kind: 'negotiation',
		xml: `<neg:NegotiateInput xmlns:neg="${NEG}">${offers.join('')}</neg:NegotiateInput>`,
		status: 200,
	};
}

function innerOf(wish: Wish): string {
	const terms = `<wsag:Terms><wsag:All>${termsOf(wish)}${wish.choices ?? ''}</wsag:All></wsag:Terms>`;
	return `<wsag:Name>rehearsed</wsag:Name>${contextOf(wish)}${terms}`;
}

function contextOf({ template = PLAIN, content = '' }: Wish): string {
	const more = content === '' ? '' : `<x:x>${content}</x:x>${'<x:y/>'.repeat(100)}`;
	return `<wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:TemplateId>1</wsag:TemplateId><wsag:TemplateName>${template}</wsag:TemplateName>${more}</wsag:Context>`;
}

function termsOf({ startAt, durationSeconds = 3600, machines = 1, cpus = 1, memoryBytes = GIB }: Wish): string {
	const start = startAt === undefined ? '' : `<ws:StartTime>${printDateTime(startAt)}</ws:StartTime>`;
	const range = (from: number, to: number) =>
		`<jsdl:Range><jsdl:LowerBound>${from}</jsdl:LowerBound><jsdl:UpperBound>${to}</jsdl:UpperBound></jsdl:Range>`;
	const resources = [
		`<jsdl:IndividualCPUCount>${range(cpus, 32)}</jsdl:IndividualCPUCount>`,
		`<jsdl:IndividualPhysicalMemory>${range(memoryBytes, 96 * GIB)}</jsdl:IndividualPhysicalMemory>`,
		`<jsdl:TotalResourceCount><jsdl:Exact>${machines}</jsdl:Exact></jsdl:TotalResourceCount>`,
	].join('');
	return [
		described(
			'resources',
			`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>`,
		),
		described('window', `<ws:Window>${start}<ws:Duration>PT${durationSeconds}S</ws:Duration></ws:Window>`),
		described(
			'workspace',
			`<ws:Workspace><ws:Image digest="${REHEARSED_IMAGE}">guest</ws:Image><ws:CPUShare>80</ws:CPUShare><ws:EndAction>destroy</ws:EndAction></ws:Workspace>`,
		),
		'<wsag:GuaranteeTerm wsag:Name="rather" wsag:Obligated="ServiceProvider"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel/></wsag:ServiceLevelObjective><wsag:BusinessValueList><wsag:Preference><wsag:ServiceTermReference>resources</wsag:ServiceTermReference><wsag:Utility>0.5</wsag:Utility></wsag:Preference></wsag:BusinessValueList></wsag:GuaranteeTerm>',
	].join('');
}

function described(name: string, content: string): string {
	return `<wsag:ServiceDescriptionTerm wsag:Name="${name}" wsag:ServiceName="run">${content}</wsag:ServiceDescriptionTerm>`;
}

function property(index: number): string {
	return `<wsag:ServiceProperties wsag:Name="p${index}" wsag:ServiceName="run"><wsag:VariableSet><wsag:Variable wsag:Name="v"><wsag:Location>/wsag:AgreementOffer</wsag:Location></wsag:Variable></wsag:VariableSet></wsag:ServiceProperties>`;
}

function items(count: number, location: string, write: (index: number) => string, occurs?: string): string {
	const often = occurs === undefined ? '' : `<ws:Occurs ${occurs}/>`;
	return several(
		count,
		(index) =>
			`<wsag:Item wsag:Name="i${index}"><wsag:Location>${location}</wsag:Location><wsag:ItemConstraint>${write(index)}</wsag:ItemConstraint>${often}</wsag:Item>`,
	);
}

function constraint(condition: string): string {
	return `<wsag:Constraint>${condition}</wsag:Constraint>`;
}

function pattern(value: string): string {
	return `<xs:pattern value="${value}"/>`;
}

function enumeration(value: string): string {
	return `<xs:enumeration value="${value}"/>`;
}

function several(count: number, write: (index: number) => string): string {
	return Array.from({ length: count }, (_, index) => write(index)).join('');
}
