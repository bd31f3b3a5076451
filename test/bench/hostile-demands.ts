/**
 * Templates, and constraints in the offers of negotiations, that demand as much as the bounds let them: each is held
 * against an offer, and again against each alternative to it.
 */

/** What is demanded, and how it makes an offer for the template of one machine as costly as may be. */
export interface HostileDemands {
	readonly what: string;
	/** `wsag:Item` and `wsag:Constraint`. */
	readonly constraints: string;
	readonly change: (offer: string) => string;
	/** By the terms of the template of one machine as well, so that no site publishes it. */
	readonly isViolated?: true;
}

/** The template of that name with these constraints in the place of its own. */
export function hostileTemplate(template: string, name: string, { constraints }: HostileDemands): string {
	return forTemplate(template, name).replace(
		/<wsag:CreationConstraints>.*<\/wsag:CreationConstraints>/s,
		() => `<wsag:CreationConstraints>${constraints}</wsag:CreationConstraints>`,
	);
}

/** The offer as one for the template of that name. */
export function forTemplate(offer: string, name: string): string {
	return offer.replace(/(TemplateName>)(?:machine|cluster)</g, `$1${name}<`);
}

/** The offer as neg:NegotiationOffer that demands the same of its answer. */
export function asDemanding(offer: string, { constraints }: HostileDemands): string {
	const items = constraints
		.replaceAll('<wsag:Item wsag:Name', '<neg:Item neg:Type="Required" wsag:Name')
		.replaceAll('</wsag:Item>', '</neg:Item>');
	const context =
		'<neg:NegotiationOfferContext><neg:CounterOfferTo>cluster</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:Solicited/></neg:State></neg:NegotiationOfferContext>';
	return offer
		.replace('<wsag:AgreementOffer', `<neg:NegotiationOffer xmlns:neg="${NEG}" xmlns:xs="${XS}"`)
		.replace(
			'</wsag:AgreementOffer>',
			() => `${context}<neg:NegotiationConstraints>${items}</neg:NegotiationConstraints></neg:NegotiationOffer>`,
		);
}

export const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
const XS = 'http://www.w3.org/2001/XMLSchema';

const IMAGE = '//ws:Workspace/ws:Image';
const CPUS = '//jsdl:IndividualCPUCount//*';
const MEMORY = '//jsdl:IndividualPhysicalMemory//*';
const MACHINES = '//jsdl:TotalResourceCount//*';

