/**
 * The command line. `run` parses, does, and returns the exit code; it never ends the process itself.
 * What needs the machinery (serve, doctor, db) is handed in by main.ts as `machinery`.
 */
import { readFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { ImportSettings } from '../agreement/lenient/dialects.ts';
import { BOUNDS } from '../agreement/lenient/mend-content.ts';
import { ComputonClient, type MachineAction, type OutgoingDocument } from '../client/client.ts';
import * as administration from './administration.ts';
import * as agreements from './agreements.ts';
import { readDocumentFile } from './documents.ts';
import { expandFile } from './expand.ts';
import { addValue, importFile } from './import.ts';
import * as negotiation from './negotiate.ts';
import { dryRun, sendOffer } from './offers.ts';
import { EXIT, type ExitCode, reportFailure, UsageError } from './outcome.ts';
import { createOutput, type Output } from './output.ts';
import { LINT_HELP, lintFiles } from './template-lint.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { validateFiles } from './validate.ts';

/** What main.ts knows and the command line needs. */
export interface Surroundings {
	readonly version: string;
	/** Address of the broker unless `--url` says otherwise. */
	readonly url: string;
	readonly token?: string;
	/** Where a token lies unless one is given; read only when a command talks to the broker. */
	readonly tokenFile: string;
	/** Commands that need the machinery: their name, what they do, and how. */
	readonly machinery: readonly Machinery[];
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
	/** Where a person types, if one does. */
	readonly stdin?: NodeJS.ReadStream;
	/** The command that opens a document for them. */
	readonly editor?: string;
}

export interface Machinery {
	readonly name: string;
	readonly summary: string;
	readonly options: readonly { readonly flags: string; readonly summary: string }[];
	run(options: Readonly<Record<string, string | boolean>>, output: Output): Promise<number>;
}

const WAIT_SECONDS = 300;

interface Common {
	json?: boolean;
	url?: string;
	tokenFile?: string;
}

export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
	let code: number = EXIT.accepted;
	const wantsJson = argv.includes('--json');
	const output = createOutput(wantsJson, surroundings.stdout, surroundings.stderr);
	const program = build(surroundings, output, (ended) => {
		code = ended;
	});
	try {
		await program.parseAsync([...argv], { from: 'user' });
		return code;
	} catch (error) {
		if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.accepted : EXIT.usage;
		output.settle();
		return reportFailure(error, output);
	}
}

function build(surroundings: Surroundings, output: Output, end: (code: number) => void): Command {
	const program = new Command('computon')
		.description(
			'Negotiates compute with a site, and looks after what was agreed.\n\n' +
				'Exit codes: 0 accepted or done, 1 failed, 2 usage, 10 countered, 11 refused, 12 timed out, 20 no valid token, 21 forbidden.',
		)
		.version(surroundings.version)
		.option('--json', 'print JSON for programs')
		.option('--url <address>', 'address of the broker', surroundings.url)
		.option('--token-file <file>', 'file with the bearer token', surroundings.tokenFile)
		.showHelpAfterError('Run with --help to see how it is used.')
		.exitOverride()
		.configureOutput({
			writeOut: (text) => surroundings.stdout.write(text),
			writeErr: (text) => surroundings.stderr.write(text),
		});
	const client = () => connect(program.opts<Common>(), surroundings);
	const does = (work: () => Promise<ExitCode>) => work().then(end);
	for (const machinery of surroundings.machinery) addMachinery(program, machinery, output, end);
	addValidation(program, output, does);
	addOffers(program, output, client, does);
	addNegotiation(program, output, client, does, (file) => terminalOf(surroundings, file));
	addAgreements(program, output, client, does);
	addMachines(program, output, client, does);
	addAdministration(program, output, client, does);
	return inheritExit(program);
}

/** Sub-commands end like the program: by an exception, with `--json` and `--url` accepted after them too. */
function inheritExit(program: Command): Command {
	for (const command of program.commands) {
		command.copyInheritedSettings(program);
		inheritExit(command);
	}
	return program;
}

type Does = (work: () => Promise<ExitCode>) => Promise<void>;
type Connect = () => Promise<ComputonClient>;

