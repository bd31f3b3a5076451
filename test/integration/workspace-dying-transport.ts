/**
 * A way to libvirt that ends for good right after a given number of calls that change something have left: what a broker
 * that is killed leaves behind, at a moment that the test chooses.
 */
import type { Duplex } from 'node:stream';
import { type Transport, unixSocket } from '../../src/libvirt/client.ts';
import { FrameType } from '../../src/libvirt/frames.ts';
import { PROCEDURES, type ProcedureName } from '../../src/libvirt/procedures.ts';

const CHANGES: readonly ProcedureName[] = [
	'domainDefineXml',
	'domainUndefine',
	'domainCreate',
	'domainDestroy',
	'domainSuspend',
	'domainResume',
	'domainManagedSave',
	'domainSetMetadata',
	'domainSetVcpus',
	'domainSetSchedulerParameters',
	'domainSetMemoryParameters',
	'domainBlockResize',
	'domainAttachDevice',
	'domainUpdateDevice',
];
const CHANGING: ReadonlySet<number> = new Set(CHANGES.map((name) => PROCEDURES[name].number));

/** A transport for one site: all its connections count together, and end together. */
export function dyingTransport(calls: number): { readonly transport: Transport } {
	const sockets = new Set<Duplex>();
	const open = unixSocket();
	let left = calls;
	const die = () => {
		for (const socket of sockets) socket.destroy();
	};
	const transport = () => {
		if (left <= 0) throw new Error('dead');
		const socket = open();
		sockets.add(socket);
		const write = socket.write.bind(socket) as (frame: Buffer, then?: () => void) => boolean;
		// One call is one write; the procedure is the third word of its header, the type the fourth.
		socket.write = ((frame: Buffer) => {
			const changes = CHANGING.has(frame.readInt32BE(12)) && frame.readUInt32BE(16) === FrameType.CALL;
			if (left <= 0) return false;
			if (!changes) return write(frame);
			left -= 1;
			return left > 0 ? write(frame) : write(frame, die);
		}) as typeof socket.write;
		return socket;
	};
	return { transport };
}
