import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Party } from '../../src/identity/party.ts';
import { ensureAdminToken, RELOAD_AFTER_MS, TokenFile } from '../../src/identity/token-file.ts';

const alice: Party = { name: 'alice', vo: 'atlas', role: 'client' };
const bob: Party = { name: 'bob', vo: 'cms', role: 'broker' };

let folder: string;
let path: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'computon-tokens-'));
	path = join(folder, 'tokens.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the token file', () => {
	test('a token finds its party, before and after a restart', () => {
		const tokens = new TokenFile(path);
		const one = tokens.add(alice, 'laptop').token;
		const other = tokens.add(bob, '').token;
		expect(tokens.find(one)).toEqual(alice);
		expect(new TokenFile(path).find(other)).toEqual(bob);
	});

	test.each(['', 'computon_', 'x', '__proto__', 'computon_'.padEnd(5000, 'A')])('the token %j is nobody', (token) => {
		const tokens = new TokenFile(path);
		tokens.add(alice, '');
		expect(tokens.find(token)).toBeUndefined();
	});

	test('the file holds no secret, is readable by its owner alone, and leaves no lock behind', () => {
		const tokens = new TokenFile(path);
		const { token, entry } = tokens.add(alice, 'laptop');
		expect(readFileSync(path, 'utf8')).not.toContain(token.slice(9));
		expect(JSON.stringify(tokens.list())).not.toContain('hash');
		expect(tokens.list()).toEqual([entry]);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(statSync(`${path}.lock`, { throwIfNoEntry: false })).toBeUndefined();
	});

	test('a revoked token is nobody from then on', () => {
		const tokens = new TokenFile(path);
		const { token, entry } = tokens.add(alice, '');
		expect(tokens.revoke('no such id')).toBe(false);
		expect(tokens.revoke(entry.id)).toBe(true);
		expect(tokens.find(token)).toBeUndefined();
	});

	test('a change by another process is seen, but the file is looked at once a second at most', () => {
		let nowMs = 1_000_000;
		const broker = new TokenFile(path, () => nowMs);
		const { token, entry } = new TokenFile(path).add(alice, '');
		expect(broker.find(token)).toBeUndefined();
		nowMs += RELOAD_AFTER_MS;
		expect(broker.find(token)).toEqual(alice);
		new TokenFile(path).revoke(entry.id);
		expect(broker.find(token)).toEqual(alice);
		nowMs += RELOAD_AFTER_MS;
		expect(broker.find(token)).toBeUndefined();
	});

	test('two processes that change the file in turn keep each other’s tokens', () => {
		const one = new TokenFile(path);
		const other = new TokenFile(path);
		one.add(alice, '');
		other.add(bob, '');
		expect(one.list().map(({ party }) => party)).toEqual(['alice', 'bob']);
	});

	test('while another process changes the file, a change is refused; a lock left by a dead one is taken over', () => {
		writeFileSync(`${path}.lock`, '');
		const tokens = new TokenFile(path);
		expect(() => tokens.add(alice, '')).toThrow(/Another process is changing the tokens/);
		utimesSync(`${path}.lock`, 1, 1);
		expect(tokens.find(tokens.add(alice, '').token)).toEqual(alice);
	});

	test.each([
		['is not JSON', 'nonsense'],
		['expected {"version": 1', '{"version":2,"tokens":[]}'],
		['expected {"version": 1', 'null'],
		['tokens[0] is not a token', '{"version":1,"tokens":[null]}'],
		['tokens[0] is not a token', '{"version":1,"tokens":[{"id":"a","hash":"b"}]}'],
	])('a file that cannot be used is refused: %s', (message, text) => {
		writeFileSync(path, text, { mode: 0o600 });
		expect(() => new TokenFile(path)).toThrow(message);
	});

	test('a file that is spoilt while the broker runs lets nobody in until it is mended', () => {
		let nowMs = 1_000_000;
		const tokens = new TokenFile(path, () => nowMs);
		const { token } = tokens.add(alice, '');
		const whole = readFileSync(path);
		writeFileSync(path, 'nonsense');
		nowMs += RELOAD_AFTER_MS;
		for (const _ of [1, 2]) expect(() => tokens.find(token)).toThrow('is not JSON');
		writeFileSync(path, whole);
		expect(tokens.find(token)).toEqual(alice);
	});

	test('a file that others can write is refused', () => {
		new TokenFile(path).add(alice, '');
		chmodSync(path, 0o666);
		expect(() => new TokenFile(path)).toThrow('chmod 600');
	});

	test.each([
		['an empty name', { ...alice, name: '' }],
		['a control character', { ...alice, vo: 'a\nb' }],
		['a character that is none', { ...alice, name: 'a\uFFFE' }],
		['half a character', { ...alice, vo: '\ud800' }],
		['an unknown role', { ...alice, role: 'root' as never }],
	])('%s is refused', (_, party) => {
		expect(() => new TokenFile(path).add(party, '')).toThrow(/CONFIG_INVALID|must have|none of/);
	});
});

test('a label that cannot be printed is refused', () => {
	for (const label of ['\u0007', '\ud800', 'x'.repeat(201)])
		expect(() => new TokenFile(path).add(alice, label)).toThrow('printable');
});

describe('the first admin token', () => {
	test('is made once, mode 0600, and works', () => {
		const tokens = new TokenFile(path);
		const file = ensureAdminToken(tokens, folder)!;
		const token = readFileSync(file, 'utf8').trim();
		expect(tokens.find(token)?.role).toBe('admin');
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(ensureAdminToken(tokens, folder)).toBe(file);
		expect(readFileSync(file, 'utf8').trim()).toBe(token);
		expect(tokens.list()).toHaveLength(1);
	});

	test('is not made again where an admin has a token and the file was removed', () => {
		const tokens = new TokenFile(path);
		rmSync(ensureAdminToken(tokens, folder)!);
		expect(ensureAdminToken(tokens, folder)).toBeUndefined();
	});

	test('after a crash between the two files, the one that was written becomes valid', () => {
		writeFileSync(join(folder, 'admin-token'), 'computon_written-before-the-crash\n', { mode: 0o600 });
		const tokens = new TokenFile(path);
		ensureAdminToken(tokens, folder);
		expect(tokens.find('computon_written-before-the-crash')?.role).toBe('admin');
	});
});
