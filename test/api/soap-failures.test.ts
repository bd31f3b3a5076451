/** What the machinery cannot do, and what it does wrong, are the receiver's faults: they tell a code and nothing more. */

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, expect, test } from 'vitest';
import { receiveBody } from '../../src/api/admission.ts';
import { type SoapDoor, soapRoutes } from '../../src/api/soap/routes.ts';
import { OperatingError } from '../../src/errors.ts';
import { envelope, faultOf, MEDIA_TYPE, sendRaw, type Version } from './soap-client.ts';

let server: Server | undefined;
afterEach(() => new Promise((resolve) => server?.close(resolve)));

/** A door whose reader throws this. */
async function open(thrown: unknown, report: SoapDoor['report']): Promise<string> {
	const door = {
		broker: { now: () => 1_800_000_000 },
		messages: { readMessage: () => Promise.reject(thrown) },
		findParty: () => ({ name: 'a', vo: 'b', role: 'client' }),
		publicUrl: undefined,
		receiveBody: receiveBody(1_000_000),
		judgeTarget: () => ({ ok: true }),
		report,
	} as unknown as SoapDoor;
	const app = express().use(soapRoutes(door));
	server = app.listen(0, '127.0.0.1');
	await new Promise((resolve) => server!.once('listening', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(thrown: unknown, version: Version) {
	const reported: unknown[] = [];
	const url = await open(thrown, (error) => reported.push(error));
	const headers = { Authorization: 'Bearer x', 'Content-Type': MEDIA_TYPE[version] };
	const answer = await sendRaw({ url }, envelope(version, ''), headers);
	expect(reported).toEqual([thrown]);
	return { answer, fault: faultOf(answer) };
}

test.each<[Version, string]>([
	['1.1', 'soap:Server'],
	['1.2', 'env:Receiver'],
])('in SOAP %s a failure keeps its code and its status', async (version, code) => {
	const { answer, fault } = await ask(new OperatingError('PARSER_TIMEOUT'), version);
	expect([answer.status, fault.codes[0], fault.name, fault.errorCode]).toEqual([
		503,
		code,
		'BaseFault',
		'PARSER_TIMEOUT',
	]);
});

test('a bug tells nothing of itself', async () => {
	const { answer, fault } = await ask(new Error('the secret in /etc/shadow'), '1.2');
	expect([answer.status, fault.errorCode]).toEqual([500, 'INTERNAL']);
	expect(answer.text).not.toMatch(/secret|shadow|\.ts/);
});
