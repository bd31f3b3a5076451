import { withoutAbsent } from '../agreement/document.ts';
import { eachOnce, type OfferBranch, readBranches } from '../agreement/offer/branches.ts';
import { narrowOffer } from '../agreement/offer/narrow.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import { findViolations } from '../agreement/offer/violations.ts';
import type { NegotiationConstraint } from '../agreement/rounds/negotiation-constraints.ts';
import { type CheckBudget, checkBudget, decisionBudget } from '../agreement/template/check-budget.ts';
import type { Template } from '../agreement/template/template.ts';
import { withEffects } from '../agreement/terms/effects.ts';
import { withQuote } from '../agreement/terms/quote.ts';
import { withoutRationale } from '../agreement/terms/rationale.ts';
import { may, type Party } from '../identity/party.ts';
import { type AcceptedBranch, type Branch, decideAmong } from '../negotiation/alternatives/among.ts';
import { alignedWith, servicesObstacle } from '../negotiation/change.ts';
import type { Accepted, Alternative, Decision, Reason } from '../negotiation/decision.ts';
import type { Asker } from '../negotiation/judge.ts';
import { priceToldOf } from '../negotiation/policy/asker.ts';
import type { Holding } from '../negotiation/policy/hold-hurdle.ts';
import type { SitePolicy } from '../negotiation/policy/policy.ts';
import { becauseOf } from '../negotiation/reasons/because.ts';
import { EXPIRES_AHEAD } from '../negotiation/reasons/remedy.ts';
import { decisionUnder, repliesTo, type Said, sayingOf, withBranch } from '../negotiation/said.ts';
import type { Verdict } from '../negotiation/verdict.ts';
import { part, stage } from '../parts.ts';
import type { AgreementRecord } from '../store/records.ts';
import { findToChange, staleOf } from './access.ts';
import { agree } from './agreeing.ts';
import { documentQuestion, type PreparedBranch } from './branch-question.ts';
import type { Catalogue } from './catalogue.ts';
import { branchesAbout, changeObstacle, lookedAt, type Standing, setAsidePrevious } from './changing.ts';
import type {
	ChangePermission,
	Countered,
	CreateRequest,
	DocumentTree,
	EvaluateRequest,
	EvaluationOutcome,
	IdempotencyKey,
	Invalid,
	OfferedAlternative,
	OfferOutcome,
	Refused,
	RenegotiateRequest,
	UnknownTemplate,
} from './outcome.ts';
import type { Turn } from './turn.ts';

/** An offer that was read against its template: what can be decided without the calendar. */
export interface Prepared {
	readonly kind: 'prepared';
	readonly offer: Offer;
	/** At least one; several where the offer leaves choices open. */
	readonly branches: readonly PreparedBranch[];
	readonly template: Template;
	/** Whether the template takes no more offers. */
	readonly retired: boolean;
	/** Of what may be spent on an offer, where others came with it. */
	readonly share: number;
	/** What a negotiation offer demands of its answer; absent: nothing. */
	readonly demands?: readonly NegotiationConstraint[];
	/** A negotiation offer for which nothing is held; absent: what is accepted is agreed, or held. */
	readonly isAdvisory?: boolean;
	/** Until when what is answered may be agreed to; absent: at once. */
	readonly agreedUntil?: number;
	/** Only what may be held by these limits is wanted; absent: whatever could be had. */
	readonly holding?: Holding & { readonly countMax: number };
	/** What the site's own policy says to it; absent: there is none, or it was not asked. */
	readonly verdict?: Verdict;
	/** What that says to each thing that could be had, as far as it was asked; absent: there is none, or it was not asked. */
	readonly said?: readonly Said[];
	/** The policy denied what would be granted: what else of the offer it allows is looked for. */
	readonly isDenied?: boolean;
	/** It is decided to find out what else the policy is to be asked about: what it has not seen counts as allowed. */
	readonly isRehearsal?: boolean;
}

/** What was decided, and of which branch. */
export interface Decided<D extends Decision = Decision> {
	readonly decision: D;
	readonly branch: PreparedBranch;
	/** What can be had as well, and is better in something than what keeps to the most Importance. */
	readonly also?: readonly AlsoGranted[];
}

/** What could be granted instead, of the branch or of another one. */
export interface AlsoGranted {
	readonly decision: Accepted;
	readonly branch: PreparedBranch;
}

interface OffersParts {
	readonly catalogue: Catalogue;
	/** UUIDv7: ordered by the time at which they are made. */
	readonly newId: () => string;
}

