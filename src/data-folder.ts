/** The folder in which the broker keeps all that it knows, and whether that is the state in which it was left. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from './config.ts';
import { OperatingError } from './errors.ts';
import type { RemovalRights } from './jobs/reconciliation.ts';
import { Witness } from './jobs/witness.ts';
import type { Store } from './store/store.ts';

/** Makes the data folder, or sees that the one that is there can be used; a folder that is there keeps its mode. */
export function prepareFolder(folder: string): void {
	try {
		const found = statSync(folder, { throwIfNoEntry: false });
		if (found === undefined) {
			mkdirSync(dirname(folder), { recursive: true });
			mkdirSync(folder);
			// The hypervisor's user passes through it, whatever the umask.
			chmodSync(folder, 0o711);
			return;
		}
		if (!found.isDirectory()) throw new OperatingError('CONFIG_INVALID', `The data folder ${folder} is not a folder.`);
		if (found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
			const advice = 'It must belong to the user that runs the broker, and nobody else may write in it.';
			throw new OperatingError('CONFIG_INVALID', `The data folder ${folder} cannot be used. ${advice}`);
		}
	} catch (error) {
		if (error instanceof OperatingError) throw error;
		const detail = `The data folder ${folder} cannot be made: ${(error as Error).message}.`;
		throw new OperatingError('CONFIG_INVALID', detail, { cause: error });
	}
}

/** What may be removed: see witness.ts. Without the witness in it the database is known to be an older one. */
export function removalRights(
	config: Config,
	store: Store,
	acceptRestored: boolean,
	log: (line: string) => void,
): RemovalRights & { readonly witness: Witness | undefined } {
	const witness = new Witness(config.dataFolder);
	const { lastAt } = store.openSite(config.siteName);
	const now = Math.floor(Date.now() / 1000);
	const page = (sequence: number) => ({ site: config.siteName, after: sequence - 1, limit: 1 });
	const restored = witness.contradicts((sequence) => store.history.list(page(sequence))[0]?.hash);
	if (restored && !acceptRestored) {
		log('The database is older than it was: a restored backup? Machines that it does not know are left alone;');
		log('start once with --accept-restored to have them removed.');
		return { mayRemove: false, unknownFrom: lastAt, unknownUntil: now, witness: undefined };
	}
	return { mayRemove: true, unknownFrom: acceptRestored ? now : lastAt, unknownUntil: now, witness };
}
