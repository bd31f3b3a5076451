import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { invalidDocument } from '../../src/api/problems.ts';
import { type DocumentReader, handle, receiveDocument } from '../../src/api/requests.ts';
import { OperatingError } from '../../src/errors.ts';

const stops: (() => void)[] = [];
afterEach(() => {
	for (const stop of stops.splice(0)) stop();
});

const MESSAGE = 'It is not so.';

/** Refuses whatever it is sent for something at /a/b that was found after the reading; its lines are looked for so. */
async function refusalWith(findLines: DocumentReader['read']): Promise<unknown> {
	const reader: DocumentReader = {
		read: async (bytes, form, context, mode) =>
			context === undefined
				? { ok: true, value: { kind: 'negotiation-message', message: {} as never } }
				: findLines(bytes, form, context, mode),
	};
	const app = express().use(express.raw({ type: () => true }));
	app.post(
		'/',
		handle(async (request) => {
			const received = await receiveDocument(request, reader, 'negotiation-message');
			expect(received.kind).not.toBe('refusal');
			return invalidDocument([{ code: 'VALUE_MALFORMED', path: '/a/b', message: MESSAGE }]);
		}),
	);
	const server = app.listen(0, '127.0.0.1');
	stops.push(() => server.close());
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const response = await fetch(`http://127.0.0.1:${port}/`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/xml' },
		body: '<a/>',
	});
	return { status: response.status, body: await response.json() };
}

test('what is found after the reading is told with its line', async () => {
	const found = { code: 'PLACE', path: '/a/b', line: 7, message: '' };
	const refusal = await refusalWith(async () => ({ ok: false, issues: [found] }));
	const issue = { code: 'VALUE_MALFORMED', path: '/a/b', line: 7, message: MESSAGE };
	expect(refusal).toMatchObject({ status: 400, body: { issues: [issue] } });
});

test.each(['BROKER_BUSY', 'PARSER_TIMEOUT'] as const)(
	'%s while the line is looked for does not hide why',
	async (code) => {
		const refusal = await refusalWith(async () => {
			throw new OperatingError(code, 'Not now.');
		});
		const issue = { code: 'VALUE_MALFORMED', path: '/a/b', message: MESSAGE };
		expect(refusal).toMatchObject({ status: 400, body: { issues: [issue] } });
	},
);
