/** Of each violation of a template: could anything that is granted be without it? */
import { describe, expect, test } from 'vitest';
import { findViolations } from '../../src/agreement/offer/violations.ts';
import { exact, item, multiplicity, offer, requestOf, template, valueIn } from './documents.ts';

const ANY = multiplicity('0_TO_N');
const RESOURCES = [
	'<jsdl:CandidateHosts><jsdl:HostName>h3</jsdl:HostName></jsdl:CandidateHosts>',
	exact('IndividualCPUSpeed', 3_000_000_000),
	exact('IndividualCPUCount', 100),
	exact('TotalResourceCount', 1),
].join('');
const JOB = `<jsdl:JobIdentification><jsdl:JobName>course</jsdl:JobName></jsdl:JobIdentification><jsdl:Resources>${RESOURCES}</jsdl:Resources>`;
const CONTEXT =
	'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:TemplateId>1</wsag:TemplateId><wsag:TemplateName>machine</wsag:TemplateName><ws:Quote><ws:Price currency="EUR">20</ws:Price></ws:Quote>';

const enumeration = (value: string) => `<xs:enumeration value="${value}"/>`;
const condition = (text: string) => `<wsag:Constraint>${text}</wsag:Constraint>`;

describe('a violation', () => {
	test.each<[string, string, boolean[]]>([
		['of a size', item('//jsdl:IndividualCPUCount', '<xs:maxInclusive value="16"/>'), [true]],
		[
			'of a size that is exactly what a grant may be',
			item('//jsdl:TotalResourceCount/jsdl:Exact', enumeration('2')),
			[true],
		],
		['of a size that is not said', item('//jsdl:IndividualPhysicalMemory', '<xs:minInclusive value="1"/>'), [true]],
		['of the window', item('//ws:Window/ws:Duration', '<xs:maxInclusive value="PT10M"/>'), [true]],
		['of a start that is not said', item('//ws:Window/ws:StartTime', ''), [true]],
		['of a host', item('//jsdl:HostName', enumeration('h1')), [true]],
		['of the price', item('//ws:Quote/ws:Price', '<xs:maxInclusive value="10"/>'), [true]],
		['of a name', item('//jsdl:JobName', enumeration('other'), ANY), [false]],
		['of an image', item('//ws:Image', enumeration('other')), [false]],
		['of the speed of CPUs', item('//jsdl:IndividualCPUSpeed', '<xs:maxInclusive value="2000000000"/>'), [false]],
		['of what is missing and nothing that is granted', item('//jsdl:OperatingSystem', ''), [false]],
		['of one of several values', item('//jsdl:Exact', '<xs:maxInclusive value="16"/>', ANY), [false, true]],
		['of two values together', condition('//jsdl:IndividualCPUCount &lt;= 4 * //jsdl:TotalResourceCount'), [true]],
		['of a condition about a name', condition('not exists(//jsdl:JobName)'), [false]],
	])('%s', (_, items, expected) => {
		const parts = { job: JOB, context: CONTEXT };
		const found = findViolations(offer(parts), valueIn(requestOf(parts)), template(items), 'EUR');
		expect(found.map(({ isOfGrant = false }) => isOfGrant)).toEqual(expected);
	});

	test('is none where the offer keeps to the template', () => {
		expect(findViolations(offer(), valueIn(requestOf()), template(''), undefined)).toEqual([]);
	});
});
