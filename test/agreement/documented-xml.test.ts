/** The XML that docs show is valid in the place that it is about. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';

const docs = new URL('../../docs/', import.meta.url);
const DIGEST = `sha256:${'0'.repeat(64)}`;
const NAMESPACES = [
	'xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement"',
	'xmlns:ws="urn:computon:workspace:1"',
	'xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl"',
	'xmlns:xs="http://www.w3.org/2001/XMLSchema"',
].join(' ');

const WINDOW = '<ws:Window><ws:Duration>PT1H</ws:Duration></ws:Window>';
const term = (name: string, content: string) =>
	`<wsag:ServiceDescriptionTerm wsag:Name="${name}" wsag:ServiceName="s">${content}</wsag:ServiceDescriptionTerm>`;
const context = (content = '') =>
	`<wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider>${content}</wsag:Context>`;
const offer = (inContext: string, terms: string) =>
	`<wsag:AgreementOffer ${NAMESPACES}>${context(inContext)}<wsag:Terms><wsag:All>${terms}</wsag:All></wsag:Terms></wsag:AgreementOffer>`;
const template = (constraints: string) =>
	`<wsag:Template ${NAMESPACES} wsag:TemplateId="1">${context()}<wsag:Terms><wsag:All>${term('window', WINDOW)}</wsag:All></wsag:Terms><wsag:CreationConstraints>${constraints}</wsag:CreationConstraints></wsag:Template>`;

/** Where an element that is shown belongs, by its name. */
const PLACES: Readonly<Record<string, (shown: string) => string>> = {
	'ws:Window': (shown) => offer('', term('shown', shown)),
	'ws:Workspace': (shown) => offer('', term('shown', shown)),
	'ws:Effects': (shown) => offer(shown, term('window', WINDOW)),
	'ws:Rationale': (shown) => offer(shown, term('window', WINDOW)),
	'wsag:CreationConstraints': (shown) => template(shown.replace(/<\/?wsag:CreationConstraints>/g, '')),
	'wsag:Item': template,
	'wsag:Constraint': template,
};

/** Told by itself, where the rest of a message would hide what it is about. */
const FRAGMENTS: ReadonlySet<string> = new Set(['wsa:Address']);

const shown = readdirSync(docs)
	.filter((name) => name.endsWith('.md'))
	.flatMap((name) =>
		[...readFileSync(new URL(name, docs), 'utf8').matchAll(/```xml\n(.*?)```/gs)].map(
			([, xml = '']) => [name, xml] as const,
		),
	)
	.map(([name, xml]) => [name, /^<([\w:]+)/.exec(xml)?.[1] ?? '', xml] as const)
	.filter(([, element]) => !FRAGMENTS.has(element));

test('there is XML in the documents', () => expect(shown.length).toBeGreaterThan(5));

test.each(shown)('%s: %s', (_, element, xml) => {
	const place = PLACES[element];
	expect(place, `a place for ${element}`).toBeDefined();
	const reading = readDocument(Buffer.from(place!(xml.replaceAll('sha256:…', DIGEST))));
	expect(reading.ok ? [] : reading.issues).toEqual([]);
});
