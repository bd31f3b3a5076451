/** `computon offer` and `computon agreement renegotiate`: an offer on its way, and what the site says to it. */

import type {
	Alternative,
	Because,
	Difference,
	Effect,
	Evaluation,
	Grant,
	GrantedService,
	HostShare,
	Price,
	Problem,
} from '../client/answers.ts';
import type { ChangePermissions, ComputonClient, OfferResult } from '../client/client.ts';
import type { AgreementResource } from '../client/resources.ts';
import type { OutgoingDocument } from '../client/transport.ts';
import { EXIT, type ExitCode, problemText, reasonText, remarkText, UsageError } from './outcome.ts';
import { bytes, duration, instant, type Output, table } from './output.ts';

/**
 * Sends an offer; when it is countered and `take` names an alternative, sends that one. The best is one that the offer
 * pays: what is dearer is taken by its rank alone.
 */
export async function sendOffer(
	output: Output,
	send: (document: OutgoingDocument) => Promise<OfferResult>,
	document: OutgoingDocument,
	take?: string,
): Promise<ExitCode> {
	let result = await send(document);
	if (result.kind === 'countered' && take !== undefined) {
		const alternative = chooseAlternative(result.problem.alternatives ?? [], take);
		if (alternative === undefined) output.note('Countered; all that can be had costs more than the offer pays.');
		else {
			output.note(`Countered; taking alternative ${alternative.rank} (${alternative.kind}).`);
			result = await send(alternativeDocument(alternative));
		}
	}
	if (result.kind === 'accepted') {
		const { agreement, effects } = result;
		output.data({ outcome: 'accepted', agreement, effects }, () => acceptedText(agreement, effects));
		return EXIT.accepted;
	}
	const { kind, problem } = result;
	output.data({ outcome: kind, problem }, () => refusalText(problem));
	return kind === 'countered' ? EXIT.countered : EXIT.refused;
}

/** Asks what would be answered, and says it. */
export async function dryRun(
	output: Output,
	client: ComputonClient,
	document: OutgoingDocument,
	agreementId?: string,
	permissions: ChangePermissions = {},
): Promise<ExitCode> {
	const evaluation = await client.evaluate(document, agreementId, permissions);
	output.data(evaluation, () => evaluationText(evaluation));
	if (evaluation.outcome === 'accepted') return EXIT.accepted;
	return evaluation.outcome === 'countered' ? EXIT.countered : EXIT.refused;
}

/** A grant in one line: `2 machines with 1 CPU at 50 %, 256 MiB, from 2026-… for 1h`; of several services each by its name. */
export function grantText(grant: Grant): string {
	const services = (grant.services ?? [grant]).map(serviceText).join('; ');
	const seconds = (Date.parse(grant.endAt) - Date.parse(grant.startAt)) / 1000;
	return `${services}, from ${instant(grant.startAt)} for ${duration(seconds)}`;
}

/** `head: 1 machine with 4 CPUs at 100 %, 8 GiB`; without a name where there is only one service. */
function serviceText(service: GrantedService): string {
	const { serviceName, machineCount, cpuCount, cpuSharePercent, memoryBytes, diskBytes } = service;
	const machines = machineCount === 1 ? '1 machine' : `${machineCount} machines`;
	const cpus = cpuCount === 1 ? '1 CPU' : `${cpuCount} CPUs`;
	const disk = diskBytes > 0 ? `, disk ${bytes(diskBytes)}` : '';
	return named(serviceName, `${machines} with ${cpus} at ${cpuSharePercent} %, ${bytes(memoryBytes)}${disk}`);
}

/** The hosts of the machines: `n1 x 2, n2 x 1`, of several services with their names. */
export function hostsText(hosts: readonly HostShare[]): string {
	return hosts.map(({ host, machines, serviceName }) => named(serviceName, `${host} x ${machines}`)).join(', ');
}

/** What is said of one of several services. */
export function named(serviceName: string | undefined, text: string): string {
	return serviceName === undefined ? text : `${serviceName}: ${text}`;
}

/** A price with its terms: `12.40 EUR; the site pays 1.24 where it fails; cancelling costs 0.00 until 2d before, …`. */
export function priceText({ currency, amount, cancellation, penalty, used }: Price): string {
	const parts = [`${amount} ${currency}`];
	if (used !== undefined) parts.push(`${used.amount} of it used up until ${instant(used.untilAt)}`);
	if (penalty !== undefined) parts.push(`the site owes ${penalty} where it fails`);
	const different = cancellation.filter(({ fee }, nth) => fee !== cancellation[nth + 1]?.fee);
	const steps = different.map(({ noticeSeconds, fee }) =>
		noticeSeconds > 0 ? `${fee} until ${duration(noticeSeconds)} before the start` : `${fee} after that`,
	);
	const [only] = different;
	parts.push(`cancelling costs ${different.length === 1 ? only!.fee : steps.join(', ')}`);
	return parts.join('; ');
}

/** What it does to machines that run: without interruption, by a restart, by starting anew elsewhere. */
function effectText({ kind, message }: Effect): string {
	return `  ${kind}: ${message}`;
}

/** Why it is as it is, a line for each value. */
export function becauseLines(because: readonly Because[] = []): string[] {
	return because.map(({ field, serviceName, message }) => `  because (${named(serviceName, field)}): ${message}`);
}

