/** What a service asks for that is understood and cannot be enforced here. */
import type { UnsupportedDemand } from '../terms/service.ts';
import type { Notes } from './range-value.ts';

/** What reading the JobDefinitions of a service has to tell. */
export interface JobNotes extends Notes {
	readonly unsupported: UnsupportedDemand[];
}

/** Adds what cannot be enforced here; beyond a hundred only that there is more. */
export function addUnsupported(unsupported: UnsupportedDemand[], demand: UnsupportedDemand): void {
	if (unsupported.length > UNSUPPORTED_MAX) return;
	const isLast = unsupported.length === UNSUPPORTED_MAX;
	unsupported.push(isLast ? { ...demand, why: 'there is more of this kind; the first hundred are listed' } : demand);
}

/** As many as anybody reads; a hostile document could ask for a hundred thousand. */
const UNSUPPORTED_MAX = 100;
