/** `computon agreement …` and `computon machine …`: looking at what was agreed, waiting for it, acting on it. */
import type { ComputonClient, MachineAction } from '../client/client.ts';
import type { AgreementResource, HistoryEntry, MachinePage, MachineResource } from '../client/resources.ts';
import { grantText, hostsText, named, priceText } from './offers.ts';
import { EXIT, type ExitCode, UsageError } from './outcome.ts';
import { bytes, instant, type Output, table } from './output.ts';

export async function listAgreements(
	output: Output,
	client: ComputonClient,
	options: { state?: string; limit: number },
): Promise<ExitCode> {
	const items: AgreementResource[] = [];
	let after: string | undefined;
	do {
		const page = await client.agreements({
			limit: Math.min(100, options.limit - items.length),
			...(options.state === undefined ? {} : { state: options.state }),
			...(after === undefined ? {} : { after }),
		});
		items.push(...page.items);
		after = page.next;
	} while (after !== undefined && items.length < options.limit);
	output.data(items, () =>
		items.length === 0
			? 'No agreements. Make one with: computon offer FILE'
			: table(
					['AGREEMENT', 'REV', 'STATE', 'SERVICE', 'WHAT', 'PARTY'],
					items.map((each) => [
						each.id,
						String(each.revision),
						each.state,
						each.serviceState,
						grantText(each.grant),
						each.party,
					]),
				),
	);
	if (after !== undefined) output.note(`There are more; show them with --limit ${options.limit * 2}.`);
	return EXIT.accepted;
}

export async function showAgreement(
	output: Output,
	client: ComputonClient,
	id: string,
	options: { xml: boolean },
): Promise<ExitCode> {
	if (options.xml) {
		const xml = await client.agreementXml(id);
		output.data({ xml }, () => xml);
		return EXIT.accepted;
	}
	const { value } = await client.agreement(id);
	output.data(value, () => agreementText(value));
	return EXIT.accepted;
}

export async function showHistory(output: Output, client: ComputonClient, id: string): Promise<ExitCode> {
	const entries: readonly HistoryEntry[] = await client.history(id);
	output.data(entries, () =>
		table(
			['AT', 'WHAT', 'SEQUENCE', 'HASH'],
			entries.map((entry) => [instant(entry.at), entry.kind, String(entry.sequence), entry.hash.slice(0, 16)]),
		),
	);
	return EXIT.accepted;
}

export async function showMachines(
	output: Output,
	client: ComputonClient,
	id: string,
	options: { fresh: boolean },
): Promise<ExitCode> {
	const { items, setback } = await client.machinePage(id, options);
	const { simulated } = await client.ready();
	output.data(items, () => machinesText(items, simulated));
	if (setback !== undefined) output.note(setbackText(setback));
	return EXIT.accepted;
}

/** What `agreement wait` can wait for. */
export const GOALS = ['running', 'complete', 'ended'] as const;
export type Goal = (typeof GOALS)[number];

/** Waits until the goal is reached (0), cannot be reached any more (1) or the time is over (12). */
export async function waitFor(
	output: Output,
	client: ComputonClient,
	id: string,
	options: { goal: Goal; timeoutSeconds: number },
): Promise<ExitCode> {
	const deadline = Date.now() + options.timeoutSeconds * 1000;
	let current = await client.agreement(id);
	for (;;) {
		const { state, serviceState, stateReason } = current.value;
		output.progress(`${id}: ${state}, service ${serviceState}`);
		const verdict = judge(options.goal, current.value);
		if (verdict !== undefined) {
			output.settle();
			output.data(current.value, () => agreementText(current.value));
			if (verdict === EXIT.failed) output.note(`It ended before that: ${stateReason ?? state}`);
			return verdict;
		}
		const left = (deadline - Date.now()) / 1000;
		if (left <= 0) {
			const { setback } = await client.machinePage(id);
			if (setback !== undefined) output.note(setbackText(setback));
			output.note(
				`Still ${state} (service ${serviceState}) after ${options.timeoutSeconds} s; wait longer with --timeout.`,
			);
			return EXIT.timedOut;
		}
		current = (await client.agreementChange(id, current.etag, left)) ?? current;
	}
}

function judge(goal: Goal, agreement: AgreementResource): ExitCode | undefined {
	const ended = ['Complete', 'Terminated', 'Rejected'].includes(agreement.state);
	if (goal === 'running' && agreement.serviceState === 'Ready') return EXIT.accepted;
	if (goal === 'ended' && ended) return EXIT.accepted;
	if (goal === 'complete' && agreement.state === 'Complete') return EXIT.accepted;
	return ended ? EXIT.failed : undefined;
}

export async function terminateAgreement(
	output: Output,
	client: ComputonClient,
	id: string,
	options: { reason?: string },
): Promise<ExitCode> {
	const agreement = await client.terminate(id, options);
	output.data(
		agreement,
		() =>
			`Agreement ${id} is ${agreement.state}; its capacity is free again when its machines are gone.` +
			(agreement.due === undefined ? '' : `\nOwed by its terms: ${dueText(agreement.due)}`),
	);
	return EXIT.accepted;
}

