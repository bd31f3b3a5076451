/** A site's own policy: a real server that is asked about every offer, over a whole broker. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../src/client/answers.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { offer, offerXml, type SimulatedService, startSimulatedService, type Wish } from '../api/simulated-service.ts';
import { at, SoapClient, textAt } from '../api/soap-client.ts';
import { askIn, beginRounds, negotiationHeader, negotiationOffer, reasonsIn, stateOf } from '../api/soap-rounds.ts';

type Answer = (response: ServerResponse, question: Question) => void;

interface Question {
	readonly site: string;
	readonly party: { readonly name: string; readonly vo: string; readonly role: string };
	readonly agreementId?: string;
	readonly offer: object;
	readonly provisional: {
		readonly outcome: string;
		readonly grant?: { readonly machineCount: number; readonly startAt: string };
	};
}

const RESOURCES_IN_TERM = ['ServiceDescriptionTerm', 'JobDefinition', 'JobDescription', 'Resources'];
const PRICES = { currency: 'EUR', rates: [{ cpuHour: '1', memoryGibHour: '0' }] };

let policy: Server;
let site: SimulatedService;
let lenient: SimulatedService;
let answer: Answer;
const questions: Question[] = [];

beforeAll(async () => {
	policy = createServer((request, response) => {
		void bodyOf(request).then((text) => {
			const question = JSON.parse(text) as Question;
			questions.push(question);
			answer(response, question);
		});
	});
	await new Promise<void>((resolve) => policy.listen(0, '127.0.0.1', resolve));
	const { port } = policy.address() as AddressInfo;
	const settings = { policyWebhook: `http://127.0.0.1:${port}/policy`, policyWebhookMs: 300, prices: PRICES };
	site = await startSimulatedService(settings);
	lenient = await startSimulatedService({ ...settings, policyWebhookFails: 'open' });
});
afterEach(() => {
	questions.length = 0;
});
afterAll(async () => {
	await site.stop();
	await lenient.stop();
	policy.closeAllConnections();
	await new Promise((resolve) => policy.close(resolve));
});

async function bodyOf(request: IncomingMessage): Promise<string> {
	const pieces: Buffer[] = [];
	for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
	return Buffer.concat(pieces).toString();
}

function says(verdict: unknown): Answer {
	return (response) => {
		response.setHeader('Content-Type', 'application/json').end(JSON.stringify(verdict));
	};
}

const send = (wish: Partial<Wish> = {}, to = site) => to.admin.offer(offer({ image: to.image, ...wish }));
const codes = ({ problem }: { problem: Problem }) => problem.reasons?.map(({ code }) => code);

describe('a policy that answers', () => {
	test('is told who offers what, and what would be answered', async () => {
		answer = says({ verdict: 'allow' });
		const made = await send({ machines: 2, template: 'cluster' });
		if (made.kind !== 'accepted') throw new Error(made.kind);
		expect(questions).toMatchObject([
			{
				site: 'site',
				party: { role: 'admin' },
				offer: { 'wsag:AgreementOffer': {} },
				provisional: { outcome: 'accepted', grant: { machineCount: 2 }, price: { currency: 'EUR' } },
			},
		]);
		const { agreement, etag } = made;
		await site.admin.renegotiate(agreement.id, etag, offer({ image: site.image, machines: 3, template: 'cluster' }));
		expect(questions[1]).toMatchObject({ agreementId: agreement.id });
	});

	test('can refuse, and its words are told', async () => {
		answer = says({ verdict: 'deny', message: 'no courses in July' });
		const refused = await send();
		if (refused.kind !== 'refused') throw new Error(refused.kind);
		expect(refused.problem.reasons).toMatchObject([
			{ code: 'POLICY_DENIED', message: "The site's own policy refuses this offer: no courses in July" },
		]);
		expect(await site.admin.evaluate(offer({ image: site.image }))).toMatchObject({ outcome: 'refused' });
	});

	test.each([
		[true, 1],
		['true', 2],
	])(
		'can refuse all that could come of an offer (all: %j), and is not asked about the rest of it',
		async (all, least) => {
			answer = says({ verdict: 'deny', message: 'not for this party', all });
			const refused = await send();
			if (refused.kind !== 'refused') throw new Error(refused.kind);
			expect(codes(refused)).toEqual(['POLICY_DENIED']);
			expect(Math.min(2, questions.length)).toBe(least);
		},
	);

	test.each([
		[
			'in several lines',
			{ message: 'No courses in July.\nAsk the director.' },
			'No courses in July. Ask the director.',
		],
		['at length', { message: 'n'.repeat(501) }, `${'n'.repeat(500)}...`],
		['without a reason', { message: null }, 'it gives no reason.'],
		['with a member of its own', { message: 'No.', code: 17 }, 'No.'],
	])('can refuse %s, where no answer would mean yes too', async (_, beside, told) => {
		answer = says({ verdict: 'deny', ...beside });
		for (const to of [site, lenient]) {
			const refused = await send({}, to);
			if (refused.kind !== 'refused') throw new Error(refused.kind);
			expect(refused.problem.reasons).toMatchObject([
				{ code: 'POLICY_DENIED', message: `The site's own policy refuses this offer: ${told}` },
			]);
		}
	});

	test('can narrow what is agreed to, and the alternatives keep to it', async () => {
		answer = says({ verdict: 'amend', limits: { machinesMax: 2, durationSecondsMax: 1800 } });
		const countered = await send({ machines: 3, template: 'cluster' });
		if (countered.kind !== 'countered') throw new Error(countered.kind);
		expect(codes(countered)).toEqual(['WINDOW_TOO_LONG', 'LIMIT_EXCEEDED']);
		const [best] = countered.problem.alternatives ?? [];
		expect(best?.grant.machineCount).toBe(2);
		const taken = await site.admin.offer({ mediaType: 'application/xml', body: best!.offerXml! });
		expect(taken.kind).toBe('accepted');
	});

	test('can narrow what one machine has, its memory too', async () => {
		answer = says({ verdict: 'amend', limits: { cpuCountMax: 1, memoryBytesMax: 201_326_592 } });
		const countered = await send({ cpus: 2 });
		if (countered.kind !== 'countered') throw new Error(countered.kind);
		expect(countered.problem.reasons).toMatchObject([
			{ code: 'LIMIT_EXCEEDED', resource: 'cpus', asked: 2, limit: 1 },
			{ code: 'LIMIT_EXCEEDED', resource: 'memoryBytes', asked: 268_435_456, limit: 201_326_592 },
		]);
		const [best] = countered.problem.alternatives ?? [];
		expect(best?.grant).toMatchObject({ cpuCount: 1, memoryBytes: 201_326_592 });
		const taken = await site.admin.offer({ mediaType: 'application/xml', body: best!.offerXml! });
		expect(taken.kind).toBe('accepted');
	});

	test('is asked about each counter-offer as the offer that it is; what it denies of them is not held', async () => {
		const isDenied = ({ machineCount }: { readonly machineCount: number }) => machineCount < 4;
		answer = (response, question) => {
			const { outcome, grant } = question.provisional;
			const verdict = outcome === 'accepted' && isDenied(grant!) ? { verdict: 'deny' } : { verdict: 'allow' };
			says(verdict)(response, question);
		};
		const { id } = await site.admin.beginNegotiation();
		const startAt = new Date(Date.now() + 86_400_000).toISOString();
		const asked = offer({ image: site.image, machines: 9, cpus: 64, share: 100, template: 'cluster', startAt });
		const { answers } = await site.admin.negotiate(id, asked, { state: 'Solicited' });
		const [first, ...others] = questions;
		expect(first).toMatchObject({ provisional: { outcome: 'countered' } });
		for (const { offer: shown, provisional } of others) {
			expect(shown).toMatchObject({ 'wsag:AgreementOffer': {} });
			expect(provisional).toMatchObject({ outcome: 'accepted', price: { currency: 'EUR' } });
		}
		const grants = others.map(({ provisional }) => provisional.grant!);
		expect([grants.some(isDenied), grants.every(isDenied)]).toEqual([true, false]);
		const { counterOffers } = answers[0]!;
		expect(counterOffers.length).toBeGreaterThan(0);
		for (const { grant } of counterOffers) expect(isDenied(grant!)).toBe(false);
	});

	test('that denies the first start is asked about others of the window, and the first that it allows is granted', async () => {
		const isAllowed = (at: number): boolean => Math.floor(at / 3600) % 8 === 5;
		answer = (response, question) => {
			const { grant } = question.provisional;
			const isNo = grant !== undefined && !isAllowed(Date.parse(grant.startAt) / 1000);
			says(isNo ? { verdict: 'deny', message: 'not at that hour' } : { verdict: 'allow' })(response, question);
		};
		const firstAt = (Math.floor(Date.now() / 28_800_000) + 1) * 28_800_000;
		const at = (hours: number) => new Date(firstAt + hours * 3_600_000).toISOString();
		const wish = { startAt: at(0), endAt: at(9) };
		const made = await send(wish);
		if (made.kind !== 'accepted') throw new Error(made.kind);
		const { grant, because } = made.agreement;
		expect(isAllowed(Date.parse(grant!.startAt) / 1000)).toBe(true);
		const shown = questions.map(({ provisional }) => provisional.grant!.startAt);
		expect(shown).toContain(grant!.startAt);
		expect(JSON.stringify(because)).toContain('which it denies: not at that hour.');
		const { id } = await site.admin.beginNegotiation();
		const { answers } = await site.admin.negotiate(id, offer({ image: site.image, ...wish }), { state: 'Solicited' });
		expect(answers[0]!.counterOffers).toMatchObject([{ state: 'Acceptable', grant: { startAt: grant!.startAt } }]);
		const fixed = await send({ startAt: at(0) });
		if (fixed.kind !== 'countered') throw new Error(fixed.kind);
		const { reasons = [], alternatives = [] } = fixed.problem;
		expect(reasons).toMatchObject([{ code: 'POLICY_DENIED', remedy: { startAt: alternatives[0]!.grant.startAt } }]);
		for (const each of alternatives) expect(isAllowed(Date.parse(each.grant.startAt) / 1000)).toBe(true);
	});

	describe('about counter-offers by SOAP', () => {
		const machinesIn = (offer: XmlElement): number =>
			Number(textAt(offer, 'Terms', 'All', ...RESOURCES_IN_TERM, 'TotalResourceCount', 'Exact'));
		/** Some of what can be had is so, and some is not. */
		const isMeant = (machines: number): boolean => machines === 4;

		/** What answers more machines than there are, where that is said to each that has such a number; nothing is held that day. */
		async function answersWhere(isAbout: (machines: number) => boolean, verdict: unknown): Promise<XmlElement[]> {
			answer = (response, question) => {
				const { outcome, grant } = question.provisional;
				says(outcome === 'accepted' && isAbout(grant!.machineCount) ? verdict : { verdict: 'allow' })(
					response,
					question,
				);
			};
			const client = new SoapClient(site, '1.2');
			const id = await beginRounds(client);
			const startAt = new Date(Date.now() + 2 * 86_400_000).toISOString();
			const much = offerXml({ image: site.image, machines: 9, cpus: 64, share: 100, template: 'cluster', startAt });
			const answers = await askIn(client, id, negotiationOffer(much, '1-cluster', 'Solicited'));
			await client.send('<wsrf-rl:Destroy/>', negotiationHeader(id));
			return answers;
		}

		test.each([
			['denies', { verdict: 'deny' }],
			['would have otherwise', { verdict: 'amend', limits: { durationSecondsMax: 1800 } }],
		])('what it %s is neither held nor told', async (_, verdict) => {
			const answers = await answersWhere(isMeant, verdict);
			expect(questions.some(({ provisional }) => isMeant(provisional.grant?.machineCount ?? 0))).toBe(true);
			expect(answers.map((each) => stateOf(each).localName)).toContain('Acceptable');
			for (const each of answers) expect(isMeant(machinesIn(each))).toBe(false);
		});

		test('what it does not answer about is told, and why it is not held', async () => {
			const answers = await answersWhere(isMeant, { verdict: 'maybe' });
			const meant = answers.filter((each) => isMeant(machinesIn(each)));
			expect(meant.length).toBeGreaterThan(0);
			for (const each of meant) {
				expect(stateOf(each).localName).toBe('Advisory');
				const codes = reasonsIn(at(stateOf(each), 'Answer')).map(({ code }) => code);
				expect(codes).toContain('POLICY_UNREACHABLE');
			}
			expect(answers.map((each) => stateOf(each).localName)).toContain('Acceptable');
		});

		test('where it denies all of them, the rejection says so', async () => {
			const answers = await answersWhere(() => true, { verdict: 'deny', message: 'not on my site' });
			expect(answers.map((each) => stateOf(each).localName)).toEqual(['Rejected']);
			expect(reasonsIn(at(stateOf(answers[0]!), 'BaseFault')).map(({ code }) => code)).toContain('POLICY_DENIED');
		});
	});

	test('can change the price', async () => {
		answer = says({ verdict: 'amend', pricePercent: 150 });
		const made = await send({ machines: 2, cpus: 2, share: 100, template: 'cluster' });
		expect(made.kind === 'accepted' && made.agreement.price).toMatchObject({ amount: '6.00', percent: 150 });
	});

	test('is asked about what would be refused as well: it may be had a moment later', async () => {
		answer = says({ verdict: 'allow' });
		const unknown = { name: 'none', digest: `sha256:${'9'.repeat(64)}` };
		const refused = await send({ image: unknown });
		if (refused.kind !== 'refused') throw new Error(refused.kind);
		expect(codes(refused)).toEqual(['IMAGE_UNKNOWN']);
		expect(questions).toMatchObject([{ provisional: { outcome: 'refused', reasons: [{ code: 'IMAGE_UNKNOWN' }] } }]);
	});

	test('holds up nobody else while it thinks', async () => {
		const slow = await site.clientOf('slow', 'atlas');
		let release = (): void => {};
		const asked = new Promise<void>((resolve) => {
			answer = (response, question) => {
				if (question.party.name !== 'slow') return says({ verdict: 'allow' })(response, question);
				release = () => says({ verdict: 'allow' })(response, question);
				resolve();
			};
		});
		const waiting = slow.client.offer(offer({ image: site.image }));
		await asked;
		expect((await send()).kind).toBe('accepted');
		release();
		expect((await waiting).kind).toBe('accepted');
	});
});

