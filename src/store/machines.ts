import { numbersOf, type ServiceGrant } from '../agreement/terms/service.ts';
import { beginOf } from '../capacity/resources.ts';
import type { Agreements } from './agreements.ts';
import type { Database, Statement } from './database.ts';
import type { AgreementRecord, DesiredState, MachineRecord, ObservedMachine } from './records.ts';
import { seatsOf } from './seats.ts';

interface MachineRow {
	workspace_id: string;
	machine_index: number;
	service: number;
	agreement_id: string;
	revision: number;
	host: string;
	start_at: number;
	desired: DesiredState;
	observed: string | null;
	observed_at: number | null;
}

interface WantedRow extends MachineRow {
	grant: string;
	service_numbers: string | null;
}

/** A machine with what it takes to know what was granted to it. */
type WantedMachine = MachineRecord & Pick<AgreementRecord, 'grant' | 'serviceNumbers'>;

/**
 * Machines as they shall be and as they were seen. Those of a first agreement follow from its placement, and are written
 * when somebody first has to do with them: an offer that is accepted writes none, which are a sixth of what it wrote
 * before. Until then they shall run, nothing was seen of them, and their errand has not been leased.
 */
export class Machines {
	readonly #agreements: Agreements;
	readonly #put: Statement<never>;
	readonly #desire: Statement<never>;
	readonly #observe: Statement<MachineRow>;
	readonly #of: Statement<MachineRow>;
	readonly #wanted: Statement<WantedRow>;
	readonly #begun: Statement<{ id: string }>;
	readonly #withImage: Statement<{ id: string }>;

	constructor(database: Database, agreements: Agreements) {
		this.#agreements = agreements;
		this.#put = database.prepare(`
			INSERT INTO machines (workspace_id, machine_index, service, site, agreement_id, revision, host, start_at, desired)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET agreement_id = excluded.agreement_id, revision = excluded.revision,
				host = excluded.host, start_at = excluded.start_at, desired = excluded.desired`);
		this.#desire = database.prepare('UPDATE machines SET desired = ? WHERE workspace_id = ? AND machine_index = ?');
		this.#observe = database.prepare(`
			UPDATE machines SET observed = ?, observed_at = ? WHERE workspace_id = ? AND machine_index = ? RETURNING *`);
		this.#of = database.prepare('SELECT * FROM machines WHERE workspace_id = ? ORDER BY machine_index');
		this.#wanted = database.prepare(`
			SELECT m.*, a."grant", a.service_numbers FROM machines m JOIN agreements a ON a.id = m.agreement_id
			WHERE m.site = ? AND m.start_at <= ? AND m.desired <> 'absent' ORDER BY m.workspace_id, m.machine_index`);
		this.#begun = database.prepare(`
			SELECT a.id FROM due d JOIN agreements a ON a.id = d.owner_id
			WHERE d.site = ? AND d.kind = 'converge' AND d.due_at <= ? AND ${UNWRITTEN}`);
		this.#withImage = database.prepare(`
			SELECT a.id FROM agreements a WHERE a.id IN (
				SELECT agreement_id FROM machines WHERE desired <> 'absent'
				UNION SELECT a.id FROM due d JOIN agreements a ON a.id = d.owner_id WHERE d.kind = 'converge' AND ${UNWRITTEN}
			) AND EXISTS (
				SELECT 1 FROM json_tree(a."grant") AS t WHERE t.key = 'imageDigest' AND t.atom = ?
			) LIMIT 1`);
	}

	/** Makes a machine, or brings it to another revision; what was seen of it stays. */
	put(site: string, machine: Omit<MachineRecord, 'observed' | 'observedAt'>): void {
		const { workspaceId, index, service, agreementId, revision, host, startAt, desired } = machine;
		this.#put.run(workspaceId, index, service, site, agreementId, revision, host, startAt, desired);
	}

	desire(workspaceId: string, index: number, desired: DesiredState): void {
		this.write(workspaceId);
		this.#desire.run(desired, workspaceId, index);
	}

	/** Records what was seen; undefined where there is no such machine. */
	observe(workspaceId: string, index: number, seen: ObservedMachine, at: number): MachineRecord | undefined {
		this.write(workspaceId);
		const row = this.#observe.get(JSON.stringify(seen), at, workspaceId, index);
		return row && machineOf(row);
	}

	/** All machines that the workspace ever had, in the order of their indices. */
	of(workspaceId: string): readonly MachineRecord[] {
		const written = this.#of.all(workspaceId).map(machineOf);
		if (written.length > 0) return written;
		const agreement = this.#agreements.currentOf(workspaceId);
		return agreement === undefined ? [] : firstMachinesOf(agreement);
	}

	/** Writes what follows from the placement alone until now: before it is changed, and before the machines are made. */
	write(workspaceId: string): void {
		if (this.#of.get(workspaceId) !== undefined) return;
		const agreement = this.#agreements.currentOf(workspaceId);
		if (agreement === undefined) return;
		for (const machine of firstMachinesOf(agreement)) this.put(agreement.site, machine);
	}

	/** Every machine that shall be there at this time, with what was granted to it. */
	wanted(site: string, now: number): readonly WantedMachine[] {
		const written = this.#wanted.all(site, now).map((row) => ({
			...machineOf(row),
			grant: JSON.parse(row.grant) as ServiceGrant,
			...(row.service_numbers === null ? {} : { serviceNumbers: JSON.parse(row.service_numbers) as number[] }),
		}));
		const unwritten = this.#begun.all(site, now).flatMap(({ id }) => {
			const agreement = this.#agreements.find(id)!;
			return firstMachinesOf(agreement).map((machine) => ({ ...machine, grant: agreement.grant }));
		});
		return [...written, ...unwritten];
	}

	/** An agreement whose machines still need this image. */
	usingImage(digest: string): string | undefined {
		return this.#withImage.get(digest)?.id;
	}
}

/** Of agreement `a`: its machines follow from its placement. */
const UNWRITTEN = 'NOT EXISTS (SELECT 1 FROM machines m WHERE m.workspace_id = a.workspace_id)';

/** The machines of a workspace with which nobody had to do yet. */
function firstMachinesOf(agreement: AgreementRecord): MachineRecord[] {
	const { id: agreementId, workspaceId, revision, placement } = agreement;
	if (revision !== 1) throw new Error(`The machines of ${workspaceId} are not written, at revision ${revision}.`);
	const numbers = numbersOf(agreement);
	const startAt = beginOf(placement);
	return seatsOf(agreement, []).map(({ index, service, host }) => {
		return { workspaceId, index, service: numbers[service]!, agreementId, revision, host, startAt, desired: 'running' };
	});
}

function machineOf(row: MachineRow): MachineRecord {
	return {
		workspaceId: row.workspace_id,
		index: row.machine_index,
		service: row.service,
		agreementId: row.agreement_id,
		revision: row.revision,
		host: row.host,
		startAt: row.start_at,
		desired: row.desired,
		...(row.observed === null ? {} : { observed: JSON.parse(row.observed) as ObservedMachine }),
		...(row.observed_at === null ? {} : { observedAt: row.observed_at }),
	};
}
