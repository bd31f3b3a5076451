/**
 * Records the official schemas' verdicts on the corpus: `node test/conformance/record.ts`, after the corpus was changed.
 * COMPUTON_STANDARDS names the folder of the official schemas where it does not lie beside the project.
 */
import { writeFileSync } from 'node:fs';
import { buildCorpus } from './corpus.ts';
import { officialFolder, officialValidator } from './official.ts';
import { recorded, VERDICTS_FILE } from './verdicts.ts';

const folder = officialFolder();
if (folder === undefined) throw new Error('COMPUTON_STANDARDS names no folder of official schemas.');
const admits = officialValidator(folder);
const groups = buildCorpus().map((group) => recorded(group, admits));
writeFileSync(VERDICTS_FILE, groups.map((group) => `${JSON.stringify(group)}\n`).join(''));
const verdicts = groups.map(({ official }) => official).join('');
console.log(`${verdicts.length} documents, of which ${verdicts.replaceAll('-', '').length} are admitted.`);
