/** The content of an element of which the table knows what may stand in it: which children, and in which order. */
import { element, hasName, qualifiedName, textOf, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { excerpt } from '../document.ts';
import { collapseWhiteSpace, isBlank, parseDouble } from '../lexical.ts';
import { JSDL, NEG, WSAG } from '../names.ts';
import { contentModel } from './content-models.ts';
import { type Known, nameOfChild, type Spellings } from './mend-names.ts';
import { isPlaceholder, mendValue, saysNothing } from './mend-value.ts';
import type { ContentModel } from './model-lines.ts';
import { type Ledger, note, type Spot } from './repairs.ts';

/** The parts of a range that hold one number. */
export const BOUNDS = ['Exact', 'LowerBoundedRange', 'UpperBoundedRange'] as const;

export type Bound = (typeof BOUNDS)[number];

/** An element on its way, under the name that it is to have. */
export interface Place {
	readonly spot: Spot;
	readonly name: XmlElement;
	readonly model: ContentModel;
}

export interface ContentWork {
	readonly ledger: Ledger;
	readonly spellings: Spellings;
	/** The element under this name, with all below it. */
	readonly mendElement: (spot: Spot, known: Known) => XmlElement;
}

/** The content of an element that has a simple value. */
export function mendSimpleContent({ spot, model }: Place, { ledger }: ContentWork): readonly XmlNode[] {
	const { children } = spot.element;
	if (children.some(({ kind }) => kind === 'element')) return children;
	const text = textOf(spot.element);
	const mended = mendValue(text, model.type);
	if (mended.kind === 'placeholder') {
		note(ledger, 'PLACEHOLDER_UNRESOLVED', spot, { found: collapseWhiteSpace(text) });
		return children;
	}
	if (mended.repairs.length === 0) return children;
	for (const code of mended.repairs) note(ledger, code, spot, { found: text, used: mended.value });
	return [{ kind: 'text', text: mended.value }, ...children.filter(({ kind }) => kind === 'comment')];
}

/** The content of an element that has elements; its stray text is left out where it is not all that is said. */
export function mendElementContent(place: Place, work: ContentWork): readonly XmlNode[] {
	const { members, rest, stray } = membersOf(place, work);
	const text = collapseWhiteSpace(stray);
	const { model } = place;
	if (model.kind !== 'unordered' && !isOrdered(members)) sortMembers(members, place, work);
	const state = members.length === 0 ? stateMeant(text, place, work) : undefined;
	if (state !== undefined) members.push(state);
	else noteStrayText(text, place, members.length === 0, work);
	for (const each of missingMembers(place, members, work)) insert(members, each);
	return [...members.flatMap(({ before, element: own }) => [...before, own]), ...rest];
}

/** A ServiceScope that names its service in its text; undefined where it does not, or does both. */
export function scopeNameOf({ spot, name }: Pick<Place, 'spot' | 'name'>): string | undefined {
	if (!hasName(name, WSAG, 'ServiceScope') || name.attributes.some(({ localName }) => localName === 'ServiceName')) {
		return undefined;
	}
	const text = collapseWhiteSpace(textOf(spot.element));
	return text === '' ? undefined : text;
}

/** A child with the layout and the comments before it. */
interface Member {
	readonly before: readonly XmlNode[];
	readonly element: XmlElement;
	readonly rank: number;
}

/** Behind all children that the model names. */
const EXTENSION_RANK = Number.MAX_SAFE_INTEGER;

function membersOf({ spot, model, name }: Place, work: ContentWork) {
	const members: Member[] = [];
	let before: XmlNode[] = [];
	let stray = '';
	for (const child of spot.element.children) {
		if (child.kind === 'text' && !isBlank(child.text)) stray += `${child.text} `;
		else if (child.kind !== 'element') before.push(child);
		else {
			const known = nameOfChild(child, model, name, work.spellings);
			const inner: Spot = { element: child, outer: spot };
			if (isLeftOut(known, inner)) {
				note(work.ledger, 'ELEMENT_EMPTY', inner, { found: qualifiedName(child) });
				continue;
			}
			members.push({ before, element: work.mendElement(inner, known), rank: known.rule?.rank ?? EXTENSION_RANK });
			before = [];
		}
	}
	return { members, rest: before, stray };
}

/** Whether an element that the schema can do without has lost its value. */
function isLeftOut({ namespace, localName, rule }: Known, { element: child }: Spot): boolean {
	if (rule === undefined) return false;
	const model = contentModel(namespace, localName);
	if (model?.kind !== 'value' || child.children.some(({ kind }) => kind === 'element')) return false;
	// What an attribute says would be lost: an amount (`value="4"`), a retention, that SPMD's count is the site's to choose.
	const says = child.attributes.some(
		({ localName, value }) => !isBlank(value) && !OF_NUMBERS.has(localName.toLowerCase()),
	);
	if (says) return false;
	const isDispensable = !rule.isRequired || SUPPLIES.some((each) => hasName(each, namespace, localName));
	return isDispensable && saysNothing(textOf(child), model.type);
}

/** Attributes that say how the number of their element is meant, in whatever letters: without a number, nothing. */
const OF_NUMBERS: ReadonlySet<string> = new Set(['exclusivebound', 'epsilon']);

function isOrdered(members: readonly Member[]): boolean {
	return members.every(({ rank }, index) => index === 0 || members[index - 1]!.rank <= rank);
}

function sortMembers(members: Member[], { spot }: Place, { ledger }: ContentWork): void {
	const names = () => members.map(({ element: { localName } }) => localName).join(', ');
	const found = names();
	members.sort((one, other) => one.rank - other.rank);
	note(ledger, 'ELEMENT_ORDER', spot, { found, used: names() });
}

/**
 * Says of stray text what becomes of it: beside elements nothing. Text by itself is all that an element says, `4 GB` or
 * a host: without it the element would demand nothing, so it is not left out. A number by itself could be a demand for
 * so much, for no less or for no more: its author has to say which.
 */
function noteStrayText(text: string, place: Place, isOnlyContent: boolean, { ledger }: ContentWork): void {
	const { spot, model, name } = place;
	if (text === '' || scopeNameOf(place) !== undefined) return;
	if (!isOnlyContent) note(ledger, 'TEXT_STRAY', spot, { found: text });
	else if (isPlaceholder(text)) note(ledger, 'PLACEHOLDER_UNRESOLVED', spot, { found: text });
	else if (hasName(name, WSAG, 'ServiceScope')) note(ledger, 'TEXT_STRAY', spot, { found: text });
	else if (model.kind === 'range' && parseDouble(text) !== undefined) {
		const allowed = BOUNDS.map((localName) => {
			const tag = qualifiedName({ ...name, localName });
			return `<${tag}>${excerpt(text)}</${tag}>`;
		});
		note(ledger, 'RANGE_BARE_NUMBER', spot, { found: text, allowed: allowed.join(' or ') });
	} else note(ledger, 'TEXT_MEANT', spot, { found: text });
}

/** The state of an offer of a negotiation that is named by its word: in GFD.193 it is an element. */
function stateMeant(text: string, { spot, model, name }: Place, { ledger }: ContentWork): Member | undefined {
	if (!hasName(name, NEG, 'State')) return undefined;
	const rule = model.children.find(({ localName }) => localName.toLowerCase() === text.toLowerCase());
	if (rule === undefined) return undefined;
	note(ledger, 'STATE_TEXT', spot, { found: text, used: `an element ${rule.localName}` });
	return { before: [], element: element({ ...name, localName: rule.localName }), rank: rule.rank };
}

/** What is supplied where the schema demands it: the standard's own default, or an element that says nothing. */
const SUPPLIES: readonly {
	readonly namespace: string;
	readonly localName: string;
	readonly prefix: string;
	readonly text: string;
}[] = [
	// The flag has no default in GFD.136; every implementation that let it be left out overwrote.
	{ namespace: JSDL, localName: 'CreationFlag', prefix: 'jsdl', text: 'overwrite' },
	{ namespace: WSAG, localName: 'BusinessValueList', prefix: 'wsag', text: '' },
	{ namespace: WSAG, localName: 'CreationConstraints', prefix: 'wsag', text: '' },
	{ namespace: NEG, localName: 'NegotiationConstraints', prefix: 'neg', text: '' },
];

function missingMembers({ spot, model, name }: Place, members: readonly Member[], { ledger }: ContentWork): Member[] {
	const missing: Member[] = [];
	for (const rule of model.children) {
		if (!rule.isRequired || members.some(({ rank }) => rank === rule.rank)) continue;
		const supply = SUPPLIES.find((each) => hasName(each, rule.namespace, rule.localName));
		if (supply === undefined) continue;
		const used = supply.text === '' ? `an empty ${rule.localName}` : `${rule.localName} ${supply.text}`;
		note(ledger, 'ELEMENT_SUPPLIED', spot, { found: `no ${rule.localName}`, used });
		const own = { ...supply, prefix: name.namespace === supply.namespace ? name.prefix : supply.prefix };
		missing.push({ before: [], element: element(own, [], supply.text === '' ? [] : [supply.text]), rank: rule.rank });
	}
	return missing;
}

/** Before the first that must stand behind it. */
function insert(members: Member[], member: Member): void {
	const at = members.findIndex(({ rank }) => rank > member.rank);
	members.splice(at < 0 ? members.length : at, 0, member);
}
