/**
 * The term tree of an offer or a template (GFD.192, 4.2): compositors, nested at will, over service terms and
 * guarantee terms. What the terms say about resources is read by `readServiceRequest`.
 */
import { attributeValue, type DocumentIssue, hasName, qualifiedName, textOf } from '../xml/element.ts';
import {
	addIssue,
	optionalChild,
	type Place,
	placeNamed,
	placesNamed,
	placesWithin,
	requiredAttribute,
	requiredChild,
	withoutAbsent,
} from './document.ts';
import { collapseWhiteSpace, isInteger, parseDouble } from './lexical.ts';
import { WSAG } from './names.ts';

export type CompositorKind = 'All' | 'ExactlyOne' | 'OneOrMore';

export interface Compositor {
	readonly kind: CompositorKind;
	readonly path: string;
	readonly terms: readonly Term[];
}

/** `content` is the one element that the term holds. */
export interface ServiceTerm {
	readonly kind: 'ServiceDescriptionTerm' | 'ServiceReference';
	readonly path: string;
	readonly name: string;
	readonly serviceName: string;
	readonly content: Place;
}

export interface ServiceProperties {
	readonly kind: 'ServiceProperties';
	readonly path: string;
	readonly name: string;
	readonly serviceName: string;
	readonly variables: readonly Variable[];
}

export interface Variable {
	readonly name?: string;
	readonly metric?: string;
	readonly location: string;
}

export interface GuaranteeTerm {
	readonly kind: 'GuaranteeTerm';
	readonly path: string;
	readonly name: string;
	readonly obligated?: string;
	readonly scopes: readonly ServiceScope[];
	readonly qualifyingCondition?: Place;
	readonly objective: ServiceLevelObjective;
	readonly businessValues: BusinessValues;
}

/** The services, or parts of one, that the guarantee is about. */
export interface ServiceScope {
	readonly serviceName?: string;
	readonly parts: readonly Place[];
}

/** A target for a named indicator, or an expression of the parties' own. */
export interface ServiceLevelObjective {
	readonly kpiName?: string;
	readonly customServiceLevel: Place;
}

export interface BusinessValues {
	readonly importance?: number;
	readonly penalties: readonly Compensation[];
	readonly rewards: readonly Compensation[];
	readonly preferences: readonly Preference[];
	readonly customValues: readonly Place[];
}

/** Assessed every `timeInterval` (an xs:duration as written) or every `count` assessments. */
export interface Compensation {
	readonly path: string;
	readonly timeInterval?: string;
	readonly count?: number;
	readonly valueUnit?: string;
	readonly valueExpression: Place;
}

/** How much the initiator likes it that the named term is fulfilled. */
export interface Preference {
	readonly termName: string;
	readonly utility: number;
}

export type Term = Compositor | ServiceTerm | ServiceProperties | GuaranteeTerm;

/** The terms under `wsag:Terms/wsag:All`; none where the document has no All. */
export interface TermTree {
	readonly path: string;
	readonly terms: readonly Term[];
}

/** Far beyond any real offer (a dozen terms); what is done per term stays small against reading the document. */
const TERMS_MAX = 512;

/** Reads `wsag:Terms`. Every fault is added to the issues; what could be read is returned all the same. */
export function readTermTree(terms: Place, issues: DocumentIssue[]): TermTree {
	const progress: Progress = { issues, names: new Map(), count: 0 };
	const all = optionalChild(terms, placesWithin(terms), WSAG, 'All', issues);
	return { path: terms.path, terms: all === undefined ? [] : readTerms(all, progress) };
}

interface Progress {
	readonly issues: DocumentIssue[];
	/** Term name -> path of the term that has it. */
	readonly names: Map<string, string>;
	count: number;
}

function readTerms(compositor: Place, progress: Progress): Term[] {
	const places = placesWithin(compositor);
	if (places.length === 0) {
		addIssue(progress.issues, 'ELEMENT_MISSING', compositor.path, 'A compositor needs at least one term.');
	}
	const terms: Term[] = [];
	for (const place of places) {
		if (progress.count >= TERMS_MAX) {
			const message = `A document may have at most ${TERMS_MAX} terms.`;
			addIssue(progress.issues, 'TERMS_TOO_MANY', place.path, message, { allowed: `at most ${TERMS_MAX}` });
			break;
		}
		progress.count += 1;
		const term = readTerm(place, progress);
		if (term !== undefined) terms.push(term);
	}
	return terms;
}

