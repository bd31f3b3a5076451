/** Lines and paths of a document are found in its source, however that is written. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sourceText } from '../../src/xml/encoding.ts';
import { instructionIn, locatorOf } from '../../src/xml/locate.ts';

/** What stands between tags and looks like them. */
const STRAY = ['\n', 'text', '<!-- <a> \n </b> -->', '<![CDATA[<a>\n]]>', '<?target <a>\n?>', '\r\n'];
const ATTRIBUTES = ['', ' x="1"', '\n x="a > b"', ' x=\'"\n>\' y="\'/>"'];

interface Written {
	readonly name: string;
	readonly attributes: string;
	readonly children: readonly (Written | string)[];
}

const written = fc.letrec<{ element: Written }>((tie) => ({
	element: fc.record({
		name: fc.constantFrom('a', 'b', 'p:a', 'ä'),
		attributes: fc.constantFrom(...ATTRIBUTES),
		children: fc.array(fc.oneof({ depthSize: 'small' }, fc.constantFrom(...STRAY), tie('element')), { maxLength: 6 }),
	}),
})).element;

/** Writes the element, and tells of each the path, the path by position alone, and the line where it begins. */
function write(root: Written): { text: string; places: { path: string; positions: string; line: number }[] } {
	let text = '\n<!-- before -->\n';
	const places: { path: string; positions: string; line: number }[] = [];
	function put(element: Written, path: string, positions: string): void {
		places.push({ path, positions, line: text.split('\n').length });
		text += `<${element.name}${element.attributes}`;
		if (element.children.length === 0) {
			text += '/>';
			return;
		}
		text += '>';
		const elements = element.children.filter((child) => typeof child !== 'string');
		for (const child of element.children) {
			if (typeof child === 'string') {
				text += child;
				continue;
			}
			const namesakes = elements.filter(({ name }) => name === child.name);
			const step = namesakes.length === 1 ? child.name : `${child.name}[${namesakes.indexOf(child) + 1}]`;
			put(child, `${path}/${step}`, `${positions}/*[${elements.indexOf(child) + 1}]`);
		}
		text += `</${element.name}\n>`;
	}
	put(root, `/${root.name}`, '/*');
	return { text, places };
}

test('every element is found by its path, and by its position; in the place of what is not there, what is around it', () => {
	fc.assert(
		fc.property(written, (root) => {
			const { text, places } = write(root);
			const locator = locatorOf(() => text);
			for (const { path, positions, line } of places) {
				expect(locator.linesOf([path, `${path}/@x`, `${path}/none/a`])).toEqual([line, line, line]);
				expect(locator.pathOf(`${positions}/@x`)).toBe(`${path}/@x`);
				expect(locator.pathOf(`${positions}/*[99]`)).toBe(`${positions}/*[99]`);
			}
		}),
	);
});

test.each([
	['UTF-8 without a declaration', Buffer.from('<a>\n<ä/></a>')],
	['UTF-16, little end first', Buffer.from('\ufeff<a>\n<ä/></a>', 'utf16le')],
	['UTF-16, big end first', Buffer.from('\ufeff<a>\n<ä/></a>', 'utf16le').swap16()],
	['ISO-8859-1', Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>\n<ä/></a>', 'latin1')],
])('lines are those of the source in %s', (_, bytes) => {
	const locator = locatorOf(() => sourceText(bytes));
	expect(locator.linesOf(['/a', '/a/ä'])).toEqual([1, 2]);
});

test('a place that is nowhere is told with the root, and without a root not at all', () => {
	const locator = locatorOf(() => '\n<a>\n<b/>');
	expect(locator.linesOf(['/b', '', '/', '/@x', '/a/b[2]', '/a/*[2]', '/a/b['])).toEqual(Array(7).fill(2));
	expect(locator.pathOf('/a/*[7]')).toBe('/a/*[7]');
	expect(locatorOf(() => '<a x="').linesOf(['/a'])).toEqual([undefined]);
	expect(locatorOf(() => '</a></b>\n<c/>').linesOf(['/c'])).toEqual([2]);
});

test.each([
	['<?show it?><!--<?a?>--><a><b/></a>', '/a', 'show'],
	['<a><b/><b>text<?sort?></b></a>', '/a/b[2]', 'sort'],
	['<p:a x="<?no?>"><b/><?yes?></p:a><?late?>', '/p:a', 'yes'],
	['<a/><?late?>', '/a', 'late'],
])('a processing instruction of %s is found with the element around it, or the root', (text, path, found) => {
	expect(instructionIn(text)).toEqual({ path, found });
	expect(instructionIn('<a/>')).toEqual({});
});
