/**
 * `npm run bench:slurm [-- --json] [-- --level N...]`: Slurm's reservations and ours, side by side in one run. Both
 * sites have 100 hosts of 32 CPUs and hold N reservations of 1 to 4 whole hosts for 1 to 8 hours over 60 days; both are
 * asked through their public interfaces, by 1 client and by 16: to make one more such reservation, choosing the hosts,
 * and whether 80 whole hosts could run for 24 hours, and when. Slurm is asked over its C interface, with munge, and
 * keeps its state in files from time to time; Computon over HTTP with XML and a token, and has committed before it
 * answers. What a round has made is removed before the next. Both have served for a while before they are measured.
 * Beside the answers per second stand those that say when: there is always a time, if only behind the last reservation.
 *
 * In `create` and `ask` both are told the same: how many whole hosts, from when on, for how long; ours is an offer with
 * JSDL of 1.4 KB (offer-slurm.xml). Of `create` both answer with the name of what was made. In `create-8k` and `ask-8k`
 * we are sent what a VO's broker sends (offer-8k.xml), with descriptions, ranges, variables and guarantee terms, of which
 * Slurm knows nothing, and answer with the whole agreement: Slurm's side of those lines is the measurement that the
 * others have.
 */
import { loadavg } from 'node:os';
import { addImage, type BrokerProcess, startBroker } from './broker-process.ts';
import { Clients, encode, type Load } from './clients.ts';
import { interleave, median, medianRatio, numbers, quantile, rounded, type Watcher } from './figure.ts';
import { type Extent, offerWriter, type Wish } from './offers.ts';
import { type Controller, missingForSlurm, type SlurmLoad, startController } from './slurm/controller.ts';

const HOSTS = 100;
const HOST_CPUS = 32;
const GIB = 2 ** 30;
const HOUR = 3600;
const HORIZON_MINUTES = 60 * 24 * 60;
const LEVELS = [100, 1000, 5000] as const;
const CLIENTS = [1, 16] as const;
const QUESTIONS = ['create', 'ask'] as const;
/** What we are told: no more than Slurm is, and what a VO's broker says. */
const EXTENTS: readonly Extent[] = ['slurm', '8k'];
const ROUNDS = 3;
/** As many as a round has time for on the slow side: at 5,000 reservations Slurm makes some 16 a second. */
const CALLS = 96;
/** A fast side has not begun to show what it does with 16 clients when each of them has asked six times. */
const OUR_CALLS = 384;
/** Each side has made so many reservations before, at least: our code is compiled as it runs, Slurm's was before. */
const MADE_BEFORE = 2000;
const LARGE_HOSTS = 80;
const LARGE_HOURS = 24;
/** No search finds nothing: behind the last reservation everything is free. */
const LARGE_UNTIL_SECONDS = 90 * 24 * HOUR;

/** What one side did in one round. */
interface Result {
	readonly perSecond: number;
	readonly p50Ms: number;
	readonly failed: number;
	/** What succeeded: of the large question, the answers that name a start. */
	readonly tellWhenPerSecond: number;
	/** Of the large question: until the start that was found, in the mean; NaN where none was. */
	readonly delayHours: number;
}

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
	const json = args.includes('--json');
	const levels = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
	if (args.some((arg) => !/^\d+$/.test(arg) && arg !== '--json' && arg !== '--level')) {
		process.stderr.write('Usage: npm run bench:slurm -- [--json] [--level N...]\n');
		return 2;
	}
	const missing = await missingForSlurm();
	if (missing !== undefined) {
		process.stderr.write(`${missing}\n`);
		return 1;
	}
	const progress = (step: string) => process.stderr.write(`  ${step}\n`);
	progress(`load average ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`);
	for (const level of levels.length > 0 ? levels : LEVELS) {
		for (const line of await measureLevel(level, { progress, signal })) {
			process.stdout.write(`${json ? JSON.stringify(line) : tableRow(line)}\n`);
		}
	}
	return 0;
}

/** One line for each question and number of clients. */
async function measureLevel(level: number, watcher: Watcher): Promise<Record<string, string | number>[]> {
	const beginAt = Math.ceil(Date.now() / 1000 / 60) * 60 + HOUR;
	const slurm = await startController(HOSTS, beginAt);
	try {
		const ours = await Ours.open(beginAt);
		try {
			watcher.progress(`making ${level} reservations on both sides ...`);
			await slurm.ask('fill', level, level, HOSTS, HORIZON_MINUTES);
			await ours.fill(level);
			await serveBefore(slurm, ours, MADE_BEFORE - level, watcher);
			return await compare(level, slurm, ours, watcher);
		} finally {
			await ours.close();
		}
	} finally {
		await slurm.stop();
	}
}

