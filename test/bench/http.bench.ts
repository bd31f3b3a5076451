/**
 * Accepted offers per second through the HTTP API: an offer of 8 KB is sent, read, judged, committed with fsync, and the
 * agreement comes back. The broker runs in a process of its own, on the simulated site; the clients are in this one.
 */
import { addImage, type BrokerProcess, startBroker } from './broker-process.ts';
import { Clients, encode, type Load } from './clients.ts';
import { type Figure, interleave, median, numbers, quantile, rounded, type Watcher } from './figure.ts';
import { type Form, offerWriter, type Wish } from './offers.ts';

const HOSTS = 100;
const HOST_CPUS = 32;
const CLIENTS = 64;
/** Agreements that are there before, and that lie over as much time in proportion: the load per time is the same. */
const LEVELS = [100, 5000] as const;
const FORMS = ['xml', 'json'] as const;
const HOUR = 3600;
const DAY = 24 * HOUR;
/** With 2 to 4 machines of half a host to a whole one for 1 to 8 hours, a third of the capacity. */
const SECONDS_PER_AGREEMENT = (60 * DAY) / 5000;
/** The first window begins after the bench is over: nothing is deployed while it runs. */
const LEAD_SECONDS = DAY;
const ROUNDS = 7;
/**
 * Some 15,000 offers for each before anything is counted: until then V8 compiles, and a broker serves a fifth less than
 * it does from then on, for as long as it lives.
 */
const WARM_UP_ROUNDS = 15;
/** What a round has agreed is terminated before the next, so that the level stays; a slow machine has less in a round. */
const OFFERS_PER_ROUND = 1024;
const ROUND_MS_MAX = 1000;
const GIB = 2 ** 30;
/** Without the document in the answer: for agreements that are only to be there. */
const MINIMAL = { Prefer: 'return=minimal' };

/** `http-accept-xml-100`, `-5000`, `http-accept-json-100`, `-5000`, as far as they are wanted. */
export async function measureHttp(wanted: (name: string) => boolean, watcher: Watcher): Promise<readonly Figure[]> {
	const contests = CONTESTS.filter(({ name }) => wanted(name));
	const benches = new Map<number, Bench>();
	try {
		for (const level of new Set(contests.map((contest) => contest.level))) {
			watcher.progress(`making ${level} agreements ...`);
			benches.set(level, await Bench.open(level));
		}
		const costs = new Map<string, Cost[]>(contests.map(({ name }) => [name, []]));
		const run =
			({ level, form, name }: Contest) =>
			async (round: number) => {
				const cost = await benches.get(level)!.measure(form);
				if (round > 0) costs.get(name)!.push(cost);
				return cost.answers.length / cost.seconds;
			};
		for (let nth = 1; nth <= WARM_UP_ROUNDS; nth += 1) {
			watcher.progress(`serving for a while, ${nth} of ${WARM_UP_ROUNDS} ...`);
			for (const { level, form } of contests) {
				watcher.signal.throwIfAborted();
				await benches.get(level)!.measure(form);
			}
		}
		const contestants = Object.fromEntries(contests.map((contest) => [contest.name, run(contest)]));
		const rates = await interleave(ROUNDS, contestants, watcher);
		return contests.map(({ name }) => figureOf(name, rates[name]!, costs.get(name)!));
	} finally {
		for (const bench of benches.values()) await bench.close();
	}
}

interface Contest {
	readonly name: string;
	readonly level: number;
	readonly form: Form;
}

const CONTESTS: readonly Contest[] = FORMS.flatMap((form) =>
	LEVELS.map((level) => ({ name: `http-accept-${form}-${level}`, level, form })),
);

/**
 * What a round took: of time, and of CPU, which says more where others use the machine as well. What the clients take of
 * it is missing to the broker.
 */
interface Cost extends Load {
	readonly brokerCpuSeconds: number;
	readonly clientsCpuSeconds: number;
}

function figureOf(name: string, rates: readonly number[], costs: readonly Cost[]): Figure {
	const latencies = costs.flatMap(({ latenciesMs }) => latenciesMs);
	const perOfferMs = (secondsOf: (cost: Cost) => number) =>
		rounded(median(costs.map((cost) => (secondsOf(cost) * 1000) / cost.answers.length)));
	const details = {
		p50Ms: rounded(quantile(latencies, 0.5)),
		p99Ms: rounded(quantile(latencies, 0.99)),
		brokerCpuMs: perOfferMs(({ brokerCpuSeconds }) => brokerCpuSeconds),
		clientsCpuMs: perOfferMs(({ clientsCpuSeconds }) => clientsCpuSeconds),
		clients: CLIENTS,
	};
	return { name, value: rounded(median(rates)), unit: '1/s', details };
}

