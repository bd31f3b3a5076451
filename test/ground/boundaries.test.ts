/** The linter, not a reader, finds a breach of the house: proved by planting some. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
const BIOME = join(ROOT, 'node_modules/.bin/biome');

let house: string;
beforeEach(() => {
	house = mkdtempSync(join(tmpdir(), 'computon-test-'));
	for (const file of ['biome.jsonc', '.gitignore']) cpSync(join(ROOT, file), join(house, file));
});
afterEach(() => rmSync(house, { recursive: true, force: true }));

function plant(path: string, text: string): void {
	mkdirSync(dirname(join(house, path)), { recursive: true });
	writeFileSync(join(house, path), text);
}

async function lint(...options: string[]): Promise<string> {
	try {
		const { stdout, stderr } = await run(BIOME, ['lint', '--error-on-warnings', ...options, 'src'], { cwd: house });
		return stdout + stderr;
	} catch (error) {
		const { stdout, stderr } = error as { stdout: string; stderr: string };
		return stdout + stderr;
	}
}

test.each([
	['capacity', 'store', 'noRestrictedImports'],
	['agreement', 'broker', 'noRestrictedImports'],
	['api', 'jobs', 'noRestrictedImports'],
	['broker', 'workspace', 'noRestrictedImports'],
	['cli', 'broker', 'noRestrictedImports'],
	['client', 'api', 'noRestrictedImports'],
	['libvirt', 'workspace', 'noRestrictedImports'],
	['notify', 'store', 'noRestrictedImports'],
	['broker', 'notify', 'noRestrictedImports'],
])('an import from %s to %s is found', async (from, to, rule) => {
	plant(`src/${to}/a.ts`, 'export const a = 1;\n');
	plant(`src/${from}/planted.ts`, `import { a } from '../${to}/a.ts';\n\nexport const b = a;\n`);
	expect(await lint()).toContain(rule);
});

/** Files beside the rooms that any of them may import. */
const OF_ALL = ['errors.ts', 'parts.ts'];
const BESIDE = readdirSync(join(ROOT, 'src')).filter((name) => name.endsWith('.ts') && !OF_ALL.includes(name));
const ROOMS = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());

test('an import of the composition root is found in every room, and none of what all may import', async () => {
	for (const name of [...BESIDE, ...OF_ALL]) plant(`src/${name}`, 'export const a = 1;\n');
	const planted = ROOMS.flatMap(({ name: room }) =>
		[...BESIDE, ...OF_ALL].flatMap((file) => [
			[`src/${room}/of-${file}`, `../${file}`] as const,
			[`src/${room}/within/of-${file}`, `../../${file}`] as const,
		]),
	);
	for (const [path, from] of planted) plant(path, `import { a } from '${from}';\n\nexport const b = a;\n`);
	const found = await lint('--max-diagnostics=none', '--reporter=github');
	const breaches = planted.filter(([path]) => found.includes(`/${path},line`)).map(([path]) => path);
	expect(ROOMS.length).toBeGreaterThan(10);
	expect(breaches).toEqual(planted.filter(([, from]) => !OF_ALL.includes(basename(from))).map(([path]) => path));
});

test('an import from a folder within a room is found as well', async () => {
	plant('src/store/a.ts', 'export const a = 1;\n');
	plant('src/api/soap/planted.ts', "import { a } from '../../store/a.ts';\n\nexport const b = a;\n");
	expect(await lint()).toContain('noRestrictedImports');
});

test('an import that the table allows is not', async () => {
	plant('src/capacity/a.ts', 'export const a = 1;\n');
	plant('src/negotiation/fine.ts', "import { a } from '../capacity/a.ts';\n\nexport const b = a;\n");
	plant('src/api/b.ts', 'export const b = 1;\n');
	plant('src/api/soap/fine.ts', "import { b } from '../b.ts';\n\nexport const c = b;\n");
	expect(await lint()).not.toContain('noRestrictedImports');
});

test('a cycle within a room is found', async () => {
	plant('src/store/a.ts', "import { b } from './b.ts';\n\nexport const a = () => b;\n");
	plant('src/store/b.ts', "import { a } from './a.ts';\n\nexport const b = () => a;\n");
	expect(await lint()).toContain('noImportCycles');
});

test.each([
	["import { readFileSync } from 'node:fs';\n\nexport const a = readFileSync;\n", 'noNodejsModules'],
	['export const a = () => Date.now();\n', 'noRestrictedGlobals'],
	['export const a = () => process.env;\n', 'noRestrictedGlobals'],
	['export const a = () => crypto.randomUUID();\n', 'noRestrictedGlobals'],
])('a room that is pure cannot say %j', async (text, rule) => {
	plant('src/negotiation/impure.ts', text);
	expect(await lint()).toContain(rule);
});