/** Makes so many reservations more on both sides, and removes them. */
async function serveBefore(slurm: Controller, ours: Ours, count: number, { progress }: Watcher): Promise<void> {
	if (count <= 0) return;
	progress('serving for a while on both sides ...');
	await slurm.ask('create', count, 1, 1, HORIZON_MINUTES);
	for (let made = 0; made < count; made += OUR_CALLS) {
		for (const clients of CLIENTS) for (const extent of EXTENTS) await ours.create(clients, extent);
	}
}

async function compare(level: number, slurm: Controller, ours: Ours, watcher: Watcher) {
	const results = new Map<string, Result[]>();
	const contestants: Record<string, (round: number) => Promise<number>> = {};
	const enter = (name: string, measure: (round: number) => Promise<Result>) => {
		contestants[name] = async (round) => {
			const result = await measure(round);
			if (round > 0) results.set(name, [...(results.get(name) ?? []), result]);
			return result.perSecond;
		};
	};
	for (const clients of CLIENTS) {
		enter(`create-${clients} theirs`, async (round) =>
			resultOf(await slurm.ask('create', CALLS, 1000 * clients + round, clients, HORIZON_MINUTES)),
		);
		for (const extent of EXTENTS) enter(`create-${clients} ${extent}`, () => ours.create(clients, extent));
		enter(`ask-${clients} theirs`, async () =>
			resultOf(await slurm.ask('ask', CALLS, clients, LARGE_HOSTS, LARGE_HOURS * 60)),
		);
		for (const extent of EXTENTS) enter(`ask-${clients} ${extent}`, () => ours.ask(clients, extent));
	}
	const rates = await interleave(ROUNDS, contestants, watcher);
	const lines = CLIENTS.flatMap((clients) => QUESTIONS.map((question) => ({ clients, question })));
	return EXTENTS.flatMap((extent) =>
		lines.map(({ clients, question }) => {
			const [peer, own] = [`${question}-${clients} theirs`, `${question}-${clients} ${extent}`];
			const [theirs, our] = [results.get(peer)!, results.get(own)!];
			const line: Record<string, string | number> = {
				name: `${question}${extent === 'slurm' ? '' : `-${extent}`}-${level}-clients-${clients}`,
				value: rounded(medianRatio(rates[own]!, rates[peer]!)),
				unit: 'ratio',
				oursPerSecond: rounded(median(rates[own]!)),
				slurmPerSecond: rounded(median(rates[peer]!)),
				oursP50Ms: rounded(median(our.map(({ p50Ms }) => p50Ms))),
				slurmP50Ms: rounded(median(theirs.map(({ p50Ms }) => p50Ms))),
				oursFailed: our.reduce((sum, { failed }) => sum + failed, 0),
				slurmFailed: theirs.reduce((sum, { failed }) => sum + failed, 0),
			};
			if (question === 'create') return line;
			const medianOf = (side: readonly Result[], value: (result: Result) => number) => rounded(median(side.map(value)));
			return {
				...line,
				oursTellWhenPerSecond: medianOf(our, ({ tellWhenPerSecond }) => tellWhenPerSecond),
				slurmTellWhenPerSecond: medianOf(theirs, ({ tellWhenPerSecond }) => tellWhenPerSecond),
				oursStartsInHours: medianOf(our, ({ delayHours }) => delayHours),
				slurmStartsInHours: medianOf(theirs, ({ delayHours }) => delayHours),
				slurm: slurm.version,
			};
		}),
	);
}

function resultOf({ ok, failed, seconds, p50Ms, meanDelaySeconds }: SlurmLoad): Result {
	return {
		perSecond: (ok + failed) / seconds,
		tellWhenPerSecond: ok / seconds,
		p50Ms,
		failed,
		delayHours: ok === 0 ? Number.NaN : meanDelaySeconds / HOUR,
	};
}

/** A broker on a simulated site, with its own clients. */
class Ours {
	readonly #broker: BrokerProcess;
	readonly #beginAt: number;
	readonly #writers: Readonly<Record<Extent, ReturnType<typeof offerWriter>>>;
	readonly #next = numbers();
	readonly #clients: ReadonlyMap<number, Clients>;

	static async open(beginAt: number): Promise<Ours> {
		const broker = await startBroker({ COMPUTON_SITE: 'simulated', COMPUTON_SIMULATED_HOSTS: String(HOSTS) });
		try {
			return new Ours(broker, beginAt, await addImage(broker));
		} catch (error) {
			await broker.stop();
			throw error;
		}
	}

