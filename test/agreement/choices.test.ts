import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBranches } from '../../src/agreement/offer/branches.ts';
import { chooseBranches, RESOLUTIONS_MAX, resolveChoices } from '../../src/agreement/offer/choices.ts';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { printAgreement } from '../../src/agreement/properties/print.ts';
import { checkBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { flattenTerms } from '../../src/agreement/terms/terms.ts';
import { readCanonical } from '../../src/xml/reader.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import {
	codesOf,
	documentAt,
	exact,
	item,
	jobTerm,
	offer,
	offerXml,
	template,
	term,
	treeOf,
	valueIn,
	WINDOW,
} from './documents.ts';

type Tree = string | { readonly kind: 'All' | 'ExactlyOne' | 'OneOrMore'; readonly terms: readonly Tree[] };

function xmlOf(tree: Tree): string {
	if (typeof tree === 'string') return term(tree, '<x:y></x:y>');
	return `<wsag:${tree.kind}><!--${tree.kind}-->${tree.terms.map(xmlOf).join('')}</wsag:${tree.kind}>`;
}

function offerWith(terms: readonly Tree[]): Offer {
	return offer({ terms: terms.map(xmlOf).join('') });
}

/** The names of the leaves that stand in the tree, each way on a line. */
function waysOf(terms: readonly Tree[]): string[] {
	return valueIn(resolveChoices(offerWith(terms))).map((way) => namesOf(way.offer).join(' '));
}

function namesOf({ terms }: Offer): string[] {
	const fixed = ['resources', 'window', 'workspace'];
	return flattenTerms(terms.terms)
		.map(({ name }) => name)
		.filter((name) => !fixed.includes(name));
}

const exactlyOne = (...terms: Tree[]): Tree => ({ kind: 'ExactlyOne', terms });
const oneOrMore = (...terms: Tree[]): Tree => ({ kind: 'OneOrMore', terms });
const all = (...terms: Tree[]): Tree => ({ kind: 'All', terms });

