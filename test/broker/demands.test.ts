/** What a negotiation offer demands of its answer: Required items are kept to, Optional ones put the answers in order. */

import { describe, expect, test, vi } from 'vitest';
import { printNegotiationOffer } from '../../src/agreement/rounds/negotiation-offer.ts';
import { checkBudget, shareOfEach } from '../../src/agreement/template/check-budget.ts';
import { printDateTime } from '../../src/agreement/time.ts';
import { Deliberation } from '../../src/broker/deliberation.ts';
import type { Review } from '../../src/broker/review.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import { begin, sent } from './rounds.ts';
import { agree, alice, offerOf, offerXml, openWorld, treeOf, type Wish, type World } from './site.ts';

const HOUR = 3600;
const RESOURCES =
	'//wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources';

/** An item on the machines or the CPUs of an answer. */
function item(type: 'Required' | 'Optional', element: string, facet: string, importance = 0) {
	return itemAt(type, `${RESOURCES}/jsdl:${element}/jsdl:Exact`, 'xs:double', facet, importance);
}

const DECLARED = [
	'xmlns:neg="http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation"',
	'xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement"',
	'xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl"',
	'xmlns:xs="http://www.w3.org/2001/XMLSchema"',
	'xmlns:ws="urn:computon:workspace:1"',
].join(' ');

function condition(text: string) {
	return treeOf(`<wsag:Constraint ${DECLARED}>${text}</wsag:Constraint>`);
}

function itemAt(type: 'Required' | 'Optional', location: string, base: string, facet: string, importance: number) {
	return treeOf(
		`<neg:Item ${DECLARED} wsag:Name="i" neg:Type="${type}" neg:Importance="${importance}">` +
			`<wsag:Location>${location}</wsag:Location><wsag:ItemConstraint><xs:simpleType>` +
			`<xs:restriction base="${base}">${facet}</xs:restriction></xs:simpleType></wsag:ItemConstraint></neg:Item>`,
	);
}

/** The sizes and starts of the answers to four machines of four CPUs, of which two are free at once. */
async function answers(
	world: World,
	constraints: readonly ReturnType<typeof item>[],
	wish: Wish = { machines: 4, cpus: 4, startAt: BEGIN + 60, durationSeconds: HOUR },
	asked = sent(wish, { state: 'Advisory' }),
) {
	await agree(world, { cpus: 4, machines: 2, durationSeconds: 2 * HOUR });
	const tree = printNegotiationOffer({
		root: 'NegotiationOffer',
		offer: asked.tree,
		constraints,
		counterOfferTo: '1-machine',
		creator: 'NegotiationInitiator',
		state: 'Advisory',
	});
	const id = await begin(world);
	const outcome = await world.broker.negotiations.negotiate({
		party: alice,
		negotiationId: id,
		offers: [{ ...asked, tree }],
	});
	if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
	return outcome.answers[0]!.counterOffers.map(({ state, reasons, proposal }) => ({
		state,
		reasons,
		...proposal?.grant,
		because: proposal?.because,
	}));
}

/** The wish with one CPU or two, and two are preferred. */
function choiceOf(wish: Wish) {
	const plain = offerXml(wish);
	const term = /<wsag:ServiceDescriptionTerm wsag:Name="R".*?<\/wsag:ServiceDescriptionTerm>/.exec(plain)![0];
	const branch = (cpus: number): string =>
		term.replace('"R"', `"cpus-${cpus}"`).replace(/(IndividualCPUCount><jsdl:Exact>)\d+/, `$1${cpus}`);
	const liked = [1, 2].map(
		(cpus) =>
			`<wsag:ServiceTermReference>cpus-${cpus}</wsag:ServiceTermReference><wsag:Utility>${cpus / 2}</wsag:Utility>`,
	);
	const guarantee =
		'<wsag:GuaranteeTerm wsag:Name="likes"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel/></wsag:ServiceLevelObjective>' +
		`<wsag:BusinessValueList><wsag:Preference>${liked.join('')}</wsag:Preference></wsag:BusinessValueList></wsag:GuaranteeTerm>`;
	const choice = `<wsag:ExactlyOne>${branch(1)}${branch(2)}</wsag:ExactlyOne>`;
	const xml = plain.replace(term, choice).replace('</wsag:All></wsag:Terms>', `${guarantee}</wsag:All></wsag:Terms>`);
	const offer = offerOf(xml);
	return { offer, tree: offer.tree };
}

