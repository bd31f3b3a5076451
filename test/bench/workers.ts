/** Documents per second that one worker reads, and that two do, in this process: {one, two} as JSON on stdout. */
import { readFileSync } from 'node:fs';
import { XmlPool } from '../../src/xml/pool.ts';

const OFFER = new URL('../fixtures/documents/offer-8k.xml', import.meta.url);
/** The one of `computon validate`: what comes back is small, so that the main thread is no third contestant for two CPUs. */
const READER = new URL('../../src/agreement/inspection.ts', import.meta.url);
const DOCUMENTS = 1_600;
const WAITING = 64;

async function rateOf(workers: number): Promise<number> {
	const bytes = readFileSync(OFFER);
	const pool = new XmlPool({ readerUrl: READER, workers, deadlineMs: 60_000 });
	const read = async (count: number) => {
		let left = count;
		const client = async () => {
			while (left > 0) {
				left -= 1;
				const reading = await pool.read(bytes, 'xml');
				if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
			}
		};
		await Promise.all(Array.from({ length: WAITING }, client));
	};
	try {
		await read(DOCUMENTS / 2);
		const begin = performance.now();
		await read(DOCUMENTS);
		return (DOCUMENTS * 1000) / (performance.now() - begin);
	} finally {
		await pool.close();
	}
}

const one = await rateOf(1);
process.stdout.write(JSON.stringify({ one, two: await rateOf(2) }));