export async function actOnMachine(
	output: Output,
	client: ComputonClient,
	id: string,
	index: number,
	action: MachineAction,
	timeoutSeconds: number,
): Promise<ExitCode> {
	const wanted = { pause: 'paused', resume: 'running', save: 'saved', restore: 'running', shutdown: 'off' }[action];
	const deadline = Date.now() + timeoutSeconds * 1000;
	let etag = (await client.agreement(id)).etag;
	await client.act(id, index, action);
	for (;;) {
		const { items, setback } = await client.machinePage(id);
		const machine = machineAt(items, index);
		output.progress(`machine ${index}: ${machine.state}`);
		if (machine.state === wanted || (wanted === 'off' && machine.state === 'absent')) {
			const { simulated } = await client.ready();
			output.data(machine, () => machinesText([machine], simulated));
			return EXIT.accepted;
		}
		const left = (deadline - Date.now()) / 1000;
		if (left <= 0) {
			if (setback !== undefined) output.note(setbackText(setback));
			output.note(`Machine ${index} is still ${machine.state} after ${timeoutSeconds} s; the broker goes on trying.`);
			return EXIT.timedOut;
		}
		etag = (await client.agreementChange(id, etag, Math.min(left, 5)))?.etag ?? etag;
	}
}

export async function showConsole(
	output: Output,
	client: ComputonClient,
	id: string,
	index: number,
): Promise<ExitCode> {
	const machine = machineAt(await client.machines(id, { fresh: true }), index);
	output.data({ console: machine.console ?? '' }, () => machine.console ?? '(nothing on the console yet)');
	return EXIT.accepted;
}

function machineAt(machines: readonly MachineResource[], index: number): MachineResource {
	const machine = machines.find((each) => each.index === index);
	if (machine !== undefined) return machine;
	throw new UsageError(`There is no machine ${index}; this agreement has ${machines.length} (counted from 0).`);
}

/** `6.20 EUR for the cancellation`. */
function dueText({ kind, amount, currency }: NonNullable<AgreementResource['due']>): string {
	return `${amount} ${currency} ${kind === 'penalty' ? 'by the site, which did not keep it' : 'for the cancellation'}`;
}

function setbackText({ message, attempts, retryAt }: NonNullable<MachinePage['setback']>): string {
	return `Not as agreed yet. ${message} Tried ${attempts} times; again at ${instant(retryAt)}.`;
}

function agreementText(agreement: AgreementResource): string {
	const rows: [string, string][] = [
		['agreement', agreement.id],
		['workspace', `${agreement.workspaceId}, revision ${agreement.revision}`],
		['state', `${agreement.state}${agreement.stateReason === undefined ? '' : ` (${agreement.stateReason})`}`],
		['service', agreement.serviceState],
		['granted', grantText(agreement.grant)],
		...(agreement.price === undefined ? [] : [['costs', priceText(agreement.price)] as [string, string]]),
		...(agreement.due === undefined ? [] : [['owed', dueText(agreement.due)] as [string, string]]),
		...(agreement.because ?? []).map(({ field, serviceName, message }): [string, string] => {
			return [`why ${field}`, named(serviceName, message)];
		}),
		['until', instant(agreement.grant.endAt)],
		...(agreement.grant.services ?? [agreement.grant]).map(({ serviceName, image }): [string, string] => {
			return ['image', named(serviceName, `${image.name} ${image.digest}`)];
		}),
		['at the end', agreement.grant.endAction],
		['hosts', hostsText(agreement.hosts)],
		['template', `${agreement.template.name}/${agreement.template.id}`],
		['party', `${agreement.party} (VO ${agreement.vo})`],
		['history', agreement.historyHead],
	];
	if (agreement.supersedes !== undefined) rows.push(['supersedes', agreement.supersedes]);
	if (agreement.supersededBy !== undefined) rows.push(['superseded by', agreement.supersededBy]);
	return table(rows[0]!, rows.slice(1));
}

/** Where the limits that are in force were read: of a simulated site nobody has read any. */
function machinesText(machines: readonly MachineResource[], simulated: boolean): string {
	if (machines.length === 0) return 'No machines yet: the window has not begun, or it is over.';
	return table(
		['#', 'HOST', 'STATE', '', 'CPUS', 'CPU SHARE', 'MEMORY', 'HARD LIMIT', 'CPU TIME'],
		machines.flatMap((machine) => {
			const { agreed, enforced, consumed } = machine;
			const kernel = simulated ? undefined : enforced?.kernel;
			const state = machine.stateReason === undefined ? machine.state : `${machine.state} (${machine.stateReason})`;
			const rows = [
				[
					named(machine.serviceName, String(machine.index)),
					machine.host,
					state,
					'agreed',
					String(agreed.cpuCount),
					`${agreed.cpuSharePercent} %`,
					bytes(agreed.memoryBytes),
					'',
					'',
				],
			];
			if (enforced !== undefined)
				rows.push([
					'',
					'',
					'',
					simulated ? 'simulated' : 'libvirt',
					String(enforced.cpuCount),
					`${enforced.cpuQuotaPercent} %`,
					bytes(enforced.memoryBytes),
					bytes(enforced.memoryHardLimitBytes),
					'',
				]);
			if (kernel !== undefined)
				rows.push(['', '', '', 'kernel', '', `${kernel.cpuQuotaPercent} %`, '', bytes(kernel.memoryLimitBytes), '']);
			if (consumed !== undefined)
				rows.push([
					'',
					'',
					'',
					'consumed',
					'',
					'',
					bytes(consumed.memoryBytes),
					'',
					`${consumed.cpuSeconds.toFixed(1)} s`,
				]);
			for (const pending of machine.pending ?? []) rows.push(['', '', '', `pending: ${pending}`]);
			return rows;
		}),
	);
}
