/** `computon negotiate` with a person at a terminal, which is a real one here. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SimulatedService, Wish } from '../api/simulated-service.ts';
import {
	endAgreements,
	expectNothingHeldAt,
	offerFileAt,
	startAt,
	startNegotiatedSite,
	tooMuch,
} from '../cli/negotiated-site.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startNegotiatedSite();
});
afterAll(() => site.stop());
afterEach(() => endAgreements(site));

const offerFile = (wish: Partial<Wish> = {}) => offerFileAt(site, wish);
const expectNothingHeld = () => expectNothingHeldAt(site);

const DEADLINE_MS = 15_000;

/** A command line at a pseudo-terminal of its own, which `script` makes. */
class Person {
	static readonly #all = new Set<ChildProcess>();
	readonly #child: ChildProcess;
	#shown = '';
	#read = 0;
	#news: () => void = () => {};

	constructor(argv: readonly string[], editor: string, columns?: number) {
		const main = new URL('../../src/main.ts', import.meta.url).pathname;
		const size = columns === undefined ? '' : `stty cols ${columns}; `;
		const line = size + [process.execPath, main, ...argv].map((word) => `'${word}'`).join(' ');
		const environment = { PATH: process.env.PATH, TERM: 'dumb', COMPUTON_URL: site.url, EDITOR: editor };
		const tokens = { COMPUTON_TOKEN: site.adminToken, COMPUTON_HOME: site.folder };
		this.#child = spawn('script', ['-qefc', line, '/dev/null'], { env: { ...environment, ...tokens } });
		Person.#all.add(this.#child);
		this.#child.stdout!.on('data', (part: Buffer) => {
			this.#shown += part.toString();
			this.#news();
		});
		this.#child.once('exit', () => this.#news());
	}

	/** Ends whatever a failed test has left. */
	static endAll(): void {
		for (const child of Person.#all) child.kill();
	}

	/** What was shown since the last time, as soon as it ends with a prompt. */
	async prompted(): Promise<string> {
		const deadline = setTimeout(() => this.#child.kill(), DEADLINE_MS);
		while (!/\n> [^\w]*(\d+G)?$/.test(this.#shown.slice(this.#read).replaceAll('\u001b[', ''))) {
			if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error(`It ended: ${this.#shown}`);
			await new Promise<void>((resolve) => {
				this.#news = resolve;
			});
		}
		clearTimeout(deadline);
		const seen = this.#shown.slice(this.#read);
		this.#read = this.#shown.length;
		return seen;
	}

	type(text: string): void {
		this.#child.stdin!.write(text);
	}

	/** Closes the terminal under the program. */
	hangUp(): void {
		this.#child.kill();
	}

	/** Everything after the last prompt, and the exit code. */
	async ended(): Promise<{ readonly code: number | null; readonly shown: string }> {
		const deadline = setTimeout(() => this.#child.kill(), DEADLINE_MS);
		if (this.#child.exitCode === null) await once(this.#child, 'exit');
		clearTimeout(deadline);
		return { code: this.#child.exitCode, shown: this.#shown.slice(this.#read) };
	}
}

describe('at a terminal', { timeout: 60_000 }, () => {
	afterAll(() => Person.endAll());

	test('an editor that fails ends no round', async () => {
		const person = new Person(['negotiate', offerFile(tooMuch)], 'false');
		await person.prompted();
		person.type('e\r');
		expect(await person.prompted()).toContain('The editor ended with 1: false.');
		person.type('1\r');
		expect((await person.ended()).code).toBe(0);
	});

	test('a terminal that is narrower than the table shows a block for each offer', async () => {
		const person = new Person(['negotiate', offerFile(tooMuch)], 'true', 40);
		const shown = await person.prompted();
		expect(shown).toMatch(/#1\r?\n {3}start: \S+ \S+Z\r?\n {3}for: 1h\r?\n {3}machines: 2\r?\n/);
		expect(shown).not.toContain('HELD UNTIL');
		person.type('q\r');
		expect((await person.ended()).code).toBe(10);
		await expectNothingHeld();
	});

	test('a person sees what is held, changes what was asked, and takes one', async () => {
		const person = new Person(['negotiate', offerFile(tooMuch)], "sed -i 's/<jsdl:Exact>3</<jsdl:Exact>2</'");
		const first = await person.prompted();
		expect(first).toContain('It cannot be had as asked');
		expect(first).toMatch(/#\s+START\s+FOR\s+MACHINES\s+CPUS\s+MEMORY\s+PRICE\s+HELD UNTIL/);
		expect(first).toContain('machineCount: 3 -> 2');
		expect(first).toMatch(/\d EUR/);
		person.type('nonsense\r');
		expect(await person.prompted()).toContain('There is no nonsense; there are offers 1 to ');
		person.type('e\r');
		expect(await person.prompted()).toContain('It can be had as asked');
		person.type('e\r');
		expect(await person.prompted()).toContain('Nothing was changed.');
		person.type('r\r');
		expect(await person.prompted()).toContain('It can be had as asked');
		person.type('1\r');
		const { code, shown } = await person.ended();
		expect(shown).toContain('Accepted: agreement');
		expect(code).toBe(0);
		await expectNothingHeld();
	});

	test.each([
		['who leaves', 'q\r'],
		['who ends the input', '\u0004'],
		['who interrupts', '\u0003'],
	])('a person %s leaves nothing held', async (_, typed) => {
		const person = new Person(['negotiate', offerFile(tooMuch)], 'true');
		expect(await person.prompted()).toMatch(/ \d\d:\d\d:\d\dZ\r?\n/);
		person.type(typed);
		const { code, shown } = await person.ended();
		expect(shown).toContain('nothing is held any more');
		expect(code).toBe(10);
		await expectNothingHeld();
	});

	test('a person whose terminal is closed leaves nothing held', async () => {
		const person = new Person(['negotiate', offerFile(tooMuch)], 'true');
		await person.prompted();
		const { items } = await site.admin.negotiations();
		expect(items.filter(({ state }) => state === 'Open')).toHaveLength(1);
		person.hangUp();
		const states = async () => (await site.admin.negotiations()).items.map(({ state }) => state);
		await expect.poll(states, { timeout: DEADLINE_MS }).not.toContain('Open');
		await expectNothingHeld();
	});

	test('what cannot be read is said, and can be mended', async () => {
		const person = new Person(['negotiate', offerFile({ startAt })], "sed -i 's/PT1H/forever/;t;s/forever/PT2H/'");
		await person.prompted();
		person.type('e\r');
		expect(await person.prompted()).toContain('DOCUMENT_INVALID');
		person.type('e\r');
		expect(await person.prompted()).toContain('It can be had as asked');
		person.type('q\r');
		expect((await person.ended()).code).toBe(10);
	});
});
