/**
 * What values of a type look like, more narrowly than it takes to find the nearest: days that months have, zones that
 * there are, whole octets, the days and years between two bounds. Each automaton accepts every text that is allowed.
 */
import { contains, endsOf, holdsWholeNumber } from '../jsdl/range.ts';
import { allowedRange, type FacetSet, type ValueRestriction } from '../template/facets.ts';
import { type Machine, patternMachine } from '../template/machine.ts';
import { lengthsOf, machinesOf, NUMBER } from '../template/value-machines.ts';
import { dateOf, daysFromEpoch } from '../time.ts';

/** Accept every text that the restriction allows, white space collapsed. */
export function formMachines(restriction: ValueRestriction): readonly Machine[] {
	const { type, whiteSpace, steps } = restriction;
	if (whiteSpace !== 'collapse') return [];
	switch (type.space) {
		case 'number':
			return type.lexical === undefined ? comparedForm(restriction) : [];
		case 'base64Binary':
			return patterns(base64Form(steps));
		case 'duration':
			return [patternMachine([DURATION]), ...patterns(durationsWithin(restriction))];
		case 'QName':
			return steps.flatMap(({ enumeration }) => patterns(enumeration.map(({ text }) => `([^:]*:)?${localPart(text)}`)));
		case 'list':
			return (type.members ?? []).flatMap((item) =>
				[...machinesOf(item, allowedRange(item)), ...formMachines(item)].map(eachItem),
			);
		default: {
			const form = CALENDAR[type.space];
			return form === undefined ? [] : [patternMachine([form]), ...calendarWithin(restriction)];
		}
	}
}

function patterns(sources: readonly string[]): readonly Machine[] {
	return sources.length === 0 || sources.length > ALTERNATIVES_MAX ? [] : [patternMachine(sources)];
}

/** A pattern of more alternatives takes longer than what it may find is worth. */
const ALTERNATIVES_MAX = 400;

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

