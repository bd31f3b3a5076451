/**
 * What is against the sizes of an offer whatever is reserved: ranges that admit none, limits of the policy, and of the
 * largest host where the amounts are beyond what the calendar can count.
 */
import { servicesOf } from '../../agreement/terms/service.ts';
import type { Scene } from '../attempt.ts';
import { demandOf, roomOf } from '../booking.ts';
import { shrinkObstacle } from '../change.ts';
import type { Reason } from '../decision.ts';
import type { JudgedService } from '../judge.ts';
import { type SitePolicy, sizeLimit } from '../policy/policy.ts';
import { isExactService, type ServiceSizes, type Sizes, sizesBeyondLimit, smallestChoices } from '../sizes.ts';
import { withLargest } from './largest.ts';
import { explainSizes } from './ranges.ts';
import { oversizeReasons } from './shortage.ts';
import { amountText } from './words.ts';

/** Why there are no sizes: the ranges of a service hold none, or none without disks that shrink. */
export function explainChoices(services: readonly JudgedService[]): readonly Reason[] {
	return services.flatMap((service) => {
		const { wanted, sizing } = service;
		const [smallest] = smallestChoices(wanted);
		if (smallest === undefined) {
			return sizesBeyondLimit(wanted) === undefined ? ofService(services, service, explainSizes(wanted)) : [];
		}
		const isLeft = smallestChoices(sizing).length > 0;
		return isLeft ? [] : ofService(services, service, [shrinkObstacle(wanted, sizing, smallest.diskBytes)]);
	});
}

/** Limits that even the smallest sizes exceed. */
export function limitReasons(asked: Sizes, judged: readonly JudgedService[], { room }: Scene): Reason[] {
	const { policy, calendar } = room;
	const reasons: Reason[] = [];
	const services = servicesOf<ServiceSizes>(asked);
	for (const [nth, service] of services.entries()) {
		reasons.push(...ofService(services, judged[nth]!, serviceLimitReasons(service, judged[nth]!, policy)));
		// Exact sizes are compared with what the hosts have when the calendar explains itself.
		if (isExactService(service)) continue;
		const { workspace } = roomOf(room, nth);
		const oversize = oversizeReasons(demandOf(service, workspace, policy), calendar.hosts);
		reasons.push(
			...ofService(
				services,
				judged[nth]!,
				oversize.map((each) => withLargest(each, service, roomOf(room, nth))),
			),
		);
	}
	if (services.length === 1) return reasons;
	const machines = services.reduce((sum, { machineCount }) => sum + machineCount, 0);
	if (machines <= policy.machinesMax || services.some(({ machineCount }) => machineCount > policy.machinesMax)) {
		return reasons;
	}
	const limit = policy.machinesMax;
	const message = `An agreement of this site has at most ${limit} machines; its services ask for ${machines} together.`;
	reasons.push({ code: 'LIMIT_EXCEEDED', message, resource: 'machines', asked: machines, limit });
	return reasons;
}

/** What is against one of the services, with its name where there are several. */
export function ofService(
	services: readonly unknown[],
	{ request: { serviceName } }: Pick<JudgedService, 'request'>,
	reasons: readonly Reason[],
): readonly Reason[] {
	return services.length === 1 ? reasons : reasons.map((reason) => ({ serviceName, ...reason }));
}

/** Limits of the policy that one service exceeds. */
function serviceLimitReasons(service: ServiceSizes, { sizing }: JudgedService, policy: SitePolicy): Reason[] {
	const reasons: Reason[] = [];
	// Where the ranges admit no sizes, that has been said with all that is wrong with them.
	if (service.machineCount > sizing.countMax && sizesBeyondLimit(sizing) !== undefined) {
		reasons.push(...explainSizes(sizing));
	}
	for (const field of ['cpuCount', 'memoryBytes'] as const) {
		const limit = sizeLimit(policy, field);
		const asks = service[field];
		if (asks <= limit) continue;
		const [resource, unit] =
			field === 'cpuCount' ? (['cpus', 'virtual CPUs'] as const) : ([field, 'bytes of memory'] as const);
		const message = `A machine has at most ${limit} ${unit} here; ${asks} were asked.`;
		const path = sizing.grids[field].individual?.path ?? sizing.grids[field].total?.path;
		const blame = path === undefined ? {} : { path };
		const { origin, step } = sizing.grids[field];
		const allowed = origin + Math.floor((limit - origin) / step) * step;
		const remedy = { text: `at most ${amountText(allowed, resource, Math.floor)}`, allowed };
		reasons.push({ code: 'LIMIT_EXCEEDED', message, ...blame, resource, asked: asks, limit, remedy });
	}
	return reasons;
}
