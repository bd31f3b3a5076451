/** Documents from the user's files, ready to be sent. */
import { readFile } from 'node:fs/promises';
import type { OutgoingDocument } from '../client/client.ts';
import { UsageError } from './outcome.ts';

/** Reads a document file, `-` for standard input. JSON is told from XML by its first character. */
export async function readDocumentFile(file: string): Promise<OutgoingDocument> {
	const body = await readBytes(file);
	const first = body.find((byte) => byte > 0x20 && byte < 0x80);
	return { mediaType: first === 0x7b ? 'application/json' : 'application/xml', body };
}

/** The bytes of a file, `-` for standard input. */
export async function readBytes(file: string): Promise<Buffer> {
	if (file === '-') {
		const parts: Buffer[] = [];
		for await (const part of process.stdin) parts.push(part as Buffer);
		return Buffer.concat(parts);
	}
	try {
		return await readFile(file);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code === 'ENOENT') throw new UsageError(`There is no file ${file}.`);
		if (code === 'EISDIR') throw new UsageError(`${file} is a folder; name a document.`);
		if (code === 'EACCES') throw new UsageError(`${file} cannot be read: permission denied.`);
		throw error;
	}
}
