/** `computon negotiate`, told by options. At a terminal: test/integration/terminal.test.ts. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NEG } from '../../src/agreement/names.ts';
import { toJson } from '../../src/agreement/to-json.ts';
import { secondsIn } from '../../src/cli/output.ts';
import type { AgreementResource, NegotiationOfferResource } from '../../src/client/resources.ts';
import { readCanonical } from '../../src/xml/reader.ts';
import { offerXml, type SimulatedService, startSimulatedService, type Wish } from '../api/simulated-service.ts';
import { computonAt } from './command-line.ts';
import {
	endAgreements,
	expectNothingHeldAt,
	offerFileAt,
	startAt,
	startNegotiatedSite,
	tooMuch,
} from './negotiated-site.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startNegotiatedSite();
});
afterAll(() => site.stop());
afterEach(() => endAgreements(site));

const computon = (...argv: string[]) => computonAt(site, argv);

const offerFile = (wish: Partial<Wish> = {}) => offerFileAt(site, wish);
const expectNothingHeld = () => expectNothingHeldAt(site);

/** An offer as GFD.193 writes it, Advisory, of which the constraint is part. */
function negotiationOfferFile(wish: Partial<Wish>, constraint: string): string {
	const file = offerFile(wish);
	const head = '<neg:CounterOfferTo>1-cluster</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator>';
	const context = `<neg:NegotiationOfferContext>${head}<neg:State><neg:Advisory/></neg:State></neg:NegotiationOfferContext>`;
	const text = offerXml({ image: site.image, ...wish })
		.replace('<wsag:AgreementOffer ', `<neg:NegotiationOffer xmlns:neg="${NEG}" `)
		.replace(
			'</wsag:AgreementOffer>',
			`${context}<neg:NegotiationConstraints>${constraint}</neg:NegotiationConstraints></neg:NegotiationOffer>`,
		);
	writeFileSync(file, text);
	return file;
}

