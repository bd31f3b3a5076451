/** Finding what a party may see or change, and what is said where it may not. */
import { may, type Party, reachOf } from '../identity/party.ts';
import type { Reason } from '../negotiation/decision.ts';
import type { NegotiationRecord } from '../store/negotiation-records.ts';
import type { AgreementRecord, JsonValue } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Forbidden, ListRequest, NotFound, Page, Stale } from './outcome.ts';
import type { Turn } from './turn.ts';

/** Items in a page where nothing is said, and at most: 200 agreements are 2 MB of documents. */
export const PAGE_DEFAULT = 50;
export const PAGE_MAX = 200;

/** The agreements that the party may see, newest first. */
export function listVisible(
	store: Store,
	{ party, states, after, limit = PAGE_DEFAULT }: ListRequest,
): Page<AgreementRecord> {
	const reach = reachOf(party, 'agreement.see');
	if (reach === 'none') return { items: [] };
	const size = Math.max(1, Math.min(limit, PAGE_MAX));
	const found = store.agreements.list({
		...(reach === 'site' ? {} : { vo: party.vo }),
		...(reach === 'own' ? { party: party.name } : {}),
		...(states === undefined ? {} : { states }),
		...(after === undefined ? {} : { after }),
		limit: size + 1,
	});
	const items = found.slice(0, size);
	return found.length > size ? { items, next: items.at(-1)!.id } : { items };
}

/** The agreement, where the party may change it; who may not see it is not told that it is there (H9). */
export function findToChange(
	turn: Turn,
	party: Party,
	agreementId: string,
): { readonly kind: 'found'; readonly agreement: AgreementRecord } | NotFound | Forbidden {
	const agreement = turn.store.agreements.find(agreementId);
	if (agreement === undefined || agreement.site !== turn.site) return { kind: 'not-found' };
	if (!may(party, 'agreement.see', agreement)) return { kind: 'not-found' };
	if (!may(party, 'agreement.change', agreement)) return { kind: 'forbidden' };
	return { kind: 'found', agreement };
}

/** The negotiation, where the party may take part in it: its own, or as far as its right to change agreements reaches. */
export function findNegotiationToChange(
	turn: Turn,
	party: Party,
	negotiationId: string,
): { readonly kind: 'found'; readonly negotiation: NegotiationRecord } | NotFound | Forbidden {
	const negotiation = turn.store.negotiations.find(negotiationId);
	if (negotiation === undefined || negotiation.site !== turn.site) return { kind: 'not-found' };
	if (!may(party, 'agreement.see', negotiation)) return { kind: 'not-found' };
	if (!may(party, 'agreement.change', negotiation)) return { kind: 'forbidden' };
	return { kind: 'found', negotiation };
}

/** Set where the version that the sender has seen is not the newest. */
export function staleOf({ version }: { readonly version: number }, ifMatch: number | undefined): Stale | undefined {
	return ifMatch === undefined || ifMatch === version ? undefined : { kind: 'stale', version };
}

export function stateForbids(agreement: AgreementRecord, deed: string): Reason {
	const successor = agreement.supersededBy === undefined ? '' : ` It was superseded by ${agreement.supersededBy}.`;
	const message = `An agreement that is ${agreement.state} cannot be ${deed}.${successor}`;
	return { code: 'STATE_FORBIDS', message, asked: deed, available: agreement.state };
}

/** Who did something, as the history names them. */
export function signature({ name, vo, role }: Party): JsonValue {
	return { party: name, vo, role };
}
