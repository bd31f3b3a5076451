/**
 * The typed client of Computon's API, for the command line and for other people's programs.
 * Refusals of offers are results; every other problem is thrown as `ProblemError`, an unreachable broker as
 * `UnreachableError`.
 */

import type { Effect, Evaluation, Problem } from './answers.ts';
import type {
	AgreementResource,
	HistoryEntry,
	HostCapacity,
	ImageResource,
	MachinePage,
	MachineResource,
	MaintenanceResource,
	NegotiationAnswers,
	NegotiationOfferResource,
	NegotiationResource,
	NegotiationTree,
	Page,
	TemplateResource,
	TokenResource,
} from './resources.ts';
import { type Asking, body, type ClientOptions, type OutgoingDocument, ProblemError, Transport } from './transport.ts';

export type OfferResult =
	| {
			readonly kind: 'accepted';
			readonly agreement: AgreementResource;
			readonly etag: string;
			readonly effects: readonly Effect[];
			/** The key had been used before: this is the answer of then. */
			readonly replayed: boolean;
	  }
	| { readonly kind: 'countered' | 'refused'; readonly problem: Problem };

export interface Tagged<T> {
	readonly value: T;
	readonly etag: string;
}

export type MachineAction = 'pause' | 'resume' | 'save' | 'restore' | 'shutdown';

/** Longest single wait that the broker grants (`Prefer: wait`); longer ones are repeated. */
const WAIT_SECONDS_MAX = 25;

/** What a renegotiation may do to machines that run, where its offer does not say it; the stricter of both counts. */
export interface ChangePermissions {
	readonly allowRestart?: boolean;
	readonly allowMove?: boolean;
}

export class ComputonClient {
	private readonly broker: Transport;

	constructor(options: ClientOptions) {
		this.broker = new Transport(options);
	}

	async templates(): Promise<readonly TemplateResource[]> {
		return (await this.broker.json<Page<TemplateResource>>('GET', '/templates')).items;
	}

	/** The template's document as XML text, as it was published. */
	async templateXml(name: string, id: string): Promise<string> {
		const path = `/templates/${encodeURIComponent(name)}/${encodeURIComponent(id)}`;
		return (await this.broker.ask('GET', path, { accept: 'application/xml' })).text();
	}

	async publishTemplate(name: string, id: string, document: OutgoingDocument): Promise<TemplateResource> {
		return this.broker.json('PUT', `/templates/${encodeURIComponent(name)}/${encodeURIComponent(id)}`, { document });
	}

	async retireTemplate(name: string, id: string): Promise<void> {
		await this.broker.ask('DELETE', `/templates/${encodeURIComponent(name)}/${encodeURIComponent(id)}`);
	}

	/** Sends an offer. With `idempotencyKey` it may be sent again after a lost answer and is accepted once. */
	async offer(document: OutgoingDocument, options: { idempotencyKey?: string } = {}): Promise<OfferResult> {
		const headers: Record<string, string> = {};
		if (options.idempotencyKey !== undefined) headers['Idempotency-Key'] = options.idempotencyKey;
		return this.offering('/agreements', { document, headers });
	}

	/** What `offer` or `renegotiate` (with `agreementId`) would answer now; nothing is committed. */
	async evaluate(
		document: OutgoingDocument,
		agreementId?: string,
		permissions: ChangePermissions = {},
	): Promise<Evaluation> {
		const query = queryOf({ ...permissions, agreement: agreementId });
		return this.broker.json('POST', `/evaluations${query}`, { document });
	}

	async renegotiate(
		id: string,
		etag: string,
		document: OutgoingDocument,
		options: ChangePermissions & { idempotencyKey?: string } = {},
	): Promise<OfferResult> {
		const headers: Record<string, string> = { 'If-Match': etag };
		if (options.idempotencyKey !== undefined) headers['Idempotency-Key'] = options.idempotencyKey;
		const query = queryOf({ allowRestart: options.allowRestart, allowMove: options.allowMove });
		return this.offering(`/agreements/${encodeURIComponent(id)}/renegotiations${query}`, { document, headers });
	}

