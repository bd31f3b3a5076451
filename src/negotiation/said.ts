/** What a site's own policy said to what could be had, one thing after the other: what is granted or held is one of them. */
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import type { Price } from '../agreement/terms/quote.ts';
import { type GrantedService, type ServiceGrant, servicesOf } from '../agreement/terms/service.ts';
import type { Decision, Reason } from './decision.ts';
import { percentUnder, type Verdict, verdictReasons } from './verdict.ts';

/** What could be had: what of it a policy can judge. On which hosts it would lie may change while that is asked. */
export interface Obtainable {
	readonly grant: ServiceGrant;
	readonly effects: readonly ChangeEffect[];
	/** At the price that follows from the rest, times the percent. */
	readonly price?: Price;
	/** Names of the terms that it chooses; absent: nothing was left open. */
	readonly branch?: readonly string[];
}

/** What was asked about, when (epoch seconds), and what was said to it. */
export interface Said {
	readonly what: Obtainable;
	readonly at: number;
	readonly verdict: Verdict;
}

/** Whether it was allowed; or why not: it was denied, there was no answer, or the policy has not seen it. */
export type Say =
	| { readonly kind: 'allowed' }
	| { readonly kind: 'denied'; readonly reasons: readonly Reason[]; readonly message: string }
	| { readonly kind: 'unanswered' | 'unasked'; readonly reasons: readonly Reason[] };

/** What the policy said to an offer, and to what could be had of it; without `said` there is none, or it was not asked. */
interface Asked {
	readonly verdict?: Verdict;
	readonly said?: readonly Said[];
}

/** What the policy says to what could be had; undefined where there is none, or it is only about to be asked. */
export function sayingOf({ said, verdict }: Asked, now: number): ((what: Obtainable) => Say) | undefined {
	if (said === undefined) return undefined;
	// Of a refusal thousands of sizes are looked up in what was said.
	const alike = Map.groupBy(said, ({ what }) => keyOf(what));
	return (what) => saidTo(alike.get(keyOf(what)) ?? [], what, now, verdict);
}

/**
 * What the policy said of one branch of an offer, where it denied what would be granted: something else within the offer
 * that it allows is granted then, and in a rehearsal what it might be asked about is told.
 */
export interface Replies {
	readonly sayTo: (what: Obtainable) => Say;
	/** What was allowed and what was denied, whatever it would do to machines that run. */
	readonly sayToGrant: (grant: ServiceGrant) => 'allowed' | 'denied' | undefined;
	/** What it was asked about, in the order in which it was. */
	readonly shown: readonly ServiceGrant[];
	readonly isRehearsal: boolean;
}

/** What it said to what can be had of the branch with these terms. */
export function repliesTo(
	{ said = [], isRehearsal = false, ...asked }: Asked & { readonly isRehearsal?: boolean },
	terms: readonly string[],
	now: number,
): Replies {
	const sayToAny = sayingOf({ said, ...asked }, now)!;
	const sayTo = (what: Obtainable): Say => sayToAny(withBranch(what, terms));
	const ofBranch = said.map(({ what }) => what).filter(({ branch = [] }) => branch.join() === terms.join());
	const effectsShown = new Map(ofBranch.map(({ effects }) => [JSON.stringify(toldOf(effects)), effects]));
	return {
		sayTo,
		sayToGrant: (grant) => {
			const says = [...effectsShown.values()].map((effects) => sayTo({ grant, effects }).kind);
			if (says.includes('allowed')) return 'allowed';
			return says.includes('denied') ? 'denied' : undefined;
		},
		shown: ofBranch.map(({ grant }) => grant),
		isRehearsal,
	};
}

/** With the choices of its branch, where it does not name its own. */
export function withBranch<T extends Obtainable>(what: T, terms: readonly string[]): T {
	return what.branch !== undefined || terms.length === 0 ? what : { ...what, branch: terms };
}

