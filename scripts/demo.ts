/**
 * `npm run demo`: a broker is started with a fresh data folder, an offer is negotiated, a real machine runs under the
 * limits that were agreed, and every figure that is said was measured in this run. With --json the last line of
 * stdout is one JSON object with these figures.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Grant, JsonDocument, Problem } from '../src/client/answers.ts';
import { ComputonClient } from '../src/client/client.ts';
import type { AgreementResource, MachineResource } from '../src/client/resources.ts';
import type { OutgoingDocument } from '../src/client/transport.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const MACHINE_PREFIX = 'computon-demo';
const LIBVIRT_SOCKET = process.env.COMPUTON_LIBVIRT_SOCKET ?? '/var/run/libvirt/libvirt-sock';
/** Long enough for a share of a CPU to be measured to a percent, short enough for somebody who watches. */
const BURN_SECONDS = 8;
/** A guest that was just given a CPU starts to burn on it within this time. */
const SETTLE_MS = 2_000;
/** A guest without hardware acceleration boots in 10 to 20 seconds at a quarter of a CPU. */
const BOOT_SECONDS_MAX = 180;
const AGREED = { cpuCount: 1, cpuSharePercent: 25, memoryBytes: 256 * MIB };
const GROWN = { cpuCount: 2, cpuSharePercent: 30, memoryBytes: 384 * MIB };

const json = process.argv.includes('--json');
/** With --json everything that people read goes to stderr, so that stdout is for programs. */
const say = (text: string) => (json ? process.stderr : process.stdout).write(`${text}\n`);

interface Image {
	readonly name: string;
	readonly digest: string;
}

/** What scripts/build-guest says of the guest that it built. */
interface GuestDescription {
	readonly kernel: { readonly path: string };
	readonly initramfs: { readonly path: string };
	readonly commandLine: string;
}

interface Agreed {
	readonly agreement: AgreementResource;
	/** The other party's. */
	readonly other: AgreementResource;
	readonly alternatives: number;
	readonly acceptMs: number;
	readonly sentAt: number;
}

/** What the guest says on its console. */
interface Guest {
	readonly boot: string;
	readonly cpus: number;
	readonly physicalKiB: number;
}

async function main(): Promise<void> {
	const simulated = !(await usable(LIBVIRT_SOCKET)) || process.env.COMPUTON_SITE === 'simulated';
	if (simulated) say('!! libvirt is not there: this is the SIMULATED site, no machine is really started !!');
	const folder = await mkdtemp(join(tmpdir(), 'computon-demo-'));
	await chmod(folder, 0o711);
	const broker = await startBroker(folder, simulated);
	try {
		const token = (await readFile(join(folder, 'admin-token'), 'utf8')).trim();
		const client = new ComputonClient({ url: broker.url, token });
		say(`A broker listens at ${broker.url}; its data lies in ${folder}.`);
		const figures = await negotiate(client, simulated);
		if (json) process.stdout.write(`${JSON.stringify(figures)}\n`);
		else say('That is all of it. Next: README.md, or npm run -s computon -- --help');
	} finally {
		await stopBroker(broker.child);
		await rm(folder, { recursive: true, force: true });
	}
}

async function negotiate(client: ComputonClient, simulated: boolean): Promise<JsonDocument> {
	const image = await addGuest(client, simulated);
	const templates = await client.templates();
	say(`It publishes ${templates.length} templates: ${templates.map(({ name, id }) => `${name}/${id}`).join(', ')}.`);
	const { agreement, other, alternatives, acceptMs, sentAt } = await agree(client, image);
	const first = await waitForGuest(client, agreement.id, simulated);
	const runningMs = Date.now() - sentAt;
	say(
		`Running after ${seconds(runningMs)}: the guest reports ${cpus(first.guest.cpus)} and ${mib(first.guest.physicalKiB * 1024)}.`,
	);
	showLimits(first.machine);
	const measuredPercent = await measureShare(client, agreement.id, AGREED);
	const grown = await grow(client, agreement, image);
	const second = await waitForGuest(
		client,
		grown.id,
		simulated,
		(guest) => guest.physicalKiB * 1024 >= GROWN.memoryBytes && guest.cpus >= GROWN.cpuCount,
	);
	const sameBoot = second.guest.boot === first.guest.boot;
	say(
		`The guest sees ${cpus(second.guest.cpus)} and ${mib(second.guest.physicalKiB * 1024)}, ${sameBoot ? 'in the same boot' : 'after ANOTHER BOOT'}.`,
	);
	showLimits(second.machine);
	const afterPercent = await measureShare(client, grown.id, GROWN);
	const leftovers = await terminate(client, [grown.id, other.id], simulated);
	return {
		site: simulated ? 'simulated' : 'libvirt',
		guestReported: true,
		memory: {
			agreedBytes: agreement.grant.memoryBytes,
			configuredBytes: first.machine.enforced?.memoryBytes,
			guestBytes: first.guest.physicalKiB * 1024,
			cgroupLimitBytes: first.machine.enforced?.kernel?.memoryLimitBytes,
			afterRenegotiationBytes: second.machine.enforced?.memoryBytes,
			guestAfterBytes: second.guest.physicalKiB * 1024,
		},
		cpu: { agreedPercent: AGREED.cpuCount * AGREED.cpuSharePercent, measuredPercent, afterPercent },
		alternatives,
		sameBoot,
		leftovers,
		acceptMs,
		runningMs,
	};
}

