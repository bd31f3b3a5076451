/** Attributes under the names and with the values that the schema wants; those that nobody here knows are kept. */
import { qualifiedName, type XmlAttribute, type XmlElement } from '../../xml/element.ts';
import { XML_NAMESPACE } from '../../xml/scope.ts';
import { KEPT, WELL_KNOWN_PREFIXES, XSI } from '../names.ts';
import { mendValue, saysNothing } from './mend-value.ts';
import type { AttributeRule, ContentModel } from './model-lines.ts';
import { withoutAlias } from './namespace-aliases.ts';
import { type Ledger, note, type RepairCode, type Spot } from './repairs.ts';

/** The attributes of an element that has this model in this vocabulary; without a model they stay as they are. */
export function mendAttributes(
	spot: Spot,
	vocabulary: string,
	model: ContentModel | undefined,
	ledger: Ledger,
): readonly XmlAttribute[] {
	const { attributes } = spot.element;
	if (attributes.length === 0) return attributes;
	const mended: XmlAttribute[] = [];
	const taken = new Set<string>();
	// Ten thousand attributes share one look at all prefixes.
	let prefix: string | undefined;
	const keptPrefix = () => {
		prefix ??= prefixOn(spot.element, KEPT);
		return prefix;
	};
	const place: AttributePlace = { spot, vocabulary, model, ledger, keptPrefix };
	const aliased = attributes.map((attribute) => ({ ...attribute, namespace: withoutAlias(attribute.namespace) }));
	const written = new Set(aliased.map(expandedName));
	for (const attribute of aliased) {
		const next = mendAttribute(attribute, place);
		if (next === undefined) continue;
		const name = expandedName(next);
		// What has the name as it stands goes before what comes to it by a repair.
		const isSecond = taken.has(name) || (written.has(name) && name !== expandedName(attribute));
		if (isSecond) drop(attribute, place, 'It stands here twice.');
		else {
			taken.add(name);
			mended.push(next);
		}
	}
	return mended;
}

function expandedName({ namespace, localName }: XmlAttribute): string {
	return `{${namespace}}${localName}`;
}

/** A prefix by which the element can name the namespace without taking it from another that it uses itself. */
export function prefixOn(element: XmlElement, namespace: string): string {
	const usual = [...WELL_KNOWN_PREFIXES].find(([, wellKnown]) => wellKnown === namespace)?.[0] ?? 'n';
	const used = new Map(
		[...element.attributes, ...element.declarations].map((each) => [each.prefix, withoutAlias(each.namespace)]),
	);
	for (let attempt = 0; ; attempt += 1) {
		const prefix = attempt === 0 ? usual : `${usual}${attempt}`;
		if ((used.get(prefix) ?? namespace) === namespace) return prefix;
	}
}

/** The element's own prefix, where it has one for this namespace: an attribute without a prefix is in none. */
export function attributePrefix(element: XmlElement, namespace: string): string {
	const isOwn = element.prefix !== '' && withoutAlias(element.namespace) === namespace;
	return isOwn ? element.prefix : prefixOn(element, namespace);
}

interface AttributePlace {
	readonly spot: Spot;
	readonly vocabulary: string;
	readonly model: ContentModel | undefined;
	readonly ledger: Ledger;
	readonly keptPrefix: () => string;
}

function mendAttribute(attribute: XmlAttribute, place: AttributePlace): XmlAttribute | undefined {
	const { spot, vocabulary, model, ledger, keptPrefix } = place;
	const { namespace } = attribute;
	if (namespace === XML_NAMESPACE || namespace === XSI) return attribute;
	if (model === undefined || model.kind === 'open') return attribute;
	const known = ruleFor(attribute, vocabulary, model);
	if (known !== undefined) return mendKnown(attribute, known.rule, known.code, place);
	if (!model.takesForeignAttributes) return drop(attribute, place);
	if (namespace !== '' && namespace !== vocabulary) return attribute;
	const used = `${attribute.localName} in ${KEPT}`;
	note(ledger, 'ATTRIBUTE_KEPT', spot, { found: attribute.value, used, attribute: qualifiedName(attribute) });
	return { ...attribute, prefix: keptPrefix(), namespace: KEPT };
}

function drop(attribute: XmlAttribute, { spot, ledger }: AttributePlace, more?: string): undefined {
	const what = { found: attribute.value, attribute: qualifiedName(attribute) };
	note(ledger, 'ATTRIBUTE_DROPPED', spot, more === undefined ? what : { ...what, more });
	return undefined;
}

function ruleFor(
	{ namespace, localName }: XmlAttribute,
	vocabulary: string,
	{ attributes }: ContentModel,
): { readonly rule: AttributeRule; readonly code?: RepairCode } | undefined {
	const exact = attributes.find((rule) => rule.localName === localName && rule.namespace === namespace);
	if (exact !== undefined) return { rule: exact };
	if (namespace !== '' && namespace !== vocabulary) return undefined;
	const same = attributes.find((rule) => rule.localName === localName);
	if (same !== undefined) return { rule: same, code: 'ATTRIBUTE_NAMESPACE' };
	const folded = localName.toLowerCase();
	const alike = attributes.find((rule) => rule.localName.toLowerCase() === folded);
	return alike && { rule: alike, code: 'ATTRIBUTE_NAME_CASE' };
}

function mendKnown(
	attribute: XmlAttribute,
	rule: AttributeRule,
	code: RepairCode | undefined,
	{ spot, ledger }: AttributePlace,
): XmlAttribute | undefined {
	const written = qualifiedName(attribute);
	const prefix =
		rule.namespace === ''
			? ''
			: attribute.namespace === rule.namespace
				? attribute.prefix
				: attributePrefix(spot.element, rule.namespace);
	const named = { prefix, namespace: rule.namespace, localName: rule.localName, value: attribute.value };
	if (code !== undefined) note(ledger, code, spot, { found: written, used: qualifiedName(named), attribute: written });
	if (saysNothing(attribute.value, rule.type)) {
		note(ledger, 'ATTRIBUTE_DROPPED', spot, { found: attribute.value, attribute: written, more: 'It has no value.' });
		return undefined;
	}
	const mended = mendValue(attribute.value, rule.type);
	if (mended.kind === 'placeholder') {
		note(ledger, 'PLACEHOLDER_UNRESOLVED', spot, { found: attribute.value, attribute: written });
		return named;
	}
	for (const each of mended.repairs) {
		note(ledger, each, spot, { found: attribute.value, used: mended.value, attribute: written });
	}
	return { ...named, value: mended.value };
}
