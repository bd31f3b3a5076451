/**
 * One look at an offer: it can be had, or every reason why it cannot. Nothing is proposed here; `findAlternatives`
 * looks again and again, with other starts, sizes and hosts.
 */
import type { AdmittedRange } from '../agreement/offer/admitted.ts';
import type { AdmittedWay } from '../agreement/offer/admitted-ways.ts';
import type { OfferViolation } from '../agreement/offer/violations.ts';
import type { ConstraintViolation } from '../agreement/template/violation.ts';
import type { Price } from '../agreement/terms/quote.ts';
import {
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	type WorkspaceTerm,
} from '../agreement/terms/service.ts';
import type { SiteCalendar } from '../capacity/calendar.ts';
import type { Searched } from '../capacity/search/searched.ts';
import { type Attempt, attempt, explainAttempt, explainLimits, type Scene } from './attempt.ts';
import { type Room, type ServiceRoom, THOROUGH } from './booking.ts';
import {
	hasBegun,
	type PreviousGrant,
	permittedBy,
	standingIn,
	standingSizing,
	withStandingKey,
	workspaceObstacles,
} from './change.ts';
import { attemptChoices, choicesOf, stayingChoices } from './choices.ts';
import type { Reason } from './decision.ts';
import { sizesNear } from './near-sizes.ts';
import { allowanceOf, currencyReasons, policyFor, pricingOf } from './policy/asker.ts';
import type { Pricing } from './policy/cost.ts';
import type { Holding } from './policy/hold-hurdle.ts';
import type { Allowance } from './policy/hurdles.ts';
import { imageDiskBytes, type SitePolicy } from './policy/policy.ts';
import type { VoUsage } from './policy/usage.ts';
import { explainChoices, limitReasons, ofService } from './reasons/limits.ts';
import { findObstacles, grantReasons } from './reasons/obstacles.ts';
import { type Eligibility, eligibleHosts } from './reasons/suitable-hosts.ts';
import type { Replies } from './said.ts';
import { isExact, type Sizes, type Sizing, sizesBeyondLimit, sizesOfAll, sizingOf, smallestChoices } from './sizes.ts';
import { type Verdict, verdictReasons } from './verdict.ts';
import { readRunningWindow, readWindow, unhurriedStarts, type WindowReading } from './window.ts';

/** What the judgement is asked, and all that it knows. It changes none of it. */
export interface Question {
	readonly request: ServiceRequest;
	/** What `findViolations` found in the offer. */
	readonly violations: readonly OfferViolation[];
	/**
	 * Of a renegotiation: without the previous placement, which the caller has released; what services that it leaves out
	 * keep is booked by `decide`.
	 */
	readonly calendar: SiteCalendar;
	readonly policy: SitePolicy;
	/** Epoch seconds. */
	readonly now: number;
	/**
	 * Whether the template's constraints admit the offer narrowed to this grant at this price. A function of these
	 * alone; asked only for what is about to be offered.
	 */
	readonly satisfies: (grant: ServiceGrant, price?: Price) => boolean;
	/**
	 * What the template, and whatever is Required of the answer, says of the values of a grant, read where alternatives
	 * to an offer are sought that goes beyond it; absent: only `satisfies` tells.
	 */
	readonly admitted?: () => readonly AdmittedRange[];
	/**
	 * Beside these ranges, the ways to keep to each condition that can be kept to in several (`or`), or that is `coupled`:
	 * about two values; each is one of these sets. Read where alternatives are sought; absent: there are none.
	 */
	readonly ways?: (kind: 'several' | 'coupled') => readonly (readonly AdmittedWay[])[];
	/** What is renegotiated; absent: a new agreement is asked for. */
	readonly previous?: PreviousGrant;
	/** Who asks; absent: the site itself, which pays nothing. */
	readonly party?: Asker;
	/**
	 * What of the client's own Required constraints on the answer a grant does not keep to; absent: it has none. As
	 * `satisfies`, it is asked only for what is about to be accepted. One violation is told, or of `each` constraint (of
	 * many the first) what was found, or `all` that is to be told to somebody, with where it is and the nearest values:
	 * that takes a hundred times as long as to find the first, and is asked once or twice.
	 */
	readonly unmetBy?: (grant: ServiceGrant, price?: Price, told?: 'each' | 'all') => readonly ConstraintViolation[];
	/** How many steps of checking `satisfies` and `unmetBy` have taken so far: what is looked for is bounded by them; absent: nobody counts. */
	readonly stepsSpent?: () => number;
	/** The Importance of the client's Optional constraints that a grant keeps to; absent: it has none. */
	readonly importanceOf?: (grant: ServiceGrant, price?: Price) => number;
	/** These constraints as ranges, read where alternatives are sought; absent: it has none. */
	readonly optionalDemands?: () => OptionalDemands;
	/** What the site's own policy says to the offer; absent: it has none, or was not asked. */
	readonly verdict?: Verdict;
	/** What it says to what could be had; absent: it has not denied what would be granted. */
	readonly replies?: Replies;
	/**
	 * What is accepted is only told of, and held for nobody: of the starts that the offer admits, one that lies so far
	 * ahead that there is time to send it back goes before nearer ones.
	 */
	readonly isAdvisory?: boolean;
	/**
	 * What is found is only told of, and sent back later: a change costs the most that it comes to within the grace for
	 * starts, so that it is accepted at no more than it was told to cost.
	 */
	readonly isTold?: boolean;
	/** What VOs have booked; absent where nobody has a quota. Of a renegotiation: without the previous placement. */
	readonly usage?: VoUsage;
	/** Until when the answer may be agreed to, where it is held until then; absent: it is agreed to now. */
	readonly agreedUntil?: number;
	/** Only what may be held by these limits is wanted; absent: whatever could be had. Of something new. */
	readonly holding?: Holding;
	/** Which part it has of what looking for alternatives may take, where others are looked for with it; absent: all. */
	readonly share?: number;
	/** What was found out by looking for alternatives: nothing that is answered depends on it. */
	readonly searched?: Searched;
}

