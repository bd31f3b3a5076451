/**
 * One look at an offer: it can be had, or every reason why it cannot. Nothing is proposed here; `findAlternatives`
 * looks again and again, with other starts, sizes and hosts.
 */
import type { ConstraintViolation } from '../agreement/template/constraints.ts';
import type { Price } from '../agreement/terms/quote.ts';
import type { ServiceGrant, ServiceRequest, WorkspaceTerm } from '../agreement/terms/service.ts';
import type { SiteCalendar } from '../capacity/calendar.ts';
import { type Attempt, attempt, explainAttempt, grow, type Scene } from './attempt.ts';
import { demandOf, type Room } from './booking.ts';
import {
	hasBegun,
	liveSizing,
	type PreviousGrant,
	permittedBy,
	shrinkObstacle,
	standingSizing,
	withStandingKey,
	workspaceObstacles,
} from './change.ts';
import type { Reason } from './decision.ts';
import type { Allowance } from './hurdles.ts';
import { type Eligibility, eligibleHosts, findObstacles } from './obstacles.ts';
import { imageDiskBytes, type SitePolicy } from './policy.ts';
import { ceilingOf, type Pricing, pricedBefore, usedUntil } from './price.ts';
import { accountOf } from './quota.ts';
import { oversizeReasons } from './shortage.ts';
import { explainSizes, type Sizes, type Sizing, sizesBeyondLimit, sizingOf, smallestChoices } from './sizes.ts';
import type { VoUsage } from './usage.ts';
import { percentUnder, policyUnder, type Verdict, verdictReasons } from './verdict.ts';
import { readRunningWindow, readWindow, type Starts, type WindowReading } from './window.ts';

/** What the judgement is asked, and all that it knows. It changes none of it. */
export interface Question {
	readonly request: ServiceRequest;
	/** What `checkConstraints` found in the offer. */
	readonly violations: readonly ConstraintViolation[];
	/** Of a renegotiation: without the previous placement, which the caller has released. */
	readonly calendar: SiteCalendar;
	readonly policy: SitePolicy;
	/** Epoch seconds. */
	readonly now: number;
	/**
	 * Whether the template's constraints admit the offer narrowed to this grant at this price. A function of these
	 * alone; asked only for what is about to be offered.
	 */
	readonly satisfies: (grant: ServiceGrant, price?: Price) => boolean;
	/** What is renegotiated; absent: a new agreement is asked for. */
	readonly previous?: PreviousGrant;
	/** Who asks; absent: the site itself, which pays nothing. */
	readonly party?: Asker;
	/**
	 * What of the client's own Required constraints on the answer a grant does not keep to; absent: it has none. As
	 * `satisfies`, it is asked only for what is about to be accepted.
	 */
	readonly unmetBy?: (grant: ServiceGrant, price?: Price) => readonly ConstraintViolation[];
	/** The Importance of the client's Optional constraints that a grant keeps to; absent: it has none. */
	readonly importanceOf?: (grant: ServiceGrant, price?: Price) => number;
	/** What the site's own policy says to the offer; absent: it has none, or was not asked. */
	readonly verdict?: Verdict;
	/** What VOs have booked; absent where nobody has a quota. Of a renegotiation: without the previous placement. */
	readonly usage?: VoUsage;
}

/** Who asks, as far as a judgement depends on it. */
export interface Asker {
	readonly name: string;
	readonly vo: string;
}

export interface Judgement {
	/** The offer can be had like this; then there are no reasons. */
	readonly attempt?: Attempt;
	/** Against it, whatever else were changed. */
	readonly finalReasons: readonly Reason[];
	/** Against it as it stands. */
	readonly reasons: readonly Reason[];
	readonly scene: Scene;
	readonly window: WindowReading;
	readonly eligibility: Eligibility;
	readonly sizing: Sizing;
	/** The smallest sizes that the ranges admit, whether policy and site do or not; absent: there are none. */
	readonly asked?: Sizes;
}

/**
 * Judges the request. Beside the fit an acceptance costs O(1), with CandidateHosts O(hosts), with totals O(counts); a
 * refusal walks all candidate hosts to name what is short.
 */
