/**
 * What constraints say of the numbers that are granted: at most 8 CPUs, an end before noon. Read from the facets of
 * their items, and from what conditions compare with constants, so that a search can keep to them instead of trying one
 * grant after the other. Of patterns, model groups and whatever else conditions say nothing is read here: only checking
 * an offer against them tells what they admit.
 */
import { attributeValue, childElements, type XmlElement } from '../../xml/element.ts';
import { boundsOf, type ConstantComparison } from '../conditions/condition-ranges.ts';
import { placeOn } from '../conditions/expression-values.ts';
import { toDouble } from '../conditions/rational.ts';
import { locationName } from '../conditions/unknowns.ts';
import { RANGE_ELEMENTS, type RangeField } from '../jsdl/merged-resources.ts';
import { above, below, exactly, intersect, type RangeValue, unite } from '../jsdl/range.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { JSDL, WS, WSAG } from '../names.ts';
import { verdictBudget } from '../template/check-budget.ts';
import type { TemplateConstraint } from '../template/constraints.ts';
import { allowedRange, type ValueRestriction } from '../template/facets.ts';
import type { Location, StepBudget } from '../template/location.ts';
import { selectLocation } from '../template/location-selection.ts';
import type { ValueSpace } from '../template/simple-type.ts';
import { type Price, withQuote } from '../terms/quote.ts';
import { type RequestedService, type ServiceGrant, type ServiceRequest, servicesOf } from '../terms/service.ts';
import { parseDateTime, parseDuration } from '../time.ts';
import { type NarrowingTemplate, narrowOffer } from './narrow.ts';
import type { Offer } from './offer.ts';

/** A value of a grant; times in epoch seconds, the price in the currency of the site. */
export type AdmittedField = RangeField | 'startAt' | 'endAt' | 'durationSeconds' | 'price';

/** What one constraint admits of one value. Of several about the same value all hold. */
export interface AdmittedRange {
	readonly field: AdmittedField;
	/** Position of the service among those of the request; 0 for what is said of all of them. */
	readonly nth: number;
	readonly range: RangeValue;
}

/** Says what a constraint admits of the values of a grant. */
export type AdmittedReader = (constraint: TemplateConstraint) => readonly AdmittedRange[];

/** Reads constraints on grants for this request, whose offers are narrowed against the template. */
export function admittedReader(
	offer: Offer,
	request: ServiceRequest,
	template: NarrowingTemplate,
	currency: string | undefined,
	budget: StepBudget = verdictBudget(),
): AdmittedReader {
	const placesAt = placesFinder(offer, request, template, currency, budget);
	const rangesAt = (location: Location, rangeOf: (field: AdmittedField) => RangeValue | undefined) => {
		return placesAt(location).flatMap((place) => {
			const range = rangeOf(place.field);
			return range === undefined ? [] : [{ ...place, range }];
		});
	};
	return (constraint) => {
		if ('condition' in constraint) {
			return boundsOf(constraint.condition).flatMap(({ location, anyOf }) => {
				return rangesAt(location, (field) => comparableRange(field, anyOf));
			});
		}
		const { value, location } = constraint;
		if (value === undefined || !ON_A_LINE.has(value.type.space)) return [];
		return rangesAt(location, (field) => facetRange(field, value));
	};
}

/** The values of a grant that a Location selects in the offer that is narrowed to it. */
export type PlacesFinder = (location: Location) => readonly AdmittedPlace[];

/** Finds them in offers for this request, which say all that a grant says. */
export function placesFinder(
	offer: Offer,
	request: ServiceRequest,
	template: NarrowingTemplate,
	currency: string | undefined,
	budget: StepBudget,
): PlacesFinder {
	const price: Price | undefined = currency === undefined ? undefined : { currency, amount: '1', cancellation: [] };
	const tree = withQuote(narrowOffer(offer, sampleOf(request, 1), template), price);
	const index = {};
	const named = servicesOf<RequestedService>(request).map(({ serviceName }) => serviceName);
	const places = placesOf(tree, named);
	// A list of flavours names the same Locations dozens of times.
	const known = new Map<string, readonly AdmittedPlace[]>();
	return (location) => {
		const name = locationName(location);
		const before = known.get(name);
		if (before !== undefined) return before;
		const { selections } = selectLocation(tree, location, budget, index) ?? { selections: [] };
		const found = selections.flatMap(({ owner, attribute }) => {
			const place = attribute === undefined ? places.get(owner) : undefined;
			return place === undefined ? [] : [place];
		});
		known.set(name, found);
		return found;
	};
}

/** Times and durations that are enumerated without a type are texts to a checker; here they are what they say. */
function facetRange(field: AdmittedField, value: ValueRestriction): RangeValue | undefined {
	if (value.type.space !== 'untyped' || !IS_TIME.has(field)) return allowedRange(value);
	const enumerations = value.steps.filter(({ enumeration }) => enumeration.length > 0);
	const ranges = enumerations.flatMap(({ enumeration }) => {
		const anyOf = enumeration.map(({ text }): ConstantComparison => ({ operator: '=', constant: text }));
		return comparableRange(field, anyOf) ?? [];
	});
	return ranges.length === 0 ? undefined : ranges.reduce(intersect);
}

