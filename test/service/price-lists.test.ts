/** A site changes its prices: what was used of what runs stays paid by the list by which it was agreed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ComputonClient } from '../../src/client/client.ts';
import { readConfig } from '../../src/config.ts';
import { startService } from '../../src/service.ts';
import { offer, type Wish } from '../api/simulated-service.ts';

interface Prices {
	readonly currency: string;
	readonly decimals: number;
	readonly rates: readonly object[];
}

const listOf = (cpuHour: string, currency = 'EUR'): Prices => {
	return { currency, decimals: 4, rates: [{ cpuHour, memoryGibHour: '0' }] };
};

test('the list of the time holds for what was used, today’s for the rest; another currency’s is not added', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
	const at = async <T>(prices: Prices, work: (admin: ComputonClient) => Promise<T>): Promise<T> => {
		const config = readConfig({}, { site: 'simulated', port: 0, dataFolder: folder, prices });
		const service = await startService(config, { acceptRestored: false, log: () => undefined });
		const token = readFileSync(join(folder, 'admin-token'), 'utf8').trim();
		return work(new ComputonClient({ url: service.url, token })).finally(() => service.stop());
	};
	// It has begun some minutes ago, as a start may.
	const begunAt = Math.floor(Date.now() / 1000) - 250;
	const startAt = new Date(begunAt * 1000).toISOString().replace(/\.\d+/, '');
	const wish: Omit<Wish, 'image'> = { startAt, cpus: 1, share: 100 };
	const { id, image } = await at(listOf('36'), async (admin) => {
		const files = { kernel: join(folder, 'kernel'), initramfs: join(folder, 'initramfs') };
		for (const file of Object.values(files)) writeFileSync(file, 'some bytes');
		const added = await admin.addImage({ name: 'guest', ...files });
		const made = await admin.offer(offer({ ...wish, image: added }));
		if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
		expect(made.agreement.price).toEqual(expect.objectContaining({ amount: '36.0000' }));
		expect(made.agreement.price).not.toHaveProperty('list');
		return { id: made.agreement.id, image: added };
	});
	const longer = (prices: Prices) =>
		at(prices, async (admin) => {
			const { price } = await admin.evaluate(offer({ ...wish, duration: 'PT2H', image }), id);
			const seconds = Date.parse(price!.used!.untilAt) / 1000 - begunAt;
			const { currency, amount, used } = price!;
			return { currency, used: Number(used!.amount), amount: Number(amount), seconds };
		});
	const dearer = await longer(listOf('3600'));
	expect(dearer.used).toBeCloseTo(0.01 * dearer.seconds, 6);
	expect(dearer.amount).toBeCloseTo(dearer.used + 7200 - dearer.seconds, 3);
	const other = await longer(listOf('36', 'USD'));
	expect(other).toMatchObject({ currency: 'USD', used: 0 });
	expect(other.amount).toBeCloseTo(0.01 * (7200 - other.seconds), 3);
	rmSync(folder, { recursive: true, force: true });
});
