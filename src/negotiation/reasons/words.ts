/** Amounts and times as a person says them, for the texts that go along with the data. */
import { printDateTime } from '../../agreement/time.ts';
import type { Reason } from '../decision.ts';

/**
 * An amount of a resource in the largest unit of which it is one at least, with up to two decimals: `12 GiB`, `1.5 CPUs`,
 * `3 machines`, `40 CPU-hours`, `2 h`; in a smaller one where it is so exactly, since whoever asks for what is told must
 * have asked for what is granted (`38041 MiB`). Else it is rounded up, so that what is said to be enough is enough; down
 * what is the most.
 */
export function amountText(amount: number, resource: Reason['resource'], rounded = Math.ceil): string {
	switch (resource) {
		case 'cpuMillicores':
			return counted(amount / 1000, 'CPU', rounded);
		case 'memoryBytes':
		case 'diskBytes':
			return scaled(amount, BYTE_UNITS, rounded);
		case 'networkBitsPerSecond':
			return scaled(amount, BIT_UNITS, rounded);
		case 'machines':
			return counted(amount, 'machine', rounded);
		case 'cpus':
			return counted(amount, 'CPU', rounded);
		case 'cpuSeconds':
			return counted(amount / 3600, 'CPU-hour', rounded);
		case 'time':
			return durationText(amount);
		default:
			return String(amount);
	}
}

/** `2 d 3 h`, `90 s`. */
export function durationText(seconds: number): string {
	const parts: string[] = [];
	let rest = seconds;
	for (const [unit, size] of SECOND_UNITS) {
		if (rest >= size) parts.push(`${Math.floor(rest / size)} ${unit}`);
		rest %= size;
	}
	return parts.length === 0 ? '0 s' : parts.join(' ');
}

/** `from 2026-12-01T10:00:00Z to 2026-12-01T12:00:00Z`. */
export function intervalText({ startAt, endAt }: { readonly startAt: number; readonly endAt: number }): string {
	return `from ${printDateTime(startAt)} to ${printDateTime(endAt)}`;
}

type Units = readonly (readonly [unit: string, size: number])[];

const SECOND_UNITS: Units = [
	['d', 86_400],
	['h', 3_600],
	['min', 60],
	['s', 1],
];
const BYTE_UNITS: Units = [
	['TiB', 2 ** 40],
	['GiB', 2 ** 30],
	['MiB', 2 ** 20],
	['bytes', 1],
];
const BIT_UNITS: Units = [
	['Gbit/s', 1e9],
	['Mbit/s', 1e6],
	['kbit/s', 1e3],
	['bit/s', 1],
];

type Rounding = (amount: number) => number;

function counted(count: number, noun: string, rounded: Rounding): string {
	return `${decimal(count, rounded)} ${noun}${count === 1 ? '' : 's'}`;
}

/** In the largest unit in which it is exact to two decimals, of those that it is one of at least; else in the largest. */
function scaled(amount: number, units: Units, rounded: Rounding): string {
	let largest: Units[number] | undefined;
	for (const unit of units) {
		const [, size] = unit;
		if (amount < size) continue;
		largest ??= unit;
		if (size > 1 && Number.isInteger((amount / size) * 100)) return inUnit(amount, unit, rounded);
	}
	return inUnit(amount, largest ?? units.at(-1)!, rounded);
}

function inUnit(amount: number, [unit, size]: Units[number], rounded: Rounding): string {
	return `${decimal(amount / size, rounded)} ${unit}`;
}

function decimal(amount: number, rounded: Rounding): string {
	return String(rounded(amount * 100) / 100);
}
