/** Random element trees, and random ways to write one and the same tree. */
import fc from 'fast-check';
import { qualifiedName, type XmlAttribute, type XmlElement, type XmlNode } from '../../src/xml/element.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';

/** `toString` and its like are names that a careless reader loses or trips over. */
const LOCAL_NAMES = [
	'a',
	'Exact',
	'é',
	'\u{10400}x',
	'x-1.y_z',
	'toString',
	'valueOf',
	'hasOwnProperty',
	'__defineGetter__',
];
const BOUND = [
	{ prefix: 'p', namespace: 'urn:one' },
	{ prefix: 'q', namespace: 'urn:two' },
	{ prefix: 'p', namespace: 'urn:two' },
	{ prefix: 'é', namespace: "http://example.org/?a='1'" },
	{ prefix: 'valueOf', namespace: 'urn:one' },
];
const DEFAULTED = [
	{ prefix: '', namespace: '' },
	{ prefix: '', namespace: 'urn:one' },
	{ prefix: '', namespace: 'urn:two' },
];

const localName = fc.constantFrom(...LOCAL_NAMES);

/** Text of every character that XML 1.0 allows, and more often of those that have to be escaped. */
const text = fc.string({
	unit: fc.oneof(
		{ weight: 3, arbitrary: fc.constantFrom('&', '<', '>', '"', "'", ']', '\t', '\n', '\r', ' ', '&#10;', '&amp;lt;') },
		{ weight: 2, arbitrary: fc.constantFrom('a', '1e10', '007', '17179869184.0', 'true', '__proto__') },
		{ weight: 1, arbitrary: fc.constantFrom('é', '€', '\u0085', '\u2028', '\ufeff', '\ufffd', '\u{1f600}') },
	),
	maxLength: 12,
});

/** A comment may not hold `--` nor end in `-`, and a carriage return in it has no canonical form. */
const comment = text.map((value) => value.replaceAll(/[-\r]/g, '+'));

/** No two written alike or meaning the same. */
const attributes: fc.Arbitrary<XmlAttribute[]> = fc.uniqueArray(
	fc
		.record({ name: localName, bound: fc.constantFrom({ prefix: '', namespace: '' }, ...BOUND), value: text })
		.map(({ name, bound, value }) => ({ ...bound, localName: name, value })),
	{ maxLength: 4, comparator: (one, other) => one.localName === other.localName },
);

const tied = fc.letrec<{ element: XmlElement; node: XmlNode }>((tie) => ({
	element: fc
		.record({
			localName,
			bound: fc.constantFrom(...DEFAULTED, ...BOUND),
			attributes,
			children: fc.array(tie('node'), { maxLength: 5 }),
		})
		.filter(({ bound, attributes }) => {
			// One prefix cannot mean two things on one element.
			const meanings = new Map([[bound.prefix, bound.namespace]]);
			return attributes.every(({ prefix, namespace }) => {
				if (prefix === '') return true;
				const meaning = meanings.get(prefix) ?? namespace;
				meanings.set(prefix, meaning);
				return meaning === namespace;
			});
		})
		.map(({ bound, children, ...rest }) => ({
			kind: 'element',
			...bound,
			...rest,
			declarations: [],
			children: joined(children),
		})),
	node: fc.oneof(
		{ depthSize: 'small', withCrossShrink: true },
		text.map((value): XmlNode => ({ kind: 'text', text: value })),
		comment.map((value): XmlNode => ({ kind: 'comment', text: value })),
		tie('element'),
	),
}));

/** Trees without declarations, text pieces joined and none empty. */
export const bareTree: fc.Arbitrary<XmlElement> = tied.element;

/** Trees with every declaration that they need, inside an element in which the schema allows everything. */
export const declaredTree: fc.Arbitrary<XmlElement> = fc
	.array(bareTree, { minLength: 1, maxLength: 3 })
	.map((children) =>
		declareNamespaces({
			kind: 'element',
			prefix: 'wsag',
			namespace: 'http://schemas.ggf.org/graap/2007/03/ws-agreement',
			localName: 'Constraint',
			declarations: [],
			attributes: [],
			children,
		}),
	);

/**
 * One of the many ways to write this tree. `choose(n)` picks one of n: quotes, references, CDATA sections, empty-element
 * tags, white space in tags, order of attributes, declarations that say nothing new.
 */
export function writeSomehow(
	node: XmlElement,
	choose: (count: number) => number,
	outer: ReadonlyMap<string, string> = new Map(),
): string {
	const name = qualifiedName(node);
	const scope = new Map(outer);
	for (const { prefix, namespace } of node.declarations) scope.set(prefix, namespace);
	const repeated = [...outer].filter(([prefix, namespace]) => scope.get(prefix) === namespace && choose(6) === 0);
	const declared = [...node.declarations, ...repeated.map(([prefix, namespace]) => ({ prefix, namespace }))];
	const parts = [
		...declared.map(({ prefix, namespace }) => quoted(prefix === '' ? 'xmlns' : `xmlns:${prefix}`, namespace, choose)),
		...node.attributes.map((candidate) => quoted(qualifiedName(candidate), candidate.value, choose)),
	];
	if (choose(4) === 0) parts.push('xmlns:xml="http://www.w3.org/XML/1998/namespace"');
	if (choose(2) === 0) parts.reverse();
	const tag = `<${name}${parts.map((part) => [' ', '\n\t', '  '][choose(3)] + part).join('')}${choose(4) === 0 ? ' ' : ''}`;
	if (node.children.length === 0 && choose(2) === 0) return `${tag}/>`;
	let content = '';
	for (const child of node.children) {
		if (child.kind === 'comment') content += `<!--${child.text}-->`;
		else if (child.kind === 'text') content += textSomehow(child.text, choose);
		else content += writeSomehow(child, choose, scope);
	}
	return `${tag}>${content}</${name}${choose(4) === 0 ? '\n' : ''}>`;
}

function textSomehow(value: string, choose: (count: number) => number): string {
	if (choose(3) === 0 && !value.includes('\r')) return `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
	return Array.from(value, (character) => referenced(character, '&<>\r', choose)).join('');
}

function quoted(name: string, value: string, choose: (count: number) => number): string {
	const quote = choose(2) === 0 ? '"' : "'";
	const text = Array.from(value, (character) => referenced(character, `&<\t\n\r${quote}`, choose)).join('');
	return `${name}${choose(4) === 0 ? ' = ' : '='}${quote}${text}${quote}`;
}

function referenced(character: string, needed: string, choose: (count: number) => number): string {
	if (!needed.includes(character) && choose(8) !== 0) return character;
	const code = character.codePointAt(0)!;
	return choose(2) === 0 ? `&#${code};` : `&#x${code.toString(16)};`;
}

function joined(children: readonly XmlNode[]): XmlNode[] {
	const result: XmlNode[] = [];
	for (const child of children) {
		const last = result.at(-1);
		if (child.kind === 'text' && child.text === '') continue;
		if (child.kind === 'text' && last?.kind === 'text')
			result[result.length - 1] = { kind: 'text', text: last.text + child.text };
		else result.push(child);
	}
	return result;
}
