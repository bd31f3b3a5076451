/** The nearest of decimal and whole numbers with more digits than doubles tell apart, by whole arithmetic. */
import { isDecimal } from '../lexical.ts';
import type { BoundKind } from './facets.ts';
import type { Wanted } from './nearest-written.ts';
import { canonicalDecimal, numeralOf, printDecimal, printNumeral, shifted } from './numeral.ts';

/** Numbers of so many digits are told apart by doubles. */
export const DOUBLE_DIGITS = 15;
/** Of longer numbers the rest is not looked at, and templates with longer bounds get no nearest value here. */
const DIGITS_MAX = 1000;

/** What was said, and what the nearest is looked for among. */
export interface SaidNumber {
	readonly text: string;
	/** Its place, as near as a double comes to it. */
	readonly place: number;
	readonly isWholeWanted: boolean;
	/** The values that are enumerated. */
	readonly listed: readonly string[];
	readonly fractionDigits?: number | undefined;
	readonly totalDigits?: number | undefined;
}

/**
 * The nearest number that is allowed, where what was said or what bounds it has more digits than a double; undefined
 * where none has, and where none is found. Patterns are not looked at.
 */
export function nearestExact(wanted: Wanted, said: SaidNumber): string | undefined {
	const { type } = wanted.restriction;
	if (type.lexical === undefined || !(isDecimal(said.text) || Number.isFinite(said.place))) return undefined;
	const number = shortened(canonicalDecimal(isDecimal(said.text) ? said.text : printDecimal(said.place)));
	const bounds = boundsOf(wanted);
	const choices = said.listed.filter(isDecimal).map(canonicalDecimal);
	const all = [number, ...choices, ...bounds.map(({ exact }) => exact)];
	const longest = Math.max(...all.map(digitsIn));
	if (longest <= DOUBLE_DIGITS || longest > DIGITS_MAX + 1) return undefined;
	if (choices.length > 0) return nearestChoice(wanted, number, choices);
	const totalDigits = said.totalDigits === undefined ? undefined : Math.min(said.totalDigits, DIGITS_MAX);
	const at = (scale: number): string | undefined => nearestAtScale(number, bounds, scale, totalDigits);
	const finest = Math.max(...all.map(fractionIn));
	const digits = said.fractionDigits ?? totalDigits;
	// The bound itself where it is included, and beside one that is not the number with the fewest digits.
	const end = type.lexical === 'decimal' && digits === undefined ? at(finest) : undefined;
	const isNamed = bounds.some(({ kind, exact }) => kind.endsWith('Inclusive') && exact === end);
	const texts = isNamed ? [end] : [];
	if (type.lexical === 'integer' || said.isWholeWanted) texts.push(at(0));
	if (type.lexical === 'decimal' && digits !== undefined) {
		const scales = Array.from({ length: Math.min(digits, finest + DOUBLE_DIGITS) + 1 }, (_, scale) => scale);
		const near = scales.reverse().map(at);
		texts.push(
			nearestChoice(
				wanted,
				number,
				near.filter((text) => text !== undefined),
			),
		);
	} else if (type.lexical === 'decimal') {
		for (let scale = 0; scale <= finest + 1; scale += 1) texts.push(at(scale));
	}
	return texts.find((text) => text !== undefined && wanted.isAllowed(text));
}

interface ExactBound {
	readonly kind: BoundKind;
	readonly exact: string;
}

function boundsOf({ restriction: { type, steps } }: Wanted): readonly ExactBound[] {
	return [
		...(type.min === undefined ? [] : [{ kind: 'minInclusive', exact: type.min } as const]),
		...(type.max === undefined ? [] : [{ kind: 'maxInclusive', exact: type.max } as const]),
		...steps.flatMap(({ bounds }) =>
			bounds.flatMap(({ kind, value: { exact } }) => (exact === undefined ? [] : [{ kind, exact }])),
		),
	];
}

/** The nearest number with so many digits behind the point that the bounds let be. */
function nearestAtScale(
	number: string,
	bounds: readonly ExactBound[],
	scale: number,
	totalDigits: number | undefined,
): string | undefined {
	const most = totalDigits === undefined ? undefined : 10n ** BigInt(totalDigits) - 1n;
	let [lower, upper] = most === undefined ? [undefined, undefined] : [-most, most];
	for (const { kind, exact } of bounds) {
		const floor = floorOf(exact, scale);
		const ceiling = -floorOf(negated(exact), scale);
		if (kind.startsWith('min')) {
			const least = kind === 'minInclusive' ? ceiling : floor + 1n;
			if (lower === undefined || least > lower) lower = least;
		} else {
			const greatest = kind === 'maxInclusive' ? floor : ceiling - 1n;
			if (upper === undefined || greatest < upper) upper = greatest;
		}
	}
	if (lower !== undefined && upper !== undefined && lower > upper) return undefined;
	// Half a unit more, rounded down: the number itself or the nearest that has so few digits.
	const tenths = floorOf(number, scale + 1) + 5n;
	let nearest = tenths >= 0n ? tenths / 10n : -((9n - tenths) / 10n);
	if (upper !== undefined && nearest > upper) nearest = upper;
	if (lower !== undefined && nearest < lower) nearest = lower;
	return printNumeral(shifted(numeralOf(String(nearest)), -scale));
}

/** The nearest of these that is allowed. */
function nearestChoice(wanted: Wanted, number: string, choices: readonly string[]): string | undefined {
	const scale = Math.max(...[number, ...choices].map(fractionIn));
	const said = floorOf(number, scale);
	const distances = choices.map((text) => {
		const difference = floorOf(text, scale) - said;
		return { text, distance: difference < 0n ? -difference : difference };
	});
	distances.sort((one, other) => (one.distance < other.distance ? -1 : one.distance > other.distance ? 1 : 0));
	return distances.find(({ text }) => wanted.isAllowed(text))?.text;
}

/** A canonical numeral in units of the scale, rounded down. */
function floorOf(exact: string, scale: number): bigint {
	const [whole = '', fraction = ''] = exact.replace('-', '').split('.');
	const units = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
	if (!exact.startsWith('-')) return units;
	return fraction.length > scale ? -units - 1n : -units;
}

function negated(exact: string): string {
	return exact.startsWith('-') ? exact.slice(1) : `-${exact}`;
}

/** Of a number that is too long the digits behind the point that count; or one that is as far away as can be said. */
function shortened(exact: string): string {
	const [whole = '', fraction = ''] = exact.split('.');
	if (whole.length > DIGITS_MAX) return `${exact.startsWith('-') ? '-' : ''}${'9'.repeat(DIGITS_MAX)}`;
	return fraction.length > DIGITS_MAX - whole.length
		? canonicalDecimal(`${whole}.${fraction.slice(0, DIGITS_MAX - whole.length)}`)
		: exact;
}

function digitsIn(exact: string): number {
	return exact.length - Number(exact.startsWith('-')) - Number(exact.includes('.'));
}

function fractionIn(exact: string): number {
	const point = exact.indexOf('.');
	return point < 0 ? 0 : exact.length - point - 1;
}
