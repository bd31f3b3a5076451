/**
 * Clients that cost little: on a machine of two CPUs whatever the load costs is missing to the broker. Each is a
 * connection that is kept alive and carries one request at a time; of an answer it looks at three things.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
	readonly status: number;
	readonly location: string | undefined;
	readonly body: string;
}

/** How a load was answered: the first of its requests, as far as the time went. */
export interface Load {
	readonly seconds: number;
	readonly latenciesMs: readonly number[];
	readonly answers: readonly Answer[];
}

export interface Request {
	readonly method: 'POST' | 'DELETE' | 'GET';
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
}

/** The bytes of a request. */
export function encode({ method, path, headers, body = '' }: Request): Buffer {
	const lines = Object.entries({ Host: 'localhost', ...headers, 'Content-Length': String(Buffer.byteLength(body)) });
	const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
	return Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
}

/** As many connections as there are clients. */
export class Clients {
	readonly #clients: readonly Client[];

	constructor(url: string, count: number) {
		this.#clients = Array.from({ length: count }, () => new Client(new URL(url)));
	}

	/**
	 * Sends the requests, one at a time on each connection; none any more when the time is over, but what was sent is
	 * answered. Throws where a connection breaks.
	 */
	async send(requests: readonly Buffer[], millisecondsMax = Number.POSITIVE_INFINITY): Promise<Load> {
		const answers: Answer[] = [];
		const latenciesMs: number[] = [];
		let next = 0;
		const begin = performance.now();
		const serve = async (client: Client) => {
			while (next < requests.length && performance.now() - begin < millisecondsMax) {
				const index = next;
				next += 1;
				const sentAt = performance.now();
				answers[index] = await client.ask(requests[index]!);
				latenciesMs[index] = performance.now() - sentAt;
			}
		};
		await Promise.all(this.#clients.map(serve));
		return { seconds: (performance.now() - begin) / 1000, latenciesMs, answers };
	}

	close(): void {
		for (const client of this.#clients) client.close();
	}
}

const HEAD_END = '\r\n\r\n';

class Client {
	readonly #socket: Socket;
	#pieces: Buffer[] = [];
	#waiting: PromiseWithResolvers<Answer> | undefined;

	constructor({ hostname, port }: URL) {
		this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
		this.#socket.on('data', (piece) => this.#take(piece as Buffer));
		this.#socket.on('close', () => this.#fail(new Error('The broker closed the connection.')));
		this.#socket.on('error', (error) => this.#fail(error));
	}

	ask(request: Buffer): Promise<Answer> {
		this.#waiting = Promise.withResolvers<Answer>();
		this.#socket.write(request);
		return this.#waiting.promise;
	}

	close(): void {
		this.#socket.destroy();
	}

	#take(piece: Buffer): void {
		this.#pieces.push(piece);
		const received = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
		const headEnd = received.indexOf(HEAD_END);
		if (headEnd < 0) return;
		const head = received.toString('latin1', 0, headEnd);
		const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
		if (received.length < headEnd + HEAD_END.length + length) return;
		this.#pieces = [];
		this.#waiting?.resolve({
			status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)),
			location: /\r\nlocation: *(\S+)/i.exec(head)?.[1],
			body: received.toString('utf8', headEnd + HEAD_END.length),
		});
	}

	#fail(error: Error): void {
		this.#waiting?.reject(error);
	}
}