	private constructor(broker: BrokerProcess, beginAt: number, image: { name: string; digest: string }) {
		this.#broker = broker;
		this.#beginAt = beginAt;
		this.#writers = { slurm: offerWriter(image, 'slurm'), '8k': offerWriter(image) };
		this.#clients = new Map([...CLIENTS, FILLERS].map((count) => [count, new Clients(broker.url, count)]));
	}

	async fill(level: number): Promise<void> {
		for (let missing = level; missing > 0; ) {
			// Of either extent, since our code is compiled as it runs.
			const offers = Array.from({ length: missing }, (_, nth) =>
				this.#request('/agreements', EXTENTS[nth % EXTENTS.length]!, this.#wish()),
			);
			const { answers } = await this.#clients.get(FILLERS)!.send(offers);
			const accepted = answers.filter(({ status }) => status === 201).length;
			if (accepted === 0) throw new Error(`None of ${missing} offers was accepted: ${answers[0]!.body}`);
			missing -= accepted;
		}
	}

	async create(count: number, extent: Extent): Promise<Result> {
		const offers = Array.from({ length: OUR_CALLS }, () => this.#request('/agreements', extent, this.#wish()));
		const load = await this.#clients.get(count)!.send(offers);
		const made = load.answers.filter(({ status }) => status === 201);
		const headers = { Authorization: `Bearer ${this.#broker.token}`, 'If-Match': '*' };
		const undo = made.map(({ location }) => encode({ method: 'DELETE', path: location!, headers }));
		await this.#clients.get(FILLERS)!.send(undo);
		return this.#resultOf(load, made.length, Number.NaN);
	}

	async ask(count: number, extent: Extent): Promise<Result> {
		const wish = { machines: LARGE_HOSTS, startAt: this.#beginAt, durationSeconds: LARGE_HOURS * HOUR };
		// Each a minute longer than the one before: a question that was asked before would not be read again.
		const questions = Array.from({ length: OUR_CALLS }, (_, nth) =>
			this.#request('/evaluations', extent, { ...wish, ...WHOLE_HOST }, LARGE_UNTIL_SECONDS + 60 * nth),
		);
		const load = await this.#clients.get(count)!.send(questions);
		const starts = load.answers.map(({ body }) => /"startAt":"([^"]+)"/.exec(body)?.[1] ?? '');
		const delays = starts.map((start) => (Date.parse(start) - Date.now()) / 1000 / HOUR).filter(Number.isFinite);
		return this.#resultOf(load, delays.length, median(delays));
	}

	async close(): Promise<void> {
		for (const clients of this.#clients.values()) clients.close();
		await this.#broker.stop();
	}

	#resultOf({ answers, seconds, latenciesMs }: Load, ok: number, delayHours: number): Result {
		const p50Ms = quantile(latenciesMs, 0.5);
		const perSecond = answers.length / seconds;
		return { perSecond, p50Ms, failed: answers.length - ok, tellWhenPerSecond: ok / seconds, delayHours };
	}

	#wish(): Wish {
		const startAt = this.#beginAt + 60 * this.#next(HORIZON_MINUTES);
		const durationSeconds = 60 * (60 + this.#next(420));
		return { machines: 1 + this.#next(4), startAt, durationSeconds, ...WHOLE_HOST };
	}

	/** An offer; with `untilSeconds` its start may be anywhere within as much time. */
	#request(path: string, extent: Extent, wish: Wish, untilSeconds?: number): Buffer {
		const mediaType = 'application/xml';
		const headers = { Authorization: `Bearer ${this.#broker.token}`, 'Content-Type': mediaType };
		const accept = path === '/agreements' ? mediaType : 'application/json';
		const brief = extent === 'slurm' ? MINIMAL : {};
		const body = this.#writers[extent]('xml', wish, untilSeconds);
		return encode({ method: 'POST', path, headers: { ...headers, Accept: accept, ...brief }, body });
	}
}

/** Slurm answers with the name of a reservation; we with where the agreement is. */
const MINIMAL = { Prefer: 'return=minimal' };
/** Makes the reservations that are there before. */
const FILLERS = 32;
/** Two machines of this do not fit on one host. */
const WHOLE_HOST = { cpus: HOST_CPUS, memoryBytes: 96 * GIB };

const NAME_WIDTH = 26;

function tableRow({ name, value, unit: _, ...details }: Record<string, string | number>): string {
	const shown = Object.entries(details).map(([key, detail]) => `${key} ${detail}`);
	return `${String(name).padEnd(NAME_WIDTH)} ${value} times; ${shown.join(', ')}`;
}

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort());
process.exitCode = await main(process.argv.slice(2), interruption.signal);
