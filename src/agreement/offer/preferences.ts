/** What a client would rather have, as the Preferences of its guarantee terms say it. */
import type { GuaranteeTerm } from '../terms/guarantee-term.ts';
import type { ServiceRequest } from '../terms/service.ts';
import type { ServiceTerm } from '../terms/terms.ts';

/**
 * The utilities of the Preferences for the terms that hold the resources and for the one that holds the window, as
 * weights: the larger is 1, and none is less than a tenth. Absent where only one of the two is named, or none.
 */
export function preferencesOf(
	guarantees: readonly GuaranteeTerm[],
	jobTerms: readonly ServiceTerm[],
	windowTerm: ServiceTerm,
): ServiceRequest['preferences'] {
	const named = guarantees.flatMap(({ businessValues }) => businessValues.preferences);
	if (named.length === 0) return undefined;
	const utilityOf = (terms: readonly ServiceTerm[]): number | undefined => {
		const utilities = named.filter(({ termName }) => terms.some(({ name }) => name === termName));
		return utilities.length === 0 ? undefined : Math.max(...utilities.map(({ utility }) => utility));
	};
	const sizes = utilityOf(jobTerms);
	const time = utilityOf([windowTerm]);
	if (sizes === undefined || time === undefined) return undefined;
	const most = Math.max(sizes, time);
	if (!Number.isFinite(most) || most <= 0) return undefined;
	const weight = (utility: number): number => Math.max(WEIGHT_MIN, utility / most);
	return { sizes: weight(sizes), time: weight(time) };
}

/** What a client likes least still counts, or an alternative could do without it altogether. */
const WEIGHT_MIN = 0.1;

/** Whether a Preference names one of these terms: more of what it describes is liked better. */
export function prefersLargest(guarantees: readonly GuaranteeTerm[], jobTermNames: ReadonlySet<string>): boolean {
	return guarantees.some(({ businessValues }) =>
		businessValues.preferences.some(({ termName, utility }) => utility > 0 && jobTermNames.has(termName)),
	);
}
