/**
 * What grants cost for what they are: in parts of what all that was asked, for as long as it was asked, would cost at
 * that price. At one start the larger never costs more for what it is than the smaller, since memory and disk that serve
 * fewer CPUs are paid all the same; the shorter may.
 */
import type { Scene } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { amountOf } from '../policy/cost.ts';
import type { Search } from './ladder.ts';
import { type Levels, type Shape, secondsIn, sizesIn } from './levels.ts';

/** In smallest units of the currency; `Infinity` is any rate, and below 0 nothing is. */
export interface Rates {
	/** The most at which it is a choice beside this, which is no smaller and no farther. */
	readonly below: (shape: Shape, startAt: number) => number;
	readonly isWithin: (shape: Shape, startAt: number, rateMax: number) => boolean;
	/** Where only such starts count at which so much costs so little; what is smaller then costs more for what it is. */
	readonly sceneWithin: (shape: Shape, rateMax: number) => Scene;
}

/** Sizes and durations come in halves on the grid, and so does what is paid. */
const CHEAPER = 0.5;

/** Without prices nothing is a choice by what it costs. */
export function ratesOf({ scene }: Search, levels: Levels): Rates {
	const { room } = scene;
	const { pricing, policy } = room;
	if (pricing === undefined) {
		const below = () => Number.NEGATIVE_INFINITY;
		return { below, isWithin: (_, __, rateMax) => rateMax > 0, sceneWithin: () => scene };
	}
	const costOf = (shape: Shape, startAt: number): number =>
		Number(amountOf(grantOf(room, sizesIn(shape), startAt, secondsIn(shape)), policy, pricing));
	const shareOf = (shape: Shape): number =>
		levels.reduce((share, [most], nth) => (most === 0 ? share : (share * shape[nth]!) / most!), 1);
	const mostAt = (shape: Shape, rateMax: number): number => Math.floor(rateMax * shareOf(shape));
	return {
		// Less than rounding makes is no choice.
		below: (shape, startAt) => (costOf(shape, startAt) * CHEAPER - 1) / shareOf(shape),
		isWithin: (shape, startAt, rateMax) =>
			rateMax === Number.POSITIVE_INFINITY || (rateMax >= 0 && costOf(shape, startAt) <= mostAt(shape, rateMax)),
		sceneWithin: (shape, rateMax) => {
			if (rateMax === Number.POSITIVE_INFINITY) return scene;
			const beside = { sizes: sizesIn(shape), ceiling: BigInt(mostAt(shape, rateMax)) };
			return { ...scene, room: { ...room, pricing: { ...pricing, beside } } };
		},
	};
}
