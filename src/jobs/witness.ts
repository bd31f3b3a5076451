/**
 * The witness: the head of the history, written beside the database and not into it. A database that is older than
 * its witness is a restored backup: machines that it does not know may belong to agreements made since, and are
 * removed only on an admin's word.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An entry of the history: its place and its hash. */
export interface Head {
	readonly sequence: number;
	readonly hash: string;
}

export class Witness {
	readonly #path: string;

	constructor(dataFolder: string) {
		this.#path = join(dataFolder, 'history-head');
	}

	/** Whether the history no longer holds what was witnessed. `hashAt` is the hash of an entry, where it is there. */
	contradicts(hashAt: (sequence: number) => string | undefined): boolean {
		const witnessed = this.#read();
		return witnessed !== undefined && hashAt(witnessed.sequence) !== witnessed.hash;
	}

	/** Remembers the head; not synced to disk, since a witness that lags behind accuses nobody. */
	remember(head: Head): void {
		if (head.sequence === 0) return;
		const draft = `${this.#path}.new`;
		writeFileSync(draft, `${head.sequence} ${head.hash}\n`, { mode: 0o600 });
		renameSync(draft, this.#path);
	}

	#read(): Head | undefined {
		let text: string;
		try {
			text = readFileSync(this.#path, 'utf8');
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
			throw error;
		}
		const match = /^(\d{1,15}) ([0-9a-f]{64})\n?$/.exec(text);
		// What cannot be read witnesses nothing: a file cut short by a power failure must not stop the site.
		return match?.[1] === undefined || match[2] === undefined
			? undefined
			: { sequence: Number(match[1]), hash: match[2] };
	}
}
