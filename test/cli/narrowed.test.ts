/** What the options of `computon negotiate` write into an offer: a ceiling, and until when it begins. */
import { describe, expect, test } from 'vitest';
import { toJson } from '../../src/agreement/to-json.ts';
import { narrowed } from '../../src/cli/narrowed.ts';
import { readCanonical } from '../../src/xml/reader.ts';

const AT = Date.parse('2026-12-01T10:00:00Z') / 1000;
const HOUR = 3600;
const offerWith = (window: string, context = '') =>
	'<wsag:AgreementOffer xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:ws="urn:computon:workspace:1">' +
	`<wsag:Context>${context}</wsag:Context><wsag:Terms><wsag:All><ws:Window>${window}</ws:Window></wsag:All></wsag:Terms></wsag:AgreementOffer>`;
const day = '<ws:StartTime>2026-12-01T09:00:00Z</ws:StartTime><ws:EndTime>2026-12-02T09:00:00Z</ws:EndTime>';
const twoHours = '<ws:Duration>PT2H</ws:Duration>';

describe('a start within some time', () => {
	test.each([
		['cuts a window that floats', `${day}${twoHours}`, '2026-12-01T14:00:00Z'],
		[
			'cuts one that begins at any time',
			`<ws:EndTime>2026-12-02T09:00:00Z</ws:EndTime>${twoHours}`,
			'2026-12-01T14:00:00Z',
		],
		['leaves one that ends sooner', day.replace('12-02T09', '12-01T13') + twoHours, undefined],
		['leaves a start that is named', `<ws:StartTime>2026-12-02T09:00:00Z</ws:StartTime>${twoHours}`, undefined],
		['leaves a window that begins later', day.replace('2026-12-01T09', '2026-12-01T13') + twoHours, undefined],
		['leaves one that names no duration', day, undefined],
	])('%s', (_, window, endAt) => {
		const document = narrowed({ offerXml: offerWith(window) }, { startsBy: AT + 2 * HOUR });
		expect(document && /<ws:EndTime>(.*)<\/ws:EndTime>/.exec(String(document.body))![1]).toBe(endAt);
	});

	test('and a ceiling are written together, also as JSON', () => {
		const read = readCanonical(offerWith(`${day}${twoHours}`));
		if (!read.ok) throw new Error(read.issue.message);
		const asked = { offer: toJson(read.root) as object };
		const ceiling = { currency: 'EUR', amount: '1.50' };
		const document = narrowed(asked as Parameters<typeof narrowed>[0], { ceiling, startsBy: AT });
		expect(document!.mediaType).toBe('application/json');
		expect(document!.body).toContain('2026-12-01T12:00:00Z');
		expect(document!.body).toContain('1.50');
	});
});

test('an offer that pays nothing more already is not asked again', () => {
	const quote = '<ws:Quote><ws:Price currency="EUR">2.00</ws:Price></ws:Quote>';
	const ceiling = { currency: 'EUR', amount: '1.50' };
	expect(narrowed({ offerXml: offerWith(twoHours, quote) }, { ceiling })).toBeUndefined();
	expect(narrowed({ offerXml: offerWith(twoHours) }, { ceiling })!.body).toContain('1.50');
});
