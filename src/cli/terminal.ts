/** A person at a terminal: asked for a line, or handed a document in their editor. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { OutgoingDocument } from '../client/transport.ts';

/** The editor ended badly: what was written there counts for nothing. */
export class EditorError extends Error {
	override readonly name = 'EditorError';
}

export interface Terminal {
	/** The line that was typed; undefined where nobody types any more (end of input, interrupt). */
	ask(prompt: string): Promise<string | undefined>;
	/** How wide it is now. */
	columns(): number;
	/** The document as it was left in the editor; undefined where it was left as it is. Throws EditorError. */
	edit(document: OutgoingDocument): Promise<OutgoingDocument | undefined>;
}

/** `editor` is a command line, as in VISUAL and EDITOR. */
export function openTerminal(input: NodeJS.ReadStream, output: NodeJS.WriteStream, editor: string): Terminal {
	return {
		columns: () => (output.columns > 0 ? output.columns : Number.POSITIVE_INFINITY),
		ask(prompt) {
			const lines = createInterface({ input, output, terminal: true });
			return new Promise((resolve) => {
				lines.once('SIGINT', () => lines.close());
				lines.once('close', () => resolve(undefined));
				lines.question(prompt, (line) => {
					resolve(line);
					lines.close();
				});
			});
		},
		edit: (document) => edit(document, editor),
	};
}

async function edit(document: OutgoingDocument, editor: string): Promise<OutgoingDocument | undefined> {
	const folder = await mkdtemp(join(tmpdir(), 'computon-offer-'));
	try {
		const file = join(folder, document.mediaType === 'application/json' ? 'offer.json' : 'offer.xml');
		await writeFile(file, document.body);
		const before = await readFile(file);
		// By a shell, since the setting may have arguments; the file is its own argument and is not read as code.
		const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
		const [code] = (await once(child, 'exit')) as [number | null];
		if (code !== 0) throw new EditorError(`The editor ended with ${code ?? 'a signal'}: ${editor}. Set EDITOR.`);
		const after = await readFile(file);
		return after.equals(before) ? undefined : { ...document, body: after };
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}