/** With a choice of everything, within which nothing keeps to what is {@link COUPLED}. */
function rangedOffer() {
	const upTo = (most: number, unit = 1): string =>
		Array.from({ length: most }, (_, nth) => `<jsdl:Exact>${(nth + 1) * unit}</jsdl:Exact>`).join('');
	const xml = offerXml({ cpus: 1, machines: 1, memoryBytes: GIB, startAt: BEGIN + 60, endAt: BEGIN + 6 * HOUR })
		.replace(/(<jsdl:IndividualCPUCount>).*?(?=<\/jsdl:IndividualCPUCount>)/, `$1${upTo(6)}`)
		.replace(/(<jsdl:IndividualPhysicalMemory>).*?(?=<\/jsdl:IndividualPhysicalMemory>)/, `$1${upTo(6, GIB)}`)
		.replace(/(<jsdl:TotalResourceCount>).*?(?=<\/jsdl:TotalResourceCount>)/, `$1${upTo(4)}`);
	const offer = offerOf(xml);
	return { ...sent({}, { state: 'Advisory' }), offer, tree: offer.tree };
}

const COUPLED = [
	'//jsdl:IndividualPhysicalMemory/jsdl:Exact = 70 GiB div //jsdl:IndividualCPUCount/jsdl:Exact',
	'//jsdl:TotalResourceCount/jsdl:Exact * //jsdl:IndividualCPUCount/jsdl:Exact = 3',
];

const openFour = () => openWorld({ hosts: hosts(4) });

