/** Whatever pattern is violated, and by however long a text: one that is allowed is told. */
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { findValueFault, isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { facet, item, offer, template } from './documents.ts';

function constraintsOf(contents: readonly string[]) {
	return template(contents.map((content) => item('//jsdl:Exact', content)).join(''));
}

function restrictionOf(content: string): ValueRestriction {
	const [constraint] = constraintsOf([content]).constraints;
	if (constraint === undefined || 'condition' in constraint || constraint.value === undefined) throw new Error(content);
	return constraint.value;
}

/** What has many instructions, many states, repetitions in repetitions, or the part that decides far from the place. */
const HOSTILE: readonly string[] = [
	...['(..){100}', '.{399}', '.{1,900}!', '(a?){500}b', '(a|b)*c(a|b){200}', '(a{0,30}b{0,30}){0,10}c', '((a*b?)*c)*d'],
	...['(a|aa|aaa){1,90}b', '(.*a.{14})*c', '.*b.{13}', '(.*,){11}P', '(x+x+)+y', '([a-z]+)*[0-9]', '(a|a)*b', '(a*)*b'],
	...[
		'(\\w{3}-){50}\\d{40}',
		'[a-z]{1,9}(-[a-z0-9]{1,8}){30}',
		'(\\p{Lu}\\p{Ll}+ ){20}end',
		'\\p{Nd}{150}',
		'[^\\w]{99}',
	],
	...['sha256:[0-9a-f]{64}', '(sha512:[0-9a-f]{128}|sha256:[0-9a-f]{64})', '([0-9a-f]{2}:){63}[0-9a-f]{2}', '#{300}'],
	...['(ab|ba){90}', '(abc|bca|cab){60}', '(a[^a]){120}', '([ab]c?){150}d', '(a{10}b{10}){20}', '((a{3}b){5}c){9}'],
	...['a.*b.*c.*d.*e.*f', '.*(foo|bar).*(baz|qux){70}', '(0|1)*1(0|1){120}', '(0|1){200}2', '(01|10|00|2){150}'],
	...['(a?b?c?d?e?){60}!', '(a+b+c+){40}', '(a*b*c*){30}z', '((a|b)?(c|d)?){90}x', '[a-m]{150}[n-z]{150}'],
	...[
		'(é|ü){120}',
		'[À-ÿ]{180}',
		'(😀|a){99}b',
		'[Α-Ω]+([α-ω]{2}){60}',
		'\\i\\c{250}',
		'(\\S+ ){30}\\S+',
		'(\\d+\\.){40}\\d+',
	],
	...['[a-z]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z]([a-z0-9-]{0,61}[a-z0-9])?){3}', '(A{1,5}B{1,5}){50}', 'Z(Y|Z){333}'],
	...[
		'((a{1,3}){1,9}b){10}',
		'(a{2,4}){2,40}b',
		'(([a-c]{3})+d){20}',
		'(x|yx|zyx){100}',
		'q{499}',
		'(..-){99}',
		'(.a){75}.b.{100}',
	],
	...['k{0,250}K', '(m|n){3,150}o', '[ab]*a[ab]{9}', '((cd?)e?){70}'],
];

const PIECES = ['x', 'a', 'ab', '-', 'Web-Server ', '0', 'ä', 'sha256:', 'b!'];
const LENGTHS = [1, 7, 33, 120, 257, 400];

describe('of hostile patterns', () => {
	test('are at least sixty', () => expect(new Set(HOSTILE).size).toBeGreaterThanOrEqual(60));

	test.each(HOSTILE)('%s tells what is allowed', (source) => {
		for (const base of ['', 'xs:string']) {
			const pattern = facet('pattern', source);
			const typed = `<xs:simpleType><xs:restriction base="${base}">${pattern}</xs:restriction></xs:simpleType>`;
			const restriction = restrictionOf(base === '' ? pattern : typed);
			for (const [index, length] of LENGTHS.entries()) {
				const piece = PIECES[(index + source.length) % PIECES.length]!;
				const said = piece.repeat(length).slice(0, length).trimEnd();
				const fault = findValueFault(restriction, said);
				if (fault === undefined) continue;
				const told = fault.nearest ?? fault.near;
				expect(told, said).toBeDefined();
				expect(isValueAllowed(restriction, told!), said).toBe(true);
			}
		}
	});

	test.each<[sources: readonly string[], said: string]>([
		[['(..){60}', '(...){40}'], 'x'.repeat(119)],
		[['.*a.{14}', '.*b.{13}'], 'x'.repeat(40)],
		[['(.*a.{14})*c', '.*b.{13}c'], 'x'.repeat(40)],
		[['(a|b)*c(a|b){100}', '(b|c)*a(b|c|a){80}'], 'abcabc'],
		[['([0-9a-f]{2}:){63}[0-9a-f]{2}', '.*de:ad.*', '.*be:ef.*'], 'aa:'.repeat(64)],
		[['sha256:[0-9a-f]{64}', '.*00000000', '.{8}ff.*'], 'sha256:zz'],
		[['(ab|ba){90}', '.*(aabb.*){3}'], 'ab'.repeat(90)],
		[['.{100,200}', '(a*b){50}', '(.*cc.*){5}|(.*bb.*){5}'], 'a'.repeat(20)],
		[['.*1.{9}', '.*1.{8}', '.*1.{7}', '.*1.{6}'], '0'.repeat(20)],
	])('%j about one value tell what is allowed', (sources, said) => {
		for (const base of ['xs:string', 'xs:token']) {
			const step = (inner: string, source: string): string =>
				`<xs:simpleType><xs:restriction>${inner}${facet('pattern', source)}</xs:restriction></xs:simpleType>`;
			const restriction = restrictionOf(
				sources.reduce(step, `<xs:simpleType><xs:restriction base="${base}"></xs:restriction></xs:simpleType>`),
			);
			const fault = findValueFault(restriction, said);
			const told = fault?.nearest ?? fault?.near;
			expect(told, base).toBeDefined();
			expect(isValueAllowed(restriction, told!), base).toBe(true);
		}
	});

	test.each([7, 60, 120])('sixteen together, violated by %i characters, each tell what is allowed', (length) => {
		const large = Array.from({ length: 16 }, (_, index) => facet('pattern', `(..){60}.{${index + 1}}!`));
		const { constraints } = template(large.map((each, index) => item(`//x:n${index}`, each)).join(''));
		const nodes = large.map((_, index) => `<x:n${index}>${'x'.repeat(length)}</x:n${index}>`);
		const said = offer({ resources: nodes.join('') });
		const violations = checkConstraints(said, { constraints });
		expect(violations).toHaveLength(16);
		for (const { nearest, near, message } of violations) expect(nearest ?? near, message).toBeDefined();
	});
});
