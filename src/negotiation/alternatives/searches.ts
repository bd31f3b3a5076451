/** Where the searches for alternatives begin: what was asked, brought within what could ever be had. */
import { type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { part, stage } from '../../parts.ts';
import { demandOf, inBrief, type Room, roomOf } from '../booking.ts';
import type { Judgement, Question } from '../judge.ts';
import { LONGEST_PERIOD_SECONDS } from '../policy/usage.ts';
import { type ServiceSizes, SIZE_FIELDS, type Sizes, sizesOfAll } from '../sizes.ts';
import type { Starts } from '../window.ts';
import { findBetween } from './between.ts';
import type { Ladder, Search } from './ladder.ts';
import { findGrown, findOtherHosts, findShorter, findSmaller, findTimes } from './nearby.ts';
import { findPriced } from './priced.ts';
import { soughtSizings } from './sought.ts';
import { findAllElsewhere, findMoreBefore, findProportional, smallerTogether } from './together.ts';
import { withinSite } from './within-site.ts';

/** The search for what was asked, `asked` the sizes that are sought. */
export function searchOf(question: Question, judgement: Judgement, asked: Sizes): Search {
	const { scene, window } = judgement;
	const { searched } = question;
	const room: Room = { ...inBrief(scene.room), ...(searched === undefined ? {} : { searched }) };
	const sizings = soughtSizings(judgement, asked);
	const others = judgement.services.map(({ eligibility }) => eligibility.others);
	const services = servicesOf<ServiceSizes>(asked);
	const within = services.map((each, nth) => {
		return withinSite(each, sizings[nth]!, { room: roomOf(room, nth), others: others[nth]! }, 1);
	});
	const isWhole = within.every((each, nth) => each === services[nth]);
	const sizes = isWhole ? asked : sizesOfAll(within);
	return { question, scene: { ...scene, room }, others, sizings, sizes, starts: window.nearest, isWhole };
}

/**
 * As many machines as were asked for, made so small that there could be room for all, or for as many as there could be
 * of the smallest; none where the search has as many already.
 */
function keepingMachines(search: Search, asked: Sizes, millicoresMax?: number): Search[] {
	const { scene, sizes: largest } = search;
	const [sizing] = search.sizings;
	const [others] = search.others;
	const sizesFor = (machines: number): Sizes =>
		withinSite(asked, sizing!, { room: scene.room, others: others!, millicoresMax }, machines);
	const machines = Math.min(asked.machineCount, sizing!.countMax);
	if (largest.machineCount >= machines) return [];
	const sizes = sizesFor(machines);
	if (sizes.machineCount >= machines) return [{ ...search, sizes }];
	return sizes.machineCount > largest.machineCount ? [{ ...search, sizes: sizesFor(sizes.machineCount) }] : [];
}

/** The CPUs that a VO may have at once, that are its share, and for which the CPU time of one period lasts. */
function cpuLimits({ scene: { room }, starts }: Search): readonly number[] {
	const {
		cpuMillicoresMax = Infinity,
		shareMillicores = Infinity,
		cpuMillicoreSecondsMax,
	} = room.allowance?.limits ?? {};
	const limits = [cpuMillicoresMax, Math.min(cpuMillicoresMax, shareMillicores)];
	// All of it in one period.
	if (cpuMillicoreSecondsMax !== undefined)
		limits.push(Math.floor(cpuMillicoreSecondsMax / bookedSeconds(room, starts)));
	return [...new Set(limits)];
}

/** What keeps to the reserve, the CPUs, the share and the CPU time of the VO at any time, where the search does not. */
function withinLimits(search: Search, asked: Sizes): Search[] {
	const { room } = search.scene;
	const [sizing] = search.sizings;
	const [others] = search.others;
	return cpuLimits(search).flatMap((millicoresMax) => {
		const sizes = withinSite(asked, sizing!, { room, others: others!, millicoresMax }, 1);
		const within = { ...search, sizes, isWhole: false };
		return [within, ...keepingMachines(within, asked, millicoresMax)];
	});
}

/** For so long CPUs are booked in one period at most. */
function bookedSeconds({ policy, allowance }: Room, { durationSeconds }: Starts): number {
	const seconds = policy.setupSeconds + durationSeconds + policy.teardownSeconds;
	return Math.min(seconds, LONGEST_PERIOD_SECONDS[allowance!.usage.period]);
}

/** The CPUs of all services while they run. */
function millicoresOf(room: Room, sizes: Sizes): number {
	return servicesOf<ServiceSizes>(sizes).reduce((sum, service, nth) => {
		const { workspace } = roomOf(room, nth);
		return sum + service.machineCount * demandOf(service, workspace, room.policy).cpuMillicores;
	}, 0);
}

/** As large as the search, for as long as the CPU time of one period lasts; none where it lasts long enough. */
function withinCpuTime(search: Search): Search[] {
	const { scene, sizes, starts } = search;
	const { policy, allowance } = scene.room;
	const limit = allowance?.limits.cpuMillicoreSecondsMax;
	if (limit === undefined || scene.begun !== undefined) return [];
	const millicores = millicoresOf(scene.room, sizes);
	const durationSeconds = Math.floor(limit / millicores) - policy.setupSeconds - policy.teardownSeconds;
	if (durationSeconds < policy.durationSecondsMin || durationSeconds >= starts.durationSeconds) return [];
	return [{ ...search, starts: { ...starts, durationSeconds } }];
}

/**
 * As large as the reserve of the site and the limits of the VO ever admit, and for as long as CPU time lasts, each where
 * that is less than is sought: whoever may only have so much asks when that is cheap. Of several services only how long.
 */
export function searchesEver(search: Search, asked: Sizes): Search[] {
	const smaller = asked.others === undefined ? withinLimits(search, asked) : [];
	return [...smaller.filter(({ sizes }) => !isSameSizes(sizes, search.sizes)), ...withinCpuTime(search)];
}

/** What the named hosts have room for, where others have more. */
function onNamedHosts(search: Search, asked: Sizes): Search[] {
	const { room } = search.scene;
	const [others] = search.others;
	if (others?.length === 0 || room.hosts?.length === 0) return [];
	return [{ ...search, sizes: withinSite(asked, search.sizings[0]!, { room, others: [] }, 1), isWhole: false }];
}

/** All that is smaller than the search of one service and could ever be had, each once. */
function smallerSearches(search: Search, asked: Sizes): Search[] {
	const searches = [search];
	for (const each of [
		...onNamedHosts(search, asked),
		...keepingMachines(search, asked),
		...withinLimits(search, asked),
	]) {
		if (!searches.some(({ sizes }) => isSameSizes(sizes, each.sizes))) searches.push(each);
	}
	return searches.slice(1);
}

function isSameSizes(one: Sizes, other: Sizes): boolean {
	return one.machineCount === other.machineCount && SIZE_FIELDS.every((field) => one[field] === other[field]);
}

/** Of several services what is smaller in more than one of them, or could be had together at another time. */
function findTogether(search: Search, later: ServiceGrant | undefined): Ladder[] {
	return [
		...findAllElsewhere(search),
		...findProportional(search),
		...findMoreBefore(search, later),
		...smallerTogether(search, cpuLimits(search)).flatMap(findTimes),
	];
}

/** All searches near what is asked, and near what of it there could ever be. */
export function findNear(search: Search, asked: Sizes): readonly Ladder[] {
	const times = findTimes(search);
	const smaller = stage(() => findSmaller(search));
	const later = times[1]?.[0];
	return [
		...stage(() => findPriced(search)),
		...times,
		...stage(() => findBetween(search, smaller[0]?.[0], later)),
		...stage(() => findOtherHosts(search)),
		...smaller,
		...stage(() => findShorter(search)),
		...stage(() => findGrown(search)),
		...part(() => withinCpuTime(search)).flatMap(findTimes),
		...(asked.others === undefined ? findSmallerNear(search, asked) : stage(() => findTogether(search, later))),
	];
}

function findSmallerNear(search: Search, asked: Sizes): readonly Ladder[] {
	const searches = part(() => smallerSearches(search, asked));
	return searches.flatMap((each) => [...findTimes(each), ...stage(() => findSmaller(each))]);
}