export function judge(question: Question): Judgement {
	const { request, violations, calendar, now, previous } = question;
	const allowance = allowanceOf(question);
	const policy = policyFor(question, allowance);
	const isBegun = previous !== undefined && hasBegun(previous, now);
	const begun = isBegun ? permittedBy(previous, request.workspace) : undefined;
	const window = begun
		? readRunningWindow(request, policy, now, begun.grant.startAt)
		: readWindow(request, policy, now);
	const eligibility = eligibleHosts(request, calendar.hosts);
	const wished = previous === undefined ? request.workspace : withStandingKey(request.workspace, previous);
	const workspace = boundedWorkspace(wished, policy);
	const hosts = eligibility.hosts === undefined ? {} : { hosts: eligibility.hosts };
	const pricing = pricingOf(question, begun);
	const room: Room = {
		calendar,
		policy,
		now,
		workspace,
		...hosts,
		...(pricing === undefined ? {} : { pricing }),
		...(allowance === undefined ? {} : { allowance }),
	};
	const scene: Scene = { room, ...(begun === undefined ? {} : { begun }) };

	const wanted = sizingOf(request, policy, imageDiskBytes(policy, workspace), previous?.grant);
	const standing = begun?.running ? begun.grant : undefined;
	const sizing = standing === undefined ? wanted : standingSizing(wanted, standing, policy);
	const choices = choicesOf(sizing, policy, begun);
	const finalReasons = [
		...findObstacles(request, violations, policy),
		...(standing === undefined ? [] : workspaceObstacles(standing, request)),
		...window.finalReasons,
		...currencyReasons(request, policy),
		...verdictReasons(question.verdict),
	];
	const reasons = [...eligibility.reasons, ...window.reasons];
	const asked = choices[0]?.sizes;
	const limits = asked === undefined ? explainChoices(wanted, sizing) : limitReasons(asked, sizing, scene);
	(asked === undefined ? finalReasons : reasons).push(...limits);

	let found: Attempt | undefined;
	const { starts } = window;
	if (asked !== undefined && starts !== undefined && eligibility.reasons.length === 0 && isExact(asked)) {
		found = attemptChoices(scene, choices, starts, request.prefersLargest);
		if (found === undefined) reasons.push(...explainAttempt(scene, asked, starts));
	}
	const judgement = {
		finalReasons,
		reasons,
		scene,
		window,
		eligibility,
		sizing,
		...(asked === undefined ? {} : { asked }),
	};
	if (found === undefined || finalReasons.length > 0 || reasons.length > 0) return judgement;
	return { ...judgement, attempt: found };
}

/** On which terms the asker buys; what an earlier revision has used up stays paid as it was. */
function pricingOf(
	{ request, policy, party, now, verdict }: Question,
	begun: PreviousGrant | undefined,
): Pricing | undefined {
	const { prices: model } = policy;
	if (model === undefined || party === undefined) return undefined;
	const { vo } = party;
	const ceiling = request.priceCeiling && ceilingOf(request.priceCeiling, model);
	const terms = { model, vo, percent: percentUnder(verdict), ...(ceiling === undefined ? {} : { ceiling }) };
	if (begun === undefined) return terms;
	const amount =
		begun.price === undefined ? 0n : usedUntil(begun.grant, now, policy, pricedBefore(begun.price, model, vo));
	return { ...terms, used: { amount, untilAt: Math.max(now, begun.grant.startAt) } };
}

/** What the asker's VO may have and has; absent where nothing is limited. */
function allowanceOf({ policy: { quotas }, party, usage }: Question): Allowance | undefined {
	if (quotas === undefined || party === undefined || usage === undefined) return undefined;
	const vo = accountOf(quotas, party.vo);
	const limits = quotas.vos.get(vo);
	return limits && { vo, limits, borrowSeconds: quotas.borrowSeconds, usage };
}

/** The policy with the VO's own limits on windows. Notice is given once: a change of what was agreed needs none. */
function policyFor(question: Question, allowance: Allowance | undefined): SitePolicy {
	const { party, previous } = question;
	const policy = policyUnder(question.policy, question.verdict);
	const { leadTimeSeconds = policy.leadTimeSeconds, durationSecondsMax = policy.durationSecondsMax } =
		allowance?.limits ?? {};
	const notice = party === undefined || previous !== undefined ? 0 : leadTimeSeconds;
	if (notice === policy.leadTimeSeconds && durationSecondsMax >= policy.durationSecondsMax) return policy;
	const longest = Math.max(policy.durationSecondsMin, Math.min(durationSecondsMax, policy.durationSecondsMax));
	return { ...policy, leadTimeSeconds: notice, durationSecondsMax: longest };
}

