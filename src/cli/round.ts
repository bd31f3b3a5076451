/** A round of a negotiation: what was asked, what could be had and what of it is held, and how both are shown. */
import type { Grant, GrantedService } from '../client/answers.ts';
import type { NegotiationAnswers, NegotiationOfferResource } from '../client/resources.ts';
import type { OutgoingDocument } from '../client/transport.ts';
import { becauseLines, differencesText, named } from './offers.ts';
import { reasonText, remarkText } from './outcome.ts';
import { bytes, duration, instant, type Output, tableWithin } from './output.ts';

/** One question and its answer. */
export interface Round {
	readonly negotiationId: string;
	/** What was asked last. */
	readonly document: OutgoingDocument;
	readonly asked: NegotiationOfferResource;
	readonly counterOffers: readonly NegotiationOfferResource[];
}

/** What was answered to an offer; its remarks are told. */
export function roundOf(
	negotiationId: string,
	document: OutgoingDocument,
	{ answers, remarks = [] }: NegotiationAnswers,
	output: Output,
): Round {
	for (const remark of remarks) output.note(remarkText(remark));
	const { offer: asked, counterOffers } = answers[0]!;
	return { negotiationId, document, asked, counterOffers };
}

/** Which numbers can be typed. */
export function ranksText({ counterOffers }: Round): string {
	const ranks = counterOffers.filter(({ state }) => state !== 'Rejected').flatMap(({ rank }) => rank ?? []);
	const [first] = ranks;
	if (first === undefined) return 'there is no offer to accept';
	return ranks.length === 1 ? `there is offer ${first}` : `there are offers ${first} to ${ranks.at(-1)}`;
}

/** Why it is not as asked, and what could be had: in a table, where there is room for one, with what is held and until when. */
export function roundText({ asked, counterOffers }: Round, columns = Number.POSITIVE_INFINITY): string {
	const [first] = counterOffers;
	const open = counterOffers.filter(({ state }) => state !== 'Rejected');
	if (open.length === 0) {
		const why = first?.reasons?.map(reasonText) ?? [];
		return ['It cannot be had, and there is nothing to offer instead:', ...why].join('\n');
	}
	const lines = asked.reasons?.map(reasonText) ?? [];
	if (lines.length === 0) lines.push('It can be had as asked:');
	else lines.unshift('It cannot be had as asked:');
	const shown = tableWithin(HEAD, open.map(rowOf), columns);
	// Of what can be had as asked, why the first is the first.
	const why = open.length > 1 && open[0]!.kind === 'as-asked' ? becauseLines(open[0]!.because) : [];
	return [...lines, '', shown, ...unheldLines(open), ...why].join('\n');
}

const HEAD = ['#', 'START', 'FOR', 'MACHINES', 'CPUS', 'MEMORY', 'PRICE', 'HELD UNTIL'];

/** Of several services each has a line; below them, of what kind it is, in what it differs and what it does to machines. */
function rowOf({ rank, kind = '', grant, price, expiresAt, differences = [], effects = [] }: NegotiationOfferResource) {
	const cost = price === undefined ? '-' : `${price.amount} ${price.currency}`;
	const ends = [cost, expiresAt === undefined ? 'not held' : heldUntil(expiresAt)];
	const services = grant === undefined ? [] : (grant.services ?? [grant]);
	const sizes = services.map((each) => [String(each.machineCount), String(each.cpuCount), bytes(each.memoryBytes)]);
	const [one = ['', '', ''], ...others] = sizes;
	const time = grant === undefined ? ['', ''] : [minuteOf(grant.startAt), lengthOf(grant)];
	const head = [String(rank), ...time, ...one, ...ends];
	const more = services.length > 1 ? services.map(({ serviceName }) => serviceName).join(', ') : undefined;
	const differs = [kind, differencesText(differences)].filter((text) => text !== '').join(': ');
	const below = [...(more === undefined ? [] : [`services: ${more}`]), differs];
	for (const service of services) below.push(...restOf(service));
	below.push(...effects.map((effect) => `${effect.kind}: ${effect.message}`));
	return { lines: [head, ...others.map((each) => ['', '', '', ...each])], below };
}

/** What of a service has no column, where it is not what goes without saying. */
function restOf({ serviceName, cpuSharePercent, diskBytes }: GrantedService): string[] {
	const share = cpuSharePercent === 100 ? [] : [`CPUs at ${cpuSharePercent} %`];
	const parts = [...share, ...(diskBytes > 0 ? [`disk ${bytes(diskBytes)}`] : [])];
	return parts.length === 0 ? [] : [named(serviceName, parts.join(', '))];
}

function lengthOf({ startAt, endAt }: Grant): string {
	return duration((Date.parse(endAt) - Date.parse(startAt)) / 1000);
}

/** `2026-11-22 10:00Z`, with seconds where there are any. */
function minuteOf(rfc3339: string): string {
	return instant(rfc3339).replace(/:00Z$/, 'Z');
}

/** `10:00:05Z` within a day, else `11-22 10:00Z`: nothing is held for as long as a year. */
function heldUntil(rfc3339: string): string {
	const isSoon = Date.parse(rfc3339) < Date.now() + DAY_MS;
	return isSoon ? instant(rfc3339).slice('2026-11-22 '.length) : `${instant(rfc3339).slice('2026-'.length, -4)}Z`;
}

const DAY_MS = 86_400_000;

/** Why what is only told is not held: each reason once, with the ranks that it is about. */
function unheldLines(offers: readonly NegotiationOfferResource[]): string[] {
	const ranks = new Map<string, number[]>();
	for (const { state, reasons = [], rank } of offers) {
		if (state !== 'Advisory') continue;
		for (const text of reasons.map(reasonText)) ranks.set(text, [...(ranks.get(text) ?? []), rank!]);
	}
	return [...ranks].flatMap(([text, of]) => [`Not held (${of.map((rank) => `#${rank}`).join(', ')}):`, text]);
}
