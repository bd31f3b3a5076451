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
	/** Of one service, how many machines it has; absent: there are several. */
	readonly machines?: number;
}

export function divisible(room: Room, sizes: Sizes): Divisible {
	const ofOne = servicesOf<ServiceRoom>(room).map(
		({ workspace }) => workspace.cpuSharePercent * MILLICORES_PER_PERCENT,
	);
	return {
		leastMillicores: ofOne.reduce((sum, each) => sum + each),
		stepMillicores: ofOne.reduce(commonDivisor),
		...(servicesOf<ServiceSizes>(sizes).length > 1 ? {} : { machines: sizes.machineCount }),
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

/**
 * The reason with what would do: so much more for the VO, or at most so much in all. `allowed` is what each machine may
 * have of CPUs, and what all have together of CPU time.
 */
export function withinQuota(
	reason: Reason,
	{ machines, stepMillicores }: Divisible,
	exact: { readonly more: number; readonly atLeast?: true; readonly most?: number | undefined },
): Reason {
	const { most, ...more } = exact;
	const remedy = moreRemedy(reason, reason.code === 'FAIR_SHARE' ? 'in the share of the VO' : 'for the VO', more);
	if (most === undefined) return { ...reason, remedy };
	const inAll = `at most ${amountText(most, reason.resource, Math.floor)}${machines === 1 ? '' : ' in all'}`;
	const text = `${remedy.text}, or ${inAll}`;
	if (reason.resource === 'cpuSeconds') return { ...reason, remedy: { ...remedy, text, allowed: most } };
	const allowed = machines === undefined ? 0 : Math.floor(most / machines / stepMillicores) * stepMillicores;
	if (allowed === 0) return { ...reason, remedy: { ...remedy, text } };
	const each = machines === 1 ? '' : `, ${amountText(allowed, reason.resource)} in each machine`;
	return { ...reason, remedy: { ...remedy, text: `${text}${each}`, allowed } };
}
