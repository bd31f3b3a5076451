/** Which hosts a service may use, by what it names and by what they have; and why none is left. */
import { contains, printRange } from '../../agreement/jsdl/range.ts';
import type { RequestedService } from '../../agreement/terms/service.ts';
import type { Host } from '../../capacity/resources.ts';
import type { Reason, Remedy } from '../decision.ts';
import { HOST_LABELS } from '../policy/policy.ts';

/** Which hosts a service may use. */
export interface Eligibility {
	/** In the calendar's order; absent: all of them. */
	readonly hosts?: readonly string[];
	/** Hosts that would suit and that CandidateHosts leaves out. */
	readonly others: readonly string[];
	/** Where no host is left, those that would be with what the remedies say; absent: all. */
	readonly known?: readonly string[];
	/** Why no host is left. */
	readonly reasons: readonly Reason[];
}

/**
 * Finds the hosts that CandidateHosts names and that have what is asked. O(hosts), O(1) where nothing is asked, or only
 * what was asked before.
 */
export function eligibleHosts(request: RequestedService, hosts: readonly Host[]): Eligibility {
	const wishes = wishesOf(request);
	if (wishes.length === 0 && request.candidateHosts.length === 0) return { others: [], reasons: [] };
	if (request.candidateHosts.length > 0) return findEligible(request, wishes, hosts);
	const known = suiting.get(hosts) ?? new Map<string, Eligibility>();
	suiting.set(hosts, known);
	const key = JSON.stringify(wishes.map(({ subject, label, exactly }) => [subject, label, exactly]));
	const before = known.get(key);
	if (before !== undefined) return before;
	const found = findEligible(request, wishes, hosts);
	if (found.reasons.length > 0 || key.length > WISHES_CHARACTERS_MAX) return found;
	if (known.size === WISHES_MAX) known.clear();
	known.set(key, found);
	return found;
}

/** The hosts that have what was asked before: nearly all offers ask for the same two or three. */
const suiting = new WeakMap<readonly Host[], Map<string, Eligibility>>();
/** Together with the names of 10,000 hosts each, 5 MB. */
const WISHES_MAX = 64;
const WISHES_CHARACTERS_MAX = 512;

function findEligible(request: RequestedService, wishes: readonly Wish[], hosts: readonly Host[]): Eligibility {
	const named = new Set(request.candidateHosts);
	const known = named.size === 0 ? hosts : hosts.filter(({ name }) => named.has(name));
	const suits = (host: Host): boolean => wishes.every((wish) => wish.isMetBy(host));
	const chosen = known.filter(suits).map(({ name }) => name);
	const others = hosts
		.filter((host) => known !== hosts && !named.has(host.name) && suits(host))
		.map(({ name }) => name);
	if (chosen.length > 0) return { hosts: chosen, others, reasons: [] };
	const candidates = known.length > 0 ? known : hosts;
	const isUnsuitable = wishes.length > 0 && (known.length > 0 || others.length === 0);
	const unsuitable = isUnsuitable ? unsuitableReasons(wishes, candidates) : [];
	const unknown = known.length > 0 ? [] : [unknownReason(request, hosts, others)];
	const reasons = [...unknown, ...unsuitable];
	const suiting = isUnsuitable ? candidates.filter((host) => suitsRemedied(wishes, candidates, host)) : [];
	const meant = suiting.length > 0 ? suiting.map(({ name }) => name) : others;
	return { hosts: [], others, reasons, ...(meant.length === 0 ? {} : { known: meant }) };
}

/** As many hosts or labels as a message can name without drowning. */
export const NAMED_MAX = 8;

/** One property that a host must have. */
interface Wish {
	readonly subject: string;
	readonly label: string;
	readonly asked: string;
	/** All of what is asked: of a range of many parts `asked` shows the first. */
	readonly exactly: string;
	readonly path?: string;
	readonly isMetBy: (host: Host) => boolean;
}

function wishesOf(request: RequestedService): Wish[] {
	const { operatingSystem, cpuArchitecture, cpuSpeedHz, workspace, paths = {} } = request;
	const wishes: Wish[] = [];
	const addName = (subject: string, label: string, asked: string | undefined, path: string | undefined): void => {
		if (asked === undefined) return;
		wishes.push({
			subject,
			label,
			asked,
			exactly: asked,
			...at(path),
			isMetBy: ({ labels }) => labels[label] === asked,
		});
	};
	addName('operating system', HOST_LABELS.operatingSystem, operatingSystem, paths.operatingSystem);
	addName('CPU architecture', HOST_LABELS.cpuArchitecture, cpuArchitecture, paths.cpuArchitecture);
	for (const [label, asked] of Object.entries(workspace.placement?.labels ?? {}))
		addName(`label ${label}`, label, asked, paths.labels?.[label]);
	if (cpuSpeedHz !== undefined) {
		const label = HOST_LABELS.cpuSpeedHz;
		wishes.push({
			subject: 'CPU speed',
			label,
			asked: printRange(cpuSpeedHz.range),
			exactly: cpuSpeedHz.range.intervals
				.map(({ lower, lowerOpen, upper, upperOpen }) => `${lower} ${lowerOpen} ${upper} ${upperOpen}`)
				.join(),
			path: cpuSpeedHz.path,
			isMetBy: ({ labels }) => labels[label] !== undefined && contains(cpuSpeedHz.range, Number(labels[label])),
		});
	}
	return wishes;
}