/** The guest that scripts/build-guest made, as an image that burns CPU on every CPU it has. */
async function addGuest(client: ComputonClient, simulated: boolean): Promise<Image> {
	const description = await guestDescription();
	if (description === undefined) {
		if (!simulated) throw new Error('The demo guest is not built; run scripts/prepare.');
		const images = await client.images();
		if (images[0] !== undefined) return images[0];
		throw new Error('The simulated site has no image.');
	}
	const { kernel, initramfs, commandLine } = description;
	const image = await client.addImage({
		name: 'demo-guest',
		kernel: kernel.path,
		initramfs: initramfs.path,
		commandLine: `${commandLine} computon.burn=auto`,
	});
	say(`Image ${image.name} is in its store, verified: ${image.digest.slice(0, 19)}…`);
	return image;
}

/** Somebody else holds the site from an hour on; our four hours cannot be had, and an alternative is taken. */
async function agree(client: ComputonClient, image: Image): Promise<Agreed> {
	const inOneHour = new Date(Math.ceil(Date.now() / 1000 + 3600) * 1000).toISOString();
	const { items } = { items: await client.capacity(new Date().toISOString(), inOneHour) };
	const wholeCpus = items.reduce((sum, host) => sum + Math.floor(host.capacity.cpuMillicores / 1000), 0);
	const others = { cpuCount: 1, cpuSharePercent: 100, memoryBytes: 128 * MIB, machineCount: wholeCpus };
	const held = await client.offer(offer(image, others, { startAt: inOneHour, duration: 'PT2H' }));
	if (held.kind !== 'accepted') throw new Error(`The other party's offer: ${explain(held.problem)}`);
	say(`Another party holds every CPU of the site, ${wholeCpus} in all, from ${clock(inOneHour)} on for two hours.`);

	say('Offer: one machine, 1 CPU at 25 %, 256 MiB, now, for four hours.');
	const first = await client.offer(offer(image, { ...AGREED, machineCount: 1 }, { duration: 'PT4H' }));
	if (first.kind !== 'countered') throw new Error(`A counter-offer was expected, the answer was: ${first.kind}`);
	for (const reason of first.problem.reasons ?? []) say(`  no:      ${reason.message}`);
	const alternatives = first.problem.alternatives ?? [];
	for (const each of alternatives)
		say(`  instead: ${each.kind}, from ${clock(each.grant.startAt)} for ${minutes(each.grant)}`);
	const chosen = alternatives.find((each) => each.kind === 'shorter');
	if (chosen?.offer === undefined) throw new Error('No shorter alternative was offered.');

	const sentAt = Date.now();
	const second = await client.offer({ mediaType: 'application/json', body: JSON.stringify(chosen.offer) });
	const acceptMs = Date.now() - sentAt;
	if (second.kind !== 'accepted') throw new Error(`The alternative: ${explain(second.problem)}`);
	say(`Alternative ${chosen.rank} is taken, and accepted in ${acceptMs} ms: agreement ${second.agreement.id}.`);
	return { agreement: second.agreement, other: held.agreement, alternatives: alternatives.length, acceptMs, sentAt };
}