function readTerm(place: Place, progress: Progress): Term | undefined {
	const kind = place.element.namespace === WSAG ? place.element.localName : '';
	switch (kind) {
		case 'All':
		case 'ExactlyOne':
		case 'OneOrMore':
			return { kind, path: place.path, terms: readTerms(place, progress) };
		case 'ServiceDescriptionTerm':
		case 'ServiceReference':
			return readServiceTerm(kind, place, progress);
		case 'ServiceProperties':
			return readServiceProperties(place, progress);
		case 'GuaranteeTerm':
			return readGuaranteeTerm(place, progress);
		default: {
			const message = 'A compositor holds compositors, service terms and guarantee terms.';
			addIssue(progress.issues, 'ELEMENT_UNKNOWN', place.path, message, { found: qualifiedName(place.element) });
			return undefined;
		}
	}
}

function readTermName(place: Place, { issues, names }: Progress): string {
	const name = requiredAttribute(place, WSAG, 'Name', issues);
	const other = names.get(name);
	if (other === undefined) names.set(name, place.path);
	else {
		const message = `The term at ${other} has this name too; states and preferences could not tell them apart.`;
		addIssue(issues, 'TERM_NAME_REPEATED', `${place.path}/@wsag:Name`, message, { found: name });
	}
	return name;
}

function readServiceTerm(kind: ServiceTerm['kind'], place: Place, progress: Progress): ServiceTerm | undefined {
	const name = readTermName(place, progress);
	const serviceName = requiredAttribute(place, WSAG, 'ServiceName', progress.issues);
	const [content, second] = placesWithin(place);
	if (content === undefined || second !== undefined) {
		const code = content === undefined ? 'ELEMENT_MISSING' : 'ELEMENT_REPEATED';
		addIssue(progress.issues, code, (second ?? place).path, `A ${kind} holds exactly one element.`);
	}
	return content && { kind, path: place.path, name, serviceName, content };
}

function readServiceProperties(place: Place, progress: Progress): ServiceProperties {
	const { issues } = progress;
	const name = readTermName(place, progress);
	const serviceName = requiredAttribute(place, WSAG, 'ServiceName', issues);
	const set = requiredChild(place, placesWithin(place), WSAG, 'VariableSet', issues);
	const variables = set === undefined ? [] : placesNamed(placesWithin(set), WSAG, 'Variable');
	return {
		kind: 'ServiceProperties',
		path: place.path,
		name,
		serviceName,
		variables: variables.map((variable) => {
			const location = requiredChild(variable, placesWithin(variable), WSAG, 'Location', issues);
			return {
				...withoutAbsent({ name: attributeValue(variable.element, WSAG, 'Name') }),
				...withoutAbsent({ metric: attributeValue(variable.element, WSAG, 'Metric') }),
				location: location === undefined ? '' : textOf(location.element),
			};
		}),
	};
}

function readGuaranteeTerm(place: Place, progress: Progress): GuaranteeTerm | undefined {
	const { issues } = progress;
	const name = readTermName(place, progress);
	const places = placesWithin(place);
	const slo = requiredChild(place, places, WSAG, 'ServiceLevelObjective', issues);
	const objective = slo && readObjective(slo, issues);
	const values = requiredChild(place, places, WSAG, 'BusinessValueList', issues);
	if (objective === undefined || values === undefined) return undefined;
	return {
		kind: 'GuaranteeTerm',
		path: place.path,
		name,
		...withoutAbsent({ obligated: attributeValue(place.element, WSAG, 'Obligated') }),
		scopes: placesNamed(places, WSAG, 'ServiceScope').map((scope) => ({
			...withoutAbsent({ serviceName: attributeValue(scope.element, WSAG, 'ServiceName') }),
			parts: placesWithin(scope),
		})),
		...withoutAbsent({ qualifyingCondition: optionalChild(place, places, WSAG, 'QualifyingCondition', issues) }),
		objective,
		businessValues: readBusinessValues(values, issues),
	};
}

