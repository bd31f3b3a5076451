import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readDocument, readDocumentWith } from '../../src/xml/document.ts';
import type { DocumentIssue, XmlElement } from '../../src/xml/element.ts';
import { pathOf } from '../../src/xml/element.ts';

const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
const JSDL = 'http://schemas.ggf.org/jsdl/2005/11/jsdl';

function issuesOf(text: string): readonly DocumentIssue[] {
	const reading = readDocument(Buffer.from(text));
	return reading.ok ? [] : reading.issues;
}

describe('issues say where', () => {
	const hosts = (prefix: string) => {
		const p = prefix === '' ? '' : `${prefix}:`;
		return `<${p}Resources xmlns${prefix === '' ? '' : `:${prefix}`}="${JSDL}">
  <${p}CandidateHosts><!-- none -->
    <${p}HostName>a</${p}HostName>

    <${p}HostName x="">b</${p}HostName>
  </${p}CandidateHosts>
  <${p}ExclusiveExecution>True</${p}ExclusiveExecution>
</${p}Resources>`;
	};

	test.each(['j', ''])('by path and line, whether the prefix is "%s" or none', (prefix) => {
		const p = prefix === '' ? '' : `${prefix}:`;
		expect(issuesOf(hosts(prefix)).map(({ code, path, line }) => [code, path, line])).toEqual([
			['XSD_INVALID', `/${p}Resources/${p}CandidateHosts/${p}HostName[2]/@x`, 5],
			['XSD_INVALID', `/${p}Resources/${p}ExclusiveExecution`, 7],
		]);
	});

	test('in words that name vocabularies by their usual prefixes', () => {
		expect(issuesOf(`<Terms xmlns="${WSAG}"><Name/></Terms>`)).toEqual([
			{
				code: 'XSD_INVALID',
				path: '/Terms/Name',
				line: 1,
				message: "Element 'wsag:Name': This element is not expected. Expected is ( wsag:All ).",
				found: 'wsag:Name',
				allowed: 'wsag:All',
			},
		]);
	});

	test('and say what a wildcard wants', () => {
		const [issue] = issuesOf(`<NoncriticalExtensions xmlns="${WSAG}"><Name/></NoncriticalExtensions>`);
		expect(issue?.message).toContain('Expected is ( any element that is not of wsag ).');
	});

	test('beyond line 65,535', () => {
		const text = `<Terms xmlns="${WSAG}">${'\n'.repeat(70_000)}<Name/></Terms>`;
		expect(issuesOf(text)[0]).toMatchObject({ path: '/Terms/Name', line: 70_001 });
	});

	test('and quote no more of a value than a line or two', () => {
		const [issue] = issuesOf(`<ExclusiveExecution xmlns="${JSDL}">${'x'.repeat(10_000)}</ExclusiveExecution>`);
		expect(issue!.message.length).toBe(501);
		expect(issue!.message).toMatch(/^Element 'jsdl:ExclusiveExecution': 'xxx.*x…$/);
	});

	test('of the parser by line', () => {
		expect(issuesOf('<a>\n\n<b></a>')[0]).toMatchObject({ code: 'NOT_WELL_FORMED', path: '/', line: 3 });
	});

	test('a hundred times, then that there are more', () => {
		const issues = issuesOf(`<CandidateHosts xmlns="${JSDL}">${'\n<HostName x=""/>'.repeat(150)}</CandidateHosts>`);
		expect(issues.length).toBe(101);
		expect(issues[99]).toMatchObject({ code: 'XSD_INVALID', path: '/CandidateHosts/HostName[100]/@x' });
		const next = { path: '/CandidateHosts/HostName[101]/@x', line: 102 };
		expect(issues[100]).toMatchObject({ code: 'TOO_MANY_ISSUES', ...next });
	});

	test.each([
		['<!-- <!DOCTYPE a> -->\n<!DOCTYPE a [\n<!ENTITY b "c">\n]>\n<a>&b;</a>', 2],
		['<?xml version="1.0"?>\n\n<!DOCTYPE a>\n<a/>', 3],
	])('of a document type by its line: %j', (text, line) => {
		expect(issuesOf(text)).toMatchObject([{ code: 'DTD_FORBIDDEN', line }]);
	});
});

describe('what reads the tree', () => {
	const offer = readFileSync(new URL('../fixtures/documents/offer-8k.xml', import.meta.url));
	const lines = offer.toString('utf8').split('\n');

	test('gets lines for the paths of its issues, of every element of an offer', () => {
		const all = (node: XmlElement): XmlElement[] => [
			node,
			...node.children.flatMap((child) => (child.kind === 'element' ? all(child) : [])),
		];
		// No more than a hundred issues are told: two halves.
		for (const half of [0, 1]) {
			const reading = readDocumentWith(offer, (root) => {
				const elements = all(root).filter((_, index) => index % 2 === half);
				const issues = elements.map((node) => ({ code: 'HERE', path: pathOf(root, node)!, message: node.localName }));
				return { ok: false, issues };
			});
			expect(reading.issues!.length).toBeGreaterThan(50);
			for (const { line, message } of reading.issues!.slice(1)) expect(lines[line! - 1]).toContain(`:${message}`);
		}
	});

	test('gets the line of the element for an attribute, that of what is around it for a path that leads nowhere', () => {
		const paths = [
			'/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm[2]/@wsag:Name',
			'/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm[9]',
			'/wsag:AgreementOffer/nonsense[',
			'',
		];
		const issues = paths.map((path) => ({ code: 'HERE', path, message: '' }));
		const reading = readDocumentWith(offer, () => ({ ok: false, issues }));
		const at = ['"WINDOW"', '<wsag:All', '<wsag:AgreementOffer'].map(
			(part) => lines.findIndex((line) => line.includes(part)) + 1,
		);
		expect(reading.issues!.map(({ line }) => line)).toEqual([...at, at[2]]);
	});

	test('may have remarks about what it accepts, which get lines too', () => {
		const path = '/wsag:AgreementOffer/wsag:Name';
		const reading = readDocumentWith(offer, () => ({
			ok: true,
			value: 1,
			issues: [{ code: 'HERE', path, message: '' }],
		}));
		expect(reading).toMatchObject({ ok: true, value: 1, issues: [{ line: 8 }] });
	});

	test('is heard a hundred times, however much it finds', () => {
		const issues = Array.from({ length: 500 }, () => ({ code: 'HERE', path: '/wsag:AgreementOffer', message: '' }));
		const reading = readDocumentWith(offer, () => ({ ok: false, issues }));
		expect(reading.issues!.length).toBe(101);
		expect(reading.issues![100]).toMatchObject({ code: 'TOO_MANY_ISSUES' });
	});

	test('is not asked about a document that is too large for it', () => {
		const reading = readDocumentWith(offer, () => expect.unreachable(), undefined, { maxBytes: 8_000 });
		expect(reading.issues).toEqual([
			{
				code: 'TOO_LARGE',
				path: '/',
				message: 'The document has more bytes than are read.',
				found: `${offer.length} bytes`,
				allowed: 'at most 8000 bytes',
			},
		]);
	});

	test('may fail, and its failure is not hidden', () => {
		expect(() => readDocumentWith(offer, () => expect.fail('a fault of the reader'))).toThrow('a fault of the reader');
	});
});
