/** Guarantee terms (GFD.192, 4.2.6): objectives, when they apply, and what they are worth to the parties. */
import { attributeValue, type DocumentIssue, hasName, textOf } from '../../xml/element.ts';
import {
	addIssue,
	optionalChild,
	type Place,
	pathOfAttribute,
	placeNamed,
	placesNamed,
	placesWithin,
	requiredChild,
	withoutAbsent,
} from '../document.ts';
import { collapseWhiteSpace, isInteger, parseDouble } from '../lexical.ts';
import { WSAG } from '../names.ts';

/** Who has to keep the guarantee. */
export type ServiceRole = 'ServiceConsumer' | 'ServiceProvider';

export interface GuaranteeTerm {
	readonly kind: 'GuaranteeTerm';
	readonly path: string;
	readonly name: string;
	readonly obligated?: ServiceRole;
	readonly scopes: readonly ServiceScope[];
	readonly qualifyingCondition?: Place;
	readonly objective: ServiceLevelObjective;
	readonly businessValues: BusinessValues;
}

/** The services, or parts of one, that the guarantee is about. */
export interface ServiceScope {
	readonly serviceName?: string;
	/** Of the attribute that says it. */
	readonly serviceNamePath: string;
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
	readonly path: string;
	readonly termName: string;
	readonly utility: number;
}

/** Reads a wsag:GuaranteeTerm of that name; undefined where it states no objective or no business values. */
export function readGuaranteeTerm(place: Place, name: string, issues: DocumentIssue[]): GuaranteeTerm | undefined {
	const places = placesWithin(place);
	const slo = requiredChild(place, places, WSAG, 'ServiceLevelObjective', issues);
	const objective = slo && readObjective(slo, issues);
	const values = requiredChild(place, places, WSAG, 'BusinessValueList', issues);
	if (objective === undefined || values === undefined) return undefined;
	return {
		kind: 'GuaranteeTerm',
		path: place.path,
		name,
		...withoutAbsent({ obligated: readObligated(place, issues) }),
		scopes: placesNamed(places, WSAG, 'ServiceScope').map((scope) => ({
			...withoutAbsent({ serviceName: attributeValue(scope.element, WSAG, 'ServiceName') }),
			serviceNamePath: pathOfAttribute(scope, WSAG, 'ServiceName'),
			parts: placesWithin(scope),
		})),
		...withoutAbsent({ qualifyingCondition: optionalChild(place, places, WSAG, 'QualifyingCondition', issues) }),
		objective,
		businessValues: readBusinessValues(values, issues),
	};
}

function readObligated(place: Place, issues: DocumentIssue[]): ServiceRole | undefined {
	const found = attributeValue(place.element, WSAG, 'Obligated');
	if (found === undefined || found === 'ServiceConsumer' || found === 'ServiceProvider') return found;
	const allowed = 'ServiceConsumer or ServiceProvider';
	const message = `Obligated must be ${allowed}.`;
	addIssue(issues, 'VALUE_MALFORMED', pathOfAttribute(place, WSAG, 'Obligated'), message, { found, allowed });
	return undefined;
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
		} else {
			const termName = collapseWhiteSpace(textOf(reference.element));
			preferences.push({ path: reference.path, termName, utility });
		}
	}
	return preferences;
}

function readWhole(place: Place, issues: DocumentIssue[]): number | undefined {
	const lexical = collapseWhiteSpace(textOf(place.element));
	const value = Number(lexical);
	if (isInteger(lexical) && Number.isSafeInteger(value)) return value;
	addMalformed(place, 'a whole number up to 2^53', issues, isInteger(lexical) ? 'NUMBER_TOO_LARGE' : 'VALUE_MALFORMED');
	return undefined;
}

function addMalformed(
	place: Place,
	allowed: string,
	issues: DocumentIssue[],
	code: 'VALUE_MALFORMED' | 'NUMBER_TOO_LARGE' = 'VALUE_MALFORMED',
): void {
	const details = { found: textOf(place.element), allowed };
	addIssue(issues, code, place.path, `${place.element.localName} must be ${allowed}.`, details);
}
