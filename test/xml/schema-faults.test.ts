/** Faults by the schemas say what was found and what is allowed, as data and not only in libxml2's sentences. */
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';
import { readSchemaFault } from '../../src/xml/schema-faults.ts';
import { cpuMs } from '../cpu-time.ts';

const DECLARED = [
	['wsag', 'http://schemas.ggf.org/graap/2007/03/ws-agreement'],
	['jsdl', 'http://schemas.ggf.org/jsdl/2005/11/jsdl'],
	['spmd', 'http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd'],
	['ws', 'urn:computon:workspace:1'],
	['xsi', 'http://www.w3.org/2001/XMLSchema-instance'],
]
	.map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
	.join('');

/** What the first issue tells of an element with that content. */
function told(name: string, content: string, attributes = ''): { found?: string; allowed?: string } {
	const reading = readDocument(Buffer.from(`<${name}${DECLARED} ${attributes}>${content}</${name}>`));
	if (reading.ok) throw new Error('It is valid.');
	const { found, allowed } = reading.issues[0]!;
	return { ...(found === undefined ? {} : { found }), ...(allowed === undefined ? {} : { allowed }) };
}

const DIGEST = '0'.repeat(64);
const GUARANTEE = (attributes: string) => `<wsag:All><wsag:GuaranteeTerm ${attributes}/></wsag:All>`;

describe('what is found and what is allowed', () => {
	test.each([
		['an element where another one stands', told('wsag:Terms', '<wsag:Name/>'), 'wsag:Name', 'wsag:All'],
		[
			'an element where one of several stands',
			told('jsdl:DataStaging', '<jsdl:FileName>a</jsdl:FileName><x xmlns="urn:x"/>', 'name="d"'),
			'{urn:x}x',
			'jsdl:FilesystemName or jsdl:CreationFlag',
		],
		[
			'an element where any of more than are told stands',
			told('jsdl:Resources', '<jsdl:Nonsense/>'),
			'jsdl:Nonsense',
			expect.stringMatching(/^jsdl:CandidateHosts, jsdl:FileSystem, .*, or others$/),
		],
		[
			'an element behind the last',
			told('jsdl:CPUArchitecture', '<jsdl:CPUArchitectureName>x86</jsdl:CPUArchitectureName><jsdl:Name/>'),
			'jsdl:Name',
			'any element that is not of jsdl',
		],
		['an element where none may stand', told('jsdl:JobName', '<a/>'), 'an element', 'only text'],
		['too few elements', told('jsdl:JobDefinition', ''), 'the end of jsdl:JobDefinition', 'jsdl:JobDescription'],
		['text between elements', told('wsag:Terms', 'All'), 'text', 'only elements'],
		['text where nothing stands', told('wsag:TerminateResponse', 'done'), 'text', 'nothing'],
		['an element where nothing stands', told('wsag:TerminateResponse', '<wsag:Name/>'), 'an element', 'nothing'],
		[
			'a word of no list',
			told('jsdl:CreationFlag', 'Overwrite'),
			'Overwrite',
			'one of overwrite, append, dontOverwrite',
		],
		['a value of another type', told('jsdl:ExclusiveExecution', 'True'), 'True', 'xs:boolean: true or false'],
		['no value', told('jsdl:ExclusiveExecution', ''), "''", 'xs:boolean: true or false'],
		[
			'an attribute of another type',
			told('jsdl:FileSystem', '', 'name="a:b"'),
			'a:b',
			'xs:NCName: a name without a colon',
		],
		[
			'a language that is none',
			told('jsdl:JobDefinition', '', 'xml:lang="not a language"'),
			'not a language',
			/^a language/,
		],
		['no attribute', told('jsdl:FileSystem', ''), 'nothing', 'the attribute name'],
		['a qualified attribute missing', told('wsag:Terms', GUARANTEE('')), 'nothing', 'the attribute wsag:Name'],
		['an attribute nobody knows', told('jsdl:JobName', 'n', 'x="1"'), 'the attribute x', 'no attribute of that name'],
		[
			'an attribute that should have a prefix',
			told('wsag:Terms', GUARANTEE('Name="g"')),
			'the attribute Name',
			'no attribute without a prefix: those of wsag are qualified, as wsag:Name',
		],
		['a type that is none of the element', told('jsdl:JobName', 'n', 'xsi:type="jsdl:x"'), /jsdl}x$/, /^no xsi:type/],
		['an element that cannot be nil', told('jsdl:JobName', '', 'xsi:nil="true"'), 'xsi:nil', 'no xsi:nil'],
		[
			'a text that is too short',
			told('ws:Workspace', `<ws:Image digest="sha256:${DIGEST}"/>`),
			'a length of 0',
			'at least 1',
		],
		[
			'a text of another pattern',
			told('ws:Workspace', '<ws:Image digest="sha1:0">i</ws:Image>'),
			'sha1:0',
			'the pattern sha256:[0-9a-f]{64}',
		],
		[
			'a number that is too small',
			told('ws:Workspace', `<ws:Image digest="sha256:${DIGEST}">i</ws:Image><ws:CPUShare>0</ws:CPUShare>`),
			'0',
			'ws:CPUShare: a whole number from 1 to 100',
		],
		[
			'a number that is too large',
			told('ws:Workspace', `<ws:Image digest="sha256:${DIGEST}">i</ws:Image><ws:CPUShare>101</ws:CPUShare>`),
			'101',
			/^at most/,
		],
	])('%s', (_, { found, allowed }, expectedFound, expectedAllowed) => {
		const like = (expected: unknown) =>
			expected instanceof RegExp ? expect.stringMatching(expected) : (expected as string | undefined);
		expect({ found, allowed }).toEqual({ found: like(expectedFound), allowed: like(expectedAllowed) });
	});
});

