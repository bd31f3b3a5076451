/**
 * Domain events: what a server tells unasked, once it has been asked to.
 */
import { domain, text, tunables } from './procedures.ts';
import type { ValueOf, XdrReader } from './xdr.ts';
import { int32, nullable, struct, uint64 } from './xdr.ts';

/**
 * `id` is the virDomainEventID to register for, `message` the procedure number of the messages that follow.
 * `alias` is the name that libvirt gave a device, e.g. `dimm0`.
 */
export const DOMAIN_EVENTS = {
	/** `event` is a LifecycleEvent, `detail` a LifecycleDetail of it. */
	lifecycle: { id: 0, message: 318, body: struct({ domain, event: int32, detail: int32 }) },
	reboot: { id: 1, message: 319, body: struct({ domain }) },
	/** The guest's balloon driver has followed, which a successful domainSetMemory does not say. */
	balloonChange: { id: 13, message: 331, body: struct({ domain, actualKib: uint64 }) },
	deviceRemoved: { id: 15, message: 333, body: struct({ domain, alias: text }) },
	/** Scheduler parameters or disk limits were changed, by whomever: `cputune.vcpu_quota` and the like. */
	tunable: { id: 17, message: 346, body: struct({ domain, parameters: tunables }) },
	deviceAdded: { id: 19, message: 354, body: struct({ domain, alias: text }) },
	/** The guest refused to give the device up. */
	deviceRemovalFailed: { id: 22, message: 367, body: struct({ domain, alias: text }) },
	/** `type` is a MetadataType, `uri` the namespace of the element. */
	metadataChange: { id: 23, message: 379, body: struct({ domain, type: int32, uri: nullable(text) }) },
	/** A virtio-mem device has grown or shrunk. */
	memoryDeviceSizeChange: { id: 26, message: 438, body: struct({ domain, alias: text, sizeKib: uint64 }) },
} as const;

export type DomainEventName = keyof typeof DOMAIN_EVENTS;
export type DomainEventOf<N extends DomainEventName> = ValueOf<(typeof DOMAIN_EVENTS)[N]['body']>;

/** Any event with its name, as a union. */
export type DomainEvent = {
	[N in DomainEventName]: { readonly name: N; readonly event: DomainEventOf<N> };
}[DomainEventName];

const NAMES: ReadonlyMap<number, DomainEventName> = new Map(
	Object.entries(DOMAIN_EVENTS).map(([name, { message }]) => [message, name as DomainEventName]),
);

/** Reads the event that message `message` carries; undefined when it is none of the above. Throws XdrError. */
export function readDomainEvent(message: number, reader: XdrReader): DomainEvent | undefined {
	const name = NAMES.get(message);
	if (name === undefined) return undefined;
	// The number of the registration: there is one for each kind, so it says no more than the message's own number.
	int32.decode(reader);
	return { name, event: DOMAIN_EVENTS[name].body.decode(reader) } as DomainEvent;
}
