/**
 * Documents of other programs as documents of ours: what `computon import` does before lenient reading does the rest.
 *
 * WSAG4J: Locations with an XQuery prolog and `$this`, placeholders of its template engine, an integer Duration whose
 * unit stands nowhere. The tools of Atos: an older draft of WS-Agreement, with documents `wsag:Agreement` (GFD.192 has
 * no document of that name) and names of that draft. Nothing is guessed: what is not given is asked for.
 */
import { element, hasName, textOf, type XmlDeclaration, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { declareNamespaces, namespaceOf, OUTERMOST_SCOPE, scopeWithin, type XmlScope } from '../../xml/scope.ts';
import { collapseWhiteSpace, isBlank, parseDouble } from '../lexical.ts';
import { ARP, JSDL, TC, WS, WSAG } from '../names.ts';
import { withoutProlog } from '../template/location-prolog.ts';
import { type DurationUnit, SECONDS_PER } from '../terms/window.ts';
import { contentModel } from './content-models.ts';
import { type MendedTree, mend, pathBefore } from './mend.ts';
import { attributePrefix } from './mend-attributes.ts';
import type { Bound } from './mend-content.ts';
import { withoutAlias } from './namespace-aliases.ts';
import { fillPlaceholders, type Values } from './placeholders.ts';
import { diagnosticsOf, type Ledger, note, type Spot } from './repairs.ts';

/** What the importer was told. */
export interface ImportSettings {
	/** By the name of a placeholder. */
	readonly values: Values;
	/** The unit of every integer Duration in the document. */
	readonly timeUnit?: DurationUnit;
	/** What every number is that stands by itself in the place of a range. */
	readonly bareNumbers?: Bound;
}

/** The tree as a document of ours, as far as it can be made one, with a diagnostic for everything that was done. */
export function importTree(root: XmlElement, settings: ImportSettings): MendedTree {
	const ledger: Ledger = { diagnostics: [], unlisted: 0 };
	const origins = new Map<XmlElement, Spot>();
	const isOffer = withoutAlias(root.namespace) === WSAG && root.localName !== 'Template';
	const work: Work = { ledger, origins, settings, isOffer, durations: [] };
	const adapted = stateUnit(adapt({ element: root }, OUTERMOST_SCOPE, work)!, work);
	const mended = mend(adapted);
	const path = (of: string) => pathBefore(adapted, of, origins);
	return {
		root: declareNamespaces(mended.root),
		diagnostics: [...diagnosticsOf(ledger), ...mended.diagnostics.map((each) => ({ ...each, path: path(each.path) }))],
		pathBefore: (of) => path(mended.pathBefore(of)),
	};
}

interface Work {
	readonly ledger: Ledger;
	readonly origins: Map<XmlElement, Spot>;
	readonly settings: ImportSettings;
	/** A template states the unit of durations; an offer has none but that of its template. */
	readonly isOffer: boolean;
	/** Integer durations of which nobody has said the unit. */
	readonly durations: Spot[];
}

/** Names of the draft that the standard has changed. */
const RENAMED: Readonly<Record<string, string>> = {
	Variables: 'VariableSet',
	ServiceDescriptionTerms: 'ServiceDescriptionTerm',
	// Of a KPITarget.
	Target: 'CustomServiceLevel',
};

/** The element as one of ours, with all below it; undefined where it says nothing. */
function adapt(spot: Spot, outer: XmlScope, work: Work): XmlElement | undefined {
	const { element: own } = spot;
	const scope = scopeWithin(
		outer,
		own.declarations.map(({ prefix, namespace }) => ({ prefix, namespace: withoutAlias(namespace) })),
	);
	const filled = fillPlaceholders(spot, work.settings.values, work.ledger);
	const named = renamed(filled, spot, work);
	if (saysNothing(named)) {
		note(work.ledger, 'ELEMENT_EMPTY', spot, { found: own.localName });
		return undefined;
	}
	let adapted = named;
	if (isOf(named, WSAG, 'Location')) adapted = rewriteLocation(named, spot, scope, work);
	else {
		const children = childrenOf(named, spot, scope, work);
		adapted = { ...named, children };
		if (isTimeConstraint(named)) adapted = adaptTimeConstraint(adapted, spot, work);
		else adapted = stateBound(adapted, spot, work);
	}
	work.origins.set(adapted, spot);
	return adapted;
}

/** The children of the filled element stand in the order of those of the original, one for one. */
function childrenOf(filled: XmlElement, spot: Spot, scope: XmlScope, work: Work): readonly XmlNode[] {
	return filled.children.flatMap((child): readonly XmlNode[] => {
		if (child.kind !== 'element') return [child];
		const adapted = adapt({ element: child, outer: spot }, scope, work);
		return adapted === undefined ? [] : [adapted];
	});
}

function isOf(own: XmlElement, namespace: string, localName: string): boolean {
	return own.localName === localName && withoutAlias(own.namespace) === namespace;
}

function renamed(own: XmlElement, spot: Spot, { ledger }: Work): XmlElement {
	if (withoutAlias(own.namespace) !== WSAG) return own;
	if (spot.outer === undefined && own.localName === 'Agreement') {
		note(ledger, 'ROOT_RENAMED', spot, { found: own.localName, used: 'AgreementOffer' });
		return { ...own, localName: 'AgreementOffer' };
	}
	const localName = RENAMED[own.localName];
	if (localName === undefined) return own;
	note(ledger, 'ELEMENT_RENAMED', spot, { found: own.localName, used: localName });
	return { ...own, localName };
}

/** The draft's tools write description terms that describe nothing; the standard has no place for them. */
function saysNothing(own: XmlElement): boolean {
	return (
		isOf(own, WSAG, 'ServiceDescriptionTerm') &&
		own.children.every((child) => child.kind !== 'element' && (child.kind === 'comment' || isBlank(child.text)))
	);
}

function rewriteLocation(own: XmlElement, spot: Spot, scope: XmlScope, { ledger }: Work): XmlElement {
	const text = textOf(own);
	const bare = withoutProlog(text);
	if (bare === undefined) return own;
	const added: XmlDeclaration[] = [];
	const prefixes = new Map<string, string>();
	for (const { prefix, namespace } of bare.declarations) {
		prefixes.set(prefix, prefixIn(scope, prefix, withoutAlias(namespace), added));
	}
	const namespace = withoutAlias(bare.elementNamespace);
	const byDefault = namespace === '' ? undefined : prefixIn(scope, USUAL_PREFIXES[namespace] ?? 'd', namespace, added);
	let path = withPrefixes(bare.path, prefixes, byDefault);
	const inner = scopeWithin(scope, added);
	// In a variable $this is the agreement itself, in an item the document.
	const isVariable = spot.outer !== undefined && isOf(spot.outer.element, WSAG, 'Variable');
	if (isVariable && text.includes('$this') && !/^\/+[\w.-]*:?AgreementProperties\b/.test(path)) {
		path = `/${prefixIn(inner, 'wsag', WSAG, added)}:AgreementProperties${path}`;
	}
	note(ledger, 'LOCATION_REWRITTEN', spot, { found: text.trim(), used: path });
	return { ...own, declarations: [...own.declarations, ...added], children: [{ kind: 'text', text: path }] };
}

/** A prefix that stands for the namespace in this scope, or will by a declaration that is added. */
function prefixIn(scope: XmlScope, wanted: string, namespace: string, added: XmlDeclaration[]): string {
	for (let attempt = 0; ; attempt += 1) {
		const prefix = attempt === 0 ? wanted : `${wanted}${attempt}`;
		const bound = added.find((each) => each.prefix === prefix)?.namespace ?? namespaceOf(scope, prefix);
		if (bound === namespace) return prefix;
		if (bound !== undefined) continue;
		added.push({ prefix, namespace });
		return prefix;
	}
}

const USUAL_PREFIXES: Readonly<Record<string, string>> = { [WSAG]: 'wsag', [JSDL]: 'jsdl' };

/** The path with other prefixes, and one for names of elements that have none; what stands in quotes is a value. */
function withPrefixes(path: string, prefixes: ReadonlyMap<string, string>, byDefault: string | undefined): string {
	const pieces = path.split(/('[^']*'|"[^"]*")/);
	return pieces
		.map((piece, index) => {
			if (index % 2 === 1) return piece;
			const named = piece.replace(/([A-Za-z_][\w.-]*):(?=[A-Za-z_*])/g, (whole, prefix: string) => {
				const used = prefixes.get(prefix);
				return used === undefined ? whole : `${used}:`;
			});
			return byDefault === undefined ? named : named.replace(BARE_ELEMENT, `$1${byDefault}:$2`);
		})
		.join('');
}

/** The name of a step or of a child in a predicate: before no colon, and not that of `text()`. */
const BARE_ELEMENT = /([/[]\s*)([A-Za-z_][\w.-]*)(?![\w.:(-])/g;

function isTimeConstraint(own: XmlElement): boolean {
	return hasName(own, TC, 'TimeConstraint') || hasName(own, ARP, 'AllocationTimeConstraint');
}

/** A range that is a number and nothing else, with the part around it that bare numbers were said to be. */
function stateBound(own: XmlElement, spot: Spot, { settings: { bareNumbers }, ledger }: Work): XmlElement {
	if (bareNumbers === undefined) return own;
	if (contentModel(withoutAlias(own.namespace), own.localName)?.kind !== 'range') return own;
	const text = collapseWhiteSpace(textOf(own));
	if (own.children.some(({ kind }) => kind === 'element') || parseDouble(text) === undefined) return own;
	note(ledger, 'BARE_NUMBER_STATED', spot, { found: text, used: `${bareNumbers} ${text}` });
	return { ...own, children: [element({ ...own, localName: bareNumbers }, [], [text])] };
}

/** In an offer, with the unit that was given, a Window; in a template it stays, and the template says the unit. */
function adaptTimeConstraint(own: XmlElement, spot: Spot, work: Work): XmlElement {
	const duration = own.children.find((child) => child.kind === 'element' && child.localName === 'Duration');
	if (duration?.kind !== 'element') return own;
	const place: Spot = work.origins.get(duration) ?? spot;
	const { settings, isOffer, ledger } = work;
	if (!isOffer) {
		work.durations.push(place);
		return own;
	}
	const lexical = textOf(duration).trim();
	if (settings.timeUnit === undefined) {
		note(ledger, 'DURATION_UNIT_OF_TEMPLATE', place, { found: lexical, used: lexical });
		return own;
	}
	const seconds = /^\d{1,9}$/.test(lexical) ? Number(lexical) * SECONDS_PER[settings.timeUnit] : undefined;
	if (seconds === undefined) return own;
	note(ledger, 'DURATION_CONVERTED', place, { found: `${lexical} ${settings.timeUnit}`, used: `PT${seconds}S` });
	const prefix = attributePrefix(own, WS);
	const ours = (node: XmlNode): XmlNode => {
		if (node.kind !== 'element') return node;
		const moved = { ...node, prefix, namespace: WS };
		const next = node === duration ? { ...moved, children: [{ kind: 'text' as const, text: `PT${seconds}S` }] } : moved;
		work.origins.set(next, work.origins.get(node) ?? spot);
		return next;
	};
	return { ...own, prefix, namespace: WS, localName: 'Window', children: own.children.map(ours) };
}

/** The template with the unit of its durations in its context, if there are any and it has none. */
function stateUnit(root: XmlElement, work: Work): XmlElement {
	const [first] = work.durations;
	if (first === undefined) return root;
	const { settings, ledger, origins } = work;
	const context = root.children.find((child) => child.kind === 'element' && isOf(child, WSAG, 'Context'));
	if (context?.kind !== 'element') return root;
	if (context.children.some((child) => child.kind === 'element' && hasName(child, WS, 'DurationUnit'))) return root;
	if (settings.timeUnit === undefined) {
		for (const spot of work.durations)
			note(ledger, 'DURATION_UNIT_UNSTATED', spot, { found: textOf(spot.element).trim() });
		return root;
	}
	note(ledger, 'DURATION_UNIT_STATED', origins.get(context)!, { found: 'no unit', used: settings.timeUnit });
	const unit = element({ prefix: 'ws', namespace: WS, localName: 'DurationUnit' }, [], [settings.timeUnit]);
	const stated = { ...context, children: [...context.children, unit] };
	origins.set(stated, origins.get(context)!);
	const children = root.children.map((child) => (child === context ? stated : child));
	const next = { ...root, children };
	origins.set(next, { element: origins.get(root)!.element });
	return next;
}