describe('the ways to make choices', () => {
	test.each<[name: string, terms: Tree[], ways: string[]]>([
		['nothing open', [all('a', exactlyOne('b'), oneOrMore(all('c', 'd')))], ['a b c d']],
		['ExactlyOne in document order', [exactlyOne('a', all('b', 'c'), 'd')], ['a', 'b c', 'd']],
		[
			'OneOrMore with the smaller sets first',
			[oneOrMore('a', 'b', 'c')],
			['a', 'b', 'c', 'a b', 'a c', 'b c', 'a b c'],
		],
		['two choices, the first slowest', [exactlyOne('a', 'b'), exactlyOne('c', 'd')], ['a c', 'a d', 'b c', 'b d']],
		[
			'a choice within a choice',
			[exactlyOne(all('a', oneOrMore('b', 'c')), 'd'), 'e'],
			['a b e', 'a c e', 'a b c e', 'd e'],
		],
	])('%s', (_name, terms, ways) => {
		expect(waysOf(terms)).toEqual(ways);
	});

	test('an offer that leaves nothing open is the same offer', () => {
		const whole = offerWith(['a']);
		expect(valueIn(resolveChoices(whole))[0]!.offer).toBe(whole);
	});

	/** Trees of up to nine leaves, named one by one. */
	const trees = fc.letrec<{ tree: Tree; leaf: Tree; node: Tree }>((tie) => ({
		leaf: fc.constant('leaf'),
		node: fc.record({
			kind: fc.constantFrom('All', 'ExactlyOne', 'OneOrMore'),
			terms: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
		}),
		tree: fc.oneof({ maxDepth: 3, depthIdentifier: 'tree' }, tie('leaf'), tie('node')),
	})).tree;
	const forests = fc.array(trees, { minLength: 1, maxLength: 3 }).map((forest) => {
		let count = 0;
		const name = (tree: Tree): Tree => {
			if (typeof tree === 'string') {
				count += 1;
				return `t${count}`;
			}
			return { ...tree, terms: tree.terms.map(name) };
		};
		return { forest: forest.map(name), count };
	});

	test('are every set of terms that fulfils the compositors, each once, or too many', () => {
		fc.assert(
			fc.property(forests, ({ forest, count }) => {
				fc.pre(count <= 9);
				const expected = subsets(count).filter((set) => forest.every((tree) => isFulfilled(tree, set)));
				const reading = resolveChoices(offerWith(forest));
				if (expected.length > RESOLUTIONS_MAX) {
					expect(codesOf(reading)).toEqual(['CHOICES_TOO_MANY']);
					return;
				}
				const found = valueIn(reading).map((way) => namesOf(way.offer).join(' '));
				expect([...found].sort()).toEqual(expected.map((set) => [...set].join(' ')).sort());
			}),
			{ numRuns: 150 },
		);
	});

	test('terms may have one name exactly where no way takes both, and each way is called otherwise', () => {
		const shared = fc.array(fc.constantFrom('a', 'b', 'c', 'b[2]'), { minLength: 9, maxLength: 9 });
		fc.assert(
			fc.property(forests, shared, ({ forest, count }, names) => {
				fc.pre(count <= 9);
				const nameOf = (leaf: string): string => names[Number(leaf.slice(1)) - 1]!;
				const renamed = (tree: Tree): Tree =>
					typeof tree === 'string' ? nameOf(tree) : { ...tree, terms: tree.terms.map(renamed) };
				const ways = subsets(count).filter((set) => forest.every((tree) => isFulfilled(tree, set)));
				const isClear = ways.every((set) => new Set([...set].map(nameOf)).size === set.size);
				const terms = forest.map((tree) => xmlOf(renamed(tree))).join('');
				const reading = readOffer(treeOf(offerXml({ terms })));
				expect(new Set(codesOf(reading))).toEqual(new Set(isClear ? [] : ['TERM_NAME_REPEATED']));
				if (!reading.ok || ways.length > RESOLUTIONS_MAX) return;
				const called = valueIn(resolveChoices(reading.value)).map(({ chosen }) =>
					JSON.stringify([...new Set(chosen.flatMap(({ terms }) => terms))]),
				);
				expect(new Set(called).size).toBe(called.length);
			}),
			{ numRuns: 400 },
		);
	});

	test('of terms of one name the second is called so in what was chosen, and keeps its name in the document', () => {
		const way = valueIn(resolveChoices(offerWith([exactlyOne('a', all('a', 'b'), 'c')])))[1]!;
		expect(way.chosen.map(({ terms }) => terms)).toEqual([['a[2]', 'b']]);
		expect(namesOf(way.offer)).toEqual(['a', 'b']);
	});

	test('the document of a way reads as that way, leaves nothing open, and can be made again from its record', () => {
		fc.assert(
			fc.property(forests, ({ forest }) => {
				const whole = offerWith(forest);
				const reading = resolveChoices(whole);
				if (!reading.ok) return;
				for (const way of reading.value) {
					const again = valueIn(readOffer(treeFrom(writeCanonical(way.offer.tree))));
					expect(namesOf(again)).toEqual(namesOf(way.offer));
					expect(valueIn(resolveChoices(again))).toHaveLength(1);
					const record = JSON.parse(JSON.stringify(way.chosen));
					expect(chooseBranches(whole, record)).toEqual(way);
				}
			}),
			{ numRuns: 60 },
		);
	});

	test('more than are tried are refused before one is made', () => {
		const many = Array.from({ length: 500 }, (_, index) => `t${index}`);
		const issues = resolveChoices(offerWith([oneOrMore(...many)]));
		expect(issues).toMatchObject({ ok: false, issues: [{ code: 'CHOICES_TOO_MANY', found: 'more than a million' }] });
		const seven = resolveChoices(offerWith([oneOrMore(...many.slice(0, 7))]));
		expect(seven).toMatchObject({ ok: false, issues: [{ found: '127', allowed: 'at most 64' }] });
	});

	test('of a large offer fewer are tried', () => {
		const large = Array.from({ length: 400 }, (_, index) => term(`l${index}`, '<x:y></x:y>'.repeat(30)));
		const terms = [
			...large.map((text) => text.replace(/(<x:y>.*)<\/wsag/, '<x:z>$1</x:z></wsag')),
			xmlOf(exactlyOne('a', 'b', 'c', 'd', 'e')),
		];
		expect(resolveChoices(offer({ terms: terms.join('') }))).toMatchObject({ ok: false, issues: [{ found: '5' }] });
	});
});