/** What the client would like of a grant, beside what must be. */
export interface OptionalDemands {
	readonly items: readonly OptionalDemand[];
	/** What the template and the Required constraints admit. */
	readonly always: readonly AdmittedRange[];
}

export interface OptionalDemand {
	readonly importance: number;
	readonly admits: readonly AdmittedRange[];
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
	/** In the order of the request. */
	readonly services: readonly JudgedService[];
	/** The smallest sizes that the ranges admit, whether policy and site do or not. Absent: there are none, and nobody asked why. */
	readonly asked?: Sizes;
	/** Where nothing like these is ever granted (1.5 CPUs): the nearest that is. */
	readonly nearest?: Sizes;
}

/**
 * Judges the request. Beside the fit an acceptance costs O(1), with CandidateHosts O(hosts), with totals O(counts); a
 * refusal walks all candidate hosts to name what is short.
 */
export function judge(question: Question): Judgement {
	return lookAt(question, true);
}

/** The attempt of `judge` without any reason why there is none: what many requests are tried with. */
export function findAttempt(question: Question): Attempt | undefined {
	return lookAt(question, false).attempt;
}

function lookAt(question: Question, isExplained: boolean): Judgement {
	const { request, violations, now, previous } = question;
	const allowance = allowanceOf(question);
	const policy = policyFor(question, allowance);
	const isBegun = previous !== undefined && hasBegun(previous, now);
	const begun = isBegun ? permittedBy(previous, request.workspace) : undefined;
	const window = begun
		? readRunningWindow(request, policy, now, begun.grant.startAt)
		: readWindow(request, policy, now);
	const services = judgeServices(question, policy, begun);
	const room = roomFor(question, policy, services, pricingOf(question, begun), allowance);
	const scene: Scene = { room, ...(begun === undefined ? {} : { begun }) };
	const choices = choicesOf(services, policy, begun);
	const finalReasons = [
		...findObstacles(request, violations, policy),
		...(begun?.running ? standingObstacles(begun, services) : []),
		...window.finalReasons,
		...currencyReasons(request, policy),
		...verdictReasons(question.verdict),
	];
	const misplaced =
		services.length === 1
			? services[0]!.eligibility.reasons
			: services.flatMap((each) => ofService(services, each, each.eligibility.reasons));
	const reasons = [...grantReasons(violations), ...misplaced, ...window.reasons];
	const { starts } = window;
	const [choice] = choices;
	const near = choice === undefined && isExplained ? sizesNearAll(services) : undefined;
	const asked = choice?.sizes ?? near?.asked;
	const granted = choice?.sizes ?? near?.nearest;
	if (near !== undefined) (near.isMeant ? reasons : finalReasons).push(...explainChoices(services));
	if (granted !== undefined) reasons.push(...limitReasons(granted, services, scene));

	let found: Attempt | undefined;
	const isHopeless = finalReasons.length + reasons.length > 0;
	const isTried = choice !== undefined && starts !== undefined && misplaced.length === 0 && isExact(choice.sizes);
	if (isTried && !(isHopeless && !isExplained)) {
		const unhurried = question.isAdvisory === true ? unhurriedStarts(starts, policy, now) : undefined;
		if (unhurried !== undefined) found = attemptChoices(scene, choices, unhurried, services);
		found ??= attemptChoices(scene, stayingChoices(services, policy, begun), starts, services);
		found ??= attemptChoices(scene, choices, starts, services);
	}
	if (isExplained && found === undefined && granted !== undefined && isExact(granted)) {
		if (starts === undefined || misplaced.length > 0) {
			reasons.push(...explainLimits(onKnownHosts(scene, services), granted, window));
		} else if (isTried || attempt(scene, granted, starts) === undefined) {
			reasons.push(...explainAttempt(scene, granted, starts));
		}
	}
	const judgement: Judgement = {
		finalReasons,
		reasons,
		scene,
		window,
		services,
		...(asked === undefined ? {} : { asked }),
		...(near === undefined ? {} : { nearest: near.nearest }),
	};
	if (found === undefined || finalReasons.length > 0 || reasons.length > 0) return judgement;
	return { ...judgement, attempt: found };
}

