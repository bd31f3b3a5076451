/** ws:Quote: the ceiling in an offer, the price in what the site says. */
import { describe, expect, it } from 'vitest';
import { readOffer } from '../../src/agreement/offer/offer.ts';
import { type Price, withQuote } from '../../src/agreement/terms/quote.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { jobTerm, treeOf } from './documents.ts';

const CONTEXT = '<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider>';
const offerWith = (more: string) =>
	treeOf(
		`<wsag:AgreementOffer><wsag:Context>${CONTEXT}${more}</wsag:Context><wsag:Terms><wsag:All>${jobTerm('job', '')}</wsag:All></wsag:Terms></wsag:AgreementOffer>`,
	);

const PRICE: Price = {
	currency: 'EUR',
	amount: '12.40',
	penalty: '1.24',
	used: { amount: '2.00', untilAt: 0 },
	cancellation: [
		{ noticeSeconds: 172_800, percent: 0, fee: '0.00' },
		{ noticeSeconds: 0, percent: 50, fee: '6.20' },
	],
};

describe('a Quote', () => {
	it('says what an offer pays at most', () => {
		const offer = readOffer(offerWith('<ws:Quote><ws:Price currency="EUR"> 12.40 </ws:Price></ws:Quote>'));
		expect(offer.ok && offer.value.context.priceCeiling).toEqual({
			currency: 'EUR',
			amount: '12.40',
			path: '/wsag:AgreementOffer/wsag:Context/ws:Quote/ws:Price',
		});
	});

	it.each([
		['no amount', '<ws:Quote/>', 'ELEMENT_MISSING'],
		['no currency', '<ws:Quote><ws:Price>1</ws:Price></ws:Quote>', 'ATTRIBUTE_MISSING'],
		['a currency that is none', '<ws:Quote><ws:Price currency="euro">1</ws:Price></ws:Quote>', 'VALUE_MALFORMED'],
		['a negative amount', '<ws:Quote><ws:Price currency="EUR">-1</ws:Price></ws:Quote>', 'VALUE_MALFORMED'],
		['an exponent', '<ws:Quote><ws:Price currency="EUR">1e3</ws:Price></ws:Quote>', 'VALUE_MALFORMED'],
		['two of them', '<ws:Quote><ws:Price currency="EUR">1</ws:Price></ws:Quote>'.repeat(2), 'ELEMENT_REPEATED'],
	])('with %s is an issue', (_, quote, code) => {
		const offer = readOffer(offerWith(quote));
		expect(offer.ok ? [] : offer.issues.map((issue) => issue.code)).toEqual([code]);
	});

	it('is written in the place of the one that was there, and read again as a ceiling', () => {
		const asked = offerWith('<ws:Quote><ws:Price currency="EUR">9</ws:Price></ws:Quote><x:more/>');
		const quoted = withQuote(asked, PRICE);
		const text = writeCanonical(quoted);
		expect(text).toContain(
			'<ws:Price currency="EUR">12.40</ws:Price><ws:Used currency="EUR">2.00</ws:Used>' +
				'<ws:Penalty currency="EUR">1.24</ws:Penalty><ws:Cancellation currency="EUR" notice="P2D">0.00</ws:Cancellation>' +
				'<ws:Cancellation currency="EUR" notice="PT0S">6.20</ws:Cancellation>',
		);
		expect(text).not.toContain('>9<');
		const offer = readOffer(quoted);
		expect(offer.ok && offer.value.context.priceCeiling?.amount).toBe('12.40');
		expect(writeCanonical(withQuote(quoted, undefined))).not.toContain('Quote');
	});
});
