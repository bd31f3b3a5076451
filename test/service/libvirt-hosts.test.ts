import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { readLibvirtHosts } from '../../src/libvirt-hosts.ts';

const read = (libvirtHosts?: object) =>
	readLibvirtHosts(readConfig({}, { configFile: '', siteName: 'here', ...(libvirtHosts && { libvirtHosts }) }));

describe('the hosts of a libvirt site', () => {
	it('are the one that runs here, where nothing is said', () => {
		expect(read()).toEqual([{ name: 'here', socket: '/var/run/libvirt/libvirt-sock' }]);
	});

	it('are those that are said', () => {
		const hosts = [
			{ name: 'rack1', socket: '/run/rack1.sock' },
			{ name: 'rack2', socket: '/run/rack2.sock' },
		];
		expect(read(hosts)).toEqual(hosts);
	});

	it.each([
		['no list', { name: 'rack1' }, 'allowed: a list of 1 to 64 hosts'],
		['an empty list', [], 'allowed: a list of 1 to 64 hosts'],
		['no host', [null], 'libvirtHosts[0].name is missing; allowed: letters, digits, dots and hyphens'],
		['a name that is none', [{ name: '-', socket: '/a' }], 'libvirtHosts[0].name is "-"'],
		['a socket that is no path', [{ name: 'a', socket: 'qemu+ssh://a' }], 'allowed: the path of a unix socket'],
		['what there is not', [{ name: 'a', socket: '/a', port: 1 }], 'there is no port; there are name, socket'],
		['a name twice', ['/a', '/b'].map((socket) => ({ name: 'a', socket })), 'has the name a twice'],
		['a socket twice', ['a', 'b'].map((name) => ({ name, socket: '/a' })), 'has the socket /a twice'],
	])('are refused: %s', (_, hosts, message) => {
		expect(() => read(hosts)).toThrow(message);
	});
});