/** The nearest sizes of all services, where the ranges of one admit none. */
function sizesNearAll(services: readonly JudgedService[]): { asked: Sizes; nearest: Sizes; isMeant: boolean } {
	const near = services.map(({ sizing }) => {
		const [own] = smallestChoices(sizing);
		const sizes = own ?? sizesBeyondLimit(sizing);
		return sizes === undefined ? sizesNear(sizing) : { asked: sizes, nearest: sizes, isMeant: true };
	});
	return {
		asked: sizesOfAll(near.map(({ asked }) => asked)),
		nearest: sizesOfAll(near.map(({ nearest }) => nearest)),
		isMeant: near.every(({ isMeant }) => isMeant),
	};
}

/** What one service of an offer comes to on this site. */
export interface JudgedService {
	readonly request: RequestedService;
	readonly eligibility: Eligibility;
	/** As far as the policy goes, with the key that stands. */
	readonly workspace: WorkspaceTerm;
	/** As it is asked, and narrowed to what its machines can become where they stand already. */
	readonly wanted: Sizing;
	readonly sizing: Sizing;
}

function judgeServices(
	{ request, calendar, previous }: Question,
	policy: SitePolicy,
	begun: PreviousGrant | undefined,
): readonly JudgedService[] {
	const before = previous && standingIn(previous);
	return servicesOf<RequestedService>(request).map((service, nth): JudgedService => {
		const standing = before?.[nth];
		const wished = standing === undefined ? service.workspace : withStandingKey(service.workspace, standing);
		const workspace = boundedWorkspace(wished, policy);
		const wanted = sizingOf(service, policy, imageDiskBytes(policy, workspace), standing);
		return {
			request: service,
			eligibility: eligibleHosts(service, calendar.hosts),
			workspace,
			wanted,
			sizing: begun?.running && standing !== undefined ? standingSizing(wanted, standing, policy) : wanted,
		};
	});
}

/** Where the services may lie, and on which terms. */
function roomFor(
	{ calendar, now, searched, holding }: Question,
	policy: SitePolicy,
	services: readonly JudgedService[],
	pricing: Pricing | undefined,
	allowance: Allowance | undefined,
): Room {
	const [first, ...others] = services;
	const { workspace, eligibility } = first!;
	const room: Room = {
		calendar,
		policy,
		now,
		workspace,
		...(eligibility.hosts === undefined ? {} : { hosts: eligibility.hosts }),
		...(pricing === undefined ? {} : { pricing }),
		...(allowance === undefined ? {} : { allowance }),
		...(holding === undefined ? {} : { holding }),
		...(searched === undefined ? {} : { searched }),
	};
	if (others.length === 0) return room;
	return { ...room, ...serviceRoom(first!), others: others.map(serviceRoom), effort: THOROUGH };
}

function serviceRoom({ request: { serviceName }, workspace, eligibility: { hosts } }: JudgedService): ServiceRoom {
	return hosts === undefined ? { serviceName, workspace } : { serviceName, workspace, hosts };
}

/** The same scene with the hosts that each service names, where none of them suits. */
function onKnownHosts(scene: Scene, services: readonly JudgedService[]): Scene {
	const named = <R extends ServiceRoom>(each: R, nth: number): R => {
		const { reasons, known } = services[nth]!.eligibility;
		if (reasons.length === 0) return each;
		const { hosts: _, ...rest } = each;
		return (known === undefined ? rest : { ...rest, hosts: known }) as R;
	};
	const room = named(scene.room, 0);
	const others = scene.room.others?.map((each, nth) => named(each, nth + 1));
	return { ...scene, room: others === undefined ? room : { ...room, others } };
}

function standingObstacles(begun: PreviousGrant, services: readonly JudgedService[]): readonly Reason[] {
	const before = standingIn(begun);
	return services.flatMap((service, nth) => {
		const standing = before[nth];
		return standing === undefined ? [] : ofService(services, service, workspaceObstacles(standing, service.request));
	});
}

/** The retention as far as the policy goes: beyond it, there is a reason already, and capacity is asked up to it. */
function boundedWorkspace(workspace: WorkspaceTerm, { retentionSecondsMax }: SitePolicy): WorkspaceTerm {
	if (workspace.retentionSeconds <= retentionSecondsMax) return workspace;
	return { ...workspace, retentionSeconds: retentionSecondsMax };
}
