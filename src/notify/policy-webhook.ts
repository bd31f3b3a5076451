/** A site's own policy: asked about every offer by a POST, its answer read strictly. */
import { setImmediate as nextRound } from 'node:timers/promises';
import { OperatingError } from '../errors.ts';
import { CALL_MS_DEFAULT, type Notifier, type PostOutcome } from './notifier.ts';

/** What the policy answers. */
export type WebhookVerdict =
	| { readonly kind: 'allow' }
	| { readonly kind: 'deny'; readonly message: string; readonly all?: true }
	| {
			readonly kind: 'amend';
			readonly limits: { readonly [name in LimitName]?: number };
			readonly pricePercent?: number;
			readonly message?: string;
	  }
	| { readonly kind: 'unreachable'; readonly message: string };

export interface PolicyWebhookParts {
	/** Allows the target. */
	readonly notifier: Pick<Notifier, 'post'>;
	readonly target: string;
	readonly deadlineMs?: number;
	/** The least of each limit: with less than that the site grants nothing, so that a verdict with less is none. */
	readonly limitsMin?: { readonly [name in LimitName]?: number };
	/** What an answer that cannot be had means: `closed` is a no, `open` a yes. */
	readonly fails: 'closed' | 'open';
	/** Told of every answer that could not be had. */
	readonly onFailure: (error: unknown) => void;
}

/** Asks with this body, which comes in pieces; never throws. */
export type PolicyWebhook = (question: Iterable<string>) => Promise<WebhookVerdict>;

export function openPolicyWebhook(parts: PolicyWebhookParts): PolicyWebhook {
	const { notifier, target, deadlineMs = CALL_MS_DEFAULT, limitsMin = {}, fails, onFailure } = parts;
	const line = new WaitingLine();
	return async (question) => {
		const untilMs = performance.now() + deadlineMs;
		try {
			await line.enter();
			try {
				const body = await bytesOf(question);
				const leftMs = Math.ceil(untilMs - performance.now());
				if (leftMs <= 0) throw unusable(`${CALLS_MAX} other questions took all the ${deadlineMs} ms there were.`);
				return verdictOf(await notifier.post(target, body, HEADERS, leftMs), limitsMin);
			} finally {
				line.leave();
			}
		} catch (error) {
			onFailure(error);
			return fails === 'open' ? { kind: 'allow' } : { kind: 'unreachable', message: 'it gave no usable answer.' };
		}
	};
}

/** Who asks while many others do waits, as part of the time that there is for an answer: the body is not made before. */
class WaitingLine {
	readonly #waiting: (() => void)[] = [];
	#under = 0;

	async enter(): Promise<void> {
		if (this.#under < CALLS_MAX) {
			this.#under += 1;
			return;
		}
		if (this.#waiting.length >= WAITING_MAX) throw unusable(`${WAITING_MAX} questions wait already.`);
		await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	/** Leaves the place to the next one. */
	leave(): void {
		const next = this.#waiting.shift();
		if (next === undefined) this.#under -= 1;
		else next();
	}
}

/** After so much others are served. A question repeats a large offer with each alternative to it. */
const ROUND_CHARACTERS_MAX = 64 << 10;

/** Of the pieces, outside the heap. */
async function bytesOf(pieces: Iterable<string>): Promise<Buffer> {
	const parts: Buffer[] = [];
	let text = '';
	for (const piece of pieces) {
		text += piece;
		if (text.length < ROUND_CHARACTERS_MAX) continue;
		parts.push(Buffer.from(text));
		text = '';
		await nextRound();
	}
	parts.push(Buffer.from(text));
	return Buffer.concat(parts);
}

type LimitName = (typeof LIMITS)[number];

const HEADERS = { 'Content-Type': 'application/json', Accept: 'application/json' };
/** So many bodies are in memory at once. */
const CALLS_MAX = 64;
/** An offer is some six questions, one that is denied some thirty: a policy that does not keep up with so many would not keep up with more. */
const WAITING_MAX = 1024;
const LIMITS = ['machinesMax', 'cpuCountMax', 'memoryBytesMax', 'durationSecondsMax'] as const;
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
	allow: ['verdict'],
	amend: ['verdict', 'message', 'limits', 'pricePercent'],
};
/** Ten times the list price. */
const PRICE_PERCENT_MAX = 1_000;
/** A sentence or two. */
const MESSAGE_CHARACTERS_MAX = 500;

function verdictOf(outcome: PostOutcome, limitsMin: { readonly [name in LimitName]?: number }): WebhookVerdict {
	if (outcome.kind === 'refused') throw unusable(outcome.why);
	if (outcome.status !== 200) throw unusable(`It answered with status ${outcome.status}.`);
	const answer = jsonOf(outcome.body);
	const { verdict, message } = answer;
	// A no that can be read is a no, whatever stands beside it.
	if (verdict === 'deny') {
		const words = wordsOf(message) || 'it gives no reason.';
		return { kind: 'deny', message: words, ...(answer.all === true && { all: true }) };
	}
	const members = MEMBERS[String(verdict)];
	if (members === undefined) throw unusable('Its verdict is none of allow, deny, amend.');
	const unknown = Object.keys(answer).find((name) => !members.includes(name));
	if (unknown !== undefined) throw unusable(`A verdict ${String(verdict)} has no member ${unknown.slice(0, 40)}.`);
	if (verdict === 'allow') return { kind: 'allow' };
	const { limits = {}, pricePercent } = answer;
	if (typeof limits !== 'object' || limits === null || !Object.entries(limits).every(isLimit)) {
		throw unusable(`Its limits are no whole numbers of ${LIMITS.join(', ')}.`);
	}
	for (const [name, limit] of Object.entries(limits)) {
		const { [name as LimitName]: least = 1 } = limitsMin;
		if (limit < least) throw unusable(`Its ${name} is ${limit}, and this site grants nothing with less than ${least}.`);
	}
	if (pricePercent !== undefined && !isWhole(pricePercent, 0, PRICE_PERCENT_MAX)) {
		throw unusable(`Its pricePercent is no whole number up to ${PRICE_PERCENT_MAX}.`);
	}
	const words = wordsOf(message);
	return {
		kind: 'amend',
		limits,
		...(isWhole(pricePercent, 0, PRICE_PERCENT_MAX) ? { pricePercent } : {}),
		...(words === '' ? {} : { message: words }),
	};
}

function jsonOf(body: Uint8Array): Readonly<Record<string, unknown>> {
	let answer: unknown;
	try {
		answer = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
	} catch {
		throw unusable('Its answer is no JSON.');
	}
	if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer as Record<string, unknown>;
	throw unusable('Its answer is no JSON object.');
}

function isLimit([name, value]: [string, unknown]): boolean {
	return (LIMITS as readonly string[]).includes(name) && isWhole(value, 1, Number.MAX_SAFE_INTEGER);
}

function isWhole(value: unknown, least: number, most: number): value is number {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
}

/** What of a message can be told: one line of it, cut where it is long; '' where it is no text. */
function wordsOf(message: unknown): string {
	if (typeof message !== 'string') return '';
	const line = message.replace(/[\s\p{Cc}\p{Cs}]+/gu, ' ').trim();
	return line.length <= MESSAGE_CHARACTERS_MAX ? line : `${line.slice(0, MESSAGE_CHARACTERS_MAX).toWellFormed()}...`;
}

function unusable(why: string): OperatingError {
	return new OperatingError('TARGET_UNREACHABLE', `The policy webhook: ${why}`);
}
