/**
 * A deployment that really fails, on the real libvirt: the site owes the penalty that was agreed, every door says so,
 * and goes on saying so after the broker was killed.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { offer, type SimulatedService } from '../api/simulated-service.ts';
import { agreementHeader, SoapClient } from '../api/soap-client.ts';
import { computonAt } from '../cli/command-line.ts';
import { type BrokerProcess, demoGuest, end, Installation } from './broker-process.ts';

const PRICES = {
	currency: 'EUR',
	rates: [{ cpuHour: '1', memoryGibHour: '0' }],
	cancellation: [{ noticeHours: 24, percent: 10 }],
	penaltyPercent: 50,
};
/** Long enough to take the image away between the agreement and its deployment. */
const START_AFTER_MS = 5_000;
const ENDED_WITHIN_SECONDS = 60;

const installation = new Installation('penalty');
let broker: BrokerProcess | undefined;
afterAll(async () => {
	if (broker !== undefined) await end(broker, 'SIGKILL');
	await installation.remove();
});

/** What a broker says at its first start on a machine, having tried it. */
const FOUND_OUT = expect.stringMatching(/^Machines run (with KVM|under software emulation): /);

const start = () => installation.start({ COMPUTON_PRICES: JSON.stringify(PRICES), COMPUTON_SETUP_SECONDS: '0' });

test.skipIf((process.env.COMPUTON_WITHOUT ?? '').includes('libvirt'))(
	'a deployment whose image is gone ends its agreement, and the site owes the penalty',
	async () => {
		broker = await start();
		expect(broker.log).toContainEqual(FOUND_OUT);
		const { client } = broker;
		const image = await client.addImage({ name: 'guest', ...demoGuest() });
		const startAt = new Date(Date.now() + START_AFTER_MS).toISOString().replace(/\.\d+/, '');
		const made = await client.offer(offer({ image, mib: 128, share: 100, startAt, duration: 'PT2H' }));
		if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
		const { id, price } = made.agreement;
		expect(price).toMatchObject({ amount: '2.00', penalty: '1.00' });
		rmSync(join(installation.folder, 'images', image.digest.replace('sha256:', '')), { recursive: true });

		const ended = await waitForEnd(broker, id, made.etag);
		expect(ended).toMatchObject({
			state: 'Terminated',
			stateReason: expect.stringContaining('is not in the image store'),
			due: { kind: 'penalty', currency: 'EUR', amount: '1.00' },
		});
		expect(await installation.domains()).toEqual([]);
		await expectDue(broker, id);
		const history = await client.history(id);
		expect(history.find(({ kind }) => kind === 'terminating')).toMatchObject({
			body: { by: { party: 'site' }, due: { kind: 'penalty', currency: 'EUR', amount: '1.00' } },
		});

		await end(broker, 'SIGKILL');
		broker = await start();
		expect(broker.log).not.toContainEqual(FOUND_OUT);
		await expectDue(broker, id);
	},
	120_000,
);

async function waitForEnd({ client }: BrokerProcess, id: string, etag: string) {
	const deadline = Date.now() + ENDED_WITHIN_SECONDS * 1000;
	for (let seen = etag; ; ) {
		const left = (deadline - Date.now()) / 1000;
		if (left <= 0) throw new Error('The agreement did not end.');
		const changed = await client.agreementChange(id, seen, left);
		if (changed?.value.state === 'Terminated') return changed.value;
		seen = changed?.etag ?? seen;
	}
}

/** In JSON, in the document, in the properties that SOAP gives, and on the command line. */
async function expectDue({ client, url }: BrokerProcess, id: string): Promise<void> {
	const due = '<ws:Due currency="EUR" kind="penalty">1.00</ws:Due>';
	expect((await client.agreement(id)).value.due).toEqual({ kind: 'penalty', currency: 'EUR', amount: '1.00' });
	expect(await client.agreementXml(id)).toContain(due);
	const soap = new SoapClient({ url } as SimulatedService, '1.2', installation.token);
	const { text } = await soap.send('<wsrf-rp:GetResourcePropertyDocument/>', agreementHeader(id));
	expect(text).toContain(due);
	const { out } = await computonAt({ url, folder: installation.folder }, ['agreement', 'show', id]);
	expect(out).toMatch(/owed +1\.00 EUR/);
}
