/**
 * Amounts of jsdl:Resources that nobody means. JSDL fixes one unit for each element, and many who write it mean
 * another: 256 stands for 256 MB in real documents, and is 256 bytes. No unit is ever guessed; it is only said.
 */
import type { DocumentIssue } from '../../xml/element.ts';
import { addIssue, type Place } from '../document.ts';
import { printRange, type RangeValue } from './range.ts';

/** Remarks where an amount looks as if another unit was meant: a finite bound, not 0, that no machine of today has. */
export function remarkOnUnit({ element, path }: Place, range: RangeValue, remarks: DocumentIssue[]): void {
	const suspicion = suspicionOfUnit(element.localName, range);
	if (suspicion !== undefined) addIssue(remarks, 'UNIT_SUSPICIOUS', path, suspicion.message, suspicion.details);
}

export interface UnitSuspicion {
	readonly message: string;
	readonly details: { readonly found: string; readonly allowed: string };
}

/** The same of the amounts of an element of that name. */
export function suspicionOfUnit(localName: string, range: RangeValue): UnitSuspicion | undefined {
	const plausible = PLAUSIBLE.get(localName);
	if (plausible === undefined) return undefined;
	const { unit, least, most, meant } = plausible;
	const isLittle = range.intervals.some(({ lower, upper }) => {
		const bound = Number.isFinite(upper) ? upper : lower;
		return bound > 0 && bound < least;
	});
	const isMuch = range.intervals.some(({ lower }) => Number.isFinite(lower) && lower > most);
	if (!isLittle && !isMuch) return undefined;
	const [amount, why] = isLittle
		? ['next to nothing', `it looks as if ${meant} ${meant.startsWith('a ') ? 'was' : 'were'} meant`]
		: ['more than any machine has', 'it looks as if it was multiplied twice'];
	const message = `${localName} is in ${unit}, and this is ${amount}: ${why}.`;
	return { message, details: { found: printRange(range), allowed: `${unit}; usual are ${least} and more` } };
}

interface Plausible {
	readonly unit: string;
	/** Less looks like `meant`. */
	readonly least: number;
	readonly most: number;
	readonly meant: string;
}

/** No system of today boots in a mebibyte, nor has a petabyte of memory in one machine. */
const MEMORY: Plausible = { unit: 'bytes', least: 1 << 20, most: 2 ** 50, meant: 'megabytes or gigabytes' };
/** A disk of a floppy's size, and more than 2^53 is refused anyway. */
const DISK: Plausible = {
	unit: 'bytes',
	least: 1 << 20,
	most: Number.POSITIVE_INFINITY,
	meant: 'megabytes or gigabytes',
};

const PLAUSIBLE: ReadonlyMap<string, Plausible> = new Map([
	['IndividualPhysicalMemory', MEMORY],
	['IndividualVirtualMemory', MEMORY],
	['TotalPhysicalMemory', { ...MEMORY, most: Number.POSITIVE_INFINITY }],
	['TotalVirtualMemory', { ...MEMORY, most: Number.POSITIVE_INFINITY }],
	['IndividualDiskSpace', DISK],
	['TotalDiskSpace', DISK],
	['DiskSpace', DISK],
	['IndividualCPUSpeed', { unit: 'hertz', least: 1e6, most: 1e12, meant: 'megahertz or gigahertz' }],
	['CPUShare', { unit: 'percent of a host CPU', least: 2, most: 1e4, meant: 'a fraction' }],
	// A modem of 1990 had more than a kilobit per second; a terabit is more than any card has.
	['IndividualNetworkBandwidth', { unit: 'bits per second', least: 1e3, most: 1e13, meant: 'megabits or gigabits' }],
]);