export const HOSTILE_DEMANDS: readonly HostileDemands[] = [
	{
		what: 'large patterns',
		constraints: items(5, IMAGE, (index) => pattern(`(${letter(index)}${index % 9}){450}`) + pattern('.*')),
		change: same,
	},
	{
		what: 'large patterns that match',
		constraints: items(4, IMAGE, (index) => pattern(`(${letter(index)}${index % 9}|.){0,300}`)),
		change: same,
	},
	{
		what: 'patterns that match long names',
		constraints: items(6, '//x:a', (index) => pattern(`(${letter(index)}${index}|.)*`), 'min="0"'),
		change: (offer) => extended(offer, `<x:a>${'x'.repeat(200)}</x:a>`.repeat(1000)),
	},
	{
		what: 'many small patterns',
		constraints: items(
			3,
			IMAGE,
			(index) => several(70, (each) => pattern(`[a-z]{3,12}${index}-${each}`)) + pattern('.*'),
		),
		change: same,
	},
	{
		what: 'Locations that descend',
		constraints: items(240, '//wsag:Context//*', () => ''),
		change: (offer) => extended(offer, '<x:a/>'.repeat(3000)),
	},
	{
		what: 'Locations that compare',
		constraints: items(240, "//*[x:b='y']//*[@a='b']", () => '', 'min="0"'),
		change: (offer) => extended(offer, '<x:a b="1">t</x:a>'.repeat(1000)),
	},
	{
		what: 'enumerations',
		constraints: items(4, '//x:a', () => several(450, (each) => `<xs:enumeration value="v${each}"/>`), 'min="0"'),
		change: (offer) => extended(offer, '<x:a>w1</x:a>'.repeat(1500)),
	},
	{
		what: 'violations',
		constraints: items(240, '//x:a', () => '<xs:enumeration value="none"/>', 'min="0"'),
		change: (offer) => extended(offer, '<x:a>w</x:a>'.repeat(1500)),
	},
	{
		what: 'conditions',
		constraints: several(
			240,
			() => '<wsag:Constraint xmlns:x="urn:x">count(//*) &lt; 10000 or sum(//jsdl:Exact) &gt; 5</wsag:Constraint>',
		),
		change: (offer) => extended(offer, '<x:a/>'.repeat(3000)),
	},
	{
		what: 'conditions that are violated',
		constraints: several(
			240,
			() =>
				'<wsag:Constraint xmlns:x="urn:x">count(//x:a) &lt; 3 and sum(//jsdl:Exact) &lt; 1 or max(//x:a) &lt; 1</wsag:Constraint>',
		),
		change: (offer) => extended(offer, '<x:a>3</x:a>'.repeat(1500)),
		isViolated: true,
	},
	{
		what: 'equations that are violated',
		constraints: several(
			36,
			(index) =>
				`<wsag:Constraint>${CPUS} * ${MACHINES} = ${700 + index} or ${MEMORY} * ${CPUS} = ${900 + index}</wsag:Constraint>`,
		),
		change: same,
		isViolated: true,
	},
	{
		what: 'an equation that is violated',
		constraints: `<wsag:Constraint>${CPUS} * ${MACHINES} = 701</wsag:Constraint>`,
		change: same,
		isViolated: true,
	},
	{
		what: 'long lists of ways',
		constraints: several(20, (index) => {
			const ways = Array.from(
				{ length: 40 },
				(_, nth) => `(${CPUS} = ${50 + nth + index} and ${MACHINES} = ${60 + nth * index})`,
			);
			return `<wsag:Constraint>${ways.join(' or ')}</wsag:Constraint>`;
		}),
		change: same,
		isViolated: true,
	},
	{
		what: 'sums of many values',
		constraints: several(60, (index) => {
			const summands = Array.from({ length: 24 }, (_, nth) => `${((nth * index * 7 + 3) % 11) + 1} * //x:a${nth}`);
			return `<wsag:Constraint xmlns:x="urn:x">${summands.join(' + ')} = ${1000 + 37 * index}</wsag:Constraint>`;
		}),
		change: (offer) =>
			extended(
				offer,
				several(24, (nth) => `<x:a${nth}>${nth}</x:a${nth}>`),
			),
		isViolated: true,
	},
	{
		what: 'products of many nodes',
		constraints: several(40, (index) => `<wsag:Constraint xmlns:x="urn:x">//x:a * //x:b = ${index}</wsag:Constraint>`),
		change: (offer) => extended(offer, '<x:a>3</x:a><x:b>4</x:b>'.repeat(700)),
		isViolated: true,
	},
	{
		what: 'alternatives of products of a few nodes',
		constraints: `<wsag:Constraint xmlns:x="urn:x">${Array.from({ length: 60 }, (_, nth) => `//x:a * //x:b * //x:c = ${10_009 + nth}`).join(' or ')}</wsag:Constraint>`,
		change: (offer) => extended(offer, '<x:a>3</x:a><x:b>4</x:b><x:c>5</x:c>'.repeat(4)),
		isViolated: true,
	},
	{
		what: 'model groups',
		constraints: items(
			100,
			'/*/wsag:Context',
			() =>
				`<xs:sequence maxOccurs="unbounded"><xs:choice minOccurs="0" maxOccurs="unbounded">${'<xs:any/>'.repeat(8)}</xs:choice></xs:sequence>`,
		),
		change: (offer) => offer.replace('</wsag:Context>', `${'<x:x xmlns:x="urn:x"/>'.repeat(1000)}</wsag:Context>`),
	},
	{
		what: 'model groups that are violated',
		constraints: items(
			100,
			'/*/wsag:Context',
			() =>
				`<xs:sequence>${several(9, (each) => `<xs:any minOccurs="0" maxOccurs="9"/><xs:element name="e${each}" minOccurs="0"/>`)}</xs:sequence>`,
		),
		change: (offer) => offer.replace('</wsag:Context>', `${'<x:x xmlns:x="urn:x"/>'.repeat(1000)}</wsag:Context>`),
		isViolated: true,
	},
];

function same(offer: string): string {
	return offer;
}

function letter(index: number): string {
	return 'abcdefghij'[index % 10]!;
}

function several(count: number, write: (index: number) => string): string {
	return Array.from({ length: count }, (_, index) => write(index)).join('');
}

function items(count: number, location: string, write: (index: number) => string, occurs?: string): string {
	const often = occurs === undefined ? '' : `<ws:Occurs ${occurs}/>`;
	return several(
		count,
		(index) =>
			`<wsag:Item wsag:Name="i${index}" xmlns:x="urn:x"><wsag:Location>${location}</wsag:Location><wsag:ItemConstraint>${write(index)}</wsag:ItemConstraint>${often}</wsag:Item>`,
	);
}

function pattern(value: string): string {
	return `<xs:pattern value="${value}"/>`;
}

function extended(offer: string, content: string): string {
	return offer.replace('</wsag:Context>', `<x:x xmlns:x="urn:x">${content}</x:x></wsag:Context>`);
}
