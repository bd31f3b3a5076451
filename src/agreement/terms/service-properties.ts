/** Service properties (GFD.192, 4.2.5): names for values of the agreement, which service level objectives may use. */
import { attributeValue, type DocumentIssue, textOf } from '../../xml/element.ts';
import { namespaceOf } from '../../xml/scope.ts';
import { type Place, placesNamed, placesWithin, requiredChild, withoutAbsent } from '../document.ts';
import { isKnownVocabulary } from '../lenient/content-models.ts';
import { WSAG, XS } from '../names.ts';
import { splitName } from '../template/facet-reader.ts';
import { type SimpleType, simpleTypeNamed } from '../template/simple-type.ts';

export interface Variable {
	readonly name?: string;
	/** As written: a type of XML Schema, or a word that the parties understand. */
	readonly metric?: string;
	/** The type that the metric names, if it names one: how values are compared. */
	readonly type?: SimpleType;
	/** The metric names a type of a vocabulary that is known here, and there is none of the name. */
	readonly isTypeUnknown?: true;
	readonly path: string;
	readonly location: string;
	/** The element Location. */
	readonly place?: Place;
}

export interface ServiceProperties {
	readonly kind: 'ServiceProperties';
	readonly path: string;
	readonly name: string;
	readonly serviceName: string;
	/** Of the attribute that says it. */
	readonly serviceNamePath: string;
	readonly variables: readonly Variable[];
}

/** Reads the VariableSet of wsag:ServiceProperties. */
export function readVariables(properties: Place, issues: DocumentIssue[]): Variable[] {
	const set = requiredChild(properties, placesWithin(properties), WSAG, 'VariableSet', issues);
	const variables = set === undefined ? [] : placesNamed(placesWithin(set), WSAG, 'Variable');
	const read: Variable[] = [];
	for (const variable of variables) read.push(readVariable(variable, issues));
	return read;
}

function readVariable(variable: Place, issues: DocumentIssue[]): Variable {
	const place = requiredChild(variable, placesWithin(variable), WSAG, 'Location', issues);
	const metric = attributeValue(variable.element, WSAG, 'Metric');
	const type = metric === undefined ? undefined : typeOfMetric(metric, variable);
	return {
		...withoutAbsent({ name: attributeValue(variable.element, WSAG, 'Name'), metric }),
		...withoutAbsent({ type, isTypeUnknown: type === undefined ? isTypeName(metric, variable) : undefined, place }),
		path: variable.path,
		location: place === undefined ? '' : textOf(place.element),
	};
}

/** Whether the metric has the prefix of a vocabulary with types; without one it may be any word. */
function isTypeName(metric: string | undefined, place: Place): true | undefined {
	const [prefix] = splitName(metric ?? '');
	const namespace = prefix === '' ? '' : namespaceOfMetric(prefix, place);
	return namespace === XS || isKnownVocabulary(namespace) ? true : undefined;
}

function namespaceOfMetric(prefix: string, place: Place): string {
	return namespaceOf(place.scope, prefix) ?? (prefix === 'xs' || prefix === 'xsd' ? XS : '');
}

/** WSAG4J names the types of XML Schema without a prefix; a prefix that nobody declared is taken at its word. */
function typeOfMetric(metric: string, place: Place): SimpleType | undefined {
	const [prefix, localName] = splitName(metric);
	const namespace = prefix === '' ? XS : namespaceOfMetric(prefix, place);
	return simpleTypeNamed(namespace, namespace === XS ? (XS_ALIASES.get(localName) ?? localName) : localName);
}

/** `date` of WSAG4J is a Java date, which has a time. */
const XS_ALIASES = new Map([['date', 'dateTime']]);
