/** The documents say what the tables say: every code of a problem, of a reason, of a failure stands in docs/problems.md. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REPAIRS } from '../../src/agreement/lenient/repairs.ts';
import { PROBLEMS, problemOfIssues } from '../../src/api/problems.ts';
import { OPERATING_ERRORS, OperatingError, type OperatingErrorCode } from '../../src/errors.ts';
import { GATE_ISSUES } from '../../src/xml/issue.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const problems = read('docs/problems.md');

test('every problem is documented with its status', () => {
	for (const [code, { status }] of Object.entries(PROBLEMS)) expect(problems).toContain(`| \`${code}\` | ${status} |`);
});

test('every reason is documented, and none that does not exist', () => {
	const union = /export type ReasonCode =([\s\S]*?);/.exec(read('src/negotiation/decision.ts'))?.[1] ?? '';
	const codes = [...union.matchAll(/\| '([A-Z_]+)'/g)].map(([, code]) => code);
	const reasons = problems.slice(problems.indexOf('## Reasons'), problems.indexOf('## Issues'));
	const documented = [...reasons.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
	expect(codes.length).toBeGreaterThan(10);
	expect(documented.sort()).toEqual(codes.sort());
});

test('every issue of a document is documented', () => {
	const union = /export type IssueCode =([\s\S]*?);/.exec(read('src/agreement/issue-code.ts'))?.[1] ?? '';
	const codes = [...union.matchAll(/\| '([A-Z_]+)'/g)].map(([, code]) => code ?? '');
	expect(codes.length).toBeGreaterThan(20);
	for (const code of [...codes, ...Object.keys(GATE_ISSUES)]) expect(problems).toContain(`| \`${code}\` |`);
});

test('of each issue the problems say whether a document with it alone is valid and not supported', () => {
	const row = /^\| `NOT_SUPPORTED` \| 422 \|.*$/m.exec(problems)?.[0] ?? '';
	const named = new Set([...row.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code));
	const issues = problems.slice(problems.indexOf('## Issues'));
	const codes = [...issues.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code = '']) => code);
	for (const code of codes) {
		const problem = problemOfIssues([{ code, path: '/', message: '' }]);
		expect([code, problem === 'NOT_SUPPORTED']).toEqual([code, named.has(code)]);
	}
});

test('every repair of lenient reading is documented with its severity, and none that does not exist', () => {
	const documented = [...read('docs/lenient.md').matchAll(/^\| `([A-Z_]+)` \| (\w+) \|/gm)].map(([, ...row]) =>
		row.join(' '),
	);
	const repairs = Object.entries(REPAIRS).map(([code, [severity]]) => `${code} ${severity}`);
	expect(documented.sort()).toEqual(repairs.sort());
});

test('every operating failure is documented, and its text carries its detail', () => {
	for (const code of Object.keys(OPERATING_ERRORS)) expect(problems).toContain(code);
	for (const [code, { status, retryable, help }] of Object.entries(OPERATING_ERRORS)) {
		const error = new OperatingError(code as OperatingErrorCode, 'Here.');
		expect(error).toMatchObject({ code, status, retryable, message: `${help} Here.` });
	}
});

test('every setting stands in README, and none that does not exist; in the environment it is called by one rule', () => {
	const settings = [...read('src/config.ts').matchAll(/^\t(\w+): \w+\('(COMPUTON_\w+)'/gm)];
	const readme = read('README.md');
	const table = readme.slice(readme.indexOf('### Settings'), readme.indexOf('## What is enforced'));
	const rows = [...table.matchAll(/^\| (`.*?`) \|/gm)].map(([, names = '']) => names);
	const documented = rows.flatMap((names) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
	expect(settings.length).toBeGreaterThan(30);
	expect(documented.sort()).toEqual(settings.map(([, name]) => name).sort());
	for (const [, name = '', variable] of settings)
		expect(variable).toBe(`COMPUTON_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`);
});

test('every room has a rule of the linter, and ARCHITECTURE.md says the same of what it may import', () => {
	const rules = new Map(
		[...read('biome.jsonc').matchAll(/The room (\w+) may import only: ([\w., ]+) \(/g)].map(
			([, room = '', allowed = '']) => [room, allowed.split(', ').filter((name) => !name.endsWith('.ts'))],
		),
	);
	const rows = new Map(
		[...read('ARCHITECTURE.md').matchAll(/^\| `(\w+)` \|.*\| (.*) \|$/gm)].map(([, room = '', imports = '']) => [
			room,
			(imports.match(/\w+/g) ?? []).filter((word) => !['nothing', 'all', 'types', 'of'].includes(word)),
		]),
	);
	const folders = readdirSync(new URL('../../src/', import.meta.url), { withFileTypes: true }).filter((each) =>
		each.isDirectory(),
	);
	expect(folders.length).toBeGreaterThan(10);
	for (const { name } of folders) {
		expect(rules.get(name), `the rule of ${name}`).toBeDefined();
		expect(rows.get(name)?.sort(), `the row of ${name}`).toEqual(rules.get(name)!.sort());
	}
});

test('whatever file a document names is there', () => {
	const folder = new URL('../../', import.meta.url);
	const names = readdirSync(new URL('docs/', folder), { recursive: true, encoding: 'utf8' }).map(
		(name) => `docs/${name}`,
	);
	let named = 0;
	for (const document of ['README.md', 'ARCHITECTURE.md', ...names.filter((name) => name.endsWith('.md'))]) {
		const text = read(document);
		const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(
			([, link = '']) => new URL(link, new URL(document, folder)),
		);
		const paths = [...text.matchAll(/(?<![\w./…-])(?:src|test|docs|schemas|templates|scripts)\/[\w./-]*\w/g)].map(
			([path]) => new URL(names.find((name) => /\/\d{4}$/.test(path) && name.startsWith(`${path}-`)) ?? path, folder),
		);
		for (const file of [...links, ...paths]) {
			expect.soft(existsSync(file), `${document} names ${file.pathname}`).toBe(true);
			named += 1;
		}
	}
	expect(named).toBeGreaterThan(50);
});
