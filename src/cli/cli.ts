/**
 * The command line. `run` parses, does, and returns the exit code; it never ends the process itself.
 * What needs the machinery (serve, doctor) is handed in by main.ts as `machinery`.
 */
import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { ComputonClient } from '../client/client.ts';
import { addAdministration } from './commands/administration.ts';
import { addAgreements, addMachines } from './commands/agreements.ts';
import type { CommandLine } from './commands/command-line.ts';
import { addFiles } from './commands/files.ts';
import { addEvaluation, addNegotiation, addOffers } from './commands/offers.ts';
import { EXIT, reportFailure, UsageError } from './outcome.ts';
import { createOutput, type Output } from './output.ts';
import { openTerminal, type Terminal } from './terminal.ts';

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

interface Common {
	json?: boolean;
	url?: string;
	tokenFile?: string;
}

/** Does what the arguments say. Mistakes, refusals and failures are told on stderr and in the exit code; only bugs are thrown. */
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
	for (const machinery of surroundings.machinery) addMachinery(program, machinery, output, end);
	const line: CommandLine = {
		program,
		output,
		client: () => connect(program.opts<Common>(), surroundings),
		does: (work) => work().then(end),
		terminalFor: (file) => terminalOf(surroundings, file),
	};
	addFiles(line);
	addEvaluation(line);
	addOffers(line);
	addNegotiation(line);
	addAgreements(line);
	addMachines(line);
	addAdministration(line);
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

function addMachinery(program: Command, machinery: Machinery, output: Output, end: (code: number) => void): void {
	const command = program.command(machinery.name).description(machinery.summary);
	for (const option of machinery.options) command.option(option.flags, option.summary);
	command.action(async (options) => end(await machinery.run(options, output)));
}

/** A person can be asked where both sides are a terminal, and standard input is not the document. */
function terminalOf({ stdin, stdout, editor = 'vi' }: Surroundings, file: string): Terminal | undefined {
	if (stdin?.isTTY !== true || !stdout.isTTY || file === '-') return undefined;
	return openTerminal(stdin, stdout, editor);
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