describe('the branches of an offer', () => {
	const count = (name: string, machines: number): string => jobTerm(name, exact('TotalResourceCount', machines));
	const likes = (...pairs: readonly (readonly [name: string, utility: string])[]): string => {
		const preferences = pairs.map(
			([name, utility]) =>
				`<wsag:ServiceTermReference>${name}</wsag:ServiceTermReference><wsag:Utility>${utility}</wsag:Utility>`,
		);
		return `<wsag:GuaranteeTerm wsag:Name="likes"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel></wsag:CustomServiceLevel></wsag:ServiceLevelObjective><wsag:BusinessValueList><wsag:Preference>${preferences.join('')}</wsag:Preference></wsag:BusinessValueList></wsag:GuaranteeTerm>`;
	};
	const choice = `<wsag:ExactlyOne>${count('few', 1)}${count('many', 3)}</wsag:ExactlyOne>`;

	test('each ask for a service of their own and say what was chosen', () => {
		const [few, many, ...none] = valueIn(readBranches(offer({ terms: choice }), {}));
		expect(none).toEqual([]);
		expect(few!.request.machineCount?.range.intervals[0]).toMatchObject({ lower: 1, upper: 1 });
		expect(many!.request.machineCount?.range.intervals[0]).toMatchObject({ lower: 3, upper: 3 });
		const path = '/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ExactlyOne';
		expect(many).toMatchObject({
			terms: ['many'],
			request: { chosen: [{ path, kind: 'ExactlyOne', branches: [1], terms: ['many'] }] },
		});
		expect(many!.request.machineCount?.path).toMatch(/ExactlyOne\/wsag:ServiceDescriptionTerm\[2\]/);
	});

	test('are worth what the preferences in force give to terms in force', () => {
		const terms = choice + likes(['few', '0.5'], ['many', '0.25'], ['window', '1'], ['nobody', '9']);
		expect(valueIn(readBranches(offer({ terms }), {})).map(({ utility }) => utility)).toEqual([1.5, 1.25]);
		const infinite = choice + likes(['few', 'INF'], ['window', '-INF']);
		expect(valueIn(readBranches(offer({ terms: infinite }), {})).map(({ utility }) => utility)).toEqual([0, -1e39]);
	});

	test('a preference for a branch does not ask for the largest of it', () => {
		const prefers = (terms: string) =>
			valueIn(readBranches(offer({ terms }), {})).map(({ request }) => request.prefersLargest);
		expect(prefers(choice + likes(['few', '1']))).toEqual([false, false]);
		expect(prefers(choice + likes(['resources', '1']))).toEqual([true, true]);
	});

	test('one that cannot be read is left out, and said', () => {
		const terms = `<wsag:ExactlyOne>${term('second', WINDOW)}${count('many', 3)}</wsag:ExactlyOne>`;
		const [only, ...others] = valueIn(readBranches(offer({ terms }), {}));
		expect(others).toEqual([]);
		expect(only!.terms).toEqual(['many']);
		expect(only!.request.remarks).toMatchObject([
			{ code: 'CHOICE_UNREADABLE', message: expect.stringContaining('second') },
		]);
	});

	test('sets of OneOrMore that contradict themselves are left out without a word', () => {
		const windows = `<wsag:OneOrMore>${term('w1', WINDOW)}${term('w2', WINDOW)}</wsag:OneOrMore>`;
		const branches = valueIn(readBranches(offer({ window: '<x:y></x:y>', terms: windows }), {}));
		expect(branches.map(({ terms, request }) => [terms, request.remarks])).toEqual([
			[['w1'], []],
			[['w2'], []],
		]);
	});

	test('if none can be read, every fault is listed once', () => {
		const terms = `<wsag:ExactlyOne>${count('few', 1)}${count('many', 3)}</wsag:ExactlyOne>`;
		expect(codesOf(readBranches(offer({ terms, window: '<x:y></x:y>' }), {}))).toEqual(['ELEMENT_MISSING']);
	});

	test('violations name places of the offer as it was sent', () => {
		const items = item('//jsdl:TotalResourceCount/jsdl:Exact', '<xs:maxInclusive value="2"></xs:maxInclusive>');
		const [, many] = valueIn(readBranches(offer({ terms: choice }), {}));
		expect(checkConstraints(many!.offer, template(items))).toMatchObject([
			{ path: expect.stringMatching(/ExactlyOne\/wsag:ServiceDescriptionTerm\[2\].*\/jsdl:Exact$/) },
		]);
		const missing = item('//wsag:ServiceDescriptionTerm[@wsag:Name="many"]/x:z', '');
		expect(checkConstraints(many!.offer, template(missing))).toMatchObject([
			{ path: expect.stringMatching(/ExactlyOne\/wsag:ServiceDescriptionTerm\[2\]$/) },
		]);
	});

	test('stand where the choice stood, with what it declared', () => {
		const declaring = choice.replace('<wsag:ExactlyOne>', '<wsag:ExactlyOne xmlns:q="urn:q">');
		const nested = `<wsag:OneOrMore><wsag:All>${declaring}</wsag:All></wsag:OneOrMore>`;
		const [, many] = valueIn(readBranches(offer({ terms: nested }), {}));
		const location = "/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm[@wsag:Name='many']";
		expect(checkConstraints(many!.offer, template(item(location, '')))).toEqual([]);
		expect(writeCanonical(many!.offer.tree)).toContain(
			'</wsag:ServiceDescriptionTerm><wsag:ServiceDescriptionTerm xmlns:q="urn:q" wsag:Name="many"',
		);
	});

	test('the document of an agreement holds what was chosen, and the record of it', () => {
		const [, many] = valueIn(readBranches(offer({ terms: choice }), {}));
		const { workspace } = many!.request;
		const xml = writeCanonical(
			printAgreement({
				offer: many!.offer,
				chosen: many!.chosen,
				grant: {
					machineCount: 3,
					cpuCount: 1,
					memoryBytes: 2 ** 30,
					diskBytes: 0,
					networkBitsPerSecond: 0,
					startAt: 0,
					endAt: 3600,
					workspace,
				},
				agreementId: 'id',
				initiator: 'alice',
				responder: 'site',
				templateName: 'machine',
				templateId: '1',
				agreementState: 'Observed',
				serviceState: 'NotReady',
			}),
		);
		expect(xml).not.toContain('"few"');
		expect(xml).toContain(
			'<ws:Choice kind="ExactlyOne" path="/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ExactlyOne"><ws:Term>many</ws:Term></ws:Choice></wsag:Context>',
		);
	});
});

