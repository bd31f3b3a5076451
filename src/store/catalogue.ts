import type { Database, Statement } from './database.ts';
import type { ImageRecord, TemplateName, TemplateRecord } from './records.ts';

interface TemplateRow {
	name: string;
	id: string;
	state: 'published' | 'retired';
	version: number;
	bytes: number;
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

/** All but the documents and titles, which may be as long as documents may be. */
const TEMPLATE_COLUMNS = 'name, id, state, version, octet_length(xml) AS bytes, published_at, published_by';

/** What a site has to offer: templates and images. Writes need a transaction. */
export class Catalogue {
	readonly #templatePut: Statement<never>;
	readonly #templateGet: Statement<TemplateRow>;
	readonly #templateTitle: Statement<{ title: string | null }>;
	readonly #templateXml: Statement<{ xml: string }>;
	readonly #templateTree: Statement<{ tree: string }>;
	readonly #templates: Statement<TemplateRow>;
	readonly #imagePut: Statement<never>;
	readonly #imageRemove: Statement<never>;
	readonly #images: Statement<ImageRow>;

	constructor(database: Database) {
		this.#templatePut = database.prepare(`
			INSERT OR REPLACE INTO templates (name, id, title, state, version, xml, tree, published_at, published_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#templateGet = database.prepare(`SELECT ${TEMPLATE_COLUMNS} FROM templates WHERE name = ? AND id = ?`);
		this.#templateTitle = database.prepare('SELECT title FROM templates WHERE name = ? AND id = ?');
		this.#templateXml = database.prepare('SELECT xml FROM templates WHERE name = ? AND id = ?');
		this.#templateTree = database.prepare('SELECT tree FROM templates WHERE name = ? AND id = ?');
		this.#templates = database.prepare(`SELECT ${TEMPLATE_COLUMNS} FROM templates ORDER BY name, id`);
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
		return row && this.#templateOf(row);
	}

	/** All of them, retired ones too, by name and id. */
	listTemplates(): TemplateRecord[] {
		return this.#templates.all().map((row) => this.#templateOf(row));
	}

	#templateOf(row: TemplateRow): TemplateRecord {
		const title = () => this.#templateTitle.get(row.name, row.id)!.title ?? undefined;
		const xml = () => this.#templateXml.get(row.name, row.id)!.xml;
		const tree = () => this.#templateTree.get(row.name, row.id)!.tree;
		return {
			name: row.name,
			id: row.id,
			get title() {
				return title();
			},
			state: row.state,
			version: row.version,
			get xml() {
				return xml();
			},
			get tree() {
				return tree();
			},
			bytes: row.bytes,
			publishedAt: row.published_at,
			publishedBy: row.published_by,
		};
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
