import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { OperatingErrorCode } from '../../src/errors.ts';
import { XmlPool, type XmlPoolOptions } from '../../src/xml/pool.ts';

const offer = readFileSync(new URL('../fixtures/documents/offer-8k.xml', import.meta.url));
/** So many of it are read within the time for which an answer may be held that some are. */
const brief = readFileSync(new URL('../fixtures/offers/machine.xml', import.meta.url));

const job = Buffer.from(
	'<JobDefinition xmlns="http://schemas.ggf.org/jsdl/2005/11/jsdl"><JobDescription/></JobDefinition>',
);

/** Long enough for the slowest machine to read an offer, short enough to wait for. */
const DEADLINE_MS = 1_000;

const open: XmlPool[] = [];

function pool(options: Partial<XmlPoolOptions<unknown>> = {}, reader = 'obedient'): XmlPool {
	const readerUrl = new URL(`./readers/${reader}.ts`, import.meta.url);
	const made = new XmlPool({ readerUrl, workers: 1, deadlineMs: DEADLINE_MS, ...options });
	open.push(made);
	return made;
}

afterEach(async () => {
	for (const made of open.splice(0)) await made.close();
});

function failure(code: OperatingErrorCode) {
	return expect.objectContaining({ name: 'OperatingError', code });
}

/** What a worker does that it should not, and what is told of the document at which it does. */
const MISDEEDS: readonly (readonly [string, OperatingErrorCode])[] = [
	['spin', 'PARSER_TIMEOUT'],
	['throw', 'PARSER_LOST'],
	['return what cannot cross', 'PARSER_LOST'],
	['exhaust memory', 'PARSER_EXHAUSTED'],
	['exit', 'PARSER_LOST'],
];

/** How often a document was said to come, how many turns of the loop later how many came; again and again. */
const EXPECTATIONS = Array.from(
	{ length: 60 },
	(_, nth) => [1 + (nth % 2), nth % 5 === 4 ? 2_000 : nth % 3, nth % 4] as const,
);

const READ = { ok: true, value: { root: 'AgreementOffer', context: 'a' } };
/** What becomes of a document by its context. */
const EXPECTED: ReadonlyMap<unknown, unknown> = new Map<unknown, unknown>([
	[undefined, { ok: true, value: { unpacked: 'JobDefinition \u{1f4e6}' } }],
	['pack', { ok: true, value: { unpacked: 'AgreementOffer' } }],
	['a', READ],
]);
const EXPECTED_CONTEXTS = [...EXPECTED.keys()];

