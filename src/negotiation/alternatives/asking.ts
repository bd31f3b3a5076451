/** What a template admits, found out without asking it twice. */
import type { Price } from '../../agreement/terms/quote.ts';
import { type GrantedService, type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import type { Question } from '../judge.ts';
import { SIZE_FIELDS } from '../sizes.ts';

/**
 * Each question costs as much as narrowing the offer and checking it, 20 to 100 us, under the site's lock. The search
 * near what is asked takes about fifty where the template refuses all of it, the last resort up to two hundred.
 */
const QUESTIONS_MAX = 250;

/** The question with a template that is asked about each grant once, and after so many grants admits no others. */
export function askingSparingly(question: Question): Question {
	const answers = new Map<string, boolean>();
	const satisfies = (grant: ServiceGrant, price?: Price): boolean => {
		const key = keyOf(grant, price);
		const known = answers.get(key);
		if (known !== undefined) return known;
		if (answers.size === QUESTIONS_MAX) return false;
		const answer = question.satisfies(grant, price);
		answers.set(key, answer);
		return answer;
	};
	return { ...question, satisfies };
}

/** Whatever alternatives of one offer differ in. */
function keyOf(grant: ServiceGrant, price: Price | undefined): string {
	const services = servicesOf<GrantedService>(grant).map((service) => {
		const { machineCount, candidateHosts = [] } = service;
		return [machineCount, ...SIZE_FIELDS.map((field) => service[field]), ...candidateHosts];
	});
	return JSON.stringify([grant.startAt, grant.endAt, price?.amount, services]);
}
