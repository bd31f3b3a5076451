/**
 * What is in the way of an offer whatever its sizes and its window are: what the template says of other things, the image, terms
 * that this site can neither enforce nor measure.
 */

import { printRange } from '../../agreement/jsdl/range.ts';
import type { OfferViolation } from '../../agreement/offer/violations.ts';
import type { ConstraintViolation } from '../../agreement/template/violation.ts';
import { type RequestedService, type ServiceRequest, servicesOf } from '../../agreement/terms/service.ts';
import type { Reason, Remedy } from '../decision.ts';
import type { SitePolicy } from '../policy/policy.ts';
import { listed, NAMED_MAX } from './suitable-hosts.ts';

/** Every obstacle that no other size, time or host removes. O(violations + unsupported terms). */
export function findObstacles(
	request: ServiceRequest,
	violations: readonly OfferViolation[],
	policy: SitePolicy,
): readonly Reason[] {
	const services = servicesOf<RequestedService>(request);
	const each = (reasonsOf: (service: RequestedService, policy: SitePolicy) => Reason[]): Reason[] => {
		if (services.length === 1) return reasonsOf(request, policy);
		return services.flatMap((service) => {
			return reasonsOf(service, policy).map((reason) => ({ ...reason, serviceName: service.serviceName }));
		});
	};
	return [
		...violations.filter(({ isOfGrant }) => !isOfGrant).map(violationReason),
		...each(imageReasons),
		...unsupportedReasons(request, policy),
		...each(enforcementReasons),
		...each(retentionReasons),
	];
}

/** What goes beyond the template and could be left out of a grant: a size, a time, a host, a price. */
export function grantReasons(violations: readonly OfferViolation[]): readonly Reason[] {
	return violations.filter(({ isOfGrant }) => isOfGrant).map(violationReason);
}

/** A constraint that is not kept to, as a reason. */
export function violationReason(violation: ConstraintViolation): Reason {
	const { path, found, allowed, nearest, message } = violation;
	const remedy = remedyOf(violation);
	return {
		code: 'CREATION_CONSTRAINT',
		message,
		path,
		...(found === undefined ? {} : { asked: found }),
		...(nearest === undefined ? {} : { available: nearest }),
		...(remedy === undefined ? {} : { remedy }),
		limit: allowed,
	};
}

/** Where it takes more words than the nearest value. */
function remedyOf({ nearest, near, changes }: ConstraintViolation): Remedy | undefined {
	const beyond = near === undefined ? '' : ', or what is nearer, if anything is';
	const value = {
		...(near === undefined ? {} : { near }),
		...(nearest === undefined ? {} : { allowed: nearest }),
	};
	if (changes === undefined) return near === undefined ? undefined : { text: `say ${near}${beyond}`, ...value };
	const said = changes.slice(0, NAMED_MAX).map(({ path, to }) => `${to} at ${path}`);
	const more = changes.length > NAMED_MAX ? [`${changes.length - NAMED_MAX} more`] : [];
	return {
		text: `say together ${[...said, ...more].join(' and ')}${beyond}`,
		...value,
		changes: changes.map(({ path, found, to }) => ({ path, asked: found, allowed: to })),
	};
}

/** The digest names the image; a name that belongs to another image contradicts it. */
function imageReasons({ workspace, workspacePath: path }: RequestedService, { images }: SitePolicy): Reason[] {
	const { imageName, imageDigest } = workspace;
	const known = images.get(imageDigest);
	if (known?.name === imageName) return [];
	const namesake = [...images].find(([, image]) => image.name === imageName);
	const asked = `${imageName} ${imageDigest}`;
	if (namesake !== undefined) {
		const message = `The image ${imageName} of this site is ${namesake[0]}, not ${imageDigest}.`;
		return [{ code: 'IMAGE_UNKNOWN', message, path, asked, available: namesake[0] }];
	}
	if (known !== undefined) return [];
	const names = [...images.values()].map(({ name }) => name);
	const text =
		names.length === 0 ? 'no image is there yet' : `name an image of this site, with its digest: ${listed(names)}`;
	const message = `This site has no image ${imageName} (${imageDigest}).`;
	return [{ code: 'IMAGE_UNKNOWN', message, path, asked, remedy: { text } }];
}

function unsupportedReasons(request: ServiceRequest, policy: SitePolicy): Reason[] {
	const reasons: Reason[] = [];
	const isOneOfSeveral = request.others !== undefined;
	for (const { kind, path, serviceName, subject, why } of request.unsupported) {
		if (kind === 'measure' && policy.measurableKpis.includes(subject)) continue;
		const code = kind === 'measure' ? 'NOT_MEASURABLE' : 'NOT_ENFORCEABLE';
		const named = isOneOfSeveral && serviceName !== undefined ? { serviceName } : {};
		const remedy = { text: kind === 'measure' ? 'leave the guarantee out' : `leave ${subject} out` };
		reasons.push({ code, message: `${subject}: ${why}.`, path, ...named, asked: subject, remedy });
	}
	return reasons;
}

function enforcementReasons(request: RequestedService, policy: SitePolicy): Reason[] {
	const reasons: Reason[] = [];
	if (request.networkBitsPerSecond !== undefined && !policy.abilities.networkShaping) {
		const { path, range } = request.networkBitsPerSecond;
		const message = 'The kernel of this site cannot shape network bandwidth, so none can be agreed.';
		reasons.push({
			code: 'NOT_ENFORCEABLE',
			message,
			path,
			resource: 'networkBitsPerSecond',
			asked: printRange(range),
			available: 0,
			remedy: { text: 'leave IndividualNetworkBandwidth out' },
		});
	}
	return reasons;
}

function retentionReasons({ workspace, workspacePath: path }: RequestedService, policy: SitePolicy): Reason[] {
	const asked = workspace.retentionSeconds;
	const limit = policy.retentionSecondsMax;
	if (asked <= limit) return [];
	const message = `Machines are kept at most ${limit} seconds after their window; ${asked} were asked.`;
	return [{ code: 'LIMIT_EXCEEDED', message, path, resource: 'time', asked, limit }];
}
