/**
 * The postman: what the broker has to tell others is brought to them, in the order in which it is due, again and again
 * until it has arrived or has expired. All it knows it reads from the broker, so a restart is only a delay.
 */
import type { Broker } from '../broker/broker.ts';
import type { SubscriberNews } from '../broker/correspondence.ts';
import { OperatingError } from '../errors.ts';
import type { Notifier } from '../notify/notifier.ts';
import type { MessageRecord } from '../store/correspondence.ts';

export interface PostmanParts {
	readonly broker: Broker;
	readonly notifier: Pick<Notifier, 'post'>;
	readonly news: SubscriberNews;
	/** Told of messages that were given up, and of failures. */
	readonly report: (what: string, error: unknown) => void;
}

/** Messages on their way at a time, and to one target: one that does not answer keeps them until its deadline. */
const MESSAGES_AT_A_TIME = 8;
const MESSAGES_PER_TARGET = 2;
/** Of the bodies of messages on their way: who rejects a large offer tells of five as large. */
const BYTES_AT_A_TIME = 4 << 20;
/** Due messages among which some are sought whose targets are not busy. */
const MESSAGES_SEEN = 64;
/** What comes together is looked at together. */
const NUDGE_MS = 20;
/** A target that takes longer is asked again later. */
const ANSWER_MS_MAX = 10_000;
/** How long after something was due and missed it is found. */
const SWEEP_MS = 1_000;

interface UnderWay {
	readonly target: string;
	readonly bytes: number;
	readonly work: Promise<void>;
}

export class Postman {
	readonly #parts: PostmanParts;
	readonly #underWay = new Map<number, UnderWay>();
	#timer: NodeJS.Timeout | undefined;
	#soon: NodeJS.Timeout | undefined;
	#asked = false;
	#looking = false;
	#stopped = false;
	#unlisten: () => void = () => {};

	constructor(parts: PostmanParts) {
		this.#parts = parts;
	}

	start(): void {
		this.#unlisten = this.#parts.broker.correspondence.onNews(() => this.nudge());
		this.#timer = setInterval(() => this.nudge(), SWEEP_MS);
		this.nudge();
	}

	/** There may be something to send: never awaited. */
	nudge(): void {
		this.#asked = true;
		this.#soon ??= setTimeout(() => {
			this.#soon = undefined;
			void this.#look();
		}, NUDGE_MS);
	}

	/** Takes nothing more and waits for what is under way. */
	async stop(): Promise<void> {
		this.#stopped = true;
		this.#unlisten();
		clearInterval(this.#timer);
		clearTimeout(this.#soon);
		await Promise.all([...this.#underWay.values()].map(({ work }) => work));
	}

	async #look(): Promise<void> {
		if (this.#looking) return;
		this.#looking = true;
		try {
			while (this.#asked && !this.#stopped) {
				this.#asked = false;
				const { correspondence } = this.#parts.broker;
				if (await correspondence.tellSubscribers(this.#parts.news)) this.#asked = true;
				for (const message of correspondence.dueMessages(MESSAGES_SEEN))
					if (this.#isFree(message)) this.#begin(message);
			}
		} catch (error) {
			this.#fail('telling subscribers', error);
		} finally {
			this.#looking = false;
		}
	}

	#isFree({ id, target, bytes }: MessageRecord): boolean {
		if (this.#underWay.has(id) || this.#underWay.size >= MESSAGES_AT_A_TIME) return false;
		const others = [...this.#underWay.values()];
		const bytesUnderWay = others.reduce((sum, other) => sum + other.bytes, 0);
		if (bytesUnderWay > 0 && bytesUnderWay + bytes > BYTES_AT_A_TIME) return false;
		return others.filter((other) => other.target === target).length < MESSAGES_PER_TARGET;
	}

	#begin(message: MessageRecord): void {
		const work = this.#deliver(message)
			.catch((error: unknown) => this.#fail(`the message to ${message.target}`, error))
			.finally(() => {
				this.#underWay.delete(message.id);
				this.nudge();
			});
		this.#underWay.set(message.id, { target: message.target, bytes: message.bytes, work });
	}

	async #deliver(message: MessageRecord): Promise<void> {
		const { broker, notifier, report } = this.#parts;
		const { target, headers, body } = message;
		const failure = await this.#post(notifier, target, headers, body);
		if (this.#stopped && failure !== undefined) return;
		if (failure === undefined) return broker.correspondence.forget(message);
		if (failure.forGood || !(await broker.correspondence.retry(message, failure.why))) {
			if (failure.forGood) await broker.correspondence.forget(message);
			report(`The message to ${target} is given up`, new Error(failure.why));
		}
	}

	/** Why it has not arrived, and whether it never will; undefined where it has. */
	async #post(
		notifier: PostmanParts['notifier'],
		target: string,
		headers: Readonly<Record<string, string>>,
		body: Uint8Array,
	): Promise<{ readonly why: string; readonly forGood: boolean } | undefined> {
		try {
			const outcome = await notifier.post(target, body, headers, ANSWER_MS_MAX);
			if (outcome.kind === 'refused') return { why: outcome.why, forGood: true };
			const { status } = outcome;
			return status >= 200 && status < 300 ? undefined : { why: `It answers with status ${status}.`, forGood: false };
		} catch (error) {
			if (!(error instanceof OperatingError)) throw error;
			return { why: error.message, forGood: false };
		}
	}

	#fail(what: string, error: unknown): void {
		if (this.#stopped) return;
		this.#parts.report(what, error);
		if (!(error instanceof OperatingError)) throw error;
	}
}
