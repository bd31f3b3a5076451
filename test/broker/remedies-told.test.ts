/** What has expired, is not there or did not answer is told with what would do, wherever it is told; and that does. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Review } from '../../src/broker/review.ts';
import { closeWorld } from './closing.ts';
import { BEGIN } from './hosts.ts';
import { ask, begin } from './rounds.ts';
import { admin, alice, create, IMAGE, offerOf, offerXml, openWorld, type Wish, type World } from './site.ts';

const NONE = `sha256:${'0'.repeat(64)}`;
const AHEAD = 'name an ExpirationTime that lies ahead, or none';
const PUBLISHED = 'name a template that is published';

let world: World;
let says: Review;
beforeEach(async () => {
	says = async () => ({ kind: 'allow' });
	world = await openWorld({ review: (question) => says(question) });
});
afterEach(() => closeWorld(world));

type Told = { readonly reasons?: readonly { readonly code: string; readonly remedy?: { readonly text: string } }[] };
const said = ({ reasons = [] }: Told) => reasons.map(({ code, remedy }) => [code, remedy?.text]);
const offered = async (wish: Wish): Promise<Told> => (await create(world, wish)) as Told;
const initiated = async (request: object): Promise<Told> =>
	(await world.broker.negotiations.initiate({ party: alice, ...request })) as Told;

test('an ExpirationTime that is past: of an offer, of a negotiation, of an offer in it', async () => {
	const past = BEGIN - 1;
	expect(said(await offered({ expirationAt: past }))).toEqual([['OFFER_EXPIRED', AHEAD]]);
	expect(said(await initiated({ expirationAt: past }))).toEqual([['OFFER_EXPIRED', AHEAD]]);
	const id = await begin(world);
	const [rejected] = await ask(world, id, {}, { until: past });
	expect(said(rejected!)).toEqual([['OFFER_EXPIRED', AHEAD]]);
	expect((await create(world, { expirationAt: BEGIN + 60 })).kind).toBe('accepted');
	expect((await ask(world, id, {}, { until: BEGIN + 60 }))[0]!.state).toBe('Acceptable');
});

test('a template that is retired: of an offer, of a negotiation', async () => {
	const template = { name: 'machine', id: '1' };
	await world.broker.catalogue.retireTemplate(admin, template);
	expect(said(await offered({}))).toEqual([['TEMPLATE_RETIRED', PUBLISHED]]);
	expect(said(await initiated({ template }))).toEqual([['TEMPLATE_RETIRED', PUBLISHED]]);
});

test('an image that the site does not have, with the names of those that it has', async () => {
	const xml = offerXml({ image: NONE }).replace('>debian<', '>arch<');
	const sent = { party: alice, offer: offerOf(xml), offerXml: xml };
	expect(said((await world.broker.createAgreement(sent)) as Told)).toEqual([
		['IMAGE_UNKNOWN', expect.stringMatching(/^name an image of this site, with its digest: .*debian/)],
	]);
	await world.broker.catalogue.removeImage(admin, IMAGE);
	expect(said(await offered({ image: NONE }))).toEqual([['IMAGE_UNKNOWN', 'no image is there yet']]);
});

test('a policy that does not answer', async () => {
	says = async () => ({ kind: 'unreachable', message: 'late.' });
	expect(said(await offered({}))).toEqual([['POLICY_UNREACHABLE', 'send the offer again']]);
	says = async () => ({ kind: 'allow' });
	expect((await create(world)).kind).toBe('accepted');
});
