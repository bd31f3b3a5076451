/** Somebody whom the broker calls: an HTTP server of a test, with what it was sent. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Heard {
	readonly path: string;
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly body: string;
}

export class Listener {
	readonly heard: Heard[] = [];
	readonly #server: Server;
	#wake: () => void = () => {};

	constructor() {
		this.#server = createServer(async (request, response) => {
			const body = Buffer.concat(await request.toArray()).toString();
			this.heard.push({ path: request.url ?? '', headers: request.headers, body });
			response.writeHead(202).end();
			this.#wake();
		});
	}

	async start(port = 0): Promise<this> {
		await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
		return this;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	get url(): string {
		return `http://127.0.0.1:${this.port}/in/`;
	}

	/** The first message that is right, as soon as it is there. */
	async hear(isRight: (message: Heard) => boolean = () => true, deadlineMs = 10_000): Promise<Heard> {
		const late = AbortSignal.timeout(deadlineMs);
		for (;;) {
			const found = this.heard.find(isRight);
			if (found !== undefined) return found;
			await new Promise<void>((resolve, reject) => {
				this.#wake = resolve;
				late.addEventListener('abort', () => reject(new Error(`Not heard; heard ${this.heard.length} others.`)));
			});
		}
	}

	async stop(): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}