/** Of what was said to things alike but for their start the last answer about it counts; `verdict` is the one under which it was found. */
function saidTo(alike: readonly Said[], what: Obtainable, now: number, verdict: Verdict | undefined): Say {
	const last = alike.findLast((each) => isThen(each.what, what, now - each.at))?.verdict;
	if (last === undefined) return { kind: 'unasked', reasons: [NOT_SEEN] };
	if (last === verdict || last.kind === 'allow') return { kind: 'allowed' };
	if (last.kind === 'unreachable') return { kind: 'unanswered', reasons: verdictReasons(last) };
	if (last.kind === 'amend' && isWithin(what, last)) return { kind: 'allowed' };
	const { message = 'it amends it.' } = last;
	return { kind: 'denied', reasons: verdictReasons({ kind: 'deny', message }), message };
}

const NOT_SEEN: Reason = {
	code: 'POLICY_UNREACHABLE',
	message: "The site's own policy did not decide: what can be had changed while it was asked.",
	remedy: { text: 'send the offer again, or agree to what is told Advisory: the policy is asked anew then' },
};

/** The decision as far as the policy has not denied what it comes to; what it was not asked about is no grant. */
export function decisionUnder<D extends Decision>(
	decision: D,
	sayTo: (what: Obtainable) => Say,
	isRehearsal: boolean,
): D | Extract<Decision, { kind: 'counter' | 'reject' }> {
	if (decision.kind === 'reject') return decision;
	if (decision.kind === 'accept') {
		const say = sayTo(decision);
		if (say.kind === 'allowed' || (say.kind === 'unasked' && isRehearsal)) return decision;
		return { kind: 'reject', reasons: say.reasons };
	}
	const { left, reasons } = withoutDenied(decision.alternatives, sayTo);
	if (left.length === decision.alternatives.length) return decision;
	if (left.length === 0) return { kind: 'reject', reasons: [...decision.reasons, ...reasons] };
	return { ...decision, alternatives: left.map((each, index) => ({ ...each, rank: index + 1 })) };
}

/** What the policy has not denied, and why where that is nothing. */
export function withoutDenied<T extends Obtainable>(
	all: readonly T[],
	sayTo: (what: Obtainable) => Say,
): { readonly left: readonly T[]; readonly reasons: readonly Reason[] } {
	const says = all.map(sayTo);
	const left = all.filter((_, index) => says[index]!.kind !== 'denied');
	const [first] = says;
	return { left, reasons: left.length > 0 || first === undefined || first.kind === 'allowed' ? [] : first.reasons };
}

/** What begins at once, or as soon as notice can be given, begins later by as long as the asking took. */
function isThen(shown: Obtainable, found: Obtainable, secondsSince: number): boolean {
	const later = found.grant.startAt - shown.grant.startAt;
	return later >= 0 && later <= secondsSince;
}

function keyOf({ grant: { startAt, endAt, ...grant }, effects, branch = [] }: Obtainable): string {
	return JSON.stringify([endAt - startAt, grant, toldOf(effects), branch]);
}

function toldOf(effects: readonly ChangeEffect[]) {
	return effects.map(({ kind, machines }) => [kind, machines]);
}

/** Whether an amendment leaves it as it is. */
function isWithin(what: Obtainable, verdict: Amendment): boolean {
	const { price } = what;
	return keepsToLimits(what, verdict) && (price === undefined || (price.percent ?? 100) === percentUnder(verdict));
}

/** Whether it is within the limits of an amendment, whatever it costs then. */
export function keepsToLimits({ grant }: Obtainable, { limits }: Amendment): boolean {
	const { machinesMax = Infinity, cpuCountMax = Infinity, memoryBytesMax = Infinity } = limits;
	const services = servicesOf<GrantedService>(grant);
	const machines = services.reduce((sum, { machineCount }) => sum + machineCount, 0);
	return (
		machines <= machinesMax &&
		services.every(({ cpuCount, memoryBytes }) => cpuCount <= cpuCountMax && memoryBytes <= memoryBytesMax) &&
		grant.endAt - grant.startAt <= (limits.durationSecondsMax ?? Infinity)
	);
}

type Amendment = Extract<Verdict, { kind: 'amend' }>;
