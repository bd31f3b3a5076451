import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { agreementDocument } from '../../src/api/agreement-views.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { closeWorld } from './closing.ts';
import { GIB } from './hosts.ts';
import {
	admin,
	alice,
	offerFrom,
	offerFromTree,
	offerOf,
	offerXml,
	openWorld,
	templateXml,
	treeOf,
	type World,
} from './site.ts';

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => closeWorld(world));

/** An offer with a choice between JobDefinitions of so many CPUs. */
function withChoice(...cpus: readonly number[]): { offer: ReturnType<typeof offerOf>; offerXml: string } {
	const plain = offerXml({ memoryBytes: GIB });
	const term = /<wsag:ServiceDescriptionTerm wsag:Name="R".*?<\/wsag:ServiceDescriptionTerm>/.exec(plain)![0];
	const branches = cpus.map((count) =>
		term.replace('"R"', `"${count}-cpus"`).replace(/(IndividualCPUCount><jsdl:Exact>)\d+/, `$1${count}`),
	);
	const xml = plain.replace(term, `<wsag:ExactlyOne>${branches.join('')}</wsag:ExactlyOne>`);
	return { offer: offerOf(xml), offerXml: xml };
}

const create = (...cpus: readonly number[]) => world.broker.createAgreement({ party: alice, ...withChoice(...cpus) });

test('a choice is made, kept over a restart, and stands in the document of the agreement', async () => {
	const outcome = await create(4000, 2, 1);
	if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
	expect(outcome.agreement).toMatchObject({ grant: { cpuCount: 2 }, request: { chosen: [{ terms: ['2-cpus'] }] } });
	world.reopen();
	const kept = world.broker.getAgreement(alice, outcome.agreement.id)!;
	const xml = writeCanonical(agreementDocument(kept, undefined));
	expect(xml).toContain('<ws:Term>2-cpus</ws:Term></ws:Choice></wsag:Context>');
	expect(xml).not.toContain('4000-cpus');
});

test('a renegotiation may leave a choice open as well', async () => {
	const outcome = await create(1, 2);
	if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
	const { id: agreementId } = outcome.agreement;
	const change = { party: alice, agreementId, allowRestart: true, allowMove: true };
	const changed = await world.broker.renegotiate({ ...change, ...withChoice(4000, 3) });
	expect(changed).toMatchObject({ kind: 'accepted', agreement: { grant: { cpuCount: 3 }, revision: 2 } });
});

test('each alternative is an offer of its branch, which is accepted as it stands', async () => {
	const outcome = await create(40, 50);
	if (outcome.kind !== 'countered') throw new Error(JSON.stringify(outcome));
	expect(new Set(outcome.alternatives.map(({ branch }) => branch?.[0]))).toEqual(new Set(['40-cpus', '50-cpus']));
	for (const { offer, grant } of outcome.alternatives) {
		const sent = { party: alice, ...offerFromTree(offer) };
		expect(await world.broker.evaluate(sent)).toMatchObject({ kind: 'accepted', grant });
	}
});

