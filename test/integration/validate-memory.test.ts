/** A thousand files in one call of `computon validate` need the memory of two hundred: nothing is kept of a file. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeCanonicalDocument } from '../../src/xml/writer.ts';
import { documentAt } from '../agreement/documents.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Runs the command line and reports, when it ends, the most memory that the process ever had. */
const REPORTING = `
	process.on('exit', () => process.stderr.write('maxRSS ' + process.resourceUsage().maxRSS));
	await import(${JSON.stringify(MAIN)});
`;

const FILES = 1_000;
let folder: string;
const files: string[] = [];

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
	writeFileSync(join(folder, 'reporting.mjs'), REPORTING);
	const text = writeCanonicalDocument(documentAt('test/fixtures/documents/offer-8k.xml'));
	const damaged = text.replaceAll(' wsag:Obligated=', ' Obligated=');
	for (let index = 0; index < FILES; index += 1) {
		const file = join(folder, `${String(index).padStart(4, '0')}.xml`);
		// No two alike, and every second to be repaired.
		writeFileSync(file, (index % 2 === 0 ? text : damaged).replace('</wsag:AgreementOffer>', `<!-- ${index} -->$&`));
		files.push(file);
	}
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function validate(count: number) {
	const child = spawn(
		process.execPath,
		[join(folder, 'reporting.mjs'), 'validate', '--lenient', '--json', ...files.slice(0, count)],
		{ stdio: ['ignore', 'pipe', 'pipe'] },
	);
	let out = '';
	let err = '';
	child.stdout.on('data', (part: Buffer) => {
		out += part;
	});
	child.stderr.on('data', (part: Buffer) => {
		err += part;
	});
	const code = await new Promise((resolve) => child.once('close', resolve));
	const maxMiB = Number(/maxRSS (\d+)/.exec(err)?.[1]) / 1024;
	const verdicts = out
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as { file: string; valid: boolean });
	return { code, err, maxMiB, verdicts };
}

/** Measured: 249 MiB with 200 files, 257 with 1,000; heaps may grow by some 80 before they are swept. */
const GROWTH_MIB_MAX = 128;
const PROCESS_MIB_MAX = 512;

test('a thousand files need little more memory than two hundred', async () => {
	const few = await validate(200);
	const many = await validate(FILES);
	expect(many.verdicts.map(({ file }) => file)).toEqual(files);
	expect(many.verdicts.filter(({ valid }) => !valid).slice(0, 1)).toEqual([]);
	expect([few.code, many.code]).toEqual([0, 0]);
	expect(many.maxMiB).toBeGreaterThan(50);
	expect(many.maxMiB).toBeLessThan(PROCESS_MIB_MAX);
	expect(many.maxMiB - few.maxMiB).toBeLessThan(GROWTH_MIB_MAX);
	// Not a terminal: no progress.
	expect(many.err.replace(/maxRSS \d+/, '')).toBe('');
});
