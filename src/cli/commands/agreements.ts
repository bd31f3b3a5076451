/** Commands about what was agreed: agreements, and their machines. */
import { type Command, Option } from 'commander';
import type { MachineAction } from '../../client/client.ts';
import type { OutgoingDocument } from '../../client/transport.ts';
import * as agreements from '../agreements.ts';
import { readDocumentFile } from '../documents.ts';
import { dryRun, sendOffer } from '../offers.ts';
import { type CommandLine, LENIENT, machineIndex, WAIT_SECONDS, wholeNumber } from './command-line.ts';
import { firstOnly } from './offers.ts';

export function addAgreements({ program, output, client, does }: CommandLine): void {
	const group = program.command('agreement').description('look at agreements, change and end them');
	group
		.command('list')
		.description('the agreements that you may see, newest first')
		.option('--state <state>', 'only those in this state, e.g. Observed')
		.option('--limit <count>', 'at most so many', wholeNumber, 100)
		.action((options: { state?: string; limit: number }) =>
			does(async () => agreements.listAgreements(output, await client(), options)),
		);
	group
		.command('show <id>')
		.description('one agreement')
		.option('--xml', 'as the standard has it: wsag:AgreementProperties')
		.action((id: string, options: { xml?: boolean }) =>
			does(async () => agreements.showAgreement(output, await client(), id, { xml: options.xml === true })),
		);
	group
		.command('history <id>')
		.description('everything that happened to it, with the hashes that prove the order')
		.action((id: string) => does(async () => agreements.showHistory(output, await client(), id)));
	group
		.command('machines <id>')
		.description('agreed, enforced and consumed, side by side')
		.option('--fresh', 'look at the machines again first')
		.action((id: string, options: { fresh?: boolean }) =>
			does(async () => agreements.showMachines(output, await client(), id, { fresh: options.fresh === true })),
		);
	addRenegotiation(group, { output, client, does });
	group
		.command('terminate <id>')
		.description('end it now')
		.option('--reason <text>', 'why, for the history')
		.action((id: string, options: { reason?: string }) =>
			does(async () => agreements.terminateAgreement(output, await client(), id, options)),
		);
	group
		.command('wait <id>')
		.description('wait until its machines run, or until it ends')
		.addOption(new Option('--for <goal>', 'what to wait for').choices([...agreements.GOALS]).default('running'))
		.option('--timeout <seconds>', 'give up after so long', wholeNumber, WAIT_SECONDS)
		.action((id: string, options: { for: agreements.Goal; timeout: number }) =>
			does(async () =>
				agreements.waitFor(output, await client(), id, { goal: options.for, timeoutSeconds: options.timeout }),
			),
		);
}

function addRenegotiation(
	group: Command,
	{ output, client, does }: Pick<CommandLine, 'output' | 'client' | 'does'>,
): void {
	group
		.command('renegotiate <id> <file>')
		.description('ask for other terms; refused, nothing changes')
		.option('--dry-run', 'only ask what would be answered')
		.option('--lenient', LENIENT)
		.option(
			'--take <rank>',
			'when countered, take the alternative of this rank, or "best": the first that the offer pays',
		)
		.option('--allow-restart', 'accept a change that restarts the machines, unless the offer forbids it')
		.option('--allow-move', 'accept a change that starts machines anew on another host, unless the offer forbids it')
		.option('--idempotency-key <key>', 'send the same document again with the same key: it is accepted once')
		.action(
			(
				id: string,
				file: string,
				options: {
					dryRun?: boolean;
					lenient?: boolean;
					take?: string;
					allowRestart?: boolean;
					allowMove?: boolean;
					idempotencyKey?: string;
				},
			) =>
				does(async () => {
					const document = await readDocumentFile(file, options);
					const broker = await client();
					const { dryRun: asksOnly, lenient: _, take, idempotencyKey, ...permissions } = options;
					if (asksOnly === true) return dryRun(output, broker, document, id, permissions);
					const { etag } = await broker.agreement(id);
					const key = firstOnly(idempotencyKey);
					const send = (each: OutgoingDocument) => broker.renegotiate(id, etag, each, { ...permissions, ...key() });
					return sendOffer(output, send, document, take);
				}),
		);
}

const MACHINE_ACTIONS: Readonly<Record<MachineAction, string>> = {
	pause: 'stop its CPUs; memory and disk stay as they are',
	resume: 'let a paused machine go on',
	save: 'write its memory to disk and free the memory',
	restore: 'go on from where it was saved',
	shutdown: 'ask the guest to end; it is ended at the deadline',
};

export function addMachines({ program, output, client, does }: CommandLine): void {
	const group = program.command('machine').description('act on one machine of an agreement (counted from 0)');
	for (const [action, summary] of Object.entries(MACHINE_ACTIONS))
		group
			.command(`${action} <agreement> [index]`)
			.description(summary)
			.option('--timeout <seconds>', 'give up waiting after so long', wholeNumber, WAIT_SECONDS)
			.action((id: string, index: string | undefined, options: { timeout: number }) =>
				does(async () =>
					agreements.actOnMachine(
						output,
						await client(),
						id,
						machineIndex(index),
						action as MachineAction,
						options.timeout,
					),
				),
			);
	group
		.command('console <agreement> [index]')
		.description('the last output of its serial console')
		.action((id: string, index: string | undefined) =>
			does(async () => agreements.showConsole(output, await client(), id, machineIndex(index))),
		);
}