describe('told by options', () => {
	test('a NegotiationOffer is asked with what it demands, also within a price', async () => {
		const constraint =
			'<neg:Item neg:Type="Required" neg:Importance="1" wsag:Name="most"><wsag:Location>//jsdl:IndividualCPUCount/jsdl:Exact' +
			'</wsag:Location><wsag:ItemConstraint><xs:maxInclusive xmlns:xs="http://www.w3.org/2001/XMLSchema" value="16"/>' +
			'</wsag:ItemConstraint></neg:Item>';
		const file = negotiationOfferFile(tooMuch, constraint);
		const told = await computon('negotiate', '--json', file);
		expect(told.code, told.err).toBe(10);
		expect(told.json<{ offers: NegotiationOfferResource[] }>().offers[0]!.grant!.cpuCount).toBeLessThanOrEqual(16);
		const cheap = await computon('negotiate', '--json', '--max-price', '1', file);
		expect(cheap.code, cheap.err).toBe(0);
		const { grant, price } = cheap.json<{ agreement: AgreementResource }>().agreement;
		expect(grant.cpuCount).toBeLessThanOrEqual(16);
		expect(Number(price!.amount)).toBeLessThanOrEqual(1);
		const taken = await computon('negotiate', '--json', '--accept', 'best', file);
		expect(taken.code, taken.err).toBe(0);
		expect(taken.json<{ agreement: AgreementResource }>().agreement.grant.cpuCount).toBeLessThanOrEqual(16);
		await expectNothingHeld();
	});

	test('--lenient has the offer repaired, and tells what was', async () => {
		const file = offerFile({ startAt });
		writeFileSync(file, offerXml({ image: site.image, startAt }).replaceAll(' wsag:Name=', ' Name='));
		const strict = await computon('negotiate', file);
		expect(strict.code).toBe(1);
		expect(strict.err).toContain('XSD_INVALID');
		const lenient = await computon('negotiate', '--lenient', file);
		expect(lenient.code).toBe(0);
		expect(lenient.err).toContain('ATTRIBUTE_NAMESPACE');
	});

	test('without any it only asks: 0, 10 or 11, and nothing is held', async () => {
		const asAsked = await computon('negotiate', offerFile({ startAt }));
		expect(asAsked.code).toBe(0);
		expect(asAsked.out).toContain('It can be had as asked');
		expect(asAsked.out).toContain('not held');
		const countered = await computon('negotiate', offerFile(tooMuch), '--json');
		expect(countered.code).toBe(10);
		const { offers } = countered.json<{ offers: NegotiationOfferResource[] }>();
		expect(offers[0]).toMatchObject({ state: 'Advisory', rank: 1, price: { currency: 'EUR' } });
		const unknown = { name: 'x', digest: `sha256:${'0'.repeat(64)}` };
		const refused = await computon('negotiate', offerFile({ image: unknown }));
		expect(refused.code).toBe(11);
		expect(refused.out).toContain('IMAGE_UNKNOWN');
		await expectNothingHeld();
	});

	test('what goes beyond the template is offered as far as the template admits it', async () => {
		const file = offerFile({ machines: 3, startAt });
		const told = await computon('negotiate', file);
		expect(told.code).toBe(10);
		expect(told.out).toContain('It cannot be had as asked:');
		expect(told.out).toContain('CREATION_CONSTRAINT');
		expect(told.out).toContain('machineCount: 3 -> 1');
		const taken = await computon('negotiate', file, '--accept', 'best', '--json');
		expect(taken.code, taken.err).toBe(0);
		expect(taken.json<{ agreement: AgreementResource }>().agreement.grant.machineCount).toBe(1);
		await expectNothingHeld();
	});

	test('--accept takes the best or a rank, and the rest is no longer held', async () => {
		const best = await computon('negotiate', offerFile(tooMuch), '--accept', 'best', '--json');
		expect(best.code, best.err).toBe(0);
		const { agreement } = best.json<{ agreement: AgreementResource }>();
		expect(agreement.grant.machineCount).toBeLessThan(3);
		const first = await computon('negotiate', offerFile({ startAt }), '--accept', '1', '--template', 'machine/1');
		expect(first.code, first.err).toBe(0);
		expect(first.out).toContain('Accepted: agreement');
		expect((await computon('negotiate', offerFile({ startAt }), '--accept', '9')).code).toBe(2);
		await expectNothingHeld();
	});

	test('--max-price and --within take the best that keeps to them', async () => {
		const file = offerFile({ cpus: 2, share: 100, startAt });
		const { price } = (await computon('negotiate', file, '--json')).json<{ offers: { price: unknown }[] }>().offers[0]!;
		expect(price).toMatchObject({ amount: '0.20' });
		const untaken = await computon('negotiate', file, '--max-price', '0.19', '--within', '2h');
		expect(untaken.code).toBe(10);
		expect(untaken.out).toContain('not held');
		const { offers } = (await computon('negotiate', file, '--max-price', '0.19', '--within', '2h', '--json')).json<{
			offers: readonly NegotiationOfferResource[];
		}>();
		expect(offers).toMatchObject([{ state: 'Advisory' }]);
		expect(offers[0]).not.toHaveProperty('expiresAt');
		expect((await computon('negotiate', file, '--within', '2h')).code).toBe(10);
		const taken = await computon('negotiate', file, '--max-price', '0.2', '--within', '1d 1h', '--json');
		expect(taken.code, taken.err).toBe(0);
		await expectNothingHeld();
	});

	test('what costs more than the offer pays is taken by its rank or with --max-price alone', async () => {
		// Both hosts are taken in part at that time; whole, they cost more than is paid at any time.
		const busy = await computon(
			'offer',
			offerFile({ template: 'cluster', machines: 2, cpus: 17, share: 100, startAt }),
		);
		expect(busy.code, busy.err).toBe(0);
		const file = offerFile({ ...tooMuch, machines: 2 });
		const pays = '<ws:Quote><ws:Price currency="EUR">6.30</ws:Price></ws:Quote></wsag:Context>';
		writeFileSync(file, readFileSync(file, 'utf8').replace('</wsag:Context>', pays));
		const told = await computon('negotiate', file, '--json');
		const { offers } = told.json<{ offers: readonly NegotiationOfferResource[] }>();
		expect(offers[0]).toMatchObject({ kind: 'dearer', price: { amount: '6.40' } });
		for (const words of [
			['negotiate', '--accept', 'best'],
			['negotiate', '--within', '2d'],
			['negotiate', '--keep', '10%'],
			['offer', '--take', 'best'],
		]) {
			const { agreement } = (await computon(...words, file, '--json')).json<{ agreement: AgreementResource }>();
			expect(Number(agreement.price!.amount)).toBeLessThanOrEqual(6.3);
			await site.admin.terminate(agreement.id);
		}
		for (const words of [
			['negotiate', '--accept', '1'],
			['negotiate', '--max-price', '6.40'],
			['offer', '--take', '1'],
		]) {
			const { agreement } = (await computon(...words, file, '--json')).json<{ agreement: AgreementResource }>();
			expect(agreement.price).toMatchObject({ amount: '6.40' });
			await site.admin.terminate(agreement.id);
		}
		const none = await computon('negotiate', file, '--accept', 'best', '--keep', '100%', '--json');
		expect(none.code).toBe(10);
		expect(none.err).toContain('what the offer pays');
	});

	test('--keep takes nothing that is much less than what was asked', async () => {
		const file = offerFile(tooMuch);
		const untaken = await computon('negotiate', file, '--keep', '67%', '--json');
		expect(untaken.code, untaken.err).toBe(10);
		expect(untaken.err).toContain('--keep');
		const taken = await computon('negotiate', file, '--keep', '66%', '--json');
		expect(taken.code, taken.err).toBe(0);
		const { grant } = taken.json<{ agreement: AgreementResource }>().agreement;
		expect(grant).toMatchObject({ machineCount: 2, cpuCount: 32 });
		await site.admin.terminate(taken.json<{ agreement: AgreementResource }>().agreement.id);
		const cheap = await computon('negotiate', file, '--max-price', '1', '--keep', '10%', '--json');
		expect(cheap.code, cheap.err).toBe(0);
		await site.admin.terminate(cheap.json<{ agreement: AgreementResource }>().agreement.id);
		expect((await computon('negotiate', file, '--max-price', '1', '--keep', '60%')).code).toBe(10);
		expect((await computon('negotiate', offerFile({ startAt }), '--keep', '100%')).code).toBe(0);
		await expectNothingHeld();
	});

	test('--agreement changes what there is', async () => {
		const made = await computon('negotiate', offerFile({ startAt }), '--accept', 'best', '--json');
		const { id } = made.json<{ agreement: AgreementResource }>().agreement;
		const argv = ['negotiate', offerFile({ startAt, mib: 512 }), '--agreement', id, '--accept', 'best', '--json'];
		const changed = await computon(...argv);
		expect(changed.code, changed.err).toBe(0);
		expect(changed.json<{ agreement: AgreementResource }>().agreement).toMatchObject({ revision: 2, supersedes: id });
	});

	test.each([
		[['--accept', 'worst'], 'best or a rank'],
		[['--max-price', 'cheap'], '12.40'],
		[['--within', 'soon'], '2h'],
		[['--keep', 'most'], '80%'],
		[['--keep', '0%'], '80%'],
		[['--keep', '101%'], '80%'],
		[['--keep', '80%', '--advisory'], '--advisory'],
		[['--advisory', '--accept', 'best'], '--advisory'],
	])('%s is a usage error', async (options, named) => {
		const { code, err } = await computon('negotiate', offerFile(), ...options);
		expect(code).toBe(2);
		expect(err).toContain(named);
	});
});

