/** How offers are read where the request does not say: as the templates that they are for have said. */
import type { Offer } from '../agreement/offer/offer.ts';
import type { Broker } from '../broker/broker.ts';
import type { Party } from '../identity/party.ts';

/** What becomes of an offer: nothing but an agreement, or an offer of this negotiation. */
export interface Purpose {
	readonly party: Party;
	readonly negotiationId?: string | undefined;
}

/**
 * Whether the templates of all these offers have said that offers for them are read leniently. The template of an offer
 * is the one that it names; of one that names none it is that of its negotiation.
 */
export function areReadLeniently(broker: Broker, offers: readonly Pick<Offer, 'context'>[], purpose: Purpose): boolean {
	return offers.every(({ context: { templateName: name, templateId: id } }) => {
		return isReadLeniently(broker, name === undefined || id === undefined ? templateOf(broker, purpose) : { name, id });
	});
}

/** Whether the template has said that what is for it is read leniently. */
export function isReadLeniently(
	broker: Broker,
	template: Parameters<Broker['catalogue']['readTemplate']>[0] | undefined,
): boolean {
	return template !== undefined && broker.catalogue.readTemplate(template)?.offerReading === 'lenient';
}

/** What all offers of the negotiation must be made from; undefined where that is open, or nobody's to see. */
function templateOf(broker: Broker, { party, negotiationId }: Purpose) {
	return negotiationId === undefined ? undefined : broker.negotiations.read(party, negotiationId)?.negotiation.template;
}
