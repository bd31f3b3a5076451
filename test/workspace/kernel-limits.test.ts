import { describe, expect, test } from 'vitest';
import {
	countOomKills,
	parseMemberships,
	parseMounts,
	readKernelLimits,
} from '../../src/workspace/hypervisor/kernel-limits.ts';

describe('cgroup memberships of a process', () => {
	test('version 1 and hybrid: a path for each controller', () => {
		const memberships = parseMemberships(
			[
				'4:memory:/machine/qemu-2-computon.libvirt-qemu',
				'3:cpu,cpuacct:/machine/qemu-2-computon.libvirt-qemu/emulator',
				'0::/machine/qemu-2:with:colons',
			].join('\n'),
		);
		expect(Object.fromEntries(memberships)).toEqual({
			memory: '/machine/qemu-2-computon.libvirt-qemu',
			cpu: '/machine/qemu-2-computon.libvirt-qemu/emulator',
			cpuacct: '/machine/qemu-2-computon.libvirt-qemu/emulator',
			'': '/machine/qemu-2:with:colons',
		});
	});

	test('version 2: one path for all', () => {
		const line = '0::/machine.slice/machine-qemu\\x2d1\\x2dcomputon.scope/libvirt/emulator\n';
		expect(parseMemberships(line).get('')).toBe(
			'/machine.slice/machine-qemu\\x2d1\\x2dcomputon.scope/libvirt/emulator',
		);
	});
});

test('mounts of cgroup file systems are found by controller, with the part of the hierarchy that they show', () => {
	const mounts = parseMounts(
		[
			'30 23 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory',
			'31 23 0:27 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct',
			'32 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
			'33 23 0:29 / /proc rw - proc proc rw',
		].join('\n'),
	);
	expect(mounts.get('memory')).toEqual({ root: '/', folder: '/sys/fs/cgroup/memory' });
	expect(mounts.get('cpu')).toEqual({ root: '/docker/abc', folder: '/sys/fs/cgroup/cpu,cpuacct' });
	expect(mounts.get('')).toEqual({ root: '/', folder: '/sys/fs/cgroup/unified' });
	expect(mounts.has('proc')).toBe(false);
});

test('a process that is gone has no limits that could be read', async () => {
	expect(await readKernelLimits(2 ** 22 + 1)).toBeUndefined();
});

test('the kernel counts how often its OOM killer acted', async () => {
	expect(await countOomKills()).toBeGreaterThanOrEqual(0);
});
