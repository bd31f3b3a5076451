/** Documents per second that one worker reads, and that two do, warmed up, in this process: {one, two} as JSON on stdout. */
import { readFileSync } from 'node:fs';
import { XmlPool } from '../../src/xml/pool.ts';

const OFFER = new URL('../fixtures/documents/offer-8k.xml', import.meta.url);
/** The one of `computon validate`: what comes back is small, so that the main thread is no third contestant for two CPUs. */
const READER = new URL('../../src/agreement/inspection.ts', import.meta.url);
/** For each worker: V8 goes on compiling for some ten thousand documents, and what it compiles with is the other's CPU. */
const WARM_UP = 12_000;
const MEASURED = 8_000;
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
		await read(WARM_UP * workers);
		const begin = performance.now();
		await read(MEASURED * workers);
		return (MEASURED * workers * 1000) / (performance.now() - begin);
	} finally {
		await pool.close();
	}
}

const one = await rateOf(1);
process.stdout.write(JSON.stringify({ one, two: await rateOf(2) }));
