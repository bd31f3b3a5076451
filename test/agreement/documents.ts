/** Documents for tests: offers and templates put together from the parts that a test is about. */
import { readFileSync } from 'node:fs';
import type { Reading } from '../../src/agreement/document.ts';
import { readBranches } from '../../src/agreement/offer/branches.ts';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { readTemplate, type Template } from '../../src/agreement/template/template.ts';
import type { ServiceRequest } from '../../src/agreement/terms/service.ts';
import type { DurationUnit } from '../../src/agreement/terms/window.ts';
import { readDocument } from '../../src/xml/document.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { readCanonical } from '../../src/xml/reader.ts';

export const DIGEST = `sha256:${'0'.repeat(64)}`;

const DECLARATIONS = [
	'xmlns:arp="http://www.ogf.org/graap/AR/2009/04/"',
	'xmlns:engine="http://schemas.scai.fraunhofer.de/2008/11/wsag4j/engine"',
	'xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl"',
	'xmlns:neg="http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation"',
	'xmlns:posix="http://schemas.ggf.org/jsdl/2005/11/jsdl-posix"',
	'xmlns:tc="http://schemas.wsag4j.org/2009/07/wsag4j-scheduling-extensions"',
	'xmlns:ws="urn:computon:workspace:1"',
	'xmlns:wsa="http://www.w3.org/2005/08/addressing"',
	'xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement"',
	'xmlns:wsrf-bf="http://docs.oasis-open.org/wsrf/bf-2"',
	'xmlns:x="urn:example:x"',
	'xmlns:xs="http://www.w3.org/2001/XMLSchema"',
].join(' ');

/** The tree of a text that is read as it stands, without the gate: tests of the pure readers want wrong ones too. */
export function treeOf(xml: string): XmlElement {
	const tree = readCanonical(xml.replace(/^<([\w:]+)/, `<$1 ${DECLARATIONS}`));
	if (!tree.ok) throw new Error(tree.issue.message);
	return tree.root;
}

export interface OfferParts {
	/** Content of jsdl:Resources of the only JobDefinition. */
	readonly resources?: string;
	/** Content of jsdl:JobDescription, instead of `resources`. */
	readonly job?: string;
	/** The element in the term "window". */
	readonly window?: string;
	/** The element in the term "workspace". */
	readonly workspace?: string;
	/** More terms, behind the three. */
	readonly terms?: string;
	/** Content of wsag:Context. */
	readonly context?: string;
	/** The document's name, or nothing. */
	readonly name?: string;
}

export const WINDOW = '<ws:Window><ws:Duration>PT1H</ws:Duration></ws:Window>';
export const WORKSPACE = `<ws:Workspace><ws:Image digest="${DIGEST}">guest</ws:Image></ws:Workspace>`;
const CONTEXT =
	'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:TemplateId>1</wsag:TemplateId><wsag:TemplateName>machine</wsag:TemplateName>';

export function term(name: string, content: string, serviceName = 'workspace'): string {
	return `<wsag:ServiceDescriptionTerm wsag:Name="${name}" wsag:ServiceName="${serviceName}">${content}</wsag:ServiceDescriptionTerm>`;
}

export function jobTerm(name: string, resources: string): string {
	const description = `<jsdl:JobDescription><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription>`;
	return term(name, `<jsdl:JobDefinition>${description}</jsdl:JobDefinition>`);
}

export function exact(localName: string, value: number | string): string {
	return `<jsdl:${localName}><jsdl:Exact>${value}</jsdl:Exact></jsdl:${localName}>`;
}

export function offerXml(parts: OfferParts = {}): string {
	return `<wsag:AgreementOffer>${bodyXml(parts)}</wsag:AgreementOffer>`;
}

/** An offer of a negotiation; `state` and `constraints` are the contents of the elements of that name. */
export function negotiationOfferXml(
	parts: OfferParts & { readonly state?: string; readonly constraints?: string; readonly root?: string } = {},
): string {
	const { state = '<neg:Advisory></neg:Advisory>', constraints = '', root = 'NegotiationOffer' } = parts;
	const context = `<neg:CounterOfferTo>1</neg:CounterOfferTo><neg:ExpirationTime>2030-01-01T00:00:00Z</neg:ExpirationTime><neg:Creator>NegotiationInitiator</neg:Creator><neg:State>${state}</neg:State>`;
	return `<neg:${root} neg:OfferId="o-1">${bodyXml(parts)}<neg:NegotiationOfferContext>${context}</neg:NegotiationOfferContext><neg:NegotiationConstraints>${constraints}</neg:NegotiationConstraints></neg:${root}>`;
}

export function templateXml(items: string, parts: OfferParts = {}): string {
	return `<wsag:Template wsag:TemplateId="1">${bodyXml(parts)}<wsag:CreationConstraints>${items}</wsag:CreationConstraints></wsag:Template>`;
}

export function item(location: string, constraint: string, annotation = '', name = 'item'): string {
	return `<wsag:Item wsag:Name="${name}"><wsag:Location>${location}</wsag:Location><wsag:ItemConstraint>${constraint}</wsag:ItemConstraint>${annotation}</wsag:Item>`;
}

/** A facet of XML Schema. */
export function facet(name: string, value: string | number): string {
	return `<xs:${name} value="${value}"></xs:${name}>`;
}

/** A free constraint, in its own words. */
export function free(condition: string): string {
	return `<wsag:Constraint>${condition.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</wsag:Constraint>`;
}

export function multiplicity(word: string): string {
	return `<engine:ConstraintAnnotation><engine:Multiplicity>${word}</engine:Multiplicity></engine:ConstraintAnnotation>`;
}

export function offer(parts: OfferParts = {}): Offer {
	return valueIn(readOffer(treeOf(offerXml(parts))));
}

export function template(items: string, parts: OfferParts = {}): Template {
	return valueIn(readTemplate(treeOf(templateXml(items, parts))));
}

export function requestOf(parts: OfferParts = {}, durationUnit?: DurationUnit): Reading<ServiceRequest> {
	const branches = readBranches(offer(parts), durationUnit === undefined ? {} : { durationUnit });
	return branches.ok ? { ok: true, value: branches.value[0]!.request } : branches;
}

/** A document of the project, through the gate. */
export function documentAt(path: string): XmlElement {
	return valueIn(readDocument(readFileSync(new URL(`../../${path}`, import.meta.url))));
}

export function valueIn<T>(
	reading: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly unknown[] },
): T {
	if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
	return reading.value;
}

/** The codes and paths of what is wrong; none where the reading succeeded. */
export function codesOf(reading: Reading<unknown>): string[] {
	return reading.ok ? [] : reading.issues.map(({ code }) => code);
}

function bodyXml({ resources, job, window, workspace, terms = '', context = CONTEXT, name }: OfferParts): string {
	const description = job ?? `<jsdl:Resources>${resources ?? ''}</jsdl:Resources>`;
	const jobDefinition = `<jsdl:JobDefinition><jsdl:JobDescription>${description}</jsdl:JobDescription></jsdl:JobDefinition>`;
	const all = [
		term('resources', jobDefinition),
		term('window', window ?? WINDOW),
		term('workspace', workspace ?? WORKSPACE),
		terms,
	].join('');
	const named = name === undefined ? '' : `<wsag:Name>${name}</wsag:Name>`;
	return `${named}<wsag:Context>${context}</wsag:Context><wsag:Terms><wsag:All>${all}</wsag:All></wsag:Terms>`;
}