/** What was agreed to, at what price and why so, and what to do next. */
export function acceptedText(agreement: AgreementResource, effects: readonly Effect[]): string {
	const lines = [
		`Accepted: agreement ${agreement.id} (workspace ${agreement.workspaceId}, revision ${agreement.revision})`,
		`  ${grantText(agreement.grant)}`,
		`  on ${hostsText(agreement.hosts)}`,
	];
	for (const { kind, terms } of agreement.choices ?? []) lines.push(`  chosen of ${kind}: ${terms.join(', ')}`);
	if (agreement.price !== undefined) lines.push(`  costs ${priceText(agreement.price)}`);
	lines.push(...becauseLines(agreement.because));
	for (const effect of effects) lines.push(effectText(effect));
	for (const remark of agreement.remarks ?? []) lines.push(remarkText(remark));
	lines.push(`Wait for it: computon agreement wait ${agreement.id}`);
	return lines.join('\n');
}

function refusalText(problem: Problem): string {
	const lines = [problemText(problem)];
	const alternatives = problem.alternatives ?? [];
	if (alternatives.length > 0) {
		lines.push('', 'What can be had instead:', alternativesTable(alternatives), '');
		lines.push('Take one with --take RANK (or --take best).');
	}
	return lines.join('\n');
}

function evaluationText(evaluation: Evaluation): string {
	const lines = [
		`Would be ${evaluation.outcome} at calendar version ${evaluation.calendarVersion}; nothing was committed.`,
	];
	if (evaluation.grant !== undefined) lines.push(`  ${grantText(evaluation.grant)}`);
	for (const { kind, terms } of evaluation.choices ?? []) lines.push(`  chosen of ${kind}: ${terms.join(', ')}`);
	if (evaluation.price !== undefined) lines.push(`  costs ${priceText(evaluation.price)}`);
	if (evaluation.priceBefore !== undefined) lines.push(`  instead of ${priceText(evaluation.priceBefore)}`);
	lines.push(...becauseLines(evaluation.because));
	for (const effect of evaluation.effects ?? []) lines.push(effectText(effect));
	for (const reason of evaluation.reasons ?? []) lines.push(reasonText(reason));
	for (const remark of evaluation.remarks ?? []) lines.push(remarkText(remark));
	if ((evaluation.alternatives ?? []).length > 0) lines.push(alternativesTable(evaluation.alternatives ?? []));
	return lines.join('\n');
}

function alternativesTable(alternatives: readonly Alternative[]): string {
	return table(
		['RANK', 'KIND', 'OFFERED', 'PRICE', 'DIFFERENCE', 'MACHINES'],
		alternatives.map((alternative) => [
			String(alternative.rank),
			alternative.branch === undefined ? alternative.kind : `${alternative.kind} (${alternative.branch.join(', ')})`,
			grantText(alternative.grant),
			alternative.price === undefined ? '-' : `${alternative.price.amount} ${alternative.price.currency}`,
			differencesText(alternative.differences),
			effectsInShort(alternative.effects),
		]),
	);
}

/** `2 move, 2 restart`; `live` where nothing stops; `-` where it does nothing to machines that run. */
function effectsInShort(effects: readonly Effect[] = []): string {
	if (effects.length === 0) return '-';
	const moving = effects.filter(({ kind }) => kind === 'move').reduce((sum, { machines }) => sum + machines, 0);
	const restarting = Math.max(0, ...effects.filter(({ kind }) => kind === 'restart').map(({ machines }) => machines));
	const parts = [...(moving > 0 ? [`${moving} move`] : []), ...(restarting > 0 ? [`${restarting} restart`] : [])];
	return parts.length === 0 ? 'live' : parts.join(', ');
}

/** How an alternative differs from what was asked, in display units where these tell the two apart. */
export function differencesText(differences: readonly Difference[]): string {
	return differences
		.map(({ field, serviceName, asked, offered }) => {
			const [before, after] = [valueText(field, asked), valueText(field, offered)];
			const values = before === after ? `${asked} -> ${offered}` : `${before} -> ${after}`;
			return named(serviceName, `${field}: ${values}`);
		})
		.join('; ');
}

/** `anything` and ranges stay as they are. */
function valueText(field: string, value: number | string): string {
	if (/Bytes$/.test(field) && typeof value === 'number') return bytes(value);
	if (field === 'durationSeconds' && typeof value === 'number') return duration(value);
	return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:]+Z$/.test(value) ? instant(value) : String(value);
}

function chooseAlternative(alternatives: readonly Alternative[], take: string): Alternative | undefined {
	if (take === 'best') return alternatives.find(({ kind }) => kind !== 'dearer');
	const rank = Number(take);
	const chosen = alternatives.find((alternative) => alternative.rank === rank);
	if (chosen !== undefined) return chosen;
	throw new UsageError(
		`--take ${take}: there are ${alternatives.length} alternatives; give best or a rank from the list.`,
	);
}

function alternativeDocument(alternative: Alternative): OutgoingDocument {
	return alternative.offerXml === undefined
		? { mediaType: 'application/json', body: JSON.stringify(alternative.offer) }
		: { mediaType: 'application/xml', body: alternative.offerXml };
}
