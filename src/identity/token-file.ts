import { hash as digestOf, randomBytes, timingSafeEqual } from 'node:crypto';
import {
	closeSync,
	constants,
	fsyncSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatingError } from '../errors.ts';
import { isName, isPlainText, NAME_LENGTH_MAX, type Party, ROLES, type Role } from './party.ts';

/** How often at most the file is looked at again, so that a lookup costs no system call: a revocation waits this long. */
export const RELOAD_AFTER_MS = 1000;

/** A lookup compares with every token in turn (0.2 us each); this keeps it under 2 ms. */
export const TOKENS_MAX = 10_000;

/** A lock file older than this was left behind by a process that died; a rewrite takes milliseconds. */
const LOCK_STALE_MS = 10_000;

/** What is known of a token; the token itself is nowhere, only its hash. */
export interface TokenEntry {
	/** The first hexadecimal digits of the hash: names the token in lists and revocations. */
	readonly id: string;
	readonly party: string;
	readonly vo: string;
	readonly role: Role;
	readonly label: string;
	/** Epoch seconds. */
	readonly createdAt: number;
}

interface StoredToken extends TokenEntry {
	/** SHA-256 of the token, hexadecimal. The token has 256 random bits, so a slow hash would add nothing. */
	readonly hash: string;
}

/**
 * The bearer tokens of a site, in one JSON file of mode 0600. It is rewritten as a whole and renamed into place; a
 * lock file beside it keeps the broker and a command line from losing each other's changes. Changes made by another
 * process are seen within {@link RELOAD_AFTER_MS}. Throws CONFIG_INVALID where the file cannot be used.
 */
export class TokenFile {
	readonly #path: string;
	readonly #nowMs: () => number;
	#tokens: readonly StoredToken[] = [];
	#parties: readonly { readonly hash: Buffer; readonly party: Party }[] = [];
	/** The version of the file that is loaded: time and size of what was read; '' where there was no file. */
	#stamp: string | undefined;
	#checkedAtMs = Number.NEGATIVE_INFINITY;

	constructor(path: string, nowMs: () => number = Date.now) {
		this.#path = path;
		this.#nowMs = nowMs;
		this.#refresh();
	}

	/** Who carries this token; undefined where nobody does. Takes the same time wherever the token stands. */
	find(token: string): Party | undefined {
		if (Math.abs(this.#nowMs() - this.#checkedAtMs) >= RELOAD_AFTER_MS) this.#refresh();
		const hash = digestOf('sha256', token, 'buffer');
		let found: Party | undefined;
		for (const candidate of this.#parties) {
			if (timingSafeEqual(candidate.hash, hash)) found = candidate.party;
		}
		return found;
	}

	/** Every token without its secret, oldest first. */
	list(): readonly TokenEntry[] {
		this.#refresh();
		return this.#tokens.map(withoutHash);
	}

	/** Makes a token, or enters the one that is given. The answer is the only place where the secret is ever seen. */
	add(party: Party, label: string, token: string = newToken()): { readonly token: string; readonly entry: TokenEntry } {
		checkName('party', party.name);
		checkName('vo', party.vo);
		if (!isPlainText(label)) refuse(`A label has at most ${NAME_LENGTH_MAX} characters, all of them printable.`);
		if (!ROLES.includes(party.role)) refuse(`The role '${party.role}' is none of ${ROLES.join(', ')}.`);
		const hash = digestOf('sha256', token);
		const entry: StoredToken = {
			id: hash.slice(0, 12),
			party: party.name,
			vo: party.vo,
			role: party.role,
			label,
			createdAt: Math.floor(this.#nowMs() / 1000),
			hash,
		};
		this.#rewrite((tokens) => {
			if (tokens.length >= TOKENS_MAX) refuse(`${this.#path} holds ${TOKENS_MAX} tokens, which is the most.`);
			return [...tokens.filter((other) => other.hash !== hash), entry];
		});
		return { token, entry: withoutHash(entry) };
	}

	/** Takes a token back; false where no token has this id. */
	revoke(id: string): boolean {
		let found = false;
		this.#rewrite((tokens) => {
			const left = tokens.filter((token) => token.id !== id);
			found = left.length < tokens.length;
			return left;
		});
		return found;
	}

	#rewrite(change: (tokens: readonly StoredToken[]) => readonly StoredToken[]): void {
		const lockPath = `${this.#path}.lock`;
		const file = openLock(lockPath, this.#nowMs());
		try {
			this.#load(this.#stampOfFile());
			writeFileSync(file, `${JSON.stringify({ version: 1, tokens: change(this.#tokens) }, undefined, '\t')}\n`);
			fsyncSync(file);
			renameSync(lockPath, this.#path);
		} catch (error) {
			rmSync(lockPath, { force: true });
			throw error;
		} finally {
			closeSync(file);
		}
		syncFolder(dirname(this.#path));
		this.#load(this.#stampOfFile());
	}

	#refresh(): void {
		const stamp = this.#stampOfFile();
		if (stamp !== this.#stamp) this.#load(stamp);
		// Only now: a file that was spoilt by hand lets nobody in until it is mended.
		this.#checkedAtMs = this.#nowMs();
	}

	#stampOfFile(): string {
		const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
		if (stat === undefined) return '';
		if ((stat.mode & 0o022n) !== 0n) refuse(`${this.#path} can be written by others: chmod 600 it.`);
		return `${stat.ino} ${stat.mtimeNs} ${stat.size}`;
	}

	#load(stamp: string): void {
		const tokens = stamp === '' ? [] : parseTokens(this.#path, readFileSync(this.#path, 'utf8'));
		this.#tokens = tokens;
		this.#parties = tokens.map(({ hash, party, vo, role }) => ({
			hash: Buffer.from(hash, 'hex'),
			party: { name: party, vo, role },
		}));
		this.#stamp = stamp;
	}
}

