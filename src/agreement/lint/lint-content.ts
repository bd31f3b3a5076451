/** What may stand where, by the content models of the vocabularies that are known here; and of which values. */
import { contentModel, elementNames, isKnownVocabulary, wordsOf } from '../lenient/content-models.ts';
import { meantInVocabulary, nameText } from '../lenient/extension-points.ts';
import type { ContentModel, ValueType } from '../lenient/model-lines.ts';
import { JSDL, WS, WSAG, XSI } from '../names.ts';
import { isValueAllowed, type ValueRestriction } from '../template/facets.ts';
import type { NameTest } from '../template/location.ts';
import { typeOfModel, UNTYPED, type WhiteSpace } from '../template/simple-type.ts';

export function isNamed({ namespace, localName }: NameTest): boolean {
	return namespace !== '*' && localName !== '*';
}

/** Whose prefixes are taken for one another. */
const NEIGHBOURS = [JSDL, WSAG, WS];

export function findNameFault({ namespace, localName }: NameTest): string | undefined {
	if (!isKnownVocabulary(namespace) || elementNames(namespace).includes(localName)) return undefined;
	const meant = findMeantElsewhere({ namespace, localName }) ?? meantInVocabulary({ namespace, localName });
	const hint = meant === undefined ? '' : ` (did you mean ${nameText(meant)}?)`;
	return `${namespace} has no element ${localName}${hint}`;
}

/** The element of that name in another of the vocabularies whose prefixes are taken for one another, or left out. */
export function findMeantElsewhere({ localName }: NameTest): NameTest | undefined {
	const namespace = NEIGHBOURS.find((each) => contentModel(each, localName) !== undefined);
	return namespace === undefined ? undefined : { namespace, localName };
}

/** ` (did you mean @digest?)` where one of the parents has an attribute of the name of a child that it does not have. */
export function hintOfAttribute(parents: readonly NameTest[], { localName }: NameTest): string {
	const models = parents.map((parent) => contentModel(parent.namespace, parent.localName));
	const isAttribute = models.some((model) => model?.attributes.some((each) => each.localName === localName));
	return isAttribute ? ` (did you mean @${localName}?)` : '';
}

/** The names that children of the parent may have of those that are meant; undefined: there is no telling. */
export function childrenOf(parent: NameTest, meant: NameTest): readonly NameTest[] | undefined {
	const model = contentModel(parent.namespace, parent.localName);
	if (model === undefined || model.kind === 'open') return isNamed(meant) ? [meant] : undefined;
	const listed = model.children.filter(
		({ namespace, localName }) => isEither(meant.namespace, namespace) && isEither(meant.localName, localName),
	);
	// Elements of other vocabularies are not those without any.
	const isForeign = model.isExtensible && meant.namespace !== parent.namespace && meant.namespace !== '';
	if (!isForeign) return listed;
	if (!isNamed(meant)) return undefined;
	return listed.length > 0 ? listed : [meant];
}

/** How many children of that name one parent has at most. */
export function mostOf(parent: NameTest, child: NameTest): number {
	const rule = ruleOf(parent, child);
	return rule === undefined || rule.isRepeatable ? Number.POSITIVE_INFINITY : 1;
}

/** Whether a valid parent always has the child. */
export function isDemanded(parent: NameTest, child: NameTest): boolean {
	return ruleOf(parent, child)?.isRequired === true;
}

/** Why the element never has the attribute: one that is written without its prefix is another one. */
export function findAttributeFault(parent: NameTest, name: NameTest): string | undefined {
	const model = contentModel(parent.namespace, parent.localName);
	if (model === undefined || model.kind === 'open' || !isNamed(name)) return undefined;
	// Every element may say of which type it is.
	if (name.namespace === XSI || attributeRule(model, name) !== undefined) return undefined;
	if (model.takesForeignAttributes && name.namespace !== parent.namespace && name.namespace !== '') return undefined;
	const namesake = model.attributes.find(({ localName }) => localName === name.localName);
	const hint = namesake === undefined ? '' : `; its ${name.localName} is of ${namesake.namespace || 'no namespace'}`;
	return `${parent.localName} has no attribute ${name.localName}${hint}`;
}

