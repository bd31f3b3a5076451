/** A request as JSON, to be kept, and to cross from one thread to another. */
import type { ServiceRequest } from './service.ts';

/** The ends of ranges that have none are infinite, for which JSON writes null. */
export function requestInJson(request: ServiceRequest): string {
	return JSON.stringify(request);
}

export function requestFromJson(json: string): ServiceRequest {
	// Most have no such end: to look at every value anew takes as long as to parse them.
	return JSON.parse(json, json.includes('null') ? readInfinity : undefined) as ServiceRequest;
}

function readInfinity(name: string, value: unknown): unknown {
	if (value !== null) return value;
	return name === 'lower' ? Number.NEGATIVE_INFINITY : name === 'upper' ? Number.POSITIVE_INFINITY : value;
}
