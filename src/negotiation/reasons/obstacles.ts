/**
 * What is in the way of an offer whatever its sizes and its window are: what the template says of other things, the image, terms
 * that this site can neither enforce nor measure, and hosts that do not exist or do not suit.
 */

import { contains, printRange } from '../../agreement/jsdl/range.ts';
import type { OfferViolation } from '../../agreement/offer/violations.ts';
import type { ConstraintViolation } from '../../agreement/template/violation.ts';
import { type RequestedService, type ServiceRequest, servicesOf } from '../../agreement/terms/service.ts';
import type { Host } from '../../capacity/resources.ts';
import type { Reason, Remedy } from '../decision.ts';
import { HOST_LABELS, type SitePolicy } from '../policy/policy.ts';

/** Every obstacle that no other size, time or host removes. O(violations + unsupported terms). */
export function findObstacles(
	request: ServiceRequest,
	violations: readonly OfferViolation[],
	policy: SitePolicy,
): readonly Reason[] {
	const services = servicesOf<RequestedService>(request);
	const each = (reasonsOf: (service: RequestedService, policy: SitePolicy) => Reason[]): Reason[] => {
		if (services.length === 1) return reasonsOf(request, policy);
		return services.flatMap((service) => {
			return reasonsOf(service, policy).map((reason) => ({ ...reason, serviceName: service.serviceName }));
		});
	};
	return [
		...violations.filter(({ isOfGrant }) => !isOfGrant).map(violationReason),
		...each(imageReasons),
		...unsupportedReasons(request, policy),
		...each(enforcementReasons),
		...each(retentionReasons),
	];
}

/** What goes beyond the template and could be left out of a grant: a size, a time, a host, a price. */
export function grantReasons(violations: readonly OfferViolation[]): readonly Reason[] {
	return violations.filter(({ isOfGrant }) => isOfGrant).map(violationReason);
}

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
const NAMED_MAX = 8;

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

/** A constraint that is not kept to, as a reason. */
export function violationReason(violation: ConstraintViolation): Reason {
	const { path, found, allowed, nearest, message } = violation;
	const remedy = remedyOf(violation);
	return {
		code: 'CREATION_CONSTRAINT',
		message,
		path,
		...(found === undefined ? {} : { asked: found }),
		...(nearest === undefined ? {} : { available: nearest }),
		...(remedy === undefined ? {} : { remedy }),
		limit: allowed,
	};
}

/** Where it takes more words than the nearest value. */
function remedyOf({ nearest, near, changes }: ConstraintViolation): Remedy | undefined {
	const beyond = near === undefined ? '' : ', or what is nearer, if anything is';
	const value = {
		...(near === undefined ? {} : { near }),
		...(nearest === undefined ? {} : { allowed: nearest }),
	};
	if (changes === undefined) return near === undefined ? undefined : { text: `say ${near}${beyond}`, ...value };
	const said = changes.slice(0, NAMED_MAX).map(({ path, to }) => `${to} at ${path}`);
	const more = changes.length > NAMED_MAX ? [`${changes.length - NAMED_MAX} more`] : [];
	return {
		text: `say together ${[...said, ...more].join(' and ')}${beyond}`,
		...value,
		changes: changes.map(({ path, found, to }) => ({ path, asked: found, allowed: to })),
	};
}

/** The digest names the image; a name that belongs to another image contradicts it. */
function imageReasons({ workspace, workspacePath: path }: RequestedService, { images }: SitePolicy): Reason[] {
	const { imageName, imageDigest } = workspace;
	const known = images.get(imageDigest);
	if (known?.name === imageName) return [];
	const namesake = [...images].find(([, image]) => image.name === imageName);
	const asked = `${imageName} ${imageDigest}`;
	if (namesake !== undefined) {
		const message = `The image ${imageName} of this site is ${namesake[0]}, not ${imageDigest}.`;
		return [{ code: 'IMAGE_UNKNOWN', message, path, asked, available: namesake[0] }];
	}
	if (known !== undefined) return [];
	return [{ code: 'IMAGE_UNKNOWN', message: `This site has no image ${imageName} (${imageDigest}).`, path, asked }];
}

function unsupportedReasons(request: ServiceRequest, policy: SitePolicy): Reason[] {
	const reasons: Reason[] = [];
	const isOneOfSeveral = request.others !== undefined;
	for (const { kind, path, serviceName, subject, why } of request.unsupported) {
		if (kind === 'measure' && policy.measurableKpis.includes(subject)) continue;
		const code = kind === 'measure' ? 'NOT_MEASURABLE' : 'NOT_ENFORCEABLE';
		const named = isOneOfSeveral && serviceName !== undefined ? { serviceName } : {};
		const remedy = { text: kind === 'measure' ? 'leave the guarantee out' : `leave ${subject} out` };
		reasons.push({ code, message: `${subject}: ${why}.`, path, ...named, asked: subject, remedy });
	}
	return reasons;
}

function enforcementReasons(request: RequestedService, policy: SitePolicy): Reason[] {
	const reasons: Reason[] = [];
	if (request.networkBitsPerSecond !== undefined && !policy.abilities.networkShaping) {
		const { path, range } = request.networkBitsPerSecond;
		const message = 'The kernel of this site cannot shape network bandwidth, so none can be agreed.';
		reasons.push({
			code: 'NOT_ENFORCEABLE',
			message,
			path,
			resource: 'networkBitsPerSecond',
			asked: printRange(range),
			available: 0,
			remedy: { text: 'leave IndividualNetworkBandwidth out' },
		});
	}
	return reasons;
}

function retentionReasons({ workspace, workspacePath: path }: RequestedService, policy: SitePolicy): Reason[] {
	const asked = workspace.retentionSeconds;
	const limit = policy.retentionSecondsMax;
	if (asked <= limit) return [];
	const message = `Machines are kept at most ${limit} seconds after their window; ${asked} were asked.`;
	return [{ code: 'LIMIT_EXCEEDED', message, path, resource: 'time', asked, limit }];
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
		return [{ code: 'HOST_UNSUITABLE', message: `No host has all of these together: ${asked}.`, ...where, asked }];
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

/** Whether a host is what the remedies of what no host has would leave. */
function suitsRemedied(wishes: readonly Wish[], hosts: readonly Host[], host: Host): boolean {
	return wishes.every((wish) => {
		if (hosts.some(wish.isMetBy)) return wish.isMetBy(host);
		const stated = hosts.find(({ labels }) => labels[wish.label] !== undefined)?.labels[wish.label];
		return stated === undefined || host.labels[wish.label] === stated;
	});
}

function at(path: string | undefined): { path?: string } {
	return path === undefined ? {} : { path };
}

function listed(names: readonly string[]): string {
	const shown = names.slice(0, NAMED_MAX).join(', ');
	return names.length > NAMED_MAX ? `${shown} and ${names.length - NAMED_MAX} more` : shown;
}