/** The numbers that compare so with one of the constants; undefined where one is nothing that the field says. */
export function comparableRange(field: AdmittedField, anyOf: readonly ConstantComparison[]): RangeValue | undefined {
	const ranges = anyOf.map(({ operator, constant }) => {
		const number = numberIn(field, constant);
		return number === undefined ? undefined : COMPARED[operator](number);
	});
	return ranges.includes(undefined) ? undefined : unite(ranges.flatMap((range) => range!.intervals));
}

/** What compares so with a number. */
export const COMPARED: Readonly<Record<ConstantComparison['operator'], (constant: number) => RangeValue>> = {
	'=': exactly,
	'!=': (constant) => unite([...below(constant, true).intervals, ...above(constant, true).intervals]),
	'<': (constant) => below(constant, true),
	'<=': (constant) => below(constant),
	'>': (constant) => above(constant, true),
	'>=': (constant) => above(constant),
};

const IS_TIME: ReadonlySet<AdmittedField> = new Set(['startAt', 'endAt', 'durationSeconds']);

/** A constant as the field counts: instants and durations in seconds, as they are written. */
function numberIn(field: AdmittedField, constant: number | string): number | undefined {
	if (typeof constant === 'number') return IS_TIME.has(field) ? undefined : constant;
	const text = collapseWhiteSpace(constant);
	if (field === 'startAt' || field === 'endAt') return parseDateTime(text)?.seconds;
	if (field !== 'durationSeconds') {
		const number = placeOn('number', text);
		return number && toDouble(number);
	}
	const duration = parseDuration(text);
	return duration.ok ? duration.seconds : undefined;
}

/** What all of them admit of this value together. */
export function admittedOf(ranges: readonly AdmittedRange[], field: AdmittedField, nth = 0): RangeValue | undefined {
	return ranges
		.filter((each) => each.field === field && each.nth === nth)
		.reduce<RangeValue | undefined>((all, { range }) => (all === undefined ? range : intersect(all, range)), undefined);
}

/** A grant that has so much of everything, so that the offer says all that one can say. Of weeks: any unit counts them. */
export function sampleOf(request: ServiceRequest, number: number): ServiceGrant {
	const services = servicesOf<RequestedService>(request).map(({ serviceName, workspace }) => ({
		...(request.others === undefined ? {} : { serviceName }),
		machineCount: number,
		cpuCount: number,
		memoryBytes: number,
		diskBytes: number,
		networkBitsPerSecond: number,
		workspace,
		candidateHosts: [String(number)],
	}));
	const [first, ...others] = services;
	const startAt = number * WEEK_SECONDS;
	return { ...first!, ...(others.length === 0 ? {} : { others }), startAt, endAt: startAt + number * WEEK_SECONDS };
}

const WEEK_SECONDS = 7 * 86_400;

/** Values of other types are no numbers, or none that a grant says. */
const ON_A_LINE: ReadonlySet<ValueSpace> = new Set(['untyped', 'number', 'time', 'date', 'clock', 'duration']);

/** A value of a grant, of which service. */
export type AdmittedPlace = Pick<AdmittedRange, 'field' | 'nth'>;

/** The elements in which values of the grant stand, those within their RangeValues included. */
function placesOf(tree: XmlElement, services: readonly string[]): ReadonlyMap<XmlElement, AdmittedPlace> {
	const places = new Map<XmlElement, AdmittedPlace>();
	const note = (element: XmlElement, place: AdmittedPlace): void => {
		places.set(element, place);
		for (const child of childElements(element)) note(child, place);
	};
	const walk = (element: XmlElement, nth: number): void => {
		const name = attributeValue(element, WSAG, 'ServiceName');
		const within = name === undefined || services.length === 1 ? nth : Math.max(0, services.indexOf(name));
		const field = fieldOf(element);
		if (field !== undefined) note(element, { field, nth: OF_ALL.has(field) ? 0 : within });
		else for (const child of childElements(element)) walk(child, within);
	};
	walk(tree, 0);
	return places;
}

const FIELDS = new Map(RANGE_ELEMENTS);
const TIMES: ReadonlyMap<string, AdmittedField> = new Map([
	['StartTime', 'startAt'],
	['EndTime', 'endAt'],
]);
const OF_ALL: ReadonlySet<AdmittedField> = new Set(['startAt', 'endAt', 'durationSeconds', 'price']);

/** The integer Duration of a TimeConstraint is in no fixed unit, and its ends say the same. */
function fieldOf({ namespace, localName }: XmlElement): AdmittedField | undefined {
	if (namespace === JSDL) return localName === 'DiskSpace' ? 'diskBytes' : FIELDS.get(localName);
	if (namespace === WS && localName === 'Duration') return 'durationSeconds';
	if (namespace === WS && localName === 'Price') return 'price';
	return TIMES.get(localName);
}
