/** What is no alternative to a change: the agreement has it as it stands. */
import { endsOf } from '../../agreement/jsdl/range.ts';
import { isSameWorkspace } from '../../agreement/offer/granted-terms.ts';
import {
	type GrantedService,
	type PlacementTerm,
	type RequestedService,
	type ServiceGrant,
	servicesOf,
	type WorkspaceTerm,
} from '../../agreement/terms/service.ts';
import { placementsOf } from '../../capacity/search/gang.ts';
import { type Room, roomOf } from '../booking.ts';
import { diskBytesOf, type PreviousGrant } from '../change.ts';
import type { Question } from '../judge.ts';
import { imageDiskBytes, type SitePolicy } from '../policy/policy.ts';
import type { ServiceSizes } from '../sizes.ts';
import { nearestStart, SIZES } from './differences.ts';
import { isUnpaid, type Rated, rate, type Wish } from './ranking.ts';
import { totalsOf } from './under.ts';

/**
 * Whether a change brings its client no nearer to what it asked for than the agreement is as it stands, in no size,
 * neither in time nor in anything else; the template and what is Required would admit that as well.
 */
export function isHadAlready(question: Question, wish: Wish): (one: Rated, room: Room) => boolean {
	const { previous, policy, satisfies } = question;
	if (previous === undefined || previous.leaving?.length) return () => false;
	const { grant } = previous;
	const standing = servicesOf<GrantedService>(grant);
	let known: Rated | undefined;
	return (one, room) => {
		const offered = servicesOf<GrantedService>(one.grant);
		const areLike = offered.every(({ workspace }, nth) => isLike(workspace, standing[nth]!.workspace));
		if (!areLike || !isAsNear(policy, grant, one.grant, wish) || !isWhereAsked(previous, one, room)) return false;
		known ??= rate(grant, wish);
		return (
			one.importance <= known.importance &&
			(!isUnpaid(known, wish.request) || isUnpaid(one, wish.request)) &&
			satisfies(grant, known.price)
		);
	};
}

/** Whether what stands lies between the other and the wish in every size, and in time. */
function isAsNear(policy: SitePolicy, standing: ServiceGrant, other: ServiceGrant, wish: Wish): boolean {
	const { starts, request } = wish;
	const [wished, stood] = [servicesOf<ServiceSizes>(wish.sizes), servicesOf<GrantedService>(standing)];
	const asked = servicesOf<RequestedService>(request);
	const areSizes = servicesOf<GrantedService>(other).every((service, nth) => {
		return SIZES.every((field) => {
			const wanted = Math.max(wished[nth]![field], preferredMost(asked[nth]!, field));
			if (field !== 'diskBytes') return isBetween(stood[nth]![field], service[field], wanted);
			const image = imageDiskBytes(policy, service.workspace);
			return isBetween(diskBytesOf(stood[nth]!, policy), diskBytesOf(service, policy), Math.max(wanted, image));
		});
	});
	const [start, offered] = [nearestStart(standing.startAt, starts), other.startAt];
	return (
		areSizes &&
		isBetween(standing.startAt, offered, start) &&
		isBetween(standing.endAt - standing.startAt, other.endAt - offered, starts.durationSeconds)
	);
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

/** Whether nothing of it changes but what a change may do. */
function isLike(one: WorkspaceTerm, other: WorkspaceTerm): boolean {
	const [its, others] = [one, other].map(({ change: _, ...rest }) => ({ placement: ANYWHERE, ...rest }));
	return isSameWorkspace(its!, others!);
}

/** What is meant where no placement is said. */
const ANYWHERE: PlacementTerm = { strategy: 'pack', labels: {} };