describe('an offer to change a cluster, of whose branches one is about its services', () => {
	const OTHERS = ['other-R', 'other-W', 'other-M'];
	let change: { party: typeof alice; agreementId: string; allowRestart: true; allowMove: true };
	beforeEach(async () => {
		const wish = { memoryBytes: GIB, workers: { memoryBytes: GIB } };
		const made = await world.broker.createAgreement({ party: alice, ...offerFrom(wish) });
		if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
		change = { party: alice, agreementId: made.agreement.id, allowRestart: true, allowMove: true };
	});

	const termsOf = (xml: string) => /<wsag:All>(.*)<\/wsag:All>/.exec(xml)![1]!;

	/** What is about another service stands first. */
	function offering(own: string, other = offerXml({ cpus: 3, memoryBytes: GIB, service: 'other' })) {
		const others = termsOf(other).replaceAll(/wsag:Name="/g, '$&other-');
		const branches = [others, termsOf(own)].map((terms) => `<wsag:All>${terms}</wsag:All>`);
		const xml = own.replace(termsOf(own), `<wsag:ExactlyOne>${branches.join('')}</wsag:ExactlyOne>`);
		return { ...change, offer: offerOf(xml), offerXml: xml };
	}

	const withExtension = (xml: string, name: string) =>
		xml.replace('</jsdl:Resources>', `</jsdl:Resources><${name}:Resources xmlns:${name}="urn:x"/>`);

	test('is countered with offers of that branch, and for reasons of it', async () => {
		const outcome = await world.broker.renegotiate(offering(offerXml({ cpus: 40, memoryBytes: GIB })));
		if (outcome.kind !== 'countered') throw new Error(JSON.stringify(outcome));
		for (const { branch } of outcome.reasons) expect(branch).toEqual(['R', 'W', 'M']);
		for (const { offer, branch, grant } of outcome.alternatives) {
			expect(branch).toEqual(['R', 'W', 'M']);
			expect(await world.broker.evaluate({ ...change, ...offerFromTree(offer) })).toMatchObject({
				kind: 'accepted',
				grant,
			});
		}
	});

	test('is refused for reasons of that branch', async () => {
		const outcome = await world.broker.renegotiate(offering(offerXml({ cpus: 2, image: `sha256:${'cd'.repeat(32)}` })));
		if (outcome.kind !== 'refused') throw new Error(JSON.stringify(outcome));
		expect(outcome.reasons.length).toBeGreaterThan(0);
		for (const { branch } of outcome.reasons) expect(branch).toEqual(['R', 'W', 'M']);
	});

	test('is remarked upon in that branch, not in what nobody looks at', async () => {
		const own = withExtension(offerXml({ cpus: 40, memoryBytes: GIB }), 'own');
		const other = withExtension(offerXml({ cpus: 3, memoryBytes: GIB, service: 'other' }), 'other');
		const outcome = await world.broker.renegotiate(offering(own, other));
		if (outcome.kind !== 'countered') throw new Error(JSON.stringify(outcome));
		expect(outcome.remarks?.map(({ path }) => path)).toEqual([expect.stringMatching(/own:Resources$/)]);
	});

	test('or none, is refused with what each of them asks for', async () => {
		const third = offerXml({ cpus: 2, service: 'third' });
		const outcome = await world.broker.renegotiate(offering(third));
		if (outcome.kind !== 'refused') throw new Error(JSON.stringify(outcome));
		expect(outcome.reasons.map(({ asked, branch }) => [asked, branch])).toEqual([
			['other', OTHERS],
			['third', ['R', 'W', 'M']],
		]);
	});
});

test('a refusal of an offer that leaves a choice open remarks upon all its branches, each thing once', async () => {
	const { offerXml: plain } = withChoice(4000, 5000);
	const parts = plain.split('</jsdl:Resources>');
	const marked = ['one', 'two'].map(
		(name, nth) => `${parts[nth]}</jsdl:Resources><${name}:Resources xmlns:${name}="urn:x"/>`,
	);
	const xml = [...marked, parts[2]].join('').replace('</wsag:Context>', '<x:both xmlns:x="urn:x"/></wsag:Context>');
	const outcome = await world.broker.createAgreement({ party: alice, offer: offerOf(xml), offerXml: xml });
	if (!('remarks' in outcome)) throw new Error(JSON.stringify(outcome));
	expect(outcome.remarks?.map(({ path }) => /\w+:\w+$/.exec(path)?.[0])).toEqual([
		'x:both',
		'one:Resources',
		'two:Resources',
	]);
});

test('a choice that a template forbids in one branch falls to another', async () => {
	const template = templateXml('2', 8).replace(/(<wsag:Item.*?)TotalResourceCount/, '$1IndividualCPUCount');
	const read = readTemplate(treeOf(template));
	if (!read.ok) throw new Error(JSON.stringify(read.issues));
	await world.broker.catalogue.publishTemplate({
		party: admin,
		template: read.value,
		xml: template,
	});
	const xml = withChoice(9, 2).offerXml.replace('TemplateId>1<', 'TemplateId>2<');
	const outcome = await world.broker.evaluate({ party: alice, offer: offerOf(xml) });
	expect(outcome).toMatchObject({ kind: 'accepted', grant: { cpuCount: 2 }, chosen: [{ terms: ['2-cpus'] }] });
});

test('an offer that refers to a workspace is a renegotiation of it or nothing', async () => {
	const plain = await world.broker.createAgreement({ party: alice, ...withChoice(1, 2) });
	if (plain.kind !== 'accepted') throw new Error(JSON.stringify(plain));
	const { id: agreementId, workspaceId } = plain.agreement;
	const about = (id: string) => {
		const reference = `<wsag:ServiceReference wsag:Name="ref" wsag:ServiceName="S"><ws:WorkspaceReference>${id}</ws:WorkspaceReference></wsag:ServiceReference>`;
		return { party: alice, offer: offerOf(offerXml({ cpus: 2 }).replace('</wsag:All>', `${reference}</wsag:All>`)) };
	};
	const refused = { kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] };
	expect(await world.broker.evaluate({ ...about(workspaceId), agreementId })).toMatchObject({ kind: 'accepted' });
	expect(await world.broker.evaluate({ ...about('another'), agreementId })).toMatchObject(refused);
	expect(await world.broker.evaluate(about(workspaceId))).toMatchObject(refused);
});
