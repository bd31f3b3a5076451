/** Which machine of a workspace stands where. */
import { numbersOf } from '../agreement/terms/service.ts';
import { placesOf } from '../capacity/resources.ts';
import { placementsOf } from '../capacity/search/gang.ts';
import type { AgreementRecord, MachineRecord } from './records.ts';

/** Where a machine stands. */
export interface Seat {
	readonly index: number;
	/** The position of its service among those of the agreement. */
	readonly service: number;
	readonly host: string;
}

/**
 * The seats of an agreement. A machine has its index for ever: the i-th seat of a service is that of its i-th machine in
 * the order of their indices, absent ones included, and where there is none a new index behind all others.
 */
export function seatsOf(agreement: AgreementRecord, machines: readonly MachineRecord[]): readonly Seat[] {
	const numbers = numbersOf(agreement);
	let next = machines.reduce((most, { index }) => Math.max(most, index + 1), 0);
	return placementsOf(agreement.placement).flatMap((each, service) => {
		const own = machines.filter((machine) => machine.service === numbers[service]).map(({ index }) => index);
		return placesOf(each.machines).map((host, nth): Seat => ({ index: own[nth] ?? next++, service, host }));
	});
}
