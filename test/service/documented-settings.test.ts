/** The JSON of README: settings with which a broker starts, and verdicts that it understands. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Overrides, readConfig } from '../../src/config.ts';
import { readLibvirtHosts } from '../../src/libvirt-hosts.ts';
import { openPolicyWebhook } from '../../src/notify/policy-webhook.ts';
import { offerXml, startSimulatedService } from '../api/simulated-service.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```json\n(.*?)```/gs)].map(([, block = '']) => block);
const settings = Object.assign(
	{},
	...blocks.filter((block) => block.startsWith('"')).map((block) => JSON.parse(`{${block}}`)),
) as Overrides;
const verdicts = blocks.filter((block) => block.startsWith('{ "verdict"')).flatMap((block) => block.trim().split('\n'));

test('a broker starts with the settings, offers the hosts and asks the prices', async () => {
	const { libvirtHosts, ...simulated } = settings;
	expect(Object.keys(simulated).sort()).toEqual(['capacity', 'prices', 'quotas']);
	expect(
		readLibvirtHosts(readConfig({}, { libvirtHosts: libvirtHosts!, configFile: '' })).map(({ name }) => name),
	).toEqual(['rack1', 'rack2']);
	const site = await startSimulatedService(simulated);
	try {
		const now = new Date().toISOString();
		const hosts = await site.admin.capacity(now, new Date(Date.now() + 3_600_000).toISOString());
		expect(hosts.map(({ host }) => host)).toEqual([
			...Array.from({ length: 16 }, (_, nth) => `thin-${String(nth + 1).padStart(2, '0')}`),
			'fat',
		]);
		const { client } = await site.clientOf('ann', 'physics');
		const body = offerXml({ image: site.image, share: 100, duration: 'P1D' });
		const { price } = await client.evaluate({ mediaType: 'application/xml', body });
		expect(price).toMatchObject({
			currency: 'EUR',
			cancellation: [
				{ noticeSeconds: 172_800, percent: 0 },
				{ noticeSeconds: 0, percent: 50 },
			],
		});
	} finally {
		await site.stop();
	}
});

test.each(verdicts)('the verdict %s is understood', async (verdict) => {
	const body = Buffer.from(verdict);
	const failures: unknown[] = [];
	const ask = openPolicyWebhook({
		notifier: { post: async () => ({ kind: 'answered', status: 200, contentType: 'application/json', body }) },
		target: 'http://127.0.0.1/',
		fails: 'closed',
		onFailure: (failure) => failures.push(failure),
	});
	const { verdict: kind, ...rest } = JSON.parse(verdict) as { readonly verdict: string };
	expect(await ask(['{}'])).toEqual({ kind, ...rest });
	expect(failures).toEqual([]);
});
