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
	readonly method: 'POST' | 'PUT' | 'DELETE' | 'GET';
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
const LAST_CHUNK = '\r\n0\r\n\r\n';

interface Head {
	readonly text: string;
	readonly bodyAt: number;
	/** Absent: the body comes in chunks, and is told as it comes. */
	readonly length?: number;
}

function headOf(received: Buffer): Head | undefined {
	const end = received.indexOf(HEAD_END);
	if (end < 0) return undefined;
	const text = received.toString('latin1', 0, end);
	const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
	const isChunked = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(text);
	return { text, bodyAt: end + HEAD_END.length, ...(isChunked ? {} : { length: Number(length ?? 0) }) };
}

class Client {
	readonly #socket: Socket;
	#pieces: Buffer[] = [];
	#bytes = 0;
	/** Of the answer that is arriving, once its head is there. */
	#head: Head | undefined;
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
		this.#bytes += piece.length;
		this.#head ??= headOf(this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces));
		if (this.#head === undefined) return;
		const { text, bodyAt, length } = this.#head;
		const isWhole = length === undefined ? this.#endsInLastChunk() : this.#bytes >= bodyAt + length;
		if (!isWhole) return;
		const received = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
		this.#pieces = [];
		this.#bytes = 0;
		this.#head = undefined;
		this.#waiting?.resolve({
			status: Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)),
			location: /\r\nlocation: *(\S+)/i.exec(text)?.[1],
			body: received.toString('utf8', bodyAt),
		});
	}

	#endsInLastChunk(): boolean {
		return Buffer.concat(this.#pieces.slice(-LAST_CHUNK.length)).toString('latin1').endsWith(LAST_CHUNK);
	}

	#fail(error: Error): void {
		this.#waiting?.reject(error);
	}
}