/** NaN cannot be compared with bounds, and INF may lie beyond them. */
function comparedForm(restriction: ValueRestriction): readonly Machine[] {
	if (restriction.steps.every(({ bounds }) => bounds.length === 0)) return [];
	// What only infinity keeps to leaves no range.
	const ends = endsOf(allowedRange(restriction)) ?? EVERYTHING;
	const infinite = [
		...(ends.upper === Number.POSITIVE_INFINITY ? ['INF'] : []),
		...(ends.lower === Number.NEGATIVE_INFINITY ? ['-INF'] : []),
	];
	return [patternMachine([NUMBER.replace('|-?INF|NaN', ''), ...infinite])];
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

const UNITS = [
	['', 'D', 86_400],
	['T', 'H', 3600],
	['T', 'M', 60],
] as const;

/** Durations of one unit are listed; of those of months, of seconds and of several units nothing is said. */
function durationsWithin(restriction: ValueRestriction): readonly string[] {
	const ends = boundedEnds(restriction);
	if (ends === undefined || ends.lower < 0) return [];
	const listed = UNITS.map(([before, letter, seconds]) => {
		const [from, to] = [Math.ceil(ends.lower / seconds), Math.floor(ends.upper / seconds)];
		if (to - from >= UNITS_MAX) return [`P${before}[0-9]+${letter}`];
		const counts = Array.from({ length: to - from + 1 }, (_, index) => from + index);
		const within = counts.filter((count) => contains(ends.allowed, count * seconds));
		return within.map((count) => `P${before}0*${count}${letter}`);
	});
	const others = ['-P.*', 'P[0-9]+[YM]', `PT${SECONDS}`, '.*[YMDH]T?[0-9].*'];
	return [...listed.flat(), ...others];
}

/** So many days, months, years or hours are listed. */
const UNITS_MAX = 100;

/** The bounds where there are any on both sides. */
function boundedEnds(restriction: ValueRestriction) {
	if (restriction.steps.every(({ bounds }) => bounds.length === 0)) return undefined;
	const allowed = allowedRange(restriction);
	const ends = endsOf(allowed);
	if (ends === undefined || !Number.isFinite(ends.lower) || !Number.isFinite(ends.upper)) return undefined;
	return { allowed, lower: ends.lower, upper: ends.upper };
}

/** XML Schema 1.0, 3.2.7.3: as far as a zone is from UTC. */
const ZONE_SECONDS = 14 * 3600;
const SECONDS_PER_DAY = 86_400;
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** What stands before the year, month and day of a type, and which of them it writes. */
const WRITTEN: Readonly<
	Record<string, { readonly before: string; readonly parts: readonly ('year' | 'month' | 'day')[] }>
> = {
	time: { before: '', parts: ['year', 'month', 'day'] },
	date: { before: '', parts: ['year', 'month', 'day'] },
	gYearMonth: { before: '', parts: ['year', 'month'] },
	gYear: { before: '', parts: ['year'] },
	gMonthDay: { before: '--', parts: ['month', 'day'] },
	gMonth: { before: '--', parts: ['month'] },
	gDay: { before: '---', parts: ['day'] },
};

function calendarWithin(restriction: ValueRestriction): readonly Machine[] {
	const { space } = restriction.type;
	const ends = boundedEnds(restriction);
	if (ends === undefined) return [];
	const { allowed, lower, upper } = ends;
	// Zones are whole minutes: between two whole seconds there are fractions only.
	const isBetween = (space === 'time' || space === 'clock') && !holdsWholeNumber(allowed);
	const fractions = isBetween ? [patternMachine([String.raw`[^.]*\.[0-9]*[1-9].*`])] : [];
	const form = WRITTEN[space];
	const [from, to] = [lower - ZONE_SECONDS - (space === 'time' ? SECONDS_PER_DAY : 0), upper + ZONE_SECONDS];
	const days = form && from >= FIRST_SECOND && to <= LAST_SECOND ? beginningsWithin(form.parts, from, to) : undefined;
	if (form === undefined || days === undefined) return fractions;
	const units = days.flatMap((day) => {
		const date = dateOf(day);
		const text = form.parts.map((part) => String(date[part]).padStart(part === 'year' ? 4 : 2, '0')).join('-');
		const zones = space === 'time' ? ['.*'] : zonesOf((zone) => contains(allowed, day * SECONDS_PER_DAY - zone));
		return zones.map((zone) => `${form.before}${text}${zone}`);
	});
	return [...fractions, ...patterns([...new Set(units)])];
}

/** The days on which the days, months or years begin; undefined where they are too many. */
function beginningsWithin(parts: readonly string[], from: number, to: number): readonly number[] | undefined {
	const [first, last] = [Math.floor(from / SECONDS_PER_DAY), Math.floor(to / SECONDS_PER_DAY)];
	const unitDays = parts.includes('day') ? 1 : parts.includes('month') ? 28 : 365;
	if ((last - first) / unitDays > UNITS_MAX) return undefined;
	const days: number[] = [];
	let { year, month, day } = dateOf(first);
	for (let at = first; at <= last; at = daysFromEpoch(year, month, day)) {
		days.push(at);
		if (unitDays === 1) day += 1;
		else [year, month, day] = unitDays === 28 && month < 12 ? [year, month + 1, 1] : [year + 1, 1, 1];
	}
	// What began before stays out.
	return days.filter((at) => {
		const date = dateOf(at);
		return unitDays === 1 || (date.day === 1 && (unitDays === 28 || date.month === 1));
	});
}

/** The zones in which it may be within bounds: UTC, those to the east and those to the west, as a whole. */
function zonesOf(isWithin: (zoneSeconds: number) => boolean): readonly string[] {
	const minutes = Array.from({ length: ZONE_SECONDS / 60 + 1 }, (_, minute) => minute * 60);
	return [
		...(isWithin(0) ? ['Z?'] : []),
		...(minutes.some((zone) => isWithin(zone)) ? [String.raw`\+.*`] : []),
		...(minutes.some((zone) => isWithin(-zone)) ? [String.raw`\-.*`] : []),
	];
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