const UNUSABLE: readonly [string, Answer][] = [
	['does not answer in time', () => {}],
	['answers slowly, byte by byte', (response) => void response.writeHead(200).write('{')],
	['breaks the connection', (response) => void response.destroy()],
	['answers with a failure', (response) => void response.writeHead(500).end('{"verdict":"allow"}')],
	['sends somewhere else', (response) => void response.writeHead(302, { Location: '/elsewhere' }).end()],
	['answers with garbage', (response) => void response.end('\u0000<html>')],
	['answers with bytes that are no text', (response) => void response.end(Buffer.from([0x22, 0xff, 0x22]))],
	['answers with another verdict', says({ verdict: 'maybe' })],
	['answers with a list', says([{ verdict: 'allow' }])],
	['answers with more than was agreed', says({ verdict: 'allow', limits: {} })],
	['answers with a limit that is none', says({ verdict: 'amend', limits: { machinesMax: 0.5 } })],
	['answers with a price that is none', says({ verdict: 'amend', pricePercent: -5 })],
	['answers without end', (response) => void response.end(Buffer.alloc(100_000, ' '))],
];

describe.each(UNUSABLE)('a policy that %s', (_, unusable) => {
	test('means no, or yes where the site wants it so, and the operator is told', async () => {
		answer = unusable;
		const [refused, accepted] = await Promise.all([send(), send({}, lenient)]);
		if (refused.kind !== 'refused') throw new Error(refused.kind);
		expect(codes(refused)).toEqual(['POLICY_UNREACHABLE']);
		expect(accepted.kind).toBe('accepted');
		expect(site.log.at(-1)).toMatch(/^The broker: .*/);
	});
});

test('an address that is none is refused at once', async () => {
	await expect(startSimulatedService({ policyWebhook: 'ftp://policy.example.org/' })).rejects.toThrow('policyWebhook');
});
