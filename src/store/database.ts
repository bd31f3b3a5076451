import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementResultingChanges, type StatementSync } from 'node:sqlite';
import { OperatingError } from '../errors.ts';
import { Checkpoints, type ReportCheckpoint } from './checkpoints.ts';
import { migrate } from './migrations.ts';

/** Other users may pass through to the machines' disks below, and see nothing of what lies beside them. */
const FOLDER_MODE = 0o711;
const FILE_MODE = 0o600;

/**
 * Pages in the write-ahead log before it is folded back, which everybody waits for. The default of 1000 does that with
 * every fifth batch of accepted offers; 10,000 hold the main thread for 30 ms each time, these for 10, and no more in sum.
 */
const CHECKPOINT_PAGES = 2_500;

/** The same where checkpoints are made aside, so that hardly anything is left to be done then; the log takes 40 MB. */
const CHECKPOINT_PAGES_ASIDE = 10_000;

/** What SQLite keeps of the database in memory: with the default, 2 MB, one client of 5,000 agreements waits 3 % longer. */
const CACHE_KIB = 16 << 10;

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html). */
const SQLITE_ERROR = 1;
const SQLITE_CORRUPT = 11;
const SQLITE_CONSTRAINT = 19;
const SQLITE_NOTADB = 26;

/** A prepared statement whose rows have the shape that the caller wrote beside its SQL. */
export interface Statement<Row> {
	get(...values: SQLInputValue[]): Row | undefined;
	all(...values: SQLInputValue[]): Row[];
	iterate(...values: SQLInputValue[]): IterableIterator<Row>;
	/** The number of rows changed. */
	run(...values: SQLInputValue[]): number;
	/** The rowid of the row that was inserted. */
	insert(...values: SQLInputValue[]): number;
}

/**
 * The one connection to the one database of a data folder. Synchronous: a statement takes microseconds, and the only
 * slow thing, the fsync of a COMMIT, is what nobody may overtake. Failures of the machinery are thrown as
 * STORE_UNAVAILABLE or STORE_DAMAGED; a statement that is wrong or breaks a constraint is a bug and stays what it is.
 */
export class Database {
	readonly #path: string;
	readonly #connection: DatabaseSync;
	readonly #lock: DatabaseSync;
	readonly #begin: Statement<never>;
	readonly #commit: Statement<never>;
	readonly #beginLater: Statement<never>;
	readonly #rollback: Statement<never>;
	readonly #savepoint: Statement<never>;
	readonly #release: Statement<never>;
	readonly #rollbackTo: Statement<never>;
	#checkpoints: Checkpoints | undefined;
	#undone = 0;
	readonly #tally = { written: 0 };
	#committed = 0;

	/**
	 * Opens or makes the database of this data folder and brings its schema up to date. Throws INSTALLATION_IN_USE
	 * while another process has it open, STORE_TOO_NEW where a newer Computon wrote it.
	 */
	constructor(folder: string) {
		if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
		this.#lock = takeLock(folder);
		try {
			this.#path = join(folder, 'computon.db');
			this.#connection = openDatabase(this.#path);
		} catch (error) {
			this.#lock.close();
			throw error instanceof OperatingError ? error : failureOf(error);
		}
		this.#begin = this.prepare('BEGIN IMMEDIATE');
		this.#commit = this.prepare('COMMIT');
		this.#beginLater = this.prepare('BEGIN DEFERRED');
		this.#rollback = this.prepare('ROLLBACK');
		this.#savepoint = this.prepare('SAVEPOINT part');
		this.#release = this.prepare('RELEASE part');
		this.#rollbackTo = this.prepare('ROLLBACK TO part');
	}

