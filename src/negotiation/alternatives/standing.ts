/** What is no alternative to a change of what has begun: the agreement has it as it stands. */
import { endsOf } from '../../agreement/jsdl/range.ts';
import {
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	servicesOf,
	type WorkspaceTerm,
} from '../../agreement/terms/service.ts';
import { placementsOf } from '../../capacity/search/gang.ts';
import { type Room, roomOf } from '../booking.ts';
import { hasBegun, type PreviousGrant } from '../change.ts';
import type { Question } from '../judge.ts';
import type { ServiceSizes } from '../sizes.ts';
import { SIZES } from './differences.ts';
import { isUnpaid, type Rated, rate, type Wish } from './ranking.ts';
import { totalsOf } from './under.ts';

/**
 * Whether a change of what has begun brings its client no nearer to what it asked for than the agreement is as it stands,
 * in no size, neither in time nor in anything else; the template and what is Required would admit that as well.
 */
export function isHadAlready(question: Question, wish: Wish): (one: Rated, room: Room) => boolean {
	const { previous, now, satisfies } = question;
	if (previous === undefined || previous.leaving?.length || !hasBegun(previous, now)) return () => false;
	const { grant } = previous;
	const workspaces = servicesOf<GrantedService>(grant).map(({ workspace }) => textOf(workspace));
	let known: Rated | undefined;
	return (one, room) => {
		const isLike = servicesOf<GrantedService>(one.grant).every(
			(each, nth) => textOf(each.workspace) === workspaces[nth],
		);
		if (!isLike || !isAsNear(grant, one.grant, wish) || !isWhereAsked(previous, one, room)) return false;
		known ??= rate(grant, wish);
		return (
			one.importance <= known.importance &&
			(!isUnpaid(known, wish.request) || isUnpaid(one, wish.request)) &&
			satisfies(grant, known.price)
		);
	};
}

/** Whether what stands lies between the other and the wish in every size, and in time. */
function isAsNear(standing: ServiceGrant, other: ServiceGrant, { sizes, starts, request }: Wish): boolean {
	const [wished, stood] = [servicesOf<ServiceSizes>(sizes), servicesOf<ServiceSizes>(standing)];
	const asked = servicesOf<RequestedService>(request);
	const areSizes = servicesOf<ServiceSizes>(other).every((service, nth) => {
		return SIZES.every((field) => {
			const wish = Math.max(wished[nth]![field], preferredMost(asked[nth]!, field));
			return isBetween(stood[nth]![field], service[field], wish);
		});
	});
	return areSizes && isBetween(standing.endAt, other.endAt, starts.earliestAt + starts.durationSeconds);
}

/** The largest that is asked for, by whoever prefers that. */
function preferredMost(service: RequestedService, field: (typeof SIZES)[number]): number {
	if (!service.prefersLargest) return 0;
	const [demand, ...totals] = [field, ...totalsOf(field)].map((each) => service[each]);
	const most = demand === undefined ? undefined : endsOf(demand.range)?.upper;
	return most ?? (totals.some((total) => total !== undefined) ? Number.POSITIVE_INFINITY : 0);
}

function isBetween(value: number, one: number, other: number): boolean {
	return Math.min(one, other) <= value && value <= Math.max(one, other);
}

/** Whether its machines stand on hosts that the offer names, or the other does not keep to these either. */
function isWhereAsked({ placement }: PreviousGrant, { grant }: Rated, room: Room): boolean {
	const offered = servicesOf<GrantedService>(grant);
	return placementsOf(placement).every(({ machines }, nth) => {
		const { hosts } = roomOf(room, nth);
		return (
			hosts === undefined ||
			offered[nth]!.candidateHosts !== undefined ||
			machines.every(({ host }) => hosts.includes(host))
		);
	});
}

/** What of a workspace can change while it runs, alike where it is the same. */
function textOf({ cpuSharePercent, endAction, retentionSeconds, placement }: WorkspaceTerm): string {
	const { strategy = 'pack', machinesPerHostMax, labels = {} } = placement ?? {};
	return JSON.stringify([
		[cpuSharePercent, endAction, retentionSeconds],
		[strategy, machinesPerHostMax, Object.entries(labels).sort()],
	]);
}
