/**
 * No answer depends on where its decision was broken off: documents that demand as much as they may, so that what may be
 * spent on them is spent, are answered alike by a broker that breaks off all the time and by one that never does.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { agreementOfferOf, readNegotiationOffer } from '../../src/agreement/rounds/negotiation-offer.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { readDocument } from '../../src/xml/document.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { asDemanding, forTemplate, HOSTILE_DEMANDS, hostileTemplate } from '../bench/hostile-demands.ts';
import { offerWriter } from '../bench/offers.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import { begin } from './rounds.ts';
import { admin, alice, IMAGE, openWorld, type World } from './site.ts';

const DAY = 86_400;
const writeOffer = offerWriter({ name: 'debian', digest: IMAGE });
const ONE = { machines: 1, cpus: 1, memoryBytes: GIB, startAt: BEGIN + DAY, durationSeconds: 3600 };
const TOO_MUCH = { ...ONE, machines: 250, cpus: 32, memoryBytes: 96 * GIB };
const LONGER = { ...ONE, machines: 2, durationSeconds: 80 * DAY };

let whole: World;
let inGoes: World;
beforeAll(async () => {
	// Half a millisecond: some twenty parts, then one, as it comes.
	[whole, inGoes] = [await worldOf(Number.POSITIVE_INFINITY), await worldOf(0.5)];
});
afterAll(() => {
	whole[Symbol.dispose]();
	inGoes[Symbol.dispose]();
});

async function worldOf(goMs: number): Promise<World> {
	const rates = [{ cpuHour: '0.01', memoryGibHour: '0.002' }];
	const prices = readPriceModel({ currency: 'EUR', rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
	if (!prices.ok) throw new Error(JSON.stringify(prices));
	const world = await openWorld({ hosts: hosts(20), policy: { prices: prices.model }, goMs });
	await publish(world, shipped('cluster'));
	for (const [index, demands] of HOSTILE_DEMANDS.entries()) {
		if (!demands.isViolated) await publish(world, hostileTemplate(shipped('machine'), `hostile-${index}`, demands));
	}
	return world;
}

function shipped(name: string): string {
	return readFileSync(new URL(`../../templates/${name}.xml`, import.meta.url), 'utf8');
}

async function publish(world: World, xml: string): Promise<void> {
	const template = readTemplate(treeOf(xml));
	if (!template.ok) throw new Error(JSON.stringify(template.issues));
	const outcome = await world.broker.catalogue.publishTemplate({ party: admin, template: template.value, xml });
	expect(outcome.kind).not.toBe('refused');
}

function treeOf(xml: string): XmlElement {
	const reading = readDocument(Buffer.from(xml));
	if (!reading.ok) throw new Error(JSON.stringify(reading));
	return reading.value;
}

/** All that is said of an offer, alternatives as they are written. */
async function evaluated(world: World, offer: Offer): Promise<unknown> {
	const outcome = await world.broker.evaluate({ party: alice, offer });
	if (outcome.kind !== 'countered') return outcome;
	return {
		...outcome,
		alternatives: outcome.alternatives.map((each) => ({ ...each, offer: writeCanonical(each.offer) })),
	};
}

/** All that is answered to a message of two such offers. */
async function negotiated(world: World, xml: string): Promise<unknown> {
	const reading = readNegotiationOffer(treeOf(xml));
	if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
	const { tree, state } = reading.value;
	const sent = { offer: agreementOfferOf(reading.value), tree, state };
	const negotiationId = await begin(world);
	const outcome = await world.broker.negotiations.negotiate({ party: alice, negotiationId, offers: [sent, sent] });
	await world.broker.negotiations.terminate({ party: alice, negotiationId });
	if (outcome.kind !== 'answered') return outcome;
	return outcome.answers.map(({ offer, counterOffers }) => {
		const said = counterOffers.map(({ state, reasons, text, proposal, expirationAt }) => {
			return { state, reasons, text, proposal, expirationAt };
		});
		return [offer.reasons, said];
	});
}

const OFFERS = [
	['of one machine', ONE],
	['of too much', TOO_MUCH],
	['for too long', LONGER],
] as const;

describe.each(OFFERS)('an offer %s', (_, wish) => {
	const written = writeOffer('xml', wish);

	test.each(HOSTILE_DEMANDS.map((demands, index) => [demands.what, index, demands] as const))(
		'under %s',
		async (__, index, demands) => {
			const name = demands.isViolated ? 'cluster' : `hostile-${index}`;
			const reading = readOffer(treeOf(demands.change(forTemplate(written, name))));
			if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
			expect(await evaluated(inGoes, reading.value)).toEqual(await evaluated(whole, reading.value));
		},
	);

	test.each(HOSTILE_DEMANDS.map((demands) => [demands.what, demands] as const))(
		'in a negotiation, demanding %s',
		async (__, demands) => {
			const xml = asDemanding(demands.change(forTemplate(written, 'cluster')), demands);
			if (!readNegotiationOffer(treeOf(xml)).ok) return;
			expect(await negotiated(inGoes, xml)).toEqual(await negotiated(whole, xml));
		},
	);

	test('of forty ways, some of which are liked', async () => {
		const ways = Array.from({ length: 40 }, (__, nth) => way(nth)).join('');
		const xml = forTemplate(written, 'cluster').replace(
			'</wsag:All>',
			`<wsag:ExactlyOne>${ways}</wsag:ExactlyOne></wsag:All>`,
		);
		const reading = readOffer(treeOf(xml));
		if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
		expect(await evaluated(inGoes, reading.value)).toEqual(await evaluated(whole, reading.value));
	});
});

/** A term of the choice: resources of which each way demands others. */
function way(nth: number): string {
	const memory = `<jsdl:TotalPhysicalMemory><jsdl:LowerBoundedRange>${(nth % 7) * GIB}</jsdl:LowerBoundedRange></jsdl:TotalPhysicalMemory>`;
	return `<wsag:ServiceDescriptionTerm wsag:Name="way${nth}" wsag:ServiceName="S"><jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources>${memory}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition></wsag:ServiceDescriptionTerm>`;
}