function unknownReason(
	{ candidateHosts: asked, paths }: RequestedService,
	hosts: readonly Host[],
	suiting: readonly string[],
): Reason {
	const names = hosts.map(({ name }) => name);
	const best = suiting.length > 0 ? suiting : names;
	const some = best.slice(0, NAMED_MAX).join(', ');
	return {
		code: 'HOST_UNKNOWN',
		message: `None of the CandidateHosts (${listed(asked)}) is a host of this site.`,
		...at(paths?.candidateHosts),
		asked: listed(asked),
		available: listed(names),
		...(some === '' ? {} : { remedy: { text: `say ${some}`, allowed: some } }),
	};
}

/** The wishes that no host meets; where each is met by some host, that no host meets all. */
function unsuitableReasons(wishes: readonly Wish[], hosts: readonly Host[]): Reason[] {
	const unmet = wishes.filter((wish) => !hosts.some(wish.isMetBy));
	if (unmet.length === 0) {
		const asked = wishes.map((wish) => `${wish.subject} ${wish.asked}`).join(', ');
		const [path, ...relatedPaths] = wishes.flatMap((wish) => wish.path ?? []);
		const where = path === undefined ? {} : { path, relatedPaths };
		const remedy = remedyFor(nearestHost(wishes, hosts), wishes);
		const message = `No host has all of these together: ${asked}.`;
		return [{ code: 'HOST_UNSUITABLE', message, ...where, asked, remedy }];
	}
	return unmet.map(({ subject, label, asked, path }) => {
		const stated = [...new Set(hosts.flatMap(({ labels }) => labels[label] ?? []))];
		const isEverywhere = hosts.every(({ labels }) => labels[label] !== undefined);
		const available = listed(isEverywhere ? stated : [...stated, 'not stated']);
		const [first] = stated;
		const remedy =
			first === undefined
				? { text: 'leave it out' }
				: { text: `say ${stated.slice(0, NAMED_MAX).join(' or ')}`, allowed: first };
		const message = `No host that may be used has the ${subject} ${asked}; there is: ${available}.`;
		return { code: 'HOST_UNSUITABLE', message, ...at(path), asked, available, remedy };
	});
}

/** The host that lacks least of what no host has together. */
function nearestHost(wishes: readonly Wish[], hosts: readonly Host[]): Host {
	return hosts.reduce((best, host) => {
		return lackedBy(host, wishes).length < lackedBy(best, wishes).length ? host : best;
	});
}

function lackedBy(host: Host, wishes: readonly Wish[]): readonly Wish[] {
	return wishes.filter(({ isMetBy }) => !isMetBy(host));
}

/** What would have to be said otherwise, or not at all, so that this host suits. */
function remedyFor(host: Host, wishes: readonly Wish[]): Remedy {
	const lacked = lackedBy(host, wishes);
	const changes: { path: string; asked: string; allowed: string }[] = [];
	const said = lacked.map(({ subject, label, asked, path }) => {
		const allowed = host.labels[label];
		if (allowed === undefined) return `leave the ${subject} out`;
		if (path !== undefined) changes.push({ path, asked, allowed });
		return `say ${allowed} for the ${subject}`;
	});
	const text = said.join(' and ');
	return changes.length === lacked.length ? { text, changes } : { text };
}

/** Whether a host is what the remedies of what no host has would leave. */
function suitsRemedied(wishes: readonly Wish[], hosts: readonly Host[], host: Host): boolean {
	const isTogether = wishes.every((wish) => hosts.some(wish.isMetBy));
	const nearest = isTogether ? nearestHost(wishes, hosts) : undefined;
	return wishes.every((wish) => {
		if (nearest === undefined ? hosts.some(wish.isMetBy) : wish.isMetBy(nearest)) return wish.isMetBy(host);
		const stating = nearest ?? hosts.find(({ labels }) => labels[wish.label] !== undefined);
		const stated = stating?.labels[wish.label];
		return stated === undefined || host.labels[wish.label] === stated;
	});
}

function at(path: string | undefined): { path?: string } {
	return path === undefined ? {} : { path };
}

export function listed(names: readonly string[]): string {
	const shown = names.slice(0, NAMED_MAX).join(', ');
	return names.length > NAMED_MAX ? `${shown} and ${names.length - NAMED_MAX} more` : shown;
}
