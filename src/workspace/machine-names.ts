/**
 * How the hypervisor knows a machine: a name for people, and a UUID by which a retry finds its own (H4).
 */
import { createHash } from 'node:crypto';
import type { MachineIdentity } from './site.ts';

/** What domains of this project are named with; tests name theirs otherwise. */
export const NAME_PREFIX = 'computon';

/** Enough of a workspace id to tell workspaces apart: of a UUIDv7 its last, random part. */
const SHORT_LENGTH = 12;

/** `computon-<end of the workspace id>-<index>`. */
export function machineName({ workspaceId, index }: MachineIdentity, prefix: string = NAME_PREFIX): string {
	return `${prefix}-${workspaceId.replaceAll('-', '').slice(-SHORT_LENGTH)}-${index}`;
}

/** A UUID of version 8 (RFC 9562): SHA-256 over workspace id and index, so that equal ones give equal ones. */
export function machineUuid({ workspaceId, index }: MachineIdentity): string {
	const bytes = createHash('sha256').update(`computon machine ${workspaceId} ${index}`).digest().subarray(0, 16);
	bytes[6] = (bytes[6]! & 0x0f) | 0x80;
	bytes[8] = (bytes[8]! & 0x3f) | 0x80;
	const hex = bytes.toString('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
