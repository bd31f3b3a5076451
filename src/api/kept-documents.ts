/** Documents that are kept, read again for those who ask for what became of them: large ones in a worker. */
import { keptTree, type Remade, remadeTree } from '../agreement/kept-document.ts';
import { chooseBranches } from '../agreement/offer/choices.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import { type StatedTerms, statedTerms } from '../agreement/properties/print.ts';
import type { ComparisonAsked, KeptAsked, ReadDocument, StatedAsked } from '../agreement/reading.ts';
import { jsonPieces } from '../agreement/to-json.ts';
import type { XmlElement } from '../xml/element.ts';
import { slicesOf } from '../xml/in-pieces.ts';
import { canonicalPieces } from '../xml/writer.ts';
import { SMALL_BYTES_MAX } from './admission.ts';
import { type AgreementRecord, offerOf } from './agreement-views.ts';
import { noteRead } from './printing-rounds.ts';
import type { DocumentReader, Form } from './requests.ts';
import type { Pieces } from './streamed.ts';

/**
 * A large one, read in a worker: where it is the first of a process, one of 70 KB with 2,300 names takes 50 ms, and what
 * crosses from the worker a fifth of that. Undefined of others, which are read where they are printed.
 */
export async function largeOffer(
	reader: DocumentReader,
	{ offerXml, offerBytes }: Pick<AgreementRecord, 'offerXml' | 'offerBytes'>,
): Promise<{ readonly offer?: Offer }> {
	if (offerBytes <= SMALL_BYTES_MAX) return {};
	const reading = await reader.read(Buffer.from(offerXml), 'kept');
	return reading.ok && reading.value.kind === 'offer' ? { offer: reading.value.offer } : {};
}

/** Those terms of an agreement that have a state. They are told to each who subscribed, again with each change. */
export async function statedTermsOf(reader: DocumentReader, agreement: AgreementRecord): Promise<StatedTerms> {
	const { offerXml, offerBytes, request } = agreement;
	const chosen = request.chosen ?? [];
	if (offerBytes <= SMALL_BYTES_MAX) return statedTerms(chooseBranches(offerOf(agreement), chosen).offer);
	const read = await readElsewhere(reader, offerXml, { statedWith: chosen });
	if (read.kind !== 'stated') throw new Error(`The terms were asked for; found ${read.kind}.`);
	return read.terms;
}

/** A document that is kept, as it is told now. */
export interface KeptDocument {
	readonly text: string;
	readonly remade: Remade;
}

/**
 * It is printed when it is asked for, and one that is large in a worker, from which nothing but the text comes: of half a
 * megabyte that takes a millisecond here, and up to 60 to read, remake and print it, where it is the first of a process.
 */
export function* printKept(reader: DocumentReader, kept: KeptDocument, form: Form): Pieces {
	if (isLarge(kept)) {
		yield printedElsewhere(reader, kept, form);
		return;
	}
	const tree = readHere(kept);
	noteRead(kept.text.length);
	// Others may be served before it is printed.
	yield '';
	yield* form === 'xml' ? canonicalPieces(tree) : jsonPieces(tree);
}

/** Its tree, for those who look into it. */
export async function treeOfKept(reader: DocumentReader, kept: KeptDocument): Promise<XmlElement> {
	if (!isLarge(kept)) return readHere(kept);
	const read = await readRemade(reader, kept, 'tree');
	if (read.kind !== 'tree') throw new Error(`A tree was asked for; found ${read.kind}.`);
	return read.tree;
}

/** Compares documents in a worker. */
export async function compareKept(
	reader: DocumentReader,
	text: string,
	others: readonly string[],
	countMax: number,
): Promise<Extract<ReadDocument, { kind: 'compared' }>['differences']> {
	const context: ComparisonAsked = { comparedWith: others, countMax };
	const read = await readElsewhere(reader, text, context);
	if (read.kind !== 'compared') throw new Error(`A comparison was asked for; found ${read.kind}.`);
	return read.differences;
}

/** Of one that an older broker has kept, in another way, there is no canonical text. */
function isLarge({ text }: KeptDocument): boolean {
	return text.length > SMALL_BYTES_MAX && text.startsWith('<');
}

function readHere({ text, remade }: KeptDocument): XmlElement {
	return remadeTree(keptTree(text), remade);
}

async function printedElsewhere(reader: DocumentReader, kept: KeptDocument, form: Form): Promise<Iterable<string>> {
	const read = await readRemade(reader, kept, form);
	if (read.kind !== 'printed') throw new Error(`A text was asked for; found ${read.kind}.`);
	return slicesOf(read.text);
}

function readRemade(reader: DocumentReader, { text, remade }: KeptDocument, keptAs: KeptAsked['keptAs']) {
	const context: KeptAsked = { keptAs, remade };
	return readElsewhere(reader, text, context);
}

async function readElsewhere(
	reader: DocumentReader,
	text: string,
	context: KeptAsked | StatedAsked | ComparisonAsked,
): Promise<ReadDocument> {
	const reading = await reader.read(Buffer.from(text), 'kept', context);
	if (!reading.ok) throw new Error(`A document that was kept cannot be read again: ${reading.issues[0]?.message}`);
	return reading.value;
}
