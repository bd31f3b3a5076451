/** What our schemas admit and refuse, compared with the official ones of WS-Agreement, JSDL and what belongs to them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromJson } from '../../src/agreement/from-json.ts';
import { read as inspect, readJsonForm } from '../../src/agreement/inspection.ts';
import { toJson } from '../../src/agreement/to-json.ts';
import { type Reading, readDocument, readDocumentWith, readJsonDocumentWith } from '../../src/xml/document.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { jsonSent, readLeniently } from '../agreement/lenient-readings.ts';
import { buildCorpus, type Group } from './corpus.ts';
import { DIFFERENCES, type Difference, XMLLINT_MISTAKES } from './differences.ts';
import { hasXmllint, officialFolder, officialValidator, xmllintVerdicts } from './official.ts';
import { recorded, recordedVerdicts } from './verdicts.ts';

/** Building the corpus takes three seconds of a quiet machine. */
const PATIENCE_MS = 120_000;

let corpus: readonly Group[] = [];
const verdicts = recordedVerdicts();
const usedDifferences = new Set<Difference>();

beforeAll(() => {
	corpus = buildCorpus();
}, PATIENCE_MS);

function weAdmit(text: string): boolean {
	return readDocument(Buffer.from(text)).ok;
}

function explain(group: Group, at: string, official: string): Difference | undefined {
	return DIFFERENCES.find(
		(difference) =>
			difference.official === official &&
			difference.base === group.base &&
			difference.mutation.test(group.mutation) &&
			difference.at.test(at),
	);
}

describe('in every run, against the verdicts that were recorded', () => {
	test('they were recorded of this very corpus, which is large and has documents of both kinds', () => {
		const about = ({ base, mutation, digest }: { base: string; mutation: string; digest: string }) => ({
			base,
			mutation,
			digest,
		});
		// Where this fails the corpus was changed: record the official verdicts again (record.ts).
		expect(corpus.map(about)).toEqual(verdicts.map(about));
		const all = verdicts.map(({ official }) => official).join('');
		expect(all.length).toBe(corpus.flatMap(({ documents }) => documents).length);
		expect(all.replaceAll('-', '').length).toBeGreaterThan(4_000);
		expect(all.replaceAll('+', '').length).toBeGreaterThan(8_000);
	});

	test.each([...new Set(verdicts.map(({ base }) => base))])(
		'%s: ours are the same, but for the differences that are listed',
		(base) => {
			const unexplained: string[] = [];
			for (const [index, group] of corpus.entries()) {
				if (group.base !== base) continue;
				for (const [place, { at, text }] of group.documents.entries()) {
					const official = verdicts[index]!.official[place]!;
					if (weAdmit(text) === (official === '+')) continue;
					const difference = explain(group, at, official);
					if (difference === undefined) unexplained.push(`${official} ${group.mutation} ${at}`);
					else usedDifferences.add(difference);
				}
			}
			expect(unexplained).toEqual([]);
		},
		PATIENCE_MS,
	);

	test(
		'what is admitted comes back from XML and from JSON as it was; what is not is told with what was found and what is allowed',
		() => {
			const lost: string[] = [];
			const untold = new Set<string>();
			for (const { mutation, documents } of corpus) {
				for (const { at, text } of documents) {
					const reading = readDocument(Buffer.from(text));
					if (!reading.ok) {
						for (const { code, found, allowed, message } of reading.issues) {
							if (code === 'XSD_INVALID' && (found === undefined || allowed === undefined)) untold.add(message);
						}
						continue;
					}
					const written = writeCanonical(reading.value);
					const again = readDocument(Buffer.from(written));
					if (!again.ok || writeCanonical(again.value) !== written) lost.push(`XML ${mutation} ${at}`);
					const back = fromJson(JSON.parse(JSON.stringify(toJson(reading.value))));
					if (!back.ok || writeCanonical(back.value) !== written) lost.push(`JSON ${mutation} ${at}`);
				}
			}
			expect(lost).toEqual([]);
			expect([...untold]).toEqual([]);
		},
		PATIENCE_MS,
	);

	test(
		'what is told of a document in JSON is what is told of it in XML, strictly and leniently, each thing with its line',
		() => {
			const places = (reading: Reading<unknown>) => reading.issues?.map(({ line: _, ...issue }) => issue);
			let told = 0;
			const some = corpus.flatMap(({ documents }) => documents).filter((_, nth) => nth % 60 === 0);
			for (const { text } of some) {
				readLeniently(text);
				const asXml = readDocumentWith(Buffer.from(text), inspect);
				// Of what JSON has no place for there is nothing to compare.
				if (asXml.issues?.some(({ code }) => code === 'PROCESSING_INSTRUCTION')) continue;
				const asJson = readJsonDocumentWith(Buffer.from(jsonSent(text)), { read: inspect, readJsonForm });
				expect(places(asJson), text).toEqual(places(asXml));
				const unplaced = [...(asXml.issues ?? []), ...(asJson.issues ?? [])].filter(({ line }) => line === undefined);
				expect(unplaced, text).toEqual([]);
				told += asJson.issues?.length ?? 0;
			}
			expect(told).toBeGreaterThan(100);
		},
		PATIENCE_MS,
	);

	test('every difference that is listed is there', () => {
		expect(DIFFERENCES.filter((difference) => !usedDifferences.has(difference))).toEqual([]);
	});
});

const folder = officialFolder();

describe.skipIf(folder === undefined)('where the official schemas can be had (COMPUTON_STANDARDS)', () => {
	test(
		'what was recorded is what they say',
		() => {
			const admits = officialValidator(folder!);
			expect(corpus.map((group) => recorded(group, admits))).toEqual(verdicts);
		},
		PATIENCE_MS,
	);

	test.skipIf(!hasXmllint())(
		'xmllint says the same, but for its mistakes that are listed',
		() => {
			const all = corpus.flatMap(({ base, mutation, documents }, index) => {
				return documents.map(({ at, text }, place) => {
					return { what: `${base} ${mutation} ${at}`, text, official: verdicts[index]!.official[place] };
				});
			});
			const said = xmllintVerdicts(
				folder!,
				all.map(({ text }) => text),
			);
			const different = all.filter(({ official }, index) => said[index] !== (official === '+'));
			const listed = ({ what }: { what: string }) => XMLLINT_MISTAKES.find((mistake) => mistake.what.test(what));
			const unlisted = different.filter((each) => listed(each) === undefined);
			expect(unlisted.map(({ what, official }) => `${what}: recorded ${official}`)).toEqual([]);
			expect(XMLLINT_MISTAKES.filter((mistake) => !different.some((each) => listed(each) === mistake))).toEqual([]);
		},
		PATIENCE_MS,
	);

	test(
		'the schema of 2005 and the errata differ in MountSource alone',
		() => {
			const admits = officialValidator(folder!, 'jsdl.xsd');
			const different = corpus.filter((group, index) => {
				return recorded(group, admits).official !== verdicts[index]!.official;
			});
			expect(different.map(({ mutation }) => mutation)).toEqual(['MountSource, which the errata add']);
		},
		PATIENCE_MS,
	);

	test('sample documents beside them are judged alike', () => {
		const samples = resolve(folder!, '../fixtures');
		const files = existsSync(samples) ? readdirSync(samples, { recursive: true, encoding: 'utf8' }) : [];
		const admits = officialValidator(folder!);
		const different = files
			.filter((file) => file.endsWith('.xml'))
			.filter((file) => {
				const text = readFileSync(join(samples, file), 'utf8');
				return admits(text) !== weAdmit(text);
			});
		expect(different).toEqual([]);
	});
});