describe('an attribute that a fault is about ends its path', () => {
	const pathIn = (text: string) => {
		const reading = readDocument(Buffer.from(text));
		return reading.ok ? undefined : reading.issues[0]!.path;
	};
	const terms = (prefix: string, attributes: string) =>
		`<${prefix}:Terms xmlns:${prefix}="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:x="urn:x"><${prefix}:All><${prefix}:GuaranteeTerm ${attributes}/></${prefix}:All></${prefix}:Terms>`;

	test.each([
		[
			'of the vocabulary, however that is written',
			terms('w', 'w:Obligated="me"'),
			'/w:Terms/w:All/w:GuaranteeTerm/@w:Obligated',
		],
		['of none', terms('w', 'Obligated="me"'), '/w:Terms/w:All/w:GuaranteeTerm/@Obligated'],
		[
			'of xml',
			`<j:JobDefinition xmlns:j="http://schemas.ggf.org/jsdl/2005/11/jsdl" xml:lang="not a language"/>`,
			'/j:JobDefinition/@xml:lang',
		],
		[
			'but of another vocabulary, whose prefix nobody told',
			terms('w', 'x:Obligated="me"'),
			'/w:Terms/w:All/w:GuaranteeTerm',
		],
		['but one that is missing', terms('w', ''), '/w:Terms/w:All/w:GuaranteeTerm'],
	])('%s', (_, text, path) => {
		expect(pathIn(text)).toBe(path);
	});
});

describe('a value that looks like a part of the sentence', () => {
	const type = "' is not a valid value of the atomic type 'xs:boolean'.";

	test('is told as it is', () => {
		const value = `x' is not a valid value of the atomic type 'xs:int'. {urn:computon:workspace:1}`;
		expect(readSchemaFault(`Element 'a': '${value}${type}`)).toMatchObject({
			found: value,
			allowed: 'xs:boolean: true or false',
		});
	});

	test('may have several lines', () => {
		expect(readSchemaFault(`Element 'a': 'x\ny${type}\n`)).toMatchObject({ found: 'x\ny' });
	});

	test('and may be as long as a document', () => {
		const long = `' is not a valid value of the ${"'{[( ".repeat(200_000)}.`;
		const began = cpuMs();
		expect(readSchemaFault(`Element 'a': '${long}${type}`).found === long).toBe(true);
		expect(readSchemaFault(`Element 'a': '${long}`).found === undefined).toBe(true);
		expect(cpuMs() - began).toBeLessThan(1_000);
	});
});

test('a sentence of no known shape is told on as it is', () => {
	expect(readSchemaFault(' Internal error. ')).toEqual({ detail: 'Internal error.' });
	expect(readSchemaFault("Element '{urn:computon:workspace:1}Image': Something new.")).toEqual({
		detail: "Element 'ws:Image': Something new.",
	});
});
