import type { Template } from '../agreement/template/template.ts';
import type { Party } from '../identity/party.ts';
import type { ImageRecord, TemplateName, TemplateRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Catalogue } from './catalogue.ts';
import type { Desk } from './desk.ts';
import type { ImageOutcome, PublishRequest, TemplateOutcome } from './outcome.ts';

interface CatalogueDeskParts {
	readonly store: Store;
	readonly desk: Desk;
	readonly catalogue: Catalogue;
}

/** Where the templates and the images of the site are published, taken back and looked up. */
export class CatalogueDesk {
	readonly #parts: CatalogueDeskParts;

	constructor(parts: CatalogueDeskParts) {
		this.#parts = parts;
	}

	async publishTemplate(request: PublishRequest): Promise<TemplateOutcome> {
		const { desk, catalogue } = this.#parts;
		return desk.write((turn) => catalogue.publish(turn, request));
	}

	async retireTemplate(party: Party, name: TemplateName, ifMatch?: number): Promise<TemplateOutcome> {
		const { desk, catalogue } = this.#parts;
		return desk.write((turn) => catalogue.retire(turn, party, name, ifMatch));
	}

	/** The template, retired or not. */
	getTemplate(name: TemplateName): TemplateRecord | undefined {
		return this.#parts.store.catalogue.findTemplate(name);
	}

	/** The template, read: what its agreements' documents are printed by. */
	readTemplate(name: TemplateName): Template | undefined {
		return this.#parts.catalogue.find(name)?.template;
	}

	/** The templates that take offers. */
	listTemplates(): readonly TemplateRecord[] {
		return this.#parts.store.catalogue.listTemplates().filter(({ state }) => state === 'published');
	}

	/** Enters an image whose files are in place. */
	async addImage(party: Party, image: Omit<ImageRecord, 'addedAt' | 'addedBy'>): Promise<ImageOutcome> {
		const { desk, catalogue } = this.#parts;
		return desk.write((turn) => catalogue.addImage(turn, party, image));
	}

	/** Takes an image out of the catalogue; its files are the caller's. */
	async removeImage(party: Party, digest: string): Promise<ImageOutcome> {
		const { desk, catalogue } = this.#parts;
		return desk.write((turn) => catalogue.removeImage(turn, party, digest));
	}

	listImages(): readonly ImageRecord[] {
		return this.#parts.store.catalogue.listImages();
	}
}
