/** Everything that the grid of alternatives holds, and the ends to which a test goes through it. */
import { type ServiceGrant, servicesOf } from '../../src/agreement/terms/service.ts';
import type { Reach } from '../../src/negotiation/alternatives/grid.ts';
import { FIELDS, type Levels, type Shape, secondsIn, sizesIn } from '../../src/negotiation/alternatives/levels.ts';
import type { Wish } from '../../src/negotiation/alternatives/ranking.ts';
import { grantOf } from '../../src/negotiation/booking.ts';
import type { Question } from '../../src/negotiation/decide.ts';
import type { Judgement } from '../../src/negotiation/judge.ts';
import { priceOf, printAmount } from '../../src/negotiation/policy/price.ts';
import { type ServiceSizes, sizesOf } from '../../src/negotiation/sizes.ts';
import { firstOfferedAt } from '../../src/negotiation/window.ts';
import { limitsOf } from './oracle.ts';
import { UNIT } from './worlds.ts';

export function shapeOf(grant: ServiceGrant): Shape {
	const sizes = servicesOf<ServiceSizes>(sizesOf(grant)).flatMap((service) => FIELDS.map((field) => service[field]));
	return [...sizes, grant.endAt - grant.startAt];
}

/** Every combination of the levels at every start. */
export function* onGrid(asked: Question, { scene }: Judgement, levels: Levels): Generator<ServiceGrant> {
	for (const shape of productOf(levels)) {
		for (const startAt of startsTried(asked, secondsIn(shape))) {
			yield grantOf(scene.room, sizesIn(shape), startAt, secondsIn(shape));
		}
	}
}

function productOf(levels: Levels): readonly Shape[] {
	return levels.reduce<Shape[]>(
		(all, values) => all.flatMap((shape) => values.map((value) => [...shape, value])),
		[[]],
	);
}

/** No end of looking. */
export const ENDLESS: Reach = {
	looksMax: Number.POSITIVE_INFINITY,
	cheaperLooksMax: Number.POSITIVE_INFINITY,
	keptMin: 0,
	keptPart: 0,
	mayLook: () => true,
};

/** Of starts nearer than the setup only the first. */
export function startsTried({ policy, now, ...question }: Question, durationSeconds: number): number[] {
	const { leadTimeSeconds = 0 } = limitsOf({ policy, now, ...question });
	const firstAt = firstOfferedAt({ ...policy, leadTimeSeconds }, now);
	const count = Math.floor((now + policy.horizonSeconds - durationSeconds - firstAt) / (UNIT / 2)) + 1;
	const all = Array.from({ length: Math.max(0, count) }, (_, nth) => firstAt + nth * (UNIT / 2));
	return all.filter((startAt) => startAt === firstAt || startAt >= now + policy.setupSeconds);
}

export function isTooEarlyAndTooLate({ startAt, endAt }: ServiceGrant, { starts, request }: Wish): boolean {
	return startAt < starts.earliestAt && endAt > (request.window.endAt ?? Number.POSITIVE_INFINITY);
}

export function wishOf({ policy, request }: Question, { asked, window, scene }: Judgement): Wish {
	const wish = { sizes: asked!, starts: window.asked, request };
	const { pricing } = scene.room;
	if (pricing === undefined) return wish;
	const { earliestAt, durationSeconds } = window.asked;
	const priceFor: Wish['priceOf'] = (grant) => priceOf(grant, policy, pricing);
	const { currency, amount } = priceFor(grantOf(scene.room, asked!, earliestAt, durationSeconds));
	const ceiling = pricing.ceiling === undefined ? amount : printAmount(pricing.ceiling, pricing.model);
	return { ...wish, priceOf: priceFor, reference: { currency, amount: ceiling } };
}
