/** The largest sizes that a site could ever give: what its hosts have when empty; also what it keeps back and what a VO may have. */
import { servicesOf } from '../../agreement/terms/service.ts';
import { type Host, howManyFit, RESOURCE_NAMES, type ResourceVector, wholeTimes } from '../../capacity/resources.ts';
import { demandOf, type Room, roomOf } from '../booking.ts';
import { sizeLimit } from '../policy/policy.ts';
import { type ServiceSizes, SIZE_FIELDS, type SizeField, type Sizes, type Sizing, sizesOfAll } from '../sizes.ts';
import type { Search } from './ladder.ts';

/** What the sizes of a service are brought within; it is alone in the room. */
export interface Bounds {
	readonly room: Room;
	/** Hosts beside those of the room on which they may lie. */
	readonly others: readonly string[];
	/** The CPUs of all machines together; absent: neither these nor the site's reserve bound them. */
	readonly millicoresMax?: number | undefined;
}

/**
 * The same sizes, or the nearest below them that the policy admits and with which the bounds have room for so many
 * machines; with as many of them as there is room for then.
 */
export function withinSite(asked: ServiceSizes, sizing: Sizing, bounds: Bounds, machines: number): ServiceSizes {
	const { policy } = bounds.room;
	const countOf = counting(bounds);
	if (isAllowed(asked, sizing, bounds) && countOf(asked) >= asked.machineCount) return asked;
	const leastOf = (field: SizeField): number => Math.min(asked[field], sizing.grids[field].least);
	let sizes: ServiceSizes = {
		machineCount: 1,
		cpuCount: leastOf('cpuCount'),
		memoryBytes: leastOf('memoryBytes'),
		diskBytes: leastOf('diskBytes'),
		networkBitsPerSecond: leastOf('networkBitsPerSecond'),
	};
	for (const field of SIZE_FIELDS) {
		const { origin, step } = sizing.grids[field];
		const most = Math.min(asked[field], sizeLimit(policy, field));
		const unitsMin = Math.ceil((sizes[field] - origin) / step);
		const unitsMax = Math.floor((most - origin) / step);
		const withUnits = (units: number): ServiceSizes => ({ ...sizes, [field]: origin + units * step });
		const fitting = halve(unitsMin, unitsMax, (units) => countOf(withUnits(units)) >= machines);
		if (fitting !== undefined) sizes = withUnits(fitting);
	}
	return { ...sizes, machineCount: Math.max(1, Math.min(asked.machineCount, sizing.countMax, countOf(sizes))) };
}

/** Whether the policy admits these sizes, and the bounds have room for all of these machines. */
export function isWithinSite(sizes: ServiceSizes, sizing: Sizing, bounds: Bounds): boolean {
	return isAllowed(sizes, sizing, bounds) && counting(bounds)(sizes) >= sizes.machineCount;
}

function isAllowed(sizes: ServiceSizes, { countMax }: Sizing, { room: { policy } }: Bounds): boolean {
	return sizes.machineCount <= countMax && SIZE_FIELDS.every((field) => sizes[field] <= sizeLimit(policy, field));
}

/** How many machines of such sizes the bounds have room for. */
function counting({ room, others, millicoresMax }: Bounds): (sizes: ServiceSizes) => number {
	const { calendar, policy, workspace } = room;
	const named = new Set([...(room.hosts ?? []), ...others]);
	const hosts = named.size === 0 ? calendar.hosts : calendar.hosts.filter(({ name }) => named.has(name));
	const kinds = kindsOf(hosts);
	const perHost = workspace.placement?.machinesPerHostMax ?? Infinity;
	return (sizes) => {
		const demand = demandOf(sizes, workspace, policy);
		const onHosts = kinds.reduce((sum, { capacity, count }) => {
			return sum + count * Math.min(perHost, howManyFit(demand, capacity));
		}, 0);
		if (millicoresMax === undefined) return onHosts;
		return Math.min(onHosts, calendar.countWithinReserve(demand), wholeTimes(millicoresMax, demand.cpuMillicores));
	};
}

/** Capacities, and how many of the hosts have each. */
function kindsOf(hosts: readonly Host[]): readonly Kind[] {
	const known = KINDS.get(hosts);
	if (known !== undefined) return known;
	const alike = Map.groupBy(hosts, ({ capacity }) => RESOURCE_NAMES.map((name) => capacity[name]).join());
	const kinds = Array.from(alike.values(), (those) => ({ capacity: those[0]!.capacity, count: those.length }));
	KINDS.set(hosts, kinds);
	return kinds;
}

interface Kind {
	readonly capacity: ResourceVector;
	readonly count: number;
}

/** Of all hosts of a site it is asked again and again. */
const KINDS = new WeakMap<readonly Host[], readonly Kind[]>();

/** The least that there could be of all sizes. */
export function leastSizes({ sizes, sizings }: Search): Sizes {
	return sizesOfAll(
		servicesOf<ServiceSizes>(sizes).map((service, nth) => {
			const least = { ...service, machineCount: 1 };
			// Of what was asked for there is at least one step.
			for (const field of SIZE_FIELDS) {
				const { step, least: fewest } = sizings[nth]!.grids[field];
				least[field] = Math.min(service[field], Math.max(step, fewest));
			}
			return least;
		}),
	);
}

/** Of every size as much as was asked and as the empty site has for machines that have the least of all others. */
export function mostSizes({ scene, others, sizings }: Search, asked: Sizes, least: Sizes): Sizes {
	const leasts = servicesOf<ServiceSizes>(least);
	return sizesOfAll(
		servicesOf<ServiceSizes>(asked).map((service, nth) => {
			const most = { ...service };
			for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
				const { machineCount } = field === 'machineCount' ? service : leasts[nth]!;
				const alone = { ...leasts[nth]!, machineCount, [field]: service[field] };
				const bounds = { room: roomOf(scene.room, nth), others: others[nth]! };
				most[field] = withinSite(alone, sizings[nth]!, bounds, 1)[field];
			}
			return most;
		}),
	);
}

/** The largest value from `least` to `most` for which it fits; monotone: what fits, fits smaller. */
export function halve(least: number, most: number, fits: (value: number) => boolean): number | undefined {
	if (least > most || !fits(least)) return undefined;
	let low = least;
	for (let high = most; low < high; ) {
		const middle = low + Math.ceil((high - low) / 2);
		if (fits(middle)) low = middle;
		else high = middle - 1;
	}
	return low;
}
