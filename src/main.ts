#!/usr/bin/env -S MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072 node --max-semi-space-size=16 --heap-growing-percent=100 --v8-pool-size=1
/**
 * The composition root: the only file that names concrete adapters. It reads the configuration, puts the rooms
 * together for `serve`, and hands the command line what needs the machinery.
 */
import { readFileSync } from 'node:fs';
import { type Machinery, run } from './cli/cli.ts';
import { EXIT } from './cli/outcome.ts';
import { type Config, type Overrides, readConfig } from './config.ts';
import { examine, findingsText } from './doctor.ts';
import { OperatingError } from './errors.ts';
import { startService } from './service.ts';

const VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
	.version;

const SERVE_OPTIONS: readonly { flags: string; summary: string }[] = [
	{ flags: '--host <address>', summary: 'listen here (default 127.0.0.1); anything else is your decision' },
	{ flags: '--port <number>', summary: 'listen at this port; 0 for any free one (default 7420)' },
	{ flags: '--data <folder>', summary: 'where database, images, disks and tokens lie' },
	{ flags: '--config <file>', summary: 'settings as one JSON object (default: computon.json in the data folder)' },
	{ flags: '--site <kind>', summary: 'libvirt (default) or simulated' },
	{
		flags: '--accept-restored',
		summary: 'the database is a restored backup: machines that it does not know may be removed',
	},
];

const serve: Machinery = {
	name: 'serve',
	summary:
		'run the broker of a site until it is told to stop; further settings stand in computon.json or the environment (README, "Settings")',
	options: SERVE_OPTIONS,
	async run(options, output) {
		// Whoever is told that it listens, or waits no longer for that, may stop it at once; told twice it just ends.
		const stopped = new Promise<void>((resolve) => {
			const stop = () => {
				output.note('Stopping: what is under way is finished first.');
				resolve();
			};
			for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
		});
		const service = await startService(configOf(options), {
			acceptRestored: options.acceptRestored === true,
			log: (line) => output.note(line),
		});
		output.data({ listening: service.url, site: service.siteKind }, () => `Listening at ${service.url}`);
		await stopped;
		await service.stop();
		return EXIT.accepted;
	},
};

const doctor: Machinery = {
	name: 'doctor',
	summary: 'what this machine can do: libvirt, guests, limits; and what to do otherwise',
	options: SERVE_OPTIONS.filter(({ flags }) => flags.startsWith('--data')),
	async run(options, output) {
		const findings = await examine(configOf(options), (step) => output.progress(step));
		output.data(findings, () => findingsText(findings));
		return findings.every(({ ok }) => ok) ? EXIT.accepted : EXIT.failed;
	},
};

function configOf(options: Readonly<Record<string, string | boolean>>): Config {
	const overrides: Record<string, string | boolean | undefined> = {
		host: options.host,
		port: options.port,
		site: options.site,
		dataFolder: options.data,
		configFile: options.config,
	};
	const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
	return readConfig(process.env, Object.fromEntries(given) as Overrides);
}

/** Where the broker is. A configuration that cannot be used stops `serve`; commands of clients go on without it. */
function clientConfig(): Config {
	try {
		return readConfig(process.env);
	} catch (error) {
		if (!(error instanceof OperatingError)) throw error;
		process.stderr.write(`${error.message} Going on with the defaults.\n`);
		const { COMPUTON_HOME, COMPUTON_URL, COMPUTON_TOKEN, COMPUTON_TOKEN_FILE } = process.env;
		return readConfig({ COMPUTON_HOME, COMPUTON_URL, COMPUTON_TOKEN, COMPUTON_TOKEN_FILE }, { configFile: '' });
	}
}

async function main(): Promise<void> {
	try {
		const config = clientConfig();
		process.exitCode = await run(process.argv.slice(2), {
			version: VERSION,
			url: config.url,
			...(config.token === undefined ? {} : { token: config.token }),
			tokenFile: config.tokenFile,
			machinery: [serve, doctor],
			stdout: process.stdout,
			stderr: process.stderr,
			stdin: process.stdin,
			editor: process.env.VISUAL ?? process.env.EDITOR ?? 'vi',
		});
	} catch (error) {
		if (!(error instanceof OperatingError)) throw error;
		process.stderr.write(`${error.code}: ${error.message}\n`);
		process.exitCode = EXIT.failed;
	}
}

await main();
