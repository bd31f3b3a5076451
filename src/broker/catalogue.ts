/** What the site has to offer: templates that offers are made by, and images that machines are made of. */
import { readTemplate, type Template } from '../agreement/template/template.ts';
import { OperatingError } from '../errors.ts';
import { may, type Party } from '../identity/party.ts';
import type { SitePolicy } from '../negotiation/policy/policy.ts';
import type { ImageRecord, TemplateName, TemplateRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { signature, staleOf } from './access.ts';
import type { ImageOutcome, PublishRequest, TemplateOutcome } from './outcome.ts';
import type { Turn } from './turn.ts';

/** The policy without what the catalogue itself knows. */
export type ConfiguredPolicy = Omit<SitePolicy, 'images'>;

/** A published template, read. */
interface KnownTemplate {
	readonly record: TemplateRecord;
	readonly template: Template;
}

/** Of the templates that are kept read, so many bytes at most: others are read again when they are needed. */
const KNOWN_BYTES_MAX = 8 << 20;

export class Catalogue {
	readonly #store: Store;
	#configured: ConfiguredPolicy;
	/** By name and id, until they are published or retired anew; last those used last. Nobody else writes the store. */
	readonly #templates = new Map<string, KnownTemplate>();
	#knownBytes = 0;
	#policy: SitePolicy | undefined;

	constructor(store: Store, configured: ConfiguredPolicy) {
		this.#store = store;
		this.#configured = configured;
	}

	/** The policy with the images that there are. */
	policy(): SitePolicy {
		this.#policy ??= {
			...this.#configured,
			images: new Map(
				this.#store.catalogue.listImages().map(({ digest, name, diskBytes }) => [digest, { name, diskBytes }]),
			),
		};
		return this.#policy;
	}

	/** Some of what is configured has become another. */
	configure(changed: Partial<ConfiguredPolicy>): void {
		this.#configured = { ...this.#configured, ...changed };
		this.#policy = undefined;
	}

	/** What was remembered may not have been committed. */
	forget(): void {
		this.#policy = undefined;
		this.#templates.clear();
		this.#knownBytes = 0;
	}

	/** The template of this name, retired or not. */
	find(name: TemplateName): KnownTemplate | undefined {
		const key = keyOf(name);
		const known = this.#templates.get(key);
		if (known !== undefined) {
			if (this.#knownBytes > KNOWN_BYTES_MAX / 2) this.#keep(key, known);
			return known;
		}
		const record = this.#store.catalogue.findTemplate(name);
		if (record === undefined) return undefined;
		const reading = readTemplate(JSON.parse(record.tree));
		if (!reading.ok) {
			const why = reading.issues.map(({ path, message }) => `${path}: ${message}`).join(' ');
			throw new OperatingError('TEMPLATE_REFUSED', `The template ${name.name} ${name.id}: ${why}`);
		}
		const read = { record, template: reading.value };
		this.#keep(key, read);
		return read;
	}

	/** As the one that was used last. */
	#keep(key: string, read: KnownTemplate): void {
		this.#drop(key);
		this.#templates.set(key, read);
		this.#knownBytes += read.record.bytes;
		for (const oldest of this.#templates.keys()) {
			if (this.#knownBytes <= KNOWN_BYTES_MAX || oldest === key) return;
			this.#drop(oldest);
		}
	}

	#drop(key: string): void {
		this.#knownBytes -= this.#templates.get(key)?.record.bytes ?? 0;
		this.#templates.delete(key);
	}

	publish(turn: Turn, { party, template, xml }: PublishRequest): TemplateOutcome {
		if (!may(party, 'template.publish')) return { kind: 'forbidden' };
		const { name, id, title } = template;
		const existing = turn.store.catalogue.findTemplate({ name, id });
		const tree = JSON.stringify(template.tree);
		if (existing !== undefined && existing.tree !== tree) return { kind: 'in-use' };
		if (existing?.state === 'published') return { kind: 'published', template: existing, created: false };
		const record: TemplateRecord = {
			name,
			id,
			...(title === undefined ? {} : { title }),
			state: 'published',
			version: (existing?.version ?? 0) + 1,
			xml,
			tree,
			bytes: Buffer.byteLength(xml),
			publishedAt: turn.now,
			publishedBy: party.name,
		};
		turn.store.catalogue.putTemplate(record);
		this.#drop(keyOf(record));
		turn.record({ kind: 'template-published', body: { by: signature(party), name, id } });
		return { kind: 'published', template: record, created: existing === undefined };
	}

	/** Takes no more offers by it; agreements that were made by it stay. */
	retire(turn: Turn, party: Party, name: TemplateName, ifMatch?: number): TemplateOutcome {
		const existing = turn.store.catalogue.findTemplate(name);
		if (existing === undefined) return { kind: 'not-found' };
		if (!may(party, 'template.publish')) return { kind: 'forbidden' };
		const stale = staleOf(existing, ifMatch);
		if (stale !== undefined) return stale;
		if (existing.state === 'retired') return { kind: 'retired', template: existing };
		const record: TemplateRecord = { ...existing, state: 'retired', version: existing.version + 1 };
		turn.store.catalogue.putTemplate(record);
		this.#drop(keyOf(record));
		turn.record({ kind: 'template-retired', body: { by: signature(party), name: name.name, id: name.id } });
		return { kind: 'retired', template: record };
	}

	addImage(turn: Turn, party: Party, image: Omit<ImageRecord, 'addedAt' | 'addedBy'>): ImageOutcome {
		if (!may(party, 'image.change')) return { kind: 'forbidden' };
		const record: ImageRecord = { ...image, addedAt: turn.now, addedBy: party.name };
		turn.store.catalogue.putImage(record);
		turn.record({ kind: 'image-added', body: { by: signature(party), digest: image.digest, name: image.name } });
		this.#policy = undefined;
		return { kind: 'added', image: record };
	}

	removeImage(turn: Turn, party: Party, digest: string): ImageOutcome {
		if (!may(party, 'image.change')) return { kind: 'forbidden' };
		const agreementId = turn.store.machines.usingImage(digest);
		if (agreementId !== undefined) return { kind: 'in-use', by: `agreement ${agreementId}` };
		const negotiationId = turn.store.holds.withImage(digest);
		if (negotiationId !== undefined) return { kind: 'in-use', by: `negotiation ${negotiationId}` };
		if (!turn.store.catalogue.removeImage(digest)) return { kind: 'not-found' };
		turn.record({ kind: 'image-removed', body: { by: signature(party), digest } });
		this.#policy = undefined;
		return { kind: 'removed' };
	}
}

function keyOf({ name, id }: TemplateName): string {
	return JSON.stringify([name, id]);
}
