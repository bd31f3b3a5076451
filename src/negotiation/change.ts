/**
 * Renegotiation: the agreement that is changed beside the request that changes it, which sizes its machines can still
 * take, and what of them never changes. What becomes of machines that run is told in effects.ts.
 */

import { exactly, intersect } from '../agreement/jsdl/range.ts';
import type { Price } from '../agreement/terms/quote.ts';
import {
	type GrantedService,
	type Permission,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	type WorkspaceTerm,
	withServices,
} from '../agreement/terms/service.ts';
import type { Placement } from '../capacity/resources.ts';
import { type GangPlacement, gangOf, placementsOf } from '../capacity/search/gang.ts';
import type { Reason } from './decision.ts';
import { imageDiskBytes, type SitePolicy } from './policy/policy.ts';
import { amountText } from './reasons/words.ts';
import type { Grid, Sizing } from './sizes.ts';

/** A service that a change leaves out, and where its machines are. */
export interface Leaving {
	readonly service: GrantedService;
	readonly placement: Placement;
}

/** The agreement that is renegotiated. Its placement is released from the calendar that decides. */
export interface PreviousGrant {
	/** Its services in the order of the request; one that is new stands among them without machines. */
	readonly grant: ServiceGrant;
	readonly placement: GangPlacement;
	/** The services that the request leaves out: their machines end as agreed. */
	readonly leaving?: readonly Leaving[];
	/** What it costs; absent where no price was agreed. */
	readonly price?: Price;
	/** Its client owes nothing for ending it now: it is kept waiting, or it is the site that changes it. */
	readonly owesNothing?: true;
	/** Whether its machines stand on their hosts with something to lose: running, paused, saved. */
	readonly running: boolean;
	/** Whether the client accepts that its machines are restarted; absent: nothing is said of it beside the offer. */
	readonly allowRestart?: boolean;
	/** The same of machines that are started anew on other hosts. */
	readonly allowMove?: boolean;
}

/**
 * What is renegotiated, with what the client permits: by the offer, else beside it, else nothing; the stricter of both.
 * A move is a restart that loses the disk, too: an offer that forbids restarts and is silent about moves forbids both.
 */
export function permittedBy(previous: PreviousGrant, { change = {} }: WorkspaceTerm): PreviousGrant {
	const { allowRestart, allowMove } = previous;
	const move = change.move ?? (change.restart === 'forbid' ? 'forbid' : undefined);
	return {
		...previous,
		allowRestart: change.restart === undefined ? allowRestart === true : isAllowed(change.restart, allowRestart),
		allowMove: move === undefined ? allowMove === true : isAllowed(move, allowMove),
	};
}

function isAllowed(inOffer: Permission, beside: boolean | undefined): boolean {
	return inOffer === 'allow' && beside !== false;
}

/** The workspace as asked, with the SSH key that stands where the offer names none: it cannot change. */
export function withStandingKey(asked: WorkspaceTerm, { workspace }: GrantedService): WorkspaceTerm {
	const { sshPublicKey } = workspace;
	if (asked.sshPublicKey !== undefined || sshPublicKey === undefined) return asked;
	return { ...asked, sshPublicKey };
}

/**
 * Where each service of a request stood in the agreement that it changes, whose services were asked by these names, in
 * their order; undefined: it is new. One service alone is the same by any name.
 */
export function positionsBefore(names: readonly string[], request: ServiceRequest): readonly (number | undefined)[] {
	const asked = servicesOf<RequestedService>(request);
	if (names.length === 1 && asked.length === 1) return [0];
	return asked.map(({ serviceName }) => {
		const nth = names.indexOf(serviceName);
		return nth < 0 ? undefined : nth;
	});
}

/**
 * The request with its services in the order of the agreement that it changes, then those that are new; undefined where
 * none of them is one of the agreement's.
 */
export function inOrderOf(names: readonly string[], request: ServiceRequest): ServiceRequest | undefined {
	const before = positionsBefore(names, request);
	if (before.every((nth) => nth === undefined)) return undefined;
	const asked = servicesOf<RequestedService>(request).map((service, nth) => ({ service, before: before[nth] }));
	const ordered = asked.toSorted((one, other) => (one.before ?? Infinity) - (other.before ?? Infinity) || 0);
	return ordered.every((each, nth) => each === asked[nth])
		? request
		: withServices(
				request,
				ordered.map(({ service }) => service),
			);
}

/** The agreement as it stands to a request in its order: what is new has no machines yet, and what is left out ends. */
export function alignedWith(names: readonly string[], previous: PreviousGrant, request: ServiceRequest): PreviousGrant {
	const before = positionsBefore(names, request);
	const { startAt, endAt, others: further = [], ...own } = previous.grant;
	const services: readonly GrantedService[] = [own, ...further];
	if (before.length === services.length && before.every((position, nth) => position === nth)) return previous;
	const placements = placementsOf(previous.placement);
	const asked = servicesOf<RequestedService>(request);
	const [first, ...others] = before.map((position, nth): GrantedService => {
		if (position !== undefined) return services[position]!;
		const { serviceName, workspace } = asked[nth]!;
		return { serviceName, ...NOTHING_YET, workspace };
	});
	const [{ usage }] = placements as [Placement];
	const placed = before.map((position): Placement => {
		return position === undefined
			? { startAt: previous.placement.startAt, usage, machines: [] }
			: placements[position]!;
	});
	return {
		...previous,
		grant: { ...first!, ...(others.length === 0 ? {} : { others }), startAt, endAt },
		placement: gangOf(placed),
		leaving: services.flatMap((service, nth): Leaving[] => {
			if (before.includes(nth)) return [];
			return [{ service: { ...service, serviceName: names[nth]! }, placement: placements[nth]! }];
		}),
	};
}

