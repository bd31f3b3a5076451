import { randomUUID } from 'node:crypto';
import { Agreements } from './agreements.ts';
import { Catalogue } from './catalogue.ts';
import type { ReportCheckpoint } from './checkpoints.ts';
import { Correspondence } from './correspondence.ts';
import { Database, type Statement } from './database.ts';
import { History, POSITIONS_PER_SITE } from './history.ts';
import { Holds } from './holds.ts';
import { Keys } from './keys.ts';
import { Machines } from './machines.ts';
import { Maintenance } from './maintenance.ts';
import { Negotiations } from './negotiations.ts';
import { PriceLists } from './price-lists.ts';
import { Reservations } from './reservations.ts';
import { Work } from './work.ts';

/** Versions of a calendar that are written ahead, so that not every commit must write the next one. */
const VERSIONS_AHEAD = 1000;

/**
 * The memory of a site: everything that must survive, in one SQLite database in the data folder. One process has it
 * open at a time. All writing goes through {@link transact}; what is in it is durable when it returns (H2).
 */
export class Store {
	/** Random at creation, in the metadata of every machine: a broker touches only machines that carry it. */
	readonly installationId: string;
	readonly agreements: Agreements;
	readonly reservations: Reservations;
	readonly keys: Keys;
	readonly negotiations: Negotiations;
	readonly holds: Holds;
	readonly machines: Machines;
	readonly work: Work;
	readonly catalogue: Catalogue;
	readonly maintenance: Maintenance;
	readonly priceLists: PriceLists;
	readonly history: History;
	readonly correspondence: Correspondence;
	readonly #database: Database;
	readonly #siteGet: Statement<{ calendar_version: number; last_at: number }>;
	readonly #siteInsert: Statement<never>;
	readonly #siteAdvance: Statement<never>;
	readonly #siteLeave: Statement<never>;
	/** What the database says of the site that was advanced last; of no worth once something was undone. */
	#advanced:
		| { readonly site: string; readonly at: number; readonly version: number; readonly undone: number }
		| undefined;
	/** By site, the highest version of its calendar that was reached. */
	readonly #versions = new Map<string, number>();

	/**
	 * Opens the store of this data folder, or makes it. Throws INSTALLATION_IN_USE, STORE_TOO_NEW, STORE_DAMAGED or
	 * STORE_UNAVAILABLE.
	 */
	constructor(folder: string) {
		const database = new Database(folder);
		this.#database = database;
		this.installationId = ensureInstallationId(database);
		this.agreements = new Agreements(database);
		this.reservations = new Reservations(database);
		this.keys = new Keys(database);
		this.negotiations = new Negotiations(database);
		this.holds = new Holds(database);
		this.machines = new Machines(database, this.agreements);
		this.work = new Work(database);
		this.catalogue = new Catalogue(database);
		this.maintenance = new Maintenance(database);
		this.priceLists = new PriceLists(database);
		this.history = new History(database, this.installationId);
		this.correspondence = new Correspondence(database);
		this.#siteGet = database.prepare('SELECT calendar_version, last_at FROM sites WHERE name = ?');
		this.#siteInsert = database.prepare(`
			INSERT INTO sites (name, calendar_version, last_at, history_from)
			SELECT ?, 0, 0, count(*) * ${POSITIONS_PER_SITE} FROM sites`);
		this.#siteAdvance = database.prepare(`
			UPDATE sites SET last_at = max(last_at, ?1),
				calendar_version = iif(calendar_version < ?2, ?2 + ${VERSIONS_AHEAD}, calendar_version)
			WHERE name = ?3 AND (last_at < ?1 OR calendar_version < ?2)`);
		this.#siteLeave = database.prepare('UPDATE sites SET calendar_version = ? WHERE name = ?');
	}

	/** One durable transaction: all of the work or none of it. Whatever it throws is thrown on. */
	transact<T>(work: () => T): T {
		return this.#database.transact(work);
	}

	/** Work that leaves no trace, whatever it writes. Whatever it throws is thrown on. */
	rehearse<T>(work: () => T): T {
		return this.#database.rehearse(work);
	}

	/** A part of the transaction that is undone alone where it throws. */
	savepoint<T>(part: () => T): T {
		return this.#database.savepoint(part);
	}

	/** For who writes much: checkpoints are made by a thread of their own, until that is disposed of, before the store. */
	checkpointAside(report: ReportCheckpoint): AsyncDisposable {
		return this.#database.checkpointAside(report);
	}

	/** Counts what may have written: while it stays the same, nothing is to be undone. */
	get written(): number {
		return this.#database.written;
	}

	/** Counts the transactions that stand: while it stays the same, so does everything that is remembered. */
	get committed(): number {
		return this.#database.committed;
	}

	/** False within {@link transact} where the disk failed and took the transaction with it. */
	get inTransaction(): boolean {
		return this.#database.inTransaction;
	}

	/** The site's calendar version and the latest time that was committed; makes the site where it is new. */
	openSite(site: string): { readonly calendarVersion: number; readonly lastAt: number } {
		if (this.#siteGet.get(site) === undefined) this.transact(() => this.#siteInsert.run(site));
		const row = this.#siteGet.get(site)!;
		return { calendarVersion: row.calendar_version, lastAt: row.last_at };
	}

	/**
	 * Remembers that this time has come, and this version of the calendar: the site never goes back behind them. Versions
	 * are written ahead: after a crash it goes on behind those that may have been reached.
	 */
	advance(site: string, at: number, calendarVersion: number): void {
		const { undone } = this.#database;
		this.#versions.set(site, Math.max(this.#versions.get(site) ?? 0, calendarVersion));
		const known = this.#advanced;
		const isKnown = known?.site === site && known.undone === undone;
		if (isKnown && at <= known.at && calendarVersion <= known.version) return;
		this.#siteAdvance.run(at, calendarVersion, site);
		const { last_at, calendar_version } = this.#siteGet.get(site)!;
		this.#advanced = { site, at: last_at, version: calendar_version, undone };
	}

	close(): void {
		try {
			this.transact(() => {
				for (const [site, version] of this.#versions) this.#siteLeave.run(version, site);
			});
		} catch {
			// The disk is full, or worse: it goes on as after a crash.
		}
		this.#database.close();
	}
}

function ensureInstallationId(database: Database): string {
	const get = database.prepare<{ value: string }>("SELECT value FROM meta WHERE key = 'installation_id'");
	const found = get.get()?.value;
	if (found !== undefined) return found;
	const made = randomUUID();
	database.transact(() => {
		database.prepare("INSERT INTO meta (key, value) VALUES ('installation_id', ?)").run(made);
	});
	return made;
}
