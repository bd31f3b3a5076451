/** The routes of what a site has to offer and who may ask: templates, images, capacity, tokens. */
import { type Request, type Response, Router } from 'express';
import { isFatal } from '../agreement/lint/lint.ts';
import { jsonPieces } from '../agreement/to-json.ts';
import type { Broker } from '../broker/broker.ts';
import { isName, isPlainText, may, NAME_LENGTH_MAX, type Party, ROLES, type Role } from '../identity/party.ts';
import type { TokenFile } from '../identity/token-file.ts';
import { slicesOf } from '../xml/in-pieces.ts';
import { writeCanonical } from '../xml/writer.ts';
import { enterAnswering } from './admission.ts';
import { invalidDocument, type Refusal, unusable } from './problems.ts';
import {
	answerForm,
	type DocumentReader,
	handle,
	instantOf,
	isRefusal,
	jsonObjectOf,
	READING,
	receiveDocument,
	versionOf,
} from './requests.ts';
import { sendStreamed, withList, withMember } from './streamed.ts';
import { etag, hostCapacityView, imageView, templateView, tokenView } from './views.ts';

export interface Administration {
	readonly broker: Broker;
	readonly reader: DocumentReader;
	readonly tokens: TokenFile;
	/** Brings files into the site's image store and takes them out again; wired to the workspace room by main.ts. */
	readonly images: {
		/** No other change of that image comes in between until it is entered. */
		add<T>(
			name: string,
			files: ImageFiles,
			enter: (image: AddedImage) => Promise<T>,
		): Promise<{ readonly entered: T } | { readonly refused: string }>;
		/** Removes its files where `leave` says that it was removed from the catalogue. */
		remove<T extends { readonly kind: string }>(digest: string, leave: () => Promise<T>): Promise<T>;
	};
}

export interface ImageFiles {
	readonly disk?: string;
	readonly kernel?: string;
	readonly initramfs?: string;
	readonly commandLine?: string;
	readonly digest?: string;
}

export interface AddedImage {
	readonly digest: string;
	readonly kind: string;
	readonly diskBytes: number;
}

/** A view of the calendar spans at most this, so that its steps stay bounded. */
const CALENDAR_SECONDS_MAX = 400 * 86_400;

/** What names are made of, in words. */
const NAME_RULE = `1 to ${NAME_LENGTH_MAX} characters, all of them printable`;

export function catalogueRoutes(administration: Administration): Router {
	const router = Router();
	const { broker } = administration;
	router.get(
		'/templates',
		handle((_request, response) => listTemplates(broker, response)),
	);
	router
		.route('/templates/:name/:id')
		.get(handle((request, response) => showTemplate(broker, request, response)))
		.put(handle((request, response, party) => publishTemplate(administration, request, response, party), READING))
		.delete(handle((request, response, party) => retireTemplate(broker, request, response, party)));
	router.get(
		'/capacity',
		handle((request, response) => showCapacity(broker, request, response), { from: 'text', to: 'text' }),
	);
	router
		.route('/images')
		.get(
			handle(async (_request, response) => {
				response.json({ items: broker.catalogue.listImages().map(imageView) });
				return undefined;
			}),
		)
		.post(handle((request, response, party) => addImage(administration, request, response, party)));
	router.delete(
		'/images/:digest',
		handle((request, response, party) => removeImage(administration, request, response, party)),
	);
	router
		.route('/tokens')
		.get(handle(async (_request, response, party) => listTokens(administration, response, party)))
		.post(handle(async (request, response, party) => addToken(administration, request, response, party)));
	router.delete(
		'/tokens/:id',
		handle(async (request, response, party) => revokeToken(administration, request, response, party)),
	);
	return router;
}

async function listTemplates(broker: Broker, response: Response): Promise<undefined> {
	const printed = printedTemplates(broker.catalogue.listTemplates());
	await sendStreamed(response.type('application/json'), withList<string>({}, 'items', printed));
	return undefined;
}

/** Their titles may be as long as documents: each is read when those before it have been sent. */
function* printedTemplates(templates: readonly Parameters<typeof templateView>[0][]): Generator<readonly string[]> {
	for (const template of templates) yield [JSON.stringify(templateView(template))];
}