describe('the answers to a negotiation offer', () => {
	test('are the nearest, where it demands nothing', async () => {
		using site = await openFour();
		const found = await answers(site, []);
		expect(found.length).toBeGreaterThan(1);
		expect(found.some(({ machineCount }) => machineCount! < 4)).toBe(true);
	});

	test('keep to what is Required', async () => {
		using site = await openFour();
		const found = await answers(site, [item('Required', 'TotalResourceCount', '<xs:minInclusive value="4"/>')]);
		expect(found.length).toBeGreaterThan(0);
		for (const { machineCount } of found) expect(machineCount).toBe(4);
	});

	test('are Rejected where nothing keeps to what is Required', async () => {
		using site = await openFour();
		const found = await answers(site, [item('Required', 'IndividualCPUCount', '<xs:minInclusive value="5"/>')]);
		expect(found).toMatchObject([{ state: 'Rejected' }]);
	});

	test('name the nearest value, where the offer demands what it does not say itself', async () => {
		using site = await openFour();
		const wish = { cpus: 1, startAt: BEGIN + 60, durationSeconds: HOUR };
		const asked = sent(wish, { state: 'Advisory' });
		const least = item('Required', 'IndividualCPUCount', '<xs:minInclusive value="2"/>');
		const [{ state, reasons } = {}] = await answers(site, [least], wish, asked);
		expect(state).toBe('Rejected');
		expect(reasons).toMatchObject([{ code: 'CREATION_CONSTRAINT', asked: '1', available: '2', limit: 'at least 2' }]);
	});

	test('name the nearest values of conditions that nothing within the ranges keeps to, whatever has been tried', async () => {
		using site = await openFour();
		const asked = rangedOffer();
		const [{ state, reasons } = {}, ...others] = await answers(site, COUPLED.map(condition), {}, asked);
		expect(others).toEqual([]);
		expect(state).toBe('Rejected');
		expect(reasons).toMatchObject([
			{ code: 'CREATION_CONSTRAINT', available: String(70 * GIB) },
			{ code: 'CREATION_CONSTRAINT', available: '3' },
		]);
	});

	test('are looked for in parts so small that each grant that is tried is one', async () => {
		const goes = vi.spyOn(Deliberation.prototype, 'go');
		const found = async (goMs: number) => {
			using site = await openWorld({ hosts: hosts(4), goMs });
			goes.mockClear();
			return { said: await answers(site, COUPLED.map(condition), {}, rangedOffer()), goes: goes.mock.calls.length };
		};
		// Broken off behind every part: so many parts as goes.
		const inParts = await found(-1);
		const whole = await found(Number.POSITIVE_INFINITY);
		goes.mockRestore();
		expect(inParts.said).toEqual(whole.said);
		expect(inParts.goes).toBeGreaterThan(200);
	});

	test('to several offers are written once all of them are judged, where they hold nothing', async () => {
		using site = await openWorld({ hosts: hosts(4), goMs: -1 });
		const negotiationId = await begin(site);
		const written = vi.spyOn(site.store.negotiations, 'insertOffer');
		const offers = ['one', 'two', 'three'].map((offerId) => ({ ...rangedOffer(), offerId }));
		const outcome = await site.broker.negotiations.negotiate({ party: alice, negotiationId, offers });
		expect(outcome).toMatchObject({
			kind: 'answered',
			answers: offers.map(({ offerId }) => ({ offer: { id: offerId } })),
		});
		// What is written is written again behind each id that is made after it, and behind nothing else.
		expect(written.mock.calls.length).toBeLessThan(30);
	});

	test('begin with those that keep to the Optional items of most Importance', async () => {
		const first = async (importance: number) => {
			using site = await openFour();
			const few = item('Optional', 'TotalResourceCount', '<xs:maxInclusive value="3"/>', importance);
			const all = item('Optional', 'TotalResourceCount', '<xs:minInclusive value="4"/>', 5);
			return (await answers(site, [few, all]))[0]!.machineCount!;
		};
		expect(await first(9)).toBeLessThan(4);
		expect(await first(1)).toBe(4);
	});

	test('keep to an Optional item that nothing near the offer keeps to', async () => {
		using site = await openFour();
		const wish = { cpus: 4000, startAt: BEGIN + 60, durationSeconds: HOUR };
		const small = item('Optional', 'IndividualCPUCount', '<xs:maxInclusive value="3"/>', 5);
		const [first, ...others] = await answers(site, [small], wish);
		expect(first!.cpuCount).toBe(3);
		expect(others.map(({ cpuCount }) => cpuCount)).toContain(4);
	});

	test('that can be had keeps to Optional items within the offer, beside what it would be without them', async () => {
		using site = await openFour();
		const wish = { startAt: BEGIN + 60, endAt: BEGIN + 6 * HOUR, durationSeconds: HOUR };
		const late = printDateTime(BEGIN + 3 * HOUR);
		const start = '//wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm/ws:Window/ws:StartTime';
		const later = itemAt('Optional', start, 'xs:dateTime', `<xs:minInclusive value="${late}"/>`, 3);
		const [first, second, ...others] = await answers(site, [later], wish);
		expect(first).toMatchObject({ state: 'Advisory', startAt: BEGIN + 3 * HOUR });
		expect(first!.because).toContainEqual({
			field: 'startAt',
			value: late,
			message:
				'Within the offer, what keeps to its Optional constraints of most Importance, 3 of 3; ' +
				`else ${printDateTime(BEGIN + 60)}.`,
		});
		expect(second).toMatchObject({ state: 'Advisory', startAt: BEGIN + 60 });
		expect(others).toEqual([]);
	});

	test('of a choice keep to Optional items, beside the branch that a Preference likes better', async () => {
		using site = await openFour();
		const wish = { startAt: BEGIN + 60, durationSeconds: HOUR, memoryBytes: GIB };
		const few = item('Optional', 'IndividualCPUCount', '<xs:maxInclusive value="1"/>', 3);
		const found = await answers(site, [few], wish, { ...sent(wish), ...choiceOf(wish), state: 'Advisory' });
		expect(found).toMatchObject([
			{ state: 'Advisory', cpuCount: 1 },
			{ state: 'Advisory', cpuCount: 2 },
		]);
		const rather = item('Optional', 'IndividualCPUCount', '<xs:minInclusive value="2"/>', 3);
		using other = await openFour();
		const agreed = await answers(other, [rather], wish, { ...sent(wish), ...choiceOf(wish), state: 'Advisory' });
		expect(agreed, 'where both like the same').toMatchObject([{ cpuCount: 2 }]);
		expect(agreed).toHaveLength(1);
	});

	test.each([
		['none', 0, ['Acceptable 1', 'Acceptable 2']],
		['the branch that is liked better', 2, ['Acceptable 1']],
	] as const)(
		'of a choice are asked about one by one where the site has a policy: it denies %s',
		async (_, denied, told) => {
			const asked: (number | undefined)[] = [];
			const review: Review = async ({ provisional }) => {
				const grant = provisional.kind === 'accepted' ? provisional.grant : undefined;
				asked.push(grant?.cpuCount);
				return grant?.cpuCount === denied ? { kind: 'deny', message: 'no' } : { kind: 'allow' };
			};
			using site = await openWorld({ hosts: hosts(4), review });
			const wish = { startAt: BEGIN + 60, durationSeconds: HOUR, memoryBytes: GIB };
			const few = item('Optional', 'IndividualCPUCount', '<xs:maxInclusive value="1"/>', 3);
			const found = await answers(site, [few], wish, { ...sent(wish), ...choiceOf(wish), state: 'Solicited' });
			expect(found.map(({ state, cpuCount }) => `${state} ${cpuCount}`)).toEqual(told);
			// The first is about what was in the way before.
			expect(asked.slice(1)).toEqual([1, 2]);
		},
	);

	test('that can be had otherwise keeps to what is Required within the offer', async () => {
		using site = await openFour();
		const wish = { startAt: BEGIN + 60, endAt: BEGIN + 6 * HOUR, durationSeconds: HOUR };
		const end = '//wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm/ws:Window/ws:EndTime';
		const endAt = BEGIN + 4 * HOUR;
		const late = itemAt('Required', end, 'xs:dateTime', `<xs:minInclusive value="${printDateTime(endAt)}"/>`, 0);
		const found = await answers(site, [late], wish);
		expect(found).toMatchObject([{ state: 'Advisory', startAt: endAt - HOUR, endAt }]);
	});
});