describe('where only half of a site is held', () => {
	let half: SimulatedService;
	let policy: Server;
	let says: object[] = [];
	beforeAll(async () => {
		policy = createServer((request, response) => {
			request.resume().on('end', () => response.end(JSON.stringify(says.shift() ?? { verdict: 'allow' })));
		}).listen(0, '127.0.0.1');
		await once(policy, 'listening');
		const { port } = policy.address() as AddressInfo;
		const host = { name: 'h', cpuMillicores: 8000, memoryBytes: 2 ** 34, diskBytes: 2 ** 37 };
		half = await startSimulatedService({
			capacity: { hosts: [host] },
			quotas: { vos: { closed: { mayHold: false }, '*': {} } },
			policyWebhook: `http://127.0.0.1:${port}/`,
		});
	});
	afterAll(async () => {
		await half.stop();
		policy.close();
	});
	afterEach(() => {
		says = [];
		return endAgreements(half);
	});

	const negotiating = (wish: Partial<Wish>, ...argv: string[]) => {
		return computonAt(half, ['negotiate', offerFileAt(half, { share: 100, startAt, ...wish }), ...argv]);
	};
	interface Told {
		readonly outcome: string;
		readonly held: boolean;
		readonly gone: readonly { readonly rank: number; readonly problem: { readonly code: string } }[];
		readonly agreement: AgreementResource;
	}

	test.each([
		['as asked', 6, 6],
		['as near to it as can be', 12, 8],
	])('what may not be held is told, and taken all the same: %s', async (_, cpus, granted) => {
		const taken = await negotiating({ cpus }, '--accept', 'best', '--json');
		expect(taken.code, taken.err).toBe(0);
		expect(taken.json<Told>()).toMatchObject({ held: false, gone: [], agreement: { grant: { cpuCount: granted } } });
		await expectNothingHeldAt(half);
	});

	test('what is held beside it is taken by its rank', async () => {
		const taken = await negotiating({ cpus: 6 }, '--accept', '2', '--json');
		expect(taken.json<Told>()).toMatchObject({ held: true, agreement: { grant: { cpuCount: 4 } } });
	});

	test('what is gone when it is taken is said, and the next best taken; by its rank there is no other', async () => {
		const gone = [{ rank: 1, problem: { code: 'OFFER_COUNTERED' } }];
		// Asked about are the offer, the counter-offer that is held, and the other one when it is agreed to.
		const answers = [{ verdict: 'allow' }, { verdict: 'allow' }, { verdict: 'deny', message: 'no more today' }];
		says = [...answers];
		const best = await negotiating({ cpus: 6 }, '--accept', 'best', '--json');
		expect(best.code, best.err).toBe(0);
		expect(best.err).toContain('Offer 1 was not held and could not be agreed to.');
		expect(best.err).toContain('no more today');
		expect(best.json<Told>()).toMatchObject({ held: true, gone, agreement: { grant: { cpuCount: 4 } } });
		await endAgreements(half);
		says = [...answers];
		const first = await negotiating({ cpus: 6 }, '--accept', '1', '--json');
		expect(first.code).toBe(10);
		expect(first.json<Told>()).toMatchObject({ outcome: 'countered', gone });
		await expectNothingHeldAt(half);
	});

	test('whoever may not hold is told and takes it', async () => {
		const { token } = await half.clientOf('dana', 'closed');
		const file = join(half.folder, 'dana');
		writeFileSync(file, token);
		const argv = ['--token-file', file, 'negotiate', offerFileAt(half, { startAt }), '--accept', 'best', '--json'];
		const taken = await computonAt(half, argv);
		expect(taken.code, taken.err).toBe(0);
		expect(taken.json<Told>()).toMatchObject({ held: false });
	});

	test('--within asks again for a start within that time, where the window lets it begin later', async () => {
		const now = Date.now();
		const at = (hours: number) => new Date(now + hours * 3_600_000).toISOString().replace(/\.\d+/, '');
		const busy = offerFileAt(half, { cpus: 6, share: 100, startAt: at(0), duration: 'PT5H' });
		expect((await computonAt(half, ['offer', busy])).code).toBe(0);
		const wish = { cpus: 4, startAt: at(0), endAt: at(24), duration: 'PT2H' };
		const later = await negotiating(wish, '--accept', 'best', '--json');
		expect(Date.parse(later.json<Told>().agreement.grant.startAt)).toBeGreaterThan(now + 4 * 3_600_000);
		const soon = await negotiating(wish, '--within', '2h', '--json');
		expect(soon.code, soon.err).toBe(0);
		const { grant } = soon.json<Told>().agreement;
		expect(grant.cpuCount).toBe(2);
		expect(Date.parse(grant.startAt)).toBeLessThanOrEqual(now + 2 * 3_600_000);
	});
});

