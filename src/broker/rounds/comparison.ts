/** What is to be agreed to beside what the site has answered: where it says something else. */
import { keptTree } from '../../agreement/kept-document.ts';
import { type DocumentDifference, documentDifferences } from '../../agreement/same-document.ts';
import type { NegotiationOfferRecord } from '../../store/negotiation-records.ts';
import type { DocumentTree } from '../outcome.ts';
import type { Turn } from '../turn.ts';

/** Where it differs from what the site has answered, an offer of a negotiation; nowhere: it is that. */
export type Differing = (offer: NegotiationOfferRecord) => readonly DocumentDifference[];

/**
 * Reads a document and others, all as they are kept, and tells where it differs from each of these, in so many places at
 * most. Elsewhere: whoever waits for it is the only one.
 */
export type Compare = (
	text: string,
	others: readonly string[],
	countMax: number,
) => Promise<readonly (readonly DocumentDifference[])[]>;

/** So many places are told in which an offer is not the one that is held: enough to see what was changed, and why. */
export const DIFFERENCES_TOLD_MAX = 16;
/** Whether there are more is told, too. */
const DIFFERENCES_MAX = DIFFERENCES_TOLD_MAX + 1;

/** By the ids of the site's offers. */
export type Compared = ReadonlyMap<string, readonly DocumentDifference[]>;

/** Of documents that are longer together: five of 54 KB with 4,200 elements, the first of a process, take 85 ms. */
const HERE_BYTES_MAX = 32 << 10;

/** Compares what is to be agreed to with each of these offers, where that would take long; empty where it would not. */
export async function comparedElsewhere(
	{ store }: Pick<Turn, 'store'>,
	compare: Compare | undefined,
	offers: readonly NegotiationOfferRecord[],
	text: () => string,
): Promise<Compared> {
	const bytes = offers.reduce((sum, each) => sum + (each.bytes ?? 0), 0);
	if (compare === undefined || bytes <= HERE_BYTES_MAX) return new Map();
	const others = offers.map((offer) => store.negotiations.textOf(offer));
	const found = await compare(text(), others, DIFFERENCES_MAX);
	return new Map(offers.map(({ id }, nth) => [id, found[nth]!]));
}

/** Compares the document with each offer once; those that were compared already it does not even read. */
export function differing({ store }: Pick<Turn, 'store'>, tree: DocumentTree, compared?: Compared): Differing {
	const known = new Map(compared);
	return (offer) => {
		const before = known.get(offer.id);
		if (before !== undefined) return before;
		const found = documentDifferences(tree, keptTree(store.negotiations.textOf(offer)), DIFFERENCES_MAX);
		known.set(offer.id, found);
		return found;
	};
}
