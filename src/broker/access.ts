/** Finding the agreement that a request is about, and what is said where it cannot be done. */
import { may, type Party } from '../identity/party.ts';
import type { Reason } from '../negotiation/decision.ts';
import type { AgreementRecord, JsonValue } from '../store/records.ts';
import type { Turn } from './desk.ts';
import type { Forbidden, NotFound, Stale } from './outcome.ts';

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
