import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { Ledger } from '../../src/broker/ledger.ts';
import { NOTHING } from '../../src/capacity/resources.ts';
import { Store } from '../../src/store/store.ts';
import { BEGIN, hosts, SITE } from './hosts.ts';
import { accept } from './rounds.ts';
import { alice, openWorld } from './site.ts';

const KILLS = 3;
/** Lines after which the process is killed, at most: about a second's work. */
const LINES_MAX = 800;

/** Lets a broker work until it has acknowledged so many things, kills it, and returns what it had acknowledged. */
async function acknowledgedBefore(folder: string, lines: number): Promise<string[]> {
	const script = new URL('./accepting-process.ts', import.meta.url).pathname;
	const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
	const heard: string[] = [];
	for await (const line of createInterface({ input: child.stdout })) {
		heard.push(line);
		if (heard.length === lines) child.kill('SIGKILL');
	}
	if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
	expect(child.signalCode, 'it did not end by itself').toBe('SIGKILL');
	return heard;
}

test('everything that was acknowledged is there after kill -9 (H2, H3), and nothing is half there', {
	timeout: 120_000,
}, async () => {
	const folder = mkdtempSync(join(tmpdir(), 'computon-killed-'));
	try {
		const acknowledged: string[] = [];
		for (let kill = 1; kill <= KILLS; kill += 1) {
			// The last one has time for everything.
			const lines = kill === KILLS ? LINES_MAX : 1 + Math.floor(Math.random() * LINES_MAX);
			acknowledged.push(...(await acknowledgedBefore(folder, lines)));
			const store = new Store(folder);
			const hashes = new Set<string>();
			for (let after = 0; ; ) {
				const entries = store.history.list({ site: SITE, after, limit: 10_000 });
				if (entries.length === 0) break;
				for (const { hash } of entries) hashes.add(hash);
				after = entries.at(-1)!.sequence;
			}
			for (const line of acknowledged) {
				const [what, id, detail] = line.split(' ') as [string, string, string];
				if (NEGOTIATED.has(what)) {
					checkOffer(store, what, id, detail);
					continue;
				}
				const agreement = store.agreements.find(id);
				expect(agreement, line).toBeDefined();
				if (what === 'agreed') expect(hashes.has(detail), line).toBe(true);
				if (what === 'replaced') expect(agreement, line).toMatchObject({ state: 'Complete', supersededBy: detail });
				if (what === 'ended') expect(agreement!.state, line).toMatch(/Terminat/);
			}
			expect(store.history.verify(SITE).kind).toBe('intact');
			checkWhole(store);
			store.close();
			await takeHeld(folder);
		}
		for (const what of ['agreed', 'replaced', 'ended', ...NEGOTIATED])
			expect(
				acknowledged.some((line) => line.startsWith(what)),
				what,
			).toBe(true);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

/** Lines about offers of a negotiation, which is their third word. */
const NEGOTIATED = new Set(['held', 'kept', 'bought', 'left']);

/** An offer that was said to be held, bought or left is that, and as long as it is held its capacity is booked. */
function checkOffer(store: Store, what: string, id: string, negotiationId: string): void {
	const line = `${what} ${id}`;
	const offer = store.negotiations.findOffer(negotiationId, id);
	expect(offer?.proposal, line).toBeDefined();
	const { holdId, state, agreementId } = offer!;
	if (what === 'bought') expect(store.agreements.find(agreementId!), line).toBeDefined();
	if (what === 'left') expect(store.negotiations.find(negotiationId)!.state, line).toBe('Terminated');
	const isHeld = state === 'Acceptable' && agreementId === undefined;
	expect(store.reservations.ofHold(holdId!).length > 0, line).toBe(isHeld);
	expect(store.holds.find(holdId!)!.state === 'held', line).toBe(isHeld);
}

/**
 * Opens the broker again: every offer that is held is honoured, one of each group. What is not ended then is ended, since
 * a party has 64 negotiations at most, and each life leaves some open.
 */
async function takeHeld(folder: string): Promise<void> {
	const world = await openWorld({ hosts: hosts(100, 64, 2 ** 40), folder });
	for (let after: string | undefined; ; ) {
		const page = world.broker.negotiations.list({ party: alice, ...(after === undefined ? {} : { after }) });
		for (const { id, state } of page.items) {
			const { holds, offers, textOf } = world.broker.negotiations.read(alice, id)!;
			for (const hold of holds) {
				expect(state).toBe('Open');
				const offer = offers.find((each) => each.holdId === hold.id && each.state === 'Acceptable')!;
				expect(await accept(world, { ...offer, text: textOf(offer) })).toMatchObject({ kind: 'accepted' });
			}
			await world.broker.negotiations.terminate({ party: alice, negotiationId: id });
		}
		after = page.next;
		if (after === undefined) break;
	}
	world[Symbol.dispose]();
}

/** Each agreement has all that belongs to it, acknowledged or not: its capacity, its machines, its errands. */
function checkWhole(store: Store): void {
	for (let after: string | undefined; ; ) {
		const page = store.agreements.list({ limit: 1000, ...(after === undefined ? {} : { after }) });
		for (const { id, state, workspaceId, revision } of page) {
			if (state !== 'Observed') continue;
			expect(store.reservations.ofAgreement(id, BEGIN).length, id).toBeGreaterThan(0);
			expect(store.machines.of(workspaceId), id).toMatchObject([{ agreementId: id, revision }]);
			for (const kind of ['converge', 'end'] as const) expect(store.work.findErrand(id, kind), id).toBeDefined();
		}
		after = page.at(-1)?.id;
		if (after === undefined) break;
	}
	const ledger = new Ledger(store, SITE, { hosts: hosts(100, 64, 2 ** 40), reserve: NOTHING }, (closed) =>
		expect(closed).toEqual([]),
	);
	ledger.ensureLoaded(BEGIN);
}
