/**
 * What many large documents at once do to the memory and to everybody else: 64 clients send offers of a megabyte, each
 * of which is countered by five as large, and look at a negotiation of as many large offers as it may have.
 */
import { ProblemError } from '../../src/client/transport.ts';
import { addImage, type BrokerProcess, startBroker } from './broker-process.ts';
import { Clients, encode, type Load } from './clients.ts';
import type { Figure, Watcher } from './figure.ts';
import { extended, HOLD_SITE, jsonOf, ordinaryWish } from './hold.bench.ts';
import { offerWriter } from './offers.ts';

const CLIENTS = 64;
/** Of each form; who was not answered by then is waited for. */
const CROWD_MS_MAX = 15_000;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
const FORMS = ['xml', 'json'] as const;
/** Whoever looks at a tree of 16 MiB gets all of it. */
const LOOKING_CLIENTS = 8;
/** Of what one message may have, so much is text. */
const ROUND_CHARACTERS = 400_000;

/** `crowd-peak-bytes`, `crowd-hold-ms`. */
export async function measureCrowd({ progress, signal }: Watcher): Promise<readonly Figure[]> {
	const broker = await startBroker(HOLD_SITE);
	try {
		const write = offerWriter(await addImage(broker));
		const offer = write('xml', { ...ordinaryWish(), machines: 250, cpus: 32, memoryBytes: 96 * GIB });
		const large = extended(offer, 't'.repeat(MIB - 20_000));
		const loads: { readonly what: string; readonly load: Load; readonly heldMs: number }[] = [];
		const watched = async (what: string, ask: () => Promise<Load>) => {
			signal.throwIfAborted();
			progress(`${what} ...`);
			await broker.watch();
			const load = await ask();
			loads.push({ what, load, heldMs: (await broker.watch()).heldMs });
		};
		for (const form of FORMS) {
			const body = form === 'xml' ? large : jsonOf(large)!;
			for (const path of ['/agreements', '/evaluations']) {
				await watched(`${CLIENTS} clients, ${path}, ${form}`, () => crowd(broker, form, path, body));
			}
		}
		const id = await largestTree(broker, extended(offer, 't'.repeat(ROUND_CHARACTERS)));
		for (const form of FORMS) {
			await watched(`${LOOKING_CLIENTS} clients look at a tree, ${form}`, () => look(broker, form, id));
		}
		const { peakBytes } = await broker.watch();
		const answers = loads.flatMap(({ load }) => load.answers);
		const longest = loads.reduce((one, other) => (other.heldMs > one.heldMs ? other : one));
		const busy = answers.filter(({ status }) => status === 503).length;
		return [
			{ name: 'crowd-peak-bytes', value: peakBytes, unit: 'bytes', details: { answers: answers.length, busy } },
			{ name: 'crowd-hold-ms', value: Math.round(longest.heldMs), unit: 'ms', details: { document: longest.what } },
		];
	} finally {
		await broker.stop();
	}
}

async function crowd(broker: BrokerProcess, form: (typeof FORMS)[number], path: string, body: string): Promise<Load> {
	const mediaType = `application/${form}`;
	const headers = { Authorization: `Bearer ${broker.token}`, 'Content-Type': mediaType, Accept: 'application/json' };
	return send(broker, CLIENTS, encode({ method: 'POST', path, headers, body }), [200, 409, 503]);
}

async function look(broker: BrokerProcess, form: (typeof FORMS)[number], id: string): Promise<Load> {
	const headers = { Authorization: `Bearer ${broker.token}`, Accept: `application/${form}` };
	return send(broker, LOOKING_CLIENTS, encode({ method: 'GET', path: `/negotiations/${id}`, headers }), [200]);
}

/** One request of each client. */
async function send({ url }: BrokerProcess, count: number, request: Buffer, allowed: readonly number[]): Promise<Load> {
	const clients = new Clients(url, count);
	try {
		const load = await clients.send(new Array(count).fill(request), CROWD_MS_MAX);
		const failed = load.answers.find(({ status }) => !allowed.includes(status));
		if (failed !== undefined) throw new Error(`One was answered ${failed.status}: ${failed.body.slice(0, 300)}`);
		return load;
	} finally {
		clients.close();
	}
}

/** A negotiation of as many offers as it takes, by its id. */
async function largestTree({ admin }: BrokerProcess, body: string): Promise<string> {
	const { id } = await admin.beginNegotiation({ template: 'cluster/1' });
	for (;;) {
		try {
			await admin.negotiate(id, { mediaType: 'application/xml', body }, { state: 'Advisory' });
		} catch (error) {
			if (error instanceof ProblemError && error.problem.code === 'NEGOTIATION_REFUSED') return id;
			throw error;
		}
	}
}
