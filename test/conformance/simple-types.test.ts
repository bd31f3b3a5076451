/** Restrictions of simple types, lists and unions: what is allowed here, and what libxml2 allows by the same schema. */
import fc from 'fast-check';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { expect, test } from 'vitest';
import { areSatisfiable } from '../../src/agreement/lint/lint-restrictions.ts';
import { isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { item, templateXml, treeOf, valueIn } from '../agreement/documents.ts';

const NUMBERS = [
	'0',
	'-0',
	'1',
	'7',
	'+7',
	'007',
	'-1',
	'12',
	'127',
	'128',
	'-129',
	'2.50',
	'2.5',
	'.5',
	'-.50',
	'1e2',
	'100',
	'INF',
	'-INF',
	'NaN',
	'',
	'1.',
	'0.1',
	'0.10000000000000000001',
	'9007199254740993',
	'9007199254740992',
	'18446744073709551615',
	'18446744073709551616',
];
const WORDS = [
	'',
	'a',
	'ab',
	'A',
	'a b',
	' a ',
	'a\tb',
	'en',
	'en-GB',
	'x:y',
	'-a',
	'a-b',
	'1a',
	'_1',
	':',
	'é',
	'\u{1F600}',
	'true',
	'v'.repeat(9),
	'a#b',
	'urn:a:b',
	'%41',
	'%zz',
	'a#b#c',
];
const INSTANTS = [
	'2026-01-01T00:00:00Z',
	'2026-01-01T00:00:00',
	'2026-01-01T01:00:00+01:00',
	'2025-12-31T24:00:00Z',
	'2026-01-01T00:00:00.50Z',
	'2026-01-01T00:00:00.5Z',
	'2026-02-29T00:00:00Z',
	'2024-02-29T23:59:59Z',
	'-0045-03-15T12:00:00Z',
	'12026-01-01T00:00:00Z',
	'2026-01-01',
];
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
	boolean: ['true', 'false', '1', '0', 'TRUE', ''],
	dateTime: INSTANTS,
	date: [
		'2026-01-01',
		'2026-01-01Z',
		'2026-01-01+01:00',
		'2026-01-02',
		'2026-02-29',
		'2024-02-29',
		'-0045-03-15',
		'26-01-01',
		'12026-05-05Z',
	],
	time: [
		'00:00:00',
		'00:00:00Z',
		'12:00:00Z',
		'12:00:00.5Z',
		'12:00:00.50Z',
		'13:00:00+01:00',
		'23:59:59',
		'24:00:00',
		'25:00:00',
		'12:60:00',
	],
	duration: [
		'PT0S',
		'P1D',
		'PT24H',
		'PT86400S',
		'PT0.5S',
		'PT0.50S',
		'P1M',
		'P12M',
		'P1Y',
		'P365D',
		'P366D',
		'P30D',
		'P27D',
		'P32D',
		'-P1D',
		'-P1M',
		'P',
		'P1DT',
		'1D',
		'P1Y2M3DT4H5M6.7S',
	],
	gYear: ['2026', '2026Z', '2025', '-0001', '12026', '02026', '26', '2026+01:00'],
	gYearMonth: ['2026-01', '2026-02Z', '2026-02', '2026-13', '2026-1', '2027-01-14:00'],
	gMonth: ['--01', '--02Z', '--12', '--13', '-01', '--02'],
	gMonthDay: ['--01-01', '--02-29', '--02-30', '--12-31Z', '--12-31', '-12-31'],
	gDay: ['---01', '---31', '---31Z', '---32', '--31', '---15'],
	hexBinary: ['', 'ab', 'AB', 'abcd', 'ABcd', 'abc', 'xy', '00 00'],
	base64Binary: ['', 'YQ==', 'YR==', 'YWI=', 'YWJj', 'Y W J j', 'YWJjZA==', 'YWJj ZA==', 'YWJ', '====', 'YQ=='],
	QName: ['a', 'x:a', 'y:a', 'z:a', 'x:b', 'x:', '1a', 'q:a'],
};
const NUMBER_TYPES = [
	'decimal',
	'integer',
	'nonNegativeInteger',
	'positiveInteger',
	'nonPositiveInteger',
	'negativeInteger',
	'long',
	'unsignedLong',
	'int',
	'unsignedInt',
	'short',
	'unsignedShort',
	'byte',
	'unsignedByte',
	'double',
	'float',
];
const WORD_TYPES = [
	'string',
	'normalizedString',
	'token',
	'language',
	'Name',
	'NCName',
	'NMTOKEN',
	'anyURI',
	'NMTOKENS',
];
const TYPES = [...Object.keys(SAMPLES), ...NUMBER_TYPES, ...WORD_TYPES];

