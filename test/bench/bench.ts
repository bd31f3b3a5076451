/**
 * `npm run bench [-- --json] [-- --only NAME...]`: measures this machine and this version, as a table, or with --json
 * as one JSON line an entry: {name, value, unit, ...}. A NAME stands for every entry that begins with it. Ratios are
 * measured in turn with their peers; absolute values depend on what else the machine does. Progress goes to stderr.
 */
import { availableParallelism, loadavg } from 'node:os';
import { measureBroker } from './broker.bench.ts';
import { measureCapacity, measureLargeSite } from './capacity.bench.ts';
import { measureCrowd } from './crowd.bench.ts';
import { measureDeployment } from './deploy.bench.ts';
import { measureDocuments } from './documents.bench.ts';
import type { Figure, Watcher } from './figure.ts';
import { measureHold } from './hold.bench.ts';
import { measureHttp } from './http.bench.ts';
import { measureNegotiation } from './negotiation.bench.ts';

/** What is measured together. */
interface Group {
	/** What the names of its entries begin with. */
	readonly prefixes: readonly string[];
	/** Takes so long that it runs only where it is asked for. */
	readonly onlyByName?: true;
	run(wanted: (name: string) => boolean, watcher: Watcher): Promise<readonly Figure[]> | readonly Figure[];
}

const GROUPS: readonly Group[] = [
	{ prefixes: ['documents'], run: measureDocuments },
	{ prefixes: ['hold'], run: (_, watcher) => measureHold(watcher) },
	{ prefixes: ['crowd'], run: measureCrowd },
	{ prefixes: ['core-accept', 'earliest', 'bytes-per-reservation'], run: () => measureCapacity() },
	{
		prefixes: ['core-accept-1000000', 'earliest-16-machines-1000000'],
		onlyByName: true,
		run: () => measureLargeSite(),
	},
	{ prefixes: ['decide', 'alternatives'], run: () => measureNegotiation() },
	{ prefixes: ['broker-accept'], run: () => measureBroker() },
	{ prefixes: ['http-accept'], run: measureHttp },
	{ prefixes: ['deploy-ratio'], run: (_, watcher) => measureDeployment(watcher) },
];

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
	const json = args.includes('--json');
	const names = args.filter((arg) => !arg.startsWith('--'));
	const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--json' && arg !== '--only');
	const stray = names.find((name) => !GROUPS.some(({ prefixes }) => prefixes.some((prefix) => overlap(name, prefix))));
	if (unknown !== undefined || stray !== undefined || args.includes('--only') !== names.length > 0) {
		const known = GROUPS.flatMap(({ prefixes }) => prefixes).join(', ');
		process.stderr.write(`Usage: npm run bench -- [--json] [--only NAME...]; names begin with: ${known}.\n`);
		return EXIT_USAGE;
	}
	const wanted = (name: string) => names.length === 0 || names.some((each) => name.startsWith(each));
	const load = loadavg()[0]!.toFixed(1);
	process.stderr.write(`${availableParallelism()} CPUs, load average ${load}, Node ${process.version}\n`);
	const seen = new Set<string>();
	for (const group of chosen(names)) {
		const [title] = group.prefixes;
		const progress = (step: string) => process.stderr.write(`  ${title}: ${step}\n`);
		progress('...');
		for (const figure of await group.run(wanted, { progress, signal })) {
			if (!wanted(figure.name)) continue;
			seen.add(figure.name);
			process.stdout.write(`${json ? jsonLine(figure) : tableRow(figure)}\n`);
		}
	}
	const missing = names.filter((name) => ![...seen].some((entry) => entry.startsWith(name)));
	if (missing.length === 0) return 0;
	process.stderr.write(`Not measured: ${missing.join(', ')}.\n`);
	return EXIT_FAILED;
}

function chosen(names: readonly string[]): readonly Group[] {
	if (names.length === 0) return GROUPS.filter(({ onlyByName }) => onlyByName !== true);
	return GROUPS.filter(({ prefixes, onlyByName }) =>
		prefixes.some((prefix) => names.some((name) => (onlyByName ? name.startsWith(prefix) : overlap(name, prefix)))),
	);
}

/** Whether an entry may begin with both. */
function overlap(one: string, other: string): boolean {
	return one.startsWith(other) || other.startsWith(one);
}

/** Aborted when somebody wants the bench to end: what it has started is then stopped in order. */
function interruptible(): AbortSignal {
	const controller = new AbortController();
	for (const name of ['SIGINT', 'SIGTERM'] as const) {
		process.once(name, () => controller.abort(new Error(`Ended by ${name}.`)));
	}
	return controller.signal;
}

function jsonLine({ name, value, unit, details }: Figure): string {
	return JSON.stringify({ name, value, unit, ...details });
}

const NAME_WIDTH = 28;
const VALUE_WIDTH = 10;
const UNIT_WIDTH = 6;

function tableRow({ name, value, unit, details = {} }: Figure): string {
	const shown = value.toLocaleString('en', { maximumSignificantDigits: 6 });
	const more = Object.entries(details).map(([key, detail]) => `${key} ${detail}`);
	return `${name.padEnd(NAME_WIDTH)}${shown.padStart(VALUE_WIDTH)} ${unit.padEnd(UNIT_WIDTH)} ${more.join(', ')}`.trimEnd();
}

const interruption = interruptible();
try {
	process.exitCode = await main(process.argv.slice(2), interruption);
} catch (error) {
	if (error !== interruption.reason) throw error;
	process.stderr.write(`${(error as Error).message}\n`);
	process.exitCode = EXIT_INTERRUPTED;
}
