/** Times, versions and what the broker keeps beside agreements, as the API shows them. Shapes: docs/openapi.json. */
import type { Broker } from '../broker/broker.ts';
import type { TokenEntry } from '../identity/token-file.ts';
import { printPage } from './streamed.ts';

/** What a method of the broker comes to. */
export type Result<Name extends keyof Broker> = Broker[Name] extends (...values: never[]) => infer R
	? Awaited<R>
	: never;

/** Epoch seconds as RFC 3339 in UTC. */
export function instant(at: number): string {
	return new Date(at * 1000).toISOString().replace('.000', '');
}

/** The version of a record as its ETag. */
export function etag(version: number): string {
	return `"${version}"`;
}

export function intervalView(interval: { startAt: number; endAt: number }): { startAt: string; endAt: string } {
	return { startAt: instant(interval.startAt), endAt: instant(interval.endAt) };
}

export function tokenView(entry: TokenEntry): Record<string, unknown> {
	return { ...entry, createdAt: instant(entry.createdAt) };
}

type HistoryEntry = NonNullable<Result<'history'>>[number];
type TemplateRecord = ReturnType<Broker['catalogue']['listTemplates']>[number];
type ImageRecord = ReturnType<Broker['catalogue']['listImages']>[number];
type HostFree = Result<'capacityBetween'>[number];

function historyView(entry: HistoryEntry): Record<string, unknown> {
	const { sequence, at, kind, body, hash, previousHash } = entry;
	return { sequence, at: instant(at), kind, body, hash, previousHash };
}

/** A page of at most so many entries behind this one, as JSON. `read` gives those behind one, as many as it is asked for. */
export function printHistory(
	size: number,
	after: number,
	read: (after: number, limit: number) => readonly HistoryEntry[] | undefined,
): Iterable<string> {
	const page = (from: string | undefined, limit: number) => {
		const entries = read(Number(from), limit + 1) ?? [];
		const items = entries.slice(0, limit);
		return { items, ...(entries.length > limit ? { next: String(items.at(-1)!.sequence) } : {}) };
	};
	return printPage(size, String(after), page, historyView);
}

export function templateView(record: TemplateRecord): Record<string, unknown> {
	const { name, id, title, publishedAt, publishedBy } = record;
	return { name, id, title, publishedAt: instant(publishedAt), publishedBy };
}

export function imageView(record: ImageRecord): Record<string, unknown> {
	const { name, digest, kind, diskBytes, addedAt } = record;
	return { name, digest, kind, diskBytes, addedAt: instant(addedAt) };
}

export function hostCapacityView({ host: answered, steps, silent }: HostFree): Record<string, unknown> {
	const { name: host, labels, capacity } = answered;
	const shown = steps.map(({ free, ...interval }) => ({ ...intervalView(interval), free }));
	return { host, labels, capacity, ...(silent ? { silent } : {}), steps: shown };
}
