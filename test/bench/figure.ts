/** What every bench gives, and how it comes by a value that another program on the machine does not spoil. */

/** One measured value. */
export interface Figure {
	readonly name: string;
	readonly value: number;
	/** '1/s', 'us', 'ms', 'bytes'; 'ratio': divided by its peer, which was measured in the same rounds. */
	readonly unit: string;
	/** What else was measured or belongs to the value: members of its JSON line. */
	readonly details?: Readonly<Record<string, string | number>>;
}

/** Who watches a bench: is told what is being done, and may have had enough. */
export interface Watcher {
	readonly progress: (step: string) => void;
	readonly signal: AbortSignal;
}

/** Each contestant's values, round by round. */
export type Rounds<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/**
 * Lets the contestants measure themselves in turn, round after round: what slows the machine down for a while slows
 * all of them down. A round before the first is the compiler's share and is not counted. Throws where the watcher has
 * had enough.
 */
export async function interleave<Name extends string>(
	count: number,
	contestants: Readonly<Record<Name, (round: number) => number | Promise<number>>>,
	{ signal, progress }: Watcher,
): Promise<Rounds<Name>> {
	const names = Object.keys(contestants) as Name[];
	const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
	for (let round = 0; round <= count; round += 1) {
		progress(round === 0 ? 'warming up ...' : `round ${round} of ${count} ...`);
		for (const name of names) {
			signal.throwIfAborted();
			const value = await contestants[name](round);
			if (round > 0) values[name].push(value);
		}
	}
	return values;
}

/** The median of each round's own ratio. */
export function medianRatio(values: readonly number[], peers: readonly number[]): number {
	return median(values.map((value, round) => value / peers[round]!));
}

export function median(values: readonly number[]): number {
	return quantile(values, 0.5);
}

/** The value below which that share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((one, other) => one - other);
	const place = (sorted.length - 1) * share;
	const below = sorted[Math.floor(place)]!;
	return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
}

/** As many significant digits as a shared machine gives. */
export function rounded(value: number): number {
	return Number(value.toPrecision(3));
}

/** The same numbers in every run. */
export function numbers(): (below: number) => number {
	let state = 12_345;
	return (below) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return Math.floor(((state >>> 0) / 2 ** 32) * below);
	};
}