/** More memory and CPU for the machine while it runs. */
async function grow(client: ComputonClient, agreement: AgreementResource, image: Image): Promise<AgreementResource> {
	say('Renegotiation while it runs: 2 CPUs at 30 % and 384 MiB instead.');
	const { etag } = await client.agreement(agreement.id);
	const endAt = agreement.grant.endAt;
	const left = Math.floor((Date.parse(endAt) - Date.parse(agreement.grant.startAt)) / 1000);
	const asked = offer(
		image,
		{ ...GROWN, machineCount: 1 },
		{ startAt: agreement.grant.startAt, duration: `PT${left}S` },
	);
	const result = await client.renegotiate(agreement.id, etag, asked);
	if (result.kind !== 'accepted') throw new Error(`The renegotiation: ${explain(result.problem)}`);
	for (const effect of result.effects) say(`  ${effect.kind}: ${effect.message}`);
	return result.agreement;
}

/** Ends both agreements and counts what is left of their machines: in libvirt itself where there is one. */
async function terminate(client: ComputonClient, ids: readonly string[], simulated: boolean): Promise<number> {
	for (const id of ids) await client.terminate(id, { reason: 'the demo is over' });
	const deadline = Date.now() + 60_000;
	for (;;) {
		const left = simulated ? await machinesLeft(client, ids) : await domainsLeft();
		if (left === 0 || Date.now() > deadline) {
			say(left === 0 ? 'Terminated: no machine is left.' : `Terminated, but ${left} machines are left!`);
			return left;
		}
		await delay(200);
	}
}

async function machinesLeft(client: ComputonClient, ids: readonly string[]): Promise<number> {
	const machines = (await Promise.all(ids.map((id) => client.machines(id)))).flat();
	return machines.filter(({ state }) => state !== 'absent').length;
}

async function domainsLeft(): Promise<number> {
	const { stdout } = await run('virsh', ['-c', 'qemu:///system', 'list', '--all', '--name']);
	return stdout.split('\n').filter((name) => name.startsWith(MACHINE_PREFIX)).length;
}

/** Waits until the guest has said on its console what it sees, and that is as wanted. */
async function waitForGuest(
	client: ComputonClient,
	id: string,
	simulated: boolean,
	wanted: (guest: Guest) => boolean = () => true,
): Promise<{ machine: MachineResource; guest: Guest }> {
	const deadline = Date.now() + BOOT_SECONDS_MAX * 1000;
	for (;;) {
		const [machine] = await client.machines(id, { fresh: true });
		const guest = machine === undefined ? undefined : guestReport(machine, simulated);
		if (machine?.state === 'running' && guest !== undefined && wanted(guest)) return { machine, guest };
		if (Date.now() > deadline)
			throw new Error(`The guest did not report in ${BOOT_SECONDS_MAX} s; it is ${machine?.state}.`);
		await delay(300);
	}
}

/** The last report on the console; the simulated site's machines have none, there what is configured stands in. */
function guestReport(machine: MachineResource, simulated: boolean): Guest | undefined {
	const { enforced } = machine;
	if (simulated && enforced !== undefined)
		return { boot: machine.bootedAt ?? '', cpus: enforced.cpuCount, physicalKiB: enforced.memoryBytes / 1024 };
	const reports = [...(machine.console ?? '').matchAll(/^COMPUTON-GUEST (\{.*\})\s*$/gm)];
	const last = reports.at(-1)?.[1];
	return last === undefined ? undefined : (JSON.parse(last) as Guest);
}

/** CPU seconds over wall-clock seconds, from two looks at the machine while the guest burns all it gets. */
async function measureShare(client: ComputonClient, id: string, limits: typeof AGREED): Promise<number> {
	const look = async () => {
		const [machine] = await client.machines(id, { fresh: true });
		if (machine?.consumed === undefined || machine.observedAt === undefined) throw new Error('Nothing was consumed.');
		return { cpuSeconds: machine.consumed.cpuSeconds, atMs: Date.now() };
	};
	await delay(SETTLE_MS);
	const before = await look();
	await delay(BURN_SECONDS * 1000);
	const after = await look();
	const percent = ((after.cpuSeconds - before.cpuSeconds) / ((after.atMs - before.atMs) / 1000)) * 100;
	const agreed = limits.cpuCount * limits.cpuSharePercent;
	say(`The guest burns what it gets: ${percent.toFixed(1)} % of a CPU over ${BURN_SECONDS} s; agreed: ${agreed} %.`);
	return Math.round(percent * 100) / 100;
}