/** A broker with so many live agreements. */
class Bench {
	readonly #broker: BrokerProcess;
	readonly #clients: Clients;
	readonly #write: ReturnType<typeof offerWriter>;
	readonly #beginAt = Math.floor(Date.now() / 1000) + LEAD_SECONDS;
	readonly #spanSeconds: number;
	readonly #next = numbers();

	static async open(level: number): Promise<Bench> {
		const broker = await startBroker({ COMPUTON_SITE: 'simulated', COMPUTON_SIMULATED_HOSTS: String(HOSTS) });
		try {
			const bench = new Bench(broker, level, await addImage(broker));
			await bench.#fill(level);
			return bench;
		} catch (error) {
			await broker.stop();
			throw error;
		}
	}

	private constructor(broker: BrokerProcess, level: number, image: { name: string; digest: string }) {
		this.#broker = broker;
		this.#clients = new Clients(broker.url, CLIENTS);
		this.#write = offerWriter(image);
		this.#spanSeconds = level * SECONDS_PER_AGREEMENT;
	}

	/** One round: offers are accepted, which is measured, and the agreements are terminated, which is not. */
	async measure(form: Form): Promise<Cost> {
		const offers = Array.from({ length: OFFERS_PER_ROUND }, () => this.#offer(form, this.#smallWish()));
		const brokerBefore = await this.#broker.cpuSeconds();
		const clientsBefore = process.cpuUsage();
		const load = await this.#clients.send(offers, ROUND_MS_MAX);
		const { user, system } = process.cpuUsage(clientsBefore);
		const brokerCpuSeconds = (await this.#broker.cpuSeconds()) - brokerBefore;
		const failed = load.answers.find(({ status }) => status !== 201);
		if (failed !== undefined) throw new Error(`An offer was answered ${failed.status}: ${failed.body}`);
		await this.#clients.send(load.answers.map(({ location }) => this.#termination(location!)));
		return { ...load, brokerCpuSeconds, clientsCpuSeconds: (user + system) / 1e6 };
	}

	async close(): Promise<void> {
		this.#clients.close();
		await this.#broker.stop();
	}

	/** Offers until so many are accepted: where a random window has no room the next one may have. */
	async #fill(level: number): Promise<void> {
		for (let missing = level; missing > 0; ) {
			const wishes = Array.from({ length: missing }, () => this.#largeWish());
			const { answers } = await this.#clients.send(wishes.map((wish) => this.#offer('json', wish, MINIMAL)));
			const failed = answers.find(({ status }) => status !== 201 && status !== 409);
			if (failed !== undefined) throw new Error(`An offer was answered ${failed.status}: ${failed.body}`);
			const accepted = answers.filter(({ status }) => status === 201).length;
			if (accepted === 0) throw new Error(`None of ${missing} offers was accepted: ${answers[0]!.body}`);
			missing -= accepted;
		}
	}

	#largeWish(): Wish {
		const cpus = HOST_CPUS / 2 + this.#next(HOST_CPUS / 2 + 1);
		const hours = 1 + this.#next(8);
		return { machines: 2 + this.#next(3), cpus, memoryBytes: cpus * 3 * GIB, ...this.#window(hours) };
	}

	#smallWish(): Wish {
		return { machines: 1, cpus: 4, memoryBytes: 8 * GIB, ...this.#window(1) };
	}

	#window(hours: number): Pick<Wish, 'startAt' | 'durationSeconds'> {
		return { startAt: this.#beginAt + 60 * this.#next(this.#spanSeconds / 60), durationSeconds: hours * HOUR };
	}

	#offer(form: Form, wish: Wish, more: Readonly<Record<string, string>> = {}): Buffer {
		const mediaType = `application/${form}`;
		const headers = { ...this.#authorization, 'Content-Type': mediaType, Accept: mediaType, ...more };
		return encode({ method: 'POST', path: '/agreements', headers, body: this.#write(form, wish) });
	}

	#termination(path: string): Buffer {
		return encode({ method: 'DELETE', path, headers: { ...this.#authorization, 'If-Match': '*' } });
	}

	get #authorization(): Readonly<Record<string, string>> {
		return { Authorization: `Bearer ${this.#broker.token}` };
	}
}
