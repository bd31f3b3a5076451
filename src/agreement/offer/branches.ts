/** The services that an offer can be read as: one where it leaves nothing open, else one for each way to choose. */
import { gradual, part } from '../../parts.ts';
import type { DocumentIssue } from '../../xml/element.ts';
import { addIssue, ISSUES_MAX, type Reading } from '../document.ts';
import type { ServiceRequest } from '../terms/service.ts';
import { flattenTerms } from '../terms/terms.ts';
import type { DurationUnit } from '../terms/window.ts';
import { type ResolvedOffer, resolveChoices } from './choices.ts';
import { type IgnoredExtension, ignoredExtensions, withIgnored } from './ignored-extensions.ts';
import type { Offer } from './offer.ts';
import { serviceRequestOf } from './request.ts';

/** One way to resolve an offer, and the service that it then asks for. */
export interface OfferBranch extends ResolvedOffer {
	readonly request: ServiceRequest;
	/** Names of the terms that are in force by choice; no two branches of an offer have the same. Empty: none is. */
	readonly terms: readonly string[];
	/** Sum of the utilities that the Preferences in force give to terms in force. */
	readonly utility: number;
}

/**
 * Reads the offer in every way in which its choices can be made, in the order of `resolveChoices`. A way in which it
 * cannot be read is left out, as long as there is one in which it can; what is wrong with a branch of its own is then
 * a remark of the others.
 */
export function readBranches(
	offer: Offer,
	template: { readonly durationUnit?: DurationUnit },
): Reading<readonly OfferBranch[]> {
	const resolved = part(() => resolveChoices(offer));
	if (!resolved.ok) return resolved;
	const ignored = part(() => ignoredExtensions(offer));
	if (resolved.value.length === 1) return readOnly(resolved.value[0]!, template, ignored);
	const branches: OfferBranch[] = [];
	const faulty: Faulty[] = [];
	const chosenSomewhere = new Set(resolved.value.flatMap(({ chosen }) => chosen.flatMap(({ terms }) => terms)));
	for (const way of resolved.value) {
		const reading = gradual(() => serviceRequestOf(way.offer, template, chosenSomewhere));
		if (!reading.ok) {
			faulty.push({ ...way, issues: reading.issues });
			continue;
		}
		const utility = part(() => utilityOf(way.offer));
		const terms = [...new Set(way.chosen.flatMap((choice) => choice.terms))];
		const chosen = way.chosen.length === 0 ? {} : { chosen: way.chosen };
		const request = withIgnored({ ...reading.value, ...chosen }, ignored, way.offer);
		branches.push({ ...way, request, terms, utility });
	}
	if (branches.length === 0) return { ok: false, issues: eachOnce(faulty.flatMap(({ issues }) => issues)) };
	const remarks = faulty.filter(isOfOneBranchEach).flatMap(remarkOn);
	if (remarks.length === 0) return { ok: true, value: branches };
	const value = branches.map((branch) => {
		const { request } = branch;
		return { ...branch, request: { ...request, remarks: [...request.remarks, ...remarks] } };
	});
	return { ok: true, value };
}

/** An offer that leaves nothing open; nothing is compared. */
function readOnly(
	way: ResolvedOffer,
	template: { readonly durationUnit?: DurationUnit },
	ignored: readonly IgnoredExtension[],
): Reading<readonly OfferBranch[]> {
	const reading = gradual(() => serviceRequestOf(way.offer, template));
	if (!reading.ok) return reading;
	return { ok: true, value: [{ ...way, request: withIgnored(reading.value, ignored), terms: [], utility: 0 }] };
}

interface Faulty extends ResolvedOffer {
	readonly issues: readonly DocumentIssue[];
}

/** What the initiator likes about these terms, by its Preferences (GFD.192, 4.2.6.5). */
function utilityOf({ terms }: Offer): number {
	const inForce = flattenTerms(terms.terms);
	const names = new Set(inForce.map(({ name }) => name));
	let sum = 0;
	for (const term of inForce) {
		if (term.kind !== 'GuaranteeTerm') continue;
		for (const { termName, utility } of term.businessValues.preferences) {
			// INF and -INF are floats too; their sum would be none.
			if (names.has(termName)) sum += Math.min(UTILITY_MAX, Math.max(-UTILITY_MAX, utility));
		}
	}
	return sum;
}

/** Beyond the largest xs:float; five hundred of them do not overflow. */
const UTILITY_MAX = 1e39;

/** Branches combined by OneOrMore may well contradict each other; one that cannot be read alone is a mistake. */
function isOfOneBranchEach({ chosen }: Faulty): boolean {
	return chosen.every(({ branches }) => branches.length === 1);
}

function remarkOn({ chosen, issues }: Faulty): DocumentIssue[] {
	const inner = chosen.at(-1);
	const [first] = issues;
	if (inner === undefined || first === undefined) return [];
	const remarks: DocumentIssue[] = [];
	const message = `The branch with ${inner.terms.join(', ')} cannot be read and is left out: ${first.path}: ${first.message}`;
	addIssue(remarks, 'CHOICE_UNREADABLE', inner.path, message);
	return remarks;
}

/** Each thing once, in order, as many as are told of one document. */
export function eachOnce(issues: readonly DocumentIssue[]): readonly DocumentIssue[] {
	const all = [...new Map(issues.map((issue) => [`${issue.code} ${issue.path} ${issue.message}`, issue])).values()];
	const told = all.slice(0, ISSUES_MAX);
	const next = all[ISSUES_MAX];
	// Of one beyond a hundred it only says that there is more.
	if (next !== undefined) addIssue(told, 'TOO_MANY_ISSUES', next.path, next.message);
	return told;
}