	/** Begins a negotiation: of something new, or with `agreement` of a change of that. */
	async beginNegotiation(
		options: { template?: string; agreement?: string; allowRestart?: boolean; allowMove?: boolean } = {},
	): Promise<NegotiationTree> {
		return this.broker.json('POST', `/negotiations${queryOf(options)}`);
	}

	async negotiations(options: { after?: string; limit?: number } = {}): Promise<Page<NegotiationResource>> {
		return this.broker.json('GET', `/negotiations${queryOf(options)}`);
	}

	async negotiation(id: string): Promise<NegotiationTree> {
		return this.broker.json('GET', `/negotiations/${encodeURIComponent(id)}`);
	}

	/** Sends an offer; what answers it is held, unless `state` is Advisory. */
	async negotiate(
		id: string,
		document: OutgoingDocument,
		options: {
			state?: 'Advisory' | 'Solicited' | 'Acceptable';
			offerId?: string;
			counterOfferTo?: string;
			expires?: string;
		} = {},
	): Promise<NegotiationAnswers> {
		return this.broker.json('POST', `/negotiations/${encodeURIComponent(id)}/offers${queryOf(options)}`, { document });
	}

	/** Agrees to an offer of the site that is held. */
	async acceptOffer(negotiationId: string, offer: NegotiationOfferResource): Promise<OfferResult> {
		const document: OutgoingDocument =
			offer.offerXml === undefined
				? { mediaType: 'application/json', body: JSON.stringify(offer.offer) }
				: { mediaType: 'application/xml', body: offer.offerXml };
		const query = queryOf({ negotiation: negotiationId, offer: offer.id });
		return this.offering(`/agreements${query}`, { document });
	}

	/** Nothing is held for it any more. */
	async endNegotiation(id: string, options: { reason?: string } = {}): Promise<NegotiationResource> {
		const path = `/negotiations/${encodeURIComponent(id)}${queryOf(options)}`;
		return this.broker.json('DELETE', path, { headers: { 'If-Match': '*' } });
	}

	async agreements(options: { state?: string; after?: string; limit?: number } = {}): Promise<Page<AgreementResource>> {
		return this.broker.json('GET', `/agreements${queryOf(options)}`);
	}

	async agreement(id: string): Promise<Tagged<AgreementResource>> {
		const response = await this.broker.ask('GET', `/agreements/${encodeURIComponent(id)}`);
		return { value: await body<AgreementResource>(response), etag: response.headers.get('etag') ?? '' };
	}

	async agreementXml(id: string): Promise<string> {
		return (
			await this.broker.ask('GET', `/agreements/${encodeURIComponent(id)}`, { accept: 'application/xml' })
		).text();
	}

	/**
	 * Waits until the agreement is no longer the version of `etag`, at most `seconds`.
	 * Undefined: nothing changed in that time.
	 */
	async agreementChange(id: string, etag: string, seconds: number): Promise<Tagged<AgreementResource> | undefined> {
		const wait = Math.max(1, Math.min(WAIT_SECONDS_MAX, Math.ceil(seconds)));
		const response = await this.broker.ask('GET', `/agreements/${encodeURIComponent(id)}`, {
			headers: { 'If-None-Match': etag, Prefer: `wait=${wait}` },
			waitSeconds: wait,
		});
		if (response.status === 304) return undefined;
		return { value: await body<AgreementResource>(response), etag: response.headers.get('etag') ?? '' };
	}

	/** All of it, oldest first. */
	async history(id: string): Promise<readonly HistoryEntry[]> {
		const entries: HistoryEntry[] = [];
		for (let after: string | undefined = '0'; after !== undefined; ) {
			const path = `/agreements/${encodeURIComponent(id)}/history?after=${encodeURIComponent(after)}`;
			const page: Page<HistoryEntry> = await this.broker.json('GET', path);
			entries.push(...page.items);
			after = page.next;
		}
		return entries;
	}

	/** With `fresh` the machines are looked at again first. */
	async machines(id: string, options: { fresh?: boolean } = {}): Promise<readonly MachineResource[]> {
		return (await this.machinePage(id, options)).items;
	}

