/**
 * What values of a type look like, more narrowly than it takes to find the nearest: days that months have, zones that
 * there are, whole octets, what lies within bounds (lint-calendar.ts). Each automaton accepts every text that is allowed.
 */
import { endsOf } from '../jsdl/range.ts';
import { allowedRange, type FacetSet, type ValueRestriction } from '../template/facets.ts';
import { type Machine, patternMachine } from '../template/machine.ts';
import { AMOUNT, isLookedAt, lengthsOf, machinesOf } from '../template/value-machines.ts';
import { calendarWithin, durationsWithin } from './lint-calendar.ts';
import { writtenRange } from './lint-doubles.ts';

/** Accept every text that the restriction allows, white space collapsed. */
export function formMachines(restriction: ValueRestriction): readonly Machine[] {
	const { type, whiteSpace, steps } = restriction;
	if (whiteSpace !== 'collapse') return [];
	switch (type.space) {
		case 'number':
			return type.lexical === undefined ? comparedForm(restriction) : [];
		case 'boolean':
			return steps.flatMap(({ enumeration }) =>
				patterns(enumeration.flatMap(({ ordinal = -1 }) => TRUTHS[ordinal] ?? [])),
			);
		case 'base64Binary':
			return patterns(base64Form(steps));
		case 'duration':
			return [patternMachine([DURATION]), ...patterns(durationsWithin(restriction))];
		case 'QName':
			return steps.flatMap(({ enumeration }) =>
				isLookedAt(type, enumeration) ? patterns(enumeration.map(({ text }) => `([^:]*:)?${localPart(text)}`)) : [],
			);
		case 'list':
			return (type.members ?? []).flatMap((item) =>
				[...machinesOf(item, writtenRange(item)), ...formMachines(item)].map(eachItem),
			);
		default: {
			const form = CALENDAR[type.space];
			return form === undefined ? [] : [patternMachine([form]), ...calendarWithin(restriction).flatMap(patterns)];
		}
	}
}

function patterns(sources: readonly string[]): readonly Machine[] {
	return sources.length === 0 ? [] : [patternMachine(sources)];
}

const ZONE = String.raw`(Z|[+\-](0[0-9]|1[0-3]):[0-5][0-9]|[+\-]14:00)?`;
const MONTH_DAY =
	'((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))';
/** Of years before our era nobody asks here which are leap years. */
const LEAP = '-[0-9]{4,8}|[0-9]{2,6}(0[48]|[2468][048]|[13579][26])|[0-9]{0,4}([02468][048]|[13579][26])00';
const DAY = `(-?[0-9]{4,8}-${MONTH_DAY}|(${LEAP})-02-29)`;
const CLOCK = String.raw`(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)`;
const MONTH = '(0[1-9]|1[0-2])';
const CALENDAR: Readonly<Record<string, string>> = {
	time: `${DAY}T${CLOCK}${ZONE}`,
	date: `${DAY}${ZONE}`,
	clock: `${CLOCK}${ZONE}`,
	gYear: `-?[0-9]{4,8}${ZONE}`,
	gYearMonth: `-?[0-9]{4,8}-${MONTH}${ZONE}`,
	gMonth: `--${MONTH}${ZONE}`,
	gMonthDay: `--(${MONTH_DAY}|02-29)${ZONE}`,
	gDay: `---(0[1-9]|[12][0-9]|3[01])${ZONE}`,
};

const SECONDS = String.raw`[0-9]+(\.[0-9]+)?S`;
const OF_DAY = `T([0-9]+H([0-9]+M)?(${SECONDS})?|[0-9]+M(${SECONDS})?|${SECONDS})`;
const DURATION = `-?P(([0-9]+Y([0-9]+M)?([0-9]+D)?|[0-9]+M([0-9]+D)?|[0-9]+D)(${OF_DAY})?|${OF_DAY})`;

/** How what is false and what is true is written. */
const TRUTHS = ['false|0', 'true|1'];

/** NaN cannot be compared with bounds, and INF may lie beyond them. */
function comparedForm(restriction: ValueRestriction): readonly Machine[] {
	if (restriction.steps.every(({ bounds }) => bounds.length === 0)) return [];
	// What only infinity keeps to leaves no range.
	const ends = endsOf(allowedRange(restriction)) ?? EVERYTHING;
	const infinite = [
		...(ends.upper === Number.POSITIVE_INFINITY ? ['INF'] : []),
		...(ends.lower === Number.NEGATIVE_INFINITY ? ['-INF'] : []),
	];
	return [patternMachine([AMOUNT, ...infinite])];
}

const EVERYTHING = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };

const DIGIT = '[A-Za-z0-9+/]';
/** More octets than these are not counted. */
const QUANTA_MAX = 64;

/** As many octets as the lengths allow, three in four characters, single spaces between them. */
function base64Form(steps: readonly FacetSet[]): readonly string[] {
	const [least, most] = lengthsOf(steps);
	const tails = ['', `${DIGIT} ?[AQgw] ?= ?=`, `${DIGIT} ?${DIGIT} ?[AEIMQUYcgkosw048] ?=`];
	return tails.flatMap((tail, octets) => {
		const [from, to] = [Math.max(0, Math.ceil((least - octets) / 3)), Math.floor((most - octets) / 3)];
		if (from > to) return [];
		return [`((${DIGIT} ?){4}){${Math.min(from, QUANTA_MAX)},${to > QUANTA_MAX ? '' : to}}${tail}`];
	});
}

function localPart(name: string): string {
	return name.slice(name.indexOf(':') + 1).replace(/[.-]/g, String.raw`\$&`);
}

const BLANK = 0x20;
const BEGINNING = 'beginning';

/** Of a list whose items the automaton accepts. */
function eachItem(item: Machine): Machine {
	const stateOf = (state: string | number) => (state === BEGINNING ? item.start : state);
	return {
		sets: [...item.sets, [[BLANK, BLANK]]],
		start: BEGINNING,
		next: (state, character) => {
			const inItem = stateOf(state);
			if (character !== BLANK) return item.next(inItem, character);
			return item.accepts(inItem) ? item.start : undefined;
		},
		accepts: (state) => state === BEGINNING || item.accepts(state),
		cost: item.cost,
	};
}
