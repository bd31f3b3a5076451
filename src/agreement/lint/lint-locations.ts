/** Locations that can match nothing, by the content models of the vocabularies that are known here. */
import { contentModel, elementNames, isKnownVocabulary } from '../lenient/content-models.ts';
import { JSDL, WSAG } from '../names.ts';
import type { Location, NameTest } from '../template/location.ts';

/**
 * Why no valid offer has what the Location means: a name that its vocabulary does not have, an element where it may not
 * stand. Undefined where nothing speaks against it.
 */
export function findImpossibleStep({ steps, target }: Location): string | undefined {
	let parent: NameTest | undefined;
	for (const [index, { name, descends }] of steps.entries()) {
		if (isNamed(name)) {
			const why = index === 0 && !descends ? findRootFault(name) : findNameFault(name);
			if (why !== undefined) return why;
			if (parent !== undefined && !descends && isNamed(parent) && !mayHold(parent, name)) {
				return `${parent.localName} never holds ${name.localName}`;
			}
		}
		parent = name;
	}
	if (target.kind !== 'attribute' || parent === undefined || !isNamed(parent)) return undefined;
	return findAttributeFault(parent, target.name);
}

/** The element that the Location selects, by name; undefined where it names none. */
export function parentOf({ steps, target }: Location): NameTest | undefined {
	const name = steps.at(-1)?.name;
	return target.kind === 'element' && name !== undefined && isNamed(name) ? name : undefined;
}

const COUNTS: ReadonlySet<string> = new Set(['IndividualCPUCount', 'TotalCPUCount', 'TotalResourceCount']);

/** Whether the Location selects counts of JSDL, or exact values of such: whole numbers, whatever their type in XML. */
export function isCount({ steps, target }: Location): boolean {
	const last = steps.at(-1)?.name;
	if (target.kind === 'attribute' || last?.namespace !== JSDL) return false;
	const name = last.localName === 'Exact' && !steps.at(-1)!.descends ? steps.at(-2)?.name : last;
	return name?.namespace === JSDL && COUNTS.has(name.localName);
}

/** Whether a valid document may have the child in the parent. */
export function mayStandIn(parent: NameTest, child: NameTest): boolean {
	return findNameFault(child) === undefined && mayHold(parent, child);
}

function isNamed({ namespace, localName }: NameTest): boolean {
	return namespace !== '*' && localName !== '*';
}

function findRootFault({ namespace, localName }: NameTest): string | undefined {
	const isOffer = namespace === WSAG && localName === 'AgreementOffer';
	return isOffer ? undefined : `the root of an offer is wsag:AgreementOffer, not ${localName}`;
}

function findNameFault({ namespace, localName }: NameTest): string | undefined {
	if (!isKnownVocabulary(namespace) || elementNames(namespace).includes(localName)) return undefined;
	return `${namespace} has no element ${localName}`;
}

function mayHold(parent: NameTest, child: NameTest): boolean {
	const model = contentModel(parent.namespace, parent.localName);
	if (model === undefined || model.kind === 'open') return true;
	// The parts of a range are in the table of no single element.
	if (model.kind === 'range') return child.namespace === parent.namespace;
	const isListed = model.children.some(
		({ namespace, localName }) => namespace === child.namespace && localName === child.localName,
	);
	return isListed || (model.isExtensible && child.namespace !== parent.namespace);
}

/** An attribute that is written without its prefix is another one. */
function findAttributeFault(parent: NameTest, name: NameTest): string | undefined {
	const model = contentModel(parent.namespace, parent.localName);
	if (model === undefined || model.kind === 'open' || !isNamed(name)) return undefined;
	if (model.attributes.some((each) => each.namespace === name.namespace && each.localName === name.localName)) {
		return undefined;
	}
	if (model.takesForeignAttributes && name.namespace !== parent.namespace && name.namespace !== '') return undefined;
	const namesake = model.attributes.find(({ localName }) => localName === name.localName);
	const hint = namesake === undefined ? '' : `; its ${name.localName} is of ${namesake.namespace || 'no namespace'}`;
	return `${parent.localName} has no attribute ${name.localName}${hint}`;
}
