import { describe, expect, test } from 'vitest';
import { judgeTarget, mayStandFor, readTargets } from '../../src/notify/targets.ts';

function targets(text: string) {
	const reading = readTargets(text);
	if (!reading.ok) throw new Error(reading.why);
	return reading.targets;
}

describe('the list of targets', () => {
	test.each([
		['', []],
		['  https://a.example/x/ \n http://b.example ', ['a.example', 'b.example']],
		['http://[::1]:8080/x', ['::1']],
	])('%j is read', (text, hosts) => {
		expect(targets(text).map(({ host }) => host)).toEqual(hosts);
	});

	test.each([
		['ftp://a.example/', 'http'],
		['a.example/x', 'http'],
		['https://me@a.example/', 'user'],
		['https://a.example/?q', 'query'],
		['https://a.example/=10.0.0.0', 'network'],
		['https://a.example/=10.0.0.0/33', 'network'],
		['https://a.example/=10.0.0.0/8,x/1', 'network'],
		[Array.from({ length: 300 }, (_, index) => `http://h${index}.example/`).join(' '), '256'],
	])('%j is refused', (text, why) => {
		expect(readTargets(text)).toMatchObject({ ok: false, why: expect.stringContaining(why) });
	});
});

describe('with https://broker.example/callbacks/ and http://127.0.0.1:8080/one in the list', () => {
	const list = targets('https://broker.example/callbacks/ http://127.0.0.1:8080/one');

	test.each([
		'https://broker.example/callbacks/',
		'https://broker.example:443/callbacks/a/b?x=1',
		'https://BROKER.example/callbacks/a',
		'http://127.0.0.1:8080/one',
	])('%s may be called', (target) => {
		expect(judgeTarget(target, list).ok).toBe(true);
	});

	test.each([
		['another scheme', 'http://broker.example/callbacks/a'],
		['another port', 'https://broker.example:444/callbacks/a'],
		['another host', 'https://broker.example.evil.test/callbacks/a'],
		['the host as a user', 'https://broker.example@evil.test/callbacks/a'],
		['the host with a user', 'https://me@broker.example/callbacks/a'],
		['a path beside it', 'https://broker.example/callbacksx'],
		['the folder without its slash', 'https://broker.example/callbacks'],
		['a way out of the folder', 'https://broker.example/callbacks/../admin'],
		['an encoded way out of it', 'https://broker.example/callbacks/%2e%2e/admin'],
		['an encoded separator', 'https://broker.example/callbacks/..%2fadmin'],
		['a path below a whole one', 'http://127.0.0.1:8080/one/two'],
		['another name of the same address', 'http://localhost:8080/one'],
		['a file', 'file:///etc/passwd'],
		['a script', 'javascript:alert(1)'],
		['no address', 'urn:uuid:1'],
		['anonymous', 'http://www.w3.org/2005/08/addressing/anonymous'],
		['a very long address', `https://broker.example/callbacks/${'a'.repeat(3_000)}`],
	])('%s may not: %s', (_, target) => {
		expect(judgeTarget(target, list).ok).toBe(false);
	});

	test('an address in other writing is the same address', () => {
		expect(judgeTarget('http://2130706433:8080/one', list).ok).toBe(true);
		expect(judgeTarget('http://0x7f.1:8080/one', list).ok).toBe(true);
	});
});

describe('a name may stand for', () => {
	const [plain] = targets('https://broker.example/');
	const [inside] = targets('https://broker.example/=10.1.0.0/16,fd00::/8');

	test.each([
		['192.0.66.1', true, true],
		['2a00:1450::1', true, true],
		['127.0.0.1', false, false],
		['127.9.9.9', false, false],
		['::1', false, false],
		['::ffff:127.0.0.1', false, false],
		['::ffff:7f00:1', false, false],
		['169.254.169.254', false, false],
		['fe80::1', false, false],
		['192.168.1.1', false, false],
		['172.31.0.1', false, false],
		['100.64.0.1', false, false],
		['0.0.0.0', false, false],
		['::', false, false],
		['224.0.0.1', false, false],
		['255.255.255.255', false, false],
		['64:ff9b::7f00:1', false, false],
		['10.1.2.3', false, true],
		['::ffff:10.1.2.3', false, true],
		['10.2.2.3', false, false],
		['fd12::1', false, true],
		['not an address', false, false],
	])('%s: %s; where the list names networks: %s', (address, alone, listed) => {
		expect(mayStandFor(plain!, address)).toBe(alone);
		expect(mayStandFor(inside!, address)).toBe(listed);
	});
});
