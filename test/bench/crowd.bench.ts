/**
 * What many large documents at once do to the memory and to everybody else: 64 clients do with documents of a megabyte
 * whatever can be done with them, one thing after the other, and again what is offered to a site that asks a policy of
 * its own.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { addImage, startBroker } from './broker-process.ts';
import { CROWD_LOADS } from './crowd-loads.ts';
import type { Figure, Watcher } from './figure.ts';
import { HOLD_SITE } from './hold.bench.ts';

/** What came of a load. */
interface Seen {
	readonly what: string;
	readonly heldMs: number;
	readonly peakBytes: number;
	readonly answers: number;
	/** Of these, those who were asked to come again. */
	readonly busy: number;
}

/** The peak of each kind of load, such as `crowd-soap-peak-bytes`; `crowd-peak-bytes` and `crowd-hold-ms` of all of them. */
export async function measureCrowd(wanted: (name: string) => boolean, watcher: Watcher): Promise<readonly Figure[]> {
	const kinds = [...Object.keys(CROWD_LOADS), WEBHOOK];
	const named = (kind: string) => `crowd-${kind}-peak-bytes`;
	const areAll = wanted('crowd-peak-bytes') || wanted('crowd-hold-ms');
	const chosen = kinds.filter((kind) => areAll || wanted(named(kind)));
	const listener = await listen();
	try {
		const asked = { COMPUTON_POLICY_WEBHOOK: listener.url };
		const seen = [
			...(await measureKinds(
				chosen.filter((kind) => kind !== WEBHOOK),
				listener.url,
				{},
				watcher,
			)),
			...(chosen.includes(WEBHOOK) ? await measureKinds(['offers'], listener.url, asked, watcher) : []),
		];
		const figures = chosen.map((kind, index) => peakOf(named(kind), seen[index]!));
		const all = seen.flat();
		const held = all.reduce((one, other) => (other.heldMs > one.heldMs ? other : one));
		const hold: Figure = {
			name: 'crowd-hold-ms',
			value: Math.round(held.heldMs),
			unit: 'ms',
			details: { document: held.what },
		};
		return [...figures, peakOf('crowd-peak-bytes', all), hold];
	} finally {
		listener.close();
	}
}

/** Offers to a site that has a policy webhook. */
const WEBHOOK = 'webhook';

/** One kind after the other, in one broker: what an earlier one has left is there. */
async function measureKinds(
	kinds: readonly string[],
	listener: string,
	settings: Readonly<Record<string, string>>,
	{ progress, signal }: Watcher,
): Promise<readonly (readonly Seen[])[]> {
	const broker = await startBroker({ ...HOLD_SITE, COMPUTON_NOTIFY_TARGETS: listener, ...settings });
	try {
		const image = await addImage(broker);
		const seen: Seen[][] = [];
		for (const kind of kinds) {
			const ofKind: Seen[] = [];
			for await (const { what, send } of CROWD_LOADS[kind]!({ broker, image, listener })) {
				signal.throwIfAborted();
				progress(`${what} ...`);
				await broker.watch();
				const { answers } = await send();
				const { heldMs, lastPeakBytes: peakBytes } = await broker.watch();
				const busy = answers.filter(({ status }) => status === 503).length;
				ofKind.push({ what, heldMs, peakBytes, answers: answers.length, busy });
			}
			seen.push(ofKind);
		}
		return seen;
	} finally {
		await broker.stop();
	}
}

function peakOf(name: string, seen: readonly Seen[]): Figure {
	const highest = seen.reduce((one, other) => (other.peakBytes > one.peakBytes ? other : one));
	const sum = (member: 'answers' | 'busy') => seen.reduce((total, each) => total + each[member], 0);
	const details = { document: highest.what, answers: sum('answers'), busy: sum('busy') };
	return { name, value: highest.peakBytes, unit: 'bytes', details };
}

/** Somebody who takes every notification, and whose policy allows everything. */
async function listen(): Promise<{ readonly url: string; close(): void }> {
	const server = createServer((request, response) => {
		request.resume();
		request.on('end', () => {
			response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"verdict":"allow"}');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/in/`,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}
