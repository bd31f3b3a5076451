/** Price, penalty and cancellation are part of whatever a site offers or agrees to, through whichever door it is asked. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { offer, offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import { agreementHeader, SoapClient } from './soap-client.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService({
		simulatedHosts: 1,
		prices: {
			currency: 'EUR',
			rates: [{ cpuHour: '1', memoryGibHour: '0' }],
			cancellation: [{ noticeHours: 24, percent: 10 }],
			penaltyPercent: 50,
		},
	});
});
afterAll(() => site.stop());

const TERMS = {
	currency: 'EUR',
	amount: expect.any(String),
	penalty: expect.any(String),
	cancellation: [
		{ noticeSeconds: 86_400, percent: 10, fee: expect.any(String) },
		{ noticeSeconds: 0, percent: 100, fee: expect.any(String) },
	],
};

/** How many Quotes there are in a document, each with all of its terms. */
function quotesIn(xml: string): number {
	const quotes = xml.match(/<ws:Quote\b.*?<\/ws:Quote>/gs) ?? [];
	for (const quote of quotes) {
		expect(quote).toMatch(/<ws:Price currency="EUR">[\d.]+<.*<ws:Penalty currency="EUR">[\d.]+</);
		expect(quote.match(/<ws:Cancellation currency="EUR" notice="[^"]+">/g)).toHaveLength(2);
	}
	return quotes.length;
}

async function xmlAt(path: string): Promise<string> {
	const headers = { Authorization: `Bearer ${site.adminToken}`, Accept: 'application/xml' };
	return (await fetch(new URL(path, site.url), { headers })).text();
}

/** More than the one host has: countered. */
const MUCH = { machines: 60, cpus: 2, share: 100, template: 'cluster' };

describe('price, penalty and cancellation stand in', () => {
	test('evaluations and agreements', async () => {
		expect(await site.admin.evaluate(offer({ image: site.image }))).toMatchObject({ price: TERMS });
		const made = await site.admin.offer(offer({ image: site.image }));
		if (made.kind !== 'accepted') throw new Error(made.kind);
		expect(made.agreement.price).toEqual(TERMS);
		expect(quotesIn(await xmlAt(`/agreements/${made.agreement.id}`))).toBe(1);
		const { text } = await new SoapClient(site, '1.2').send(
			'<wsrf-rp:GetResourcePropertyDocument/>',
			agreementHeader(made.agreement.id),
		);
		expect(quotesIn(text)).toBe(1);
	});

	test('alternatives, in JSON, in their documents, and in a SOAP fault', async () => {
		const countered = await site.admin.offer(offer({ image: site.image, ...MUCH }));
		if (countered.kind !== 'countered') throw new Error(countered.kind);
		const { alternatives = [] } = countered.problem;
		expect(alternatives.length).toBeGreaterThan(0);
		for (const { price, offerXml: document } of alternatives) {
			expect(price).toEqual(TERMS);
			expect(quotesIn(document!)).toBe(1);
		}
		const { text } = await new SoapClient(site, '1.1').send(
			`<wsag:CreateAgreementInput>${offerXml({ image: site.image, ...MUCH })}</wsag:CreateAgreementInput>`,
		);
		expect(quotesIn(text)).toBe(alternatives.length);
	});

	test('counter-offers, of what can be had and of what cannot', async () => {
		const { id } = await site.admin.beginNegotiation();
		let toldAll = 0;
		for (const wish of [{}, MUCH]) {
			const state = 'Advisory';
			const { answers } = await site.admin.negotiate(id, offer({ image: site.image, ...wish }), { state });
			const told = answers.flatMap(({ counterOffers }) => counterOffers).filter((each) => each.state === 'Advisory');
			expect(told.length).toBeGreaterThan(0);
			toldAll += told.length;
			for (const { price } of told) expect(price).toEqual(TERMS);
		}
		expect(quotesIn(await xmlAt(`/negotiations/${id}`))).toBe(toldAll);
		await site.admin.endNegotiation(id);
	});
});