function readObjective(slo: Place, issues: DocumentIssue[]): ServiceLevelObjective | undefined {
	const places = placesWithin(slo);
	const target = placeNamed(places, WSAG, 'KPITarget');
	if (target === undefined) {
		const customServiceLevel = requiredChild(slo, places, WSAG, 'CustomServiceLevel', issues);
		return customServiceLevel && { customServiceLevel };
	}
	const inner = placesWithin(target);
	const kpiName = requiredChild(target, inner, WSAG, 'KPIName', issues);
	const customServiceLevel = requiredChild(target, inner, WSAG, 'CustomServiceLevel', issues);
	if (kpiName === undefined || customServiceLevel === undefined) return undefined;
	return { kpiName: collapseWhiteSpace(textOf(kpiName.element)), customServiceLevel };
}

function readBusinessValues(list: Place, issues: DocumentIssue[]): BusinessValues {
	const places = placesWithin(list);
	const importance = optionalChild(list, places, WSAG, 'Importance', issues);
	const preference = optionalChild(list, places, WSAG, 'Preference', issues);
	const compensations = (localName: string): Compensation[] =>
		placesNamed(places, WSAG, localName)
			.map((place) => readCompensation(place, issues))
			.filter((compensation) => compensation !== undefined);
	return {
		...withoutAbsent({ importance: importance && readWhole(importance, issues) }),
		penalties: compensations('Penalty'),
		rewards: compensations('Reward'),
		preferences: preference === undefined ? [] : readPreferences(preference, issues),
		customValues: placesNamed(places, WSAG, 'CustomBusinessValue'),
	};
}

function readCompensation(place: Place, issues: DocumentIssue[]): Compensation | undefined {
	const places = placesWithin(place);
	const interval = requiredChild(place, places, WSAG, 'AssessmentInterval', issues);
	const valueExpression = requiredChild(place, places, WSAG, 'ValueExpression', issues);
	if (interval === undefined || valueExpression === undefined) return undefined;
	const unit = optionalChild(place, places, WSAG, 'ValueUnit', issues);
	const time = placeNamed(placesWithin(interval), WSAG, 'TimeInterval');
	const count = placeNamed(placesWithin(interval), WSAG, 'Count');
	if (time === undefined && count === undefined) {
		addIssue(issues, 'ELEMENT_MISSING', interval.path, 'AssessmentInterval needs a TimeInterval or a Count.');
	}
	return {
		path: place.path,
		...withoutAbsent({ timeInterval: time && collapseWhiteSpace(textOf(time.element)) }),
		...withoutAbsent({ count: count && readWhole(count, issues) }),
		...withoutAbsent({ valueUnit: unit && textOf(unit.element) }),
		valueExpression,
	};
}

/** Pairs of ServiceTermReference and Utility, one after the other in one Preference. */
function readPreferences(place: Place, issues: DocumentIssue[]): Preference[] {
	const places = placesWithin(place);
	const preferences: Preference[] = [];
	for (let index = 0; index < places.length; index += 2) {
		const reference = places[index]!;
		const utilityPlace = places[index + 1];
		const isPair =
			hasName(reference.element, WSAG, 'ServiceTermReference') &&
			utilityPlace !== undefined &&
			hasName(utilityPlace.element, WSAG, 'Utility');
		if (!isPair) {
			addIssue(issues, 'ELEMENT_MISSING', reference.path, 'A Preference is pairs of ServiceTermReference and Utility.');
			return preferences;
		}
		const utility = parseDouble(textOf(utilityPlace.element));
		if (utility === undefined || Number.isNaN(utility)) {
			addMalformed(utilityPlace, 'a number', issues);
		} else preferences.push({ termName: collapseWhiteSpace(textOf(reference.element)), utility });
	}
	return preferences;
}

function readWhole(place: Place, issues: DocumentIssue[]): number | undefined {
	const lexical = collapseWhiteSpace(textOf(place.element));
	const value = Number(lexical);
	if (isInteger(lexical) && Number.isSafeInteger(value)) return value;
	addMalformed(place, 'a whole number up to 2^53', issues);
	return undefined;
}

function addMalformed(place: Place, allowed: string, issues: DocumentIssue[]): void {
	const details = { found: textOf(place.element), allowed };
	addIssue(issues, 'VALUE_MALFORMED', place.path, `${place.element.localName} must be ${allowed}.`, details);
}