describe('the pool', () => {
	test('hands back what the reader makes of the tree, with the context that it was given', async () => {
		expect(await pool().read(offer, 'xml', 'a')).toEqual(READ);
	});

	test('hands back issues of the gate', async () => {
		expect(await pool().read(Buffer.from('<a>'), 'xml')).toMatchObject({
			ok: false,
			issues: [{ code: 'NOT_WELL_FORMED' }],
		});
	});

	test('hands back issues of the reader, with their lines', async () => {
		const issue = { code: 'FAULT', path: '/wsag:AgreementOffer/wsag:Terms', line: 17, message: 'a fault' };
		expect(await pool().read(offer, 'xml', 'find fault')).toEqual({ ok: false, issues: [issue] });
	});

	test('reads the JSON form with the reader, and lets its tree pass the gate', async () => {
		const json = (value: unknown) => Buffer.from(JSON.stringify(value));
		expect(await pool().read(json(offer.toString()), 'json', 'a')).toEqual(READ);
		expect(await pool().read(json(1), 'json')).toEqual({
			ok: false,
			issues: [{ code: 'FAULT', path: '/', line: 1, message: 'no text' }],
		});
		const fault = { code: 'FAULT', path: '/wsag:AgreementOffer/wsag:Terms', message: 'a fault' };
		expect(await pool().read(json(offer.toString()), 'json', 'find fault')).toEqual({
			ok: false,
			issues: [{ ...fault, line: 1 }],
		});
	});

	test("a large document stays its sender's, and what waited behind it is read where it ends its worker", async () => {
		const large = Buffer.from(offer.toString().replace('<wsag:Context>', `<!--${'c'.repeat(500_000)}-->$&`));
		const one = pool();
		const settled = await Promise.allSettled([one.read(large, 'xml', 'exit'), one.read(offer, 'xml', 'a')]);
		expect(settled).toMatchObject([{ reason: failure('PARSER_LOST') }, { value: READ }]);
		expect(await one.read(large, 'xml', 'a')).toEqual(READ);
		expect(await one.read(large, 'xml', 'a')).toEqual(READ);
		expect(large.length).toBeGreaterThan(500_000);
	});

	test('a value that the reader packed is unpacked on this side', async () => {
		const packing = pool({ unpack: (packed) => ({ unpacked: packed.slice(0) }) });
		expect(await packing.read(offer, 'xml', 'pack')).toEqual({ ok: true, value: { unpacked: 'AgreementOffer' } });
	});

	test('answers each of many documents with its own result', async () => {
		const crowd = pool({ workers: 2 });
		const contexts = Array.from({ length: 200 }, (_, index) => index);
		const readings = await Promise.all(contexts.map((context) => crowd.read(offer, 'xml', context)));
		expect(readings).toEqual(contexts.map((context) => ({ ok: true, value: { root: 'AgreementOffer', context } })));
	});

	test('leaves the buffer of its caller alone, and is not harmed by what happens to it', async () => {
		const bytes = Buffer.from(offer);
		const reading = pool().read(bytes, 'xml', 'a');
		bytes.fill(0);
		expect(await reading).toEqual(READ);
		expect(bytes.length).toBe(offer.length);
	});

	test('reads what it was said to expect, whether that comes at once, much later, several at a time, or never', async () => {
		const made = pool({ unpack: (packed) => ({ unpacked: packed.slice(0) }) });
		// What has no context may be left for a worker that is awake, and so may what is packed of it.
		const readAll = (contexts: readonly unknown[]) => {
			return Promise.all(contexts.map((context) => made.read(context === undefined ? job : brief, 'xml', context)));
		};
		made.expect();
		expect(await readAll(['a'])).toEqual([READ]);
		for (const [expected, turns, count] of EXPECTATIONS) {
			for (let nth = 0; nth < expected; nth += 1) made.expect();
			for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
			const contexts = Array.from({ length: count }, (_, nth) => EXPECTED_CONTEXTS[(turns + nth) % 3]);
			expect(await readAll(contexts)).toEqual(contexts.map((context) => EXPECTED.get(context)));
		}
		made.expect();
		await made.close();
		made.expect();
	});

	test('what is read alone is read whole, in either form, and what is left of it with its worker', async () => {
		const made = pool({ unpack: (packed) => ({ unpacked: packed.slice(0) }) });
		const json = Buffer.from(JSON.stringify(job.toString()));
		for (let round = 0; round < 40; round += 1) {
			made.expect();
			const sent = round % 2 === 0 ? made.read(job, 'xml') : made.read(json, 'json');
			expect(await sent).toEqual(EXPECTED.get(undefined));
			if (round % 10 === 9) await expect(made.read(brief, 'xml', 'throw')).rejects.toEqual(failure('PARSER_LOST'));
		}
	});

	test('refuses a document that is too large without waking a worker', async () => {
		const small = pool({ maxBytes: 100 }, 'broken');
		expect(await small.read(offer, 'xml')).toMatchObject({ ok: false, issues: [{ code: 'TOO_LARGE' }] });
	});
});