/** Whether the element holds nothing but elements, so that it has no text: a range of JSDL, others that may or must. */
export function elementsIn({ namespace, localName }: NameTest): 'range' | 'some' | 'demanded' | undefined {
	const model = contentModel(namespace, localName);
	if (model === undefined || model.kind === 'open' || model.kind === 'value') return undefined;
	if (model.kind === 'range') return 'range';
	return model.children.some(({ isRequired }) => isRequired) ? 'demanded' : 'some';
}

/** What the schema says of the value of such an element, or of its attribute; undefined where it says nothing. */
export function restrictionOf(
	owner: NameTest,
	attribute: NameTest | undefined,
	whiteSpace: WhiteSpace,
): ValueRestriction | undefined {
	const model = contentModel(owner.namespace, owner.localName);
	if (model === undefined) return undefined;
	// Around the words of these two vocabularies there is no white space.
	const isExact = attribute === undefined && (owner.namespace === JSDL || owner.namespace === WSAG);
	const space = isExact ? whiteSpace : 'collapse';
	if (attribute === undefined) return model.kind === 'value' ? restrictionBy(model.type, space) : undefined;
	const rule = attributeRule(model, attribute);
	return rule && restrictionBy(rule.type, space);
}

/** Whether the schema lets the element, or its attribute, be that text; white space around it aside. */
export function mayBeText(owner: NameTest, attribute: NameTest | undefined, text: string): boolean {
	const restriction = restrictionOf(owner, attribute, 'collapse');
	return restriction === undefined || isValueAllowed(restriction, text);
}

/** Which of the words of the element, or of its attribute, the text is in other letters, or in everyday words: ` (did you mean LINUX?)`. */
export function hintOfWord(owner: NameTest, attribute: NameTest | undefined, text: string): string {
	const folded = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');
	const own = folded(text);
	const words = wordsOf(owner.namespace, owner.localName, attribute);
	const meant = words?.find((word) => folded(word) === own || EVERYDAY.get(word)?.includes(own));
	return meant === undefined || meant === text ? '' : ` (did you mean ${meant}?)`;
}

/** What others call what JSDL has a word for. */
const EVERYDAY: ReadonlyMap<string, readonly string[]> = new Map([
	['x86_64', ['amd64', 'x64', 'em64t']],
	['x86', ['i386', 'i486', 'i586', 'i686', 'ia32']],
	['powerpc', ['ppc', 'ppc64', 'ppc64le']],
	['arm', ['arm64', 'aarch64', 'armhf']],
	['LINUX', ['debian', 'ubuntu', 'fedora', 'centos', 'rhel', 'redhat', 'suse', 'alpine']],
]);

function restrictionBy(type: ValueType, whiteSpace: WhiteSpace): ValueRestriction | undefined {
	if (typeof type === 'object') {
		const enumeration = type.words.map((text) => ({ text }));
		return { type: UNTYPED, whiteSpace, steps: [{ bounds: [], counts: [], patterns: [], enumeration }] };
	}
	const known = typeOfModel(type);
	return (
		known && { type: known, whiteSpace: known.whiteSpace, steps: known.facets === undefined ? [] : [known.facets] }
	);
}

function ruleOf(parent: NameTest, child: NameTest) {
	const model = contentModel(parent.namespace, parent.localName);
	return model?.children.find(
		({ namespace, localName }) => namespace === child.namespace && localName === child.localName,
	);
}

function attributeRule(model: ContentModel, name: NameTest) {
	return model.attributes.find(
		({ namespace, localName }) => namespace === name.namespace && localName === name.localName,
	);
}

function isEither(meant: string, name: string): boolean {
	return meant === '*' || meant === name;
}
