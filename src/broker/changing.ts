/** The agreement that an offer is to change, while it is judged. */
import { withoutAbsent } from '../agreement/document.ts';
import { beginOf } from '../capacity/resources.ts';
import type { Party } from '../identity/party.ts';
import { inOrderOf, type PreviousGrant } from '../negotiation/change.ts';
import type { Reason } from '../negotiation/decision.ts';
import type { AgreementRecord } from '../store/records.ts';
import { stateForbids } from './access.ts';
import { namesOf } from './agreeing.ts';
import type { PreparedBranch } from './branch-question.ts';
import { owedByClient } from './lifecycle.ts';
import type { ChangePermission } from './outcome.ts';
import type { Turn } from './turn.ts';

/** Why an agreement cannot be changed any more. */
export function changeObstacle(agreement: AgreementRecord, now: number): Reason | undefined {
	if (agreement.state === 'Observed' && agreement.grant.endAt > now) return undefined;
	return stateForbids(agreement, 'renegotiated');
}

/** The agreement that is renegotiated, and by which names its services were asked, in their order. */
export interface Standing extends PreviousGrant {
	readonly names: readonly string[];
}

/**
 * Sets the agreement's own capacity aside, to see what could be had in its place; who refuses undoes it. Who is of
 * another VO and may change it runs the site.
 */
export function setAsidePrevious(
	turn: Turn,
	agreement: AgreementRecord,
	{ allowRestart, allowMove }: ChangePermission,
	{ vo }: Pick<Party, 'vo'>,
): Standing {
	const { ledger, now } = turn;
	const { id, grant, placement, price } = agreement;
	ledger.setAside(ledger.reservationsOf(id, now));
	const running = beginOf(placement) <= now;
	const names = namesOf(agreement);
	const isOwed = vo === agreement.vo && owedByClient(turn, agreement) !== undefined;
	return {
		names,
		grant,
		placement,
		running,
		...withoutAbsent({ allowRestart, allowMove, price, owesNothing: isOwed ? undefined : true }),
	};
}

/** The branches that keep services of the agreement, in its order. */
export function branchesAbout(names: readonly string[], branches: readonly PreparedBranch[]): PreparedBranch[] {
	return branches.flatMap((branch) => {
		const request = inOrderOf(names, branch.request);
		return request === undefined ? [] : [{ ...branch, request }];
	});
}

/** The branches that are looked at where the offer is to change an agreement: those about it, or all where none is. */
export function lookedAt(agreement: AgreementRecord, branches: readonly PreparedBranch[]): readonly PreparedBranch[] {
	const about = branchesAbout(namesOf(agreement), branches);
	return about.length > 0 ? about : branches;
}