describe('offers of one message', () => {
	// Each grant that is held against them takes some 70,000 steps: of 300,000, and of an eighth of these.
	const counts = Array.from({ length: 30 }, (_, nth) => `count(//*//*[${nth + 1}])`).join(' + ');
	const demands = Array.from({ length: 20 }, () => condition(`${counts} > 1`));

	async function answersTo(offers: number): Promise<readonly string[]> {
		using site = await openFour();
		const asked = sent({ startAt: BEGIN + 60, durationSeconds: HOUR }, { state: 'Advisory' });
		const tree = printNegotiationOffer({
			root: 'NegotiationOffer',
			offer: asked.tree,
			constraints: demands,
			counterOfferTo: '1-machine',
			creator: 'NegotiationInitiator',
			state: 'Advisory',
		});
		const negotiationId = await begin(site);
		const all = Array.from({ length: offers }, () => ({ ...asked, tree }));
		const outcome = await site.broker.negotiations.negotiate({ party: alice, negotiationId, offers: all });
		if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
		return outcome.answers.map(({ offer, counterOffers }) =>
			[...offer.reasons, ...counterOffers.flatMap(({ reasons }) => reasons)]
				.map(({ code, message }) => `${code} ${message}`)
				.join(),
		);
	}

	test('are checked to their end, however many there are', async () => {
		const [alone] = await answersTo(1);
		expect(alone).toBe('');
		for (const offers of [2, 16]) expect(await answersTo(offers)).toEqual(Array(offers).fill(alone));
	});

	test('share what may be spent on searches: of two each has all that one has by itself, of sixteen an eighth', () => {
		const [alone, ofTwo, ofMany] = [1, 2, 16].map((offers) => checkBudget(shareOfEach(offers)));
		expect(ofTwo).toEqual(alone);
		expect(ofMany!.remaining).toBe(alone!.remaining);
		expect(ofMany!.search!.remaining).toBe(Math.floor(alone!.search!.remaining / 8));
	});
});
