/** Which element is meant by a name that the schema does not let stand where it stands. */
import type { XmlElement, XmlName } from '../../xml/element.ts';
import { KEPT, NEG } from '../names.ts';
import { contentModel, elementNames, HEADS, isKnownVocabulary } from './content-models.ts';
import type { ChildRule, ContentModel } from './model-lines.ts';
import { withoutAlias } from './namespace-aliases.ts';
import type { RepairCode } from './repairs.ts';

/** The name that an element is to have, and how it came to it where it is another one than it had. */
export interface Known {
	readonly namespace: string;
	readonly localName: string;
	readonly code?: RepairCode;
	/** The rule by which it stands among its parent's children; without one it is an extension, or a fault. */
	readonly rule?: ChildRule;
}

/** How many more unknown names are compared with all that might be meant: each is work, and may be malice. */
export interface Spellings {
	left: number;
}

type Candidate = Pick<ChildRule, 'namespace' | 'localName'>;

/** The document's root, or any element that stands where every vocabulary may. */
export function nameOfHead(element: XmlElement, spellings: Spellings): Known {
	const own = ownName(element);
	if (contentModel(own.namespace, own.localName) !== undefined) return own;
	if (own.namespace !== '' && !isKnownVocabulary(own.namespace)) return own;
	if (own.namespace === NEG && own.localName === OLD_TEMPLATE)
		return { namespace: NEG, localName: 'NegotiableTemplate', code: 'ELEMENT_MISSPELT' };
	return meantAnywhere(own, spellings) ?? own;
}

/** Copies of the schema of GFD.193 are about that misspell it. */
const OLD_TEMPLATE = 'NegotiatiableTemplate';

const HEAD_NAMES: readonly Candidate[] = HEADS.map(([namespace, localName]) => ({ namespace, localName }));

/** A child of an element with this model. */
export function nameOfChild(child: XmlElement, model: ContentModel, parent: XmlName, spellings: Spellings): Known {
	const own = ownName(child);
	const rule = model.children.find((each) => each.localName === own.localName && each.namespace === own.namespace);
	if (rule !== undefined) return { ...own, rule };
	const isForeign = own.namespace !== '' && !isKnownVocabulary(own.namespace);
	const isKnown = contentModel(own.namespace, own.localName) !== undefined;
	// Another vocabulary's own element where extensions may stand is one, whatever its name is like.
	if (isForeign || (isKnown && model.isExtensible && own.namespace !== parent.namespace)) return own;
	const sibling = meant(own, model.children, spellings);
	if (sibling !== undefined) return sibling;
	const extension = model.isExtensible && !isKnown ? meantAnywhere(own, spellings) : undefined;
	// Nothing of the parent's own vocabulary is an extension of it.
	if (extension !== undefined && extension.namespace !== parent.namespace) return extension;
	// An invention in the vocabulary's own namespace, or in none, cannot stay there; an element out of place can.
	const isInvented = !isKnown && (own.namespace === '' || own.namespace === parent.namespace);
	if (!isInvented || !model.isExtensible) return own;
	return { namespace: KEPT, localName: own.localName, code: 'ELEMENT_KEPT' };
}

/** Where every vocabulary may stand: one of the elements that begin one, or this vocabulary's own in other letters. */
function meantAnywhere(own: Known, spellings: Spellings): Known | undefined {
	const head = meant(own, HEAD_NAMES, spellings);
	if (head !== undefined) return head;
	const plain = plainName(own.localName);
	const localName = elementNames(own.namespace).find((name) => name.toLowerCase() === plain);
	return localName === undefined ? undefined : { namespace: own.namespace, localName, code: 'ELEMENT_NAME_CASE' };
}

function ownName({ namespace, localName }: XmlElement): Known {
	return { namespace: withoutAlias(namespace), localName };
}

/** The one candidate that this name can stand for. */
function meant(
	own: Known,
	candidates: readonly (Candidate & Partial<ChildRule>)[],
	spellings: Spellings,
): Known | undefined {
	const as = (candidate: Candidate, code: RepairCode): Known => ({
		namespace: candidate.namespace,
		localName: candidate.localName,
		code,
		...('rank' in candidate ? { rule: candidate as ChildRule } : {}),
	});
	const sameName = candidates.filter(({ localName }) => localName === own.localName);
	if (sameName.length === 1) return as(sameName[0]!, 'ELEMENT_NAMESPACE');
	const plain = plainName(own.localName);
	const sameLetters = candidates.filter(({ localName }) => plainName(localName) === plain);
	if (sameLetters.length === 1) return as(sameLetters[0]!, 'ELEMENT_NAME_CASE');
	if (plain.length < SPELLING_LENGTH_MIN || plain.length > SPELLING_LENGTH_MAX || spellings.left <= 0) return undefined;
	spellings.left -= 1;
	const near = candidates.filter(({ localName }) => isOneLetterOff(plain, plainName(localName)));
	return near.length === 1 ? as(near[0]!, 'ELEMENT_MISSPELT') : undefined;
}

/** In shorter names one letter makes another word. */
const SPELLING_LENGTH_MIN = 6;
/** The longest name of the tables has 26 letters. */
const SPELLING_LENGTH_MAX = 30;

/** Lower case, and without what is written for the name of an element's type. */
function plainName(localName: string): string {
	return localName.toLowerCase().replace(/_type$/, '');
}

/** Whether two names are the same in other letters, or one letter apart. */
export function isWrittenLike(one: string, other: string): boolean {
	if (Math.max(one.length, other.length) > SPELLING_LENGTH_MAX) return false;
	const [plain, otherPlain] = [plainName(one), plainName(other)];
	return plain === otherPlain || (plain.length >= SPELLING_LENGTH_MIN && isOneLetterOff(plain, otherPlain));
}

/** One letter is missing, too much, another one, or changed places with the next. */
export function isOneLetterOff(one: string, other: string): boolean {
	if (Math.abs(one.length - other.length) > 1) return false;
	let start = 0;
	while (start < one.length && one[start] === other[start]) start += 1;
	let ends = 0;
	const shorter = Math.min(one.length, other.length) - start;
	while (ends < shorter && one[one.length - 1 - ends] === other[other.length - 1 - ends]) ends += 1;
	const left = one.slice(start, one.length - ends);
	const right = other.slice(start, other.length - ends);
	if (left.length <= 1 && right.length <= 1) return true;
	return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
