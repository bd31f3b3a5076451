/** What a template admits, found out without asking it twice. */
import type { Price } from '../../agreement/terms/quote.ts';
import { type GrantedService, type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { metered, part, stage } from '../../parts.ts';
import type { OptionalDemands, Question } from '../judge.ts';
import { SIZE_FIELDS } from '../sizes.ts';

/**
 * Each question costs as much as narrowing the offer and checking it, 20 to 100 us, under the site's lock. The search
 * near what is asked takes about fifty where the template refuses all of it, the last resort up to two hundred.
 */
const QUESTIONS_MAX = 250;

/** The question with a template that is asked about each grant once, and after so many grants admits no others. */
export function askingSparingly(question: Question): Question {
	const { satisfies: ask, admitted, ways, optionalDemands, importanceOf } = question;
	const asked = metered(() => new Answers(), 'count');
	return {
		...question,
		satisfies: (grant, price) => asked.answer(keyOf(grant, price), () => ask(grant, price)),
		...(admitted === undefined ? {} : { admitted: inPart(admitted) }),
		...(ways === undefined ? {} : { ways: (kind: 'several' | 'coupled') => stage(() => ways(kind)) }),
		...(importanceOf === undefined ? {} : { importanceOf: inPart(importanceOf) }),
		...(optionalDemands === undefined ? {} : { optionalDemands: () => inParts(optionalDemands) }),
	};
}

/** What is asked of documents is a part, wherever it is asked: they remember what they have read. */
export function inPart<A extends readonly unknown[], T>(ask: (...asked: A) => T): (...asked: A) => T {
	return (...asked) => part(() => ask(...asked));
}

function inParts(ask: () => OptionalDemands): OptionalDemands {
	const demands = part(ask);
	return {
		items: demands.items,
		get always() {
			return part(() => demands.always);
		},
	};
}

/** A class for its lifecycle: whatever was asked by work that was broken off is asked again. */
class Answers {
	count = 0;
	private readonly given = new Map<string, { readonly nth: number; readonly answer: boolean }>();

	answer(key: string, ask: () => boolean): boolean {
		const known = this.given.get(key);
		if (known !== undefined && known.nth < this.count) return known.answer;
		if (this.count === QUESTIONS_MAX) return false;
		const answer = part(ask);
		this.given.set(key, { nth: this.count, answer });
		this.count += 1;
		return answer;
	}
}

/** Whatever alternatives of one offer differ in. */
function keyOf(grant: ServiceGrant, price: Price | undefined): string {
	const services = servicesOf<GrantedService>(grant).map((service) => {
		const { machineCount, candidateHosts = [] } = service;
		return [machineCount, ...SIZE_FIELDS.map((field) => service[field]), ...candidateHosts];
	});
	return JSON.stringify([grant.startAt, grant.endAt, price?.amount, services]);
}
