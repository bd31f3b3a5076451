/** A round of a negotiation: what was asked, what is held instead, and how both are shown. */
import type { NegotiationAnswers, NegotiationOfferResource } from '../client/resources.ts';
import type { OutgoingDocument } from '../client/transport.ts';
import { becauseLines, differencesText, grantText } from './offers.ts';
import { reasonText, remarkText } from './outcome.ts';
import { instant, type Output, tableWithin } from './output.ts';

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

/** Why it is not as asked, and what is held instead: in a table, where there is room for one. */
export function roundText({ asked, counterOffers }: Round, columns = Number.POSITIVE_INFINITY): string {
	const [first] = counterOffers;
	const lines = (first?.state === 'Rejected' ? first : asked).reasons?.map(reasonText) ?? [];
	const open = counterOffers.filter(({ state }) => state !== 'Rejected');
	if (open.length === 0) return ['It cannot be had, and there is nothing to offer instead:', ...lines].join('\n');
	if (lines.length === 0) lines.push('It can be had as asked:');
	else lines.unshift('It cannot be had as asked:');
	const rows = open.map(({ rank, kind, grant, price, expiresAt, differences = [], effects = [] }) => [
		String(rank),
		kind ?? '',
		grant === undefined ? '' : grantText(grant),
		price === undefined ? '-' : `${price.amount} ${price.currency}`,
		expiresAt === undefined ? 'not held' : instant(expiresAt),
		[differencesText(differences), ...effects.map((effect) => `${effect.kind}: ${effect.message}`)].join(' ').trim(),
	]);
	const shown = tableWithin(['#', 'KIND', 'OFFERED', 'PRICE', 'HELD UNTIL', 'DIFFERENCE'], rows, columns);
	// Of what can be had as asked, why the first is the first.
	const why = open.length > 1 && first?.kind === 'as-asked' ? becauseLines(first.because) : [];
	return [...lines, '', shown, ...why].join('\n');
}