	/** The same, and why the machines are not as agreed yet, where something failed. */
	async machinePage(id: string, options: { fresh?: boolean } = {}): Promise<MachinePage> {
		const query = options.fresh === true ? '?fresh=true' : '';
		const path = `/agreements/${encodeURIComponent(id)}/machines${query}`;
		return this.broker.json('GET', path);
	}

	async act(id: string, index: number, action: MachineAction): Promise<void> {
		await this.broker.ask('POST', `/agreements/${encodeURIComponent(id)}/machines/${index}/actions`, {
			json: { action },
		});
	}

	async terminate(id: string, options: { etag?: string; reason?: string } = {}): Promise<AgreementResource> {
		const query = options.reason === undefined ? '' : `?reason=${encodeURIComponent(options.reason)}`;
		const headers = { 'If-Match': options.etag ?? '*' };
		return this.broker.json('DELETE', `/agreements/${encodeURIComponent(id)}${query}`, { headers });
	}

	async capacity(from: string, to: string): Promise<readonly HostCapacity[]> {
		const query = new URLSearchParams({ from, to });
		return (await this.broker.json<Page<HostCapacity>>('GET', `/capacity?${query}`)).items;
	}

	async images(): Promise<readonly ImageResource[]> {
		return (await this.broker.json<Page<ImageResource>>('GET', '/images')).items;
	}

	/** Files are paths on the broker's own machine. */
	async addImage(image: {
		name: string;
		disk?: string;
		kernel?: string;
		initramfs?: string;
		commandLine?: string;
		digest?: string;
	}): Promise<ImageResource> {
		return this.broker.json('POST', '/images', { json: image, waitSeconds: 600 });
	}

	async removeImage(digest: string): Promise<void> {
		await this.broker.ask('DELETE', `/images/${encodeURIComponent(digest)}`);
	}

	async maintenance(): Promise<readonly MaintenanceResource[]> {
		return (await this.broker.json<Page<MaintenanceResource>>('GET', '/maintenance')).items;
	}

	async addMaintenance(wish: {
		host: string;
		from: string;
		to: string;
		reason?: string;
	}): Promise<MaintenanceResource> {
		return this.broker.json('POST', '/maintenance', { json: wish });
	}

	async removeMaintenance(id: string): Promise<void> {
		await this.broker.ask('DELETE', `/maintenance/${encodeURIComponent(id)}`);
	}

	async tokens(): Promise<readonly TokenResource[]> {
		return (await this.broker.json<Page<TokenResource>>('GET', '/tokens')).items;
	}

	async addToken(token: { party: string; vo: string; role: string; label?: string }): Promise<TokenResource> {
		return this.broker.json('POST', '/tokens', { json: token });
	}

	async revokeToken(id: string): Promise<void> {
		await this.broker.ask('DELETE', `/tokens/${encodeURIComponent(id)}`);
	}

	async ready(): Promise<{
		readonly ready: boolean;
		readonly site: string;
		readonly simulated: boolean;
		/** How many hosts do not answer. */
		readonly silentHosts: number;
	}> {
		return this.broker.json('GET', '/readyz', { alsoAnswers: 503 });
	}

	private async offering(path: string, asking: Asking): Promise<OfferResult> {
		try {
			const response = await this.broker.ask('POST', path, asking);
			const answer = await body<AgreementResource>(response);
			return {
				kind: 'accepted',
				agreement: answer,
				etag: response.headers.get('etag') ?? '',
				effects: answer.effects ?? [],
				replayed: response.headers.get('idempotency-replayed') === 'true',
			};
		} catch (error) {
			if (error instanceof ProblemError && error.problem.code === 'OFFER_COUNTERED')
				return { kind: 'countered', problem: error.problem };
			if (error instanceof ProblemError && error.problem.code === 'OFFER_REFUSED')
				return { kind: 'refused', problem: error.problem };
			throw error;
		}
	}
}

/** The query with all that is said; empty where nothing is. */
function queryOf(options: Readonly<Record<string, string | number | boolean | undefined>>): string {
	const query = new URLSearchParams();
	for (const [name, value] of Object.entries(options)) if (value !== undefined) query.set(name, String(value));
	return query.size === 0 ? '' : `?${query}`;
}
