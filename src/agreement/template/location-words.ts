/** What the vocabularies say of the values of the nodes that a Location selects. */
import { wordsOf } from '../lenient/content-models.ts';
import type { Location } from './location.ts';

/** The words of which the selected value is one, by the vocabulary that names the node; undefined: it may be any text. */
export function wordsAt({ steps, target }: Location): readonly string[] | undefined {
	const name = steps.at(-1)?.name;
	return name && wordsOf(name.namespace, name.localName, target.kind === 'attribute' ? target.name : undefined);
}
