/** The command line in this process: what it prints, and how it ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll } from 'vitest';
import { run } from '../../src/cli/cli.ts';

export interface Ended {
	readonly code: number;
	readonly out: string;
	readonly err: string;
	/** The last line of stdout, read as JSON. */
	json<T = Record<string, unknown>>(): T;
}

/** Where a broker listens, and the folder with the token of its admin. */
export interface Broker {
	readonly url: string;
	readonly folder: string;
}

/** No broker listens there, and nobody has a token. */
export const NO_BROKER: Broker = { url: 'http://127.0.0.1:1', folder: '/nonexistent' };

export async function computonAt(
	{ url, folder }: Broker,
	argv: readonly string[],
	/** `stdout` holds so much that nothing waits for a reader, unless another one is given. */
	{ isTTY = false, stdout = new PassThrough({ highWaterMark: 1 << 24 }) } = {},
): Promise<Ended> {
	const stderr = Object.assign(new PassThrough(), { isTTY });
	const code = await run(argv, {
		version: '0.0.0',
		url,
		tokenFile: join(folder, 'admin-token'),
		machinery: [],
		stdout: stdout as unknown as NodeJS.WriteStream,
		stderr: stderr as unknown as NodeJS.WriteStream,
	});
	const [out, err] = [stdout, stderr].map((stream) => String(stream.read() ?? ''));
	return { code, out: out!, err: err!, json: <T>() => JSON.parse(out!.trim().split('\n').at(-1) ?? '') as T };
}

/** Texts as files, in a folder that is gone once the tests of the file that asks are over. */
export function textFiles(): { readonly folder: string; readonly file: (text: string) => string } {
	const folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	let files = 0;
	const file = (text: string): string => {
		files += 1;
		const path = join(folder, `${files}.xml`);
		writeFileSync(path, text);
		return path;
	};
	return { folder, file };
}
