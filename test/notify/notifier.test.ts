import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Notifier, type Resolve } from '../../src/notify/notifier.ts';
import { readTargets } from '../../src/notify/targets.ts';

const servers: Server[] = [];
afterEach(async () => {
	for (const server of servers.splice(0)) {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});

/** Where the listener answers: 127.0.0.1 and a free port. */
async function serve(listener: RequestListener): Promise<number> {
	const server = createServer(listener);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return (server.address() as AddressInfo).port;
}

function notifier(list: string, resolve?: Resolve): Notifier {
	const reading = readTargets(list);
	if (!reading.ok) throw new Error(reading.why);
	return new Notifier(reading.targets, resolve);
}

const at = (address: string): Resolve => {
	return async () => [{ address, family: address.includes(':') ? 6 : 4 }];
};

test('body and headers arrive, and the answer comes back', async () => {
	const port = await serve(async (request, response) => {
		const body = await request.toArray();
		response.setHeader('Content-Type', 'text/plain');
		response.end(`${request.method} ${request.url} ${request.headers['x-a']} ${Buffer.concat(body)}`);
	});
	const calling = notifier(`http://127.0.0.1:${port}/a/`);
	const outcome = await calling.post(`http://127.0.0.1:${port}/a/b?c`, 'grüße', { 'X-A': '1' });
	if (outcome.kind !== 'answered') throw new Error(outcome.why);
	expect(outcome).toMatchObject({ status: 200, contentType: 'text/plain' });
	expect(Buffer.from(outcome.body).toString()).toBe('POST /a/b?c 1 grüße');
});

test('what is not in the list is not called', async () => {
	let called = 0;
	const port = await serve((_, response) => {
		called += 1;
		response.end();
	});
	const outcome = await notifier(`http://127.0.0.1:${port}/a/`).post(`http://127.0.0.1:${port}/b`, '', {});
	expect(outcome.kind).toBe('refused');
	expect(called).toBe(0);
});

test('a redirect is an answer and is not followed', async () => {
	let called = 0;
	const port = await serve((_, response) => {
		called += 1;
		response.writeHead(307, { Location: '/a/other' }).end();
	});
	const outcome = await notifier(`http://127.0.0.1:${port}/`).post(`http://127.0.0.1:${port}/a`, '', {});
	expect(outcome).toMatchObject({ kind: 'answered', status: 307 });
	expect(called).toBe(1);
});

test('a name that stands for an address of this machine is refused unless its network is listed', async () => {
	const port = await serve((request, response) => response.end(request.headers.host));
	const target = `http://broker.example:${port}/`;
	expect(await notifier(target, at('127.0.0.1')).post(target, '', {})).toMatchObject({ kind: 'refused' });
	const listed = await notifier(`${target}=127.0.0.0/8`, at('127.0.0.1')).post(target, '', {});
	expect(listed).toMatchObject({ kind: 'answered', status: 200, body: Buffer.from(`broker.example:${port}`) });
});

test('one private address among public ones is enough to refuse', async () => {
	const both: Resolve = async () => [
		{ address: '198.41.0.4', family: 4 },
		{ address: '10.0.0.1', family: 4 },
	];
	expect(await notifier('http://broker.example/', both).post('http://broker.example/', '', {})).toMatchObject({
		kind: 'refused',
	});
});

test('the address that was checked is the one that is called: the name is asked for once', async () => {
	const port = await serve((_, response) => response.end());
	let asked = 0;
	const target = `http://broker.example:${port}/`;
	const once: Resolve = async () => {
		asked += 1;
		return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
	};
	expect(await notifier(`${target}=127.0.0.0/8`, once).post(target, '', {})).toMatchObject({ status: 200 });
	expect(asked).toBe(1);
});

test('who does not answer in time is unreachable, also where the name is not found in time', async () => {
	const port = await serve(() => {});
	const target = `http://127.0.0.1:${port}/`;
	const unreachable = { code: 'TARGET_UNREACHABLE', retryable: true };
	await expect(notifier(target).post(target, '', {}, 50)).rejects.toMatchObject(unreachable);
	const never: Resolve = () => new Promise(() => {});
	const calling = notifier('http://broker.example/', never);
	await expect(calling.post('http://broker.example/', '', {}, 50)).rejects.toMatchObject(unreachable);
});

test('an answer that stops halfway is unreachable, and one that is too long as well', async () => {
	const port = await serve((request, response) => {
		if (request.url === '/long') response.end(Buffer.alloc(70_000));
		else response.writeHead(200, { 'Content-Length': '10' }).write('half');
	});
	const calling = notifier(`http://127.0.0.1:${port}/`);
	await expect(calling.post(`http://127.0.0.1:${port}/half`, '', {}, 100)).rejects.toThrow('No answer within 100 ms');
	await expect(calling.post(`http://127.0.0.1:${port}/long`, '', {})).rejects.toThrow('more than');
});

test('a port where nobody listens is unreachable', async () => {
	const calling = notifier('http://127.0.0.1:1/');
	await expect(calling.post('http://127.0.0.1:1/', '', {})).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
});