describe('all ways of an offer', () => {
	test.each(['machine', 'cluster', 'reservation', 'mixed-cluster'])('are checked: %s', (name) => {
		const demanded = valueIn(readTemplate(documentAt(`templates/${name}.xml`)));
		const sent = writeCanonical(documentAt(`test/fixtures/offers/${name}.xml`));
		const service = /wsag:ServiceName="([^"]*)"/.exec(sent)![1]!;
		const job = (project: string) =>
			`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:JobIdentification><jsdl:JobProject>${project}</jsdl:JobProject></jsdl:JobIdentification></jsdl:JobDescription></jsdl:JobDefinition>`;
		const choices = Array.from({ length: 6 }, (_, index) => {
			return `<wsag:ExactlyOne>${['a', 'b'].map((each) => term(`t${index}${each}`, job(each), service)).join('')}</wsag:ExactlyOne>`;
		});
		const own = valueIn(readOffer(treeFrom(sent.replace('</wsag:All>', `${choices.join('')}</wsag:All>`))));
		const ways = valueIn(resolveChoices(own));
		expect(ways).toHaveLength(RESOLUTIONS_MAX);
		const budget = checkBudget();
		for (const way of ways) expect(checkConstraints(way.offer, demanded, budget)).toEqual([]);
		expect(budget.remaining).toBeGreaterThan(0);
	});
});

function treeFrom(xml: string) {
	const tree = readCanonical(xml);
	if (!tree.ok) throw new Error(tree.issue.message);
	return tree.root;
}

function subsets(count: number): Set<string>[] {
	return Array.from({ length: 2 ** count }, (_, bits) => {
		return new Set(
			Array.from({ length: count }, (_, index) => `t${index + 1}`).filter((_, index) => bits & (1 << index)),
		);
	});
}

/** Whether what the set says of the tree fulfils it, by the words of the specification. */
function isFulfilled(tree: Tree, set: ReadonlySet<string>): boolean {
	if (typeof tree === 'string') return set.has(tree);
	const fulfilled = tree.terms.filter((child) => isFulfilled(child, set)).length;
	const rest = tree.terms.filter((child) => !isFulfilled(child, set)).every((child) => isAbsent(child, set));
	if (tree.kind === 'All') return fulfilled === tree.terms.length;
	return rest && (tree.kind === 'ExactlyOne' ? fulfilled === 1 : fulfilled >= 1);
}

function isAbsent(tree: Tree, set: ReadonlySet<string>): boolean {
	return typeof tree === 'string' ? !set.has(tree) : tree.terms.every((child) => isAbsent(child, set));
}