describe('where the hours differ in price', () => {
	const evening = `${startAt.slice(0, 10)}T23:00:00Z`;
	const night = { from: '00:00', to: '06:00', cpuHour: '0.04', memoryGibHour: '0' };
	let dear: SimulatedService;
	beforeAll(async () => {
		dear = await startSimulatedService({
			simulatedHosts: 2,
			holdPercent: 100,
			prices: { currency: 'EUR', rates: [night, { cpuHour: '0.165', memoryGibHour: '0' }] },
		});
	});
	afterAll(() => dear.stop());

	function eveningFile(form: 'json' | 'xml'): string {
		const xml = offerXml({ image: dear.image, cpus: 2, share: 100, startAt: evening });
		const tree = readCanonical(xml);
		if (!tree.ok) throw new Error(tree.issue.message);
		const file = join(dear.folder, `evening.${form}`);
		writeFileSync(file, form === 'json' ? JSON.stringify(toJson(tree.root)) : xml);
		return file;
	}

	test('what cannot be had for so much at any hour is countered with the dearer one', async () => {
		const wish = {
			image: dear.image,
			template: 'cluster',
			machines: 2,
			cpus: 32,
			share: 100,
			startAt: evening,
		} as const;
		const file = join(dear.folder, 'large.xml');
		writeFileSync(file, offerXml(wish));
		// For a minute, some of it costs nothing.
		const argv = ['negotiate', file, '--max-price', '0', '--keep', '50%', '--json'];
		const { code, json, err } = await computonAt(dear, argv);
		expect(code, err).toBe(10);
		expect(json<{ offers: NegotiationOfferResource[] }>().offers).toMatchObject([{ kind: 'as-asked' }]);
	});

	test.each(['xml', 'json'] as const)('what fits for too much (%s) is taken at a cheaper hour', async (form) => {
		const argv = ['negotiate', eveningFile(form), '--accept', 'best', '--json'];
		const cheap = await computonAt(dear, [...argv, '--max-price', '0.10']);
		expect(cheap.code, cheap.err + cheap.out).toBe(0);
		const { agreement } = cheap.json<{ agreement: AgreementResource }>();
		expect(agreement.price?.currency).toBe('EUR');
		expect(Number(agreement.price?.amount)).toBeLessThanOrEqual(0.1);
		const { cpuCount, startAt: begins, endAt: ends } = agreement.grant;
		expect([cpuCount, Date.parse(ends) - Date.parse(begins)]).toEqual([2, 3_600_000]);
		expect(Date.parse(begins)).toBeGreaterThan(Date.parse(evening));
		const enough = await computonAt(dear, [...argv, '--max-price', '0.33']);
		expect(enough.json<{ agreement: AgreementResource }>().agreement.price).toMatchObject({ amount: '0.33' });
		const never = await computonAt(dear, [...argv, '--max-price', '0.10', '--within', '5m']);
		expect(never.code).toBe(10);
		expect(never.json<{ offers: NegotiationOfferResource[] }>().offers).toMatchObject([{ price: { amount: '0.33' } }]);
	});
});

test.each([
	['2h', 7200],
	['1d 12h', 129_600],
	['90m', 5400],
	['30s', 30],
	['', undefined],
	['2', undefined],
	['2h x', undefined],
	['h', undefined],
])('%j is a duration of %s seconds', (text, seconds) => {
	expect(secondsIn(text)).toBe(seconds);
});
