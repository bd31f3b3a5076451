/** `computon template`, `image`, `maintenance`, `token` and `calendar`: what site admins do. */
import { resolve } from 'node:path';
import type { Amounts } from '../client/answers.ts';
import type { ComputonClient } from '../client/client.ts';
import type { HostCapacity } from '../client/resources.ts';
import type { OutgoingDocument } from '../client/transport.ts';
import { EXIT, type ExitCode, remarkText, UsageError } from './outcome.ts';
import { bytes, instant, type Output, table } from './output.ts';

export async function listTemplates(output: Output, client: ComputonClient): Promise<ExitCode> {
	const templates = await client.templates();
	output.data(templates, () =>
		templates.length === 0
			? 'No templates. Publish one with: computon template publish FILE'
			: table(
					['TEMPLATE', 'TITLE', 'PUBLISHED', 'BY'],
					templates.map((each) => [
						`${each.name}/${each.id}`,
						each.title ?? '',
						instant(each.publishedAt),
						each.publishedBy,
					]),
				),
	);
	return EXIT.accepted;
}

export async function showTemplate(output: Output, client: ComputonClient, reference: string): Promise<ExitCode> {
	const { name, id } = templateReference(reference);
	const xml = await client.templateXml(name, id);
	output.data({ name, id, xml }, () => xml);
	return EXIT.accepted;
}

export async function publishTemplate(
	output: Output,
	client: ComputonClient,
	document: OutgoingDocument,
	reference: string,
): Promise<ExitCode> {
	const { name, id } = templateReference(reference);
	const template = await client.publishTemplate(name, id, document);
	output.data(template, () => `Published ${template.name}/${template.id}.`);
	for (const remark of template.remarks ?? []) output.note(remarkText(remark));
	return EXIT.accepted;
}

export async function retireTemplate(output: Output, client: ComputonClient, reference: string): Promise<ExitCode> {
	const { name, id } = templateReference(reference);
	await client.retireTemplate(name, id);
	output.data({ name, id, retired: true }, () => `Retired ${name}/${id}; what was agreed from it stays agreed.`);
	return EXIT.accepted;
}

/** `NAME/ID`. */
function templateReference(reference: string): { name: string; id: string } {
	const match = /^([^/]+)\/([^/]+)$/.exec(reference);
	if (match?.[1] !== undefined && match[2] !== undefined) return { name: match[1], id: match[2] };
	throw new UsageError(`${reference}: name a template as NAME/ID, for example machine/1.`);
}

export async function listImages(output: Output, client: ComputonClient): Promise<ExitCode> {
	const images = await client.images();
	output.data(images, () =>
		images.length === 0
			? 'No images. Add one with: computon image add NAME --disk FILE'
			: table(
					['IMAGE', 'KIND', 'SIZE', 'DIGEST'],
					images.map((each) => [each.name, each.kind, bytes(each.diskBytes), each.digest]),
				),
	);
	return EXIT.accepted;
}

export async function addImage(
	output: Output,
	client: ComputonClient,
	name: string,
	options: { disk?: string; kernel?: string; initramfs?: string; commandLine?: string; digest?: string },
): Promise<ExitCode> {
	const { disk, kernel, initramfs, ...rest } = options;
	if ((disk === undefined) === (kernel === undefined || initramfs === undefined))
		throw new UsageError('Give either --disk FILE (a qcow2 disk) or both --kernel FILE and --initramfs FILE.');
	const files =
		disk === undefined
			? { kernel: resolve(kernel as string), initramfs: resolve(initramfs as string) }
			: { disk: resolve(disk) };
	output.progress(`copying and verifying ${name} …`);
	const image = await client.addImage({ name, ...files, ...rest });
	output.data(image, () => `Added ${image.name}: ${image.digest}`);
	return EXIT.accepted;
}

export async function removeImage(output: Output, client: ComputonClient, digest: string): Promise<ExitCode> {
	await client.removeImage(digest);
	output.data({ digest, removed: true }, () => `Removed ${digest}.`);
	return EXIT.accepted;
}

export async function listMaintenance(output: Output, client: ComputonClient): Promise<ExitCode> {
	const planned = await client.maintenance();
	output.data(planned, () =>
		planned.length === 0
			? 'No maintenance is planned.'
			: table(
					['MAINTENANCE', 'HOST', 'FROM', 'TO', 'AGREEMENTS', 'HELD', 'REASON'],
					planned.map((each) => [
						each.id,
						each.host,
						instant(each.startAt),
						instant(each.endAt),
						String(each.affected.length),
						String(each.held.length),
						each.reason,
					]),
				),
	);
	return EXIT.accepted;
}

export async function addMaintenance(
	output: Output,
	client: ComputonClient,
	host: string,
	options: { from: string; to: string; reason?: string },
): Promise<ExitCode> {
	const added = await client.addMaintenance({ host, ...options });
	output.data(
		added,
		() => `${added.host} takes nothing new from ${instant(added.startAt)} to ${instant(added.endAt)}.`,
	);
	for (const id of added.affected) output.note(`Agreed already in that time: ${id}`);
	for (const { negotiation, offer } of added.held)
		output.note(`Held already in that time: offer ${offer} of negotiation ${negotiation}`);
	return EXIT.accepted;
}

export async function removeMaintenance(output: Output, client: ComputonClient, id: string): Promise<ExitCode> {
	await client.removeMaintenance(id);
	output.data({ id, removed: true }, () => `Removed ${id}.`);
	return EXIT.accepted;
}

export async function listTokens(output: Output, client: ComputonClient): Promise<ExitCode> {
	const tokens = await client.tokens();
	output.data(tokens, () =>
		table(
			['TOKEN', 'PARTY', 'VO', 'ROLE', 'LABEL', 'MADE'],
			tokens.map((each) => [each.id, each.party, each.vo, each.role, each.label ?? '', instant(each.createdAt)]),
		),
	);
	return EXIT.accepted;
}

export async function addToken(
	output: Output,
	client: ComputonClient,
	options: { party: string; vo: string; role: string; label?: string },
): Promise<ExitCode> {
	const made = await client.addToken(options);
	output.data(made, () => `${made.token}`);
	output.note(`Token ${made.id} for ${made.party} (${made.role}, VO ${made.vo}). It is shown once: keep it now.`);
	return EXIT.accepted;
}

export async function revokeToken(output: Output, client: ComputonClient, id: string): Promise<ExitCode> {
	await client.revokeToken(id);
	output.data({ id, revoked: true }, () => `Revoked ${id}.`);
	return EXIT.accepted;
}

export async function showCalendar(
	output: Output,
	client: ComputonClient,
	options: { from: string; to: string },
): Promise<ExitCode> {
	const hosts = await client.capacity(options.from, options.to);
	output.data(hosts, () =>
		table(['HOST', 'FROM', 'TO', 'FREE CPUS', 'FREE MEMORY', 'FREE DISK'], hosts.flatMap(calendarRows)),
	);
	return EXIT.accepted;
}

function calendarRows(host: HostCapacity): string[][] {
	return host.steps.map((step, position) => [
		position > 0 ? '' : host.silent ? `${host.host} (does not answer)` : host.host,
		instant(step.startAt),
		instant(step.endAt),
		...freeOf(step.free, host.capacity),
	]);
}

function freeOf(free: Amounts, capacity: Amounts): string[] {
	return [
		`${free.cpuMillicores / 1000} of ${capacity.cpuMillicores / 1000}`,
		`${bytes(free.memoryBytes)} of ${bytes(capacity.memoryBytes)}`,
		`${bytes(free.diskBytes)} of ${bytes(capacity.diskBytes)}`,
	];
}