function samplesOf(type: string): readonly string[] {
	return SAMPLES[type] ?? (NUMBER_TYPES.includes(type) ? NUMBERS : WORDS);
}

/** What stands in an xs:simpleType, and what may be a value of it. */
interface Written {
	readonly xml: string;
	readonly samples: readonly string[];
	/** Lists have no lists as items. */
	readonly hasList: boolean;
	readonly facets: readonly string[];
}

const LENGTHS = ['length', 'minLength', 'maxLength'];
const BOUNDS = ['minInclusive', 'minExclusive', 'maxInclusive', 'maxExclusive'];

function facetsOf(type: string): readonly string[] {
	if (type === 'boolean') return ['pattern'];
	if (type === 'QName') return ['pattern', 'enumeration'];
	if (type.endsWith('Binary') || WORD_TYPES.includes(type)) return ['pattern', 'enumeration', ...LENGTHS];
	const isDecimal = NUMBER_TYPES.includes(type) && type !== 'double' && type !== 'float';
	return ['pattern', 'enumeration', ...BOUNDS, ...(isDecimal ? ['totalDigits', 'fractionDigits'] : [])];
}

const escaped = (text: string) =>
	text
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('"', '&quot;')
		.replaceAll('\t', '&#9;')
		.replaceAll('\n', '&#10;');
const PATTERNS = ['.*', '[0-9a-z]+', '.{1,3}', '\\S+( \\S+)*', '[^b]*', '\\i\\c*', '-?\\d*'];

const named: fc.Arbitrary<{ readonly type: string }> = fc.constantFrom(...TYPES).map((type) => ({ type }));

function facetsFor({ facets, samples }: Pick<Written, 'facets' | 'samples'>): fc.Arbitrary<string> {
	const one = fc.constantFrom(...facets).chain((name): fc.Arbitrary<string> => {
		const value =
			name === 'pattern'
				? fc.constantFrom(...PATTERNS)
				: LENGTHS.includes(name) || name.endsWith('Digits')
					? fc.integer({ min: name === 'totalDigits' ? 1 : 0, max: 4 }).map(String)
					: // A bound that cannot be compared with anything is refused here.
						fc.constantFrom(...samples.filter((text) => text !== 'NaN' || !BOUNDS.includes(name)));
		return value.map((text) => `<xs:${name} value="${escaped(text)}"></xs:${name}>`);
	});
	const nameOf = (facet: string) => /^<xs:(\w+)/.exec(facet)?.[1] ?? '';
	const isSeveral = (facet: string) => ['pattern', 'enumeration'].includes(nameOf(facet));
	// Of bounds and lengths a step has one of a kind.
	return fc
		.array(one, { maxLength: 3 })
		.map((all) =>
			all.filter((each, at) => isSeveral(each) || all.findIndex((other) => nameOf(other) === nameOf(each)) === at),
		)
		.map((all) => all.join(''));
}

const built: fc.Arbitrary<Written> = named.chain(({ type }) => {
	const samples = samplesOf(type);
	const facets = facetsOf(type);
	return facetsFor({ facets, samples }).map((inner) => ({
		xml: `<xs:restriction base="xs:${type}">${inner}</xs:restriction>`,
		samples,
		facets,
		hasList: type === 'NMTOKENS',
	}));
});

