/** A site at which is negotiated, and what is asked of it: more than it has, tomorrow. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { offerXml, type SimulatedService, startSimulatedService, type Wish } from '../api/simulated-service.ts';

const PRICES = { currency: 'EUR', rates: [{ cpuHour: '0.10', memoryGibHour: '0' }] };

export const startAt = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
export const tooMuch = { template: 'cluster', machines: 3, cpus: 32, share: 100, startAt } as const;

/** Two hosts with prices. */
export function startNegotiatedSite(): Promise<SimulatedService> {
	return startSimulatedService({ simulatedHosts: 2, holdPercent: 100, prices: PRICES });
}

/** What was agreed begins tomorrow: ended today, it leaves nothing behind. */
export async function endAgreements({ admin }: SimulatedService): Promise<void> {
	for (const { id } of (await admin.agreements({ state: 'Observed' })).items) await admin.terminate(id);
}

let files = 0;
/** The path of an offer. */
export function offerFileAt({ folder, image }: SimulatedService, wish: Partial<Wish> = {}): string {
	files += 1;
	const file = join(folder, `negotiated-${files}.xml`);
	writeFileSync(file, offerXml({ image, ...wish }));
	return file;
}

/** Every negotiation has ended and nothing is held. */
export async function expectNothingHeldAt({ admin }: SimulatedService): Promise<void> {
	const { items } = await admin.negotiations();
	expect(items.length).toBeGreaterThan(0);
	for (const { id } of items) {
		const { state, holds } = await admin.negotiation(id);
		expect(state).not.toBe('Open');
		expect(holds).toEqual([]);
	}
}
