/**
 * The functions of a parameter sweep (GFD.149): which values a parameter takes, one after the other. Loops are counted
 * and stepped in exact decimals: eleven values lie between 0 and 1 at a step of 0.1, and the fourth is 0.3.
 */
import {
	attributeValue,
	type DocumentIssue,
	qualifiedName,
	textOf,
	type XmlElement,
	type XmlNode,
} from '../../xml/element.ts';
import { addIssue, type Place, placesNamed, placesWithin } from '../document.ts';
import { collapseWhiteSpace, isInteger, parseDouble } from '../lexical.ts';
import { SWEEP_FUNCTIONS } from '../names.ts';

/** What a function yields: listed, or counted through. */
export type SweepFunction =
	| { readonly kind: 'values'; readonly values: readonly SweepValue[] }
	| {
			readonly kind: 'loop';
			/** The k-th value, of `count`, is (start + k x step) / 10^scale. */
			readonly start: bigint;
			readonly step: bigint;
			readonly scale: number;
			readonly count: bigint;
			/** The k that are left out, all of them below `count`. */
			readonly exceptions: ReadonlySet<bigint>;
	  };

/** One value: the content that a parameter's place gets. */
export type SweepValue = readonly XmlNode[];

/** Reads Values, LoopInteger or LoopDouble; undefined, with an issue, where it is none of them or not in order. */
export function readSweepFunction(place: Place, issues: DocumentIssue[]): SweepFunction | undefined {
	const { element, path } = place;
	const known = element.namespace === SWEEP_FUNCTIONS ? element.localName : '';
	switch (known) {
		case 'Values': {
			const values = placesNamed(placesWithin(place), SWEEP_FUNCTIONS, 'Value');
			return { kind: 'values', values: values.map(({ element: value }) => contentOf(value)) };
		}
		case 'LoopInteger':
			return readLoop(place, true, issues);
		case 'LoopDouble':
			return readLoop(place, false, issues);
		default: {
			const message = 'Nobody here knows this function, so nobody can tell its values.';
			const allowed = 'Values, LoopInteger or LoopDouble';
			addIssue(issues, 'ELEMENT_UNKNOWN', path, message, { found: qualifiedName(element), allowed });
			return undefined;
		}
	}
}

/** How many values there are; nothing is made to count them. */
export function countValues(sweepFunction: SweepFunction): bigint {
	if (sweepFunction.kind === 'values') return BigInt(sweepFunction.values.length);
	return sweepFunction.count - BigInt(sweepFunction.exceptions.size);
}

/** The values in their order, each made when it is asked for. */
export function* valuesOf(sweepFunction: SweepFunction): Generator<SweepValue> {
	if (sweepFunction.kind === 'values') {
		yield* sweepFunction.values;
		return;
	}
	const { start, step, scale, count, exceptions } = sweepFunction;
	for (let k = 0n; k < count; k += 1n) {
		if (exceptions.has(k)) continue;
		yield [{ kind: 'text', text: printDecimal({ digits: start + k * step, scale }) }];
	}
}

/** Comments in a value are about the sweep, not about the job. */
function contentOf({ children }: XmlElement): SweepValue {
	return children.filter(({ kind }) => kind !== 'comment');
}

/** A number as it was written: digits / 10^scale. */
interface Decimal {
	readonly digits: bigint;
	readonly scale: number;
}

/** Three times what a double distinguishes; a numeral of a megabyte must not be multiplied. */
const DECIMAL_DIGITS_MAX = 50;

function readLoop(place: Place, isWhole: boolean, issues: DocumentIssue[]): SweepFunction | undefined {
	const attribute = (name: string, otherwise?: string): Decimal | undefined => {
		const path = `${place.path}/@${name}`;
		const lexical = attributeValue(place.element, '', name) ?? otherwise;
		if (lexical !== undefined) return readDecimal(lexical, isWhole, path, issues);
		addIssue(issues, 'ATTRIBUTE_MISSING', place.path, `${place.element.localName} needs the attribute ${name}.`);
		return undefined;
	};
	const start = attribute('start');
	const end = attribute('end');
	const step = attribute('step', isWhole ? '1' : undefined);
	const exceptions = placesNamed(placesWithin(place), SWEEP_FUNCTIONS, 'Exception').map((exception) =>
		readDecimal(
			attributeValue(exception.element, '', 'value') ?? textOf(exception.element),
			isWhole,
			exception.path,
			issues,
		),
	);
	if (start === undefined || end === undefined || step === undefined) return undefined;
	if (step.digits <= 0n) {
		const details = { found: printDecimal(step), allowed: 'more than 0' };
		addIssue(issues, 'VALUE_MALFORMED', `${place.path}/@step`, 'A loop goes upwards.', details);
		return undefined;
	}
	const left = exceptions.filter((exception) => exception !== undefined);
	const scale = Math.max(start.scale, end.scale, step.scale, ...left.map((exception) => exception.scale));
	const [first, last, by] = [scaled(start, scale), scaled(end, scale), scaled(step, scale)];
	const count = last < first ? 0n : (last - first) / by + 1n;
	const excluded = new Set<bigint>();
	for (const exception of left) {
		const distance = scaled(exception, scale) - first;
		if (distance >= 0n && distance % by === 0n && distance / by < count) excluded.add(distance / by);
	}
	return { kind: 'loop', start: first, step: by, scale, count, exceptions: excluded };
}

function scaled({ digits, scale }: Decimal, to: number): bigint {
	return digits * 10n ** BigInt(to - scale);
}

function readDecimal(text: string, isWhole: boolean, path: string, issues: DocumentIssue[]): Decimal | undefined {
	const lexical = collapseWhiteSpace(text);
	const value = parseDouble(lexical);
	if (value === undefined || !Number.isFinite(value) || (isWhole && !isInteger(lexical))) {
		const allowed = isWhole ? 'a whole number' : 'a number such as 4, 1.5 or 2e9';
		addIssue(issues, 'VALUE_MALFORMED', path, 'A loop counts in numbers.', { found: lexical, allowed });
		return undefined;
	}
	const [, sign, whole = '', fraction = '', exponent = '0'] = NUMERAL.exec(lexical)!;
	const power = Number(exponent) - fraction.length;
	const digits = whole + fraction;
	if (digits.length > DECIMAL_DIGITS_MAX || Math.abs(power) > DECIMAL_DIGITS_MAX) {
		const details = { found: lexical, allowed: `at most ${DECIMAL_DIGITS_MAX} digits` };
		addIssue(issues, 'NUMBER_TOO_LARGE', path, 'Nobody counts through numbers of so many digits.', details);
		return undefined;
	}
	const magnitude = BigInt(digits) * (power > 0 ? 10n ** BigInt(power) : 1n);
	return { digits: sign === '-' ? -magnitude : magnitude, scale: Math.max(0, -power) };
}

const NUMERAL = /^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/;

/** Without an exponent and without zeros at the end of a fraction. */
function printDecimal({ digits, scale }: Decimal): string {
	const sign = digits < 0n ? '-' : '';
	const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
	const point = text.length - scale;
	const fraction = text.slice(point).replace(/0+$/, '');
	return `${sign}${text.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`;
}
