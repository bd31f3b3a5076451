/**
 * Documents per second that one worker reads, and that two do, in turn in this process, round by round, warmed up:
 * {one, two} as JSON on stdout.
 */
import { readFileSync } from 'node:fs';
import { XmlPool } from '../../src/xml/pool.ts';
import { interleave } from './figure.ts';

const OFFER = new URL('../fixtures/documents/offer-8k.xml', import.meta.url);
/** The one of `computon validate`: what comes back is small, so that the main thread is no third contestant for two CPUs. */
const READER = new URL('../../src/agreement/inspection.ts', import.meta.url);
/**
 * For each worker. A broker reads for days; until here V8 compiles, with a helper thread on the CPU that one worker
 * leaves idle and two do not: 280 us of CPU a document for the first 2,000, 30 to 90 until 14,000, 8 to 50 until 22,000,
 * then 6 to 20.
 */
const WARM_UP = 25_000;
const ROUNDS = 12;
const ROUND_MS = 1_000;
const WAITING = 64;

const bytes = readFileSync(OFFER);

/** Lets so many clients, each of which waits for its answer, go on for as long as told; what they had read. */
async function read(pool: XmlPool, goesOn: (done: number) => boolean): Promise<number> {
	let done = 0;
	const client = async () => {
		while (goesOn(done)) {
			const reading = await pool.read(bytes, 'xml');
			if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
			done += 1;
		}
	};
	await Promise.all(Array.from({ length: WAITING }, client));
	return done;
}

async function rateOf(pool: XmlPool): Promise<number> {
	const begin = performance.now();
	const done = await read(pool, () => performance.now() - begin < ROUND_MS);
	return (done * 1000) / (performance.now() - begin);
}

const [one, two] = [1, 2].map((workers) => new XmlPool({ readerUrl: READER, workers, deadlineMs: 60_000 }));
try {
	await read(one!, (done) => done < WARM_UP);
	await read(two!, (done) => done < WARM_UP * 2);
	const watcher = { progress: () => undefined, signal: new AbortController().signal };
	const rounds = await interleave(ROUNDS, { one: () => rateOf(one!), two: () => rateOf(two!) }, watcher);
	process.stdout.write(JSON.stringify(rounds));
} finally {
	await one!.close();
	await two!.close();
}
