/** Templates are kept read as far as there is room for them, and are the same when they are read again. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { readDocument } from '../../src/xml/document.ts';
import { admin, agree, openWorld, type World } from './site.ts';

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world[Symbol.dispose]());

const MACHINE = readFileSync(new URL('../../templates/machine.xml', import.meta.url), 'utf8');
const CHARACTERS = 900_000;

/** The template of one machine under another name, as long as a document may be. */
async function publishLarge(name: string): Promise<{ readonly name: string; readonly id: string }> {
	const xml = MACHINE.replace(/(TemplateName>)machine</, `$1${name}<`).replace(
		'</wsag:Context>',
		`<x:x xmlns:x="urn:x">${'t'.repeat(CHARACTERS)}</x:x></wsag:Context>`,
	);
	const tree = readDocument(Buffer.from(xml));
	const template = tree.ok ? readTemplate(tree.value) : tree;
	if (!template.ok) throw new Error(JSON.stringify(template.issues));
	await world.broker.catalogue.publishTemplate({ party: admin, template: template.value, xml });
	return { name, id: '1' };
}

test('a template that is used is kept, one that is not makes room for others and is read again', async () => {
	const { broker } = world;
	const used = await publishLarge('used');
	const kept = broker.catalogue.readTemplate(used);
	const unused = await publishLarge('unused');
	const first = broker.catalogue.readTemplate(unused);
	expect(broker.catalogue.readTemplate(unused)).toBe(first);
	for (let index = 0; index < 12; index += 1) {
		broker.catalogue.readTemplate(await publishLarge(`other-${index}`));
		expect(broker.catalogue.readTemplate(used)).toBe(kept);
	}
	const again = broker.catalogue.readTemplate(unused);
	expect(again).not.toBe(first);
	expect(again?.name).toBe('unused');
	expect(broker.catalogue.getTemplate(unused)).toMatchObject({ name: 'unused', version: 1 });
	expect(broker.catalogue.getTemplate(unused)!.xml).toHaveLength(broker.catalogue.getTemplate(unused)!.bytes);
});

test('one that is read while a decision is broken off is not read again when that is gone on with', async () => {
	using broken = await openWorld({ goMs: -1 });
	broken.reopen();
	expect(await agree(broken)).toMatchObject({ revision: 1 });
});
