import type { Database, Statement } from './database.ts';
import type { MaintenanceRecord } from './records.ts';

interface MaintenanceRow {
	id: string;
	site: string;
	host: string;
	start_at: number;
	end_at: number;
	reason: string;
	added_at: number;
	added_by: string;
}

/** When hosts are closed for maintenance. Writes need a transaction. */
export class Maintenance {
	readonly #insert: Statement<never>;
	readonly #remove: Statement<never>;
	readonly #find: Statement<MaintenanceRow>;
	readonly #notOver: Statement<MaintenanceRow>;

	constructor(database: Database) {
		this.#insert = database.prepare(`
			INSERT INTO maintenance (id, site, host, start_at, end_at, reason, added_at, added_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#remove = database.prepare('DELETE FROM maintenance WHERE id = ?');
		this.#find = database.prepare('SELECT * FROM maintenance WHERE id = ? AND site = ?');
		this.#notOver = database.prepare('SELECT * FROM maintenance WHERE site = ? AND end_at > ? ORDER BY start_at, id');
	}

	insert({ id, site, host, startAt, endAt, reason, addedAt, addedBy }: MaintenanceRecord): void {
		this.#insert.run(id, site, host, startAt, endAt, reason, addedAt, addedBy);
	}

	remove(id: string): void {
		this.#remove.run(id);
	}

	find(site: string, id: string): MaintenanceRecord | undefined {
		const row = this.#find.get(id, site);
		return row && maintenanceOf(row);
	}

	/** What is not over by then, in the order in which it begins. */
	list(site: string, now: number): MaintenanceRecord[] {
		return this.#notOver.all(site, now).map(maintenanceOf);
	}
}

function maintenanceOf(row: MaintenanceRow): MaintenanceRecord {
	const { id, site, host, start_at, end_at, reason, added_at, added_by } = row;
	return { id, site, host, startAt: start_at, endAt: end_at, reason, addedAt: added_at, addedBy: added_by };
}
