/** The JSON form of documents as docs/openapi.json describes it. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const openApi = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
	readonly components: object;
};
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'openapi', components: openApi.components });
const validate = ajv.compile({ $ref: 'openapi#/components/schemas/Document' });

/** What about the value is not as it is described; '' where all is. */
export function documentProblems(json: unknown): string {
	return validate(json) ? '' : ajv.errorsText(validate.errors);
}