function addMachinery(program: Command, machinery: Machinery, output: Output, end: (code: number) => void): void {
	const command = program.command(machinery.name).description(machinery.summary);
	for (const option of machinery.options) command.option(option.flags, option.summary);
	command.action(async (options) => end(await machinery.run(options, output)));
}

/** Of every command that sends a document. */
const LENIENT = 'have the document repaired where only one thing can be meant, and say what was repaired';

function addValidation(program: Command, output: Output, does: Does): void {
	program
		.command('validate <files...>')
		.description(
			'check documents against the schemas and the language, without a broker; - is standard input; one JSON line per file with --json',
		)
		.option('--strict', 'valid is what the schemas say (the default)')
		.option('--lenient', 'repair what can mean one thing only, and say what was repaired')
		.action((files: string[], options: { strict?: boolean; lenient?: boolean }) =>
			does(async () => {
				if (options.strict === true && options.lenient === true) throw new UsageError('Give --strict or --lenient.');
				return validateFiles(output, files, options.lenient === true ? 'lenient' : 'strict');
			}),
		);
	program
		.command('import <file>')
		.description(
			'make a template or an offer of WSAG4J, or of the older draft of WS-Agreement, one of ours, without a broker; what was done is told on stderr',
		)
		.option('-o, --out <file>', 'write the document there instead of to standard output')
		.option('--set <name=value>', 'the value of a placeholder such as $NAME; may be given several times', addValue)
		.addOption(
			new Option('--time-unit <unit>', 'of every integer Duration, which the document itself does not state').choices([
				'seconds',
				'minutes',
				'hours',
			]),
		)
		.addOption(
			new Option(
				'--bare-numbers <part>',
				'what a number is that stands by itself where JSDL has a range: just so much, no less, no more',
			).choices(BOUNDS),
		)
		.action(
			(file: string, options: Omit<ImportSettings, 'values'> & { out?: string; set?: ImportSettings['values'] }) =>
				does(() => {
					const { set: values = new Map(), ...others } = options;
					return importFile(output, file, { values, ...others });
				}),
		);
	program
		.command('expand <file>')
		.description(
			'print the documents that an offer or a JobDefinition with parameter sweeps stands for, without a broker; one JSON line per document with --json',
		)
		.option('--count', 'only say how many there are')
		.option('--lenient', 'repair what can mean one thing only, and say what was repaired')
		.action((file: string, options: { count?: boolean; lenient?: boolean }) =>
			does(() =>
				expandFile(output, file, {
					count: options.count === true,
					mode: options.lenient === true ? 'lenient' : 'strict',
				}),
			),
		);
}

function addOffers(program: Command, output: Output, client: Connect, does: Does): void {
	program
		.command('offer <file>')
		.description('send an offer (XML or JSON, - for standard input) and see what the site says')
		.option('--dry-run', 'only ask what would be answered')
		.option('--lenient', LENIENT)
		.option('--take <rank>', 'when countered, take the alternative of this rank, or "best"')
		.option('--idempotency-key <key>', 'send the same offer again with the same key: it is accepted once')
		.action((file: string, options: { dryRun?: boolean; lenient?: boolean; take?: string; idempotencyKey?: string }) =>
			does(async () => {
				const document = await readDocumentFile(file, options);
				const broker = await client();
				if (options.dryRun === true) return dryRun(output, broker, document);
				const key = firstOnly(options.idempotencyKey);
				return sendOffer(output, (each) => broker.offer(each, key()), document, options.take);
			}),
		);
}

