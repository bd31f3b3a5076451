/**
 * When the service runs: our Window, and the TimeConstraint of WSAG4J and of the OGF draft, whose Duration is an
 * integer of a unit that only the template can state.
 */
import { hasName, textOf } from '../../xml/element.ts';
import { addIssue, optionalChild, type Place, placesWithin, refuseTime, requiredChild } from '../document.ts';
import type { Notes } from '../jsdl/range-value.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { ARP, TC, WS } from '../names.ts';
import { parseDateTime, parseDuration } from '../time.ts';
import type { Window } from './service.ts';

/** The unit of an integer Duration, as a template states it in `ws:DurationUnit`. */
export type DurationUnit = 'seconds' | 'minutes' | 'hours';

export const SECONDS_PER: Readonly<Record<DurationUnit, number>> = { seconds: 1, minutes: 60, hours: 3600 };

/** Whether the element says when: a Window or one of the two TimeConstraints. */
export function isWindow({ element }: Place): boolean {
	return (
		hasName(element, WS, 'Window') ||
		hasName(element, TC, 'TimeConstraint') ||
		hasName(element, ARP, 'AllocationTimeConstraint')
	);
}

/**
 * Reads it. Fractions of a second never widen the window: a start is rounded up, an end down, a duration up. A
 * TimeConstraint without a Duration lasts from its start to its end.
 */
export function readWindow(place: Place, durationUnit: DurationUnit | undefined, notes: Notes): Window | undefined {
	const { namespace } = place.element;
	const places = placesWithin(place);
	const start = optionalChild(place, places, namespace, 'StartTime', notes.issues);
	const end = optionalChild(place, places, namespace, 'EndTime', notes.issues);
	const startAt = start && readTime(start, 'up', notes);
	const endAt = end && readTime(end, 'down', notes);
	const duration =
		namespace === WS
			? requiredChild(place, places, namespace, 'Duration', notes.issues)
			: optionalChild(place, places, namespace, 'Duration', notes.issues);
	let durationSeconds: number | undefined;
	if (duration !== undefined) {
		durationSeconds =
			namespace === WS ? readDuration(duration, notes) : readIntegerDuration(duration, durationUnit, notes);
	} else if (startAt !== undefined && endAt !== undefined) {
		durationSeconds = endAt - startAt;
		if (durationSeconds <= 0) addIssue(notes.issues, 'DURATION_EMPTY', place.path, 'EndTime is not after StartTime.');
	} else if (namespace !== WS) {
		const message = 'Without a Duration both StartTime and EndTime are needed.';
		addIssue(notes.issues, 'ELEMENT_MISSING', place.path, message);
	}
	if (durationSeconds === undefined) return undefined;
	return {
		...(startAt === undefined ? {} : { startAt }),
		...(endAt === undefined ? {} : { endAt }),
		durationSeconds,
	};
}

/** Reads an xs:duration that must be longer than nothing. */
function readDuration(place: Place, notes: Notes): number | undefined {
	const text = textOf(place.element);
	const duration = parseDuration(text);
	if (duration.ok && duration.seconds > 0) return duration.seconds;
	const { fault, why } = duration.ok ? ({ fault: 'DURATION_EMPTY', why: 'it is zero' } as const) : duration;
	const details = { found: text, allowed: 'an xs:duration such as P1DT2H, longer than zero' };
	addIssue(notes.issues, fault, place.path, `This duration cannot be used: ${why}.`, details);
	return undefined;
}

function readIntegerDuration(place: Place, unit: DurationUnit | undefined, notes: Notes): number | undefined {
	const lexical = collapseWhiteSpace(textOf(place.element));
	if (unit === undefined) {
		const message = 'The unit of this integer is not known: the template states none (ws:DurationUnit).';
		addIssue(notes.issues, 'DURATION_UNIT_UNKNOWN', place.path, message, { found: lexical });
		return undefined;
	}
	const seconds = isInteger(lexical) ? Number(lexical) * SECONDS_PER[unit] : Number.NaN;
	if (Number.isSafeInteger(seconds) && seconds > 0) return seconds;
	const details = { found: lexical, allowed: `a whole number of ${unit}, at least 1` };
	const fault = seconds > 0 ? 'NUMBER_TOO_LARGE' : seconds <= 0 ? 'DURATION_EMPTY' : 'VALUE_MALFORMED';
	addIssue(notes.issues, fault, place.path, `Duration must be ${details.allowed}.`, details);
	return undefined;
}

function readTime(place: Place, rounded: 'up' | 'down', notes: Notes): number | undefined {
	const text = textOf(place.element);
	const time = parseDateTime(text);
	if (time === undefined) {
		refuseTime(place, notes.issues);
		return undefined;
	}
	if (!time.zoned) {
		const message = 'This time names no zone and is read as UTC.';
		addIssue(notes.remarks, 'ZONE_MISSING', place.path, message, { found: text });
	}
	return rounded === 'up' && time.fractional ? time.seconds + 1 : time.seconds;
}
