import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ComputonClient } from '../../src/client/client.ts';
import { ProblemError } from '../../src/client/transport.ts';

test('a broker that is not ready answers that it is not; elsewhere the same status is a problem', async () => {
	const answer = { ready: false, site: 'here', simulated: false, silentHosts: 2 };
	const server = createServer((_, response) => {
		response.writeHead(503, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
	}).listen(0, '127.0.0.1');
	await once(server, 'listening');
	try {
		const client = new ComputonClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
		expect(await client.ready()).toEqual(answer);
		await expect(client.templates()).rejects.toThrow(ProblemError);
	} finally {
		server.close();
	}
});
