/** Rounds of negotiation for tests: begun, asked, looked at, agreed to. */
import { keptTree } from '../../src/agreement/kept-document.ts';
import type { NegotiationOfferState } from '../../src/agreement/rounds/negotiation-offer.ts';
import type { DocumentTree, OfferOutcome } from '../../src/broker/outcome.ts';
import type { InitiateRequest, NegotiateOutcome, SentOffer } from '../../src/broker/rounds/negotiation-outcome.ts';
import type { Party } from '../../src/identity/party.ts';
import type { NegotiationOfferRecord, WrittenOffer } from '../../src/store/negotiation-records.ts';
import { alice, offerFrom, offerFromTree, type Wish, type World } from './site.ts';

export async function begin(world: World, request: Partial<InitiateRequest> = {}): Promise<string> {
	const outcome = await world.broker.negotiations.initiate({ party: alice, ...request });
	if (outcome.kind !== 'initiated') throw new Error(JSON.stringify(outcome));
	return outcome.negotiation.id;
}

export interface Asking {
	readonly state?: NegotiationOfferState;
	/** How the initiator calls it. */
	readonly called?: string;
	readonly to?: string;
	readonly until?: number;
	readonly party?: Party;
}

export function sent(wish: Wish, { state = 'Solicited', called, to, until }: Asking = {}): SentOffer {
	const { offer } = offerFrom(wish);
	return {
		offer,
		tree: offer.tree,
		state,
		...(called === undefined ? {} : { offerId: called }),
		...(to === undefined ? {} : { counterOfferTo: to }),
		...(until === undefined ? {} : { expirationAt: until }),
	};
}

export function negotiate(
	world: World,
	negotiationId: string,
	wish: Wish,
	asking: Asking = {},
): Promise<NegotiateOutcome> {
	const { party = alice } = asking;
	return world.broker.negotiations.negotiate({ party, negotiationId, offers: [sent(wish, asking)] });
}

/** Asks and returns the counter-offers. */
export async function ask(
	world: World,
	negotiationId: string,
	wish: Wish,
	asking: Asking = {},
): Promise<readonly WrittenOffer[]> {
	const outcome = await negotiate(world, negotiationId, wish, asking);
	if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
	return outcome.answers[0]!.counterOffers;
}

export function treeOfOffer({ text }: WrittenOffer): DocumentTree {
	return keptTree(text);
}

/** Agrees to an offer as it stands. */
export function accept(
	world: World,
	offer: WrittenOffer,
	options: { readonly party?: Party; readonly other?: Wish } = {},
): Promise<OfferOutcome> {
	const { party = alice, other } = options;
	const document = other === undefined ? offerFromTree(treeOfOffer(offer)) : offerFrom(other);
	const negotiated = { negotiationId: offer.negotiationId, offerId: offer.id };
	return world.broker.createAgreement({ party, ...document, negotiated });
}

/** CPUs that are free on each host at an instant. */
export function freeCpus(world: World, at = world.now): number[] {
	return world.broker.capacityBetween(at, at + 1).map(({ steps }) => steps[0]!.free.cpuMillicores / 1000);
}

export async function pass(world: World, seconds: number): Promise<void> {
	world.now += seconds;
	await world.broker.errands.lease(0);
}

/** The offer as it is now. */
export function look(world: World, { negotiationId, id }: NegotiationOfferRecord): NegotiationOfferRecord {
	const tree = world.broker.negotiations.read(alice, negotiationId)!;
	return tree.offers.find((offer) => offer.id === id)!;
}