function showLimits({ enforced }: MachineResource): void {
	if (enforced === undefined) return;
	const { kernel } = enforced;
	say(
		`  libvirt enforces: ${cpus(enforced.cpuCount)}, quota ${enforced.cpuQuotaPercent} %, memory ${mib(enforced.memoryBytes)}`,
	);
	if (kernel !== undefined)
		say(
			`  the kernel enforces: quota ${kernel.cpuQuotaPercent} %, memory with the hypervisor's own ${mib(kernel.memoryLimitBytes)}`,
		);
}

/** An offer in the JSON form of the language (docs/json.md). */
function offer(
	image: Image,
	size: typeof AGREED & { machineCount: number },
	window: { startAt?: string; duration: string },
): OutgoingDocument {
	const term = (name: string, content: JsonDocument) => ({
		'@wsag:Name': name,
		'@wsag:ServiceName': 'workspace',
		...content,
	});
	const exactly = (value: number) => ({ 'jsdl:Exact': value });
	const resources = {
		'jsdl:IndividualCPUCount': exactly(size.cpuCount),
		'jsdl:IndividualPhysicalMemory': exactly(size.memoryBytes),
		'jsdl:TotalResourceCount': exactly(size.machineCount),
	};
	const terms = [
		term('resources', { 'jsdl:JobDefinition': { 'jsdl:JobDescription': { 'jsdl:Resources': resources } } }),
		term('window', {
			'ws:Window': {
				...(window.startAt === undefined ? {} : { 'ws:StartTime': window.startAt }),
				'ws:Duration': window.duration,
			},
		}),
		term('environment', {
			'ws:Workspace': {
				'ws:Image': { '@digest': image.digest, '#text': image.name },
				'ws:CPUShare': size.cpuSharePercent,
				'ws:EndAction': 'destroy',
			},
		}),
	];
	const template = size.machineCount === 1 ? 'machine' : 'cluster';
	const context = {
		'wsag:ServiceProvider': 'AgreementResponder',
		'wsag:TemplateId': '1',
		'wsag:TemplateName': template,
	};
	const document = { 'wsag:Context': context, 'wsag:Terms': { 'wsag:All': { 'wsag:ServiceDescriptionTerm': terms } } };
	return { mediaType: 'application/json', body: JSON.stringify({ 'wsag:AgreementOffer': document }) };
}

async function startBroker(folder: string, simulated: boolean): Promise<{ child: ChildProcess; url: string }> {
	const main = new URL('../src/main.ts', import.meta.url).pathname;
	const child = spawn(process.execPath, [main, 'serve', '--json', '--port', '0', '--data', folder], {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: {
			...process.env,
			COMPUTON_MACHINE_PREFIX: MACHINE_PREFIX,
			COMPUTON_SITE: simulated ? 'simulated' : 'libvirt',
			COMPUTON_SITE_NAME: 'demo',
		},
	});
	const log: string[] = [];
	createInterface({ input: child.stderr }).on('line', (line) => {
		log.push(line);
	});
	const listening = once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>;
	const ended = once(child, 'exit').then(() => undefined);
	const first = await Promise.race([listening, ended]);
	if (first === undefined) throw new Error(`The broker did not start:\n${log.join('\n')}`);
	child.on('exit', (code) => {
		if (code !== 0) process.stderr.write(`${log.slice(-20).join('\n')}\n`);
	});
	return { child, url: (JSON.parse(first[0]) as { listening: string }).listening };
}

async function stopBroker(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null) return;
	const ended = once(child, 'exit');
	child.kill('SIGTERM');
	await ended;
}

async function guestDescription(): Promise<GuestDescription | undefined> {
	const cache = process.getuid?.() === 0 ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'));
	try {
		return JSON.parse(await readFile(join(cache, 'computon', 'guest', 'guest.json'), 'utf8')) as GuestDescription;
	} catch {
		return undefined;
	}
}

async function usable(socket: string): Promise<boolean> {
	return access(socket, constants.R_OK | constants.W_OK).then(
		() => true,
		() => false,
	);
}

function explain(problem: Problem): string {
	return [problem.detail ?? problem.title, ...(problem.reasons ?? []).map(({ message }) => message)].join(' ');
}

const clock = (rfc3339: string) => `${rfc3339.slice(11, 16)} UTC`;
const minutes = (grant: Grant) =>
	`${Math.round((Date.parse(grant.endAt) - Date.parse(grant.startAt)) / 60_000)} minutes`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
const mib = (bytes: number) => `${Math.round(bytes / MIB)} MiB`;
const cpus = (count: number) => (count === 1 ? '1 CPU' : `${count} CPUs`);

await main();