function addNegotiation(
	program: Command,
	output: Output,
	client: Connect,
	does: Does,
	terminalFor: (file: string) => Terminal | undefined,
): void {
	program
		.command('negotiate <file>')
		.description(
			'ask for what an offer says, have what could be had held, and take one; at a terminal in rounds, else as told.\n' +
				'Without --accept, --max-price or --within a script only asks: 0 it can be had as asked, 10 not quite, 11 not at all.',
		)
		.option('--template <name/id>', 'what the offer must be made from')
		.option('--agreement <id>', 'change this agreement instead of making a new one')
		.option('--allow-restart', 'accept a change that restarts the machines')
		.option('--allow-move', 'accept a change that moves machines to another host')
		.option('--accept <rank>', 'take the offer of this rank, or "best"')
		.option(
			'--max-price <amount>',
			'take the best that costs no more; asks again for so much where the first answer costs more',
		)
		.option('--within <duration>', 'take the best that starts so soon, for example 2h')
		.option('--advisory', 'only ask: nothing is held')
		.option('--lenient', LENIENT)
		.action((file: string, options: negotiation.NegotiateOptions & { lenient?: boolean }) =>
			does(async () => {
				const { accept, maxPrice, within, advisory } = options;
				const isTold = output.json || (accept ?? maxPrice ?? within ?? advisory) !== undefined;
				const document = await readDocumentFile(file, options);
				const terminal = isTold ? undefined : terminalFor(file);
				return negotiation.negotiate(output, await client(), document, options, terminal);
			}),
		);
}

/** A person can be asked where both sides are a terminal, and standard input is not the document. */
function terminalOf({ stdin, stdout, editor = 'vi' }: Surroundings, file: string): Terminal | undefined {
	if (stdin?.isTTY !== true || !stdout.isTTY || file === '-') return undefined;
	return openTerminal(stdin, stdout, editor);
}

/** The key for the first document that is sent: an alternative is another offer and may not use the same key. */
function firstOnly(idempotencyKey: string | undefined): () => { idempotencyKey?: string } {
	let left = idempotencyKey === undefined ? {} : { idempotencyKey };
	return () => {
		const key = left;
		left = {};
		return key;
	};
}