function currencyReasons({ priceCeiling }: ServiceRequest, { prices }: SitePolicy): Reason[] {
	if (priceCeiling === undefined || prices === undefined || priceCeiling.currency === prices.currency) return [];
	const { currency: asked, path } = priceCeiling;
	const available = prices.currency;
	const message = `The prices of this site are in ${available}; the offer pays in ${asked}.`;
	return [{ code: 'CURRENCY_UNKNOWN', message, path, resource: 'price', asked, available }];
}

/** Whether the arithmetic of the calendar is exact for these sizes; no site comes near the bounds. */
export function isExact({ machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond }: Sizes): boolean {
	return (
		machineCount <= COUNT_MAX &&
		cpuCount <= COUNT_MAX &&
		Math.max(memoryBytes, diskBytes, networkBitsPerSecond) <= AMOUNT_MAX
	);
}

/** The calendar counts up to a million machines, and a million CPUs are 10^9 millicores. */
const COUNT_MAX = 1_000_000;
/** A pebibyte, and a petabit a second: with overhead and saved memory their sum stays below 2^53. */
const AMOUNT_MAX = 2 ** 50;

/** Smallest sizes worth trying, with the sizing that they come from. */
interface Choice {
	readonly sizes: Sizes;
	readonly sizing: Sizing;
}

/**
 * The choices in the order in which they are tried. Where machines run and may not restart, what they can become as
 * they run comes first. Sizes beyond the policy's limits stand there only where the ranges admit no others.
 */
function choicesOf(sizing: Sizing, policy: SitePolicy, begun: PreviousGrant | undefined): readonly Choice[] {
	const smallest = (from: Sizing): Choice[] => smallestChoices(from).map((sizes) => ({ sizes, sizing: from }));
	const ordinary = smallest(sizing);
	const staysLive = begun?.running === true && !begun.allowRestart;
	const all = staysLive ? [...smallest(liveSizing(sizing, begun.grant, policy)), ...ordinary] : ordinary;
	const allowed = all.filter(({ sizes }) => sizes.cpuCount <= policy.cpuCountMax);
	if (allowed.length > 0) return allowed;
	if (all.length > 0) return all;
	const beyond = sizesBeyondLimit(sizing);
	return beyond === undefined ? [] : [{ sizes: beyond, sizing }];
}

function attemptChoices(
	scene: Scene,
	choices: readonly Choice[],
	starts: Starts,
	prefersLargest: boolean,
): Attempt | undefined {
	for (const { sizes, sizing } of choices) {
		const found = attempt(scene, sizes, starts);
		if (found !== undefined) return prefersLargest ? grow(scene, sizing, found) : found;
	}
	return undefined;
}

/** Why there are no sizes: the ranges hold none, or none without disks that shrink. */
function explainChoices(wanted: Sizing, narrowed: Sizing): readonly Reason[] {
	const [smallest] = smallestChoices(wanted);
	return smallest === undefined ? explainSizes(wanted) : [shrinkObstacle(wanted, narrowed, smallest.diskBytes)];
}

/** Limits that even the smallest sizes exceed. */
function limitReasons(asked: Sizes, sizing: Sizing, { room }: Scene): Reason[] {
	const { policy, calendar, workspace } = room;
	const reasons: Reason[] = [];
	if (asked.machineCount > sizing.countMax) reasons.push(...explainSizes(sizing));
	if (asked.cpuCount > policy.cpuCountMax) {
		const limit = policy.cpuCountMax;
		const message = `A machine has at most ${limit} virtual CPUs here; ${asked.cpuCount} were asked.`;
		const path = sizing.grids.cpuCount.individual?.path ?? sizing.grids.cpuCount.total?.path;
		const blame = path === undefined ? {} : { path };
		reasons.push({ code: 'LIMIT_EXCEEDED', message, ...blame, resource: 'cpus', asked: asked.cpuCount, limit });
	}
	// Exact sizes are compared with what the hosts have when the calendar explains itself.
	return isExact(asked)
		? reasons
		: [...reasons, ...oversizeReasons(demandOf(asked, workspace, policy), calendar.hosts)];
}

/** The retention as far as the policy goes: beyond it, there is a reason already, and capacity is asked up to it. */
function boundedWorkspace(workspace: WorkspaceTerm, { retentionSecondsMax }: SitePolicy): WorkspaceTerm {
	if (workspace.retentionSeconds <= retentionSecondsMax) return workspace;
	return { ...workspace, retentionSeconds: retentionSecondsMax };
}
