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

/**
 * Says of a well-formed document whether the official schemas of WS-Agreement, JSDL and what belongs to them admit it.
 * JSDL is that of the errata, which add MountSource and change nothing else; `jsdl` chooses the text of 2005 instead.
 */
export function officialValidator(
	folder: string,
	jsdl: 'jsdl.xsd' | 'jsdl-errata-reconstructed.xsd' = 'jsdl-errata-reconstructed.xsd',
): (text: string) => boolean {
	const files: Record<string, Uint8Array> = {};
	for (const file of readdirSync(`${folder}/agreement`))
		files[`official:/${file}`] = readFileSync(`${folder}/agreement/${file}`);
	for (const file of ['jsdl-hpcpa.xsd', 'jsdl-spmd-local.xsd'])
		files[`official:/${file}`] = readFileSync(`${folder}/jsdl/${file}`);
	files['official:/jsdl.xsd'] = readFileSync(`${folder}/jsdl/${jsdl}`);
	files['official:/entry.xsd'] = Buffer.from(ENTRY);
	xmlRegisterInputProvider(new XmlBufferInputProvider(files));
	const entry = XmlDocument.fromBuffer(files['official:/entry.xsd'], { url: 'official:/entry.xsd' });
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

/** Everything of agreement/all.xsd, and the applications that only the folder of JSDL has. */
const ENTRY = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
	<xs:import namespace="urn:local:all" schemaLocation="all.xsd"/>
	<xs:import namespace="http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa" schemaLocation="jsdl-hpcpa.xsd"/>
	<xs:import namespace="http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd" schemaLocation="jsdl-spmd-local.xsd"/>
</xs:schema>`;