describe('a worker that misbehaves is replaced, and the next document is read', () => {
	test.each(MISDEEDS)('%s', async (context, code) => {
		// Filling a quarter of a gigabyte takes its time.
		const made = pool({ deadlineMs: context === 'exhaust memory' ? 30_000 : DEADLINE_MS });
		const [bad, good] = await Promise.allSettled([made.read(offer, 'xml', context), made.read(offer, 'xml', 'a')]);
		expect(bad).toEqual({ status: 'rejected', reason: failure(code) });
		expect(good).toEqual({ status: 'fulfilled', value: READ });
	});

	test('again and again', async () => {
		const made = pool();
		for (let round = 0; round < 5; round += 1) {
			await expect(made.read(offer, 'xml', 'throw')).rejects.toEqual(failure('PARSER_LOST'));
			expect(await made.read(offer, 'xml', 'a')).toEqual(READ);
		}
	});

	test('what was handed to it ahead is read by its successor', async () => {
		const made = pool();
		const contexts = ['a', 'throw', 'a', 'a', 'exit', 'a', 'a'];
		const outcomes = await Promise.allSettled(contexts.map((context) => made.read(offer, 'xml', context)));
		const lost = { status: 'rejected', reason: failure('PARSER_LOST') };
		expect(outcomes).toEqual(
			contexts.map((context) => (context === 'a' ? { status: 'fulfilled', value: READ } : lost)),
		);
	});

	test.each(MISDEEDS)('of many that it was handed none but the one that made it %s is lost', async (bad, code) => {
		const made = pool({ deadlineMs: bad === 'exhaust memory' ? 30_000 : DEADLINE_MS });
		// The first ones are compiled, and take longer.
		await Promise.all(Array.from({ length: 200 }, () => made.read(brief, 'xml')));
		const contexts = [...Array(5).fill('a'), bad, ...Array(10).fill('a')];
		const outcomes = await Promise.allSettled(
			contexts.map((context) => made.read(context === undefined ? job : brief, 'xml', context)),
		);
		const lost = { status: 'rejected', reason: failure(code) };
		expect(outcomes).toEqual(
			contexts.map((context) => (context === 'a' ? { status: 'fulfilled', value: READ } : lost)),
		);
	});

	test('what was read is told before a large document is begun', async () => {
		const made = pool();
		// The first ones are compiled, and take longer.
		await Promise.all(Array.from({ length: 200 }, () => made.read(brief, 'xml')));
		const settled: string[] = [];
		const read = (name: string, document: Uint8Array, context: string) =>
			made.read(document, 'xml', context).then(
				() => settled.push(name),
				() => settled.push('lost'),
			);
		const large = Buffer.concat([brief, Buffer.alloc(17 << 10, ' ')]);
		const before = read('before', brief, 'a');
		const spinning = read('large', large, 'spin');
		const after = Array.from({ length: 5 }, () => read('after', brief, 'a'));
		await Promise.all([before, spinning, ...after]);
		expect(settled).toEqual(['before', 'lost', ...after.map(() => 'after')]);
	});

	test('nobody waits behind a large document while another worker is free', async () => {
		const made = pool({ workers: 2 });
		expect(await made.read(offer, 'xml', 'a')).toEqual(READ);
		const settled: string[] = [];
		const bad = made
			.read(Buffer.concat([offer, Buffer.alloc(128 << 10, ' ')]), 'xml', 'spin')
			.catch(() => settled.push('bad'));
		const good = Array.from({ length: 20 }, () => made.read(offer, 'xml', 'a').then(() => settled.push('good')));
		await Promise.all([bad, ...good]);
		expect(settled).toEqual([...good.map(() => 'good'), 'bad']);
	});

	test('the others are not disturbed', async () => {
		const made = pool({ workers: 2 });
		const bad = made.read(offer, 'xml', 'spin');
		const settled = bad.then(
			() => 'read',
			() => 'lost',
		);
		for (let round = 0; round < 20; round += 1) expect(await made.read(offer, 'xml', 'a')).toEqual(READ);
		expect(await settled).toBe('lost');
	});
});

describe('what is read in time is read, however long the main thread is busy', () => {
	test.each([0, 1, 2, 3])('after %i turns of the loop', async (turns) => {
		const made = pool({ deadlineMs: 300 });
		await Promise.all(Array.from({ length: 50 }, () => made.read(brief, 'xml').catch(() => undefined)));
		const reading = Promise.allSettled(Array.from({ length: 6 }, () => made.read(brief, 'xml', 'a')));
		for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
		for (const until = performance.now() + 500; performance.now() < until; );
		expect(await reading).toEqual(Array(6).fill({ status: 'fulfilled', value: READ }));
	});
});

describe('a pool whose workers cannot start', () => {
	test('says so to everybody who waits, and to whoever asks later', async () => {
		const made = pool({ workers: 2 }, 'broken');
		const failures = await Promise.allSettled([
			made.read(offer, 'xml'),
			made.read(offer, 'xml'),
			made.read(offer, 'xml'),
		]);
		const refused = { status: 'rejected', reason: failure('PARSER_LOST') };
		expect(failures).toEqual([refused, refused, refused]);
		await expect(made.read(offer, 'xml')).rejects.toThrow('not today');
	});
});

describe('bounds', () => {
	test('more documents than the queue holds are refused at once', async () => {
		const made = pool();
		const document = new Uint8Array(1 << 20);
		const waiting = Array.from({ length: 65 }, () => made.read(document, 'xml'));
		const outcomes = await Promise.allSettled(waiting);
		const busy = outcomes.filter(({ status }) => status === 'rejected');
		expect(busy).toEqual([{ status: 'rejected', reason: failure('BROKER_BUSY') }]);
	});

	test('closing refuses what waits and what is being read, and whatever comes after', async () => {
		const made = pool();
		expect(await made.read(offer, 'xml', 'a')).toEqual(READ);
		const outcomes = Promise.allSettled([made.read(offer, 'xml', 'spin'), made.read(offer, 'xml')]);
		await made.close();
		const refused = { status: 'rejected', reason: failure('BROKER_CLOSED') };
		expect(await outcomes).toEqual([refused, refused]);
		await expect(made.read(offer, 'xml')).rejects.toEqual(failure('BROKER_CLOSED'));
	});
});
