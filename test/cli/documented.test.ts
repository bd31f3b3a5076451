/** Every command that README and docs name is there, with the options that they give it. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { computonAt, NO_BROKER } from './command-line.ts';

const folder = new URL('../../', import.meta.url);
const documents = ['README.md', 'docs/adr/', 'docs/'].flatMap((path) =>
	path.endsWith('/')
		? readdirSync(new URL(path, folder)).flatMap((name) => (name.endsWith('.md') ? [path + name] : []))
		: [path],
);

/** `agreement renegotiate` -> the options that some document gives it. */
const named = new Map<string, Set<string>>();
for (const document of documents) {
	const text = readFileSync(new URL(document, folder), 'utf8');
	const inBlocks = [...text.matchAll(/^computon (.*)$/gm)].map(([, line = '']) => line.replace(/ #.*/, ''));
	const inText = [...text.matchAll(/`computon ([^`]*)`/g)].map(([, line = '']) => line);
	for (const line of [...inBlocks, ...inText]) {
		const words = line.split(/[\s[\]|…]+/).filter((word) => word !== '');
		const options = words.filter((word) => /^--[a-z]/.test(word));
		const command = words
			.slice(0, 2)
			.filter((word, nth) => /^[a-z-]+$/.test(word) && !word.startsWith('-') && (nth === 0 || hasCommands(words[0]!)));
		const key = command.join(' ');
		named.set(key, new Set([...(named.get(key) ?? []), ...options]));
	}
}

function hasCommands(word: string): boolean {
	return ['agreement', 'image', 'machine', 'maintenance', 'template', 'token'].includes(word);
}

describe('a documented command', () => {
	test('is found in the documents', () => expect(named.size).toBeGreaterThan(25));

	test.each([...named.keys()].filter((command) => !['serve', 'doctor'].includes(command)))('%s', async (command) => {
		const { code, out } = await computonAt(NO_BROKER, [...command.split(' ').filter((word) => word !== ''), '--help']);
		expect(code, out).toBe(0);
		expect(out).toContain(`Usage: computon ${command}`);
		const options = new Set([...(out.match(/--[a-z-]+/g) ?? []), '--json']);
		for (const option of named.get(command)!) expect(options, `${command} ${option}`).toContain(option);
	});
});

test.each(['validate', 'import', 'expand', 'template lint'])(
	'%s says with what it ends, and ends so',
	async (command) => {
		const words = command.split(' ');
		const { out } = await computonAt(NO_BROKER, [...words, '--help']);
		expect(out).toMatch(/Exit 0: .*1: .*2: a file cannot be read/s);
		expect((await computonAt(NO_BROKER, [...words, 'nowhere.xml'])).code).toBe(2);
	},
);
