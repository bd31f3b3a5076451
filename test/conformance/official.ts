/** The official schemas, where they can be had: other people's files, which are not part of this project. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
	XmlBufferInputProvider,
	XmlDocument,
	XmlValidateError,
	XsdValidator,
	xmlCleanupInputProvider,
	xmlRegisterInputProvider,
} from 'libxml2-wasm';

/** The folder that the environment names, or that lies beside the project; undefined where there is neither. */
export function officialFolder(): string | undefined {
	const named = process.env.COMPUTON_STANDARDS;
	if (named !== undefined) return named;
	const beside = fileURLToPath(new URL('../../../shared/standards', import.meta.url));
	return existsSync(beside) ? beside : undefined;
}

type JsdlSchema = 'jsdl.xsd' | 'jsdl-errata-reconstructed.xsd';
const ERRATA: JsdlSchema = 'jsdl-errata-reconstructed.xsd';

/**
 * Says of a well-formed document whether the official schemas of WS-Agreement, JSDL and what belongs to them admit it.
 * JSDL is that of the errata, which add MountSource and change nothing else; `jsdl` chooses the text of 2005 instead.
 */
export function officialValidator(folder: string, jsdl: JsdlSchema = ERRATA): (text: string) => boolean {
	const files: Record<string, Uint8Array> = Object.fromEntries(
		officialFiles(folder, jsdl).map(([name, content]) => [`official:/${name}`, content] as const),
	);
	xmlRegisterInputProvider(new XmlBufferInputProvider(files));
	const entry = XmlDocument.fromBuffer(files['official:/entry.xsd']!, { url: 'official:/entry.xsd' });
	const validator = XsdValidator.fromDoc(entry);
	entry.dispose();
	xmlCleanupInputProvider();
	return (text) => {
		const document = XmlDocument.fromString(text);
		try {
			validator.validate(document);
			return true;
		} catch (error) {
			if (error instanceof XmlValidateError) return false;
			throw error;
		} finally {
			document.dispose();
		}
	};
}

/** Whether the program xmllint, which the standards' own users have, is on this machine. */
export function hasXmllint(): boolean {
	return spawnSync('xmllint', ['--version']).status === 0;
}

/** What xmllint says of each of the documents. */
export function xmllintVerdicts(folder: string, texts: readonly string[]): boolean[] {
	const place = mkdtempSync(join(tmpdir(), 'computon-test-xmllint-'));
	try {
		for (const [name, content] of officialFiles(folder, ERRATA)) writeFileSync(join(place, name), content);
		const files = texts.map((text, index) => {
			writeFileSync(join(place, `${index}.xml`), text);
			return `${index}.xml`;
		});
		const invalid = new Set<string>();
		let judged = 0;
		for (let from = 0; from < files.length; from += BATCH) {
			const words = ['--nonet', '--noout', '--schema', 'entry.xsd', ...files.slice(from, from + BATCH)];
			const { stderr } = spawnSync('xmllint', words, { cwd: place, encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX });
			for (const [, file, verdict] of stderr.matchAll(/^(\d+\.xml) (validates|fails to validate)$/gm)) {
				judged += 1;
				if (verdict !== 'validates') invalid.add(file!);
			}
		}
		if (judged !== files.length) throw new Error(`xmllint judged ${judged} of ${files.length} documents.`);
		return files.map((file) => !invalid.has(file));
	} finally {
		rmSync(place, { recursive: true });
	}
}

/** As many names as a command line holds; its output is a few lines for each. */
const BATCH = 1_000;
const OUTPUT_BYTES_MAX = 256 << 20;

/** The official files by the names under which they name each other, and one that asks for all of them. */
function officialFiles(folder: string, jsdl: JsdlSchema): (readonly [string, Uint8Array])[] {
	const read = (path: string): Uint8Array => readFileSync(`${folder}/${path}`);
	return [
		...readdirSync(`${folder}/agreement`).map((file) => [file, read(`agreement/${file}`)] as const),
		...['jsdl-hpcpa.xsd', 'jsdl-spmd-local.xsd'].map((file) => [file, read(`jsdl/${file}`)] as const),
		['jsdl.xsd', read(`jsdl/${jsdl}`)],
		['entry.xsd', Buffer.from(ENTRY)],
	];
}

/** Everything of agreement/all.xsd, and the applications that only the folder of JSDL has. */
const ENTRY = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
	<xs:import namespace="urn:local:all" schemaLocation="all.xsd"/>
	<xs:import namespace="http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa" schemaLocation="jsdl-hpcpa.xsd"/>
	<xs:import namespace="http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd" schemaLocation="jsdl-spmd-local.xsd"/>
</xs:schema>`;
