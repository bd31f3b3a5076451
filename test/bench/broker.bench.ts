/**
 * What an acceptance costs from the broker's door to the fsync: judged, written and committed, without HTTP and XML.
 * `node test/bench/broker.bench.ts` prints JSON lines; every figure is measured in that run.
 */
import { pathToFileURL } from 'node:url';
import type { Offer } from '../../src/agreement/offer/offer.ts';
import { GIB, hosts } from '../broker/hosts.ts';
import { alice, offerOf, offerXml, openWorld, type World } from '../broker/site.ts';

export interface Figure {
	readonly name: string;
	readonly value: number;
	readonly unit: string;
}

const CALLERS = 64;
const HOSTS = 100;
const MINUTE = 60;
/** A document of 8 KB, as the other benches have it. */
const DOCUMENT_BYTES = 8192;
/** Acceptances that are measured. */
const ACCEPTED = 6400;

/** Durable acceptances per second by 64 concurrent callers, with 100 and with 5,000 live agreements. */
export async function measureBroker(): Promise<Figure[]> {
	const figures: Figure[] = [];
	for (const live of [100, 5000]) {
		using world = await openWorld({ hosts: hosts(HOSTS, 32, 128 * GIB) });
		await accept(world, documents(world, live, 0));
		const offers = documents(world, ACCEPTED, live);
		const begin = performance.now();
		await accept(world, offers);
		const seconds = (performance.now() - begin) / 1000;
		figures.push({ name: `broker-accept-${live}`, value: Math.round(ACCEPTED / seconds), unit: '1/s' });
	}
	return figures;
}

/** Offers that were read before, each for another minute of the calendar. */
function documents(world: World, count: number, from: number): { readonly offer: Offer; readonly offerXml: string }[] {
	return Array.from({ length: count }, (_, index) => {
		const startAt = world.now + (1 + ((from + index) % 10_000)) * MINUTE;
		const xml = offerXml({ cpus: 4, startAt, durationSeconds: 10 * MINUTE });
		return { offer: offerOf(xml), offerXml: `${xml}<!--${' '.repeat(DOCUMENT_BYTES - xml.length - 7)}-->` };
	});
}

async function accept(world: World, offers: ReturnType<typeof documents>): Promise<void> {
	const call = async (): Promise<void> => {
		for (let offer = offers.pop(); offer !== undefined; offer = offers.pop()) {
			const outcome = await world.broker.createAgreement({ party: alice, ...offer });
			if (outcome.kind !== 'accepted') throw new Error(`Not accepted: ${JSON.stringify(outcome)}`);
		}
	};
	await Promise.all(Array.from({ length: CALLERS }, call));
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
	for (const figure of await measureBroker()) console.log(JSON.stringify(figure));
}
