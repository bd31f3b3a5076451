/** The witness tells a restored backup from a database that was only stopped. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Witness } from '../../src/jobs/witness.ts';

const hash = (digit: string) => digit.repeat(64);
let folder: string;
let witness: Witness;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
	witness = new Witness(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('one that saw nothing contradicts nobody', () => {
	expect(witness.contradicts(() => undefined)).toBe(false);
	witness.remember({ sequence: 0, hash: hash('0') });
	expect(witness.contradicts(() => undefined)).toBe(false);
});

test('a history that goes on from what was seen is believed', () => {
	witness.remember({ sequence: 7, hash: hash('a') });
	expect(witness.contradicts((sequence) => (sequence === 7 ? hash('a') : undefined))).toBe(false);
	expect(statSync(join(folder, 'history-head')).mode & 0o077).toBe(0);
});

test.each([
	['ends before it', () => undefined],
	['has another entry there', () => hash('b')],
])('a history that %s is not', (_, hashAt) => {
	witness.remember({ sequence: 7, hash: hash('a') });
	expect(witness.contradicts(hashAt)).toBe(true);
});

test('a file cut short accuses nobody', () => {
	writeFileSync(join(folder, 'history-head'), '7 aa');
	expect(witness.contradicts(() => undefined)).toBe(false);
});
