/** Offers that a site takes, in both forms, each with other values. */
import { readFileSync } from 'node:fs';
import { printDateTime } from '../../src/agreement/time.ts';
import { toJson } from '../../src/agreement/to-json.ts';
import { readCanonical } from '../../src/xml/reader.ts';

/** The two forms of a document. */
export type Form = 'xml' | 'json';

export interface Wish {
	readonly machines: number;
	readonly cpus: number;
	readonly memoryBytes: number;
	/** Epoch seconds. */
	readonly startAt: number;
	readonly durationSeconds: number;
}

/**
 * What is sent: the 8 KB that a VO's broker sends, with ranges, variables and guarantee terms; or no more than Slurm is
 * told, in 1.4 KB.
 */
export type Extent = '8k' | 'slurm';

const TEXTS: Readonly<Record<Extent, Readonly<Record<Form, string>>>> = {
	'8k': bothForms(readFileSync(new URL('offer-8k.xml', import.meta.url), 'utf8')),
	slurm: bothForms(asPrinted(readFileSync(new URL('offer-slurm.xml', import.meta.url), 'utf8'))),
};

/**
 * Writes offers that ask for machines with this image. In XML the start may float: with `untilSeconds` it is any at which
 * the run ends so long after the first.
 */
export function offerWriter(image: { readonly name: string; readonly digest: string }, extent: Extent = '8k') {
	return (form: Form, wish: Wish, untilSeconds?: number): string => {
		const values: Readonly<Record<string, string | number>> = {
			template: wish.machines === 1 ? 'machine' : 'cluster',
			machines: wish.machines,
			cpus: wish.cpus,
			memory: wish.memoryBytes,
			start: printDateTime(wish.startAt),
			duration: `PT${wish.durationSeconds}S`,
			image: image.name,
			digest: image.digest,
		};
		const text = TEXTS[extent][form].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
		if (untilSeconds === undefined) return text;
		const end = printDateTime(wish.startAt + untilSeconds);
		return text.replace('<ws:Duration>', `<ws:EndTime>${end}</ws:EndTime><ws:Duration>`);
	};
}

/** On one line and without remarks, as programs print it. */
function asPrinted(xml: string): string {
	return xml
		.replace(/<!--.*?-->/gs, '')
		.replace(/\s+(?=<|xmlns)/g, ' ')
		.replace(/> </g, '><')
		.trim();
}

function bothForms(xml: string): Readonly<Record<Form, string>> {
	return { xml, json: asJson(xml) };
}

/** Before values are put in, which no schema would let through with its words in braces. */
function asJson(xml: string): string {
	const tree = readCanonical(xml.replace(/^<\?xml.*?\?>\s*/, '').replace(/<(\S+)([^<>]*)\/>/g, '<$1$2></$1>'));
	if (!tree.ok) throw new Error(JSON.stringify(tree.issue));
	return JSON.stringify(toJson(tree.root));
}
