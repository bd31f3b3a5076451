/** What a client was told about one domain, in order, to wait for and to look at. */
import type { LibvirtClient } from '../../src/libvirt/client.ts';
import type { DomainEvent, DomainEventName } from '../../src/libvirt/procedures.ts';

export interface RecordedEvents {
	readonly all: readonly DomainEvent[];
	/** Resolves to the first event that satisfies the condition, also one that has come already. */
	first(condition: (event: DomainEvent) => boolean): Promise<DomainEvent>;
}

export function recordEvents(
	client: LibvirtClient,
	names: readonly DomainEventName[],
	domainName: string,
): RecordedEvents {
	const all: DomainEvent[] = [];
	const watchers = new Set<(event: DomainEvent) => void>();
	for (const name of names) {
		client.on(name, (event: DomainEvent['event']) => {
			if (event.domain.name !== domainName) return;
			const recorded = { name, event } as DomainEvent;
			all.push(recorded);
			for (const watcher of watchers) watcher(recorded);
		});
	}
	return {
		all,
		first: (condition) =>
			new Promise((resolve) => {
				const known = all.find(condition);
				if (known !== undefined) resolve(known);
				const watcher = (event: DomainEvent) => {
					if (condition(event)) resolve(event);
				};
				watchers.add(watcher);
			}),
	};
}
