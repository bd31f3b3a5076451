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
	const counted = (count: number, noun: string): string =>
		`${decimal(count, rounded)} ${noun}${count === 1 ? '' : 's'}`;
	const scaled = (of: number, units: Units): string => {
		const fitting = units.filter(([, least]) => of >= least);
		const exact = fitting.find(([, size]) => size > 1 && Number.isInteger((of / size) * 100));
		const [unit, size] = exact ?? fitting[0] ?? units.at(-1)!;
		return `${decimal(of / size, rounded)} ${unit}`;
	};
	switch (resource) {
		case 'cpuMillicores':
			return counted(amount / 1000, 'CPU');
		case 'memoryBytes':
		case 'diskBytes':
			return scaled(amount, BYTE_UNITS);
		case 'networkBitsPerSecond':
			return scaled(amount, BIT_UNITS);
		case 'machines':
			return counted(amount, 'machine');
		case 'cpus':
			return counted(amount, 'CPU');
		case 'cpuSeconds':
			return counted(amount / 3600, 'CPU-hour');
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

function decimal(amount: number, rounded: (amount: number) => number): string {
	return String(rounded(amount * 100) / 100);
}
