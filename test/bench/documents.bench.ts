/**
 * What a document costs: offers of 3, 8 and 200 KB through gate and reader, beside libxml2's own parsing and validation
 * by the same schemas; and what a second worker is worth. Rates of one thread are by its CPU time, so that neighbours on
 * the machine do not count.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { ParseOption, XmlDocument, XsdValidator, xmlCleanupInputProvider } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { mend } from '../../src/agreement/lenient/mend.ts';
import { type DocumentReader, type Reading, readDocument, readLenientDocumentWith } from '../../src/xml/document.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { BROKER_ENVIRONMENT, BROKER_FLAGS } from './broker-process.ts';
import { type Figure, interleave, median, medianRatio, type Rounds, rounded, type Watcher } from './figure.ts';

const FIXTURES = new URL('../fixtures/documents/', import.meta.url);
const SCHEMAS = new URL('../../schemas/agreement/documents.xsd', import.meta.url);
const WORKERS = new URL('workers.ts', import.meta.url).pathname;
const SIZES = ['3k', '8k', '200k'] as const;
const ROUNDS = 7;
/** Long enough for some hundred documents, short enough that a neighbour's burst spoils one round only. */
const ROUND_MS = 300;
/** `documents-3k`, `-8k`, `-200k`, each also `-lenient` and `-mended`, and their ratios; `documents-workers-ratio`, two lines. */
export async function measureDocuments(
	wanted: (name: string) => boolean,
	watcher: Watcher,
): Promise<readonly Figure[]> {
	const figures: Figure[] = [];
	const validator = compileSchemas();
	try {
		for (const size of SIZES) {
			const names = WAYS.map(({ suffix }) => `documents-${size}${suffix}`);
			if (names.some((name) => wanted(name) || wanted(`${name}-ratio`))) {
				figures.push(...(await measureSize(size, validator, watcher)));
			}
		}
	} finally {
		validator.dispose();
	}
	if (wanted('documents-workers-ratio')) figures.push(await measureWorkers(watcher));
	return figures;
}

async function measureSize(size: string, validator: XsdValidator, watcher: Watcher): Promise<Figure[]> {
	const bytes = readFileSync(new URL(`offer-${size}.xml`, FIXTURES));
	const damaged = Buffer.from(damage(bytes.toString()));
	const strict = () => assertRead(readDocument(bytes));
	const lenient = () => assertRead(readLenientDocumentWith(bytes, TREES));
	const mended = () => assertRead(readLenientDocumentWith(damaged, TREES));
	const libxml2 = () => {
		const document = XmlDocument.fromBuffer(bytes, { option: ParseOption.XML_PARSE_BIG_LINES });
		try {
			validator.validate(document);
		} finally {
			document.dispose();
		}
	};
	const rounds = await interleave(
		ROUNDS,
		{
			strict: () => perCpuSecond(strict),
			lenient: () => perCpuSecond(lenient),
			mended: () => perCpuSecond(mended),
			libxml2: () => perCpuSecond(libxml2),
		},
		watcher,
	);
	const peer = rounded(median(rounds.libxml2));
	const of = 'libxml2: parse + validate';
	return WAYS.flatMap(({ way, suffix }) => {
		const name = `documents-${size}${suffix}`;
		const ratio = rounded(medianRatio(rounds[way], rounds.libxml2));
		return [
			{ name, value: rounded(median(rounds[way])), unit: '1/s', details: { bytes: bytes.length } },
			{ name: `${name}-ratio`, value: ratio, unit: 'ratio', details: { peer, of } },
		];
	});
}

/** Strictly; leniently what keeps to the schemas; leniently what has to be mended. */
const WAYS = [
	{ way: 'strict', suffix: '' },
	{ way: 'lenient', suffix: '-lenient' },
	{ way: 'mended', suffix: '-mended' },
] as const;

/** Reads documents to their trees. */
const TREES: DocumentReader<XmlElement> = { read: (root) => ({ ok: true, value: root }), mend };

function assertRead(reading: Reading<XmlElement>): void {
	if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
}

/** Names of values in another case, and a value with blanks around it. */
function damage(xml: string): string {
	return xml.replaceAll('>LINUX<', '>Linux<').replaceAll('>false<', '>False<').replaceAll('>save<', '> Save <');
}

/**
 * What two workers read in the time of one, in a process with the flags that the broker has: V8 has one helper thread
 * for all of them, not four that one worker could have for itself. On a machine of one CPU nobody can say.
 */
async function measureWorkers({ progress, signal }: Watcher): Promise<Figure> {
	progress('workers: a minute ...');
	const words = [...BROKER_FLAGS, WORKERS];
	const { stdout } = await promisify(execFile)(process.execPath, words, { env: BROKER_ENVIRONMENT, signal });
	const rounds = JSON.parse(stdout) as Rounds<'one' | 'two'>;
	const one = rounded(median(rounds.one));
	const two = rounded(median(rounds.two));
	const value = rounded(medianRatio(rounds.two, rounds.one));
	return { name: 'documents-workers-ratio', value, unit: 'ratio', details: { one, two, cpus: availableParallelism() } };
}

function perCpuSecond(work: () => unknown): number {
	const begin = performance.now();
	const before = process.threadCpuUsage();
	let done = 0;
	for (; performance.now() - begin < ROUND_MS; done += 1) work();
	const { user, system } = process.threadCpuUsage(before);
	return (done * 1e6) / (user + system);
}

/** As they lie on the disk; the gate compiles the same files. */
function compileSchemas(): XsdValidator {
	xmlRegisterFsInputProviders();
	const document = XmlDocument.fromBuffer(readFileSync(SCHEMAS), { url: SCHEMAS.pathname });
	try {
		return XsdValidator.fromDoc(document);
	} finally {
		document.dispose();
		xmlCleanupInputProvider();
	}
}
