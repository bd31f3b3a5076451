/** What would make CPUs fit that are beyond a quota or a share: so much more for the VO, or less that is asked for. */
import { servicesOf } from '../../agreement/terms/service.ts';
import type { Room, ServiceRoom } from '../booking.ts';
import type { Reason } from '../decision.ts';
import { moreRemedy } from '../reasons/remedy.ts';
import { amountText } from '../reasons/words.ts';
import { MILLICORES_PER_PERCENT, type ServiceSizes, type Sizes } from '../sizes.ts';

/** What an offer comes to with other sizes. */
export interface Divisible {
	/** One CPU in one machine of each service: less is never asked for. */
	readonly leastMillicores: number;
	/** All amounts of CPUs are multiples of it. */
	readonly stepMillicores: number;
	/** Whether the CPUs are those of several machines. */
	readonly isOfSeveral: boolean;
}

export function divisible(room: Room, sizes: Sizes): Divisible {
	const ofOne = servicesOf<ServiceRoom>(room).map(
		({ workspace }) => workspace.cpuSharePercent * MILLICORES_PER_PERCENT,
	);
	return {
		leastMillicores: ofOne.reduce((sum, each) => sum + each),
		stepMillicores: ofOne.reduce(commonDivisor),
		isOfSeveral: servicesOf<ServiceSizes>(sizes).length > 1 || sizes.machineCount > 1,
	};
}

function commonDivisor(one: number, other: number): number {
	return other === 0 ? one : commonDivisor(other, one % other);
}

/** The most CPUs that an offer can ask for of so many; undefined where it asks for more in any case. */
export function cpusWithin(millicores: number, { leastMillicores, stepMillicores }: Divisible): number | undefined {
	const most = Math.floor(millicores / stepMillicores) * stepMillicores;
	return most < leastMillicores ? undefined : most;
}

/** The reason with what would do; `allowed` of all machines together, as they are asked. */
export function withinQuota(
	reason: Reason,
	{ isOfSeveral }: Divisible,
	exact: { readonly more: number; readonly atLeast?: true; readonly allowed?: number | undefined },
): Reason {
	const { allowed, ...more } = exact;
	const remedy = moreRemedy(reason, reason.code === 'FAIR_SHARE' ? 'in the share of the VO' : 'for the VO', more);
	if (allowed === undefined) return { ...reason, remedy };
	const text = `at most ${amountText(allowed, reason.resource, Math.floor)}${isOfSeveral ? ' in all' : ''}`;
	return { ...reason, remedy: { ...remedy, text: `${remedy.text}, or ${text}`, allowed } };
}
