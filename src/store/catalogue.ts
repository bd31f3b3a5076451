import type { Database, Statement } from './database.ts';
import type { ImageRecord, TemplateName, TemplateRecord } from './records.ts';

interface TemplateRow {
	name: string;
	id: string;
	title: string | null;
	state: 'published' | 'retired';
	version: number;
	xml: string;
	tree: string;
	published_at: number;
	published_by: string;
}

interface ImageRow {
	digest: string;
	name: string;
	kind: string;
	disk_bytes: number;
	added_at: number;
	added_by: string;
}

/** What a site has to offer: templates and images. Writes need a transaction. */
export class Catalogue {
	readonly #templatePut: Statement<never>;
	readonly #templateGet: Statement<TemplateRow>;
	readonly #templates: Statement<TemplateRow>;
	readonly #imagePut: Statement<never>;
	readonly #imageRemove: Statement<never>;
	readonly #images: Statement<ImageRow>;

	constructor(database: Database) {
		this.#templatePut = database.prepare(`
			INSERT OR REPLACE INTO templates (name, id, title, state, version, xml, tree, published_at, published_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#templateGet = database.prepare('SELECT * FROM templates WHERE name = ? AND id = ?');
		this.#templates = database.prepare('SELECT * FROM templates ORDER BY name, id');
		this.#imagePut = database.prepare(`
			INSERT OR REPLACE INTO images (digest, name, kind, disk_bytes, added_at, added_by) VALUES (?, ?, ?, ?, ?, ?)`);
		this.#imageRemove = database.prepare('DELETE FROM images WHERE digest = ?');
		this.#images = database.prepare('SELECT * FROM images ORDER BY name, digest');
	}

	putTemplate(record: TemplateRecord): void {
		const { name, id, title, state, version, xml, tree, publishedAt, publishedBy } = record;
		this.#templatePut.run(name, id, title ?? null, state, version, xml, tree, publishedAt, publishedBy);
	}

	findTemplate({ name, id }: TemplateName): TemplateRecord | undefined {
		const row = this.#templateGet.get(name, id);
		return row && templateOf(row);
	}

	/** All of them, retired ones too, by name and id. */
	listTemplates(): TemplateRecord[] {
		return this.#templates.all().map(templateOf);
	}

	putImage({ digest, name, kind, diskBytes, addedAt, addedBy }: ImageRecord): void {
		this.#imagePut.run(digest, name, kind, diskBytes, addedAt, addedBy);
	}

	/** False where there was none. */
	removeImage(digest: string): boolean {
		return this.#imageRemove.run(digest) === 1;
	}

	listImages(): ImageRecord[] {
		return this.#images.all().map(({ digest, name, kind, disk_bytes, added_at, added_by }) => ({
			digest,
			name,
			kind,
			diskBytes: disk_bytes,
			addedAt: added_at,
			addedBy: added_by,
		}));
	}
}

function templateOf(row: TemplateRow): TemplateRecord {
	return {
		name: row.name,
		id: row.id,
		...(row.title === null ? {} : { title: row.title }),
		state: row.state,
		version: row.version,
		xml: row.xml,
		tree: row.tree,
		publishedAt: row.published_at,
		publishedBy: row.published_by,
	};
}