const { written } = fc.letrec<{ written: Written }>((tie) => {
	const simple = (each: Written) => `<xs:simpleType>${each.xml}</xs:simpleType>`;
	const list = tie('written').chain((member) => {
		if (member.hasList) return fc.constant(member);
		const rows = fc.array(fc.array(fc.constantFrom(...member.samples), { maxLength: 3 }), {
			minLength: 1,
			maxLength: 8,
		});
		return rows.map((all) => ({
			xml: `<xs:list>${simple(member)}</xs:list>`,
			samples: all.map((row) => row.join(' ')),
			facets: ['pattern', 'enumeration', ...LENGTHS],
			hasList: true,
		}));
	});
	const union = fc.array(tie('written'), { minLength: 1, maxLength: 3 }).map((members) => ({
		xml: `<xs:union>${members.map(simple).join('')}</xs:union>`,
		samples: members.flatMap(({ samples }) => samples),
		facets: ['pattern', 'enumeration'],
		hasList: members.some(({ hasList }) => hasList),
	}));
	const restricted = tie('written').chain((base) =>
		facetsFor(base).map((inner) => ({ ...base, xml: `<xs:restriction>${simple(base)}${inner}</xs:restriction>` })),
	);
	return { written: fc.oneof({ maxDepth: 3, depthSize: 'small' }, built, built, list, union, restricted) };
});

const NAMESPACES =
	'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:x="urn:example:x" xmlns:y="urn:example:x" xmlns:z="urn:example:z"';
const PREFIXES = new Map([
	['x', 'urn:example:x'],
	['y', 'urn:example:x'],
	['z', 'urn:example:z'],
]);

/** What libxml2 says of each text; undefined where it takes the schema for none. */
function libxml2Verdicts(xml: string, texts: readonly string[]): readonly boolean[] | undefined {
	const schema = XmlDocument.fromString(
		`<xs:schema ${NAMESPACES}><xs:element name="v"><xs:simpleType>${xml}</xs:simpleType></xs:element></xs:schema>`,
	);
	let validator: XsdValidator;
	try {
		validator = XsdValidator.fromDoc(schema);
	} catch {
		return undefined;
	} finally {
		schema.dispose();
	}
	const verdicts = texts.map((text) => {
		const document = XmlDocument.fromString(`<v ${NAMESPACES}>${escaped(text)}</v>`);
		try {
			validator.validate(document);
			return true;
		} catch {
			return false;
		} finally {
			document.dispose();
		}
	});
	validator.dispose();
	return verdicts;
}

function restrictionOf(xml: string): ValueRestriction {
	const text = templateXml(item('//jsdl:JobName', `<xs:simpleType>${xml}</xs:simpleType>`));
	const reading = readTemplate(
		treeOf(text.replace(/^<wsag:Template/, '<wsag:Template xmlns:y="urn:example:x" xmlns:z="urn:example:z"')),
	);
	const [constraint] = valueIn(reading).constraints;
	if (constraint === undefined || 'condition' in constraint) throw new Error('There is no item.');
	return constraint.value!;
}

/** Where the two differ: what it is about, and the reason. */
const DIFFERENCES: readonly (readonly [reason: string, is: (xml: string, text: string) => boolean])[] = [
	[
		'libxml2 takes no white space around times and durations, which is collapsed (Part 2, 3.2.6 to 3.2.14)',
		(xml, text) => CALENDAR.test(xml) && /^\s|\s$/.test(text),
	],
	[
		'libxml2 takes an empty list for NMTOKENS, which has an item at least (3.3.5)',
		(xml, text) => xml.includes('"xs:NMTOKENS"') && text.trim() === '',
	],
	[
		'libxml2 takes NaN for more than any number; it cannot be compared (3.2.4, 3.2.5)',
		(xml, text) => text.includes('NaN') && /(?:Inclusive|Exclusive) /.test(xml),
	],
	[
		'where only one of two times has a zone they are compared in UTC here, and not at all by libxml2 (3.2.7.3)',
		(xml, text) =>
			CALENDAR.test(xml) &&
			FACET.test(xml) &&
			new Set([text, ...facetTexts(xml)].flatMap((each) => each.trim().split(/\s+/)).map(isZoned)).size > 1,
	],
	[
		'times of the day are compared in UTC here, each of its own day by libxml2 (3.2.8)',
		(xml, text) => xml.includes('"xs:time"') && FACET.test(xml) && /24:00|\+01/.test(text + xml),
	],
	[
		'libxml2 takes the end of a day for less than the beginning of the next; they are one (3.2.7.1)',
		(xml, text) => xml.includes('"xs:dateTime"') && FACET.test(xml) && /24:00/.test(text + xml),
	],
	[
		'libxml2 passes over what is no digit in a base64Binary (3.2.16)',
		(xml, text) => xml.includes('"xs:base64Binary"') && /[^ A-Za-z0-9+/=]/.test(text + facetTexts(xml).join('')),
	],
	[
		'of a union within a union the facets count here, as in XML Schema 1.1; 1.0 drops them (Part 1, 3.14.2)',
		(xml) => /<xs:union>.*<xs:restriction><xs:simpleType><xs:(?:restriction><xs:simpleType><xs:)*union>/.test(xml),
	],
	[
		'of a union libxml2 refuses what is a QName but for its prefix, without a look at the other members (2.5.1.3)',
		(xml, text) => /union.*"xs:QName"/.test(xml) && /q:a/.test(text),
	],
	[
		'of years in two zones one begins before the other, which libxml2 does not see (3.2.11)',
		(xml, text) => /"xs:g\w+"/.test(xml) && FACET.test(xml) && /[+-]\d\d:\d\d/.test(text + xml),
	],
];
const CALENDAR = /"xs:(?:dateTime|date|time|duration|g\w+)"/;
const FACET = /xs:(?:m\w+clusive|enumeration) /;

