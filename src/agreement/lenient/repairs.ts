/**
 * What lenient reading and `computon import` say of what they did: a closed table of codes, and the ledger in which a
 * repair is written down with its place in the document as it was sent.
 */
import {
	attribute,
	type DocumentIssue,
	element,
	qualifiedName,
	type Severity,
	type XmlElement,
} from '../../xml/element.ts';
import { excerpt, ISSUES_MAX, PATH_CHARACTERS_MAX } from '../document.ts';
import { printable } from '../lexical.ts';
import { WS } from '../names.ts';

/** `info`: the same said in the words of the standard. `warning`: an assumption. `error`: it cannot be repaired. */
const TABLE = {
	NAMESPACE_ALIAS: ['info', 'This namespace is read as the one of the standard, everywhere in the document.'],
	ELEMENT_NAMESPACE: ['info', 'The element is in another namespace than its name is known in.'],
	ELEMENT_NAME_CASE: ['info', 'The name of the element is written in other letters than in the standard.'],
	ELEMENT_MISSPELT: ['warning', 'No element of this name is known here; one that is written nearly alike is.'],
	ELEMENT_ORDER: ['info', 'The children stand in another order than the schema wants them.'],
	ELEMENT_EMPTY: ['info', 'An element without its value says nothing and is left out.'],
	ELEMENT_PLACE: ['warning', 'The element stands in another one than it belongs into; it is read there.'],
	ELEMENT_PLACE_TAKEN: ['error', 'The element stands in another one than it belongs into.'],
	ELEMENT_SUPPLIED: ['warning', 'The schema demands this element; it is supplied.'],
	ELEMENT_KEPT: ['warning', 'The vocabulary has no such element; it is kept as an extension that nobody here knows.'],
	TEXT_STRAY: ['warning', 'Text where only elements may stand is left out.'],
	TEXT_MEANT: ['error', 'This text is all that the element says, and only elements may stand here.'],
	ATTRIBUTE_NAMESPACE: ['info', 'The attribute is in another namespace than its name is known in.'],
	ATTRIBUTE_NAME_CASE: ['info', 'The name of the attribute is written in other letters than in the standard.'],
	ATTRIBUTE_KEPT: ['info', 'An attribute of somebody’s own must be in a namespace; it is kept in one of ours.'],
	ATTRIBUTE_DROPPED: ['warning', 'No such attribute may stand here, and there is no place to keep it.'],
	VALUE_TRIMMED: ['info', 'White space around the value is left out.'],
	VALUE_CASE: ['info', 'The value is written in other letters than in the standard.'],
	TIME_FORM: ['info', 'The zone of this time is not written as XML Schema has it.'],
	ZONE_NAMED: ['warning', 'The name of a time zone is read as its distance from UTC.'],
	FILESYSTEM_NAME: ['info', 'The name of a file system is a plain name; the variable’s name is taken for it.'],
	RANGE_BARE_NUMBER: ['error', 'A number by itself may mean just so much, at least or at most so much: say which.'],
	SCOPE_TEXT: ['warning', 'The text of a ServiceScope is read as the ServiceName that it does not have.'],
	STATE_TEXT: ['info', 'The state of an offer is an element, not a word.'],
	PLACEHOLDER_UNRESOLVED: ['error', 'This is a placeholder: the document is a pattern that has not been filled in.'],
	JOB_DEFINITION_WRAPPED: ['info', 'This element is of no vocabulary that is read here; what it holds is read.'],
	JOB_DEFINITIONS_SEVERAL: [
		'error',
		'A term holds one JobDefinition: parts of one job belong into terms of one ServiceName, several jobs into offers.',
	],
	// `computon import` alone.
	PLACEHOLDER_FILLED: ['info', 'A placeholder is filled in with the value that was given for it.'],
	PLACEHOLDER_KEPT: ['warning', 'This looks like a placeholder for which no value was given; the text stays.'],
	DIRECTIVE_UNRESOLVED: [
		'error',
		'This is a directive of a template engine: let that engine write the document first, or take it out and say with --set what it sets.',
	],
	ROOT_RENAMED: ['warning', 'WS-Agreement 1.0 has no document of this name; it is read as an offer.'],
	ELEMENT_RENAMED: ['info', 'The draft has another name for this element.'],
	LOCATION_REWRITTEN: ['info', 'The Location is rewritten without prolog, comments and $this.'],
	DURATION_UNIT_STATED: ['info', 'The unit of the integer Duration is stated in the context, as it was given.'],
	DURATION_UNIT_UNSTATED: ['error', 'The unit of this integer Duration is stated nowhere: state it with --time-unit.'],
	DURATION_UNIT_OF_TEMPLATE: ['info', 'The unit of this integer is the one that the template of the offer states.'],
	BARE_NUMBER_STATED: ['info', 'A number by itself is the part of a range that it was said to be.'],
	DURATION_CONVERTED: ['info', 'The term is written as a Window, its Duration with the unit that was given.'],
} as const satisfies Record<string, readonly [Severity, string]>;