async function showTemplate(broker: Broker, request: Request, response: Response) {
	const form = answerForm(request);
	if (form === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const template = broker.catalogue.getTemplate(templateNameOf(request));
	if (template === undefined || template.state === 'retired') return { code: 'NOT_FOUND' } as const;
	response.set('ETag', etag(template.version));
	await enterAnswering(response, template.bytes);
	const pieces = form === 'xml' ? slicesOf(template.xml) : templateInJson(template, broker);
	await sendStreamed(response.type(`application/${form}`), pieces);
	return undefined;
}

/** Printed from the tree that is remembered: to read the text of a large one anew would hold everybody for too long. */
function templateInJson(template: Parameters<typeof templateView>[0], { catalogue }: Broker): Iterable<string> {
	return withMember(templateView(template), 'document', jsonPieces(catalogue.readTemplate(template)!.tree));
}

async function publishTemplate(
	{ broker, reader }: Administration,
	request: Request,
	response: Response,
	party: Party,
): Promise<Refusal | undefined> {
	if (!may(party, 'template.publish')) return { code: 'FORBIDDEN' };
	const received = await receiveDocument(request, reader, 'template');
	if (received.kind === 'refusal') return received.refusal;
	const {
		value: { template },
		repairs: remarks,
	} = received;
	const { name, id } = templateNameOf(request);
	if (template.name !== name || template.id !== id) {
		return unusable('The address', `the name of the document, ${template.name}/${template.id}`, `${name}/${id}`);
	}
	const fatal = remarks.filter(isFatal);
	if (fatal.length > 0) return invalidDocument(fatal);
	const outcome = await broker.catalogue.publishTemplate({ party, template, xml: writeCanonical(template.tree) });
	if (outcome.kind === 'published') {
		response.status(outcome.created ? 201 : 200).set('ETag', etag(outcome.template.version));
		response.json({ ...templateView(outcome.template), remarks });
		return undefined;
	}
	if (outcome.kind === 'in-use')
		return { code: 'IN_USE', detail: `${name}/${id} is published with other content; give the new one another id.` };
	return { code: outcome.kind === 'forbidden' ? 'FORBIDDEN' : 'NOT_FOUND' };
}

async function retireTemplate(
	broker: Broker,
	request: Request,
	response: Response,
	party: Party,
): Promise<Refusal | undefined> {
	const expected = versionOf(request, 'optional');
	if (isRefusal(expected)) return expected;
	const outcome = await broker.catalogue.retireTemplate(party, templateNameOf(request), expected.ifMatch);
	if (outcome.kind === 'stale') return { code: 'VERSION_STALE', detail: `Its ETag is now ${etag(outcome.version)}.` };
	if (outcome.kind !== 'retired') return { code: outcome.kind === 'forbidden' ? 'FORBIDDEN' : 'NOT_FOUND' };
	response.status(204).end();
	return undefined;
}

function templateNameOf(request: Request): { name: string; id: string } {
	return { name: String(request.params.name), id: String(request.params.id) };
}

async function showCapacity(broker: Broker, request: Request, response: Response): Promise<Refusal | undefined> {
	const from = instantOf('from', request.query.from);
	if (isRefusal(from)) return from;
	const to = instantOf('to', request.query.to);
	if (isRefusal(to)) return to;
	const allowed = `after from, and at most ${CALENDAR_SECONDS_MAX} seconds after it`;
	if (to.at <= from.at || to.at - from.at > CALENDAR_SECONDS_MAX) return unusable('to', allowed, request.query.to);
	response.json({ items: broker.capacityBetween(from.at, to.at).map(hostCapacityView) });
	return undefined;
}

async function addImage(
	{ broker, images }: Administration,
	request: Request,
	response: Response,
	party: Party,
): Promise<Refusal | undefined> {
	if (!may(party, 'image.change')) return { code: 'FORBIDDEN' };
	const body = jsonObjectOf(request, ['name', 'disk', 'kernel', 'initramfs', 'commandLine', 'digest']);
	if (isRefusal(body)) return body;
	const { name, ...files } = body;
	if (!isName(name)) return unusable('name', NAME_RULE, name);
	const wrong = Object.entries(files).find(([, value]) => typeof value !== 'string');
	if (wrong !== undefined) return unusable(wrong[0], 'a text', wrong[1]);
	const added = await images.add(name, files as ImageFiles, (image) =>
		broker.catalogue.addImage(party, { name, ...image }),
	);
	if ('refused' in added) return { code: 'IMAGE_REFUSED', detail: added.refused };
	const { entered: outcome } = added;
	if (outcome.kind !== 'added') return { code: 'FORBIDDEN' };
	response.status(201).json(imageView(outcome.image));
	return undefined;
}

async function removeImage(
	{ broker, images }: Administration,
	request: Request,
	response: Response,
	party: Party,
): Promise<Refusal | undefined> {
	const digest = String(request.params.digest);
	const outcome = await images.remove(digest, () => broker.catalogue.removeImage(party, digest));
	if (outcome.kind === 'in-use') return { code: 'IN_USE', detail: `It is needed by ${outcome.by}.` };
	if (outcome.kind !== 'removed') return { code: outcome.kind === 'forbidden' ? 'FORBIDDEN' : 'NOT_FOUND' };
	response.status(204).end();
	return undefined;
}

function listTokens({ tokens }: Administration, response: Response, party: Party): Refusal | undefined {
	if (!may(party, 'token.manage')) return { code: 'FORBIDDEN' };
	response.json({ items: tokens.list().map(tokenView) });
	return undefined;
}

function addToken({ tokens }: Administration, request: Request, response: Response, party: Party): Refusal | undefined {
	if (!may(party, 'token.manage')) return { code: 'FORBIDDEN' };
	const body = jsonObjectOf(request, ['party', 'vo', 'role', 'label']);
	if (isRefusal(body)) return body;
	const { party: name, vo, role, label = '' } = body;
	if (!isName(name)) return unusable('party', NAME_RULE, name);
	if (!isName(vo)) return unusable('vo', NAME_RULE, vo);
	if (!isPlainText(label)) return unusable('label', `${NAME_RULE}, or empty`, label);
	if (!ROLES.includes(role as Role)) return unusable('role', `one of ${ROLES.join(', ')}`, role);
	const made = tokens.add({ name, vo, role: role as Role }, label);
	response.status(201).json({ ...tokenView(made.entry), token: made.token });
	return undefined;
}

function revokeToken(
	{ tokens }: Administration,
	request: Request,
	response: Response,
	party: Party,
): Refusal | undefined {
	if (!may(party, 'token.manage')) return { code: 'FORBIDDEN' };
	if (!tokens.revoke(String(request.params.id))) return { code: 'NOT_FOUND' };
	response.status(204).end();
	return undefined;
}
