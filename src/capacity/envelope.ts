/**
 * What several choices need together when only one of them will come true: on every host, at every instant, of every
 * resource the most that any of them takes. So offers of which one is chosen are held at the cost of their maximum and
 * not of their sum. What one choice takes is the sum of its placements: one for each group of its machines.
 */
import {
	addResources,
	defineUsage,
	largerResources,
	NOTHING,
	type Placement,
	type ResourceVector,
	scaleResources,
	USAGE_PHASES_MAX,
} from './resources.ts';

/**
 * The pointwise maximum of the choices, as placements to be booked together; their order is that in which hosts are
 * first named. It fits wherever each of the choices alone does, and when it is released each of them fits. Hosts that
 * carry the same machines of the same placements share one. O(kinds of host * p^2 * phases^2) for p placements.
 */
export function envelopeOf(choices: readonly (readonly Placement[])[]): readonly Placement[] {
	const placements = choices.flat();
	const choiceOf = choices.flatMap((choice, nth) => choice.map(() => nth));
	const countsOn = new Map<string, number[]>();
	for (const [nth, { machines }] of placements.entries()) {
		for (const { host, count } of machines) {
			const counts = countsOn.get(host) ?? new Array<number>(placements.length).fill(0);
			counts[nth] = counts[nth]! + count;
			countsOn.set(host, counts);
		}
	}
	const kinds = Map.groupBy(countsOn, ([, counts]) => counts.join());
	return Array.from(kinds.values(), (hosts) => {
		const machines = hosts.map(([host]) => ({ host, count: 1 }));
		const stretches = stretchesOf(placements, choiceOf, hosts[0]![1]);
		const parts: Placement[] = [];
		for (let first = 0; first < stretches.length; first += USAGE_PHASES_MAX) {
			const part = stretches.slice(first, first + USAGE_PHASES_MAX);
			const { startAt } = part[0]!;
			const phases = part.map(({ startAt: from, endAt, demand }) => {
				return { offsetSeconds: from - startAt, durationSeconds: endAt - from, demand };
			});
			parts.push({ startAt, usage: defineUsage(phases), machines });
		}
		return parts;
	}).flat();
}

interface Stretch {
	readonly choice: number;
	readonly startAt: number;
	readonly endAt: number;
	readonly demand: ResourceVector;
}

/** What a host with so many machines of each placement needs, in order of time; nothing is left out. */
function stretchesOf(
	placements: readonly Placement[],
	choiceOf: readonly number[],
	counts: readonly number[],
): Omit<Stretch, 'choice'>[] {
	const taken = placements.flatMap(({ startAt, usage }, nth) => {
		const count = counts[nth]!;
		if (count === 0) return [];
		return usage.map(({ offsetSeconds, durationSeconds, demand }): Stretch => {
			const from = startAt + offsetSeconds;
			const choice = choiceOf[nth]!;
			return { choice, startAt: from, endAt: from + durationSeconds, demand: scaleResources(demand, count) };
		});
	});
	const edges = [...new Set(taken.flatMap(({ startAt, endAt }) => [startAt, endAt]))].sort((a, b) => a - b);
	return edges.slice(1).flatMap((endAt, i) => {
		const startAt = edges[i]!;
		const here = taken.filter((stretch) => stretch.startAt <= startAt && endAt <= stretch.endAt);
		if (here.length === 0) return [];
		const sums = new Map<number, ResourceVector>();
		for (const { choice, demand } of here) sums.set(choice, addResources(sums.get(choice) ?? NOTHING, demand));
		return [{ startAt, endAt, demand: [...sums.values()].reduce(largerResources, NOTHING) }];
	});
}
