/** What the command line says of a no. */
import { describe, expect, test } from 'vitest';
import { problemText, reasonText, remarkText } from '../../src/cli/outcome.ts';

describe('a reason', () => {
	const path = '/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm[1]/jsdl:TotalResourceCount';

	test('names the place in the document, and what is allowed there', () => {
		const text = reasonText({
			code: 'CREATION_CONSTRAINT',
			message: 'The template does not allow 2.',
			path,
			asked: '2',
			limit: 'at most 1',
			remedy: { text: 'say 1' },
		});
		expect(text.split('\n')).toEqual([
			'  CREATION_CONSTRAINT: The template does not allow 2.',
			`    at ${path}; allowed: at most 1`,
			'    would fit: say 1',
		]);
	});

	test('has amounts in its message, and no place where it is about none', () => {
		expect(reasonText({ code: 'CAPACITY_RESERVED', message: 'No room.', path, limit: 4 })).toBe(
			`  CAPACITY_RESERVED: No room.\n    at ${path}`,
		);
		expect(reasonText({ code: 'CAPACITY_RESERVED', message: 'No room.', serviceName: 'head' })).toBe(
			'  CAPACITY_RESERVED: head: No room.',
		);
	});
});

test('an issue claims nothing that was not said', () => {
	const issue = { code: 'X', path: '/', message: 'No.' };
	const textOf = (more: object) =>
		problemText({ type: '', title: 'T', status: 400, code: 'C', issues: [{ ...issue, ...more }] });
	expect(textOf({ found: 'a' }).split('\n')[2]).toBe('    found a');
	expect(textOf({ allowed: 'b' }).split('\n')[2]).toBe('    allowed: b');
	expect(textOf({ found: 'a', allowed: 'b' }).split('\n')[2]).toBe('    found a; allowed: b');
	expect(textOf({}).split('\n')).toHaveLength(2);
});

test('a remark has its line, where there is one, and what was repaired', () => {
	const remark = { code: 'VALUE_CASE', path: '/a/b', message: 'Other letters.' };
	expect(remarkText(remark)).toBe('  remark VALUE_CASE at /a/b: Other letters.');
	expect(remarkText({ ...remark, line: 3, found: 'True', used: 'true' })).toBe(
		'  remark VALUE_CASE at line 3, /a/b: Other letters. (found True; used true)',
	);
});