const NOTHING_YET = { machineCount: 0, cpuCount: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };

/** The services that there are already, in the order of the request; undefined where one is new. */
export function standingIn({ grant }: PreviousGrant): readonly (GrantedService | undefined)[] {
	return servicesOf<GrantedService>(grant).map((each) => (each.machineCount === 0 ? undefined : each));
}

/** All that was granted, also what a request leaves out: what was used of it has its price. */
export function wholeGrant({ grant, leaving = [] }: PreviousGrant): ServiceGrant {
	const left = leaving.map(({ service }) => service);
	return left.length === 0 ? grant : { ...grant, others: [...(grant.others ?? []), ...left] };
}

/** Why an offer that keeps none of the services of an agreement is no change of it. */
export function servicesObstacle(names: readonly string[], request: ServiceRequest): Reason {
	const available = names.join(', ');
	const asked = servicesOf<RequestedService>(request)
		.map(({ serviceName }) => serviceName)
		.join(', ');
	const message =
		`A renegotiation keeps at least one service of its agreement (${available}); asked are ${asked}: make an ` +
		'agreement of its own for what is new, and terminate this one.';
	const remedy = { text: `call one of the services ${names.join(' or ')}, as the agreement does` };
	return { code: 'NOT_ENFORCEABLE', message, asked, available, remedy };
}

/** Whether the service has begun: its start can no longer change. */
export function hasBegun({ grant, running }: PreviousGrant, now: number): boolean {
	return running || grant.startAt <= now;
}

/**
 * The same sizing, narrowed to what machines that run may become without a restart: nothing smaller, memory by whole
 * steps, no disk where there is none. There may be no such choice where the offer asks for something else.
 */
export function liveSizing(sizing: Sizing, grant: GrantedService, policy: SitePolicy): Sizing {
	const { cpuCount, memoryBytes, diskBytes } = sizing.grids;
	const step = policy.abilities.memoryStepBytes;
	const standingBytes = diskBytesOf(grant, policy);
	return {
		...sizing,
		grids: {
			...sizing.grids,
			cpuCount: { ...cpuCount, least: grant.cpuCount },
			memoryBytes: { ...memoryBytes, origin: grant.memoryBytes, step, least: grant.memoryBytes },
			diskBytes: standingBytes === 0 ? onlyValue(diskBytes, 0) : { ...diskBytes, least: standingBytes },
		},
	};
}

/** The same sizing, narrowed to disks that are no smaller than those that machines have already. */
export function standingSizing(sizing: Sizing, grant: GrantedService, policy: SitePolicy): Sizing {
	const { diskBytes } = sizing.grids;
	const least = Math.max(diskBytes.least, diskBytesOf(grant, policy));
	return { ...sizing, grids: { ...sizing.grids, diskBytes: { ...diskBytes, least } } };
}

/** Why machines that stand cannot be had with another workspace, whatever their client allows. */
export function workspaceObstacles(
	{ workspace: from }: GrantedService,
	{ workspace: to, workspacePath: path }: RequestedService,
): readonly Reason[] {
	const reasons: Reason[] = [];
	if (to.imageDigest !== from.imageDigest) {
		const message = `Another image makes another workspace: make a new agreement, or ask for ${from.imageName} again.`;
		reasons.push({
			code: 'NOT_ENFORCEABLE',
			message,
			path,
			asked: to.imageDigest,
			available: from.imageDigest,
			remedy: { text: `ask for ${from.imageName}, ${from.imageDigest}`, allowed: from.imageDigest },
		});
	}
	if (to.sshPublicKey !== undefined && to.sshPublicKey !== from.sshPublicKey) {
		const message =
			'The SSH key is put into a machine at its first boot and stays: name the same key or none, or make a new agreement.';
		const again = from.sshPublicKey === undefined ? '' : ', or the one that the machines have';
		reasons.push({ code: 'NOT_ENFORCEABLE', message, path, remedy: { text: `name no SSHPublicKey${again}` } });
	}
	return reasons;
}

/** Why machines that stand cannot be had with these sizes: their disks would shrink. `narrowed` is a standing sizing. */
export function shrinkObstacle({ grids }: Sizing, narrowed: Sizing, askedBytes: number): Reason {
	const { least } = narrowed.grids.diskBytes;
	const { individual, total } = grids.diskBytes;
	const path = (individual ?? total)?.path;
	return {
		code: 'NOT_ENFORCEABLE',
		message: `A disk is not made smaller: the machines have ${least} bytes, and ${askedBytes} were asked.`,
		...(path === undefined ? {} : { path }),
		resource: 'diskBytes',
		asked: askedBytes,
		available: least,
		remedy: { text: `at least ${amountText(least, 'diskBytes')} in each machine`, allowed: least },
	};
}

function onlyValue(grid: Grid, value: number): Grid {
	const demand = grid.individual ?? grid.total;
	if (demand === undefined) return grid;
	const range = grid.individual === undefined ? exactly(value) : intersect(grid.individual.range, exactly(value));
	return { ...grid, individual: { range, path: demand.path } };
}

/** The size of each disk in bytes, also where the grant leaves it to the image. */
export function diskBytesOf({ diskBytes, workspace }: GrantedService, policy: SitePolicy): number {
	return Math.max(diskBytes, imageDiskBytes(policy, workspace));
}
