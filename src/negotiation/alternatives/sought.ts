/**
 * The sizes that alternatives are sought for: those that were asked, or the nearest that can be had at all. Of machines
 * that run and may not be restarted these are sizes that they can take as they run.
 */
import { exactly } from '../../agreement/jsdl/range.ts';
import { type GrantedService, servicesOf } from '../../agreement/terms/service.ts';
import type { Scene } from '../attempt.ts';
import { liveSizing, standingIn } from '../change.ts';
import { sizesAsTheyRun } from '../effects.ts';
import type { Judgement } from '../judge.ts';
import type { SitePolicy } from '../policy/policy.ts';
import { type ServiceSizes, SIZE_FIELDS, type Sizes, type Sizing, sizesOfAll, smallestSize } from '../sizes.ts';

/**
 * The sizes that are sought: those that were asked, or the nearest that are ever granted; of machines that run and may
 * not be restarted, the nearest that they can take as they run, within the ranges of the offer where these hold any.
 */
export function soughtSizes({ asked, nearest = asked, scene, services }: Judgement): Sizes | undefined {
	const standing = runningIn(scene);
	if (nearest === undefined || standing === undefined) return nearest;
	const { policy } = scene.room;
	const live = servicesOf<ServiceSizes>(nearest).map((sizes, nth) => {
		const service = standing[nth];
		return service === undefined ? sizes : liveSizes(sizes, services[nth]!.sizing, service, policy);
	});
	return sizesOfAll(live);
}

function liveSizes(asked: ServiceSizes, sizing: Sizing, standing: GrantedService, policy: SitePolicy): ServiceSizes {
	const { grids } = liveSizing(sizing, standing, policy);
	const sizes = { ...asked };
	for (const field of SIZE_FIELDS) sizes[field] = smallestSize(grids[field], asked.machineCount) ?? asked[field];
	return sizesAsTheyRun(standing, sizes, policy);
}

/** What the sizes of each service may become beside those that are sought, where these lie outside of its ranges. */
export function soughtSizings({ scene, services }: Judgement, sought: Sizes): readonly Sizing[] {
	const standing = runningIn(scene);
	const sizes = servicesOf<ServiceSizes>(sought);
	return services.map(({ sizing }, nth) => {
		const service = standing?.[nth];
		if (service === undefined) return sizing;
		const live = liveSizing(sizing, service, scene.room.policy);
		const { machineCount } = sizes[nth]!;
		const grids = { ...live.grids };
		for (const field of SIZE_FIELDS) {
			const { total: _, ...grid } = grids[field];
			if (smallestSize(grids[field], machineCount) !== undefined) continue;
			grids[field] = { ...grid, individual: { range: exactly(sizes[nth]![field]), path: '' } };
		}
		return { ...live, grids };
	});
}

/** The services whose machines are to keep running; undefined where they may be restarted, or do not run. */
function runningIn({ begun }: Scene): readonly (GrantedService | undefined)[] | undefined {
	return begun?.running === true && !begun.allowRestart ? standingIn(begun) : undefined;
}