	/** Rows are shaped as `Row` by construction: the SQL and the type stand side by side in this room. */
	prepare<Row>(sql: string): Statement<Row> {
		const isReading = /^\s*SELECT\b/.test(sql);
		return new Prepared(this.#connection.prepare(sql), isReading ? NOBODYS : this.#tally);
	}

	/** Whether a transaction is open: SQLite ends it by itself when the disk fails under it. */
	get inTransaction(): boolean {
		return this.#connection.isTransaction;
	}

	/** Counts what may have written. */
	get written(): number {
		return this.#tally.written;
	}

	/** Counts transactions that were committed. */
	get committed(): number {
		return this.#committed;
	}

	/** Counts how often something was undone: what was remembered of a transaction before that may never have been. */
	get undone(): number {
		return this.#undone;
	}

	/** BEGIN IMMEDIATE, the work, COMMIT with fsync; ROLLBACK where the work or the COMMIT throws. */
	transact<T>(work: () => T): T {
		if (this.inTransaction) throw new Error('A transaction is open already: everything that writes goes through one.');
		this.#begin.run();
		try {
			const result = work();
			this.#commit.run();
			this.#committed += 1;
			this.#checkpoints?.note();
			return result;
		} catch (error) {
			this.#undone += 1;
			if (this.inTransaction) this.#rollback.run();
			throw error;
		}
	}

	/** Leaves checkpoints to a thread of their own, until that is disposed of: before this is closed. */
	checkpointAside(report: ReportCheckpoint): AsyncDisposable {
		const checkpoints = new Checkpoints(this.#path, report);
		this.#checkpoints = checkpoints;
		this.#connection.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES_ASIDE}`);
		return {
			[Symbol.asyncDispose]: async () => {
				this.#checkpoints = undefined;
				await checkpoints.close();
				this.#connection.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
			},
		};
	}

	/** The work, and then everything is as it was before. Until it writes no lock is taken. */
	rehearse<T>(work: () => T): T {
		if (this.inTransaction) throw new Error('A transaction is open already: what is in it would be undone as well.');
		this.#beginLater.run();
		try {
			return work();
		} finally {
			this.#undone += 1;
			if (this.inTransaction) this.#rollback.run();
		}
	}

	/** A part of the open transaction that is undone as a whole where it throws; the rest of the transaction stays. */
	savepoint<T>(part: () => T): T {
		this.#savepoint.run();
		let done = false;
		try {
			const result = part();
			done = true;
			return result;
		} finally {
			if (!done) this.#undone += 1;
			if (this.inTransaction) {
				if (!done) this.#rollbackTo.run();
				this.#release.run();
			}
		}
	}

	close(): void {
		this.#connection.close();
		this.#lock.close();
	}
}

/**
 * The lock is an empty database of its own, locked for as long as the process lives. The kernel drops it with the
 * process, however that ends; and unlike a lock on the database itself it does not keep backup tools from reading.
 */
function takeLock(folder: string): DatabaseSync {
	const path = join(folder, 'installation.lock');
	createFile(path);
	const lock = new DatabaseSync(path, { timeout: 0 });
	try {
		lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
		return lock;
	} catch (error) {
		lock.close();
		throw new OperatingError('INSTALLATION_IN_USE', `The data folder is ${folder}.`, { cause: error });
	}
}

/**
 * `temp_store`: what a savepoint would restore is kept in memory. In a file, which it is by default beyond 64 KB, each
 * accepted offer wrote 100 KB in 48 calls for nothing: after a crash nobody reads it.
 */
function openDatabase(path: string): DatabaseSync {
	createFile(path);
	const connection = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true });
	try {
		connection.exec(`
			PRAGMA journal_mode = WAL;
			PRAGMA synchronous = FULL;
			PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
			PRAGMA temp_store = MEMORY;
			PRAGMA cache_size = -${CACHE_KIB};
			PRAGMA trusted_schema = OFF;
		`);
		migrate(connection);
		return connection;
	} catch (error) {
		connection.close();
		throw error;
	}
}

/**
 * SQLite gives its log and index files the mode of the database, so the database must have the right one first.
 * A file that is there is not opened: closing it would drop the locks that this process holds on it (fcntl(2)).
 */
function createFile(path: string): void {
	try {
		closeSync(openSync(path, 'ax', FILE_MODE));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
		throw new OperatingError('STORE_UNAVAILABLE', (error as Error).message, { cause: error });
	}
}

/** Counts what may have written. */
interface Tally {
	written: number;
}

/** Of what only reads. */
const NOBODYS: Tally = { written: 0 };

/** An offer runs some seventy of them: each says itself what its failure is, without a function made for each run. */
class Prepared<Row> implements Statement<Row> {
	readonly #statement: StatementSync;
	readonly #tally: Tally;

	constructor(statement: StatementSync, tally: Tally) {
		this.#statement = statement;
		this.#tally = tally;
	}

	get(...values: SQLInputValue[]): Row | undefined {
		this.#tally.written += 1;
		try {
			return this.#statement.get(...values) as Row | undefined;
		} catch (error) {
			throw failureOf(error);
		}
	}

	all(...values: SQLInputValue[]): Row[] {
		this.#tally.written += 1;
		try {
			return this.#statement.all(...values) as Row[];
		} catch (error) {
			throw failureOf(error);
		}
	}

	iterate(...values: SQLInputValue[]): IterableIterator<Row> {
		this.#tally.written += 1;
		try {
			return this.#statement.iterate(...values) as IterableIterator<Row>;
		} catch (error) {
			throw failureOf(error);
		}
	}

	run(...values: SQLInputValue[]): number {
		return Number(this.#change(values).changes);
	}

	insert(...values: SQLInputValue[]): number {
		return Number(this.#change(values).lastInsertRowid);
	}

	#change(values: SQLInputValue[]): StatementResultingChanges {
		this.#tally.written += 1;
		try {
			return this.#statement.run(...values);
		} catch (error) {
			throw failureOf(error);
		}
	}
}

function failureOf(error: unknown): unknown {
	const { code, errcode, message } = error as { code?: string; errcode?: number; message?: string };
	if (code !== 'ERR_SQLITE_ERROR' || errcode === undefined) return error;
	switch (errcode & 0xff) {
		case SQLITE_ERROR:
		case SQLITE_CONSTRAINT:
			return error;
		case SQLITE_CORRUPT:
		case SQLITE_NOTADB:
			return new OperatingError('STORE_DAMAGED', message, { cause: error });
		default:
			return new OperatingError('STORE_UNAVAILABLE', message, { cause: error });
	}
}
