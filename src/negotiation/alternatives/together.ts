/**
 * What is looked for of several services beside the searches that change one of them: fewer or smaller ones of all in
 * proportion, more of one than fit now before all of them fit, and what the empty site could carry at all where it could
 * not carry what was asked. Rounder ones of all alike are tried where a template refuses all of this.
 *
 * Each start that is tried costs a search for places for all of them, so little is tried of each.
 */
import { type GrantedService, type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { placementsOf } from '../../capacity/search/gang.ts';
import { fitGang } from '../../capacity/search/gang-fit.ts';
import { attempt, attemptLatest } from '../attempt.ts';
import { grantOf, groupsOf, type Room, type ServiceRoom } from '../booking.ts';
import { keepsToMachines, type ServiceSizes, SIZE_FIELDS, type Sizes, sizesOfAll, withService } from '../sizes.ts';
import { firstOfferedAt, type Starts } from '../window.ts';
import { halves, type Ladder, mayLookOn, ROUND_BYTES, rungs, type Search } from './ladder.ts';
import { halve } from './within-site.ts';

/** Sizes that shrink and grow in steps: those of `unitsMax` are what was asked, and fewer units are no larger in anything. */
interface Way {
	readonly unitsMax: number;
	readonly at: (units: number) => Sizes;
}

/** Of sizes that shrink in proportion there are so many steps: none that is left out is larger by more than 2 percent. */
const STEPS = 64;
const FIELDS = ['machineCount', ...SIZE_FIELDS] as const;

/** All of it smaller in proportion at the wanted starts: as many machines of each, or as large ones, as fit. */
export function findProportional(search: Search): Ladder[] {
	const { scene, starts } = search;
	return waysOfAll(search).map(({ unitsMax, at }) => {
		let found: ServiceGrant | undefined;
		const most = halve(1, unitsMax - 1, (units) => {
			const fitting = attempt(scene, at(units), starts)?.grant;
			found = fitting ?? found;
			return fitting !== undefined;
		});
		if (most === undefined || found === undefined) return [];
		const { startAt, endAt } = found;
		return rungs(most, 1, 1).map((units) => grantOf(scene.room, at(units), startAt, endAt - startAt));
	});
}

/** All of it with every service that names its hosts on others: those that they would be placed on. */
export function findAllElsewhere({ scene, others, sizes, starts }: Search): Ladder[] {
	const { room } = scene;
	if (others.filter(({ length }) => length > 0).length < 2) return [];
	const hostsOf = <R extends ServiceRoom>(each: R, nth: number): R =>
		others[nth]!.length === 0 ? each : { ...each, hosts: others[nth]! };
	const elsewhere = { ...hostsOf(room, 0), others: room.others!.map((each, nth) => hostsOf(each, nth + 1)) };
	const found = attempt({ ...scene, room: elsewhere }, sizes, starts);
	if (found === undefined) return [];
	const placements = placementsOf(found.placement);
	const placed = <S extends GrantedService>(each: S, nth: number): S => {
		if (others[nth]!.length === 0) return each;
		return { ...each, candidateHosts: [...new Set(placements[nth]!.machines.map(({ host }) => host))] };
	};
	const { grant } = found;
	return [[{ ...placed(grant, 0), others: grant.others!.map((each, nth) => placed(each, nth + 1)) }]];
}

/**
 * Between fewer machines of one service now and all of them later: the first start at which more of it fit than now,
 * and as many as fit there; service by service.
 */
export function findMoreBefore(search: Search, later: ServiceGrant | undefined): Ladder[] {
	const { scene, sizes, starts } = search;
	if (scene.begun !== undefined || later === undefined || later.startAt <= starts.latestAt) return [];
	return servicesOf<ServiceSizes>(sizes).flatMap(({ machineCount: asked }, nth): Ladder[] => {
		const most = asked - 1;
		const withCount = (machineCount: number, within: Starts): ServiceGrant | undefined =>
			attempt(scene, withService(sizes, nth, { machineCount }), within)?.grant;
		const now = halve(1, most, (count) => withCount(count, starts) !== undefined) ?? 0;
		if (now >= most) return [];
		const first = withCount(now + 1, { ...starts, latestAt: later.startAt - 1 });
		if (first === undefined) return [];
		const there = { ...starts, earliestAt: first.startAt, latestAt: first.startAt };
		const count = halve(now + 1, most, (each) => withCount(each, there) !== undefined) ?? now + 1;
		return [[withCount(count, there) ?? first, first]];
	});
}

/** The nearest of such a grant at or after the wanted starts, and before them. */
function nextTo({ scene, starts }: Search, sizes: Sizes, durationSeconds: number): Ladder[] {
	const { now, policy } = scene.room;
	const { earliestAt } = starts;
	const after = { earliestAt, latestAt: now + policy.horizonSeconds - durationSeconds, durationSeconds };
	const before = { earliestAt: firstOfferedAt(policy, now), latestAt: earliestAt - 1, durationSeconds };
	const found = [attempt(scene, sizes, after), attemptLatest(scene.room, sizes, before)];
	return found.flatMap((each) => (each === undefined ? [] : [[each.grant]]));
}

/**
 * All that is smaller than the search, and could be had of it were the site empty, where all of it could not: the most
 * machines of one service beside the others, and the most of all in proportion. `millicoresMax` bounds the CPUs of all
 * of them. What shares the hosts of an empty site is packed as far as that is proved.
 */
export function smallerTogether(search: Search, millicoresMax: readonly number[]): Search[] {
	const { scene, sizes, starts } = search;
	const isPossible = onEmptySite(scene.room, starts);
	const possible = millicoresMax.flatMap((most) => {
		const fits = (each: Sizes): boolean => isPossible(each, most);
		if (fits(sizes)) return [];
		return [...waysOfEach(search), ...waysOfAll(search)].flatMap(({ unitsMax, at }) => {
			const units = halve(1, unitsMax - 1, (each) => fits(at(each)));
			return units === undefined ? [] : [at(units)];
		});
	});
	const distinct = new Map(possible.map((each) => [JSON.stringify(each), each]));
	return [...distinct.values()].map((each) => ({ ...search, sizes: each, isWhole: false }));
}

/** Whether services of such sizes, with so many CPUs together at most, would be placed on the empty site. */
function onEmptySite(room: Room, { durationSeconds }: Starts): (sizes: Sizes, millicoresMax: number) => boolean {
	const empty = room.calendar.emptied();
	const startAt = room.now + room.policy.setupSeconds;
	return (sizes, millicoresMax) => {
		const groups = groupsOf(room, sizes, startAt, durationSeconds);
		const millicores = groups.reduce((sum, { count, usage }) => sum + count * usage[0]!.demand.cpuMillicores, 0);
		const isAllowed = millicores <= millicoresMax && keepsToMachines(room.policy, sizes);
		return isAllowed && fitGang(empty, groups, startAt, room.effort).kind === 'fits';
	};
}

/** One size of one service, all others as they were asked. */
function waysOfEach(search: Search): Way[] {
	const { sizes, sizings } = search;
	return servicesOf<ServiceSizes>(sizes).flatMap((service, nth) =>
		FIELDS.flatMap((field): Way[] => {
			const { origin, step, least } = field === 'machineCount' ? COUNTS : sizings[nth]!.grids[field];
			const unitsMin = Math.ceil((Math.max(least, 1) - origin) / step);
			const units = Math.floor((service[field] - origin) / step) - unitsMin + 1;
			if (units < 2) return [];
			const sizeAt = (each: number): number => Math.min(service[field], origin + (unitsMin + each - 1) * step);
			return [{ unitsMax: units, at: (each) => withService(sizes, nth, { [field]: sizeAt(each) }) }];
		}),
	);
}

const COUNTS = { origin: 0, step: 1, least: 1 };

/** One size of every service that can be smaller, in proportion. */
function waysOfAll({ sizes, sizings }: Search): Way[] {
	const services = servicesOf<ServiceSizes>(sizes);
	return FIELDS.flatMap((field): Way[] => {
		const shrink = (service: ServiceSizes, nth: number, units: number, unitsMax: number): ServiceSizes => {
			const { origin, step, least } = field === 'machineCount' ? COUNTS : sizings[nth]!.grids[field];
			const part = (service[field] * units) / unitsMax;
			// Of what was asked for there is at least one step: none would mean that nothing was asked.
			const value = Math.max(least, step, origin + Math.floor((part - origin) / step) * step);
			return { ...service, [field]: Math.min(service[field], value) };
		};
		const shrinks = services.filter((each, nth) => shrink(each, nth, 1, STEPS)[field] < each[field]);
		if (shrinks.length < 2) return [];
		const most = Math.max(...services.map((each) => each[field]));
		const unitsMax = field === 'machineCount' || field === 'cpuCount' ? Math.min(STEPS, most) : STEPS;
		const at = (units: number): Sizes =>
			sizesOfAll(services.map((each, nth) => (units === unitsMax ? each : shrink(each, nth, units, unitsMax))));
		return [{ unitsMax, at }];
	});
}

/** A template that refuses so many of what is rounder is not asked about the others. */
const ROUNDER_MAX = 200;
/** Each that a template admits costs up to two searches of the whole calendar, under the site's lock. */
const TRIED_MAX = 24;

/**
 * The last resort, for templates that admit neither what is near nor what fits anywhere: counts, CPUs, whole GiB and
 * durations halved again and again, in all services alike, the largest first. Of what fits nowhere nothing larger is
 * tried.
 */
export function* findRounder(search: Search): Generator<readonly Ladder[]> {
	const { scene, question, starts } = search;
	if (scene.begun !== undefined) return;
	const isAdmitted = ({ sizes, seconds }: Rounder): boolean =>
		question.satisfies(grantOf(scene.room, sizes, starts.earliestAt, seconds));
	const impossible: Rounder[] = [];
	let tried = 0;
	for (const each of rounders(search).slice(0, ROUNDER_MAX)) {
		if (impossible.some((one) => isWithin(one, each)) || !isAdmitted(each)) continue;
		if (tried === TRIED_MAX || !mayLookOn(search)) return;
		tried += 1;
		const ladders = nextTo(search, each.sizes, each.seconds);
		if (ladders.length === 0) impossible.push(each);
		else yield ladders;
	}
}

interface Rounder {
	readonly sizes: Sizes;
	readonly seconds: number;
}

function rounders({ sizes, sizings, starts, scene }: Search): Rounder[] {
	const services = servicesOf<ServiceSizes>(sizes);
	const rounder = (counts: number, cpus: number, memory: number): Sizes =>
		sizesOfAll(
			services.map((service, nth) => {
				const { cpuCount, memoryBytes } = sizings[nth]!.grids;
				const bytes = service.memoryBytes / memory;
				const whole = bytes < ROUND_BYTES ? bytes : Math.floor(bytes / ROUND_BYTES) * ROUND_BYTES;
				const snapped =
					memoryBytes.origin + Math.floor((whole - memoryBytes.origin) / memoryBytes.step) * memoryBytes.step;
				return {
					...service,
					machineCount: Math.max(1, Math.floor(service.machineCount / counts)),
					cpuCount: Math.min(service.cpuCount, Math.max(cpuCount.least, Math.floor(service.cpuCount / cpus))),
					memoryBytes: Math.min(service.memoryBytes, Math.max(memoryBytes.least, snapped)),
				};
			}),
		);
	const most = (field: 'machineCount' | 'cpuCount'): number => Math.max(...services.map((each) => each[field]));
	const divisors = (value: number): number[] => [...new Set(halves(value, 1).map((_, nth) => 2 ** nth))];
	const { durationSecondsMin } = scene.room.policy;
	const lengths = halves(starts.durationSeconds, durationSecondsMin).flatMap((seconds) => {
		return [...new Set([seconds, Math.floor(seconds / 3600) * 3600])].filter((each) => each >= durationSecondsMin);
	});
	const all = lengths
		.slice(0, 4)
		.flatMap((seconds) =>
			divisors(most('machineCount')).flatMap((counts) =>
				divisors(most('cpuCount')).flatMap((cpus) =>
					[1, 2, 4, 8].map((memory): Rounder => ({ sizes: rounder(counts, cpus, memory), seconds })),
				),
			),
		);
	const distinct = new Map(all.map((each) => [JSON.stringify(each), each]));
	return [...distinct.values()].sort((one, other) => extentOf(other) - extentOf(one));
}

/** CPUs and memory of all machines, for so long. */
function extentOf({ sizes, seconds }: Rounder): number {
	const sum = servicesOf<ServiceSizes>(sizes).reduce((total, { machineCount, cpuCount, memoryBytes }) => {
		return total + machineCount * (cpuCount + memoryBytes / ROUND_BYTES);
	}, 0);
	return sum * seconds;
}

/** Whether the one is no larger in anything. */
function isWithin(one: Rounder, other: Rounder): boolean {
	const others = servicesOf<ServiceSizes>(other.sizes);
	return (
		one.seconds <= other.seconds &&
		servicesOf<ServiceSizes>(one.sizes).every((each, nth) =>
			FIELDS.every((field) => each[field] <= others[nth]![field]),
		)
	);
}