function addAgreements(program: Command, output: Output, client: Connect, does: Does): void {
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
	group
		.command('renegotiate <id> <file>')
		.description('ask for other terms; refused, nothing changes')
		.option('--dry-run', 'only ask what would be answered')
		.option('--lenient', LENIENT)
		.option('--take <rank>', 'when countered, take the alternative of this rank, or "best"')
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

const MACHINE_ACTIONS: Readonly<Record<MachineAction, string>> = {
	pause: 'stop its CPUs; memory and disk stay as they are',
	resume: 'let a paused machine go on',
	save: 'write its memory to disk and free the memory',
	restore: 'go on from where it was saved',
	shutdown: 'ask the guest to end; it is ended at the deadline',
};

function addMachines(program: Command, output: Output, client: Connect, does: Does): void {
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

function addAdministration(program: Command, output: Output, client: Connect, does: Does): void {
	const template = program.command('template').description('the templates from which offers are made');
	template
		.command('list')
		.description('what is published')
		.action(() => does(async () => administration.listTemplates(output, await client())));
	template
		.command('show <name/id>')
		.description('one template, as XML')
		.action((reference: string) => does(async () => administration.showTemplate(output, await client(), reference)));
	template
		.command('lint <files...>')
		.description('what is wrong with templates before anybody makes an offer for them; no broker needed')
		.addHelpText('after', LINT_HELP)
		.action((files: string[]) => does(() => lintFiles(output, files)));
	template
		.command('publish <name/id> <file>')
		.description('publish a template (admin)')
		.option('--lenient', LENIENT)
		.action((reference: string, file: string, options: { lenient?: boolean }) =>
			does(async () => {
				const document = await readDocumentFile(file, options);
				return administration.publishTemplate(output, await client(), document, reference);
			}),
		);
	template
		.command('retire <name/id>')
		.description('take no more offers from it (admin)')
		.action((reference: string) => does(async () => administration.retireTemplate(output, await client(), reference)));

	const image = program.command('image').description('the images that machines boot from');
	image
		.command('list')
		.description('what can be booted')
		.action(() => does(async () => administration.listImages(output, await client())));
	image
		.command('add <name>')
		.description('add an image from files on the machine of the broker (admin)')
		.option('--disk <file>', 'a qcow2 disk')
		.option('--kernel <file>', 'a kernel, together with --initramfs')
		.option('--initramfs <file>', 'an initramfs, together with --kernel')
		.option('--command-line <text>', 'the kernel command line')
		.option('--digest <sha256:…>', 'refuse the image unless this is its digest')
		.action((name: string, options: Parameters<typeof administration.addImage>[3]) =>
			does(async () => administration.addImage(output, await client(), name, options)),
		);
	image
		.command('remove <digest>')
		.description('remove an image that no agreement needs (admin)')
		.action((digest: string) => does(async () => administration.removeImage(output, await client(), digest)));

	const maintenance = program.command('maintenance').description('when hosts are closed');
	maintenance
		.command('list')
		.description('what is planned and not over')
		.action(() => does(async () => administration.listMaintenance(output, await client())));
	maintenance
		.command('add <host>')
		.description('close a host for a while: nothing new is placed there, what is agreed stays and is named (admin)')
		.requiredOption('--from <time>', 'RFC 3339, with a zone')
		.requiredOption('--to <time>', 'RFC 3339, with a zone')
		.option('--reason <text>', 'for people')
		.action((host: string, options: Parameters<typeof administration.addMaintenance>[3]) =>
			does(async () => administration.addMaintenance(output, await client(), host, options)),
		);
	maintenance
		.command('remove <id>')
		.description('open the host again (admin)')
		.action((id: string) => does(async () => administration.removeMaintenance(output, await client(), id)));

	const token = program.command('token').description('who may speak to the broker (admin)');
	token
		.command('list')
		.description('all tokens, without their secrets')
		.action(() => does(async () => administration.listTokens(output, await client())));
	token
		.command('add')
		.description('make a token; it is printed once')
		.requiredOption('--party <name>', 'who it is')
		.requiredOption('--vo <name>', 'the virtual organisation')
		.addOption(new Option('--role <role>', 'what it may do').choices(['client', 'broker', 'admin']).default('client'))
		.option('--label <text>', 'a remark')
		.action((options: Parameters<typeof administration.addToken>[2]) =>
			does(async () => administration.addToken(output, await client(), options)),
		);
	token
		.command('revoke <id>')
		.description('end a token')
		.action((id: string) => does(async () => administration.revokeToken(output, await client(), id)));

	program
		.command('calendar')
		.description('free capacity per host over time')
		.option('--from <time>', 'RFC 3339, default now')
		.option('--to <time>', 'RFC 3339, default a week later')
		.action((options: { from?: string; to?: string }) =>
			does(async () => {
				const from = instantOption('--from', options.from) ?? new Date().toISOString();
				const weekLater = () => new Date(Date.parse(from) + 7 * 86_400_000).toISOString();
				const to = instantOption('--to', options.to) ?? weekLater();
				return administration.showCalendar(output, await client(), { from, to });
			}),
		);
}

function wholeNumber(text: string): number {
	if (/^\d{1,9}$/.test(text)) return Number(text);
	throw new InvalidArgumentError(`${text} is not a whole number.`);
}

function instantOption(flag: string, text: string | undefined): string | undefined {
	const shape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
	if (text === undefined || (shape.test(text) && !Number.isNaN(Date.parse(text)))) return text;
	throw new UsageError(`${flag} ${text}: give an RFC 3339 time with a zone, for example 2026-12-01T08:00:00Z.`);
}

function machineIndex(text = '0'): number {
	if (/^\d{1,6}$/.test(text)) return Number(text);
	throw new UsageError(`${text} is not the index of a machine; they are counted from 0.`);
}

async function connect(options: Common, surroundings: Surroundings): Promise<ComputonClient> {
	const url = options.url ?? surroundings.url;
	const given = options.tokenFile !== undefined && options.tokenFile !== surroundings.tokenFile;
	if (surroundings.token !== undefined && !given) return new ComputonClient({ url, token: surroundings.token });
	const file = options.tokenFile ?? surroundings.tokenFile;
	try {
		return new ComputonClient({ url, token: (await readFile(file, 'utf8')).trim() });
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (!given && (code === 'ENOENT' || code === 'EACCES')) return new ComputonClient({ url });
		throw new UsageError(`The token file ${file} cannot be read (${code ?? 'unknown'}).`);
	}
}
