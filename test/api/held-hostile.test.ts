/**
 * For how long a document holds the main thread, on which everybody is served, where it is the first of a process and
 * nothing is compiled yet: in CPU time, which others on the machine do not add to.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addImage, type BrokerProcess, startBroker } from '../bench/broker-process.ts';
import { Clients, encode } from '../bench/clients.ts';
import { HOLD_SITE, ordinaryWish } from '../bench/hold.bench.ts';
import { asDemanding, forTemplate, HOSTILE_DEMANDS } from '../bench/hostile-demands.ts';
import { offerWriter } from '../bench/offers.ts';

const HELD_CPU_MS_MAX = 50;
const PEAK_BYTES_MAX = 512 * 2 ** 20;

let broker: BrokerProcess;
let offer: string;
beforeAll(async () => {
	broker = await startBroker(HOLD_SITE);
	const much = { machines: 250, cpus: 32, memoryBytes: 96 * 2 ** 30 };
	offer = forTemplate(offerWriter(await addImage(broker))('xml', { ...ordinaryWish(), ...much }), 'cluster');
});
afterAll(() => broker.stop());

/** Many wishes, each of which is weighed for each answer that is found. */
const OPTIONAL = Array.from(
	{ length: 200 },
	(_, nth) =>
		`<wsag:Item wsag:Name="i${nth}"><wsag:Location>//jsdl:TotalResourceCount//*</wsag:Location><wsag:ItemConstraint><xs:maxInclusive value="${nth + 1}"/></wsag:ItemConstraint></wsag:Item>`,
).join('');

const DOCUMENTS: readonly (readonly [string, () => string])[] = [
	...HOSTILE_DEMANDS.filter(({ what }) =>
		['an equation that is violated', 'long lists of ways', 'sums of many values', 'products of many nodes'].includes(
			what,
		),
	).map((demands) => [demands.what, () => asDemanding(demands.change(offer), demands)] as const),
	[
		'wishes',
		() => {
			const demanding = asDemanding(offer, { what: '', constraints: OPTIONAL, change: (each) => each });
			return demanding.replaceAll('neg:Type="Required"', 'neg:Type="Optional" neg:Importance="3"');
		},
	],
];

test.each(DOCUMENTS)('%s in a negotiation hold nobody up', { timeout: 60_000 }, async (_, write) => {
	await broker.end();
	broker = await startBroker(HOLD_SITE, broker.folder);
	const { id } = await broker.admin.beginNegotiation({ template: 'cluster/1' });
	const clients = new Clients(broker.url, 1);
	try {
		await broker.watch();
		const headers = {
			Authorization: `Bearer ${broker.token}`,
			'Content-Type': 'application/xml',
			Accept: 'application/xml',
		};
		const request = encode({ method: 'POST', path: `/negotiations/${id}/offers`, headers, body: write() });
		const { answers } = await clients.send([request]);
		const { heldCpuMs, peakBytes } = await broker.watch();
		expect(answers[0]!.status).toBe(200);
		expect(heldCpuMs).toBeLessThan(HELD_CPU_MS_MAX);
		expect(peakBytes).toBeLessThan(PEAK_BYTES_MAX);
	} finally {
		clients.close();
		await broker.admin.endNegotiation(id);
	}
});