function facetTexts(xml: string): readonly string[] {
	return [...xml.matchAll(/xs:(?:m\w+clusive|enumeration) value="([^"]*)"/g)].map(([, text = '']) => text);
}

function isZoned(text: string): boolean {
	return /(?:Z|[+-]\d\d:\d\d)$/.test(text);
}

const RUNS = 6000;

test('restrictions, lists and unions allow what libxml2 allows, but for the differences that are listed', () => {
	let [taken, allowed] = [0, 0];
	const reasons = new Set<string>();
	fc.assert(
		fc.property(
			written,
			fc.array(fc.constantFrom(...WORDS, ...NUMBERS), { maxLength: 3 }),
			({ xml, samples }, more) => {
				const texts = [...new Set([...samples, ...more, ...samples.slice(0, 2).map((text) => ` ${text}\n`)])];
				const theirs = libxml2Verdicts(xml, texts);
				// What is no schema there may be read here, and be found by lint: bounds that exclude each other.
				if (theirs === undefined) return;
				const restriction = restrictionOf(xml);
				taken += 1;
				for (const [index, text] of texts.entries()) {
					const isAllowed = isValueAllowed(restriction, text, (prefix) => PREFIXES.get(prefix));
					if (isAllowed) allowed += 1;
					if (isAllowed === theirs[index]) continue;
					const [reason] = DIFFERENCES.find(([, is]) => is(xml, text)) ?? [];
					expect(reason, `${JSON.stringify(text)} is ${isAllowed ? '' : 'not '}allowed by ${xml}`).toBeDefined();
					reasons.add(reason!);
				}
			},
		),
		{ numRuns: RUNS },
	);
	expect(taken).toBeGreaterThan(RUNS / 3);
	expect(allowed).toBeGreaterThan(RUNS);
	expect(DIFFERENCES.map(([reason]) => reason).filter((reason) => !reasons.has(reason))).toEqual([]);
});

test('what lint says of two of them, that nothing keeps to both, no sample contradicts', () => {
	let excluding = 0;
	fc.assert(
		fc.property(written, written, (one, other) => {
			const schemas = [one, other].map(({ xml }) => libxml2Verdicts(xml, []));
			if (schemas.includes(undefined)) return;
			const restrictions = [one, other].map(({ xml }) => restrictionOf(xml));
			if (areSatisfiable(restrictions)) return;
			excluding += 1;
			const samples = [...one.samples, ...other.samples, ...WORDS, ...NUMBERS];
			const taken = samples.filter((text) => restrictions.every((each) => isValueAllowed(each, text)));
			expect(taken, `${one.xml} and ${other.xml}`).toEqual([]);
		}),
		{ numRuns: RUNS / 4 },
	);
	expect(excluding).toBeGreaterThan(RUNS / 100);
});