/** Judges offers at the desk and writes what was agreed. Each method runs in a turn. */
export class Offers {
	readonly #parts: OffersParts;

	constructor(parts: OffersParts) {
		this.#parts = parts;
	}

	/** Everything that needs no lock, so that it is not done under it. */
	prepare(offer: Offer, share = 1): Prepared | Invalid | UnknownTemplate {
		const { templateName: name, templateId: id } = offer.context;
		const known = name === undefined || id === undefined ? undefined : this.#parts.catalogue.find({ name, id });
		if (known === undefined) {
			return { kind: 'unknown-template', template: { ...(name && { name }), ...(id && { id }) } };
		}
		const reading = readBranches(offer, known.template);
		if (!reading.ok) return { kind: 'invalid', issues: reading.issues };
		const { template, record } = known;
		const budget = checkBudget(share);
		const branches = this.#checkBranches(reading.value, template, budget);
		return { kind: 'prepared', offer, branches, template, retired: record.state === 'retired', share };
	}

	create(turn: Turn, request: CreateRequest, prepared: ReturnType<Offers['prepare']>): OfferOutcome {
		const { party, idempotency } = request;
		if (!may(party, 'agreement.create', { party: party.name, vo: party.vo })) return { kind: 'forbidden' };
		const replay = idempotency && replayOf(turn, party, idempotency);
		if (replay !== undefined) return replay;
		if (prepared.kind !== 'prepared') return prepared;
		const { decision, branch } = this.decide(turn, prepared, party);
		if (decision.kind !== 'accept') return this.decline(turn, prepared, decision);
		return agree(turn, this.#parts, request, prepared, { decision, branch });
	}

	renegotiate(turn: Turn, request: RenegotiateRequest, prepared: ReturnType<Offers['prepare']>): OfferOutcome {
		const { party, agreementId, idempotency, ifMatch } = request;
		const found = findToChange(turn, party, agreementId);
		if (found.kind !== 'found') return found;
		const replay = idempotency && replayOf(turn, party, idempotency);
		if (replay !== undefined) return replay;
		const { agreement } = found;
		const stale = staleOf(agreement, ifMatch);
		if (stale !== undefined) return stale;
		if (prepared.kind !== 'prepared') return prepared;
		const mark = turn.ledger.mark();
		const { decision, branch } = this.decideChange(turn, prepared, agreement, request, party);
		if (decision.kind !== 'accept') {
			turn.ledger.undoTo(mark);
			return this.decline(turn, prepared, decision, agreement);
		}
		return agree(turn, this.#parts, request, prepared, { decision, branch }, agreement);
	}

	/** What `create` or `renegotiate` would answer; the desk undoes what it touched. */
	evaluate(turn: Turn, request: EvaluateRequest, prepared: ReturnType<Offers['prepare']>): EvaluationOutcome {
		const { party, agreementId } = request;
		if (!may(party, 'agreement.create', { party: party.name, vo: party.vo })) return { kind: 'forbidden' };
		const found = agreementId === undefined ? undefined : findToChange(turn, party, agreementId);
		if (found !== undefined && found.kind !== 'found') return found;
		if (prepared.kind !== 'prepared') return prepared;
		const calendarVersion = turn.ledger.version;
		const { decision, branch } =
			found === undefined
				? this.decide(turn, prepared, party)
				: this.decideChange(turn, prepared, found.agreement, request, party);
		if (decision.kind !== 'accept') return this.decline(turn, prepared, decision, found?.agreement);
		const { chosen, request: asked } = branch;
		const priceBefore = found?.agreement.price;
		const before = priceBefore === undefined ? {} : { priceBefore };
		const remarked = asked.remarks.length === 0 ? {} : { remarks: asked.remarks };
		return { ...decision, kind: 'accepted', chosen, ...before, ...remarked, calendarVersion };
	}

	/** Judges an offer, and grants only what the site's own policy has said yes to. */
	decide(turn: Turn, prepared: Prepared, asker: Asker, previous?: Standing, workspaceId?: string): Decided {
		const decided = this.judge(turn, prepared, asker, previous, workspaceId);
		const sayTo = sayingOf(prepared, turn.now);
		if (sayTo === undefined) return decided;
		const { decision, branch } = decided;
		const isRehearsal = prepared.isRehearsal === true;
		return {
			...decided,
			decision: decisionUnder(decision, (what) => sayTo(withBranch(what, branch.terms)), isRehearsal),
		};
	}

	/**
	 * Judges an offer against the calendar as it is; changes nothing. `asker` is whoever the agreement is or will be with:
	 * of a change its owner, whoever sends it.
	 */
	judge(turn: Turn, prepared: Prepared, asker: Asker, previous?: Standing, workspaceId?: string): Decided {
		const { demands, isAdvisory, agreedUntil, holding, verdict, share } = prepared;
		const { now } = turn;
		const budget = decisionBudget(share);
		const stepsAtFirst = budget.remaining;
		const policy = policyWithin(this.#parts.catalogue.policy(), holding);
		const heldAgainst = { template: prepared.template, demands, currency: policy.prices?.currency, budget };
		const common = {
			calendar: turn.ledger.calendar,
			policy,
			now,
			share,
			...withoutAbsent({ verdict, isAdvisory, agreedUntil, holding, usage: turn.ledger.usage }),
			party: { name: asker.name, vo: asker.vo },
			stepsSpent: () => stepsAtFirst - budget.remaining,
		};
		const inOrder = previous === undefined ? prepared.branches : branchesAbout(previous.names, prepared.branches);
		if (inOrder.length === 0) {
			const [first, ...others] = prepared.branches.map((branch) => {
				const reasons = [servicesObstacle(previous!.names, branch.request)];
				return { decision: { kind: 'reject', reasons } as const, branch };
			});
			if (others.length === 0) return first!;
			const reasons = [first!, ...others].flatMap(({ decision, branch }) => naming(decision.reasons, branch));
			return { decision: { kind: 'reject', reasons }, branch: first!.branch };
		}
		const branches = inOrder.map((branch): PreparedBranch & Branch => {
			const { request } = branch;
			const aligned = previous && { previous: alignedWith(previous.names, previous, request) };
			const question = part(() => documentQuestion(branch, heldAgainst));
			const replies = prepared.isDenied && { replies: repliesTo(prepared, branch.terms, now) };
			return { ...branch, question: { ...question, ...common, ...aligned, ...replies } };
		});
		const [first, ...others] = branches;
		const { decision: decided, branch, other } = decideAmong([first!, ...others]);
		const isOneOfSeveral = others.length === 0 && prepared.branches.length > 1;
		const decision = isOneOfSeveral ? namingBranch(decided, branch) : decided;
		const reasons = [...reasonsOfContext(prepared, now), ...reasonsOfReferences(branch, workspaceId)];
		if (reasons.length === 0) {
			if (decision.kind !== 'accept') return { decision, branch };
			return { decision: explained(branch, decision), branch, also: alsoGranted({ decision, branch }, other) };
		}
		const against = [...reasons, ...(decision.kind === 'accept' ? [] : decision.reasons)];
		return { decision: { kind: 'reject', reasons: against }, branch };
	}

	/** Decides with the agreement's own capacity set aside; who refuses puts it back. */
	decideChange(
		turn: Turn,
		prepared: Prepared,
		agreement: AgreementRecord,
		allowed: ChangePermission,
		by: Pick<Party, 'vo'>,
	): Decided {
		const obstacle = changeObstacle(agreement, turn.now);
		if (obstacle !== undefined)
			return { decision: { kind: 'reject', reasons: [obstacle] }, branch: prepared.branches[0]! };
		const { party: name, vo, workspaceId } = agreement;
		return this.decide(turn, prepared, { name, vo }, setAsidePrevious(turn, agreement, allowed, by), workspaceId);
	}

	/** The alternatives as the offers that would be accepted; each is written when it is looked at. */
	offered({ branches, template }: Prepared, alternatives: readonly Alternative[]): OfferedAlternative[] {
		return alternatives.map((alternative) => {
			const { branch, grant, price, effects } = alternative;
			const { offer } = branches.find(({ terms }) => terms === branch) ?? branches[0]!;
			let written: DocumentTree | undefined;
			return {
				...alternative,
				get offer() {
					written ??= withoutRationale(withEffects(withQuote(narrowOffer(offer, grant, template), price), effects));
					return written;
				},
			};
		});
	}

	/** The answer to an offer that is not accepted; `agreement` is what it was to change. */
	decline(
		turn: Turn,
		prepared: Prepared,
		decision: Exclude<Decision, Accepted>,
		agreement?: AgreementRecord,
	): Countered | Refused {
		const branches = agreement === undefined ? prepared.branches : lookedAt(agreement, prepared.branches);
		const { reasons } = decision;
		const calendarVersion = turn.ledger.version;
		const remarks = eachOnce(branches.flatMap(({ request }) => request.remarks));
		const common = { reasons, calendarVersion, ...(remarks.length > 0 && { remarks }) };
		if (decision.kind === 'reject') return { kind: 'refused', ...common };
		return { kind: 'countered', ...common, alternatives: part(() => this.offered(prepared, decision.alternatives)) };
	}

	#checkBranches(branches: readonly OfferBranch[], template: Template, budget: CheckBudget): PreparedBranch[] {
		const currency = this.#parts.catalogue.policy().prices?.currency;
		return branches.map((branch) => {
			const { offer, request } = branch;
			return { ...branch, violations: stage(() => findViolations(offer, request, template, currency, budget)) };
		});
	}
}

/** As many alternatives as are told of what may be held: each that is looked for takes its time. */
function policyWithin(policy: SitePolicy, holding: Prepared['holding']): SitePolicy {
	if (holding === undefined) return policy;
	return { ...policy, alternativesMax: Math.min(policy.alternativesMax, holding.countMax) };
}

/** Where of the branches of an offer only one is about the agreement, it was decided as if it were the whole offer. */
function namingBranch(decision: Decision, branch: Branch): Decision {
	if (decision.kind === 'accept') return decision;
	const reasons = naming(decision.reasons, branch);
	if (decision.kind === 'reject') return { ...decision, reasons };
	return { ...decision, reasons, alternatives: naming(decision.alternatives, branch) };
}

function naming<T extends Reason | Alternative>(all: readonly T[], { terms }: Pick<Branch, 'terms'>): readonly T[] {
	return all.map((each) => ({ ...each, branch: terms }));
}

/** What Preferences like better stands before the default of the branch that is granted. */
function alsoGranted<B extends PreparedBranch & Branch>(
	{ decision: { instead }, branch }: AcceptedBranch<B>,
	other: AcceptedBranch<B> | undefined,
): readonly AlsoGranted[] {
	const plain: Accepted[] = instead?.isChoice === true ? [{ kind: 'accept', ...instead.plain }] : [];
	const all = [...(other === undefined ? [] : [other]), ...plain.map((decision) => ({ decision, branch }))];
	return all.map((each) => ({ ...each, decision: explained(each.branch, each.decision) }));
}

/** With what is told of it beside. */
function explained({ question }: Branch, decision: Accepted): Accepted {
	return part(() => {
		const because = becauseOf(question, decision);
		return { ...decision, ...withoutAbsent({ priceTold: priceToldOf(question, decision) }), because };
	});
}

/** What the key has made before: the same answer again, or a sender who uses it for something else. */
export function replayOf(turn: Turn, party: Party, { key, fingerprint }: IdempotencyKey): OfferOutcome | undefined {
	const known = turn.store.keys.find({ vo: party.vo, party: party.name }, key);
	if (known === undefined) return undefined;
	if (known.fingerprint !== fingerprint || !('agreementId' in known.made)) return { kind: 'key-reused' };
	const agreement = turn.store.agreements.find(known.made.agreementId)!;
	return { kind: 'accepted', agreement, effects: agreement.effects, replayed: true };
}

function reasonsOfContext({ offer, template, retired }: Prepared, now: number): Reason[] {
	const { path, expirationAt, expirationPath = path } = offer.context;
	const reasons: Reason[] = [];
	if (retired) {
		const message = `The template ${template.name} ${template.id} takes no more offers.`;
		reasons.push({ code: 'TEMPLATE_RETIRED', message, path, remedy: { text: 'name a template that is published' } });
	}
	if (expirationAt !== undefined && expirationAt <= now) {
		const message = 'The ExpirationTime of the offer has passed.';
		reasons.push({
			code: 'OFFER_EXPIRED',
			message,
			path: expirationPath,
			resource: 'time',
			asked: expirationAt,
			limit: now,
			remedy: EXPIRES_AHEAD,
		});
	}
	return reasons;
}

/** An offer that says which workspace it is about is about no other. */
function reasonsOfReferences({ request }: PreparedBranch, workspaceId: string | undefined): Reason[] {
	return (request.references ?? [])
		.filter((reference) => reference.workspaceId !== workspaceId)
		.map(({ path, workspaceId: asked }) => {
			const message = `The offer refers to the workspace ${asked}, and is not a renegotiation of it.`;
			const available = workspaceId === undefined ? {} : { available: workspaceId };
			return { code: 'STATE_FORBIDS', message, path, asked, ...available };
		});
}
