/** Prices, what would make it fit, and why it is as it is: through the door and on the command line. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';
import { computonAt } from '../cli/command-line.ts';
import { offer, offerXml, type SimulatedService, startSimulatedService, type Wish } from './simulated-service.ts';

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
		quotas: { vos: { poor: { cpusMax: 1 } } },
	});
});
afterAll(() => site.stop());

/** An offer that says what it pays at most. */
function paying(amount: string, wish: Partial<Wish> = {}) {
	const quote = `<ws:Quote><ws:Price currency="EUR">${amount}</ws:Price></ws:Quote>`;
	const body = offerXml({ image: site.image, share: 100, ...wish }).replace(
		'</wsag:Context>',
		`${quote}</wsag:Context>`,
	);
	return { mediaType: 'application/xml' as const, body };
}

const computon = async (...argv: string[]) => (await computonAt(site, argv)).out;

describe('an agreement at a price', () => {
	test('says what it costs and why it is as it is, in JSON and in its document', async () => {
		const made = await site.admin.offer(paying('5.00', { cpus: 2, duration: 'PT2H' }));
		if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
		const { price, because, id } = made.agreement;
		expect(price).toEqual({
			currency: 'EUR',
			amount: '4.00',
			penalty: '2.00',
			cancellation: [
				{ noticeSeconds: 86_400, percent: 10, fee: '0.40' },
				{ noticeSeconds: 0, percent: 100, fee: '4.00' },
			],
		});
		expect(because).toContainEqual({ field: 'price', value: '4.00', message: 'The offer pays up to 5.00 EUR.' });
		const headers = { Authorization: `Bearer ${site.adminToken}`, Accept: 'application/xml' };
		const xml = await (await fetch(`${site.url}/agreements/${id}`, { headers })).text();
		expect(xml).toContain(
			'<ws:Quote><ws:Price currency="EUR">4.00</ws:Price><ws:Penalty currency="EUR">2.00</ws:Penalty>',
		);
		expect(await computon('agreement', 'show', id)).toMatch(/costs .*4\.00 EUR; the site owes 2\.00 where it fails/);
	});

	test('is evaluated for a longer window, with the price before, and nothing is changed by asking', async () => {
		const startAt = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
		const made = await site.admin.offer(offer({ image: site.image, share: 100, startAt }));
		if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
		const { id, version } = { version: made.etag, ...made.agreement };
		const longer = offer({ image: site.image, share: 100, startAt, duration: 'PT5H' });
		const evaluation = await site.admin.evaluate(longer, id);
		expect(evaluation).toMatchObject({
			outcome: 'accepted',
			price: { amount: '5.00' },
			priceBefore: { amount: '1.00' },
		});
		expect(await site.admin.evaluate(longer, id)).toEqual(evaluation);
		const file = join(site.folder, 'longer.xml');
		writeFileSync(file, longer.body);
		expect(await computon('agreement', 'renegotiate', id, file, '--dry-run')).toMatch(
			/costs 5\.00 EUR[\s\S]*instead of 1\.00 EUR/,
		);
		expect(await computon('evaluate', file, '--change', id)).toMatch(/costs 5\.00 EUR[\s\S]*instead of 1\.00 EUR/);
		expect((await site.admin.agreement(id)).etag).toBe(version);
	});
});

describe('a termination', () => {
	const HOUR_MS = 3_600_000;
	const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS).toISOString().replace(/\.\d+/, '');

	test.each([
		['with enough notice costs a part', 30, '0.40'],
		['with less notice costs all of it', 20, '4.00'],
		['of what runs costs all of it', 0, '4.00'],
	])('%s, and the agreement says so', async (_, hours, amount) => {
		const startAt = hours === 0 ? {} : { startAt: inHours(hours) };
		const made = await site.admin.offer(
			offer({ image: site.image, share: 100, cpus: 2, duration: 'PT2H', ...startAt }),
		);
		if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
		const { id } = made.agreement;
		expect(await computon('agreement', 'terminate', id)).toContain(
			`Owed by its terms: ${amount} EUR for the cancellation`,
		);
		const due = { kind: 'cancellation', currency: 'EUR', amount };
		expect((await site.admin.agreement(id)).value.due).toEqual(due);
		const headers = { Authorization: `Bearer ${site.adminToken}`, Accept: 'application/xml' };
		const xml = await (await fetch(`${site.url}/agreements/${id}`, { headers })).text();
		expect(xml).toContain(`<ws:Due currency="EUR" kind="cancellation">${amount}</ws:Due></ws:Quote>`);
		expect(readDocument(Buffer.from(xml))).toMatchObject({ ok: true });
		expect(await computon('agreement', 'show', id)).toMatch(new RegExp(`owed +${amount} EUR`));
	});
});

describe('an offer that pays too little', () => {
	test('is countered with prices, and an alternative is accepted at the price that it names', async () => {
		const countered = await site.admin.offer(paying('1.00', { cpus: 4 }));
		if (countered.kind !== 'countered') throw new Error(countered.kind);
		const { reasons, alternatives } = countered.problem;
		expect(reasons).toMatchObject([
			{
				code: 'PRICE_EXCEEDED',
				asked: '1.00 EUR',
				available: '4.00 EUR',
				remedy: { text: 'pay 4.00 EUR', allowed: '4.00 EUR' },
			},
		]);
		const dearer = alternatives!.find(({ kind }) => kind === 'dearer')!;
		expect(dearer).toMatchObject({
			price: { amount: '4.00' },
			differences: [{ asked: '1.00 EUR', offered: '4.00 EUR' }],
		});
		expect(dearer.offerXml).toContain('<ws:Price currency="EUR">4.00</ws:Price>');
		const taken = await site.admin.offer({ mediaType: 'application/xml', body: dearer.offerXml! });
		expect(taken.kind).toBe('accepted');
	});

	test('is shown a table with prices, and what would fit', async () => {
		const file = join(site.folder, 'poor.xml');
		writeFileSync(file, paying('1.00', { cpus: 4 }).body);
		const out = await computon('offer', file, '--dry-run');
		expect(out).toContain('would fit: pay 4.00 EUR');
		expect(out).toMatch(/PRICE[\s\S]*dearer .*4\.00 EUR/);
	});
});

test('a VO beyond its quota is told how much of it is left', async () => {
	const { client } = await site.clientOf('ann', 'poor');
	const countered = await client.offer(offer({ image: site.image, cpus: 2, share: 100 }));
	if (countered.kind !== 'countered') throw new Error(countered.kind);
	expect(countered.problem.reasons).toMatchObject([
		{
			code: 'QUOTA_EXCEEDED',
			resource: 'cpuMillicores',
			asked: 2000,
			available: 1000,
			limit: 1000,
			remedy: { more: 1000 },
		},
	]);
});

test('an administrator who ends what another VO has makes the site owe the penalty', async () => {
	const { client } = await site.clientOf('eve', 'poor');
	const made = await client.offer(offer({ image: site.image, share: 100 }));
	if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
	const { due } = await site.admin.terminate(made.agreement.id);
	expect(due).toEqual({ kind: 'penalty', currency: 'EUR', amount: '0.50' });
	expect((await client.agreement(made.agreement.id)).value.due).toEqual(due);
});
