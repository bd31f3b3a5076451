/** The official schemas, where they can be had: other people's files, which are not part of this project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** Says of a well-formed document whether the official schemas of WS-Agreement, JSDL and what belongs to them admit it. */
export function officialValidator(folder: string): (text: string) => boolean {
	const files: Record<string, Uint8Array> = {};
	for (const file of readdirSync(`${folder}/agreement`))
		files[`official:/${file}`] = readFileSync(`${folder}/agreement/${file}`);
	xmlRegisterInputProvider(new XmlBufferInputProvider(files));
	const entry = XmlDocument.fromBuffer(files['official:/all.xsd']!, { url: 'official:/all.xsd' });
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