export type RepairCode = keyof typeof TABLE;

/** Every code with its severity and its meaning, for the documentation and for the test that polices it. */
export const REPAIRS: Readonly<Record<RepairCode, readonly [Severity, string]>> = TABLE;

/** An element of the document as it was sent, and the elements around it. */
export interface Spot {
	readonly element: XmlElement;
	readonly outer?: Spot;
}

/** What was done to one document. */
export interface Ledger {
	readonly diagnostics: DocumentIssue[];
	/** Repairs beyond the last that is listed. */
	unlisted: number;
}

/** Writes a repair down: what was found and what is used in its place, at an element or one of its attributes. */
export function note(
	ledger: Ledger,
	code: RepairCode,
	spot: Spot,
	what: {
		readonly found: string;
		readonly used?: string;
		/** Of an error: what could stand there. */
		readonly allowed?: string;
		readonly attribute?: string;
		readonly more?: string;
	},
): void {
	const [severity, sentence] = TABLE[code];
	const isError = severity === 'error';
	// Errors are told even where a hundred repairs came before them: one of them decides.
	if (ledger.diagnostics.length >= ISSUES_MAX * (isError ? 2 : 1)) {
		ledger.unlisted += 1;
		return;
	}
	const path = pathOfSpot(spot) + (what.attribute === undefined ? '' : `/@${what.attribute}`);
	ledger.diagnostics.push({
		code,
		severity,
		path: excerpt(path, PATH_CHARACTERS_MAX),
		message: what.more === undefined ? sentence : `${sentence} ${what.more}`,
		found: excerpt(what.found),
		...(isError ? {} : { used: excerpt(what.used ?? 'nothing') }),
		...(what.allowed === undefined ? {} : { allowed: excerpt(what.allowed, PATH_CHARACTERS_MAX) }),
	});
}

/** What the ledger tells: every repair, or the first hundred and that there are more. */
export function diagnosticsOf({ diagnostics, unlisted }: Ledger): readonly DocumentIssue[] {
	if (unlisted === 0) return diagnostics;
	const message = `There is more: ${unlisted} repairs are not listed.`;
	return [...diagnostics, { code: 'TOO_MANY_ISSUES', severity: 'warning', path: '/', message }];
}

/** What was repaired, as an answer in XML carries it: ws:Repairs, for a wsag:Context. */
export function printRepairs(repairs: readonly DocumentIssue[]): XmlElement {
	const own = (localName: string) => ({ prefix: 'ws', namespace: WS, localName });
	return element(
		own('Repairs'),
		[],
		repairs.map(({ code, severity = 'warning', path, line, found, used, message }) => {
			const members = { code, severity, path, line, found, used };
			const said = Object.entries(members).filter(([, value]) => value !== undefined);
			return element(
				own('Repair'),
				said.map(([name, value]) => attribute(name, printable(String(value)))),
				[message],
			);
		}),
	);
}

/** The positional path of the spot, as `pathOf` in the xml room has it. */
export function pathOfSpot({ element, outer }: Spot): string {
	if (outer === undefined) return `/${qualifiedName(element)}`;
	const name = qualifiedName(element);
	let count = 0;
	let position = 0;
	for (const sibling of outer.element.children) {
		if (sibling.kind !== 'element' || qualifiedName(sibling) !== name) continue;
		count += 1;
		if (sibling === element) position = count;
	}
	return `${pathOfSpot(outer)}/${count > 1 ? `${name}[${position}]` : name}`;
}