/**
 * Sees to it that somebody can administer a new site: where no admin has a token, one is made and written to
 * `admin-token` in the data folder (mode 0600), where the command line finds it. Returns the path of that file where
 * it is there. The file is written before its hash, so a crash in between is repaired by the next start.
 */
export function ensureAdminToken(tokens: TokenFile, folder: string): string | undefined {
	const path = join(folder, 'admin-token');
	const kept = statSync(path, { throwIfNoEntry: false }) && readFileSync(path, 'utf8').trim();
	if (tokens.list().some(({ role }) => role === 'admin')) return kept === undefined ? undefined : path;
	const token = kept || newToken();
	if (!kept) {
		const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
		try {
			writeFileSync(file, `${token}\n`);
			fsyncSync(file);
		} finally {
			closeSync(file);
		}
		syncFolder(folder);
	}
	tokens.add({ name: 'admin', vo: 'site', role: 'admin' }, 'made at the first start', token);
	return path;
}

/** 256 random bits; the prefix lets scanners of source code recognise a leaked one. */
function newToken(): string {
	return `computon_${randomBytes(32).toString('base64url')}`;
}

function withoutHash({ id, party, vo, role, label, createdAt }: StoredToken): TokenEntry {
	return { id, party, vo, role, label, createdAt };
}

function checkName(what: string, name: string): void {
	if (isName(name)) return;
	refuse(`The ${what} ${JSON.stringify(name)} must have 1 to ${NAME_LENGTH_MAX} characters, all of them printable.`);
}

/** Opens the lock file anew: it is where the next version is written, and its existence is the lock. */
function openLock(path: string, nowMs: number): number {
	for (let attempt = 1; ; attempt += 1) {
		try {
			return openSync(path, 'wx', 0o600);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
			const stat = statSync(path, { throwIfNoEntry: false });
			if (attempt > 1 || (stat !== undefined && nowMs - stat.mtimeMs < LOCK_STALE_MS)) {
				refuse(`Another process is changing the tokens (${path}); try again.`);
			}
			rmSync(path, { force: true });
		}
	}
}

function syncFolder(folder: string): void {
	const handle = openSync(folder, 'r');
	try {
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

function parseTokens(path: string, text: string): StoredToken[] {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		refuse(`${path} is not JSON: ${(error as Error).message}.`);
	}
	const file = value as { version?: unknown; tokens?: unknown };
	if (file?.version !== 1 || !Array.isArray(file.tokens)) refuse(`${path}: expected {"version": 1, "tokens": [...]}.`);
	return file.tokens.map((token: Partial<Record<string, unknown>>, index) => {
		const { id, hash, party, vo, role, label, createdAt } = token ?? {};
		const whole =
			typeof id === 'string' &&
			typeof hash === 'string' &&
			/^[0-9a-f]{64}$/.test(hash) &&
			typeof party === 'string' &&
			typeof vo === 'string' &&
			ROLES.includes(role as Role) &&
			typeof label === 'string' &&
			typeof createdAt === 'number';
		if (!whole) refuse(`${path}: tokens[${index}] is not a token of version 1.`);
		return { id, hash, party, vo, role: role as Role, label, createdAt };
	});
}

function refuse(detail: string): never {
	throw new OperatingError('CONFIG_INVALID', detail);
}
