/** Documents from the user's files, ready to be sent. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { readJsonForm } from '../agreement/reading.ts';
import type { OutgoingDocument } from '../client/transport.ts';
import {
	type LenientLimits,
	type Reading,
	type ReadingMode,
	readDocumentWith,
	readJsonDocumentWith,
	readLenientDocumentWith,
	type TreeMender,
	type TreeReader,
} from '../xml/document.ts';
import { UsageError } from './outcome.ts';

/** Reads a document file, `-` for standard input, to be read leniently or not. JSON is told from XML by its first character. */
export async function readDocumentFile(file: string, options: { lenient?: boolean } = {}): Promise<OutgoingDocument> {
	const body = await readBytes(file);
	const mediaType = isJson(body) ? 'application/json' : 'application/xml';
	return { mediaType, body, ...(options.lenient === true ? { reading: 'lenient' } : {}) };
}

/** A document in its JSON form is an object: its first character tells. */
export function isJson(body: Uint8Array): boolean {
	return body.find((byte) => byte > 0x20 && byte < 0x80) === 0x7b;
}

/** Reads a document in whichever form it is, in this thread. */
export function readInEitherForm<T>(
	bytes: Uint8Array,
	reader: { readonly read: TreeReader<T>; readonly mend: TreeMender },
	{ mode, ...limits }: LenientLimits & { readonly mode: ReadingMode },
): Reading<T> {
	if (isJson(bytes)) return readJsonDocumentWith(bytes, { ...reader, readJsonForm }, undefined, { mode, ...limits });
	if (mode === 'lenient') return readLenientDocumentWith(bytes, reader, undefined, limits);
	return readDocumentWith(bytes, reader.read, undefined, limits);
}

/** The bytes of a file, `-` for standard input; of more than `bytesMax` only one beyond them, which tells that there are more. */
export async function readBytes(file: string, bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
	try {
		const parts: Buffer[] = [];
		let length = 0;
		for await (const part of file === '-' ? process.stdin : createReadStream(file)) {
			parts.push(part as Buffer);
			length += (part as Buffer).length;
			if (length > bytesMax) break;
		}
		return Buffer.concat(parts).subarray(0, bytesMax + 1);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code === 'ENOENT') throw new UsageError(`There is no file ${file}.`);
		if (code === 'EISDIR')
			throw new UsageError(`${file} is a folder; name the documents in it, for example ${join(file, '*.xml')}.`);
		if (code === 'EACCES') throw new UsageError(`${file} cannot be read: permission denied.`);
		throw error;
	}
}
