/** Alternatives as a client meets them: documents, narrowed to what is offered, that are sent back as they are. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import type { Template } from '../../src/agreement/template/template.ts';
import { withQuote } from '../../src/agreement/terms/quote.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import { becauseOf } from '../../src/negotiation/reasons/because.ts';
import { item, multiplicity, template, valueIn } from '../agreement/documents.ts';
import { offerOf, questionOf } from './as-document.ts';
import { changeQuestion, QUESTIONS, question } from './worlds.ts';

const ANY_NUMBER = multiplicity('0_TO_N');

/** Templates that some alternatives do not keep to. */
const templates: readonly Template[] = [
	template(''),
	template(item('//jsdl:TotalResourceCount/jsdl:Exact', '<xs:maxInclusive value="3"/>', ANY_NUMBER)),
	template(
		item('//jsdl:IndividualPhysicalMemory/jsdl:Exact', facets(['1073741824', '2147483648', '4294967296']), ANY_NUMBER),
	),
];

describe('an alternative as a document', () => {
	it('keeps to the template and is accepted as it stands (H6)', () => {
		let offered = 0;
		const asked = fc.tuple(fc.oneof(question, changeQuestion), fc.constantFrom(...templates));
		fc.assert(
			fc.property(asked, ([{ request, ...world }, against]) => {
				const document = offerOf(request);
				const judged = ask(document, against, world);
				if (judged.kind !== 'counter') return;
				for (const { grant, price, accepted } of judged.alternatives) {
					offered += 1;
					const sentBack = valueIn(readOffer(withQuote(narrowOffer(document, grant, against), price)));
					expect(checkConstraints(sentBack, against)).toEqual([]);
					const asSent = questionOf(sentBack, against, world);
					const { because, priceTold, ...answer } = accepted;
					expect(decide(asSent)).toEqual(answer);
					expect(priceTold ?? answer.price).toEqual(price);
					expect(because).toEqual(becauseOf(asSent, answer, questionOf(document, against, world).request));
				}
			}),
			{ numRuns: Math.ceil(QUESTIONS / 2) },
		);
		expect(offered).toBeGreaterThan(QUESTIONS / 10);
	});
});

function ask(document: Offer, against: Template, world: Omit<Question, 'request'>) {
	return decide(questionOf(document, against, world));
}

function facets(values: readonly string[]): string {
	return values.map((value) => `<xs:enumeration value="${value}"/>`).join('');
}
